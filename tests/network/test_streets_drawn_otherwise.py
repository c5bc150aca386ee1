"""The same streets drawn otherwise cost the same: turned, cut, shuffled, with others far away."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely import LineString, Point
from shapely.ops import substring

import geoplan as gp
from geoplan.network import Network

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_055_000.0


def streets(seed: int) -> list[LineString]:
    """A crooked grid: all vertices of a street where others meet it are its own."""
    rng = np.random.default_rng(seed)
    corner = {
        (i, j): (X + 100 * i + rng.uniform(-30, 30), Y + 100 * j + rng.uniform(-30, 30))
        for i in range(5)
        for j in range(5)
    }
    rows = [LineString([corner[i, j] for i in range(5)]) for j in range(5)]
    columns = [LineString([corner[i, j] for j in range(5)]) for i in range(5)]
    return [one for one in [*rows, *columns] if rng.random() < 0.9]


def places(seed: int, count: int = 12) -> gpd.GeoSeries:
    xy = np.random.default_rng(seed + 1).uniform(-40, 440, (count, 2)) + np.array([X, Y])
    return gpd.GeoSeries([Point(p) for p in xy], crs=CRS)


def costs(lines: list[LineString], at: gpd.GeoSeries, mode: str, **columns) -> np.ndarray:
    columns = columns or {"highway": ["primary"] * len(lines)}
    layer = gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)
    network = Network.from_lines(layer, mode=mode)
    found = gp.travel_costs(network, at, at, cutoff_m=2000).matrix
    table = np.full(found.shape, np.inf)
    stored = found.tocoo()
    table[stored.row, stored.col] = stored.data
    return table


def cut(line: LineString, shares: list[float]) -> list[LineString]:
    """The line in parts; a part may begin between two of its vertices."""
    at = sorted({0.0, *(round(s, 3) for s in shares), 1.0})
    parts = [substring(line, a, b, normalized=True) for a, b in pairwise(at)]
    return [part for part in parts if part.length > 0.05]


@pytest.mark.parametrize("mode", ["walk", "drive"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_turned_cut_and_shuffled_streets_cost_the_same(mode: str, seed: int, data) -> None:
    lines, at = streets(seed), places(seed)
    usual = costs(lines, at, mode)
    turns = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    turned = [shapely.reverse(s) if t else s for s, t in zip(lines, turns, strict=True)]
    np.testing.assert_allclose(costs(turned, at, mode), usual, atol=1e-6)
    order = data.draw(st.permutations(range(len(lines))))
    np.testing.assert_allclose(costs([lines[k] for k in order], at, mode), usual, atol=1e-6)
    shares = data.draw(st.lists(st.floats(0.05, 0.95), max_size=3))
    parts = [part for line in lines for part in cut(line, shares)]
    # a cut between two vertices is rounded to the snapping distance of vertices
    np.testing.assert_allclose(costs(parts, at, mode), usual, atol=0.05)


@pytest.mark.parametrize("mode", ["walk", "drive"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), away=st.floats(20_000, 200_000), angle=st.floats(0, 6.28))
def test_streets_far_away_change_nothing(mode: str, seed: int, away: float, angle: float) -> None:
    lines, at = streets(seed), places(seed)
    shift = away * np.array([np.cos(angle), np.sin(angle)])
    far = [shapely.transform(line, lambda xy: xy + shift) for line in streets(seed + 7)]
    np.testing.assert_allclose(costs([*far, *lines], at, mode), costs(lines, at, mode), atol=1e-6)


def test_one_way_streets_that_are_turned_lead_the_other_way() -> None:
    """The one thing that a line's direction says: -1 on the turned line is yes on the line."""
    line = LineString([(X, Y), (X + 300, Y)])
    back = LineString([(X + 300, Y), (X + 300, Y + 200), (X, Y + 200), (X, Y)])
    at = gpd.GeoSeries([Point(X + 50, Y), Point(X + 250, Y)], crs=CRS)
    tags = {"highway": ["primary"] * 2}
    there = costs([line, back], at, "drive", oneway=["yes", "no"], **tags)
    turned = costs([shapely.reverse(line), back], at, "drive", oneway=["-1", "no"], **tags)
    other = costs([shapely.reverse(line), back], at, "drive", oneway=["yes", "no"], **tags)
    np.testing.assert_allclose(turned, there, atol=1e-6)
    np.testing.assert_allclose(other, there.T, atol=1e-6)
    assert there[0, 1] == pytest.approx(200)
    assert there[1, 0] == pytest.approx(800)
