"""What is wrong with one action, budget or target of a plan in time, each as a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import numpy as np

from geoplan.siting.model.parse import (
    some_of,
)
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
from geoplan.words.message import Message


def wrong_sites(
    base: SitingProblem, action: ProgrammeAction, opening: Mapping[int, int]
) -> Iterable[Message]:
    """The sites that an action is about."""
    if action.kind not in get_args(ActionKind):
        yield Message(
            "siting_faults.action_kind", known=", ".join(get_args(ActionKind)), kind=action.kind
        )
        return
    unknown = [s for s in (action.site, *action.away) if s not in base.site_index]
    if unknown:
        yield Message("siting_faults.action_sites", some=some_of(unknown))
        return
    fixed, forbidden = base.is_fixed, ~base.is_allowed
    site = int(base.site_index.get_loc(action.site))
    away = [int(base.site_index.get_loc(s)) for s in action.away]
    if action.kind == "open" and (fixed[site] or site in opening):
        yield Message("siting_faults.open_already", site=action.site)
    if action.kind in OPENING and forbidden[site]:
        yield Message("siting_faults.site_forbidden", site=action.site)
    if action.kind == "close" and fixed[site]:
        yield Message("siting_faults.site_fixed", site=action.site)
    if action.kind in ("move", "merge"):
        if not away or (action.kind == "move" and len(away) > 1):
            yield Message("siting_faults.away_names")
        if site in away or len(set(away)) < len(away):
            yield Message("siting_faults.away_twice")
        stuck = [s for s, at in zip(action.away, away, strict=True) if fixed[at]]
        if stuck:
            yield Message("siting_faults.away_fixed", some=some_of(stuck))
    elif away:
        yield Message("siting_faults.away_for", kind=action.kind)


def wrong_numbers(action: ProgrammeAction, kinds: Mapping[str, np.ndarray]) -> Iterable[Message]:
    """Money, years, modules and places of an action."""
    if not 0 <= number(action.cost) < np.inf:
        yield Message("siting_faults.cost_amount", cost=action.cost)
    if not np.isfinite(number(action.running_cost)):
        yield Message("siting_faults.running_amount", running_cost=action.running_cost)
    for name, value in (("least_years", action.least_years), ("most", action.most)):
        if not (number(value) >= 1 and number(value).is_integer()):
            yield Message("siting_faults.whole_from_one", name=name, value=value)
    first, last = action.earliest, action.latest
    for name, year in (("earliest", first), ("latest", last)):
        if year is not None and not number(year).is_integer():
            yield Message("siting_faults.be_year", name=name, year=year)
    if number(last) < number(first):
        yield Message("siting_faults.latest_before", last=last, first=first)
    yield from _wrong_capacity(action, kinds)


def _wrong_capacity(action: ProgrammeAction, kinds: Mapping[str, np.ndarray]) -> Iterable[Message]:
    modules = action.kind in ("expand", "convert")
    if number(action.most) > 1 and not modules:
        yield Message("siting_faults.once_only", kind=action.kind)
    if action.capacity and not modules:
        yield Message("siting_faults.opened_places")
    if modules and not action.capacity:
        yield Message("siting_faults.needs_capacity", kind=action.kind)
    unknown = [kind for kind in action.capacity if kind not in kinds]
    if unknown:
        yield Message("siting_faults.unknown_kinds", some=some_of(unknown))
    if not all(np.isfinite(number(places)) for places in action.capacity.values()):
        yield Message("siting_faults.capacity_finite")
    if action.kind == "expand" and any(number(v) < 0 for v in action.capacity.values()):
        yield Message("siting_faults.expansion_less")


def wrong_budget(budget: Budget, known: set, n_years: int) -> Iterable[Message]:
    """A budget."""
    amounts = numbers(budget.amounts)
    if len(amounts) != n_years or not all(amount >= 0 for amount in amounts):
        yield Message("siting_faults.amounts_years", n_years=n_years, amounts=budget.amounts)
    if budget.covers not in ("capital", "running", "both"):
        yield Message("siting_faults.covers_of_three", covers=budget.covers)
    parts = budget.share
    if isinstance(parts, Mapping):
        unknown = [label for label in parts if label not in known]
        if unknown:
            yield Message("siting_faults.share_actions", some=some_of(unknown))
    if not all(
        0 <= s <= 1 for s in numbers(list(parts.values()) if isinstance(parts, Mapping) else parts)
    ):
        yield Message("siting_faults.shares_between")


def wrong_target(
    target: Target,
    years: tuple[int, ...],
    levels: Mapping[str, AreaLevel],
    kinds: tuple[str, ...],
) -> Iterable[Message]:
    """A target."""
    if target.measure not in get_args(Measure):
        yield Message("siting_faults.no_measure", known=", ".join(get_args(Measure)))
        return
    if target.year not in years:
        yield Message("siting_faults.target_year", value=list(years))
    most = np.inf if target.measure in ("sites", "capacity") else 1.0
    if not 0 <= number(target.amount) <= most:
        share = Message("siting_faults.share_most_one") if most == 1 else ""
        yield Message("siting_faults.target_amount", share=share, amount=target.amount)
    if not 0 <= number(target.within) <= 1:
        yield Message("siting_faults.target_within", within=target.within)
    by_area = target.area is not None or target.measure.startswith("areas_")
    name = target.level or ""
    if by_area and name not in levels:
        yield (
            Message("siting_faults.no_areas_of_level", level=target.level)
            if name
            else Message("siting_faults.base_without_areas")
        )
    elif target.area is not None and target.area not in levels[name].codes:
        yield Message("siting_faults.no_area", area=target.area)
    if target.measure.startswith("capacity"):
        if not kinds:
            yield Message("siting_faults.no_capacities")
        elif target.kind is None and target.measure == "capacity_share":
            yield Message("siting_faults.which_kind")
        elif target.kind is not None and target.kind not in kinds:
            yield Message("siting_faults.no_kind", kind=target.kind)
