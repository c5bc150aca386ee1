"""What is wrong with one action, budget or target of a plan in time, each as a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import numpy as np

from geoplan.siting.model.parse import listed
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.periods.rules import (
    OPENING,
    ActionKind,
    AreaLevel,
    Budget,
    Measure,
    ProgrammeAction,
    Target,
)
from geoplan.validate import number, numbers


def wrong_sites(
    base: SitingProblem, action: ProgrammeAction, opening: Mapping[int, int]
) -> Iterable[str]:
    """The sites that an action is about."""
    if action.kind not in get_args(ActionKind):
        yield f"kind must be one of {', '.join(get_args(ActionKind))}, not {action.kind!r}"
        return
    unknown = [s for s in (action.site, *action.away) if s not in base.site_index]
    if unknown:
        yield f"not among the sites: {listed(unknown)}"
        return
    fixed, forbidden = base.is_fixed, ~base.is_allowed
    site = int(base.site_index.get_loc(action.site))
    away = [int(base.site_index.get_loc(s)) for s in action.away]
    if action.kind == "open" and (fixed[site] or site in opening):
        yield f"site {action.site!r} is open, or opens, without it"
    if action.kind in OPENING and forbidden[site]:
        yield f"site {action.site!r} is forbidden"
    if action.kind == "close" and fixed[site]:
        yield f"site {action.site!r} is fixed: make it closable in the base problem"
    if action.kind in ("move", "merge"):
        if not away or (action.kind == "move" and len(away) > 1):
            yield "`away` must name the site that moves, or those that a merger leaves"
        if site in away or len(set(away)) < len(away):
            yield "a site stands twice among `site` and `away`"
        stuck = [s for s, at in zip(action.away, away, strict=True) if fixed[at]]
        if stuck:
            yield f"fixed sites cannot go: make them closable in the base problem: {listed(stuck)}"
    elif away:
        yield f"`away` is for moves and mergers, not for {action.kind}"


def wrong_numbers(action: ProgrammeAction, kinds: Mapping[str, np.ndarray]) -> Iterable[str]:
    """Money, years, modules and places of an action."""
    if not 0 <= number(action.cost) < np.inf:
        yield f"cost must be a finite amount, 0 or more, not {action.cost!r}"
    if not np.isfinite(number(action.running_cost)):
        yield f"running_cost must be a finite amount, not {action.running_cost!r}"
    for name, value in (("least_years", action.least_years), ("most", action.most)):
        if not (number(value) >= 1 and number(value).is_integer()):
            yield f"{name} must be a whole number, 1 or more, not {value!r}"
    first, last = action.earliest, action.latest
    for name, year in (("earliest", first), ("latest", last)):
        if year is not None and not number(year).is_integer():
            yield f"{name} must be a year, not {year!r}"
    if number(last) < number(first):
        yield f"latest {last} is before earliest {first}"
    yield from _wrong_capacity(action, kinds)


def _wrong_capacity(action: ProgrammeAction, kinds: Mapping[str, np.ndarray]) -> Iterable[str]:
    modules = action.kind in ("expand", "convert")
    if number(action.most) > 1 and not modules:
        yield f"only expansions and conversions are done more than once, not {action.kind}"
    if action.capacity and not modules:
        yield "places of an opened site stand in `capacities`; only expand and convert change them"
    if modules and not action.capacity:
        yield f"{action.kind} needs `capacity`: places by kind"
    unknown = [kind for kind in action.capacity if kind not in kinds]
    if unknown:
        yield f"kinds of capacity that the problem has not: {listed(unknown)}"
    if not all(np.isfinite(number(places)) for places in action.capacity.values()):
        yield "capacity must be finite numbers of places"
    if action.kind == "expand" and any(number(v) < 0 for v in action.capacity.values()):
        yield "an expansion takes no places away: that is convert"


def wrong_budget(budget: Budget, known: set, n_years: int) -> Iterable[str]:
    """A budget."""
    amounts = numbers(budget.amounts)
    if len(amounts) != n_years or not all(amount >= 0 for amount in amounts):
        yield f"amounts must be {n_years} numbers, one per year, 0 or more; not {budget.amounts!r}"
    if budget.covers not in ("capital", "running", "both"):
        yield f"covers must be capital, running or both, not {budget.covers!r}"
    parts = budget.share
    if isinstance(parts, Mapping):
        unknown = [label for label in parts if label not in known]
        if unknown:
            yield f"share names no action: {listed(unknown)}"
    if not all(
        0 <= s <= 1 for s in numbers(list(parts.values()) if isinstance(parts, Mapping) else parts)
    ):
        yield "share must be from 0 to 1"


def wrong_target(
    target: Target,
    years: tuple[int, ...],
    levels: Mapping[str, AreaLevel],
    kinds: tuple[str, ...],
) -> Iterable[str]:
    """A target."""
    if target.measure not in get_args(Measure):
        yield f"measure must be one of {', '.join(get_args(Measure))}"
        return
    if target.year not in years:
        yield f"its year is not among the planning years {list(years)}"
    most = np.inf if target.measure in ("sites", "capacity") else 1.0
    if not 0 <= number(target.amount) <= most:
        share = ", a share at most 1" if most == 1 else ""
        yield f"amount must be 0 or more{share}, not {target.amount!r}"
    if not 0 <= number(target.within) <= 1:
        yield f"within must be from 0 to 1, not {target.within!r}"
    by_area = target.area is not None or target.measure.startswith("areas_")
    name = target.level or ""
    if by_area and name not in levels:
        yield (
            f"there are no areas of level {target.level!r}"
            if name
            else "the base problem has no areas"
        )
    elif target.area is not None and target.area not in levels[name].codes:
        yield f"there is no area {target.area!r}"
    if target.measure.startswith("capacity"):
        if not kinds:
            yield "the problem has no capacities"
        elif target.kind is None and target.measure == "capacity_share":
            yield "say of which kind"
        elif target.kind is not None and target.kind not in kinds:
            yield f"there is no kind of capacity {target.kind!r}"
