"""What stands before the report's text: cover and table of contents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from geoplan.outputs.report.blocks import Document, report_date
from geoplan.outputs.report.word.markup import (
    field,
    field_end,
    field_start,
    link,
    paragraph,
    run,
    tab,
)

_BREAK = '<w:r><w:br w:type="page"/></w:r>'


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A heading as the contents list it: its bookmark, and its page where that is known."""

    level: int
    text: str
    bookmark: str
    page: int | None = None


def cover(document: Document, ids: Mapping[str, str]) -> Iterator[str]:
    """Edition and stamps above, the title, the data's date; the office and the date below."""
    for stamp in document.stamps:
        yield paragraph(run(stamp), ids["stamp"])
    yield paragraph(run(document.title), ids["title"])
    if document.subtitle:
        yield paragraph(run(document.subtitle), ids["cover"])
    below = [text for text in (document.form.office, report_date(document)) if text]
    for k, text in enumerate(below):
        space = '<w:spacing w:before="5200"/>' if k == 0 else ""
        yield paragraph(run(text), ids["cover"], properties=space)


def contents(document: Document, entries: Sequence[Entry], ids: Mapping[str, str]) -> Iterator[str]:
    """The contents as fields of Word that show their entries before anybody updates them.

    Chapters and services have pages; annexes are named without, as attachments of a letter are.
    """
    speaker = document.speaker
    yield paragraph(
        run(speaker.say("report.contents")), ids["contents"], properties="<w:pageBreakBefore/>"
    )
    body = [entry for entry in entries if entry.page is not None]
    yield from _field(body, 'TOC \\o "1-2" \\h \\z', ids)
    annexes = [entry for entry in entries if entry.page is None]
    if annexes:
        yield from _field(annexes, 'TOC \\n \\h \\z \\t "Annex Title,1"', ids)


def _field(entries: Sequence[Entry], code: str, ids: Mapping[str, str]) -> Iterator[str]:
    for k, entry in enumerate(entries):
        shown = run(entry.text)
        if entry.page is not None:
            shown += tab() + field(f"PAGEREF {entry.bookmark} \\h", str(entry.page))
        inner = link(entry.bookmark, shown)
        if k == 0:
            inner = field_start(code) + inner
        if k == len(entries) - 1:
            inner += field_end()
        yield paragraph(inner, ids[f"toc_{entry.level}"])
