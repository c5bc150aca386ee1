"""Workbooks of four formats with what their programs hide, written byte by byte where need be."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl

Cell = str | float | int | None
HEAD = ["社区代码", "社区名称", "经度", "纬度", "60岁以上"]
ROWS = [[f"C{i:02d}", f"社区{i}", 117 + i / 2500, 36.62 + i / 3000, 100 + i] for i in range(1, 26)]
PEOPLE = sum(int(row[-1]) for row in ROWS)
ERROR = "#REF!"


def write_xlsx(
    path: Path,
    rows: Sequence[Sequence[Cell]],
    *,
    merges: Collection[str] = (),
    hidden: Collection[int] = (),
    folded: Collection[int] = (),
    others: Mapping[str, tuple[str, Sequence[Sequence[Cell]]]] | None = None,
) -> Path:
    """`hidden`, `folded`: row numbers; `others`: further sheets with their state."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "人口"
    for row in rows:
        sheet.append(list(row))
    for merge in merges:
        sheet.merge_cells(merge)
    for row in (*hidden, *folded):
        sheet.row_dimensions[row].hidden = True
        sheet.row_dimensions[row].outlineLevel = int(row in folded)
    for title, (state, content) in (others or {}).items():
        other = book.create_sheet(title)
        other.sheet_state = state
        for row in content:
            other.append(list(row))
    book.save(path)
    return path


def write_ods(
    path: Path,
    rows: Sequence[Sequence[Cell]],
    *,
    spans: Mapping[tuple[int, int], tuple[int, int]] | None = None,
    hidden: Collection[int] = (),
    title: str = "人口",
) -> Path:
    """`spans`: rows and columns that the cell at (row, column), from 0, spans."""
    spans = spans or {}
    covered = {
        (r + i, c + j)
        for (r, c), (down, right) in spans.items()
        for i in range(down)
        for j in range(right)
    } - set(spans)

    def cell(at: tuple[int, int], value: Cell) -> str:
        if at in covered:
            return "<table:covered-table-cell/>"
        down, right = spans.get(at, (1, 1))
        span = f'table:number-rows-spanned="{down}" table:number-columns-spanned="{right}"'
        if value == ERROR:
            kind = 'table:formula="of:=#REF!" office:value-type="float" office:value="0"'
            return f"<table:table-cell {kind}><text:p>{ERROR}</text:p></table:table-cell>"
        if isinstance(value, str):
            text = f"<text:p>{escape(value)}</text:p>"
            return f'<table:table-cell {span} office:value-type="string">{text}</table:table-cell>'
        if value is None:
            return "<table:table-cell/>"
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    def row(k: int, cells: Sequence[Cell]) -> str:
        state = ' table:visibility="filter"' if k + 1 in hidden else ""
        inside = "".join(cell((k, c), value) for c, value in enumerate(cells))
        return f"<table:table-row{state}>{inside}</table:table-row>"

    spaces = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for n in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="{escape(title)}">'
        + "".join(row(k, cells) for k, cells in enumerate(rows))
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}"/>')
        archive.writestr("content.xml", content)
    return path


def write_xls(path: Path, rows: Sequence[Sequence[Cell]], *, hidden: Collection[int] = ()) -> Path:
    """Excel 97: records of BIFF8 in a compound file of one stream (MS-XLS, MS-CFB)."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def value_record(r: int, c: int, value: Cell) -> bytes:
        at = struct.pack("<HHH", r, c, 0)
        if value == ERROR:
            return record(0x205, at + bytes([0x17, 1]))
        if isinstance(value, bool):
            return record(0x205, at + bytes([value, 0]))
        if isinstance(value, str):
            text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
            return record(0x204, at + text)
        return record(0x203, at + struct.pack("<d", value))

    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6))
    for r, row in enumerate(rows):
        flags = 0x20 if r + 1 in hidden else 0
        sheet += record(0x208, struct.pack("<HHHHHHI", r, 0, len(row), 255, 0, 0, flags | 0x100))
    for r, row in enumerate(rows):
        sheet += b"".join(value_record(r, c, v) for c, v in enumerate(row) if v is not None)
    sheet += record(0x0A, b"")
    name = struct.pack("<BB", 2, 1) + "人口".encode("utf-16-le")
    start = record(0x809, struct.pack("<HHHHII", 0x600, 0x5, 0, 1997, 0, 6))
    length = len(start) + 4 + 6 + len(name) + 4
    book = start + record(0x85, struct.pack("<IH", length, 0) + name) + record(0x0A, b"") + sheet
    book = book.ljust(4096, b"\0")
    sectors = [book[k : k + 512].ljust(512, b"\0") for k in range(0, len(book), 512)]

    def entry(title: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = (title + "\0").encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBBiii", len(raw), kind, 1, -1, -1, child)
        return head + bytes(36) + struct.pack("<iQ", first, size)

    # a sector of the table names 128 sectors, those of the table and the directory too
    tables = -(-(len(sectors) + 1) // 127)
    first = tables + 1
    directory = entry("Root Entry", 5, 1, -2, 0) + entry("Workbook", 2, -1, first, len(book))
    chain = [*[-3] * tables, -2, *range(first + 1, first + len(sectors)), -2]
    table = struct.pack(f"<{len(chain)}i", *chain).ljust(512 * tables, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    sizes = (0x3E, 3, 0xFFFE, 9, 6, 0, tables, tables, 0, 4096, -2, 0, -2, 0)
    head += struct.pack("<HHHHH6xiiiiiiiii", *sizes)
    head += struct.pack(f"<{tables}i", *range(tables)).ljust(436, b"\xff")
    path.write_bytes(head + table + directory + bytes(256) + b"".join(sectors))
    return path


def write_xlsb(
    path: Path,
    rows: Sequence[Sequence[Cell]],
    *,
    hidden: Collection[int] = (),
    merges: Collection[tuple[int, int, int, int]] = (),
) -> Path:
    """Binary records in a zip archive (MS-XLSB); `merges`: top, bottom, left, right, from 0."""

    def number(value: int) -> bytes:
        return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80, value >> 7])

    def record(kind: int, body: bytes = b"") -> bytes:
        return number(kind) + number(len(body)) + body

    def text(said: str) -> bytes:
        return struct.pack("<I", len(said)) + said.encode("utf-16-le")

    def cell(c: int, value: Cell) -> bytes:
        at = struct.pack("<II", c, 0)
        if value == ERROR:
            return record(3, at + bytes([0x17]))
        if isinstance(value, bool):
            return record(4, at + bytes([value]))
        if isinstance(value, str):
            return record(6, at + text(value))
        return record(5, at + struct.pack("<d", value))

    width = max(map(len, rows))
    sheet = record(129) + record(148, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1))
    sheet += record(145)
    for r, row in enumerate(rows):
        flags = 0x10 if r + 1 in hidden else 0
        sheet += record(0, struct.pack("<IIHBBBI", r, 0, 300, 0, flags, 0, 0))
        sheet += b"".join(cell(c, value) for c, value in enumerate(row) if value is not None)
    sheet += record(146) + record(177, struct.pack("<I", len(merges)))
    sheet += b"".join(record(176, struct.pack("<4I", *merge)) for merge in merges)
    sheet += record(178) + record(130)
    one = struct.pack("<II", 0, 1) + text("rId1") + text("人口")
    book = record(131) + record(143) + record(156, one) + record(144) + record(132)
    space = "http://schemas.openxmlformats.org/package/2006"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relation = f'<Relationship Id="rId1" Type="{kind}" Target="worksheets/sheet1.bin"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{space}/content-types"/>')
        relations = f'<Relationships xmlns="{space}/relationships">{relation}</Relationships>'
        archive.writestr("xl/_rels/workbook.bin.rels", relations)
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path
