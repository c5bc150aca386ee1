"""Bounded Dijkstra: distances from one point to all nodes within a limit.

One search per site answers many-to-many queries; what it allocates (`Workspace`) is used again
from site to site. The distances are the least fixed point of ``d[head] = min(d[tail] + weight)``
in floating point: they do not depend on the order of work, so neither on threads nor on chunks.

Two choices of the kernel come from measurements. Positions are unsigned, because a signed one is
first asked whether it counts from the end (1.3 times slower). There is no branch on whether an
arc leads to something better: half of them do, and a processor guesses that wrongly every other
time (1.4 to 1.8 times slower).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import kernel
from geoplan.network.graph.arcs import Graph
from geoplan.network.search.bucket_queue import (
    FULL,
    Queue,
    bucket_width,
    entries_of,
    push,
    usual_size,
)


class Distances(NamedTuple):
    """Distance of every node (inf = not reached), and the nodes that a search has reached."""

    dist: NDArray[np.float64]
    reached: NDArray[np.int32]


class Workspace:
    """The queue and distances of one running search; used again from source to source.

    Parameters
    ----------
    graph : the arcs.
    cost_range : largest difference of two seeds' costs.
    limit : largest cost that will be looked at.
    """

    def __init__(self, graph: Graph, *, cost_range: float = 0.0, limit: float = np.inf) -> None:
        n = graph.n_nodes
        width, buckets = bucket_width(graph, cost_range=cost_range, limit=limit)
        # a node is written to `reached` before it is known whether it counts: one more than nodes
        self.distances = Distances(np.full(n, np.inf), np.empty(n + 1, np.int32))
        head = np.full(buckets, -1, np.int32)
        self.queue = Queue(1.0 / width, head, entries_of(usual_size(graph)))

    def enlarge(self) -> None:
        """Clear what a full queue left behind and double its entries."""
        self.queue.head.fill(-1)
        self.distances.dist.fill(np.inf)
        self.queue = self.queue._replace(entries=entries_of(2 * len(self.queue.entries.key)))


@kernel
def bounded_search(arcs, queue, distances, seed_node, seed_cost, limit):
    """Distances from two weighted seeds (-1 = none) up to `limit`; the number of nodes reached.

    `dist` comes in as inf everywhere and leaves with the distances of ``reached[:number]``.
    """
    indptr, indices, weights = arcs
    scale, head, (keys, nodes, nexts) = queue.scale, queue.head, queue.entries
    dist, reached = distances
    one = np.uint64(1)
    mask, room = np.uint64(len(head) - 1), np.uint64(len(keys))
    used = done = met = np.uint64(0)
    past = np.nextafter(limit, np.inf)
    first = np.inf
    for i in range(2):
        if seed_node[i] < 0 or not seed_cost[i] < past:
            continue
        v, c = np.uint64(seed_node[i]), seed_cost[i]
        if c < dist[v]:
            if dist[v] == np.inf:
                reached[met] = v
                met += one
            dist[v] = c
            used = push(queue, c, v, used)
            first = min(first, c)
    if used == done:
        return 0
    cur = np.uint64(np.int64(first * scale)) & mask
    while done < used:
        at = head[cur]
        if at < 0:
            cur = (cur + one) & mask
            continue
        head[cur] = -1
        while at >= 0:
            j = np.uint64(at)
            k, v, at = keys[j], np.uint64(nodes[j]), nexts[j]
            done += one
            if k != dist[v]:
                continue
            p, end = np.uint64(indptr[v]), np.uint64(indptr[v + one])
            if used + (end - p) > room:
                return FULL
            while p < end:  # every arc is written as if it were better, and kept if it is
                nd, w = k + weights[p], np.uint64(indices[p])
                p += one
                dw = dist[w]
                better = np.uint64(nd < min(past, dw))
                reached[met] = w
                met += better & np.uint64(dw == np.inf)
                dist[w] = nd if better else dw
                q = np.uint64(np.int64(nd * scale)) & mask
                was = head[q]
                keys[used] = nd
                nodes[used] = w
                nexts[used] = was
                head[q] = np.int32(used) if better else was
                used += better
    return np.int64(met)
