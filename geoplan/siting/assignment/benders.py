"""p-median to proof: Benders cuts on the sites that a Lagrangian bound leaves open.

The master problem holds one opening variable per site and one cost variable per demand row; the
cuts are those of Duran-Mateluna, Ales and Elloumi (2023), doi:10.1016/j.ejor.2022.11.033. First
the linear relaxation is cut until nothing is violated, sites are fixed by reduced cost, then
the master is solved in whole numbers and cut again until bound and incumbent meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import highspy
import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.instance import MedianInstance, MedianSolution, rounded_bound
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import QuietHighs, run_highs
from geoplan.siting.solver.milp import Model
from geoplan.tolerances import BOUND_ROUNDING, SAME_MODEL_VALUE, SAME_VALUE, WHOLE_SHARE

#: a local search: from open sites (bool) to better ones and their cost
Improve = Callable[[np.ndarray], tuple[np.ndarray, float]]
#: from open sites (bool) to those that together take too much money, None where they do not
OverBudget = Callable[[np.ndarray], np.ndarray | None]


@inner_kernel
def _critical_cost(by_demand, share, penalty, i):
    """The cost at which the open shares, cheapest first, add up to one."""
    ptr, idx, data = by_demand
    total = 0.0
    for t in range(ptr[i], ptr[i + 1]):
        total += share[idx[t]]
        if total >= 1 - WHOLE_SHARE:
            return data[t]
    return penalty


@kernel
def _violated_cuts(by_demand, share, penalty, served, eps):
    """Per demand row the critical cost of a (fractional) opening, and what serving costs at it.

    The Benders cut theta_i >= p - sum_j max(0, p - c_ij) y_j at the critical cost p is the deepest
    (Cornuejols, Nemhauser and Wolsey 1990; Duran-Mateluna, Ales and Elloumi 2023). Returns p per
    row, -1 where `served` already satisfies the cut, and the total cost.
    """
    ptr, idx, data = by_demand
    n = len(ptr) - 1
    critical = np.full(n, -1.0)
    total = 0.0
    for i in range(n):
        p = _critical_cost(by_demand, share, penalty, i)
        v = p
        for t in range(ptr[i], ptr[i + 1]):
            if data[t] >= p:
                break
            v -= (p - data[t]) * share[idx[t]]
        total += v
        if v > served[i] + eps:
            critical[i] = p
    return critical, total


#: unit of cost; an opening that costs less by more than that is better
_LESS = 1e-12


class _Master:
    """The master problem in HiGHS: opening per site, cost per demand row, constraints on sites."""

    def __init__(self, instance: MedianInstance, constraints: Model | None) -> None:
        self.costs = costs = instance.costs
        n, m = costs.n_demand, costs.n_sites
        by_demand, fixed, sites = costs.by_demand, instance.fixed, float(instance.sites)
        self.m = m
        self.is_whole = False
        self.highs = QuietHighs()
        # no number of threads: HiGHS refuses to run when another model in the process has set one
        for name, value in (("output_flag", False), ("random_seed", 0)):
            self.highs.setOptionValue(name, value)
        self.lower, self.upper = fixed.astype(float), (instance.free | fixed).astype(float)
        self.highs.addVars(m, self.lower, self.upper)
        cheapest = by_demand.data[by_demand.ptr[:-1]]
        self.highs.addVars(n, cheapest, np.full(n, highspy.kHighsInf))
        self.highs.changeColsCost(n, np.arange(m, m + n, dtype=np.int32), np.ones(n))
        every = np.arange(m, dtype=np.int32)
        # with constraints that keep sites apart so many may not be possible
        least = sites if constraints is None else 0.0
        self.highs.addRow(least, sites, m, every, np.ones(m))
        if constraints is not None:
            low, high, starts, index, factor = constraints.row_arrays()
            self.highs.addRows(len(low), low, high, len(index), starts, index, factor)

    def cut(self, rows: np.ndarray, critical: np.ndarray) -> None:
        """theta_i + sum_j max(0, p_i - c_ij) y_j >= p_i for each of `rows` at its critical cost."""
        ptr, idx, data = self.costs.by_demand
        starts, index, value = [0], [], []
        for i, p in zip(rows, critical, strict=True):
            begin, end = ptr[i], ptr[i + 1]
            stop = begin + int(np.searchsorted(data[begin:end], p))
            index.append(np.append(idx[begin:stop], self.m + i))
            value.append(np.append(p - data[begin:stop], 1.0))
            starts.append(starts[-1] + stop - begin + 1)
        if len(rows):
            self.highs.addRows(
                len(rows),
                critical.astype(float),
                np.full(len(rows), highspy.kHighsInf),
                starts[-1],
                np.array(starts[:-1], np.int32),
                np.concatenate(index).astype(np.int32),
                np.concatenate(value),
            )

    def whole_numbers(self, gap: float) -> None:
        """From now on openings are 0 or 1."""
        kinds = np.array([highspy.HighsVarType.kInteger] * self.m)
        self.highs.changeColsIntegrality(self.m, np.arange(self.m, dtype=np.int32), kinds)
        self.highs.setOptionValue("mip_rel_gap", gap)
        self.is_whole = True

    def forbid(self, together: np.ndarray) -> None:
        """Rule out that the sites `together` (bool per site) are all open."""
        columns = np.flatnonzero(together).astype(np.int32)
        most = float(len(columns)) - 1.0
        self.highs.addRow(-highspy.kHighsInf, most, len(columns), columns, np.ones(len(columns)))

    def allows(self, is_open: np.ndarray) -> bool:
        """Whether what is fixed leaves this opening possible."""
        return bool((self.lower <= is_open).all() and (is_open <= self.upper).all())

    def fix(self, where: np.ndarray, value: float) -> None:
        """Hold the openings `where` (bool per site) at `value`."""
        self.lower[where] = self.upper[where] = value
        columns = np.flatnonzero(where).astype(np.int32)
        if len(columns):
            level = np.full(len(columns), value)
            self.highs.changeColsBounds(len(columns), columns, level, level)

    def run(self, control: SolveControl) -> np.ndarray:
        """Solve the present master; the values of its columns."""
        # HiGHS counts its time limit over all linear runs of a model, but anew in whole numbers,
        # where it hears no interrupt for a while; the control ends what goes on beyond the limit
        spent = 0.0 if self.is_whole else self.highs.getRunTime()
        self.highs.setOptionValue("time_limit", spent + max(control.left, 0.05))
        if run_highs(self.highs, lambda: control.left <= 0) and control.left > 0:
            control.stop()
        return np.array(self.highs.getSolution().col_value)


def solve_by_benders(
    instance: MedianInstance,
    best: MedianSolution,
    multipliers: np.ndarray,
    *,
    control: SolveControl,
    constraints: Model | None = None,
    improve: Improve | None = None,
    over_budget: OverBudget | None = None,
) -> MedianSolution:
    """Improve the incumbent and its bound until they meet within the gap or the time is over.

    Parameters
    ----------
    multipliers : per demand row, the cost at which its first cut is made.
    constraints : rows over the openings that every solution keeps.
    improve : a local search from a feasible opening: a better one and its cost.
    over_budget : tells openings that HiGHS lets through though they take too much money.
    """
    loop = _CutLoop(
        master=_Master(instance, constraints),
        best=best,
        control=control,
        improve=improve,
        over_budget=over_budget,
    )
    costs = instance.costs
    loop.master.cut(np.arange(costs.n_demand), np.minimum(multipliers, costs.penalty))
    while loop.goes_on() and loop.cut_relaxation():
        pass
    if loop.goes_on():
        loop.master.whole_numbers(control.gap / 2)
    while loop.goes_on() and loop.cut_whole():
        pass
    return replace(
        loop.best,
        bound=min(loop.bound, loop.best.value),
        facts=best.facts | {"rounds": loop.rounds},
    )


@dataclass(kw_only=True, slots=True)
class _CutLoop:
    """The incumbent against the bound, round by round."""

    master: _Master
    best: MedianSolution
    control: SolveControl
    improve: Improve | None = None
    over_budget: OverBudget | None = None
    rounds: int = 0

    @property
    def bound(self) -> float:
        """The bound, rounded up where only whole costs are possible."""
        return rounded_bound(self.best.bound, self.master.costs.step)

    def goes_on(self) -> bool:
        """Whether the gap is open and time is left."""
        value = self.best.value
        near = max(self.control.gap, SAME_VALUE) * abs(value)
        return self.bound < value - near and self.control.left > 0

    def _raise_bound(self, bound: float) -> None:
        self.best = replace(self.best, bound=max(self.best.bound, bound))

    def _report(self) -> None:
        self.control.report(f"{self.best.bound:,.0f} .. {self.best.value:,.0f}")

    def _separate(self, x: np.ndarray, share: np.ndarray, eps: float) -> tuple[np.ndarray, float]:
        costs = self.master.costs
        found: tuple[np.ndarray, float] = _violated_cuts(
            costs.by_demand, share, costs.penalty, x[costs.n_sites :], eps
        )
        return found

    def cut_relaxation(self) -> bool:
        """One round of cuts on the linear relaxation; False when it needs no more."""
        costs, highs = self.master.costs, self.master.highs
        m = costs.n_sites
        x = self.master.run(self.control)
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        self.rounds += 1
        relaxed = float(highs.getInfo().objective_function_value)
        self._raise_bound(relaxed)
        self._report()
        eps = BOUND_ROUNDING * (1 + self.best.value / max(costs.n_demand, 1))
        critical, total = self._separate(x, x[:m], eps)
        rows = np.flatnonzero(critical >= 0)
        if len(rows) and total - relaxed >= SAME_MODEL_VALUE * abs(total):
            self.master.cut(rows, critical[rows])
            return True
        # what no better solution can do is fixed; the incumbent stays possible
        reduced, is_open = np.array(highs.getSolution().col_dual[:m]), self.best.is_open
        need = self.best.cutoff(costs.step)
        self.master.fix((x[:m] < WHOLE_SHARE) & (relaxed + reduced > need) & ~is_open, 0.0)
        self.master.fix((x[:m] > 1 - WHOLE_SHARE) & (relaxed - reduced > need) & is_open, 1.0)
        return False

    def cut_whole(self) -> bool:
        """One master in whole numbers and its cuts; False when nothing is left to cut."""
        m, highs = self.master.costs.n_sites, self.master.highs
        x = self.master.run(self.control)
        self.rounds += 1
        info, status = highs.getInfo(), highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            # every better opening was fixed away; the incumbent must have been, too: it keeps all
            # rows, and where it is still possible HiGHS errs
            if not self.master.allows(self.best.is_open):
                self.best = replace(self.best, bound=self.best.value)
            return False
        if np.isfinite(info.mip_dual_bound):
            self._raise_bound(min(float(info.mip_dual_bound), self.best.value))
        if len(x) < m or info.primal_solution_status != 2:
            return False
        whole = x[:m] > 0.5
        together = None if self.over_budget is None else self.over_budget(whole)
        if together is not None:
            self.master.forbid(together)
            return True
        eps = SAME_MODEL_VALUE * (1 + self.best.value)
        critical, total = self._separate(x, whole.astype(float), eps)
        if total < self.best.value - _LESS:
            self.best = replace(self.best, is_open=whole, value=float(total))
            if self.improve is not None:
                is_open, value = self.improve(whole)
                self.best = self.best.better(MedianSolution(is_open=is_open, value=value))
        self._report()
        rows = np.flatnonzero(critical >= 0)
        self.master.cut(rows, critical[rows])
        return len(rows) > 0
