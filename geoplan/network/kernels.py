"""Shortest-path kernels: numba, nogil, cached. Plain arrays in, plain arrays out.

All searches share one queue: a ring of buckets, each bucket a first-in first-out list of
entries (key, node). A node's arcs are relaxed whenever its entry is current (key equals the
node's distance); inside a bucket a node may be corrected and relaxed again, so the distances
are exactly Dijkstra's for any bucket width, and the width (about half a median arc) only
decides the speed (Dial 1969; Denardo and Fox 1979; Meyer and Sanders 2003, delta-stepping).

The distances are the least fixed point of ``d[head] = min(d[tail] + weight)`` in floating point:
they do not depend on the order of work, so neither on threads nor on chunks.

Arrays are never grown inside a search, because reassigning an array keeps the compiler from
holding its address in a register (measured: 5 times slower). A full queue ends the search with
a code instead, and the caller comes back with more room.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from geoplan.network.graph import Graph

FULL = -1
_MAX_BUCKETS = 1 << 16
_jit = nb.njit(cache=True, nogil=True)


class Workspace:
    """The arrays of one running search; reused from source to source, one per thread.

    Parameters
    ----------
    graph : the arcs.
    spread : largest difference of two costs in the queue at one time beyond an arc's own.
    limit : largest cost that will be looked at.
    n_points : points whose best cost is kept between the two ends of their edge.
    """

    def __init__(
        self, graph: Graph, *, spread: float = 0.0, limit: float = np.inf, n_points: int = 0
    ) -> None:
        n = graph.n_nodes
        width, buckets = bucket_width(graph, spread=spread, limit=limit)
        self.scale = 1.0 / width
        self.head = np.full(buckets, -1, np.int32)
        self.tail = np.full(buckets, -1, np.int32)
        self.dist = np.full(n, np.inf)
        self.touched = np.empty(n, np.int32)
        self.best = np.full(n_points, np.inf)
        self.met = np.empty(n_points, np.int32)
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
        self.best.fill(np.inf)
        self.room(2 * len(self.key))


def bucket_width(graph: Graph, *, spread: float = 0.0, limit: float = np.inf) -> tuple[float, int]:
    """Width of a bucket and the number of buckets (a power of two) for `graph`."""
    weights = graph.weights
    positive = weights[weights > 0] if len(weights) < 4096 else _sample(weights)
    width = float(np.median(positive)) / 2 if len(positive) else 1.0
    largest = float(weights.max(initial=0.0))
    span = min(max(largest, spread), limit)
    width = max(width, span / (_MAX_BUCKETS - 4))
    return width, 1 << int(span / width + 3).bit_length()


def _sample(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    some = weights[:: max(1, len(weights) // 4096)]
    return some[some > 0]


@_jit
def _push(key, node, scale, mask, head, tail, keys, nodes, nexts, free, used):  # type: ignore[no-untyped-def]
    """Put an entry at the end of its bucket; returns the free list and the fill level."""
    if free >= 0:
        j = free
        free = nexts[j]
    else:
        j = used
        used += 1
    keys[j] = key
    nodes[j] = node
    nexts[j] = -1
    q = np.int64(key * scale) & mask
    if head[q] < 0:
        head[q] = j
    else:
        nexts[tail[q]] = j
    tail[q] = j
    return free, used


@_jit
def _search(  # type: ignore[no-untyped-def]  # noqa: C901
    indptr, indices, weights, seed_node, seed_cost, limit,
    scale, head, tail, keys, nodes, nexts, dist, touched,
):  # fmt: skip
    """Distances from two weighted seeds (-1 = none) up to `limit`; the number of nodes met.

    `dist` comes in as inf everywhere and leaves with the distances of ``touched[:met]``.
    """
    mask = np.int64(len(head) - 1)
    room = len(keys)
    free = -1
    used = 0
    live = 0
    met = 0
    first = np.inf
    for i in range(2):
        v = seed_node[i]
        c = seed_cost[i]
        if v >= 0 and c <= limit and c < dist[v]:
            if dist[v] == np.inf:
                touched[met] = v
                met += 1
            dist[v] = c
            free, used = _push(c, v, scale, mask, head, tail, keys, nodes, nexts, free, used)
            live += 1
            first = min(first, c)
    if live == 0:
        return 0
    cur = np.int64(first * scale) & mask
    while live > 0:
        j = head[cur]
        while j < 0:
            cur = (cur + 1) & mask
            j = head[cur]
        head[cur] = nexts[j]
        k = keys[j]
        v = nodes[j]
        nexts[j] = free
        free = j
        live -= 1
        if k != dist[v]:
            continue
        for p in range(indptr[v], indptr[v + 1]):
            nd = k + weights[p]
            w = indices[p]
            dw = dist[w]
            if nd <= limit and nd < dw:
                if dw == np.inf:
                    touched[met] = w
                    met += 1
                dist[w] = nd
                if used == room:
                    return FULL
                # as _push, written out: a call here makes the search 1.4 times slower
                if free >= 0:
                    j = free
                    free = nexts[j]
                else:
                    j = used
                    used += 1
                keys[j] = nd
                nodes[j] = w
                nexts[j] = -1
                q = np.int64(nd * scale) & mask
                if head[q] < 0:
                    head[q] = j
                else:
                    nexts[tail[q]] = j
                tail[q] = j
                live += 1
    return met


@_jit
def _first_from(values, least):  # type: ignore[no-untyped-def]
    """Position of the first of the sorted values that is `least` or more."""
    lo, hi = 0, len(values)
    while lo < hi:
        mid = (lo + hi) >> 1
        if values[mid] < least:
            lo = mid + 1
        else:
            hi = mid
    return lo


@_jit
def many_to_many(  # type: ignore[no-untyped-def]
    indptr, indices, weights, order, seed_node, seed_cost,
    site_edge, site_place, site_snap, cutoff, limit, steps,
    stop_ptr, stop_point, stop_cost,
    mid_edge, mid_point, mid_place, mid_snap, forward, backward, into_site,
    scale, head, tail, keys, nodes, nexts, dist, touched, best, met_points,
):  # fmt: skip
    """Costs between the sites in `order` and all points within `cutoff`, in whole `steps`.

    Returns (ok, start of each site's pairs, points, costs): pairs in no special order.
    A stop is a way from a node to a point: `stop_point` is the point's position p when that
    is its only way, ``~p`` when its cost is the best of several.
    """
    starts = np.zeros(len(order) + 1, np.int64)
    points = np.empty(1024, np.int32)
    costs = np.empty(1024, np.float64)
    total = 0
    for k in range(len(order)):
        s = order[k]
        met = _search(
            indptr, indices, weights, seed_node[s], seed_cost[s], limit,
            scale, head, tail, keys, nodes, nexts, dist, touched,
        )  # fmt: skip
        if met == FULL:
            return False, starts, points[:0], costs[:0]
        need = total
        for i in range(met):
            v = touched[i]
            need += stop_ptr[v + 1] - stop_ptr[v]
        e = site_edge[s]
        lo = _first_from(mid_edge, e) if e >= 0 else 0
        hi = _first_from(mid_edge, e + 1) if e >= 0 else 0
        need += hi - lo
        if need > len(points):
            size = max(2 * len(points), need)
            grown = np.empty(size, np.int32)
            grown[:total] = points[:total]
            points = grown
            grown_costs = np.empty(size, np.float64)
            grown_costs[:total] = costs[:total]
            costs = grown_costs
        total = _collect(
            met, touched, dist, cutoff, limit, steps, stop_ptr, stop_point, stop_cost,
            lo, hi, e, site_place[s], site_snap[s], mid_point, mid_place, mid_snap,
            forward, backward, into_site, best, met_points, points, costs, total,
        )  # fmt: skip
        starts[k + 1] = total
    return True, starts, points[:total].copy(), costs[:total].copy()


@_jit
def along(forward, backward, a, b):  # type: ignore[no-untyped-def]
    """Cost of moving along one edge from place a to place b (parts from u); inf if forbidden."""
    if a == b:
        return 0.0
    if a < b:
        return (b - a) * forward
    if backward == np.inf:
        return np.inf
    return (a - b) * backward


@_jit
def _collect(  # type: ignore[no-untyped-def]
    met, touched, dist, cutoff, limit, steps, stop_ptr, stop_point, stop_cost,
    lo, hi, e, place, snap, mid_point, mid_place, mid_snap,
    forward, backward, into_site, best, met_points, points, costs, total,
):  # fmt: skip
    """Read the points off the searched nodes and leave `dist` and `best` as they were."""
    several = 0
    for i in range(lo, hi):  # points on the site's own edge, joined along it
        p = mid_point[i]
        if into_site:
            c = along(forward[e], backward[e], mid_place[i], place)
        else:
            c = along(forward[e], backward[e], place, mid_place[i])
        c += mid_snap[i] + snap
        if c <= limit:
            best[p] = c
            met_points[several] = p
            several += 1
    for i in range(met):
        v = touched[i]
        d = dist[v]
        dist[v] = np.inf
        for q in range(stop_ptr[v], stop_ptr[v + 1]):
            c = d + stop_cost[q]
            if c > limit:
                continue
            p = stop_point[q]
            if p >= 0:
                points[total] = p
                costs[total] = min(np.rint(c * steps) / steps, cutoff)
                total += 1
            else:
                p = ~p
                if c < best[p]:
                    if best[p] == np.inf:
                        met_points[several] = p
                        several += 1
                    best[p] = c
    for i in range(several):
        p = met_points[i]
        points[total] = p
        costs[total] = min(np.rint(best[p] * steps) / steps, cutoff)
        best[p] = np.inf
        total += 1
    return total


@_jit
def spread(  # type: ignore[no-untyped-def]  # noqa: C901
    indptr, indices, weights, seed_node, seed_cost, seed_label, limit,
    scale, head, tail, keys, nodes, nexts, dist, label, parent,
):  # fmt: skip
    """One search from all seeds at once: distance, label and arc of arrival per node.

    Of seeds equally near the smallest label wins. `dist` comes in as inf, `label` and `parent`
    as -1; `parent` may be empty. Returns 0, or FULL.
    """
    mask = np.int64(len(head) - 1)
    room = len(keys)
    keep = len(parent) > 0
    free = -1
    used = 0
    live = 0
    first = np.inf
    for i in range(len(seed_node)):
        v = seed_node[i]
        c = seed_cost[i]
        if v < 0 or c > limit:
            continue
        if c < dist[v] or (c == dist[v] and seed_label[i] < label[v]):
            if c < dist[v]:
                if used == room:
                    return FULL
                free, used = _push(c, v, scale, mask, head, tail, keys, nodes, nexts, free, used)
                live += 1
            dist[v] = c
            label[v] = seed_label[i]
            first = min(first, c)
    if live == 0:
        return 0
    cur = np.int64(first * scale) & mask
    while live > 0:
        j = head[cur]
        while j < 0:
            cur = (cur + 1) & mask
            j = head[cur]
        head[cur] = nexts[j]
        k = keys[j]
        v = nodes[j]
        nexts[j] = free
        free = j
        live -= 1
        if k != dist[v]:
            continue
        mine = label[v]
        for p in range(indptr[v], indptr[v + 1]):
            nd = k + weights[p]
            w = indices[p]
            dw = dist[w]
            if nd > dw or nd > limit:
                continue
            if nd == dw and mine >= label[w]:
                continue
            dist[w] = nd
            label[w] = mine
            if keep:
                parent[w] = p
            if used == room:
                return FULL
            # as _push, written out: a call here makes the search 1.4 times slower
            if free >= 0:
                j = free
                free = nexts[j]
            else:
                j = used
                used += 1
            keys[j] = nd
            nodes[j] = w
            nexts[j] = -1
            q = np.int64(nd * scale) & mask
            if head[q] < 0:
                head[q] = j
            else:
                nexts[tail[q]] = j
            tail[q] = j
            live += 1
    return 0


def arrays(graph: Graph) -> tuple[Any, Any, Any]:
    """The graph as the kernels take it."""
    return graph.indptr, graph.indices, graph.weights
