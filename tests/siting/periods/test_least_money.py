"""Least money and the worst-off area where much is to be decided: HiGHS has help, or is no help."""

import numpy as np
import pytest

from geoplan.siting import programme
from geoplan.siting.periods import solve
from geoplan.siting.periods.core import reduce_programme
from geoplan.siting.periods.milp import exact
from geoplan.siting.periods.mixed.least_money import least_money
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.request import SolveRequest

from .oracle import Oracle
from .random_problems import mixed_problem


@pytest.fixture(autouse=True)
def much_to_decide(monkeypatch):
    monkeypatch.setattr(solve, "SMALL_PAIRS", 0)


def without_highs(monkeypatch, status="unknown"):
    """HiGHS finds nothing in its time, or is wrong."""
    nothing = Outcome(status=status, x=None, value=np.nan, bound=None)
    monkeypatch.setattr(exact, "solve_in_time", lambda *_, **__: nothing)


@pytest.mark.parametrize("seed", range(4))
def test_with_a_first_plan_the_least_money_is_the_same(seed):
    problem = mixed_problem(seed, targets=True)
    found = programme(problem, objective="min_cost", compare_alone=False)
    expected = Oracle(problem).best("min_cost")
    if expected is None:
        assert found.status == "infeasible"
    else:
        assert (found.status, found.gap) == ("optimal", 0)
        assert found.value == pytest.approx(expected, abs=1e-6)


def _plans():
    """Problems with targets that some plan meets, and the least money."""
    for seed in range(8):
        problem = mixed_problem(seed, targets=True)
        least = Oracle(problem).best("min_cost")
        if least is not None:
            yield problem, least


def test_without_highs_there_is_a_plan_that_meets_the_targets_and_proves_nothing(monkeypatch):
    found, near = 0, []
    plans = list(_plans())
    for status in ("unknown", "infeasible"):
        without_highs(monkeypatch, status)
        for problem, least in plans:
            result = programme(problem, objective="min_cost", compare_alone=False)
            if result.status == "feasible":
                found += 1
                near.append(result.value - least)
                assert (result.bound, result.gap) == (None, None)
            else:
                assert result.status == status
    assert found >= len(plans)  # of twice as many: most are found
    assert min(near) >= -1e-6
    assert min(near) < 1e-6


def test_what_targets_do_not_need_is_left_out():
    for problem, _ in _plans():
        of = Programme(problem=problem)
        times = least_money(of, reduce_programme(of), SolveControl.start(SolveRequest()))
        if times is None:
            continue
        plan = of.plan(times)
        assert not plan.broken()
        for a, t in np.argwhere(times > 0):
            less = times.copy()
            less[a, t] -= 1
            other = of.plan(less)
            assert other.broken() or other.money >= plan.money


@pytest.mark.parametrize("seed", range(4))
def test_without_highs_the_worst_off_area_is_not_proved(seed, monkeypatch):
    problem = mixed_problem(seed)
    share, value = Oracle(problem).best("worst_area")
    without_highs(monkeypatch)
    found = programme(problem, objective="worst_area", compare_alone=False)
    assert found.status == "feasible"
    assert found.smallest_share <= share + 1e-9
    assert found.bound >= max(value, found.value) - 1e-6
