"""Bounded and multi-source search on plain graphs, against scipy: awkward weights and buckets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from geoplan.network.graph.arcs import build_graph
from geoplan.network.search import bounded, multi_source
from geoplan.network.search.bucket_queue import FULL, arcs_of, bucket_width, entries_of


def random_graph(seed, n, m, weights):
    rng = np.random.default_rng(seed)
    u = rng.integers(0, n, m).astype(np.int32)
    v = rng.integers(0, n, m).astype(np.int32)
    forward = weights(rng, m)
    backward = np.where(rng.random(m) < 0.3, np.inf, weights(rng, m))
    return u, v, forward, backward


WEIGHTS = {
    "even": lambda rng, m: rng.random(m) * 100,
    "whole": lambda rng, m: rng.integers(0, 4, m).astype(float),  # zeros and many ties
    "powers": lambda rng, m: 2.0 ** rng.integers(-30, 20, m),  # far below and above a bucket
    "tiny": lambda rng, m: rng.random(m) * 1e-9,
    "one huge": lambda rng, m: np.where(np.arange(m) == 0, 1e7, rng.random(m)),
    "zero": lambda rng, m: np.zeros(m),
}


def search(graph, nodes, costs, labels=None, limit=np.inf, width=None, shift=None, window=3):
    """`width`: of a bucket; `shift`: blocks of 2**shift nodes, done `window` buckets at a time."""
    cost_range = float(np.ptp(costs))
    queue = multi_source.BlockWorkspace(graph, cost_range=cost_range, limit=limit).queue
    if width is not None or shift is not None:
        span = min(max(graph.weights.max(initial=0.0), cost_range), limit)
        scale = queue.scale if width is None else 1 / width
        shift = queue.shift if shift is None else shift
        buckets = 1 << int(span * scale + window + 2).bit_length()
        head = np.full(((graph.n_nodes >> shift) + 1, buckets), -1, np.int32)
        queue = queue._replace(scale=scale, shift=shift, window=window, head=head)
    labels = np.arange(len(nodes), dtype=np.int32) if labels is None else labels
    seeds = multi_source.Seeds(np.asarray(nodes, np.int32), np.asarray(costs, float), labels)
    nearest = multi_source.nothing_reached(graph, parents=True)
    assert multi_source.search_blocks(arcs_of(graph), queue, seeds, nearest, limit) == 0
    return nearest


def scipy_costs(u, v, forward, backward, n, sources):
    """Parallel edges: the cheapest counts. Zero weights: scipy drops them, so they are shifted
    to the smallest positive float."""
    best = {}
    for a, b, c in [*zip(u, v, forward, strict=True), *zip(v, u, backward, strict=True)]:
        if np.isfinite(c):
            best[a, b] = min(best.get((a, b), np.inf), c)
    rows, columns = zip(*best, strict=True) if best else ((), ())
    data = np.maximum(np.array(list(best.values())), 1e-300)
    matrix = sparse.csr_array((data, (rows, columns)), shape=(n, n))
    return csgraph.dijkstra(matrix, indices=sources)


@pytest.mark.parametrize("kind", WEIGHTS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 40), density=st.floats(0.3, 3))
def test_distances_agree_with_scipy(kind, seed, n, density):
    edges = random_graph(seed, n, max(1, int(n * density)), WEIGHTS[kind])
    graph = build_graph(*edges, n)
    dist, _, _ = search(graph, [0], [0.0])
    np.testing.assert_allclose(dist, scipy_costs(*edges, n, 0), rtol=1e-12, atol=1e-200)
    back = build_graph(*edges, n, reverse=True)
    dist, _, _ = search(back, [0], [0.0])
    u, v, forward, backward = edges
    np.testing.assert_allclose(
        dist, scipy_costs(v, u, forward, backward, n, 0), rtol=1e-12, atol=1e-200
    )


@pytest.mark.parametrize("kind", WEIGHTS)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000), n=st.integers(2, 40), limit=st.sampled_from([np.inf, 60.0, 0.0])
)
def test_bounded_searches_agree_with_scipy(kind, seed, n, limit):
    """One workspace for all sources: each search leaves what the next one needs."""
    edges = random_graph(seed, n, 2 * n, WEIGHTS[kind])
    graph = build_graph(*edges, n)
    bound = min(limit, np.finfo(float).max)
    work = bounded.Workspace(graph, limit=bound)
    dist, reached = work.distances
    whole = scipy_costs(*edges, n, np.arange(n))
    for source in range(n):
        met = bounded.bounded_search(
            arcs_of(graph),
            work.queue,
            work.distances,
            np.array([source, -1], np.int32),
            np.array([0.0, np.inf]),
            bound,
        )
        found = reached[:met]
        assert set(found) == set(np.flatnonzero(whole[source] <= bound + 1e-200))
        np.testing.assert_allclose(dist[found], whole[source][found], rtol=1e-12, atol=1e-200)
        dist[found] = np.inf
        assert np.isinf(dist).all()
        assert (work.queue.head == -1).all()


@pytest.mark.parametrize("kind", WEIGHTS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 30))
def test_the_bucket_width_never_changes_the_answer(kind, seed, n):
    """Distances and labels are the same to the last bit for any width."""
    graph = build_graph(*random_graph(seed, n, 2 * n, WEIGHTS[kind]), n)
    top = max(graph.weights.max(initial=0.0), 1e-9)
    seeds, costs = [0, n - 1, n // 2], [0.0, top / 3, 0.0]
    first = search(graph, seeds, costs)
    for width in (top / 1000, top / 7, top * 10):
        again = search(graph, seeds, costs, width=width)
        np.testing.assert_array_equal(first[0], again[0])
        np.testing.assert_array_equal(first[1], again[1])


@pytest.mark.parametrize("kind", WEIGHTS)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 60),
    shift=st.integers(0, 4),
    window=st.integers(1, 9),
    limit=st.sampled_from([np.inf, 60.0, 2.0]),
)
def test_blocks_and_windows_never_change_the_answer(kind, seed, n, shift, window, limit):
    """However the nodes are divided and however far a block runs ahead of its neighbours."""
    graph = build_graph(*random_graph(seed, n, 2 * n, WEIGHTS[kind]), n)
    top = max(graph.weights.max(initial=0.0), 1e-9)
    seeds, costs = [0, n - 1, n // 2, n // 3], [0.0, top / 3, 0.0, top / 5]
    whole = search(graph, seeds, costs, limit=limit)
    parts = search(graph, seeds, costs, limit=limit, shift=shift, window=window)
    np.testing.assert_array_equal(whole[0], parts[0])
    np.testing.assert_array_equal(whole[1], parts[1])
    tail = np.repeat(np.arange(n), np.diff(graph.indptr))
    came = np.flatnonzero(parts[2] >= 0)
    arc = parts[2][came]
    np.testing.assert_array_equal(graph.indices[arc], came)
    np.testing.assert_array_equal(parts[0][tail[arc]] + graph.weights[arc], parts[0][came])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 30))
def test_ties_go_to_the_smallest_label(seed, n):
    edges = random_graph(seed, n, 2 * n, WEIGHTS["whole"])
    graph = build_graph(*edges, n)
    rng = np.random.default_rng(seed)
    seeds = rng.integers(0, n, 4)
    dist, label, parent = search(graph, seeds, np.zeros(4))
    each = np.array([search(graph, [s], [0.0])[0] for s in seeds])
    np.testing.assert_array_equal(dist, each.min(axis=0))
    want = np.where(np.isfinite(dist), each.argmin(axis=0), -1)
    np.testing.assert_array_equal(label, want)
    for node in np.flatnonzero(parent >= 0):
        tail = np.searchsorted(graph.indptr, parent[node], side="right") - 1
        assert graph.indices[parent[node]] == node
        assert dist[tail] + graph.weights[parent[node]] == dist[node]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.floats(0, 300))
def test_a_limit_only_cuts(seed, limit):
    graph = build_graph(*random_graph(seed, 30, 60, WEIGHTS["even"]), 30)
    whole, _, _ = search(graph, [0], [0.0])
    cut, _, _ = search(graph, [0], [0.0], limit=limit)
    np.testing.assert_array_equal(cut, np.where(whole <= limit, whole, np.inf))


def test_a_full_queue_says_so_and_is_enlarged():
    graph = build_graph(*random_graph(1, 200, 600, WEIGHTS["even"]), 200)
    work = multi_source.BlockWorkspace(graph)
    work.queue = work.queue._replace(entries=entries_of(4))
    dist, _, _ = search(graph, [0], [0.0])
    start = np.array([0], np.int32)
    seeds = multi_source.Seeds(start, np.zeros(1), start)

    def once():
        nearest = multi_source.nothing_reached(graph)
        return multi_source.search_blocks(
            arcs_of(graph), work.queue, seeds, nearest, np.inf
        ), nearest

    tries = 0
    code, nearest = once()
    while code == FULL:
        work.enlarge()
        tries += 1
        code, nearest = once()
    assert tries > 0
    np.testing.assert_array_equal(nearest.dist, dist)


def test_bucket_width_is_bounded():
    u = np.zeros(5000, np.int32)
    v = np.ones(5000, np.int32)
    cost = np.full(5000, 1e-6)
    cost[-1] = 1e9
    graph = build_graph(u, v, cost, cost, 2)
    width, buckets = bucket_width(graph)
    assert buckets <= 1 << 17
    assert buckets * width > 1e9
    assert bucket_width(build_graph(u, v, 0 * cost, 0 * cost, 2))[0] == 1.0
