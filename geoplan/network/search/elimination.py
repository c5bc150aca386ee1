"""Distances from many points over a whole network: nodes eliminated once, then two sweeps.

Elimination (Gauss's over sums and least values, Carré 1971) takes the nodes out of the graph one by
one, those with fewest neighbours first, and joins each one's neighbours by shortcuts. A shortest
path then goes up and down again in the order of elimination. So no queue is needed: one sweep up
the order from the sources, one down it to the targets, each for many sources at once, a few vector
instructions per arc (as in PHAST: Delling, Goldberg, Nowatzyk, Werneck 2013).

A shortcut is a sum of its own, so the distances may differ from Dijkstra's in their last bits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.graph.arcs import Graph
from geoplan.network.search.bucket_queue import arcs_of
from geoplan.network.search.csr_assembly import lengthened

#: sources that are swept together
LANES = 64


class Upward(NamedTuple):
    """The graph after elimination; nodes are numbered by their rank in its order.

    rank : int32 (nodes,), rank of each node. ptr : arcs of rank r to higher ones are
    ``ptr[r]:ptr[r + 1]``. to : their higher ends. out, back : cost up each arc, and down it.
    """

    rank: NDArray[np.int32]
    ptr: NDArray[np.int64]
    to: NDArray[np.int32]
    out: NDArray[np.float64]
    back: NDArray[np.float64]


class Sweep(NamedTuple):
    """What sweeps work with.

    down : ranks that lead down to a target, the highest first.
    dist : distances ``[rank, lane]``. seen : ranks whose distances are set.
    """

    down: NDArray[np.int32]
    dist: NDArray[np.float64]
    seen: NDArray[np.bool_]


class _Rest(NamedTuple):
    """What is left of the graph: of each node the chain of its neighbours, cost to and from each.

    first : of nodes. spare : the first spare entry, and how many are in use.
    """

    first: NDArray[np.int32]
    following: NDArray[np.int32]
    node: NDArray[np.int32]
    out: NDArray[np.float64]
    back: NDArray[np.float64]
    spare: NDArray[np.int64]


class _Near(NamedTuple):
    """The neighbours of a node that is taken out: cost to and from each."""

    node: NDArray[np.int32]
    out: NDArray[np.float64]
    back: NDArray[np.float64]


class _ByDegree(NamedTuple):
    """Nodes in chains by their number of neighbours."""

    degree: NDArray[np.int32]
    first: NDArray[np.int32]
    after: NDArray[np.int32]
    before: NDArray[np.int32]


def eliminate(graph: Graph) -> Upward:
    """Take all nodes of a graph out of it, one by one."""
    return Upward(*_eliminate(arcs_of(graph), graph.n_nodes))


def new_sweep(upward: Upward, targets: NDArray[np.int32]) -> Sweep:
    """What to work with where the distances of the nodes `targets` are asked for."""
    n = len(upward.rank)
    return Sweep(_leading_down(upward, targets), np.empty((n, LANES)), np.zeros(n, np.bool_))


@kernel
def _leading_down(upward, targets):
    needed = np.zeros(len(upward.rank), np.bool_)
    for v in targets:
        needed[upward.rank[v]] = True
    for r in range(len(needed)):
        if needed[r]:
            for j in range(upward.ptr[r], upward.ptr[r + 1]):
                needed[upward.to[j]] = True
    return np.flatnonzero(needed)[::-1].astype(np.int32)


@kernel
def sweep_from(upward, sweep, node, cost):
    """Distances from some sources, each with two seeds (-1 = none), to all that leads to targets.

    node, cost : the seeds, ``[source, 2]``, of at most `LANES` sources.
    """
    rank, ptr, to, out, back = upward
    down, dist, seen = sweep
    seen[:] = False
    low = np.int64(len(seen))
    for lane in range(len(node)):
        for j in range(2):
            if node[lane, j] >= 0:
                r = rank[node[lane, j]]
                low = min(low, np.int64(r))
                _open(dist, seen, r)
                dist[r, lane] = min(dist[r, lane], cost[lane, j])
    for r in range(low, len(seen)):
        if seen[r]:
            here = dist[r]
            for j in range(ptr[r], ptr[r + 1]):
                _open(dist, seen, to[j])
                _least(dist[to[j]], here, out[j])
    for r in down:
        _open(dist, seen, r)
        here = dist[r]
        for j in range(ptr[r], ptr[r + 1]):
            _least(here, dist[to[j]], back[j])


@inner_kernel
def _open(dist, seen, r):
    if not seen[r]:
        seen[r] = True
        dist[r] = np.inf


@inner_kernel
def _least(there, here, cost):
    for i in range(LANES):
        there[i] = min(there[i], here[i] + cost)


@kernel
def _eliminate(arcs, n):
    rest = _rest_of(arcs, n)
    by = _by_degree(rest, n)
    rank, ptr = np.empty(n, np.int32), np.zeros(n + 1, np.int64)
    size = np.int64(4 * n + 16)
    to, out, back = np.empty(size, np.int32), np.empty(size), np.empty(size)
    place = np.full(n, -1, np.int32)
    least, used = np.int64(0), np.int64(0)
    for r in range(n):
        while by.first[least] < 0:
            least += 1
        v = by.first[least]
        _leave(by, v)
        rank[v] = r
        if used + by.degree[v] > size:
            to, out = lengthened(to, used, 2 * size), lengthened(out, used, 2 * size)
            back, size = lengthened(back, used, 2 * size), 2 * size
        begin, i = used, rest.first[v]
        while i >= 0:
            to[used], out[used], back[used] = rest.node[i], rest.out[i], rest.back[i]
            used += 1
            i = rest.following[i]
        ptr[r + 1] = used
        rest = _with_spare(rest, (used - begin) * (used - begin))
        for k in range(begin, used):
            near = _Near(to[begin:used], out[begin:used], back[begin:used])
            least = min(least, _join(rest, by, v, near, k - begin, place))
    for j in range(used):
        to[j] = rank[to[j]]
    return rank, ptr, to[:used].copy(), out[:used].copy(), back[:used].copy()


@inner_kernel
def _join(rest, by, v, near, which, place):
    """Join one neighbour of `v` to the others past `v`, which it loses; its new degree."""
    a = near.node[which]
    first, following, node, out, back, spare = rest
    _leave(by, a)
    before, i = np.int32(-1), first[a]
    while i >= 0:
        after = following[i]
        if node[i] == v:
            if before < 0:
                first[a] = after
            else:
                following[before] = after
            following[i] = spare[0]
            spare[0] = i
            by.degree[a] -= 1
        else:
            place[node[i]] = i
            before = i
        i = after
    for k in range(len(near.node)):
        if k != which:
            up, down = near.back[which] + near.out[k], near.back[k] + near.out[which]
            i = place[near.node[k]]
            if i >= 0:
                out[i], back[i] = min(out[i], up), min(back[i], down)
            else:
                _add(rest, a, near.node[k], up, down)
                by.degree[a] += 1
    i = first[a]
    while i >= 0:
        place[node[i]] = -1
        i = following[i]
    _enter(by, a)
    return by.degree[a]


@inner_kernel
def _add(rest, a, b, up, down):
    """Another neighbour of `a`."""
    i = np.int32(rest.spare[0])
    if i >= 0:
        rest.spare[0] = rest.following[i]
    else:
        i = np.int32(rest.spare[1])
        rest.spare[1] += 1
    rest.node[i], rest.out[i], rest.back[i] = b, up, down
    rest.following[i] = rest.first[a]
    rest.first[a] = i


@inner_kernel
def _with_spare(rest, count):
    """The same with room for so many more entries."""
    first, following, node, out, back, spare = rest
    n = len(node)
    if spare[1] + count <= n:
        return rest
    size = 2 * (n + count)
    return _Rest(
        first,
        lengthened(following, n, size),
        lengthened(node, n, size),
        lengthened(out, n, size),
        lengthened(back, n, size),
        spare,
    )


@inner_kernel
def _rest_of(arcs, n):
    """The whole graph; of several arcs between two nodes the cheapest."""
    indptr, indices, weights = arcs
    size = 2 * len(indices) + 16
    rest = _Rest(
        np.full(n, -1, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size),
        np.empty(size),
        np.array([-1, 0]),
    )
    for v in range(n):
        for j in range(indptr[v], indptr[v + 1]):
            u = indices[j]
            if u != v:
                _cheapen(rest, v, u, weights[j], np.inf)
                _cheapen(rest, u, v, np.inf, weights[j])
    return rest


@inner_kernel
def _cheapen(rest, a, b, up, down):
    i = rest.first[a]
    while i >= 0:
        if rest.node[i] == b:
            rest.out[i], rest.back[i] = min(rest.out[i], up), min(rest.back[i], down)
            return
        i = rest.following[i]
    _add(rest, a, b, up, down)


@inner_kernel
def _by_degree(rest, n):
    by = _ByDegree(
        np.zeros(n, np.int32),
        np.full(n + 1, -1, np.int32),
        np.full(n, -1, np.int32),
        np.full(n, -1, np.int32),
    )
    for v in range(n):
        i = rest.first[v]
        while i >= 0:
            by.degree[v] += 1
            i = rest.following[i]
        _enter(by, v)
    return by


@inner_kernel
def _enter(by, v):
    """Put a node at the head of its chain."""
    head = by.first[by.degree[v]]
    by.before[v], by.after[v] = -1, head
    if head >= 0:
        by.before[head] = v
    by.first[by.degree[v]] = v


@inner_kernel
def _leave(by, v):
    """Take a node out of its chain."""
    if by.before[v] < 0:
        by.first[by.degree[v]] = by.after[v]
    else:
        by.after[by.before[v]] = by.after[v]
    if by.after[v] >= 0:
        by.before[by.after[v]] = by.before[v]
