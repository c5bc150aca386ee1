"""Rows of a sheet as they stand in its file: a hundred thousand cells, none of them an object.

openpyxl writes the workbook, its styles and the heads of each sheet; the rows below them are put
into the sheets' files, to the byte as it would write them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.cell import WriteOnlyCell
from openpyxl.compat.strings import safe_string
from openpyxl.utils import get_column_letter

from geoplan.outputs.tables.table import Kind
from geoplan.words.text_format import cell_text, plain

#: how numbers of a kind are shown
FORMATS = {
    "count": "#,##0",
    "share": "0.0%",
    "number": "#,##0.00",
    "mixed": "#,##0.00",
    "degrees": "0.000000",
}
#: characters that a cell holds (ECMA-376, 18.3.1.4)
_MOST = 32_767
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_END = b"</sheetData>"


def row_markup(sheet: Any, rows: list[list[Any]], kinds: Sequence[Kind], *, first: int) -> bytes:
    """The markup of `rows` of a write-only sheet, the first of which is row `first`.

    A text cell is stored as text: the apostrophe guards it when it is saved as CSV again.
    """
    letters = [get_column_letter(k + 1) for k in range(len(kinds))]
    style = _Styles(sheet)
    found = []
    for at, row in enumerate(rows, first):
        cells = []
        for letter, value, kind in zip(letters, row, kinds, strict=True):
            shown = plain(value, 6)
            if shown is None or shown == "":
                continue
            if isinstance(shown, str):
                text = cell_text(shown)[:_MOST]
                space = "" if text == text.strip() else ' xml:space="preserve"'
                text = escape(text, {"\r": "&#13;"})
                within = f"<is><t{space}>{text}</t></is>" if text else ""
                cells.append(f'<c r="{letter}{at}" t="inlineStr">{within}</c>')
                continue
            whole = kind in ("number", "mixed") and isinstance(shown, int)
            named = style.of("#,##0" if whole else FORMATS.get(kind))
            kept = "b" if isinstance(shown, bool) else "n"
            number = safe_string(shown)
            cells.append(f'<c r="{letter}{at}"{named} t="{kept}"><v>{number}</v></c>')
        found.append(f'<row r="{at}">{"".join(cells)}</row>')
    return "".join(found).encode("ascii", "xmlcharrefreplace")


class _Styles:
    """The attribute of a cell that names its format, registered when it is first of use."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.known: dict[str | None, str] = {None: ""}

    def of(self, number_format: str | None) -> str:
        if number_format not in self.known:
            cell = WriteOnlyCell(self.sheet, value=0)
            cell.number_format = number_format
            self.known[number_format] = f' s="{cell.style_id}"'
        return self.known[number_format]


def with_rows(rows: list[bytes]) -> Callable[[str, bytes], bytes]:
    """A function that puts the rows of each sheet, in their order, below its heads."""

    def put(name: str, part: bytes) -> bytes:
        sheet = _SHEET.fullmatch(name)
        if sheet is None:
            return part
        return part.replace(_END, rows[int(sheet[1]) - 1] + _END)

    return put
