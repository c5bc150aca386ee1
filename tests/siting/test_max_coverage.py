"""Most people with so many sites: brute force says the same, and every proof holds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, max_coverage, min_cost, min_sites
from geoplan.siting.mclp import kernel_search


def instance(seed: int) -> tuple[np.ndarray, np.ndarray, list[int], list[int]]:
    """A random small covering problem: cover, weights, fixed, forbidden."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 30)), int(rng.integers(1, 9))
    cover = rng.random((n, m)) < rng.uniform(0.05, 0.5)
    weights = rng.integers(0, 20, n).astype(float) if seed % 2 else rng.random(n) * 10
    order = [int(j) for j in rng.permutation(m)]
    n_fixed = int(rng.integers(0, min(3, m)))
    fixed, rest = order[:n_fixed], order[n_fixed:]
    return cover, weights, fixed, rest[: int(rng.integers(0, 2))]


def brute(cover, weights, fixed, forbidden, sites: int) -> float:
    free = [j for j in range(cover.shape[1]) if j not in fixed and j not in forbidden]
    room = min(sites - len(fixed), len(free))
    return max(
        float(weights[cover[:, [*fixed, *more]].any(axis=1)].sum())
        for more in combinations(free, room)
    )


@pytest.mark.parametrize("tiny_core", [False, True])
def test_agrees_with_brute_force(monkeypatch, tiny_core: bool) -> None:
    if tiny_core:  # forces growing kernels where one would do
        monkeypatch.setattr(kernel_search, "RESTRICTED_PAIRS", 0)
    for seed in range(80):
        cover, weights, fixed, forbidden = instance(seed)
        problem = SitingProblem.from_cover(cover, weights, fixed=fixed, forbidden=forbidden)
        sites = len(fixed) + seed % 5
        result = max_coverage(problem, sites=sites)
        best = brute(cover, weights, fixed, forbidden, sites)
        assert result.value == pytest.approx(best, abs=1e-9), seed
        assert result.status == "optimal"
        assert result.bound == pytest.approx(best, abs=1e-6)
        assert len(result.sites) <= sites
        assert result.sites[: len(fixed)] == fixed
        assert not set(result.sites) & set(forbidden)
        assert result.greedy_value <= result.value + 1e-9
        served = result.assignment.notna().to_numpy()
        assert weights[served].sum() == pytest.approx(best)


def test_assignment_is_the_nearest_chosen_site_within_the_threshold() -> None:
    costs = np.array([[0.0, 5.0, np.inf], [4.0, 2.0, 9.0], [np.nan, 11.0, 10.0]])
    problem = SitingProblem.from_costs(costs, [1, 1, 1], threshold=10, fixed=[0, 1])
    result = max_coverage(problem, sites=3)
    assert list(result.assignment) == [0, 1, 2]
    assert result.value == 3
    assert list(result.assignment.index) == [0, 1, 2]


def test_same_seed_same_answer() -> None:
    rng = np.random.default_rng(5)
    cover = rng.random((400, 60)) < 0.05
    problem = SitingProblem.from_cover(cover, rng.integers(1, 100, 400))
    first, second = (max_coverage(problem, sites=8, seed=3) for _ in range(2))
    assert first.sites == second.sites
    assert (first.value, first.bound) == (second.value, second.bound)


@pytest.mark.parametrize(
    ("cover", "weights", "sites", "value"),
    [
        (np.zeros((0, 3), bool), [], 2, 0),
        (np.zeros((3, 0), bool), [1, 2, 3], 2, 0),
        (np.zeros((3, 2), bool), [1, 2, 3], 2, 0),
        (np.ones((3, 2), bool), [0, 0, 0], 1, 0),
        (np.ones((3, 2), bool), [1, 2, 3], 0, 0),
        (np.eye(3, dtype=bool), [1, 2, 3], 99, 6),
    ],
)
def test_empty_and_full_cases(cover, weights, sites: int, value: float) -> None:
    result = max_coverage(SitingProblem.from_cover(cover, weights), sites=sites)
    assert (result.status, result.value, result.bound) == ("optimal", value, value)


def test_wrong_counts_raise_with_everything_that_is_wrong() -> None:
    problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [1, 2, 3], fixed=[0, 1])
    with pytest.raises(SitingError, match=r"2 are fixed already") as caught:
        max_coverage(problem, sites=1, gap=2, time_limit_s=0)
    assert "gap" in str(caught.value)
    assert "time_limit_s" in str(caught.value)
    with pytest.raises(SitingError, match="whole number"):
        max_coverage(problem, sites=2.5)


@pytest.mark.parametrize("wrong", ["7", True, [7], float("nan"), -1.0])
def test_amounts_that_are_no_numbers_are_faults_of_the_question(wrong) -> None:
    problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7], site_costs=[1, 1, 1])
    with pytest.raises(SitingError, match="budget must be"):
        max_coverage(problem, budget=wrong)
    for least in (min_sites, min_cost):
        with pytest.raises(SitingError, match="share must be"):
            least(problem, share=wrong)
