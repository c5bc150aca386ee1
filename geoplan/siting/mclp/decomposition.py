"""Lagrangian decomposition of the MCLP by regions: a bound with integer sites.

Multipliers (`geoplan.siting.mclp.lagrangian`) let the relaxed solution open a tenth of a site
wherever it likes, so where sites overlap heavily no integer solution comes near their bound. Here
each class of demand belongs to one region, and the cost of opening a site (what the relaxation pays
for it) is shared among the regions that it reaches, in proportion to its worth there. Every region
then chooses integer sites for itself at its share of their cost. What all regions gain together
bounds every solution, whatever its number of sites (Guignard and Kim 1987, doi:10.1007/BF02592954),
and is never above the Lagrangian bound. Only what overlaps across borders is lost, so two regions
as one bound better than each alone, and take longer. Regions that are proved in some seconds come
first; what was not proved in its time is solved in two parts, and then regions are joined as long
as there is time. HiGHS solves small regions, branch and bound with Lagrangian bounds large ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.csgraph import connected_components

from geoplan.parallel import run, worker_count
from geoplan.siting.mclp.branch_and_bound import CostedCover
from geoplan.siting.mclp.lagrangian import MclpDual
from geoplan.siting.mclp.milp_models import add_cover_rows
from geoplan.siting.model.core import Core
from geoplan.siting.model.reduction import merge_rows, restrict, without_dominated
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, solve_in_time
from geoplan.tolerances import BOUND_ROUNDING, LEAST_DIVISOR

#: covering pairs of the regions that come first: HiGHS proves most of these in 5 to 40 seconds
FIRST_PAIRS = 30_000
#: regions of more covering pairs than HiGHS is good for, which branch and bound takes: 4 sites of a
#: city's centre with hundreds to choose from
LARGE_PAIRS = 300_000
#: nodes of a region, and bytes that they may take
_MOST_NODES, _NODE_BYTES = 20_000, 200_000_000
#: parts may be larger or smaller than they should be by this share of both
_UNEVEN = 0.04
#: share of the time left that one region may take, at most, by HiGHS and by branch and bound
_MOST_TIME, _MOST_TIME_LARGE = 0.5, 0.8
#: a region may be left this far from its proof, as a share of one site's cost
_REGION_GAP = 0.005
#: the same for branch and bound, where few regions are large
_LARGE_REGION_GAP = 0.0005
#: a region takes a hundred nodes, so what HiGHS does before it branches takes longer than those:
#: without it proofs come three to four times sooner (measured)
_REGION_OPTIONS: dict[str, object] = {
    "threads": 1,
    "presolve": "off",
    "mip_pscost_minreliable": 0,
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_allow_cut_separation_at_nodes": False,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionBound:
    """What all regions prove: `n_new` sites cover at most ``site_cost * n_new + constant``.

    sites : the best ones of all regions, however many; each region chose for itself.
    """

    site_cost: float
    constant: float
    sites: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64), compare=False)

    def bound(self, n_new: int) -> float:
        """An upper bound on the people of all classes that `n_new` sites cover."""
        return self.site_cost * n_new + self.constant

    def too_few(self, need: float) -> int:
        """The largest number of sites that cannot cover `need` people."""
        if not self.site_cost > 0:
            return 0
        # a tolerance for the solver's rounding: a number on the edge may be enough
        return int(np.ceil((need - self.constant) / self.site_cost - BOUND_ROUNDING)) - 1


def never_enough(_: RegionBound) -> bool:
    """Go on until all is solved or time is up."""
    return False


@dataclass(kw_only=True, slots=True, eq=False)
class Region:
    """Demand around some open sites.

    opened : positions of those sites among the open ones. pairs : covering pairs of its demand.
    parts : the two regions that it joins. upper_bound : on what it can gain. proved : exact.
    sites : the best ones that were found for it, or None.
    """

    opened: np.ndarray
    pairs: int
    parts: list[Region] = field(default_factory=list)
    upper_bound: float = np.inf
    proved: bool = False
    sites: np.ndarray | None = None

    def all(self) -> list[Region]:
        """The region and all inside it."""
        return [self, *(r for part in self.parts for r in part.all())]

    def at_most(self, pairs: int) -> list[Region]:
        """The largest regions inside this one of at most so many pairs, or those without parts."""
        if self.pairs <= pairs or not self.parts:
            return [self]
        return [r for part in self.parts for r in part.at_most(pairs)]


def region_bound(
    core: Core,
    dual: MclpDual,
    *,
    n_new: int,
    chosen: np.ndarray,
    allowed: np.ndarray,
    control: SolveControl,
    enough: Callable[[RegionBound], bool] = never_enough,
    first_pairs: int = FIRST_PAIRS,
) -> RegionBound:
    """The Lagrangian bound, made smaller by regions until it is `enough` or time is up.

    Parameters
    ----------
    n_new : number of sites at which the bound is to be small.
    chosen : a solution (positions); regions are groups of its sites.
    allowed : bool per site; the bound holds for solutions among these.
    enough : called before every region; True ends the work.
    first_pairs : covering pairs of the regions that are solved first, at most. From `LARGE_PAIRS`
        on branch and bound solves them, not HiGHS.
    """
    site_cost = float(np.partition(dual.worth, core.m - n_new)[core.m - n_new])
    cover = sparse.csr_matrix((np.ones(core.pairs), core.row_idx, core.row_ptr), (core.n, core.m))
    near = (cover.T @ cover[:, chosen]).tocsr()
    label = _labels(cover, near)
    sizes = np.bincount(label, weights=cover @ allowed, minlength=len(chosen) + 1)
    far = Region(opened=np.array([len(chosen)]), pairs=int(sizes[-1]))
    trees = [*_trees(near, sizes, first_pairs), far]
    shared = _Shared(
        core=core,
        cover=cover,
        dual=dual,
        site_cost=site_cost,
        allowed=allowed,
        people=cover.T @ core.weight,
    )
    every = [region for tree in trees for region in tree.all()]
    for region in every:
        region.upper_bound = shared.relaxed(np.flatnonzero(np.isin(label, region.opened)))

    def proved() -> RegionBound:
        best = [_best(tree, chosen) for tree in trees]
        return RegionBound(
            site_cost=site_cost,
            constant=sum(_most(tree) for tree in trees),
            sites=np.unique(np.concatenate(best)),
        )

    threads = worker_count(control.threads)
    waiting: list[Region] = []

    def solve(region: Region) -> None:
        waiting.remove(region)
        if control.left > 0 and not enough(proved()):
            rows = np.flatnonzero(np.isin(label, region.opened))
            if first_pairs < LARGE_PAIRS:
                # a hard one leaves time for the others
                part = control.part(_MOST_TIME * control.left)
                bound, exact = shared.integer_bound(rows, region.upper_bound, part)
            else:
                others = sum(other.pairs for other in waiting)
                share = threads * region.pairs / max(region.pairs + others, 1)
                part = control.part(min(share, _MOST_TIME_LARGE) * control.left)
                start = _of(region, chosen)
                bound, exact, region.sites = shared.branched_bound(
                    rows, region.upper_bound, start, part
                )
            region.upper_bound, region.proved = bound, exact

    def solve_all(regions: list[Region]) -> None:
        """Several at a time, the longest first, so that none is left alone at the end."""
        waiting[:] = sorted(regions, key=lambda r: -r.pairs)
        run(solve, list(waiting), threads=threads)

    first = [region for tree in trees for region in tree.at_most(first_pairs)]
    solve_all(first)
    solve_all([part for region in first if not region.proved for part in region.parts])
    larger = sorted((r for r in every if r.pairs > first_pairs), key=lambda r: r.pairs)
    for at in range(0, len(larger), threads):
        solve_all(larger[at : at + threads])
    return proved()


def _most(region: Region) -> float:
    """The most that a region gains, by itself or part by part."""
    if not region.parts:
        return region.upper_bound
    return min(region.upper_bound, sum(_most(part) for part in region.parts))


def _of(region: Region, chosen: np.ndarray) -> np.ndarray:
    """Those of the sites `chosen` around which a region lies."""
    return chosen[region.opened[region.opened < len(chosen)]]


def _best(region: Region, chosen: np.ndarray) -> np.ndarray:
    """The best sites found for a region, by itself or part by part; else those of `chosen`."""
    if region.sites is not None or not region.parts:
        return _of(region, chosen) if region.sites is None else region.sites
    return np.concatenate([_best(part, chosen) for part in region.parts])


def _trees(near: sparse.csr_matrix, sizes: np.ndarray, first_pairs: int) -> list[Region]:
    """Open sites halved again and again where they have least to do with each other.

    near : sites x open sites, the number of classes that both cover. sizes : covering pairs of the
    demand that belongs to each open site.
    """
    alike = (near.T @ near).toarray()
    _, part = connected_components(sparse.csr_matrix(alike), directed=False)

    def grow(opened: np.ndarray) -> Region:
        region = Region(opened=opened, pairs=int(sizes[opened].sum()))
        parts = min(int(np.ceil(region.pairs / first_pairs)), len(opened))
        if parts > 1:
            region.parts = [grow(half) for half in halves(opened, (parts // 2) / parts)]
        elif len(opened) > 1:  # in case that it is not proved
            region.parts = [
                Region(opened=half, pairs=int(sizes[half].sum())) for half in halves(opened, 0.5)
            ]
        return region

    def halves(opened: np.ndarray, share: float) -> list[np.ndarray]:
        within = alike[np.ix_(opened, opened)]
        return [opened[half] for half in _halves(within, sizes[opened], share)]

    return [grow(np.flatnonzero(part == k)) for k in range(part.max() + 1)]


def _halves(alike: np.ndarray, sizes: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Two parts, the first of about `share` of all, along the Fiedler vector (Fiedler 1973)."""
    degree, count = np.sqrt(alike.sum(1)), len(alike)
    near = alike / np.outer(degree, degree)
    _, second = eigh(near, subset_by_index=[count - 2, count - 2])
    order = np.argsort(second[:, 0] / degree, kind="stable")
    before = np.cumsum(sizes[order])[:-1] / max(float(sizes.sum()), 1.0)
    off = np.abs(before - share)
    cuts = np.flatnonzero(off <= max(_UNEVEN, off.min())) + 1
    ordered = alike[np.ix_(order, order)]
    crossing = [ordered[:cut, cut:].sum() for cut in cuts]  # where they have least in common
    cut = int(cuts[np.argmin(crossing)])
    return np.sort(order[:cut]), np.sort(order[cut:])


def _labels(cover: sparse.csr_matrix, near: sparse.csr_matrix) -> np.ndarray:
    """Per class the open site that it belongs to, by position; their number = far from all."""
    weight = near.copy()
    weight.data = weight.data**2  # a site belongs to the open ones that are most like it
    affinity = (cover @ weight).tocsr()
    best = np.asarray(affinity.argmax(axis=1)).ravel()
    some = np.diff(affinity.indptr) > 0
    return np.where(some, best, near.shape[1])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Shared:
    """What all regions have in common.

    site_cost : what opening one costs. allowed : bool per site. people : whom each site covers.
    """

    core: Core
    cover: sparse.csr_matrix
    dual: MclpDual
    site_cost: float
    allowed: np.ndarray
    people: np.ndarray

    def cost(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What each site is worth among the classes `rows`, and its share of a site's cost.

        A share is what the site is worth here, so that no region gains by multipliers alone; what a
        site costs beyond its worth is shared by people.
        """
        total = self.dual.worth
        part = self.cover[rows].T
        worth = part @ self.dual.multipliers[rows]
        here = part @ self.core.weight[rows] / np.maximum(self.people, LEAST_DIVISOR)
        beyond = np.maximum(self.site_cost - total, 0.0) * here
        return worth, worth * np.minimum(
            1.0, self.site_cost / np.maximum(total, LEAST_DIVISOR)
        ) + beyond

    def relaxed(self, rows: np.ndarray) -> float:
        """The most that a region gains by the multipliers alone."""
        worth, cost = self.cost(rows)
        free = float((self.core.weight[rows] - self.dual.multipliers[rows]).sum())
        return free + float(np.maximum(worth - cost, 0.0)[self.allowed].sum())

    def integer_bound(
        self, rows: np.ndarray, most: float, control: SolveControl
    ) -> tuple[float, bool]:
        """The most that a region gains with integer sites: (bound, whether it is exact)."""
        _, cost = self.cost(rows)
        mask = np.zeros(self.core.n, bool)
        mask[rows] = True
        touched = np.zeros(self.core.m, bool)
        touched[self.cover[rows].indices] = True
        small = without_dominated(
            restrict(replace(self.core, cost=cost), touched & self.allowed, rows=mask)
        )
        if small.m == 0:
            return min(most, 0.0), True
        model = Model()
        y = model.add_columns(small.m, cost=small.cost, integer=True)
        z = model.add_columns(small.n, cost=-small.weight)
        add_cover_rows(model, small, y, z)
        options = _REGION_OPTIONS | {"mip_abs_gap": _REGION_GAP * self.site_cost}
        found = solve_in_time(model, control.with_(gap=0.0), options=options)
        if found.bound is None:
            return most, False
        return min(most, -found.bound), found.status == "optimal"

    def branched_bound(
        self, rows: np.ndarray, most: float, start: np.ndarray, control: SolveControl
    ) -> tuple[float, bool, np.ndarray]:
        """The same by branch and bound from the sites `start`, as far as it gets in its time.

        Also the best sites found, by position in the core.
        """
        small, multipliers = self._region(rows)
        if small.m == 0:
            return min(most, 0.0), True, start
        search = CostedCover(core=small, tolerance=_LARGE_REGION_GAP * self.site_cost)
        proved = search.run(
            multipliers=multipliers,
            start=np.flatnonzero(np.isin(small.sites, start)),
            control=control,
            max_nodes=min(_MOST_NODES, _NODE_BYTES // (4 * small.n + 5 * small.m)),
        )
        return min(most, search.bound), proved, small.sites[search.chosen]

    def _region(self, rows: np.ndarray) -> tuple[Core, np.ndarray]:
        """The region as a core (sites by position, their share of the cost), and multipliers."""
        mask = np.zeros(self.core.n, bool)
        mask[rows] = True
        touched = np.zeros(self.core.m, bool)
        touched[self.cover[rows].indices] = True
        whole = replace(self.core, cost=self.cost(rows)[1], sites=np.arange(self.core.m))
        left = without_dominated(restrict(whole, touched & self.allowed, rows=mask)).sites
        keep = np.zeros(self.core.m, bool)
        keep[left] = True
        _, label, _ = merge_rows(  # the classes of `restrict`
            whole.row_ptr,
            whole.row_idx,
            np.where(mask, whole.weight, 0.0),
            allowed=keep,
            fixed=np.zeros(whole.m, bool),
            group=whole.group,
        )
        small, inside = restrict(whole, keep, rows=mask), label >= 0
        multipliers = np.bincount(
            label[inside], weights=self.dual.multipliers[inside], minlength=small.n
        )
        return small, multipliers
