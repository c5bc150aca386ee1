"""Search and relaxation for plans of all kinds of actions, against every plan and HiGHS."""

from dataclasses import replace

import numpy as np
import pytest

from geoplan.siting import Budget, ProgrammeAction, ProgrammeProblem, SitingProblem, programme
from geoplan.siting.constrained.capacity_part import largest_flow
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.periods.core import reduce_programme
from geoplan.siting.periods.flows import YearFlows
from geoplan.siting.periods.milp.exact import Found
from geoplan.siting.periods.mixed.large import search_plan
from geoplan.siting.periods.openings.places import count_within, worth_within
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl

from .oracle import Oracle
from .random_problems import mixed_problem, opening_problem

NOTHING = Found(times=None, bound=None, status="unknown")


def searched(problem, seconds=60):
    of = Programme(problem=problem)
    control = SolveControl(time_limit_s=seconds)
    return of, search_plan(of, reduce_programme(of), NOTHING, control)


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("targets", [False, True])
def test_plan_and_bound_against_every_plan(limited, targets):
    """No plan is better than the bound, none that is handed over breaks a rule, most are best."""
    best = []
    for seed in range(20, 24):
        problem = mixed_problem(seed, limited, targets)
        true = Oracle(problem).best()
        of, found = searched(problem)
        if true is None:
            assert found.times is None
            continue
        assert found.bound >= true * (1 - 1e-9)
        assert found.times is not None
        done = {int(a): int(t) for a, t in zip(*np.nonzero(found.times), strict=True)}
        value = Oracle(problem).value(done, "person_years")
        assert value == pytest.approx(of.plan(found.times).person_years)
        best.append(value / true)
    assert max(best) <= 1 + 1e-9
    assert np.mean(best) > 0.97


@pytest.mark.parametrize("seed", [1, 5])
def test_moves_and_openings_against_every_plan(seed):
    problem = opening_problem(seed, candidates=6)
    true = Oracle(problem).best(one_a_year=True)
    of, found = searched(problem)
    assert found.bound >= true * (1 - 1e-9)
    assert 0.97 * true <= of.plan(found.times).person_years <= true * (1 + 1e-9)


def town(seed, *, limited, may_lose):
    """Twelve sites that may close or move, forty candidates, expansions where places are scarce."""
    rng = np.random.default_rng(seed)
    n, standing, m = 150, 12, 52
    near = np.hypot(*(rng.random((n, 1, 2)) - rng.random((1, m, 2))).transpose(2, 0, 1)) < 0.13
    people = rng.integers(5, 40, n)
    base = SitingProblem.from_cover(near, people, closable=range(standing))
    actions = []
    for j in range(standing):
        actions.append(
            ProgrammeAction(id=(j, "close"), kind="close", site=j, cost=1, running_cost=-2)
        )
        if limited:
            actions.append(
                ProgrammeAction(
                    id=(j, "more"), kind="expand", site=j, capacity={"seat": 25}, cost=3, most=2
                )
            )
    for j in range(standing, m):
        price = float(rng.integers(6, 12))
        actions.append(
            ProgrammeAction(id=(j, "open"), kind="open", site=j, cost=price, running_cost=1)
        )
        if j % 4 == 0:
            away = (int(rng.integers(standing)),)
            actions.append(ProgrammeAction(id=(j, "move"), kind="move", site=j, away=away, cost=4))
    return ProgrammeProblem.of(
        base,
        years=[2025, 2026, 2028],
        weights=np.round(people[:, None] * (1 + 0.1 * rng.random((n, 1)) * np.arange(3))),
        actions=actions,
        budgets=Budget(amounts=[30, 25, 30], carry_over=True, covers="both"),
        max_works=6,
        capacities={"seat": np.full(m, 80.0)} if limited else None,
        may_lose=may_lose,
    )


@pytest.mark.parametrize(("limited", "may_lose"), [(False, False), (True, True)])
def test_plan_and_bound_against_highs(limited, may_lose):
    problem = town(3, limited=limited, may_lose=may_lose)
    true = programme(problem, compare_alone=False, time_limit_s=120)
    of, found = searched(problem, 120)
    value = of.plan(found.times).person_years
    assert found.bound >= true.value * (1 - 1e-9)
    assert value <= true.bound * (1 + 1e-9)
    assert value >= 0.97 * true.value
    assert found.bound <= 1.04 * true.value


def test_flows_grown_from_one_another_are_largest():
    """Places come and go, few or many at once; each flow is as large as one from nothing."""
    rng = np.random.default_rng(8)
    cover = rng.random((40, 30)) < 0.12
    problem = SitingProblem.from_cover(cover, rng.integers(1, 20, 40))
    flows = YearFlows([reduce_problem(problem, drop_sites=False, keep_fixed=True)])
    places = np.zeros(30)
    for turn in range(60):
        changed = rng.choice(30, 28 if turn % 9 == 8 else 1 + turn % 4, replace=False)
        places = places.copy()
        places[changed] = rng.choice([0, 5, 12, 30], len(changed))
        whole = largest_flow(replace(problem, capacities=places), np.flatnonzero(places > 0))
        assert flows.flow(0, places).served == pytest.approx(whole.served)


def test_people_worth_most_have_the_places():
    rng = np.random.default_rng(2)
    for _ in range(50):
        people = rng.integers(0, 9, (6, 1)).astype(float)
        multipliers = rng.random((6, 1)) * people
        places = float(rng.integers(1, 30))
        each = np.repeat(multipliers[:, 0] / np.maximum(people[:, 0], 1), people[:, 0].astype(int))
        expected = np.sort(each)[::-1][: int(places)].sum()
        classes = np.arange(6)
        assert worth_within(classes, multipliers, people, places, 0) == pytest.approx(expected)
        counted = np.zeros((6, 1))
        count_within(classes, multipliers, people, places, 0, counted)
        assert (counted * multipliers).sum() == pytest.approx(expected)
