"""Tables as files: CSV for Excel and one formatted workbook."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geoplan.disclosure.public_edition import refuse_internal
from geoplan.inputs.findings.fixed_clock import without_clock
from geoplan.outputs.tables.office_files import csv_bytes
from geoplan.outputs.tables.run_tables import service_tables, tables_after, tables_before
from geoplan.outputs.tables.table import Column, Kind, Table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import as_list, cell_text, display_width, is_missing, plain

#: a table, and its file of CSV
Written = tuple[Table, bytes]

#: levels with more areas than this stay out of the workbook (they are in the CSV files)
MOST_SHEET_AREAS = 1_000
#: what 64 bits do not hold is written as a number with an exponent
_MOST_WHOLE = 2.0**63
FORMATS = {
    "count": "#,##0",
    "share": "0.0%",
    "number": "#,##0.00",
    "mixed": "#,##0.00",
    "degrees": "0.000000",
}


def write_tables(
    results: RunResults,
    folder: str | Path,
    *,
    lang: str | None = None,
    audience: str | None = None,
    reused: Callable[[str, str, Callable[[], list[Written]]], list[Written]] | None = None,
) -> list[Path]:
    """Write ``tables/*.csv`` (UTF-8 with BOM, for Excel) and ``tables.xlsx`` into `folder`.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    folder : the run's folder.
    lang : ``"zh"`` or ``"en"``; None = the study's.
    audience : ``"public"`` refuses results that are not the public edition.
    reused : called with a service's key, "tables" and what makes them: gives equal ones that an
        earlier run has left, or has them made.

    Returns
    -------
    The files written. No cell is a formula: text that could be one gets a leading apostrophe.

    Raises
    ------
    UsageError
        As said under `audience`.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> written = write_tables(study.run().results, study.folder / "out", lang="en")
    >>> written[-1].name, "services.csv" in {path.name for path in written}
    ('tables.xlsx', True)
    """
    refuse_internal(results, audience)
    speaker = Speaker(lang or results.info.lang)
    found = [(table, _csv(table, speaker)) for table in tables_before(results, speaker)]
    for service in results.services.values():

        def made(service: ServiceResult = service) -> list[Written]:
            tables = service_tables(results, service, speaker)
            return [(table, _csv(table, speaker)) for table in tables]

        found += made() if reused is None else reused(service.key, "tables", made)
    found += [(table, _csv(table, speaker)) for table in tables_after(results)]
    written = _written(found, Path(folder) / "tables")
    book = Path(folder) / "tables.xlsx"
    write_workbook(results, [table for table, _ in found], book, speaker)
    return [*written, book]


def write_csv_tables(tables: list[Table], folder: Path, speaker: Speaker) -> list[Path]:
    """``NAME.csv`` for each table, under headings in `speaker`'s language."""
    return _written([(table, _csv(table, speaker)) for table in tables], folder)


def _written(tables: list[Written], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for table, content in tables:
        (folder / f"{table.name}.csv").write_bytes(content)
    return [folder / f"{table.name}.csv" for table, _ in tables]


def _csv(table: Table, speaker: Speaker) -> bytes:
    return csv_bytes(_rounded(table).with_headings(speaker))


def _rounded(table: Table) -> Table:
    """Numbers as they are written: whole people stay whole, shares keep six decimals."""
    values = {
        column.name: table.frame[column.name]
        if column.kind == "text"
        else _rounded_numbers(table.frame[column.name])
        for column in table.columns
    }
    return replace(table, frame=pd.DataFrame(values))


def _rounded_numbers(values: pd.Series) -> Any:
    """The same of one column."""
    if values.dtype.kind in "iu":
        return values
    if values.dtype.kind == "f":
        numbers = values.to_numpy(float, na_value=np.nan)
        rounded = np.where(np.isfinite(numbers), numbers.round(6), np.nan)
        whole = np.isnan(rounded) | (
            (rounded == np.rint(rounded)) & (np.abs(rounded) < _MOST_WHOLE)
        )
        return pd.array(rounded, dtype="Int64") if whole.all() else rounded
    texts = [None if is_missing(v) else plain(v, 6) for v in values]
    return pd.Series(texts, index=values.index, dtype=object)


_HEAD_FILL = PatternFill("solid", fgColor="1F4E5F")
_HEAD_FONT = Font(bold=True, color="FFFFFF")


def write_workbook(
    results: RunResults, tables: list[Table], path: str | Path, speaker: Speaker
) -> Path:
    """One workbook: a sheet per kind of table, the services one under the other in it."""
    names = {key: s.name(speaker.lang) for key, s in results.services.items()}
    return write_sheets(names, tables, path, speaker)


def write_sheets(
    names: dict[str, str], tables: list[Table], path: str | Path, speaker: Speaker
) -> Path:
    """The same for any tables; `names` are those of the services by key."""
    book = Workbook(write_only=True)
    sheets: dict[str, list[Table]] = {}
    for table in tables:
        many = len(table.frame) > MOST_SHEET_AREAS
        large = many and table.sheet.startswith(("by_", "quota_", "referral"))
        if not large:
            sheets.setdefault(table.sheet, []).append(table)
    for key, parts in sheets.items():
        _sheet(book, _sheet_title(key, speaker), parts, names, speaker)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _fix_dates(book)
    book.save(target)
    return without_clock(target)


def _fix_dates(book: Workbook) -> None:
    """The same results give the same workbook, whenever it is written."""
    book.properties.creator = "geoplan"
    book.properties.created = datetime(2000, 1, 1)
    book.properties.modified = datetime(2000, 1, 1)


def _sheet_title(key: str, speaker: Speaker) -> str:
    base, _, level = key.partition("_")
    if base in ("by", "quota", "capacity"):
        title = speaker.say(f"outputs.sheet_{base}", level=speaker.level(level))
    else:
        title = speaker.word(f"outputs.sheet_{key}", key)
    for bad in "[]:*?/\\":
        title = title.replace(bad, " ")
    return title[:31]


def _merged_columns(parts: list[Table]) -> list[Column]:
    merged: dict[str, Column] = {}
    for part in parts:
        for column in part.columns:
            merged.setdefault(column.name, column)
    return list(merged.values())


def _sheet(
    book: Workbook, title: str, parts: list[Table], names: dict[str, str], speaker: Speaker
) -> None:
    sheet = book.create_sheet(title)
    columns = _merged_columns(parts)
    by_service = any(part.service for part in parts)
    heads = [c.heading(speaker) for c in columns]
    kinds: list[Kind] = [c.kind for c in columns]
    if by_service:
        heads.insert(0, speaker.say("outputs.col_service"))
        kinds.insert(0, "text")
    rows = [row for part in parts for row in _rows(part, columns, names if by_service else None)]
    # a write-only sheet wants its widths, panes and filter before the first row
    for k, head in enumerate(heads):
        sample = [str(row[k]) for row in rows[:300] if not is_missing(row[k])]
        widest = max([display_width(head) + 3, *[display_width(text) + 2 for text in sample]])
        wide = 12 if kinds[k] != "text" else 8
        sheet.column_dimensions[get_column_letter(k + 1)].width = min(max(widest, wide), 44)
    sheet.freeze_panes = "C2" if by_service else "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(rows) + 1}"
    sheet.append([_head_cell(sheet, head) for head in heads])
    cells = _ValueCells(sheet)
    for row in rows:
        sheet.append(cells.of(value, kind) for value, kind in zip(row, kinds, strict=True))


def _rows(part: Table, columns: list[Column], names: dict[str, str] | None) -> Iterator[list[Any]]:
    there = [c.name for c in part.columns]
    values = [
        as_list(part.frame[c.name]) if c.name in there else [None] * len(part.frame)
        for c in columns
    ]
    lead = [] if names is None else [names.get(part.service, part.service)]
    for row in zip(*values, strict=True):
        yield [*lead, *row]


def _head_cell(sheet: Any, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=cell_text(text))
    cell.font, cell.fill = _HEAD_FONT, _HEAD_FILL
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


class _ValueCells:
    """What `append` of a write-only sheet takes for values; it writes one before it asks for more.

    So one cell of each format serves the whole sheet: making one takes longer than writing it.
    """

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.by_format: dict[str, WriteOnlyCell] = {}

    def of(self, value: Any, kind: Kind) -> Any:
        """A cell that holds `value`, or what openpyxl itself makes such a cell of."""
        shown = plain(value, 6)
        if shown is None or shown == "":
            return None
        if isinstance(shown, str):
            # stored as text: the apostrophe guards it when it is saved as CSV again
            text = cell_text(shown)
            return self._text(text) if text in ERROR_CODES else text
        if kind not in FORMATS:
            return shown
        whole = kind in ("number", "mixed") and isinstance(shown, int)
        number_format = "#,##0" if whole else FORMATS[kind]
        cell = self.by_format.get(number_format)
        if cell is None:
            cell = self.by_format[number_format] = WriteOnlyCell(self.sheet)
            cell.number_format = number_format
        cell.value = shown
        return cell

    def _text(self, text: str) -> WriteOnlyCell:
        """Text that openpyxl would take for a fault of a formula, such as ``#N/A``."""
        cell = WriteOnlyCell(self.sheet, value=text)
        cell.data_type = "s"
        return cell


def dress_sheet(sheet: Any, *, shares: Container[str] = ()) -> None:
    """A sheet of plain cells as the others look: heads, widths, numbers; `shares` are per cent."""
    for column in sheet.iter_cols():
        head = column[0]
        head.font, head.fill = _HEAD_FONT, _HEAD_FILL
        kind = "share" if head.value in shares else "count"
        for cell in column[1:]:
            if isinstance(cell.value, int | float):
                cell.number_format = FORMATS[kind]
        widest = max(display_width(str(c.value)) for c in column[:300] if c.value is not None)
        sheet.column_dimensions[head.column_letter].width = min(max(widest + 3, 10), 44)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
