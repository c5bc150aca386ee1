"""A plan in time made small: classes of demand with people by year, and sites that can matter.

The reductions are those of one period (`siting.model.reduction`): rows with equal cover sets are
one class whatever their people are in each year; a candidate whose classes another one covers too,
which may open in the same years for no more money, leaves with its action.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoplan.siting.model.core import Core
from geoplan.siting.model.dominance import dominated_sites
from geoplan.siting.model.reduction import cover_rows, merge_rows, take_rows, transpose
from geoplan.siting.periods.plain import Programme
from geoplan.siting.periods.rules import Target


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ProgrammeCore:
    """What is left to decide.

    core : classes and sites; its weights are person-years. people : classes x years. base : people
    per year whom sites serve that are always open. actions : bool per action, worth looking at.
    row : one demand row of each class (rows of a class lie in the same areas where areas count).
    always_share : share of every demand row that sites serve that are always open. allowed : bool,
    actions x years, where only a part of the options is looked at.
    """

    core: Core
    people: np.ndarray
    base: np.ndarray
    actions: np.ndarray
    row: np.ndarray
    always_share: np.ndarray
    allowed: np.ndarray | None = None

    @property
    def at(self) -> dict[int, int]:
        """Position of a site in the problem -> in the core."""
        return {int(j): k for k, j in enumerate(self.core.sites)}


def reduce_programme(
    of: Programme, *, by_area: bool = False, allowed: np.ndarray | None = None
) -> ProgrammeCore:
    """The core of a plan in time.

    by_area : rows of different areas of the base stay apart. allowed : bool, actions x years: only
    these options are looked at; nothing gives way to another then.
    """
    problem, table = of.problem, of.table
    base = problem.base
    actions = table.may(problem.n_years).any(axis=1)
    may_open = of.may_open
    if allowed is not None:
        actions &= allowed.any(axis=1)
        opened = np.isin(np.arange(base.n_sites), table.opens[actions])
        may_open &= opened | of.stands
    actions &= (table.needs < 0) | may_open[table.needs]
    always = base.is_fixed & (not problem.capacities)
    kept = may_open.copy()
    person_years = (problem.weights * problem.lengths).sum(axis=1)
    spread = replace(base, weights=(person_years > 0).astype(np.float64))
    ptr, idx, factor, row = cover_rows(spread, np.arange(base.n_demand))
    group = _groups(of, by_area)[row]
    kind, cost = _exchangeable(of, np.asarray(actions))
    if allowed is not None:
        kind[:] = -1
    while True:
        rows, label, _ = merge_rows(ptr, idx, factor, allowed=kept, fixed=always, group=group)
        people = np.zeros((len(rows), problem.n_years))
        inside = label >= 0
        np.add.at(people, label[inside], factor[inside, None] * problem.weights[row[inside]])
        sites = np.flatnonzero(kept & ~always)
        core = _core((ptr, idx, rows), people @ problem.lengths, sites, cost)
        drop = dominated_sites(core.cover, core.cost, kind[sites]) & (kind[sites] >= 0)
        if not drop.any():
            break
        kept[sites[drop]] = False
    gone = may_open & ~kept
    served = label == -2
    always_served = np.zeros(base.n_demand)
    np.add.at(always_served, row[served], factor[served])
    return ProgrammeCore(
        core=core,
        people=people,
        base=(factor[served, None] * problem.weights[row[served]]).sum(axis=0),
        actions=actions & ~((table.opens >= 0) & gone[table.opens]),
        row=row[rows],
        always_share=always_served,
        allowed=allowed,
    )


def _core(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    weight: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
) -> Core:
    ptr, idx, chosen = rows
    new_site = np.full(len(cost), -1, np.int64)
    new_site[sites] = np.arange(len(sites))
    row_ptr, row_idx = take_rows(ptr, idx, chosen, new_site)
    site_ptr, site_idx = transpose(row_ptr, row_idx, len(sites))
    return Core(
        weight=weight,
        row_ptr=row_ptr,
        row_idx=row_idx,
        site_ptr=site_ptr,
        site_idx=site_idx,
        sites=sites,
        group=np.zeros(len(chosen), np.int64),
        cost=cost[sites],
        base=0.0,
        reachable=float(weight.sum()),
    )


def _groups(of: Programme, by_area: bool) -> np.ndarray:
    """A number per demand row for its areas of all levels that people are counted by."""
    problem = of.problem

    def counts(target: Target) -> bool:
        return target.measure == "areas_served" or (
            target.measure == "people" and target.area is not None
        )

    names = {target.level or "" for target in problem.targets if counts(target)}
    if by_area and "" in problem.levels:
        names.add("")
    codes = [problem.levels[name].demand for name in sorted(names)]
    number: dict[tuple[Any, ...], int] = {}
    every = (tuple(level[i] for level in codes) for i in range(problem.base.n_demand))
    return np.array([number.setdefault(key, len(number)) for key in every], np.int64)


def _exchangeable(of: Programme, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per site a kind within which one may give way to another, -1 = never, and its money.

    Sites of one kind are opened by one action only, which differs in nothing but capital money.
    """
    problem, table = of.problem, of.table
    n_sites = problem.base.n_sites
    kind, cost = np.full(n_sites, -1, np.int64), np.zeros(n_sites)
    by_site = any(t.measure in ("sites", "areas_with_site") for t in problem.targets)
    if problem.capacities or by_site:
        return kind, cost
    touched = np.bincount(table.opens[table.opens >= 0], minlength=n_sites)
    busy = problem.open_at_start | (touched != 1)
    busy[list(problem.opening)] = True
    busy[problem.base.conflicts.ravel()] = True
    for group in (table.needs[table.needs >= 0], *table.closes):
        busy[group] = True
    number: dict[Hashable, int] = {}
    for a in np.flatnonzero(actions & (table.opens >= 0) & ~table.closing):
        site = table.opens[a]
        if busy[site]:
            continue
        label = problem.actions[a].id
        shares = tuple(
            budget.share.get(label, 0.0)
            for budget in problem.budgets
            if isinstance(budget.share, Mapping)
        )
        inside = tuple(label in share.actions for share in problem.spend_shares)
        key = (table.first[a], table.last[a], table.running[a], shares, inside)
        kind[site] = number.setdefault(key, len(number))
        cost[site] = table.cost[a]
        if any(inside):  # dearer ones may be wanted: they must get a share of the money
            kind[site] = -1
    return kind, cost
