"""Covering under a planner's rules: budget, areas, distances, places, backup, the worst-off first.

Where only distances between sites stand in the way, the question is first solved without them:
an answer that keeps them anyway is proved for both. Otherwise HiGHS has the whole model, begun
from an answer that a greedy choice finds, so that there is always something to hand over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_milp import pair_people
from geoplan.siting.constrained.capacity_part import at_most, row_classes, row_flows
from geoplan.siting.constrained.greedy import as_start, fewest_start, greedy_ruled
from geoplan.siting.constrained.infeasibility import find_relaxations
from geoplan.siting.constrained.milp import add_need, aim, build, picked, run, without_idle
from geoplan.siting.constrained.milp_state import RuledModel
from geoplan.siting.model.build_result import covered_people, make_result, no_result, rounded_up
from geoplan.siting.model.constraints import Constraints, early_blocks
from geoplan.siting.model.parse import sites_told
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Outcome

SOLVER = "geoplan reduction + HiGHS with rules"


def most_people_ruled(
    problem: SitingProblem,
    rules: Constraints,
    *,
    without: Callable[[SitingProblem], SitingResult] | None,
    control: SolveControl,
) -> SitingResult:
    """Most people under `rules`; `without` solves the same question without distances."""
    blocked, facts = early_blocks(problem, rules)
    if blocked:
        return nothing_found(problem, "max_coverage", blocked, facts, control)
    plain_bound = np.inf
    if without is not None:
        loose = without(problem)
        if keeps_apart(problem, problem.site_index.get_indexer(loose.sites)):
            return loose
        plain_bound = loose.bound if loose.bound is not None else np.inf
    ruled = build(problem, rules)
    fairest = _worst_area_first(ruled, control) if rules.equity else {}
    if fairest is None:
        return rules_conflict(ruled, "max_coverage", control)
    if ruled.twice is not None:
        aim(ruled, ruled.twice, -ruled.core.weight)
    else:
        aim(ruled, ruled.served, -ruled.people)
    start = greedy_ruled(problem, rules)
    whole = ruled.whole and problem.full_within is None
    found = run(ruled, control=control, whole_goal=whole, start=as_start(ruled, start))
    if found.status == "infeasible":
        return rules_conflict(ruled, "max_coverage", control)
    times = 2 if rules.backup else 1
    bound = min(problem.total if found.bound is None else -found.bound, plain_bound)
    if found.x is not None:
        chosen = without_idle(ruled, picked(ruled, found))
    elif start is not None:
        chosen = start
    else:
        return no_result(
            problem, "max_coverage", "unknown", control=control, solver=SOLVER, bound=bound
        )
    value, assignment, flows = _served(problem, ruled, found, chosen, times)
    detail: dict[str, Any] = {"classes": ruled.core.n, **fairest}
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


def fewest_sites_ruled(
    problem: SitingProblem,
    rules: Constraints,
    *,
    need: float,
    control: SolveControl,
) -> SitingResult:
    """Fewest sites that serve `need` people."""
    blocked, facts = early_blocks(problem, rules)
    if blocked:
        return nothing_found(problem, "min_sites", blocked, facts, control)
    ruled = build(problem, rules)
    add_need(ruled, need)
    fixed = problem.is_fixed[ruled.core.sites]
    aim(ruled, ruled.y, np.ones(ruled.core.m))
    start = fewest_start(ruled, need, control)
    found = run(ruled, control=control, whole_goal=True, start=start)
    if found.status == "infeasible":
        return rules_conflict(ruled, "min_sites", control, people=need)
    least = float(fixed.sum()) if found.bound is None else float(np.ceil(found.bound - 1e-6))
    if found.x is None:
        found = replace(found, x=start)
    if found.x is None:
        return no_result(
            problem, "min_sites", "unknown", control=control, solver=SOLVER, bound=least
        )
    chosen = picked(ruled, found)
    value = float(len(chosen))
    _, assignment, flows = _served(problem, ruled, found, chosen, 2 if rules.backup else 1)
    detail: dict[str, Any] = {"classes": ruled.core.n, "people_needed": need}
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


def keeps_apart(problem: SitingProblem, chosen: np.ndarray) -> bool:
    """Whether no two of the chosen sites conflict."""
    is_open = np.zeros(problem.n_sites, bool)
    is_open[chosen] = True
    return len(problem.conflicts) == 0 or not is_open[problem.conflicts].all(axis=1).any()


def _worst_area_first(
    ruled: RuledModel,
    control: SolveControl,
) -> dict[str, Any] | None:
    """Make the smallest share of any area as large as can be, and keep it as a rule.

    Areas of which nobody can be reached would hold it at nothing: they are left out and told.
    ``worst_area_bound`` is told where it is not proved to be as large as can be.
    """
    core = ruled.core
    groups = [g for g in range(1, len(ruled.codes)) if ruled.area_people(g) > 0]
    reached = {int(g) for g in np.unique(core.group)}
    hopeless = [ruled.codes[g] for g in groups if g not in reached]
    counted = [g for g in groups if g in reached]
    worst = ruled.model.add_columns(1)
    for g in counted:
        here = core.group[ruled.of] == g
        people = ruled.area_people(g)
        ruled.model.add_row(
            np.append(ruled.served[here], worst),
            np.append(ruled.people[here] / people, -1.0),
            lower=0.0,
        )
    aim(ruled, worst, -1.0)
    half = control.part(control.left / 2)
    found = run(ruled, control=half, whole_goal=False)
    if found.status == "infeasible":
        return None
    told: dict[str, Any] = {"areas_out_of_reach": hopeless}
    if found.x is not None:
        told["worst_area_share"] = share = float(found.x[worst[0]])
        ruled.model.add_row(worst, lower=share - 1e-9)
    if found.status != "optimal":
        told["worst_area_bound"] = None if found.bound is None else -found.bound
    return told


def _served(
    problem: SitingProblem, ruled: RuledModel, found: Outcome, chosen: np.ndarray, times: int
) -> tuple[float, pd.Series | None, pd.DataFrame | None]:
    """People served, and with places who takes one where, as the shares per area want it."""
    if problem.capacities is None or found.x is None:
        return covered_people(problem, chosen, times=times), None, None
    label = row_classes(problem, ruled.group_of_row)
    flows = row_flows(problem, ruled.core, label, pair_people(ruled, found.x))
    value = float(flows["people"].sum())
    return float(round(value)) if ruled.whole else value, at_most(problem, flows), flows


def describe_constraints(problem: SitingProblem, rules: Constraints) -> str:
    """What the rules ask for, in words."""
    asked = []
    if rules.sites is not None:
        asked.append(f"at most {sites_told(rules.sites)}")
    if rules.budget is not None:
        asked.append(f"a budget of {rules.budget:g}")
    if rules.area_sites:
        asked.append(f"least numbers of sites in {len(rules.area_sites)} areas")
    if rules.area_share:
        asked.append(f"a least share of people in {len(rules.area_share)} areas")
    if len(problem.conflicts):
        asked.append(f"{len(problem.conflicts)} pairs of sites too near each other")
    if problem.capacities is not None:
        asked.append("places that end")
    if rules.backup:
        asked.append("a second site in reach")
    return ", ".join(asked)


def rules_conflict(
    ruled: RuledModel, objective: str, control: SolveControl, *, people: float | None = None
) -> SitingResult:
    """The result for rules of which HiGHS has shown that they cannot all hold."""
    problem, rules = ruled.problem, ruled.rules
    asked = describe_constraints(problem, rules)
    if people is not None:
        asked = f"{people:,.0f} people to be served" + (f", {asked}" if asked else "")
    if problem.capacities is not None:
        ruled = build(problem, rules, loose=True)
        if people is not None:
            add_need(ruled, people)
    ways = find_relaxations(ruled.model, problem, rules, control=control, people=people)
    facts = dict(ways.facts)
    short = [
        sum(way["need"].values()) for way in facts.get("relaxations", []) if list(way) == ["need"]
    ]
    if people is not None and short:
        facts["largest_share"] = (people - short[0]) / problem.total
    why = [f"the rules cannot hold together: {asked}", *ways.text]
    return nothing_found(problem, objective, why, facts, control)


def nothing_found(
    problem: SitingProblem,
    objective: str,
    why: list[str],
    facts: dict[str, Any],
    control: SolveControl,
) -> SitingResult:
    """The result where nothing can keep the rules, and why."""
    return no_result(
        problem,
        objective,
        "infeasible",
        control=control,
        solver=SOLVER,
        blocking=tuple(why),
        detail=facts,
    )
