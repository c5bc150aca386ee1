"""Places that a file states twice: told where the statements lie apart, silent where they agree."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import Point, box

from geoplan.crs import from_wgs84
from geoplan.inputs import LayerSource, read_areas, read_demand, read_facilities
from tests.inputs.places.conftest import CRS, lonlat

PLACES = [Point(117.003 + k / 100, 36.629) for k in range(4)]
#: 0.05 degrees of latitude are 5.5 km
ELSEWHERE = Point(PLACES[1].x, PLACES[1].y + 0.05)
ONE_OFF = [PLACES[0], ELSEWHERE, *PLACES[2:]]


def told(one):
    return [f for f in one.findings if f.code == "stated_twice"]


def columns_of(places, *, digits=6, names=("lon", "lat")):
    return {
        names[0]: [f"{p.x:.{digits}f}" for p in places],
        names[1]: [f"{p.y:.{digits}f}" for p in places],
    }


def layer_of(tmp_path, columns, places=PLACES, suffix="gpkg"):
    path = tmp_path / f"layer.{suffix}"
    table = {"name": list("abcd")[: len(places)], **columns}
    gpd.GeoDataFrame(table, geometry=list(places), crs=4326).to_file(path)
    return LayerSource(path=path, datum="wgs84")


def read(tmp_path, columns, places=PLACES, lang="en", **options):
    source = layer_of(tmp_path, columns, places, **options)
    return read_facilities(source, key="s", crs=CRS, lang=lang)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson"])
@pytest.mark.parametrize("names", [("lon", "lat"), ("经度", "纬度"), ("longitude", "latitude")])
def test_columns_that_lie_far_from_the_geometry_are_told(tmp_path, names, suffix):
    one = read(tmp_path, columns_of(ONE_OFF, names=names), suffix=suffix)
    (finding,) = told(one)
    assert (finding.severity, finding.count, finding.column) == ("warning", 1, ", ".join(names))
    assert "row 2" in finding.problem
    assert "5.5 km" in finding.problem
    assert finding.assumption.effect
    # the geometry is used, as before
    assert lonlat(one) == [(p.x, p.y) for p in PLACES]


def test_it_is_told_in_chinese_too_and_for_people(tmp_path):
    source = layer_of(tmp_path, {**columns_of(ONE_OFF), "people": [10] * 4})
    one = read_demand(source, key="d", crs=CRS, weight="people", lang="zh")
    (finding,) = told(one)
    assert "相距 2 千米以上的有 1 行（第 2 行），最远 5.5 千米" in finding.problem
    assert one.layer.total == 40


def shifted(datum):
    return [Point(*map(float, from_wgs84((p.x, p.y), datum))) for p in PLACES]


@pytest.mark.parametrize(
    "columns",
    [
        columns_of(PLACES),
        columns_of(shifted("gcj02")),
        columns_of(shifted("bd09")),
        columns_of(PLACES, digits=2),
        columns_of(PLACES, digits=1),
        columns_of(PLACES, digits=0),
        columns_of([Point(p.y, p.x) for p in PLACES]),  # latitude in front
        columns_of([Point(-p.x, p.y) for p in PLACES]),  # west without or with a sign
        {"lon": [""] * 4, "lat": [""] * 4},
        {"lon": ["0"] * 4, "lat": ["0"] * 4},  # not known
        {"lon": ["117°0'", "117°1'", "117°1'", "117°2'"], "lat": ["36°38'"] * 4},
        {"x": ["1", "2", "3", "4"], "y": ["5", "6", "7", "8"]},  # rows and columns of a sheet
        columns_of(
            [Point(40_500_000, 4_055_000)] * 4, digits=1, names=("x", "y")
        ),  # unknown metres
    ],
)
def test_honest_files_are_left_alone(tmp_path, columns):
    assert told(read(tmp_path, columns)) == []


def test_x_and_y_count_where_most_rows_show_what_they_are(tmp_path):
    (finding,) = told(read(tmp_path, columns_of(ONE_OFF, names=("x", "y"))))
    assert finding.count == 1
    metres = list(gpd.GeoSeries(ONE_OFF, crs=4326).to_crs(CRS))
    table = {"name": list("abcd"), **columns_of(metres, names=("x", "y"))}
    frame = gpd.GeoDataFrame(table, geometry=PLACES, crs=4326).to_crs(CRS)
    frame.to_file(tmp_path / "metres.gpkg")
    one = read_facilities(LayerSource(path=tmp_path / "metres.gpkg"), key="s", crs=CRS, lang="en")
    assert [f.count for f in told(one)] == [1]


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("geom", lambda p: p.wkt),
        ("geom", lambda p: shapely.to_wkb(shapely.set_srid(p, 4326), hex=True, include_srid=True)),
        ("坐标", lambda p: f"{p.x},{p.y}"),
        ("latlng", lambda p: f"{p.y} {p.x}"),
    ],
)
def test_a_table_with_columns_and_one_cell_for_both(sites, heading, cell):
    headings = ["name", "lon", "lat", heading]
    for others, expected in ((PLACES, []), (ONE_OFF, [(1, heading)])):
        rows = [
            [str(k), p.x, p.y, cell(q)] for k, (p, q) in enumerate(zip(PLACES, others, strict=True))
        ]
        one = sites(headings, rows)
        assert [(f.count, f.column) for f in told(one)] == expected
        assert lonlat(one) == [(p.x, p.y) for p in PLACES]


def test_an_srid_that_nobody_knows_is_no_statement(sites):
    cell = shapely.to_wkb(shapely.set_srid(ELSEWHERE, 999_123), hex=True, include_srid=True)
    one = sites(["name", "lon", "lat", "geom"], [["a", PLACES[0].x, PLACES[0].y, cell]])
    assert one.findings == ()
    assert lonlat(one) == [(PLACES[0].x, PLACES[0].y)]


def test_a_point_in_the_row_of_an_outline_lies_inside_it_or_is_told(tmp_path):
    shapes = [box(117.0 + k / 10, 36.6, 117.1 + k / 10, 36.7) for k in range(3)]
    centres = [shape.centroid for shape in shapes]
    for points, count in ((centres, 0), ([centres[0], centres[0], centres[2]], 1)):
        source = layer_of(tmp_path, {"code": ["1", "2", "3"], **columns_of(points)}, shapes)
        one = read_areas(source, level="district", crs=CRS, lang="en")
        assert sum(f.count for f in told(one)) == count
        assert len(one.layer) == 3
