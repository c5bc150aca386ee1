"""p-center to proof: a binary search over costs, each a covering problem within that cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.siting.assignment.milp import (
    AssignmentModel,
    assign_to_largest_flow,
    assignment_flows,
    assignment_model,
    infeasible_assignment,
    location_model,
    run_accepted,
)
from geoplan.siting.assignment.quick_cover import CostOrders, quick_cover
from geoplan.siting.assignment.reachability import (
    ReachablePairs,
    assign_to_nearest,
    covering_problem,
    covering_start,
    take_pairs,
    too_few_sites,
)
from geoplan.siting.covering import min_sites
from geoplan.siting.model.build_result import make_result, no_result
from geoplan.siting.model.constraints import (
    Constraints,
    early_blocks,
    problem_free,
    site_money,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import SAME_VALUE

SOLVER = "center_binary_search"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Cover:
    """Open sites, the largest cost with them, and with capacities who goes where."""

    is_open: np.ndarray
    value: float
    flows: pd.DataFrame | None = None


#: for a largest cost and a control: a solution within it, and whether its absence is proved
_Decide = Callable[[float, SolveControl], tuple[_Cover | None, bool]]


def plain_p_center(
    problem: SitingProblem,
    pairs: ReachablePairs,
    *,
    count: int,
    control: SolveControl,
) -> SitingResult:
    """Without other constraints: quick covers, then set covering problems."""
    count = int(min(count, problem.is_allowed.sum()))
    if not len(pairs.rows):
        free = np.flatnonzero(problem.is_allowed & ~problem.is_fixed)
        is_open = problem.is_fixed
        is_open[free[: count - len(problem.fixed)]] = True
        nobody = _Cover(is_open=is_open, value=0.0)
        return _result(problem, nobody, bound=0.0, control=control)
    orders = CostOrders.of(pairs.costs)
    start, proved = quick_cover(orders, radius=np.inf, count=count, fixed=problem.is_fixed)
    if start is None:
        start, least, proved = covering_start(problem, pairs, count=count, control=control)
    if proved:
        return too_few_sites(problem, pairs, "p_center", count=count, least=least, control=control)
    if start is None:
        return no_result(problem, "p_center", "unknown", control=control, solver=SOLVER)
    first = _Cover(is_open=start, value=_largest(pairs.costs, start, times=1))
    decide = partial(_enough, problem, pairs, orders, count)

    def ruled_out(radius: float) -> bool:
        return quick_cover(orders, radius=radius, count=count, fixed=problem.is_fixed)[1]

    best, bound = _binary_search(
        pairs, first, decide, times=1, control=control, ruled_out=ruled_out
    )
    return _result(problem, best, bound=bound, control=control)


def constrained_p_center(
    problem: SitingProblem,
    pairs: ReachablePairs,
    constraints: Constraints,
    *,
    control: SolveControl,
) -> SitingResult:
    """Under constraints: per largest cost a model that decides whether they can hold within it."""
    blocked, facts = early_blocks(problem, constraints, everybody=True)
    if blocked:
        return no_result(
            problem,
            "p_center",
            "infeasible",
            control=control,
            solver=SOLVER,
            blocking=tuple(blocked),
            detail=facts,
        )
    times = 2 if constraints.backup else 1
    decide = partial(_feasible, problem, pairs, constraints)
    first, impossible = decide(np.inf, control.part(control.left / 2))
    if first is None and impossible:
        return infeasible_assignment(
            problem, pairs, constraints, "p_center", solver=SOLVER, control=control
        )
    if first is None:
        return no_result(problem, "p_center", "unknown", control=control, solver=SOLVER)
    if not len(pairs.rows):
        return _result(problem, first, bound=0.0, control=control)
    best, bound = _binary_search(pairs, first, decide, times=times, control=control)
    if constraints.budget is not None and control.left > 0:
        # within this largest cost money should buy no site that does not keep it
        cheap, _ = _feasible(problem, pairs, constraints, best.value, control, cheapest=True)
        if cheap is not None and _spent(problem, cheap) < _spent(problem, best):
            best = cheap
    return _result(problem, best, bound=bound, control=control)


def _binary_search(
    pairs: ReachablePairs,
    best: _Cover,
    decide: _Decide,
    *,
    times: int,
    control: SolveControl,
    ruled_out: Callable[[float], bool] | None = None,
) -> tuple[_Cover, float]:
    """The best solution and a proved bound, by binary search over the costs in between.

    `ruled_out` sees quickly that a cost is too small. A cost that cannot be decided in its
    share of the time stays open: the search goes on above it, the bound stays below.
    """
    data, ptr = pairs.costs.data, pairs.costs.indptr
    # nobody can do better than their own cheapest (second cheapest) site
    least = float(max(np.partition(row, times - 1)[times - 1] for row in np.split(data, ptr[1:-1])))
    radii = np.unique(data[(data >= least) & (data <= best.value)])
    low, high = 0, len(radii) - 1  # the optimum is in radii[low..high]; radii[high]: best.value
    window, top = 0, high  # below `window` nothing could be decided
    while ruled_out is not None and low < top and control.left > 0:
        middle = (low + top) // 2
        if ruled_out(float(radii[middle])):
            low = middle + 1
        else:
            top = middle
    while control.left > 0 and max(low, window) < high:
        if best.value - radii[low] <= control.gap * best.value:
            break
        middle = (max(low, window) + high) // 2
        control.report(f"{radii[low]:,.6g} .. {best.value:,.6g}")
        found, proved = decide(float(radii[middle]), control.part(max(control.left / 3, 0.05)))
        if found is not None:
            best = found
            high = int(np.searchsorted(radii, found.value))
        elif proved:
            low = middle + 1
        else:
            window = middle + 1
    return best, float(radii[min(low, high)])


def _enough(
    problem: SitingProblem,
    pairs: ReachablePairs,
    orders: CostOrders,
    count: int,
    radius: float,
    control: SolveControl,
) -> tuple[_Cover | None, bool]:
    """`count` sites that reach all rows within `radius`; else whether there are none."""
    quick, impossible = quick_cover(orders, radius=radius, count=count, fixed=problem.is_fixed)
    if quick is not None:
        return _Cover(is_open=quick, value=_largest(pairs.costs, quick, times=1)), False
    if impossible:
        return None, True
    cover = covering_problem(problem, pairs, radius)
    if (np.diff(cover.cover.indptr) == 0).any():
        return None, True
    fewest = min_sites(cover, request=control.request(max(control.left, 0.05)))
    if fewest.detail.get("interrupted"):
        control.stop()
    if np.isfinite(fewest.value) and fewest.value <= count:
        is_open = problem.is_open(np.asarray(fewest.sites, np.int64))
        return _Cover(is_open=is_open, value=_largest(pairs.costs, is_open, times=1)), False
    return None, fewest.bound is not None and np.ceil(fewest.bound - SAME_VALUE) > count


def _spent(problem: SitingProblem, found: _Cover) -> float:
    return float(site_money(problem)[found.is_open & ~problem_free(problem)].sum())


def _feasible(
    problem: SitingProblem,
    pairs: ReachablePairs,
    constraints: Constraints,
    radius: float,
    control: SolveControl,
    *,
    cheapest: bool = False,
) -> tuple[_Cover | None, bool]:
    """Sites that keep the constraints and serve all rows within `radius`; else if there are none.

    `cheapest` : of all such sites those that take least money.
    """
    times = 2 if constraints.backup else 1
    near = _within(pairs, radius)
    if (np.diff(near.costs.indptr) < times).any():
        return None, True
    assignment: AssignmentModel | None = None
    if problem.capacities is None:
        model = location_model(problem, near, constraints, times=times)
    else:
        assignment = assignment_model(problem, near, constraints)
        model = assignment.model
    if cheapest:
        cost = np.zeros(model.columns)
        cost[: problem.n_sites] = np.where(problem_free(problem), 0.0, site_money(problem))
        model.cost = [cost]
    sites = np.arange(problem.n_sites)
    found = run_accepted(model, sites, problem, constraints, control=control.with_(gap=0.0))
    if found.x is None:
        return None, found.status == "infeasible"
    is_open = found.x[: problem.n_sites] > 0.5
    if assignment is None:
        value = _largest(pairs.costs, is_open, times=times) if len(pairs.rows) else 0.0
        return _Cover(is_open=is_open, value=value), False
    flows = assignment_flows(problem, assignment, found.x)
    value = float(flows["cost"].max()) if len(flows) else 0.0
    return _Cover(is_open=is_open, value=value, flows=flows), False


def _within(pairs: ReachablePairs, radius: float) -> ReachablePairs:
    keep = pairs.costs.data <= radius
    if keep.all():
        return pairs
    return ReachablePairs(costs=take_pairs(pairs.costs, keep), rows=pairs.rows, people=pairs.people)


def _largest(costs: sparse.csr_matrix, is_open: np.ndarray, *, times: int) -> float:
    """The largest cost of any row to its nearest (or second nearest) open site."""
    at = np.flatnonzero(is_open[costs.indices])
    row = np.searchsorted(costs.indptr, at, side="right") - 1
    order = np.lexsort((costs.data[at], row))
    data, count = costs.data[at[order]], np.bincount(row, minlength=costs.shape[0])
    first = np.concatenate([[0], np.cumsum(count)])[:-1]
    return float(data[first + times - 1].max())


def _result(
    problem: SitingProblem,
    best: _Cover,
    *,
    bound: float,
    control: SolveControl,
) -> SitingResult:
    assignment, _ = assign_to_nearest(problem, best.is_open)
    detail: dict[str, Any] = {}
    if best.flows is not None:
        assignment = assign_to_largest_flow(assignment, best.flows)
        detail["flows"] = best.flows
    return make_result(
        problem,
        "p_center",
        np.flatnonzero(best.is_open),
        value=best.value,
        bound=min(bound, best.value),
        control=control,
        solver=SOLVER,
        assignment=assignment,
        detail=detail,
    )
