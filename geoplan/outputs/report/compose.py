"""The report's contents: the same numbers as tables and summary, in the order a reader asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.outputs.report.blocks import (
    Block,
    Document,
    Heading,
    Listing,
    Paragraph,
    TableBlock,
)
from geoplan.outputs.report.highlights import highlights
from geoplan.outputs.report.service_chapter import service_blocks
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.coverage_tables import overview_table
from geoplan.outputs.tables.run_tables import figures_table
from geoplan.outputs.wording import assumption_text, shown_path, standard_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words import has_word
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import MISSING, clean, count_text

#: findings that the report itself shows
_MOST_FINDINGS = 12
#: assumptions that its first page shows; the rest follow with the inputs
_MOST_ASSUMED = 8
_OVERVIEW = (
    "service",
    "facilities",
    "total",
    "served",
    "full",
    "beyond",
    "cut_off",
    "off_network",
    "unlocated",
    "covered_share",
    "share_most",
    "share_after",
    "share_after_most",
)


def compose(results: RunResults, speaker: Speaker) -> Document:
    """The report of a run (or of an edition of it) in `speaker`'s language."""
    info = results.info
    stamps = [speaker.say(f"report.stamp_{info.audience}")]
    if info.synthetic:
        stamps.append(speaker.say("report.stamp_synthetic"))
    subtitle = (
        speaker.say("report.subtitle", date=clean(info.data_date), crs=info.crs)
        if info.data_date
        else speaker.say("report.subtitle_plain", crs=info.crs)
    )
    return Document(
        title=speaker.say("report.title", name=clean(info.title or info.name)),
        subtitle=subtitle,
        stamps=tuple(stamps),
        speaker=speaker,
        blocks=tuple(_numbered(_blocks(results, speaker), speaker)),
    )


def _numbered(blocks: Iterable[Block], speaker: Speaker) -> Iterator[Block]:
    """Chapters numbered in sequence, whichever of them a run has."""
    count = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            count += 1
            number = "一二三四五六七八九"[count - 1] if speaker.lang == "zh" else str(count)
            text = speaker.say("report.chapter", number=number, title=block.text)
            yield replace(block, text=text)
        else:
            yield block


def _blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    if results.info.audience == "public":
        text = speaker.say("report.public_note", below=results.info.suppress_below)
        yield Paragraph(text=text, kind="note")
    yield Heading(level=1, text=speaker.say("report.h_overview"))
    yield from _overview(results, speaker)
    yield Heading(level=1, text=speaker.say("report.h_asked"))
    yield Paragraph(text=speaker.say("report.asked", count=len(results.services)))
    yield _standards(results, speaker)
    yield Heading(level=1, text=speaker.say("report.h_inputs"))
    yield from _inputs(results, speaker)
    yield Heading(level=1, text=speaker.say("report.h_services"))
    for service in results.services.values():
        yield from service_blocks(results, service, speaker)
    if len(results.figures):
        yield Heading(level=1, text=speaker.say("report.h_figures"))
        yield Paragraph(text=speaker.say("report.figures"))
        keep = ("label", "published", "computed", "difference", "cause", "source")
        table = report_table(
            figures_table(results), speaker.say("report.c_figures"), speaker, keep=keep
        )
        if table is not None:
            yield table
    yield Heading(level=1, text=speaker.say("report.h_method"))
    yield Listing(items=tuple(speaker.say(f"report.method_{k}") for k in range(1, 7)))


def _overview(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """What a reader of the first page alone should know."""
    yield Listing(items=tuple(highlights(results, speaker)))
    yield from _assumed(results, speaker)
    judged = overview_table(results, speaker)
    judged = replace(judged, frame=judged.frame[judged.frame["total"].notna()])
    overview = report_table(judged, speaker.say("report.c_overview"), speaker, keep=_OVERVIEW)
    if overview is not None:
        yield Paragraph(text=speaker.say("report.overview"))
        yield overview


def _assumed(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """What no input says, and what it does to the numbers."""
    assumed = results.assumed
    if not assumed:
        return
    yield Paragraph(text=speaker.say("report.assumed", count=len(assumed)), kind="note")
    items = [assumption_text(one, speaker, results.services) for one in assumed[:_MOST_ASSUMED]]
    if len(assumed) > _MOST_ASSUMED:
        items.append(speaker.say("report.assumed_more", count=len(assumed) - _MOST_ASSUMED))
    yield Listing(items=tuple(items))


def _standards(results: RunResults, speaker: Speaker) -> TableBlock:
    rows = [_standard_row(service, speaker) for service in results.services.values()]
    heads = (
        speaker.say("outputs.col_service"),
        speaker.say("report.col_group"),
        speaker.say("outputs.col_standard"),
        speaker.say("report.col_source"),
        speaker.say("report.col_confidence"),
    )
    return TableBlock(caption=speaker.say("report.c_asked"), heads=heads, rows=tuple(rows))


def _standard_row(service: ServiceResult, speaker: Speaker) -> tuple[str, ...]:
    standard = service.standard
    return (
        clean(service.name(speaker.lang)),
        clean(service.people_name(speaker.lang)) or MISSING,
        standard_text(standard, speaker),
        clean(
            standard.source_en if speaker.lang == "en" and standard.source_en else standard.source
        ),
        speaker.word(f"report.confidence_{standard.confidence}", str(standard.confidence)),
    )


def _inputs(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    records = results.inputs
    yield Paragraph(
        text=speaker.say(
            "report.inputs",
            files=len({r.path for r in records}),
            layers=len(records),
            rows=count_text(sum(r.rows for r in records)),
            accepted=count_text(sum(r.accepted for r in records)),
            aside=count_text(sum(r.set_aside for r in records)),
        )
    )
    yield TableBlock(
        caption=speaker.say("report.c_inputs"),
        heads=tuple(
            speaker.say(f"report.col_{c}")
            for c in ("file", "use", "rows", "accepted", "aside", "warned")
        ),
        rows=tuple(
            (
                shown_path(r.path),
                _use(results, r.role, speaker),
                count_text(r.rows),
                count_text(r.accepted),
                count_text(r.set_aside),
                count_text(r.warned),
            )
            for r in records
        ),
        right=frozenset({2, 3, 4, 5}),
    )
    if results.info.audience != "public":
        yield from _findings(results.findings, speaker)


def _use(results: RunResults, roles: str, speaker: Speaker) -> str:
    """What a file was read for, in words."""
    uses = []
    for role in roles.split(", ") if roles else []:
        kind, _, key = role.partition(".")
        key = key.partition(".")[0]
        service = results.services.get(key)
        if not has_word(f"report.use_{kind}"):
            uses.append(clean(role))
            continue
        uses.append(
            speaker.say(
                f"report.use_{kind}",
                level=speaker.level(key) if kind == "areas" else "",
                service=clean(service.name(speaker.lang)) if service is not None else key,
                mode=speaker.word(f"common.{key}", key),
            )
        )
    return ("、" if speaker.lang == "zh" else ", ").join(dict.fromkeys(uses))


def _findings(findings: pd.DataFrame, speaker: Speaker) -> Iterator[Block]:
    if len(findings) == 0:
        yield Paragraph(text=speaker.say("report.findings_none"))
        return
    order = {"error": 0, "warning": 1, "note": 2}
    rank = findings["severity"].map(order)
    counts = {name: int((rank == k).sum()) for name, k in order.items()}
    yield Paragraph(text=speaker.say("report.findings_some", count=len(findings), **counts))
    gravest = findings.iloc[np.argsort(rank.to_numpy(), kind="stable")[:_MOST_FINDINGS]]
    rows = []
    for row in gravest.itertuples():
        number = "" if pd.isna(row.row) else str(int(row.row))
        rows.append((shown_path(str(row.file)), number, clean(row.problem), clean(row.advice)))
    yield TableBlock(
        caption=speaker.say("report.c_findings"),
        heads=tuple(speaker.say(f"report.col_{c}") for c in ("file", "row", "problem", "advice")),
        rows=tuple(rows),
        right=frozenset({1}),
    )
    more = len(findings) - len(gravest)
    if more > 0:
        yield Paragraph(text=speaker.say("report.findings_more", count=more), kind="note")
