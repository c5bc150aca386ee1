"""Marks of an .ods workbook, from its content.xml (OpenDocument 1.3, part 3, 9)."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

from geoplan.inputs.columns.cell_errors import is_error
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.workbook.marks import Marks, SheetMarks

_BLOCK = 1 << 20
_CELLS = ("table:table-cell", "table:covered-table-cell")
#: repeated cells with an error beyond this are the empty rest of a row
_MOST_REPEATED = 1024


def marks_ods(path: Path) -> Marks:
    """The marks of all sheets."""
    content = _Content()
    parser = expat.ParserCreate()
    parser.StartElementHandler = content.start
    parser.EndElementHandler = content.end
    parser.CharacterDataHandler = content.text
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
        while block := stream.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    return content.found


class _Content:
    """Reads content.xml element by element."""

    def __init__(self) -> None:
        self.found: dict[str, SheetMarks] = {}
        self.marks = SheetMarks()
        self.row = self.column = 0
        self.rows = self.columns = 1
        self.groups = 0
        self.cell: dict[str, str] | None = None
        self.said: list[str] = []
        self.in_paragraph = False
        self.spaces = self.characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name in _CELLS:
            self.cell, self.said, self.spaces = attributes, [], 0
            self.columns = int(attributes.get("table:number-columns-repeated", "1"))
        elif name == "text:p":
            self.in_paragraph = self.cell is not None
        elif name == "text:s":  # so many spaces, which are written as a number
            self.spaces += int(attributes.get("text:c", "1"))
        elif name == "table:table-row":
            self._row(attributes)
        elif name == "table:table-row-group":
            self.groups += 1
        elif name == "table:table":
            self.marks = SheetMarks(merges=[])
            self.found[attributes.get("table:name", "")] = self.marks
            self.row = 0

    def _row(self, attributes: dict[str, str]) -> None:
        self.column = 0
        self.rows = int(attributes.get("table:number-rows-repeated", "1"))
        state = attributes.get("table:visibility", "visible")
        if state != "visible" and self.rows <= _MOST_REPEATED * _MOST_REPEATED:
            folded = state == "collapse" and self.groups > 0
            rows = self.marks.folded if folded else self.marks.hidden
            rows.update(range(self.row, self.row + self.rows))

    def text(self, data: str) -> None:
        """Characters inside of an element."""
        if self.in_paragraph:
            self.said.append(data)

    def end(self, name: str) -> None:
        """An element ends."""
        if name in _CELLS:
            self._close_cell(covered=name == _CELLS[1])
            self.column += self.columns
            self.cell = None
        elif name == "text:p":
            self.in_paragraph = False
        elif name == "table:table-row":
            self.row += self.rows
        elif name == "table:table-row-group":
            self.groups -= 1

    def _close_cell(self, *, covered: bool) -> None:
        cell, said = self.cell or {}, "".join(self.said).strip()
        # the library writes out spaces and repeated texts, each as often as it stands there
        copies = self.rows * self.columns
        self.characters += (sum(map(len, self.said)) + self.spaces) * copies
        refuse_beyond("unpacked_mb", megabytes(self.characters))
        down = int(cell.get("table:number-rows-spanned", "1"))
        right = int(cell.get("table:number-columns-spanned", "1"))
        if down > 1 or right > 1:
            at = (self.row, self.column)
            self.marks.merges = self.marks.merges or []
            self.marks.merges.append((at, (self.row + down - 1, self.column + right - 1)))
        formula = cell.get("table:formula")
        if said or formula is not None or cell.get("office:value-type"):
            bottom, far = self.row + self.rows - 1, self.column + self.columns - 1
            self.marks.extent.reach(bottom, far)
        kind = cell.get("calcext:value-type") or cell.get("office:value-type")
        text = ""
        if kind == "error" or (formula is not None and is_error(said)):
            text = said or "#N/A"
        elif formula is not None and kind is None and not said and not covered:
            text = "=" + formula.partition("=")[2]
        if text:
            for row in range(self.row, self.row + min(self.rows, _MOST_REPEATED)):
                for column in range(self.column, self.column + min(self.columns, _MOST_REPEATED)):
                    self.marks.texts[row, column] = text
