"""Pairs by site into rows of demand, against scipy's own sparse matrices."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse

from geoplan.network.search.csr_assembly import (
    Chunk,
    assemble_csr,
    block_bits,
    count_rows,
    sort_by_block,
)


def chunks_of(dense, order, parts, bits, rng):
    """Chunks as a search would leave them: each site's points in no special order."""
    counts = np.zeros(len(order), np.int64)
    chunks = []
    for part in parts:
        sites = np.sort(part).astype(np.int32)
        met = [rng.permutation(np.flatnonzero(dense[order, s] > 0)) for s in sites]
        starts = np.concatenate([[0], np.cumsum([len(m) for m in met])]).astype(np.int64)
        points = np.concatenate([*met, [7, 7]]).astype(np.int32)  # what an older chunk left behind
        costs = np.concatenate(
            [*(dense[order[m], s] for m, s in zip(met, sites, strict=True)), [0.0, 0.0]]
        )
        chunk = Chunk(sites, *sort_by_block(starts, points, costs, bits, len(order)))
        count_rows(chunk.points, counts)
        chunks.append(chunk)
    return chunks, counts


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 90),
    sites=st.integers(1, 40),
    filled=st.sampled_from([0.0, 0.02, 0.3, 1.0]),
    bits=st.integers(0, 7),
    threads=st.sampled_from([1, 3]),
)
def test_rows_are_those_of_scipy(seed, rows, sites, filled, bits, threads):
    rng = np.random.default_rng(seed)
    order = rng.permutation(rows)[: rng.integers(1, rows + 1)]  # the others are off the network
    dense = np.zeros((rows, sites))
    dense[order] = rng.random((len(order), sites)) + 1.0
    dense[rng.random(dense.shape) >= filled] = 0.0
    parts = np.array_split(rng.permutation(sites), rng.integers(1, sites + 1))
    chunks, counts = chunks_of(dense, order, parts, bits, rng)
    got = assemble_csr(chunks, counts, order, bits, dense.shape, threads=threads)
    want = sparse.csr_matrix(dense)
    assert chunks == []
    assert got.has_canonical_format
    for name in ("indptr", "indices", "data"):
        one, other = getattr(got, name), getattr(want, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_chunks_are_let_go_of():
    rng = np.random.default_rng(0)
    dense = rng.random((64, 12)) + 1.0
    chunks, counts = chunks_of(dense, np.arange(64), np.split(np.arange(12), 4), 3, rng)
    alive = [weakref.ref(chunk.costs) for chunk in chunks]
    assemble_csr(chunks, counts, np.arange(64), 3, dense.shape, threads=1)
    assert [ref() for ref in alive] == [None] * 4


@pytest.mark.parametrize("points", [0, 1, 31, 32, 1000, 200_000, 5_000_000])
def test_blocks_are_many_and_not_large(points):
    size = 1 << block_bits(points)
    assert size <= 8192
    assert points // size >= 16 or size == 1024
