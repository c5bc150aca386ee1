"""The same table in every format, encoding and layout that offices use."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import Point

from geoplan.inputs import LayerSource, read_facilities
from geoplan.inputs.columns.roles import find_roles
from geoplan.inputs.files.encoding import detect_encoding
from geoplan.inputs.files.textfile import find_delimiter
from geoplan.inputs.files.workbook.read_book import read_workbook
from geoplan.inputs.membership.area_lookup import short_name

CRS = "EPSG:4548"
ROWS = [("甲站", "117.02", "36.65", "12"), ("乙，站", "117.03", "36.66", "１５")]
HEAD = ("名称", "经度", "纬度", "床位数（张）")


def text(mark: str) -> str:
    lines = [HEAD, *ROWS]
    return "\n".join(mark.join(f'"{c}"' if mark in c else c for c in row) for row in lines) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_text_in_any_encoding_and_with_any_delimiter(tmp_path, encoding, mark):
    path = tmp_path / "t.csv"
    path.write_bytes(text(mark).encode(encoding))
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS, lang="en")
    assert one.layer is not None, one.findings
    assert one.layer.frame["name"].tolist() == ["甲站", "乙，站"]
    assert one.layer.frame["capacity"].tolist() == [12.0, 15.0]
    assert one.record.columns["床位数（张）"] == "capacity"


def test_rows_are_counted_as_the_editor_counts_them(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('说明\n\n名称,经度,纬度\n"甲\n站",117.02,36.65\n乙,,\n', encoding="utf-8")
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS, lang="en")
    # the quoted name takes lines 4 and 5: the row without a place stands on line 6
    assert [f.row for f in one.findings] == [6]


def test_several_sheets_title_rows_and_merged_cells(tmp_path):
    book = openpyxl.Workbook()
    for number, title in enumerate(("区县", "街道")):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = title
        sheet.append(["一览表"])
        sheet.merge_cells("A1:D1")
        sheet.append(["名称", "区县", "经度", "纬度"])
        for k in range(3):
            sheet.append([f"{title}{k}", "历下区" if k == 0 else None, 117.0 + k / 100, 36.6])
        sheet.merge_cells("B3:B5")
    book.create_sheet("说明").append(["此表由各区县填报"])
    path = tmp_path / "b.xlsx"
    book.save(path)
    tables = read_workbook(path, None, {})
    assert [t.sheet for t in tables] == ["区县", "街道"]
    assert tables[0].rows.tolist() == [3, 4, 5]
    assert tables[0].frame["区县"].tolist() == ["历下区"] * 3
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS, lang="en")
    assert len(one.layer) == 6
    assert one.layer.frame.index.is_unique
    second = LayerSource(path=path, datum="wgs84", sheet="街道")
    assert len(read_facilities(second, key="x", crs=CRS).layer) == 3


def test_chinese_axes_and_zone_numbers(tmp_path):
    def place(easting, northing, crs):
        path = tmp_path / "m.csv"
        path.write_text(f"名称,X坐标,Y坐标\n甲,{northing},{easting}\n", encoding="utf-8")
        one = read_facilities(LayerSource(path=path, crs=crs), key="x", crs=CRS, lang="en")
        point = one.layer.frame.geometry.iloc[0]
        return (round(point.x, 3), round(point.y, 3)), {f.code for f in one.findings}

    plain, codes = place(501_234.5, 4_056_789.1, "EPSG:4548")
    assert plain == (501_234.5, 4_056_789.1)
    assert codes == {"axes_chinese"}
    prefixed, codes = place(39_501_234.5, 4_056_789.1, "EPSG:4548")
    assert prefixed == plain
    assert codes == {"axes_chinese", "zone_prefix"}
    declared, codes = place(39_501_234.5, 4_056_789.1, "EPSG:4527")
    assert declared == plain
    assert codes == {"axes_chinese"}


@pytest.mark.parametrize("driver", ["GPKG", "GeoJSON", "ESRI Shapefile", "FlatGeobuf", "KML"])
def test_vector_formats(tmp_path, driver):
    suffix = {
        "GPKG": "gpkg",
        "GeoJSON": "geojson",
        "ESRI Shapefile": "shp",
        "FlatGeobuf": "fgb",
        "KML": "kml",
    }[driver]
    frame = gpd.GeoDataFrame(
        {"Name": ["甲站", "乙站"]}, geometry=[Point(117, 36.6), Point(117.1, 36.7)], crs=4326
    )
    path = tmp_path / f"l.{suffix}"
    frame.to_file(path, driver=driver)
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS, lang="en")
    assert one.layer is not None, one.findings
    assert sorted(one.layer.frame["name"]) == ["乙站", "甲站"]
    distance = one.layer.frame.geometry.iloc[0].distance(one.layer.frame.geometry.iloc[1])
    assert distance == pytest.approx(14_250, rel=0.01)


def test_a_shapefile_in_gbk_without_a_cpg(tmp_path):
    frame = gpd.GeoDataFrame({"名称": ["济南市历下区"]}, geometry=[Point(117, 36.6)], crs=4326)
    frame.to_file(tmp_path / "g.shp", encoding="GB18030")
    (tmp_path / "g.cpg").unlink()
    source = LayerSource(path=tmp_path / "g.shp", datum="wgs84")
    one = read_facilities(source, key="x", crs=CRS, lang="en")
    assert one.layer.frame["name"].tolist() == ["济南市历下区"]


def test_a_datum_in_a_vector_file_moves_it(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(117.02, 36.66)], crs=4326)
    frame.to_file(tmp_path / "g.geojson", driver="GeoJSON")
    places = [
        read_facilities(
            LayerSource(path=tmp_path / "g.geojson", datum=datum), key="x", crs=CRS
        ).layer.frame.geometry.iloc[0]
        for datum in ("wgs84", "gcj02", "bd09")
    ]
    assert 400 < places[0].distance(places[1]) < 700
    assert 900 < places[0].distance(places[2]) < 1600


def test_helpers():
    chinese = detect_encoding("济南".encode("gb18030"))
    assert (chinese.text(), chinese.encoding) == ("济南", "gb18030")
    assert find_delimiter("a;b;c\n1;2;3\n") == ";"
    assert find_roles(["机构名称", "名称"]) == {"名称": "name"}
    assert short_name("解放路街道办事处") == short_name("解放路街道") == "解放路"


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("百度经度", "百度纬度"),
        ("经度（高德）", "纬度（高德）"),
        ("bd_lng", "bd_lat"),
        ("GCJ02经度", "GCJ02纬度"),
    ],
)
def test_coordinates_that_name_their_map_are_known(lon, lat):
    assert find_roles(["站点名称", lat, lon]) == {"站点名称": "name", lon: "lon", lat: "lat"}
    if "（" not in lon:  # beside plain ones these are meant
        assert find_roles([lon, lat, "经度", "纬度"]) == {"经度": "lon", "纬度": "lat"}


def test_conditions_choose_rows(tmp_path):
    frame = pd.DataFrame(
        {
            "name": list("abc"),
            "level": ["town", "village", "village"],
            "lon": [117, 0, 117.1],
            "lat": [36.6, 0, 36.7],
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    source = LayerSource(
        path=tmp_path / "t.csv", datum="wgs84", where="level == 'village' and lon > 0"
    )
    one = read_facilities(source, key="x", crs=CRS)
    assert one.layer.frame["name"].tolist() == ["c"]
    assert one.record.rows == 1
    assert np.isfinite(one.layer.frame.geometry.iloc[0].x)


def read_text(tmp_path, text, **options):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    one = read_facilities(LayerSource(path=path, datum="wgs84", **options), key="x", crs=CRS)
    return one, {f.row: f.code for f in one.findings}


@pytest.mark.parametrize("filler", [0, 30_000])  # behind what the width is guessed from
def test_a_record_that_is_too_long_is_reported_and_never_cut_in_silence(tmp_path, filler):
    lines = [f"站{k},117.{k:06d},36.6" for k in range(filler)]
    text = "\n".join(["名称,经度,纬度", *lines, "甲,117.5,36.6,青年东路,1号", "乙,117.6,36.6"])
    one, told = read_text(tmp_path, text + "\n")
    assert told == {filler + 2: "stray_cells"}
    assert len(one.layer) == filler + 2


def test_a_filled_column_without_heading_is_left_out(tmp_path):
    rows = "".join(f"站{k},117.{k:02d},36.6,好\n" for k in range(10, 20))
    _, told = read_text(tmp_path, "名称,经度,纬度,\n" + rows)
    assert told == {None: "unnamed_columns"}


def test_quoted_records_keep_their_line_numbers(tmp_path):
    lines = [f'"站{k}","117.{k:02d}","36.6"' for k in range(10, 15)]
    lines[2] = '"两\n行站","",""'
    lines[4] = '"带""引号""的站","",""'
    one, told = read_text(tmp_path, "名称,经度,纬度\r\n" + "\r\n".join(lines) + "\r\n")
    assert told == {4: "no_coordinates", 7: "no_coordinates"}
    assert one.set_aside["名称"].tolist() == ["两\n行站", '带"引号"的站']


def test_codes_that_a_spreadsheet_has_rounded_are_reported(tmp_path):
    text = "社区代码,名称,经度,纬度\n3.70102E+11,甲,117,36.6\n370102001002,乙,117.1,36.6\n"
    _, told = read_text(tmp_path, text, columns={"id": "社区代码"})
    assert told == {2: "lost_code"}


def test_a_heading_without_rows_is_reported(tmp_path):
    one, told = read_text(tmp_path, "名称,经度,纬度\n")
    assert told == {None: "no_rows"}
    assert len(one.layer) == 0


def test_totals_in_any_width_are_skipped(tmp_path):
    text = "名称,经度,纬度\n甲,117,36.6\n合 计,,\n（小计）,,\nＴＯＴＡＬ,,\n小计算机店,117.1,36.6\n"
    one, told = read_text(tmp_path, text)
    assert told == {3: "total_row", 4: "total_row", 5: "total_row"}
    assert one.record.rows == 2
