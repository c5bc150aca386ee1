"""Files as nobody should make them: never a traceback, never a row lost or renumbered."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from geoplan.inputs import LayerSource, read_demand, read_facilities
from geoplan.inputs.files.textfile import read_text

CRS = "EPSG:4548"
HEAD = "名称,经度,纬度,备注\n"
GOOD = "甲,117.0,36.6,5\n"


def told(path: Path, content: str | bytes, **options):
    raw = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(raw)
    source = LayerSource(path=path, datum="wgs84", **options)
    one = read_facilities(source, key="x", crs=CRS, lang="zh")
    assert one.record.rows == one.record.accepted + one.record.set_aside
    return one, sorted((f.row or 0, f.code) for f in one.findings)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_lines_end_as_they_like_even_in_one_file(tmp_path, end):
    text = HEAD + "甲,117.0,36.6,5" + end + "乙,,36.6,1\r丙,x,36.6,2\r\n丁,117,y,3\n"
    _, found = told(tmp_path / "t.csv", text)
    assert found == [(3, "no_coordinates"), (4, "not_a_number"), (5, "not_a_number")]


@pytest.mark.parametrize(
    ("rows", "found", "names"),
    [  # a quote that is never closed would swallow the rows below it
        (
            '"甲,117.0,36.6,5\n乙,117.1,36.6,1\n丙,x,36.6,1\n',
            [(2, "open_quote"), (4, "not_a_number")],
            ["甲", "乙"],
        ),
        (
            '甲,117.0,36.6,"好\n乙,117.1,36.6,"x, y"\n丙,x,36.6,1\n',
            [(2, "open_quote"), (4, "not_a_number")],
            ["甲", "乙"],
        ),
        (
            '甲,117.0,36.6,"好\n乙,117.1,36.6,"差\n丙,x,36.6,1\n',
            [(2, "open_quote"), (3, "open_quote"), (4, "not_a_number")],
            ["甲", "乙"],
        ),
        (
            '"甲\n站",117.0,36.6,"备,注\nb"\n乙,117.1,36.6,"x\ny"\n丙,x,36.6,1\n',
            [(7, "not_a_number")],
            ["甲\n站", "乙"],
        ),
        (
            '甲,117.0,36.6,"备,注\nb,c,d,1"\n丙,x,36.6,1\n',
            [(2, "joined_lines"), (4, "not_a_number")],
            ["甲"],
        ),
        ('甲"号",117.0,36.6,5\n乙,x,36.6,1\n', [(3, "not_a_number")], ['甲"号"']),
    ],
)
def test_quotes_swallow_no_rows(tmp_path, rows, found, names):
    one, codes = told(tmp_path / "t.csv", HEAD + rows)
    assert codes == found
    assert one.layer.frame["name"].tolist() == names


def test_an_open_quote_far_down_costs_one_row_only(tmp_path):
    lines = [f"站{k},117.{k % 90 + 10},36.6,1" for k in range(60_000)]
    lines[40_000] = '"' + lines[40_000]
    lines.append('尾,,36.6,"一\n二"')
    one, codes = told(tmp_path / "t.csv", HEAD + "\n".join(lines) + "\n")
    assert codes == [(40_002, "open_quote"), (60_002, "no_coordinates")]
    assert one.record.rows == 60_001


@pytest.mark.parametrize("seed", range(30))
def test_well_formed_files_are_read_as_the_csv_module_reads_them(tmp_path, seed):
    rng = random.Random(seed)
    alphabet = ["a", "好", ",", '"', "\n", " ", "1", ";"]
    rows = [[f"h{k}" for k in range(3)]]
    for _ in range(rng.randint(1, 20)):
        rows.append(["".join(rng.choices(alphabet, k=rng.randint(0, 6))) for _ in range(2)] + ["9"])
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=rng.choice(["\n", "\r\n"])).writerows(rows)
    path = tmp_path / "t.csv"
    path.write_bytes(out.getvalue().encode(rng.choice(["utf-8", "gb18030", "utf-16"])))
    got = read_text(path)
    assert got.cells.to_numpy().tolist() == rows
    line, starts = 1, []
    for row in rows:
        starts.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert got.starts.tolist() == starts


def test_bytes_that_do_not_belong(tmp_path):
    one, codes = told(tmp_path / "a.csv", HEAD + GOOD + "乙\x00丙,117.1,36.7,6\n\x1a")
    assert codes == [(0, "nul_bytes")]
    assert one.layer.frame["name"].tolist() == ["甲", "乙丙"]
    _, codes = told(tmp_path / "b.csv", (HEAD + GOOD + "乙").encode()[:-1])
    assert (0, "cut_off_text") in codes
    mixed = (HEAD + GOOD).encode() + "乙站,117.1,36.6,5\n".encode("gb18030")
    one, codes = told(tmp_path / "c.csv", mixed)
    assert codes == [(0, "unusable")]
    assert "第 3 行" in one.findings[0].problem
    rng = np.random.default_rng(0)
    for ending in (
        "csv",
        "xlsx",
        "xls",
        "ods",
        "gpkg",
        "shp",
        "zip",
        "kmz",
        "kml",
        "fgb",
        "geojson",
        "parquet",
    ):
        for content in (b"", rng.bytes(3_000), b"PK\x03\x04" + rng.bytes(2_000)):
            one, codes = told(tmp_path / f"junk.{ending}", content)
            assert codes == [(0, "unusable")]
            assert one.layer is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(tmp_path, encoding):
    _, codes = told(tmp_path / "t.csv", (HEAD + GOOD + "乙,x,36.6,5\n").encode(encoding))
    assert codes == [(3, "not_a_number")]


@pytest.mark.parametrize("name", ["d.csv", "d.xlsx", "d.gpkg", "d.shp", "d.tif"])
def test_a_folder_is_no_file(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "内.csv").write_text("x")
    read = read_demand if name.endswith("tif") else read_facilities
    one = read(LayerSource(path=tmp_path / name), key="x", crs=CRS, lang="zh")
    (finding,) = one.findings
    assert "文件夹" in finding.problem
    assert "内.csv" in finding.problem


def test_numbers_out_of_this_world(tmp_path):
    rows = "甲,1e308,36.6,5\n乙,117.1,-1e999,5\n丙,NaN,nan,5\n丁,inf,inf,5\n戊,117,36.6,5\n"
    one, codes = told(tmp_path / "t.csv", HEAD + rows)
    assert codes == [
        (2, "metres_in_degrees"),
        (3, "not_a_number"),
        (4, "no_coordinates"),
        (5, "not_a_number"),
    ]
    assert one.layer.frame["name"].tolist() == ["戊"]


def test_apostrophes_and_decimal_commas(tmp_path):
    one, codes = told(tmp_path / "t.csv", "编号,名称,经度,纬度\n'007,'甲,'117.0,’36.6\n")
    assert codes == []
    assert one.layer.frame.index.tolist() == ["007"]
    one, codes = told(tmp_path / "s.csv", "名称;经度;纬度\n甲;117,05;36,65\n")
    assert codes == [(2, "read_as_number")]


def test_cells_longer_than_any_name(tmp_path):
    text = HEAD + "长" * 200_000 + ",117.0,36.6,5\n" + f'"{"长" * 140_000}",x,36.6,5\n'
    one, codes = told(tmp_path / "t.csv", text)
    assert codes == [(3, "not_a_number")]
    assert len(one.layer.frame["name"].iloc[0]) == 200_000


def test_ids_that_repeat_are_reported_however_few_they_are(tmp_path):
    few = "编号,名称,经度,纬度\n1,a,117.0,36.6\n1,b,117.1,36.6\n"
    assert told(tmp_path / "t.csv", few)[1] == [(3, "same_id")]
    many = "编号,名称,经度,纬度\n" + "".join(f"1,站{k},117.{k},36.6\n" for k in range(10, 40))
    assert told(tmp_path / "t.csv", many)[1] == [(0, "no_ids")]


def test_sheets_without_a_known_heading_are_reported(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["名称", "经度", "纬度"])
    book.active.append(["甲", 117.0, 36.6])
    book.create_sheet("填表说明").append(["此表由各区县填报"])
    book.save(tmp_path / "b.xlsx")
    one = read_facilities(LayerSource(path=tmp_path / "b.xlsx", datum="wgs84"), key="x", crs=CRS)
    (finding,) = one.findings
    assert finding.code == "sheets_skipped"
    assert "填表说明" in finding.problem
