"""Multi-source search: the nearest of many seeds for every node of a network, block by block.

The fronts of hundreds of seeds are everywhere at once: on a network larger than the processor's
cache each step would be a cache miss. So nodes are taken in blocks of neighbours (they are in
Hilbert order), and a block runs ahead by a window of buckets while its rows are in the cache.
What a neighbouring block corrects afterwards is done again; the distances are the least fixed
point whatever the order of work (see `bounded`), so the result is the same for any block and any
window, and only the time differs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.graph.arcs import Graph
from geoplan.network.search.bucket_queue import (
    FULL,
    Entries,
    arcs_of,
    bucket_width,
    entries_of,
    usual_size,
)
from geoplan.network.search.connectors import Connectors

#: nodes in a block, as a power of two: their rows fit into a core's own cache
BLOCK_BITS = 12
#: buckets that a block runs ahead
WINDOW = 64
_MOST_HEADS = 1 << 22
#: a block's rows are read beforehand when one node in so many stands in its queue
_WORTH_READING = 64


class BlockQueue(NamedTuple):
    """A bucket queue for each block of 2**shift nodes, done `window` buckets at a time.

    scale : buckets in one unit of cost. head : (blocks, buckets), the first entry of each bucket.
    """

    scale: float
    shift: int
    window: int
    head: NDArray[np.int32]
    entries: Entries


class Seeds(NamedTuple):
    """Where the search starts: nodes (-1 = none), their costs and the labels they hand on."""

    node: NDArray[np.int32]
    cost: NDArray[np.float64]
    label: NDArray[np.int32]


class Nearest(NamedTuple):
    """Distance, label of the nearest seed and arc of arrival per node (inf, -1 and -1 = none).

    Where `parent` is empty, no arc is kept.
    """

    dist: NDArray[np.float64]
    label: NDArray[np.int32]
    parent: NDArray[np.int32]


class _Agenda(NamedTuple):
    """The blocks that are to be worked on: entries of each, whether it is queued, the queue."""

    live: NDArray[np.int64]
    waiting: NDArray[np.bool_]
    line: NDArray[np.int64]


class BlockWorkspace:
    """The queue of one search over a whole network.

    Parameters
    ----------
    graph : the arcs, nodes in an order that keeps neighbours together.
    cost_range : largest difference of two seeds' costs.
    limit : largest cost that will be looked at.
    """

    def __init__(self, graph: Graph, *, cost_range: float = 0.0, limit: float = np.inf) -> None:
        n = graph.n_nodes
        window = WINDOW if n > 1 << BLOCK_BITS else 1
        width, buckets = bucket_width(graph, cost_range=cost_range, limit=limit, window=window)
        shift = BLOCK_BITS
        while (n >> shift) * buckets > _MOST_HEADS:
            shift += 1  # fewer, larger blocks where very long arcs need long rings
        head = np.full(((n >> shift) + 1, buckets), -1, np.int32)
        self.queue = BlockQueue(1.0 / width, shift, window, head, entries_of(usual_size(graph)))

    def enlarge(self) -> None:
        """Clear what a full queue left behind and double its entries."""
        self.queue.head.fill(-1)
        self.queue = self.queue._replace(entries=entries_of(2 * len(self.queue.entries.key)))


def multi_source(
    graph: Graph, sites: Connectors, *, limit: float = np.inf, parents: bool = False
) -> Nearest:
    """One search from all sites: distance, position of the nearest site, arc of arrival.

    Parameters
    ----------
    graph : the arcs.
    sites : the sites' connectors, away from the sites.
    limit : largest cost.
    parents : whether the arc of arrival is kept for each node.
    """
    node, cost = sites.node.ravel(), sites.cost.ravel()
    seeds = Seeds(node, cost, np.repeat(np.arange(len(sites.node), dtype=np.int32), 2))
    given = cost[node >= 0]
    cost_range = float(np.ptp(given)) if len(given) else 0.0
    work = BlockWorkspace(graph, cost_range=cost_range, limit=limit)
    nearest = nothing_reached(graph, parents=parents)
    while search_blocks(arcs_of(graph), work.queue, seeds, nearest, limit) == FULL:
        work.enlarge()
        nearest = nothing_reached(graph, parents=parents)
    return nearest


def nothing_reached(graph: Graph, *, parents: bool = False) -> Nearest:
    """No node reached yet, as a search takes it."""
    n = graph.n_nodes
    label, parent = np.full(n, -1, np.int32), np.full(n if parents else 0, -1, np.int32)
    return Nearest(np.full(n, np.inf), label, parent)


@kernel
def search_blocks(arcs, queue, seeds, nearest, limit):
    """One search from all seeds at once into `nearest`; 0, or `FULL`.

    Of seeds equally near the smallest label wins.
    """
    blocks = len(queue.head)
    live, waiting = np.zeros(blocks, np.int64), np.zeros(blocks, np.bool_)
    line = np.empty(blocks, np.int64)
    agenda = _Agenda(live, waiting, line)
    sink = np.zeros(1)
    room = np.uint64(len(queue.entries.key))
    free = np.int64(-1)
    used, first = _start(queue, seeds, nearest, limit, live)
    start = np.int64(first * queue.scale) if used > 0 else 0
    total = live.sum()
    while total > 0:
        if used > room:
            return FULL
        count = 0
        for b in range(blocks):
            if live[b] > 0:
                line[count] = b
                waiting[b] = True
                count += 1
        at_line = 0
        while count > 0:
            b = line[at_line]
            at_line = at_line + 1 if at_line + 1 < blocks else 0
            waiting[b] = False
            if blocks > 1 and live[b] >= (1 << queue.shift) // _WORTH_READING:
                sink[0] = _read_block(b << queue.shift, queue.shift, arcs, nearest)
            state = free, used, at_line, count - 1
            free, used, count, more = _run_block(
                arcs, queue, nearest, limit, agenda, b, start, state
            )
            if used > room:
                return FULL
            total += more
        start += queue.window
    return 0


@inner_kernel
def _start(queue, seeds, nearest, limit, live):
    """Put the seeds into the queue: entries used (more than there are = full), least cost."""
    keys, nodes, nexts = queue.entries
    ring = queue.head.shape[1]
    heads = queue.head.reshape(-1)
    dist, label = nearest.dist, nearest.label
    mask, bits, step = np.uint64(ring - 1), _bits_of(ring), np.uint64(queue.shift)
    used, room = np.uint64(0), np.uint64(len(keys))
    first = np.inf
    for i in range(len(seeds.node)):
        if seeds.node[i] < 0 or not seeds.cost[i] <= limit:
            continue
        v, c = np.uint64(seeds.node[i]), seeds.cost[i]
        if c > dist[v] or (c == dist[v] and seeds.label[i] >= label[v]):
            continue
        if c < dist[v]:
            if used == room:
                return room + np.uint64(1), first
            keys[used] = c
            nodes[used] = v
            q = ((v >> step) << bits) | (np.uint64(np.int64(c * queue.scale)) & mask)
            nexts[used] = heads[q]
            heads[q] = used
            used += np.uint64(1)
            live[v >> step] += 1
        dist[v] = c
        label[v] = seeds.label[i]
        first = min(first, c)
    return used, first


@inner_kernel
def _bits_of(ring):
    """The power of two that `ring` is."""
    bits = np.uint64(0)
    while np.int64(1) << np.int64(bits) < ring:
        bits += np.uint64(1)
    return bits


@inner_kernel
def _read_block(low, shift, arcs, nearest):
    """Read a block's rows one after the other, so that they come in at memory's full speed.

    The search jumps about in them: without this each jump would be a cache miss of its own.
    """
    indptr, indices, weights = arcs
    dist, label = nearest.dist, nearest.label
    high = min(low + (1 << shift), len(dist))
    some = 0.0
    for v in range(low, high, 8):
        some += dist[v] + label[v]
    for p in range(indptr[low], indptr[high], 8):
        some += weights[p] + indices[p]
    return some


@inner_kernel
def _run_block(arcs, queue, nearest, limit, agenda, b, start, state):
    """Settle block `b` from bucket `start` through its window.

    `state` : first free entry (-1 = none), entries used, head and length of the queue of blocks.
    Returns the first free entry, the entries used (more than there are = full), the length of that
    queue, and how many more entries all blocks hold.
    """
    indptr, indices, weights = arcs
    keys, nodes, nexts = queue.entries
    dist, label, parent = nearest
    live, waiting, line = agenda
    free, used, at_line, count = state
    ring = queue.head.shape[1]
    heads = queue.head.reshape(-1)
    scale, step = queue.scale, np.uint64(queue.shift)
    one, mask, bits = np.uint64(1), np.uint64(ring - 1), _bits_of(ring)
    room = np.uint64(len(keys))
    keep = len(parent) > 0
    mine_block = np.uint64(b)
    base = mine_block << bits
    cur, end = start, start + queue.window
    left = live[b]
    gained = 0
    while cur < end and left > 0:
        q = base | (np.uint64(cur) & mask)
        at = np.int64(heads[q])
        if at < 0:
            cur += 1
            continue
        heads[q] = -1
        while at >= 0:
            j = np.uint64(at)
            k, v, at = keys[j], np.uint64(nodes[j]), np.int64(nexts[j])
            nexts[j] = free
            free = np.int64(j)
            left -= 1
            if k != dist[v]:
                continue
            mine = label[v]
            p, stop = np.uint64(indptr[v]), np.uint64(indptr[v + one])
            while p < stop:
                nd, w, arc = k + weights[p], np.uint64(indices[p]), p
                p += one
                dw = dist[w]
                if nd > dw or nd > limit or (nd == dw and mine >= label[w]):
                    continue
                dist[w] = nd
                label[w] = mine
                if keep:
                    parent[w] = arc
                if free >= 0:
                    j = np.uint64(free)
                    free = np.int64(nexts[j])
                elif used < room:
                    j = used
                    used += one
                else:
                    return free, room + one, count, gained
                keys[j] = nd
                nodes[j] = w
                bucket = np.int64(nd * scale)
                other = w >> step
                q = (other << bits) | (np.uint64(bucket) & mask)
                nexts[j] = heads[q]
                heads[q] = j
                if other == mine_block:
                    left += 1
                    continue
                live[other] += 1
                gained += 1
                if bucket < end and not waiting[other]:
                    waiting[other] = True
                    back = at_line + count
                    line[back if back < len(line) else back - len(line)] = other
                    count += 1
    gained += left - live[b]
    live[b] = left
    return free, used, count, gained
