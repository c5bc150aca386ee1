"""Travel engine against its peers: the table "Travel" of docs/benchmarks.md.

    python benchmarks/travel.py            everything (a quarter of an hour, mostly the peers)
    python benchmarks/travel.py --quick    a 20,000-node graph, fewer sources (half a minute)
    python benchmarks/travel.py --json FILE
    python benchmarks/travel.py --older-scipy PYTHON    an interpreter with another scipy, as a
                                                        peer of its own: 1.16 became 2.7 x quicker

All engines get the same graph, the same sources and the same question in one run. Results are
compared for equality before anything is timed: pandana keeps whole millimetres per edge, so costs
may differ by a millimetre per edge and pairs at the very cutoff may come or go; the others must
agree to a micrometre. Times are medians of rounds in which the engines take turns. Slow peers
answer a sample of the sources and their time is scaled up (marked ~). Building a graph is not
timed as part of a question; pandana's contraction (half a minute here) stands in a row of its own.

Peers that are not installed are left out: pip install ".[bench]".
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numba as nb
import numpy as np
import pandas as pd
import shapely
from scipy import sparse, spatial
from scipy.sparse import csgraph

import geoplan.network as gn
from geoplan.network.isochrones.delaunay import delaunay
from geoplan.network.isochrones.generators import (
    first_generators,
    points_along,
    refined_generators,
    street_segments,
)
from geoplan.network.search.bounded import Workspace, bounded_search
from geoplan.network.search.bucket_queue import arcs_of
from geoplan.network.search.connectors import connect
from geoplan.network.search.multi_source import multi_source
from geoplan.tolerances import JITTER_M

CRS = "EPSG:4548"
PEERS = ("pandana", "scipy", "networkx", "igraph")
REACH_M = 1000.0


# -- graphs --------------------------------------------------------------------------------


def street_graph(nodes: int, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """Perturbed 100 m grid with a quarter of the streets missing: 3 streets meet on average."""
    side = round(nodes**0.5)
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    xy = grid * 100.0 + rng.normal(size=(side * side, 2)) * 20
    at = np.arange(side * side).reshape(side, side)
    east = np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1)
    north = np.stack([at[:-1].ravel(), at[1:].ravel()], 1)
    ends = np.concatenate([east, north])
    ends = ends[rng.random(len(ends)) > 0.25]
    length = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    return xy, pd.DataFrame({"u": ends[:, 0], "v": ends[:, 1], "length_m": length})


def jinan_graph(folder: Path) -> tuple[np.ndarray, pd.DataFrame]:
    """Jinan's real driving network, one row per direction of travel."""
    nodes = pd.read_csv(folder / "jinan_nodes.csv")
    edges = pd.read_csv(folder / "jinan_edges.csv")
    places = gpd.GeoSeries(gpd.points_from_xy(nodes["lon"], nodes["lat"]), crs=4326).to_crs(CRS)
    rank = pd.Series(np.arange(len(nodes)), index=nodes["node"])
    table = pd.DataFrame(
        {
            "u": rank.loc[edges["u"]].to_numpy(),
            "v": rank.loc[edges["v"]].to_numpy(),
            "length_m": edges["length_m"].to_numpy(),
            "oneway": True,
        }
    )
    return shapely.get_coordinates(places.to_numpy()), table


def network_of(xy: np.ndarray, edges: pd.DataFrame) -> gn.Network:
    nodes = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=CRS)
    return gn.Network.from_edges(nodes, edges, mode="drive" if "oneway" in edges else "walk")


class Peers:
    """The same graph in every engine that is installed."""

    def __init__(self, xy: np.ndarray, edges: pd.DataFrame) -> None:
        self.n, self.directed = len(xy), "oneway" in edges
        self.seconds: dict[str, float] = {}
        u, v, w = (edges[c].to_numpy() for c in ("u", "v", "length_m"))
        if importlib.util.find_spec("pandana"):
            import pandana

            start = time.perf_counter()
            with quiet():
                self.pandana = pandana.Network(
                    pd.Series(xy[:, 0]),
                    pd.Series(xy[:, 1]),
                    edges["u"],
                    edges["v"],
                    edges[["length_m"]],
                    twoway=not self.directed,
                )
            self.seconds["pandana"] = time.perf_counter() - start
        start = time.perf_counter()
        # scipy keeps one edge per pair: the shortest; a zero weight would mean "no edge"
        pairs = pd.DataFrame({"u": u, "v": v, "w": np.maximum(w, 1e-9)})
        if not self.directed:
            pairs = pd.concat([pairs, pairs.rename(columns={"u": "v", "v": "u"})])
        pairs = pairs.groupby(["u", "v"], as_index=False)["w"].min()
        self.scipy = sparse.csr_array((pairs["w"], (pairs["u"], pairs["v"])), (self.n, self.n))
        self.scipy_reversed = self.scipy.T.tocsr()
        self.seconds["scipy"] = time.perf_counter() - start
        if importlib.util.find_spec("networkx"):
            import networkx as nx

            start = time.perf_counter()
            self.networkx = nx.MultiDiGraph() if self.directed else nx.MultiGraph()
            self.networkx.add_nodes_from(range(self.n))
            rows = zip(u.tolist(), v.tolist(), w.tolist(), strict=True)
            self.networkx.add_edges_from((a, b, {"length": c}) for a, b, c in rows)
            self.seconds["networkx"] = time.perf_counter() - start
        if importlib.util.find_spec("igraph"):
            import igraph

            start = time.perf_counter()
            self.igraph = igraph.Graph(
                self.n, np.column_stack([u, v]).tolist(), directed=self.directed
            )
            self.igraph_weights = w.tolist()
            self.seconds["igraph"] = time.perf_counter() - start

    def __contains__(self, name: str) -> bool:
        return hasattr(self, name)


class OlderScipy:
    """scipy's job in another interpreter, one round for each line that it is sent."""

    code = """if True:
        import sys
        import numpy as np, scipy
        from scipy.sparse import csgraph, csr_array
        given, answer, limit = np.load(sys.argv[1]), sys.argv[2], float(sys.argv[3])
        graph = csr_array((given["data"], given["indices"], given["indptr"]))
        few = given["few"]
        np.save(answer, csgraph.dijkstra(graph, indices=few[:50], limit=limit))
        print(scipy.__version__, flush=True)
        for line in sys.stdin:
            for start in range(0, len(few), 50):
                csgraph.dijkstra(graph, indices=few[start : start + 50], limit=limit)
            print(flush=True)
    """

    def __init__(self, python: str, graph: sparse.csr_array, few: np.ndarray, limit: float):
        with tempfile.TemporaryDirectory() as folder:
            given, answer = Path(folder) / "given.npz", Path(folder) / "answer.npy"
            np.savez(given, data=graph.data, indices=graph.indices, indptr=graph.indptr, few=few)
            self.process = subprocess.Popen(
                [python, "-c", self.code, given, answer, str(limit)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
            )
            version = self.process.stdout.readline().strip()
            if not version:
                raise SystemExit(f"{python} did not run scipy's job")
            self.found = np.load(answer)
        self.name = f"scipy {version} (its own process)"

    def job(self) -> None:
        print(file=self.process.stdin, flush=True)
        self.process.stdout.readline()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


# -- measuring -----------------------------------------------------------------------------


@contextlib.contextmanager
def quiet():
    """pandana prints from C++ and resets itself with warnings: neither belongs in the table."""
    import warnings

    sys.stdout.flush()
    saved = os.dup(1)
    with Path(os.devnull).open("w") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(saved, 1)
            os.close(saved)


def median_seconds(job, runs: int) -> float:
    times = []
    for _ in range(runs):
        gc.collect()
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def in_turns(jobs, rounds: int, *, clock=time.perf_counter) -> dict[str, float]:
    """Median seconds of each job, all in turn: what else the machine does falls on all alike.

    A quick job runs up to five times in its turn, as its first run pays for the one before. For
    jobs of one thread ``clock=time.process_time`` leaves out the time that other work took.
    """
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            gc.collect()
            turn = time.perf_counter()
            for _ in range(5):
                start = clock()
                job()
                times[name].append(clock() - start)
                if time.perf_counter() - turn > 0.25:
                    break
    return {name: statistics.median(t) for name, t in times.items()}


def memory_kb(key: str) -> int | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1])
    return None


def peak_beyond(job) -> tuple[float | None, object]:
    """Bytes that a job needs at its peak beyond what stood before; and its answer.

    Freed memory that the allocator still holds is handed back first: it would be used again
    without being seen.
    """
    import ctypes

    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    before = memory_kb("VmRSS:")
    answer = job()
    peak = memory_kb("VmHWM:")
    if before is None or peak is None:
        return None, answer
    return (peak - before) * 1024.0, answer


def close(name: str, ours: np.ndarray, theirs: np.ndarray, atol: float) -> None:
    if not np.allclose(ours, theirs, atol=atol, rtol=0, equal_nan=True):
        raise SystemExit(f"{name} disagrees: up to {np.nanmax(np.abs(ours - theirs))} m")


class Table:
    """Rows as they are measured, printed at once."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        print(f"{'work':46}{'geoplan':>12}" + "".join(f"{p:>12}" for p in PEERS) + "   wanted")

    def add(self, work: str, ours: str, peers: dict[str, str] | None = None, wanted: str = ""):
        peers = peers or {}
        self.rows.append({"work": work, "geoplan": ours, **peers, "wanted": wanted})
        cells = "".join(f"{peers.get(p, ''):>12}" for p in PEERS)
        print(f"{work:46}{ours:>12}{cells}   {wanted}", flush=True)


def duration(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def ratios(table: Table, seconds: dict[str, float], ours: float, wanted: dict[str, float]) -> None:
    ratio = {p: s / ours for p, s in seconds.items()}
    missed = [p for p, least in wanted.items() if p in ratio and ratio[p] < least]
    want = ", ".join(f"{least:g} x {p}" for p, least in wanted.items())
    verdict = f"{want}: {'MISSED ' + ', '.join(missed) if missed else 'reached'}" if want else ""
    cells = {p: f"{r:,.0f} x" for p, r in ratio.items()}
    table.add("   times slower than geoplan", "", cells, verdict)


def asked(ratio: float, wanted: float | None) -> str:
    verdict = f"{ratio:,.0f} x slower than geoplan"
    if wanted is not None:
        verdict += f", {wanted:g} x wanted: " + ("reached" if ratio >= wanted else "MISSED")
    return verdict


# -- the questions ---------------------------------------------------------------------------


def many_to_many(table, label, network, peers, sites, wanted, sample, older=None) -> None:
    """Every node within 1 km of each site."""
    homes, goals = gn.snap_nodes(network), gn.snap_nodes(network, sites)

    def ours(threads=None):
        return gn.travel_costs(
            network, homes, goals, cutoff_m=REACH_M, direction="from_sites", threads=threads
        )

    answer = ours()
    by_site = answer.matrix[network.node_ids.get_indexer(np.arange(network.n_nodes))].tocsc()
    few = sites[:sample]
    dense = by_site[:, :sample].toarray().T
    stored = np.zeros(dense.shape, bool)
    coo = by_site[:, :sample].tocoo()
    stored[coo.col, coo.row] = True
    dense[~stored] = np.nan

    def scipy_job():
        for start in range(0, len(few), 50):
            csgraph.dijkstra(peers.scipy, indices=few[start : start + 50], limit=REACH_M)

    def networkx_job():
        import networkx as nx

        return [
            nx.single_source_dijkstra_path_length(
                peers.networkx, int(s), cutoff=REACH_M, weight="length"
            )
            for s in few[: max(1, sample // 10)]
        ]

    def osmnx_job():
        import networkx as nx

        for s in few[: max(1, sample // 10)]:
            nx.ego_graph(peers.networkx, int(s), radius=REACH_M, distance="length")

    def igraph_job():
        return peers.igraph.distances(
            few[: max(1, sample // 10)].tolist(), weights=peers.igraph_weights, mode="out"
        )

    theirs = csgraph.dijkstra(peers.scipy, indices=few[:50], limit=REACH_M)
    close("scipy", dense[:50], np.where(np.isinf(theirs), np.nan, theirs), 1e-6)
    jobs = {"geoplan": ours, "1 thread": lambda: ours(1), "scipy": scipy_job}
    part = len(sites) / max(1, sample // 10)
    scale = {"scipy": len(sites) / len(few)}
    if older:
        older = OlderScipy(older, peers.scipy, few, REACH_M)
        close(older.name, dense[:50], np.where(np.isinf(older.found), np.nan, older.found), 1e-6)
        jobs[older.name], scale[older.name] = older.job, scale["scipy"]
    if "pandana" in peers:
        with quiet():
            found = peers.pandana.nodes_in_range(sites.tolist(), REACH_M)
        found = found.drop_duplicates(["source", "destination"])
        table_of = pd.Series(
            found["length_m"].to_numpy(),
            index=pd.MultiIndex.from_frame(found[["source", "destination"]]),
        )
        mine = answer.to_frame().set_index(["site", "demand"])["cost"]
        both = pd.concat([mine, table_of], axis=1, keys=["a", "b"])
        gap = (both["a"] - both["b"]).abs().max()
        edge_cases = both[both.isna().any(axis=1)].max(axis=1)
        if gap > 0.2 or (len(edge_cases) and edge_cases.min() < REACH_M - 0.2):
            raise SystemExit(f"pandana disagrees: {gap} m, {edge_cases.min()}")
        jobs["pandana"] = lambda: peers.pandana.nodes_in_range(sites.tolist(), REACH_M)
    if "networkx" in peers:
        for row, found in zip(dense, networkx_job(), strict=False):
            mine = np.full(network.n_nodes, np.nan)
            mine[list(found)] = list(found.values())
            close("networkx", row, mine, 1e-6)
        jobs |= {"networkx": networkx_job, "osmnx": osmnx_job}
        scale |= {"networkx": part, "osmnx": part}
    if "igraph" in peers:
        found = np.array(igraph_job())
        close("igraph", dense[: len(found)], np.where(found > REACH_M, np.nan, found), 1e-6)
        jobs["igraph"], scale["igraph"] = igraph_job, part
    with quiet():
        took = in_turns(jobs, 5)
        alike = {
            name: jobs[name] for name in ("1 thread", "scipy", "networkx", "osmnx") if name in jobs
        }
        spent = in_turns(alike, 3, clock=time.process_time)
    seconds = {name: s * scale.get(name, 1) for name, s in took.items()}
    spent = {name: s * scale.get(name, 1) for name, s in spent.items()}
    mine, alone = seconds.pop("geoplan"), seconds.pop("1 thread")
    osmnx = seconds.pop("osmnx", 0.0)
    old = seconds.pop(older.name) if older else 0.0
    work = f"{label}: {len(sites):,} sites x 1 km"
    table.add(
        work,
        duration(mine),
        {p: ("" if p == "pandana" else "~") + duration(s) for p, s in seconds.items()},
        f"{answer.matrix.nnz:,} pairs; 1 thread: {duration(alone)}",
    )
    cpu = spent.pop("1 thread")
    told = ", ".join(f"{name} {s / cpu:,.0f} x" for name, s in spent.items())
    table.add("   CPU time, all of them on one thread", duration(cpu), None, told)
    osmnx_wanted = wanted.get("networkx")
    if older:
        older.close()
        table.add(
            f"   {older.name}",
            "",
            {"scipy": "~" + duration(old)},
            asked(old / mine, wanted.get("scipy")),
        )
    ratios(table, seconds, mine, {p: least for p, least in wanted.items() if p != "networkx"})
    if "networkx" in peers:
        # OSMnx's documented reach: a subgraph by networkx.ego_graph, which holds the same nodes
        table.add(
            "   networkx the OSMnx way (ego_graph)",
            "",
            {"networkx": "~" + duration(osmnx)},
            asked(osmnx / mine, osmnx_wanted),
        )


def nearest(table, label, network, peers, xy, sites, wanted) -> None:
    """The nearest of the sites for every node."""
    homes, goals = gn.snap_nodes(network), gn.snap_nodes(network, sites)

    def ours():
        return gn.nearest_site(network, homes, goals)

    answer = ours().loc[np.arange(network.n_nodes), "cost_m"].to_numpy()

    def scipy_job():
        return csgraph.dijkstra(peers.scipy_reversed, indices=sites, min_only=True)

    theirs = scipy_job()
    close("scipy", answer, np.where(np.isinf(theirs), np.nan, theirs), 1e-6)
    jobs = {"geoplan": ours, "scipy": scipy_job}
    if "networkx" in peers:
        import networkx as nx

        graph = peers.networkx.reverse(copy=False) if peers.directed else peers.networkx

        def networkx_job():
            return nx.multi_source_dijkstra_path_length(graph, sites.tolist(), weight="length")

        found = networkx_job()
        mine = np.full(network.n_nodes, np.nan)
        mine[list(found)] = list(found.values())
        close("networkx", answer, mine, 1e-6)
        jobs["networkx"] = networkx_job
    if "pandana" in peers:
        far = float(np.ceil(np.nanmax(answer)) + 1)
        with quiet():
            peers.pandana.set_pois("sites", far, 1, xy[sites, 0], xy[sites, 1])

            def pandana_job():
                return peers.pandana.nearest_pois(far, "sites", num_pois=1, include_poi_ids=True)

            found = pandana_job()[1].to_numpy()
        # pandana says "the largest distance" where there is none, and measures from the node to
        # the site nearest in its graph; millimetres per edge add up
        reached = np.isfinite(answer)
        close("pandana", answer[reached], found[reached], 0.5)
        jobs["pandana"] = pandana_job
    with quiet():
        seconds = in_turns(jobs, 3)
    mine = seconds.pop("geoplan")
    table.add(
        f"{label}: nearest of {len(sites)} sites, every node",
        duration(mine),
        {p: duration(s) for p, s in seconds.items()},
    )
    ratios(table, seconds, mine, wanted)


def ground(table, label, network, peers, xy, sites) -> None:
    """The ground within 1 km of each site, and the isochrones that OSMnx's examples draw.

    Those are the edges between reached nodes, with a strip beside them; so is ours, but cut where
    the kilometre ends. Both are asked about places beside the streets.
    """
    if "networkx" not in peers:
        return
    import networkx as nx

    strip, few = 25.0, sites[:10]
    goals = gn.snap_nodes(network, sites[:100])

    def ours():
        return gn.reach_areas(network, goals, cutoffs_m=[REACH_M], width_m=strip)

    def isochrone(site):
        part = nx.ego_graph(peers.networkx, int(site), radius=REACH_M, distance="length")
        drawn = [shapely.linestrings(xy[np.array(list(part.edges()))])]
        drawn.append(shapely.points(xy[list(part)]))
        return shapely.union_all(shapely.buffer(np.concatenate(drawn), strip))

    def osmnx_job():
        return [isochrone(s) for s in few]

    rng = np.random.default_rng(5)
    spots = shapely.points(np.repeat(xy[few], 2000, axis=0) + rng.uniform(-900, 900, (20_000, 2)))
    agree = {"ours": 0, "theirs": 0}
    asked = 0
    lines = shapely.STRtree(network.edge_lines())
    areas = ours().geometry.to_numpy()
    for k, theirs in enumerate(osmnx_job()):
        near = spots[2000 * k : 2000 * (k + 1)]
        near = near[np.unique(lines.query(near, predicate="dwithin", distance=strip - 1)[0])]
        places = gpd.GeoSeries(near, crs=network.crs)
        one = gn.snap_nodes(network, few[k : k + 1])
        within = (gn.nearest_site(network, places, one)["cost_m"] <= REACH_M).to_numpy()
        asked += len(near)
        agree["ours"] += (shapely.intersects(areas[k], near) == within).sum()
        agree["theirs"] += (shapely.intersects(theirs, near) == within).sum()
    if agree["ours"] < 0.999 * asked:
        raise SystemExit(f"reach areas disagree with network distance: {agree} of {asked}")
    seconds = in_turns({"geoplan": ours, "networkx": osmnx_job}, 3)
    mine = seconds["geoplan"] / len(goals)
    theirs = {"networkx": seconds["networkx"] / len(few)}
    table.add(
        f"{label}: ground within 1 km, per site",
        duration(mine),
        {"networkx": duration(theirs["networkx"])},
        f"as OSMnx draws it; true of {agree['ours'] / asked:.1%} of places "
        f"(theirs {agree['theirs'] / asked:.1%})",
    )
    ratios(table, theirs, mine, {})
    city = gn.snap_nodes(network, sites)
    whole = median_seconds(
        lambda: gn.reach_areas(network, city, cutoffs_m=[REACH_M], dissolve=True), 3
    )
    table.add(f"{label}: {len(sites)} sites' ground as one", duration(whole))


def triangulation(table, label, network) -> None:
    """Delaunay triangles of the points along all streets by which the ground is divided.

    Ours takes them in the order of the streets; scipy's Qhull sorts them first.
    """
    segments = street_segments(network, np.arange(network.n_edges))
    segment, along = refined_generators(segments, *first_generators(segments))
    xy = points_along(segments, segment, along)
    xy += np.random.default_rng(0).uniform(-JITTER_M, JITTER_M, xy.shape) - np.floor(
        xy.mean(axis=0)
    )
    ours, _, framed = delaunay(xy, 1000.0)
    theirs = spatial.Delaunay(framed).simplices
    both = [pd.DataFrame(np.sort(triangles, axis=1)) for triangles in (ours, theirs)]
    alike = len(both[0].merge(both[1])) / len(theirs)
    if alike < 0.99:  # Qhull is not exact where four points nearly lie on one circle
        raise SystemExit(f"only {alike:.3%} of scipy's triangles are ours")
    jobs = {"geoplan": lambda: delaunay(xy, 1000.0), "scipy": lambda: spatial.Delaunay(framed)}
    spent = in_turns(jobs, 1, clock=time.process_time)
    table.add(
        f"{label}: triangles of {len(xy):,} points, CPU time",
        duration(spent["geoplan"]),
        {"scipy": duration(spent["scipy"])},
        f"{alike:.2%} of scipy's triangles are ours",
    )
    ratios(table, {"scipy": spent["scipy"]}, spent["geoplan"], {})


# not cached: numba would not see that the kernel inside has changed
@nb.njit(nogil=True)
def _searches(arcs, queue, distances, sources, limit, settled):
    """The bounded search alone, as travel_costs runs it, for all sources."""
    for s in range(len(sources.node)):
        met = bounded_search(arcs, queue, distances, sources.node[s], sources.cost[s], limit)
        settled[s] = met
        for i in range(met):
            distances.dist[distances.reached[i]] = np.inf


@nb.njit(cache=True, nogil=True)
def _breadth_first(indptr, indices, sources, settled, seen):
    """Plain breadth-first search from each source over as many nodes as Dijkstra settled."""
    queue = np.empty(len(seen), np.int32)
    for s in range(len(sources)):
        queue[0] = sources[s]
        seen[sources[s]] = True
        met, at = 1, 0
        while at < met:
            v = queue[at]
            at += 1
            for p in range(indptr[v], indptr[v + 1]):
                w = indices[p]
                if not seen[w] and met < settled[s]:
                    seen[w] = True
                    queue[met] = w
                    met += 1
        for i in range(met):
            seen[queue[i]] = False


def searches(network, count: int, seed: int = 1) -> dict[str, float]:
    """Nanoseconds per settled node of bounded and of whole searches, and of the floor."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(network.n_nodes, min(count, network.n_nodes), replace=False))
    goals = connect(network, gn.snap_nodes(network, network.node_ids[at]), unit="m", leaving=True)
    graph = network.graph()
    work = Workspace(graph, limit=REACH_M)
    settled = np.zeros(len(at), np.int64)

    def each():
        _searches(arcs_of(graph), work.queue, work.distances, goals, REACH_M, settled)

    seen = np.zeros(network.n_nodes, bool)

    def floor():
        _breadth_first(graph.indptr, graph.indices, goals.node[:, 0], settled, seen)

    few = gn.snap_nodes(network, network.node_ids[at[::12]])  # one for about 500 nodes
    seeds = connect(network, few, unit="m", leaving=True)

    def whole():
        return multi_source(graph, seeds)

    each(), floor(), whole()
    nodes = settled.sum()
    jobs = {"bounded": each, "floor": floor, "whole": whole}
    took = in_turns(jobs, 5, clock=time.process_time)
    return {
        "bounded": took["bounded"] / nodes * 1e9,
        "floor": took["floor"] / nodes * 1e9,
        "whole": took["whole"] / network.n_nodes * 1e9,
        "settled": nodes / len(at),
    }


def growth(table, sizes: list[int]) -> None:
    """Time per settled node as the graph grows."""
    found = {}
    for size in sizes:
        network = network_of(*street_graph(size))
        # sources as dense as 5,000 on 200,000 nodes: the work grows with the graph
        found[size] = searches(network, size // 40)
        values = found[size]
        table.add(
            f"search alone, {network.n_nodes:,} nodes, CPU time",
            f"{values['bounded']:.1f} ns",
            None,
            f"per settled node ({values['settled']:.0f} per source); whole graph "
            f"{values['whole']:.1f} ns; breadth-first {values['floor']:.1f} ns",
        )
        ratio = values["bounded"] / values["floor"]
        verdict = "reached" if ratio <= 4 else "MISSED"
        table.add("   times the breadth-first floor", f"{ratio:.2f} x", None, f"<= 4 x: {verdict}")
        del network
        gc.collect()
    first, last = found[sizes[0]], found[sizes[-1]]
    for kind in ("bounded", "whole"):
        ratio = last[kind] / first[kind]
        verdict = "reached" if ratio <= 1.5 else "MISSED"
        table.add(
            f"   growth {sizes[0]:,} -> {sizes[-1]:,}, {kind}",
            f"{ratio:.2f} x",
            None,
            f"<= 1.5 x: {verdict}",
        )


def memory(table, network, sites) -> None:
    """Peak beyond the answer, per node."""
    homes, goals = gn.snap_nodes(network), gn.snap_nodes(network, sites)
    few = gn.snap_nodes(network, sites[:400])

    def pairs():
        return gn.travel_costs(network, homes, goals, cutoff_m=REACH_M)

    def near():
        return gn.nearest_site(network, homes, few)

    for name, job in (("many-to-many", pairs), ("nearest", near)):
        job()
        beyond, answer = peak_beyond(job)
        if beyond is None:
            table.add(f"memory beyond the answer, {name}", "not known", None, "only on Linux")
            continue
        if name == "nearest":
            size = answer.memory_usage(deep=True).sum()
        else:
            matrix = answer.matrix
            size = matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
        each = max(0.0, beyond - size) / network.n_nodes
        verdict = "reached" if each <= 200 else "MISSED"
        table.add(
            f"memory beyond the answer, {name}",
            f"{each:.0f} B",
            None,
            f"per node, <= 200: {verdict}",
        )


def snapping(table, network, count: int) -> None:
    rng = np.random.default_rng(2)
    minx, miny, maxx, maxy = network.bounds
    xy = rng.random((count, 2)) * [maxx - minx, maxy - miny] + [minx, miny]
    cloud = gpd.GeoSeries(shapely.points(xy), crs=CRS)
    placed = gn.snap(network, cloud)
    some = rng.integers(0, count, 20)
    lines = network.edge_lines()
    gaps = [shapely.distance(cloud.iloc[i], lines).min() for i in some]
    close("brute force", placed.snap_m[some], np.where(np.array(gaps) > 500, np.nan, gaps), 1e-6)
    seconds = median_seconds(lambda: gn.snap(network, cloud), 3)
    limit = 10 * count / 1e6
    verdict = "reached" if seconds <= limit else "MISSED"
    table.add(
        f"snapping {count:,} points to edges", duration(seconds), None, f"<= {limit:g} s: {verdict}"
    )


def files(table, network) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.gpnet"
        network.save(path)
        seconds = median_seconds(lambda: gn.Network.load(path), 5)
        size = path.stat().st_size / 1e6
    verdict = "reached" if seconds <= 0.5 else "MISSED"
    table.add(
        f"loading {network.n_nodes:,} nodes from a file",
        duration(seconds),
        None,
        f"<= 0.5 s: {verdict} ({size:.0f} MB)",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small graph, fewer sources")
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    parser.add_argument("--older-scipy", metavar="PYTHON", help="an interpreter as another peer")
    options = parser.parse_args()
    nodes, count = (20_000, 500) if options.quick else (200_000, 5_000)
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"{platform.processor() or platform.machine()}, {cpus} threads, "
        f"Python {platform.python_version()}"
    )
    table = Table()
    rng = np.random.default_rng(1)

    xy, edges = street_graph(nodes)
    network = network_of(xy, edges)
    peers = Peers(xy, edges)
    start = time.perf_counter()
    network_of(xy, edges).graph()
    built = time.perf_counter() - start
    table.add(
        f"building the graph, {network.n_nodes:,} nodes",
        duration(built),
        {p: duration(s) for p, s in peers.seconds.items()},
    )
    sites = rng.choice(network.n_nodes, count, replace=False)
    floors = {"pandana": 10, "scipy": 60, "networkx": 500}
    many_to_many(table, "streets", network, peers, sites, floors, 200, options.older_scipy)
    nearest(table, "streets", network, peers, xy, sites[:400], {"pandana": 20})
    ground(table, "streets", network, peers, xy, sites)
    triangulation(table, "streets", network)
    del peers
    gc.collect()
    memory(table, network, sites)
    snapping(table, network, 100_000 if options.quick else 1_000_000)
    files(table, network)

    folder = Path(__file__).resolve().parents[2] / "shared" / "data" / "roads_jinan"
    if folder.is_dir():
        xy, edges = jinan_graph(folder)
        real = network_of(xy, edges)
        peers = Peers(xy, edges)
        sites = rng.choice(real.n_nodes, min(count, real.n_nodes), replace=False)
        many_to_many(table, "Jinan roads", real, peers, sites, {}, 200, options.older_scipy)
        nearest(table, "Jinan roads", real, peers, xy, sites[:400], {})
    else:
        print("the real roads of Jinan are absent: rows left out")
    growth(table, [5_000, 50_000] if options.quick else [50_000, 200_000, 2_000_000])
    if options.json:
        options.json.write_text(json.dumps(table.rows, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
