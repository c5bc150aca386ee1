"""Networks from line layers: junctions by coordinate, heights, directions, columns."""

from __future__ import annotations

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely import LineString, MultiLineString, Point, wkt

from geoplan.errors import GeographicCrsError, MissingCrsError, NetworkError, UsageError
from geoplan.network import Network

CRS = "EPSG:4548"


def parts(network):
    return int(network.components.max()) + 1


def layer(lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)


def drawn(network):
    """Edges by their end coordinates, with length."""
    frame = network.edges_frame()
    return sorted(
        (tuple(np.round(g.coords[0], 2)), tuple(np.round(g.coords[-1], 2)), round(float(m), 2))
        for g, m in zip(frame.geometry, frame["length_m"], strict=True)
    )


def test_lines_meet_at_shared_vertices_only():
    # 3 crosses 1 at (50, 0), a vertex of both; 2 crosses 1 at (25, 0) without a vertex
    roads = layer(
        [
            LineString([(0, 0), (50, 0), (100, 0)]),
            LineString([(25, -10), (25, 10)]),
            LineString([(50, -20), (50, 0), (50, 20)]),
        ]
    )
    network = Network.from_lines(roads, mode="walk")
    assert drawn(network) == [
        ((0, 0), (50, 0), 50.0),
        ((25, -10), (25, 10), 20.0),
        ((50, -20), (50, 0), 20.0),
        ((50, 0), (50, 20), 20.0),
        ((50, 0), (100, 0), 50.0),
    ]
    assert parts(network) == 2
    split = Network.from_lines(roads, mode="walk", split_crossings=True)
    assert split.n_edges == 7
    assert parts(split) == 1
    assert split.notes["crossings_joined"] == 2


def test_a_line_end_on_another_line_joins_only_with_split_crossings():
    roads = layer([LineString([(0, 0), (100, 0)]), LineString([(30, 40), (30, 0.004)])])
    assert parts(Network.from_lines(roads, mode="walk")) == 2
    split = Network.from_lines(roads, mode="walk", split_crossings=True)
    assert parts(split) == 1
    assert split.n_edges == 3


def test_vertices_nearer_than_snap_are_one():
    roads = layer([LineString([(0, 0), (10.004, 0)]), LineString([(10, 0), (20, 0)])])
    assert Network.from_lines(roads, mode="walk").n_nodes == 3
    assert Network.from_lines(roads, mode="walk", snap_m=0.001).n_nodes == 4


def test_stacked_roads_stay_apart_and_ramps_join():
    # a bridge leads over the street at (50, 0); both are cut there, as many layers are
    street = [LineString([(0, 0), (50, 0)]), LineString([(50, 0), (100, 0)])]
    bridge = [LineString([(50, -60), (50, 0)]), LineString([(50, 0), (50, 60)])]
    ground = [LineString([(50, 60), (50, 90)]), LineString([(0, 0), (0, 90), (50, 90)])]
    roads = layer(street + bridge + ground, bridge=["", "", "yes", "T", None, "0"])
    network = Network.from_lines(roads, mode="walk")
    assert network.notes["stacked_places"] == 1
    # at (50, 60) the bridge's end meets the ground; so all are joined, but not at (50, 0)
    assert parts(network) == 1
    graph = nx.Graph()
    frame = network.edges_frame()
    graph.add_weighted_edges_from(zip(frame["u"], frame["v"], frame["length_m"], strict=True))
    at = {tuple(p.coords[0]): n for n, p in network.nodes_frame().geometry.items()}
    # from the bridge's far end round by the ground to the street's far end
    way = nx.shortest_path_length(graph, at[(50, -60)], at[(100, 0)], weight="weight")
    assert way == 60 + 60 + 30 + 50 + 90 + 100
    # without the column they meet
    flat = Network.from_lines(roads.drop(columns="bridge"), mode="walk")
    assert "stacked_places" not in flat.notes


def test_heights_by_layer_and_tunnel():
    cross = [LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, -50), (50, 0), (50, 50)])]
    for columns in ({"LAYER": ["0", "-1"]}, {"隧道": ["否", "是"]}, {"tunnel": [False, True]}):
        assert Network.from_lines(layer(cross, **columns), mode="walk").n_edges == 2
    assert Network.from_lines(layer(cross, layer=[None, 0]), mode="walk").n_edges == 4


def test_one_way_columns():
    line = [LineString([(i * 100, 0), (i * 100 + 100, 0)]) for i in range(4)]
    for values, expected in (
        (["yes", "no", "-1", None], [1, 0, -1, 0]),
        (["F", "B", "T", "B"], [1, 0, -1, 0]),  # Geofabrik: from, both, to
        ([True, False, True, False], [1, 0, 1, 0]),
        (["是", "否", "逆向", "双向"], [1, 0, -1, 0]),
    ):
        frame = Network.from_lines(layer(line, oneway=values), mode="drive").edges_frame()
        frame = frame.sort_values("line")
        turned = [g.coords[0][0] > g.coords[-1][0] for g in frame.geometry]
        found = [int(o) * (-1 if t else 1) for o, t in zip(frame["oneway"], turned, strict=True)]
        assert found == expected
        assert not Network.from_lines(layer(line, oneway=values), mode="walk").oneway.any()
    with pytest.raises(UsageError, match="'maybe'"):
        Network.from_lines(layer(line, oneway=["maybe"] * 4), mode="drive")


def test_speed_and_class_columns():
    line = [LineString([(i * 100, 0), (i * 100 + 100, 0)]) for i in range(4)]
    roads = layer(
        line,
        fclass=["primary", "footway", "motorway", "residential"],
        限速=["60", None, "120", "0"],
        路名=["经十路", "小路", "绕城", None],
    )
    drive = Network.from_lines(roads, mode="drive").edges_frame().sort_values("line")
    assert drive["speed_kmh"].tolist() == [60, 120, 25]
    assert drive["minutes"].tolist() == pytest.approx([0.1, 0.05, 0.24])
    assert drive["oneway"].tolist() == [False, True, False]  # motorways are one-way
    assert drive["name"].iloc[0] == "经十路"
    walk = Network.from_lines(roads, mode="walk")
    assert sorted(walk.properties["line"]) == [0, 1, 3]
    assert walk.notes["left_out"] == {"class": 1}
    only_paths = roads.iloc[[1]]
    with pytest.raises(NetworkError, match=r"no street for mode 'drive'.*footway.*'walk'"):
        Network.from_lines(only_paths, mode="drive")


def test_directed_lines_are_recognised(caplog):
    a, b, c = (0, 0), (100, 0), (100, 100)
    lines = [LineString(p) for p in ([a, b], [b, a], [b, c], [c, a])]
    with caplog.at_level("WARNING"):
        network = Network.from_lines(layer(lines), mode="drive")
    assert "mirror image" in caplog.text
    assert network.notes["directed_lines"] == {"mirrored": 2, "single": 2}
    frame = network.edges_frame().sort_values("line")
    assert frame["line"].tolist() == [0, 2, 3]
    assert frame["oneway"].tolist() == [False, True, True]
    walk = Network.from_lines(layer(lines), mode="walk")
    assert (walk.n_edges, walk.oneway.any()) == (3, False)
    assert Network.from_lines(layer(lines), mode="drive", directed=False).n_edges == 4


def test_multipart_lines_and_rows_without_lines():
    parts = MultiLineString([[(0, 0), (10, 0)], [(10, 0), (20, 0)]])
    tiny = LineString([(5, 5), (5.001, 5)])
    roads = layer([parts, None, Point(0, 0), tiny, LineString([(20, 0, 7), (30, 0, 9)])])
    roads.index = ["a", "b", "c", "d", "e"]
    network = Network.from_lines(roads, mode="walk")
    assert network.n_edges == 3
    assert sorted(network.properties["line"]) == ["a", "a", "e"]
    assert sum(network.notes["rows_without_line"].values()) == 2
    assert network.notes["too_short"] == 1
    with pytest.raises(NetworkError, match="holds no line"):
        Network.from_lines(layer([Point(0, 0)]), mode="walk")
    with pytest.raises(NetworkError, match="holds no line"):
        Network.from_lines(layer([]), mode="walk")


def test_unfit_layers_and_columns_are_refused_and_the_layer_is_not_changed():
    roads = layer([LineString([(0, 0), (1, 0)])])
    with pytest.raises(MissingCrsError, match="set_crs"):
        Network.from_lines(gpd.GeoDataFrame(geometry=roads.geometry.to_numpy()), mode="walk")
    with pytest.raises(GeographicCrsError, match="to_crs"):
        Network.from_lines(roads.set_crs("EPSG:4326", allow_override=True), mode="walk")
    with pytest.raises(UsageError, match=r"no such role: speed.*no such column: 速度"):
        Network.from_lines(roads, mode="walk", columns={"speed": "速度"})
    before = roads.copy(deep=True)
    Network.from_lines(roads, mode="drive")
    pd.testing.assert_frame_equal(pd.DataFrame(roads), pd.DataFrame(before))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=5),
        min_size=1,
        max_size=8,
    )
)
def test_random_lattice_lines_against_networkx(lines):
    """Distances agree with a graph that has every vertex as a node."""
    lines = [[p for i, p in enumerate(line) if i == 0 or p != line[i - 1]] for line in lines]
    lines = [line for line in lines if len(line) > 1]
    if not lines:
        return
    graph = nx.Graph()
    for line in lines:
        for p, q in itertools.pairwise(line):
            graph.add_edge(p, q, weight=float(np.hypot(p[0] - q[0], p[1] - q[1])))
    network = Network.from_lines(
        layer([LineString(line) for line in lines]), mode="walk", directed=False
    )
    ours = nx.Graph()
    frame = network.edges_frame()
    for u, v, m in zip(frame["u"], frame["v"], frame["length_m"], strict=True):
        known = ours.get_edge_data(u, v, {"weight": np.inf})["weight"]
        ours.add_edge(u, v, weight=min(known, m))
    at = {n: tuple(map(int, p.coords[0])) for n, p in network.nodes_frame().geometry.items()}
    source = min(ours.nodes)
    found = nx.single_source_dijkstra_path_length(ours, source)
    truth = nx.single_source_dijkstra_path_length(graph, at[source])
    assert {at[n]: pytest.approx(m) for n, m in found.items()} == {
        p: m for p, m in truth.items() if p in {at[n] for n in found}
    }


def test_jinan_roads(shared_data):
    table = pd.read_csv(shared_data / "roads_jinan" / "jinan_edges.csv")
    roads = gpd.GeoDataFrame(
        table.drop(columns="wkt"), geometry=table["wkt"].map(wkt.loads), crs="EPSG:4326"
    ).to_crs(CRS)
    network = Network.from_lines(roads, mode="drive", directed=True, all_classes=True)
    # the source's note: 12,766 nodes, 28,597 directed edges, 73 % with a reverse, 25 + 1 weak
    # parts, 23 self-loops of which one has no length
    assert network.n_nodes == 12_766
    assert network.notes["directed_lines"]["mirrored"] / 28_597 == pytest.approx(0.73, abs=0.005)
    assert parts(network) == 26
    assert (network.u == network.v).sum() == 22
    assert network.notes["too_short"] == 1
    without_service = Network.from_lines(roads, mode="drive")
    assert without_service.notes["left_out"] == {"class": 2430}
    shape = gpd.read_file(shared_data / "roads_jinan" / "mtrajrec_shp" / "edges.shp")
    shape = shape.set_crs("EPSG:4326").to_crs(CRS)
    again = Network.from_lines(shape, mode="drive", directed=True, all_classes=True)
    assert again.n_nodes == network.n_nodes
