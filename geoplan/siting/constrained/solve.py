"""Max coverage and fewest sites under constraints: budget, areas, distances, backup, equity.

Where distances between sites are the only constraint, the problem is first solved without them: a
solution that keeps them anyway is proved for both. Otherwise HiGHS has the whole model, with a
greedy solution as warm start, so that there is always something to hand over. Equity is a
two-stage model (`worst_area`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_milp import pair_people
from geoplan.siting.constrained.capacity_part import assign_by_flow, row_classes, row_flows
from geoplan.siting.constrained.covering_model import CoveringModel, held_at_sites
from geoplan.siting.constrained.greedy import constrained_greedy, min_sites_start, warm_start
from geoplan.siting.constrained.infeasibility import describe_constraints, find_relaxations
from geoplan.siting.constrained.milp import build_covering_model, drop_idle_sites
from geoplan.siting.constrained.worst_area import worst_area_first
from geoplan.siting.model.build_result import make_result, no_result, rounded_up
from geoplan.siting.model.constraints import Constraints, early_blocks
from geoplan.siting.model.counting import covered_people
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.tolerances import BOUND_ROUNDING, NO_VIOLATION, SAME_MODEL_VALUE

SOLVER = "covering_constrained_highs"


def constrained_max_coverage(
    problem: SitingProblem,
    constraints: Constraints,
    *,
    without: Callable[[SitingProblem], SitingResult] | None,
    control: SolveControl,
) -> SitingResult:
    """Most people under `constraints`; `without` solves the same problem without distances."""
    blocked, facts = early_blocks(problem, constraints)
    if blocked:
        return infeasible_result(problem, "max_coverage", blocked, facts, control)
    plain_bound = np.inf
    if without is not None:
        loose = without(problem)
        if is_conflict_free(problem, problem.site_index.get_indexer(loose.sites)):
            return loose
        plain_bound = loose.bound if loose.bound is not None else np.inf
    covering = build_covering_model(problem, constraints)
    whole = covering.whole
    fairest: dict[str, Any] = {}
    start = constrained_greedy(problem, constraints)
    if constraints.equity:
        found, fairest = worst_area_first(covering, control, whole_goal=whole)
    else:
        covering.set_objective(covering.served, -covering.people)
        found = covering.run(control=control, whole_goal=whole, start=warm_start(covering, start))
        if found.x is not None and problem.capacities is not None:
            found = replace(found, x=held_at_sites(covering, found.x, control))
    if found.status == "infeasible":
        return infeasible_covering(covering, "max_coverage", control)
    times = constraints.times
    bound = min(problem.total if found.bound is None else -found.bound, plain_bound)
    if found.x is not None:
        chosen = drop_idle_sites(covering, covering.open_sites(found))
    elif start is not None:
        chosen = start
    else:
        return no_result(
            problem, "max_coverage", "unknown", control=control, solver=SOLVER, bound=bound
        )
    value, assignment, flows = who_is_served(problem, covering, found, chosen)
    detail: dict[str, Any] = {"classes": covering.core.n, **fairest}
    if flows is not None:
        detail["flows"] = flows
    greedy = None
    if start is not None:
        detail["greedy_sites"] = problem.in_order(start)
        greedy = covered_people(problem, start, times=times)
    return make_result(
        problem,
        "max_coverage",
        chosen,
        value=value,
        bound=rounded_up(bound, value, whole=whole),
        control=control,
        solver=SOLVER,
        greedy_value=greedy,
        assignment=assignment,
        detail=detail,
        first_proved="worst_area_bound" not in fairest,
    )


def constrained_min_sites(
    problem: SitingProblem,
    constraints: Constraints,
    *,
    need: float,
    control: SolveControl,
) -> SitingResult:
    """Fewest sites that serve `need` people."""
    blocked, facts = early_blocks(problem, constraints)
    if blocked:
        return infeasible_result(problem, "min_sites", blocked, facts, control)
    covering = build_covering_model(problem, constraints)
    covering.require_people(need)
    fixed = problem.is_fixed[covering.core.sites]
    covering.set_objective(covering.y, np.ones(covering.core.m))
    start = min_sites_start(covering, need, control)
    found = covering.run(control=control, whole_goal=True, start=start)
    if found.status == "infeasible":
        return infeasible_covering(covering, "min_sites", control, people=need)
    least = (
        float(fixed.sum()) if found.bound is None else float(np.ceil(found.bound - BOUND_ROUNDING))
    )
    if found.x is None:
        found = replace(found, x=start)
    if found.x is None:
        return no_result(
            problem, "min_sites", "unknown", control=control, solver=SOLVER, bound=least
        )
    if problem.capacities is not None and found.x is not None:
        covering.set_objective(covering.served, -covering.people)
        found = replace(found, x=held_at_sites(covering, found.x, control))
    chosen = covering.open_sites(found)
    value = float(len(chosen))
    _, assignment, flows = who_is_served(problem, covering, found, chosen)
    detail: dict[str, Any] = {"classes": covering.core.n, "people_needed": need}
    if flows is not None:
        detail["flows"] = flows
    return make_result(
        problem,
        "min_sites",
        chosen,
        value=value,
        bound=max(min(least, value), float(fixed.sum())),
        control=control,
        solver=SOLVER,
        assignment=assignment,
        detail=detail,
    )


def is_conflict_free(problem: SitingProblem, chosen: np.ndarray) -> bool:
    """Whether no two of the chosen sites conflict."""
    is_open = problem.is_open(chosen)
    return len(problem.conflicts) == 0 or not is_open[problem.conflicts].all(axis=1).any()


def who_is_served(
    problem: SitingProblem, covering: CoveringModel, found: Outcome, chosen: np.ndarray
) -> tuple[float, pd.Series | None, pd.DataFrame | None]:
    """People served, and with capacities who is served where, as shares per area need it."""
    if problem.capacities is None or found.x is None:
        times = covering.constraints.times
        return covered_people(problem, chosen, times=times), None, None
    by_area = covering.constraints.counts_areas
    label = row_classes(problem, covering.group_of_row if by_area else None)
    flows = row_flows(problem, covering.core, label, pair_people(covering, found.x))
    value = float(flows["people"].sum())
    return float(round(value)) if covering.whole else value, assign_by_flow(problem, flows), flows


def infeasible_covering(
    covering: CoveringModel, objective: str, control: SolveControl, *, people: float | None = None
) -> SitingResult:
    """The result for constraints of which HiGHS has shown that they cannot all hold."""
    problem, constraints = covering.problem, covering.constraints
    asked = describe_constraints(problem, constraints)
    if people is not None:
        asked = f"{people:,.0f} people to be served" + (f", {asked}" if asked else "")
    covering = build_covering_model(problem, constraints, loose=True)
    if people is not None:
        covering.require_people(people)
    relaxations = find_relaxations(
        covering.model, problem, constraints, control=control, people=people
    )
    facts = dict(relaxations.facts)
    short = [
        sum(one["need"].values()) for one in facts.get("relaxations", []) if list(one) == ["need"]
    ]
    if people is not None and short:
        most = people - short[0]  # what is reported must be possible
        most = float(round(most)) if covering.whole else most * (1 - SAME_MODEL_VALUE)
        most = most if most > NO_VIOLATION * max(1.0, people) else 0.0
        facts["largest_share"] = most / problem.total
    why = [f"the constraints cannot hold together: {asked}", *relaxations.text]
    return infeasible_result(problem, objective, why, facts, control)


def infeasible_result(
    problem: SitingProblem,
    objective: str,
    why: list[str],
    facts: dict[str, Any],
    control: SolveControl,
) -> SitingResult:
    """The result where nothing can keep the constraints, and why."""
    return no_result(
        problem,
        objective,
        "infeasible",
        control=control,
        solver=SOLVER,
        blocking=tuple(why),
        detail=facts,
    )
