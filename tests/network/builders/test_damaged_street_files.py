"""Street files of every kind, damaged in every way, make a network or a sentence."""

from __future__ import annotations

import re
import zipfile
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import osmium
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from shapely import LineString, Point

from geoplan.errors import GeoplanError, NetworkError
from geoplan.network import read_network
from geoplan.network.builders.build_notes import notes_not_logged

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_055_000.0
KINDS = ["gpkg", "fgb", "gml", "geojson", "shp", "parquet", "kml", "csv", "zip", "graphml", "osm"]
KINDS += ["osm.pbf"]
TEXTS = {"gml", "geojson", "kml", "csv", "graphml", "osm"}
ODD = ["nan", "inf", "1e400", "-1", "9" * 30, "", "x", "9" * 400, "0", "1e308", "-1e300", "181"]


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same five streets in every format."""
    folder = tmp_path_factory.mktemp("streets")
    corners = [Point(X + 100 * k, Y) for k in range(6)]
    lines = [LineString([a, b]) for a, b in pairwise(corners)]
    frame = gpd.GeoDataFrame({"highway": ["primary"] * 5}, geometry=lines, crs=CRS)
    for ending, driver in (("gpkg", "GPKG"), ("fgb", "FlatGeobuf"), ("gml", "GML"), ("shp", None)):
        frame.to_file(folder / f"a.{ending}", **({"driver": driver} if driver else {}))
    degrees = frame.to_crs(4326)
    degrees.to_file(folder / "a.geojson")
    degrees.to_file(folder / "a.kml", driver="KML")
    frame.to_parquet(folder / "a.parquet")
    table = frame.drop(columns="geometry").assign(wkt=degrees.geometry.to_wkt())
    table.to_csv(folder / "a.csv", index=False)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in ("shp", "shx", "dbf", "prj"):
            archive.write(folder / f"a.{ending}", f"a.{ending}")
    at = gpd.GeoSeries(corners, crs=CRS).to_crs(4326)
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for k, point in enumerate(at):
        graph.add_node(k, x=point.x, y=point.y)
    for k in range(5):
        graph.add_edge(k, k + 1, osmid=k, highway="primary", length=100.0)
    pytest.importorskip("osmnx").save_graphml(graph, folder / "a.graphml")
    nodes = "".join(f'<node id="{k + 1}" lat="{p.y}" lon="{p.x}"/>' for k, p in enumerate(at))
    ways = "".join(
        f'<way id="{k}"><nd ref="{k}"/><nd ref="{k + 1}"/><tag k="highway" v="primary"/></way>'
        for k in range(1, 6)
    )
    (folder / "a.osm").write_text(f'<osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    writer = osmium.SimpleWriter(str(folder / "a.osm.pbf"))
    for one in osmium.FileProcessor(str(folder / "a.osm")):
        writer.add(one)
    writer.close()
    (folder / "damaged").mkdir()
    return folder


def read(path: Path, mode: str = "walk"):
    source = "EPSG:4326" if path.suffix == ".csv" else None
    with notes_not_logged():
        return read_network(path, mode=mode, crs=CRS, source_crs=source)


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_file_is_a_network(streets: Path, kind: str) -> None:
    for mode in ("walk", "drive"):
        network = read(streets / f"a.{kind}", mode)
        assert network.length_m.sum() == pytest.approx(500, rel=1e-3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_damaged_file_is_a_network_or_a_sentence(streets: Path, kind: str, data) -> None:
    content = bytearray((streets / f"a.{kind}").read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    how = data.draw(st.sampled_from(["cut", "bits", "number"]))
    if how == "cut":
        del content[at:]
    elif how == "bits":
        content[at] ^= data.draw(st.integers(1, 255))
    elif kind in TEXTS:
        numbers = list(re.finditer(rb"-?\d+\.?\d*", bytes(content)))
        one = data.draw(st.sampled_from(numbers))
        content[one.start() : one.end()] = data.draw(st.sampled_from(ODD)).encode()
    path = streets / "damaged" / f"a.{kind}"
    path.write_bytes(bytes(content))
    told = None
    try:
        read(path, data.draw(st.sampled_from(["walk", "drive"])))
    except GeoplanError as error:
        told = error
    if told is not None:
        assert told.exit_code in (1, 2)
        assert told.sentence is not None  # Chinese as well
        assert told.message("zh") != told.message("en")


def test_a_layer_without_geometry_or_with_an_unknown_projection_is_told(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"highway": ["primary"]}, geometry=[None], crs=CRS)
    pyogrio.write_dataframe(table.drop(columns="geometry"), tmp_path / "plain.gpkg")
    with pytest.raises(NetworkError, match="no line"):
        read(tmp_path / "plain.gpkg")
    odd = 'LOCAL_CS["site grid",LOCAL_DATUM["Local Datum",0],UNIT["metre",1]]'
    lines = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9, 9)])], crs=odd)
    lines.to_file(tmp_path / "grid.gpkg")
    with pytest.raises(GeoplanError, match=r"grid\.gpkg|CRS"):
        read(tmp_path / "grid.gpkg")
