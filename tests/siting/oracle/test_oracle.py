"""Every siting question, under random rules, against every choice of sites.

`generator` draws the cases, `choices` knows the truth by trying all sets of sites with the plain
definitions in `rules` and `people`, `judge` compares: status, value, bound, sites, who goes where;
`explanations` tries the advice of infeasible answers, `programmes` curves, phases and other plans
as good, `together` services that share buildings. ``make soak`` tries a thousand seeds, or more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import geoplan as gp
from geoplan.siting.solver import milp
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model
from tests.siting.oracle.case import Case
from tests.siting.oracle.choices import truth
from tests.siting.oracle.generator import KINDS
from tests.siting.oracle.judge import differences
from tests.siting.oracle.soak import try_seed


@pytest.mark.parametrize("seed", range(50))
def test_no_choice_of_sites_is_better_than_the_answer(seed: int) -> None:
    assert try_seed(seed) == []


def test_the_seeds_go_through_every_kind_of_case() -> None:
    assert len(set(KINDS)) == len(KINDS) == 78
    assert len({kind[:2] for kind in KINDS[:50]}) == 13  # the seeds of every test run


# -- what the oracle found; each is a case as small as it shows ----------------------------------


@pytest.mark.parametrize("unit", [1.0, 1e-4, 1e-7])
def test_people_may_be_counted_in_ten_thousands(unit: float) -> None:
    """HiGHS's tolerances are absolute: everybody was within them, and nobody was served."""
    costs = np.array([[100.0, 700.0, 300.0], [800.0, 200.0, 300.0], [400.0, 500.0, 900.0]])
    whole = np.array([3.0, 2.0, 5.0])
    for asked in (
        {"question": "p_center", "sites": 2, "backup": True},
        {"question": "p_center", "sites": 2, "capacities": np.array([5.0, 5.0, 5.0]) * unit},
        {"question": "p_median", "sites": 2, "capacities": np.array([6.0, 4.0, 5.0]) * unit},
        {"question": "min_sites", "share": 0.9, "capacities": np.array([3.0, 3.0, 9.0]) * unit},
        {"question": "max_coverage", "sites": 1, "min_share_per_area": {"w": 1.0}},
    ):
        case = Case(
            cost=costs, weights=whole * unit, threshold=500.0, areas=["w", "e", "w"], **asked
        )
        true, found = truth(case), case.ask()
        assert found.status == true.status
        assert found.value == pytest.approx(true.value, nan_ok=True)


def test_rows_of_tiny_numbers_are_kept() -> None:
    """``1e-8 x >= 1e-8`` leaves no way around x = 1."""
    model = Model()
    x = model.add_columns(2, cost=np.array([1e-8, 3e-8]), integer=True)
    amount = model.add_columns(1, upper=4e-9)
    model.add_row(np.append(x, amount), np.array([1e-8, 2e-8, 1.0]), lower=2.2e-8)
    found = model.solve(time_limit_s=5)
    assert found.x.tolist()[:2] == [0.0, 1.0]
    assert found.x[2] == pytest.approx(2e-9)
    assert found.value == pytest.approx(3e-8)
    assert found.bound == pytest.approx(3e-8)


def test_rows_of_huge_numbers_are_kept() -> None:
    """HiGHS leaves out factors below 1e-9: the mean cost of an area of billions lost its people."""
    case = Case(
        question="p_median",
        cost=np.array([[300.0, 400.0], [900.0, 450.0], [700.0, 100.0]]),
        weights=np.array([3e11, 1e11, 2e11]),
        areas=["w", "w", "e"],
        sites=1,
        equity=True,
    )
    assert differences(case, case.ask()) == []


@pytest.mark.parametrize("seed", [261, 441, 472])
def test_seeds_that_found_faults_find_none(seed: int) -> None:
    """261: HiGHS's presolve called a model infeasible that has solutions (rule "enumeration").

    441, 472: with capacities `min_cost` read off who is served where by areas nobody asked for.
    """
    assert try_seed(seed) == []


@pytest.mark.parametrize(("wrong", "status"), [(1, "optimal"), (2, "optimal"), (3, "infeasible")])
def test_infeasible_is_asked_without_presolve_and_with_looser_rows(
    wrong, status, monkeypatch
) -> None:
    """`wrong` times HiGHS calls a model infeasible that has a solution."""
    model = Model()
    x = model.add_columns(2, cost=1.0, integer=True)
    model.add_row(x, lower=1.0)
    usual, runs = milp.read_outcome, []

    def wrong_at_first(highs, **options):
        told = ("presolve", "mip_feasibility_tolerance")
        runs.append(tuple(highs.getOptionValue(name)[1] for name in told))
        found = usual(highs, **options)
        return replace(found, status="infeasible", x=None) if len(runs) <= wrong else found

    monkeypatch.setattr(milp, "read_outcome", wrong_at_first)
    found = milp.solve_in_time(model, SolveControl(time_limit_s=5))
    assert found.status == status
    assert runs == [("choose", 1e-6), ("off", 1e-6), ("choose", 1e-5)][: min(wrong + 1, 3)]


def test_whoever_has_one_site_instead_of_two_is_left_out_whole() -> None:
    """Only two of three sites may be built: the 30 people between the others have one of them."""
    cost = np.array([[100.0, 200.0, np.inf], [np.inf, 100.0, 200.0]])
    problem = gp.SitingProblem.from_costs(cost, [50, 30], unit="m")
    told = gp.p_center(problem, sites=2, backup=True)
    assert told.status == "infeasible"
    assert told.detail["relaxations"] == [{"sites": {2: 1.0}}, {"reach": {1: 30.0}}]
    assert told.detail["smallest_sites"] == 3


def test_the_largest_share_told_is_possible_under_all_constraints() -> None:
    """Two sites reach 30 and 20 of 100 people, but only one of them may be built."""
    near = np.array([[1, 0], [0, 1], [0, 0]], bool)
    problem = gp.SitingProblem.from_cover(near, [30, 20, 50], conflicts=[(0, 1)])
    told = gp.min_sites(problem, share=0.8)
    assert told.status == "infeasible"
    assert told.detail["largest_share"] == pytest.approx(0.3)
    assert told.detail["unreachable_people"] == 50
    assert gp.min_sites(problem, share=told.detail["largest_share"]).value == 1


@pytest.mark.parametrize("question", ["max_coverage", "min_sites", "p_median"])
@pytest.mark.parametrize("room", [None, np.array([9.0, 9.0])], ids=["reach", "capacities"])
def test_a_least_share_of_an_area_where_nobody_lives_holds(question: str, room) -> None:
    case = Case(
        question=question,
        cost=np.array([[100.0, 300.0], [300.0, 100.0]]),
        weights=np.array([4.0, 0.0]),
        threshold=200.0,
        capacities=room,
        areas=["west", "east"],
        sites=1,
        min_share_per_area={"west": 0.5, "east": 0.8},
    )
    assert differences(case, case.ask()) == []


def test_no_capacity_is_no_capacity_for_few_people() -> None:
    """Amounts held at nothing gave the row of people no size: some sites were said to do."""
    case = Case(
        question="min_sites",
        cost=np.array([[100.0, 300.0]]),
        weights=np.array([4e-7]),
        threshold=500.0,
        capacities=np.zeros(2),
        share=0.5,
    )
    assert case.ask().status == "infeasible"


def test_a_site_that_saves_little_is_not_idle_where_all_costs_are_small() -> None:
    case = Case(
        question="p_median",
        cost=np.array([[100.0, 300.0], [400.0, 100.0]]),
        weights=np.array([1e-6, 2e-6]),
        areas=["w", "e"],
        sites=2,
        equity=True,
    )
    assert case.ask().sites == ["s0", "s1"]


def test_what_sharing_saves_is_counted_also_where_money_is_left() -> None:
    near = np.eye(2, dtype=bool)
    problems = {
        name: gp.SitingProblem.from_cover(
            near, people, site_index=["school", "hall"], site_costs=10
        )
        for name, people in (("meals", [50, 60]), ("care", [30, 5]))
    }
    both = gp.siting.plan_together(problems, budget=1000, saving=4)
    assert sorted(both.shared) == ["hall", "school"]
    assert (both.money, both.saved) == (32.0, 8.0)
