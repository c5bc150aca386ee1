"""Layers as one workbook, quickly: a sheet per layer, its first row fixed, with filters.

A city has a million cells; a library that makes an object of each takes a minute for them.
Source of the format: ECMA-376, part 1, section 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd

from geoplan.outputs.tables.office_files import safe_cells
from geoplan.words.text_format import clean, is_missing

#: rows of a sheet below its headings
_MOST_ROWS = 1_048_575
#: characters of a cell
_MOST_TEXT = 32_767
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/>'
    '</font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_CORE = (
    f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<dcterms:created xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:created>'
    '<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:modified>'
    "</cp:coreProperties>"
)


def write_sheets(path: Path, sheets: Iterable[tuple[str, pd.DataFrame]]) -> Path:
    """Write a workbook; text that looks like a formula stays text.

    Parameters
    ----------
    path : the file.
    sheets : title and table, one after the other. Titles are cut to what a sheet may be called.

    Returns
    -------
    Path
        `path`; the same tables give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.xlsx"
    >>> table = pd.DataFrame({"name": ["=1+1"], "people": [1.5]})
    >>> pd.read_excel(write_sheets(file, [("a", table)]), engine="calamine").to_numpy().tolist()
    [["'=1+1", 1.5]]
    """
    titles: list[str] = []
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=5) as book:
        for wanted, table in sheets:
            for start in range(0, max(len(table), 1), _MOST_ROWS):
                titles.append(_title(wanted, titles))
                rows = safe_cells(table.iloc[start : start + _MOST_ROWS])
                text = "".join(_sheet(rows, first=len(titles) == 1))
                _add(book, f"xl/worksheets/sheet{len(titles)}.xml", text)
        for name, text in _frame(titles):
            _add(book, name, text)
    return path


def _title(wanted: str, taken: list[str]) -> str:
    """A sheet's name: 31 characters without brackets and such, unlike the others."""
    plain = "".join(c for c in clean(wanted) if c not in "[]:*?/\\").strip("'")[:31] or "_"
    used = {title.casefold() for title in taken}
    title, k = plain, 2
    while title.casefold() in used:
        title, k = f"{plain[: 30 - len(str(k))]}~{k}", k + 1
    return title


def _add(book: ZipFile, name: str, text: str) -> None:
    part = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    part.compress_type = ZIP_DEFLATED
    part.external_attr = 0o600 << 16  # the mark of geoplan's own office files
    book.writestr(part, text.encode(), compresslevel=5)


def _sheet(table: pd.DataFrame, *, first: bool) -> Iterator[str]:
    letters = [_letters(k) for k in range(len(table.columns))]
    seen = ' tabSelected="1"' if first else ""
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"{seen}>'
    yield '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    yield "</sheetView></sheetViews><sheetData>"
    heads = [_text(f"{at}1", str(name), ' s="1"') for at, name in zip(letters, table, strict=True)]
    yield f'<row r="1">{"".join(heads)}</row>'
    columns = [_cells(table.iloc[:, k], at) for k, at in enumerate(letters)]
    for row, cells in enumerate(zip(*columns, strict=True), start=2):
        yield f'<row r="{row}">{"".join(cells)}</row>'
    yield "</sheetData>"
    if letters:
        yield f'<autoFilter ref="A1:{letters[-1]}{len(table) + 1}"/>'
    yield "</worksheet>"


def _letters(column: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _cells(column: pd.Series, at: str) -> list[str]:
    """The XML of every cell; nothing where it is empty."""
    if column.dtype.kind in "iu" and isinstance(column.dtype, np.dtype):
        return [f'<c r="{at}{row}"><v>{v}</v></c>' for row, v in enumerate(column.tolist(), 2)]
    return [_cell(f"{at}{row}", value) for row, value in enumerate(column.tolist(), 2)]


def _cell(at: str, value: object) -> str:
    if isinstance(value, str):
        return _text(at, value) if value else ""
    if is_missing(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float | np.number):
        number = float(value)
        return f'<c r="{at}"><v>{value}</v></c>' if np.isfinite(number) else _text(at, str(number))
    return _text(at, str(value))


def _text(at: str, value: str, style: str = "") -> str:
    text = escape(clean(value)[:_MOST_TEXT])
    return f'<c r="{at}" t="inlineStr"{style}><is><t xml:space="preserve">{text}</t></is></c>'


def _frame(titles: list[str]) -> Iterator[tuple[str, str]]:
    """The parts that hold the sheets together."""
    numbers = range(1, len(titles) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{overrides}</Types>",
    )
    links = f"{_PACKAGE}/relationships"
    yield (
        "_rels/.rels",
        f'{_HEAD}<Relationships xmlns="{links}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/relationships/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{links}/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>',
    )
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{n}" r:id="rId{n}"/>'
        for n, title in zip(numbers, titles, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships">'
        f"<bookViews><workbookView/></bookViews><sheets>{sheets}</sheets></workbook>",
    )
    of_sheets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/relationships/worksheet" '
        f'Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships xmlns="{links}">{of_sheets}'
        f'<Relationship Id="rId{len(titles) + 1}" Type="{_OFFICE}/relationships/styles" '
        'Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _STYLES
    yield "docProps/core.xml", _CORE
