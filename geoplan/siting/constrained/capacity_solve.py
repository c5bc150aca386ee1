"""Covering where places end: people may change from a full site to another one.

First the part of the city where places are lacking (`places`), then a greedy choice with swaps
(`fill_search`), then HiGHS on the model of open sites and people (`places_model`). Numbers that are
told come from the largest flow at the chosen sites, not from the solver's columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_milp import add_gains, start_from
from geoplan.siting.constrained.capacity_part import (
    at_most,
    core_capacities,
    largest_flow,
    row_classes,
    row_flows,
    shortage_part,
)
from geoplan.siting.constrained.capacity_search import CapacitySearch
from geoplan.siting.constrained.milp import add_need, aim, build, run
from geoplan.siting.constrained.solve import nothing_found, rules_conflict
from geoplan.siting.model.build_result import make_result, no_result, rounded_up
from geoplan.siting.model.constraints import Constraints, early_blocks
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl

SOLVER = "geoplan flows, swaps + HiGHS with places"
#: share of the time that swaps may take
_SWAPS = 0.2
_DUST = 1e-9


def by_capacities(problem: SitingProblem, rules: Constraints) -> bool:
    """Whether places end and nothing says in which area the people with a place must live."""
    return problem.capacities is not None and not rules.equity and not rules.area_share


def most_people_in_capacity(
    problem: SitingProblem,
    rules: Constraints,
    *,
    control: SolveControl,
    gains: np.ndarray | None = None,
) -> SitingResult:
    """Most people with a place.

    gains : per site what it adds to the fixed ones (NaN: not worked out yet); filled in, so that
        the next question about the same people and sites need not work it out again.
    """
    blocked, facts = early_blocks(problem, rules)
    if blocked:
        return nothing_found(problem, "max_coverage", blocked, facts, control)
    part = shortage_part(problem)
    outside = part.served_outside
    ruled = build(part.problem, rules)
    search = CapacitySearch(
        part.problem,
        rules,
        ruled.core,
        core_capacities(problem, ruled.core),
        control=control,
        known=None if gains is None else gains[ruled.core.sites],
    )
    if gains is not None:
        gains[ruled.core.sites] = search.known
    started = search.build()
    greedy = outside + search.served if started else None
    if started:
        search.swap(control.part(_SWAPS * control.time_limit_s))
    bound = search.bound()
    unproved = bound > search.served * (1 + control.gap) + max(search.dust, _DUST * search.served)
    # out of time a model is of use only where there is no answer yet
    if not started or (unproved and control.left > 0):
        aim(ruled, ruled.served, -ruled.people)
        add_gains(ruled, core_capacities(problem, ruled.core), control)
        # no start: HiGHS is often the quicker without, and what the search found is not lost
        found = run(ruled, control=control, whole_goal=ruled.whole)
        if found.status == "infeasible":
            return rules_conflict(build(problem, rules), "max_coverage", control)
        bound = bound if found.bound is None else min(bound, -found.bound)
        if found.x is not None:
            started = search.take_better(found.x[ruled.y] > 0.5, started=started)
    if not started:
        return no_result(
            problem,
            "max_coverage",
            "unknown",
            control=control,
            solver=SOLVER,
            bound=outside + bound,
        )
    search.prune(need=search.served, keep=search.free_of_cost)
    chosen = ruled.core.sites[search.flow.chosen]
    value, flows = _placed(problem, chosen)
    return make_result(
        problem,
        "max_coverage",
        chosen,
        value=value,
        # only the part's own people are known to be whole
        bound=outside + rounded_up(bound, value - outside, whole=ruled.whole),
        control=control,
        solver=SOLVER,
        greedy_value=greedy,
        assignment=at_most(problem, flows),
        detail={"classes": ruled.core.n, "flows": flows},
    )


def fewest_sites_in_capacity(
    problem: SitingProblem,
    rules: Constraints,
    *,
    need: float,
    control: SolveControl,
) -> SitingResult:
    """Fewest sites at which `need` people have a place."""
    blocked, facts = early_blocks(problem, rules)
    if blocked:
        return nothing_found(problem, "min_sites", blocked, facts, control)
    part = shortage_part(problem)
    short = need - part.served_outside
    ruled = build(part.problem, rules)
    search = CapacitySearch(
        part.problem,
        rules,
        ruled.core,
        core_capacities(problem, ruled.core),
        control=control,
        need=short,
    )
    started = search.build() and search.enough
    if not started and not len(problem.conflicts):
        search.take(np.ones(ruled.core.m, bool))
        started = search.enough
    if started:
        search.prune(need=short, keep=search.stays)
    least = float(search.fewest())
    if not started or (len(search.flow.chosen) > least and control.left > 0):
        add_need(ruled, short)
        add_gains(ruled, core_capacities(problem, ruled.core), control)
        aim(ruled, ruled.y, np.ones(ruled.core.m))
        start = start_from(ruled, search.flow) if started else None
        found = run(ruled, control=control, whole_goal=True, start=start)
        if found.status == "infeasible":
            whole = build(problem, rules)
            return rules_conflict(whole, "min_sites", control, people=need)
        if found.bound is not None:
            least = max(least, float(np.ceil(found.bound - 1e-6)))
        if found.x is not None:
            started = search.take_fewer(found.x[ruled.y] > 0.5, started=started)
    if not started:
        return no_result(
            problem, "min_sites", "unknown", control=control, solver=SOLVER, bound=least
        )
    chosen = ruled.core.sites[search.flow.chosen]
    people, flows = _placed(problem, chosen)
    return make_result(
        problem,
        "min_sites",
        chosen,
        value=float(len(chosen)),
        bound=min(least, len(chosen)),
        control=control,
        solver=SOLVER,
        assignment=at_most(problem, flows),
        detail={
            "classes": ruled.core.n,
            "people_needed": need,
            "people": people,
            "flows": flows,
        },
    )


def _placed(problem: SitingProblem, chosen: np.ndarray) -> tuple[float, pd.DataFrame]:
    """People with a place at the sites `chosen`, and who takes one where."""
    flow = largest_flow(problem, chosen)
    flows = row_flows(problem, flow.core, row_classes(problem), flow.people)
    return flow.served, flows
