"""The first page: how every service stands and what is proposed, and all that was assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.outputs.ranges import share_range_text
from geoplan.outputs.report.blocks import Block, Listing, Paragraph, TableBlock
from geoplan.outputs.report.chapters.asked import assumed_blocks
from geoplan.outputs.report.chapters.gap_lists import real_gaps, whole_area_text
from geoplan.outputs.report.chapters.highlights import highlights
from geoplan.outputs.report.chapters.money import money_column, money_of
from geoplan.outputs.report.chapters.programme import plan_in_time
from geoplan.outputs.report.numbering import references
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.table import Column, Table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import MISSING, clean, count_text, number_text, sentences, share_text

#: so many services with places have a sentence each; more of them stand in a table
_FEW_SENTENCES = 5


def fills_a_page(results: RunResults) -> bool:
    """Whether the services are so many that what comes next begins on a page of its own."""
    return sum(map(is_placed, results.services.values())) > _FEW_SENTENCES


def summary_blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """What a reader of the first page alone should know."""
    if results.info.audience == "public":
        text = speaker.say("report.public_note", below=results.info.suppress_below)
        yield Paragraph(text=text, kind="note")
    placed = [s for s in results.services.values() if is_placed(s)]
    if len(placed) > _FEW_SENTENCES:
        yield Paragraph(text=_opening(results, placed, speaker))
        table = _table(results, placed, speaker)
        if table is not None:
            yield table
    elif items := tuple(_sentences(results, speaker)):
        yield Listing(items=items)
    yield from assumed_blocks(results, speaker)


def is_placed(service: ServiceResult) -> bool:
    """Whether the service is judged by places: sites in reach, or markers along lines."""
    return service.coverage is not None or service.spacing is not None


def _sentences(results: RunResults, speaker: Speaker) -> Iterator[str]:
    """A sentence for every service with places, and one item for all others."""
    others = []
    for key, service in results.services.items():
        alone = replace(results, services={key: service})
        sentence = "".join(highlights(alone, speaker, brief=True))
        if is_placed(service):
            yield sentence
        elif sentence:
            others.append(sentence)
    if others:
        yield sentences(*others)
    if planned := plan_in_time(results, speaker):
        yield planned


def _opening(results: RunResults, placed: list[ServiceResult], speaker: Speaker) -> str:
    text = speaker.say(
        "report.opening",
        count=len(results.services),
        placed=len(placed),
        refs=references("summary"),
    )
    if len(results.services) > len(placed):
        rest = len(results.services) - len(placed)
        text += speaker.say("report.opening_rest", count=rest)
    new = {
        service.key: len(service.siting.sites)
        for service in placed
        if service.siting is not None and len(service.siting.sites)
    }
    if not new:
        return text
    markers = sum(n for key, n in new.items() if results.services[key].coverage is None)
    text += speaker.say("report.opening_sites", services=len(new), sites=_count(new, markers))
    if markers:
        text += speaker.say("report.plan_markers", count=count_text(markers))
    prices = [p for p in (money_of(service) for service in placed) if p is not None]
    if prices:
        money = speaker.money(sum(prices), results.info.currency)
        text += speaker.say("report.opening_money", money=money)
    return sentences(text + speaker.say("report.high_end"), plan_in_time(results, speaker))


def _count(new: dict[str, int], markers: int) -> str:
    return count_text(sum(new.values()) - markers)


def _table(results: RunResults, placed: list[ServiceResult], speaker: Speaker) -> TableBlock | None:
    """One row per service: who is not covered, where most of them are, what is proposed."""
    column, size = money_column(results, speaker)
    rows = [_row(results, service, size, speaker) for service in placed]
    columns = (
        Column(name="service"),
        Column(name="share", kind="mixed", word="covered_share"),
        Column(name="unserved", kind="mixed", word="not_covered_people"),
        Column(name="gap", word="largest_gap"),
        Column(name="sites", kind="count", word="plan_sites"),
        Column(name="after", kind="mixed", word="share_then"),
        column,
    )
    frame = pd.DataFrame(rows, columns=[c.name for c in columns])
    table = Table(name="summary", service="", sheet="summary", frame=frame, columns=columns)
    block = report_table(table, speaker.say("report.c_summary"), speaker)
    return None if block is None else replace(block, key="summary")


def _row(
    results: RunResults, service: ServiceResult, size: float, speaker: Speaker
) -> dict[str, object]:
    money, siting = money_of(service), service.siting
    row: dict[str, object] = {
        "service": clean(service.name(speaker.lang)),
        "gap": _largest_gap(results, service, speaker),
        "sites": np.nan if siting is None else len(siting.sites),
        "money": None if money is None else money / size,
    }
    if service.coverage is not None:
        row["share"] = share_range_text(service)
        row["unserved"] = count_text(service.coverage.ledger.unserved)
        if siting is not None and len(siting.sites):
            row["after"] = share_range_text(service, after=True)
    else:
        found = service.spacing
        share = found.covered_m / found.total_m if found.total_m else np.nan
        row["share"] = share_text(share)
        row["unserved"] = speaker.say("report.some_km", km=number_text(found.gap_m / 1000, 1))
    return row


def _largest_gap(results: RunResults, service: ServiceResult, speaker: Speaker) -> str:
    gaps = real_gaps(service)
    if gaps is None or not len(gaps):
        return MISSING
    first = gaps.iloc[0]
    area = whole_area_text(first["area"], results)
    if "length_m" in gaps.columns:
        return speaker.say("report.page_line", area=area, metres=count_text(first["length_m"]))
    return speaker.say("report.page_area", area=area, people=count_text(first["people"]))
