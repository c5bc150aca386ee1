"""Fewest and cheapest sites that cover everyone, beside HiGHS on the textbook model.

    python benchmarks/set_covering.py          everything (about ten minutes)
    python benchmarks/set_covering.py --quick  the two smallest

Beasley's CLR instances are made here by their rule: groups of four of so many points (columns), of
which every split of the points in two must leave one whole (rows). Fewest known: 25, 23, 23, 23.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time

import highspy
import numpy as np
from scipy import sparse
from siting import Row, show, timed

from geoplan.siting import SitingProblem, SitingResult, min_cost, min_sites

LIMIT_S = 60.0
FEWEST = {10: 25, 11: 23, 12: 23, 13: 23}


def clr(points: int) -> sparse.csr_matrix:
    """Splits of so many points in two, and the groups of four on one side of each."""
    groups = np.array(
        [sum(1 << i for i in g) for g in itertools.combinations(range(points), 4)], np.int64
    )
    split = np.arange(1, 2 ** (points - 1))[:, None] & groups[None, :]
    return sparse.csr_matrix((split == 0) | (split == groups))


def with_costs() -> tuple[sparse.csr_matrix, np.ndarray]:
    """1,000 rows, 10,000 sites, 2 % of the pairs, costs 1 to 100, as Beasley drew them."""
    rng = np.random.default_rng(5)
    pairs = rng.integers(0, 1_000, 200_000), rng.integers(0, 10_000, 200_000)
    cover = sparse.csr_matrix((np.ones(200_000), pairs), (1_000, 10_000)) > 0
    return cover.tocsr(), rng.integers(1, 101, 10_000).astype(float)


def highs(cover: sparse.csr_matrix, cost: np.ndarray) -> tuple[float, float, float]:
    """Value, bound and seconds of the textbook model."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = cover.shape
    lp.col_cost_, lp.col_lower_ = cost, np.zeros(len(cost))
    lp.col_upper_ = np.ones(len(cost))
    lp.row_lower_ = np.ones(cover.shape[0])
    lp.row_upper_ = np.full(cover.shape[0], highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = cover.indptr, cover.indices
    lp.a_matrix_.value_ = np.ones(cover.nnz)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", LIMIT_S)
    start = time.perf_counter()
    solver.passModel(lp)
    solver.run()
    told = solver.getInfo()
    return told.objective_function_value, told.mip_dual_bound, time.perf_counter() - start


def row(work: str, found: SitingResult, seconds: float, peer: tuple, *, most: float) -> Row:
    """A row whose floor is a value; the peer's value stands in its name."""
    value, bound, peer_s = peer
    print(
        f"  {work}: geoplan {found.value:g} (at least {found.bound:g}); HiGHS {value:g} ({bound:g})"
    )
    return Row(
        f"{work}: {found.value:g} ({value:g})",
        seconds,
        found.value,
        found.gap,
        found.status,
        peer="HiGHS",
        peer_seconds=peer_s,
        peer_done=value - bound < 1,
        floor=f"<= {most:g}",
        met=found.value <= most,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    min_sites(SitingProblem.from_cover(clr(6), np.ones(31)))  # kernels are loaded once per process
    rows = []
    for points, most in [*FEWEST.items()][: 2 if quick else 4]:
        cover = clr(points)
        problem = SitingProblem.from_cover(cover, np.ones(cover.shape[0]))
        found, seconds = timed(lambda q=problem: min_sites(q, time_limit_s=LIMIT_S))
        peer = highs(cover, np.ones(cover.shape[1]))
        rows.append(row(f"fewest sites, CLR.{points}", found, seconds, peer, most=most))
    if not quick:
        cover, cost = with_costs()
        problem = SitingProblem.from_cover(cover, np.ones(1_000), site_costs=cost)
        found, seconds = timed(lambda: min_cost(problem, time_limit_s=LIMIT_S))
        peer = highs(cover, cost)
        rows.append(row("least money, 1,000 x 10,000", found, seconds, peer, most=peer[0]))
    show(rows)
    sys.exit(any(r.met is False for r in rows))


if __name__ == "__main__":
    main()
