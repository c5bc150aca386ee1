"""Why a plan in time does what it does: for whom, why that year, and what waiting would cost.

Every number is a difference of two plans by the plain definition: the plan itself, and the plan
without the action, or with it a year earlier or later, all else as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.result import PlannedAction, ProgrammeYear, Reason
from geoplan.siting.periods.table import charges
from geoplan.tolerances import NO_PEOPLE_IN_COLUMN


@dataclass(frozen=True, kw_only=True, eq=False)
class Explainer:
    """Differences between a plan and others like it."""

    plan: Plan

    @property
    def of(self) -> Programme:
        """What the plan is of."""
        return self.plan.of

    @cached_property
    def _rows_of_site(self) -> sparse.csc_matrix:
        return self.of.problem.base.cover.tocsc()

    def actions(self) -> tuple[PlannedAction, ...]:
        """Every action of the plan, by year and then in the problem's order."""
        done = sorted(zip(*np.nonzero(self.plan.times), strict=True), key=lambda at: at[::-1])
        return tuple(self._explain(int(a), int(t)) for a, t in done)

    def _explain(self, a: int, t: int) -> PlannedAction:
        problem, table = self.of.problem, self.of.table
        times = int(self.plan.times[a, t])
        near = self._near(a)
        now = near.plan(self.plan.times)
        without = near.plan(self._moved(a, t, None))
        people = now.served - without.served
        waiting = None
        if t + 1 < problem.n_years:
            later = near.plan(self._moved(a, t, t + 1))
            waiting = _tidy(now.person_years - later.person_years)
        why, short, gained = self._why(a, t, near, now)
        return PlannedAction(
            action=problem.actions[a],
            year=problem.years[t],
            times=times,
            cost=times * float(table.cost[a]),
            running_cost=times * float(table.running[a]),
            people=_tidy(people[t]),
            person_years=_tidy(now.person_years - without.person_years),
            areas=_by_area(now, without, t),
            lost_by_waiting=waiting,
            why=why,
            short=short,
            gained_earlier=gained,
        )

    def _near(self, a: int) -> Programme:
        """The same with only the demand rows that an action can matter to.

        Where places are scarce somebody far away may get one: all rows matter.
        """
        problem, table = self.of.problem, self.of.table
        if problem.limited:
            return self.of
        sites = [s for s in (table.opens[a], table.needs[a], *table.closes[a]) if s >= 0]
        rows = np.unique(self._rows_of_site[:, sites].indices)
        base = problem.base
        part = replace(
            base,
            demand_index=base.demand_index[rows],
            weights=base.weights[rows],
            cover=base.cover[rows],
            costs=None if base.costs is None else base.costs[rows],
            areas=None if base.areas is None else base.areas[rows],
        )
        return Programme(problem=replace(problem, base=part, weights=problem.weights[rows]))

    def _moved(self, a: int, t: int, to: int | None) -> np.ndarray:
        """The plan's times with an action in another year, or not at all."""
        times = self.plan.times.copy()
        if to is not None:
            times[a, to] += times[a, t]
        times[a, t] = 0
        return times

    def _why(self, a: int, t: int, near: Programme, now: Plan) -> tuple[Reason, float, float]:
        """Why not a year earlier, what is short for it, and the person-years it would bring."""
        if t == 0:
            return "first_year", 0.0, 0.0
        times = self._moved(a, t, t - 1)
        gained = _tidy(near.plan(times).person_years - now.person_years)
        if t - 1 < self.of.table.first[a]:
            return "earliest", 0.0, gained
        if gained <= 0:
            return "no_better", 0.0, gained
        earlier = self.of.plan(times)
        missed = [(r, earlier.used(r) - r.limit) for r in self.of.limits]
        missed = [(r, short) for r, short in missed if earlier.used(r) > r.most]
        families: tuple[Reason, ...] = ("budget", "works")
        for family in families:
            short = [short for r, short in missed if r.family == family]
            if short:
                return family, max(short), gained
        return ("rules" if missed or earlier.broken() else "no_better"), 0.0, gained

    def years(self) -> tuple[ProgrammeYear, ...]:
        """The plan year by year."""
        return tuple(self._year(t) for t in range(self.of.problem.n_years))

    def _year(self, t: int) -> ProgrammeYear:
        problem, plan = self.of.problem, self.plan
        return ProgrammeYear(
            year=problem.years[t],
            length=float(problem.lengths[t]),
            total=float(problem.weights[:, t].sum()),
            served=float(plan.served[t]),
            open_sites=tuple(problem.base.in_order(np.flatnonzero(plan.is_open[t]))),
            capacity={kind: float(places[t].sum()) for kind, places in plan.places.items()},
            cost=float(plan.capital[t]),
            running_cost=float(plan.running[t]),
            works=int(plan.times[:, t].sum()),
            left={budget.name: self._left(k, t) for k, budget in enumerate(problem.budgets)},
            smallest_area_share=self._smallest(t),
        )

    def _left(self, number: int, t: int) -> float:
        """Money of a budget that is left after a year."""
        problem = self.of.problem
        budget = problem.budgets[number]
        charged = charges(problem, self.of.table, budget)
        spent = np.einsum("ats,at->s", charged, self.plan.times)
        first = 0 if budget.carry_over else t
        amounts = np.array(budget.amounts, np.float64)
        return float(amounts[first : t + 1].sum() - spent[first : t + 1].sum())

    def _smallest(self, t: int) -> float:
        """The smallest share served of any area of the base in a year."""
        problem = self.of.problem
        if "" not in problem.levels or problem.limited:
            return float("nan")
        people = problem.weights[:, t]
        codes, number = _numbered(problem.levels[""].demand)
        inside = (number >= 0) & (people > 0)
        every = np.bincount(number[inside], people[inside], minlength=len(codes))
        served = np.bincount(
            number[inside], (people * self.plan.share[t])[inside], minlength=len(codes)
        )
        there = every > 0
        return float((served[there] / every[there]).min(initial=1.0))


def _by_area(now: Plan, without: Plan, t: int) -> dict[Any, float]:
    """People per area of the base whom only the one plan serves, most first."""
    problem = now.of.problem
    if problem.limited or problem.base.areas is None:
        return {}
    people = problem.weights[:, t] * (now.share[t] - without.share[t])
    codes, number = _numbered(problem.base.areas)
    inside = number >= 0
    sums = np.bincount(number[inside], people[inside], minlength=len(codes))
    order = np.argsort(-sums, kind="stable")
    return {codes[k]: _tidy(sums[k]) for k in order if abs(sums[k]) > NO_PEOPLE_IN_COLUMN}


def _numbered(labels: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """Different codes, and the number of each row's code (-1 = none)."""
    codes = list(dict.fromkeys(c for c in labels if c is not None))
    at = {code: k for k, code in enumerate(codes)}
    return codes, np.array([at.get(c, -1) for c in labels], np.int64)


def _tidy(people: float) -> float:
    """A difference of sums, without what is only rounding."""
    near = round(float(people), 6)
    return near + 0.0 if abs(near - people) < NO_PEOPLE_IN_COLUMN else float(people)
