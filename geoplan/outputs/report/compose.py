"""The report's contents: the same numbers as tables and summary, in the order a reader asks.

A body that an office can hand in, then annexes with all that it rests on. A chapter is a function
that yields blocks: a further one is a line in `CHAPTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from geoplan.outputs.report.blocks import (
    Block,
    Document,
    FigureBlock,
    Heading,
    Paragraph,
    TableBlock,
)
from geoplan.outputs.report.chapters.asked import asked_blocks, input_blocks
from geoplan.outputs.report.chapters.programme import programme_chapter
from geoplan.outputs.report.chapters.proposals import (
    proposal_blocks,
    remedy_blocks,
)
from geoplan.outputs.report.chapters.service_chapter import service_blocks
from geoplan.outputs.report.chapters.service_pages import service_pages
from geoplan.outputs.report.chapters.summary import fills_a_page, summary_blocks
from geoplan.outputs.report.numbering import numbered
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.coverage_tables import overview_table
from geoplan.outputs.tables.run_tables import figures_table
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

Chapter = Callable[[RunResults, Speaker], Iterator[Block]]

#: chapters that begin where the one before ends, if what stands together finds room there
_FOLLOW_ON = {"report.h_asked", "report.h_programme", "report.h_proposals", "report.h_method"}
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
    dated = speaker.say("report.subtitle", date=clean(info.data_date)) if info.data_date else ""
    return Document(
        title=speaker.say("report.title", name=clean(info.title or info.name)),
        subtitle=dated,
        stamps=tuple(stamps),
        speaker=speaker,
        blocks=tuple(numbered(_blocks(results, speaker), speaker)),
        form=info.report,
    )


def _blocks(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    for chapters, annex in ((CHAPTERS, False), (ANNEXES, True)):
        for word, chapter in chapters:
            blocks = list(chapter(results, speaker))
            if not blocks:  # a chapter that has nothing to say
                continue
            new_page = word not in _FOLLOW_ON or (
                word == "report.h_asked" and fills_a_page(results)
            )
            yield Heading(level=1, text=speaker.say(word), new_page=new_page, annex=annex)
            yield from _in_annex(blocks) if annex else blocks


def _in_annex(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Heading | TableBlock | FigureBlock):
            yield replace(block, annex=True)
        else:
            yield block


def _method(_: RunResults, speaker: Speaker) -> Iterator[Block]:
    yield Paragraph(text=speaker.say("report.method"), kind="note")


def _details(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """All services in one table, then everything that was found about each."""
    judged = overview_table(results, speaker)
    judged = replace(judged, frame=judged.frame[judged.frame["total"].notna()])
    overview = report_table(judged, speaker.say("report.c_overview"), speaker, keep=_OVERVIEW)
    if overview is not None:
        yield Paragraph(text=speaker.say("report.overview"))
        yield overview
    yield from remedy_blocks(results, speaker)
    for service in results.services.values():
        yield from service_blocks(results, service, speaker)


def _published(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    if not len(results.figures):
        return
    keep = ("label", "published", "computed", "difference", "cause", "source")
    caption = speaker.say("report.c_figures")
    table = report_table(figures_table(results), caption, speaker, keep=keep)
    if table is not None:
        yield Paragraph(text=speaker.say("report.figures"))
        yield table


#: the body: a chapter's title and what it says; one that says nothing is left out
CHAPTERS: tuple[tuple[str, Chapter], ...] = (
    ("report.h_overview", summary_blocks),
    ("report.h_asked", asked_blocks),
    ("report.h_services", service_pages),
    ("report.h_programme", programme_chapter),
    ("report.h_proposals", proposal_blocks),
    ("report.h_method", _method),
)
ANNEXES: tuple[tuple[str, Chapter], ...] = (
    ("report.h_details", _details),
    ("report.h_inputs", input_blocks),
    ("report.h_figures", _published),
)
