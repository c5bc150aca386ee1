"""Two tiers sited together, against every choice of sites of both."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, max_coverage, nested_coverage


def make(seed: int, *, stands_in: bool):
    """Ten communities, six lower and four upper places, some of them standing."""
    rng = np.random.default_rng(seed)
    people = rng.integers(1, 40, 10).astype(float)
    near = rng.random((10, 6)) < 0.35
    direct = (rng.random((10, 4)) < 0.2) & stands_in
    referral = rng.random((6, 4)) < 0.45
    fixed = [[0], [1]] if seed % 3 == 0 else [[], []]
    lower = SitingProblem.from_cover(near, people, fixed=fixed[0], forbidden=[5] * (seed % 2))
    upper = SitingProblem.from_cover(direct, people, fixed=fixed[1])
    return people, near, direct, referral, lower, upper


def served(people, near, direct, referral, chosen, centres) -> float:
    """People in reach of a lower site that has a centre, or of a centre that stands in."""
    found = 0.0
    for i, count in enumerate(people):
        below = any(near[i, j] and any(referral[j, u] for u in centres) for j in chosen)
        found += count if below or any(direct[i, u] for u in centres) else 0.0
    return found


def choices(problem: SitingProblem, count: int):
    """Every set of up to `count` allowed sites with the fixed ones."""
    may = [j for j in range(problem.n_sites) if problem.is_allowed[j]]
    for size in range(count + 1):
        for picked in combinations(may, size):
            if set(problem.fixed.tolist()) <= set(picked):
                yield picked


@pytest.mark.parametrize("stands_in", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_every_choice(seed: int, stands_in: bool) -> None:
    people, near, direct, referral, lower, upper = make(seed, stands_in=stands_in)
    best = max(
        served(people, near, direct, referral, low, high)
        for low in choices(lower, 3)
        for high in choices(upper, 2)
    )
    found = nested_coverage(lower, upper, referral, sites=3, upper_sites=2)
    assert (found.status, found.value, found.bound) == ("optimal", best, best)
    told = served(people, near, direct, referral, found.sites, found.upper_sites)
    assert told == best
    assert len(found.sites) <= 3
    assert len(found.upper_sites) <= 2
    with_centre = [j for j in found.sites if any(referral[j, u] for u in found.upper_sites)]
    assert found.referred == with_centre


@pytest.mark.parametrize("seed", range(30))
def test_no_site_is_built_for_nothing(seed: int) -> None:
    """Without any one of the new sites fewer people are served."""
    people, near, direct, referral, lower, upper = make(seed, stands_in=True)
    found = nested_coverage(lower, upper, referral, sites=3, upper_sites=2)
    for site in set(found.sites) - set(lower.fixed.tolist()):
        fewer = [j for j in found.sites if j != site]
        assert served(people, near, direct, referral, fewer, found.upper_sites) < found.value
    for site in set(found.upper_sites) - set(upper.fixed.tolist()):
        fewer = [u for u in found.upper_sites if u != site]
        assert served(people, near, direct, referral, found.sites, fewer) < found.value


def test_a_centre_where_the_street_facilities_can_go() -> None:
    """V is near the street of 60 alone, U near those of 40 and 30: two facilities do better at U.

    One facility does better at V; where every facility has a centre, referral changes nothing.
    """
    people, near = [40, 30, 60], np.array([[1, 0], [1, 0], [0, 1]], bool)
    lower = SitingProblem.from_cover(np.eye(3, dtype=bool), people, site_index=["a", "b", "c"])
    upper = SitingProblem.from_cover(np.zeros((3, 2), bool), people, site_index=["U", "V"])
    two = nested_coverage(lower, upper, near, sites=2, upper_sites=1)
    one = nested_coverage(lower, upper, near, sites=1, upper_sites=1)
    both = nested_coverage(lower, upper, near, sites=2, upper_sites=2)
    assert (two.value, two.sites, two.upper_sites) == (70.0, ["a", "b"], ["U"])
    assert (one.value, one.sites, one.upper_sites) == (60.0, ["c"], ["V"])
    assert both.value == max_coverage(lower, sites=2).value == 100.0


def test_a_facility_that_stands_counts_once_it_has_a_centre() -> None:
    """The one that stands serves 50 people, who do not count before the centre is built."""
    lower = SitingProblem.from_cover([[1, 0], [0, 1]], [50, 60], fixed=[0])
    upper = SitingProblem.from_cover(np.zeros((2, 2), bool), [50, 60])
    near = np.array([[1, 0], [0, 1]], bool)
    none = nested_coverage(lower, upper, near, sites=2, upper_sites=0)
    one = nested_coverage(lower, upper, near, sites=1, upper_sites=1)
    assert (none.value, none.referred) == (0.0, [])
    assert (one.value, one.sites, one.upper_sites, one.referred) == (50.0, [0], [0], [0])


def test_a_larger_case_is_as_good_as_its_bound() -> None:
    rng = np.random.default_rng(2)
    people = rng.integers(1, 500, 400).astype(float)
    spot, site, centre = (rng.random((n, 2)) for n in (400, 60, 12))
    near = np.linalg.norm(spot[:, None] - site[None], axis=2) < 0.12
    referral = np.linalg.norm(site[:, None] - centre[None], axis=2) < 0.25
    lower = SitingProblem.from_cover(near, people)
    upper = SitingProblem.from_cover(np.zeros((400, 12), bool), people)
    found = nested_coverage(lower, upper, referral, sites=12, upper_sites=3, time_limit_s=30)
    assert found.bound is not None
    assert found.status == "optimal"
    served_by = near[:, found.referred].any(axis=1)
    assert found.value == people[served_by].sum()
    assert found.value <= max_coverage(lower, sites=12).value


def test_all_faults_at_once() -> None:
    lower = SitingProblem.from_cover(np.eye(2, dtype=bool), [5, 6], fixed=[0], capacities=9)
    upper = SitingProblem.from_cover(np.eye(2, dtype=bool), [5, 7])
    with pytest.raises(SitingError) as caught:
        nested_coverage(lower, upper, np.ones((3, 2)), sites=0, upper_sites=1.5)
    text = str(caught.value)
    for part in ("same demand rows", "2 x 2, not 3 x 2", "sites must be 1", "1.5", "capacities"):
        assert part in text
