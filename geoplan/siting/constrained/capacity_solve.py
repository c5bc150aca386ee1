"""Covering with capacities: people may change from a full site to another one.

First the part of the city where capacity is short (`capacity_part`), then a greedy choice with
swaps (`capacity_search`), then HiGHS on the model of open sites and people (`capacity_milp`).
Reported numbers come from the largest flow at the chosen sites, not from the solver's columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_milp import add_submodular_cuts, warm_start_from_flow
from geoplan.siting.constrained.capacity_part import (
    assign_by_flow,
    core_capacities,
    largest_flow,
    row_classes,
    row_flows,
    shortage_part,
)
from geoplan.siting.constrained.capacity_search import CapacitySearch
from geoplan.siting.constrained.milp import build_covering_model
from geoplan.siting.constrained.solve import infeasible_covering, infeasible_result
from geoplan.siting.model.build_result import make_result, no_result, rounded_up
from geoplan.siting.model.constraints import Constraints, early_blocks
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import BOUND_ROUNDING, SAME_VALUE

SOLVER = "covering_capacities_highs"
#: share of the time that swaps may take
_SWAPS = 0.2


def is_capacity_problem(problem: SitingProblem, constraints: Constraints) -> bool:
    """Whether sites have capacities and no constraint says in which area served people live."""
    return problem.capacities is not None and not constraints.equity and not constraints.area_share


def max_coverage_with_capacities(
    problem: SitingProblem,
    constraints: Constraints,
    *,
    control: SolveControl,
    gains: np.ndarray | None = None,
) -> SitingResult:
    """Most people served within the capacities.

    gains : per site what it adds to the fixed ones (NaN: not worked out yet); filled in, so that
        the next problem with the same people and sites need not work it out again.
    """
    blocked, facts = early_blocks(problem, constraints)
    if blocked:
        return infeasible_result(problem, "max_coverage", blocked, facts, control)
    part = shortage_part(problem)
    outside = part.served_outside
    covering = build_covering_model(part.problem, constraints)
    search = CapacitySearch(
        part.problem,
        constraints,
        covering.core,
        core_capacities(problem, covering.core),
        control=control,
        known=None if gains is None else gains[covering.core.sites],
    )
    if gains is not None:
        gains[covering.core.sites] = search.known
    started = search.construct()
    greedy = outside + search.served if started else None
    if started:
        search.interchange(control.part(_SWAPS * control.time_limit_s))
    bound = search.bound()
    unproved = bound > search.served * (1 + control.gap) + max(
        search.tolerance, SAME_VALUE * search.served
    )
    # out of time a model is of use only where there is no solution yet
    if not started or (unproved and control.left > 0):
        covering.set_objective(covering.served, -covering.people)
        add_submodular_cuts(covering, core_capacities(problem, covering.core), control)
        # no start: HiGHS is often the quicker without, and what the search found is not lost
        found = covering.run(control=control, whole_goal=covering.whole)
        if found.status == "infeasible":
            return infeasible_covering(
                build_covering_model(problem, constraints), "max_coverage", control
            )
        bound = bound if found.bound is None else min(bound, -found.bound)
        if found.x is not None:
            started = search.take_better(found.x[covering.y] > 0.5, started=started)
    if not started:
        return no_result(
            problem,
            "max_coverage",
            "unknown",
            control=control,
            solver=SOLVER,
            bound=outside + bound,
        )
    search.drop_idle_sites(need=search.served, keep=search.free_of_cost)
    chosen = covering.core.sites[search.flow.chosen]
    value, flows = _served(problem, chosen)
    return make_result(
        problem,
        "max_coverage",
        chosen,
        value=value,
        # only the part's own people are known to be whole
        bound=outside + rounded_up(bound, value - outside, whole=covering.whole),
        control=control,
        solver=SOLVER,
        greedy_value=greedy,
        assignment=assign_by_flow(problem, flows),
        detail={"classes": covering.core.n, "flows": flows},
    )


def min_sites_with_capacities(
    problem: SitingProblem,
    constraints: Constraints,
    *,
    need: float,
    control: SolveControl,
) -> SitingResult:
    """Fewest sites that serve `need` people within their capacities."""
    blocked, facts = early_blocks(problem, constraints)
    if blocked:
        return infeasible_result(problem, "min_sites", blocked, facts, control)
    part = shortage_part(problem)
    short = need - part.served_outside
    covering = build_covering_model(part.problem, constraints)
    search = CapacitySearch(
        part.problem,
        constraints,
        covering.core,
        core_capacities(problem, covering.core),
        control=control,
        need=short,
    )
    started = search.construct() and search.enough
    if not started and not len(problem.conflicts):
        search.set_open(np.ones(covering.core.m, bool))
        started = search.enough
    if started:
        search.drop_idle_sites(need=short, keep=search.stays)
    least = float(search.fewest())
    if not started or (len(search.flow.chosen) > least and control.left > 0):
        covering.require_people(short)
        add_submodular_cuts(covering, core_capacities(problem, covering.core), control)
        covering.set_objective(covering.y, np.ones(covering.core.m))
        start = warm_start_from_flow(covering, search.flow) if started else None
        found = covering.run(control=control, whole_goal=True, start=start)
        if found.status == "infeasible":
            whole = build_covering_model(problem, constraints)
            return infeasible_covering(whole, "min_sites", control, people=need)
        if found.bound is not None:
            least = max(least, float(np.ceil(found.bound - BOUND_ROUNDING)))
        if found.x is not None:
            started = search.take_fewer(found.x[covering.y] > 0.5, started=started)
    if not started:
        return no_result(
            problem, "min_sites", "unknown", control=control, solver=SOLVER, bound=least
        )
    chosen = covering.core.sites[search.flow.chosen]
    people, flows = _served(problem, chosen)
    return make_result(
        problem,
        "min_sites",
        chosen,
        value=float(len(chosen)),
        bound=min(least, len(chosen)),
        control=control,
        solver=SOLVER,
        assignment=assign_by_flow(problem, flows),
        detail={
            "classes": covering.core.n,
            "people_needed": need,
            "people": people,
            "flows": flows,
        },
    )


def _served(problem: SitingProblem, chosen: np.ndarray) -> tuple[float, pd.DataFrame]:
    """People served at the sites `chosen`, and who is served where."""
    flow = largest_flow(problem, chosen)
    flows = row_flows(problem, flow.core, row_classes(problem), flow.people)
    return flow.served, flows
