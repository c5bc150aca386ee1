"""Tables of a workbook or a text file: rows as they stand, headings, and row numbers."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
from python_calamine import CalamineError, CalamineWorkbook

from geoplan.errors import FileError
from geoplan.inputs.columns.roles import heading_score
from geoplan.inputs.files.textfile import read_text

#: rows in which the heading is looked for
_HEAD_ROWS = 30
#: whole numbers below this are exact as floats, and written without exponent
_EXACT_WHOLE = 1e15
#: rows from which memory is worth being released after every column
LARGE_TABLE = 100_000
#: a column without heading that is filled on fewer rows than this holds cells that slipped there
_MIN_FILLED = 0.2


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawTable:
    """One sheet's data rows.

    frame : text in every cell ("" = empty), columns = headings as they stand, made unique.
    rows : row number of every data row, as the spreadsheet or the text editor counts it.
    heading_row : row number of the heading, None where there is none.
    row_findings : code -> bool per row, for example ``stray_cells`` (text stands right of the
        headings, as when a comma inside an address splits it).
    file_findings : about the whole file: code and values.
    unnamed : filled columns without a heading, left out.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    sheet: str = ""
    heading_row: int | None = None
    row_findings: Mapping[str, np.ndarray] = field(default_factory=dict)
    file_findings: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    unnamed: int = 0

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
    table = _with_heading(text.cells, text.starts, given, row_findings=text.row_findings)
    return replace(table, file_findings=text.file_findings)


def read_workbook(path: Path, sheet: str | None, given: Mapping[str, str]) -> list[RawTable]:
    """The table of a workbook's `sheet`, else those of all sheets with a known heading.

    Raises
    ------
    FileError
        Unreadable, empty, no heading, no such sheet: with what to do.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        if _is_text(path):
            raise FileError.of("file_faults.text_as_book", ending=path.suffix) from error
        raise FileError.of("file_faults.book_broken", error=error) from error
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        raise FileError.of("file_faults.no_sheet", sheet=sheet, sheets=", ".join(names))
    tables = []
    for name in names if sheet is None else [sheet]:
        table = _read_sheet(book, name, given, must=sheet is not None)
        if table is not None:
            tables.append(table)
    filled = [n for n in names if book.get_sheet_by_name(n).height > 0]
    if not tables and len(filled) == 1:
        only = _read_sheet(book, filled[0], given, must=True)
        tables = [] if only is None else [only]
    if not tables:
        raise FileError.of("file_faults.no_known_sheet", sheets=", ".join(names))
    skipped = [n for n in filled if n not in {t.sheet for t in tables}]
    if sheet is None and skipped:
        finding = ("sheets_skipped", {"sheets": ", ".join(skipped)})
        tables[0] = replace(tables[0], file_findings=(finding,))
    return tables


def _is_text(path: Path) -> bool:
    """Whether a file that is no workbook begins like a table of text or a web page."""
    with path.open("rb") as stream:
        head = stream.read(400)
    return bool(head.strip()) and not any(b < 9 or 13 < b < 32 for b in head)


def _read_sheet(
    book: CalamineWorkbook, name: str, given: Mapping[str, str], *, must: bool
) -> RawTable | None:
    page = book.get_sheet_by_name(name)
    rows = page.to_python(skip_empty_area=False)
    if not rows:
        if must:
            raise FileError.of("file_faults.empty_sheet", sheet=name)
        return None
    cells = pd.DataFrame([[_text(c) for c in row] for row in rows], dtype=object).fillna("")
    for (top, left), (bottom, right) in getattr(page, "merged_cell_ranges", None) or []:
        # a merged cell stands for all the rows that it spans (a title over columns stays one cell)
        if bottom > top and right < cells.shape[1] and bottom < len(cells):
            cells.iloc[top : bottom + 1, left] = cells.iloc[top, left]
    if not must and not any(
        heading_score(list(cells.iloc[i]), given) >= 2 for i in range(min(_HEAD_ROWS, len(cells)))
    ):
        return None
    table = _with_heading(cells, np.arange(1, len(cells) + 1), given)
    return replace(table, sheet=name)


def _text(cell: Any) -> str:
    """A cell as text, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    return float_text(cell) if isinstance(cell, float) else str(cell)


def float_text(value: float) -> str:
    """A number as text, whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT_WHOLE else repr(value)


def _with_heading(
    cells: pd.DataFrame,
    starts: np.ndarray,
    given: Mapping[str, str],
    *,
    row_findings: Mapping[str, np.ndarray] | None = None,
) -> RawTable:
    """Cut off title rows, name the columns, drop empty rows and columns."""
    best = _heading_row(cells, given)
    headings = _unique([str(c).strip() for c in cells.iloc[best]])
    columns: dict[str, pd.Series] = {}
    below, index = np.arange(best + 1, len(cells)), cells.index[best + 1 :]
    filled = np.zeros(len(below), bool)
    stray, unnamed = np.zeros(len(filled), bool), 0
    for heading in headings:
        # column by column, each released as soon as it is copied: tables may be large; `take`
        # puts a column's chunks together, which any later choice of rows would do again
        column = cells.pop(cells.columns[0]).take(below).astype("str").str.strip()
        column = _without_apostrophes(column)
        there = (column != "").to_numpy(bool)
        if heading.startswith("\x00"):
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
    masks = {code: mask[best + 1 :] for code, mask in (row_findings or {}).items()}
    masks["stray_cells"] = stray
    return RawTable(
        frame=body.reset_index(drop=True),
        rows=starts[best + 1 :][filled],
        heading_row=int(starts[best]),
        row_findings={code: mask[filled] for code, mask in masks.items() if mask[filled].any()},
        unnamed=unnamed,
    )


def _heading_row(cells: pd.DataFrame, given: Mapping[str, str]) -> int:
    """Position of the row with most known headings, else of the first filled one without numbers.

    Raises
    ------
    FileError
        There is none.
    """
    look = min(_HEAD_ROWS, len(cells))
    scores = [heading_score(list(cells.iloc[i]), given) for i in range(look)]
    best = int(np.argmax(scores)) if scores else 0
    if scores and scores[best] > 0:
        return best
    first = next(
        (i for i in range(look) if (cells.iloc[i].astype(str).str.strip() != "").sum() > 1), 0
    )
    texts = [str(c).strip() for c in cells.iloc[first]]
    if not texts or any(_is_number(t) for t in texts if t):
        raise FileError.of("file_faults.no_heading")
    return first


def _without_apostrophes(column: pd.Series) -> pd.Series:
    """`column` without the apostrophe by which spreadsheets mark a number kept as text."""
    likely = np.flatnonzero(column.str.startswith(("'", "’")).to_numpy(bool))
    if len(likely) == 0:
        return column
    texts = column.to_numpy(object, copy=True)
    for position in likely:
        rest = texts[position][1:]
        if rest[:1].isdigit() or rest[:1] in ("-", "+", "."):
            texts[position] = rest
    return pd.Series(texts, index=column.index, dtype="str")


def release_memory() -> None:
    """Return the memory that Arrow keeps for later: large tables leave much of it."""
    pyarrow.default_memory_pool().release_unused()


def _unique(headings: list[str]) -> list[str]:
    """Headings made unique (``备注``, ``备注.2``); an empty one is marked to be dropped."""
    seen: dict[str, int] = {}
    named = []
    for k, heading in enumerate(headings):
        if heading == "":
            named.append(f"\x00{k}")
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
