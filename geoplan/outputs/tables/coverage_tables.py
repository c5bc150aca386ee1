"""Who is served: all services at a glance, by area, tier, group, town and country, and quotas."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.coverage.quota import quota_summary
from geoplan.outputs.ranges import further_coverages, is_plan_unlimited, most_ledger
from geoplan.outputs.tables.table import AREA, Column, Table, plan_columns
from geoplan.outputs.wording import (
    area_names,
    standard_text,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker

_STATES = tuple(Column(name=state, kind="count") for state in STATES)
_LEDGER = (
    *AREA,
    Column(name="parent"),
    Column(name="total", kind="count"),
    *_STATES,
    Column(name="covered_share", kind="share"),
)
#: only where capacities are not known
_MOST = (Column(name="served_most", kind="count"), Column(name="share_most", kind="share"))
_AFTER = (Column(name="served_after", kind="count"), Column(name="share_after", kind="share"))
#: only where capacities, of existing or of new sites, are not known
_AFTER_MOST = tuple(replace(column, name=f"{column.name}_most") for column in _AFTER)
_QUOTA = (
    *AREA,
    Column(name="sites", kind="count"),
    Column(name="designated", kind="count"),
    Column(name="required", kind="count"),
    Column(name="meets"),
)
_GROUPS = (
    Column(name="division"),
    Column(name="group"),
    Column(name="total", kind="count"),
    Column(name="served", kind="count"),
    Column(name="covered_share", kind="share"),
    Column(name="served_after", kind="count"),
    Column(name="covered_share_after", kind="share", word="share_after"),
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
    Column(name="undecided", kind="count"),
)


def _called(columns: tuple[Column, ...], cut_off: str) -> tuple[Column, ...]:
    """The columns, those who are cut off called by another word: streets are not what does it."""
    return tuple(replace(c, word=cut_off) if c.name == "cut_off" else c for c in columns)


def overview_table(results: RunResults, speaker: Speaker) -> Table:
    """One row per service: the headline numbers."""
    rows = [_overview_row(service, speaker) for service in results.services.values()]
    ranges = any(service.coverage_most is not None for service in results.services.values())
    timed = any(service.standard.mode == "transit" for service in results.services.values())
    columns = (
        Column(name="service"),
        Column(name="standard"),
        Column(name="facilities", kind="count"),
        Column(name="total", kind="count"),
        *(_called(_STATES, "cut_off_any") if timed else _STATES),
        Column(name="covered_share", kind="share"),
        *(_MOST if ranges else ()),
        Column(name="length_m", kind="count"),
        Column(name="covered_m", kind="count"),
        Column(name="gap_m", kind="count"),
        Column(name="gaps", kind="count"),
        Column(name="new_sites", kind="count"),
        *_after(results.services.values()),
        Column(name="proof"),
    )
    frame = pd.DataFrame(rows, columns=[c.name for c in columns])
    return Table(name="services", service="", sheet="overview", frame=frame, columns=columns)


def _after(services: Collection[ServiceResult]) -> tuple[Column, ...]:
    """Columns of the numbers with the plan: what is proved, what is the most, or both."""
    most = any(most_ledger(service, after=True) is not None for service in services)
    proved = any(s.siting is not None and not is_plan_unlimited(s) for s in services)
    return (*(_AFTER if proved or not most else ()), *(_AFTER_MOST if most else ()))


def _overview_row(service: ServiceResult, speaker: Speaker) -> dict[str, Any]:
    row: dict[str, Any] = {
        "service": service.name(speaker.lang),
        "standard": standard_text(service.standard, speaker),
        "facilities": None if service.facilities is None else len(service.facilities),
        "gaps": None if service.gaps is None else len(service.gaps),
    }
    if service.coverage is not None:
        row |= service.coverage.ledger.to_dict()
        row["covered_share"] = service.coverage.covered_share
    if service.coverage_most is not None:
        row["served_most"] = service.coverage_most.ledger.served
        row["share_most"] = service.coverage_most.covered_share
    if service.spacing is not None:
        found = service.spacing
        row |= {"length_m": found.total_m, "covered_m": found.covered_m, "gap_m": found.gap_m}
        row["covered_share"] = found.covered_m / found.total_m if found.total_m else None
    if service.siting is not None:
        result = service.siting.result
        row["new_sites"] = len(service.siting.sites)
        row["proof"] = speaker.status(result.status, result.gap, value=result.value)
    after, most = service.siting, most_ledger(service, after=True)
    if after is not None and not is_plan_unlimited(service):
        row["served_after"] = after.people_after.served
        row["share_after"] = after.people_after.covered_share
    if most is not None:
        row["served_after_most"], row["share_after_most"] = most.served, most.covered_share
    return row


def area_table(results: RunResults, service: ServiceResult, level: str, speaker: Speaker) -> Table:
    """The ledger of one service by area, with the plan's effect where sites are suggested."""
    coverage = service.coverage
    assert coverage is not None
    frame = coverage.by_area(level).copy()
    columns = _called(_LEDGER, "no_service") if service.standard.mode == "transit" else _LEDGER
    for ending, measured in further_coverages(service).items():
        if level in measured.frame.columns:
            table = measured.by_area(level).reindex(frame.index)
            frame[f"served{ending}"] = table["served"]
            frame[f"share{ending}"] = table["covered_share"]
    known = (*_MOST, *_AFTER, *_AFTER_MOST)
    columns = (*columns, *(c for c in known if c.name in frame.columns))
    layer = results.areas[level]
    parents = layer.frame["parent"]
    above = layer.parent or ""
    over = parents.reindex(frame.index)
    names = area_names(results, above, over, speaker) if above in results.areas else over
    frame["parent"] = np.where(over.notna(), names, "")
    if above not in results.areas:
        columns = tuple(c for c in columns if c.name != "parent")
    frame["name"] = area_names(results, level, frame.index, speaker)
    frame.insert(0, "code", frame.index.astype(str))
    return Table.of(service.key, f"by_{level}", frame, columns)


def tier_table(results: RunResults, service: ServiceResult, tier: str, speaker: Speaker) -> Table:
    """The ledger of one tier by the coarsest area level."""
    coverage = service.tiers[tier]
    levels = [level for level in results.areas if level in coverage.frame.columns]
    named = {t.key: t.name(speaker.lang) for t in service.standard.tiers}
    if levels:
        frame = coverage.by_area(levels[0]).copy()
        frame["name"] = area_names(results, levels[0], frame.index, speaker)
        frame.insert(0, "code", frame.index.astype(str))
    else:
        frame = pd.DataFrame([coverage.ledger.to_dict()])
        frame["covered_share"] = coverage.covered_share
        frame["code"], frame["name"] = "", results.info.name
    frame.insert(0, "tier", named.get(tier, tier))
    columns = (Column(name="tier"), *(c for c in _LEDGER if c.name != "parent"))
    return Table.of(service.key, f"tier_{tier}", frame, columns, sheet="tiers")


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
    columns = tuple(c for c in _GROUPS if c.name in frame.columns)
    return Table.of(service.key, "groups", frame, plan_columns(columns, service))


def quota_table(results: RunResults, service: ServiceResult, level: str, speaker: Speaker) -> Table:
    """Sites and quota of every area of one level."""
    frame = service.quota[level].copy()
    frame["name"] = area_names(results, level, frame.index, speaker)
    asked = frame["required"].notna()
    frame["meets"] = [speaker.yes_no(m) for m in frame["meets"]]
    frame.loc[asked & (frame["meets"] == ""), "meets"] = speaker.say("outputs.undecided")
    frame.insert(0, "code", frame.index.astype(str))
    return Table.of(service.key, f"quota_{level}", frame, _QUOTA)


def quota_overview(service: ServiceResult, speaker: Speaker) -> Table:
    """Per level: areas with a site, areas that meet the quota, and the share that should."""
    frame = quota_summary(service.quota, service.standard)
    frame["on_target"] = [speaker.yes_no(v) for v in frame["on_target"]]
    frame.insert(0, "level", [speaker.level(str(level)) for level in frame.index])
    columns = tuple(c for c in _QUOTAS if c.name != "undecided" or frame["undecided"].any())
    return Table.of(service.key, "quotas", frame.reset_index(drop=True), columns)
