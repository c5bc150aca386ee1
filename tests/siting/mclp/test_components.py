"""Components that share nothing, solved alone: as good as all at once, and proved."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from geoplan.siting import SitingProblem, coverage_curve, max_coverage
from geoplan.siting.beside import curve as curve_module
from geoplan.siting.mclp.components import (
    best_shares,
    components_of,
    shares_of,
    solve_components,
)
from geoplan.siting.mclp.kernel_search import solve_mclp
from geoplan.siting.model.core import Core
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl


def _towns(rng: np.random.Generator, towns: int, *, rows: int = 30, sites: int = 9) -> np.ndarray:
    """Who reaches which site, towns apart, rows and sites in no order."""
    cover = np.zeros((towns * rows, towns * sites), bool)
    for k in range(towns):
        homes, doors = rng.uniform(0, 10, (rows, 2)), rng.uniform(0, 10, (sites, 2))
        near = np.hypot(*(homes[:, None] - doors).transpose(2, 0, 1)) < 3
        cover[k * rows : (k + 1) * rows, k * sites : (k + 1) * sites] = near
    shuffled = cover[rng.permutation(len(cover))]
    return shuffled[:, rng.permutation(cover.shape[1])]


def _oracle(cover: np.ndarray, people: np.ndarray, count: int, allowed: np.ndarray) -> float:
    """The whole model by scipy's MILP: sites, then rows that count as covered."""
    rows, sites = cover.shape
    reached = np.hstack([-cover.astype(float), np.eye(rows)])
    number = np.concatenate([np.ones(sites), np.zeros(rows)])[None, :]
    found = milp(
        np.concatenate([np.zeros(sites), -people]),
        constraints=[
            LinearConstraint(reached, -np.inf, 0),
            LinearConstraint(number, 0, count),
        ],
        bounds=Bounds(0, np.concatenate([allowed, np.ones(rows)])),
        integrality=np.ones(sites + rows),
        options={"mip_rel_gap": 0.0},
    )
    return -float(found.fun)


def _dense(core: Core) -> np.ndarray:
    cover = np.zeros((core.n, core.m), bool)
    cover[core.row_of, core.row_idx] = True
    return cover


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fractions", [False, True])
def test_every_number_is_the_best_of_the_whole_model(
    seed: int, fractions: bool, monkeypatch
) -> None:
    monkeypatch.setattr(curve_module, "_MANY", 10)
    rng = np.random.default_rng(seed)
    towns = int(rng.integers(4, 7))
    cover = _towns(rng, towns)
    people = rng.integers(1, 90, len(cover)) + (rng.random(len(cover)) if fractions else 0.0)
    problem = SitingProblem.from_cover(
        cover, people, fixed=[3] if seed % 2 else [], forbidden=[0, 7]
    )
    allowed = np.ones(cover.shape[1])
    allowed[[0, 7]] = 0
    fixed = len(problem.fixed)
    without = cover.copy()
    without[cover[:, problem.fixed].any(axis=1)] = False
    already = float(people[cover[:, problem.fixed].any(axis=1)].sum())
    core = reduce_problem(problem)
    assert components_of(core), "the case is none"
    curve = coverage_curve(problem, sites=range(fixed, fixed + 15))
    for row in curve.itertuples():
        best = already + _oracle(without, people, row.sites - fixed, allowed)
        assert row.value == pytest.approx(best, rel=1e-9)
        assert row.bound == pytest.approx(best, rel=1e-9)
        assert row.status == "optimal"
        assert len(row.chosen) <= row.sites
        assert people[cover[:, row.chosen].any(axis=1)].sum() == pytest.approx(best)
        alone = max_coverage(problem, sites=row.sites)
        assert alone.value == pytest.approx(best, rel=1e-9)
        assert alone.bound == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_components_are_those_of_the_cover_and_lose_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = _towns(rng, 4)
    core = reduce_problem(SitingProblem.from_cover(cover, rng.integers(1, 50, len(cover))))
    dense = _dense(core)
    count, label = connected_components(
        np.block(
            [
                [np.zeros((core.n, core.n), bool), dense],
                [dense.T, np.zeros((core.m, core.m), bool)],
            ]
        )
    )
    parts = components_of(core)
    assert len(parts) == count
    assert sorted(np.concatenate([part.sites for part in parts])) == list(range(core.m))
    assert sum(part.pairs for part in parts) == core.pairs
    for part in parts:
        of = label[core.n + part.sites]
        assert len(set(of)) == 1
        rows = np.flatnonzero(label[: core.n] == of[0])
        assert (_dense(part) == dense[np.ix_(rows, part.sites)]).all()
        assert (part.weight == core.weight[rows]).all()
        for j in range(part.m):
            assert (part.classes_of(j) == np.flatnonzero(_dense(part)[:, j])).all()


def test_one_large_component_is_not_divided() -> None:
    cover = np.zeros((12, 6), bool)
    cover[:10, :5] = True
    cover[np.arange(5), np.arange(5)] = False
    cover[10:, 5] = True
    core = reduce_problem(SitingProblem.from_cover(cover, np.arange(1, 13)))
    assert components_of(core) == []


@pytest.mark.parametrize("seed", range(30))
def test_shares_are_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves = [
        np.concatenate([[0], np.sort(rng.integers(0, 9, rng.integers(0, 5)))]).astype(float)
        for _ in range(int(rng.integers(1, 5)))
    ]
    values, steps = best_shares(curves, 9)
    for total in range(10):
        every = product(*(range(len(curve)) for curve in curves))
        sums = [
            sum(curve[n] for curve, n in zip(curves, own, strict=True))
            for own in every
            if sum(own) <= total
        ]
        assert values[total] == max(sums)
        own = shares_of(steps, np.array([total])).ravel().tolist()
        assert sum(own) <= total
        assert sum(curve[n] for curve, n in zip(curves, own, strict=True)) == max(sums)
        assert shares_of(steps, np.arange(10))[:, total].tolist() == own


@pytest.mark.parametrize("seed", range(4))
def test_without_time_the_bound_still_holds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover, people = _towns(rng, 5), rng.integers(1, 90, 150)
    core = reduce_problem(SitingProblem.from_cover(cover, people))
    parts = components_of(core)
    ample, none = SolveControl(time_limit_s=60), SolveControl(time_limit_s=0)
    best = solve_components(core, parts, range(12), solve=solve_mclp, control=ample)
    hasty = solve_components(core, parts, range(12), solve=solve_mclp, control=none)
    for n in range(12):
        assert hasty[n].value <= best[n].value <= hasty[n].bound
        assert best[n].bound == best[n].value
        assert core.covered(hasty[n].chosen) == hasty[n].value
        assert len(hasty[n].chosen) <= n


def test_what_ties_components_is_solved_undivided() -> None:
    """Conflicts and least numbers across towns: the model with rules, as good as its oracle."""
    rng = np.random.default_rng(3)
    cover, people = _towns(rng, 3, rows=12, sites=4), rng.integers(1, 90, 36)
    areas = ["north" if k % 2 else "south" for k in range(cover.shape[1])]
    problem = SitingProblem.from_cover(cover, people, site_areas=areas)
    apart = replace(problem, conflicts=np.array([[0, 1], [2, 9], [4, 11]]))
    found = max_coverage(apart, sites=4, min_sites_per_area={"north": 2, "south": 1})
    best = 0.0
    for own in product([0, 1], repeat=cover.shape[1]):
        chosen = np.flatnonzero(own)
        north = sum(areas[j] == "north" for j in chosen)
        if len(chosen) > 4 or north < 2 or len(chosen) - north < 1:
            continue
        if any({a, b} <= set(chosen.tolist()) for a, b in [(0, 1), (2, 9), (4, 11)]):
            continue
        best = max(best, float(people[cover[:, chosen].any(axis=1)].sum()))
    assert found.value == best == found.bound
