"""One search from many seeds over a whole network, block by block.

The fronts of hundreds of seeds are everywhere at once: on a network larger than the processor's
cache each step would wait for memory. So nodes are taken in blocks of neighbours (they stand in
Hilbert order), and a block runs ahead by a window of buckets while its rows are in the cache.
What a neighbouring block corrects afterwards is done again; the distances are the least fixed
point whatever the order of work (see `kernels`), so the answer is the same for any block and
any window, and only the time differs.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from geoplan.network.graph.arcs import Graph
from geoplan.network.search.bounded import FULL, bucket_width

#: nodes in a block, as a power of two: their rows fit into a core's own cache
BLOCK_BITS = 12
#: buckets that a block runs ahead
WINDOW = 64
_MOST_HEADS = 1 << 22
#: a block's rows are read beforehand when one node in so many stands in its queue
_WORTH_READING = 64
_jit = nb.njit(cache=True, nogil=True)


class BlockSpace:
    """The arrays of one search over a whole network.

    Parameters
    ----------
    graph : the arcs, nodes in an order that keeps neighbours together.
    spread : largest difference of two seeds' costs.
    limit : largest cost that will be looked at.
    """

    def __init__(self, graph: Graph, *, spread: float = 0.0, limit: float = np.inf) -> None:
        n = graph.n_nodes
        self.window = WINDOW if n > 1 << BLOCK_BITS else 1
        width, buckets = bucket_width(graph, spread=spread, limit=limit, window=self.window)
        self.scale = 1.0 / width
        self.shift = BLOCK_BITS
        while (n >> self.shift) * buckets > _MOST_HEADS:
            self.shift += 1  # fewer, larger blocks where very long arcs need long rings
        self.head = np.full(((n >> self.shift) + 1, buckets), -1, np.int32)
        self.dist = np.full(n, np.inf)
        # only the pages that a search reaches are ever in memory
        self.room(len(graph.indices) + 2 * n + 16)

    def room(self, entries: int) -> None:
        """Make room for `entries` in the queue."""
        self.key = np.empty(entries, np.float64)
        self.node = np.empty(entries, np.int32)
        self.next = np.empty(entries, np.int32)

    def more_room(self) -> None:
        """Clear what a full queue left behind and double the room."""
        self.head.fill(-1)
        self.dist.fill(np.inf)
        self.room(2 * len(self.key))


@_jit
def _read_block(low, shift, indptr, indices, weights, dist, label):  # type: ignore[no-untyped-def]
    """Read a block's rows one after the other, so that they come in at memory's full speed.

    The search jumps about in them: without this each jump would wait for memory by itself.
    """
    high = min(low + (1 << shift), len(dist))
    some = 0.0
    for v in range(low, high, 8):
        some += dist[v] + label[v]
    for p in range(indptr[low], indptr[high], 8):
        some += weights[p] + indices[p]
    return some


@_jit
def spread(  # type: ignore[no-untyped-def]  # noqa: C901
    indptr,
    indices,
    weights,
    seed_node,
    seed_cost,
    seed_label,
    limit,
    scale,
    shift,
    window,
    head,
    keys,
    nodes,
    nexts,
    dist,
    label,
    parent,
):
    """One search from all seeds at once: distance, label and arc of arrival per node.

    Of seeds equally near the smallest label wins. `dist` comes in as inf, `label` and `parent`
    as -1; `parent` may be empty. Returns 0, or FULL.

    The fronts of many seeds are everywhere at once, so nodes are taken block by block (`shift`:
    2**shift nodes, neighbours on the ground) for `window` buckets at a time: while a block is
    worked on, its rows stay in the processor's cache. What a neighbouring block corrects
    afterwards is done again.
    """
    one = np.uint64(1)
    blocks, ring = head.shape
    heads = head.reshape(-1)
    mask, bits = np.uint64(ring - 1), np.uint64(0)
    while np.int64(1) << np.int64(bits) < ring:
        bits += one
    step = np.uint64(shift)
    room = np.uint64(len(keys))
    keep = len(parent) > 0
    live = np.zeros(blocks, np.int64)  # entries of each block
    waiting = np.zeros(blocks, np.bool_)
    queue = np.empty(blocks, np.int64)
    sink = np.zeros(1)
    free, used = np.int64(-1), np.uint64(0)
    total = 0
    first = np.inf
    for i in range(len(seed_node)):
        if seed_node[i] < 0 or not seed_cost[i] <= limit:
            continue
        v, c = np.uint64(seed_node[i]), seed_cost[i]
        if c > dist[v] or (c == dist[v] and seed_label[i] >= label[v]):
            continue
        if c < dist[v]:
            if used == room:
                return FULL
            keys[used] = c
            nodes[used] = v
            q = ((v >> step) << bits) | (np.uint64(np.int64(c * scale)) & mask)
            nexts[used] = heads[q]
            heads[q] = used
            used += one
            live[v >> step] += 1
            total += 1
        dist[v] = c
        label[v] = seed_label[i]
        first = min(first, c)
    start = np.int64(first * scale) if total > 0 else 0
    while total > 0:
        end = start + window
        count = 0
        for b in range(blocks):
            if live[b] > 0:
                queue[count] = b
                waiting[b] = True
                count += 1
        at_queue = 0
        while count > 0:
            b = queue[at_queue]
            at_queue = at_queue + 1 if at_queue + 1 < blocks else 0
            count -= 1
            waiting[b] = False
            mine_block = np.uint64(b)
            base = mine_block << bits
            cur = start
            left = live[b]
            if blocks > 1 and left >= (1 << shift) // _WORTH_READING:
                sink[0] = _read_block(b << shift, shift, indptr, indices, weights, dist, label)
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
                        if nd > dw or nd > limit:
                            continue
                        if nd == dw and mine >= label[w]:
                            continue
                        dist[w] = nd
                        label[w] = mine
                        if keep:
                            parent[w] = arc
                        if free >= 0:
                            j = np.uint64(free)
                            free = np.int64(nexts[j])
                        else:
                            if used == room:
                                return FULL
                            j = used
                            used += one
                        keys[j] = nd
                        nodes[j] = w
                        bucket = np.int64(nd * scale)
                        other = w >> step
                        q = (other << bits) | (np.uint64(bucket) & mask)
                        nexts[j] = heads[q]
                        heads[q] = j
                        if other == mine_block:
                            left += 1
                        else:
                            live[other] += 1
                            total += 1
                            if bucket < end and not waiting[other]:
                                waiting[other] = True
                                back = at_queue + count
                                queue[back if back < blocks else back - blocks] = other
                                count += 1
            total += left - live[b]
            live[b] = left
        start = end
    return 0
