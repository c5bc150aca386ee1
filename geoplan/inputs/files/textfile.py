"""Delimited text files as cells: delimiter, quotes, and the line on which every record starts.

Lines are counted as a text editor counts them: CR LF, LF and CR each end one.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.files.encoding import EncodedText, detect_encoding
from geoplan.inputs.files.gate.limits import refuse_beyond

_DELIMITERS = (",", "\t", ";", "|", "，")
_HEAD_BYTES = 400_000
#: records that are turned into columns at one time
_CHUNK = 50_000
#: a cell longer than this is no cell: a quote was left open
_LONGEST_CELL = 1_000_000
#: columns of a workbook; more are refused though they are empty. Columns looked at at one time
_WIDEST, _BLOCK = 16_384, 256
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TextCells:
    """All records of a text file.

    cells : text, one row per record, columns 0, 1, ...
    starts : line on which each record starts, from 1.
    row_findings : code -> bool per record: ``open_quote`` (a quote is never closed and was taken as
        a letter), ``joined_lines`` (quotes join lines that look like records of their own).
    file_findings : about the whole file: code and values.
    """

    cells: pd.DataFrame
    starts: np.ndarray
    row_findings: Mapping[str, np.ndarray] = field(default_factory=dict)
    file_findings: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Text:
    """A text and the delimiter between its cells."""

    file: EncodedText
    delimiter: str

    @property
    def has_quotes(self) -> bool:
        return b'"' in self.file.raw


def read_text(path: Path, encoding: str | None = None) -> TextCells:
    """All records of a text file with separators.

    Parameters
    ----------
    path : the file.
    encoding : of it; None finds it.

    Raises
    ------
    FileError
        Empty, no text, or not in `encoding`.
    """
    raw = path.read_bytes()
    if not raw.strip():
        raise FileError.of("file_faults.empty")
    if raw[:2] == b"PK" or raw[:4] == b"\xd0\xcf\x11\xe0":
        raise FileError.of("file_faults.book_as_text")
    file = detect_encoding(raw, encoding)
    del raw
    head = file.text(_HEAD_BYTES)
    text = _Text(file=file, delimiter=find_delimiter(head))
    with _long_cells():
        _refuse_large(text, head)
        found = _records(text, head)
    return replace(
        found, cells=_without_empty_right(found.cells), file_findings=tuple(file.file_findings)
    )


def _refuse_large(text: _Text, head: str) -> None:
    """Refuse a table of more rows, columns or cells than a limit allows, before it is taken apart.

    Empty columns at the right count for the cells only, and up to the width of a workbook.
    """
    widths = _widths(head, text.delimiter) or [1]
    filled = _widths_filled(head, text.delimiter)
    rows = text.file.raw.count(b"\n") or text.file.raw.count(b"\r")
    refuse_beyond("rows", rows)
    refuse_beyond("columns", max(filled) if max(widths) <= _WIDEST else max(widths))
    refuse_beyond("cells", rows * max(filled))


def _widths_filled(sample: str, delimiter: str) -> list[int]:
    """Cells per line of a piece of text up to the last filled one."""
    lines = sample.splitlines() or [""]
    return [len(line.rstrip(delimiter + " ").split(delimiter)) for line in lines]


def _without_empty_right(cells: pd.DataFrame) -> pd.DataFrame:
    """Without the empty columns at the right: there may be as many as a workbook has."""
    used = cells.shape[1]
    while used > 1 and not (cells.iloc[:, used - 1] != "").any():
        block = max(used - _BLOCK, 0)
        filled = (cells.iloc[:, block:used].to_numpy(object) != "").any(axis=0)
        used = block + (int(np.flatnonzero(filled)[-1]) + 1 if filled.any() else 0)
    return cells if used == cells.shape[1] else cells.iloc[:, : max(used, 1)]


def find_delimiter(text: str) -> str:
    r"""The delimiter that cuts the first lines most evenly: comma, tab, semicolon or bar.

    Examples
    --------
    >>> find_delimiter("a;b;c\n1;2;3\n")
    ';'
    """
    sample = text[:20_000]
    best, score = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = [n - 1 for n in _widths(sample, delimiter)[:50]]
        counts = counts[:-1] if len(counts) > 1 and len(text) > 20_000 else counts
        used = [c for c in counts if c > 0]
        if not used:
            continue
        value = used.count(_usual(used)) / len(counts) * (1 + min(_usual(used), 50) / 100)
        if value > score:
            best, score = delimiter, value
    return best


def _widths(sample: str, delimiter: str) -> list[int]:
    """Cells per record of a piece of text."""
    try:
        return [len(r) for r in csv.reader(io.StringIO(sample, newline=None), delimiter=delimiter)]
    except csv.Error:  # a quote is left open for very long
        return [line.count(delimiter) + 1 for line in sample.splitlines()]


def _usual(counts: Sequence[int]) -> int:
    return max(set(counts), key=counts.count)


@contextmanager
def _long_cells() -> Iterator[None]:
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _records(text: _Text, head: str) -> TextCells:
    widths = _widths(head, text.delimiter) or [1]
    if not text.has_quotes:
        cells = _parse(text, max(widths))
        if cells is None:
            cells = _parse(text, max(line.count(text.delimiter) for line in text.file.lines()) + 1)
        if cells is not None:
            return TextCells(cells=cells, starts=np.arange(1, len(cells) + 1))
    usual = _usual(widths)
    line_width = _width_if_one_line_each(text)
    if line_width is not None:
        cells = _parse(text, line_width)
        if cells is not None:
            return TextCells(cells=cells, starts=np.arange(1, len(cells) + 1))
    starts, width, faulty = array("q"), 1, False
    for start, record, fault in _quoted_records(text, usual):
        starts.append(start)
        width = max(width, len(record))
        faulty |= fault != ""
    cells = None if faulty else _parse(text, width)
    if cells is None or len(cells) != len(starts):
        return _parse_one_by_one(text, usual, width)
    return TextCells(cells=cells, starts=np.array(starts, np.int64))


def _width_if_one_line_each(text: _Text) -> int | None:
    """Most cells of a record; None where a record takes more than one line."""
    reader = csv.reader(text.file.lines(), delimiter=text.delimiter)
    count, width = 0, 1
    try:
        for record in reader:
            count, width = count + 1, max(width, len(record))
    except csv.Error:
        return None
    return width if count == reader.line_num else None


def _parse(text: _Text, width: int) -> pd.DataFrame | None:
    """All records as text; None where they do not fit into `width` columns."""
    if not text.delimiter.isascii():  # a comma of full width: the parser takes one byte
        return None
    quoting = csv.QUOTE_MINIMAL if text.has_quotes else csv.QUOTE_NONE
    try:
        with warnings.catch_warnings():
            # a longer record would be cut, with nothing but this warning
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.BytesIO(text.file.raw),
                sep=text.delimiter,
                header=None,
                names=range(width),
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                skip_blank_lines=False,
                engine="c",
                quoting=quoting,
                index_col=False,
                encoding=text.file.encoding,
                encoding_errors="replace",
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        return None


class _Lines:
    """Lines one by one; those of the last record can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        return line

    def put_back(self) -> None:
        """All lines taken but the first."""
        self._back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _quoted_records(text: _Text, usual: int) -> Iterator[tuple[int, list[str], str]]:
    """The line where a record starts, the record, and the fault of its quotes ("" if none)."""
    lines, line = _Lines(text.file.lines()), 1
    reader = csv.reader(lines, delimiter=text.delimiter)
    while True:
        lines.taken.clear()
        fault = ""
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:  # longer than any cell: the quote is never closed
            record, fault = [], "open_quote"
        if len(lines.taken) > 1 and not fault:
            fault = _quote_fault(record, lines.taken, text.delimiter, usual)
        if fault == "open_quote":
            lines.put_back()
            record = [c.strip().strip('"') for c in lines.taken[0].split(text.delimiter)]
        yield line, record, fault
        line += len(lines.taken)


def _quote_fault(record: list[str], lines: list[str], delimiter: str, usual: int) -> str:
    """Whether a record over several lines is one: its first and last line hold the two quotes."""
    first, last = lines[0].count(delimiter) + 1, lines[-1].count(delimiter) + 1
    if lines[-1].count('"') % 2 == 0 or (len(record) != usual and first >= usual):
        return "open_quote"
    if usual == 1 or first < usual or last < usual:
        return ""
    numbers = [_are_numbers(line, delimiter) for line in (lines[0], lines[-1])]
    alike = first == last == usual and numbers[0] == numbers[1]
    return "open_quote" if alike else "joined_lines"


def _are_numbers(line: str, delimiter: str) -> list[bool]:
    """Which cells of a line are numbers."""
    return [bool(_NUMBER.fullmatch(cell.strip().strip('"'))) for cell in line.split(delimiter)]


def _parse_one_by_one(text: _Text, usual: int, width: int) -> TextCells:
    """Records of any length, one by one, put together in chunks."""
    chunks: list[pd.DataFrame] = []
    records: list[list[str]] = []
    starts = array("q")
    faults: dict[str, list[int]] = {"open_quote": [], "joined_lines": []}

    def put() -> None:
        chunks.append(pd.DataFrame(records, columns=range(width), dtype=str))
        records.clear()

    for start, record, fault in _quoted_records(text, usual):
        if fault:
            faults[fault].append(len(starts))
        starts.append(start)
        records.append(record + [""] * (width - len(record)))
        if len(records) == _CHUNK:
            put()
    put()
    masks = {}
    for code, where in faults.items():
        if where:
            masks[code] = np.zeros(len(starts), bool)
            masks[code][where] = True
    cells = pd.concat(chunks, ignore_index=True)
    return TextCells(cells=cells, starts=np.array(starts, np.int64), row_findings=masks)
