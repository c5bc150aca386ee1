"""How near optimal, proved: the hard cases of siting and the travel engine in one table.

    python benchmarks/proofs.py                    everything (about half an hour)
    python benchmarks/proofs.py --only city median some of the rows

Each row has a limit of time and says what was reached in it, with the CPU time that it got: where
other work runs beside it, a limit of 60 seconds is less than 60 seconds of a core. `siting.py`,
`siting_rules.py`, `set_covering.py` and `travel.py` put the same cases beside their peers.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import set_covering
import siting_rules
import travel
from scipy import sparse
from siting import city

from geoplan.siting import SitingProblem, SitingResult, max_coverage, min_sites, p_median


def say(work: str, floor: str, met: bool, told: str) -> bool:
    """One line of the table; whether its floor was reached."""
    print(f"{work:<52} {told:<62} {floor}: {'reached' if met else 'MISSED'}", flush=True)
    return met


def solved(call: Callable[[], SitingResult]) -> tuple[SitingResult, str]:
    """An answer, and what it says with its seconds of the clock and of the processor."""
    clock, spent = time.perf_counter(), time.process_time()
    found = call()
    clock, spent = time.perf_counter() - clock, time.process_time() - spent
    gap = "no gap" if found.gap is None else f"gap {found.gap:.3%}"
    told = f"{found.value:,.0f}, bound {found.bound:,.0f}, {gap}"
    return found, f"{told}; {clock:.0f} s, {spent:.0f} s of CPU time"


def city_rows() -> Iterator[bool]:
    """Most people within 1 km in a city-like place: everything overlaps."""
    problem = SitingProblem.from_cover(*city(50_000, 5_000, 1.0))
    for sites, gap in ((20, 0.003), (50, 0.006)):
        found, told = solved(lambda p=sites: max_coverage(problem, sites=p, time_limit_s=60))
        work = f"MCLP 50,000 x 5,000 city-like, 1 km, p = {sites}"
        yield say(work, f"gap <= {gap:.1%} in 60 s", found.gap <= gap, told)


def rules_rows() -> Iterator[bool]:
    """Fewest sites for a share of the people under seven kinds of rules."""
    proved, spent, open_ = 0, time.process_time(), []
    for rule in siting_rules.RULES:
        for seed in range(3):
            problem, asked = siting_rules.ruled(rule, seed)
            found = min_sites(problem, time_limit_s=siting_rules.RULES_LIMIT_S, **asked)
            if found.status in ("optimal", "infeasible"):
                proved += 1
            else:
                open_.append(f"{rule} {seed}: {found.value:g} >= {found.bound:g}")
    told = f"{proved} of 21 proved; {time.process_time() - spent:.0f} s of CPU time; "
    floor = "at most 2 of 21 unproved in 30 s each"
    yield say("partial LSCP under rules, 500 x 110", floor, proved >= 19, told + "; ".join(open_))


def whole_rows() -> Iterator[bool]:
    """p-median with capacities, every customer served whole."""
    names = [*siting_rules.PUBLISHED, *(f"like SJC{k}" for k in ("3a", "3b", "4a", "4b"))]
    proved, gap = 0, np.inf
    for name in names:
        costs, people, p, room = siting_rules.capacitated(name)
        problem = SitingProblem.from_costs(costs / people[:, None], people, capacities=room)
        found, told = solved(
            lambda q=problem, p=p: p_median(q, sites=p, split=False, time_limit_s=60)
        )
        proved, gap = proved + (found.status == "optimal"), found.gap
        print(f"  {name}: {told}", flush=True)
    told = f"{proved} of 6 proved, gap of the last {gap:.2%}"
    floor = "5 of 6 proved in 60 s each, gap <= 1 % on the last"
    yield say("p-median, customers whole", floor, proved >= 5 and gap <= 0.01, told)


def median_rows() -> Iterator[bool]:
    """A large p-median on a square of 10 km."""
    rng = np.random.default_rng(3)
    people = rng.random((5_000, 2)) * 10_000
    costs = np.sqrt(((people[:, None] - people[None]) ** 2).sum(-1))
    problem = SitingProblem.from_costs(costs, rng.integers(1, 50, 5_000).astype(float))
    found, told = solved(lambda: p_median(problem, sites=50, time_limit_s=120))
    work = "p-median 5,000 x 5,000, p = 50"
    yield say(work, "gap <= 0.1 % in 120 s", found.gap <= 0.001, told)


def rail_like(trips: int = 507, rosters: int = 63_009) -> sparse.csr_matrix:
    """As many rows and columns as rail507, and about as many pairs (409,349): chains of trips.

    A roster goes on to one of the next trips that begin near where the last one ended.
    """
    rng = np.random.default_rng(507)
    begins, ends = rng.integers(0, 12, trips), rng.integers(0, 12, trips)
    following = [
        [k for k in range(i + 1, min(i + 120, trips)) if begins[k] == ends[i]][:8]
        for i in range(trips)
    ]
    rows, columns = [], []
    for column in range(rosters):
        at = int(rng.integers(trips)) if column >= trips else column
        for _ in range(int(rng.integers(1, 13))):
            rows.append(at)
            columns.append(column)
            if not following[at]:
                break
            at = following[at][int(rng.integers(len(following[at])))]
    pairs = np.ones(len(rows), bool)
    return sparse.csr_matrix((pairs, (rows, columns)), (trips, rosters))


def cover_rows() -> Iterator[bool]:
    """Fewest sites that cover everyone: Beasley's CLR.11, and rosters of trains."""
    for name, cover, most in (
        ("fewest sites, CLR.11", set_covering.clr(11), 23),
        ("fewest sites, 507 x 63,009 like rail507", rail_like(), None),
    ):
        problem = SitingProblem.from_cover(cover, np.ones(cover.shape[0]))
        found, told = solved(lambda q=problem: min_sites(q, time_limit_s=60))
        if most is None:  # its optimum is not known
            peer = set_covering.highs(cover, np.ones(cover.shape[1]))
            most, told = peer[0], f"{told}; HiGHS {peer[0]:g}, bound {peer[1]:g}"
        yield say(name, f"<= {most:g}", found.value <= most, told)


def travel_rows() -> Iterator[bool]:
    """Every node within 1 km of each of 5,000 sites, beside scipy."""
    travel.PEERS = ("scipy",)
    xy, edges = travel.street_graph(200_000)
    network, table = travel.network_of(xy, edges), travel.Table()
    sites = np.random.default_rng(1).choice(network.n_nodes, 5_000, replace=False)
    travel.many_to_many(
        table, "streets", network, travel.Peers(xy, edges), sites, {"scipy": 45}, 200
    )
    yield True


ROWS = {
    "city": city_rows,
    "rules": rules_rows,
    "whole": whole_rows,
    "median": median_rows,
    "cover": cover_rows,
    "travel": travel_rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=[*ROWS])
    small = SitingProblem.from_cover(*city(400, 40, 1.0))
    tiny = SitingProblem.from_costs(
        np.random.default_rng(0).random((20, 9)), np.ones(20), capacities=10.0
    )
    max_coverage(small, sites=3), p_median(tiny, sites=3, split=False)  # kernels are loaded once
    met = [ok for name in parser.parse_args().only for ok in ROWS[name]()]
    sys.exit(not all(met))


if __name__ == "__main__":
    main()
