"""A feasible start under constraints, so that there is always a solution to hand over."""

from __future__ import annotations

from copy import copy

import numpy as np

from geoplan.siting.constrained.covering_model import CoveringModel
from geoplan.siting.model.constraints import Constraints, problem_free, site_money
from geoplan.siting.model.counting import least_people
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import solve_in_time
from geoplan.tolerances import NO_MONEY, SAME_VALUE


def constrained_greedy(problem: SitingProblem, constraints: Constraints) -> np.ndarray | None:
    """The best next site, again and again, while the constraints allow; None where that fails.

    Areas that must have sites come first. It knows nothing of capacities, of equity, of
    least shares of people and of backup: those have no start.
    """
    if (
        problem.capacities is not None
        or constraints.equity
        or constraints.area_share
        or constraints.backup
    ):
        return None
    picker = _Greedy(problem, constraints)
    for j in problem.fixed:
        picker.open(int(j))
    for code, least in constraints.area_sites.items():
        assert problem.site_areas is not None
        here = np.array([c == code for c in problem.site_areas], bool)
        while here[picker.chosen].sum() < least:
            if not picker.open_best(here):
                return None
    most = np.inf if constraints.sites is None else constraints.sites
    if len(picker.chosen) > most:
        return None
    everywhere = np.ones(problem.n_sites, bool)
    while len(picker.chosen) < most and picker.open_best(everywhere, useful=True):
        pass
    return np.array(picker.chosen, np.int64)


class _Greedy:
    """Open sites one by one, and what is still to be gained by each other one."""

    def __init__(self, problem: SitingProblem, constraints: Constraints) -> None:
        self.cover, self.by_row = problem.cover.tocsc(), problem.cover
        self.paid = problem.site_costs is not None
        self.money, self.free = site_money(problem), problem_free(problem)
        self.most, self.spent = constraints.most_money, 0.0
        self.shut = ~problem.is_allowed
        self.weight = problem.weights.copy()
        self.gain = np.asarray(problem.cover.T @ self.weight, np.float64).ravel()
        self.conflicts = problem.conflicts
        self.chosen: list[int] = []

    def open(self, j: int) -> None:
        """Open site j; its people are served, its conflicting sites are shut."""
        self.chosen.append(j)
        if self.paid and not self.free[j]:
            self.spent += self.money[j]
        self.shut[j] = True
        for a, b in ((0, 1), (1, 0)):
            self.shut[self.conflicts[self.conflicts[:, a] == j, b]] = True
        rows = self.cover.indices[self.cover.indptr[j] : self.cover.indptr[j + 1]]
        lost = np.zeros(len(self.weight))
        lost[rows] = self.weight[rows]
        self.gain = self.gain - np.asarray(self.by_row.T @ lost).ravel()
        self.weight[rows] = 0.0

    def open_best(self, pool: np.ndarray, *, useful: bool = False) -> bool:
        """Open the best site of `pool` that may be opened; False where there is none."""
        able = pool & ~self.shut
        if self.paid:
            able &= self.free | (self.spent + self.money <= self.most)
        at = np.flatnonzero(able)
        if len(at) == 0:
            return False
        gain = self.gain[at]
        if self.paid:
            gain = gain / np.where(self.free[at], NO_MONEY, np.maximum(self.money[at], NO_MONEY))
        best = int(at[np.argmax(gain)])
        if useful and self.gain[best] <= SAME_VALUE:
            return False
        self.open(best)
        return True


def warm_start(covering: CoveringModel, chosen: np.ndarray | None) -> np.ndarray | None:
    """A full column vector for `chosen`, where served people follow from open sites."""
    if chosen is None or covering.problem.capacities is not None:
        return None
    core = covering.core
    x = np.zeros(covering.model.columns)
    is_open = covering.problem.is_open(chosen)
    opened = is_open[core.sites]
    x[covering.y] = opened
    rows = core.row_of
    times = np.bincount(rows, weights=opened[core.row_idx], minlength=core.n)
    x[covering.served] = (times >= covering.constraints.times)[covering.class_of]
    return x


def min_sites_start(
    covering: CoveringModel, need: float, control: SolveControl
) -> np.ndarray | None:
    """All columns of a solution that serves `need` people; None where none is found.

    The best next sites as far as they serve enough, or else every allowed site; then
    without those that nothing asks for.
    """
    problem = covering.problem
    if problem.capacities is not None:
        return None if len(problem.conflicts) else _every_site(covering, control)
    tries = [constrained_greedy(problem, covering.constraints)]
    if not len(problem.conflicts):
        tries.append(np.flatnonzero(problem.is_allowed))
    for chosen in tries:
        if chosen is not None and (kept := _drop_idle_sites(covering, need, chosen)) is not None:
            return warm_start(covering, kept)
    return None


def _every_site(covering: CoveringModel, control: SolveControl) -> np.ndarray | None:
    """All sites open, and those served whom the constraints ask for: a linear program."""
    model = copy(covering.model)
    model.lower = [np.concatenate(covering.model.lower)]
    model.lower[0][covering.y] = 1.0
    return solve_in_time(model, control, linear=True).x


def _drop_idle_sites(covering: CoveringModel, need: float, chosen: np.ndarray) -> np.ndarray | None:
    """`chosen` as far as the model has them, without sites that no constraint asks for.

    None where they do not keep the constraints.
    """
    problem, constraints, core = covering.problem, covering.constraints, covering.core
    times = constraints.times
    kept = np.isin(core.sites, chosen)
    row_of = core.row_of
    count = np.bincount(row_of, weights=kept[core.row_idx], minlength=core.n)
    spare = float(core.weight[count >= times].sum()) - need
    by_area = np.bincount(
        core.group, weights=core.weight * (count >= times), minlength=len(covering.codes)
    )
    for code, share in constraints.area_share.items():
        group = covering.codes.index(code)
        by_area[group] -= least_people(share, covering.area_people(group), whole=covering.whole)
    watched = [covering.codes.index(code) for code in constraints.area_share]
    areas = None if problem.site_areas is None else problem.site_areas[core.sites]
    more = {code: -least for code, least in constraints.area_sites.items()}
    for code in more:
        assert areas is not None
        more[code] += int(sum(areas[j] == code for j in np.flatnonzero(kept)))
    room = SAME_VALUE * need
    if spare < -room or any(by_area[watched] < -room):
        return None
    if any(left < 0 for left in more.values()):
        return None
    fixed = problem.is_fixed[core.sites]
    for j in sorted(
        np.flatnonzero(kept & ~fixed), key=lambda j: core.site_ptr[j + 1] - core.site_ptr[j]
    ):
        rows = core.classes_of(j)
        lost = float(core.weight[rows[count[rows] == times]].sum())
        left = rows[count[rows] == times]
        lost_by_area = np.bincount(
            core.group[left], weights=core.weight[left], minlength=len(covering.codes)
        )
        code = None if areas is None else areas[j]
        if lost > spare or (lost_by_area[watched] > by_area[watched]).any():
            continue
        if code in more:
            if more[code] < 1:
                continue
            more[code] -= 1
        kept[j] = False
        count[rows] -= 1
        spare -= lost
        by_area -= lost_by_area
    return core.sites[kept]
