"""Which method solves a plan in time, and what planning each year by itself would come to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoplan.siting.model.counting import covered_share
from geoplan.siting.periods.core import ProgrammeCore, reduce_programme
from geoplan.siting.periods.milp.exact import Found, solve_by_model
from geoplan.siting.periods.openings.large import SMALL_PAIRS, solve_openings
from geoplan.siting.periods.openings.openings import openings_of
from geoplan.siting.periods.openings.search import PlanSearch
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
    found = solve_by_model(of, small, objective, control)
    if found.times is None and found.status == "unknown" and objective == "person_years":
        return _openings_alone(of, found, control)
    return found


def _openings_alone(of: Programme, found: Found, control: SolveControl) -> Found:
    """Where HiGHS had no plan in the time: openings alone, or nothing, as far as rules are kept.

    Nobody is served out of reach of all sites that may open: that is a bound with closings and
    places that are scarce, too.
    """
    problem = of.problem
    free = replace(problem, limited=False, capacities={}, targets=())
    loose = Programme(problem=free)
    opens = (loose.table.opens >= 0) & ~loose.table.closing
    allowed = np.repeat(opens[:, None], problem.n_years, axis=1)
    plans = [of.plan_of_nothing]
    openings = openings_of(loose, reduce_programme(loose, allowed=allowed))
    if openings is not None and len(openings.action):
        search = PlanSearch(openings, control.seed)
        search.greedy(np.zeros(len(openings.options.limit)))
        plans.append(openings.times(search.best))
    kept = [times for times in plans if not of.plan(times).broken()]
    if not kept:
        return found
    best = max(kept, key=lambda times: of.plan(times).person_years)
    reach = covered_share(problem.base, np.flatnonzero(of.may_open))
    most = float(((problem.weights * reach[:, None]).sum(axis=0) * problem.lengths).sum())
    bound = most if found.bound is None else min(most, found.bound)
    return replace(found, times=best, bound=bound, status="feasible", solver="programme_greedy")


def _openings(of: Programme, small: ProgrammeCore, found: Found, control: SolveControl) -> Found:
    """What was found without the targets, where it keeps them; else HiGHS's, within the bound."""
    assert found.times is not None
    assert found.bound is not None
    if not of.plan(found.times).broken():
        return found
    other = solve_by_model(of, small, "person_years", control)
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
