"""Plans of all kinds of actions: HiGHS for a part of the time, then relaxation and search."""

from __future__ import annotations

from dataclasses import replace

from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.milp.exact import Found, rounded_bound, solve_by_model
from geoplan.siting.periods.mixed.relaxed import relaxed_openings
from geoplan.siting.periods.mixed.search import ActionSearch
from geoplan.siting.periods.openings.dual import solve_dual
from geoplan.siting.periods.openings.openings import limits_of
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import PROVED_GAP

#: covering pairs x years up to which HiGHS gets the whole model first
_MODEL_PAIRS = 200_000
#: share of the time that HiGHS has on the whole model; of what is left, that of the relaxation
_MODEL_TIME, _BOUND_TIME = 0.6, 0.4


def solve_mixed(of: Programme, small: ProgrammeCore, control: SolveControl) -> Found:
    """Most person-years of a plan of all kinds of actions, where it is large."""
    part = control.part(_MODEL_TIME * control.left)
    found = Found(times=None, bound=None, status="unknown")
    if small.core.pairs * of.problem.n_years <= _MODEL_PAIRS:
        found = solve_by_model(of, small, "person_years", part)
    if found.status == "infeasible" or _proved(of, found, control.gap):
        return found
    return search_plan(of, small, found, control)


def _proved(of: Programme, found: Found, gap: float) -> bool:
    if found.times is None or found.bound is None:
        return False
    value = of.plan(found.times).person_years
    bound = rounded_bound(of, value, found.bound)
    return bound is not None and bound - value <= (gap + PROVED_GAP) * abs(value)


def search_plan(of: Programme, small: ProgrammeCore, found: Found, control: SolveControl) -> Found:
    """A plan at least as good as what was `found`, if any, and a bound at least as near."""
    control.report("bound")
    relaxed = relaxed_openings(of, small)
    reach = relaxed.base + float(relaxed.worth.sum())
    search = ActionSearch(of, small, control)
    if found.times is not None:
        search.offer(found.times)
    search.begin()
    known = max(search.value, 0.0) * (1 + control.gap) - relaxed.base
    dual = solve_dual(relaxed, target=known, control=control.part(_BOUND_TIME * control.left))
    bounds = [reach, relaxed.base + dual.bound]
    if found.bound is not None:
        bounds.append(found.bound)
    bound = min(bounds)
    if len(of.limits):
        _, _, unit = limits_of(of, relaxed.action, relaxed.options.year)
        search.price = dual.price / unit
    search.begin()
    search.improve(target=bound * (1 - control.gap))
    detail = {**found.detail, "lagrangian_bound": bounds[1]}
    if search.best is None:
        return replace(found, bound=bound, detail=detail)
    plan = Programme(problem=of.problem).plan(search.best)  # all counted anew
    if plan.broken():
        return replace(found, bound=bound, detail=detail)
    return replace(
        found,
        times=search.best,
        bound=bound,
        status="feasible",
        solver="programme_search",
        detail={**detail, "search_value": plan.person_years},
    )
