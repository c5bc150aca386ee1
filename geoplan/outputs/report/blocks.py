"""What a report is made of, whatever file it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading; level 1 are chapters."""

    level: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """A paragraph; `kind` "note" is smaller and lighter."""

    text: str
    kind: Literal["text", "note", "stamp"] = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Points, one line each."""

    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TableBlock:
    """A table of texts; `right` are the columns of numbers, `bars` those of shares 0..1."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureBlock:
    """A picture from the run's figures; `map_key` names the interactive map that goes with it."""

    name: str
    caption: str
    map_key: str = ""


Block = Heading | Paragraph | Listing | TableBlock | FigureBlock


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """Title, what stands under it, stamps, and the blocks in order."""

    title: str
    subtitle: str
    stamps: tuple[str, ...]
    speaker: Speaker
    blocks: tuple[Block, ...]
