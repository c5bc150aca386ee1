"""How far a sheet reaches: the library holds all cells up to the farthest one in memory."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

#: longest attribute that names a cell: three letters, eight digits, both quotes
_LONGEST = 16
#: no tag that names a cell is longer
_LONGEST_TAG = 4_096
_BLOCK = 1 << 20
_SPACE = tuple(b" \t\r\n")
_QUOTES = tuple(b"\"'")
_FAR = (
    re.compile(rb'<c(?![a-zA-Z])(?! r="[A-Z][0-9]{1,6}")'),
    re.compile(rb'<row(?! r="[0-9]{1,6}")'),
)
#: cells with a format and nothing else: the library passes over them
_BLANK = re.compile(rb"<((?:[^\s<>/:]+:)?c)(?:\s[^<>]*)?(?:/>|></\1>)")
_UNNAMED = re.compile(rb"<([^\s<>/:]+:)?(c|row)(>|/|\s+[^r])")
_ROW_BEGINS = re.compile(rb"<(?:[^\s<>/:]+:)?row[\s/>]")
_CELL_BEGINS = re.compile(rb"<(?:[^\s<>/:]+:)?c[\s/>]")
_ROW = re.compile(rb'<row [^<>]*?\br="([0-9]{1,7})"')


@dataclass(kw_only=True, slots=True)
class Extent:
    """Rows and columns up to the farthest cell."""

    rows: int = 0
    columns: int = 0

    def reach(self, row: int, column: int) -> None:
        """Note a cell, both numbers from 0."""
        self.rows = max(self.rows, row + 1)
        self.columns = max(self.columns, column + 1)


class ExtentStream:
    """The XML of a sheet (.xlsx); what passes through it is searched for the cells' names.

    Cells that do not say their place stand beside each other; `extent` counts those too.

    Examples
    --------
    >>> import io
    >>> xml = b'<row r="3"><c r="B3"><v>1</v></c><c r="XFD3"><v>2</v></c></row>'
    >>> stream = ExtentStream(io.BytesIO(xml))
    >>> stream.read(100) == xml, stream.extent
    (True, Extent(rows=3, columns=16384))
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.extent = Extent()
        self._stream = stream
        self._tail = b""
        self._beside = self._below = 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        block = self._stream.read(size)
        text = self._tail + block
        cut = text.rfind(b"<") if block else len(text)  # no tag in two pieces
        if cut < 0 or len(text) - cut > _LONGEST_TAG:
            cut = len(text)
        self._tail = text[cut:]
        text = text[:cut]
        if _far_or_odd(text):
            text = _BLANK.sub(b"", text)
            self._look(text)
            self._count(text)
        else:  # nothing beyond Z999999: where exactly does not matter
            self.extent.reach(_last_row(text) - 1, 25)
            self._beside = 0
        return block

    def _look(self, text: bytes) -> None:
        """Names of cells and rows in a piece of XML, whatever quotes and spaces are used."""
        raw = np.frombuffer(text + b"\0" * _LONGEST, np.uint8)
        count = len(text)
        at = np.flatnonzero((raw[:count] == _QUOTES[0]) | (raw[:count] == _QUOTES[1]))
        at = at[(at > 2) & _is_letter_or_digit(raw[np.minimum(at + 1, count)])]
        at = at[_is_place(raw, at)]
        if not len(at):
            return
        rows, columns, valid = _places(raw, at)
        if valid.any():
            self.extent.rows = max(self.extent.rows, int(rows[valid].max()))
            self.extent.columns = max(self.extent.columns, int(columns[valid].max()))

    def _count(self, block: bytes) -> None:
        """Cells without a name, in the longest run between two rows, and rows without a number."""
        if _UNNAMED.search(block) is None:
            return
        for k, row in enumerate(_ROW_BEGINS.split(block)):
            cells = len(_CELL_BEGINS.findall(row))
            self._beside = cells if k else self._beside + cells
            self._below += k > 0
            self.extent.columns = max(self.extent.columns, self._beside)
        self.extent.rows = max(self.extent.rows, self._below)


def longest_shared_text(path: Path) -> int:
    """Bytes of the longest text that cells of an .xlsx workbook share; 0 where there is none."""
    if not zipfile.is_zipfile(path):
        return 0
    longest = tail = 0
    with zipfile.ZipFile(path) as archive:
        parts = [n for n in archive.namelist() if n.lower().endswith("sharedstrings.xml")]
        for part in parts:
            with archive.open(part) as stream:
                while block := stream.read(_BLOCK):
                    first, *rest = map(len, block.split(b"</"))
                    tail += first
                    longest = max(longest, tail, *rest)
                    tail = rest[-1] if rest else tail
    return longest


def _far_or_odd(text: bytes) -> bool:
    """Whether a piece of XML may name a cell right of column Z or below row 999,999.

    Where a cell does not say its place first, as programs do, it may.
    """
    return b":c" in text or any(pattern.search(text) for pattern in _FAR)


def _last_row(text: bytes) -> int:
    """The number of the last row that begins in a piece of XML; 1 where none says its number."""
    at = text.rfind(b"<row ")
    found = _ROW.match(text, at) if at >= 0 else None
    return int(found.group(1)) if found else 1


def _is_letter_or_digit(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return ((codes >= 65) & (codes <= 90)) | ((codes >= 48) & (codes <= 57))


def _is_place(raw: NDArray[np.uint8], at: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Bool per quote: ``r=`` stands before it, perhaps with spaces in between."""
    plain = (raw[at - 1] == 61) & (raw[at - 2] == 114) & np.isin(raw[at - 3], _SPACE)
    spaced = np.isin(raw[at - 1], _SPACE) | np.isin(raw[at - 2], _SPACE)
    return plain | spaced


def _places(
    raw: NDArray[np.uint8], at: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Row and column of the cells named behind the quotes, from 1, and which are such names."""
    rows, columns = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    reading, digits = np.ones(len(at), bool), np.zeros(len(at), bool)
    valid = np.zeros(len(at), bool)
    for k in range(1, _LONGEST - 3):
        code = raw[at + k].astype(np.int64)
        letter = reading & ~digits & (code >= 65) & (code <= 90)
        digit = reading & (code >= 48) & (code <= 57)
        valid |= reading & digits & (code == raw[at])
        columns = np.where(letter, columns * 26 + code - 64, columns)
        rows = np.where(digit, rows * 10 + code - 48, rows)
        digits |= digit
        reading &= letter | digit
        if not reading.any():
            break
    return rows, columns, valid
