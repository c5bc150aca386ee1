"""Wide tables and far cells: read in time that grows with the columns, or refused by a limit."""

from __future__ import annotations

import io
import time
import zipfile

import openpyxl
import pytest
from openpyxl.styles import Font

from geoplan.inputs import LayerSource, read_demand
from geoplan.inputs.files.gate.limits import limits_set
from geoplan.inputs.files.workbook.extent import ExtentStream

HEAD = ["名称", "经度", "纬度", "人数"]
ROWS = [[f"甲{k}", 117 + k / 1000, 36.6, 10] for k in range(5)]


def demand(path, **limits):
    source = LayerSource(path=path, name=path.name, datum="wgs84")
    with limits_set(limits):
        return read_demand(source, key="x", crs="EPSG:4548", lang="en")


def write_csv(path, *, columns: int, fill: str = "x", heading: str = "c"):
    lines = [[*HEAD, *(f"{heading}{k}" if heading else "" for k in range(columns))]]
    lines += [[*map(str, row), *[fill] * columns] for row in ROWS]
    path.write_text("\n".join(map(",".join, lines)), encoding="utf-8")
    return path


def write_book(path, cell: str = "", value: str | None = None, sheet: str = "表"):
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in [HEAD, *ROWS]:
        page.append(row)
    if cell:
        page[cell].value, page[cell].font = value, Font(bold=True)
    book.save(path)
    return path


def test_time_grows_with_the_columns_and_not_with_their_square(tmp_path):
    seconds = []
    for columns in (150, 1500):
        path = write_csv(tmp_path / f"{columns}.csv", columns=columns)
        start = time.process_time()
        assert demand(path).layer.total == 50
        seconds.append(time.process_time() - start)
    assert seconds[1] < 25 * max(seconds[0], 0.05)


def test_a_table_wider_than_the_limit_is_refused_at_once(tmp_path):
    path = write_csv(tmp_path / "a.csv", columns=10_000)
    start = time.process_time()
    (finding,) = demand(path).findings
    assert time.process_time() - start < 5
    assert "10,004 columns" in finding.problem
    assert "[limits]" in finding.problem
    assert demand(write_csv(tmp_path / "b.csv", columns=100), columns=100).layer is None
    assert demand(tmp_path / "b.csv", columns=104).layer.total == 50


@pytest.mark.parametrize("columns", [300, 16_380])
def test_empty_columns_at_the_right_are_no_columns(tmp_path, columns):
    path = write_csv(tmp_path / "a.csv", columns=columns, fill="", heading="")
    assert demand(path).layer.total == 50


@pytest.mark.parametrize(
    ("cell", "value"), [("XFD3", None), ("D1048576", " "), ("XFD1048576", None)]
)
def test_formats_far_from_the_data_are_no_data(tmp_path, cell, value):
    one = demand(write_book(tmp_path / "a.xlsx", cell, value))
    assert one.layer.total == 50
    assert not one.findings


@pytest.mark.parametrize("sheet", ["表", "隐藏"])
def test_a_cell_in_the_far_corner_is_refused_before_it_takes_memory(tmp_path, sheet):
    one = demand(write_book(tmp_path / "a.xlsx", "XFD1048576", "x", sheet))
    assert one.layer is None
    assert "17,179,869,184 cells" in one.findings[0].problem


@pytest.mark.parametrize(
    ("xml", "rows", "columns"),
    [
        ('<row r="2" ht="15"><c r="C2" t="s"/></row>', 2, 26),  # within Z999999: no need to know
        ('<row r="2"><c r="AB2"><v>1</v></c></row>', 2, 28),
        ("<row r = '7' ><c r = 'AB12'><v>1</v></c></row>", 12, 28),
        ('<x:row r="2"><x:c s="1" r="XFD9"><x:v>1</x:v></x:c></x:row>', 9, 16_384),
        ('<row\n r="1048576"><c\tr="A1048576"><v>1</v></c></row>', 1_048_576, 1),
        ("<row><c><v>1</v></c></row><row><c><v>1</v></c><c><v>1</v></c></row>", 2, 2),
        ('<view activeCell="XFD9" topLeftCell="XFD1048576"/><row r="2"><c r="C2"/></row>', 2, 26),
        ('<row r="1"><c r="A1"><v>1</v></c><c s="3" r="XFD1"/><c r="ABC1"></c></row>', 1, 26),
    ],
)
@pytest.mark.parametrize("size", [50, 1 << 20])
def test_how_far_a_sheet_reaches(xml, rows, columns, size):
    stream = ExtentStream(io.BytesIO(f"<worksheet>{xml}</worksheet>".encode()))
    while stream.read(size):
        pass
    assert stream.extent.rows >= rows
    assert stream.extent.columns >= columns
    assert stream.extent.rows * stream.extent.columns <= max(rows * columns, 26 * rows)


def test_repeated_cells_of_an_ods_are_counted_before_they_are_written_out(tmp_path):
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        '<office:spreadsheet><table:table table:name="a"><table:table-row '
        'table:number-rows-repeated="1000000"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="16000"><text:p>名称</text:p></table:table-cell>'
        "</table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    (finding,) = demand(tmp_path / "a.ods").findings
    # the texts alone, each written out as often as it is repeated
    assert "it unpacks to 32,000 MB" in finding.problem
