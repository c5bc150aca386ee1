"""The streets of a network against those given as lines, however few of them a tree is made of."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st

from geoplan.inputs import Streets
from geoplan.network.search import edge_tiles
from geoplan.study.read.network_streets import NetworkStreets
from tests.network.test_snapping import CRS, line, network_of, spot


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(line, min_size=1, max_size=25),
    xy=st.lists(spot, min_size=1, max_size=12),
    squares=st.sampled_from([4, 1_000_000]),
)
def test_the_same_distances_as_from_all_lines(lines, xy, squares):
    x, y = np.array([[9.0, 9.0], *xy, [np.nan, 2.0]]).T
    plain = Streets(gpd.GeoSeries(lines, crs=CRS))
    network = network_of(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge_tiles, "MOST_EDGES", 0)
        patch.setattr(edge_tiles, "_MOST_SQUARES", squares)
        some = NetworkStreets(network, reach=None, datum_said=True)
        assert len(some) == len(plain)
        assert some.outline.iloc[0].equals(plain.outline.iloc[0])
        assert np.array_equal(some.distances(x, y), plain.distances(x, y), equal_nan=True)
        for within in (5.0, 130.0, 3000.0):
            found = edge_tiles.edges_beside(network, np.array(xy), within_m=within)
            near = shapely.dwithin(
                shapely.points(xy)[:, None], np.array(lines, object), within
            ).any(axis=0)
            assert set(np.flatnonzero(near)) <= set(found)


def test_the_same_lattices(monkeypatch):
    rng = np.random.default_rng(3)
    starts = rng.uniform(0, 2000, (60, 2))
    lines = list(
        shapely.linestrings(np.stack([starts, starts + rng.uniform(-300, 300, (60, 2))], 1))
    )
    plain = Streets(gpd.GeoSeries(lines, crs=CRS))
    monkeypatch.setattr(edge_tiles, "MOST_EDGES", 0)
    some = NetworkStreets(network_of(lines), reach=None, datum_said=True)
    x, y = starts[:5].T
    asked = {"reach_m": 100.0, "step_m": 10.0}
    assert np.array_equal(
        some.distance_lattice(x, y, **asked), plain.distance_lattice(x, y, **asked)
    )


def test_few_points_bring_few_streets():
    lines = [shapely.LineString([(k * 100, 0), (k * 100 + 90, 0)]) for k in range(500)]
    found = edge_tiles.edges_beside(network_of(lines), np.array([[5000.0, 40.0]]), within_m=200.0)
    assert 4 <= len(found) < 20
