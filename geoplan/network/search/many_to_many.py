"""Many-to-many: all pairs of demand and sites within a cutoff, one bounded search per site.

Chunks of sites are searched by several threads; each chunk's pairs are let go of once they stand
in their rows. Nothing dense is ever made, and the result does not depend on the threads.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.kernels import kernel
from geoplan.network.search.bounded import Distances, Workspace, bounded_search
from geoplan.network.search.bucket_queue import FULL, Queue, arcs_of
from geoplan.network.search.connectors import Connectors, cost_on_edge, order_by_node
from geoplan.network.search.csr_assembly import (
    Chunk,
    assemble_csr,
    block_bits,
    count_rows,
    lengthened,
    sort_by_block,
)
from geoplan.network.search.travel_query import TravelQuery
from geoplan.parallel import run

_jit = kernel


class MidEdgeTargets(NamedTuple):
    """Targets mid-edge, in the order of edges: edge, rank, fraction and snap leg of each."""

    edge: NDArray[np.int32]
    rank: NDArray[np.int32]
    fraction: NDArray[np.float64]
    snap: NDArray[np.float64]


class Targets(NamedTuple):
    """Demand points by node, numbered by their rank along the ground.

    Ranks, not positions, so that points near each other are near each other in memory.

    ptr : the links of node v are ``ptr[v]:ptr[v + 1]``.
    rank : a point's rank when that link is its only one, ``~rank`` when its cost is the best
        of several.
    cost : cost of each link.
    mid_edge : those that a site on their own edge reaches along it.
    number : how many points there are.
    """

    ptr: NDArray[np.int32]
    rank: NDArray[np.int32]
    cost: NDArray[np.float64]
    mid_edge: MidEdgeTargets
    number: int


class Bound(NamedTuple):
    """The cutoff, the largest sum of floats that counts, and steps in one unit (see `Cutoff`)."""

    cutoff: float
    limit: float
    steps: float


class Scratch(NamedTuple):
    """What a search works with: its queue and distances, and the targets met more than once.

    best : per target with several links, its best cost so far, else inf.
    met : those that are not inf.
    """

    queue: Queue
    distances: Distances
    best: NDArray[np.float64]
    met: NDArray[np.int32]


class Pairs(NamedTuple):
    """Rank of the demand point and cost of each pair."""

    rank: NDArray[np.int32]
    cost: NDArray[np.float64]


def all_pairs(query: TravelQuery) -> sparse.csr_matrix:
    """All pairs within the cutoff, as rows of demand."""
    # by a call of its own, so that what the search worked with is let go of before rows are filled
    found = _search_all(query)
    return assemble_csr(*found, (len(query.demand), len(query.sites)), threads=query.threads)


def _search_all(
    query: TravelQuery,
) -> tuple[list[Chunk], NDArray[np.int64], NDArray[np.int64], int]:
    """Chunks of pairs, one bounded search per site.

    Returns (chunks, pairs of each point, points by rank, size of a block).
    """
    n_nodes = query.network.n_nodes
    sites = query.site_connectors()
    graph = query.graph()
    demand = query.demand_connectors()
    order = order_by_node(demand, n_nodes)
    targets = _targets(demand, order, n_nodes)
    arcs, edges = arcs_of(graph), query.edge_costs()
    bound = Bound(query.cutoff.value, query.cutoff.limit, query.cutoff.steps)
    given = sites.cost[sites.node >= 0]
    spare: SimpleQueue[_Search] = SimpleQueue()
    bits = block_bits(len(order))
    counts = np.zeros(len(order), np.int64)
    counting = Lock()

    def search(part: NDArray[np.int32]) -> Chunk:
        try:
            own = spare.get_nowait()
        except Empty:
            work = Workspace(graph, cost_range=float(np.ptp(given)), limit=bound.limit)
            own = _Search(work, targets)
        while True:
            ok, starts, own.pairs = many_to_many(  # type: ignore[call-arg]
                arcs, edges, sites, part, targets, bound, own.scratch(), own.pairs
            )
            if ok:
                chunk = Chunk(part, *sort_by_block(starts, *own.pairs, bits, len(order)))
                spare.put(own)
                with counting:
                    count_rows(chunk.points, counts)
                return chunk
            own.work.enlarge()

    at = order_by_node(sites, n_nodes).astype(np.int32)
    size = min(256, max(1, len(at) // 32))  # the same chunks for any number of threads
    parts = [np.sort(at[i : i + size]) for i in range(0, len(at), size)]
    return run(search, parts, threads=query.threads), counts, order, bits


class _Search:
    """What one running search holds; used again from chunk to chunk, one per thread."""

    def __init__(self, work: Workspace, targets: Targets) -> None:
        self.work = work
        size = targets.number if len(targets.mid_edge.edge) else 0
        self.best, self.met = np.full(size, np.inf), np.empty(size, np.int32)
        self.pairs = Pairs(np.empty(0, np.int32), np.empty(0))

    def scratch(self) -> Scratch:
        return Scratch(self.work.queue, self.work.distances, self.best, self.met)


def _targets(demand: Connectors, order: NDArray[np.int64], n_nodes: int) -> Targets:
    """Demand by node, points numbered by their rank in `order`."""
    inner = np.flatnonzero(demand.edge[order] >= 0)
    inner = inner[np.argsort(demand.edge[order[inner]], kind="stable")]
    same = demand.subset(order[inner])
    mid_edge = MidEdgeTargets(same.edge, inner.astype(np.int32), same.fraction, same.snap)
    ptr, rank, cost = _links_by_node(demand, order, n_nodes)
    return Targets(ptr, rank, cost, mid_edge, len(order))


@_jit
def _links_by_node(demand, order, n):
    """Offsets per node, rank of the point (~rank where it may have several), cost."""
    ptr = np.zeros(n + 1, np.int32)
    for i in order:
        for j in range(2):
            if demand.node[i, j] >= 0:
                ptr[demand.node[i, j] + 1] += 1
    for v in range(n):
        ptr[v + 1] += ptr[v]
    at = ptr[:-1].copy()
    rank = np.empty(ptr[n], np.int32)
    cost = np.empty(ptr[n], np.float64)
    for k in range(len(order)):
        i = order[k]
        for j in range(2):
            v = demand.node[i, j]
            if v >= 0:
                rank[at[v]] = k if demand.edge[i] < 0 else ~k
                cost[at[v]] = demand.cost[i, j]
                at[v] += 1
    return ptr, rank, cost


@_jit
def many_to_many(arcs, edges, sites, order, targets, bound, scratch, pairs):
    """Costs between the sites in `order` and all targets within the cutoff, in whole steps.

    Returns (ok, start of each site's pairs, pairs): in no special order, written to `pairs` or,
    where these are too short, to longer arrays. Not ok: the queue was full.
    """
    starts = np.zeros(len(order) + 1, np.int64)
    total = np.int64(0)
    for k in range(len(order)):
        s = order[k]
        reached = bounded_search(
            arcs, scratch.queue, scratch.distances, sites.node[s], sites.cost[s], bound.limit
        )
        if reached == FULL:
            return False, starts, pairs
        if total + targets.number >= len(pairs.rank):  # a page not reached is not in memory
            size = 2 * total + targets.number + 1
            pairs = Pairs(lengthened(pairs.rank, total, size), lengthened(pairs.cost, total, size))
        several = _along_own_edge(s, sites, edges, targets.mid_edge, bound.limit, scratch)
        total = _collect(reached, several, targets, bound, scratch, pairs, total)
        starts[k + 1] = total
    return True, starts, pairs


@_jit
def _first_from(values, least):
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
def _along_own_edge(s, sites, edges, mid_edge, limit, scratch):
    """Costs of the targets on site s's own edge into `best`; how many are within the limit."""
    several = np.uint64(0)
    e = sites.edge[s]
    if e < 0:
        return several
    for i in range(_first_from(mid_edge.edge, e), _first_from(mid_edge.edge, e + 1)):
        p = mid_edge.rank[i]
        c = cost_on_edge(edges, e, mid_edge.fraction[i], sites.fraction[s])
        c += mid_edge.snap[i] + sites.snap[s]
        if c <= limit:
            scratch.best[p] = c
            scratch.met[several] = p
            several += np.uint64(1)
    return several


@_jit
def _collect(reached, several, targets, bound, scratch, pairs, filled):
    """Read the targets off the nodes reached; leave `dist` and `best` as they were.

    `several` : how many targets stand in `best` already. Returns the number of pairs.
    """
    one = np.uint64(1)
    total = np.uint64(filled)
    limit = bound.limit
    past = np.nextafter(limit, np.inf)
    dist, nodes = scratch.distances
    best, met = scratch.best, scratch.met
    ptr, link_rank, link_cost = targets.ptr, targets.rank, targets.cost
    ranks, costs = pairs
    for i in range(reached):
        v = np.uint64(nodes[np.uint64(i)])
        d = dist[v]
        dist[v] = np.inf
        q, end = np.uint64(ptr[v]), np.uint64(ptr[v + one])
        while q < end:
            c = d + link_cost[q]
            at = link_rank[q]
            q += one
            if at >= 0:
                ranks[total] = at
                costs[total] = c
                total += np.uint64(c <= limit)
            else:
                p = np.uint64(~at)
                if c < min(past, best[p]):
                    if best[p] == np.inf:
                        met[several] = p
                        several += one
                    best[p] = c
    for k in range(np.int64(several)):
        p = np.uint64(met[np.uint64(k)])
        ranks[total] = p
        costs[total] = best[p]
        best[p] = np.inf
        total += one
    for i in range(filled, np.int64(total)):
        costs[np.uint64(i)] = min(
            np.rint(costs[np.uint64(i)] * bound.steps) / bound.steps, bound.cutoff
        )
    return np.int64(total)
