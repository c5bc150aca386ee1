"""Tables of a run: by area, gap, site and quota."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.outputs.tables.further_tables import further_tables, with_currency
from geoplan.outputs.tables.table import AREA, Column, Table
from geoplan.outputs.wording import (
    area_names,
    level_of_codes,
    standard_text,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, is_missing, plain, year_text

#: closures listed, today and after the plan
_MOST_CLOSURES = 20
_STATES = tuple(Column(name=state, kind="count") for state in STATES)
_LEDGER = (
    *AREA,
    Column(name="parent"),
    Column(name="total", kind="count"),
    *_STATES,
    Column(name="covered_share", kind="share"),
)
_AFTER = (Column(name="served_after", kind="count"), Column(name="share_after", kind="share"))
_QUOTA = (
    *AREA,
    Column(name="sites", kind="count"),
    Column(name="designated", kind="count"),
    Column(name="required", kind="count"),
    Column(name="meets"),
)
_RATES = (
    Column(name="measure"),
    *AREA,
    Column(name="count", kind="count"),
    Column(name="people", kind="count"),
    Column(name="rate", kind="number"),
    Column(name="low", kind="number"),
    Column(name="high", kind="number"),
    Column(name="smoothed", kind="number"),
)
_SITES = (
    Column(name="rank", kind="count"),
    Column(name="id"),
    Column(name="name", word="place"),
    Column(name="area"),
    Column(name="lon", kind="degrees"),
    Column(name="lat", kind="degrees"),
    Column(name="added_people", kind="count"),
    Column(name="share_after", kind="share"),
    Column(name="next_best"),
    Column(name="next_best_loss", kind="count"),
    Column(name="chosen_share", kind="share"),
    Column(name="kind", word="site_kind"),
    Column(name="money", kind="count"),
    Column(name="phase", kind="count"),
    Column(name="year"),
)


def table_list(results: RunResults, speaker: Speaker) -> list[Table]:
    """Every table of a run, in the order in which a reader wants them.

    Parameters
    ----------
    results : a run's results, or an edition of them.
    speaker : in whose language are causes, remedies and headings.
    """
    tables = [overview_table(results, speaker)]
    for service in results.services.values():
        tables.extend(service_tables(results, service, speaker))
    if len(results.figures):
        tables.append(figures_table(results))
    return tables


def service_tables(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Table]:
    """The tables of one service."""
    if service.coverage is not None:
        for level in results.areas:
            if level in service.coverage.frame.columns:
                yield area_table(results, service, level, speaker)
    for tier in service.tiers:
        yield tier_table(results, service, tier, speaker)
    if service.gaps is not None:
        yield gap_table(service, speaker)
    if service.siting is not None:
        yield site_table(results, service, speaker)
        if service.siting.robustness is not None:
            yield closure_table(service, speaker)
    yield from further_tables(results, service, speaker)
    for level in service.quota:
        yield quota_table(results, service, level, speaker)
    if service.rates is not None:
        yield rate_table(results, service, speaker)
    if service.spacing is not None:
        yield stretch_table(service, speaker)
        yield required_table(service, speaker)


def overview_table(results: RunResults, speaker: Speaker) -> Table:
    """One row per service: the headline numbers."""
    rows = [_overview_row(service, speaker) for service in results.services.values()]
    columns = (
        Column(name="service"),
        Column(name="standard"),
        Column(name="facilities", kind="count"),
        Column(name="total", kind="count"),
        *_STATES,
        Column(name="covered_share", kind="share"),
        Column(name="length_m", kind="count"),
        Column(name="covered_m", kind="count"),
        Column(name="gap_m", kind="count"),
        Column(name="gaps", kind="count"),
        Column(name="new_sites", kind="count"),
        *_AFTER,
        Column(name="proof"),
    )
    frame = pd.DataFrame(rows, columns=[c.name for c in columns])
    return Table(name="services", service="", sheet="overview", frame=frame, columns=columns)


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
    if service.spacing is not None:
        found = service.spacing
        row |= {"length_m": found.total_m, "covered_m": found.covered_m, "gap_m": found.gap_m}
        row["covered_share"] = found.covered_m / found.total_m if found.total_m else None
    if service.siting is not None:
        result = service.siting.result
        row["new_sites"] = len(service.siting.sites)
        row["proof"] = speaker.status(result.status, result.gap)
        row["served_after"] = service.siting.people_after.served
        row["share_after"] = service.siting.people_after.covered_share
    return row


def area_table(results: RunResults, service: ServiceResult, level: str, speaker: Speaker) -> Table:
    """The ledger of one service by area, with the plan's effect where sites are suggested."""
    coverage = service.coverage
    assert coverage is not None
    frame = coverage.by_area(level).copy()
    columns: tuple[Column, ...] = _LEDGER
    after = None if service.siting is None else service.siting.coverage_after
    if after is not None and level in after.frame.columns:
        then = after.by_area(level).reindex(frame.index)
        frame["served_after"] = then["served"]
        frame["share_after"] = then["covered_share"]
        columns = (*columns, *_AFTER)
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
    columns = tuple(c for c in _SITES if c.name in frame.columns)
    columns = with_currency(columns, results, speaker)
    return Table.of(service.key, "sites", frame, columns)


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


def quota_table(results: RunResults, service: ServiceResult, level: str, speaker: Speaker) -> Table:
    """Sites and quota of every area of one level."""
    frame = service.quota[level].copy()
    frame["name"] = area_names(results, level, frame.index, speaker)
    frame["meets"] = [speaker.yes_no(m) for m in frame["meets"]]
    frame.insert(0, "code", frame.index.astype(str))
    return Table.of(service.key, f"quota_{level}", frame, _QUOTA)


def rate_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """Rates by area with their intervals, one counted thing below the other."""
    assert service.rates is not None
    level = level_of_codes(results, service.rates.index)
    parts = []
    for key, table in (service.all_rates or {"": service.rates}).items():
        part = table.copy()
        if level is not None:
            part["name"] = area_names(results, level, part.index, speaker)
        part.insert(0, "code", part.index.astype(str))
        part.insert(0, "measure", clean(service.rate_names.get(key, "")))
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    columns = tuple(c for c in _RATES if c.name in frame.columns)
    if len(parts) == 1:
        columns = tuple(c for c in columns if c.name != "measure")
    return Table.of(service.key, "rates", frame, columns)


def stretch_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Covered and gap stretches along every line."""
    intervals = service.spacing.intervals
    frame = pd.DataFrame(intervals.drop(columns=intervals.geometry.name))
    frame["line"] = service.line_texts(frame["line"]).map(clean)
    frame["status"] = [speaker.word(f"outputs.stretch_{s}", str(s)) for s in frame["status"]]
    columns = (
        Column(name="line"),
        Column(name="from_m", kind="count"),
        Column(name="to_m", kind="count"),
        Column(name="length_m", kind="count"),
        Column(name="status"),
    )
    return Table.of(service.key, "stretches", frame, columns)


def required_table(service: ServiceResult, speaker: Speaker) -> Table:
    """Required points, where they are, and whether they are marked."""
    required = service.spacing.required
    frame = pd.DataFrame(required.drop(columns=required.geometry.name))
    lines = service.line_texts(frame["line"]).map(clean) if "line" in frame.columns else ""
    frame["line"] = lines
    places = required.geometry.to_crs("EPSG:4326")
    frame["lon"], frame["lat"] = places.x.round(6), places.y.round(6)
    frame["kind"] = [speaker.point_kind(k) for k in required["kind"]]
    frame["marked"] = [speaker.yes_no(m) for m in required["marked"]]
    columns = (
        Column(name="line"),
        Column(name="kind"),
        Column(name="lon", kind="degrees"),
        Column(name="lat", kind="degrees"),
        Column(name="marked"),
    )
    return Table.of(service.key, "required", frame, columns)


def figures_table(results: RunResults) -> Table:
    """Published figures beside computed ones."""
    frame = results.figures
    wanted = ("label", "published", "computed", "difference", "cause", "source", "key")
    columns = tuple(
        Column(name=n, kind="mixed" if n in wanted[1:4] else "text", word=f"figure_{n}")
        for n in wanted
        if n in frame.columns
    )
    return Table(name="figures", service="", sheet="figures", frame=frame, columns=columns)
