"""Marks of an .xlsb workbook, from the binary records of its sheets (MS-XLSB)."""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from geoplan.inputs.columns.cell_errors import error_of_code
from geoplan.inputs.files.headings import Range
from geoplan.inputs.files.workbook.marks import Marks, SheetMarks

_ROW, _ERROR, _FORMULA_ERROR, _BUNDLE, _FILTER_COLUMN, _MERGE = 0, 3, 11, 156, 163, 176
_LAST_CELL = 11
#: second byte of a row's flags: outline level, hidden
_LEVEL, _HIDDEN = 0x07, 0x10


def marks_xlsb(path: Path) -> Marks:
    """The marks of all sheets.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.bin.rels"))
            targets = {r.get("Id"): r.get("Target", "") for r in relations}
            found = {}
            for relation, name in _sheets(archive.read("xl/workbook.bin")):
                if relation in targets:
                    part = posixpath.normpath(posixpath.join("/xl", targets[relation]))
                    found[name] = _marks(archive.read(part.lstrip("/")))
            return found
    except (struct.error, IndexError, ElementTree.ParseError) as error:
        raise ValueError("damaged workbook") from error


def _number(raw: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of up to `most` bytes with seven bits each, and where it ends."""
    value = 0
    for k in range(most):
        byte = raw[at + k]
        value |= (byte & 0x7F) << (7 * k)
        if byte < 0x80:
            return value, at + k + 1
    return value, at + most


def _records(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(raw):
        first = raw[at]
        kind, at = (first, at + 1) if first < 0x80 else _number(raw, at, 2)
        length, at = _number(raw, at, 4)
        yield kind, raw[at : at + length]
        at += length


def _string(raw: bytes, at: int) -> tuple[str, int]:
    count = struct.unpack_from("<I", raw, at)[0]
    end = at + 4 + 2 * count
    return raw[at + 4 : end].decode("utf-16-le"), end


def _sheets(book: bytes) -> list[tuple[str, str]]:
    """Relation and name of every sheet."""
    sheets = []
    for kind, body in _records(book):
        if kind == _BUNDLE:
            relation, at = _string(body, 8)
            sheets.append((relation, _string(body, at)[0]))
    return sheets


def _marks(raw: bytes) -> SheetMarks:
    merges: list[Range] = []  # which calamine does not read in this format
    marks, row, filtered = SheetMarks(merges=merges), -1, False
    last = farthest = -1
    for kind, body in _records(raw):
        if kind == _ROW:
            row, flags = struct.unpack_from("<I", body)[0], body[11]
            last = max(last, row)
            if flags & _HIDDEN:
                marks.hide(row, outlined=bool(flags & _LEVEL))
        elif kind <= _LAST_CELL:
            column = int.from_bytes(body[:4], "little")
            farthest = max(farthest, column)
            if kind in (_ERROR, _FORMULA_ERROR):
                marks.texts[row, column] = error_of_code(body[8])
        elif kind == _MERGE:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            merges.append(((top, left), (bottom, right)))
        filtered |= kind == _FILTER_COLUMN
    if filtered:
        marks.unfold()
    marks.extent.reach(last, farthest)
    return marks
