"""Marks of an .xlsx or .xlsm workbook, from the XML of its sheets (ECMA-376, part 1, 18.3)."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.parsers import expat

from geoplan.inputs.files.workbook.extent import ExtentStream
from geoplan.inputs.files.workbook.marked_rows import BLOCK, UnnumberedRowError, marked_rows
from geoplan.inputs.files.workbook.marks import Marks, SheetMarks

_TRUE = ("1", "true")
#: cell types whose empty value is a text of no letters, not a missing one
_TEXT_TYPES = ("str", "s", "inlineStr")


def marks_xlsx(path: Path) -> Marks:
    """The marks of all sheets; formulas count as never worked out where their value is missing.

    Programs that write formulas without working them out put no value, or 0 and the order to
    compute everything on opening.
    """
    with zipfile.ZipFile(path) as archive:
        book = _Book()
        book.read(archive, "xl/workbook.xml")
        parts = _Relations()
        parts.read(archive, "xl/_rels/workbook.xml.rels")
        found = {}
        for name, relation in book.sheets.items():
            target = parts.targets.get(relation)
            if target is not None:
                found[name] = _read_sheet(archive, target, stale=book.stale)
        return found


def _read_sheet(archive: zipfile.ZipFile, part: str, *, stale: bool) -> SheetMarks:
    sheet = _Sheet(stale=stale, numbered=True)
    try:
        with archive.open(part) as stream:
            whole = ExtentStream(stream)
            sheet.parse(marked_rows(whole))
    except UnnumberedRowError:  # then every row counts
        sheet = _Sheet(stale=stale)
        with archive.open(part) as stream:
            whole = ExtentStream(stream)
            sheet.parse(iter(lambda: whole.read(BLOCK), b""))
    found = sheet.done()
    found.extent = whole.extent
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Part:
    """Reads one part of the archive, element by element; namespaces' prefixes do not matter."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Characters inside of an element."""

    def read(self, archive: zipfile.ZipFile, part: str) -> None:
        """Parse `part`."""
        with archive.open(part) as stream:
            self.parse(iter(lambda: stream.read(BLOCK), b""))

    def parse(self, blocks: Iterable[bytes]) -> None:
        """Parse a part in blocks: a sheet may be large."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, attributes: self.start(_local(name), attributes)
        parser.EndElementHandler = lambda name: self.end(_local(name))
        parser.CharacterDataHandler = self.text
        for block in blocks:
            parser.Parse(block, False)
        parser.Parse(b"", True)


class _Book(_Part):
    """Relation by sheet name, and whether all values are stale."""

    def __init__(self) -> None:
        self.sheets: dict[str, str] = {}
        self.stale = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            self.sheets[attributes.get("name", "")] = relation
        elif name == "calcPr":
            self.stale = attributes.get("fullCalcOnLoad", "0") in _TRUE


class _Relations(_Part):
    """Part of the archive by relation."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            inside = target[1:] if target.startswith("/") else posixpath.join("xl", target)
            self.targets[attributes.get("Id", "")] = posixpath.normpath(inside)


class _Sheet(_Part):
    """Hidden rows, errors and formulas without a value.

    numbered : rows are left out, so that each must say its number.
    """

    def __init__(self, *, stale: bool, numbered: bool = False) -> None:
        self.marks = SheetMarks()
        self.stale, self.numbered = stale, numbered
        self.filtered = False
        self.row = self.column = -1
        self.formula: str | None = None
        self.kind = self.value = ""
        self._into: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell(attributes)
        elif name == "row":
            self._row(attributes)
        elif name in ("f", "v"):
            self._into = name
            if name == "f":
                self.formula = ""
        elif name == "filterColumn":
            self.filtered = True

    def _row(self, attributes: dict[str, str]) -> None:
        if self.numbered and "r" not in attributes:
            raise UnnumberedRowError
        self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
        self.column = -1
        height = attributes.get("ht")
        if attributes.get("hidden", "0") in _TRUE or (height is not None and float(height) == 0):
            outlined = int(attributes.get("outlineLevel", "0")) > 0
            self.marks.hide(self.row, outlined=outlined)

    def _cell(self, attributes: dict[str, str]) -> None:
        at = attributes.get("r")
        self.column = self.column + 1 if at is None else _column(at)
        self.kind, self.formula, self.value = attributes.get("t", "n"), None, ""

    def text(self, data: str) -> None:
        if self._into == "v":
            self.value += data
        elif self._into == "f":
            self.formula = (self.formula or "") + data

    def end(self, name: str) -> None:
        if name in ("f", "v"):
            self._into = None
        elif name == "c":
            value = self.value.strip()
            if self.kind == "e":
                self.marks.texts[self.row, self.column] = value or "#N/A"
            elif self.formula is not None and self.kind not in _TEXT_TYPES:
                missing = value == "" or (self.stale and value in ("0", "0.0"))
                if missing:
                    self.marks.texts[self.row, self.column] = f"={self.formula}"

    def done(self) -> SheetMarks:
        """The marks of the whole sheet."""
        if self.filtered:
            self.marks.unfold()
        return self.marks


def _column(cell: str) -> int:
    """Column of a cell by its name, from 0."""
    letters = re.match(r"[A-Z]+", cell)
    number = 0
    for letter in letters.group() if letters else "A":
        number = number * 26 + ord(letter) - 64
    return number - 1
