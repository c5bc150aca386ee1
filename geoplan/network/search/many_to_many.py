"""Many-to-many: all pairs of demand and sites within a cutoff, one bounded search per site.

Chunks of sites are searched by several threads; each chunk's pairs are let go of once they stand
in their rows. Nothing dense is ever made, and the result does not depend on the threads.
Where most searches would go over most of the network, two sweeps for many sites at once take their
place, if the caller allows distances that differ in their last bits (`elimination`).
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.kernels import inner_kernel, kernel
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
from geoplan.network.search.elimination import (
    LANES,
    Sweep,
    Upward,
    eliminate,
    new_sweep,
    sweep_from,
)
from geoplan.network.search.travel_query import TravelQuery
from geoplan.parallel import run

#: sweeps take as long as searches of this share of the nodes, and elimination as so many of all
#: nodes (measured); sites that are searched from to see; most nodes (512 bytes each and thread)
_SWEEP_SHARE, _ELIMINATION, _LOOKED_FROM, _MOST_SWEPT = 0.2, 150, 8, 500_000


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


class Swept(NamedTuple):
    """What stands in for the searches of a thread; `nodes` : those with links to targets."""

    upward: Upward
    sweep: Sweep
    nodes: NDArray[np.int32]


def all_pairs(query: TravelQuery, *, sweeps: bool = False) -> sparse.csr_matrix:
    """All pairs within the cutoff, as rows of demand.

    sweeps : whether the last bits may differ from those of single searches where that is quicker.
    """
    # by a call of its own, so that what the search worked with is let go of before rows are filled
    found = _search_all(query, sweeps)
    return assemble_csr(*found, (len(query.demand), len(query.sites)), threads=query.threads)


def _search_all(
    query: TravelQuery, sweeps: bool
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
    at = order_by_node(sites, n_nodes).astype(np.int32)
    upward = _upward(query, sites, at, bound.limit) if sweeps else None

    def search(part: NDArray[np.int32]) -> Chunk:
        try:
            own = spare.get_nowait()
        except Empty:
            work = Workspace(graph, cost_range=float(np.ptp(given)), limit=bound.limit)
            own = _Search(work, targets, upward)
        while True:
            if own.swept is None:
                ok, starts, own.pairs = many_to_many(  # type: ignore[call-arg]
                    arcs, edges, sites, part, targets, bound, own.scratch(), own.pairs
                )
            else:
                ok, starts, own.pairs = many_swept(  # type: ignore[call-arg]
                    own.swept, edges, sites, part, targets, bound, own.scratch(), own.pairs
                )
            if ok:
                chunk = Chunk(part, *sort_by_block(starts, *own.pairs, bits, len(order)))
                spare.put(own)
                with counting:
                    count_rows(chunk.points, counts)
                return chunk
            own.work.enlarge()

    size = min(256, max(1 if upward is None else LANES, len(at) // 32))  # for any threads the same
    parts = [np.sort(at[i : i + size]) for i in range(0, len(at), size)]
    return run(search, parts, threads=query.threads), counts, order, bits


class _Search:
    """What one running search holds; used again from chunk to chunk, one per thread."""

    def __init__(self, work: Workspace, targets: Targets, upward: Upward | None) -> None:
        self.work, self.swept = work, None
        if upward is not None:
            nodes = np.flatnonzero(np.diff(targets.ptr)).astype(np.int32)
            self.swept = Swept(upward, new_sweep(upward, nodes), nodes)
        size = targets.number if len(targets.mid_edge.edge) else 0
        self.best, self.met = np.full(size, np.inf), np.empty(size, np.int32)
        self.pairs = Pairs(np.empty(0, np.int32), np.empty(0))

    def scratch(self) -> Scratch:
        return Scratch(self.work.queue, self.work.distances, self.best, self.met)


def _upward(
    query: TravelQuery, sites: Connectors, at: NDArray[np.int32], limit: float
) -> Upward | None:
    """The graph for sweeps; None where searches from the sites `at` take no longer."""
    network, graph = query.network, query.graph()
    share = _SWEEP_SHARE + _ELIMINATION / max(1, len(at))
    if not len(at) or share >= 1 or network.n_nodes > _MOST_SWEPT:
        return None
    some = at[:: -(-len(at) // _LOOKED_FROM)]
    given = sites.cost[sites.node >= 0]
    work = Workspace(graph, cost_range=float(np.ptp(given)), limit=limit)
    reached = 0
    for s in some:
        met = bounded_search(  # type: ignore[call-arg]
            arcs_of(graph), work.queue, work.distances, sites.node[s], sites.cost[s], limit
        )
        if met == FULL:
            return None
        reached += met
        work.distances.dist.fill(np.inf)
    if reached < share * network.n_nodes * len(some):
        return None
    key = ("upward", query.cutoff.unit, graph.reverse)
    return network.derived(key, lambda: eliminate(graph))


def _targets(demand: Connectors, order: NDArray[np.int64], n_nodes: int) -> Targets:
    """Demand by node, points numbered by their rank in `order`."""
    inner = np.flatnonzero(demand.edge[order] >= 0)
    inner = inner[np.argsort(demand.edge[order[inner]], kind="stable")]
    same = demand.subset(order[inner])
    mid_edge = MidEdgeTargets(same.edge, inner.astype(np.int32), same.fraction, same.snap)
    ptr, rank, cost = _links_by_node(demand, order, n_nodes)
    return Targets(ptr, rank, cost, mid_edge, len(order))


@kernel
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


@kernel
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
        pairs = _with_room(pairs, total, targets.number)
        several = _along_own_edge(s, sites, edges, targets.mid_edge, bound.limit, scratch)
        total = _collect(reached, several, targets, bound, scratch, pairs, total)
        starts[k + 1] = total
    return True, starts, pairs


@kernel
def many_swept(swept, edges, sites, order, targets, bound, scratch, pairs):
    """As `many_to_many`, by sweeps."""
    starts = np.zeros(len(order) + 1, np.int64)
    total = np.int64(0)
    for first in range(0, len(order), LANES):
        some = order[first : first + LANES]
        sweep_from(swept.upward, swept.sweep, sites.node[some], sites.cost[some])
        for lane in range(len(some)):
            s = some[lane]
            reached = _take_lane(swept, lane, scratch.distances, bound.limit)
            pairs = _with_room(pairs, total, targets.number)
            several = _along_own_edge(s, sites, edges, targets.mid_edge, bound.limit, scratch)
            total = _collect(reached, several, targets, bound, scratch, pairs, total)
            starts[first + lane + 1] = total
    return True, starts, pairs


@inner_kernel
def _take_lane(swept, lane, distances, limit):
    """Distances of one lane as a search leaves them, of the nodes with links to targets alone."""
    rank, swept_dist, nodes = swept.upward.rank, swept.sweep.dist, swept.nodes
    dist, reached = distances
    n = 0
    for v in nodes:
        d = swept_dist[rank[v], lane]
        if d <= limit:
            dist[v] = d
            reached[n] = v
            n += 1
    return n


@inner_kernel
def _with_room(pairs, total, more):
    """The pairs, or longer ones where `more` have no room after `total`."""
    if total + more < len(pairs.rank):
        return pairs
    size = 2 * total + more + 1  # a page not reached is not in memory
    return Pairs(lengthened(pairs.rank, total, size), lengthened(pairs.cost, total, size))


@inner_kernel
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


@inner_kernel
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


@inner_kernel
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
