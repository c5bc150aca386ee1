"""The bucket queue of the shortest-path searches, and the arcs that they run over.

A queue is a ring of buckets, each bucket a chain of entries (key, node). A bucket's chain is taken
whole and worked through; what meanwhile falls into the same bucket is its next chain. A node's
arcs are relaxed whenever its entry is current (key equals the node's distance); inside a bucket a
node may be corrected and relaxed again, so the distances are exactly Dijkstra's for any bucket
width, and the width (about half a median arc) only decides the speed (Dial 1969; Denardo and Fox
1979; Meyer and Sanders 2003, delta-stepping).

Arrays are never grown inside a search, because reassigning an array keeps the compiler from
holding its address in a register (measured: 5 times slower). A full queue ends the search with
`FULL` instead, and the caller comes back with a longer one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inlined
from geoplan.network.graph.arcs import Graph

FULL = -1
_MAX_BUCKETS = 1 << 16
#: weights that the median is taken of
_SAMPLE = 4096


class Arcs(NamedTuple):
    """The arcs of a graph as the kernels take them (CSR): see `Graph`."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    weights: NDArray[np.float64]


class Entries(NamedTuple):
    """Entries of a queue: key, node, and the next entry of the same bucket."""

    key: NDArray[np.float64]
    node: NDArray[np.int32]
    next: NDArray[np.int32]


class Queue(NamedTuple):
    """A bucket queue: buckets in one unit of cost, the first entry of each bucket, the entries."""

    scale: float
    head: NDArray[np.int32]
    entries: Entries


def arcs_of(graph: Graph) -> Arcs:
    """The graph's arcs."""
    return Arcs(graph.indptr, graph.indices, graph.weights)


def entries_of(size: int) -> Entries:
    """`size` entries; only the pages that a search reaches are ever in memory."""
    return Entries(np.empty(size, np.float64), np.empty(size, np.int32), np.empty(size, np.int32))


def usual_size(graph: Graph) -> int:
    """Entries that are enough for nearly every search."""
    return len(graph.indices) + 2 * graph.n_nodes + 16


def bucket_width(
    graph: Graph, *, cost_range: float = 0.0, limit: float = np.inf, window: int = 1
) -> tuple[float, int]:
    """Width of a bucket and the number of buckets (a power of two) for `graph`.

    Parameters
    ----------
    graph : the arcs.
    cost_range : largest difference of two costs in the queue at one time beyond an arc's own.
    limit : largest cost that will be looked at.
    window : buckets that may be open at one time beside those that an arc reaches ahead.
    """
    weights = graph.weights
    positive = weights[weights > 0] if len(weights) < _SAMPLE else _positive_sample(weights)
    width = float(np.median(positive)) / 2 if len(positive) else 1.0
    largest = float(weights.max(initial=0.0))
    span = min(max(largest, cost_range), limit)
    width = max(width, span / (_MAX_BUCKETS - window - 4))
    return width, 1 << int(span / width + window + 2).bit_length()


def _positive_sample(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    some = weights[:: max(1, len(weights) // _SAMPLE)]
    return some[some > 0]


@inlined
def push(queue, key, node, used):
    """Put an entry into its bucket; returns the number of entries used."""
    keys, nodes, nexts = queue.entries
    keys[used] = key
    nodes[used] = node
    bucket = np.uint64(np.int64(key * queue.scale)) & np.uint64(len(queue.head) - 1)
    nexts[used] = queue.head[bucket]
    queue.head[bucket] = used
    return used + np.uint64(1)
