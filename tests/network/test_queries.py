"""Travel questions against an oracle that splits edges at the points, in networkx."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st

import geoplan.network as gn
from geoplan.network import Network

CRS = "EPSG:4548"
FEW = settings(max_examples=40, deadline=None)


def frame(xy, index=None):
    geometry = [None if p is None else shapely.Point(p) for p in xy]
    return gpd.GeoDataFrame(geometry=geometry, index=index, crs=CRS)


class Oracle:
    """The same question, answered by cutting every edge at every point on it.

    Nothing is shared with the engine: snapping is brute force over all lines, the search is
    networkx's Dijkstra over a multigraph with a node for every point and every place.
    """

    def __init__(self, xy, edges, mode, max_snap=500.0):
        self.max_snap = max_snap
        self.edges = edges.reset_index(drop=True)
        self.lines = [shapely.LineString([xy[u], xy[v]]) for u, v in edges[["u", "v"]].to_numpy()]
        self.directed = mode == "drive"
        self.places = {}  # edge -> [(fraction, name)]
        self.legs = []  # (point, place, leg)
        self.nodes = range(len(xy))

    def add(self, names, points):
        for name, point in zip(names, points, strict=True):
            if point is None:
                continue
            gaps = [line.distance(shapely.Point(point)) for line in self.lines]
            e = int(np.argmin(gaps))
            if gaps[e] > self.max_snap:
                continue
            line = self.lines[e]
            f = line.project(shapely.Point(point), normalized=True) if line.length else 0.0
            row = self.edges.loc[e]
            against = self.directed and row.get("oneway", 0) == -1
            if line.length == 0:  # an edge drawn as a point: the end where its way begins
                place = row.v if against else row.u
            elif f <= 1e-9:
                place = row.u
            elif f >= 1 - 1e-9:
                place = row.v
            else:
                place = ("place", name)
                self.places.setdefault(e, []).append((f, place))
                twin = self.twin(row)
                if twin is not None:
                    back = f if self.edges.u[twin] == row.u else 1 - f
                    self.places.setdefault(twin, []).append((back, place))
            self.legs.append((name, place, gaps[e]))

    def twin(self, row):
        """The first one-way edge that leads back along a one-way edge (all lines are straight)."""
        if not self.directed or not row.get("oneway", 0) or row.u == row.v:
            return None
        start, end = (row.u, row.v) if row.oneway == 1 else (row.v, row.u)
        for e, other in self.edges.iterrows():
            ends = (other.u, other.v) if other.oneway == 1 else (other.v, other.u)
            if other.oneway and ends == (end, start):
                return e
        return None

    def graph(self, cost="length_m"):
        g = nx.MultiDiGraph()
        g.add_nodes_from(self.nodes)
        for e, row in self.edges.iterrows():
            ways = ["forward", "backward"]
            if self.directed and row.get("oneway", 0) == 1:
                ways = ["forward"]
            if self.directed and row.get("oneway", 0) == -1:
                ways = ["backward"]
            back_cost = row.get("minutes_back", row[cost]) if cost == "minutes" else row[cost]
            stops = sorted(self.places.get(e, []), key=lambda p: p[0])
            chain = [(0.0, row.u), *stops, (1.0, row.v)]
            for (f0, a), (f1, b) in pairwise(chain):
                if "forward" in ways or f0 == f1:
                    g.add_edge(a, b, weight=(f1 - f0) * row[cost])
                if "backward" in ways or f0 == f1:
                    g.add_edge(b, a, weight=(f1 - f0) * back_cost)
        for name, place, leg in self.legs:
            g.add_edge(("point", name), place, weight=leg * self.leg_cost(cost))
            g.add_edge(place, ("point", name), weight=leg * self.leg_cost(cost))
        return g

    @staticmethod
    def leg_cost(cost):
        return 1.0 if cost == "length_m" else 1 / 60.0

    def matrix(self, demand, sites, cost="length_m", direction="to_sites"):
        """Costs demand x sites, NaN = no path. Points are left only at their ends."""
        full = self.graph(cost)
        out = np.full((len(demand), len(sites)), np.nan)
        for j, s in enumerate(sites):
            if ("point", s) not in full:
                continue
            # a point is no thoroughfare: walking onto and off another point's leg never pays
            g = full.reverse() if direction == "to_sites" else full
            reach = nx.single_source_dijkstra_path_length(g, ("point", s), weight="weight")
            for i, d in enumerate(demand):
                out[i, j] = reach.get(("point", d), np.nan)
        return out


@st.composite
def cases(draw):
    """Small graphs on a coarse grid: islands, parallel edges, self-loops, equal coordinates."""
    n = draw(st.integers(2, 7))
    cell = st.integers(0, 3).map(lambda k: 100.0 * k)
    xy = [(draw(cell), draw(cell)) for _ in range(n)]
    node = st.integers(0, n - 1)
    rows = draw(
        st.lists(
            st.tuples(node, node, st.sampled_from([0, 0, 1, -1]), st.floats(0.5, 2.0)),
            min_size=1,
            max_size=12,
        )
    )
    edges = pd.DataFrame(
        {
            "u": [r[0] for r in rows],
            "v": [r[1] for r in rows],
            "oneway": [r[2] for r in rows],
            "length_m": [np.hypot(*np.subtract(xy[r[0]], xy[r[1]])) * r[3] for r in rows],
        }
    )
    edges["minutes"] = edges["length_m"] / 45.0
    edges["minutes_back"] = edges["length_m"] / 80.0
    spot = st.tuples(st.integers(-4, 34), st.integers(-4, 34)).map(
        lambda p: (10.0 * p[0], 10.0 * p[1])
    )
    point = st.one_of(spot, spot, st.sampled_from(xy), st.none())
    homes = draw(st.lists(point, min_size=1, max_size=8))
    goals = draw(st.lists(point, min_size=0, max_size=5))
    return xy, edges, homes, goals


def solve(case, mode, **options):
    xy, edges, homes, goals = case
    network = Network.from_edges(frame(xy), edges, mode=mode, speed_m_s=1.0)
    demand = frame(homes, [f"d{i}" for i in range(len(homes))])
    sites = frame(goals, [f"s{j}" for j in range(len(goals))])
    oracle = Oracle(xy, edges, mode, options.get("max_snap_m", 500.0))
    oracle.add(demand.index, homes)
    oracle.add(sites.index, goals)
    return network, demand, sites, oracle


@pytest.mark.parametrize("mode", ["walk", "drive"])
@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@FEW
@given(case=cases())
def test_all_pairs_agree_with_networkx(mode, direction, case):
    network, demand, sites, oracle = solve(case, mode)
    costs = gn.travel_costs(network, demand, sites, direction=direction)
    want = oracle.matrix(demand.index, sites.index, direction=direction)
    np.testing.assert_allclose(costs.to_dense().to_numpy(), want, atol=1e-5)


@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@FEW
@given(case=cases())
def test_minutes_that_differ_each_way_agree_with_networkx(direction, case):
    network, demand, sites, oracle = solve(case, "drive")
    costs = gn.travel_costs(network, demand, sites, unit="min", direction=direction)
    want = oracle.matrix(demand.index, sites.index, cost="minutes", direction=direction)
    assert costs.unit == "min"
    np.testing.assert_allclose(costs.to_dense().to_numpy(), want, atol=1e-6)


@pytest.mark.parametrize("mode", ["walk", "drive"])
@FEW
@given(case=cases(), cutoff=st.sampled_from([0.0, 50.0, 100.0, 240.0, 400.0]))
def test_a_cutoff_keeps_exactly_the_pairs_within_it(mode, case, cutoff):
    network, demand, sites, oracle = solve(case, mode, max_snap_m=60.0)
    costs = gn.travel_costs(network, demand, sites, cutoff_m=cutoff, max_snap_m=60.0)
    want = oracle.matrix(demand.index, sites.index)
    want[want > cutoff + 1e-6] = np.nan
    got = costs.to_dense().to_numpy()
    np.testing.assert_allclose(got, want, atol=1e-5)
    assert not (got > cutoff).any()  # rounding never leads past the cutoff
    assert costs.matrix.nnz == np.isfinite(want).sum()


@pytest.mark.parametrize("mode", ["walk", "drive"])
@FEW
@given(case=cases(), cutoff=st.sampled_from([None, 0.0, 130.0, 400.0]))
def test_nearest_site_and_its_reason_agree_with_networkx(mode, case, cutoff):
    network, demand, sites, oracle = solve(case, mode, max_snap_m=60.0)
    near = gn.nearest_site(network, demand, sites, cutoff_m=cutoff, max_snap_m=60.0)
    want = oracle.matrix(demand.index, sites.index)
    on = {name for name, _, _ in oracle.legs}
    assert near.index.equals(demand.index)
    for i, (label, row) in enumerate(near.iterrows()):
        costs = want[i][np.isfinite(want[i])]
        if demand.geometry[label] is None:
            reason = "unlocated"
        elif label not in on:
            reason = "off_network"
        elif not on & set(sites.index):
            reason = "beyond"
        elif len(costs) == 0:
            reason = "cut_off"
        elif cutoff is not None and costs.min() > cutoff + 1e-6:
            reason = "beyond"
        else:
            reason = ""
        assert row["reason"] == reason
        if reason:
            assert near["site"].array[i] is pd.NA
            assert np.isnan(row["cost_m"])
        else:
            assert row["cost_m"] == pytest.approx(costs.min(), abs=1e-5)
            chosen = want[i, sites.index.get_loc(row["site"])]
            assert chosen == pytest.approx(costs.min(), abs=1e-5)


@FEW
@given(case=cases())
def test_one_to_all_agrees_with_networkx(case):
    network, _, sites, oracle = solve(case, "drive")
    got = gn.one_to_all(network, sites)
    g = oracle.graph()
    starts = [("point", s) for s in sites.index if ("point", s) in g]
    reach = nx.multi_source_dijkstra_path_length(g, starts, weight="weight") if starts else {}
    want = [reach.get(node, np.nan) for node in got.index]
    np.testing.assert_allclose(got.to_numpy(), want, atol=1e-5)


@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@FEW
@given(case=cases(), k=st.integers(1, 4), cutoff=st.sampled_from([None, 150.0]))
def test_k_nearest_agrees_with_all_pairs(direction, case, k, cutoff):
    network, demand, sites, oracle = solve(case, "drive")
    got = gn.k_nearest(network, demand, sites, k=k, cutoff_m=cutoff, direction=direction)
    want = oracle.matrix(demand.index, sites.index, direction=direction)
    if cutoff is not None:
        want[want > cutoff + 1e-6] = np.nan
    for i, label in enumerate(demand.index):
        mine = got[got["demand"] == label]
        least = np.sort(want[i][np.isfinite(want[i])])[:k]
        np.testing.assert_allclose(mine["cost_m"], least, atol=1e-5)
        assert mine["rank"].tolist() == list(range(1, len(least) + 1))
        chosen = want[i, sites.index.get_indexer(mine["site"])]
        np.testing.assert_allclose(mine["cost_m"], chosen, atol=1e-5)
        assert mine["site"].is_unique


@pytest.mark.parametrize("unit", ["m", "min"])
@FEW
@given(case=cases())
def test_routes_cost_what_travel_costs_says_and_are_drawn_in_full(unit, case):
    xy, edges, homes, goals = case
    # drawn length = length_m here, so that a route's drawing can be measured
    edges = edges.drop(columns=["length_m"])
    network, demand, sites, _ = solve((xy, edges, homes, goals), "drive")
    costs = gn.travel_costs(network, demand, sites, unit=unit).to_dense()
    for d in demand.index:
        for s in sites.index:
            way = gn.route(network, demand.loc[[d]], sites.loc[[s]], unit=unit)
            if np.isnan(costs.loc[d, s]):
                assert way.reason
                assert way.geometry is None
                assert np.isnan(way.cost)
                continue
            assert way.cost == pytest.approx(costs.loc[d, s], abs=1e-6)
            ends = shapely.get_coordinates(way.geometry)[[0, -1]]
            np.testing.assert_allclose(ends[0], demand.geometry[d].coords[0], atol=1e-5)
            np.testing.assert_allclose(ends[1], sites.geometry[s].coords[0], atol=1e-5)
            if unit == "m":
                assert way.geometry.length == pytest.approx(way.cost, abs=1e-4)
