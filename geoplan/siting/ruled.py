"""Covering questions with rules, as one model for HiGHS on a reduced core."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.clock import Clock
from geoplan.siting.exact import link
from geoplan.siting.finish import is_whole
from geoplan.siting.in_time import solve_in_time
from geoplan.siting.problem import SitingProblem
from geoplan.siting.reduction import Core, reduce_problem
from geoplan.siting.rules import Rules, area_codes, least_people, problem_free, site_money
from geoplan.siting.site_rules import add_site_rules
from geoplan.siting.solver import Model, Outcome


@dataclass(kw_only=True, slots=True, eq=False)
class RuledModel:
    """Columns and rows of one question: open sites, and served people as a linear expression.

    served : column numbers; people : their factors; of : class of each served column.
    """

    problem: SitingProblem
    rules: Rules
    core: Core
    group_of_row: np.ndarray
    codes: list[Any]
    model: Model = field(default_factory=Model)
    y: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    served: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    people: np.ndarray = field(default_factory=lambda: np.empty(0))
    of: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    twice: np.ndarray | None = None

    @property
    def whole(self) -> bool:
        """Whether all people are whole."""
        return is_whole(self.core.weight)

    def area_people(self, group: int) -> float:
        """All people of an area, reached or not."""
        return float(self.problem.weights[self.group_of_row == group].sum())


def build(problem: SitingProblem, rules: Rules, *, every_site: bool = False) -> RuledModel:
    """The model without a goal: what may be open, who is then served, the rules.

    `every_site` keeps sites in it that others are as good as.
    """
    by_area = bool(rules.area_share) or rules.equity
    groups, codes = area_codes(problem)
    kind = None
    if rules.area_sites:
        assert problem.site_areas is not None
        number = {code: k + 1 for k, code in enumerate(rules.area_sites)}
        kind = np.array([number.get(c, 0) for c in problem.site_areas], np.int64)
    # a dominated site may still be wanted: for its places, as a backup, to keep apart, to make up
    # an area's number
    alike = (
        not every_site
        and problem.capacities is None
        and not rules.backup
        and not len(problem.conflicts)
        and not rules.area_sites
    )
    core = reduce_problem(
        problem,
        group=groups if by_area else None,
        drop_sites=alike,
        keep=problem.is_fixed,
        kind=kind,
        cost=site_money(problem),
        keep_fixed=True,
    )
    ruled = RuledModel(problem=problem, rules=rules, core=core, group_of_row=groups, codes=codes)
    fixed = problem.is_fixed[core.sites]
    ruled.y = ruled.model.add_columns(core.m, lower=fixed.astype(float), whole=True)
    if problem.capacities is None:
        _covered(ruled)
    else:
        _assigned(ruled, problem.capacities)
    if rules.backup:
        ruled.twice = ruled.model.add_columns(core.n, whole=True)
        link(ruled.model, core, ruled.y, ruled.twice, times=2)
    add_site_rules(ruled.model, ruled.y, core.sites, problem, rules)
    for code, share in rules.area_share.items():
        group = codes.index(code)
        need = least_people(share, ruled.area_people(group), whole=ruled.whole)
        add_area_need(ruled, group, need)
    return ruled


def _covered(ruled: RuledModel) -> None:
    core = ruled.core
    ruled.served = ruled.model.add_columns(core.n)
    ruled.people, ruled.of = core.weight, np.arange(core.n)
    link(ruled.model, core, ruled.y, ruled.served)


def _assigned(ruled: RuledModel, capacities: np.ndarray) -> None:
    """A column per class and site: people of the class who take a place there."""
    core, model = ruled.core, ruled.model
    room = capacities[core.sites]
    ruled.of = np.repeat(np.arange(core.n), np.diff(core.row_ptr))
    most = core.weight[ruled.of]
    ruled.served = model.add_columns(core.pairs, upper=most)
    ruled.people = np.ones(core.pairs)
    model.add_rows(core.row_ptr, ruled.served, 1.0, upper=core.weight)
    # nobody is served by a site that is not open (tight per pair: a good relaxation)
    two = np.column_stack([ruled.served, ruled.y[core.row_idx]]).ravel()
    factor = np.column_stack([np.ones(core.pairs), -most]).ravel()
    model.add_rows(np.arange(core.pairs + 1) * 2, two, factor, upper=0.0)
    order = np.argsort(core.row_idx, kind="stable")
    for j in np.flatnonzero(np.isfinite(room)):
        at = order[core.site_ptr[j] : core.site_ptr[j + 1]]
        if len(at):
            row = model.add_row(
                np.append(ruled.served[at], ruled.y[j]),
                np.append(np.ones(len(at)), -room[j]),
                upper=0.0,
            )
            model.tag("capacities", [row], [ruled.problem.site_index[core.sites[j]]])


def add_area_need(ruled: RuledModel, group: int, need: float) -> None:
    """Row: the served people of an area are at least `need`."""
    here = ruled.core.group[ruled.of] == group
    row = ruled.model.add_row(ruled.served[here], ruled.people[here], lower=need)
    ruled.model.tag("area_share", [row], [ruled.codes[group]])


def add_need(ruled: RuledModel, need: float) -> None:
    """Row: the served people (with backup: those served twice) are at least `need`."""
    if ruled.twice is None:
        row = ruled.model.add_row(ruled.served, ruled.people, lower=need)
    else:
        row = ruled.model.add_row(ruled.twice, ruled.core.weight, lower=need)
    ruled.model.tag("need", [row], [need])


def aim(ruled: RuledModel, columns: np.ndarray, factors: np.ndarray | float) -> None:
    """Make the columns' sum the goal to make small (negative factors: large)."""
    cost = np.zeros(ruled.model.columns)
    cost[columns] = factors
    ruled.model.cost = [cost]


def run(
    ruled: RuledModel,
    *,
    clock: Clock,
    gap: float,
    whole_goal: bool,
    start: np.ndarray | None = None,
) -> Outcome:
    """HiGHS on the model as it stands."""
    clock.tell("proof")
    options: dict[str, object] = {"mip_abs_gap": 0.99} if whole_goal else {}
    return solve_in_time(ruled.model, clock, gap=gap, options=options, start=start)


def picked(ruled: RuledModel, found: Outcome) -> np.ndarray:
    """Positions (in the problem) of the open sites of an outcome."""
    assert found.x is not None
    return ruled.core.sites[found.x[ruled.y] > 0.5]


def without_idle(ruled: RuledModel, chosen: np.ndarray) -> np.ndarray:
    """`chosen` without sites that no rule asks for and whose people others cover as often."""
    problem, rules = ruled.problem, ruled.rules
    if problem.capacities is not None or rules.area_sites:
        return chosen
    times = 2 if rules.backup else 1
    kept = list(chosen)
    cover = problem.cover.tocsc()
    count = np.bincount(
        np.concatenate([cover.indices[cover.indptr[j] : cover.indptr[j + 1]] for j in chosen])
        if len(chosen)
        else np.empty(0, np.int64),
        minlength=problem.n_demand,
    )
    money, stands = site_money(problem), problem_free(problem)
    if problem.full_within is not None:
        return chosen
    for j in sorted(chosen, key=lambda j: (-money[j], -j)):
        rows = cover.indices[cover.indptr[j] : cover.indptr[j + 1]]
        if not stands[j] and (count[rows] > times).all():
            count[rows] -= 1
            kept.remove(j)
    return np.array(kept, np.int64)


def flows_of(ruled: RuledModel, found: Outcome) -> pd.DataFrame:
    """Who takes a place where: class flows shared out among the rows of each class, in order."""
    assert found.x is not None
    problem, core = ruled.problem, ruled.core
    amount = found.x[ruled.served]
    used = np.flatnonzero(amount > 1e-7)
    label = class_labels(ruled)
    rows_of = [np.empty(0, np.int64)] * core.n
    order = np.argsort(label, kind="stable")
    order = order[label[order] >= 0]
    if len(order):
        cuts = np.flatnonzero(np.diff(label[order])) + 1
        for rows in np.split(order, cuts):
            rows_of[label[rows[0]]] = rows
    left = problem.weights.copy()
    at = np.zeros(core.n, np.int64)
    out: list[tuple[Any, Any, float]] = []
    for t in used:
        k, people = int(ruled.of[t]), float(amount[t])
        site = problem.site_index[core.sites[core.row_idx[t]]]
        while people > 1e-7 and at[k] < len(rows_of[k]):
            i = rows_of[k][at[k]]
            part = min(people, left[i])
            if part > 1e-9:
                out.append((problem.demand_index[i], site, part))
            left[i] -= part
            people -= part
            if left[i] <= 1e-9:
                at[k] += 1
    return pd.DataFrame(out, columns=["demand", "site", "people"])


def class_labels(ruled: RuledModel) -> np.ndarray:
    """The class of every demand row (negative: none), as the reduction numbered them."""
    from geoplan.siting.reduction import cover_rows, merge_rows

    problem = ruled.problem
    by_area = bool(ruled.rules.area_share) or ruled.rules.equity
    ptr, idx, weight, groups = cover_rows(problem, ruled.group_of_row if by_area else None)
    _, label, _ = merge_rows(
        ptr,
        idx,
        weight,
        allowed=problem.is_allowed,
        fixed=np.zeros(problem.n_sites, bool),
        group=groups,
    )
    return label
