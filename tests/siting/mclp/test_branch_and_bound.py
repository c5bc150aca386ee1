"""Covering at a cost per site by branch and bound: bounds are valid whenever it ends."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from geoplan.siting import SitingProblem, max_coverage
from geoplan.siting.mclp import decomposition, kernel_search, large_doubt
from geoplan.siting.mclp.branch_and_bound import CostedCover
from geoplan.siting.mclp.decomposition import region_bound
from geoplan.siting.mclp.incumbent import Goal, Incumbent
from geoplan.siting.mclp.lagrangian import solve_dual
from geoplan.siting.mclp.local_search import greedy
from geoplan.siting.mclp.site_groups import site_groups
from geoplan.siting.model.core import Core
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl


def ground(seed: int, *, people: int = 80, sites: int = 11, reach: float = 0.35):
    """Who covers whom in a square, and the weights: whole or fractional."""
    rng = np.random.default_rng(seed)
    at, of = rng.random((people, 2)), rng.random((sites, 2))
    near = ((at[:, None] - of[None]) ** 2).sum(-1) < reach**2
    weights = rng.integers(1, 30, people).astype(float)
    return near, weights if seed % 2 else weights + rng.random(people)


def costed(seed: int) -> Core:
    near, weights = ground(seed)
    core = reduce_problem(SitingProblem.from_cover(near, weights), drop_sites=False)
    rng = np.random.default_rng(100 + seed)
    return replace(core, cost=rng.random(core.m) * weights.sum() / 5)


def subsets(core: Core) -> list[np.ndarray]:
    return [np.array(c, int) for k in range(core.m + 1) for c in combinations(range(core.m), k)]


def worth(core: Core, chosen: np.ndarray) -> float:
    return core.covered(chosen) - float(core.cost[chosen].sum())


@pytest.mark.parametrize("seed", range(8))
def test_the_best_of_all_choices(seed: int) -> None:
    core = costed(seed)
    truth = max(worth(core, c) for c in subsets(core))
    rng = np.random.default_rng(seed)
    # any multipliers are valid, even useless ones and ones out of range
    for multipliers in (core.weight / 2, rng.random(core.n) * 60 - 10, np.zeros(core.n)):
        for most in (1, 3, 9, 10_000):
            search = CostedCover(core=core)
            proved = search.run(
                multipliers=multipliers,
                start=np.array([0]),
                control=SolveControl(time_limit_s=60),
                max_nodes=most,
            )
            assert search.value == pytest.approx(worth(core, search.chosen))
            assert search.value <= truth + 1e-6 <= search.bound + 2e-6, most
        assert proved
        assert search.bound == pytest.approx(truth)


def test_a_tolerance_and_no_time_leave_a_valid_bound() -> None:
    for seed in range(8):
        core = costed(seed)
        truth = max(worth(core, c) for c in subsets(core))
        for tolerance, seconds in ((5.0, 60.0), (0.0, 0.0)):
            search = CostedCover(core=core, tolerance=tolerance)
            proved = search.run(
                multipliers=core.weight / 2,
                start=np.empty(0, int),
                control=SolveControl(time_limit_s=seconds),
                max_nodes=10_000,
            )
            assert search.bound >= truth - 1e-6
            if proved:
                assert search.bound <= truth + tolerance + 1e-6


def crowded(seed: int, sites: int = 9) -> Core:
    """Sites that overlap heavily, each worth its cost alone and few of them together."""
    near, weights = ground(seed, people=60, sites=sites, reach=0.45)
    core = reduce_problem(SitingProblem.from_cover(near, weights), drop_sites=False)
    rng = np.random.default_rng(seed)
    return replace(core, cost=rng.uniform(0.1, 0.3, core.m) * weights.sum())


@pytest.mark.parametrize("seed", range(6))
def test_without_sites_of_no_use_the_best_is_as_good(seed: int) -> None:
    """Groups are runs of one order; what has no use beside a group changes no best solution."""
    core = crowded(seed)
    groups = site_groups(core)
    free = np.ones(core.m, bool)
    ruled_out = 0
    for k in range(len(groups.low) - 1):
        group = groups.members(k)
        assert len(group) == groups.high[k] - groups.low[k] > 0
        idle = groups.no_use([group], free)
        assert not idle[group].any()
        with_one = [c for c in subsets(core) if np.isin(c, group).any()]
        best = max(worth(core, c) for c in with_one)
        left = max(worth(core, c) for c in with_one if not idle[c].any())
        assert left == pytest.approx(best)
        ruled_out += idle.sum()
    assert ruled_out > 0


def test_the_group_to_decide_on_is_neither_decided_nor_around_what_is_needed() -> None:
    core = crowded(0)
    groups, rng = site_groups(core), np.random.default_rng(0)
    for _ in range(50):
        state = rng.integers(-1, 2, core.m)
        needed = [int(rng.integers(2 * core.m - 1))]
        found = groups.undecided(rng.random(core.m), state == 0, state == 1, needed)
        if found is None:
            continue
        inside = groups.members(found)
        assert (state[inside] == 0).any()
        assert not (state[inside] == 1).any()
        assert not set(groups.members(needed[0])) <= set(inside)


@pytest.mark.parametrize("seed", range(6))
def test_hundreds_of_like_sites_by_milp(seed: int) -> None:
    near, weights = ground(seed, people=250, sites=120, reach=0.3)
    core = reduce_problem(SitingProblem.from_cover(near, weights), drop_sites=False)
    rng = np.random.default_rng(seed)
    core = replace(core, cost=rng.uniform(0.1, 0.15, core.m) * weights.sum())
    n, m = near.shape
    found = milp(
        np.concatenate([core.cost, -weights]),
        constraints=[LinearConstraint(np.hstack([near[:, core.sites], -np.eye(n)]), lb=0.0)],
        integrality=np.concatenate([np.ones(m), np.zeros(n)]),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    for most in (5, 40, 20_000):
        search = CostedCover(core=core)
        proved = search.run(
            multipliers=core.weight / 2,
            start=np.empty(0, int),
            control=SolveControl(time_limit_s=60),
            max_nodes=most,
        )
        assert search.value <= -found.fun + 1e-6 <= search.bound + 2e-6
    assert proved
    assert search.value == pytest.approx(-found.fun)


def test_sites_too_many_are_left_out_from_the_least() -> None:
    near = np.zeros((10, 4), bool)
    near[:4, 0] = near[3:9, 1] = near[8:, 2] = near[9, 3] = True
    core = reduce_problem(SitingProblem.from_cover(near, np.ones(10)), drop_sites=False)
    every = np.arange(4)
    assert large_doubt.without_least(core, every, 4).tolist() == [0, 1, 2, 3]
    assert large_doubt.without_least(core, every, 3).tolist() == [0, 1, 3]
    assert large_doubt.without_least(core, every, 2).tolist() == [0, 1]


def test_regions_by_branch_and_bound_are_above_every_choice(monkeypatch) -> None:
    monkeypatch.setattr(decomposition, "LARGE_PAIRS", 0)
    narrowed = 0
    for seed in range(10):
        near, weights = ground(seed, people=150, sites=13)
        core = reduce_problem(SitingProblem.from_cover(near, weights), drop_sites=False)
        control = SolveControl(time_limit_s=60)
        dual = solve_dual(core, n_new=4, target=0.0, control=control, rounds=1500)
        allowed = np.random.default_rng(seed).random(core.m) < (0.7 if seed % 3 else 1.0)
        free = np.flatnonzero(allowed)
        for pairs in (1, 150, 10**6):
            found = region_bound(
                core,
                dual,
                n_new=4,
                chosen=greedy(core, n_new=4),
                allowed=allowed,
                control=control,
                first_pairs=pairs,
            )
            for k in range(6):
                most = max(core.covered(np.array(c, int)) for c in combinations(free, k))
                assert found.bound(k) >= most - 1e-6, (seed, pairs, k)
            assert found.bound(4) <= dual.bound(4) + 1e-6
            assert allowed[np.setdiff1d(found.sites, greedy(core, n_new=4))].all()
        narrowed += found.bound(4) < dual.bound(4) - 1
    assert narrowed > 0


def by_milp(near: np.ndarray, weights: np.ndarray, sites: int) -> float:
    """Most people covered: the textbook model, solved by scipy."""
    n, m = near.shape
    found = milp(
        np.concatenate([np.zeros(m), -weights]),
        constraints=[
            LinearConstraint(np.hstack([near, -np.eye(n)]), lb=0.0),
            LinearConstraint(np.concatenate([np.ones(m), np.zeros(n)])[None], ub=float(sites)),
        ],
        integrality=np.concatenate([np.ones(m), np.zeros(n)]),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    return -float(found.fun)


def test_the_search_with_regions_tells_the_truth(monkeypatch) -> None:
    monkeypatch.setattr(kernel_search, "RESTRICTED_PAIRS", 30)
    monkeypatch.setattr(large_doubt, "REGION_PAIRS", 0)
    monkeypatch.setattr(large_doubt, "_MOVES", 1000)
    asked, original = [], large_doubt.region_bound

    def spied(*args, **named):
        asked.append(original(*args, **named))
        return asked[-1]

    monkeypatch.setattr(large_doubt, "region_bound", spied)
    for seed in range(8):
        near, weights = ground(seed, people=300, sites=40, reach=0.2)
        truth = by_milp(near, weights, 6)
        result = max_coverage(SitingProblem.from_cover(near, weights), sites=6, time_limit_s=60)
        assert result.status == "optimal"
        assert result.value == pytest.approx(truth)
        assert result.bound == pytest.approx(truth)
    assert asked


@pytest.mark.parametrize("share", [0.9, 0.5, 0.0])
def test_regions_up_to_a_need_bound_every_solution(share: float) -> None:
    """Solutions with a site that the need rules out stay below it: the bound holds for them too."""
    narrowed = 0
    for seed in range(8):
        near, weights = ground(seed, people=200, sites=25, reach=0.25)
        core = reduce_problem(SitingProblem.from_cover(near, weights), drop_sites=False)
        control = SolveControl(time_limit_s=60)
        dual = solve_dual(core, n_new=4, target=0.0, control=control, rounds=1000)
        chosen = greedy(core, n_new=4)
        value = core.covered(chosen)
        best = Incumbent(chosen=chosen, value=value, bound=dual.bound(4), greedy=value)
        goal = Goal(n_new=4, gap=0.0, whole=bool(seed % 2))
        large_doubt._bound_by_regions(core, best, goal, control, dual, share)
        assert best.bound >= by_milp(near, weights, 4) - 1e-6, seed
        narrowed += best.bound < dual.bound(4) - 1e-6
    assert narrowed > 0


def test_without_time_no_restricted_problem_is_built() -> None:
    near, weights = ground(1, people=300, sites=40, reach=0.2)
    core = reduce_problem(SitingProblem.from_cover(near, weights))
    dual = solve_dual(core, n_new=6, target=0.0, control=SolveControl(time_limit_s=60), rounds=100)
    needs = core.covered(greedy(core, n_new=6)) + 1.0, dual.bound(6)
    sized = kernel_search._restricted_of_size
    assert sized(core, dual, 6, needs, 1, SolveControl(time_limit_s=0)) is None
    assert sized(core, dual, 6, needs, 10**6, SolveControl(time_limit_s=60)) is not None
