"""What limits many-to-many: the table "What stands in the way" of docs/benchmarks.md.

    python benchmarks/travel_limits.py            5,000 sites x 1 km on 199,809 nodes
    python benchmarks/travel_limits.py --quick    a 20,000-node graph

Stages are timed alone, on one thread, with what the stage before left in the caches; bytes are
those of the arrays that a stage reads and writes. Copies of long and of short arrays in the same
process say how quickly memory and caches hand bytes over. The quickest of thirty runs in turns
counts: other work on the machine only ever adds to it.
"""

from __future__ import annotations

import argparse
import threading
import time

import numpy as np
from scipy.sparse import csgraph, csr_array
from travel import REACH_M, _searches, network_of, street_graph

import geoplan.network as gn
from geoplan.network.search import csr_assembly, many_to_many as m2m
from geoplan.network.search.bounded import Workspace
from geoplan.network.search.bucket_queue import arcs_of
from geoplan.network.search.travel_query import Cutoff, TravelQuery

LONG, SHORT = 1 << 26, 1 << 18  # bytes: beyond every cache, and within a core's own
PAIR = 12  # bytes: position and cost


class Stages:
    """The work of one query, stage by stage."""

    def __init__(self, network, sites) -> None:
        cutoff = Cutoff(unit="m", value=REACH_M)
        self.query = TravelQuery(
            network=network,
            demand=gn.snap_nodes(network),
            sites=gn.snap_nodes(network, sites),
            cutoff=cutoff,
            to_sites=True,
            threads=1,
        )
        self.graph, self.bound = self.query.graph(), m2m.Bound(*_bound(cutoff))
        self.goals = self.query.site_connectors()
        at = m2m.order_by_node(self.goals, network.n_nodes).astype(np.int32)
        size = min(256, max(1, len(at) // 32))
        self.parts = [np.sort(at[i : i + size]) for i in range(0, len(at), size)]
        self.alone = [self.goals.subset(part) for part in self.parts]
        self.settled = np.zeros(len(at), np.int64)
        self.set_up()
        work = Workspace(self.graph, limit=self.bound.limit)
        self.own = m2m._Search(work, self.targets)
        self.found = m2m._search_all(self.query)

    def set_up(self) -> None:
        """Links of demand points to nodes, by node."""
        n_nodes = self.query.network.n_nodes
        demand = self.query.demand_connectors()
        self.order = m2m.order_by_node(demand, n_nodes)
        self.targets = m2m._targets(demand, self.order, n_nodes)

    def search(self) -> None:
        """The searches; what they reach is not looked at."""
        queue, distances = self.own.work.queue, self.own.work.distances
        done = 0
        for goals in self.alone:
            settled = self.settled[done : done + len(goals.node)]
            _searches(arcs_of(self.graph), queue, distances, goals, self.bound.limit, settled)
            done += len(goals.node)

    def collect(self, sort: bool = False) -> None:
        """The searches, pairs written to one short array again and again; or sorted as well."""
        own, edges = self.own, self.query.edge_costs()
        bits = csr_assembly.block_bits(len(self.order))
        for part in self.parts:
            _, starts, own.pairs = m2m.many_to_many(
                arcs_of(self.graph), edges, self.goals, part, self.targets, self.bound,
                own.scratch(), own.pairs,
            )  # fmt: skip
            if sort:
                csr_assembly.sort_by_block(starts, *own.pairs, bits, len(self.order))

    def assemble(self) -> None:
        """Rows from sorted pairs."""
        chunks, *rest = self.found
        shape = (len(self.query.demand), len(self.query.sites))
        self.answer = csr_assembly.assemble_csr(list(chunks), *rest, shape, threads=1)


def least_ms(jobs, rounds: int, clock) -> dict[str, float]:
    """Milliseconds of each job's quickest run, all in turn: other work only ever adds to it."""
    found = dict.fromkeys(jobs, np.inf)
    for _ in range(rounds):
        for name, job in jobs.items():
            for _ in range(3):
                start = clock()
                job()
                found[name] = min(found[name], 1e3 * (clock() - start))
    return found


def _bound(cutoff: Cutoff) -> tuple[float, float, float]:
    return cutoff.value, cutoff.limit, cutoff.steps


def copied(size: int, threads: int) -> float:
    """Bytes read and written in a second of a core by copies of `size` bytes, all threads alike."""
    arrays = [(np.zeros(size, np.uint8), np.ones(size, np.uint8)) for _ in range(threads)]
    times = max(1, (LONG * 4) // size)

    def work(pair) -> None:
        for _ in range(times):
            np.copyto(*pair)

    best = np.inf
    for _ in range(5):
        others = [threading.Thread(target=work, args=(pair,)) for pair in arrays[1:]]
        start = time.process_time()
        for other in others:
            other.start()
        work(arrays[0])
        for other in others:
            other.join()
        best = min(best, time.process_time() - start)
    return 2.0 * size * times * threads / best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small graph, fewer sources")
    quick = parser.parse_args().quick
    xy, edges = street_graph(20_000 if quick else 200_000)
    network = network_of(xy, edges)
    count = 500 if quick else 5_000
    sites = np.random.default_rng(1).choice(network.n_nodes, count, replace=False)
    stages = Stages(network, sites)
    homes, goals, graph = stages.query.demand, stages.query.sites, stages.graph
    arrays = (graph.weights, graph.indices, graph.indptr)
    peer = csr_array(arrays, shape=(network.n_nodes,) * 2)
    few = sites[: count // 10]

    def whole(threads: int) -> None:
        gn.travel_costs(network, homes, goals, cutoff_m=REACH_M, threads=threads)

    def scipy_job() -> None:
        for at in range(0, len(few), 50):
            csgraph.dijkstra(peer, indices=few[at : at + 50], limit=REACH_M)

    jobs = {
        "set-up": stages.set_up,
        "searches": stages.search,
        "collected": stages.collect,
        "sorted": lambda: stages.collect(sort=True),
        "rows": stages.assemble,
        "whole": lambda: whole(1),
        "scipy": scipy_job,
    }
    for job in jobs.values():
        job()
    spent = least_ms(jobs, 10, time.process_time)
    walls = {"1": lambda: whole(1), "2": lambda: whole(2)}
    took = least_ms({**walls, "scipy": scipy_job}, 10, time.perf_counter)
    nodes, arcs = int(stages.settled.sum()), len(stages.graph.indices)
    pairs = stages.answer.nnz
    degree = arcs / network.n_nodes
    mb = {
        "set-up": (len(homes) * (40 + 8 + 24)) / 1e6,
        "searches": nodes * (8 + degree * (12 + 2 * 8) + 2 * 16 + 4) / 1e6,
        "collected": nodes * (4 + 16 + 8 + PAIR) / 1e6 + pairs * PAIR / 1e6,
        "sorted": pairs * (2 * 4 + 2 * PAIR) / 1e6,
        "rows": pairs * (4 * PAIR) / 1e6,
    }
    own = {
        "set-up": spent["set-up"],
        "searches": spent["searches"],
        "collected": spent["collected"] - spent["searches"],
        "sorted": spent["sorted"] - spent["collected"],
        "rows": spent["rows"],
    }
    print(f"{nodes:,} nodes settled, {pairs:,} pairs, {network.n_nodes:,} nodes, {arcs:,} arcs")
    speeds = {
        (size, threads): copied(size, threads) for size in (LONG, SHORT) for threads in (1, 2)
    }
    for (size, threads), speed in speeds.items():
        print(f"copies of {size / 1e6:.2g} MB, threads {threads}: {speed / 1e9:.1f} GB/s a core")
    memory = speeds[LONG, 1] / 1e9
    print("stage: CPU ms, MB read and written, GB/s, ms at the speed of long copies")
    for name, ms in own.items():
        rate = mb[name] / max(ms, 1e-3)
        print(f"  {name:10s} {ms:7.2f} {mb[name]:7.1f} {rate:7.2f} {mb[name] / memory:7.2f}")
    rest = spent["whole"] - sum(own.values())
    print(f"  {'the rest':10s} {rest:7.2f}")
    print(f"whole: {spent['whole']:.1f} ms of CPU time; in all {sum(mb.values()):.0f} MB")
    print(f"searches: {1e6 * spent['searches'] / nodes:.1f} ns a node")
    least = len(stages.graph.indptr) * 4 + arcs * 12 + network.n_nodes * 8 + pairs * PAIR
    once = least / 1e6
    print(f"graph, distances and answer once each: {once:.0f} MB, {once / memory:.1f} ms")
    print(f"wall: {took['1']:.1f} ms on one thread, {took['2']:.1f} on two")
    cpu, wall = 10 * spent["scipy"] / spent["whole"], 10 * took["scipy"] / took["2"]
    print(f"scipy on one core: {cpu:.1f} x the CPU time, {wall:.1f} x the time on two threads")


if __name__ == "__main__":
    main()
