"""p-median to proof: Benders cuts on the sites that a Lagrangean bound leaves open.

The master problem holds one opening variable per site and one cost variable per demand row; the
cuts are those of Duran-Mateluna, Ales and Elloumi (2023), doi:10.1016/j.ejor.2022.08.016. First
the linear relaxation is cut until nothing is violated, sites are fixed by reduced cost, then
the master is solved in whole numbers and cut again until bound and answer meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numba as nb
import numpy as np

from geoplan.siting.assignment.weighted_costs import WeightedCosts
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, QuietHighs, run_highs


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MedianProof:
    """Best opening known (bool per site), its weighted cost, and a proved lower bound."""

    is_open: np.ndarray
    value: float
    bound: float
    rounds: int


@nb.njit(cache=True, nogil=True)
def _critical_cost(by_demand, share, penalty, i):  # type: ignore[no-untyped-def]
    """The cost at which the open shares, cheapest first, add up to one."""
    ptr, idx, data = by_demand
    total = 0.0
    for t in range(ptr[i], ptr[i + 1]):
        total += share[idx[t]]
        if total >= 1 - 1e-9:
            return data[t]
    return penalty


@nb.njit(cache=True, nogil=True)
def _violated_cuts(by_demand, share, penalty, served, eps):  # type: ignore[no-untyped-def]
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


class _Master:
    """A HiGHS model: opening per site, cost per demand row, at most `sites` open, and `rules`."""

    def __init__(
        self,
        arrays: WeightedCosts,
        *,
        sites: int,
        allowed: np.ndarray,
        fixed: np.ndarray,
        rules: Model | None,
    ) -> None:
        self.arrays = arrays
        n, m = arrays.n_demand, arrays.n_sites
        self.m = m
        self.is_whole = False
        self.highs = QuietHighs()
        # no number of threads: HiGHS refuses to run when another model in the process has set one
        for name, value in (("output_flag", False), ("random_seed", 0)):
            self.highs.setOptionValue(name, value)
        self.highs.addVars(m, fixed.astype(float), (allowed | fixed).astype(float))
        cheapest = arrays.by_demand.data[arrays.by_demand.ptr[:-1]]
        self.highs.addVars(n, cheapest, np.full(n, highspy.kHighsInf))
        self.highs.changeColsCost(n, np.arange(m, m + n, dtype=np.int32), np.ones(n))
        every = np.arange(m, dtype=np.int32)
        # with rules that keep sites apart so many may not be possible
        least = float(sites) if rules is None else 0.0
        self.highs.addRow(least, float(sites), m, every, np.ones(m))
        if rules is not None:
            low, high, starts, index, factor = rules.row_arrays()
            self.highs.addRows(len(low), low, high, len(index), starts, index, factor)

    def cut(self, rows: np.ndarray, prices: np.ndarray) -> None:
        """theta_i + sum_j max(0, price_i - c_ij) y_j >= price_i for each of `rows`."""
        ptr, idx, data = self.arrays.by_demand
        starts, index, value = [0], [], []
        for i, price in zip(rows, prices, strict=True):
            begin, end = ptr[i], ptr[i + 1]
            stop = begin + int(np.searchsorted(data[begin:end], price))
            index.append(np.append(idx[begin:stop], self.m + i))
            value.append(np.append(price - data[begin:stop], 1.0))
            starts.append(starts[-1] + stop - begin + 1)
        if len(rows):
            self.highs.addRows(
                len(rows),
                prices.astype(float),
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

    def bound_sites(self, where: np.ndarray, value: float) -> None:
        places = np.flatnonzero(where).astype(np.int32)
        if len(places):
            level = np.full(len(places), value)
            self.highs.changeColsBounds(len(places), places, level, level)

    def run(self, control: SolveControl) -> np.ndarray:
        # HiGHS counts its time limit over all linear runs of a model, but anew in whole numbers,
        # where it hears no interrupt for a while; the control ends what goes on beyond the limit
        spent = 0.0 if self.is_whole else self.highs.getRunTime()
        self.highs.setOptionValue("time_limit", spent + max(control.left, 0.05))
        if run_highs(self.highs, lambda: control.left <= 0) and control.left > 0:
            control.stop()
        return np.array(self.highs.getSolution().col_value)


def prove_median(
    arrays: WeightedCosts,
    *,
    sites: int,
    allowed: np.ndarray,
    fixed: np.ndarray,
    start: np.ndarray,
    value: float,
    prices: np.ndarray,
    bound: float,
    step: float,
    control: SolveControl,
    rules: Model | None = None,
    improve: Callable[[np.ndarray], tuple[np.ndarray, float]] | None = None,
) -> MedianProof:
    """Improve `start` and `bound` until they meet within `gap` or the time is over.

    Parameters
    ----------
    prices : per demand row, the price at which its first cut is made.
    step : distance between possible objective values (1 for whole costs and weights, else 0).
    rules : rows over the openings that every answer keeps.
    improve : a local search from an opening that keeps them: a better one and its cost.
    """
    duel = _Duel(
        arrays=arrays,
        master=_Master(arrays, sites=sites, allowed=allowed, fixed=fixed, rules=rules),
        best=start.copy(),
        value=value,
        bound=bound,
        gap=control.gap,
        step=step,
        control=control,
        improve=improve,
    )
    duel.master.cut(np.arange(arrays.n_demand), prices)
    while duel.goes_on() and duel.relax():
        pass
    if duel.goes_on():
        duel.master.whole_numbers(control.gap / 2)
    while duel.goes_on() and duel.whole():
        pass
    return MedianProof(
        is_open=duel.best,
        value=duel.value,
        bound=min(duel.raised(), duel.value),
        rounds=duel.rounds,
    )


@dataclass(kw_only=True, slots=True)
class _Duel:
    """The best opening against the bound, while it lasts."""

    arrays: WeightedCosts
    master: _Master
    best: np.ndarray
    value: float
    bound: float
    gap: float
    step: float
    control: SolveControl
    improve: Callable[[np.ndarray], tuple[np.ndarray, float]] | None = None
    rounds: int = 0

    def raised(self) -> float:
        """Where only multiples of `step` are possible, the bound rises to the next one."""
        return (
            float(np.ceil((self.bound - 1e-6) / self.step) * self.step) if self.step else self.bound
        )

    def goes_on(self) -> bool:
        near = max(self.gap, 1e-9) * abs(self.value)
        return self.raised() < self.value - near and self.control.left > 0

    def _separate(self, x: np.ndarray, share: np.ndarray, eps: float) -> tuple[np.ndarray, float]:
        a = self.arrays
        found: tuple[np.ndarray, float] = _violated_cuts(
            a.by_demand, share, a.penalty, x[a.n_sites :], eps
        )
        return found

    def relax(self) -> bool:
        """One round of cuts on the linear relaxation; False when it needs no more."""
        m, highs = self.arrays.n_sites, self.master.highs
        x = self.master.run(self.control)
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        self.rounds += 1
        relaxed = float(highs.getInfo().objective_function_value)
        self.bound = max(self.bound, relaxed)
        self.control.report(f"{self.bound:,.0f} .. {self.value:,.0f}")
        eps = 1e-6 * (1 + self.value / max(self.arrays.n_demand, 1))
        price, total = self._separate(x, x[:m], eps)
        rows = np.flatnonzero(price >= 0)
        if len(rows) and total - relaxed >= 1e-7 * abs(total):
            self.master.cut(rows, price[rows])
            return True
        # what no better answer can do is fixed; the best known stays possible
        reduced = np.array(highs.getSolution().col_dual[:m])
        need = self.value - self.step + 1e-6 if self.step else self.value * (1 - 1e-9)
        never = (x[:m] < 1e-9) & (relaxed + reduced > need) & ~self.best
        always = (x[:m] > 1 - 1e-9) & (relaxed - reduced > need) & self.best
        self.master.bound_sites(never, 0.0)
        self.master.bound_sites(always, 1.0)
        return False

    def whole(self) -> bool:
        """One master in whole numbers and its cuts; False when nothing is left to cut."""
        m, highs = self.arrays.n_sites, self.master.highs
        x = self.master.run(self.control)
        self.rounds += 1
        info, status = highs.getInfo(), highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            self.bound = self.value  # every better opening was cut or fixed away
            return False
        if np.isfinite(info.mip_dual_bound):
            self.bound = max(self.bound, min(float(info.mip_dual_bound), self.value))
        if len(x) < m or info.primal_solution_status != 2:
            return False
        whole = x[:m] > 0.5
        price, total = self._separate(x, whole.astype(float), 1e-7 * (1 + self.value))
        if total < self.value - 1e-12:
            self.best, self.value = whole, float(total)
            if self.improve is not None:
                other, value = self.improve(whole)
                if value < self.value:
                    self.best, self.value = other, value
        self.control.report(f"{self.bound:,.0f} .. {self.value:,.0f}")
        rows = np.flatnonzero(price >= 0)
        self.master.cut(rows, price[rows])
        return len(rows) > 0
