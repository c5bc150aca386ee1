"""Costs in tiles are the costs over the whole network, to the last bit, whatever the tiles.

The oracle is `travel_costs`. Towns are made up: streets missing, one-way, kept as two edges, or
shorter and longer than they are drawn; points off the network, beyond a barrier or nowhere.
"""

from __future__ import annotations

import pickle
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.network import Network, travel_costs
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.network.search import cost_tiles
from geoplan.network.search.cost_tiles import cut, one_by_one, straight_metres, tile_costs

CRS = "EPSG:4548"
SIDE, STEP_M = 16, 100.0


def town(seed: int, *, shortest: float = 1.0, twins: bool = True) -> Network:
    """Streets of a lattice; lengths are `shortest` to 2 times as drawn."""
    rng = np.random.default_rng(seed)
    column, row = (part.ravel() for part in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    xy = np.column_stack([column, row]) * STEP_M + rng.uniform(-20, 20, (SIDE * SIDE, 2))
    here = np.arange(len(xy))
    u = np.concatenate([here[column < SIDE - 1], here[row < SIDE - 1]])
    v = np.concatenate([here[column < SIDE - 1] + 1, here[row < SIDE - 1] + SIDE])
    there = rng.random(len(u)) > 1 / 5
    u, v = u[there], v[there]
    bend = (xy[u] + xy[v]) / 2 + rng.uniform(-15, 15, (len(u), 2))
    lines = shapely.linestrings(np.stack([xy[u], bend, xy[v]], axis=1))
    factor = rng.uniform(shortest, 2.0, len(u)) * (rng.random(len(u)) < 0.3)
    length = shapely.length(lines) * np.where(factor > 0, factor, 1.0)
    oneway = rng.random(len(u)) < 0.2
    edges = gpd.GeoDataFrame(
        {"u": u, "v": v, "length_m": length, "oneway": oneway}, geometry=lines, crs=CRS
    )
    if twins:  # a two-way street as routing graphs keep it
        back = edges[edges["oneway"]].sample(frac=0.5, random_state=seed)
        back = back.rename(columns={"u": "v", "v": "u"}).assign(
            geometry=shapely.reverse(back.geometry)
        )
        edges = gpd.GeoDataFrame(pd.concat([edges, back], ignore_index=True), crs=CRS)
    corners = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    return Network.from_edges(corners, edges, mode="drive", speed_m_s=7.0)


def places(seed: int, count: int, name: str) -> gpd.GeoDataFrame:
    """Points in and around a town, two of them upon each other, one nowhere."""
    rng = np.random.default_rng(seed)
    points = shapely.points(rng.uniform(-250, SIDE * STEP_M + 150, (count, 2)))
    points[1], points[2] = points[0], None
    return gpd.GeoDataFrame(index=[f"{name}{i}" for i in range(count)], geometry=points, crs=CRS)


def assert_equal(found: TravelCosts, whole: TravelCosts) -> None:
    for part in ("indptr", "indices", "data"):
        one, other = getattr(found.matrix, part), getattr(whole.matrix, part)
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes(), part
    assert (found.unit, found.method, found.cutoff) == (whole.unit, whole.method, whole.cutoff)
    pd.testing.assert_series_equal(found.demand_state, whole.demand_state)
    pd.testing.assert_series_equal(found.site_state, whole.site_state)
    assert found.demand_index.equals(whole.demand_index)
    assert found.site_index.equals(whole.site_index)


def in_tiles(network: Network, *points: Any, edges: int, **options: Any) -> tuple[int, TravelCosts]:
    """How many tiles there are, and their costs put together, worked out last first."""
    tiled = cut(network, *points, most_edges=edges, **options)
    assert tiled is not None
    sent = [(k, pickle.loads(pickle.dumps(tiled.tile(k)))) for k in range(len(tiled))]
    return len(tiled), tiled.put_together((k, tile_costs(tile)) for k, tile in reversed(sent))


WALL = gpd.GeoDataFrame(
    geometry=[shapely.LineString([(-300, 730), (2000, 770)]), shapely.LineString([(0, 0), (1, 1)])],
    crs=CRS,
)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "options",
    [
        {"cutoff_m": 450.0, "max_snap_m": 60.0},
        {"cutoff_min": 1.5, "max_snap_m": 90.0, "direction": "from_sites"},
        {"cutoff_m": 300.0, "max_snap_m": 200.0, "barriers": WALL},
        {"cutoff_m": 0.0, "max_snap_m": 30.0},
    ],
)
def test_tiles_give_the_pairs_of_the_whole(seed: int, options: Any) -> None:
    network = town(seed, shortest=0.2 if seed % 2 else 1.0)
    demand, sites = places(seed + 100, 260, "d"), places(seed + 200, 150, "s")
    whole = travel_costs(network, demand, sites, **options)
    assert whole.matrix.nnz or not options["cutoff_m"]
    for edges in (30, 120, 10_000):
        count, found = in_tiles(network, demand, sites, edges=edges, **options)
        assert count > 1 or edges == 10_000
        assert_equal(found, whole)


def test_ground_is_taken_wider_where_streets_are_shorter_than_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A halo of the cutoff in metres as drawn, or a tiny one, would lose pairs."""
    network = town(1)
    short = network.edges_frame().assign(length_m=lambda e: e.length / 5)
    network = Network.from_edges(network.nodes_frame(), short, mode="drive", speed_m_s=7.0)
    assert straight_metres(network, "m") == pytest.approx(5)
    assert straight_metres(network, "min") == pytest.approx(5 * 420)
    demand, sites = places(7, 300, "d"), places(8, 200, "s")
    options: Any = {"cutoff_m": 150.0, "max_snap_m": 50.0}
    whole = travel_costs(network, demand, sites, **options)
    assert_equal(in_tiles(network, demand, sites, edges=25, **options)[1], whole)
    monkeypatch.setattr(cost_tiles, "straight_metres", lambda network, unit: 1.0)
    lost = in_tiles(network, demand, sites, edges=25, **options)[1]
    assert lost.matrix.nnz < whole.matrix.nnz
    monkeypatch.setattr(cost_tiles, "straight_metres", lambda network, unit: 0.0)
    assert in_tiles(network, demand, sites, edges=25, **options)[1].matrix.nnz < lost.matrix.nnz


def test_the_way_from_a_drawn_end_to_its_node_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A street of many short edges, each drawn a little shorter than from node to node."""
    x = np.arange(0, 400, 2.0)
    ends = np.column_stack([x[:-1] + 0.4, x[1:] - 0.4])
    lines = [shapely.LineString([(a, 0), (b, 0)]) for a, b in ends]
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, np.zeros(len(x))), crs=CRS)
    edges = gpd.GeoDataFrame(
        {"u": np.arange(len(lines)), "v": np.arange(len(lines)) + 1, "length_m": 1.2},
        geometry=lines,
        crs=CRS,
    )
    network = Network.from_edges(nodes, edges, mode="walk")
    assert straight_metres(network, "m") == pytest.approx(2 / 1.2)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, np.zeros(len(x))), crs=CRS)
    demand, sites = points.rename(index="d{}".format), points.rename(index="s{}".format)
    options: Any = {"cutoff_m": 100.0, "max_snap_m": 1.0}
    whole = travel_costs(network, demand, sites, **options)
    assert_equal(in_tiles(network, demand, sites, edges=20, **options)[1], whole)
    monkeypatch.setattr(cost_tiles, "_ends_beside", lambda network: np.zeros(network.n_edges))
    lost = in_tiles(network, demand, sites, edges=20, **options)[1]
    assert lost.matrix.nnz < whole.matrix.nnz


def test_what_cannot_be_cut_is_left_whole() -> None:
    """A street that costs nothing, no bound at all, and points that a query would refuse."""
    network, demand, sites = town(3), places(1, 20, "d"), places(2, 20, "s")
    bounds: Any = {"cutoff_m": 300.0, "max_snap_m": 100.0, "most_edges": 50}
    assert cut(network, demand, sites, **bounds) is not None
    assert cut(network, demand, sites, **{**bounds, "cutoff_m": None}) is None
    assert cut(network, demand, sites, **{**bounds, "max_snap_m": None}) is None
    assert cut(network, demand.to_crs(4549), sites, **bounds) is None
    assert cut(network, demand, pd.concat([sites, sites]), **bounds) is None
    assert cut(network, demand, sites.buffer(9).to_frame("geometry"), **bounds) is None
    with np.errstate(invalid="ignore"):
        broken = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (np.nan, 1)])], crs=CRS)
    assert cut(network, demand, sites, **bounds, barriers=broken) is None
    free = network.edges_frame().assign(length_m=lambda e: e["length_m"].where(e.index != 5, 0.0))
    free = Network.from_edges(network.nodes_frame(), free, mode="drive")
    assert cut(free, demand, sites, **bounds) is None


def test_points_far_from_every_street_have_their_states() -> None:
    """Tiles without streets, and tiles with points and no sites."""
    network = town(4)
    demand, sites = places(1, 40, "d"), places(2, 9, "s")
    far = gpd.GeoDataFrame(geometry=shapely.points([[9e4, 9e4], [-5e4, 300]]), crs=CRS)
    demand, sites = pd.concat([demand, far]), pd.concat([sites, far.rename(index=str)])
    options: Any = {"cutoff_m": 300.0, "max_snap_m": 60.0}
    whole = travel_costs(network, demand, sites, **options)
    tiled = cut(network, demand, sites, most_edges=40, **options)
    assert tiled is not None
    assert_equal(tiled.put_together(one_by_one(len(tiled), tiled.tile)), whole)
    nobody = demand.iloc[:0]
    assert_equal(
        in_tiles(network, nobody, sites, edges=40, **options)[1],
        travel_costs(network, nobody, sites, **options),
    )
