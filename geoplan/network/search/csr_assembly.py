"""Assembles the CSR matrix of demand by sites from pairs listed by site, without sorting rows.

Demand points are numbered in spatial order and taken in blocks of neighbours. Each chunk of sites
sorts its pairs by block while they are in the processor's cache (`sort_by_block`). Then each block
is filled independently, its sites in the order of their columns, so that every row comes out
sorted; its rows are few enough to stay in the cache. Blocks share no row, so threads fill them in
any order, and a chunk's memory is freed with its last block.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.kernels import inner_kernel, kernel
from geoplan.parallel import run

#: a block has 2**10 to 2**13 points: at most what stays in a core's cache, at least what is worth
#: a call, and in between so few that there are blocks enough for all threads
_LEAST_BITS, _MOST_BITS, _MIN_BLOCKS = 10, 13, 32


class Chunk(NamedTuple):
    """The pairs of some sites, by block and, inside a block, by site.

    sites : columns, ascending. first : the first block. sizes : (blocks, sites) numbers of pairs.
    starts : (blocks + 1,) where each block's pairs are stored in `points` and `costs`.
    """

    sites: NDArray[np.int32]
    first: int
    sizes: NDArray[np.int32]
    starts: NDArray[np.int64]
    points: NDArray[np.int32]
    costs: NDArray[np.float64]


@inner_kernel
def lengthened(values, used, size):
    """An array of `size` that begins with the first `used` of `values`; the rest is not set."""
    longer = np.empty(size, values.dtype)
    for i in range(used):  # a slice would compile the text of an error that cannot come up
        longer[i] = values[i]
    return longer


def block_bits(n_points: int) -> int:
    """Size of a block of points, as a power of two."""
    return max(_LEAST_BITS, min(_MOST_BITS, (n_points // _MIN_BLOCKS).bit_length()))


def assemble_csr(
    chunks: list[Chunk],
    counts: NDArray[np.int64],
    order: NDArray[np.int64],
    bits: int,
    shape: tuple[int, int],
    *,
    threads: int | None = None,
) -> sparse.csr_matrix:
    """Rows of demand from all chunks; `chunks` is emptied.

    `counts` : pairs of each point. `order` : row of each point. `bits` : size of a block.
    """
    indptr, at = row_starts(counts, order, shape[0])
    columns, values = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float64)
    blocks: list[list[tuple[Chunk, int]]] = [[] for _ in range((len(order) >> bits) + 1)]
    while chunks:
        chunk = chunks.pop()
        for i in range(len(chunk.sizes)):
            blocks[chunk.first + i].append((chunk, i))

    def fill(block: list[tuple[Chunk, int]]) -> None:
        some = [(chunk, i, slice(*chunk.starts[i : i + 2])) for chunk, i in block]
        block.clear()
        sites = np.concatenate([chunk.sites for chunk, _, _ in some])
        fill_rows(
            sites,
            np.argsort(sites),
            np.concatenate([chunk.sizes[i] for chunk, i, _ in some]),
            np.concatenate([chunk.points[part] for chunk, _, part in some]),
            np.concatenate([chunk.costs[part] for chunk, _, part in some]),
            at,
            columns,
            values,
        )

    run(fill, [block for block in blocks if block], threads=threads)
    if indptr[-1] < np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)
    matrix = sparse.csr_matrix((values, columns, indptr), shape=shape)
    matrix.has_sorted_indices = True
    return matrix


@kernel
def sort_by_block(starts, points, costs, bits, n_points):
    """A chunk's pairs by block: all of a `Chunk` but its sites.

    `starts` : where each site's pairs start. `n_points` : number of points there are.
    """
    total, n_sites = starts[-1], len(starts) - 1
    low, high = n_points, 0
    for i in range(total):
        low, high = min(low, points[i]), max(high, points[i])
    first = min(low, high) >> bits
    sizes = np.zeros(((high >> bits) - first + 1, n_sites), np.int32)
    for k in range(n_sites):
        for i in range(starts[k], starts[k + 1]):
            sizes[(points[i] >> bits) - first, k] += 1
    ends = np.zeros(len(sizes) + 1, np.int64)
    for b in range(len(sizes)):
        ends[b + 1] = ends[b] + sizes[b].sum()
    at = ends[:-1].copy()
    sorted_points, sorted_costs = np.empty(total, np.int32), np.empty(total, np.float64)
    shift, base = np.uint64(bits), np.uint64(first)
    for i in range(np.uint64(total)):
        p = points[i]
        block = (np.uint64(p) >> shift) - base
        j = np.uint64(at[block])
        at[block] += 1
        sorted_points[j] = p
        sorted_costs[j] = costs[i]
    return first, sizes, ends, sorted_points, sorted_costs


@kernel
def count_rows(points, counts):
    """Add the pairs of each point to `counts`."""
    for p in points:
        counts[p] += 1


@kernel
def row_starts(counts, order, n_rows):
    """Where each row starts, and where the row of each point does."""
    indptr = np.zeros(n_rows + 1, np.int64)
    for k in range(len(order)):
        indptr[order[k] + 1] = counts[k]
    for r in range(n_rows):
        indptr[r + 1] += indptr[r]
    at = np.empty(len(order), np.int64)
    for k in range(len(order)):
        at[k] = indptr[order[k]]
    return indptr, at


@kernel
def fill_rows(sites, by_column, sizes, points, costs, at, columns, values):
    """Put a block's pairs into the rows of the matrix.

    `sizes` : pairs of each site. `by_column` : the sites' order. `at` : where each point's next
    pair goes.
    """
    one = np.uint64(1)
    starts = np.zeros(len(sizes) + 1, np.int64)
    for k in range(len(sizes)):
        starts[k + 1] = starts[k] + sizes[k]
    for k in by_column:
        site = sites[k]
        i, end = np.uint64(starts[k]), np.uint64(starts[k + 1])
        while i < end:
            p = np.uint64(points[i])
            j = np.uint64(at[p])
            at[p] += 1
            columns[j] = site
            values[j] = costs[i]
            i += one
