"""Each service on one page: how it stands, what is missing, what is proposed; map and table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.coverage.quota import quota_summary
from geoplan.outputs.ranges import most_ledger, share_range_text
from geoplan.outputs.report.blocks import Block, FigureBlock, Heading, Paragraph, TableBlock
from geoplan.outputs.report.chapters.gap_lists import fault_text, place_text, real_gaps
from geoplan.outputs.report.chapters.money import plan_money, plan_years
from geoplan.outputs.report.chapters.service_chapter import no_plan_text
from geoplan.outputs.report.numbering import references
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.coverage_tables import area_table
from geoplan.outputs.tables.rate_tables import measure_table
from geoplan.outputs.tables.siting_tables import gap_table
from geoplan.outputs.tables.table import Column, Table
from geoplan.outputs.wording import is_proved_fewest, standard_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, is_missing, number_text, share_text

#: rows of a page's table: areas, gaps
_MOST_AREAS, _MOST_GAPS = 9, 6
#: so many rates follow on the page of the last service
_FEW_RATES = 3
#: gaps and areas that a sentence names
_NAMED = 3
_AREAS = (
    Column(name="name", word="area_name"),
    Column(name="total", kind="count"),
    Column(name="served", kind="count"),
    Column(name="unserved", kind="count", word="unserved_people"),
    Column(name="covered_share", kind="share"),
    Column(name="new_sites", kind="count"),
    Column(name="share_after", kind="share"),
    Column(name="share_after_most", kind="share"),
)


def service_pages(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """A page for every service with places, then one table of those judged per head."""
    first = True
    for service in results.services.values():
        if service.coverage is not None:
            blocks = _people(results, service, speaker)
        elif service.spacing is not None:
            blocks = _lines(results, service, speaker)
        else:
            continue
        name = clean(service.name(speaker.lang))
        yield Heading(level=2, text=name, new_page=not first)
        first = False
        yield from blocks
    yield from _rates(results, speaker)


def _map(service: ServiceResult, speaker: Speaker) -> FigureBlock:
    caption = speaker.say("report.figure_map", service=clean(service.name(speaker.lang)))
    return FigureBlock(name=f"{service.key}_map", caption=caption, map_key=service.key, fill=True)


def _lead(word: str, text: str, speaker: Speaker) -> Paragraph:
    return Paragraph(text=text, lead=speaker.say(f"report.lead_{word}"))


def _people(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    assert service.coverage is not None
    ledger = service.coverage.ledger
    closed = 0 if service.facilities is None else len(service.facilities) - service.in_service
    text = speaker.say(
        "report.page_now",
        standard=standard_text(service.standard, speaker),
        sites=count_text(0 if service.facilities is None else len(service.facilities)),
        idle=speaker.say("report.not_open", count=count_text(closed)) if closed > 0 else "",
        people=clean(service.people_name(speaker.lang)) or speaker.say("report.high_anyone"),
        total=count_text(ledger.total),
        served=count_text(ledger.served),
        share=share_range_text(service),
        quota=_quota(service, speaker),
        refs=references(f"{service.key}_map", f"{service.key}_page"),
    )
    yield _lead("now", text, speaker)
    yield _lead("gaps", _gap_sentence(service, speaker), speaker)
    yield _lead("plan", _plan_sentence(results, service, speaker), speaker)
    yield _map(service, speaker)
    table = _areas(results, service, speaker) or _gaps(service, speaker)
    if table is not None:
        yield table


def _quota(service: ServiceResult, speaker: Speaker) -> str:
    """How many areas have the sites they should, level by level."""
    text = ""
    for level, row in quota_summary(service.quota, service.standard).iterrows():
        if not is_missing(row["lacking"]):
            text += speaker.say(
                "report.page_quota",
                level=speaker.level(str(level)),
                meeting=count_text(row["meeting_quota"]),
                total=count_text(row["total"]),
            )
    return text


def _gap_sentence(service: ServiceResult, speaker: Speaker) -> str:
    assert service.coverage is not None
    ledger, comma = service.coverage.ledger, speaker.say("report.list_comma")
    states = [s for s in STATES[1:] if not getattr(ledger, s) <= 0]
    if not states:
        return speaker.say("report.page_no_gaps")
    parts = [
        speaker.say(
            "report.part", state=speaker.say(f"common.{s}"), people=count_text(getattr(ledger, s))
        )
        for s in states
    ]
    text = speaker.say(
        "report.page_unserved", unserved=count_text(ledger.unserved), parts=comma.join(parts)
    )
    gaps = real_gaps(service)
    if gaps is not None and len(gaps):
        named = [
            speaker.say(
                "report.page_area", area=place_text(gap.area), people=count_text(gap.people)
            )
            for gap in gaps.head(_NAMED).itertuples()
        ]
        text += speaker.say(
            "report.page_gaps", count=count_text(len(gaps)), areas=_named(named, speaker)
        )
    return text + fault_text(service, speaker)


def _named(names: Iterable[str], speaker: Speaker) -> str:
    return speaker.say("report.name_comma").join(names)


def _plan_sentence(results: RunResults, service: ServiceResult, speaker: Speaker) -> str:
    siting = service.siting
    assert service.coverage is not None
    if siting is None:
        return _remedies(service, speaker)
    if siting.result.status in ("infeasible", "unknown"):
        return no_plan_text(siting, speaker)
    if not len(siting.sites):
        return speaker.say("report.sites_none")
    after, before = siting.people_after, service.coverage.ledger
    text = speaker.say(
        "report.page_plan_unlimited" if most_ledger(service, after=True) else "report.page_plan",
        count=count_text(len(siting.sites)),
        proof=speaker.status(siting.result.status, siting.result.gap),
        added=count_text(after.served - before.served),
        share=share_range_text(service, after=True),
    )
    if money := plan_money(results, service, speaker):
        text += speaker.say("report.page_money", money=money)
    if years := plan_years(service, speaker):
        text += speaker.say("report.page_years", years=years)
    return text + speaker.say("report.high_end")


def _remedies(service: ServiceResult, speaker: Speaker) -> str:
    """What would close the gaps of a service for which no sites were asked for."""
    gaps = service.gaps
    if gaps is None or not len(gaps):
        return speaker.say("report.page_keep")
    people = gaps.groupby("remedy", sort=False)["people"].sum().sort_values(ascending=False)
    parts = [
        speaker.say("report.page_remedy", remedy=speaker.remedy(remedy), people=count_text(number))
        for remedy, number in people.items()
        if number > 0
    ]
    if not parts:
        return speaker.say("report.page_keep")
    return speaker.say("report.page_remedies", parts=speaker.say("report.list_comma").join(parts))


def _areas(results: RunResults, service: ServiceResult, speaker: Speaker) -> TableBlock | None:
    """Areas of the coarsest level, and the whole; of many those with most people unserved."""
    assert service.coverage is not None
    levels = [v for v in results.areas if v in service.coverage.areas]
    if not levels:
        return None
    table = area_table(results, service, levels[0], speaker)
    frame = table.frame.reset_index(drop=True)
    frame = frame[~(frame["total"] <= 0)]
    frame["unserved"] = frame["total"] - frame["served"]
    sites = None if service.siting is None else service.siting.sites
    if sites is not None and levels[0] in sites.columns:
        per_area = sites[levels[0]].astype("string").value_counts()
        frame["new_sites"] = frame["code"].map(per_area).fillna(0)
    word = "report.c_page_areas"
    if len(frame) > _MOST_AREAS:
        order = frame["unserved"].fillna(-1).sort_values(ascending=False, kind="stable").index
        frame, word = frame.loc[order[: _MOST_AREAS - 1]], "report.c_page_most"
    whole = _whole(service, speaker)
    known = {c.name: c for c in table.columns}
    columns = tuple(known.get(c.name, c) for c in _AREAS if c.name in frame.columns)
    frame = pd.concat([frame, pd.DataFrame([whole])], ignore_index=True)
    caption = speaker.say(
        word,
        service=clean(service.name(speaker.lang)),
        level=speaker.level(levels[0]),
        count=len(frame) - 1,
    )
    shown = replace(table, frame=frame, columns=columns)
    block = report_table(shown, caption, speaker)
    return None if block is None else replace(block, key=f"{service.key}_page", total=True)


def _whole(service: ServiceResult, speaker: Speaker) -> dict[str, object]:
    assert service.coverage is not None
    ledger, siting = service.coverage.ledger, service.siting
    row: dict[str, object] = {
        "name": speaker.say("report.whole"),
        "total": ledger.total,
        "served": ledger.served,
        "unserved": ledger.unserved,
        "covered_share": ledger.covered_share,
    }
    if siting is not None:
        row["new_sites"] = len(siting.sites)
        row["share_after"] = siting.people_after.covered_share
    if (most := most_ledger(service, after=True)) is not None:
        row["share_after_most"] = most.covered_share
    return row


def _gaps(service: ServiceResult, speaker: Speaker) -> TableBlock | None:
    gaps = real_gaps(service)
    if gaps is None or not len(gaps):
        return None
    caption = speaker.say("report.c_gaps", service=clean(service.name(speaker.lang)))
    table = gap_table(replace(service, gaps=gaps), speaker)
    block = report_table(table, caption, speaker, most=_MOST_GAPS)
    return None if block is None else replace(block, key=f"{service.key}_page")


def _lines(results: RunResults, service: ServiceResult, speaker: Speaker) -> Iterator[Block]:
    found = service.spacing
    text = speaker.say(
        "report.spacing",
        standard=standard_text(service.standard, speaker),
        total=number_text(found.total_m / 1000, 1),
        covered=number_text(found.covered_m / 1000, 1),
        share=share_text(found.covered_m / found.total_m if found.total_m else np.nan),
        gap=number_text(found.gap_m / 1000, 1),
        required=count_text(len(found.required)),
        marked=count_text(int(found.required["marked"].astype(bool).sum())),
    )
    yield _lead("now", text, speaker)
    gaps = service.gaps
    if gaps is None or not len(gaps):
        yield _lead("gaps", speaker.say("report.gaps_none"), speaker)
    else:
        named = [
            speaker.say(
                "report.page_line", area=place_text(gap.area), metres=count_text(gap.length_m)
            )
            for gap in gaps.head(_NAMED).itertuples()
        ]
        text = speaker.say(
            "report.page_line_gaps",
            count=count_text(len(gaps)),
            areas=_named(named, speaker),
            refs=references(f"{service.key}_map", f"{service.key}_page"),
        )
        yield _lead("gaps", text, speaker)
    yield _lead("plan", _markers(service, speaker), speaker)
    yield _map(service, speaker)
    table = _gaps(service, speaker)
    if table is not None:
        yield table


def _markers(service: ServiceResult, speaker: Speaker) -> str:
    siting = service.siting
    if siting is None:
        has_gaps = service.gaps is not None and len(service.gaps)
        return speaker.say("report.page_not_asked" if has_gaps else "report.page_keep")
    if siting.result.status in ("infeasible", "unknown"):
        return no_plan_text(siting, speaker)
    if not len(siting.sites):
        return speaker.say("report.sites_none")
    word = "report.page_markers" if is_proved_fewest(siting) else "report.page_some_markers"
    proof = speaker.status(siting.result.status, siting.result.gap)
    return speaker.say(word, count=count_text(len(siting.sites)), proof=proof)


def _rates(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """Services without places: what each amounts to per head, lowest and highest area."""
    parts = []
    for service in results.services.values():
        if service.rates is None:
            continue
        frame = measure_table(results, service, speaker).frame.copy()
        frame.insert(0, "service", [clean(service.name(speaker.lang)), *[""] * (len(frame) - 1)])
        frame["per"] = standard_text(service.standard, speaker)
        parts.append(frame)
    if not parts:
        return
    frame = pd.concat(parts, ignore_index=True)
    columns = (
        Column(name="service"),
        Column(name="measure"),
        Column(name="count", kind="count"),
        Column(name="per", word="rate_per"),
        Column(name="rate", kind="mixed"),
        Column(name="lowest"),
        Column(name="highest"),
    )
    table = Table(name="rates", service="", sheet="rates", frame=frame, columns=columns)
    block = report_table(table, speaker.say("report.c_page_rates"), speaker)
    if block is None:
        return
    own_page = len(frame) > _FEW_RATES
    yield Heading(level=2, text=speaker.say("report.h_rates"), new_page=own_page)
    text = speaker.say("report.page_rates", count=len(parts), refs=references("rates_page"))
    yield Paragraph(text=text)
    yield replace(block, key="rates_page")
    yield Paragraph(text=speaker.say("report.page_rates_note"), kind="note")
