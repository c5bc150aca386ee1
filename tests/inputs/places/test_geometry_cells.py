"""Geometry in the cells of a table: every writing reads like the points it was made from."""

from __future__ import annotations

import json
import warnings
from itertools import pairwise

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, Point, box, mapping

from geoplan.inputs import LayerSource, read_areas, read_facilities, read_lines
from geoplan.inputs.columns.places.shapes import parse_shape
from geoplan.inputs.files.vector import as_table
from geoplan.network import read_network
from tests.inputs.places.conftest import CRS, area_layer, codes, lonlat

PLACES = [Point(117.003, 36.629), Point(117.017, 36.64)]


def ewkb(shape, srid=4326, **options):
    return shapely.to_wkb(shapely.set_srid(shape, srid), hex=True, include_srid=True, **options)


def esri(shape):
    return json.dumps({"x": shape.x, "y": shape.y, "spatialReference": {"wkid": 4326}})


WRITINGS = {
    "wkt": lambda p: p.wkt,
    "wkt in lower case": lambda p: p.wkt.lower(),
    "wkt with height": lambda p: f"POINT Z ({p.x} {p.y} 35)",
    "wkt in full-width brackets": lambda p: f"POINT（{p.x} {p.y}）",
    "ewkt": lambda p: f"SRID=4326;{p.wkt}",
    "wkb": lambda p: shapely.to_wkb(p, hex=True),
    "wkb big-endian": lambda p: shapely.to_wkb(p, hex=True, byte_order=0),
    "ewkb": ewkb,
    "ewkb in lower case": lambda p: ewkb(p).lower(),
    "ewkb big-endian": lambda p: ewkb(p, byte_order=0),
    "postgres bytea": lambda p: "\\x" + shapely.to_wkb(p, hex=True),
    "sql server": lambda p: "0x" + shapely.to_wkb(p, hex=True),
    "mysql": lambda p: "0xE6100000" + shapely.to_wkb(p, hex=True),
    "geopackage": lambda p: "47500001E6100000" + shapely.to_wkb(p, hex=True),
    "geojson": lambda p: json.dumps(mapping(p)),
    "geojson as python prints it": lambda p: str(mapping(p)),
    "feature": lambda p: json.dumps({"type": "Feature", "properties": {}, "geometry": mapping(p)}),
    "esri json": esri,
}


@pytest.mark.parametrize("heading", ["geom", "wkb_geometry", "几何", "column 7"])
@pytest.mark.parametrize("writing", WRITINGS.values(), ids=WRITINGS)
def test_every_writing_under_any_heading(sites, writing, heading):
    rows = [[name, writing(p)] for name, p in zip("ab", PLACES, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        one = sites(["name", heading], rows)
    assert lonlat(one) == [(p.x, p.y) for p in PLACES]
    assert codes(one) == []


def test_a_workbook_is_read_alike(tmp_path):
    pd.DataFrame({"name": ["a", "b"], "shape": [ewkb(p) for p in PLACES]}).to_excel(
        tmp_path / "s.xlsx", index=False
    )
    source = LayerSource(path=tmp_path / "s.xlsx", datum="wgs84")
    assert lonlat(read_facilities(source, key="s", crs=CRS)) == [(p.x, p.y) for p in PLACES]


def test_the_srid_of_the_cells_is_their_crs(sites):
    metres = gpd.GeoSeries(PLACES, crs=4326).to_crs(CRS)
    rows = [[str(k), ewkb(p, 4548)] for k, p in enumerate(metres)]
    assert lonlat(sites(["id", "geom"], rows, datum=None)) == [(p.x, p.y) for p in PLACES]
    # the study says otherwise: the cells count, and it is told
    other = sites(["id", "geom"], rows, datum=None, metres_crs="EPSG:4527")
    assert lonlat(other) == [(p.x, p.y) for p in PLACES]
    assert [code for _, code in codes(other)] == ["srid_conflict"]


def test_degrees_in_cells_under_a_crs_in_metres_still_want_a_datum(sites):
    one = sites(["id", "geom"], [["1", ewkb(PLACES[0])]], datum=None, metres_crs="EPSG:4548")
    assert {code for _, code in codes(one)} == {"srid_conflict", "datum_unsaid"}
    said = sites(["id", "geom"], [["1", ewkb(PLACES[0])]], datum=None, metres_crs="EPSG:4326")
    assert codes(said) == []


def test_degrees_of_a_declared_crs_lie_where_a_layer_of_it_does(tmp_path, sites):
    """Tokyo's old datum is some 400 m off; the same file as a GeoPackage is GDAL's to convert."""
    near = area_layer([box(139.5, 35.5, 140.0, 36.0)], crs="EPSG:6677")
    places = [Point(139.75, 35.65), Point(139.76, 35.66)]
    path = tmp_path / "tokyo.gpkg"
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=places, crs=4301).to_file(path)
    layer = read_facilities(LayerSource(path=path), key="s", crs="EPSG:6677", areas=near)
    rows = [[name, p.x, p.y] for name, p in zip("ab", places, strict=True)]
    table = sites(
        ["name", "lon", "lat"], rows, datum=None, near=near, crs="EPSG:6677", metres_crs="EPSG:4301"
    )
    wgs84 = sites(["name", "lon", "lat"], rows, near=near, crs="EPSG:6677")
    there, here = layer.layer.frame.geometry, table.layer.frame.geometry
    assert there.distance(here, align=False).max() < 0.01
    assert there.distance(wgs84.layer.frame.geometry, align=False).min() > 300


def test_two_srids_in_one_column(sites):
    metre = gpd.GeoSeries(PLACES[1:], crs=4326).to_crs(CRS).iloc[0]
    one = sites(["id", "geom"], [["1", ewkb(PLACES[0])], ["2", ewkb(metre, 4548)]])
    assert lonlat(one) == [(p.x, p.y) for p in PLACES]
    assert codes(one) == [(None, "several_srids")]
    mixed = sites(["id", "geom"], [["1", ewkb(PLACES[0])], ["2", ewkb(metre, 4548)]], datum="gcj02")
    assert mixed.layer is None


def test_a_datum_shifts_degrees_in_cells_as_it_does_columns(sites):
    cells = sites(["id", "geom"], [["1", ewkb(PLACES[0])]], datum="gcj02")
    columns = sites(["id", "lon", "lat"], [["1", PLACES[0].x, PLACES[0].y]], datum="gcj02")
    assert lonlat(cells) == lonlat(columns) != [(PLACES[0].x, PLACES[0].y)]


@pytest.mark.parametrize("cell", [ewkb(PLACES[0])[:30], "POINT (117", "somewhere", '{"type": "Po'])
def test_a_filled_cell_that_cannot_be_read_is_an_error(sites, cell):
    one = sites(["id", "geom"], [["1", ewkb(PLACES[0])], ["2", cell], ["3", ""]])
    found = {f.row: (f.code, f.severity) for f in one.findings}
    assert found == {3: ("unread_geometry", "error"), 4: ("no_geometry", "warning")}
    assert len(one.layer) == 1


def test_degrees_without_datum_are_refused_in_china_and_taken_elsewhere(sites):
    refused = sites(["id", "wkt"], [["1", "POINT (117.02 36.65)"]], datum=None)
    assert refused.layer is None
    assert "datum" in refused.findings[0].problem
    near = area_layer([box(8.3, 47.2, 8.7, 47.6)], crs="EPSG:32632")
    taken = sites(
        ["id", "wkt"], [["1", "POINT (8.5 47.4)"]], datum=None, near=near, crs="EPSG:32632"
    )
    assert lonlat(taken) == [(8.5, 47.4)]
    assert codes(taken) == [(None, "assumed_wgs84")]
    assert taken.findings[0].assumption.count == 1


def test_outlines_and_lines_come_before_a_point_in_the_row(tmp_path):
    square = box(117.0, 36.6, 117.1, 36.7)
    table = pd.DataFrame({"code": ["1"], "name": ["A"], "lon": [117.05], "lat": [36.65]})
    table.assign(geom=[square.wkt]).to_csv(tmp_path / "a.csv", index=False)
    layer = read_areas(
        LayerSource(path=tmp_path / "a.csv", datum="wgs84"), level="district", crs=CRS
    ).layer
    assert layer.has_polygons
    table.assign(geom=[square.exterior.wkt.replace("LINEARRING", "LINESTRING")]).to_csv(
        tmp_path / "l.csv", index=False
    )
    lines = read_lines(LayerSource(path=tmp_path / "l.csv", datum="wgs84"), key="l", crs=CRS)
    assert lines.layer is not None


def test_empty_coordinate_columns_give_way_to_geometry(sites):
    one = sites(["name", "lon", "lat", "geom"], [["a", "", "", ewkb(PLACES[0])]])
    assert lonlat(one) == [(PLACES[0].x, PLACES[0].y)]


def test_endless_nesting_is_no_geometry():
    shape = "010100000000000000000000000000000000000000"
    for _ in range(500):
        shape = "010700000001000000" + shape
    assert parse_shape(shape) is None
    assert parse_shape("GEOMETRYCOLLECTION(" * 500 + "POINT(1 2)" + ")" * 500) is None


def test_esri_rings_keep_their_holes():
    rings = [[[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]
    assert parse_shape(json.dumps({"rings": rings}))[0].area == 15


@pytest.mark.parametrize("heading", ["geom", "the_geom", "shape"])
def test_streets_in_a_table_of_ewkb(tmp_path, heading):
    corners = [(500_000 + 500 * k, 4_055_000) for k in range(4)]
    lines = [LineString(pair) for pair in pairwise(corners)]
    table = pd.DataFrame({"name": list("abc"), heading: [ewkb(line, 4548) for line in lines]})
    table.to_csv(tmp_path / "s.csv", index=False)
    network = read_network(tmp_path / "s.csv", mode="walk", crs=CRS)  # the SRID says the CRS
    assert network.edge_lines()[0].length == pytest.approx(500)


@pytest.mark.parametrize("cell", [ewkb, lambda p: p.wkt])
def test_a_table_without_geometry_in_a_database(tmp_path, cell):
    frame = pd.DataFrame({"name": ["a", "b"], "position": [cell(p) for p in PLACES]})
    pyogrio.write_dataframe(frame, tmp_path / "t.gpkg", layer="sites")
    source = LayerSource(path=tmp_path / "t.gpkg", datum="wgs84")
    one = read_facilities(source, key="s", crs=CRS, lang="en")
    assert lonlat(one) == [(p.x, p.y) for p in PLACES]
    bare = pd.DataFrame({"name": ["a"]})
    pyogrio.write_dataframe(bare, tmp_path / "n.gpkg", layer="sites")
    none = read_facilities(LayerSource(path=tmp_path / "n.gpkg"), key="s", crs=CRS, lang="en")
    assert none.layer is None
    assert "no coordinates" in none.findings[0].problem


def test_binary_cells_become_their_digits():
    frame = pd.DataFrame({"name": ["a", "b"], "geom": [shapely.to_wkb(PLACES[0]), None]})
    table, geometry = as_table(frame, LayerSource(path="x"))
    assert geometry is None
    assert table.frame["geom"].tolist() == [shapely.to_wkb(PLACES[0], hex=True).lower(), ""]


@pytest.mark.parametrize(
    ("empty", "full"),
    [
        ("POINT EMPTY", PLACES[1].wkt),
        ("GEOMETRYCOLLECTION EMPTY", PLACES[1].wkt),
        (ewkb(Point()), ewkb(PLACES[1])),
    ],
)
def test_an_empty_geometry_is_one_row_without_a_place(sites, empty, full):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = sites(["name", "geom"], [["a", empty], ["b", full]])
    assert codes(one) == [(2, "no_geometry")]
    assert lonlat(one) == [(PLACES[1].x, PLACES[1].y)]
