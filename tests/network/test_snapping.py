"""Snapping against brute force over all edges."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st

from geoplan.errors import (
    CrsMismatchError,
    GeographicCrsError,
    InputError,
    MissingCrsError,
    UsageError,
)
from geoplan.network import Network, snap, snap_nodes
from geoplan.network.search import nearest_edges

CRS = "EPSG:4548"


def network_of(lines, mode="walk"):
    """Every line an edge between nodes of its own."""
    ends = [(line.coords[0], line.coords[-1]) for line in lines]
    nodes = gpd.GeoDataFrame(geometry=[shapely.Point(p) for pair in ends for p in pair], crs=CRS)
    edges = pd.DataFrame(
        {
            "u": 2 * np.arange(len(lines)),
            "v": 2 * np.arange(len(lines)) + 1,
            "length_m": [2 * line.length for line in lines],  # places are parts, not metres
            "geometry": lines,
        }
    )
    return Network.from_edges(nodes, edges, mode=mode)


def points(xy, index=None):
    return gpd.GeoSeries(
        [None if p is None else shapely.Point(p) for p in xy], index=index, crs=CRS
    )


spot = st.tuples(st.integers(-20, 120), st.integers(-20, 120)).map(
    lambda p: (10.0 * p[0], 10.0 * p[1])
)
line = st.lists(spot, min_size=2, max_size=4, unique=True).map(shapely.LineString)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(line, min_size=1, max_size=15),
    xy=st.lists(st.one_of(spot, st.none()), min_size=1, max_size=20),
    limit=st.sampled_from([None, 60.0, 500.0]),
)
def test_nearest_place_of_the_nearest_edge(lines, xy, limit):
    placed = snap(network_of(lines), points(xy), max_snap_m=limit)
    for i, p in enumerate(xy):
        if p is None:
            assert (placed.state[i], placed.edge[i]) == (2, -1)
            continue
        gaps = shapely.distance(shapely.Point(p), lines)
        if limit is not None and gaps.min() > limit:
            assert (placed.state[i], placed.edge[i]) == (1, -1)
            assert np.isnan(placed.snap_m[i])
            continue
        assert placed.state[i] == 0
        assert placed.edge[i] == np.argmin(gaps)  # the first of equally near edges
        mine = lines[placed.edge[i]]
        assert placed.snap_m[i] == pytest.approx(gaps.min(), abs=1e-9)
        assert mine.distance(shapely.Point(placed.xy[i])) < 1e-9
        place = mine.interpolate(placed.fraction[i], normalized=True)
        assert place.distance(shapely.Point(placed.xy[i])) < 1e-6


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(line, min_size=1, max_size=15),
    asked=st.lists(
        st.tuples(
            st.lists(st.one_of(spot, st.none()), max_size=8),
            st.sampled_from([None, 60.0, 500.0]),
        ),
        min_size=2,
        max_size=5,
    ),
    most=st.sampled_from([0, 5, 4_000_000]),
)
def test_what_was_asked_before_changes_no_answer(lines, asked, most):
    """Points that were snapped before, under another limit, beside others, or forgotten."""
    network = network_of(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_edges, "_MOST_KEPT", most)
        for xy, limit in asked:
            again = snap(network, points(xy), max_snap_m=limit)
            anew = snap(network_of(lines), points(xy), max_snap_m=limit)
            for name in ("edge", "fraction", "node", "snap_m", "state", "xy", "origin"):
                np.testing.assert_array_equal(getattr(again, name), getattr(anew, name))


def test_the_same_points_are_not_looked_for_again(monkeypatch):
    network = network_of([shapely.LineString([(0, 0), (100, 0)])])
    xy = [(float(i), 5.0) for i in range(50)]
    first = snap(network, points(xy))
    monkeypatch.setattr(nearest_edges, "_asked", lambda *a, **k: pytest.fail("asked again"))
    part = snap(network, points(xy[10:20]), max_snap_m=4)
    assert (part.state == 1).all()
    assert snap(network, points(xy[::-1])).edge.tolist() == first.edge.tolist()


def test_many_random_points_and_threads():
    rng = np.random.default_rng(5)
    starts = rng.random((400, 2)) * 5000
    lines = [shapely.LineString([p, p + rng.normal(size=2) * 80]) for p in starts]
    network = network_of(lines)
    cloud = gpd.GeoSeries(shapely.points(rng.random((40_000, 2)) * 5000), crs=CRS)
    one, two = snap(network, cloud, threads=1), snap(network, cloud, threads=3)
    for name in ("edge", "fraction", "snap_m", "node", "state"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    some = rng.integers(0, len(cloud), 300)
    gaps = shapely.distance(cloud.to_numpy()[some, None], np.array(lines)[None, :]).min(axis=1)
    near = gaps <= 500
    np.testing.assert_allclose(one.snap_m[some][near], gaps[near], atol=1e-9)
    assert (one.state[some][~near] == 1).all()


def test_ends_are_nodes_and_the_limit_is_inclusive():
    network = network_of([shapely.LineString([(0, 0), (100, 0)])])
    placed = snap(
        network, points([(-30, 40), (100, 0), (100, 50), (50, 50), (50, 50.001)]), max_snap_m=50
    )
    assert placed.node.tolist()[:3] == [network.u[0], network.v[0], network.v[0]]
    assert placed.node.tolist()[3:] == [-1, -1]
    assert placed.snap_m.tolist()[:4] == [50.0, 0.0, 50.0, 50.0]
    assert placed.states.tolist() == ["", "", "", "", "off_network"]


def test_points_without_a_place():
    network = network_of([shapely.LineString([(0, 0), (100, 0)])])
    odd = gpd.GeoSeries(
        [None, shapely.Point(), shapely.Point(np.nan, 1)], index=["x", "y", "z"], crs=CRS
    )
    assert snap(network, odd).states.to_dict() == dict.fromkeys("xyz", "unlocated")
    assert len(snap(network, odd.iloc[:0])) == 0


def test_a_barrier_keeps_points_on_their_side():
    """A river runs along y = 10. The point at (50, 5) is 8 m from the road across the river and
    45 m from the road on its own bank, which it takes; a point on the far bank is not moved,
    and a point whose own bank has no road within the limit is off the network."""
    roads = [
        shapely.LineString([(0, 13), (100, 13)]),
        shapely.LineString([(0, -40), (100, -40)]),
    ]
    river = gpd.GeoSeries([shapely.LineString([(-500, 10), (500, 10)])], crs=CRS)
    network = network_of(roads)
    homes = points([(50, 5), (50, 20), (50, -300), None])
    assert snap(network, homes).edge.tolist() == [0, 0, 1, -1]
    kept = snap(network, homes, barriers=river, max_snap_m=500)
    assert kept.edge.tolist() == [1, 0, 1, -1]
    assert kept.snap_m.tolist()[:2] == [45.0, 7.0]
    near = snap(network, homes, barriers=river, max_snap_m=40)
    assert near.states.tolist() == ["off_network", "", "off_network", "unlocated"]


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(line, min_size=1, max_size=10),
    walls=st.lists(line, min_size=1, max_size=3),
    xy=st.lists(spot, min_size=1, max_size=10),
    limit=st.sampled_from([None, 300.0]),
)
def test_barriers_against_brute_force(lines, walls, xy, limit):
    placed = snap(
        network_of(lines),
        points(xy),
        barriers=gpd.GeoSeries(walls, crs=CRS),
        max_snap_m=limit,
    )
    for i, p in enumerate(xy):
        ways = [shapely.shortest_line(shapely.Point(p), line) for line in lines]
        # coordinates on a coarse grid make touching common: doubtful cases are left out
        if any(0 < way.distance(wall) < 1e-6 for way in ways for wall in walls):
            continue
        free = [not any(way.crosses(wall) for wall in walls) for way in ways]
        gaps = np.where(free, [way.length for way in ways], np.inf)
        e = placed.edge[i]
        if e >= 0:
            assert free[e]
            assert gaps[e] == pytest.approx(gaps.min(), abs=1e-6)
        else:
            assert gaps.min() > (np.inf if limit is None else limit) or np.isinf(gaps.min())


def pieces_of(wall):
    """The parts of a line between its vertices, every other one drawn backwards."""
    xy = list(wall.coords)
    parts = [shapely.LineString(xy[k : k + 2]) for k in range(len(xy) - 1)]
    return [part.reverse() if k % 2 else part for k, part in enumerate(parts)]


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(line, min_size=1, max_size=10),
    walls=st.lists(line, min_size=1, max_size=3),
    xy=st.lists(spot, min_size=1, max_size=10),
)
def test_a_river_in_pieces_keeps_back_whom_the_whole_river_does(lines, walls, xy):
    network, homes = network_of(lines), points(xy)
    pieces = [piece for wall in walls for piece in pieces_of(wall)]
    whole = snap(network, homes, barriers=gpd.GeoSeries(walls, crs=CRS))
    cut = snap(network, homes, barriers=gpd.GeoSeries(pieces, crs=CRS))
    assert cut.edge.tolist() == whole.edge.tolist()


@pytest.mark.parametrize(
    "river",
    [
        [shapely.LineString([(-500, 10), (50, 10)]), shapely.LineString([(500, 10), (50, 10)])],
        [shapely.MultiLineString([[(-500, 10), (50, 10)], [(50, 10), (500, 10)]])],
        [shapely.box(-500, 9, 50, 11), shapely.box(50, 9, 500, 11)],
    ],
    ids=["lines", "multi line", "areas"],
)
def test_nobody_slips_through_where_two_pieces_of_a_river_meet(river):
    roads = [shapely.LineString([(0, 13), (100, 13)]), shapely.LineString([(0, -40), (100, -40)])]
    home = points([(50, 5)])
    assert snap(network_of(roads), home, barriers=gpd.GeoSeries(river, crs=CRS)).snap_m == [45.0]


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        (gpd.GeoSeries([shapely.Point(0, 0)]), MissingCrsError, "set_crs"),
        (gpd.GeoSeries([shapely.Point(117, 36)], crs=4326), GeographicCrsError, "to_crs"),
        (gpd.GeoSeries([shapely.Point(0, 0)], crs=32650), CrsMismatchError, r"to_crs\('EPSG:4548"),
        (gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=CRS), InputError, "representative_point"),
        ([1, 2], UsageError, "GeoDataFrame"),
    ],
)
def test_the_gate(layer, error, words):
    network = network_of([shapely.LineString([(0, 0), (100, 0)])])
    with pytest.raises(error, match=words):
        snap(network, layer)


def test_senseless_options():
    network = network_of([shapely.LineString([(0, 0), (100, 0)])])
    with pytest.raises(UsageError, match="max_snap_m"):
        snap(network, points([(0, 0)]), max_snap_m=-1)
    with pytest.raises(UsageError, match="threads"):
        snap(network, points([(0, 0)]), threads=0)
    with pytest.raises(InputError, match="no nodes"):
        snap_nodes(network, [99])
