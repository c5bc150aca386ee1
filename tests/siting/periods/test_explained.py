"""What a plan in time says of itself, checked by hand."""

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
from geoplan.siting.periods.explain import Explainer
from geoplan.siting.periods.plain import Programme

from .random_problems import opening_problem

YEARS = [2025, 2026, 2028]


def city(**given):
    #          a  b  c
    cover = [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]]
    base = SitingProblem.from_cover(
        np.array(cover, bool),
        [30, 10, 25, 8],
        site_index=list("abc"),
        site_costs=[5, 5, 5],
        areas=["north", "north", "south", "south"],
    )
    return ProgrammeProblem.of(base, years=YEARS, **given)


def test_for_whom_why_then_and_what_waiting_costs():
    result = programme(city(budgets=Budget(amounts=[5, 4, 11], carry_over=True)))
    first, second, third = result.actions
    assert [(x.year, x.action.site) for x in result.actions] == [
        (2025, "a"), (2028, "b"), (2028, "c"),
    ]  # fmt: skip
    assert (first.people, first.areas) == (40, {"north": 40})
    # without b nobody else serves the ten in common: still counted for a
    assert second.people == 25
    assert first.lost_by_waiting == 40  # one year, until 2026
    assert second.lost_by_waiting is None
    assert first.why == "first_year"
    assert (second.why, second.short, second.gained_earlier) == ("budget", 1, 2 * 25)
    assert third.why == "budget"
    assert first.person_years == 30 * 4 + 10 * 3  # from 2028 on b serves the ten too


def test_works_earliest_year_and_no_gain_as_reasons():
    result = programme(city(max_works=1))
    assert [a.why for a in result.actions] == ["first_year", "works", "works"]
    assert result.actions[1].short == 1
    late = ProgrammeAction(id="b", kind="open", site="b", earliest=2026)
    (only,) = programme(city(actions=[late])).actions
    assert (only.year, only.why, only.gained_earlier) == (2026, "earliest", 35)


def test_each_year_alone_against_all_together():
    # alone, 2025 takes the one that is cheap now; together, the money is kept for the large one
    base = SitingProblem.from_cover(np.eye(2, dtype=bool), [100, 9], site_costs=[10, 4])
    problem = ProgrammeProblem.of(
        base, years=[2025, 2026, 2027], budgets=Budget(amounts=[5, 5, 0], carry_over=True)
    )
    result = programme(problem)
    assert result.value == 200
    assert result.alone_value == 27


def test_targets_that_cannot_be_met_and_the_smallest_change():
    asked = [Target(year=2026, measure="people", amount=0.9)]
    budget = Budget(amounts=[5, 5, 5], carry_over=True)
    result = programme(city(targets=asked, budgets=budget))
    assert result.status == "infeasible"
    changes = {change.family: change for change in result.changes}
    # a and b serve 65 of 73; with c everybody
    assert changes["target"].enough == pytest.approx(65 / 73)
    assert (changes["budget"].asked, changes["budget"].enough) == (10, 15)
    assert all(change.proved for change in result.changes)
    assert any("0.890" in line for line in result.blocking)
    met = programme(
        city(
            targets=[Target(year=2026, measure="people", amount=changes["target"].enough)],
            budgets=budget,
        )
    )
    assert met.status == "optimal"
    more = Budget(amounts=[5, 10, 5], carry_over=True)
    assert programme(city(targets=asked, budgets=more)).status == "optimal"


def test_two_families_that_are_needed_together():
    result = programme(
        city(
            targets=[Target(year=2025, measure="sites", amount=3)],
            budgets=Budget(amounts=[10, 0, 0]),
            max_works=2,
        )
    )
    # fewer sites alone would do; more money or more works alone would not
    assert {change.family for change in result.changes} == {"target"}
    (change,) = result.changes
    assert (change.asked, change.enough) == (3, 2)


@pytest.mark.parametrize("seed", range(3))
def test_openings_are_explained_as_any_action_is(seed):
    problem = opening_problem(seed)
    of = Programme(problem=problem)
    times = of.plan_of_nothing
    rng = np.random.default_rng(seed)
    for j in rng.permutation(10)[:6]:
        times[3 * j + rng.integers(0, 2), rng.integers(0, 3)] = 1
    explainer = Explainer(plan=of.plan(times))
    for a, t in zip(*np.nonzero(times), strict=True):
        quick, slow = explainer._of_opening(a, t), explainer._of_any(a, t)
        for name in ("people", "person_years", "lost", "gained_earlier", "areas"):
            assert getattr(quick, name) == pytest.approx(getattr(slow, name)), name
