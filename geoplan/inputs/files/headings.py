"""The heading of a table: which rows it takes, and what every column is called.

A heading may take several rows, as in census forms: 60岁以上 stands over 男, 女 and 小计. Such a
column is called by all of its rows, ``60岁以上/男``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.columns.cell_errors import is_error, is_formula
from geoplan.inputs.columns.heading_words import (
    is_child_word,
    is_numbering,
    is_remark,
    is_unit_row,
    is_year_or_age,
)
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.columns.roles import LONGEST_HEADING, heading_score

#: a merged cell: its top left and bottom right cell, row and column from 0
Range: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
#: rows in which the heading is looked for
HEAD_ROWS = 30
#: rows that a heading takes at most
_MOST_ROWS = 4
#: rows below the heading that tell which columns hold numbers
_SAMPLE_ROWS = 60
_NUMERIC = 0.8
#: rows of data that tell a second row of headings from a row of faulty cells
_MIN_DATA = 2
_CODE = re.compile(r"[^\W\d]+_?\d+")
_DIGITS = 0.4
#: how the name of a column without a heading begins
NO_HEADING = "\x00"


@dataclass(frozen=True, kw_only=True, slots=True)
class Headings:
    """The heading of a table.

    top, bottom : its first and last row, from 0. body : first row of data.
    names : one per column, unique; one that begins with `NO_HEADING` has none.
    levels : texts of all rows of a heading, for those that take several.
    above : texts of the rows above the heading.
    dropped : what lies between heading and data and is no data: ``numbering_row``, ``unit_row``.
    units : texts of the ``unit_row``, by heading.
    """

    top: int
    bottom: int
    body: int
    names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    above: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)


def find_headings(
    cells: pd.DataFrame, given: Mapping[str, str], merges: Sequence[Range] = ()
) -> Headings:
    """The heading of a table whose cells are `cells`, text.

    Parameters
    ----------
    given : the study's ``columns``: role -> heading.
    merges : merged cells of a workbook.

    Raises
    ------
    FileError
        There is none.
    """
    best = _heading_row(cells, given)
    grid = _Grid(cells, merges)
    top, bottom = _block(grid, best)
    body, dropped, units = bottom + 1, [], [""] * grid.width
    for code, tell in (("unit_row", is_unit_row), ("numbering_row", is_numbering)):
        if body < len(cells) and tell(grid.row(body)):
            dropped.append(code)
            units = grid.row(body) if code == "unit_row" else units
            body += 1
    parts = [tuple(t[:LONGEST_HEADING] for t in p) for p in _parts(grid, top, bottom)]
    names = _unique(["/".join(p) for p in parts])
    levels = {n: p for n, p in zip(names, parts, strict=True) if len(p) > 1}
    above = [t for r in range(top) for t in grid.row(r) if t]
    return Headings(
        top=top,
        bottom=bottom,
        body=body,
        names=tuple(names),
        levels=levels,
        above=tuple(above),
        dropped=tuple(dropped),
        units={n: unit for n, unit in zip(names, units, strict=True) if unit},
    )


def has_known_heading(cells: pd.DataFrame, given: Mapping[str, str]) -> bool:
    """Whether a row near the top holds two known headings or more."""
    return any(
        heading_score(list(cells.iloc[i]), given) >= 2 for i in range(min(HEAD_ROWS, len(cells)))
    )


def _heading_row(cells: pd.DataFrame, given: Mapping[str, str]) -> int:
    """Position of the row with most known headings, else of the first filled one without numbers.

    Raises
    ------
    FileError
        There is none.
    """
    look = min(HEAD_ROWS, len(cells))
    scores = [heading_score(list(cells.iloc[i]), given) for i in range(look)]
    best = int(np.argmax(scores)) if scores else 0
    if scores and scores[best] > 0:
        return best
    first = next(
        (i for i in range(look) if (cells.iloc[i].astype(str).str.strip() != "").sum() > 1), 0
    )
    texts = [str(c).strip() for c in cells.iloc[first]] if len(cells) else []
    if not texts or any(_is_number(t) for t in texts if t):
        raise FileError.of("file_faults.no_heading")
    return first


class _Grid:
    """Texts near the top of a table, and which merged cell each of them belongs to."""

    def __init__(self, cells: pd.DataFrame, merges: Sequence[Range]) -> None:
        self.cells = cells
        self.width = cells.shape[1]
        self.rows: dict[int, list[str]] = {}
        self.merges = [
            m for m in merges if m[0][0] < HEAD_ROWS + _MOST_ROWS and m[0][1] < self.width
        ]
        self.merged = {
            (r, c): m
            for m in self.merges
            for r in range(m[0][0], min(m[1][0], HEAD_ROWS + 2 * _MOST_ROWS) + 1)
            for c in range(m[0][1], min(m[1][1], self.width - 1) + 1)
        }
        self._numeric: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.cells)

    def row(self, r: int) -> list[str]:
        """Texts of a row as they stand."""
        if r not in self.rows:
            self.rows[r] = [str(c).strip() for c in self.cells.iloc[r]]
        return self.rows[r]

    def filled(self, r: int) -> list[int]:
        """Columns with a text in row `r`."""
        return [c for c, text in enumerate(self.row(r)) if text]

    def is_title(self, r: int) -> bool:
        """Whether a row holds one text, or one that is merged over nearly all columns."""
        filled = self.filled(r)
        if len(filled) < 2:
            return True
        spans = [self.span(r, c) for c in filled]
        return max(b - a + 1 for a, b in spans) > 0.7 * self.width

    def span(self, r: int, c: int) -> tuple[int, int]:
        """First and last column of the merged cell at a place, else of the cell alone."""
        merge = self.merged.get((r, c))
        return (c, c) if merge is None else (merge[0][1], min(merge[1][1], self.width - 1))

    def numeric(self, below: int) -> np.ndarray:
        """Bool per column: the filled cells from row `below` on are numbers."""
        if below not in self._numeric:
            flags = np.zeros(self.width, bool)
            sample = self.cells.iloc[below : below + _SAMPLE_ROWS]
            for c in range(self.width):
                texts = sample.iloc[:, c].astype("str").str.strip()
                there = texts[~is_empty(texts)]
                if len(there):
                    flags[c] = np.isfinite(read_numbers(there)[0]).mean() >= _NUMERIC
            self._numeric[below] = flags
        return self._numeric[below]


def _block(grid: _Grid, best: int) -> tuple[int, int]:
    """First and last row of the heading that row `best` belongs to."""
    top = bottom = best
    while bottom + 1 < len(grid) and bottom - top + 1 < _MOST_ROWS and _goes_on(grid, bottom):
        bottom += 1
    while top > 0 and bottom - top + 1 < _MOST_ROWS and _begins_above(grid, top):
        top -= 1
    return top, bottom


def _goes_on(grid: _Grid, r: int) -> bool:
    """Whether the row below heading row `r` belongs to the heading."""
    child = grid.row(r + 1)
    filled = [c for c in grid.filled(r + 1) if not _continues(grid, r + 1, c)]
    if not filled or any(_is_number(child[c]) and not is_year_or_age(child[c]) for c in filled):
        return False
    covered = _under_parents(grid, r)
    if not covered & set(filled):
        return _second_language(grid, r)
    parents = grid.row(r)
    if any(not parents[c] and c not in covered for c in filled):
        return False  # text under no heading at all
    if any(_merged_parent(grid, r, c) for c in filled):
        return True
    under = [c for c in filled if c in covered]
    if any(is_year_or_age(child[c]) for c in under):  # 2023 and 2024, under blank cells elsewhere
        named = all(is_year_or_age(child[c]) or is_child_word(child[c]) for c in under)
        return named and any(parents[c] and not child[c] for c in range(grid.width))
    numbers = grid.numeric(r + 2)
    tells = [is_child_word(child[c]) or (bool(numbers[c]) and _is_word(child[c])) for c in under]
    return sum(tells) * 2 >= len(under)


def _continues(grid: _Grid, r: int, c: int) -> bool:
    """Whether a cell is part of one that is merged with the row above."""
    merge = grid.merged.get((r, c))
    return merge is not None and merge[0][0] < r


def _merged_parent(grid: _Grid, r: int, c: int) -> bool:
    first, last = grid.span(r, c)
    return last > first and grid.row(r)[first] != ""


def _under_parents(grid: _Grid, r: int) -> set[int]:
    """Columns of row `r` that lie under a text that stands over several of them.

    The text is merged over them, or stands left of blank ones, or is repeated in each.
    """
    texts, below = grid.row(r), grid.row(r + 1)
    under: set[int] = set()
    for c in grid.filled(r):
        first, last = grid.span(r, c)
        if last == first and (r, c) not in grid.merged and below[c]:
            merged = {k for k in range(grid.width) if (r, k) in grid.merged}
            last = _last_under(texts, below, c, merged)
        if last > first:
            under |= set(range(first, last + 1))
    return under


def _last_under(texts: list[str], below: list[str], c: int, merged: set[int]) -> int:
    """Last column with a text below that the text at `c` stands over, blank or repeated beside."""
    last = c
    for k in range(c + 1, len(texts)):
        if texts[k] not in ("", texts[c]) or k in merged:
            break
        if below[k]:
            last = k
    return last


def _second_language(grid: _Grid, r: int) -> bool:
    """Whether the next row names all columns once more, in words over columns of numbers."""
    child, parents = grid.row(r + 1), grid.row(r)
    filled = grid.filled(r + 1)
    if len(filled) < len(grid.filled(r)) or len({child[c] for c in filled}) < len(filled):
        return False
    numbers = [c for c in np.flatnonzero(grid.numeric(r + 2)).tolist() if parents[c]]
    words = [child[c] for c in numbers]
    signs = is_empty(pd.Series(words, dtype="str"))
    return (
        len(numbers) >= 2
        and len(grid) - r - 2 >= _MIN_DATA
        and not signs.any()
        and all(_is_word(word) for word in words)
    )


def _is_word(text: str) -> bool:
    """Whether a text over numbers is a heading: hardly any digits (60岁以上, P60), no error."""
    digits = sum(c.isdigit() for c in text)
    if is_error(text) or is_formula(text):
        return False
    return digits <= _DIGITS * len(text) or _CODE.fullmatch(text) is not None


def _begins_above(grid: _Grid, top: int) -> bool:
    """Whether the row above heading row `top` belongs to the heading."""
    above, texts = grid.row(top - 1), grid.row(top)
    if any(_continues(grid, top, c) for c in range(grid.width)):
        return True
    said = [text for text in above if text]
    if grid.is_title(top - 1) or any(_is_number(t) or is_remark(t) for t in said):
        return False
    under = _under_parents(grid, top - 1)
    if not under:
        return False
    vertical = [c for c, text in enumerate(above) if text and not texts[c] and c not in under]
    words = [texts[c] for c in under if texts[c]]
    again = len(set(words)) < len(words)
    return bool(vertical) or again or any(map(is_child_word, words))


def _parts(grid: _Grid, top: int, bottom: int) -> list[tuple[str, ...]]:
    """The texts of every column's heading, from top to bottom, each once."""
    rows = [_spread(grid, r, top, bottom) for r in range(top, bottom + 1)]
    parts = []
    for c in range(grid.width):
        said: list[str] = []
        for row in rows:
            text = " ".join(row[c].split()) if bottom > top else row[c]
            if text and (not said or said[-1] != text):
                said.append(text)
        parts.append(tuple(said))
    return parts


def _spread(grid: _Grid, r: int, top: int, bottom: int) -> list[str]:
    """Row `r` with the text of a parent in all columns that it stands over."""
    texts = list(grid.row(r))
    for c in range(grid.width):
        merge = grid.merged.get((r, c))
        if merge is not None and not texts[c]:
            (first, left), _ = merge
            texts[c] = grid.row(first)[left] if first >= top else ""
    if r == bottom:
        return texts
    spread = list(texts)
    for c in range(1, grid.width):
        bounded = any(
            grid.row(q)[c] and grid.row(q)[c] != grid.row(q)[c - 1] for q in range(top, r)
        )
        below = any(grid.row(q)[c] for q in range(r + 1, bottom + 1))
        alone = (r, c) not in grid.merged and (r, c - 1) not in grid.merged
        if not spread[c] and spread[c - 1] and below and alone and not bounded:
            spread[c] = spread[c - 1]
    return spread


def _unique(headings: list[str]) -> list[str]:
    """Headings made unique (``备注``, ``备注.2``); an empty one is marked to be dropped."""
    seen: dict[str, int] = {}
    named = []
    for k, heading in enumerate(headings):
        if heading == "":
            named.append(f"{NO_HEADING}{k}")
            continue
        seen[heading] = seen.get(heading, 0) + 1
        named.append(heading if seen[heading] == 1 else f"{heading}.{seen[heading]}")
    return named


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
