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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Effect:
    """People and person-years that an action adds, and those of another year.

    lost : by a year later, None in the last. gained_earlier : by a year earlier.
    """

    people: float
    person_years: float
    areas: dict[Any, float]
    lost: float | None
    gained_earlier: float


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
        plain = table.opens[a] >= 0 and not len(table.closes[a]) and not problem.limited
        if plain and problem.base.full_within is None:
            effect = self._of_opening(a, t)
        else:
            effect = self._of_any(a, t)
        why, short = self._why(a, t, effect.gained_earlier)
        return PlannedAction(
            action=problem.actions[a],
            year=problem.years[t],
            times=times,
            cost=times * float(table.cost[a]),
            running_cost=times * float(table.running[a]),
            people=_tidy(effect.people),
            person_years=_tidy(effect.person_years),
            areas=effect.areas,
            lost_by_waiting=None if effect.lost is None else _tidy(effect.lost),
            why=why,
            short=short,
            gained_earlier=effect.gained_earlier,
        )

    def _of_opening(self, a: int, t: int) -> _Effect:
        """What opening a site does, by counting the open sites around each row."""
        problem = self.of.problem
        site = int(self.of.table.opens[a])
        cover = self._rows_of_site
        rows = cover.indices[cover.indptr[site] : cover.indptr[site + 1]]
        alone = (self._covering[:, rows] == 1) & self.plan.is_open[:, [site]]
        people = problem.weights[rows].T * alone
        per_year = people.sum(axis=1) * problem.lengths
        gained = 0.0
        if t:
            free = self._covering[t - 1, rows] == 0
            gained = float(problem.weights[rows, t - 1][free].sum() * problem.lengths[t - 1])
        codes = None if problem.base.areas is None else problem.base.areas[rows]
        return _Effect(
            people=float(people[t].sum()),
            person_years=float(per_year[t:].sum()),
            areas={} if codes is None else _by_area(codes, people[t]),
            lost=float(per_year[t]) if t + 1 < problem.n_years else None,
            gained_earlier=_tidy(gained),
        )

    @cached_property
    def _covering(self) -> np.ndarray:
        """How many open sites have each row in reach, years x demand."""
        cover = self.of.problem.base.cover
        return np.array([cover @ is_open.astype(np.int64) for is_open in self.plan.is_open])

    def _of_any(self, a: int, t: int) -> _Effect:
        """What any action does, by the plans without it, a year later and a year earlier."""
        problem = self.of.problem
        near = self._near(a)
        now = near.plan(self.plan.times)
        without = near.plan(self._moved(a, t, None))
        lost, gained = None, 0.0
        if t + 1 < problem.n_years:
            lost = now.person_years - near.plan(self._moved(a, t, t + 1)).person_years
        if t:
            earlier = near.plan(self._moved(a, t, t - 1))
            gained = _tidy(earlier.person_years - now.person_years)
        areas = {}
        if not problem.limited and near.problem.base.areas is not None:
            people = near.problem.weights[:, t] * (now.share[t] - without.share[t])
            areas = _by_area(near.problem.base.areas, people)
        return _Effect(
            people=float(now.served[t] - without.served[t]),
            person_years=now.person_years - without.person_years,
            areas=areas,
            lost=lost,
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
        near = replace(problem, base=part, weights=problem.weights[rows])
        return Programme(problem=near, like=self.of)

    def _moved(self, a: int, t: int, to: int | None) -> np.ndarray:
        """The plan's times with an action in another year, or not at all."""
        times = self.plan.times.copy()
        if to is not None:
            times[a, to] += times[a, t]
        times[a, t] = 0
        return times

    def _why(self, a: int, t: int, gained: float) -> tuple[Reason, float]:
        """Why not a year earlier, and what is short for it."""
        if t == 0:
            return "first_year", 0.0
        if t - 1 < self.of.table.first[a]:
            return "earliest", 0.0
        if gained <= 0:
            return "no_better", 0.0
        earlier = self.of.plan(self._moved(a, t, t - 1))
        missed = [(r, earlier.used(r) - r.limit) for r in self.of.limits]
        missed = [(r, short) for r, short in missed if short > r.most - r.limit]
        families: tuple[Reason, ...] = ("budget", "works")
        for family in families:
            short = [short for r, short in missed if r.family == family]
            if short:
                return family, max(short)
        return ("rules" if missed or earlier.broken() else "no_better"), 0.0

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


def _by_area(labels: np.ndarray, people: np.ndarray) -> dict[Any, float]:
    """People (per demand row) by area, most first."""
    codes, number = _numbered(labels)
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
