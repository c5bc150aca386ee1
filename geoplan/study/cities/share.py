"""New sites, or money, that the cities share: split so that most people are served in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.errors import GeoplanError, UsageError
from geoplan.inputs.findings.finding import Finding
from geoplan.results import SitingOutcome
from geoplan.results.cities import SharedSites
from geoplan.siting.joint.sharing import CityCurve, share_out_proved
from geoplan.study.cities.check import of_city
from geoplan.study.cities.opening import City, faults_of, stopped
from geoplan.study.config.include import SharedSitingSection
from geoplan.study.config.schema import SitingSection
from geoplan.study.progress import Progress
from geoplan.study.run import suggest_sites_of
from geoplan.study.settings import StudySettings
from geoplan.study.sites.budget import own_prices
from geoplan.study.sites.whole_service import has_rules

#: how often numbers that leave the split's proof open are solved by themselves
_ROUNDS = 8
#: a part of a budget that sums of prices may exceed it by: rounding
_ROUNDING = 1e-9
#: what a city's own siting says of how much is built: the whole says it instead
_HOW_MUCH = ("sites", "budget", "phases", "years")


def curves_here(
    cities: Sequence[City], key: str, most: Sequence[int], progress: Progress
) -> list[CityCurve | tuple[Finding, ...]]:
    """What every number of new sites brings in each city, up to its `most`, or what stops it."""
    found: list[CityCurve | tuple[Finding, ...]] = []
    for k, city in enumerate(cities):
        told = of_city(progress, city.name, k, len(cities))
        try:
            found.append(curve_of(city.study, key, most[k], told))
        except GeoplanError as error:
            found.append(faults_of(city.name, error, city.study.config.lang))
    return found


#: works out the curves of cities, here or elsewhere
CurvesOf = Callable[
    [Sequence[City], str, Sequence[int], Progress], list[CityCurve | tuple[Finding, ...]]
]


def shared_sites(
    study: StudySettings,
    cities: Sequence[City],
    services: Mapping[str, Sequence[str]],
    *,
    progress: Progress,
    curves: CurvesOf = curves_here,
) -> tuple[tuple[City, ...], dict[str, SharedSites]]:
    """Every city with its part of what is shared, and how it was shared, by service.

    Parameters
    ----------
    study : of all the cities. services : which are asked for, by city.
    curves : where each city's curve is worked out.

    Raises
    ------
    StudyFileError
        Cities whose siting cannot share; all of them are told.
    """
    assert study.of_cities is not None
    found: dict[str, SharedSites] = {}
    for key, section in study.of_cities.services.items():
        having = [city for city in cities if key in services[city.name]]
        if section.siting is None or not having:
            continue
        refuse_unshared(study, having, key, section.siting)
        one = share_among(study, having, key, section.siting, progress=progress, curves=curves)
        found[key] = replace(one, gave_way=tuple(_in_years(having, key)))
    return tuple(with_part(city, found) for city in cities), found


def _in_years(cities: Sequence[City], key: str) -> Iterator[str]:
    """Cities that plan these sites in phases or for years of their own."""
    for city in cities:
        siting = city.study.config.services[key].siting
        if siting is not None and (siting.phases or siting.years):
            yield city.name


def refuse_unshared(
    study: StudySettings, cities: Sequence[City], key: str, asked: SharedSitingSection
) -> None:
    """Raise where a city's siting has no curve of people by sites, or no price for money.

    Raises
    ------
    StudyFileError
        It names every such city.
    """
    speaker = study.config.speaker
    faults: list[Finding] = []
    monies = {city.study.config.study.currency.strip() for city in cities}
    if asked.budget is not None and len(monies) > 1:
        error = UsageError(speaker.say("cities.shares_currencies", key=key, told=_monies(cities)))
        faults += faults_of(study.file.name, error, speaker.lang)
    for city in cities:
        siting = city.study.config.services[key].siting
        try:
            word = _unshared(siting, asked, city.study, key)
            if word:
                raise UsageError(speaker.say(f"cities.{word}", key=key))
        except GeoplanError as error:
            faults += faults_of(city.name, error, speaker.lang)
    if faults:
        raise stopped(study, faults)


def _monies(cities: Sequence[City]) -> str:
    """What each city's money is called: ``A (yuan), B (USD)``."""
    speaker = cities[0].study.config.speaker
    named = (f"{c.name} ({speaker.currency(c.study.config.study.currency)})" for c in cities)
    return speaker.say("report.name_comma").join(named)


def _unshared(
    siting: SitingSection | None, asked: SharedSitingSection, study: StudySettings, key: str
) -> str:
    together = study.config.shared_buildings
    if siting is None:
        return "shares_no_siting"
    if siting.objective != "max_coverage" or siting.tiers is not None:
        return "shares_other_objective"
    if has_rules(siting):
        return "shares_rules"
    if together is not None and key in together.services:
        return "shares_buildings"
    if asked.budget is not None and not isinstance(siting.site_cost, float):
        return "shares_no_price"
    prices = None if asked.budget is None else own_prices(study.config, study.folder, key, siting)
    return "" if prices is None else "shares_own_prices"


def share_among(
    study: StudySettings,
    cities: Sequence[City],
    key: str,
    asked: SharedSitingSection,
    *,
    progress: Progress,
    curves: CurvesOf = curves_here,
) -> SharedSites:
    """The best split of `asked` among cities, with each city's curve up to all of it."""
    known: list[CityCurve] = []
    prices: list[float] = []
    numbers: list[int] = []
    faults: list[Finding] = []
    for city in cities:
        siting = city.study.config.services[key].siting
        assert siting is not None
        price = siting.site_cost if isinstance(siting.site_cost, float) else np.nan
        prices.append(price)
        most = asked.sites if asked.sites is not None else int(_of(asked.budget) / price + 1e-9)
        numbers.append(most)
    for one, price in zip(curves(cities, key, numbers, progress), prices, strict=True):
        if isinstance(one, tuple):
            faults += one
        else:
            known.append(replace(one, price=1.0 if asked.sites is not None else price))
    if faults:
        raise stopped(study, faults)
    total = asked.sites if asked.sites is not None else _of(asked.budget)

    def solve(k: int, count: int) -> tuple[float, float]:
        told = of_city(progress, cities[k].name, k, len(cities))
        return _solved(cities[k].study, key, count, told)

    split, known = share_out_proved(known, total, solve=solve, rounds=_ROUNDS)
    chosen = list(zip(known, split.points, strict=True))
    sites = [int(curve.sites[k]) for curve, k in chosen]
    table = pd.DataFrame(
        {
            "sites": sites,
            "money": np.array(sites) * np.array(prices),
            "value": [float(curve.value[k]) for curve, k in chosen],
            "bound": [float(curve.bound[k]) for curve, k in chosen],
        },
        index=pd.Index([city.name for city in cities], name="city"),
    )
    return SharedSites(
        service=key,
        sites=asked.sites,
        budget=asked.budget,
        table=table,
        value=split.value,
        bound=split.bound,
        curves=dict(zip(table.index, known, strict=True)),
    )


def _of(budget: float | None) -> float:
    assert budget is not None
    return budget


def _solved(study: StudySettings, key: str, count: int, progress: Progress) -> tuple[float, float]:
    """People served in one city by so many new sites, and what no sites exceed."""
    result = _planned(study, key, count, progress).result
    bound = np.inf if result.bound is None else result.bound
    return float(result.value), float(bound)


def _planned(
    study: StudySettings,
    key: str,
    count: int,
    progress: Progress,
    *,
    curve: bool = False,
    cache: bool = True,
) -> SitingOutcome:
    asked: dict[str, Any] = dict.fromkeys(_HOW_MUCH)
    asked |= {"sites": count, "curve": curve, "robustness": 0}
    changed = study.replace({f"services.{key}.siting": asked})
    siting = suggest_sites_of(changed, key, progress=progress, cache=cache).siting
    assert siting is not None
    if siting.result.detail.get("interrupted"):
        raise KeyboardInterrupt
    return siting


def curve_of(
    study: StudySettings, key: str, most: int, progress: Progress, *, cache: bool = True
) -> CityCurve:
    """People served in one city by every number of new sites up to `most`, with the bound."""
    curve = _planned(study, key, most, progress, curve=True, cache=cache).curve
    if curve is None:
        raise UsageError.of("cities.shares_no_curve", key=key)
    return CityCurve(
        sites=curve["sites"].to_numpy(np.int64),
        value=curve["value"].to_numpy(float),
        bound=curve["bound"].to_numpy(float),
    )


def as_reached(
    study: StudySettings, shared: SharedSites, outcomes: Mapping[str, SitingOutcome]
) -> SharedSites:
    """What was shared with what the cities' own plans reach: no proof where that is less.

    Parameters
    ----------
    outcomes : the plan of the service by city, as far as there are.

    Raises
    ------
    UsageError
        The plans cost more than there is.
    """
    table = shared.table.copy()
    for city in table.index:
        if city in outcomes:
            table.loc[city, "value"] = float(outcomes[city].result.value)
    costs = [one.sites["money"].sum() for one in outcomes.values() if "money" in one.sites.columns]
    if shared.budget is not None and sum(costs) > shared.budget * (1 + _ROUNDING):
        speaker = study.config.speaker
        budget, money = f"{shared.budget:,.0f}", f"{sum(costs):,.0f}"
        raise UsageError(
            speaker.say("cities.overspent", key=shared.service, budget=budget, money=money)
        )
    return replace(shared, table=table, value=float(table["value"].sum()))


def with_part(city: City, shared: Mapping[str, SharedSites]) -> City:
    """A city that plans its own part of what is shared."""
    changes: dict[str, Any] = {}
    for key, one in shared.items():
        if city.name in one.table.index:
            part: dict[str, Any] = dict.fromkeys(_HOW_MUCH)
            changes[f"services.{key}.siting"] = part | {"sites": int(one.table["sites"][city.name])}
    return replace(city, study=city.study.replace(changes)) if changes else city
