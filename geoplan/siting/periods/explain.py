"""Why a plan in time does what it does: for whom, why that year, and what waiting would cost.

Every number is a difference of two plans by the plain definition (`effects`). Where time runs out,
the rest is said not to be worked out, and nothing is claimed of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoplan.siting.periods.effects import (
    Effect,
    Effects,
    is_plain_opening,
    moved,
    numbered,
    tidy,
)
from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.result import PlannedAction, ProgrammeYear, Reason
from geoplan.siting.periods.table import charges
from geoplan.siting.solver.control import SolveControl

#: share of the time limit that is kept for explaining, where that takes time
TELL_TIME = 0.1


def is_quickly_told(of: Programme) -> bool:
    """Whether every plan is explained in no time to speak of: openings, and no targets to check."""
    problem, table = of.problem, of.table
    plain = (table.opens >= 0).all() and not table.closing.any() and not problem.limited
    return bool(plain and problem.base.full_within is None and not problem.targets)


@dataclass(frozen=True, kw_only=True, eq=False)
class Explainer:
    """What a plan does, year by year and action by action, as far as `control` has time for it."""

    plan: Plan
    control: SolveControl | None = None

    @property
    def of(self) -> Programme:
        """What the plan is of."""
        return self.plan.of

    @cached_property
    def effects(self) -> Effects:
        """What its actions do."""
        return Effects(plan=self.plan)

    def _is_over(self) -> bool:
        return self.control is not None and self.control.left <= 0

    def actions(self) -> tuple[PlannedAction, ...]:
        """Every action of the plan, by year and then in the problem's order."""
        year, action = np.nonzero(self.plan.times.T)
        done = [(int(a), int(t)) for a, t in zip(action, year, strict=True)]
        openings = [at for at in done if is_plain_opening(self.of, at[0])]
        effects: dict[tuple[int, int], Effect | None] = {}
        if openings:
            effects.update(zip(openings, self.effects.of_openings(openings), strict=True))
        for a, t in done:
            if (a, t) not in effects:
                effects[a, t] = self.effects.of_any(a, t, self._is_over)
        return tuple(self._explain(a, t, effects[a, t]) for a, t in done)

    def _explain(self, a: int, t: int, effect: Effect | None) -> PlannedAction:
        problem, table = self.of.problem, self.of.table
        times = int(self.plan.times[a, t])
        gained = None if effect is None else effect.gained_earlier
        why, short = self._why(a, t, gained)
        lost = None if effect is None else effect.lost
        return PlannedAction(
            action=problem.actions[a],
            year=problem.years[t],
            times=times,
            cost=times * float(table.cost[a]),
            running_cost=times * float(table.running[a]),
            people=np.nan if effect is None else tidy(effect.people),
            person_years=np.nan if effect is None else tidy(effect.person_years),
            areas={} if effect is None else effect.areas,
            lost_by_waiting=None if lost is None else tidy(lost),
            why=why,
            short=short,
            gained_earlier=np.nan if gained is None else gained,
        )

    def _why(self, a: int, t: int, gained: float | None) -> tuple[Reason, float]:
        """Why not a year earlier, and what is short for it."""
        if t == 0:
            return "first_year", 0.0
        if t - 1 < self.of.table.first[a]:
            return "earliest", 0.0
        if gained is None:
            return "not_worked_out", 0.0
        if gained <= 0:
            return "no_better", 0.0
        earlier = self.of.plan(moved(self.plan, a, t, t - 1))
        missed = [(r, earlier.used(r) - r.limit) for r in self.of.limits]
        missed = [(r, short) for r, short in missed if short > r.most - r.limit]
        families: tuple[Reason, ...] = ("budget", "works")
        for family in families:
            short = [short for r, short in missed if r.family == family]
            if short:
                return family, max(short)
        if missed:
            return "rules", 0.0
        if self._is_over():
            return "not_worked_out", 0.0
        return ("rules" if earlier.broken() else "no_better"), 0.0

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
        codes, number = numbered(problem.levels[""].demand)
        inside = (number >= 0) & (people > 0)
        every = np.bincount(number[inside], people[inside], minlength=len(codes))
        served = np.bincount(
            number[inside], (people * self.plan.share[t])[inside], minlength=len(codes)
        )
        there = every > 0
        return float((served[there] / every[there]).min(initial=1.0))
