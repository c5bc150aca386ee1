"""A lower bound on p-median with capacities: multipliers, and what each site is worth by them.

The relaxation lets go of "everybody is served once"; what is left is a knapsack per site. Where
rows are served whole its best bound is that of the set partitioning model, above the one of the
linear relaxation (Lorena and Senne 2004, doi:10.1016/S0305-0548(03)00039-X). The volume algorithm
climbs it, as in `lagrangian`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.capacitated.instance import CapacitatedMedian
from geoplan.siting.assignment.capacitated.knapsack import (
    Items,
    gainful_rows,
    split_knapsack,
    values_with_row,
    whole_knapsack,
)
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.volume import Steps, blend_weight, next_steps
from geoplan.tolerances import NO_DIRECTION, SAME_VALUE

#: share of the bound; rising less per 100 rounds halves the blend, per 400 rounds ends the climb
_SLOW, _STALLED = 1e-4, 1e-5
#: cost of a solution in multiples of the first multipliers: too much only makes steps longer
_LIKELY_COST = 1.5
#: smallest weight of a new point in the averages of the volume algorithm
_LEAST_BLEND = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CapacitatedDual:
    """A bound, its multipliers per demand row, and how often the relaxation opens each site."""

    bound: float
    multipliers: np.ndarray
    shares: np.ndarray


def capacitated_dual(
    median: CapacitatedMedian,
    *,
    control: SolveControl,
    upper: float = np.inf,
    start: np.ndarray | None = None,
    rounds: int = 1000,
) -> CapacitatedDual:
    """Lower bound on the cost of `median`.

    upper : what a solution costs, if one is known; it sets the steps. start : multipliers.
    rounds : of the volume algorithm, fewer where it stalls or time ends.
    """
    m, n = median.costs.shape
    at = _first_multipliers(median) if start is None else start.copy()
    if not np.isfinite(upper):
        upper = _LIKELY_COST * float(at.sum())
    first = 0.1 if start is None else 0.05
    best, shares, direction = at, np.zeros(m), np.zeros(n)
    steps, marks = Steps(-np.inf, first, 0.1, 0), list[float]()
    is_open, slack, served = np.zeros(m, bool), np.empty(n), np.empty((m, n), np.float32)
    for done in range(rounds):
        if done and control.left <= 0:
            break
        bound = float(relaxation(median, at, served, is_open, slack))
        better = bound > steps.bound
        best = at if better else best
        if not done:
            direction, shares = slack.copy(), is_open.astype(float)
            steps = steps._replace(bound=bound)
        else:
            agrees = float(direction @ slack) > 0
            change = slack - direction
            blend = blend_weight(direction @ change, change @ change, steps.blend)
            direction = direction + blend * change
            shares = shares + blend * (is_open - shares)
            steps = next_steps(steps, bound, better, agrees)
        length = float(direction @ direction)
        if length < NO_DIRECTION or steps.bound >= upper * (1 - SAME_VALUE):
            break
        step = steps.factor * (1.02 * upper - steps.bound) / length
        at = np.maximum(best + step * direction, 0.0)
        if done % 100 == 99:
            marks.append(float(steps.bound))
            if len(marks) > 1 and marks[-1] - marks[-2] < _SLOW * abs(marks[-1]):
                steps = steps._replace(blend=max(steps.blend / 2, _LEAST_BLEND))
            if len(marks) > 5 and marks[-1] - marks[-5] < _STALLED * abs(marks[-1]):
                break
    return CapacitatedDual(bound=float(steps.bound), multipliers=best, shares=shares)


def _first_multipliers(median: CapacitatedMedian) -> np.ndarray:
    """Where about sites / open sites would serve each demand row: the usual depth of a solution."""
    m = len(median.costs)
    count = max(median.n_new + int(median.fixed.sum()), 1)
    depth = min(max(1, m // count // 2), m - 1)
    reached = np.where(np.isfinite(median.costs), median.costs, -np.inf)
    at = np.partition(median.costs, depth, axis=0)[depth]
    return np.where(np.isfinite(at), at, reached.max(axis=0))


@kernel
def relaxation(median, multipliers, served, is_open, slack):
    """Value of the relaxation at these multipliers, which is a lower bound on the cost.

    served : gets the share of each row that a site serves, for its open sites. is_open, slack : get
    these sites, and per demand row 1 minus the times that it is served.
    """
    values = site_values(median, multipliers, served)
    total = multipliers.sum()
    is_open[:] = median.fixed
    order = np.argsort(np.where(median.free, values, np.inf))
    for t in range(min(median.n_new, len(order))):
        is_open[order[t]] = is_open[order[t]] or median.free[order[t]]
    slack[:] = 1.0
    for j in range(len(values)):
        if is_open[j]:
            total += values[j]
            for i in range(len(slack)):
                slack[i] -= served[j, i]
    return total


@inner_kernel
def site_values(median, multipliers, served):
    """Per site the least value of its knapsack, or a lower bound where it is not among the best.

    served : gets the shares of rows of the sites whose value is exact: all fixed ones, and more
    free ones than may open, the best among them.
    """
    m, n = median.costs.shape
    items = Items(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n))
    taken = np.empty(n)
    values = np.zeros(m)
    for j in range(m):
        if median.free[j] or median.fixed[j]:
            count = gainful_rows(median.costs[j], median.size, multipliers, items)
            values[j] = split_knapsack(items, count, median.room[j], taken)
            _keep(items, count, taken, served[j])
    if not median.whole:
        return values
    most = max(median.room.max(), 0)
    table = np.empty(most + 1)
    picked = np.empty((n, most + 1), np.bool_)
    exact = np.full(max(median.n_new, 1), np.inf)  # the best exact values of free sites so far
    for j in np.argsort(np.where(median.fixed, -np.inf, values)):
        if not median.fixed[j] and (not median.free[j] or values[j] >= exact[-1]):
            continue
        count = gainful_rows(median.costs[j], median.size, multipliers, items)
        values[j] = whole_knapsack(items, count, median.room[j], taken, table, picked)
        _keep(items, count, taken, served[j])
        if median.free[j] and values[j] < exact[-1]:
            exact[-1] = values[j]
            exact.sort()
    return values


@inner_kernel
def _keep(items, count, taken, served):
    served[:] = 0.0
    for a in range(count):
        served[items.row[a]] = taken[a]


def capacitated_fixing(
    median: CapacitatedMedian, dual: CapacitatedDual, cutoff: float
) -> np.ndarray:
    """Bool, sites x demand rows: the pairs that a solution below `cutoff` can use.

    By the bound with each of them: the site takes the place of the last one that the relaxation
    opens and, where rows are served whole, its knapsack must hold that row.
    """
    values = np.zeros(len(median.costs))
    within = _values_with_rows(median, dual.multipliers, values)
    free = np.sort(values[median.free])
    n_new = min(median.n_new, len(free))
    bound = float(dual.multipliers.sum() + values[median.fixed].sum() + free[:n_new].sum())
    last_in = free[n_new - 1] if n_new else np.inf
    replaced = np.where(median.free & (values > last_in), last_in, values)
    sites = median.fixed | (median.free & (n_new > 0) & (bound + values - replaced < cutoff))
    pairs = np.isfinite(median.costs) & sites[:, None]
    if median.whole:
        pairs &= bound + within - replaced[:, None] < cutoff
    return pairs


@kernel
def _values_with_rows(median, multipliers, values):
    """Per site and row the value of the site's knapsack with that row; `values` without asking."""
    m, n = median.costs.shape
    within = np.full((m if median.whole else 0, n), np.inf)
    items = Items(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n))
    taken = np.empty(n)
    for j in range(m):
        if not (median.free[j] or median.fixed[j]):
            continue
        if median.whole:
            room = median.room[j]
            values[j] = values_with_row(
                median.costs[j], median.size, multipliers, room, items, within[j]
            )
        else:
            count = gainful_rows(median.costs[j], median.size, multipliers, items)
            values[j] = split_knapsack(items, count, median.room[j], taken)
    return within
