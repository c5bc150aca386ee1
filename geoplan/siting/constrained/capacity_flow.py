"""How many people find a place at the sites that are open, grown site by site.

Somebody who has a place may change to another site and leave it to somebody else, so what a new
site adds is found along chains of such changes: a largest flow (Ford and Fulkerson 1956) from the
people to the places. The number served is submodular in the open sites: a site never adds more
where more sites are open, and what it adds to few of them bounds what it adds to many.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from geoplan.siting.model.reduction import Core

_DUST = 1e-9


def dust_of(weight: np.ndarray) -> float:
    """People so few that they are none: in a small unit of people fewer, never more."""
    return _DUST * min(1.0, float(weight.max(initial=0.0)))


@nb.njit(cache=True, nogil=True)
def _pull(  # type: ignore[no-untyped-def]  # noqa: C901
    j, row_ptr, row_idx, site_ptr, site_row, site_pair, flow, left, free, to, via, stamp, tick, dust
):
    """Bring people to site j as long as it has room and a chain of changes frees a place.

    Returns the people brought and the next `tick`. to : per row the pair by which it would come;
    via : per site the pair that would leave it; stamp : when a row or site was last seen.
    """
    rows = len(row_ptr) - 1
    queue = np.empty(len(site_ptr) - 1, np.int64)
    came = 0.0
    for t in range(site_ptr[j], site_ptr[j + 1]):  # whoever has no place needs no chain
        i = site_row[t]
        part = min(left[i], free[j])
        if part > dust:
            flow[site_pair[t]] += part
            left[i] -= part
            free[j] -= part
            came += part
    while free[j] > dust:
        tick += 1
        head, tail = 0, 1
        queue[0] = j
        stamp[rows + j] = tick
        end = -1
        while head < tail and end < 0:
            s = queue[head]
            head += 1
            for t in range(site_ptr[s], site_ptr[s + 1]):
                i = site_row[t]
                if stamp[i] == tick:
                    continue
                stamp[i] = tick
                to[i] = site_pair[t]
                if left[i] > dust:
                    end = i
                    break
                for q in range(row_ptr[i], row_ptr[i + 1]):
                    other = row_idx[q]
                    if flow[q] > dust and stamp[rows + other] != tick:
                        stamp[rows + other] = tick
                        via[other] = i
                        queue[tail] = other
                        tail += 1
        if end < 0:
            break
        part = min(left[end], free[j])
        i = end
        while row_idx[to[i]] != j:
            s = row_idx[to[i]]
            i = via[s]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                if row_idx[q] == s:
                    part = min(part, flow[q])
        i = end
        flow[to[i]] += part
        while row_idx[to[i]] != j:
            s = row_idx[to[i]]
            i = via[s]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                if row_idx[q] == s:
                    flow[q] -= part
            flow[to[i]] += part
        left[end] -= part
        free[j] -= part
        came += part
    return came, tick


@nb.njit(cache=True, nogil=True)
def _lacking(row_ptr, row_idx, site_ptr, site_row, site_pair, flow, left, is_open, dust):  # type: ignore[no-untyped-def]
    """Rows and open sites that chains of changes reach from people without a place."""
    n, m = len(row_ptr) - 1, len(site_ptr) - 1
    rows = np.zeros(n, np.bool_)
    sites = np.zeros(m, np.bool_)
    queue = np.empty(n, np.int64)
    head = tail = 0
    for i in range(n):
        if left[i] > dust:
            rows[i] = True
            queue[tail] = i
            tail += 1
    while head < tail:
        i = queue[head]
        head += 1
        for q in range(row_ptr[i], row_ptr[i + 1]):
            s = row_idx[q]
            if not is_open[s] or sites[s]:
                continue
            sites[s] = True
            for t in range(site_ptr[s], site_ptr[s + 1]):
                k = site_row[t]
                if flow[site_pair[t]] > dust and not rows[k]:
                    rows[k] = True
                    queue[tail] = k
                    tail += 1
    return rows, sites


class Filling:
    """Open sites and who has a place where; sites open and close, the flow stays a largest one.

    Parameters
    ----------
    core : classes of people and the sites that they may use.
    room : people that each site of `core` takes (``inf``: no limit).

    Examples
    --------
    Ten people may use either site, ten more only the first; each has ten places. The second site
    reaches nobody without a place, and yet it serves ten more:

    >>> from geoplan.siting import SitingProblem
    >>> from geoplan.siting.model.reduction import reduce_problem
    >>> problem = SitingProblem.from_cover(np.array([[1, 1], [1, 0]], bool), [10, 10])
    >>> filling = Filling(reduce_problem(problem, drop_sites=False), np.array([10.0, 10.0]))
    >>> filling.open(0), filling.gain(1), filling.open(1), filling.served
    (10.0, 10.0, 10.0, 20.0)
    """

    def __init__(self, core: Core, room: np.ndarray) -> None:
        self.core = core
        row_of = np.repeat(np.arange(core.n), np.diff(core.row_ptr))
        # more room than people in reach is never used, and is a number that can be added
        reach = np.bincount(core.row_idx, weights=core.weight[row_of], minlength=core.m)
        self.room = np.minimum(np.asarray(room, np.float64), reach)
        self.row_ptr = np.asarray(core.row_ptr, np.int64)
        self.row_idx = np.asarray(core.row_idx, np.int64)
        self.site_ptr = np.asarray(core.site_ptr, np.int64)
        self.site_row = np.asarray(core.site_idx, np.int64)
        self.site_pair = np.argsort(self.row_idx, kind="stable")
        self.flow = np.zeros(core.pairs)
        self.left = np.asarray(core.weight, np.float64).copy()
        self.dust = dust_of(self.left)
        self.free = np.zeros(core.m)
        self.is_open = np.zeros(core.m, bool)
        self._to, self._via = np.zeros(core.n, np.int64), np.zeros(core.m, np.int64)
        self._stamp, self._tick = np.zeros(core.n + core.m, np.int64), 0

    @property
    def served(self) -> float:
        """People who have a place."""
        return float((self.core.weight - self.left).sum())

    @property
    def chosen(self) -> np.ndarray:
        """Positions (in the core) of the open sites."""
        return np.flatnonzero(self.is_open)

    def open(self, j: int) -> float:
        """Open site j; returns how many more people have a place."""
        self.is_open[j] = True
        self.free[j] = self.room[j]
        return self._pull(j, self.flow, self.left, self.free)

    def gain(self, j: int) -> float:
        """How many more people would have a place with site j."""
        free = self.free.copy()
        free[j] = self.room[j]
        return self._pull(j, self.flow.copy(), self.left.copy(), free)

    def at_once(self) -> np.ndarray:
        """Per site the people it would serve if nobody changed: no more than its gain."""
        lacking = np.bincount(
            self.row_idx,
            weights=np.repeat(self.left, np.diff(self.row_ptr)),
            minlength=len(self.room),
        )
        return np.minimum(lacking, self.room)

    def close(self, j: int) -> float:
        """Close site j; returns how many people are left without a place."""
        before = self.served
        here = slice(self.site_ptr[j], self.site_ptr[j + 1])
        pairs, rows = self.site_pair[here], self.site_row[here]
        idle = not self.flow[pairs].any()
        self.left[rows] += self.flow[pairs]
        self.flow[pairs] = 0.0
        self.free[j] = 0.0
        self.is_open[j] = False
        if idle:  # nobody is sent away, so the flow is still a largest one
            return 0.0
        for k in np.flatnonzero(self.free > self.dust):
            self._pull(int(k), self.flow, self.left, self.free)
        return before - self.served

    def lacking(self) -> tuple[np.ndarray, np.ndarray]:
        """Bool per class and per site: the part of the city where places are lacking.

        Whoever has no place, the sites that they find full, the people who have a place there, the
        sites that those find full, and so on. All others have a place which nobody here can use,
        whatever sites open beside them.
        """
        found: tuple[np.ndarray, np.ndarray] = _lacking(
            self.row_ptr,
            self.row_idx,
            self.site_ptr,
            self.site_row,
            self.site_pair,
            self.flow,
            self.left,
            self.is_open,
            self.dust,
        )
        return found

    def copy(self) -> Filling:
        """Another one in the same state."""
        twin = object.__new__(Filling)
        twin.__dict__.update(self.__dict__)
        for name in ("flow", "left", "free", "is_open", "_to", "_via", "_stamp"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def _pull(self, j: int, flow: np.ndarray, left: np.ndarray, free: np.ndarray) -> float:
        came, self._tick = _pull(
            j,
            self.row_ptr,
            self.row_idx,
            self.site_ptr,
            self.site_row,
            self.site_pair,
            flow,
            left,
            free,
            self._to,
            self._via,
            self._stamp,
            self._tick,
            self.dust,
        )
        return float(came)
