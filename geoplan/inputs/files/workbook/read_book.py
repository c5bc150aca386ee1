"""A workbook's sheets as tables: which are read, and what of them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from geoplan.errors import FileError
from geoplan.inputs.files.gate.archive import checked_archive
from geoplan.inputs.files.gate.limits import current_limits, megabytes, refuse_beyond
from geoplan.inputs.files.gate.own_process import try_reader
from geoplan.inputs.files.headings import Range, find_headings, has_known_heading
from geoplan.inputs.files.table import RawTable, cut_table, float_text
from geoplan.inputs.files.workbook.compare_sheets import sheets_together
from geoplan.inputs.files.workbook.extent import longest_shared_text
from geoplan.inputs.files.workbook.marks import Marks, SheetMarks
from geoplan.inputs.files.workbook.marks_ods import marks_ods
from geoplan.inputs.files.workbook.marks_xls import marks_xls
from geoplan.inputs.files.workbook.marks_xlsb import marks_xlsb
from geoplan.inputs.files.workbook.marks_xlsx import marks_xlsx

_MARKS = {
    ".xlsx": marks_xlsx,
    ".xlsm": marks_xlsx,
    ".xls": marks_xls,
    ".xlsb": marks_xlsb,
    ".ods": marks_ods,
}
#: columns from which a sheet is looked at for empty ones
_WIDE = 100
#: types of numbers (a bool is none)
_NUMBERS = frozenset((int, float))
_TRIAL = """
from python_calamine import CalamineWorkbook
book = CalamineWorkbook.from_path(path)
for name in book.sheet_names:
    book.get_sheet_by_name(name)
"""
#: an error value that is none of the seven of old
_NEW_ERROR = re.compile(
    rb"(<v>)#(?!(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|GETTING_DATA)</v>)[^<]*(</v>)"
)


def read_workbook(path: Path, sheet: str | None, given: Mapping[str, str]) -> list[RawTable]:
    """The table of a workbook's `sheet`, else those of all visible sheets with a known heading.

    Hidden sheets are read only where `sheet` names them.

    Raises
    ------
    FileError
        Unreadable, empty, no heading, no such sheet: with what to do.
    """
    if zipfile.is_zipfile(path):  # before anything of it is unpacked
        with checked_archive(path):
            pass
    marks = _read_marks(path)
    _refuse_large(path, marks)
    book = _open(path)
    names = list(book.sheet_names)
    if marks and not marks.keys() >= set(names):
        try_reader(path, _TRIAL)
    if sheet is not None and sheet not in names:
        raise FileError.of("file_faults.no_sheet", sheet=sheet, sheets=", ".join(names))
    states = {s.name: s.visible for s in book.sheets_metadata}
    hidden = [n for n in names if states.get(n) != SheetVisibleEnum.Visible]
    read = [sheet] if sheet is not None else [n for n in names if n not in hidden]
    pages = _pages(book, path, read if sheet is not None else names)
    sheets = [_Sheet(pages[n], marks.get(n)) for n in read]
    tables = _tables(sheets, given, must=sheet is not None)
    if not tables:
        raise FileError.of("file_faults.no_known_sheet", sheets=", ".join(names))
    told: list[tuple[str, Mapping[str, Any]]] = []
    if sheet is None:
        told = _about_sheets(pages, tables, read, hidden)
    if any(t.sheet not in marks for t in tables):
        told.append(("marks_unread", {}))
    tables[0] = replace(tables[0], file_findings=(*told, *tables[0].file_findings))
    return tables


def _refuse_large(path: Path, marks: Marks) -> None:
    """Refuse what would take too much: the library holds every sheet up to its farthest cell.

    Where the sheets could not be looked at, the library is tried in a process of its own.
    """
    cells = sum(m.extent.rows * m.extent.columns for m in marks.values())
    refuse_beyond("cells", cells)
    # a text that many cells share is held once per cell
    if not marks or megabytes(cells * longest_shared_text(path)) > current_limits().unpacked_mb:
        try_reader(path, _TRIAL)


def _open(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        if _is_text(path):
            raise FileError.of("file_faults.text_as_book", ending=path.suffix) from error
        raise FileError.of("file_faults.book_broken", error=error) from error


def _open_without_new_errors(path: Path) -> CalamineWorkbook:
    """The workbook with errors that the library does not know as #N/A; the marks name them."""
    copy = io.BytesIO()
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as changed:
            for item in archive.infolist():
                content = archive.read(item)
                if item.filename.startswith("xl/worksheets/"):
                    content = _NEW_ERROR.sub(rb"\1#N/A\2", content)
                changed.writestr(item.filename, content)
        copy.seek(0)
        return CalamineWorkbook.from_filelike(copy)
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise FileError.of("file_faults.book_broken", error=error) from error


def _pages(book: CalamineWorkbook, path: Path, names: Sequence[str]) -> dict[str, CalamineSheet]:
    """The sheets called `names`, hidden ones too: any of them may hold what the library refuses."""
    try:
        return {name: book.get_sheet_by_name(name) for name in names}
    except CalamineError:  # an error newer than the library (#SPILL!) stands in a cell
        book = _open_without_new_errors(path)
    try:
        return {name: book.get_sheet_by_name(name) for name in names}
    except CalamineError as error:
        raise FileError.of("file_faults.book_broken", error=error) from error


def _tables(sheets: Sequence[_Sheet], given: Mapping[str, str], *, must: bool) -> list[RawTable]:
    """The tables of the sheets with a known heading, else that of the only filled sheet."""
    found = [s.table(given, must=must) for s in sheets]
    tables = [table for table in found if table is not None]
    filled = [s for s in sheets if s.page.height > 0]
    if not tables and len(filled) == 1:
        only = filled[0].table(given, must=True)
        return [] if only is None else [only]
    return tables


def _about_sheets(
    pages: Mapping[str, CalamineSheet],
    tables: Sequence[RawTable],
    read: Sequence[str],
    hidden: Sequence[str],
) -> list[tuple[str, Mapping[str, Any]]]:
    """Findings about hidden sheets, sheets without a known heading, and sheets read together."""
    told: list[tuple[str, Mapping[str, Any]]] = []
    filled = [n for n in hidden if pages[n].height > 0]
    if filled:
        told.append(("hidden_sheets", {"count": len(filled), "sheets": ", ".join(filled)}))
    taken = {t.sheet for t in tables}
    skipped = [n for n in read if n not in taken and pages[n].height > 0]
    if skipped:
        told.append(("sheets_skipped", {"sheets": ", ".join(skipped)}))
    return told + sheets_together(tables)


def _read_marks(path: Path) -> Marks:
    """What calamine leaves out, by sheet; nothing of those of which it cannot be read."""
    try:
        return _MARKS[path.suffix.lower()](path)
    except FileError:
        raise
    except Exception:  # no reason to refuse a workbook that the library can read
        return {}


def _is_text(path: Path) -> bool:
    """Whether a file that is no workbook begins like a table of text or a web page."""
    with path.open("rb") as stream:
        head = stream.read(400)
    return bool(head.strip()) and not any(b < 9 or 13 < b < 32 for b in head)


class _Sheet:
    """One sheet: its values, and its marks."""

    def __init__(self, page: CalamineSheet, marks: SheetMarks | None) -> None:
        self.page = page
        self.marks = SheetMarks() if marks is None else marks

    @property
    def merges(self) -> list[Range]:
        """Merged cells: of the library, else of the marks."""
        return list(self.page.merged_cell_ranges or self.marks.merges or [])

    def table(self, given: Mapping[str, str], *, must: bool) -> RawTable | None:
        """The sheet's table; None where it has no known heading and need not have one."""
        try:
            values = self.page.to_python(skip_empty_area=False)
        except CalamineError as error:
            raise FileError.of("file_faults.book_broken", error=error) from error
        if not values:
            if must:
                raise FileError.of("file_faults.empty_sheet", sheet=self.page.name)
            return None
        _drop_empty_bottom(values)
        _drop_empty_right(values)
        self._put_texts(values)
        cells = pd.DataFrame([[_text(c) for c in row] for row in values], dtype=object).fillna("")
        if not must and not has_known_heading(cells, given):
            return None
        headings = find_headings(cells, given, self.merges)
        copies = self._fill_merged(cells, headings.body)
        native = _native(values, cells.shape[1])
        lines = np.arange(1, len(cells) + 1)
        table = cut_table(cells, lines, headings, native=native, copies=copies)
        rows = table.rows - 1
        return replace(
            table,
            sheet=self.page.name,
            hidden=np.isin(rows, list(self.marks.hidden)),
            folded=np.isin(rows, list(self.marks.folded)),
        )

    def _put_texts(self, values: list[list[Any]]) -> None:
        """Put errors and formulas into the cells that the library leaves empty."""
        for (r, c), text in self.marks.texts.items():
            if r < len(values):
                row = values[r]
                row += [""] * (c + 1 - len(row))
                row[c] = text

    def _fill_merged(self, cells: pd.DataFrame, body: int) -> np.ndarray:
        """A merged cell stands for all the rows that it spans; which cells are such copies.

        A text over several columns stays one cell.
        """
        copies = np.zeros(cells.shape, bool)
        for (top, left), (bottom, right) in self.merges:
            if bottom > top >= body and right < cells.shape[1] and bottom < len(cells):
                cells.iloc[top : bottom + 1, left] = cells.iloc[top, left]
                copies[top + 1 : bottom + 1, left] = True
        return copies


def _drop_empty_bottom(values: list[list[Any]]) -> None:
    """Cut empty rows off the bottom: one stray space makes 1,048,576 of them."""
    used = len(values)
    while used > 1 and all(
        c == "" or (isinstance(c, str) and c.isspace()) for c in values[used - 1]
    ):
        used -= 1
    del values[used:]


def _drop_empty_right(values: list[list[Any]]) -> None:
    """Cut empty columns off the right of a wide sheet: one stray format makes 16,384 of them."""
    width = max(map(len, values))
    if width > _WIDE:
        used = 0
        for row in values:
            at = len(row)
            while at > used and row[at - 1] in ("", None):
                at -= 1
            used = max(used, at)
        for row in values:
            del row[used:]
        width = used
    refuse_beyond("columns", width)


def _native(values: list[list[Any]], width: int) -> np.ndarray:
    """Bool per cell: the workbook holds a number, not a text that looks like one."""
    kinds = np.zeros((len(values), width), bool)
    for r, row in enumerate(values):
        kinds[r, : len(row)] = [type(cell) in _NUMBERS for cell in row]
    return kinds


def _text(cell: Any) -> str:
    """A cell as text, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    return float_text(cell) if isinstance(cell, float) else str(cell)
