"""Covering questions with rules, as one model for HiGHS on a reduced core."""

from __future__ import annotations

import numpy as np

from geoplan.siting.constrained.capacity_milp import add_capacities
from geoplan.siting.constrained.milp_state import RuledModel
from geoplan.siting.constrained.site_constraints import add_site_constraints
from geoplan.siting.mclp.milp_models import link
from geoplan.siting.model.constraints import (
    Constraints,
    area_codes,
    least_people,
    problem_free,
    site_money,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Outcome, solve_in_time


def build(
    problem: SitingProblem, rules: Constraints, *, every_site: bool = False, loose: bool = False
) -> RuledModel:
    """The model without a goal: what may be open, who is then served, the rules.

    `every_site` keeps sites in it that others are as good as; `loose` keeps rows in it that follow
    from others as long as none of its rules is broken.
    """
    by_area = bool(rules.area_share) or rules.equity
    groups, codes = area_codes(problem)
    kind = None
    if rules.area_sites:
        assert problem.site_areas is not None
        number = {code: k + 1 for k, code in enumerate(rules.area_sites)}
        kind = np.array([number.get(c, 0) for c in problem.site_areas], np.int64)
    # a dominated site may still be wanted: as a backup, to keep apart, to make up an area's number
    alike = (
        not every_site and not rules.backup and not len(problem.conflicts) and not rules.area_sites
    )
    if alike and problem.capacities is not None:  # or for its places, where those end
        ends = np.isfinite(problem.capacities)
        kind = np.where(ends, np.arange(1, problem.n_sites + 1), 0)
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
        add_capacities(ruled, problem.capacities[core.sites], every_link=loose)
    if rules.backup:
        ruled.twice = ruled.model.add_columns(core.n, whole=True)
        link(ruled.model, core, ruled.y, ruled.twice, times=2)
    add_site_constraints(ruled.model, ruled.y, core.sites, problem, rules)
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
    control: SolveControl,
    whole_goal: bool,
    start: np.ndarray | None = None,
) -> Outcome:
    """HiGHS on the model as it stands."""
    control.report("proof")
    options: dict[str, object] = {"mip_abs_gap": 0.99} if whole_goal else {}
    return solve_in_time(ruled.model, control, options=options, start=start)


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
