"""Siting against its peers: spopt with its default solver, and HiGHS on the textbook model.

    python benchmarks/siting.py            everything (about half an hour, mostly the peers)
    python benchmarks/siting.py --quick    small sizes (a minute)
    python benchmarks/siting.py --json FILE

The same demand, sites and question in one run; values are checked for equality before anything is
compared (where a peer proves its own). spopt gets its cover matrix ready made, so that only its
model and its solver (CBC) count. A peer that does not finish within its limit stands with ">".
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.util
import io
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from geoplan.siting import (
    SitingProblem,
    coverage_curve,
    max_coverage,
    min_sites,
    p_center,
    p_median,
)

PEER_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    work: str
    seconds: float
    value: float
    gap: float | None
    status: str
    peer: str = ""
    peer_seconds: float | None = None
    peer_done: bool = False
    floor: str = ""
    met: bool | None = None


# -- instances -----------------------------------------------------------------------------


def uniform(n: int, m: int, share: float, seed: int = 0) -> tuple[sparse.csr_matrix, np.ndarray]:
    """People and sites anywhere in a square; each site reaches about `share` of the people."""
    rng = np.random.default_rng(seed)
    people, sites = rng.random((n, 2)), rng.random((m, 2))
    radius = float(np.sqrt(share / np.pi))
    hits = cKDTree(sites).query_ball_point(people, radius, return_sorted=True)
    ptr = np.concatenate([[0], np.cumsum([len(h) for h in hits])])
    idx = np.concatenate([np.asarray(h, np.int32) for h in hits]) if ptr[-1] else []
    cover = sparse.csr_matrix((np.ones(ptr[-1], bool), idx, ptr), shape=(n, m))
    return cover, rng.integers(1, 100, n).astype(float)


def city(n: int, m: int, reach_km: float, seed: int = 1) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Sixty towns of Zipf sizes in a square of 30 km, 15 % rural, candidates among the people."""
    rng = np.random.default_rng(seed)
    size = 1.0 / np.arange(1, 61) ** 0.9
    size /= size.sum()
    town = rng.choice(60, n, p=size)
    spread = 3.0 * np.sqrt(size / size[0])
    people = rng.random((60, 2))[town] * 30 + rng.normal(size=(n, 2)) * spread[town, None]
    rural = rng.random(n) < 0.15
    people[rural] = rng.random((rural.sum(), 2)) * 30
    sites = people[rng.choice(n, m, replace=False)]
    hits = cKDTree(sites).query_ball_point(people, reach_km, return_sorted=True)
    ptr = np.concatenate([[0], np.cumsum([len(h) for h in hits])])
    idx = np.concatenate([np.asarray(h, np.int32) for h in hits])
    cover = sparse.csr_matrix((np.ones(ptr[-1], bool), idx, ptr), shape=(n, m))
    return cover, np.maximum(1, np.round(rng.lognormal(3.5, 1.0, n)))


# -- peers ---------------------------------------------------------------------------------


def spopt_mclp(cover: sparse.csr_matrix, weights: np.ndarray, sites: int) -> tuple[float, float]:
    """Value and seconds of spopt's MCLP with its default solver (CBC), quietly."""
    import pulp
    from spopt.locate import MCLP

    cost = 1.0 - cover.toarray().astype(float)  # 0 = within, 1 = beyond
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        model = MCLP.from_cost_matrix(cost, weights, service_radius=0.5, p_facilities=sites)
        solver = pulp.PULP_CBC_CMD(msg=False, timeLimit=PEER_LIMIT_S)
        model = model.solve(solver)
    return float(pulp.value(model.problem.objective)), time.perf_counter() - start


def highs_mclp(
    cover: sparse.csr_matrix, weights: np.ndarray, sites: int
) -> tuple[float, float, bool]:
    """Value, seconds and whether proved: HiGHS on max sum w z, z <= sum x, sum x = p."""
    n, m = cover.shape
    start = time.perf_counter()
    rows = sparse.hstack([-cover.astype(float), sparse.eye(n)]).tocsr()
    count = sparse.csr_matrix(np.concatenate([np.ones(m), np.zeros(n)])[None, :])
    matrix = sparse.vstack([rows, count]).tocsr()
    upper = np.concatenate([np.zeros(n), [float(sites)]])
    return _highs(matrix, np.concatenate([np.zeros(m), -weights]), upper, m, start, sign=-1.0)


def highs_pmedian(costs: np.ndarray, sites: int) -> tuple[float, float, bool]:
    """The textbook p-median: x <= y, every row assigned once."""
    n, m = costs.shape
    start = time.perf_counter()
    pairs = np.arange(n * m)
    once = sparse.csr_matrix((np.ones(n * m), (pairs // m, m + pairs)), shape=(n, m + n * m))
    link = sparse.hstack(
        [
            sparse.csr_matrix((-np.ones(n * m), (pairs, pairs % m)), shape=(n * m, m)),
            sparse.eye(n * m),
        ]
    )
    count = sparse.csr_matrix(np.concatenate([np.ones(m), np.zeros(n * m)])[None, :])
    matrix = sparse.vstack([once, link, count]).tocsr()
    lower = np.concatenate([np.ones(n), np.full(n * m, -np.inf), [-np.inf]])
    upper = np.concatenate([np.ones(n), np.zeros(n * m), [float(sites)]])
    cost = np.concatenate([np.zeros(m), costs.ravel()])
    return _highs(matrix, cost, upper, m, start, lower=lower)


def _highs(matrix, cost, upper, whole, start, *, lower=None, sign=1.0) -> tuple[float, float, bool]:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_ = cost, np.zeros(len(cost))
    lp.col_upper_ = np.ones(len(cost))
    lp.row_lower_ = np.full(len(upper), -np.inf) if lower is None else lower
    lp.row_upper_ = upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    kind = highspy.HighsVarType
    lp.integrality_ = [kind.kInteger] * whole + [kind.kContinuous] * (len(cost) - whole)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("time_limit", PEER_LIMIT_S)
    highs.passModel(lp)
    highs.run()
    done = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return sign * highs.getInfo().objective_function_value, time.perf_counter() - start, done


# -- rows ----------------------------------------------------------------------------------


def timed(call: Callable[[], object]) -> tuple[object, float]:
    """A result and its seconds."""
    gc.collect()
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def against(work: str, found, seconds, *, peer="", told=None, floor="", least=None) -> Row:
    """A row beside a peer's (value, seconds, proved); equal values are checked."""
    value, peer_seconds, done = told if told is not None else (np.nan, None, False)
    if done and found.status == "optimal":
        assert abs(value - found.value) <= 1e-6 * max(1.0, abs(value)), (work, value, found.value)
    met = None
    if least is not None and peer_seconds is not None:
        met = peer_seconds >= least * seconds and found.status == "optimal"
    return Row(
        work, seconds, found.value, found.gap, found.status, peer, peer_seconds, done, floor, met
    )


def within(work: str, found, seconds, *, gap: float, limit_s: float, floor: str) -> Row:
    """A row judged by its gap within a time."""
    met = found.gap is not None and found.gap <= gap and seconds <= limit_s * 1.05
    return Row(work, seconds, found.value, found.gap, found.status, floor=floor, met=met)


def mclp_rows(quick: bool) -> list[Row]:
    rows = []
    small = (2_000, 50) if quick else (10_000, 100)
    cover, weights = uniform(*small, 0.02)
    problem = SitingProblem.from_cover(cover, weights)
    max_coverage(problem, sites=3)  # kernels are compiled once per machine
    found, seconds = timed(lambda: max_coverage(problem, sites=10))
    spopt_small = None
    name = f"MCLP {small[0]:,} x {small[1]}, p = 10"
    if importlib.util.find_spec("spopt"):
        value, spopt_small = spopt_mclp(cover, weights, 10)
        rows.append(
            against(
                name,
                found,
                seconds,
                peer="spopt",
                told=(value, spopt_small, True),
                floor=">= 20 x",
                least=20,
            )
        )
    rows.append(against(name, found, seconds, peer="HiGHS", told=highs_mclp(cover, weights, 10)))
    if quick:
        return rows
    cover, weights = uniform(100_000, 100, 0.02)
    problem = SitingProblem.from_cover(cover, weights)
    found, seconds = timed(lambda: max_coverage(problem, sites=10))
    told = None
    if spopt_small is not None:
        value, peer = spopt_mclp(cover, weights, 10)
        told = (value, peer, peer < PEER_LIMIT_S)
    rows.append(
        against(
            "MCLP 100,000 x 100, p = 10",
            found,
            seconds,
            peer="spopt",
            told=told,
            floor=">= 200 x",
            least=200,
        )
    )
    cover, weights = uniform(1_000_000, 100, 0.02)
    problem = SitingProblem.from_cover(cover, weights)
    found, seconds = timed(lambda: max_coverage(problem, sites=10))
    met = None if spopt_small is None else bool(seconds < spopt_small)
    rows.append(
        Row(
            "MCLP 1,000,000 x 100, p = 10",
            seconds,
            found.value,
            found.gap,
            found.status,
            "spopt at 10,000",
            spopt_small,
            True,
            "less time",
            met,
        )
    )
    return rows


def hard_rows() -> list[Row]:
    rows = []
    cover, weights = uniform(50_000, 2_000, 0.0057)
    problem = SitingProblem.from_cover(cover, weights)
    half = next(
        p
        for p in range(20, 400, 5)
        if max_coverage(problem, sites=p, gap=0.5, time_limit_s=2).value >= weights.sum() / 2
    )
    found, seconds = timed(lambda: max_coverage(problem, sites=half, time_limit_s=60))
    rows.append(
        within(
            f"MCLP 50,000 x 2,000 uniform, p = {half}, half covered",
            found,
            seconds,
            gap=0.005,
            limit_s=60,
            floor="gap <= 0.5 % in 60 s",
        )
    )
    found, seconds = timed(lambda: min_sites(problem, share=0.9, time_limit_s=120))
    rows.append(
        within(
            "partial LSCP 50,000 x 2,000, 90 %",
            found,
            seconds,
            gap=0.02,
            limit_s=120,
            floor="gap <= 2 % in 120 s",
        )
    )
    for reach_km in (0.5, 1.0):
        cover, weights = city(50_000, 5_000, reach_km)
        problem = SitingProblem.from_cover(cover, weights)
        for p in (20, 50):
            found, seconds = timed(lambda q=problem, p=p: max_coverage(q, sites=p, time_limit_s=60))
            name = f"MCLP 50,000 x 5,000 city-like, {reach_km:g} km, p = {p}"
            gap = 0.001 if reach_km < 1 else {20: 0.003, 50: 0.006}[p]
            floor = f"gap <= {100 * gap:g} % in 60 s"
            rows.append(within(name, found, seconds, gap=gap, limit_s=60, floor=floor))
        if reach_km == 0.5:
            one = seconds
            _, seconds = timed(
                lambda q=problem: coverage_curve(q, sites=range(51), time_limit_s=300)
            )
            rows.append(
                Row(
                    "coverage curve 0-50, city-like, 0.5 km",
                    seconds,
                    np.nan,
                    None,
                    "",
                    "one solve",
                    one,
                    True,
                    "<= 10 x one solve",
                    seconds <= 10 * one,
                )
            )
    return rows


def read_pmed(path: Path) -> tuple[np.ndarray, int]:
    """Costs and p of an OR-Library file; a repeated edge line replaces the earlier one."""
    numbers = [int(t) for t in path.read_text().split()]
    n, edges, p = numbers[:3]
    length = {}
    for k in range(edges):
        u, v, cost = numbers[3 + 3 * k : 6 + 3 * k]
        length[min(u, v) - 1, max(u, v) - 1] = cost
    ends = np.array(list(length))
    graph = sparse.csr_matrix((list(length.values()), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return csgraph.dijkstra(graph, directed=False), p


def pmed_rows(folder: Path) -> list[Row]:
    rows = []
    tiny = SitingProblem.from_costs(np.random.default_rng(0).random((40, 12)), np.ones(40))
    p_median(tiny, sites=3), p_center(tiny, sites=3)  # kernels are loaded once per process
    optima = {}
    for line in (folder / "optima.txt").read_text().splitlines():
        parts = line.split()
        if len(parts) >= 2 and parts[0].startswith("pmed"):
            optima[parts[0]] = float(parts[1])
    for number in range(1, 6):
        name = f"pmed{number}"
        if not (folder / f"{name}.txt").exists():
            continue
        costs, p = read_pmed(folder / f"{name}.txt")
        n = len(costs)
        problem = SitingProblem.from_costs(costs, np.ones(n))
        found, seconds = timed(lambda problem=problem, p=p: p_median(problem, sites=p))
        if name in optima:
            assert found.value == optima[name], (name, found.value, optima[name])
        rows.append(
            against(
                f"p-median {name}, n = {n}, p = {p}",
                found,
                seconds,
                peer="HiGHS",
                told=highs_pmedian(costs, p),
                floor=">= 10 x",
                least=10,
            )
        )
        found, seconds = timed(lambda problem=problem, p=p: p_center(problem, sites=p))
        rows.append(
            Row(
                f"p-center {name}",
                seconds,
                found.value,
                found.gap,
                found.status,
                floor="proved",
                met=found.status == "optimal",
            )
        )
    return rows


def large_median() -> list[Row]:
    rng = np.random.default_rng(3)
    people = rng.random((5_000, 2)) * 10_000
    costs = np.sqrt(((people[:, None] - people[None]) ** 2).sum(-1))
    problem = SitingProblem.from_costs(costs, rng.integers(1, 50, 5_000).astype(float))
    found, seconds = timed(lambda: p_median(problem, sites=50, time_limit_s=120))
    return [
        within(
            "p-median 5,000 x 5,000, p = 50",
            found,
            seconds,
            gap=0.001,
            limit_s=120,
            floor="gap <= 0.1 % in 120 s",
        )
    ]


def show(rows: list[Row]) -> None:
    head = f"{'work':<50}{'geoplan s':>10}{'status':>10}{'gap':>9}"
    head += f"  {'peer':<16}{'peer s':>9}{'x':>8}  floor"
    print(head)
    print("-" * len(head))
    for r in rows:
        gap = "" if r.gap is None else f"{r.gap:.3%}"
        peer = (
            "" if r.peer_seconds is None else f"{'' if r.peer_done else '> '}{r.peer_seconds:.2f}"
        )
        times = "" if r.peer_seconds is None else f"{r.peer_seconds / r.seconds:.1f}"
        mark = "" if r.met is None else ("reached" if r.met else "MISSED")
        left = f"{r.work:<50}{r.seconds:>10.3f}{r.status:>10}{gap:>9}"
        print(f"{left}  {r.peer:<16}{peer:>9}{times:>8}  {r.floor} {mark}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--pmed",
        type=Path,
        default=Path(__file__).resolve().parents[2] / "shared" / "data" / "orlib_pmed",
    )
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    rows = mclp_rows(options.quick)
    if options.pmed.is_dir():
        rows += pmed_rows(options.pmed)
    if not options.quick:
        rows += hard_rows() + large_median()
    show(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(f"\npeak memory of all of it, peers included: {peak:.2f} GB")
    if options.json:
        told = [{s: getattr(r, s) for s in Row.__slots__} for r in rows]
        options.json.write_text(json.dumps(told, indent=1, default=str))
    sys.exit(any(r.met is False for r in rows))


if __name__ == "__main__":
    main()
