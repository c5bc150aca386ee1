"""Streets in tiles: the same answers whatever the tiles, and as over all edges."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st

from geoplan.network import Network, snap
from geoplan.network.search import edge_tiles as tiled
from tests.network.test_snapping import line, network_of, points, spot


def in_tiles(monkeypatch: pytest.MonkeyPatch, edges: int) -> None:
    monkeypatch.setattr(tiled, "MOST_EDGES", 0)
    monkeypatch.setattr(tiled, "TILE_EDGES", edges)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(line, min_size=1, max_size=25),
    xy=st.lists(st.one_of(spot, st.none()), min_size=1, max_size=20),
    limit=st.sampled_from([None, 60.0, 500.0]),
    edges=st.sampled_from([1, 2, 5]),
    walls=st.lists(line, max_size=2),
)
def test_points_snap_alike_whatever_the_tiles(lines, xy, limit, edges, walls):
    barriers = None if not walls else network_of(walls).edges_frame()
    options = {"max_snap_m": limit, "barriers": barriers}
    whole = snap(network_of(lines), points(xy), **options)
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, edges)
        cut = snap(network_of(lines), points(xy), **options)
    for name in ("edge", "fraction", "node", "snap_m", "state", "xy"):
        assert np.array_equal(getattr(cut, name), getattr(whole, name), equal_nan=True), name


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(line, min_size=1, max_size=25),
    xy=st.lists(spot, min_size=1, max_size=20),
    within=st.sampled_from([10.0, 150.0, 5000.0]),
    edges=st.sampled_from([1, 3]),
)
def test_edges_within_a_distance_are_all_of_them(lines, xy, within, edges):
    places = points(xy).to_numpy()
    expected = [
        (i, j)
        for i, place in enumerate(places)
        for j, street in enumerate(lines)
        if shapely.distance(place, street) <= within
    ]
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, edges)
        found = tiled.edges_near(network_of(lines), places, within_m=within)
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == expected


def test_tiles_cover_the_plane_once_and_none_holds_more_than_it_may(monkeypatch):
    rng = np.random.default_rng(4)
    starts = rng.uniform(0, 9000, (300, 2))
    lines = shapely.linestrings(np.stack([starts, starts + rng.uniform(-99, 99, (300, 2))], axis=1))
    network = network_of(list(lines))
    in_tiles(monkeypatch, 20)
    xy = rng.uniform(-2e4, 3e4, (500, 2))
    seen = [tile.points for tile in tiled.edge_tiles(network, xy, margin_m=1.0)]
    assert len(seen) >= 300 / 20
    assert np.array_equal(np.sort(np.concatenate(seen)), np.arange(500))


def test_a_point_far_from_all_streets_is_looked_for_farther(monkeypatch):
    in_tiles(monkeypatch, 1)
    network = network_of([shapely.LineString([(k * 1e5, 0), (k * 1e5 + 9, 0)]) for k in range(5)])
    assert isinstance(network, Network)
    placed = snap(network, points([(3.4e5, 7e4)]), max_snap_m=None)
    assert placed.edge.tolist() == [3]
    assert placed.snap_m[0] == pytest.approx(np.hypot(4e4 - 9, 7e4))
