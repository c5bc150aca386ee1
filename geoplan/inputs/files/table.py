"""Tables as they stand in a file: rows of text, headings, and row numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from geoplan.inputs.files.headings import NO_HEADING, Headings, find_headings
from geoplan.inputs.files.textfile import read_text

#: whole numbers below this are exact as floats, and written without exponent
_EXACT_WHOLE = 1e15
#: rows from which memory is worth being released after every column
LARGE_TABLE = 100_000
#: columns from which they are not released one by one
_WIDE = 200
#: a column without heading that is filled on fewer rows than this holds cells that slipped there
_MIN_FILLED = 0.2


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawTable:
    """One sheet's data rows.

    frame : text in every cell ("" = empty), columns = headings as they stand, made unique.
    rows : row number of every data row, as the spreadsheet or the text editor counts it.
    row_findings : code -> bool per row, for example ``stray_cells`` (text stands right of the
        headings, as when a comma inside an address splits it).
    file_findings : about the whole file: code and values.
    unnamed : filled columns without a heading, left out.
    levels : texts of the rows of a heading that takes several rows.
    above : texts of the rows above the heading.
    units : heading -> its cell in a row of units below the heading.
    hidden, folded : bool per row: hidden by hand or by a filter; of an outline folded up.
    native : heading -> bool per row: the file holds a number there, not a text.
    copies : heading -> bool per row: a copy of the merged cell that begins further up.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    sheet: str = ""
    row_findings: Mapping[str, np.ndarray] = field(default_factory=dict)
    file_findings: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    unnamed: int = 0
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    above: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    hidden: np.ndarray | None = None
    folded: np.ndarray | None = None
    native: Mapping[str, np.ndarray] = field(default_factory=dict)
    copies: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)


def read_text_table(path: Path, encoding: str | None, given: Mapping[str, str]) -> RawTable:
    """The table of a text file.

    Raises
    ------
    FileError
        Unreadable, empty, no heading: with what to do.
    """
    text = read_text(path, encoding)
    headings = find_headings(text.cells, given)
    table = cut_table(text.cells, text.starts, headings, row_findings=text.row_findings)
    return replace(table, file_findings=(*text.file_findings, *table.file_findings))


def float_text(value: float) -> str:
    """A number as text, whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT_WHOLE else repr(value)


def cut_table(
    cells: pd.DataFrame,
    starts: np.ndarray,
    headings: Headings,
    *,
    row_findings: Mapping[str, np.ndarray] | None = None,
    native: np.ndarray | None = None,
    copies: np.ndarray | None = None,
) -> RawTable:
    """Cut off what is above the data, name the columns, drop empty rows and columns.

    Parameters
    ----------
    cells : text; emptied column by column.
    starts : row number by row. headings : of the table.
    row_findings : code -> bool per row.
    native, copies : bool per cell, see `RawTable`.
    """
    columns: dict[str, pd.Series] = {}
    below = np.arange(headings.body, len(cells))
    index = cells.index[headings.body :]
    filled = np.zeros(len(below), bool)
    stray, unnamed = np.zeros(len(filled), bool), 0
    wide = len(headings.names) > _WIDE
    for k, heading in enumerate(headings.names):
        # column by column, each released as soon as it is copied: tables may be large (but to take
        # a column out of a frame looks at all others: those of a wide one stay); `take` puts a
        # column's chunks together, which any later choice of rows would do again
        taken = cells.iloc[:, k] if wide else cells.pop(cells.columns[0])
        column = taken.take(below).astype("str").str.strip()
        column = _without_text_marks(column)
        there = (column != "").to_numpy(bool)
        if heading.startswith(NO_HEADING):
            # a whole column without a heading is somebody's remarks, a few cells have slipped
            if there.sum() <= max(1, _MIN_FILLED * len(there)):
                stray |= there
            else:
                unnamed += 1
            continue
        columns[heading] = column
        if len(column) > LARGE_TABLE:
            release_memory()
        filled |= there
    body = pd.DataFrame(columns, index=index)
    if not filled.all():
        body = body[filled]
    masks = {code: mask[headings.body :] for code, mask in (row_findings or {}).items()}
    masks["stray_cells"] = stray
    dropped: list[tuple[str, Mapping[str, Any]]] = [
        (code, {"line": int(starts[headings.bottom + 1 + k])})
        for k, code in enumerate(headings.dropped)
    ]
    if headings.bottom > headings.top:
        rows = f"{starts[headings.top]}–{starts[headings.bottom]}"
        dropped.insert(0, ("heading_rows", {"rows": rows}))
    return RawTable(
        frame=body.reset_index(drop=True),
        rows=starts[headings.body :][filled],
        row_findings={code: mask[filled] for code, mask in masks.items() if mask[filled].any()},
        file_findings=tuple(dropped),
        unnamed=unnamed,
        levels=headings.levels,
        above=headings.above,
        units=headings.units,
        native=_by_heading(native, headings, filled),
        copies=_by_heading(copies, headings, filled),
    )


def _by_heading(
    flags: np.ndarray | None, headings: Headings, filled: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns of `flags` by heading, where any cell of theirs is True."""
    if flags is None:
        return {}
    found = {}
    for k, heading in enumerate(headings.names):
        column = flags[headings.body :, k][filled]
        if column.any():
            found[heading] = column
    return found


def _without_text_marks(column: pd.Series) -> pd.Series:
    """`column` without the marks of numbers kept as text: ``'0012`` and ``="0012"``."""
    likely = np.flatnonzero(column.str.startswith(("'", "’", '="')).to_numpy(bool))
    if len(likely) == 0:
        return column
    texts = column.to_numpy(object, copy=True)
    for position in likely:
        rest = texts[position][1:]
        if len(rest) > 2 and rest[0] == rest[-1] == '"':
            texts[position] = rest[1:-1]
        elif rest[:1].isdigit() or rest[:1] in ("-", "+", "."):
            texts[position] = rest
    return pd.Series(texts, index=column.index, dtype="str")


def release_memory() -> None:
    """Return the memory that Arrow keeps for later: large tables leave much of it."""
    pyarrow.default_memory_pool().release_unused()
