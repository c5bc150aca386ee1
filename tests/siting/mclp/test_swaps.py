"""Interchanges: each is the best there is, by trying all, and what is remembered never misleads."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan.siting import SitingProblem
from geoplan.siting.mclp.local_search import greedy, interchange
from geoplan.siting.model.core import Core
from geoplan.siting.model.reduction import reduce_problem


def ground(seed: int, *, rows: int = 160, sites: int = 45, reach: float = 0.02) -> Core:
    """People and sites strewn over a square, near ones in reach of each other."""
    rng = np.random.default_rng(seed)
    people, places = rng.random((rows, 2)), rng.random((sites, 2))
    near = ((people[:, None] - places[None]) ** 2).sum(-1) < reach
    return reduce_problem(
        SitingProblem.from_cover(near, rng.integers(1, 9, rows).astype(float)), drop_sites=False
    )


def best_by_trying(core: Core, chosen: np.ndarray, allowed: np.ndarray) -> float:
    """People that the best interchange of all adds."""
    before, others = core.covered(chosen), np.setdiff1d(np.flatnonzero(allowed), chosen)
    return max(
        core.covered(np.append(np.delete(chosen, a), k)) - before
        for a in range(len(chosen))
        for k in others
    )


@pytest.mark.parametrize("reach", [0.004, 0.02, 0.3])
def test_each_interchange_is_the_best_of_all(reach: float) -> None:
    moved = 0
    for seed in range(8):
        core = ground(seed, reach=reach)
        rng = np.random.default_rng(seed)
        allowed = rng.random(core.m) < (0.8 if seed % 2 else 1.0)
        now = rng.choice(core.m, 7, replace=False)
        while True:
            best = best_by_trying(core, now, allowed)
            following = interchange(core, now, allowed=allowed, rounds=1)
            assert core.covered(following) - core.covered(now) == max(best, 0.0)
            if best <= 0:
                assert following.tolist() == now.tolist()
                break
            moved += 1
            now = following
    assert moved > 20 or reach > 0.1


def test_many_at_once_are_those_made_one_by_one() -> None:
    moved = 0
    for seed in range(40):
        core = ground(seed, rows=900, sites=300, reach=(0.002, 0.006, 0.03)[seed % 3])
        start = np.random.default_rng(seed).choice(core.m, 25, replace=False)
        one_by_one = start
        while True:  # each round begins without anything remembered
            following = interchange(core, one_by_one, rounds=1)
            if following.tolist() == one_by_one.tolist():
                break
            one_by_one, moved = following, moved + 1
        assert interchange(core, start).tolist() == one_by_one.tolist(), seed
    assert moved > 400


def test_greedy_opens_the_same_sites_first_however_many_are_asked_for() -> None:
    core = ground(3, rows=900, sites=300)
    order = greedy(core, n_new=60)
    for count in range(0, 61, 7):
        assert greedy(core, n_new=count).tolist() == order[:count].tolist()
