"""`Network` from tables: what it holds, which tables it refuses, its costs and node order."""

from __future__ import annotations

import copy
import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.errors import (
    GeographicCrsError,
    MissingCrsError,
    NetworkError,
    UsageError,
)
from geoplan.network import Network
from geoplan.network.graph.hilbert import hilbert_key, hilbert_order

CRS = "EPSG:4548"


@pytest.fixture
def corner():
    """a --100-- b --50-- c (one-way b to c), and an island d --10-- e."""
    nodes = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0, 100, 100, 900, 900], [0, 0, 50, 0, 10]),
        index=["a", "b", "c", "d", "e"],
        crs=CRS,
    )
    edges = pd.DataFrame(
        {
            "u": ["a", "b", "d"],
            "v": ["b", "c", "e"],
            "length_m": [100.0, 50.0, 10.0],
            "oneway": [False, True, False],
            "highway": ["service", "primary", None],
        },
        index=[11, 12, 13],
    )
    return nodes, edges


def test_size_bounds_and_components(corner):
    network = Network.from_edges(*corner, mode="drive", keep=["highway"])
    assert (network.n_nodes, network.n_edges) == (5, 3)
    assert network.mode == "drive"
    assert network.speed_m_s == pytest.approx(30 / 3.6)
    assert network.crs == CRS
    assert network.bounds == (0.0, 0.0, 900.0, 50.0)
    assert network.components.to_dict() == {"a": 0, "b": 0, "c": 0, "d": 1, "e": 1}
    assert repr(network) == "Network(drive, 5 nodes, 3 edges, 0.2 km, EPSG:4548)"


def test_edges_frame_gives_back_what_came_in(corner):
    nodes, edges = corner
    frame = Network.from_edges(nodes, edges, mode="drive", keep=["highway"]).edges_frame()
    assert frame.index.tolist() == [11, 12, 13]
    for column in ("u", "v", "length_m", "oneway"):
        assert frame[column].tolist() == edges[column].tolist()
    assert frame["highway"].tolist()[:2] == ["service", "primary"]
    assert frame.geometry.iloc[1].wkt == "LINESTRING (100 0, 100 50)"
    assert frame.crs == CRS


def test_callers_tables_are_not_touched(corner):
    nodes, edges = corner
    before = nodes.copy(), edges.copy()
    network = Network.from_edges(nodes, edges, mode="drive")
    pd.testing.assert_frame_equal(nodes, before[0])
    pd.testing.assert_frame_equal(edges, before[1])
    edges.loc[11, "length_m"] = 1.0
    assert network.length_m[0] == 100.0
    with pytest.raises(ValueError, match="read-only"):
        network.length_m[0] = 1.0


def test_one_way_signs_do_not_count_on_foot(corner):
    walk = Network.from_edges(*corner, mode="walk")
    drive = Network.from_edges(*corner, mode="drive")
    assert walk.oneway.tolist() == [False, False, False]
    assert drive.oneway.tolist() == [False, True, False]
    assert len(walk.graph().indices) == 6
    assert len(drive.graph().indices) == 5


def test_an_edge_drawn_from_v_to_u_is_reversed():
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 9], [0, 0]), index=[1, 2], crs=CRS)
    edges = pd.DataFrame(
        {
            "u": [1, 1],
            "v": [2, 2],
            "length_m": [9.0, 12.0],
            "oneway": [-1, 0],
            "minutes": [1.0, 2.0],
            "minutes_back": [5.0, 6.0],
            # the second is drawn from v to u
            "geometry": [None, shapely.LineString([(9, 0), (4, 3), (0, 0)])],
        }
    )
    network = Network.from_edges(nodes, edges, mode="drive")
    frame = network.edges_frame()
    assert frame[["u", "v"]].to_numpy().tolist() == [[2, 1], [1, 2]]
    assert frame["oneway"].tolist() == [True, False]
    assert frame["minutes"].tolist() == [5.0, 2.0]
    assert frame.geometry.iloc[0].coords[0] == (9.0, 0.0)
    assert frame.geometry.iloc[1].coords[0] == (0.0, 0.0)


def test_lengths_are_measured_where_none_are_given():
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 8], [0, 0]), crs=CRS)
    edges = pd.DataFrame(
        {"u": [0, 0], "v": [1, 1], "geometry": [None, shapely.LineString([(0, 0), (4, 3), (8, 0)])]}
    )
    network = Network.from_edges(nodes, edges, mode="walk")
    assert network.length_m.tolist() == [8.0, 10.0]


def test_all_faults_are_reported_at_once():
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 8], [0, 0]), crs=CRS)
    edges = pd.DataFrame(
        {
            "u": [0, "x", 0],
            "v": [1, 1, 7],
            "length_m": [-1.0, np.nan, 3.0],
            "oneway": ["yes", False, 1],
            "geometry": [shapely.Point(0, 0), None, None],
        }
    )
    with pytest.raises(NetworkError) as caught:
        Network.from_edges(nodes, edges, mode="drive")
    text = str(caught.value)
    for part in (
        "u names 1 nodes",
        "v names 1 nodes",
        "2 edges have a length_m",
        "'yes'",
        "1 edges are no LineString",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda n, e: (n.set_crs(None, allow_override=True), e), MissingCrsError, "set_crs"),
        (
            lambda n, e: (n.set_crs("EPSG:4326", allow_override=True), e),
            GeographicCrsError,
            "to_crs",
        ),
        (lambda n, e: (n, e.drop(columns="u")), NetworkError, "lack the columns u"),
        (lambda n, e: (n, e.iloc[:0]), NetworkError, "no edges"),
        (lambda n, e: (pd.concat([n, n]), e), NetworkError, "stand twice"),
        (
            lambda n, e: (n, e.assign(geometry=shapely.LineString([(0, 0), (5, 5)]))),
            NetworkError,
            "does not end at their nodes",
        ),
    ],
)
def test_refusals_say_what_to_do(corner, change, error, words):
    nodes, edges = change(*corner)
    with pytest.raises(error, match=words):
        Network.from_edges(nodes, edges, mode="walk")


def test_unknown_mode_and_speed(corner):
    with pytest.raises(UsageError, match="walk, drive"):
        Network.from_edges(*corner, mode="fly")
    with pytest.raises(UsageError, match="speed_m_s"):
        Network.from_edges(*corner, mode="walk", speed_m_s=0)


def test_minutes_follow_the_speed_where_none_are_given(corner):
    network = Network.from_edges(*corner, mode="walk", speed_m_s=2.0)
    forward, backward = network.edge_costs("min")
    assert forward.tolist() == backward.tolist() == [100 / 120, 50 / 120, 10 / 120]


def test_hilbert_neighbours_are_near():
    """On a full grid every step of a Hilbert curve goes to a neighbouring cell."""
    side = 32
    x, y = np.meshgrid(np.arange(side, dtype=float), np.arange(side, dtype=float))
    # scaled to the curve's own cells: 32 x 32 points are a coarser curve of the same kind
    order = hilbert_order(x.ravel(), y.ravel())
    steps = np.abs(np.diff(x.ravel()[order])) + np.abs(np.diff(y.ravel()[order]))
    assert steps.max() == 1.0
    assert len(np.unique(hilbert_key(x.ravel(), y.ravel()))) == side * side


def test_node_order_is_hidden_from_the_caller():
    rng = np.random.default_rng(3)
    xy = rng.random((50, 2)) * 1000
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), index=range(100, 150), crs=CRS)
    edges = pd.DataFrame({"u": np.arange(100, 149), "v": np.arange(101, 150)})
    network = Network.from_edges(nodes, edges, mode="walk")
    placed = network.nodes_frame().loc[nodes.index]
    assert (placed.geometry.x.to_numpy() == xy[:, 0]).all()
    assert network.edges_frame()["u"].tolist() == edges["u"].tolist()


def test_what_follows_from_a_network_is_not_sent_with_it(corner):
    """A search tree takes a hundred times as long to send as to make anew."""
    network = Network.from_edges(*corner, mode="drive", keep=["highway"])
    before = len(pickle.dumps(network))
    frame = network.edges_frame()
    network.derived("large", lambda: np.zeros(100_000))
    network.graph()
    assert len(pickle.dumps(network)) == before
    for other in (pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        assert other.derived("large", lambda: "anew") == "anew"
        assert other.edges_frame().equals(frame)
        assert type(other) is Network
        with pytest.raises(ValueError, match="read-only"):
            other.length_m[0] = 1.0
