"""Annealing: never worse than its start, never better than brute force, the same for a seed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from geoplan.siting import SitingProblem, max_coverage, min_sites
from geoplan.siting.mclp import kernel_search, partial_cover
from geoplan.siting.mclp.annealing import anneal, moves_in
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import random_state


def overlapping(seed: int, rows: int = 60, sites: int = 12) -> SitingProblem:
    """Reaches that overlap everywhere, as on a plane."""
    rng = np.random.default_rng(seed)
    people, places = rng.random((rows, 2)), rng.random((sites, 2))
    near = ((people[:, None] - places[None]) ** 2).sum(-1) < 0.08
    return SitingProblem.from_cover(near, rng.integers(1, 50, rows).astype(float))


def test_between_its_start_and_brute_force() -> None:
    reached = 0
    for seed in range(20):
        core = reduce_problem(overlapping(seed))
        n_new = min(4, core.m - 1)
        start = np.arange(n_new)
        allowed = np.ones(core.m, bool)
        allowed[core.m - 1] = False
        control = SolveControl(time_limit_s=60, progress=None)
        options = {"moves": 3000, "control": control, "allowed": allowed}
        found = anneal(core, start, state=random_state(seed), **options)
        again = anneal(core, start, state=random_state(seed), **options)
        assert found.tolist() == again.tolist()
        assert start.tolist() == list(range(n_new))  # the caller's array stays
        assert len(set(found.tolist())) == n_new
        assert core.m - 1 not in found
        best = max(core.covered(np.array(c)) for c in combinations(range(core.m - 1), n_new))
        assert core.covered(start) <= core.covered(found) <= best + 1e-9
        reached += core.covered(found) == pytest.approx(best)
        need = core.covered(start) + 0.5 * (best - core.covered(start))
        enough = anneal(core, start, state=random_state(seed), need=need, **options)
        assert core.covered(enough) >= need or core.covered(found) < need
    assert reached >= 18


def test_no_time_no_moves() -> None:
    core = reduce_problem(overlapping(1))
    control = SolveControl(time_limit_s=60, progress=None)
    control.stop()
    start = np.arange(3)
    found = anneal(core, start, moves=1000, control=control, state=random_state(0))
    assert core.covered(found) >= core.covered(start)
    assert moves_in(core, 2.0) > moves_in(core, 1.0) >= 1


def test_questions_too_large_for_kernels_are_still_proved(monkeypatch) -> None:
    """With nothing small enough for HiGHS, annealing has its turn and the proof follows."""
    monkeypatch.setattr(partial_cover, "RESTRICTED_PAIRS", 0)
    monkeypatch.setattr(partial_cover, "_MOVES", 2000)
    monkeypatch.setattr(partial_cover, "_LAST_MOVES", 4000)
    monkeypatch.setattr(kernel_search, "RESTRICTED_PAIRS", 0)
    for seed in range(12):
        problem = overlapping(seed, rows=40, sites=10)
        cover, weights = problem.cover.toarray(), problem.weights
        covered = {
            p: max(weights[cover[:, list(c)].any(axis=1)].sum() for c in combinations(range(10), p))
            for p in range(1, 11)
        }
        most = max_coverage(problem, sites=3, seed=seed)
        assert (most.status, most.value) == ("optimal", covered[3])
        share = 0.9 * covered[10] / weights.sum()
        least = min(p for p, v in covered.items() if v >= np.ceil(share * weights.sum() - 1e-9))
        found = min_sites(problem, share=share, seed=seed)
        assert (found.status, found.value) == ("optimal", least)
        assert found.detail["people"] >= found.detail["people_needed"]
