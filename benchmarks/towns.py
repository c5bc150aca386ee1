"""The coverage curve of many towns that share nothing but the number of sites.

Every number of new sites up to 500 over made-up towns, homes and candidates in the plane: with
every component solved alone and put together, and with all at once; CPU seconds, numbers proved to
be best, and how far the others may be from it.

    python benchmarks/towns.py                # 60 towns of 170 homes and 75 candidates
    python benchmarks/towns.py --towns 20
"""

from __future__ import annotations

import argparse
import time
from unittest.mock import patch

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from geoplan.siting import SitingProblem, coverage_curve

HOMES, CANDIDATES, MOST = 170, 75, 500
SIDE_M, REACH_M = 5_000.0, 800.0


def towns_apart(towns: int, seed: int = 0) -> SitingProblem:
    """Towns of 5 km by 5 km so far apart that nobody reaches another one."""
    rng = np.random.default_rng(seed)
    corner = np.arange(towns)[:, None, None] * np.array([10 * SIDE_M, 0.0])
    homes = (rng.uniform(0, SIDE_M, (towns, HOMES, 2)) + corner).reshape(-1, 2)
    sites = (rng.uniform(0, SIDE_M, (towns, CANDIDATES, 2)) + corner).reshape(-1, 2)
    near = cKDTree(homes).sparse_distance_matrix(cKDTree(sites), REACH_M, output_type="coo_matrix")
    cover = sparse.csr_matrix(near, dtype=bool)
    return SitingProblem.from_cover(cover, rng.integers(1, 200, len(homes)))


def row(problem: SitingProblem, name: str) -> None:
    """Work out the curve and print what it took and what is proved."""
    start = time.process_time()
    curve = coverage_curve(problem, sites=range(MOST + 1))
    taken = time.process_time() - start
    proved, left = int((curve["bound"] == curve["value"]).sum()), curve["gap"].max()
    print(f"{name:<28}{taken:>8.1f} CPU s, {proved} of {len(curve)} proved, gap {left:.3%} at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=60)
    given = parser.parse_args()
    coverage_curve(towns_apart(3), sites=range(MOST + 1))  # kernels compile
    problem = towns_apart(given.towns)
    row(problem, "every component alone")
    with patch("geoplan.siting.beside.curve.components_of", lambda core: []):
        row(problem, "all at once")


if __name__ == "__main__":
    main()
