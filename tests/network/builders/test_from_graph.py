"""Networks from graphs: antiparallel edges become two-way streets; costs agree with networkx."""

from __future__ import annotations

import re

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely import LineString

from geoplan.errors import GeoplanError, MissingCrsError, NetworkError
from geoplan.network import Network
from geoplan.network.search.queries import one_to_all
from geoplan.network.search.snapped_points import snap_nodes

CRS = "EPSG:4548"


def osmnx_like(edges, xy, crs=CRS):
    """OSMnx's form: a two-way street is two directed edges, the second with its shape reversed."""
    graph = nx.MultiDiGraph(crs=crs)
    for node, (x, y) in xy.items():
        graph.add_node(node, x=float(x), y=float(y))
    for u, v, oneway, tags in edges:
        graph.add_edge(u, v, **tags, oneway=oneway, reversed=False)
        if not oneway:
            back = dict(tags)
            if "geometry" in back:
                back["geometry"] = LineString(back["geometry"].coords[::-1])
            graph.add_edge(v, u, **back, oneway=oneway, reversed=True)
    return graph


def listed(network):
    frame = network.edges_frame()
    return sorted(
        (u, v, bool(o), round(float(m), 3))
        for u, v, o, m in zip(
            frame["u"], frame["v"], frame["oneway"], frame["length_m"], strict=True
        )
    )


def test_antiparallel_parallel_and_loop_edges_by_hand():
    bow = LineString([(0, 0), (50, 40), (100, 0)])
    loop = LineString([(0, 0), (-30, 0), (-30, 30), (0, 0)])
    graph = osmnx_like(
        [
            ("a", "b", False, {"length": 100.0, "highway": "residential", "name": "经一路"}),
            ("a", "b", False, {"length": 128.062, "geometry": bow, "highway": "tertiary"}),
            (
                "b",
                "a",
                True,
                {"length": 100.0, "highway": ["service", "primary"], "maxspeed": ["60", "40"]},
            ),
            ("a", "a", False, {"length": 102.4, "geometry": loop, "highway": "tertiary"}),
            ("b", "c", True, {"length": 7.0, "highway": "primary", "speed_kph": 42.0}),
        ],
        {"a": (0, 0), "b": (100, 0), "c": (107, 0), "lonely": (500, 500)},
    )
    drive = Network.from_graph(graph, mode="drive")
    assert listed(drive) == [
        ("a", "a", False, 102.4),
        ("a", "b", False, 100.0),
        ("a", "b", False, 128.062),
        ("b", "a", True, 100.0),
        ("b", "c", True, 7.0),
    ]
    assert "lonely" not in drive.node_ids
    frame = drive.edges_frame().set_index("length_m")
    assert frame.loc[7.0, "minutes"] == pytest.approx(7 / 700)  # 42 km/h
    assert set(frame["speed_kmh"]) == {25, 30, 42, 50}  # class, class, speed_kph, maxspeed
    assert frame.loc[128.062].geometry.equals(bow)
    walk = Network.from_graph(graph, mode="walk")
    assert not walk.oneway.any()


def test_an_undirected_graph_is_two_way():
    graph = nx.Graph(crs=CRS)
    graph.add_node(1, x=0, y=0)
    graph.add_node(2, x=30, y=40)
    graph.add_edge(1, 2)
    assert listed(Network.from_graph(graph, mode="drive")) == [(1, 2, False, 50.0)]


def test_degrees_are_projected():
    graph = osmnx_like(
        [(1, 2, False, {"length": 89.4, "highway": "residential"})],
        {1: (117.0, 36.65), 2: (117.001, 36.65)},
        crs="EPSG:4326",
    )
    network = Network.from_graph(graph, mode="walk")
    assert network.crs.to_epsg() == 4548
    assert network.notes["crs_chosen"] == "EPSG:4548"
    assert network.length_m[0] == 89.4
    assert shapely.length(network.edge_lines())[0] == pytest.approx(89.4, abs=0.1)
    assert Network.from_graph(graph, mode="walk", crs="EPSG:32650").crs.to_epsg() == 32650


def test_faults_are_reported():
    graph = osmnx_like([(1, 2, False, {"highway": "footway"})], {1: (0, 0), 2: (9, 9)})
    with pytest.raises(NetworkError, match=r"no street for mode 'drive'.*2 by class"):
        Network.from_graph(graph, mode="drive")
    assert Network.from_graph(graph, mode="drive", all_classes=True).n_edges == 1
    del graph.nodes[2]["x"]
    with pytest.raises(NetworkError, match=r"1 nodes lack x or y as finite numbers: 2"):
        Network.from_graph(graph, mode="walk")
    del graph.graph["crs"]
    with pytest.raises(MissingCrsError, match=r"graph\.graph"):
        Network.from_graph(graph, mode="walk")
    with pytest.raises(NetworkError, match="no edges"):
        Network.from_graph(nx.MultiDiGraph(crs=CRS), mode="walk")


def test_graphml_round_trip(tmp_path):
    osmnx = pytest.importorskip("osmnx")
    graph = osmnx_like(
        [
            (1, 2, False, {"length": 89.4, "highway": "residential", "osmid": [5, 6]}),
            (2, 3, True, {"length": 50.0, "highway": "primary", "osmid": 7}),
        ],
        {1: (117.0, 36.65), 2: (117.001, 36.65), 3: (117.001, 36.6505)},
        crs="EPSG:4326",
    )
    path = tmp_path / "streets.graphml"
    osmnx.save_graphml(graph, path)
    network = Network.from_graphml(path, mode="drive")
    assert listed(network) == [(1, 2, False, 89.4), (2, 3, True, 50.0)]
    assert set(network.properties["osm_id"]) == {"5;6", "7"}
    path.write_text("<html>no graph</html>")
    with pytest.raises(NetworkError, match="cannot be read as an OSMnx GraphML"):
        Network.from_graphml(path, mode="drive")
    with pytest.raises(NetworkError, match="no such file"):
        Network.from_graphml(tmp_path / "absent.graphml", mode="drive")


HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
EDGE = '<node id="{0}"/><node id="2"/><edge source="{0}" target="2"/>'
KEY = '<key id="c" for="graph" attr.name="crs" attr.type="string"/>'
GRAPH = '<graph edgedefault="directed">{}</graph></graphml>'
NO_NETWORKS = [
    ("", "column 1"),
    (HEAD + "<graph>", "column 63"),
    ("<html/>", "no graph of OSMnx"),
    (HEAD + GRAPH.format(EDGE.format("a")), "ids of nodes"),
    (HEAD + GRAPH.format(EDGE.format("1")), "says no CRS"),
    (HEAD + KEY + GRAPH.format('<data key="c">moon</data>' + EDGE.format("1")), "'moon'"),
]


@pytest.mark.parametrize(("text", "told"), NO_NETWORKS)
def test_graphml_that_is_no_network_is_told_without_python(tmp_path, text, told):
    pytest.importorskip("osmnx")
    path = tmp_path / "walk.graphml"
    path.write_text(text)
    with pytest.raises(GeoplanError) as caught:
        Network.from_graphml(path, mode="walk")
    english, chinese = (caught.value.message(lang) for lang in ("en", "zh"))
    assert told in english
    for said in (english, chinese):
        assert "walk.graphml" in said
        assert "geoplan fetch" in said
        assert not [word for word in ("osmnx.", "Network.", "graph.graph", "int()") if word in said]
    assert not re.search("[a-z]{3,} [a-z]{3,}", chinese.replace("geoplan fetch", ""))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), nodes=st.integers(2, 12), edges=st.integers(1, 30))
def test_costs_agree_with_networkx(seed, nodes, edges):
    """Random multigraphs: one-way, parallel edges, self-loops, islands."""
    rng = np.random.default_rng(seed)
    xy = {i: tuple(rng.uniform(0, 300, 2)) for i in range(nodes)}
    listed_edges = []
    for _ in range(edges):
        u, v = (int(n) for n in rng.integers(0, nodes, 2))
        bend = LineString(
            [xy[u], tuple(rng.uniform(0, 300, 2)), tuple(rng.uniform(0, 300, 2)), xy[v]]
        )
        straight = u != v and rng.random() < 0.5
        tags = {} if straight else {"geometry": bend}
        length = np.hypot(*np.subtract(xy[u], xy[v])) if straight else bend.length
        listed_edges.append((u, v, bool(rng.random() < 0.4), {**tags, "length": float(length)}))
    graph = osmnx_like(listed_edges, xy)
    for mode in ("drive", "walk"):
        network = Network.from_graph(graph, mode=mode)
        plain = graph if mode == "drive" else nx.MultiGraph(graph.edges(data=True))
        source = network.node_ids[0]
        ours = one_to_all(network, snap_nodes(network, [source])).dropna().to_dict()
        plain.add_nodes_from(network.node_ids)
        truth = nx.single_source_dijkstra_path_length(plain, source, weight="length")
        assert set(ours) == set(truth)
        assert all(ours[n] == pytest.approx(truth[n], abs=1e-6) for n in truth)
