"""The sites that take least money and serve enough people: weighted set covering (Beasley 1987).

The covering model of the fewest sites, with their money as its objective.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from geoplan.siting.constrained.accepted import refuse_people
from geoplan.siting.constrained.covering_model import CoveringModel, held_at_sites
from geoplan.siting.constrained.greedy import min_sites_start, warm_start
from geoplan.siting.constrained.milp import build_covering_model
from geoplan.siting.constrained.solve import infeasible_covering, infeasible_result, who_is_served
from geoplan.siting.mclp.row_weighting import cheaper_cover
from geoplan.siting.model.build_result import bound_room, make_result, no_result
from geoplan.siting.model.check_answer import broken_site_rules
from geoplan.siting.model.constraints import (
    Constraints,
    early_blocks,
    problem_free,
    site_money,
)
from geoplan.siting.model.counting import is_whole
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl

SOLVER = "covering_money_highs"


def constrained_min_cost(
    problem: SitingProblem, constraints: Constraints, *, need: float, control: SolveControl
) -> SitingResult:
    """Least money that serves `need` people under `constraints`."""
    blocked, facts = early_blocks(problem, constraints)
    if blocked:
        return infeasible_result(problem, "min_cost", blocked, facts, control)
    covering = build_covering_model(problem, constraints)
    covering.require_people(need)
    money = site_money(problem)
    start = min_sites_start(covering, need, control)
    greedy = None
    if start is not None:
        greedy = float(money[covering.core.sites[start[covering.y] > 0.5]].sum())
        if _covers_everyone(covering, need):
            start = _cheaper_start(covering, start, money, control)
    covering.set_objective(covering.y, money[covering.core.sites])
    whole = is_whole(money)
    found = covering.run(control=control, whole_goal=whole, start=start)
    if found.status == "infeasible":
        return infeasible_covering(covering, "min_cost", control, people=need)
    least = 0.0 if found.bound is None else max(found.bound, 0.0)
    least = float(np.ceil(least - bound_room(least))) if whole else least
    if found.x is None:
        found = replace(found, x=start)
    if found.x is None:
        return no_result(
            problem, "min_cost", "unknown", control=control, solver=SOLVER, bound=least
        )
    if problem.capacities is not None:
        covering.set_objective(covering.served, -covering.people)
        found = replace(found, x=held_at_sites(covering, found.x, control))
    chosen = covering.open_sites(found)
    if problem.capacities is None:
        chosen = _without_idle(problem, constraints, _with_existing(problem, chosen), need)
    value = float(money[chosen].sum())
    people, assignment, flows = who_is_served(problem, covering, found, chosen)
    detail: dict[str, Any] = {
        "classes": covering.core.n,
        "people": people,
        "people_needed": need,
    }
    if flows is not None:
        detail["flows"] = flows
    return make_result(
        problem,
        "min_cost",
        chosen,
        value=value,
        bound=min(least, value),
        control=control,
        solver=SOLVER,
        greedy_value=greedy,
        assignment=assignment,
        detail=detail,
    )


def _covers_everyone(covering: CoveringModel, need: float) -> bool:
    """Whether the question is a plain set covering: every class of demand, no other rule."""
    problem, core = covering.problem, covering.core
    if problem.full_within is not None or not covering.constraints.unconstrained(problem):
        return False
    return need > core.base + core.weight.sum() - core.weight.min(initial=0.0)


def _cheaper_start(
    covering: CoveringModel, start: np.ndarray, money: np.ndarray, control: SolveControl
) -> np.ndarray:
    """The columns of a cheaper cover than `start`, or of `start` where none is found."""
    core = replace(covering.core, cost=money[covering.core.sites])
    chosen = cheaper_cover(core, np.flatnonzero(start[covering.y] > 0.5), control=control)
    cheaper = warm_start(covering, core.sites[chosen])
    return start if cheaper is None else cheaper


def _with_existing(problem: SitingProblem, chosen: np.ndarray) -> np.ndarray:
    """`chosen` and the closable sites that conflict with none of them: they cost nothing."""
    is_open = problem.is_open(chosen)
    for j in problem.closable:
        pairs = problem.conflicts[(problem.conflicts == j).any(axis=1)]
        if not is_open[pairs].any():
            is_open[j] = True
    return np.flatnonzero(is_open)


def _without_idle(
    problem: SitingProblem, constraints: Constraints, chosen: np.ndarray, need: float
) -> np.ndarray:
    """`chosen` without new sites that nothing asks for, the dearest first."""
    money = site_money(problem)
    new = chosen[~problem_free(problem)[chosen]]
    for j in new[np.argsort(-money[new], kind="stable")]:
        fewer = chosen[chosen != j]
        if broken_site_rules(problem, constraints, fewer):
            continue
        if not refuse_people(problem, constraints, fewer, need):
            chosen = fewer
    return chosen
