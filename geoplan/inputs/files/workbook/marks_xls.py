"""Marks of an .xls workbook of Excel 97 to 2003, from its records (MS-XLS)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from geoplan.inputs.columns.cell_errors import error_of_code
from geoplan.inputs.files.workbook.compound_file import read_stream
from geoplan.inputs.files.workbook.marks import Marks, SheetMarks

_END, _SHEET, _ROW, _ERROR, _FILTER = 0x0A, 0x85, 0x208, 0x205, 0x9B
_FORMULAS = (0x06, 0x206, 0x406)
#: where the sheet says that it ends; records of several cells of a row; all records of cells
_SIZE = 0x200
_SEVERAL = (0xBD, 0xBE)
_CELLS = frozenset(
    (*_SEVERAL, *_FORMULAS, _ERROR, 0x27E, 0xFD, 0x201, 0x203, 0x204, 0xD6, 0x02, 0x03, 0x04)
)
#: flags of a row: outline level, hidden
_LEVEL, _HIDDEN = 0x07, 0x20
#: flag of a formula that is to be worked out on opening
_ON_LOAD = 0x02


def marks_xls(path: Path) -> Marks:
    """The marks of all sheets.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    book = read_stream(path.read_bytes(), "Workbook", "Book")
    if book is None:
        return {}
    found = {}
    try:
        for start, name in _sheets(book):
            found[name] = _marks(book, start)
    except (struct.error, IndexError) as error:
        raise ValueError("damaged workbook") from error
    return found


def _records(book: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Kind and body of every record up to the end of the sheet that begins at `start`."""
    while start + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, start)
        if kind == _END:
            return
        yield kind, book[start + 4 : start + 4 + length]
        start += 4 + length


def _sheets(book: bytes) -> list[tuple[int, str]]:
    """Where each sheet begins, and its name."""
    sheets = []
    for kind, body in _records(book, 0):
        if kind == _SHEET and len(body) > 7:
            count, wide = body[6], body[7] & 1
            raw = body[8 : 8 + (2 * count if wide else count)]
            name = raw.decode("utf-16-le" if wide else "latin-1", "replace")
            sheets.append((struct.unpack_from("<I", body)[0], name))
    return sheets


def _marks(book: bytes, start: int) -> SheetMarks:
    marks, filtered = SheetMarks(), False
    row_reached = column_reached = -1
    for kind, body in _records(book, start):
        if kind == _ROW:
            row, flags = struct.unpack_from("<H", body)[0], body[12]
            if flags & _HIDDEN:
                marks.hide(row, outlined=bool(flags & _LEVEL))
        elif kind == _ERROR and body[7]:
            at = struct.unpack_from("<HH", body)
            marks.texts[at] = error_of_code(body[6])
        elif kind in _FORMULAS:
            _put_formula(marks, body)
        elif kind == _SIZE and len(body) >= 12:
            rows, columns = struct.unpack_from("<4xI2xH", body)
            marks.extent.reach(rows - 1, columns - 1)
        if kind in _CELLS:
            last, right = struct.unpack_from("<HH", body)
            if kind in _SEVERAL:
                right = struct.unpack_from("<H", body, len(body) - 2)[0]
            row_reached, column_reached = max(row_reached, last), max(column_reached, right)
        filtered |= kind == _FILTER
    if filtered:
        marks.unfold()
    marks.extent.reach(row_reached, column_reached)
    return marks


def _put_formula(marks: SheetMarks, body: bytes) -> None:
    """A formula's error, or that it was never worked out."""
    row, column = struct.unpack_from("<HH", body)
    if body[12:14] != b"\xff\xff":
        return
    if body[6] == 2:
        marks.texts[row, column] = error_of_code(body[8])
    elif body[6] == 3 and struct.unpack_from("<H", body, 14)[0] & _ON_LOAD:
        marks.texts[row, column] = "="
