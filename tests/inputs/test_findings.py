"""An office's files with thirty kinds of fault: every one named by its row, and none invented."""

from __future__ import annotations

import tomllib
import warnings
from collections import Counter
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from pandas.testing import assert_frame_equal
from shapely.geometry import Point, Polygon, box

from geoplan.crs import from_wgs84
from geoplan.inputs import (
    LayerSource,
    read_area_table,
    read_areas,
    read_demand,
    read_facilities,
    read_lines,
    write_findings,
)
from geoplan.inputs.findings.finding import Finding
from geoplan.words import say

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_055_000.0


@pytest.fixture(scope="module")
def areas(tmp_path_factory):
    """Two districts side by side, 10 km wide each, with a street in each."""
    folder = tmp_path_factory.mktemp("areas")
    frame = gpd.GeoDataFrame(
        {"区划代码": ["370102", "370114"], "名称": ["历下区", "章丘区"]},
        geometry=[box(X, Y, X + 10_000, Y + 10_000), box(X + 10_000, Y, X + 20_000, Y + 10_000)],
        crs=CRS,
    )
    frame.to_file(folder / "districts.gpkg", driver="GPKG")
    streets = gpd.GeoDataFrame(
        {"街道代码": ["370102001", "370114001"], "名称": ["东街街道", "西街街道"]},
        geometry=frame.geometry,
        crs=CRS,
    )
    streets.to_file(folder / "streets.gpkg", driver="GPKG")
    district = read_areas(LayerSource(path=folder / "districts.gpkg"), level="district", crs=CRS)
    street = read_areas(
        LayerSource(path=folder / "streets.gpkg", columns={"code": "街道代码"}),
        level="street",
        crs=CRS,
        parent="district",
        parents=district.layer,
    )
    assert not district.findings
    assert not street.findings
    return {"district": district.layer, "street": street.layer}


def gcj(x: float, y: float) -> tuple[str, str]:
    point = gpd.GeoSeries([Point(X + x, Y + y)], crs=CRS).to_crs(4326).iloc[0]
    lon, lat = from_wgs84((point.x, point.y), "gcj02")
    return f"{float(lon):.7f}", f"{float(lat):.7f}"


def sites(path: Path) -> dict[int, str]:
    """A workbook of sites; returns what is wrong by spreadsheet row."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "站点"
    sheet.append(["济南市老年助餐站点登记表"])
    sheet.append(["填报单位：演示", "", "", "", "", "", "", "", "", ""])
    sheet.append(
        ["编号", "名称", "经度", "纬度", "床位数", "街道", "地址", "联系电话", "负责人", "备注"]
    )
    expected: dict[int, str] = {}

    def add(name, place, beds=10, street="东街街道", number=None, fault="", address="某路1号"):
        row = sheet.max_row + 1
        tail = [street, address, "13812345678", "张三", "=1+1"]
        sheet.append([number or f"S{row}", name, *place, beds, *tail])
        if fault:
            expected[row] = fault

    good = gcj(2000, 2000)
    add("甲", good)
    add("乙", ("", ""), fault="address_only")
    add("丙", ("", ""), address="", fault="no_coordinates")
    add("丁", ("0", "0"), fault="zero")
    add("戊", (good[1], good[0]), fault="swapped_sure")
    add("己", ("500100", "4055100"), fault="metres_in_degrees")
    add("庚", ("东经一百一十七度", good[1]), fault="not_a_number")
    add("辛", ("１１７．０２", "３６．６５").__class__(gcj(2500, 2500)))
    full = tuple(
        "".join(chr(ord(c) + 0xFEE0) if c != "." else "．" for c in t) for t in gcj(3000, 3000)
    )
    add("壬", full, fault="read_as_number")
    add("癸", gcj(4000, 4000), beds="二十", fault="bad_capacity")
    add("子", gcj(4500, 4000), beds=-5, fault="negative_capacity")
    add("丑", gcj(5000, 4000), beds="35张")
    add("寅", gcj(60_000, 4000), fault="outside")
    add("卯", gcj(15_000, 5000), fault="other_area")
    add("辰", gcj(5500, 5000), street="南街街道", fault="unknown_area")
    add("甲", gcj(2020, 2010), fault="duplicate")
    add("巳", gcj(6000, 6000), number="S4", fault="same_id")
    add("午", ("117.5", "97.5"), fault="no_degrees_or_swapped")
    add("未", gcj(6500, 6000), beds=" 12 ")
    add("申", ("200.5", "36.6"), fault="no_degrees")
    row = sheet.max_row + 1
    sheet.append(["合计", "", "", "", 200])
    expected[row] = "total_row"
    book.save(path)
    return expected


def test_every_fault_of_a_workbook_of_sites_is_named_by_row(areas, tmp_path):
    expected = sites(tmp_path / "站点.xlsx")
    one = read_facilities(
        LayerSource(path=tmp_path / "站点.xlsx", name="站点.xlsx", datum="gcj02"),
        key="meal",
        crs=CRS,
        areas=areas,
        lang="zh",
    )
    assert one.layer is not None, one.findings
    found: dict[int, set[str]] = {}
    for finding in one.findings:
        if finding.row is not None:
            found.setdefault(finding.row, set()).add(finding.code)
            assert finding.file == "站点.xlsx"
            assert finding.sheet == "站点"
            assert finding.problem
            assert finding.advice
    twelve = [r for r, c in expected.items() if c == "no_degrees_or_swapped"]
    for row in twelve:  # latitude 97.5 is impossible, longitude 117.5 is no latitude either
        assert found.pop(row) <= {"no_degrees", "swapped_sure"}
        expected.pop(row)
    assert found == {row: {code} for row, code in expected.items()}
    kinds = {f.code for f in one.findings if f.row is None}
    # personal data; sites without a place that name their street; one 35 km beyond the border
    assert kinds == {
        "personal",
        "counts_for_quota",
        "numbers_written",
        "capacity_partly_known",
        "sites_outside_areas",
    }
    assert not {"联系电话", "负责人"} & set(one.layer.frame.columns)
    assert one.record.rows == one.record.accepted + one.record.set_aside
    assert one.record.accepted == len(one.layer.located)
    assert len(one.layer) == one.record.rows  # every row of this table names a street
    unplaced = {
        "address_only",
        "no_coordinates",
        "zero",
        "swapped_sure",
        "metres_in_degrees",
        "not_a_number",
        "no_degrees",
    }
    aside = {*twelve, *(row for row, code in expected.items() if code in unplaced)}
    assert one.set_aside["row"].tolist() == sorted(aside)


def test_every_fault_of_a_people_table_is_named_and_nobody_is_lost(areas, tmp_path):
    lines = ["社区代码,社区名称,街道,经度,纬度,老年人口"]
    expected: dict[int, str] = {}
    total = 0.0

    def add(people, place=None, street="东街街道", fault="", counted=None):
        nonlocal total
        lon, lat = gcj(3000, 3000) if place is None else place
        lines.append(f"37010200{len(lines)},社区{len(lines)},{street},{lon},{lat},{people}")
        if fault:
            expected[len(lines)] = fault
        total += counted if counted is not None else float(people)

    add(100)
    add("", fault="empty_people", counted=0)
    add("多", fault="bad_people", counted=0)
    add(-3, fault="negative_people", counted=0)
    add(370102001001, fault="absurd_people", counted=0)
    add("１２０", fault="", counted=120)
    add("85人", fault="", counted=85)
    add(40, place=("", ""), fault="no_coordinates")
    add(60, place=("0", "0"), fault="zero")
    add(20, place=gcj(15_000, 3000), fault="other_area")
    add(33, street="370181001", fault="")  # an old code: told for the file
    path = tmp_path / "people.csv"
    path.write_bytes("\n".join(lines).encode("gb18030"))
    one = read_demand(
        LayerSource(path=path, datum="gcj02", columns={"id": "社区代码", "name": "社区名称"}),
        key="elderly",
        crs=CRS,
        areas=areas,
        weight="老年人口",
        lang="zh",
    )
    assert one.layer is not None, one.findings
    rows = {f.row: f.code for f in one.findings if f.row is not None}
    rows.pop(12, None)  # the old code's place lies in another district: told as well
    assert rows == expected
    assert {"old_code", "numbers_written"} <= {f.code for f in one.findings}
    assert one.layer.total == total
    unlocated = one.layer.frame[one.layer.frame.geometry.isna()]
    assert unlocated["people"].sum() == 100  # 40 without coordinates, 60 at 0, 0
    assert one.record.rows == one.record.accepted + one.record.set_aside == len(lines) - 1


def test_faults_of_whole_files(areas, tmp_path):
    def told(name, **options):
        source = LayerSource(path=tmp_path / name, name=name, **options)
        one = read_facilities(source, key="x", crs=CRS, areas=areas, lang="zh")
        assert one.layer is None
        (finding,) = [f for f in one.findings if f.row is None and f.severity == "error"]
        return finding.problem

    (tmp_path / "a.csv").write_text("名称,经度,纬度\n甲,117.0,36.6\n", encoding="utf-8")
    assert "datum" in told("a.csv")
    assert "BD-09" in told("a.csv")
    (tmp_path / "b.csv").write_text("名称,X坐标,Y坐标\n甲,500100,4055100\n", encoding="utf-8")
    assert "EPSG:4548" in told("b.csv")
    (tmp_path / "c.csv").write_text("名称,街道\n甲,东街街道\n", encoding="utf-8")
    assert "经度" in told("c.csv")
    (tmp_path / "d.csv").write_bytes(b"")
    assert "空" in told("d.csv")
    assert "不存在" in told("no.csv")
    assert "不存在的列" in told("a.csv", columns={"lon": "不存在的列"})
    (tmp_path / "e.dwg").write_bytes(b"AC1027")
    assert ".dwg" in told("e.dwg")
    frame = gpd.GeoDataFrame({"名称": ["甲"]}, geometry=[Point(X, Y)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(tmp_path / "f.shp", encoding="GB18030")
    assert "坐标系" in told("f.shp")


def test_faults_of_areas_and_rates(tmp_path):
    twisted = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    frame = gpd.GeoDataFrame(
        {
            "区划代码": ["1", "", "1", "4"],
            "名称": ["甲", "乙", "丙", "丁"],
            "上级代码": ["", "", "", "9"],
        },
        geometry=[twisted, box(X, Y, X + 1, Y + 1), box(X, Y, X + 1, Y + 1), None],
        crs=CRS,
    )
    frame.to_file(tmp_path / "a.gpkg", driver="GPKG")
    parents = read_areas(
        _table(tmp_path, "p.csv", "code,name\n5,Fünf\n"), level="district", crs=CRS
    )
    one = read_areas(
        LayerSource(path=tmp_path / "a.gpkg"),
        level="street",
        crs=CRS,
        parent="district",
        parents=parents.layer,
    )
    found = {(f.row, f.code) for f in one.findings}
    assert found == {
        (1, "repaired"),
        (2, "no_code"),
        (3, "same_code"),
        (4, "no_parent"),
        (4, "no_geometry"),
    }
    assert list(one.layer.frame.index) == ["1", "4"]
    assert one.layer.frame.geometry.iloc[0].is_valid
    rates = read_area_table(
        _table(tmp_path, "r.csv", "code,beds\n1,五\n2,７\n"), needed=("code", "beds")
    )
    assert [(f.row, f.code) for f in rates.findings] == [
        (None, "numbers_written"),
        (2, "bad_figure"),
    ]
    assert rates.layer["beds"].tolist() == [7.0]


def _table(folder: Path, name: str, text: str) -> LayerSource:
    (folder / name).write_text(text, encoding="utf-8")
    return LayerSource(path=folder / name, name=name)


def test_the_findings_workbook_can_be_worked_from(areas, tmp_path):
    sites(tmp_path / "站点.xlsx")
    one = read_facilities(
        LayerSource(path=tmp_path / "站点.xlsx", name="站点.xlsx", datum="gcj02"),
        key="meal",
        crs=CRS,
        areas=areas,
        lang="zh",
    )
    path = write_findings(tmp_path / "findings.xlsx", [one], lang="zh")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["文件", "问题清单", "站点", "搁置的行", "待定位"]
    listed = book["问题清单"]
    assert listed.auto_filter.ref
    assert listed.freeze_panes == "A2"
    assert listed.max_row == 1 + len(one.findings)
    aside = [[c.value for c in row] for row in book["搁置的行"].iter_rows()]
    assert len(aside) == 1 + one.record.set_aside
    assert aside[1][2] == 5  # the row number of the spreadsheet
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert not any(c.data_type == "f" for c in cells)
    assert "13812345678" not in {c.value for c in cells}
    to_place = [[c.value for c in row] for row in book["待定位"].iter_rows(min_row=2)]
    assert [row[2] for row in to_place] == [5, 6]  # one by its address, one by its street only


def test_a_long_list_of_findings_ends_and_says_how_many_more(tmp_path, monkeypatch):
    monkeypatch.setattr("geoplan.inputs.findings.workbook.MAX_ROWS", 3)
    text = "名称,经度,纬度,备注\n" + "".join(f"站{k},,,=1+{k}\n" for k in range(5))
    one = read_facilities(_table(tmp_path, "长.csv", text), key="x", crs=CRS, lang="zh")
    book = openpyxl.load_workbook(write_findings(tmp_path / "f.xlsx", [one], lang="zh"))
    listed = [row[0] for row in book["问题清单"].iter_rows(values_only=True)]
    assert listed[1:4] == ["长.csv"] * 3
    assert "2" in listed[4]
    assert book["问题清单"].auto_filter.ref == "A1:H4"
    aside = list(book["搁置的行"].iter_rows(values_only=True))
    assert [row[2] for row in aside[1:4]] == [2, 3, 4]
    formulas = [c for row in book["搁置的行"].iter_rows() for c in row if str(c.value)[:1] == "="]
    assert len(formulas) == 3
    assert all(c.data_type == "s" and c.quotePrefix for c in formulas)
    plain = [c for row in book["问题清单"].iter_rows(min_row=2) for c in row if c.value]
    assert not any(c.quotePrefix for c in plain)  # cells share styles, not the prefix


def test_large_tables_release_cells_and_lose_none(areas, tmp_path, monkeypatch):
    sites(tmp_path / "站点.xlsx")
    lines = [
        "名称,经度,纬度,街道,人口,地址",
        "甲,117.02,36.62,东街街道,5,",
        "乙,,,东街街道,3,某路1号",
        "丙,0,0,西街街道,多,",
    ]
    (tmp_path / "p.csv").write_text("\n".join(lines), encoding="utf-8")
    # set aside after their places are known: a code that stands twice, one that is missing, and
    # points where lines should be
    lines = ["编码,名称,经度,纬度", "1,甲,117.02,36.62", "1,乙,117.03,36.63", ",,117.04,36.64"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")

    def both():
        source = LayerSource(path=tmp_path / "站点.xlsx", datum="gcj02")
        yield read_facilities(source, key="m", crs=CRS, areas=areas)
        source = LayerSource(path=tmp_path / "p.csv", datum="gcj02")
        yield read_demand(source, key="d", crs=CRS, areas=areas)
        source = LayerSource(path=tmp_path / "a.csv", datum="gcj02")
        yield read_areas(source, level="village", crs=CRS)
        yield read_lines(source, key="b", crs=CRS)

    before = list(both())
    for name in (
        "findings.collector.LARGE_TABLE",
        "columns.duplicates.CHUNK",
        "files.table.LARGE_TABLE",
    ):
        monkeypatch.setattr(f"geoplan.inputs.{name}", 1)
    for one, other in zip(before, both(), strict=True):
        assert_frame_equal(one.set_aside, other.set_aside)
        if one.layer is not None:
            assert_frame_equal(one.layer.frame, other.layer.frame)
        assert len(one.set_aside)
        assert one.findings == other.findings
        assert "经度" in one.set_aside.columns


def test_rows_to_be_geocoded_are_listed_with_the_names_of_their_areas(tmp_path):
    streets = read_areas(
        _table(tmp_path, "街道.csv", "代码,名称\n370102001,解放路街道\n"), level="street", crs=CRS
    )
    one = read_facilities(
        _table(tmp_path, "站.csv", "名称,街道,地址,经度,纬度\n甲站,370102001,解放路1号,,\n"),
        key="meal",
        crs=CRS,
        areas={"street": streets.layer},
    )
    book = openpyxl.load_workbook(write_findings(tmp_path / "f.xlsx", [streets, one]))
    rows = list(book["待定位"].iter_rows(min_row=2, values_only=True))
    assert ("甲站", "解放路街道") in [row[3:5] for row in rows]


def test_the_workbook_holds_no_clock(tmp_path, monkeypatch):
    loaded = read_areas(_table(tmp_path, "a.csv", "代码,名称\n1,甲\n"), level="street", crs=CRS)
    first = write_findings(tmp_path / "first.xlsx", [loaded]).read_bytes()

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2031, 5, 6, 7, 8, 9, tzinfo=tz)

    monkeypatch.setattr("openpyxl.writer.excel.datetime.datetime", Later)
    monkeypatch.setattr("openpyxl.packaging.core.datetime.datetime", Later)
    monkeypatch.setattr("time.time", lambda: 1_900_000_000.0)
    assert write_findings(tmp_path / "second.xlsx", [loaded]).read_bytes() == first


# -- words ---------------------------------------------------------------------------------------

WORDS = tomllib.loads(files("geoplan.words").joinpath("inputs.toml").read_text(encoding="utf-8"))


def test_a_name_in_place_of_a_text_is_that_of_a_text():
    names = {key: said for key, said in WORDS.items() if isinstance(said, str)}
    assert names
    for key, said in names.items():
        assert set(WORDS[said]) == {"zh", "en"}, key
        for lang in ("zh", "en"):
            assert say(lang, f"inputs.{key}") == WORDS[said][lang]


def test_no_text_stands_twice():
    texts = Counter((said["zh"], said["en"]) for said in WORDS.values() if isinstance(said, dict))
    assert [text for text, count in texts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("problem", "advice", "said"),
    [
        ("经度和纬度写反了。", "请对调两列的值。", "经度和纬度写反了。请对调两列的值。"),
        ("No coordinates.", "Add them.", "No coordinates. Add them."),
        ("找不到文件。", "", "找不到文件。"),
    ],
)
def test_a_finding_is_said_without_a_space_between_chinese_sentences(problem, advice, said):
    one = Finding(file="a.csv", problem=problem, advice=advice, severity="note", code="x")
    assert one.said == said
