"""Plans as good as the result, against trying every plan."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, alternative_sites, max_coverage, min_sites, p_median


def plans(cover: np.ndarray, weights: np.ndarray, count: int, least: float) -> set[frozenset[int]]:
    """All plans of at most `count` sites that cover `least` people, without idle additions."""
    good: list[frozenset[int]] = []
    for size in range(count + 1):
        for plan in combinations(range(cover.shape[1]), size):
            hit = cover[:, list(plan)].any(axis=1) if plan else np.zeros(len(weights), bool)
            if weights[hit].sum() >= least and not any(p < frozenset(plan) for p in good):
                good.append(frozenset(plan))
    return set(good)


@pytest.mark.parametrize("seed", range(12))
def test_every_plan_that_is_as_good(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = rng.random((7, 7)) < 0.35
    cover[:, 6] = cover[:, 2]  # a twin
    weights = rng.integers(1, 4, 7).astype(float)
    problem = SitingProblem.from_cover(cover, weights)
    found = max_coverage(problem, sites=3)
    others = alternative_sites(problem, found, most=500)
    assert others.complete
    every = plans(cover, weights, len(found.sites), found.value)
    told = {frozenset(plan) for plan in others.table["sites"]}
    assert told == every - {frozenset(found.sites)}
    for row in others.table.itertuples():
        assert row.value >= found.value
        assert row.changed == len(set(row.sites) - set(found.sites))
    assert others.table["changed"].is_monotonic_decreasing or len(others.table) < 2
    assert set(others.kept) == set.intersection(*map(set, every))


@pytest.mark.parametrize("seed", range(6))
def test_the_same_for_fewest_sites(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = rng.random((7, 6)) < 0.4
    weights = rng.integers(1, 9, 7).astype(float)
    problem = SitingProblem.from_cover(cover, weights)
    found = min_sites(problem, share=0.7)
    if found.status == "infeasible":
        return
    others = alternative_sites(problem, found, most=500)
    need = found.detail["people_needed"]
    every = plans(cover, weights, len(found.sites), need)
    assert {frozenset(p) for p in others.table["sites"]} == every - {frozenset(found.sites)}


def test_within_a_little_and_not_all() -> None:
    cover = np.eye(5, dtype=bool)
    problem = SitingProblem.from_cover(cover, [100, 99, 98, 50, 1])
    found = max_coverage(problem, sites=2)
    assert alternative_sites(problem, found).summary() == "no other plan is as good"
    near = alternative_sites(problem, found, within=0.02)
    assert {frozenset(p) for p in near.table["sites"]} == {frozenset((0, 2)), frozenset((1, 2))}
    some = alternative_sites(problem, found, within=0.5, most=1)
    assert not some.complete
    assert "1 or more" in some.summary()


def test_faults_are_told_together() -> None:
    problem = SitingProblem.from_costs(np.ones((2, 2)), [1, 1], unit="m")
    with pytest.raises(SitingError) as told:
        alternative_sites(problem, p_median(problem, sites=1), within=2, most=0)
    for word in ("p_median", "within", "most"):
        assert word in str(told.value)


def test_sites_with_half_a_place_are_as_good_as_each_other() -> None:
    problem = SitingProblem.from_cover(np.ones((1, 3), bool), [60.0], capacities=[20.5] * 3)
    found = alternative_sites(problem, max_coverage(problem, sites=1))
    assert len(found.table) == 2
