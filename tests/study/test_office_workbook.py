"""One office's workbook with every kind of fault: all named by sheet and row, none invented.

Every row is written down here together with what is wrong with it. Rows without a fault stand
between them, so that a finding about them would be noticed.
"""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from shapely.geometry import LineString, Point, box

from geoplan.cli.commands import main
from geoplan.crs import from_wgs84
from geoplan.study.check import check_study

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_055_000.0
BOOK = "民政台账.xlsx"
STUDY = """\
[study]
name = "台账"
crs = "EPSG:4548"
lang = "zh"

[areas.district]
path = "区县.gpkg"

[areas.street]
path = "民政台账.xlsx"
sheet = "街道"
parent = "district"
columns = { code = "街道代码" }

[network.walk]
path = "道路.gpkg"

[network.drive]
path = "道路.gpkg"

[demand.elderly_60]
path = "民政台账.xlsx"
sheet = "社区"
datum = "gcj02"
weight = "老年人口"
groups = ["80岁以上"]
columns = { id = "社区代码" }

[services.meal_station]
path = "民政台账.xlsx"
sheet = "站点"
datum = "gcj02"
demand = "elderly_60"

[services.aid_window]
path = "民政台账.xlsx"
sheet = "窗口"
crs = "EPSG:4548"
demand = "elderly_60"
"""
#: what is told about a whole sheet: kind and column, with the rows inside the sentence
WHOLE = {
    "站点": {
        ("personal", "联系电话"),
        ("counts_for_quota", ""),
        ("capacity_partly_known", ""),
        ("numbers_written", "床位数"),
        ("sites_outside_areas", ""),
    },
    "社区": {
        ("old_code", "街道"),
        ("numbers_written", "老年人口"),
        ("numbers_undecided", "老年人口"),
        ("people_unknown", "老年人口"),
        ("totals_left_out", ""),
    },
    "街道": set(),
    "窗口": {("axes_chinese", ""), ("zone_prefix", ""), ("counts_for_quota", "")},
}


def gcj(x: float, y: float) -> tuple[str, str]:
    place = gpd.GeoSeries([Point(X + x, Y + y)], crs=CRS).to_crs(4326).iloc[0]
    lon, lat = from_wgs84((place.x, place.y), "gcj02")
    return f"{float(lon):.7f}", f"{float(lat):.7f}"


def wide(text: str) -> str:
    """Full-width digits, as an input method writes them."""
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in text)


class Sheet:
    """Rows with what is wrong with each: kinds by row number as the spreadsheet counts."""

    def __init__(self, book: openpyxl.Workbook, title: str, head: list[str]) -> None:
        self.sheet = book.create_sheet(title)
        self.sheet.append([f"济南市{title}登记表"])
        self.sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(head))
        self.sheet.append(["填报单位：某某科", *[None] * (len(head) - 1)])
        self.sheet.append(head)
        self.faults: dict[int, set[str]] = {}

    def add(self, cells: list[object], *faults: str) -> int:
        self.sheet.append(cells)
        row = self.sheet.max_row
        if faults:
            self.faults[row] = set(faults)
        return row


def sites(book: openpyxl.Workbook) -> Sheet:
    sheet = Sheet(
        book, "站点", ["编号", "名称", "经度", "纬度", "床位数", "街道", "地址", "联系电话", "备注"]
    )
    number = iter(range(1, 1000))

    def add(
        name,
        place,
        *faults,
        beds: object = 10,
        street="东街街道",
        address="东街1号",
        mark=None,
        remark="",
        more=(),
    ):
        cells = [
            mark or f"S{next(number):03d}",
            name,
            *place,
            beds,
            street,
            address,
            "13812345678",
            remark,
            *more,
        ]
        return sheet.add(cells, *faults)

    good = gcj(2000, 2000)
    add("甲站", good)
    add("只有地址", ("", ""), "address_only")
    add("什么都没有", ("", ""), "no_coordinates", address="")
    add("零点", ("0", "0"), "zero")
    add("写反", (good[1], good[0]), "swapped_sure")
    add("米当度", ("500100", "4055100"), "metres_in_degrees")
    add("汉字坐标", ("东经一百一十七度", good[1]), "not_a_number")
    add("错误值", ("#N/A", good[1]), "place_error", address="")
    add("超范围", ("200.5", "36.6"), "no_degrees")
    add("度分秒", ("117°01′30″", "36°37′12″"), "read_as_number")
    add("全角坐标", tuple(map(wide, gcj(3000, 3000))), "read_as_number")
    add("床位文字", gcj(4000, 4000), "bad_capacity", beds="二十")
    add("床位为负", gcj(4500, 4000), "negative_capacity", beds=-5)
    add("床位带单位", gcj(5000, 4000), beds="35张")  # see WHOLE
    add("数字是文本", gcj(5200, 4000), beds="35")
    add("市外", gcj(60_000, 4000), "outside")
    add("在别的街道", gcj(15_000, 5000), "other_area")
    add("没有的街道", gcj(5500, 5000), "unknown_area", street="南街街道")
    add("甲站", gcj(2020, 2010), "duplicate")
    add("同号", gcj(6000, 6000), "same_id", mark="S001")
    add("错列", gcj(6500, 6500), "stray_cells", more=("", "掉到表外的格"))
    add("夹带手机", gcj(7000, 7000), "personal_cell", remark="电话13912345678找老王")
    add("公式备注", gcj(7500, 7500), remark="=1+1")
    add("空格不算错", (f" {good[0]} ", f"{good[1]}　"), street=" 东街街道 ", beds=" 12 ")
    sheet.add([None] * 9)
    sheet.add(["合计", "", "", "", 200], "total_row")
    return sheet


def communities(book: openpyxl.Workbook) -> Sheet:
    sheet = Sheet(
        book, "社区", ["社区代码", "社区名称", "街道", "经度", "纬度", "老年人口", "80岁以上"]
    )
    codes = iter(range(1, 1000))

    def add(people, *faults, old: object = 1, place=None, street="东街街道", code=None):
        number = next(codes)
        place = gcj(1000 + 300 * number, 3000) if place is None else place
        cells = [code or f"370102001{number:03d}", f"社区{number}", street, *place, people, old]
        return sheet.add(cells, *faults)

    add(100)
    add("", "empty_people", old=0)
    add("多", "bad_people", old=0)
    add(-3, "negative_people", old=0)
    add(370102001001, "absurd_people", old=0)
    add(wide("120"))  # see WHOLE
    add("85人")
    add("1,250")
    add(60, "bad_group", old="若干")
    add(30, "group_exceeds", old=31)
    add(40, "no_coordinates", place=("", ""))
    add(20, "other_area", place=gcj(15_000, 3000))
    add(50, "lost_code", code="3.70102E+11")
    add(70, street="370181001", place=gcj(15_000, 6000), code="370114001014")  # old: see WHOLE
    sheet.add(["", "小计", "", "", "", 500, ""], "total_row")
    return sheet


def streets(book: openpyxl.Workbook) -> Sheet:
    sheet = Sheet(book, "街道", ["街道代码", "名称", "上级代码"])
    sheet.add(["370102001", "东街街道", "370102"])
    sheet.add(["370114001", "西街街道", "370114"])
    sheet.add(["", "无码街道", "370102"], "no_code")
    sheet.add(["370102001", "重码街道", "370102"], "same_code")
    sheet.add(["370999001", "外地街道", "370999"], "no_parent")
    return sheet


def windows(book: openpyxl.Workbook) -> Sheet:
    sheet = Sheet(book, "窗口", ["名称", "X坐标", "Y坐标", "街道", "地址"])
    place = (Y + 2000, 39_502_000.0)  # X is the northing, the easting carries the zone
    sheet.add(["甲窗口", *place, "东街街道", ""])
    sheet.add(["写反", place[1], place[0], "东街街道", ""], "swapped_axes")
    sheet.add(["度当米", 117.02, 36.65, "东街街道", ""], "degrees_in_metres")
    sheet.add(["多了位数", 1e12, place[1], "东街街道", ""], "off_the_map")
    for k in range(5):
        sheet.add([f"窗口{k}", place[0] + 500 * k, place[1] + 500, "东街街道", ""])
    return sheet


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> tuple[Path, dict[str, Sheet]]:
    folder = tmp_path_factory.mktemp("office")
    gpd.GeoDataFrame(
        {"区划代码": ["370102", "370114"], "名称": ["历下区", "章丘区"]},
        geometry=[box(X, Y, X + 10_000, Y + 10_000), box(X + 10_000, Y, X + 20_000, Y + 10_000)],
        crs=CRS,
    ).to_file(folder / "区县.gpkg", driver="GPKG")
    roads = [
        LineString([(X + a, Y + 3000), (X + a + 1000, Y + 3000)]) for a in range(0, 20_000, 1000)
    ]
    gpd.GeoDataFrame(geometry=roads, crs=CRS).to_file(folder / "道路.gpkg", driver="GPKG")
    book = openpyxl.Workbook()
    book.active.title = "填表说明"
    book.active.append(["请各街道如实填写。"])
    made = {
        s.sheet.title: s for s in (sites(book), communities(book), streets(book), windows(book))
    }
    book.save(folder / BOOK)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder, made


def test_every_fault_is_named_by_sheet_and_row_and_none_is_invented(office):
    folder, made = office
    report = check_study(folder)
    found = {title: {} for title in made}
    whole = {title: set() for title in made}
    streets = [f.code for f in report.findings if f.file == "道路.gpkg"]
    # lines alone: no class, no speed, no direction
    assert streets == ["network_no_class", "network_no_oneway"]
    # quotas of levels that the study has no areas of
    assert {f.code for f in report.findings if f.file == "study.toml"} == {"quota_uncounted"}
    for finding in report.findings:
        if finding.file in ("道路.gpkg", "study.toml"):
            continue
        assert finding.file == BOOK
        assert finding.problem
        assert finding.advice
        if finding.row is None:
            whole[finding.sheet].add((finding.code, finding.column))
        else:
            found[finding.sheet].setdefault(finding.row, set()).add(finding.code)
    for title, sheet in made.items():
        assert found[title] == sheet.faults, title
    assert whole == WHOLE
    by_row = {kind for sheet in made.values() for kinds in sheet.faults.values() for kind in kinds}
    assert len(by_row) >= 30
    for record in report.records:
        assert record.rows == record.accepted + record.set_aside


def test_the_command_and_the_workbook_tell_the_same(office, capsys):
    folder, made = office
    with pytest.raises(SystemExit) as left:
        main(["check", str(folder), "--json"])
    assert left.value.code == 1  # there are errors
    findings = json.loads(capsys.readouterr().out)["findings"]
    book = openpyxl.load_workbook(folder / "findings.xlsx")
    listed = list(book["问题清单"].iter_rows(min_row=2, values_only=True))
    assert len(listed) == len(findings)
    assert {(f["sheet"] or None, f["row"], f["problem"]) for f in findings} == {
        (row[1], row[2], row[5]) for row in listed
    }
    aside = list(book["搁置的行"].iter_rows(values_only=True))
    for title in made:
        # each row set aside stands there whole, with the number that the spreadsheet gives it
        source = openpyxl.load_workbook(folder / BOOK)[title]
        for row in (r for r in aside if r[1] == title):
            cells = [c.value for c in source[row[2]]]
            assert str(cells[1]) in {str(c) for c in row}
    every = {str(c) for page in book for row in page.iter_rows(values_only=True) for c in row if c}
    assert not any("13812345678" in c or "13912345678" in c for c in every)
    to_place = list(book["待定位"].iter_rows(min_row=2, values_only=True))
    assert to_place == [
        (BOOK, "社区", 14, "社区11", "东街街道", None, None, None),
        (BOOK, "站点", 5, "只有地址", "东街街道", "东街1号", None, None),
        (BOOK, "站点", 6, "什么都没有", "东街街道", None, None, None),
        (BOOK, "站点", 11, "错误值", "东街街道", None, None, None),
    ]
    files = list(book["文件"].iter_rows(min_row=2, max_col=6, values_only=True))
    assert [f[1] for f in files] == [None, "街道", "社区", "站点", "窗口", None]
    assert files[-1][0] == "道路.gpkg"  # the streets are on record too
    counts = [row[7:] for row in book["文件"].iter_rows(min_row=2, values_only=True)]
    assert [sum(column) for column in zip(*counts, strict=True)] == [
        sum(f["severity"] == s for f in findings if f["file"] != "study.toml")
        for s in ("error", "warning", "note")
    ]
