"""Locations that cannot be used: a finding per row, in layers, tables in degrees and in metres."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon, box

from geoplan.inputs import LayerSource, read_demand, read_facilities
from geoplan.inputs.layers import AreaLayer

CRS = "EPSG:4548"


@pytest.fixture(scope="module")
def areas():
    shape = gpd.GeoSeries([box(116.5, 36, 117.5, 37)], crs=4326).to_crs(CRS)
    frame = gpd.GeoDataFrame(
        {"name": ["City"], "parent": [None]}, geometry=shape.to_numpy(), index=["1"], crs=CRS
    )
    return {"district": AreaLayer(level="district", frame=frame)}


def codes(one) -> dict[int | None, str]:
    return {f.row: f.code for f in one.findings}


def read(path, areas, **options):
    source = LayerSource(path=path, **options)
    return read_facilities(source, key="x", crs=CRS, areas=areas, lang="en")


def test_a_layer_with_impossible_locations(tmp_path, areas):
    places = [
        Point(117.02, 36.65),
        Point(36.65, 117.02),
        Point(0, 0),
        Point(501_000, 4_055_000),
        Point(200, 36),
        None,
        Point(36.9, 36.9),
    ]
    frame = gpd.GeoDataFrame({"name": list("abcdefg")}, geometry=places, crs=4326)
    frame.to_file(tmp_path / "a.gpkg", driver="GPKG")
    for datum in ("wgs84", "gcj02", "bd09"):
        one = read(tmp_path / "a.gpkg", areas, datum=datum)
        assert codes(one) == {
            2: "swapped_sure",
            3: "zero",
            4: "metres_in_degrees",
            5: "no_degrees",
            6: "no_geometry",
            7: "outside",
            None: "sites_outside_areas",
        }
        assert one.layer.frame["name"].tolist() == ["a", "g"]


def test_swapped_axes_that_only_the_extent_reveals(tmp_path):
    shape = gpd.GeoSeries([box(60.0, 30.0, 61.0, 31.0)], crs=4326).to_crs("EPSG:32641")
    frame = gpd.GeoDataFrame(
        {"name": ["City"], "parent": [None]},
        geometry=shape.to_numpy(),
        index=["1"],
        crs="EPSG:32641",
    )
    areas = {"district": AreaLayer(level="district", frame=frame)}
    layer = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[Point(60.5, 30.5), Point(30.5, 60.5)], crs=4326
    )
    layer.to_file(tmp_path / "a.geojson", driver="GeoJSON")
    source = LayerSource(path=tmp_path / "a.geojson")
    one = read_facilities(source, key="x", crs="EPSG:32641", areas=areas, lang="en")
    assert codes(one) == {2: "swapped_likely"}


def test_a_layer_in_china_that_only_claims_wgs84_is_doubted(tmp_path, areas):
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(117.02, 36.65)], crs=4326)
    frame.to_file(tmp_path / "a.geojson", driver="GeoJSON")
    assert codes(read(tmp_path / "a.geojson", areas)) == {None: "datum_unsaid"}
    assert codes(read(tmp_path / "a.geojson", areas, datum="wgs84")) == {}
    assert codes(read(tmp_path / "a.geojson", areas, crs="EPSG:4326")) == {}
    frame.to_crs(4490).to_file(tmp_path / "b.gpkg", driver="GPKG")
    assert codes(read(tmp_path / "b.gpkg", areas)) == {}
    elsewhere = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(-51.2, -30.0)], crs=4326)
    elsewhere.to_file(tmp_path / "c.geojson", driver="GeoJSON")
    source = LayerSource(path=tmp_path / "c.geojson")
    assert codes(read_facilities(source, key="x", crs="EPSG:31982")) == {}


def test_a_table_in_metres_with_every_fault(tmp_path, areas):
    rows = {
        "甲,500100,4055000": "",
        "乙,0,0": "zero",
        "丙,1e12,4055000": "off_the_map",
        "丁,117.01,36.6": "degrees_in_metres",
        "戊,4055000,500100": "swapped_axes",
        "己,,": "no_coordinates",
        "庚,五十万,4055000": "not_a_number",
        "辛,５００２００,4055000": "",
        "壬,900100,4055000": "outside",
    }
    path = tmp_path / "m.csv"
    path.write_text("名称,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    one = read(path, areas, crs=CRS)
    expected = {k: code for k, code in enumerate(rows.values(), start=2) if code}
    assert {row: code for row, code in codes(one).items() if row} == expected
    about_file = {f.code for f in one.findings if f.row is None}
    assert about_file == {"numbers_written", "sites_outside_areas"}
    assert one.layer.frame["name"].tolist() == ["甲", "辛", "壬"]
    assert one.record.set_aside == 6


def test_zones_of_six_degrees_lose_their_number_too(tmp_path, areas):
    path = tmp_path / "m.csv"
    path.write_text("名称,x,y\n甲,20500100,4055000\n", encoding="utf-8")
    one = read(path, areas, crs="EPSG:4509")
    assert codes(one) == {None: "zone_prefix"}
    assert one.layer.frame.geometry.iloc[0].x == pytest.approx(500_100)


def test_wkt_that_is_empty_or_broken(tmp_path, areas):
    path = tmp_path / "w.csv"
    path.write_text('名称,wkt\n甲,"POINT (117 36.6)"\n乙,"POINT (117"\n丙,\n', encoding="utf-8")
    one = read(path, areas, datum="gcj02")
    assert codes(one) == {3: "unread_geometry", 4: "no_geometry"}


def test_an_invalid_polygon_is_repaired_and_its_people_stay(tmp_path, areas):
    twisted = Polygon([(117, 36), (117.1, 36.1), (117.1, 36), (117, 36.1)])
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b"], "pop": [10, 20]}, geometry=[twisted, None], crs=4326
    )
    frame.to_file(tmp_path / "p.gpkg", driver="GPKG")
    source = LayerSource(path=tmp_path / "p.gpkg", datum="wgs84")
    one = read_demand(source, key="d", crs=CRS, areas=areas, weight="pop")
    assert codes(one) == {1: "repaired", 2: "no_geometry"}
    assert one.layer.total == 30
    assert one.layer.located["people"].tolist() == [10]


def test_thousands_of_rows_on_one_spot_are_compared_with_the_first_only(tmp_path):
    path = tmp_path / "d.csv"
    rows = ["甲站,117.02,36.65"] * 5000 + ["乙站,117.02,36.65", "甲站,117.0204,36.65"]
    path.write_text("名称,经度,纬度\n" + "\n".join(rows) + "\n", encoding="utf-8")
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS, lang="en")
    told = {f.row: f.problem for f in one.findings if f.code == "duplicate"}
    assert sorted(told) == [*range(3, 5002), 5003]
    assert all("row 2 " in problem for problem in told.values())
    assert "36 m" in told[5003]
    assert len(one.layer) == 5002


ROAD_EAST, ROAD_NORTH = 501_234.5, 4_056_789.1


@pytest.mark.parametrize(
    ("first", "second", "columns", "headings"),
    [
        ("east", "north", {"lon": "X坐标", "lat": "Y坐标"}, "X坐标,Y坐标"),
        ("north", "east", {"lon": "X坐标", "lat": "Y坐标"}, "X坐标,Y坐标"),
        ("east", "north", {"x": "横", "y": "纵"}, "横,纵"),
        ("east", "north", {}, "经度,纬度"),
        ("north", "east", {}, "经度,纬度"),
    ],
)
def test_metres_are_metres_whatever_the_columns_are_called(
    tmp_path, areas, first, second, columns, headings
):
    values = {"east": ROAD_EAST, "north": ROAD_NORTH}
    path = tmp_path / "m.csv"
    path.write_text(f"名称,{headings}\n甲,{values[first]},{values[second]}\n乙,,\n", "utf-8")
    one = read(path, areas, crs=CRS, columns=columns)
    assert codes(one) == ({None: "axes_chinese"} if first == "north" else {}) | {
        3: "no_coordinates"
    }
    point = one.layer.frame.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((ROAD_EAST, ROAD_NORTH))
    one = read(path, areas, columns=columns, datum="wgs84")
    assert one.layer is None
    assert "EPSG:4548" in one.findings[-1].problem
    assert headings.split(",")[0] in one.findings[-1].problem


@pytest.mark.parametrize("role", ["lon", "lat", "x", "y"])
def test_one_column_named_by_the_study_is_enough(tmp_path, areas, role):
    named = "X坐标" if role in ("lon", "x") else "Y坐标"
    head = "名称,X坐标,Y坐标".replace(named, f"{named}甲")
    path = tmp_path / "m.csv"
    path.write_text(f"{head}\n甲,{ROAD_EAST},{ROAD_NORTH}\n", "utf-8")
    one = read(path, areas, crs=CRS, columns={role: f"{named}甲"})
    point = one.layer.frame.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((ROAD_EAST, ROAD_NORTH))


@pytest.mark.parametrize("roles", [("经度", "纬度"), ("longitude", "latitude"), ("lng", "lat")])
def test_roles_may_be_called_as_offices_call_them(tmp_path, areas, roles):
    path = tmp_path / "m.csv"
    path.write_text("名称,甲,乙\n站,117.02,36.65\n", "utf-8")
    one = read(path, areas, datum="wgs84", columns=dict(zip(roles, ("甲", "乙"), strict=True)))
    assert one.record.columns == {"名称": "name", "甲": "lon", "乙": "lat"}
    assert codes(one) == {}


@pytest.mark.parametrize("order", [("X坐标", "Y坐标"), ("Y坐标", "X坐标")])
def test_degrees_under_headings_for_metres(tmp_path, areas, order):
    path = tmp_path / "d.csv"
    path.write_text(f"名称,{','.join(order)}\n甲,117.02,36.65\n乙,117.03,36.66\n", "utf-8")
    one = read(path, areas, datum="gcj02")
    assert codes(one) == ({} if order[0] == "X坐标" else {None: "axes_chinese"})
    table = "名称,经度,纬度\n甲,117.02,36.65\n乙,117.03,36.66\n"
    (tmp_path / "e.csv").write_text(table, "utf-8")
    plain = read(tmp_path / "e.csv", areas, datum="gcj02")
    assert one.layer.frame.geometry.tolist() == plain.layer.frame.geometry.tolist()
    one = read(path, areas)
    assert one.layer is None
    assert "BD-09" in one.findings[-1].problem
    one = read(path, areas, crs=CRS)
    assert one.layer is None
    assert "take crs out" in one.findings[-1].problem


def test_both_pairs_in_one_table(tmp_path, areas):
    path = tmp_path / "b.csv"
    path.write_text("名称,经度,纬度,X,Y\n甲,117.02,36.65,501234.5,4056789.1\n", "utf-8")
    degrees = read(path, areas, datum="wgs84").layer.frame.geometry.iloc[0]
    expected = gpd.GeoSeries([Point(117.02, 36.65)], crs=4326).to_crs(CRS).iloc[0]
    assert degrees.distance(expected) < 1e-6
    metres = read(path, areas, crs=CRS).layer.frame.geometry.iloc[0]
    assert (metres.x, metres.y) == (501234.5, 4056789.1)


@pytest.mark.parametrize(
    ("east", "crs", "told"),
    [
        (39_501_234.5, "EPSG:4548", "zone_prefix"),
        (501_234.5, "EPSG:4527", "zone_added"),
        (39_501_234.5, "EPSG:4527", None),
        (20_501_234.5, "EPSG:4548", "zone_prefix"),  # 6-degree zone 20 has the same meridian
    ],
)
def test_zone_numbers_are_taken_off_or_put_in_front(tmp_path, areas, east, crs, told):
    path = tmp_path / "z.csv"
    path.write_text(f"名称,x,y\n甲,{east},{ROAD_NORTH}\n", "utf-8")
    one = read(path, areas, crs=crs)
    assert codes(one) == ({} if told is None else {None: told})
    point = one.layer.frame.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((ROAD_EAST, ROAD_NORTH))


def test_a_zone_of_another_meridian_is_refused(tmp_path, areas):
    path = tmp_path / "z.csv"
    path.write_text(f"名称,x,y\n甲,38501234.5,{ROAD_NORTH}\n", "utf-8")
    one = read(path, areas, crs="EPSG:4548")
    assert one.layer is None
    assert "114" in one.findings[-1].problem
    assert "117" in one.findings[-1].problem


def test_web_mercator_carries_no_zone_number(tmp_path, areas):
    place = gpd.GeoSeries([Point(117.02, 36.65)], crs=4326)
    far = place.to_crs(3857).iloc[0]
    path = tmp_path / "w.csv"
    path.write_text(f"名称,x,y\n甲,{far.x},{far.y}\n", "utf-8")
    one = read(path, areas, crs="EPSG:3857")
    assert codes(one) == {}
    assert one.layer.frame.geometry.iloc[0].distance(place.to_crs(CRS).iloc[0]) < 1e-3


def test_a_datum_beside_metres_shifts_nothing(tmp_path, areas):
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(ROAD_EAST, ROAD_NORTH)], crs=CRS)
    frame.to_file(tmp_path / "p.gpkg", driver="GPKG")
    path = tmp_path / "p.csv"
    path.write_text(f"名称,x,y\n甲,{ROAD_EAST},{ROAD_NORTH}\n", "utf-8")
    layer = read(tmp_path / "p.gpkg", areas, datum="gcj02")
    table = read(path, areas, datum="gcj02", crs=CRS)
    assert codes(layer) == {}  # the file itself says what its coordinates are
    assert codes(table) == {None: "datum_unused"}
    for one in (layer, table):
        assert one.layer.frame.geometry.iloc[0].distance(frame.geometry.iloc[0]) < 1e-6
