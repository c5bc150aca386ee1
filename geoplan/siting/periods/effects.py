"""What single actions of a plan do: the plan beside the same without them, or in another year.

All by the plain definition. Openings where places do not limit are counted together, by how many
open sites cover each demand row; any other action by the plans that differ in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from geoplan.siting.periods.plain import Plan, Programme
from geoplan.tolerances import NO_PEOPLE_IN_COLUMN


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """People and person-years that an action adds, and those of another year.

    areas : area code -> people. lost : by a year later, None in the last. gained_earlier : by a
    year earlier. None stands for what was not worked out, too.
    """

    people: float
    person_years: float
    areas: dict[Any, float]
    lost: float | None = None
    gained_earlier: float | None = None


def is_plain_opening(of: Programme, a: int) -> bool:
    """Whether an action opens a site, closes none, and serves all in reach."""
    problem, table = of.problem, of.table
    plain = table.opens[a] >= 0 and not table.closing[a] and not problem.limited
    return bool(plain and problem.base.full_within is None)


def moved(plan: Plan, a: int, t: int, to: int | None) -> np.ndarray:
    """The plan's times with an action in another year, or not at all."""
    times = plan.times.copy()
    if to is not None:
        times[a, to] += times[a, t]
    times[a, t] = 0
    return times


@dataclass(frozen=True, kw_only=True, eq=False)
class Effects:
    """Differences between a plan and others like it."""

    plan: Plan

    @property
    def of(self) -> Programme:
        """What the plan is of."""
        return self.plan.of

    @cached_property
    def _rows_of_site(self) -> sparse.csr_matrix:
        """Sites x demand rows, stored entries: in reach."""
        return self.of.problem.base.cover.T.tocsr()

    def of_openings(self, done: list[tuple[int, int]]) -> list[Effect]:
        """What plain openings (action, year) do, by counting the open sites around each row."""
        problem, plan = self.of.problem, self.plan
        base, lengths, last = problem.base, problem.lengths, problem.n_years - 1
        sites = np.array([self.of.table.opens[a] for a, _ in done], np.int64)
        reach = base.cover[:, sites].T.tocsr().astype(np.float64)
        covering = [base.cover @ is_open.astype(np.int64) for is_open in plan.is_open]
        alone = [problem.weights[:, s] * (n == 1) for s, n in enumerate(covering)]
        adds = np.stack([reach @ people for people in alone], axis=1) * plan.is_open[:, sites].T
        free = [problem.weights[:, s] * (n == 0) for s, n in enumerate(covering)]
        found = []
        for k, (_, t) in enumerate(done):
            areas = {}
            if base.areas is not None:
                rows = reach.indices[reach.indptr[k] : reach.indptr[k + 1]]
                areas = _by_area(base.areas[rows], alone[t][rows] * plan.is_open[t, sites[k]])
            gained = float((reach[k] @ free[t - 1])[0] * lengths[t - 1]) if t else 0.0
            found.append(
                Effect(
                    people=float(adds[k, t]),
                    person_years=float(adds[k, t:] @ lengths[t:]),
                    areas=areas,
                    lost=float(adds[k, t] * lengths[t]) if t < last else None,
                    gained_earlier=tidy(gained),
                )
            )
        return found

    def of_any(self, a: int, t: int, is_over: Callable[[], bool]) -> Effect | None:
        """What any action does, by the plans without it, a year later and a year earlier.

        As much of it as is worked out until `is_over`.
        """
        problem = self.of.problem
        if is_over():
            return None
        near = self._near(a)
        now, without = near.plan(self.plan.times), near.plan(moved(self.plan, a, t, None))
        areas = {}
        if not problem.limited and near.problem.base.areas is not None:
            people = near.problem.weights[:, t] * (now.share[t] - without.share[t])
            areas = _by_area(near.problem.base.areas, people)
        found = Effect(
            people=float(now.served[t] - without.served[t]),
            person_years=now.person_years - without.person_years,
            areas=areas,
            gained_earlier=0.0 if t == 0 else None,
        )
        if t + 1 < problem.n_years and not is_over():
            later = near.plan(moved(self.plan, a, t, t + 1))
            found = replace(found, lost=now.person_years - later.person_years)
        if t and not is_over():
            earlier = near.plan(moved(self.plan, a, t, t - 1))
            found = replace(found, gained_earlier=tidy(earlier.person_years - now.person_years))
        return found

    def _near(self, a: int) -> Programme:
        """The same with only the demand rows that an action can matter to.

        Where places are scarce somebody far away may get one: all rows matter.
        """
        problem, table = self.of.problem, self.of.table
        if problem.limited:
            return self.of
        sites = [s for s in (table.opens[a], table.needs[a], *table.closes[a]) if s >= 0]
        rows = np.unique(self._rows_of_site[sites].indices)
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


def _by_area(labels: np.ndarray, people: np.ndarray) -> dict[Any, float]:
    """People (per demand row) by area, most first."""
    codes, number = numbered(labels)
    inside = number >= 0
    sums = np.bincount(number[inside], people[inside], minlength=len(codes))
    order = np.argsort(-sums, kind="stable")
    return {codes[k]: tidy(sums[k]) for k in order if abs(sums[k]) > NO_PEOPLE_IN_COLUMN}


def numbered(labels: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """Different codes, and the number of each row's code (-1 = none)."""
    codes = list(dict.fromkeys(c for c in labels if c is not None))
    at = {code: k for k, code in enumerate(codes)}
    return codes, np.array([at.get(c, -1) for c in labels], np.int64)


def tidy(people: float) -> float:
    """A difference of sums, without what is only rounding."""
    near = round(float(people), 6)
    return near + 0.0 if abs(near - people) < NO_PEOPLE_IN_COLUMN else float(people)
