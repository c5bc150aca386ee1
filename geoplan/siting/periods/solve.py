"""Which method solves a plan in time, and what planning each year by itself would come to."""

from __future__ import annotations

from dataclasses import replace

from geoplan.siting.periods.core import ProgrammeCore, reduce_programme
from geoplan.siting.periods.milp.exact import Found, solve_by_model
from geoplan.siting.periods.mixed.large import search_plan, solve_mixed
from geoplan.siting.periods.openings.large import SMALL_PAIRS, solve_openings
from geoplan.siting.periods.openings.openings import openings_of
from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.single import one_period
from geoplan.siting.periods.year import year_alone
from geoplan.siting.solver.control import SolveControl

#: gap to which each year is planned by itself: a figure to compare with
_ALONE_GAP = 1e-3


def solve_programme(of: Programme, objective: str, control: SolveControl) -> Found:
    """The best plan, by the method that fits the problem."""
    if objective == "person_years":
        found = one_period(of, control)
        if found is not None:
            return found
    return _solve(of, objective, control)


def _solve(of: Programme, objective: str, control: SolveControl) -> Found:
    small = reduce_programme(of, by_area=objective == "worst_area")
    if objective == "person_years" and small.core.pairs * of.problem.n_years > SMALL_PAIRS:
        openings = openings_of(of, small)
        if openings is not None:
            return _openings(of, small, solve_openings(openings, control), control)
        return solve_mixed(of, small, control)
    found = solve_by_model(of, small, objective, control)
    if found.times is None and found.status == "unknown" and objective == "person_years":
        return search_plan(of, small, found, control)
    return found


def _openings(of: Programme, small: ProgrammeCore, found: Found, control: SolveControl) -> Found:
    """What was found without the targets, where it keeps them; else with them, within the bound."""
    assert found.times is not None
    assert found.bound is not None
    if not of.plan(found.times).broken():
        return found
    other = solve_mixed(of, small, control)
    bound = found.bound if other.bound is None else min(found.bound, other.bound)
    return replace(other, bound=bound)


def each_year_alone(of: Programme, objective: str, control: SolveControl) -> Plan | None:
    """Each year planned by itself, upon what the years before have built; None: that fails.

    Or there is no time for it.
    """
    times = of.plan_of_nothing
    for t in range(of.problem.n_years):
        year = Programme(problem=year_alone(of, times, t))
        part = control.part(control.left / (of.problem.n_years - t)).with_(gap=_ALONE_GAP)
        if part.left <= 0:
            return None
        found = _solve(year, objective, part)
        if found.times is None:
            return None
        for action, done in zip(year.problem.actions, found.times[:, 0], strict=True):
            times[of.number[action.id], t] = done
    plan = of.plan(times)
    return None if plan.broken() else plan
