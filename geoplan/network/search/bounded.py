"""Shortest-path kernels: numba, nogil, cached. Plain arrays in, plain arrays out.

All searches share one queue: a ring of buckets, each bucket a chain of entries (key, node).
A bucket's chain is taken whole and worked through; what meanwhile falls into the same bucket
is its next chain. A node's arcs are relaxed whenever its entry is current (key equals the
node's distance); inside a bucket a node may be corrected and relaxed again, so the distances
are exactly Dijkstra's for any bucket width, and the width (about half a median arc) only
decides the speed (Dial 1969; Denardo and Fox 1979; Meyer and Sanders 2003, delta-stepping).

The distances are the least fixed point of ``d[head] = min(d[tail] + weight)`` in floating point:
they do not depend on the order of work, so neither on threads nor on chunks.

Arrays are never grown inside a search, because reassigning an array keeps the compiler from
holding its address in a register (measured: 5 times slower). A full queue ends the search with
a code instead, and the caller comes back with more room. Positions are unsigned, because a
signed one is first asked whether it counts from the end (measured: 1.3 times slower). Nor is
there a branch on whether an arc leads to something better: half of them do, and a processor
guesses that wrongly every other time (measured: 1.4 to 1.8 times slower).
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from geoplan.network.graph.arcs import Graph

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
        self.dist = np.full(n, np.inf)
        self.touched = np.empty(n + 1, np.int32)  # written before it is known whether it counts
        self.best = np.full(n_points, np.inf)
        self.met = np.empty(n_points, np.int32)
        self.points, self.costs = np.empty(0, np.int32), np.empty(0)
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


def bucket_width(
    graph: Graph, *, spread: float = 0.0, limit: float = np.inf, window: int = 1
) -> tuple[float, int]:
    """Width of a bucket and the number of buckets (a power of two) for `graph`.

    `window` : buckets that may be open at one time beside those that an arc reaches ahead.
    """
    weights = graph.weights
    positive = weights[weights > 0] if len(weights) < 4096 else _sample(weights)
    width = float(np.median(positive)) / 2 if len(positive) else 1.0
    largest = float(weights.max(initial=0.0))
    span = min(max(largest, spread), limit)
    width = max(width, span / (_MAX_BUCKETS - window - 4))
    return width, 1 << int(span / width + window + 2).bit_length()


def _sample(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    some = weights[:: max(1, len(weights) // 4096)]
    return some[some > 0]


@nb.njit(inline="always")
def _push(key, node, scale, mask, head, keys, nodes, nexts, used):  # type: ignore[no-untyped-def]
    """Put an entry into its bucket; returns the fill level."""
    keys[used] = key
    nodes[used] = node
    q = np.uint64(np.int64(key * scale)) & mask
    nexts[used] = head[q]
    head[q] = used
    return used + np.uint64(1)


@_jit
def _search(  # type: ignore[no-untyped-def]
    indptr,
    indices,
    weights,
    seed_node,
    seed_cost,
    limit,
    scale,
    head,
    keys,
    nodes,
    nexts,
    dist,
    touched,
):
    """Distances from two weighted seeds (-1 = none) up to `limit`; the number of nodes met.

    `dist` comes in as inf everywhere and leaves with the distances of ``touched[:met]``.
    """
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
                touched[met] = v
                met += one
            dist[v] = c
            used = _push(c, v, scale, mask, head, keys, nodes, nexts, used)
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
                touched[met] = w
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
def _longer(values, used, size):  # type: ignore[no-untyped-def]
    longer = np.empty(size, values.dtype)
    longer[:used] = values[:used]
    return longer


@_jit
def many_to_many(  # type: ignore[no-untyped-def]
    indptr,
    indices,
    weights,
    order,
    seed_node,
    seed_cost,
    site_edge,
    site_place,
    site_snap,
    cutoff,
    limit,
    steps,
    stop_ptr,
    stop_point,
    stop_cost,
    mid_edge,
    mid_point,
    mid_place,
    mid_snap,
    forward,
    backward,
    into_site,
    scale,
    head,
    keys,
    nodes,
    nexts,
    dist,
    touched,
    best,
    met_points,
    n_points,
    points,
    costs,
):
    """Costs between the sites in `order` and all points within `cutoff`, in whole `steps`.

    Returns (ok, start of each site's pairs, points, costs): pairs in no special order, written
    to `points` and `costs` or, where these are too short, to longer arrays.
    A stop is a way from a node to a point: `stop_point` is the point's position p when that
    is its only way, ``~p`` when its cost is the best of several.
    """
    starts = np.zeros(len(order) + 1, np.int64)
    total = 0
    for k in range(len(order)):
        s = order[k]
        met = _search(
            indptr,
            indices,
            weights,
            seed_node[s],
            seed_cost[s],
            limit,
            scale,
            head,
            keys,
            nodes,
            nexts,
            dist,
            touched,
        )
        if met == FULL:
            return False, starts, points, costs
        e = site_edge[s]
        lo = _first_from(mid_edge, e) if e >= 0 else 0
        hi = _first_from(mid_edge, e + 1) if e >= 0 else 0
        if total + n_points >= len(points):  # a page that is not reached is not in memory
            points = _longer(points, total, 2 * total + n_points + 1)
            costs = _longer(costs, total, len(points))
        total = _collect(
            met,
            touched,
            dist,
            cutoff,
            limit,
            steps,
            stop_ptr,
            stop_point,
            stop_cost,
            lo,
            hi,
            e,
            site_place[s],
            site_snap[s],
            mid_point,
            mid_place,
            mid_snap,
            forward,
            backward,
            into_site,
            best,
            met_points,
            points,
            costs,
            total,
        )
        starts[k + 1] = total
    return True, starts, points, costs


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
    met,
    touched,
    dist,
    cutoff,
    limit,
    steps,
    stop_ptr,
    stop_point,
    stop_cost,
    lo,
    hi,
    e,
    place,
    snap,
    mid_point,
    mid_place,
    mid_snap,
    forward,
    backward,
    into_site,
    best,
    met_points,
    points,
    costs,
    filled,
):
    """Read the points off the searched nodes and leave `dist` and `best` as they were."""
    one = np.uint64(1)
    total = np.uint64(filled)
    several = np.uint64(0)
    past = np.nextafter(limit, np.inf)
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
            several += one
    for i in range(met):
        v = np.uint64(touched[np.uint64(i)])
        d = dist[v]
        dist[v] = np.inf
        q, end = np.uint64(stop_ptr[v]), np.uint64(stop_ptr[v + one])
        while q < end:
            c = d + stop_cost[q]
            at = stop_point[q]
            q += one
            if at >= 0:
                points[total] = at
                costs[total] = c
                total += np.uint64(c <= limit)
            else:
                p = np.uint64(~at)
                if c < min(past, best[p]):
                    if best[p] == np.inf:
                        met_points[several] = p
                        several += one
                    best[p] = c
    for k in range(np.int64(several)):
        p = np.uint64(met_points[np.uint64(k)])
        points[total] = p
        costs[total] = best[p]
        best[p] = np.inf
        total += one
    for i in range(filled, np.int64(total)):
        costs[np.uint64(i)] = min(np.rint(costs[np.uint64(i)] * steps) / steps, cutoff)
    return np.int64(total)


def arrays(graph: Graph) -> tuple[Any, Any, Any]:
    """The graph as the kernels take it."""
    return graph.indptr, graph.indices, graph.weights
