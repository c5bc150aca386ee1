"""Services in shared buildings, against trying every pair of plans."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, max_coverage, plan_together

SITES = ["a", "b", "c", "d"]


def subsets(count: int):
    return chain.from_iterable(combinations(range(count), k) for k in range(count + 1))


def make(seed: int, **rules):
    rng = np.random.default_rng(seed)
    cover = rng.random((8, 4)) < 0.4
    weights = rng.integers(1, 30, 8).astype(float)
    price = rng.integers(3, 9, 4).astype(float)
    problem = SitingProblem.from_cover(cover, weights, site_index=SITES, site_costs=price, **rules)
    return cover, weights, price, problem


@pytest.mark.parametrize("seed", range(10))
def test_every_pair_of_plans(seed: int) -> None:
    fixed = ["b"] if seed % 2 else []
    closable = ["c"] if seed % 3 == 0 else []
    one = make(seed, fixed=fixed)
    two = make(seed + 100, closable=closable)
    budget, saving = 14.0, 4.0
    stands = ({SITES.index(s) for s in fixed}, {SITES.index(s) for s in closable})

    def people(service, plan) -> float:
        cover, weights, _, _ = service
        return float(weights[cover[:, list(plan)].any(axis=1)].sum()) if plan else 0.0

    def money(plans) -> float:
        total = 0.0
        for j in range(4):
            new = [s for s in (0, 1) if j in plans[s] and j not in stands[s]]
            total += sum((one, two)[s][2][j] for s in new)
            both = j in plans[0] and j in plans[1]
            if both and new:
                # one pays in full: the one that stands, or where both are new the one that
                # would save less
                total -= max(min(saving, (one, two)[s][2][j]) for s in new)
        return total

    best = max(
        people(one, p) + people(two, q)
        for p in subsets(4)
        for q in subsets(4)
        if stands[0] <= set(p) and money((set(p), set(q))) <= budget + 1e-9
    )
    found = plan_together({"one": one[3], "two": two[3]}, budget=budget, saving=saving)
    assert found.status == "optimal"
    assert found.value == found.bound == best
    plans = tuple({SITES.index(s) for s in found.results[k].sites} for k in ("one", "two"))
    assert people(one, plans[0]) + people(two, plans[1]) == best
    assert money(plans) <= budget + 1e-9
    assert found.money <= budget + 1e-9
    for label in found.shared:
        assert all(SITES.index(label) in plan for plan in plans)


def test_without_saving_and_with_enough_money_each_has_its_own_best() -> None:
    one, two = make(1), make(2)
    found = plan_together(
        {"one": one[3], "two": two[3]}, budget=1000, saving=0, sites={"one": 2, "two": 1}
    )
    assert found.results["one"].value == max_coverage(one[3], sites=2).value
    assert found.results["two"].value == max_coverage(two[3], sites=1).value
    assert found.saved == 0


def test_faults_are_told_together() -> None:
    bare = SitingProblem.from_cover(np.eye(2, dtype=bool), [1, 2], capacities=3)
    with pytest.raises(SitingError) as told:
        plan_together({"bare": bare}, budget=-1, saving=np.nan, sites={"other": 1})
    for word in ("two services", "budget", "saving", "'other'", "site_costs", "capacities"):
        assert word in str(told.value)
