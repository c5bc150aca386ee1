"""Pedestrian squares are crossed as people cross them: straight, and round what stands there."""

from __future__ import annotations

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st

from geoplan.network import Network
from tests.network.builders.osm_files import CRS, X0, Y0, Node, Relation, Way, write


def osm(path, nodes, ways, relations=()):
    write(
        path,
        [Node(id, xy) for id, xy in nodes.items()],
        [Way(id, refs, **tags) for id, (refs, tags) in ways.items()],
        [Relation(id, members, **tags) for id, (members, tags) in dict(relations).items()],
    )
    return Network.from_osm(path, mode="walk", crs=CRS)


def way_lengths(network):
    graph = nx.Graph()
    frame = network.edges_frame()
    for u, v, m in zip(frame["u"], frame["v"], frame["length_m"], strict=True):
        known = graph.get_edge_data(u, v, {"weight": np.inf})["weight"]
        graph.add_edge(u, v, weight=min(known, m))
    return dict(nx.all_pairs_dijkstra_path_length(graph))


SQUARE = {"highway": "pedestrian", "area": "yes"}
STREET = {"highway": "residential"}


@pytest.fixture
def corners():
    """A square of 200 m with a street to the middle of its west and of its east side."""
    return {
        1: (-400, 100),
        2: (0, 100),
        3: (200, 100),
        4: (600, 100),
        5: (0, 0),
        6: (200, 0),
        7: (200, 200),
        8: (0, 200),
    }


def test_a_square_between_two_streets_is_crossed_straight(tmp_path, corners):
    ways = {
        1: ([1, 2], STREET),
        2: ([3, 4], STREET),
        3: ([5, 6, 3, 7, 8, 2, 5], {**SQUARE, "name": "泉城广场"}),
    }
    network = osm(tmp_path / "a.osm", corners, ways)
    assert way_lengths(network)[1][4] == pytest.approx(1000, abs=0.5)
    assert network.notes["squares"] == {"crossed": 1, "edge": 0, "apart": 0}
    assert network.notes["left_out"] == {}
    assert set(network.properties["name"].dropna()) == {"泉城广场"}
    # no one drives across
    drive = Network.from_osm(tmp_path / "a.osm", mode="drive", crs=CRS)
    assert 4 not in way_lengths(drive)[1]


def test_a_square_of_a_relation_with_a_pond_is_walked_round_the_pond(tmp_path, corners):
    corners |= {11: (60, 40), 12: (140, 40), 13: (140, 160), 14: (60, 160)}
    ways = {
        1: ([1, 2], STREET),
        2: ([3, 4], STREET),
        3: ([5, 6, 3, 7], {}),
        4: ([5, 2, 8, 7], {}),  # the other half of the border, against the ring's direction
        5: ([11, 12, 13, 14, 11], {"natural": "water"}),
    }
    members = [("w", 3, "outer"), ("w", 4, "outer"), ("w", 5, "inner")]
    square = {"type": "multipolygon", "highway": "pedestrian"}
    network = osm(tmp_path / "b.osm", corners, ways, {9: (members, square)})
    round_it = 2 * np.hypot(60, 60) + 80  # past the pond's corners at (60, 40) and (140, 40)
    assert way_lengths(network)[2][3] == pytest.approx(round_it, abs=0.3)


def test_a_square_that_no_street_leads_to_is_left_out_and_counted(tmp_path, corners):
    corners |= {i + 20: (x + 2000, y) for i, (x, y) in corners.items() if i >= 5}
    ways = {1: ([1, 2], STREET), 2: ([25, 26, 27, 28, 25], SQUARE)}
    network = osm(tmp_path / "c.osm", corners, ways)
    assert network.notes["squares"]["apart"] == 1
    assert network.notes["left_out"] == {"tag": 1}
    assert network.n_edges == 1


def test_two_squares_side_by_side_are_crossed_from_one_to_the_other(tmp_path, corners):
    corners |= {21: (400, 0), 22: (400, 200), 23: (400, 100), 24: (700, 100)}
    ways = {
        1: ([1, 2], STREET),
        2: ([23, 24], STREET),
        3: ([5, 6, 7, 8, 2, 5], SQUARE),
        4: ([6, 21, 23, 22, 7, 6], SQUARE),
    }
    lengths = way_lengths(osm(tmp_path / "d.osm", corners, ways))
    # over the corner that they share: what they share is its ends, not a node in the middle
    assert lengths[2][23] == pytest.approx(2 * np.hypot(200, 100), abs=0.5)


def shortest_inside(area, places):
    """Distances within a polygon from the visibility graph of ALL its vertices: the oracle."""
    xy = np.unique(np.vstack([shapely.get_coordinates(area), places]), axis=0)
    room = area.buffer(1e-6)
    graph = nx.Graph()
    for a, b in itertools.combinations(range(len(xy)), 2):
        if room.covers(shapely.LineString([xy[a], xy[b]])):
            graph.add_edge(a, b, weight=float(np.hypot(*(xy[a] - xy[b]))))
    at = [int(np.argmin(np.hypot(*(xy - place).T))) for place in places]
    lengths = dict(nx.all_pairs_dijkstra_path_length(graph))
    return np.array([[lengths[a][b] for b in at] for a in at])


@settings(max_examples=40, deadline=None)
@given(
    radii=st.lists(st.floats(30, 200), min_size=5, max_size=12),
    chosen=st.lists(st.integers(0, 11), min_size=2, max_size=4, unique=True),
)
def test_distances_across_any_square_are_the_shortest_ones_inside(tmp_path_factory, radii, chosen):
    """Star-shaped squares, dents and all, entered at random corners."""
    count = len(radii)
    chosen = sorted({at % count for at in chosen})
    if len(chosen) < 2:
        return
    turn = np.arange(count) / count * 2 * np.pi
    ring = np.column_stack([np.cos(turn), np.sin(turn)]) * np.array(radii)[:, None]
    nodes = {i + 1: tuple(p) for i, p in enumerate(ring)}
    outside = {100 + at: tuple(ring[at] * (1 + 50 / radii[at])) for at in chosen}
    ways = {100 + at: ([100 + at, at + 1], STREET) for at in chosen}
    ways[1] = ([*range(1, count + 1), 1], SQUARE)
    path = tmp_path_factory.mktemp("square") / "s.osm"
    network = osm(path, nodes | outside, ways)
    lengths = way_lengths(network)
    frame = network.nodes_frame().geometry
    # in metres of the file: osm keeps seven digits of a degree
    placed = np.array([frame[at + 1].coords[0] for at in chosen])
    everyone = gpd.GeoSeries(gpd.points_from_xy(*ring.T), crs=CRS).translate(X0, Y0)
    area = shapely.Polygon(shapely.get_coordinates(everyone.array))
    if not area.is_valid:
        return
    truth = shortest_inside(area, shapely.get_coordinates(everyone.iloc[chosen].array))
    found = np.array([[lengths[a + 1][b + 1] for b in chosen] for a in chosen])
    assert np.allclose(found, truth, atol=0.2), (placed, truth - found)


@pytest.mark.parametrize(
    ("duration", "minutes"), [("00:12", 12.0), ("PT12M", 12.0), ("12", 12.0), (None, 6.0)]
)
def test_ferries_are_boarded_by_choice_and_take_their_time(tmp_path, duration, minutes):
    nodes = {1: (0, 0), 2: (500, 0), 3: (1500, 0), 4: (2000, 0)}
    boat = {"route": "ferry"} | ({} if duration is None else {"duration": duration})
    ways = {1: ([1, 2], STREET), 2: ([2, 3], boat), 3: ([3, 4], STREET)}
    path = tmp_path / "f.osm"
    network = osm(path, nodes, ways)
    assert 4 not in way_lengths(network)[1]
    assert network.notes["left_out"] == {"ferry": 1}
    assert network.notes["left_out_m"]["ferry"] == pytest.approx(1000, abs=0.5)
    aboard = Network.from_osm(path, mode="walk", crs=CRS, ferries=True)
    assert way_lengths(aboard)[1][4] == pytest.approx(2000, abs=0.5)
    frame = aboard.edges_frame().set_index(["u", "v"])
    assert frame.loc[(2, 3), "minutes"] == pytest.approx(minutes, abs=0.01)
    assert frame.loc[(1, 2), "minutes"] == pytest.approx(500 / 60, abs=0.01)
    assert aboard.notes["ferries"] == {"count": 1, "without_duration": int(duration is None)}
