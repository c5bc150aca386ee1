"""Tables beside the ledger: served by age, town and country; capacity, quotas, referral, money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.coverage.quota import quota_summary
from geoplan.coverage.rates import city_rate
from geoplan.coverage.tiers import referral_summary
from geoplan.outputs.tables.table import AREA, Column, Table
from geoplan.outputs.wording import (
    area_names,
    level_of_codes,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, year_text

_GROUPS = (
    Column(name="division"),
    Column(name="group"),
    Column(name="total", kind="count"),
    Column(name="served", kind="count"),
    Column(name="covered_share", kind="share"),
    Column(name="served_after", kind="count"),
    Column(name="covered_share_after", kind="share", word="share_after"),
)
_CAPACITY = (
    *AREA,
    Column(name="people", kind="count"),
    Column(name="facilities", kind="count"),
    Column(name="facilities_unknown", kind="count"),
    Column(name="places", kind="count"),
    Column(name="places_per_1000", kind="number"),
    Column(name="required", kind="count", word="required_places"),
    Column(name="lacking", kind="count", word="lacking_places"),
    Column(name="reach_per_1000", kind="number"),
    Column(name="none_share", kind="share"),
)
_REFERRAL = (
    Column(name="tier"),
    Column(name="id"),
    Column(name="name", word="site_name"),
    Column(name="centre_name", word="centre"),
    Column(name="cost_min", kind="number"),
    Column(name="limit_min", kind="number"),
    Column(name="within"),
    Column(name="reason"),
)
_CHAIN = (
    Column(name="tier"),
    Column(name="to"),
    Column(name="stations", kind="count"),
    Column(name="limit_min", kind="number"),
    Column(name="within_count", kind="count"),
    Column(name="share", kind="share", word="within_share"),
    Column(name="farthest_min", kind="number"),
)
_QUOTAS = (
    Column(name="level"),
    Column(name="total", kind="count", word="areas"),
    Column(name="with_site", kind="count"),
    Column(name="with_site_share", kind="share"),
    Column(name="meeting_quota", kind="count"),
    Column(name="meeting_share", kind="share"),
    Column(name="target_share", kind="share"),
    Column(name="on_target"),
    Column(name="lacking", kind="count", word="lacking_areas"),
)


_PHASES = (
    Column(name="phase", kind="count"),
    Column(name="year"),
    Column(name="new_sites", kind="count", word="phase_sites"),
    Column(name="money", kind="count"),
    Column(name="sites", kind="count", word="sites_so_far"),
    Column(name="money_so_far", kind="count"),
    Column(name="served", kind="count", word="served_after"),
    Column(name="share_after", kind="share"),
    Column(name="best", kind="count", word="phase_best"),
    Column(name="lost", kind="count", word="phase_lost"),
)
_FUND = (
    Column(name="service", word="paid_for"),
    Column(name="year"),
    Column(name="sites", kind="count", word="phase_sites"),
    Column(name="money", kind="count"),
)


_MEASURES = (
    Column(name="measure"),
    Column(name="count", kind="count"),
    Column(name="rate", kind="number"),
    Column(name="lowest"),
    Column(name="highest"),
    Column(name="apart", kind="count"),
)


def further_tables(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Table]:
    """The tables of one service that its data allow."""
    if service.by_group is not None or service.by_kind is not None:
        yield group_table(service, speaker)
    for level in service.capacity_areas:
        yield capacity_table(results, service, level, speaker)
    if service.quota:
        yield quota_overview(service, speaker)
    if service.siting is not None and service.siting.phases is not None:
        yield phase_table(results, service, speaker)
    if service.rates is not None:
        yield measure_table(results, service, speaker)
    if service.fund is not None:
        yield fund_table(results, service, speaker)
    if service.referral is not None and len(service.referral):
        yield chain_table(service, speaker)
        yield referral_table(service, speaker)


def with_currency(
    columns: tuple[Column, ...], results: RunResults, speaker: Speaker
) -> tuple[Column, ...]:
    """The columns with the study's currency behind the headings of money."""
    unit = speaker.currency(results.info.currency)
    return tuple(replace(c, unit=unit) if c.name.startswith("money") else c for c in columns)


def group_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Coverage of sub-groups, then of town and country, today and with the plan."""
    parts = []
    for division, table in (("group", service.by_group), ("kind", service.by_kind)):
        if table is None:
            continue
        part = table.copy()
        name = speaker.group if division == "group" else speaker.urban_rural
        part.insert(0, "group", [name(str(label)) for label in table.index])
        part.insert(0, "division", speaker.say(f"outputs.division_{division}"))
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    return Table.of(
        service.key, "groups", frame, tuple(c for c in _GROUPS if c.name in frame.columns)
    )


def capacity_table(
    results: RunResults, service: ServiceResult, level: str, speaker: Speaker
) -> Table:
    """Capacity in an area per 1,000 of its people, and what its people have in reach."""
    frame = service.capacity_areas[level].copy()
    if service.supply is not None and level in service.supply.areas:
        reached = service.supply.areas[level].reindex(frame.index)
        frame["reach_per_1000"] = reached["places_per_1000"]
        frame["none_share"] = reached["none_share"]
    frame["name"] = area_names(results, level, frame.index, speaker)
    frame.insert(0, "code", frame.index.astype(str))
    return Table.of(
        service.key,
        f"capacity_by_{level}",
        frame,
        tuple(c for c in _CAPACITY if c.name in frame.columns),
        sheet=f"capacity_{level}",
    )


def quota_overview(service: ServiceResult, speaker: Speaker) -> Table:
    """Per level: areas with a site, areas that meet the quota, and the share that should."""
    frame = quota_summary(service.quota, service.standard)
    frame["on_target"] = [speaker.yes_no(v) for v in frame["on_target"]]
    frame.insert(0, "level", [speaker.level(str(level)) for level in frame.index])
    return Table.of(service.key, "quotas", frame.reset_index(drop=True), _QUOTAS)


def chain_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Per referring tier: how many of its sites are within their drive time of a centre."""
    assert service.referral is not None
    frame = referral_summary(service.referral).rename(columns={"within": "within_count"})
    tiers = {tier.key: tier for tier in service.standard.tiers}
    keys = [str(key) for key in frame.index]
    frame["limit_min"] = [tiers[key].refer_threshold_min for key in keys]
    frame["to"] = [tiers[str(tiers[key].refers_to)].name(speaker.lang) for key in keys]
    frame.insert(0, "tier", [tiers[key].name(speaker.lang) for key in keys])
    return Table.of(service.key, "referral_chain", frame.reset_index(drop=True), _CHAIN)


def referral_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Every site and its nearest centre, those beyond the limit first."""
    found = service.referral
    assert found is not None
    frame = found.sort_values("within", kind="stable").copy()
    tiers = {tier.key: tier.name(speaker.lang) for tier in service.standard.tiers}
    frame["tier"] = [tiers.get(str(key), str(key)) for key in frame["tier"]]
    frame["name"] = [
        clean(name) or str(label) for label, name in zip(frame.index, frame["name"], strict=True)
    ]
    frame["within"] = [speaker.yes_no(v) for v in frame["within"]]
    frame["reason"] = [
        "" if reason == "" else speaker.word(f"outputs.referral_{reason}", str(reason))
        for reason in frame["reason"]
    ]
    frame.insert(0, "id", frame.index.astype(str))
    return Table.of(service.key, "referral", frame.reset_index(drop=True), _REFERRAL)


def phase_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """What each phase builds, takes and reaches."""
    assert service.siting is not None
    assert service.siting.phases is not None
    frame = service.siting.phases.reset_index()
    frame["year"] = [year_text(year) for year in frame["year"]]
    return Table.of(service.key, "phases", frame, with_currency(_PHASES, results, speaker))


def fund_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """What a fund pays for, by service and year, and in all."""
    assert service.fund is not None
    spending = service.fund.spending
    names = {key: other.name(speaker.lang) for key, other in results.services.items()}
    frame = pd.DataFrame(
        {
            "service": [clean(names.get(key, key)) for key in spending["service"]],
            "year": [year_text(year) for year in spending["year"]],
            "sites": spending["sites"].astype(float),
            "money": spending["money"].astype(float),
        }
    )
    last = {
        "service": speaker.say("outputs.all_sites"),
        "year": "",
        "sites": frame["sites"].sum(),
        "money": frame["money"].sum(),
    }
    frame.loc[len(frame)] = last
    return Table.of(service.key, "fund", frame, with_currency(_FUND, results, speaker))


def measure_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """Per counted thing: the city's count and rate, the lowest and the highest area.

    ``apart`` counts areas whose 95 % interval does not hold the city's rate: differences between
    the others may be chance. Sums of money have no intervals.
    """
    assert service.rates is not None
    level = level_of_codes(results, service.rates.index)
    rows = []
    for key, table in (service.all_rates or {"": service.rates}).items():
        names = table["name"].to_numpy(object)
        if level is not None:
            names = np.array(area_names(results, level, table.index, speaker), dtype=object)
        rate = table["rate"].to_numpy(float)
        known = np.flatnonzero(np.isfinite(rate))
        city = city_rate(table, service.standard.per)
        ends = [known[np.argmin(rate[known])], known[np.argmax(rate[known])]] if len(known) else []
        low, high = [f"{clean(names[k])} {rate[k]:,.2f}" for k in ends] if ends else ["", ""]
        outside = (table["low"] > city.rate) | (table["high"] < city.rate)
        measure = clean(service.rate_names.get(key, "")) or service.name(speaker.lang)
        rows.append(
            {
                "measure": measure,
                "count": city.count,
                "rate": city.rate,
                "lowest": low,
                "highest": high,
                "apart": int(outside.sum()) if table["low"].notna().any() else None,
            }
        )
    return Table.of(service.key, "measures", pd.DataFrame(rows), _MEASURES)
