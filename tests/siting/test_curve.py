"""The curve is proved point by point; phases nest and say what nesting costs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, coverage_curve, max_coverage, phased_sites
from geoplan.siting.beside import curve as curve_module


@pytest.mark.parametrize("seed", range(6))
def test_every_point_agrees_with_a_question_of_its_own(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = rng.random((60, 14)) < 0.15
    problem = SitingProblem.from_cover(
        cover, rng.integers(1, 50, 60), fixed=[3] if seed % 2 else [], forbidden=[5]
    )
    fixed = len(problem.fixed)
    curve = coverage_curve(problem, sites=range(fixed, 9))
    assert list(curve["sites"]) == list(range(fixed, 9))
    for row in curve.itertuples():
        alone = max_coverage(problem, sites=row.sites)
        assert row.value == alone.value
        assert row.bound == alone.bound
        assert row.status == "optimal"
        assert len(row.chosen) <= row.sites
    assert curve["value"].is_monotonic_increasing


def test_of_many_numbers_each_is_as_good_as_one_solved_alone(monkeypatch) -> None:
    rng = np.random.default_rng(8)
    homes, sites = rng.uniform(0, 100, 300), np.linspace(0, 100, 60)
    cover = np.abs(homes[:, None] - sites) < 2  # along one street: quickly proved
    problem = SitingProblem.from_cover(cover, rng.integers(1, 50, 300), fixed=[7])
    numbers = range(1, 41)
    alone = coverage_curve(problem, sites=numbers)
    solved: list[int] = []

    def seen(core, *, n_new, bound, **options):
        solved.append(n_new)
        return solve(core, n_new=n_new, bound=bound, **options)

    solve = curve_module.solve_mclp
    monkeypatch.setattr(curve_module, "solve_mclp", seen)
    monkeypatch.setattr(curve_module, "_MANY", 10)
    many = coverage_curve(problem, sites=numbers)
    assert solved[:4] == [0, 16, 32, 39]  # then those between
    assert sorted(solved) == list(range(40))
    assert many[["sites", "value", "bound", "status"]].equals(
        alone[["sites", "value", "bound", "status"]]
    )


def test_a_short_time_still_gives_honest_bounds() -> None:
    rng = np.random.default_rng(1)
    cover = rng.random((3000, 200)) < 0.02
    problem = SitingProblem.from_cover(cover, rng.integers(1, 100, 3000))
    curve = coverage_curve(problem, sites=[0, 5, 20, 40], time_limit_s=0.2)
    assert (curve["bound"] >= curve["value"]).all()
    assert curve["bound"].is_monotonic_increasing
    proved = coverage_curve(problem, sites=[5], time_limit_s=30)
    assert proved["value"][0] <= curve["bound"][1]


def test_phases_nest_and_cost_is_told() -> None:
    rng = np.random.default_rng(2)
    cover = rng.random((80, 20)) < 0.12
    problem = SitingProblem.from_cover(cover, rng.integers(1, 50, 80), fixed=[0])
    plan = phased_sites(problem, phases=[3, 6, 9])
    for few, many in pairwise(plan["chosen"]):
        assert set(few) <= set(many)
    assert (plan["nesting_cost"] >= 0).all()
    assert (plan["value"] + plan["nesting_cost"] == plan["best_value"]).all()
    free = coverage_curve(problem, sites=[3, 6, 9])
    assert list(plan["best_value"]) == list(free["value"])


@pytest.mark.parametrize("seed", range(4))
def test_no_programme_in_phases_serves_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = rng.random((30, 8)) < 0.25
    people = rng.integers(1, 50, 30)
    plan = phased_sites(SitingProblem.from_cover(cover, people, fixed=[0]), phases=[2, 4, 5])

    def served(sites: tuple[int, ...]) -> int:
        return int(people[cover[:, [0, *sites]].any(axis=1)].sum())

    orders = permutations(range(1, 8), 4)
    best = max(served(o[:1]) + served(o[:3]) + served(o) for o in orders)
    assert plan["value"].sum() == best


def test_wrong_numbers_raise() -> None:
    problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [1, 2, 3])
    with pytest.raises(SitingError, match="whole numbers"):
        coverage_curve(problem, sites=[1.5])
    with pytest.raises(SitingError, match="0 or more"):
        coverage_curve(problem, sites=[-1, 2])
    two = SitingProblem.from_cover(np.eye(3, dtype=bool), [1, 2, 3], fixed=[0, 1])
    with pytest.raises(SitingError, match="2 are fixed already"):
        coverage_curve(two, sites=range(4))
    assert list(coverage_curve(two)["sites"])[:2] == [2, 3]  # from the fixed ones on
    with pytest.raises(SitingError, match="ascend"):
        phased_sites(problem, phases=[2, 1])


def test_numbers_that_ran_out_of_time_are_told(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    problem = SitingProblem.from_cover(
        rng.random((300, 60)) < 0.05, rng.integers(1, 100, 300), capacities=None
    )
    whole = coverage_curve(problem, sites=range(8), gap=0.05)
    assert not whole["cut_short"].any()

    def late(core, *, control, **options):
        control.time_limit_s = 0.0  # over before it began
        return solve(core, control=control, **options)

    solve = curve_module.solve_mclp
    monkeypatch.setattr(curve_module, "solve_mclp", late)
    cut = coverage_curve(problem, sites=range(8))
    assert cut["cut_short"].any()
    # what is proved all the same is as exact as asked
    assert not cut.loc[cut["status"] == "optimal", "cut_short"].any()
    assert cut.loc[cut["status"] != "optimal", "cut_short"].all()


def test_numbers_with_capacities_that_ran_out_of_time_are_told(monkeypatch) -> None:
    rng = np.random.default_rng(2)
    problem = SitingProblem.from_cover(
        rng.random((40, 12)) < 0.3, rng.integers(1, 20, 40), capacities=[50] * 12
    )
    assert not coverage_curve(problem, sites=range(4))["cut_short"].any()

    def late(problem, constraints, *, control, **options):
        found = solve(problem, constraints, control=control, **options)
        control.out_of_time()
        return replace(found, bound=found.value * 2 + 1)

    solve = curve_module.max_coverage_with_capacities
    monkeypatch.setattr(curve_module, "max_coverage_with_capacities", late)
    assert coverage_curve(problem, sites=range(4))["cut_short"].tolist()[1:3] == [True, True]
