"""Which method solves a plan in time, and what planning each year by itself would come to."""

from __future__ import annotations

from dataclasses import replace

from geoplan.siting.periods.core import ProgrammeCore, reduce_programme
from geoplan.siting.periods.milp.exact import Found, solve_by_model
from geoplan.siting.periods.mixed.large import search_plan, solve_mixed
from geoplan.siting.periods.mixed.least_money import least_money
from geoplan.siting.periods.openings.large import SMALL_PAIRS, solve_openings
from geoplan.siting.periods.openings.openings import openings_of
from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.single import one_period
from geoplan.siting.periods.year import year_alone
from geoplan.siting.solver.control import SolveControl

#: where much is to be decided: share of the time for HiGHS before a search for any plan at all
#: (worst-off area), and for a first plan before HiGHS (least money)
_MODEL_TIME, _FIRST_TIME = 0.85, 0.2
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
    large = small.core.pairs * of.problem.n_years > SMALL_PAIRS
    if objective == "min_cost" and large:
        return _least_money(of, small, control)
    part = control.part(_MODEL_TIME * control.left) if large else control
    found = solve_by_model(of, small, objective, part)
    if found.times is None and found.status == "unknown" and objective != "min_cost":
        found = search_plan(of, small, found, control)  # the worst-off area is not proved
        return replace(found, first_proved=objective == "person_years")
    return found


def _least_money(of: Programme, small: ProgrammeCore, control: SolveControl) -> Found:
    """HiGHS from a plan that meets the targets; that plan where HiGHS finds none as cheap."""
    start = least_money(of, small, control.part(_FIRST_TIME * control.left))
    found = solve_by_model(of, small, "min_cost", control, start=start)
    if start is None:
        return found
    if found.status == "infeasible":  # it is not: there is a plan
        found = replace(found, bound=None)
    if found.times is not None and of.plan(found.times).money <= of.plan(start).money:
        return found
    return replace(found, times=start, status="feasible", solver="programme_search")


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
