"""From chosen positions to a `SitingResult`: value, assignment, proof, alike for every solver."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult, Status
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import (
    BOUND_ROUNDING,
    NOTHING,
    PROVED_GAP,
    SAME_MODEL_VALUE,
    SAME_VALUE,
    WHOLE_BOUND_SHARE,
)


def assign(problem: SitingProblem, chosen: np.ndarray) -> pd.Series:
    """Each demand row's nearest chosen covering site (the first where costs are not known)."""
    is_open = problem.is_open(chosen)
    cover = problem.cover
    cost = np.zeros(cover.nnz) if problem.costs is None else problem.costs.data
    if problem.costs is not None and problem.threshold is not None:
        cost = cost[problem.in_reach(cost)]
    costs = sparse.csr_matrix((cost, cover.indices, cover.indptr), shape=cover.shape)
    return labelled(problem, nearest_open(costs, is_open)[0])


def nearest_open(costs: sparse.csr_matrix, is_open: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per demand row the cheapest open site (position, -1 = none) and its cost (NaN = none).

    Of equally cheap ones the first.
    """
    at = np.flatnonzero(is_open[costs.indices])
    row = np.searchsorted(costs.indptr, at, side="right") - 1
    col, data = costs.indices[at], costs.data[at]
    order = np.lexsort((col, data, row))
    row, col, data = row[order], col[order], data[order]
    first = np.ones(len(row), bool)
    first[1:] = row[1:] != row[:-1]
    site = np.full(costs.shape[0], -1, np.int64)
    cost = np.full(costs.shape[0], np.nan)
    site[row[first]], cost[row[first]] = col[first], data[first]
    return site, cost


def labelled(problem: SitingProblem, where: np.ndarray) -> pd.Series:
    """Site positions per demand row (-1 = none) as a Series of labels."""
    labels = np.empty(len(where), dtype=object)
    names = problem.site_index.to_numpy(dtype=object)
    labels[where < 0] = pd.NA
    labels[where >= 0] = names[where[where >= 0]]
    return pd.Series(labels, index=problem.demand_index, name="site", dtype=object)


def relative_gap(value: float, bound: float | None) -> float | None:
    """abs(bound - value) / abs(value); 0 when they agree, None without a bound."""
    if bound is None or not np.isfinite(value):
        return None
    if bound == value:
        return 0.0
    return abs(bound - value) / abs(value) if value else float("inf")


def judged(
    value: float, bound: float | None, *, gap: float, split: bool = False
) -> tuple[float | None, float | None, Status]:
    """Bound, gap and status of a solution: the one rule for what is called optimal.

    A bound that differs from the value by no more than the rounding of sums is the value. Optimal
    is a solution whose gap is at most the one that was asked for (0: value and bound are equal).

    split : people are split among sites by HiGHS, which rounds more than sums do.

    Examples
    --------
    >>> judged(58.0, 57.0, gap=0.02)[2], judged(58.0, 57.0, gap=0.0)[2]
    ('optimal', 'feasible')
    >>> judged(58.0, 58.0 + 1e-9, gap=0.0)
    (58.0, 0.0, 'optimal')
    >>> judged(58.0, None, gap=0.5)
    (None, None, 'feasible')
    """
    near = SAME_MODEL_VALUE if split else SAME_VALUE
    if bound is not None and abs(bound - value) <= max(near * abs(value), NOTHING):
        bound = value
    found = relative_gap(value, bound)
    proved = found is not None and found <= gap + PROVED_GAP
    return bound, found, "optimal" if proved else "feasible"


def bound_room(bound: float) -> float:
    """By how much rounding, HiGHS's included, may have moved a bound on whole numbers."""
    return BOUND_ROUNDING * max(1.0, WHOLE_BOUND_SHARE * abs(bound))


def rounded_up(bound: float, value: float, *, whole: bool) -> float:
    """An upper bound made as small as is safe, never below `value`."""
    if whole:
        bound = float(np.floor(bound + bound_room(bound)))
    elif bound - value <= max(SAME_VALUE * abs(value), NOTHING):
        return value
    return max(bound, value)


class _More(TypedDict, total=False):
    """What a result may say beside value and bound.

    first_proved : False where something that comes before the value (the worst-off area) was not
    made as good as can be for sure: then the solution is not proved optimal either.
    by_model : the bound is HiGHS's on a model of everybody's assignment, right to its tolerance.
    """

    greedy_value: float | None
    assignment: pd.Series | None
    detail: dict[str, Any] | None
    first_proved: bool
    by_model: bool


def make_result(
    problem: SitingProblem,
    objective: str,
    chosen: np.ndarray,
    *,
    value: float,
    bound: float | None,
    control: SolveControl,
    solver: str,
    **more: Unpack[_More],
) -> SitingResult:
    """The result of a search that found something; optimal only when within the request's gap."""
    split = problem.capacities is not None or more.get("by_model", False)
    bound, found, status = judged(value, bound, gap=control.gap, split=split)
    if not more.get("first_proved", True):
        status = "feasible"
    facts = dict(more.get("detail") or {})
    assignment = more.get("assignment")
    if control.stopped:
        facts["interrupted"] = True
    return SitingResult(
        objective=objective,
        status=status,
        value=value,
        bound=bound,
        gap=found,
        sites=problem.in_order(chosen),
        assignment=assign(problem, chosen) if assignment is None else assignment,
        seconds=control.seconds,
        solver=solver,
        seed=control.seed,
        greedy_value=more.get("greedy_value"),
        detail=facts,
    )


def no_result(
    problem: SitingProblem,
    objective: str,
    status: Status,
    *,
    control: SolveControl,
    solver: str,
    bound: float | None = None,
    blocking: tuple[str, ...] = (),
    detail: dict[str, Any] | None = None,
) -> SitingResult:
    """The result of a search without a solution: infeasible or unknown."""
    return SitingResult(
        objective=objective,
        status=status,
        value=float("nan"),
        bound=bound,
        gap=None,
        sites=[],
        assignment=labelled(problem, np.full(problem.n_demand, -1, np.int64)),
        seconds=control.seconds,
        solver=solver,
        seed=control.seed,
        blocking=blocking,
        detail={**(detail or {}), **({"interrupted": True} if control.stopped else {})},
    )
