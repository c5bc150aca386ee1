"""The columns that say whether a site serves people, and what each of their cells says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.roles import fits_role, normalize
from geoplan.inputs.columns.status import StatusReading, StatusWords, status_table
from geoplan.inputs.columns.status.dates import read_days
from geoplan.inputs.rows import Rows

#: ``aside``: names, remarks and opening hours: heeded where they plainly say closed, never doubted
Kind = Literal["status", "is_open", "is_closed", "aside", "lifecycle"]
_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]+)[)）\]】]\s*$")
_BEFORE = re.compile(r"^\s*[(（\[【]([^()（）\[\]【】]+)[)）\]】]")
_DASHED = re.compile(r"(?:\s[-–—]+\s*|——|--)([^-–—]+)$")
_ASKS = re.compile(r"^(是否|whether|is\b)|[?？]$", re.IGNORECASE)
_HOURS = re.compile(r"\d[:：]\d\d|24/7|24\s?h", re.IGNORECASE)
_OPEN, _CLOSED = (StatusReading(sense=sense, sure=True) for sense in ("open", "closed"))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StatusColumn:
    """One column's cells, read.

    heading, kind : which, and what sort of column it is.
    cells : what is read of each cell: of a name what stands in brackets or behind a dash.
    readings : per row; None where the cell says nothing.
    blank : bool per row: a cell that should say something, and is empty.
    """

    heading: str
    kind: Kind
    cells: pd.Series
    readings: list[StatusReading | None]
    blank: np.ndarray

    def rows(self, *, sure: bool, serves: bool) -> np.ndarray:
        """Positions of the rows whose cell says so."""
        found = [r is not None and r.sure == sure and r.serves == serves for r in self.readings]
        return np.flatnonzero(np.array(found, bool))


def status_columns(rows: Rows, words: StatusWords) -> Iterator[StatusColumn]:
    """Every column of `rows` that says something about the status of sites, read by `words`."""
    for heading in map(str, rows.text.columns):
        cells, lifecycle = rows.text[heading], _lifecycle(heading)
        kind = kind_of(heading, rows.roles.get(heading))
        if kind is None and heading not in rows.roles:
            kind = _asked(heading, cells, words)
        if lifecycle is not None:
            yield _lifecycle_column(heading, cells, lifecycle, words)
        elif kind is not None and not (kind in ("is_open", "is_closed") and _are_hours(cells)):
            yield _column(heading, kind, cells, words)
        if rows.roles.get(heading) == "name":
            yield _column(heading, "aside", cells.map(_in_brackets), words)


def date_columns(rows: Rows, role: Literal["opened_on", "closed_on"]) -> Iterator[str]:
    """Headings of the columns with opening, or with closing dates."""
    for heading in map(str, rows.text.columns):
        if (
            rows.roles.get(heading) == role
            or (heading not in rows.roles and fits_role(heading, role))
            or (role == "closed_on" and kind_of(heading, rows.roles.get(heading)) == "is_closed")
        ):
            yield heading


def kind_of(heading: str, role: str | None) -> Kind | None:
    """What a column says about status; None where it is about something else."""
    for kind in ("status", "is_open", "is_closed"):
        if role == kind or (role is None and fits_role(heading, kind)):
            return kind
    columns = status_table()["columns"]
    plain = {normalize(word) for word in (*columns["hours"], *columns["remarks"])}
    return "aside" if role is None and normalize(heading) in plain else None


def _asked(heading: str, cells: pd.Series, words: StatusWords) -> Kind | None:
    """What a column of yes and no asks whose heading is a word for status (在营, Open?)."""
    said = words.read(_ASKS.sub("", heading.strip()))
    asks = _ASKS.search(heading.strip()) is not None
    if not said.sure or (not asks and said.sense not in ("open", "closed")):
        return None
    filled = cells[~is_empty(cells)].unique()
    if not len(filled) or any(words.answer(text) is None for text in filled):
        return None
    return "is_open" if said.serves else "is_closed"


def _column(heading: str, kind: Kind, cells: pd.Series, words: StatusWords) -> StatusColumn:
    empty = is_empty(cells)
    read = {text: _reading(text, kind, words) for text in cells[~empty].unique()}
    readings = [None if nothing else read[text] for text, nothing in zip(cells, empty, strict=True)]
    asks = kind in ("status", "is_open")
    return StatusColumn(
        heading=heading,
        kind=kind,
        cells=cells,
        readings=readings,
        blank=empty if asks else np.zeros_like(empty),
    )


def _reading(text: str, kind: Kind, words: StatusWords) -> StatusReading | None:
    if kind == "status":
        return words.read(text)
    if kind == "aside":
        said = words.read(text)
        off = text.strip().lower() == "off"  # opening_hours of OpenStreetMap
        return _CLOSED if off else said if said.sure and not said.serves else None
    answer = words.answer(text)
    if answer is not None:
        return _OPEN if answer == (kind == "is_open") else _CLOSED
    if kind == "is_closed" and read_days(text) is not None:
        return None  # the day on which it closed: read with the dates
    return words.read(text)


def _are_hours(cells: pd.Series) -> bool:
    """Whether a column called "open" holds times of the day."""
    filled = cells[~is_empty(cells)]
    return len(filled) > 0 and bool(filled.str.contains(_HOURS).mean() > 0.5)


def _in_brackets(name: object) -> str:
    """What stands in brackets, or behind a dash, beside a name."""
    for pattern in (_BRACKETS, _DASHED, _BEFORE):
        found = pattern.search(str(name))
        if found:
            return found[1].strip()
    return ""


def _lifecycle(heading: str) -> str | None:
    """The sense of a lifecycle prefix of OpenStreetMap: ``disused:amenity``; else None."""
    columns = status_table()["columns"]
    prefix, mark, key = heading.strip().lower().replace(":", "_", 1).partition("_")
    sense: str | None = columns["lifecycle"].get(prefix)
    return sense if mark and key in columns["lifecycle_keys"] else None


def _lifecycle_column(
    heading: str, cells: pd.Series, sense: str, words: StatusWords
) -> StatusColumn:
    said = StatusReading(sense=sense, sure=True)
    empty = is_empty(cells)
    readings = [
        None if nothing or words.answer(text) is False else said
        for text, nothing in zip(cells, empty, strict=True)
    ]
    return StatusColumn(
        heading=heading,
        kind="lifecycle",
        cells=cells,
        readings=readings,
        blank=np.zeros_like(empty),
    )
