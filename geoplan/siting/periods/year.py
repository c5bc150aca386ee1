"""One year of a plan in time as a problem of its own, upon what earlier years have built."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoplan.siting.periods.plain import Programme
from geoplan.siting.periods.problem import ProgrammeProblem
from geoplan.siting.periods.rules import Budget
from geoplan.siting.periods.table import charges


def year_alone(of: Programme, times: np.ndarray, t: int) -> ProgrammeProblem:
    """The problem of planning year `t` when years before it did `times` (actions x years)."""
    problem, table = of.problem, of.table
    plan = of.plan(times)
    base = problem.base
    before = plan.is_open[t - 1] if t else problem.open_at_start
    left = table.most - times.sum(axis=1)
    may = table.may(problem.n_years)[:, t] & (left > 0)
    stays, out = _bound_sites(of, times, t)
    fixed = np.flatnonzero(before & (base.is_fixed | stays))
    actions = []
    for a in np.flatnonzero(may):
        site = table.opens[a]
        gone = table.closes[a]
        standing = site >= 0 and (before[site] or out[site])
        needs = table.needs[a]
        built = needs < 0 or before[needs] or problem.opening.get(int(needs)) == t or site >= 0
        if standing or stays[gone].any() or not before[gone].all():
            continue
        if not built and not _opens(of, needs):
            continue
        actions.append(
            replace(
                problem.actions[a], most=int(left[a]), earliest=None, latest=None, least_years=1
            )
        )
    places = {kind: values[t] for kind, values in plan.places.items()}
    opening = {j: 0 for j, year in problem.opening.items() if year == t}
    forbidden = np.union1d(base.forbidden, np.flatnonzero(out & ~before))
    return replace(
        problem,
        base=replace(
            base,
            weights=problem.weights[:, t],
            fixed=fixed,
            closable=np.setdiff1d(np.flatnonzero(before), fixed),
            forbidden=forbidden,
        ),
        years=problem.years[t : t + 1],
        lengths=problem.lengths[t : t + 1],
        weights=problem.weights[:, t : t + 1],
        actions=tuple(actions),
        budgets=tuple(_left_of(of, times, t, budget) for budget in problem.budgets),
        works=_works_left(of, times, t),
        spend_shares=(),
        targets=tuple(x for x in problem.targets if x.year == problem.years[t]),
        opening=opening,
        capacities={
            kind: np.where(before, places[kind], per_site)
            for kind, per_site in problem.capacities.items()
        },
    )


def _opens(of: Programme, site: int) -> bool:
    """Whether some action opens the site: then it may be enlarged in the same year."""
    return bool((of.table.opens == site).any())


def _bound_sites(of: Programme, times: np.ndarray, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Bool per site: it must stay open, or closed, because of what was done before."""
    problem, table = of.problem, of.table
    stays = np.zeros(problem.base.n_sites, bool)
    out = stays.copy()
    for a, s in zip(*np.nonzero(times), strict=True):
        lasts = problem.years[t] < problem.years[s] + table.lasting[a]
        if lasts and table.opens[a] >= 0:
            stays[table.opens[a]] = True
        if lasts:
            out[table.closes[a]] = True
        if table.needs[a] >= 0 and problem.actions[a].capacity:
            stays[table.needs[a]] = True
    return stays, out


def _left_of(of: Programme, times: np.ndarray, t: int, budget: Budget) -> Budget:
    """The budget of one year: what earlier years left over, less what they cost in it."""
    problem = of.problem
    spent = np.einsum("ats,at->s", charges(problem, of.table, budget), times)
    first = 0 if budget.carry_over else t
    left = float(np.sum(budget.amounts[first : t + 1]) - spent[first : t + 1].sum())
    return replace(budget, amounts=(max(left, 0.0),))


def _works_left(of: Programme, times: np.ndarray, t: int) -> np.ndarray:
    problem = of.problem
    first = 0 if problem.works_carry_over else t
    left = problem.works[first : t + 1].sum() - times[:, first:t].sum()
    return np.array([max(left, 0.0)])
