"""p-median with capacities alone, against brute force and integer programs of scipy's."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geoplan.siting import SitingProblem, p_median
from geoplan.siting.assignment.capacitated.dual import (
    CapacitatedDual,
    capacitated_dual,
    capacitated_fixing,
    relaxation,
)
from geoplan.siting.assignment.capacitated.instance import CapacitatedMedian
from geoplan.siting.assignment.capacitated.knapsack import (
    Items,
    gainful_rows,
    split_knapsack,
    values_with_row,
    whole_knapsack,
)
from geoplan.siting.assignment.capacitated.search import search_capacitated
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.request import SolveRequest

SEEDS = range(25)


def control() -> SolveControl:
    return SolveControl.start(SolveRequest(time_limit_s=60))


def medians(seed: int, *, whole: bool) -> CapacitatedMedian:
    """A small random instance: pairs out of reach, fixed and forbidden sites, unlimited ones."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(3, 7)), int(rng.integers(4, 9))
    people = rng.integers(1, 9, n).astype(float)
    if seed % 3 == 0:
        people += rng.integers(0, 4, n) / 4
    costs = np.where(rng.random((m, n)) < 0.85, rng.integers(0, 30, (m, n)) * people, np.inf)
    count = int(rng.integers(1, m))
    capacity = np.ceil(rng.uniform(0.8, 1.8, m) * people.sum() / count)
    capacity[rng.random(m) < 0.1] = np.inf
    kind = rng.choice(3, m, p=[0.7, 0.15, 0.15])  # free, fixed, forbidden
    limited = np.isfinite(capacity)
    unit = 1.0 if (people % 1 == 0).all() else 0.05
    room = np.full(m, -1)
    room[limited] = np.floor(capacity[limited] / unit)
    return CapacitatedMedian(
        costs=costs,
        people=people,
        capacity=capacity,
        size=np.floor(people / unit).astype(np.int64),
        room=room.astype(np.int64),
        free=kind == 0,
        fixed=kind == 1,
        n_new=min(count, int((kind == 0).sum())),
        whole=whole,
    )


def optimum(
    median: CapacitatedMedian, forced: tuple[int, int] | None = None
) -> tuple[float, np.ndarray | None]:
    """Least cost by the textbook model, and the share of each row at each site; inf: none."""
    m, n = median.costs.shape
    sites, rows = np.nonzero(np.isfinite(median.costs))
    k = len(sites)
    cost = np.concatenate([np.zeros(m), median.costs[sites, rows]])
    upper = np.concatenate([(median.free | median.fixed).astype(float), np.ones(k)])
    lower = np.concatenate([median.fixed.astype(float), np.zeros(k)])
    if forced is not None:
        at = np.flatnonzero((sites == forced[0]) & (rows == forced[1]))
        lower[m + at] = 1.0
    pair = np.arange(k)
    served = sparse.csr_matrix((np.ones(k), (rows, m + pair)), shape=(n, m + k))
    opened = sparse.hstack(
        [-sparse.csr_matrix((np.ones(k), (pair, sites)), shape=(k, m)), sparse.identity(k)]
    )
    limited = np.flatnonzero(np.isfinite(median.capacity))
    load = sparse.csr_matrix((median.people[rows], (sites, m + pair)), shape=(m, m + k))
    new = sparse.csr_matrix(np.concatenate([median.free, np.zeros(k)])[None, :])
    found = milp(
        cost,
        constraints=[
            LinearConstraint(served, 1, 1),
            LinearConstraint(opened, -np.inf, 0),
            LinearConstraint(load[limited], -np.inf, median.capacity[limited]),
            LinearConstraint(new, -np.inf, median.n_new),
        ],
        bounds=Bounds(lower, upper),
        integrality=np.concatenate([np.ones(m), np.full(k, float(median.whole))]),
    )
    if found.x is None:
        return np.inf, None
    shares = np.zeros((m, n))
    shares[sites, rows] = found.x[m:]
    return float(found.fun), shares


@pytest.mark.parametrize("seed", SEEDS)
def test_knapsacks_are_those_of_all_choices(seed):
    rng = np.random.default_rng(seed)
    n, room = 7, int(rng.integers(0, 20))
    size, costs = rng.integers(0, 9, n), rng.uniform(0, 10, n)
    multipliers = rng.uniform(0, 12, n)
    items = Items(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n))
    count = gainful_rows(costs, size, multipliers, items)
    choices = [np.array(c, bool) for c in product([False, True], repeat=n)]
    choices = [c for c in choices if size[c].sum() <= room]
    worth = costs - multipliers
    least = min(worth[c].sum() for c in choices)
    taken, table = np.empty(n), np.empty(room + 1)
    found = whole_knapsack(items, count, room, taken, table, np.empty((n, room + 1), bool))
    assert found == pytest.approx(least)
    chosen = items.row[:count][taken[:count] > 0.5]
    assert worth[chosen].sum() == pytest.approx(least)
    assert size[chosen].sum() <= room
    split = split_knapsack(items, count, room, taken)
    assert split <= least + 1e-9
    program = milp(
        worth, constraints=LinearConstraint(size[None, :], -np.inf, room), bounds=Bounds(0, 1)
    )
    assert split == pytest.approx(program.fun)
    out = np.empty(n)
    assert values_with_row(costs, size, multipliers, room, items, out) == pytest.approx(least)
    for i in range(n):
        holding = [worth[c].sum() for c in choices if c[i]]
        assert out[i] == pytest.approx(min(holding, default=np.inf))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_value_of_the_relaxation_is_a_lower_bound(seed, whole):
    median = medians(seed, whole=whole)
    m, n = median.costs.shape
    least, _ = optimum(median)
    rng = np.random.default_rng(seed)
    served, slack = np.empty((m, n), np.float32), np.empty(n)
    for _ in range(10):
        at = rng.uniform(0, 120, n)
        is_open = np.zeros(m, bool)
        assert relaxation(median, at, served, is_open, slack) <= least + 1e-6
        assert is_open[median.fixed].all()
        assert (is_open & ~median.fixed).sum() <= median.n_new


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_keeps_capacities_and_the_fixing_keeps_every_best_solution(seed, whole):
    median = medians(seed, whole=whole)
    least, shares = optimum(median)
    whole_least = optimum(median._replace(whole=True))[0]
    dual = capacitated_dual(median, control=control(), rounds=200)
    assert dual.bound <= least + 1e-6
    found = search_capacitated(median, dual.shares, control=control())
    if found is not None:
        rows = np.arange(len(median.people))
        assert median.costs[found.site, rows].sum() == pytest.approx(found.value)
        assert found.value >= whole_least - 1e-6
        assert (np.bincount(found.site, median.people, len(median.costs)) <= median.capacity).all()
        assert found.is_open[found.site].all()
        assert (found.is_open & ~median.fixed).sum() <= median.n_new
        assert not (found.is_open & ~median.fixed & ~median.free).any()
    if shares is None:
        return
    pairs = capacitated_fixing(median, dual, least * (1 + 1e-9) + 1e-6)
    assert pairs[shares > 1e-6].all()


def test_a_pair_is_left_out_only_if_every_solution_with_it_costs_more():
    left_out = 0
    for seed in SEEDS:
        median = medians(seed, whole=True)
        least, _ = optimum(median)
        if not np.isfinite(least):
            continue
        dual = capacitated_dual(median, upper=least, control=control(), rounds=300)
        pairs = capacitated_fixing(median, dual, least)
        for j, i in np.argwhere(~pairs & np.isfinite(median.costs)):
            assert optimum(median, (j, i))[0] >= least - 1e-6
            left_out += 1
    assert left_out > 100


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_p_median_with_capacities_is_the_optimum_of_the_textbook_model(seed, split):
    rng = np.random.default_rng(100 + seed)
    n, count = 30, 4
    places, people = rng.random((n, 2)), rng.integers(1, 40, n).astype(float)
    costs = np.hypot(*(places[:, None] - places[None]).T).T
    if seed % 3 == 1:
        people += rng.random(n)
    capacity = np.ceil(people.sum() / count * rng.uniform(1.02, 1.6, n))
    fixed, forbidden = ([0], [3, 4]) if seed % 2 else ([], [])
    problem = SitingProblem.from_costs(
        costs, people, capacities=capacity, fixed=fixed, forbidden=forbidden
    )
    found = p_median(problem, sites=count, split=split, time_limit_s=60)
    free = np.ones(n, bool)
    free[[*fixed, *forbidden]] = False
    median = medians(0, whole=not split)._replace(
        costs=(costs * people[:, None]).T,
        people=people,
        capacity=capacity,
        free=free,
        fixed=np.isin(np.arange(n), fixed),
        n_new=count - len(fixed),
    )
    least, _ = optimum(median)
    assert found.status == ("optimal" if np.isfinite(least) else "infeasible")
    if np.isfinite(least):
        assert found.value == pytest.approx(least, rel=1e-7)
        assert found.bound == pytest.approx(least, rel=1e-6)


def test_coarse_units_of_capacity_only_lower_the_bound():
    for seed in SEEDS:
        fine = medians(seed, whole=True)
        room = np.where(fine.room < 0, -1, np.floor(fine.capacity / 3.0)).astype(np.int64)
        coarse = fine._replace(size=np.floor(fine.people / 3.0).astype(np.int64), room=room)
        bound = capacitated_dual(coarse, control=control(), rounds=100).bound
        assert bound <= optimum(fine)[0] + 1e-6


def test_a_search_out_of_time_still_hands_over_a_solution():
    median = next(
        median
        for median in (medians(seed, whole=True) for seed in SEEDS)
        if np.isfinite(optimum(median)[0]) and median.n_new
    )
    late = replace(control(), time_limit_s=0.0)
    dual = capacitated_dual(median, control=late)
    assert isinstance(dual, CapacitatedDual)
    assert np.isfinite(dual.bound)
