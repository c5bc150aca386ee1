"""Sweeps over the order of elimination find the distances that Dijkstra finds."""

from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from geoplan.network import Network
from geoplan.network.graph.arcs import build_graph
from geoplan.network.search import many_to_many
from geoplan.network.search.elimination import LANES, eliminate, new_sweep, sweep_from
from geoplan.network.search.travel_query import TravelQuery, parse_cutoff, snapped

from .test_queries import FEW, cases, frame


def random_graph(rng, n):
    """Any arcs: one-way, doubled, loops, costs of nothing; a few nodes that nothing leads to."""
    m = int(rng.integers(n, 4 * n))
    u, v = rng.integers(n, size=(2, m)).astype(np.int32)
    go, back = (np.where(rng.random(m) < 0.2, np.inf, rng.integers(0, 40, m) / 8) for _ in "ab")
    return build_graph(u, v, go, back, n)


@pytest.mark.parametrize("seed", range(20))
def test_sweeps_equal_dijkstra(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 120))
    graph = random_graph(rng, n)
    upward = eliminate(graph)
    assert sorted(upward.rank.tolist()) == list(range(n))
    targets = np.flatnonzero(rng.random(n) < 0.5).astype(np.int32)
    # scipy takes an arc of 0 for none, and adds doubled ones: a little more, and the cheapest
    tail = np.repeat(np.arange(n), np.diff(graph.indptr))
    arcs = pd.DataFrame({"u": tail, "v": graph.indices, "w": graph.weights + 1e-9})
    arcs = arcs.groupby(["u", "v"], as_index=False)["w"].min()
    matrix = sparse.csr_matrix((arcs["w"], (arcs["u"], arcs["v"])), shape=(n, n))
    ways = dijkstra(matrix)
    sweep = new_sweep(upward, targets)
    for count in (LANES, 7):  # the second time over what the first has left behind
        node = rng.integers(-1, n, size=(count, 2)).astype(np.int32)
        cost = np.where(node < 0, np.inf, rng.integers(0, 40, size=(count, 2)) / 8)
        sweep_from(upward, sweep, node, cost)
        want = np.where(node[..., None] < 0, np.inf, cost[..., None] + ways[node]).min(axis=1)
        found = sweep.dist[upward.rank[targets], :count].T
        np.testing.assert_allclose(found, want[:, targets], atol=1e-6)


@pytest.mark.parametrize("to_sites", [True, False])
@FEW
@given(case=cases(), cutoff=st.sampled_from([None, 0.0, 2.0, 6.0]))
def test_pairs_by_sweeps_are_those_by_searches(to_sites, case, cutoff):
    xy, edges, homes, goals = case
    network = Network.from_edges(frame(xy), edges, mode="drive", speed_m_s=1.0)
    demand, sites = frame(homes), frame(goals)
    query = TravelQuery(
        network=network,
        demand=snapped(network, demand, "the demand points"),
        sites=snapped(network, sites, "the sites"),
        cutoff=parse_cutoff(None, cutoff, "min"),
        to_sites=to_sites,
        threads=1,
    )
    usual = many_to_many.all_pairs(query)
    with patch.multiple(many_to_many, _SWEEP_SHARE=0.0, _ELIMINATION=0):
        swept = many_to_many.all_pairs(query, sweeps=True)
    assert (usual.indptr == swept.indptr).all()
    assert (usual.indices == swept.indices).all()
    np.testing.assert_allclose(usual.data, swept.data, atol=2e-8)


def test_many_searches_over_a_whole_city_are_sweeps():
    step = np.arange(30) * 100.0
    x, y = (part.ravel() for part in np.meshgrid(step, step))
    spots = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=4548)
    at = np.arange(900).reshape(30, 30)
    u = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    v = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    edges = pd.DataFrame({"u": u, "v": v, "length_m": 100.0})
    network = Network.from_edges(gpd.GeoDataFrame(geometry=spots), edges, mode="walk")
    points = snapped(network, spots, "the points")
    for cutoff, expected in ((None, 1), (1000.0, 0)):
        query = TravelQuery(
            network=network,
            demand=points,
            sites=points,
            cutoff=parse_cutoff(cutoff, None, "m"),
            to_sites=True,
            threads=2,
        )
        with patch.object(many_to_many, "many_swept", wraps=many_to_many.many_swept) as kernel:
            found = many_to_many.all_pairs(query, sweeps=True).toarray()
        assert bool(kernel.call_count) == bool(expected)
        apart = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
        want = apart if cutoff is None else np.where(apart <= cutoff, apart, 0)
        np.testing.assert_allclose(found, want)
