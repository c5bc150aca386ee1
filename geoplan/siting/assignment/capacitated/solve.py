"""p-median with capacities and no other constraint: search, bound, then what is left to HiGHS."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoplan.siting.assignment.capacitated.dual import (
    CapacitatedDual,
    capacitated_dual,
    capacitated_fixing,
)
from geoplan.siting.assignment.capacitated.instance import CapacitatedMedian, capacitated_median
from geoplan.siting.assignment.capacitated.search import Assigned, search_capacitated
from geoplan.siting.assignment.instance import MedianInstance, MedianSolution, rounded_bound
from geoplan.siting.assignment.milp import AssignmentModel, assignment_model
from geoplan.siting.assignment.reachability import ReachablePairs, take_pairs
from geoplan.siting.model.constraints import Constraints
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl

#: rounds of the first dual, whose openings guide the search, and shares of the time left
_FIRST_ROUNDS, _FIRST_TIME, _SEARCH_TIME, _SECOND_TIME = 600, 0.2, 0.35, 0.3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CapacitatedAnswer:
    """A solution as columns `x` of an assignment model, and a lower bound on every solution."""

    model: AssignmentModel
    x: np.ndarray
    bound: float


def solve_capacitated(
    problem: SitingProblem,
    pairs: ReachablePairs,
    constraints: Constraints,
    instance: MedianInstance,
    *,
    control: SolveControl,
) -> CapacitatedAnswer | None:
    """The best solution found and its bound; None where the search finds none, or is too large.

    Of the constraints only the number of sites, fixed and forbidden ones may be set.
    """
    assert problem.capacities is not None
    median = capacitated_median(
        instance, people=pairs.people, capacity=problem.capacities, whole=not constraints.split
    )
    if median is None:
        return None
    control.report("bound")
    first = capacitated_dual(
        median, control=control.part(control.left * _FIRST_TIME), rounds=_FIRST_ROUNDS
    )
    found = search_capacitated(
        median, first.shares, control=control.part(control.left * _SEARCH_TIME)
    )
    if found is None:
        return None
    value = found.value
    if not median.whole:  # people who are split cost less at the same sites
        full = assignment_model(problem, pairs, constraints)
        x = full.warm_start(found.is_open, control)
        value = value if x is None else min(value, float(full.cost @ x[full.x]))
    dual = capacitated_dual(
        median,
        upper=value,
        control=control.part(control.left * _SECOND_TIME),
        start=first.multipliers,
    )
    best = MedianSolution(is_open=found.is_open, value=value)
    step = instance.costs.step if median.whole else 0.0
    cutoff = best.cutoff(step)
    model = _model_of_the_rest(problem, pairs, constraints, kept_pairs(median, dual, found, cutoff))
    start = model.warm_start(found.is_open, control) if not median.whole else None
    start = model.columns_of(found.is_open, found.site) if start is None else start
    bound = rounded_bound(dual.bound, step)
    if best.is_near(bound, control.gap) or control.left <= 0:
        return CapacitatedAnswer(model=model, x=start, bound=bound)
    model.minimize_cost()
    outcome = model.run(control=control, start=start)
    if outcome.bound is not None:  # a solution with a pair that was left out is no better
        bound = max(bound, min(outcome.bound, best.value if step else cutoff))
    x = start if outcome.x is None else model.held_at_sites(outcome.x, control)
    return CapacitatedAnswer(model=model, x=x, bound=rounded_bound(bound, step))


def kept_pairs(
    median: CapacitatedMedian, dual: CapacitatedDual, found: Assigned, cutoff: float
) -> np.ndarray:
    """Bool, sites x demand rows: pairs of a solution that costs less than `cutoff`, or of `found`.

    Where people may be split, all pairs of a site that may be open are.
    """
    keep = capacitated_fixing(median, dual, cutoff)
    if median.whole:
        keep[found.site, np.arange(len(found.site))] = True
    else:
        keep[found.is_open] = True
    return keep


def _model_of_the_rest(
    problem: SitingProblem, pairs: ReachablePairs, constraints: Constraints, keep: np.ndarray
) -> AssignmentModel:
    """The assignment model with the pairs `keep` only (bool, sites x rows)."""
    row = np.repeat(np.arange(len(pairs.rows)), np.diff(pairs.costs.indptr))
    costs = take_pairs(pairs.costs, keep[pairs.costs.indices, row])
    return assignment_model(problem, replace(pairs, costs=costs), constraints)
