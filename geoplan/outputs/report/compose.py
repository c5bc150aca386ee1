"""The report's contents: the same numbers as tables and summary, in the order a reader asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pandas as pd

from geoplan.disclosure.record import file_name
from geoplan.outputs.report.blocks import (
    Block,
    Document,
    Heading,
    Listing,
    Paragraph,
    TableBlock,
)
from geoplan.outputs.report.highlights import highlights
from geoplan.outputs.report.services import service_blocks
from geoplan.outputs.report.tables import told_table
from geoplan.outputs.tables.run_tables import figures_table, overview_table
from geoplan.outputs.text_format import known_word, standard_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words import has_word, level_word, say
from geoplan.words.text_format import MISSING, clean, count_text

#: findings that the report itself shows
_MOST_FINDINGS = 12
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
    "share_after",
)


def compose(results: RunResults, *, lang: str) -> Document:
    """The report of a run (or of an edition of it) in `lang`."""
    info = results.info
    stamps = [say(lang, f"report.stamp_{info.audience}")]
    if info.synthetic:
        stamps.append(say(lang, "report.stamp_synthetic"))
    subtitle = (
        say(lang, "report.subtitle", date=clean(info.data_date), crs=info.crs)
        if info.data_date
        else say(lang, "report.subtitle_plain", crs=info.crs)
    )
    return Document(
        title=say(lang, "report.title", name=clean(info.title or info.name)),
        subtitle=subtitle,
        stamps=tuple(stamps),
        lang=lang,
        blocks=tuple(_numbered(_blocks(results, lang), lang)),
    )


def _numbered(blocks: Iterable[Block], lang: str) -> Iterator[Block]:
    """Chapters counted through: one that a run has no need of leaves no hole."""
    count = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            count += 1
            number = "一二三四五六七八九"[count - 1] if lang == "zh" else str(count)
            text = say(lang, "report.chapter", number=number, title=block.text)
            yield replace(block, text=text)
        else:
            yield block


def _blocks(results: RunResults, lang: str) -> Iterator[Block]:
    if results.info.audience == "public":
        text = say(lang, "report.public_note", below=results.info.suppress_below)
        yield Paragraph(text=text, kind="note")
    yield Heading(level=1, text=say(lang, "report.h_overview"))
    yield from _overview(results, lang)
    yield Heading(level=1, text=say(lang, "report.h_asked"))
    yield Paragraph(text=say(lang, "report.asked", count=len(results.services)))
    yield _standards(results, lang)
    yield Heading(level=1, text=say(lang, "report.h_inputs"))
    yield from _inputs(results, lang)
    yield Heading(level=1, text=say(lang, "report.h_services"))
    for service in results.services.values():
        yield from service_blocks(results, service, lang)
    if len(results.figures):
        yield Heading(level=1, text=say(lang, "report.h_figures"))
        yield Paragraph(text=say(lang, "report.figures"))
        keep = ("label", "published", "computed", "difference", "cause", "source")
        told = told_table(figures_table(results), say(lang, "report.c_figures"), lang, keep=keep)
        if told is not None:
            yield told
    yield Heading(level=1, text=say(lang, "report.h_method"))
    yield Listing(items=tuple(say(lang, f"report.method_{k}") for k in range(1, 7)))


def _overview(results: RunResults, lang: str) -> Iterator[Block]:
    """What a reader of the first page alone should know."""
    yield Listing(items=tuple(highlights(results, lang)))
    judged = overview_table(results, lang=lang)
    judged = replace(judged, frame=judged.frame[judged.frame["total"].notna()])
    overview = told_table(judged, say(lang, "report.c_overview"), lang, keep=_OVERVIEW)
    if overview is not None:
        yield Paragraph(text=say(lang, "report.overview"))
        yield overview


def _standards(results: RunResults, lang: str) -> TableBlock:
    rows = [_standard_row(service, lang) for service in results.services.values()]
    heads = (
        say(lang, "outputs.col_service"),
        say(lang, "report.col_group"),
        say(lang, "outputs.col_standard"),
        say(lang, "report.col_source"),
        say(lang, "report.col_confidence"),
    )
    return TableBlock(caption=say(lang, "report.c_asked"), heads=heads, rows=tuple(rows))


def _standard_row(service: ServiceResult, lang: str) -> tuple[str, ...]:
    standard = service.standard
    return (
        clean(service.name(lang)),
        clean(service.people_name(lang)) or MISSING,
        standard_text(lang, standard),
        clean(standard.source_en if lang == "en" and standard.source_en else standard.source),
        known_word(lang, f"report.confidence_{standard.confidence}", str(standard.confidence)),
    )


def _inputs(results: RunResults, lang: str) -> Iterator[Block]:
    records = results.inputs
    yield Paragraph(
        text=say(
            lang,
            "report.inputs",
            files=len({r.path for r in records}),
            layers=len(records),
            rows=count_text(sum(r.rows for r in records)),
            accepted=count_text(sum(r.accepted for r in records)),
            aside=count_text(sum(r.set_aside for r in records)),
        )
    )
    yield TableBlock(
        caption=say(lang, "report.c_inputs"),
        heads=tuple(
            say(lang, f"report.col_{c}")
            for c in ("file", "use", "rows", "accepted", "aside", "warned")
        ),
        rows=tuple(
            (
                _shown(r.path),
                _use(results, r.role, lang),
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
        yield from _findings(results.findings, lang)


def _shown(path: str) -> str:
    """A path as the study names it; of one that starts at the root only the file's name."""
    whole = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    return clean(file_name(path) if whole else path)


def _use(results: RunResults, roles: str, lang: str) -> str:
    """What a file was read for, in words."""
    told = []
    for role in roles.split(", ") if roles else []:
        kind, _, key = role.partition(".")
        key = key.partition(".")[0]
        service = results.services.get(key)
        if not has_word(f"report.use_{kind}"):
            told.append(clean(role))
            continue
        told.append(
            say(
                lang,
                f"report.use_{kind}",
                level=level_word(lang, key) if kind == "areas" else "",
                service=clean(service.name(lang)) if service is not None else key,
                mode=known_word(lang, f"common.{key}", key),
            )
        )
    return ("、" if lang == "zh" else ", ").join(dict.fromkeys(told))


def _findings(findings: pd.DataFrame, lang: str) -> Iterator[Block]:
    if len(findings) == 0:
        yield Paragraph(text=say(lang, "report.findings_none"))
        return
    order = {"error": 0, "warning": 1, "note": 2}
    rank = findings["severity"].map(order)
    counts = {name: int((rank == k).sum()) for name, k in order.items()}
    yield Paragraph(text=say(lang, "report.findings_some", count=len(findings), **counts))
    gravest = findings.iloc[np.argsort(rank.to_numpy(), kind="stable")[:_MOST_FINDINGS]]
    rows = []
    for row in gravest.itertuples():
        number = "" if pd.isna(row.row) else str(int(row.row))
        rows.append((_shown(str(row.file)), number, clean(row.problem), clean(row.advice)))
    yield TableBlock(
        caption=say(lang, "report.c_findings"),
        heads=tuple(say(lang, f"report.col_{c}") for c in ("file", "row", "problem", "advice")),
        rows=tuple(rows),
        right=frozenset({1}),
    )
    more = len(findings) - len(gravest)
    if more > 0:
        yield Paragraph(text=say(lang, "report.findings_more", count=more), kind="note")
