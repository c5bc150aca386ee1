"""Plans of openings by Lagrangian bound, search, and HiGHS on the options left in doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoplan.siting.periods.core import reduce_programme
from geoplan.siting.periods.milp.exact import Found, rounded_bound, solve_by_model
from geoplan.siting.periods.openings.dual import OpeningDual, solve_dual
from geoplan.siting.periods.openings.openings import Openings
from geoplan.siting.periods.openings.search import PlanSearch
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import PROVED_GAP

#: covering pairs x years that HiGHS is given as they are; beyond, bound and search come first
SMALL_PAIRS = 5_000
#: covering pairs x years of the options in doubt that HiGHS gets to begin with
_DOUBT_PAIRS = 100_000
#: HiGHS takes so long per covering pair and year to begin at all
_BEGIN_SECONDS = 2e-5


def solve_openings(openings: Openings, control: SolveControl) -> Found:
    """Most person-years of a plan that opens sites, with a bound."""
    of = openings.of
    search = PlanSearch(openings, control.seed)
    control.report("bound")

    def target() -> float:
        unit = 0.999 if rounded_bound(of, 0.0, 0.5) == 0.0 else 0.0
        whole = openings.base + search.value
        return whole * (1 + control.gap) + unit - openings.base

    def visit(shares: np.ndarray, price: np.ndarray) -> float:
        search.round_shares(shares, price)
        return target()

    search.greedy(np.zeros(len(openings.options.limit)))
    dual = solve_dual(
        openings, target=target(), control=control.part(0.5 * control.left), visit=visit
    )
    bound = dual.bound
    if bound > target():
        search.improve(dual.price, target=bound, control=control.part(0.5 * control.left))
    times = openings.times(search.best)
    found = Found(
        times=times,
        bound=openings.base + bound,
        solver="programme_lagrangian_search",
        detail={
            "classes": openings.small.core.n,
            "free_sites": openings.small.core.m,
            "options": len(openings.action),
            "lagrangian_bound": openings.base + bound,
            "search_value": openings.base + search.value,
        },
    )
    if bound <= target() + PROVED_GAP or not control.has(1.0):
        return found
    return _prove(openings, dual, found, control)


def _prove(openings: Openings, dual: OpeningDual, found: Found, control: SolveControl) -> Found:
    """HiGHS over the options that a better plan may use; more of them while it finishes."""
    assert found.times is not None
    assert found.bound is not None
    of, site = openings.of, openings.site
    value = of.plan(found.times).person_years
    pairs = np.diff(openings.small.core.site_ptr)
    low = high = value
    may = dual.options_for(low - openings.base, site)
    years = openings.worth.shape[1]

    def size(options: np.ndarray) -> int:
        return int(pairs[np.unique(site[options])].sum()) * years

    if size(may) > _DOUBT_PAIRS:  # a part of them: a better plan, and no bound
        high = found.bound
        for _ in range(20):
            middle = (low + high) / 2
            part = dual.options_for(middle - openings.base, site)
            low, high = (middle, high) if size(part) > _DOUBT_PAIRS else (low, middle)
        may = dual.options_for(high - openings.base, site)
    allowed = of.plan_of_nothing.astype(bool)
    allowed[openings.action[may], openings.options.year[may]] = True
    allowed |= found.times > 0
    control.report("proof")
    small = reduce_programme(of, allowed=allowed)
    if not control.has(_BEGIN_SECONDS * small.core.pairs * years):
        return found
    other = solve_by_model(of, small, "person_years", control, start=found.times)
    steps = {**found.detail, "options_in_doubt": int(may.sum())}
    # options left out are worth less than `high`: nothing with them is better
    bound = found.bound if other.bound is None else min(found.bound, max(other.bound, high))
    times = found.times
    if other.times is not None and of.plan(other.times).person_years > value:
        times = other.times
    return replace(found, times=times, bound=bound, detail=steps)
