"""What was asked and assumed, and what the inputs are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from geoplan.inputs.findings.finding import Assumption
from geoplan.outputs.report.blocks import Block, Heading, Listing, Paragraph, TableBlock
from geoplan.outputs.report.numbering import references
from geoplan.outputs.wording import (
    assumption_place,
    assumption_text,
    shown_path,
    standard_text,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words import has_word
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import MISSING, clean, count_text

#: findings that the report itself shows
_MOST_FINDINGS = 12
#: assumptions of one kind that a short sentence names
_SAME_KIND = 3
#: what a short sentence leaves to the annex
_BEFORE_FIGURES = re.compile(r"[：；]|[:;] ")
_GRAVITY = {"error": 0, "warning": 1, "note": 2}


def assumed_blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """What no input says, and what it does to the numbers: all of it, in short sentences."""
    if not results.assumed:
        return
    count = len(results.assumed)
    yield Paragraph(text=speaker.say("report.assumed", count=count), kind="note")
    yield Listing(items=tuple(_assumed_in_short(results, speaker)), kind="note")


def _assumed_in_short(results: RunResults, speaker: Speaker) -> list[str]:
    """Assumptions of one kind as one sentence, without the figures behind a colon."""
    kinds: dict[tuple[str, str], list[Assumption]] = {}
    for one in results.assumed:
        kinds.setdefault((one.code, one.effect), []).append(one)
    lines = []
    for (_, effect), ones in kinds.items():
        parts, before = [], ""
        for one in ones[:_SAME_KIND]:
            where, what = assumption_place(one, speaker, results.services), _head(clean(one.what))
            word = "report.assumed_there" if where == before else "report.assumed_where"
            parts.append(speaker.say(word, where=where, what=what))
            before = where
        if len(ones) > _SAME_KIND:
            parts.append(speaker.say("report.and_more", count=len(ones)).strip())
        what = speaker.say("report.assumed_next").join(parts)
        lines.append(speaker.say("report.assumed_line", what=what, effect=clean(effect)))
    return lines


def _head(what: str) -> str:
    """A sentence up to its figures.

    Examples
    --------
    >>> _head("步行路网未采用 146 条线，共 1,076 千米：不准通行 44 条。"), _head("12 rows: a, b.")
    ('步行路网未采用 146 条线，共 1,076 千米', '12 rows')
    """
    return _BEFORE_FIGURES.split(what, maxsplit=1)[0].strip().rstrip("。.")


def _assumed(results: RunResults, speaker: Speaker) -> list[str]:
    return [assumption_text(one, speaker, results.services) for one in results.assumed]


def asked_blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """What is judged and by which standard, and what came in."""
    text = speaker.say("report.asked", count=len(results.services), refs=references("standards"))
    yield Paragraph(text=text)
    yield _counts(results, speaker)
    if results.info.audience != "public":
        yield _finding_counts(results.findings, speaker)
    yield _standards(results, speaker)


def _standards(results: RunResults, speaker: Speaker) -> TableBlock:
    rows = [_standard_row(service, speaker) for service in results.services.values()]
    heads = (
        speaker.say("outputs.col_service"),
        speaker.say("report.col_group"),
        speaker.say("outputs.col_standard"),
        speaker.say("report.col_source"),
        speaker.say("report.col_confidence"),
    )
    caption = speaker.say("report.c_asked")
    return TableBlock(caption=caption, heads=heads, rows=tuple(rows), key="standards")


def _standard_row(service: ServiceResult, speaker: Speaker) -> tuple[str, ...]:
    standard = service.standard
    anyone = MISSING if service.coverage is None else speaker.say("outputs.group_all")
    return (
        clean(service.name(speaker.lang)),
        clean(service.people_name(speaker.lang)) or anyone,
        standard_text(standard, speaker),
        clean(
            standard.source_en if speaker.lang == "en" and standard.source_en else standard.source
        ),
        speaker.word(f"report.confidence_{standard.confidence}", str(standard.confidence)),
    )


def _counts(results: RunResults, speaker: Speaker) -> Paragraph:
    records = results.inputs
    return Paragraph(
        text=speaker.say(
            "report.inputs",
            files=len({r.path for r in records}),
            layers=len(records),
            rows=count_text(sum(r.rows for r in records)),
            accepted=count_text(sum(r.accepted for r in records)),
            aside=count_text(sum(r.set_aside for r in records)),
        )
    )


def _finding_counts(findings: pd.DataFrame, speaker: Speaker) -> Paragraph:
    if len(findings) == 0:
        return Paragraph(text=speaker.say("report.findings_none"))
    rank = findings["severity"].map(_GRAVITY)
    counts = {name: int((rank == k).sum()) for name, k in _GRAVITY.items()}
    return Paragraph(text=speaker.say("report.findings_some", count=len(findings), **counts))


def input_blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """Files with their rows, what was doubted, and assumptions in full."""
    yield Heading(level=2, text=speaker.say("report.h_files"))
    yield Paragraph(text=speaker.say("report.crs", crs=results.info.crs))
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
            for r in results.inputs
        ),
        right=frozenset({2, 3, 4, 5}),
    )
    if results.info.audience != "public" and len(results.findings):
        yield Heading(level=2, text=speaker.say("report.h_findings"))
        yield from _findings(results.findings, speaker)
    if results.assumed:
        yield Heading(level=2, text=speaker.say("report.h_assumed"))
        yield Listing(items=tuple(_assumed(results, speaker)))


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
    rank = findings["severity"].map(_GRAVITY)
    gravest = findings.iloc[np.argsort(rank.to_numpy(), kind="stable")[:_MOST_FINDINGS]]
    rows = []
    for row in gravest.itertuples():
        number = "" if pd.isna(row.row) else str(int(row.row))
        problem = clean(row.problem)
        problem = problem[:1].upper() + problem[1:]
        rows.append((shown_path(str(row.file)), number, problem, clean(row.advice)))
    yield TableBlock(
        caption=speaker.say("report.c_findings"),
        heads=tuple(speaker.say(f"report.col_{c}") for c in ("file", "row", "problem", "advice")),
        rows=tuple(rows),
        right=frozenset({1}),
    )
    more = len(findings) - len(gravest)
    if more > 0:
        yield Paragraph(text=speaker.say("report.findings_more", count=more), kind="note")
