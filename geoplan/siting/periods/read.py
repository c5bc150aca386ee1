"""Reading what a caller hands to `ProgrammeProblem.of`: all faults at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from geoplan.errors import Faults
from geoplan.siting.model.parse import (
    codes_by_label,
    some_of,
    values_by_label,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.periods.faults import wrong_budget, wrong_numbers, wrong_sites, wrong_target
from geoplan.siting.periods.rules import (
    AreaLevel,
    Budget,
    ProgrammeAction,
    SpendShare,
    Target,
)
from geoplan.validate import number, numbers
from geoplan.words.message import Message

#: the kind of capacity that a siting problem's own `capacities` are
PLACES = "places"


def read_years(
    years: Sequence[int], lengths: Sequence[float] | None, faults: Faults
) -> tuple[tuple[int, ...], np.ndarray]:
    """Planning years, ascending, and the calendar years that each stands for."""
    found = numbers(years)
    if not found or not all(y.is_integer() for y in found):
        faults.add(Message("siting_faults.years_whole", years=years))
        return (0,), np.ones(1)
    span = tuple(int(y) for y in found)
    if any(b <= a for a, b in pairwise(span)):
        faults.add(Message("siting_faults.years_ascend", value=list(span)))
    if lengths is None:
        return span, np.append(np.diff(span), 1).astype(np.float64)
    given = numbers(lengths)
    if len(given) != len(span) or not all(0 < n < np.inf for n in given):
        faults.add(Message("siting_faults.year_lengths", count=len(span), lengths=lengths))
        return span, np.ones(len(span))
    return span, np.array(given)


def read_people(
    base: SitingProblem, weights: Any, years: tuple[int, ...], faults: Faults
) -> np.ndarray:
    """People, demand x years: a DataFrame by labels, an array by position, or those of `base`."""
    shape = (base.n_demand, len(years))
    if weights is None:
        return np.repeat(base.weights[:, None], len(years), axis=1)
    if isinstance(weights, pd.DataFrame):
        rows = base.demand_index.difference(weights.index)
        if len(rows):
            faults.add(Message("siting_faults.weights_rows", some=some_of(rows)))
        missing = [y for y in years if y not in weights.columns]
        if missing:
            faults.add(Message("siting_faults.weights_years", some=some_of(missing)))
        if len(rows) or missing or not weights.index.is_unique:
            return np.zeros(shape)
        weights = weights.reindex(base.demand_index)[list(years)]
    try:
        people = np.array(weights, dtype=np.float64)
    except (TypeError, ValueError):
        faults.add(Message("siting_faults.weights_numbers"))
        return np.zeros(shape)
    if people.shape != shape:
        faults.add(Message("siting_faults.weights_shape", shape=people.shape, shape2=shape))
        return np.zeros(shape)
    wrong = ~(np.isfinite(people) & (people >= 0)).all(axis=1)
    if wrong.any():
        faults.add(
            Message("siting_faults.weights_negative", some=some_of(base.demand_index[wrong]))
        )
        return np.zeros(shape)
    return people


def read_capacities(
    base: SitingProblem, given: Mapping[str, Any] | None, faults: Faults
) -> dict[str, np.ndarray]:
    """Kind -> places per site."""
    if given is None:
        return {} if base.capacities is None else {PLACES: base.capacities}
    if not isinstance(given, Mapping) or not given:
        faults.add(Message("siting_faults.capacities_kinds"))
        return {}
    found = {}
    for kind, values in given.items():
        read = values_by_label(
            values, Message("siting_faults.capacities_of", kind=kind), base.site_index, faults
        )
        found[kind] = np.zeros(base.n_sites) if read is None else read
    return found


def read_opening(
    base: SitingProblem, given: Mapping[Any, int], years: tuple[int, ...], faults: Faults
) -> dict[int, int]:
    """Sites under construction: position -> number of the planning year in which they open.

    One that opens between two planning years counts from the later one; one that opens after the
    last never does.
    """
    unknown = [label for label in given if label not in base.site_index]
    if unknown:
        faults.add(Message("siting_faults.opening_sites", some=some_of(unknown)))
    standing = np.concatenate([base.fixed, base.closable, base.forbidden])
    found = {}
    for label, year in given.items():
        if label in unknown:
            continue
        at = int(base.site_index.get_loc(label))
        if at in standing:
            faults.add(Message("siting_faults.opening_open", label=label))
        if not number(year).is_integer():
            faults.add(Message("siting_faults.opening_year", label=label, year=year))
            continue
        found[at] = int(np.searchsorted(years, year))
    return found


def default_actions(base: SitingProblem, opening: Mapping[int, int]) -> tuple[ProgrammeAction, ...]:
    """Every candidate may open, at its `site_costs`; an action has the label of its site."""
    taken = np.concatenate([base.fixed, base.closable, base.forbidden]).astype(np.int64)
    free = np.setdiff1d(np.setdiff1d(np.arange(base.n_sites), taken), list(opening))
    money = np.zeros(base.n_sites) if base.site_costs is None else base.site_costs
    return tuple(
        ProgrammeAction(
            id=base.site_index[j], kind="open", site=base.site_index[j], cost=float(money[j])
        )
        for j in free
    )


def read_actions(
    base: SitingProblem,
    actions: tuple[ProgrammeAction, ...],
    years: tuple[int, ...],
    known: tuple[Mapping[int, int], Mapping[str, np.ndarray]],
    faults: Faults,
) -> None:
    """Faults of the actions. known : sites under construction, kinds of capacity."""
    seen = set()
    for action in actions:
        if not isinstance(action, ProgrammeAction):
            faults.add(Message("siting_faults.be_actions", action=action))
            continue
        if action.id in seen:
            faults.add(Message("siting_faults.action_twice", id=action.id))
        seen.add(action.id)
        for wrong in (*wrong_sites(base, action, known[0]), *wrong_numbers(action, known[1])):
            faults.add(Message("siting_faults.action_wrong", id=action.id, wrong=wrong))
        if action.earliest is not None and action.earliest > years[-1]:
            faults.add(
                Message(
                    "siting_faults.action_late",
                    id=action.id,
                    earliest=action.earliest,
                    value=years[-1],
                )
            )


def read_budgets(
    budgets: Budget | Sequence[Budget],
    shares: Sequence[SpendShare],
    actions: tuple[ProgrammeAction, ...],
    years: tuple[int, ...],
    faults: Faults,
) -> tuple[tuple[Budget, ...], tuple[SpendShare, ...]]:
    """Budgets and shares of the money."""
    every = (budgets,) if isinstance(budgets, Budget) else tuple(budgets)
    known = {action.id for action in actions if isinstance(action, ProgrammeAction)}
    names = [budget.name for budget in every]
    if len(set(names)) < len(names):
        faults.add(Message("siting_faults.budget_names", names=names))
    for budget in every:
        for wrong in wrong_budget(budget, known, len(years)):
            faults.add(Message("siting_faults.budget_wrong", name=budget.name, wrong=wrong))
    for share in shares:
        if not 0 <= number(share.least) <= number(share.most) <= 1:
            faults.add(Message("siting_faults.spend_between", name=share.name))
        unknown = [label for label in share.actions if label not in known]
        if unknown:
            faults.add(
                Message("siting_faults.spend_actions", name=share.name, some=some_of(unknown))
            )
    return every, tuple(shares)


def read_works(given: Any, years: tuple[int, ...], faults: Faults) -> np.ndarray:
    """Most works per year."""
    if given is None:
        return np.full(len(years), np.inf)
    single = not np.isnan(number(given))
    most = [number(given)] * len(years) if single else numbers(given)
    if len(most) != len(years) or not all(n >= 0 for n in most):
        faults.add(Message("siting_faults.works_number", count=len(years), given=given))
        return np.full(len(years), np.inf)
    return np.floor(np.array(most))


def read_levels(
    base: SitingProblem, given: Mapping[str, Any], faults: Faults
) -> dict[str, AreaLevel]:
    """Levels of areas by name; those of `base` under the empty name."""
    found = {}
    if base.areas is not None or base.site_areas is not None:
        found[""] = _level(base, base.areas, base.site_areas)
    for name, level in given.items():
        if isinstance(level, AreaLevel):
            found[name] = level
            continue
        demand, sites = level
        found[name] = _level(
            base,
            codes_by_label(
                demand, Message("siting_faults.level_demand", name=name), base.demand_index, faults
            ),
            codes_by_label(
                sites, Message("siting_faults.level_sites", name=name), base.site_index, faults
            ),
        )
    return found


def _level(base: SitingProblem, demand: np.ndarray | None, sites: np.ndarray | None) -> AreaLevel:
    rows = np.full(base.n_demand, None, object) if demand is None else demand
    places = np.full(base.n_sites, None, object) if sites is None else sites
    # areas are those of people; where only sites have a code, those of sites
    codes = dict.fromkeys(c for c in (places if demand is None else rows) if c is not None)
    return AreaLevel(demand=rows, sites=places, codes=tuple(codes))


def read_targets(
    targets: tuple[Target, ...],
    years: tuple[int, ...],
    levels: Mapping[str, AreaLevel],
    kinds: tuple[str, ...],
    faults: Faults,
) -> None:
    """Faults of the targets."""
    for target in targets:
        for wrong in wrong_target(target, years, levels, kinds):
            faults.add(
                Message(
                    "siting_faults.target_wrong",
                    measure=target.measure,
                    year=target.year,
                    wrong=wrong,
                )
            )


def no_areas_of_people(targets: tuple[Target, ...], base: SitingProblem, faults: Faults) -> None:
    """Where people need a place, who of an area gets one is open: no targets on that."""
    of_areas = [t for t in targets if t.measure == "people" and t.area is not None]
    if of_areas or any(t.measure == "areas_served" for t in targets):
        faults.add(Message("siting_faults.area_targets"))
    if base.full_within is not None:
        faults.add(Message("siting_faults.gradual_places"))
