"""All pairs within a cutoff: one bounded search per site, gathered as rows of demand.

Chunks of sites are searched by several threads; each chunk's pairs are let go of once they stand
in their rows. Nothing dense is ever made, and the answer does not depend on the threads.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.network.graph.network import NetworkData
from geoplan.network.search import bounded
from geoplan.network.search.connectors import Access, Measure, access, by_node, stops
from geoplan.network.search.csr_assembly import Chunk, as_matrix, block_bits, by_block, count_rows
from geoplan.network.search.snapping import SnappedPoints
from geoplan.parallel import run


def all_pairs(
    network: NetworkData,
    homes: SnappedPoints,
    goals: SnappedPoints,
    want: Measure,
    *,
    into: bool,
    threads: int | None,
) -> sparse.csr_matrix:
    """All pairs within the limit, as rows of demand."""
    # by a call of its own, so that what the search worked with is let go of before rows are filled
    found = _found(network, homes, goals, want, into=into, threads=threads)
    return as_matrix(*found, (len(homes), len(goals)), threads=threads)


def _found(
    network: NetworkData,
    homes: SnappedPoints,
    goals: SnappedPoints,
    want: Measure,
    *,
    into: bool,
    threads: int | None,
) -> tuple[list[Chunk], NDArray[np.int64], NDArray[np.int64], int]:
    """Chunks of pairs, one bounded search per site; points are numbered by rank in the order.

    Returns (chunks, pairs of each point, order, size of a block).
    """
    seeds = access(network, goals, unit=want.unit, leaving=not into)
    graph = network.graph(want.unit, reverse=into)
    order, stop, mid, same = _demand_side(network, homes, want, into=into)
    forward, backward = network.edge_costs(want.unit)
    given = seeds.cost[seeds.node >= 0]
    spare: SimpleQueue[bounded.Workspace] = SimpleQueue()
    bits = block_bits(len(order))
    counts = np.zeros(len(order), np.int64)
    counting = Lock()

    def search(part: NDArray[np.int32]) -> Chunk:
        try:
            work = spare.get_nowait()
        except Empty:
            work = bounded.Workspace(
                graph,
                spread=float(np.ptp(given)),
                limit=want.limit,
                n_points=len(order) if len(mid) else 0,
            )
        while True:
            ok, starts, work.points, work.costs = bounded.many_to_many(  # type: ignore[call-arg]
                *bounded.arrays(graph),
                part,
                seeds.node,
                seeds.cost,
                seeds.edge,
                seeds.place,
                seeds.snap,
                want.cutoff,
                want.limit,
                want.steps,
                *stop,
                same.edge,
                mid,
                same.place,
                same.snap,
                forward,
                backward,
                into,
                work.scale,
                work.head,
                work.key,
                work.node,
                work.next,
                work.dist,
                work.touched,
                work.best,
                work.met,
                len(order),
                work.points,
                work.costs,
            )
            if ok:
                chunk = Chunk(part, *by_block(starts, work.points, work.costs, bits, len(order)))
                spare.put(work)
                with counting:
                    count_rows(chunk.points, counts)
                return chunk
            work.more_room()

    at = by_node(seeds, network.n_nodes).astype(np.int32)
    size = min(256, max(1, len(at) // 32))  # the same chunks for any number of threads
    parts = [np.sort(at[i : i + size]) for i in range(0, len(at), size)]
    return run(search, parts, threads=threads), counts, order, bits


def _demand_side(
    network: NetworkData, homes: SnappedPoints, want: Measure, *, into: bool
) -> tuple[NDArray[np.int64], Any, NDArray[np.int32], Access]:
    """Demand by place: its order, its stops by node, and those mid-edge in the order of edges."""
    ways = access(network, homes, unit=want.unit, leaving=into)
    order = by_node(ways, network.n_nodes)
    inner = np.flatnonzero(ways.edge[order] >= 0)
    inner = inner[np.argsort(ways.edge[order[inner]], kind="stable")]
    mid, at = inner.astype(np.int32), order[inner]
    same = Access(
        node=ways.node[at],
        cost=ways.cost[at],
        edge=ways.edge[at],
        place=ways.place[at],
        snap=ways.snap[at],
    )
    return order, stops(ways, order, network.n_nodes), mid, same
