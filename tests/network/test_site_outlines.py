"""The outline of each site against the exact reach areas, which are drawn in another way."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.errors import UsageError
from geoplan.network import Network, nearest_site, reach_areas, snap
from geoplan.network.isochrones.outlines import outline, street_points
from geoplan.network.isochrones.outlines.outline import reach_outline
from geoplan.network.isochrones.outlines.site_outlines import (
    _points_reached,
    _Streets,
    _together,
    site_outlines,
)
from geoplan.network.isochrones.reach_areas import AreaQuery, costs_per_site
from geoplan.network.search.travel_query import snapped


@pytest.fixture(scope="module")
def grid():
    """A town of 12 by 12 corners 150 m apart, one street in five missing."""
    side, step = 12, 150.0
    xy = [(c * step, r * step) for r in range(side) for c in range(side)]
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*xy, strict=True)), crs="EPSG:4548")
    pairs = [(k, k + 1) for k in range(side * side) if k % side < side - 1]
    pairs += [(k, k + side) for k in range(side * (side - 1))]
    kept = [p for n, p in enumerate(pairs) if n % 5]
    edges = pd.DataFrame(kept, columns=["u", "v"]).assign(length_m=step)
    return Network.from_edges(nodes, edges, mode="walk")


def test_each_outline_is_its_site_s_reach_area(grid):
    sites = gpd.GeoSeries(
        gpd.points_from_xy([310, 820, 1500], [290, 900, 40]),
        index=["a", "b", "c"],
        crs="EPSG:4548",
    )
    drawn = site_outlines(grid, sites, cutoff_m=450, width_m=60)
    assert list(drawn.index) == ["a", "b", "c"]
    assert set(drawn["cutoff"]) == {450}
    exact = reach_areas(grid, sites, cutoffs_m=[450], width_m=60).set_index("site")
    for name in drawn.index:
        shape, true = drawn.geometry[name], exact.geometry[name]
        cell = drawn["cell_m"][name]
        # the strip does not narrow towards its end as the reach area does
        assert shape.buffer(2 * cell).covers(true)
        assert true.buffer(60 + 2 * cell).covers(shape)
    together = reach_outline(grid, sites, cutoff_m=450, width_m=60).geometry.iloc[0]
    union = shapely.union_all(drawn.geometry.to_numpy())
    assert union.symmetric_difference(together).area < 0.06 * together.area


def test_a_site_off_the_streets_has_no_row(grid):
    sites = gpd.GeoSeries(gpd.points_from_xy([300, 9000], [300, 9000]), crs="EPSG:4548")
    drawn = site_outlines(grid, sites, cutoff_min=5)
    assert list(drawn.index) == [0]
    assert np.isfinite(drawn.area).all()
    with pytest.raises(UsageError, match="only one"):
        site_outlines(grid, sites, cutoff_m=1, cutoff_min=1)


def test_one_way_streets_and_a_site_mid_street(grid):
    """By car along a ring of one-way streets: who goes to the site comes from behind it."""
    corners = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*corners, strict=True)), crs=4548)
    ring = pd.DataFrame({"u": [0, 1, 2, 3], "v": [1, 2, 3, 0], "length_m": 1000.0, "oneway": True})
    network = Network.from_edges(nodes, ring, mode="drive")
    site = gpd.GeoSeries(gpd.points_from_xy([500], [0]), crs=4548)
    to = site_outlines(network, site, cutoff_m=700, width_m=50).geometry.iloc[0]
    away = site_outlines(network, site, cutoff_m=700, width_m=50, direction="from_sites")
    for shape, (inside, outside) in (
        (to, ([(450, 0), (5, 0), (0, 150)], [(600, 0), (1000, 0), (0, 300)])),
        (away.geometry.iloc[0], ([(550, 0), (995, 0), (1000, 150)], [(400, 0), (0, 0)])),
    ):
        assert all(shape.covers(shapely.Point(at)) for at in inside)
        assert not any(shape.covers(shapely.Point(at)) for at in outside)


def test_far_reach_is_drawn_on_a_coarser_grid_alike(grid, monkeypatch):
    sites = gpd.GeoSeries(gpd.points_from_xy([310, 820], [290, 900]), crs="EPSG:4548")
    fine = site_outlines(grid, sites, cutoff_m=900, width_m=60)
    monkeypatch.setattr("geoplan.network.isochrones.outlines.site_outlines._MOST_CELLS", 1000)
    coarse = site_outlines(grid, sites, cutoff_m=900, width_m=60)
    assert (fine["cell_m"] == 25).all()
    assert (coarse["cell_m"] > 30).all()
    for one, other, cell in zip(fine.geometry, coarse.geometry, coarse["cell_m"], strict=True):
        assert one.buffer(2 * cell).covers(other)
        assert other.buffer(2 * cell).covers(one)


def test_no_streets_at_all_are_no_division_by_zero():
    sites = np.arange(3)
    [run] = _together(sites, np.zeros(3, np.int64))
    assert run.tolist() == [0, 1, 2]


def test_streets_by_runs_draw_the_same_outlines(grid, monkeypatch):
    sites = gpd.GeoSeries(gpd.points_from_xy([130, 910], [420, 1100]), crs=grid.crs)
    whole, each = reach_outline(grid, sites, cutoff_m=700), site_outlines(grid, sites, cutoff_m=700)
    monkeypatch.setattr(street_points, "MOST_EDGES", 30)
    assert reach_outline(grid, sites, cutoff_m=700).geometry.equals(whole.geometry)
    assert site_outlines(grid, sites, cutoff_m=700).geometry.equals(each.geometry)


def points_of(runs, group=0):
    """The points in the runs of a group."""
    own = zip(runs.first[runs.group == group], runs.last[runs.group == group], strict=True)
    return {tuple(xy) for first, last in own for xy in runs.xy[first:last]}


@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@pytest.mark.parametrize("seed", range(4))
def test_reached_are_the_points_of_streets_whose_nearest_site_is_near_enough(seed, direction):
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 1000, (30, 2))
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*places.T), crs="EPSG:4548")
    pairs = pd.DataFrame(rng.integers(0, 30, (45, 2)), columns=["u", "v"])
    pairs = pairs[pairs["u"] != pairs["v"]].drop_duplicates(ignore_index=True)
    length = np.hypot(*(places[pairs["u"]] - places[pairs["v"]]).T)
    edges = pairs.assign(length_m=length, oneway=rng.random(len(pairs)) < 0.4)
    streets = Network.from_edges(nodes, edges, mode="drive")
    # the last one stands at a node
    at = np.vstack([rng.uniform(0, 1000, (3, 2)), places[pairs["u"][0]]])
    sites = gpd.GeoSeries(shapely.points(at), crs="EPSG:4548")
    into = direction == "to_sites"
    along = street_points.street_points(streets, 12.5, np.arange(streets.n_edges))
    xy, part = along.xy, along.part
    edge = np.repeat(np.arange(streets.n_edges), along.last - along.first)
    ends = np.where(part == 0, streets.u[edge], np.where(part == 1, streets.v[edge], -1))
    there = replace(
        snap(streets, gpd.GeoSeries(shapely.points(xy), crs=streets.crs)),
        edge=edge.astype(np.int32),
        fraction=part,
        node=ends.astype(np.int32),
        snap_m=np.zeros(len(xy)),
        xy=xy,
    )

    def check(found, sites):
        near = nearest_site(streets, there, sites, unit="m", direction=direction)
        cost = near["cost_m"].fillna(np.inf).to_numpy()
        inside = {tuple(one) for one in xy[cost < 400.0 - 1e-6]}
        perhaps = {tuple(one) for one in xy[cost <= 400.0 + 1e-6]}
        assert inside <= found <= perhaps
        return len(found)

    (together,) = outline._reached(streets, sites, 400.0, "m", 500.0, into, None)
    assert 10 < check(points_of(together), sites) < len(xy) - 10
    query = AreaQuery(
        network=streets,
        sites=snapped(streets, sites, "the sites", max_snap_m=500.0, barriers=None),
        unit="m",
        cutoff=400.0,
        width=50.0,
        to_sites=into,
        travel=streets,
        threads=None,
    )
    ((at, costs),) = costs_per_site(query)
    each = _points_reached(query, _Streets.of(query), at, costs, 25.0)
    assert sum(check(points_of(each, k), sites.iloc[[k]]) for k in at) > 10
