"""`RawTable`: rows as they stand in a file, with the numbers by which their owner knows them."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
from python_calamine import CalamineError, CalamineWorkbook

from geoplan.inputs.faults import FileError
from geoplan.inputs.headings import heading_score

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_LOOK = 30  # rows in which the heading is looked for
#: rows from which memory is worth being given back at every step
_LARGE = 100_000
#: a column without heading that is filled on fewer rows than this holds cells that slipped there
_SLIPPED = 0.2


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawTable:
    """One sheet's data rows.

    frame : text in every cell ("" = empty), columns = headings as they stand, made unique.
    rows : row number of every data row, as the spreadsheet or the text editor counts it.
    heading_row : row number of the heading, None where there is none.
    stray : bool per row: text stands right of the headings, as when a comma inside an address
        splits it. None = nowhere.
    unnamed : filled columns without a heading, left out.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    sheet: str = ""
    heading_row: int | None = None
    stray: np.ndarray | None = None
    unnamed: int = 0

    def __len__(self) -> int:
        return len(self.frame)


def read_tables(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> list[RawTable]:
    """All tables of a text file or a workbook (without `sheet`: those sheets with a known heading).

    Raises
    ------
    InputError
        Unreadable, empty, no heading, no such sheet: with what to do.
    """
    given = dict(columns or {})
    suffix = path.suffix.lower()
    if suffix in BOOK_SUFFIXES:
        return _read_book(path, sheet, given)
    return [_read_text(path, encoding, given)]


def decode(raw: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Text and its encoding: as given, else by byte order mark, else UTF-8, else GB18030.

    Raises
    ------
    InputError
        The bytes fit none of them.
    """
    if encoding is not None:
        try:
            return raw.decode(encoding), encoding
        except (LookupError, UnicodeDecodeError) as error:
            raise FileError("wrong_encoding", encoding=encoding, error=error) from error
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if raw.startswith(mark):
            return _try(raw, (name,))
    head = raw[:4000]
    if head and head.count(0) > len(head) / 4:
        return _try(raw, ("utf-16-le", "utf-16-be"))
    return _try(raw, ("utf-8", "gb18030"))


def _try(raw: bytes, encodings: Sequence[str]) -> tuple[str, str]:
    for name in encodings:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text[:4000]:
            return text, name
    raise FileError("no_text")


def find_delimiter(text: str) -> str:
    """The separator that cuts the first lines most evenly: comma, tab, semicolon or bar."""
    sample = text[:20_000]
    best, score = ",", 0.0
    for mark in (",", "\t", ";", "|", "，"):
        counts = [len(r) - 1 for r in csv.reader(io.StringIO(sample), delimiter=mark)][:50]
        counts = counts[:-1] if len(counts) > 1 and len(text) > 20_000 else counts
        used = [c for c in counts if c > 0]
        if not used:
            continue
        usual = max(set(used), key=used.count)
        value = used.count(usual) / len(counts) * (1 + min(usual, 50) / 100)
        if value > score:
            best, score = mark, value
    return best


def _read_text(path: Path, encoding: str | None, given: Mapping[str, str]) -> RawTable:
    raw = path.read_bytes()
    if not raw.strip():
        raise FileError("empty")
    if raw[:2] == b"PK" or raw[:4] == b"\xd0\xcf\x11\xe0":
        raise FileError("book_as_text")
    text, encoding = decode(raw, encoding)
    head = text[:200_000]
    del text
    mark = find_delimiter(head)
    width = max((len(r) for r in csv.reader(io.StringIO(head), delimiter=mark)), default=1)
    starts = _starts(raw, encoding, mark)
    cells = _parsed(raw, encoding, mark, width)
    if cells is None or (starts is not None and len(starts) != len(cells)):
        cells, starts = _by_hand(raw, encoding, mark)
    del raw
    return _with_heading(cells, np.arange(1, len(cells) + 1) if starts is None else starts, given)


def _starts(raw: bytes, encoding: str, mark: str) -> np.ndarray | None:
    """The line on which each record starts; None where every line is a record."""
    if b'"' not in raw:
        return None
    starts, line = array("q"), 1
    lines = io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline="")
    reader = csv.reader(lines, delimiter=mark)
    for _ in reader:
        starts.append(line)
        line = reader.line_num + 1
    return None if len(starts) == line - 1 else np.array(starts, np.int64)


def _parsed(raw: bytes, encoding: str, mark: str, width: int) -> pd.DataFrame | None:
    """All records as text; None where they do not fit into `width` columns."""
    quoting = csv.QUOTE_MINIMAL if b'"' in raw else csv.QUOTE_NONE
    try:
        with warnings.catch_warnings():
            # a longer record would be cut, with nothing but this warning
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.BytesIO(raw), sep=mark, header=None, names=range(width), dtype=str,
                keep_default_na=False, na_filter=False, skip_blank_lines=False, engine="c",
                quoting=quoting, index_col=False, encoding=encoding,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        return None


def _by_hand(raw: bytes, encoding: str, mark: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Records of any length, one by one, and the line on which each starts."""
    records, starts, line = [], [], 1
    lines = io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline="")
    reader = csv.reader(lines, delimiter=mark)
    for record in reader:
        records.append(record)
        starts.append(line)
        line = reader.line_num + 1
    width = max(map(len, records), default=1)
    padded = [r + [""] * (width - len(r)) for r in records]
    return pd.DataFrame(padded, columns=range(width), dtype=object), np.array(starts, np.int64)


def _read_book(path: Path, sheet: str | None, given: Mapping[str, str]) -> list[RawTable]:
    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise FileError("book_broken", error=error) from error
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        raise FileError("no_sheet", sheet=sheet, sheets=", ".join(names))
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
        raise FileError("no_known_sheet", sheets=", ".join(names))
    return tables


def _read_sheet(
    book: CalamineWorkbook, name: str, given: Mapping[str, str], *, must: bool
) -> RawTable | None:
    page = book.get_sheet_by_name(name)
    rows = page.to_python(skip_empty_area=False)
    if not rows:
        if must:
            raise FileError("empty_sheet", sheet=name)
        return None
    cells = pd.DataFrame([[_text(c) for c in row] for row in rows], dtype=object).fillna("")
    for (top, left), (bottom, right) in getattr(page, "merged_cell_ranges", None) or []:
        # a merged cell stands for all the rows that it spans (a title over columns stays one cell)
        if bottom > top and right < cells.shape[1] and bottom < len(cells):
            cells.iloc[top : bottom + 1, left] = cells.iloc[top, left]
    if not must and not any(
        heading_score(list(cells.iloc[i]), given) >= 2 for i in range(min(_LOOK, len(cells)))
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
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


def _with_heading(cells: pd.DataFrame, starts: np.ndarray, given: Mapping[str, str]) -> RawTable:
    """Cut off title rows, name the columns, drop empty rows and columns."""
    look = min(_LOOK, len(cells))
    scores = [heading_score(list(cells.iloc[i]), given) for i in range(look)]
    best = int(np.argmax(scores)) if scores else 0
    if not scores or scores[best] == 0:
        first = next(
            (i for i in range(look) if (cells.iloc[i].astype(str).str.strip() != "").sum() > 1), 0
        )
        texts = [str(c).strip() for c in cells.iloc[first]]
        if not texts or any(_is_number(t) for t in texts if t):
            raise FileError("no_heading")
        best = first
    headings = _unique([str(c).strip() for c in cells.iloc[best]])
    columns: dict[str, pd.Series] = {}
    below, index = np.arange(best + 1, len(cells)), cells.index[best + 1 :]
    filled = np.zeros(len(below), bool)
    stray, unnamed = np.zeros(len(filled), bool), 0
    for heading in headings:
        # column by column, each given up as soon as it is copied: tables may be large; `take`
        # puts a column's pieces together, which any later choice of rows would do again
        column = cells.pop(cells.columns[0]).take(below).astype("str").str.strip()
        there = (column != "").to_numpy(bool)
        if heading.startswith("\x00"):
            # a whole column without a heading is somebody's remarks, a few cells have slipped
            if there.sum() <= max(1, _SLIPPED * len(there)):
                stray |= there
            else:
                unnamed += 1
            continue
        columns[heading] = column
        if len(column) > _LARGE:
            give_back()
        filled |= there
    body = pd.DataFrame(columns, index=index)
    if not filled.all():
        body = body[filled]
    return RawTable(
        frame=body.reset_index(drop=True),
        rows=starts[best + 1 :][filled],
        heading_row=int(starts[best]),
        stray=stray[filled] if stray.any() else None,
        unnamed=unnamed,
    )


def give_back() -> None:
    """Memory that Arrow keeps for later, given back: large tables leave much of it."""
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
