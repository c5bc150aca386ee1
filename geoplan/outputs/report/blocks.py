"""What a report is made of, whatever file it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from geoplan.results import ReportForm
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading; level 1 are chapters.

    new_page : it opens a page of the printed report. annex : it stands in an annex, which the
    contents list apart.
    """

    level: int
    text: str
    new_page: bool = False
    annex: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """A paragraph; `kind` "note" is smaller and lighter.

    lead : a word or two before it that stand out. The text may hold `references`. then : what
    goes on behind it on paper, each with its own lead.
    """

    text: str
    kind: Literal["text", "note"] = "text"
    lead: str = ""
    then: tuple[Paragraph, ...] = ()

    @property
    def parts(self) -> tuple[Paragraph, ...]:
        """The paragraph and what goes on behind it."""
        return (self, *self.then)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Points, one line each; `kind` "note" is smaller and lighter."""

    items: tuple[str, ...]
    kind: Literal["text", "note"] = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableBlock:
    """A table of texts; `right` are the columns of numbers.

    key : what a `reference` calls it by. annex : it is numbered among the annex's tables.
    total : the last row sums up the others.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = field(default_factory=frozenset)
    key: str = ""
    annex: bool = False
    total: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureBlock:
    """A picture from the run's figures; `map_key` names the interactive map that goes with it.

    fill : on paper it takes the room that the other blocks of its page leave. beside : the table
    that follows, of few columns, stands on its right.
    """

    name: str
    caption: str
    map_key: str = ""
    annex: bool = False
    fill: bool = False
    beside: bool = False


Block = Heading | Paragraph | Listing | TableBlock | FigureBlock


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """Title, what stands under it, stamps, the form asked for, and the blocks in order.

    annexes : titles of the annexes, as their headings have them.
    """

    title: str
    subtitle: str
    stamps: tuple[str, ...]
    speaker: Speaker
    blocks: tuple[Block, ...]
    form: ReportForm = field(default_factory=ReportForm)

    @property
    def annexes(self) -> tuple[str, ...]:
        """Titles of the annexes in order."""
        heads = (b for b in self.blocks if isinstance(b, Heading) and b.level == 1)
        return tuple(head.text for head in heads if head.annex)


def report_date(document: Document) -> str:
    """The report's date in words; "" where it has none.

    Examples
    --------
    >>> form = ReportForm(date="2025-06-30")
    >>> page = Document(
    ...     title="", subtitle="", stamps=(), speaker=Speaker("zh"), blocks=(), form=form
    ... )
    >>> report_date(page)
    '2025年6月30日'
    """
    if not document.form.date:
        return ""
    year, month, day = (int(part) for part in document.form.date.split("-"))
    speaker = document.speaker
    name = speaker.say(f"report.month_{month}")
    return speaker.say("report.date", year=year, month=name, day=day)
