"""Covering under constraints as one mixed-integer model on a reduced core."""

from __future__ import annotations

import numpy as np

from geoplan.siting.constrained.capacity_milp import add_capacities
from geoplan.siting.constrained.covering_model import CoveringModel
from geoplan.siting.constrained.site_constraints import add_site_constraints
from geoplan.siting.mclp.milp_models import add_cover_rows
from geoplan.siting.model.constraints import Constraints, area_codes, problem_free, site_money
from geoplan.siting.model.counting import least_people
from geoplan.siting.model.dominance import drop_idle_columns
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem


def build_covering_model(
    problem: SitingProblem,
    constraints: Constraints,
    *,
    every_site: bool = False,
    loose: bool = False,
) -> CoveringModel:
    """The model without an objective: what may be open, who is then served, the constraints.

    `every_site` keeps sites in it that others are as good as; `loose` keeps rows in it that follow
    from others as long as none of its constraints is broken, and needs without room for rounding.
    """
    groups, codes = area_codes(problem)
    kind = None
    if constraints.area_sites:
        assert problem.site_areas is not None
        number = {code: k + 1 for k, code in enumerate(constraints.area_sites)}
        kind = np.array([number.get(c, 0) for c in problem.site_areas], np.int64)
    # a dominated site may still be wanted: as a backup, to keep apart, to make up an area's number
    alike = (
        not every_site
        and not constraints.backup
        and not len(problem.conflicts)
        and not constraints.area_sites
    )
    if alike and problem.capacities is not None:  # or for its capacity
        limited = np.isfinite(problem.capacities)
        kind = np.where(limited, np.arange(1, problem.n_sites + 1), 0)
    core = reduce_problem(
        problem,
        group=groups if constraints.counts_areas else None,
        drop_sites=alike,
        keep=problem.is_fixed,
        kind=kind,
        cost=site_money(problem),
        keep_fixed=True,
    )
    covering = CoveringModel(
        problem=problem,
        constraints=constraints,
        core=core,
        group_of_row=groups,
        codes=codes,
        exact=loose,
    )
    fixed = problem.is_fixed[core.sites]
    covering.y = covering.model.add_columns(core.m, lower=fixed.astype(float), integer=True)
    if problem.capacities is None:
        _covered(covering)
    else:
        add_capacities(covering, problem.capacities[core.sites], every_link=loose)
    add_site_constraints(covering.model, covering.y, core.sites, problem, constraints)
    for code, share in constraints.area_share.items():
        if code not in codes:  # nobody lives there
            continue
        group = codes.index(code)
        need = least_people(share, covering.area_people(group), whole=covering.whole)
        _add_area_share(covering, group, need)
    return covering


def _covered(covering: CoveringModel) -> None:
    core, times = covering.core, covering.constraints.times
    # one site is half of two: whole numbers only, where one is not enough
    covering.served = covering.model.add_columns(core.n, integer=times > 1)
    covering.people, covering.class_of = core.weight, np.arange(core.n)
    add_cover_rows(covering.model, core, covering.y, covering.served, times=times)


def _add_area_share(covering: CoveringModel, group: int, need: float) -> None:
    """Row: the served people of an area are at least `need`."""
    here = covering.core.group[covering.class_of] == group
    people, least = covering.people[here], covering.row_for(need)
    row = covering.model.add_row(covering.served[here], people, lower=least)
    covering.model.tag("area_share", [row], [covering.codes[group]])


def drop_idle_sites(covering: CoveringModel, chosen: np.ndarray) -> np.ndarray:
    """`chosen` without sites that no constraint asks for and whose people others cover as often."""
    problem, constraints = covering.problem, covering.constraints
    gradual = problem.full_within is not None
    if problem.capacities is not None or constraints.area_sites or gradual:
        return chosen
    times = constraints.times
    money, existing = site_money(problem), problem_free(problem)
    order = sorted(chosen[~existing[chosen]], key=lambda j: (-money[j], -j))
    cover = problem.cover.tocsc()
    return drop_idle_columns(
        (cover.indptr, cover.indices), chosen, order, n_rows=problem.n_demand, times=times
    )
