"""Each service on one page: how it stands, what is missing, what is proposed; map and table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.coverage.gap_merging import NO_SERVICE
from geoplan.coverage.ledger import STATES
from geoplan.coverage.quota import quota_summary
from geoplan.outputs.ranges import most_ledger, share_range_text
from geoplan.outputs.report.blocks import Block, FigureBlock, Heading, Paragraph, TableBlock
from geoplan.outputs.report.chapters.gap_lists import people_by_remedy, place_text, real_gaps
from geoplan.outputs.report.chapters.money import in_programme, plan_money, plan_years
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

#: rows of a page's table: areas, gaps; and of one beside a map
_MOST_AREAS, _MOST_GAPS, _MOST_BESIDE, _MOST_GAPS_BESIDE = 9, 6, 7, 4
#: so many services with places have a page each
_FEW_PLACED = 4
#: half characters in a line, letters in an English one, and lines of two texts on one page
_LINE, _LINE_EN, _PAGE_LINES = 72, 92, 14
#: a short table of rates takes as much room as a service with so many lines
_RATES_LINES = 7
#: gaps and areas that a sentence names
_NAMED = 2
#: people unserved by faults of data or streets, not by the service
_FAULTS = ("cut_off", "off_network", "unlocated")
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
#: why and what to do are said in the text
_GAPS = ("rank", "area", "people", "length_m", "members", "closing_site")
_AREAS_BESIDE = (
    Column(name="name", word="area_name"),
    Column(name="unserved", kind="count", word="not_covered"),
    Column(name="covered_share", kind="share"),
    Column(name="share_after", kind="share", word="share_then"),
    Column(name="share_after_most", kind="share"),
)


def service_pages(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """Every service with places on a page or half of one, then those judged per head."""
    placed = [s for s in results.services.values() if s.coverage is not None or s.spacing]
    texts = [_text(results, service, speaker) for service in placed]
    rates = list(_rates(results, speaker))
    lines = [_lines_of(text, speaker) for text in texts]
    half = _halves([*lines, _RATES_LINES] if rates else lines)
    for k, (service, text) in enumerate(zip(placed, texts, strict=True)):
        second = half[k] and sum(half[:k]) % 2 == 1
        yield Heading(
            level=2, text=clean(service.name(speaker.lang)), new_page=k > 0 and not second
        )
        yield text
        table = _table(results, service, speaker, half=half[k])
        yield _map(service, speaker, beside=half[k] and table is not None)
        if table is not None:
            yield table
    for block in rates:
        alone = not (half[-1] and sum(half[:-1]) % 2 == 1)
        yield replace(block, new_page=alone) if isinstance(block, Heading) else block


def _halves(lines: list[int]) -> list[bool]:
    """Which services share a page with the next or the last one: of many, where texts are short."""
    half = [False] * len(lines)
    k = 0
    while len(lines) > _FEW_PLACED and k < len(lines) - 1:
        if lines[k] + lines[k + 1] <= _PAGE_LINES:
            half[k] = half[k + 1] = True
            k += 1
        k += 1
    return half


def _lines_of(text: Paragraph, speaker: Speaker) -> int:
    """About how many lines of paper a text takes."""
    words = "".join(part.lead + part.text for part in text.parts)
    width = sum(2 if ord(c) > 0x2E80 else 1 for c in words) + 16  # indent and references
    return -(-width // (_LINE if speaker.lang == "zh" else _LINE_EN))


def _map(service: ServiceResult, speaker: Speaker, *, beside: bool) -> FigureBlock:
    caption = speaker.say("report.figure_map", service=clean(service.name(speaker.lang)))
    return FigureBlock(
        name=f"{service.key}_map", caption=caption, map_key=service.key, fill=True, beside=beside
    )


def _text(results: RunResults, service: ServiceResult, speaker: Speaker) -> Paragraph:
    """How the service stands, what is missing, what is proposed."""
    if service.coverage is not None:
        now, gaps = _now(service, speaker), _gap_sentence(service, speaker)
        plan = _plan_sentence(results, service, speaker)
    else:
        now, gaps = _lines_now(service, speaker), _lines_gaps(service, speaker)
        plan = _markers(service, speaker)
    then = (_lead("gaps", gaps, speaker), _lead("plan", plan, speaker))
    return replace(_lead("now", now, speaker), then=then)


def _lead(word: str, text: str, speaker: Speaker) -> Paragraph:
    return Paragraph(text=text, lead=speaker.say(f"report.lead_{word}"))


def _table(
    results: RunResults, service: ServiceResult, speaker: Speaker, *, half: bool
) -> TableBlock | None:
    areas = None
    if service.coverage is not None:
        areas = _areas(results, service, speaker, half=half)
    return areas or _gaps(service, speaker, half=half)


def _now(service: ServiceResult, speaker: Speaker) -> str:
    assert service.coverage is not None
    ledger = service.coverage.ledger
    closed = 0 if service.facilities is None else len(service.facilities) - service.in_service
    return speaker.say(
        "report.page_now",
        standard=standard_text(service.standard, speaker),
        sites=count_text(0 if service.facilities is None else len(service.facilities)),
        idle=speaker.say("report.page_not_open", count=count_text(closed)) if closed > 0 else "",
        people=clean(service.people_name(speaker.lang)) or speaker.say("report.high_anyone"),
        total=count_text(ledger.total),
        served=count_text(ledger.served),
        share=share_range_text(service),
        quota=_quota(service, speaker),
        refs=references(f"{service.key}_map", f"{service.key}_page"),
    )


def _quota(service: ServiceResult, speaker: Speaker) -> str:
    """How many areas have the sites they should, at the levels where some lack them."""
    levels = [
        speaker.say(
            "report.page_quota_level",
            level=speaker.level(str(level)),
            meeting=count_text(row["meeting_quota"]),
            total=count_text(row["total"]),
        )
        for level, row in quota_summary(service.quota, service.standard).iterrows()
        if not is_missing(row["lacking"]) and row["lacking"]
    ]
    return speaker.say("report.page_quota", levels=_named(levels, speaker)) if levels else ""


def _without_service(service: ServiceResult) -> tuple[float, float] | None:
    """People cut off by the streets, and by public transport alone; None = by another mode.

    The ledger has them together. Where gaps have one of the two only, it is all of the ledger's.
    """
    if service.standard.mode != "transit":
        return None
    assert service.coverage is not None
    every, gaps = service.coverage.ledger.cut_off, service.gaps
    if gaps is None or not (gaps["cause"] == "cut_off").any():
        return 0.0, every
    if not (gaps["cause"] == NO_SERVICE[0]).any():
        return every, 0.0
    street, timed = (
        float(gaps.loc[gaps["cause"] == cause, "people"].sum(skipna=False))
        for cause in ("cut_off", NO_SERVICE[0])
    )
    return (np.nan, np.nan) if is_missing(every) else (street, timed)


def _gap_sentence(service: ServiceResult, speaker: Speaker) -> str:
    assert service.coverage is not None
    ledger, comma = service.coverage.ledger, speaker.say("report.list_comma")
    states = {s: getattr(ledger, s) for s in STATES[1:] if not getattr(ledger, s) <= 0}
    if not states:
        return speaker.say("report.page_no_gaps")
    faults = {s: people for s, people in states.items() if s in _FAULTS}
    timed = _without_service(service)
    if "cut_off" in states and timed is not None:
        faults["cut_off"], states["cut_off"] = timed
    told = [s for s in states if s not in _FAULTS or (s == "cut_off" and timed is not None)]
    parts = [
        speaker.say(
            "report.part",
            state=speaker.state(s, service.standard.mode),
            people=count_text(states[s]),
        )
        for s in told
        if not states[s] <= 0
    ]
    to_check = sum(faults.values())
    if not to_check <= 0:
        parts.append(speaker.say("report.part_faults", people=count_text(to_check)))
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
    return text


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
    added = after.served - before.served
    word = "report.page_plan_unlimited" if most_ledger(service, after=True) else "report.page_plan"
    text = speaker.say(
        "report.page_plan_fewer" if added < 0 else word,
        count=count_text(len(siting.sites)),
        proof=speaker.status(siting.result.status, siting.result.gap, value=siting.result.value),
        added=count_text(added),
        lost=count_text(-added),
        share=share_range_text(service, after=True),
    )
    if money := plan_money(results, service, speaker):
        text += speaker.say("report.page_money", money=money)
    if years := plan_years(service, speaker):
        text += speaker.say("report.page_years", years=years)
    elif in_programme(service):
        text += speaker.say("report.page_programme", chapter=speaker.say("report.h_programme"))
    return text + speaker.say("report.high_end")


def _remedies(service: ServiceResult, speaker: Speaker) -> str:
    """What would close the gaps of a service for which no sites were asked for."""
    gaps = service.gaps
    if gaps is None or not len(gaps):
        return speaker.say("report.page_keep")
    people = people_by_remedy(gaps).sort_values(ascending=False)
    people = people[~(people <= 0)]
    if not len(people):
        return speaker.say("report.page_keep")
    remedy = speaker.remedy(people.index[0])
    return speaker.say("report.page_remedies", remedy=remedy, people=count_text(people.iloc[0]))


def _areas(
    results: RunResults, service: ServiceResult, speaker: Speaker, *, half: bool
) -> TableBlock | None:
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
    most = _MOST_BESIDE if half else _MOST_AREAS
    if len(frame) > most:
        order = frame["unserved"].fillna(-1).sort_values(ascending=False, kind="stable").index
        frame, word = frame.loc[order[: most - 1]], "report.c_page_most"
    whole = _whole(service, speaker)
    known = {c.name: c for c in table.columns}
    wanted = _AREAS_BESIDE if half else _AREAS
    columns = tuple(c if half else known.get(c.name, c) for c in wanted if c.name in frame)
    frame = pd.concat([frame, pd.DataFrame([whole])], ignore_index=True)
    caption = speaker.say(
        "report.c_page_beside" if half and word == "report.c_page_most" else word,
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


def _gaps(service: ServiceResult, speaker: Speaker, *, half: bool) -> TableBlock | None:
    gaps = real_gaps(service)
    if gaps is None or not len(gaps):
        return None
    caption = speaker.say("report.c_gaps", service=clean(service.name(speaker.lang)))
    table = gap_table(replace(service, gaps=gaps), speaker)
    keep = ("area", "people", "length_m") if half else _GAPS
    most = _MOST_GAPS_BESIDE if half else _MOST_GAPS
    block = report_table(table, caption, speaker, keep=keep, most=most)
    return None if block is None else replace(block, key=f"{service.key}_page")


def _lines_now(service: ServiceResult, speaker: Speaker) -> str:
    found = service.spacing
    return speaker.say(
        "report.spacing",
        standard=standard_text(service.standard, speaker),
        total=number_text(found.total_m / 1000, 1),
        covered=number_text(found.covered_m / 1000, 1),
        share=share_text(found.covered_m / found.total_m if found.total_m else np.nan),
        gap=number_text(found.gap_m / 1000, 1),
        required=count_text(len(found.required)),
        marked=count_text(int(found.required["marked"].astype(bool).sum())),
    )


def _lines_gaps(service: ServiceResult, speaker: Speaker) -> str:
    gaps = service.gaps
    if gaps is None or not len(gaps):
        return speaker.say("report.gaps_none")
    named = [
        speaker.say("report.page_line", area=place_text(gap.area), metres=count_text(gap.length_m))
        for gap in gaps.head(_NAMED).itertuples()
    ]
    return speaker.say(
        "report.page_line_gaps",
        count=count_text(len(gaps)),
        areas=_named(named, speaker),
        refs=references(f"{service.key}_map", f"{service.key}_page"),
    )


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
    proof = speaker.status(siting.result.status, siting.result.gap, value=siting.result.value)
    return speaker.say(word, count=count_text(len(siting.sites)), proof=proof)


def _rates(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """Services without places: what each amounts to per head, lowest and highest area."""
    parts = []
    for service in results.services.values():
        if service.rates is None:
            continue
        frame = measure_table(results, service, speaker).frame.head(1).copy()
        frame.insert(0, "service", clean(service.name(speaker.lang)))
        per = standard_text(service.standard, speaker)
        frame["measure"] = [
            speaker.say("report.measure_per", measure=clean(measure), per=per)
            for measure in frame["measure"]
        ]
        parts.append(frame)
    if not parts:
        return
    frame = pd.concat(parts, ignore_index=True)
    columns = (
        Column(name="service"),
        Column(name="measure"),
        Column(name="count", kind="count"),
        Column(name="rate", kind="mixed"),
        Column(name="lowest"),
        Column(name="highest"),
    )
    table = Table(name="rates", service="", sheet="rates", frame=frame, columns=columns)
    block = report_table(table, speaker.say("report.c_page_rates"), speaker)
    if block is None:
        return
    yield Heading(level=2, text=speaker.say("report.h_rates"))
    text = speaker.say("report.page_rates", count=len(parts), refs=references("rates_page"))
    yield Paragraph(text=text)
    yield replace(block, key="rates_page")
    yield Paragraph(text=speaker.say("report.page_rates_note"), kind="note")
