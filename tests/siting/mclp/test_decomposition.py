"""The bound by regions: above every choice of sites, below the dual; more parts prove less."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from geoplan.siting import SitingProblem, min_sites
from geoplan.siting.mclp import partial_cover
from geoplan.siting.mclp.decomposition import RegionBound, region_bound
from geoplan.siting.mclp.lagrangian import MclpDual, solve_dual
from geoplan.siting.mclp.local_search import greedy
from geoplan.siting.model.core import Core
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl

SITES, N_NEW = 14, 5


def ground(seed: int, *, towns: int = 1) -> Core:
    """People and sites in a square, or in towns that have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    people, sites = rng.random((150, 2)), rng.random((SITES, 2))
    people[:, 0] += 5 * (np.arange(150) % towns)
    sites[:, 0] += 5 * (np.arange(SITES) % towns)
    near = ((people[:, None] - sites[None]) ** 2).sum(-1) < 0.35**2
    return reduce_problem(
        SitingProblem.from_cover(near, rng.integers(1, 30, 150).astype(float)), drop_sites=False
    )


def most(core: Core, allowed: np.ndarray) -> list[float]:
    """People that 0, 1, ... allowed sites cover at most, by trying all."""
    free = np.flatnonzero(allowed)
    return [
        max(core.covered(np.array(c, int)) for c in combinations(free, k))
        for k in range(min(len(free), N_NEW + 1) + 1)
    ]


def priced(core: Core) -> MclpDual:
    return solve_dual(
        core, n_new=N_NEW, target=0.0, control=SolveControl(time_limit_s=60), rounds=1500
    )


def by_regions(core: Core, dual: MclpDual, allowed: np.ndarray, pairs: int) -> RegionBound:
    return region_bound(
        core,
        dual,
        n_new=N_NEW,
        chosen=greedy(core, n_new=N_NEW),
        allowed=allowed,
        control=SolveControl(time_limit_s=60),
        first_pairs=pairs,
    )


@pytest.mark.parametrize("towns", [1, 3])
def test_between_all_choices_and_the_prices(towns: int) -> None:
    wide = closed = 0
    for seed in range(12):
        core = ground(seed, towns=towns)
        allowed = np.random.default_rng(seed).random(core.m) < (0.7 if seed % 2 else 1.0)
        dual, truth = priced(core), most(core, allowed)
        for pairs in (1, 150, 10**6):
            found = by_regions(core, dual, allowed, pairs)
            for k, people in enumerate(truth):
                assert found.bound(k) >= people - 1e-6, (seed, pairs, k)
            assert found.bound(N_NEW) <= dual.bound(N_NEW) + 1e-6
            need = truth[-2] + 1.0  # one person more than N_NEW sites cover
            if need <= truth[-1]:
                assert found.too_few(need) <= N_NEW
        # all ground of a town as one region: nothing is lost at borders
        if dual.bound(N_NEW) > truth[N_NEW] + 5:
            wide += 1
            closed += found.bound(N_NEW) < dual.bound(N_NEW) - 1
    assert wide >= 3
    assert closed >= wide / 2


def test_all_ground_in_one_region_is_exact_where_the_curve_bends() -> None:
    """One region is max_x (covered - price * sites): with the closed form of every number."""
    for seed in range(8):
        core = ground(seed)
        dual = priced(core)
        found = by_regions(core, dual, np.ones(core.m, bool), 10**6)
        every = np.ones(core.m, bool)
        values = [
            max(core.covered(np.array(c, int)) for c in combinations(np.flatnonzero(every), k))
            for k in range(8)
        ]
        best = max(v - found.site_cost * k for k, v in enumerate(values))
        assert found.constant == pytest.approx(best, abs=0.006 * found.site_cost + 1e-6), seed


def test_parts_are_never_better_than_the_whole() -> None:
    for seed in range(8):
        core = ground(seed)
        dual, every = priced(core), np.ones(core.m, bool)
        parts, whole = (by_regions(core, dual, every, pairs) for pairs in (60, 10**6))
        # in parts first, then as one: the last step is the same
        assert parts.constant == pytest.approx(whole.constant, abs=0.006 * whole.site_cost + 1e-6)


def test_a_number_on_the_edge_may_be_enough() -> None:
    found = RegionBound(site_cost=10.0, constant=100.0)
    assert found.too_few(150.0) == 4
    assert found.too_few(150.0 + 1e-9) == 4
    assert found.too_few(150.1) == 5


def test_ends_when_it_is_enough_and_when_time_is_up() -> None:
    core = ground(3)
    dual, every = priced(core), np.ones(core.m, bool)
    chosen, asked = greedy(core, n_new=N_NEW), []

    def enough(found: RegionBound) -> bool:
        asked.append(found)
        return True

    first = region_bound(
        core,
        dual,
        n_new=N_NEW,
        chosen=chosen,
        allowed=every,
        control=SolveControl(time_limit_s=60),
        enough=enough,
    )
    assert set(asked) == {first}  # nothing was solved
    assert first.bound(N_NEW) == pytest.approx(dual.bound(N_NEW))
    late = region_bound(
        core,
        dual,
        n_new=N_NEW,
        chosen=chosen,
        allowed=every,
        control=SolveControl(time_limit_s=0),
    )
    assert late == first


def by_milp(near: np.ndarray, weights: np.ndarray, need: float) -> int:
    """Fewest sites for `need` people: the textbook model, solved by scipy."""
    n, m = near.shape
    covered = LinearConstraint(np.hstack([near, -np.eye(n)]), lb=0.0)
    enough = LinearConstraint(np.concatenate([np.zeros(m), weights])[None], lb=need)
    found = milp(
        np.concatenate([np.ones(m), np.zeros(n)]),
        constraints=[covered, enough],
        integrality=np.concatenate([np.ones(m), np.zeros(n)]),
        bounds=Bounds(0, 1),
    )
    return round(found.fun)


def test_fewest_sites_for_a_share_are_bounded_by_regions(monkeypatch) -> None:
    monkeypatch.setattr(partial_cover, "FIRST_PAIRS", 10)
    monkeypatch.setattr(partial_cover, "RESTRICTED_PAIRS", 40)
    further = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        people, sites = rng.random((300, 2)), rng.random((40, 2))
        near = ((people[:, None] - sites[None]) ** 2).sum(-1) < 0.2**2
        weights = rng.integers(1, 30, 300).astype(float)
        need = np.ceil(0.95 * weights[near.any(1)].sum())
        problem = SitingProblem.from_cover(near, weights)
        result = min_sites(problem, share=need / weights.sum(), time_limit_s=60)
        least = by_milp(near, weights, need)
        assert (result.status, result.value, result.bound) == ("optimal", least, least), seed
        core = reduce_problem(problem)
        order = greedy(core, n_new=core.m)
        count = next(k for k in range(len(order) + 1) if core.covered(order[:k]) >= need)
        control = SolveControl(time_limit_s=60)
        below, dual = partial_cover.first_dual(core, count, need, control)
        few = partial_cover.bound_by_regions(core, order[:count], dual, below, need, control)
        assert below <= few < least
        further += few > below
    assert further > 0
