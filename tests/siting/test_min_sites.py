"""Fewest sites for everyone or a share: brute force says the same; the impossible is explained."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, min_sites


def brute(cover, weights, fixed, forbidden, share: float) -> int | None:
    free = [j for j in range(cover.shape[1]) if j not in fixed and j not in forbidden]
    for k in range(len(free) + 1):
        for more in combinations(free, k):
            people = weights[cover[:, [*fixed, *more]].any(axis=1)].sum()
            if people >= share * weights.sum() - 1e-9:
                return k + len(fixed)
    return None


@pytest.mark.parametrize("share", [1.0, 0.9, 0.5, 0.0])
def test_agrees_with_brute_force(share: float) -> None:
    infeasible = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n, m = int(rng.integers(1, 30)), int(rng.integers(1, 9))
        cover = rng.random((n, m)) < rng.uniform(0.1, 0.6)
        weights = rng.integers(0, 20, n).astype(float) if seed % 2 else rng.random(n)
        fixed = [0] if m > 2 and seed % 3 == 0 else []
        forbidden = [1] if m > 2 and seed % 4 == 0 else []
        problem = SitingProblem.from_cover(cover, weights, fixed=fixed, forbidden=forbidden)
        result = min_sites(problem, share=share)
        best = brute(cover, weights, fixed, forbidden, share)
        if best is None:
            infeasible += 1
            assert result.status == "infeasible"
            largest = result.detail["largest_share"]
            again = min_sites(problem, share=largest)
            assert again.status == "optimal"
            continue
        assert (result.status, result.value, result.bound) == ("optimal", best, best), seed
        assert len(result.sites) == best
        assert result.detail["people"] >= share * weights.sum() - 1e-9
    assert infeasible > 0 or share == 0.0


def test_the_impossible_names_who_blocks_it_and_the_smallest_relaxation() -> None:
    cover = np.array([[True, False], [False, False], [False, True]])
    problem = SitingProblem.from_cover(cover, [60, 10, 30], demand_index=["a", "b", "c"])
    result = min_sites(problem)
    assert result.status == "infeasible"
    assert result.detail["blocking_demand"] == ["b"]
    assert result.detail["largest_share"] == pytest.approx(0.9)
    assert "'b'" in " ".join(result.blocking)
    assert "0.9" in " ".join(result.blocking)
    assert result.sites == []
    assert result.gap is None


def test_a_place_without_people_needs_no_site() -> None:
    problem = SitingProblem.from_cover(np.array([[True], [False]]), [5, 0])
    assert min_sites(problem).value == 1


def test_a_share_must_be_a_share() -> None:
    problem = SitingProblem.from_cover(np.eye(2, dtype=bool), [1, 1])
    with pytest.raises(SitingError, match="share"):
        min_sites(problem, share=90)
