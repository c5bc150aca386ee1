"""What a plan in time says of itself, checked by hand."""

import numpy as np
import pytest

from geoplan.siting import (
    Budget,
    ProgrammeAction,
    ProgrammeProblem,
    SitingProblem,
    SolveRequest,
    Target,
    programme,
)
from geoplan.siting.periods.effects import Effects
from geoplan.siting.periods.explain import Explainer
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl

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
    effects = Effects(plan=of.plan(times))
    done = [(int(a), int(t)) for a, t in zip(*np.nonzero(times), strict=True)]
    for at, quick in zip(done, effects.of_openings(done), strict=True):
        slow = effects.of_any(*at, lambda: False)
        for name in ("people", "person_years", "lost", "gained_earlier", "areas"):
            assert getattr(quick, name) == pytest.approx(getattr(slow, name)), name


def test_what_there_is_no_time_to_explain_is_not_claimed():
    """Nothing is said of an action but what it is and costs; whole years are told all the same."""
    close = ProgrammeAction(id="close", kind="close", site="a", cost=2, running_cost=-1)
    open_ = [ProgrammeAction(id=x, kind="open", site=x, cost=5) for x in "bc"]
    of = Programme(problem=city(actions=[close, *open_], max_works=1))
    times = of.plan_of_nothing
    times[1, 0] = times[0, 1] = times[2, 2] = 1
    clock = SolveControl.start(SolveRequest())
    clock.stop()
    whole, hasty = Explainer(plan=of.plan(times)), Explainer(plan=of.plan(times), control=clock)
    (b, closing, c), known = hasty.actions(), whole.actions()
    assert np.isnan([closing.people, closing.person_years, closing.gained_earlier]).all()
    assert (closing.lost_by_waiting, closing.why, closing.areas) == (None, "not_worked_out", {})
    assert (closing.cost, closing.running_cost, closing.year) == (2, -1, 2026)
    assert [done.is_explained(2028) for done in (b, closing, c)] == [True, False, True]
    assert (b.people, c.people, b.lost_by_waiting) == (
        known[0].people, known[2].people, known[0].lost_by_waiting,
    )  # fmt: skip
    assert [done.is_explained(2028) for done in known] == [True] * 3
    assert [year.served for year in hasty.years()] == [year.served for year in whole.years()]


@pytest.mark.parametrize("steps", range(4))
def test_as_much_of_an_action_is_told_as_there_was_time_for(steps):
    """Each figure of the part is that of the whole, whenever time runs out."""
    of = Programme(problem=city(max_works=1))
    times = of.plan_of_nothing
    times[0, 1] = 1
    effects, asked = Effects(plan=of.plan(times)), iter(range(9))
    part, whole = effects.of_any(0, 1, lambda: next(asked) >= steps), effects.of_any(0, 1, bool)
    known = 0
    if part is not None:
        assert (part.people, part.person_years) == (whole.people, whole.person_years)
        for name in ("lost", "gained_earlier"):
            assert getattr(part, name) in (None, getattr(whole, name))
            known += getattr(part, name) is not None
    assert known == max(steps - 1, 0)


def test_a_result_counts_what_it_does_not_explain(monkeypatch):
    """With places that are scarce the plan stands, and says how much of it is not explained."""
    usual = Effects.of_any
    monkeypatch.setattr(Effects, "of_any", lambda self, a, t, _: usual(self, a, t, lambda: True))
    result = programme(city(max_works=1, capacities={"seat": {"a": 30, "b": 20, "c": 8}}))
    assert result.status == "optimal"
    assert result.detail["not_explained"] == len(result.actions) == 3
    assert "was not worked out in time" in result.summary()
