"""The actions of a plan in time as arrays: what opens, what closes, when, for how much.

Rows of money, works and shares of the money are alike: so much of each action in each year, and a
limit. The model, the search and the check read the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoplan.siting.periods.problem import ProgrammeProblem
from geoplan.siting.periods.rules import CLOSING, OPENING, Budget
from geoplan.tolerances import BUDGET_ROUNDING

_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ActionTable:
    """Per action: positions of sites, planning years by number, and money.

    opens : site that it opens, -1 = none. needs : site that must be open in its year, -1 = none.
    closes : sites that it closes; closing : it closes any. first, last : numbers of the years in
    which it may be done. lasting : calendar years that it lasts at least. most : how many times.
    cost, running : money. places : kind -> places that it adds.
    """

    opens: np.ndarray
    needs: np.ndarray
    closes: tuple[np.ndarray, ...]
    closing: np.ndarray
    first: np.ndarray
    last: np.ndarray
    lasting: np.ndarray
    most: np.ndarray
    cost: np.ndarray
    running: np.ndarray
    places: Mapping[str, np.ndarray]

    @property
    def n(self) -> int:
        """Number of actions."""
        return len(self.opens)

    @classmethod
    def of(cls, problem: ProgrammeProblem) -> ActionTable:
        """The table of a problem's actions."""
        base, actions, years = problem.base, problem.actions, np.array(problem.years)
        at = {label: j for j, label in enumerate(base.site_index.to_numpy(dtype=object))}
        site = np.array([at[a.site] for a in actions], np.int64)
        stands = problem.open_at_start
        stands[list(problem.opening)] = True
        kinds = [a.kind for a in actions]
        opens_kind = np.array([kind in OPENING for kind in kinds], bool)
        plain = np.array([kind == "open" for kind in kinds], bool)
        closing = np.array([kind in CLOSING for kind in kinds], bool)
        # a move or merger into a site that stands already opens nothing, and needs it open
        opens = np.where(opens_kind & (plain | ~stands[site]), site, -1)
        stays = np.array([kind != "close" for kind in kinds], bool)
        closes = [_NONE] * len(actions)
        for a in np.flatnonzero(closing):
            gone = [actions[a].site] if kinds[a] == "close" else list(actions[a].away)
            closes[a] = np.array([at[label] for label in gone], np.int64)
            closing[a] = bool(gone)
        # a year that none is named for is the first, or the last
        first = [years[0] if a.earliest is None else a.earliest for a in actions]
        last = [years[-1] if a.latest is None else a.latest for a in actions]
        return cls(
            opens=opens,
            needs=np.where((opens < 0) & stays, site, -1),
            closes=tuple(closes),
            closing=closing,
            first=np.searchsorted(years, first).astype(np.int64),
            last=(np.searchsorted(years, last, "right") - 1).astype(np.int64),
            lasting=np.array([a.least_years for a in actions], np.int64),
            most=np.array([a.most for a in actions], np.int64),
            cost=np.array([a.cost for a in actions], np.float64),
            running=np.array([a.running_cost for a in actions], np.float64),
            places={
                kind: np.array([a.capacity.get(kind, 0.0) for a in actions], np.float64)
                for kind in problem.capacities
            },
        )

    def may(self, n_years: int) -> np.ndarray:
        """Bool, actions x years: the action may be done then."""
        year = np.arange(n_years)
        return (year >= self.first[:, None]) & (year <= self.last[:, None])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Resource:
    """One row of a limit: the sum of `use` (actions x years) over what is done is at most `limit`.

    family : ``"budget"``, ``"works"`` or ``"spend_share"``. where : which one, as in `Change`.
    """

    family: str
    where: Any
    use: np.ndarray
    limit: float

    @property
    def most(self) -> float:
        """The limit, and what rounding of sums may add to it."""
        size = float(np.abs(self.use).max(initial=0.0)) if self.limit == 0 else abs(self.limit)
        return self.limit + BUDGET_ROUNDING * size


def resources(problem: ProgrammeProblem, table: ActionTable) -> list[Resource]:
    """All limits of money and works; those without a limit are left out."""
    years, every = problem.n_years, np.ones((table.n, problem.n_years))
    found = []
    for t, most in enumerate(problem.works):
        if np.isfinite(problem.works[: t + 1] if problem.works_carry_over else most).all():
            use = np.zeros_like(every)
            from_year = 0 if problem.works_carry_over else t
            use[:, from_year : t + 1] = 1.0
            limit = float(problem.works[from_year : t + 1].sum())
            found.append(Resource(family="works", where=problem.years[t], use=use, limit=limit))
    for budget in problem.budgets:
        amounts = np.array(budget.amounts, np.float64)
        charged = charges(problem, table, budget)
        for t in range(years):
            from_year = 0 if budget.carry_over else t
            limit = float(amounts[from_year : t + 1].sum())
            if np.isfinite(limit):
                use = charged[:, :, from_year : t + 1].sum(axis=2)
                where = (budget.name, problem.years[t])
                found.append(Resource(family="budget", where=where, use=use, limit=limit))
    return [*found, *_spend_rows(problem, table)]


def charges(problem: ProgrammeProblem, table: ActionTable, budget: Budget) -> np.ndarray:
    """Money, actions x years x years: done in the second's year, charged in the third's."""
    years = problem.n_years
    part = (
        np.full(table.n, budget.share)
        if not isinstance(budget.share, Mapping)
        else np.array([budget.share.get(a.id, 0.0) for a in problem.actions], np.float64)
    )
    found = np.zeros((table.n, years, years))
    for t in range(years):
        if budget.covers in ("capital", "both"):
            found[:, t, t] += part * table.cost
        if budget.covers in ("running", "both"):
            for s in range(t, years):
                found[:, t, s] += part * table.running * problem.lengths[s]
    return found


def _spend_rows(problem: ProgrammeProblem, table: ActionTable) -> Iterator[Resource]:
    years = problem.n_years
    for share in problem.spend_shares:
        inside = np.isin(
            np.arange(table.n), [k for k, a in enumerate(problem.actions) if a.id in share.actions]
        )
        for least, sign in ((share.least, -1.0), (share.most, 1.0)):
            if (sign < 0 and least > 0) or (sign > 0 and least < 1):
                use = sign * (np.where(inside, table.cost, 0.0) - least * table.cost)
                where = (share.name, "least" if sign < 0 else "most")
                yield Resource(
                    family="spend_share",
                    where=where,
                    use=np.repeat(use[:, None], years, axis=1),
                    limit=0.0,
                )
