"""Plans in time against every plan there is."""

import numpy as np
import pytest

from geoplan.siting import programme

from .oracle import Oracle
from .random_problems import mixed_problem, opening_problem


def same(found, expected):
    if expected is None:
        assert found.status == "infeasible", found.status
        return
    assert found.status == "optimal", (found.status, found.value, expected)
    assert found.value == pytest.approx(expected, abs=1e-6)
    assert found.gap == 0


@pytest.mark.parametrize("seed", range(3))
def test_three_periods_ten_candidates_three_actions(seed):
    problem = opening_problem(seed)
    same(programme(problem, compare_alone=False), Oracle(problem).best(one_a_year=True))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("targets", [False, True])
def test_every_kind_of_action(seed, limited, targets):
    problem = mixed_problem(seed, limited, targets)
    same(programme(problem, compare_alone=False), Oracle(problem).best())


@pytest.mark.parametrize("seed", range(5))
def test_least_money(seed):
    problem = mixed_problem(seed, targets=True)
    found = programme(problem, objective="min_cost", compare_alone=False)
    same(found, Oracle(problem).best("min_cost"))


@pytest.mark.parametrize("seed", range(5))
def test_worst_area_first(seed):
    problem = mixed_problem(seed, targets=seed % 2 == 1)
    found = programme(problem, objective="worst_area", compare_alone=False)
    expected = Oracle(problem).best("worst_area")
    same(found, None if expected is None else expected[1])
    if expected is not None:
        assert found.smallest_share == pytest.approx(expected[0], abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_years_and_money_of_the_answer_add_up(seed):
    problem = mixed_problem(seed)
    found = programme(problem)
    oracle = Oracle(problem)
    number = {action.id: k for k, action in enumerate(problem.actions)}
    plan = {number[a.action.id]: problem.years.index(a.year) for a in found.actions}
    assert oracle.value(plan, "person_years") == found.value
    served = np.array([year.served for year in found.by_year])
    assert float(served @ problem.lengths) == pytest.approx(found.value)
    states = oracle.states(plan)
    for (is_open, _), year in zip(states, found.by_year, strict=True):
        assert set(year.open_sites) == is_open
    if found.alone_value is not None:
        assert found.alone_value <= found.value
