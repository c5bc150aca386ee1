"""Text files as cells: encoding, separator, quotes, and the line on which every record starts.

Lines are counted as a text editor counts them: CR LF, LF and CR each end one.
"""

from __future__ import annotations

import codecs
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
from geoplan.words.message import Message

_MARKS = (",", "\t", ";", "|", "，")
_HEAD_BYTES = 400_000
_PIECE_BYTES = 1 << 20
#: records that are turned into columns at one time
_PIECE = 50_000
#: a cell longer than this is no cell: a quote was left open
_LONGEST_CELL = 1_000_000
#: a file that begins with so many bytes of valid text is text
_SURELY_TEXT = 12
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TextCells:
    """All records of a text file.

    cells : text, one row per record, columns 0, 1, ...
    starts : line on which each record starts, from 1.
    row_findings : code -> bool per record: ``open_quote`` (a quote is never closed and was taken as
        a letter), ``joined_lines`` (quotes join lines that look like records of their own).
    file_findings : what is told about the file: code and values.
    """

    cells: pd.DataFrame
    starts: np.ndarray
    row_findings: Mapping[str, np.ndarray] = field(default_factory=dict)
    file_findings: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Text:
    """Bytes and how to read them."""

    raw: bytes
    encoding: str
    mark: str = ","
    file_findings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def lines(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(
            io.BytesIO(self.raw), encoding=self.encoding, errors="replace", newline=None
        )

    @property
    def has_quotes(self) -> bool:
        return b'"' in self.raw


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
    text = _as_text(raw, encoding)
    del raw
    head = codecs.getincrementaldecoder(text.encoding)(errors="replace").decode(
        text.raw[:_HEAD_BYTES]
    )
    text = replace(text, mark=find_delimiter(head))
    with _long_cells():
        found = _records(text, head)
    return replace(found, file_findings=tuple(text.file_findings))


# -- encoding -------------------------------------------------------------------------------


def decode(raw: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Text and its encoding: as given, else by byte order mark, else UTF-8, else GB18030.

    Raises
    ------
    FileError
        The bytes fit none of them.

    Examples
    --------
    >>> decode("济南".encode("gb18030"))
    ('济南', 'gb18030')
    """
    text = _as_text(raw, encoding)
    return text.raw.decode(text.encoding, errors="replace"), text.encoding


def _as_text(raw: bytes, encoding: str | None) -> _Text:
    if encoding is not None:
        try:
            at = _first_fault(raw, encoding)
        except LookupError as error:
            raise FileError.of(
                "file_faults.wrong_encoding", encoding=encoding, error=error
            ) from error
        if at is not None:
            place = Message("file_faults.bytes_at_line", line=_line_of(raw, at))
            raise FileError.of("file_faults.wrong_encoding", encoding=encoding, error=place)
        return _Text(raw=raw, encoding=encoding)
    wide = _wide_encoding(raw)
    if wide is not None:
        if _first_fault(raw, wide) is not None:
            raise FileError.of("file_faults.no_text")
        return _Text(raw=raw, encoding=wide)
    raw = raw.rstrip(b"\x1a")  # old programs end a text with it
    file_findings: list[tuple[str, dict[str, Any]]] = []
    zeros = raw.count(0)
    if zeros > max(len(raw) / 100, 1):
        raise FileError.of("file_faults.no_text")
    if zeros:
        file_findings.append(("nul_bytes", {"count": f"{zeros:,}"}))
        raw = raw.replace(b"\x00", b"")
    return _Text(
        raw=raw, encoding=_narrow_encoding(raw, file_findings), file_findings=file_findings
    )


def _wide_encoding(raw: bytes) -> str | None:
    """UTF-16 by its mark, or by the zeros that commas, digits and line ends have in it."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = raw[: min(len(raw), 4000) // 2 * 2]
    high, low = head[::2].count(0), head[1::2].count(0)
    if high + low < len(head) / 20 or min(high, low) > max(high, low) / 4:
        return None
    return "utf-16-le" if low > high else "utf-16-be"


def _narrow_encoding(raw: bytes, file_findings: list[tuple[str, dict[str, Any]]]) -> str:
    """UTF-8 (a last character cut in two is told), else GB18030."""
    marked = raw.startswith(codecs.BOM_UTF8)
    name = "utf-8-sig" if marked else "utf-8"
    at = _first_fault(raw, name)
    if at is None:
        return name
    chinese = _first_fault(raw, "gb18030")
    if chinese is None and not marked:
        return "gb18030"
    for other, fault in ((name, at), ("gb18030", chinese)):
        if fault is not None and fault > 3 and len(raw) - fault <= 3:
            file_findings.append(("cut_off_text", {"line": _line_of(raw, fault)}))
            return other
    if at > _SURELY_TEXT or marked:
        raise FileError.of("file_faults.mixed_encodings", line=_line_of(raw, at))
    raise FileError.of("file_faults.no_text")


def _first_fault(raw: bytes, name: str) -> int | None:
    """Where `raw` stops being text in the encoding `name`; None where all of it is.

    Raises
    ------
    LookupError
        No such encoding.
    """
    decoder = codecs.getincrementaldecoder(name)()
    for k in range(0, len(raw), _PIECE_BYTES):
        waiting = decoder.getstate()[0]
        try:
            decoder.decode(raw[k : k + _PIECE_BYTES], k + _PIECE_BYTES >= len(raw))
        except UnicodeDecodeError as error:
            return k - len(waiting) + error.start
        except UnicodeError:
            return k
    return None


def _line_of(raw: bytes, at: int) -> int:
    return raw.count(b"\n", 0, at) + 1


# -- separators and records -----------------------------------------------------------------


def find_delimiter(text: str) -> str:
    r"""The separator that cuts the first lines most evenly: comma, tab, semicolon or bar.

    Examples
    --------
    >>> find_delimiter("a;b;c\n1;2;3\n")
    ';'
    """
    sample = text[:20_000]
    best, score = ",", 0.0
    for mark in _MARKS:
        counts = [n - 1 for n in _widths(sample, mark)[:50]]
        counts = counts[:-1] if len(counts) > 1 and len(text) > 20_000 else counts
        used = [c for c in counts if c > 0]
        if not used:
            continue
        value = used.count(_usual(used)) / len(counts) * (1 + min(_usual(used), 50) / 100)
        if value > score:
            best, score = mark, value
    return best


def _widths(sample: str, mark: str) -> list[int]:
    """Cells per record of a piece of text."""
    try:
        return [len(r) for r in csv.reader(io.StringIO(sample, newline=None), delimiter=mark)]
    except csv.Error:  # a quote is left open for very long
        return [line.count(mark) + 1 for line in sample.splitlines()]


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
    widths = _widths(head, text.mark) or [1]
    if not text.has_quotes:
        cells = _parsed(text, max(widths))
        if cells is None:
            cells = _parsed(text, max(line.count(text.mark) for line in text.lines()) + 1)
        if cells is not None:
            return TextCells(cells=cells, starts=np.arange(1, len(cells) + 1))
    usual = _usual(widths)
    plain_width = _width_of_plain(text)
    if plain_width is not None:
        cells = _parsed(text, plain_width)
        if cells is not None:
            return TextCells(cells=cells, starts=np.arange(1, len(cells) + 1))
    starts, width, doubtful = array("q"), 1, False
    for start, record, doubt in _quoted(text, usual):
        starts.append(start)
        width = max(width, len(record))
        doubtful |= doubt != ""
    cells = None if doubtful else _parsed(text, width)
    if cells is None or len(cells) != len(starts):
        return _by_hand(text, usual, width)
    return TextCells(cells=cells, starts=np.array(starts, np.int64))


def _width_of_plain(text: _Text) -> int | None:
    """Most cells of a record; None where a record takes more than one line."""
    reader = csv.reader(text.lines(), delimiter=text.mark)
    count, width = 0, 1
    try:
        for count, record in enumerate(reader, start=1):  # noqa: B007
            width = max(width, len(record))
    except csv.Error:
        return None
    return width if count == reader.line_num else None


def _parsed(text: _Text, width: int) -> pd.DataFrame | None:
    """All records as text; None where they do not fit into `width` columns."""
    quoting = csv.QUOTE_MINIMAL if text.has_quotes else csv.QUOTE_NONE
    try:
        with warnings.catch_warnings():
            # a longer record would be cut, with nothing but this warning
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.BytesIO(text.raw),
                sep=text.mark,
                header=None,
                names=range(width),
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                skip_blank_lines=False,
                engine="c",
                quoting=quoting,
                index_col=False,
                encoding=text.encoding,
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


def _quoted(text: _Text, usual: int) -> Iterator[tuple[int, list[str], str]]:
    """The line where a record starts, the record, and what is row_findings about its quotes."""
    lines, line = _Lines(text.lines()), 1
    reader = csv.reader(lines, delimiter=text.mark)
    while True:
        lines.taken.clear()
        doubt = ""
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:  # longer than any cell: the quote is never closed
            record, doubt = [], "open_quote"
        if len(lines.taken) > 1 and not doubt:
            doubt = _doubt(record, lines.taken, text.mark, usual)
        if doubt == "open_quote":
            lines.put_back()
            record = [c.strip().strip('"') for c in lines.taken[0].split(text.mark)]
        yield line, record, doubt
        line += len(lines.taken)


def _doubt(record: list[str], lines: list[str], mark: str, usual: int) -> str:
    """Whether a record over several lines is one: its first and last line hold the two quotes."""
    first, last = lines[0].count(mark) + 1, lines[-1].count(mark) + 1
    if lines[-1].count('"') % 2 == 0 or (len(record) != usual and first >= usual):
        return "open_quote"
    if usual == 1 or first < usual or last < usual:
        return ""
    alike = first == last == usual and _shape(lines[0], mark) == _shape(lines[-1], mark)
    return "open_quote" if alike else "joined_lines"


def _shape(line: str, mark: str) -> list[bool]:
    """Which cells of a line are numbers."""
    return [bool(_NUMBER.fullmatch(cell.strip().strip('"'))) for cell in line.split(mark)]


def _by_hand(text: _Text, usual: int, width: int) -> TextCells:
    """Records of any length, one by one, in pieces."""
    pieces: list[pd.DataFrame] = []
    records: list[list[str]] = []
    starts = array("q")
    file_findings: dict[str, list[int]] = {"open_quote": [], "joined_lines": []}

    def put() -> None:
        pieces.append(pd.DataFrame(records, columns=range(width), dtype=str))
        records.clear()

    for start, record, doubt in _quoted(text, usual):
        if doubt:
            file_findings[doubt].append(len(starts))
        starts.append(start)
        records.append(record + [""] * (width - len(record)))
        if len(records) == _PIECE:
            put()
    put()
    masks = {}
    for code, where in file_findings.items():
        if where:
            masks[code] = np.zeros(len(starts), bool)
            masks[code][where] = True
    cells = pd.concat(pieces, ignore_index=True)
    return TextCells(cells=cells, starts=np.array(starts, np.int64), row_findings=masks)
