"""`findings.xlsx`: all findings with filters, a sheet per file, and the rows set aside, whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geoplan.inputs.findings.finding import (
    FINDING_COLUMNS,
    WITHOUT_COORDINATES,
    Finding,
    InputRecord,
    Loaded,
)
from geoplan.inputs.findings.fixed_clock import without_clock
from geoplan.inputs.layers import AreaLayer
from geoplan.words import say

_FILL = {"error": "F8D7DA", "warning": "FFF3CD", "note": "E2EEF7"}
_WIDTH = {
    "file": 24,
    "sheet": 14,
    "row": 8,
    "column": 16,
    "value": 24,
    "problem": 52,
    "advice": 52,
    "severity": 9,
}
#: findings about rows whose place may be found by address
_TO_PLACE = (*WITHOUT_COORDINATES, "place_error")
#: rows of one sheet; nobody scrolls further, and spreadsheets become slow
MAX_ROWS = 50_000
_AREAS = ("district", "street", "village")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ORDER = {"error": 0, "warning": 1, "note": 2}


def write_findings(
    path: Path,
    loaded: Sequence[Loaded[Any]],
    *,
    further: Iterable[Finding] = (),
    records: Iterable[InputRecord] = (),
    lang: str = "zh",
) -> Path:
    """Write the findings of all inputs as a workbook.

    Sheets: files with their counts; all findings, worst first, with filters; a sheet per file
    that has findings; the rows set aside, whole; addresses to be geocoded. Text that begins like a
    formula stays text. A sheet ends after `MAX_ROWS` rows and says how many more there are.

    Parameters
    ----------
    path : ``.xlsx`` to write.
    loaded : what the readers returned.
    further : findings about other files (networks).
    records : of those other files; files in `loaded` are passed over.
    lang : ``"zh"`` or ``"en"``.

    Returns
    -------
    Path
        The file written; its folder is made where it is missing.

    Raises
    ------
    OSError
        The file cannot be written (a read-only folder, or it is open in a spreadsheet).

    Examples
    --------
    >>> from geoplan.inputs import LayerSource, read_area_table
    >>> from geoplan.study import example_study
    >>> folder = example_study().folder
    >>> loaded = read_area_table(LayerSource(path=folder / "people.csv"), needed=["beds"])
    >>> write_findings(folder / "findings.xlsx", [loaded], lang="en").name
    'findings.xlsx'
    """
    further = tuple(further)
    every = list(dict.fromkeys([*(f for one in loaded for f in one.findings), *further]))
    every.sort(key=lambda f: _ORDER[f.severity])
    book = Workbook()
    names: set[str] = set()
    first = book.active
    assert first is not None
    first.title = _sheet_name(say(lang, "inputs.sheet_files"), names)
    _files(first, _by_record(loaded, further, records), lang)
    _findings(_new(book, say(lang, "inputs.sheet_findings"), names), every, lang)
    for file in dict.fromkeys(f.file for f in every):
        own = [f for f in every if f.file == file]
        own.sort(key=lambda f: (f.sheet, f.row or 0))
        _findings(_new(book, Path(file).stem, names), own, lang)
    _set_aside(_new(book, say(lang, "inputs.sheet_aside"), names), loaded, lang)
    _addresses(_new(book, say(lang, "inputs.sheet_geocode"), names), loaded, lang)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return without_clock(path)


def _new(book: Workbook, title: str, names: set[str]) -> Worksheet:
    return book.create_sheet(_sheet_name(title, names))


def _sheet_name(title: str, names: set[str]) -> str:
    """At most 31 characters, none that Excel forbids, unlike all before."""
    plain = re.sub(r"[\\/*?:\[\]]", " ", _CONTROL.sub("", title)).strip().strip("'")[:31] or "-"
    name, k = plain, 2
    while name.casefold() in names:
        name = f"{plain[: 31 - len(str(k)) - 1]}~{k}"
        k += 1
    names.add(name.casefold())
    return name


def _head(lang: str, name: str) -> str:
    return say(lang, f"inputs.head_{name}")


def _write_row(sheet: Worksheet, row: int, values: Sequence[Any], style: Any = None) -> None:
    """Cells as what they are: numbers as numbers, text never as a formula; nothing where empty."""
    for column, value in enumerate(values, start=1):
        if value is None or value == "":
            continue
        cell = sheet.cell(row=row, column=column)
        if style is not None:
            cell._style = style
        if isinstance(value, int | float) and not isinstance(value, bool):
            cell.value = value
            continue
        text = _CONTROL.sub("", str(value))[:32_000]
        cell.value = text
        if text[0:1] in ("=", "+", "-", "@"):
            cell._style = copy(cell._style)
            cell.quotePrefix = True
            if cell.data_type == "f":
                cell.data_type = "s"


def _style(sheet: Worksheet, **parts: Any) -> Any:
    """A style made once and shared by thousands of cells."""
    cell = sheet.cell(row=1, column=1)
    before = copy(cell._style)
    for name, value in parts.items():
        setattr(cell, name, value)
    style, cell._style = cell._style, before
    return style


def _format(sheet: Worksheet, widths: Sequence[float], rows: int) -> None:
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE5EA")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    for k, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(k)].width = width
    sheet.freeze_panes = "A2"
    if rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(widths))}{rows + 1}"


def _by_record(
    loaded: Sequence[Loaded[Any]], further: Sequence[Finding], records: Iterable[InputRecord]
) -> list[tuple[InputRecord, list[Finding]]]:
    """Files with their findings; what was read for several layers once, with all their findings."""
    found: dict[tuple[Any, ...], tuple[InputRecord, dict[Finding, None]]] = {}
    for one in loaded:
        r = one.record
        key = (r.path, r.sheet, r.rows, r.accepted, r.set_aside, r.warned, r.sha256)
        found.setdefault(key, (r, {}))[1].update(dict.fromkeys(one.findings))
    read = {one.record.path for one in loaded}
    others = [(r, [f for f in further if f.file == r.path]) for r in records if r.path not in read]
    return [*((r, list(findings)) for r, findings in found.values()), *others]


def _files(sheet: Worksheet, files: Sequence[tuple[InputRecord, list[Finding]]], lang: str) -> None:
    """A line per file and sheet, with the number of its findings by severity."""
    columns = ("file", "sheet", "rows", "accepted", "set_aside", "warned", "sha256")
    _write_row(
        sheet, 1, [_head(lang, c) for c in columns] + [say(lang, f"inputs.{s}") for s in _ORDER]
    )
    for k, (r, findings) in enumerate(files, start=2):
        counts = [sum(f.severity == s for f in findings) for s in _ORDER]
        cells = (r.path, r.sheet, r.rows, r.accepted, r.set_aside, r.warned, r.sha256)
        _write_row(sheet, k, [*cells, *counts])
    _format(sheet, (30, 14, 10, 10, 10, 10, 20, 8, 8, 8), len(files))


def _findings(sheet: Worksheet, findings: list[Finding], lang: str) -> None:
    _write_row(sheet, 1, [_head(lang, c) for c in FINDING_COLUMNS])
    shown = findings[:MAX_ROWS]
    top = _style(sheet, alignment=Alignment(vertical="top", wrap_text=True))
    fills = {
        name: _style(
            sheet, fill=PatternFill("solid", fgColor=colour), alignment=Alignment(vertical="top")
        )
        for name, colour in _FILL.items()
    }
    last = FINDING_COLUMNS.index("severity") + 1
    for k, finding in enumerate(shown, start=2):
        row = finding.to_dict()
        row["severity"] = say(lang, f"inputs.{finding.severity}")
        _write_row(sheet, k, [row[c] for c in FINDING_COLUMNS], top)
        sheet.cell(row=k, column=last)._style = fills[finding.severity]
    _format(sheet, [_WIDTH[c] for c in FINDING_COLUMNS], len(shown))
    _and_more(sheet, len(shown) + 2, len(findings) - len(shown), lang)


def _and_more(sheet: Worksheet, row: int, count: int, lang: str) -> None:
    if count > 0:
        _write_row(sheet, row, [say(lang, "inputs.and_more", count=f"{count:,}")])


def _set_aside(sheet: Worksheet, loaded: Sequence[Loaded[Any]], lang: str) -> None:
    """File after file, each with its own headings: the rows as they stood."""
    line, seen = 1, set()
    for one in loaded:
        frame = one.set_aside
        mark = (one.record.path, tuple(frame.get("row", ())), tuple(frame.columns))
        if len(frame) == 0 or mark in seen:
            continue
        seen.add(mark)
        heads = [_head(lang, c) if c in ("file", "sheet", "row", "why") else c for c in frame]
        _write_row(sheet, line, heads)
        for cell in sheet[line]:
            cell.font = Font(bold=True)
        for values in frame.head(MAX_ROWS).itertuples(index=False, name=None):
            line += 1
            _write_row(sheet, line, [_plain(v) for v in values])
        _and_more(sheet, line + 1, len(frame) - MAX_ROWS, lang)
        line += 2
    for k, width in enumerate((24, 12, 8, 44), start=1):
        sheet.column_dimensions[get_column_letter(k)].width = width


def _addresses(sheet: Worksheet, loaded: Sequence[Loaded[Any]], lang: str) -> None:
    """Rows without coordinates, by what they can be found, and empty columns to fill in."""
    columns = ("file", "sheet", "row", "name", "area", "address", "lon", "lat")
    _write_row(sheet, 1, [_head(lang, c) for c in columns])
    names = {
        str(code): str(name)
        for one in loaded
        if isinstance(one.layer, AreaLayer)
        for code, name in one.layer.names.items()
    }
    rows = list(dict.fromkeys(row for one in loaded for row in _to_locate(one, names)))
    for k, row in enumerate(rows[:MAX_ROWS], start=2):
        _write_row(sheet, k, row)
    _format(sheet, (24, 14, 8, 28, 32, 48, 14, 14), len(rows[:MAX_ROWS]))
    _and_more(sheet, len(rows[:MAX_ROWS]) + 2, len(rows) - MAX_ROWS, lang)


def _to_locate(one: Loaded[Any], names: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """File, sheet, row, name, area and address of the rows that only lack coordinates.

    `names` of areas by code: who looks for a location on a map knows no codes.
    """
    unlocated = {(f.sheet, f.row) for f in one.findings if f.code in _TO_PLACE}
    frame = one.set_aside
    if len(frame) == 0 or not unlocated:
        return []
    wanted = frame[[row in unlocated for row in zip(frame["sheet"], frame["row"], strict=True)]]
    heading = {role: h for h, role in one.record.columns.items() if h in frame.columns}

    def cells(*roles: str) -> list[str]:
        there = [
            wanted[heading[role]].astype(str).map(lambda text: names.get(text, text))
            for role in roles
            if role in heading
        ]
        return [" ".join(filter(None, row)) for row in zip(*there, strict=True)] or (
            [""] * len(wanted)
        )

    parts = (
        wanted["file"],
        wanted["sheet"],
        map(int, wanted["row"]),
        cells("name"),
        cells(*_AREAS),
        cells("address"),
    )
    return list(zip(*parts, strict=True))


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    return int(value) if hasattr(value, "item") and float(value).is_integer() else value
