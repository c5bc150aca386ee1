"""Groups of like sites, one inside the other: what branch and bound decides on.

Where hundreds of sites overlap heavily, closing one changes next to nothing, for its neighbours
stand in for it. Closing a whole neighbourhood, or opening one of its sites, changes much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from geoplan.siting.model.core import Core
from geoplan.tolerances import LEAST_DIVISOR

#: relaxed openings of the group that is decided next, and how far off them the largest group may
#: be (measured: at 0.8 and at 0.3 the bound falls more slowly)
_SHARE, _SHARE_ROOM = 0.6, 0.15
#: sites of which every pair is compared; of more each is a group by itself
_MOST_SITES = 4_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SiteGroups:
    """A tree of groups; the first ones are the single sites.

    order : sites, so that every group is a run of them. low, high : where each group begins and
    ends there. idle : bool, site x other site: not worth its cost where the other one is open.
    """

    order: np.ndarray
    low: np.ndarray
    high: np.ndarray
    idle: np.ndarray | None = None

    def members(self, group: int) -> np.ndarray:
        """The sites of a group."""
        return self.order[self.low[group] : self.high[group]]

    def within(self, group: int, outer: int) -> bool:
        """Whether all sites of a group are in another one, or the other's in it."""
        low, high = self.low, self.high
        return bool(
            low[outer] <= low[group] < high[outer] or low[group] <= low[outer] < high[group]
        )

    def undecided(
        self, shares: np.ndarray, free: np.ndarray, taken: np.ndarray, needed: list[int]
    ) -> int | None:
        """The group to decide on next: does one of its sites open? None if nothing is left.

        Parameters
        ----------
        shares : relaxed opening per site. free, taken : bool per site: undecided, open.
        needed : groups of which one site must open; those around them have nothing to decide.
        """
        may = (self._sums(free) > 0) & (self._sums(taken) == 0)
        for group in needed:
            may &= (self.low > self.low[group]) | (self.high < self.high[group])
        if not may.any():
            return None
        share = self._sums(np.where(free, shares, 0.0))
        off = np.where(may, np.abs(share - _SHARE), np.inf)
        near = off <= off.min() + _SHARE_ROOM
        return int(np.argmax(np.where(near, self._sums(free), -1.0)))

    def no_use(self, needed: list[np.ndarray], free: np.ndarray) -> np.ndarray:
        """Bool per site: free, and not worth its cost whichever site of a needed group opens.

        needed : free sites of each needed group. A solution with such a site is worth no less
        without it; sites of needed groups stay, for they may be what the group needs.
        """
        found = np.zeros(len(free), bool)
        if self.idle is None:
            return found
        for group in needed:
            found |= self.idle[:, group].all(axis=1)
        for group in needed:
            found[group] = False
        return found & free

    def _sums(self, per_site: np.ndarray) -> np.ndarray:
        """Per group the sum of a number per site."""
        before = np.concatenate([[0.0], np.cumsum(per_site[self.order], dtype=float)])
        return before[self.high] - before[self.low]


def site_groups(core: Core) -> SiteGroups:
    """Groups by the people whom sites have in common (average linkage)."""
    one = np.arange(core.m)
    if not 1 < core.m <= _MOST_SITES:
        return SiteGroups(order=one, low=one, high=one + 1)
    cover = sparse.csr_matrix((np.ones(core.pairs), core.row_idx, core.row_ptr), (core.n, core.m))
    common = (cover.T @ sparse.diags(core.weight) @ cover).toarray()
    people = common.diagonal()
    size = np.sqrt(np.maximum(people, LEAST_DIVISOR))
    far = np.clip(1.0 - common / np.outer(size, size), 0.0, 1.0)
    np.fill_diagonal(far, 0.0)
    from scipy.cluster.hierarchy import leaves_list, linkage  # take a while to load
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(far, checks=False), "average")
    order = leaves_list(tree)
    low, high = np.empty(2 * core.m - 1, np.int64), np.empty(2 * core.m - 1, np.int64)
    low[order] = one
    high[: core.m] = low[: core.m] + 1
    for k, (a, b) in enumerate(tree[:, :2].astype(int), start=core.m):
        low[k], high[k] = min(low[a], low[b]), max(high[a], high[b])
    idle = people[:, None] - common <= core.cost[:, None]
    return SiteGroups(order=order, low=low, high=high, idle=idle)
