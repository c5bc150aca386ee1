"""`read_network`: every kind of street file, and the options that each takes."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import pytest
from shapely import LineString, Point

from geoplan.errors import CrsMismatchError, InputError, MissingCrsError, NetworkError, UsageError
from geoplan.network import Network
from geoplan.network.builders.build_notes import notes_not_logged
from geoplan.network.read_file import read_network

CRS = "EPSG:4548"


@pytest.fixture
def roads():
    x, y = 500_000, 4_058_000
    lines = [LineString([(x, y), (x + 100, y)]), LineString([(x + 100, y), (x + 100, y + 50)])]
    return gpd.GeoDataFrame(
        {"name": ["经十路", "历山路"], "oneway": ["yes", "no"]}, geometry=lines, crs=CRS
    )


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".fgb", ".parquet"])
def test_line_layers(tmp_path, roads, suffix):
    path = tmp_path / f"道路{suffix}"
    frame = roads.to_crs("EPSG:4326") if suffix == ".geojson" else roads
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    network = read_network(path, mode="drive", crs=CRS)
    assert network.crs.to_epsg() == 4548
    assert network.length_m.sum() == pytest.approx(150, abs=0.05)
    assert network.oneway.sum() == 1
    assert network.source == path.name
    assert set(network.properties["name"]) == {"经十路", "历山路"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_with_wkt(tmp_path, roads, encoding):
    table = roads.drop(columns="geometry").assign(WKT=roads.geometry.to_wkt())
    path = tmp_path / "roads.csv"
    table.to_csv(path, index=False, encoding=encoding)
    network = read_network(path, mode="walk", source_crs=CRS)
    assert network.length_m.sum() == pytest.approx(150)
    assert set(network.properties["name"]) == {"经十路", "历山路"}
    with pytest.raises(MissingCrsError, match="source_crs"):
        read_network(path, mode="walk")
    table.rename(columns={"WKT": "线"}).to_csv(path, index=False, encoding=encoding)
    assert read_network(path, mode="walk", source_crs=CRS).n_edges == network.n_edges
    assert read_network(path, mode="walk", source_crs=CRS, columns={"wkt": "线"}).n_edges == 2
    table.drop(columns="WKT").to_csv(path, index=False, encoding=encoding)
    with pytest.raises(NetworkError, match="no column of WKT"):
        read_network(path, mode="walk", source_crs=CRS)


def test_degrees_are_projected_by_location_and_datum(tmp_path, roads):
    path = tmp_path / "roads.geojson"
    roads.to_crs("EPSG:4326").to_file(path)
    assert read_network(path, mode="walk").crs.to_epsg() == 4548
    pytest.importorskip("geoplan.crs.datum")
    plain = read_network(path, mode="walk", crs=CRS)
    shifted = read_network(path, mode="walk", crs=CRS, datum="gcj02")
    assert 300 < abs(plain.bounds[0] - shifted.bounds[0]) < 800


@pytest.mark.parametrize(
    ("own", "options", "unused"),
    [
        (CRS, {"source_crs": "EPSG:4326"}, {"source_crs": ["EPSG:4326", CRS]}),
        (CRS, {"source_crs": CRS, "datum": "wgs84"}, None),
        (CRS, {"datum": "gcj02"}, {"datum": ["gcj02", CRS]}),
        ("EPSG:4326", {"datum": "gcj02", "source_crs": 4326}, None),
        (None, {"source_crs": CRS, "datum": "bd09"}, {"datum": ["bd09", CRS]}),
        (None, {"source_crs": CRS}, None),
    ],
)
def test_options_that_a_layer_contradicts_are_noted_as_unused(
    tmp_path, roads, caplog, own, options, unused
):
    path = tmp_path / "roads.parquet"
    layer = roads.set_crs(None, allow_override=True) if own is None else roads.to_crs(own)
    layer.to_parquet(path)
    network = read_network(path, mode="walk", crs=CRS, **options)
    assert network.notes.get("unused") == unused
    for option in ("source_crs", "datum"):
        assert (f"{option}=" in caplog.text) == (option in (unused or {}))
    network.save(tmp_path / "a.network")
    assert Network.load(tmp_path / "a.network").notes.get("unused") == unused
    # of this reading: a study would tell its reader of a crs that it does not name
    assert "unused" not in read_network(tmp_path / "a.network", mode="walk").notes
    caplog.clear()
    with notes_not_logged():
        read_network(path, mode="walk", crs=CRS, **options)
    assert caplog.text == ""


def test_options_that_osm_graphml_and_saved_files_contradict_are_noted(tmp_path, roads, caplog):
    osmnx = pytest.importorskip("osmnx")
    (tmp_path / "a.osm").write_text(
        '<osm version="0.6"><node id="1" lon="117" lat="36.65"/><node id="2" lon="117.001" '
        'lat="36.65"/><way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way></osm>'
    )
    graph = nx.MultiDiGraph(crs="EPSG:4490")
    graph.add_nodes_from([(1, {"x": 117.0, "y": 36.65}), (2, {"x": 117.001, "y": 36.65})])
    graph.add_edge(1, 2, length=89.0)
    osmnx.save_graphml(graph, tmp_path / "a.graphml")
    Network.from_lines(roads, mode="walk").save(tmp_path / "a.network")
    own = {"a.osm": "EPSG:4326", "a.graphml": "EPSG:4490", "a.network": CRS}
    for name, crs in own.items():
        said = read_network(tmp_path / name, mode="walk", crs=CRS, source_crs="EPSG:32650")
        assert said.notes["unused"] == {"source_crs": ["EPSG:32650", crs]}
        right = read_network(tmp_path / name, mode="walk", crs=CRS, source_crs=crs, datum="wgs84")
        assert "unused" not in right.notes
    moved = read_network(tmp_path / "a.network", mode="walk", datum="gcj02")
    assert moved.notes["unused"] == {"datum": ["gcj02", CRS]}
    assert caplog.text.count("is not used") == 4


def test_layers_of_one_file(tmp_path, roads):
    path = tmp_path / "city.gpkg"
    roads.to_file(path, layer="roads")
    gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=CRS).to_file(path, layer="trees")
    assert read_network(path, mode="walk").n_edges == 2  # the only one with lines
    roads.iloc[:1].to_file(path, layer="paths")
    assert read_network(path, mode="walk", layer="paths").n_edges == 1
    with pytest.raises(InputError, match=r"name one with layer=.*roads, paths"):
        read_network(path, mode="walk")
    with pytest.raises(InputError, match=r"no layer 'rivers'.*roads"):
        read_network(path, mode="walk", layer="rivers")


def test_saved_networks(tmp_path, roads):
    path = tmp_path / "walk.network"
    Network.from_lines(roads, mode="walk").save(path)
    again = read_network(path, mode="walk", crs=CRS)
    assert again.n_edges == 2
    slow = read_network(path, mode="walk", speed_m_s=0.8)
    assert slow.speed_m_s == 0.8
    fast = read_network(path, mode="walk", speed_m_s=2.0)
    assert fast.edge_costs("min")[0].sum() == pytest.approx(150 / 120)
    with pytest.raises(NetworkError, match="mode 'walk', not 'drive'"):
        read_network(path, mode="drive")
    with pytest.raises(CrsMismatchError, match="build the network again"):
        read_network(path, mode="walk", crs="EPSG:32650")


def test_unreadable_files_are_refused(tmp_path):
    dwg = tmp_path / "roads.dwg"
    dwg.write_bytes(b"AC1027")
    with pytest.raises(NetworkError, match=r"not known.*\.osm\.pbf.*\.gpkg.*\.csv"):
        read_network(dwg, mode="walk")
    with pytest.raises(NetworkError, match="no such file"):
        read_network(tmp_path / "absent.gpkg", mode="walk")
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(b"no package")
    with pytest.raises(NetworkError, match=r"not what \.gpkg says"):
        read_network(broken, mode="walk")
    osm = tmp_path / "a.osm"
    osm.write_text("<osm version='0.6'/>")
    with pytest.raises(UsageError, match="WGS 84"):
        read_network(osm, mode="walk", datum="gcj02")


def test_jinan_table(shared_data):
    path = shared_data / "roads_jinan" / "jinan_edges.csv"
    network = read_network(path, mode="drive", source_crs="EPSG:4326", all_classes=True)
    assert network.crs.to_epsg() == 4548
    assert network.n_nodes == 12_766
