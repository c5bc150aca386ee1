"""Each kind of action on problems small enough to check by hand."""

import numpy as np
import pytest

from geoplan.siting import (
    Budget,
    ProgrammeAction,
    ProgrammeProblem,
    SitingProblem,
    Target,
    programme,
)


def done(result):
    return [(a.year, a.action.id, a.times) for a in result.actions]


def test_open_waits_for_the_money_that_is_carried_over():
    base = SitingProblem.from_cover(np.eye(2, dtype=bool), [10, 3], site_costs=[8, 4])
    years, amounts = [2025, 2026, 2027], [4, 4, 4]
    kept = ProgrammeProblem.of(base, years=years, budgets=Budget(amounts=amounts, carry_over=True))
    # 8 is there in 2026: 10 people for two years, then 3 for one, beat 3 for three years
    result = programme(kept)
    assert done(result) == [(2026, 0, 1), (2027, 1, 1)]
    assert result.value == 23
    assert [year.left["budget"] for year in result.by_year] == [4, 0, 0]
    lost = ProgrammeProblem.of(base, years=years, budgets=Budget(amounts=amounts))
    assert done(programme(lost)) == [(2025, 1, 1)]


def test_expand_by_modules_as_people_grow():
    base = SitingProblem.from_cover([[True]], [100], fixed=[0])
    beds = ProgrammeAction(
        id="20 beds", kind="expand", site=0, capacity={"bed": 20}, cost=5, most=4
    )
    problem = ProgrammeProblem.of(
        base,
        years=[2025, 2026],
        weights=[[50, 75]],
        actions=[beds],
        capacities={"bed": [40]},
        budgets=Budget(amounts=[5, 5]),
    )
    result = programme(problem)
    assert done(result) == [(2025, "20 beds", 1), (2026, "20 beds", 1)]
    assert [year.served for year in result.by_year] == [50, 75]
    assert [year.capacity["bed"] for year in result.by_year] == [60, 80]


def test_convert_until_the_share_of_nursing_beds_is_reached():
    base = SitingProblem.from_cover([[True]], [10], fixed=[0])
    step = ProgrammeAction(
        id="convert", kind="convert", site=0, capacity={"bed": -10, "nursing": 10}, cost=1, most=9
    )
    problem = ProgrammeProblem.of(
        base,
        years=[2025, 2030],
        actions=[step],
        capacities={"bed": [100], "nursing": [20]},
        targets=[Target(year=2030, measure="capacity_share", kind="nursing", amount=0.5)],
    )
    result = programme(problem, objective="min_cost")
    assert result.value == 4  # 60 of 120
    assert sum(a.times for a in result.actions) == 4
    assert result.by_year[-1].capacity == {"bed": 60, "nursing": 60}


def moving(**given):
    #            old new
    cover = [[1, 1], [1, 0], [0, 1]]
    base = SitingProblem.from_cover(np.array(cover, bool), [5, 2, 9], closable=[0])
    action = ProgrammeAction(id="move", kind="move", site=1, away=(0,), cost=3)
    return ProgrammeProblem.of(base, years=[2025], actions=[action], **given)


def test_move_only_where_nobody_served_loses():
    assert done(programme(moving())) == []  # two people would lose the old site
    result = programme(moving(may_lose=True))
    assert done(result) == [(2025, "move", 1)]
    assert (result.value, result.actions[0].people) == (14, 7)
    assert result.sites(2025) == (1,)


def test_merge_saves_running_money_and_loses_nobody():
    cover = np.array([[1, 0, 1], [0, 1, 1]], bool)
    base = SitingProblem.from_cover(cover, [5, 6], closable=[0, 1])
    actions = [
        ProgrammeAction(id="merge", kind="merge", site=2, away=(0, 1), cost=4, running_cost=-3),
        ProgrammeAction(id="shut 0", kind="close", site=0, running_cost=-9),
    ]
    problem = ProgrammeProblem.of(
        base,
        years=[2025, 2026, 2030],
        actions=actions,
        targets=[Target(year=2030, measure="people", amount=1.0)],
    )
    result = programme(problem, objective="min_cost")
    # 4 for the building, and 3 saved in each of 1 + 4 + 1 calendar years
    assert done(result) == [(2025, "merge", 1)]
    assert result.value == 4 - 3 * 6
    assert [year.served for year in result.by_year] == [11, 11, 11]


def test_close_what_another_site_has_made_needless():
    cover = np.array([[1, 1], [0, 1]], bool)
    base = SitingProblem.from_cover(cover, [5, 6], closable=[0])
    actions = [
        ProgrammeAction(id="open", kind="open", site=1, cost=4, earliest=2026),
        ProgrammeAction(id="close", kind="close", site=0, running_cost=-2),
    ]
    problem = ProgrammeProblem.of(
        base,
        years=[2025, 2026, 2027],
        actions=actions,
        targets=[Target(year=2026, measure="people", amount=1.0)],
    )
    result = programme(problem, objective="min_cost")
    assert done(result) == [(2026, "open", 1), (2026, "close", 1)]


def test_a_site_is_not_closed_before_its_time():
    base = SitingProblem.from_cover([[True, True]], [5])
    open_and_shut = [
        ProgrammeAction(id="open", kind="open", site=0, cost=1, least_years=3, running_cost=4),
        ProgrammeAction(id="close", kind="close", site=0, running_cost=-4),
    ]
    asked = [Target(year=2025, measure="sites", amount=1)]
    problem = ProgrammeProblem.of(
        base, years=[2025, 2026, 2027, 2028], actions=open_and_shut, targets=asked, may_lose=True
    )
    result = programme(problem, objective="min_cost")
    assert done(result) == [(2025, "open", 1), (2028, "close", 1)]
    assert result.value == 1 + 3 * 4


def test_sites_under_construction_open_in_their_year():
    base = SitingProblem.from_cover(np.eye(2, dtype=bool), [5, 6])
    problem = ProgrammeProblem.of(base, years=[2025, 2026, 2027], opening={1: 2026}, max_works=0)
    assert [year.served for year in programme(problem).by_year] == [0, 6, 6]


def test_a_share_of_a_fund():
    base = SitingProblem.from_cover(np.eye(2, dtype=bool), [9, 5], site_costs=[10, 6])
    fund = Budget(amounts=[3], share={1: 0.5}, name="lottery")
    city = Budget(amounts=[3], share={0: 1.0, 1: 0.5}, name="city")
    problem = ProgrammeProblem.of(base, years=[2025], budgets=[fund, city])
    result = programme(problem)
    assert done(result) == [(2025, 1, 1)]
    assert result.by_year[0].left == {"lottery": 0, "city": 0}


@pytest.mark.parametrize("carry", [False, True])
def test_works_that_are_left_over(carry):
    base = SitingProblem.from_cover(np.eye(2, dtype=bool), [9, 5])
    actions = [ProgrammeAction(id=j, kind="open", site=j, earliest=2026) for j in (0, 1)]
    problem = ProgrammeProblem.of(
        base, years=[2025, 2026], actions=actions, max_works=1, works_carry_over=carry
    )
    assert programme(problem).value == (14 if carry else 9)


def test_a_plan_that_was_ruled_out_among_modules_proves_nothing(monkeypatch):
    """The row that rules it out may take better plans with it: no bound below them is told."""
    from geoplan.siting.periods import solve
    from geoplan.siting.periods.milp import exact
    from geoplan.siting.solver.two_stage import forbid_sites

    base = SitingProblem.from_cover([[True]], [200], fixed=[0])
    beds = ProgrammeAction(id="beds", kind="expand", site=0, capacity={"bed": 20}, cost=5, most=4)
    problem = ProgrammeProblem.of(
        base,
        years=[2025, 2026],
        actions=[beds],
        capacities={"bed": [40]},
        budgets=Budget(amounts=[10, 10]),
    )
    assert programme(problem).value == 200  # two modules a year: 80 people, then 120
    real, refused = exact._refuse, []

    def refuse(built, x):
        if refused:
            return real(built, x)
        refused.append(built.plan_times(x))
        forbid_sites(built.model, built.times[built.times >= 0], x)
        return True

    monkeypatch.setattr(exact, "_refuse", refuse)
    told = []
    asked = solve.solve_by_model
    monkeypatch.setattr(
        solve, "solve_by_model", lambda *a, **o: told.append(asked(*a, **o)) or told[-1]
    )
    found = programme(problem)
    assert refused
    assert found.value == 200 or found.status != "optimal"
    together = told[0]  # the others plan single years
    assert together.bound is None or together.bound >= 200
