"""Gaps, suggested sites, closures, phases, and what a fund pays for."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from geoplan.outputs.tables.table import Column, Table, plan_columns
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, is_missing, plain, year_text

#: closures listed, today and after the plan
_MOST_CLOSURES = 20
_SITES = (
    Column(name="rank", kind="count"),
    Column(name="id"),
    Column(name="name", word="place"),
    Column(name="tier"),
    Column(name="area"),
    Column(name="lon", kind="degrees"),
    Column(name="lat", kind="degrees"),
    Column(name="added_people", kind="count"),
    Column(name="added_backup", kind="count"),
    Column(name="share_after", kind="share"),
    Column(name="next_best"),
    Column(name="next_best_loss", kind="count"),
    Column(name="chosen_share", kind="share"),
    Column(name="kind", word="site_kind"),
    Column(name="money", kind="count"),
    Column(name="phase", kind="count"),
    Column(name="year"),
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


def with_currency(
    columns: tuple[Column, ...], results: RunResults, speaker: Speaker
) -> tuple[Column, ...]:
    """The columns with the study's currency behind the headings of money."""
    unit = speaker.currency(results.info.currency)
    return tuple(replace(c, unit=unit) if c.name.startswith("money") else c for c in columns)


def gap_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Gap areas, most people (or longest) first."""
    gaps = service.gaps
    assert gaps is not None
    frame = pd.DataFrame(gaps.drop(columns=gaps.geometry.name))
    line = "length_m" in gaps.columns
    frame["cause"] = [speaker.cause(c, line=line) for c in gaps["cause"]]
    frame["remedy"] = [speaker.remedy(r, line=line) for r in gaps["remedy"]]
    ranks = {} if service.siting is None else dict(service.siting.sites["rank"])
    closing = [None if is_missing(c) else plain(ranks.get(c)) for c in gaps["closing_site"]]
    frame["closing_site"] = pd.Series(closing, index=frame.index, dtype=object)
    size = Column(name="length_m", kind="count", word="gap_m")
    if "length_m" not in frame.columns:
        size = Column(name="people", kind="count", word="unserved")
    columns: tuple[Column, ...] = (
        Column(name="rank", kind="count"),
        Column(name="area"),
        size,
        Column(name="members", kind="count"),
        Column(name="cause"),
        Column(name="remedy"),
        Column(name="closing_site", kind="count"),
    )
    if "length_m" in frame.columns:  # a stretch of line has no residents
        columns = tuple(c for c in columns if c.name not in ("members", "closing_site"))
        columns = (*columns, Column(name="closing_site", kind="count", word="first_marker"))
    return Table.of(
        service.key,
        "gaps",
        frame,
        columns,
        sheet="gaps" if "length_m" not in frame.columns else "line_gaps",
    )


def site_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """Suggested sites in the order of building."""
    assert service.siting is not None
    sites = service.siting.sites
    frame = pd.DataFrame(sites.drop(columns=sites.geometry.name))
    frame["id"] = sites.index.astype(str)
    if "kind" in frame.columns:
        frame["kind"] = [speaker.site_kind(kind) for kind in frame["kind"]]
    if "year" in frame.columns:
        frame["year"] = [year_text(year) for year in frame["year"]]
    if "tier" in frame.columns:
        frame["tier"] = [service.standard.tier(key).name(speaker.lang) for key in frame["tier"]]
    columns = tuple(c for c in _SITES if c.name in frame.columns)
    columns = with_currency(plan_columns(columns, service), results, speaker)
    return Table.of(service.key, "sites", frame, columns)


def closed_table(service: ServiceResult, speaker: Speaker) -> Table:
    """The sites that the plan closes, and the people in reach of no other one today."""
    assert service.siting is not None
    assert service.siting.closed is not None
    frame = service.siting.closed.copy()
    frame.insert(0, "id", frame.index.astype(str))
    columns = (
        Column(name="id"),
        Column(name="name", word="site_name"),
        Column(name="people", kind="count", word="closed_people"),
        Column(name="lon", kind="degrees"),
        Column(name="lat", kind="degrees"),
    )
    return Table.of(service.key, "closed", frame.reset_index(drop=True), columns)


def other_plans_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Plans as good as the suggested one: the sites that each has and the suggested one has not."""
    siting = service.siting
    assert siting is not None
    assert siting.alternatives is not None
    found = siting.alternatives.table
    mine = {*siting.sites.index, *siting.result.sites}
    standing = set() if service.facilities is None else set(service.facilities.frame.index)
    new = [[s for s in sites if s not in standing] for sites in found["sites"]]
    frame = pd.DataFrame(
        {
            "plan": range(1, len(found) + 1),
            "people": found["value"],
            "changed": found["changed"],
            "instead": [", ".join(str(s) for s in sites if s not in mine) for sites in new],
        }
    )
    columns = (
        Column(name="plan", kind="count", word="other_plan"),
        Column(name="people", kind="count", word="other_people"),
        Column(name="changed", kind="count", word="other_changed"),
        Column(name="instead", word="other_instead"),
    )
    return Table.of(service.key, "other_plans", frame, columns)


def closure_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Sites whose closure costs people their only one, today and once the plan is built (N - 1)."""
    assert service.siting is not None
    found = service.siting.robustness
    assert found is not None
    parts = []
    for when, critical in (("now", found.critical), ("after", found.critical_after)):
        part = critical[critical["people"] > 0].head(_MOST_CLOSURES).copy()
        part.insert(0, "when", speaker.say(f"outputs.closure_{when}"))
        part.insert(1, "rank", range(1, len(part) + 1))
        part.insert(2, "id", part.index.astype(str))
        ranks = service.siting.sites["rank"].rename(index=str)
        new = part["name"].astype("string").fillna("").eq("") & part["id"].isin(ranks.index)
        part["name"] = [
            speaker.say("outputs.closure_new", rank=int(ranks[label])) if is_new else name or label
            for label, name, is_new in zip(part["id"], part["name"], new, strict=True)
        ]
        parts.append(part)
    columns = (
        Column(name="when"),
        Column(name="rank", kind="count"),
        Column(name="id"),
        Column(name="name", word="site_name"),
        Column(name="people", kind="count", word="closure_people"),
    )
    return Table.of(service.key, "closures", pd.concat(parts, ignore_index=True), columns)


def phase_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """What each phase builds, takes and reaches."""
    assert service.siting is not None
    assert service.siting.phases is not None
    frame = service.siting.phases.reset_index()
    frame["year"] = [year_text(year) for year in frame["year"]]
    columns = with_currency(plan_columns(_PHASES, service), results, speaker)
    return Table.of(service.key, "phases", frame, columns)


def fund_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """What a fund pays for, by service and year, and in all."""
    assert service.fund is not None
    spending = service.fund.spending
    names = {key: other.name(speaker.lang) for key, other in results.services.items()}
    frame = pd.DataFrame(
        {
            "service": [
                *(clean(names.get(key, key)) for key in spending["service"]),
                speaker.say("outputs.all_sites"),
            ],
            "year": [*(year_text(year) for year in spending["year"]), ""],
            "sites": [*spending["sites"].astype(float), float(spending["sites"].sum())],
            "money": [*spending["money"].astype(float), float(spending["money"].sum())],
        }
    )
    return Table.of(service.key, "fund", frame, with_currency(_FUND, results, speaker))
