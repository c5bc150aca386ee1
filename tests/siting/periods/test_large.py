"""The relaxation and the search for many openings, against HiGHS on the plain model."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geoplan.siting import (
    Budget,
    ProgrammeProblem,
    SitingProblem,
    SolveRequest,
    max_coverage,
    programme,
)
from geoplan.siting.periods.core import reduce_programme
from geoplan.siting.periods.openings.large import solve_openings
from geoplan.siting.periods.openings.openings import openings_of
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl


def problem(seed, n=70, m=24, *, carry=True, works=3):
    rng = np.random.default_rng(seed)
    near = np.hypot(*(rng.random((n, 1, 2)) - rng.random((1, m, 2))).transpose(2, 0, 1)) < 0.17
    base = SitingProblem.from_cover(
        near, rng.integers(1, 30, n), site_costs=rng.integers(3, 9, m), fixed=[0]
    )
    growth = 1 + 0.2 * rng.random((n, 1)) * np.arange(4)
    return ProgrammeProblem.of(
        base,
        years=[2025, 2026, 2027, 2030],
        weights=np.round(base.weights[:, None] * growth),
        budgets=Budget(amounts=[9, 12, 6, 10], carry_over=carry),
        max_works=works,
        opening={m - 1: 2026},
    )


def textbook(problem):
    """The best value by scipy's milp on a model with x (site, year) and z (row, year)."""
    base, years = problem.base, problem.n_years
    n, m = base.cover.shape
    x = np.arange(m * years).reshape(m, years)
    z = m * years + np.arange(n * years).reshape(n, years)
    size = (m + n) * years
    cost = np.zeros(size)
    cost[z.ravel()] = -(problem.weights * problem.lengths).ravel()
    upper = np.ones(size)
    rows, top = [], []
    price = {a.site: a.cost for a in problem.actions}

    def row(columns, values, most):
        line = np.zeros(size)
        line[columns] = values
        rows.append(line)
        top.append(most)

    for j in range(m):
        row(x[j], 1, 1)
        if j not in price:
            upper[x[j]] = 0
    for i in range(n):
        for t in range(years):
            row(z[i, t], 1, 0)
            for j in base.cover[i].indices:
                rows[-1][x[j, : t + 1]] = -1
                if j in base.fixed or problem.opening.get(j, years) <= t:
                    top[-1] += 1
    for t in range(years):
        row(x[:, t], 1, problem.works[t])
        first = 0 if problem.budgets[0].carry_over else t
        row(x[:, first : t + 1].ravel(), 0, sum(problem.budgets[0].amounts[first : t + 1]))
        for j, c in price.items():
            rows[-1][x[j, first : t + 1]] = c
    found = milp(
        cost,
        constraints=LinearConstraint(sparse.csr_matrix(np.array(rows)), -np.inf, top),
        bounds=Bounds(0, upper),
        integrality=np.arange(size) < m * years,
    )
    return -found.fun


@pytest.mark.parametrize("seed", range(4))
def test_bound_plan_and_proof_against_milp(seed):
    asked = problem(seed, carry=seed % 2 == 0)
    expected = textbook(asked)
    found = programme(asked, compare_alone=False)
    assert found.status == "optimal"
    assert found.value == pytest.approx(expected)
    of = Programme(problem=asked)
    openings = openings_of(of, reduce_programme(of))
    large = solve_openings(openings, SolveControl(time_limit_s=60))
    plan = of.plan(large.times)
    assert plan.broken() == []
    assert plan.person_years == pytest.approx(expected)
    assert large.bound == pytest.approx(expected, abs=0.999)
    assert large.detail["lagrangian_bound"] >= expected - 1e-6
    assert large.detail["search_value"] <= expected + 1e-6
    assert large.detail["search_value"] >= 0.97 * expected


@pytest.mark.parametrize("sites", [1, 4, 9])
def test_one_period_is_max_coverage(sites):
    base = problem(7).base
    asked = ProgrammeProblem.of(base, years=[2030], max_works=sites - 1)
    found = programme(asked)
    today = max_coverage(base, sites=sites)
    assert (found.status, found.value, found.bound) == (today.status, today.value, today.bound)
    assert set(found.sites(2030)) == set(today.sites)
    money = ProgrammeProblem.of(base, years=[2030], budgets=Budget(amounts=[20]))
    assert programme(money).value == max_coverage(base, budget=20).value


def test_the_same_seed_gives_the_same_plan():
    asked = problem(3, n=200, m=60)
    of = Programme(problem=asked)
    openings = openings_of(of, reduce_programme(of))
    first, again = (
        solve_openings(openings, SolveControl(time_limit_s=300, seed=4, gap=0.02)) for _ in "ab"
    )
    assert np.array_equal(first.times, again.times)
    assert first.bound == again.bound


def test_no_time_is_no_error():
    found = programme(problem(5, n=300, m=80), request=SolveRequest(time_limit_s=0.01))
    assert found.status in ("optimal", "feasible", "unknown")
    if found.status != "unknown":
        assert found.bound >= found.value


@pytest.mark.parametrize("scarce", [False, True])
def test_a_plan_with_an_honest_gap_where_highs_finds_none(scarce, monkeypatch):
    """Closings, or places that are scarce: whatever HiGHS leaves, a plan that keeps all rules."""
    from geoplan.siting.periods import solve
    from geoplan.siting.periods.milp.exact import Found
    from geoplan.siting.periods.rules import ProgrammeAction

    given = problem(3, n=40, m=12)
    base = given.base
    actions = [*given.actions, ProgrammeAction(id="close 1", kind="close", site=1, cost=1)]
    base = SitingProblem.from_cover(
        base.cover, base.weights, site_costs=base.site_costs, fixed=[0], closable=[1]
    )
    places = {"seat": np.full(base.n_sites, 40.0)} if scarce else None
    mixed = ProgrammeProblem.of(
        base,
        years=given.years,
        weights=given.weights,
        actions=[a for a in actions if a.kind == "close" or a.site != 1],
        budgets=given.budgets,
        max_works=3,
        capacities=places,
        may_lose=True,
    )
    true = programme(mixed, compare_alone=False, time_limit_s=30)
    nothing = Found(times=None, bound=None, status="unknown")
    monkeypatch.setattr(solve, "solve_by_model", lambda *args, **more: nothing)
    found = programme(mixed, compare_alone=False)
    assert found.status in ("feasible", "optimal")
    assert found.solver == "programme_search"
    assert 0 < found.value <= true.bound * (1 + 1e-9)
    assert found.bound >= true.value * (1 - 1e-9)
    assert len(found.actions) > 0
    assert not Programme(problem=mixed).plan(_times(mixed, found)).broken()


def _times(problem, result):
    times = Programme(problem=problem).plan_of_nothing
    for done in result.actions:
        number = [a.id for a in problem.actions].index(done.action.id)
        times[number, problem.years.index(done.year)] += done.times
    return times
