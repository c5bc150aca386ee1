"""Capacity by area, and the referral of one tier's sites to the next."""

from __future__ import annotations

from geoplan.coverage.tiers import referral_summary
from geoplan.outputs.tables.table import AREA, Column, Table
from geoplan.outputs.wording import (
    area_names,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

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
