"""A plan of one year as the one-period problem that it is, where it asks for nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.siting.covering import best_sites
from geoplan.siting.periods.milp.exact import Found
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl


def one_period(of: Programme, control: SolveControl) -> Found | None:
    """Most people in one year by `max_coverage`; None where the problem asks for more than that.

    Sites are opened, each by one action, within one budget of capital money or a number of works.
    """
    problem, table = of.problem, of.table
    base = problem.base
    if problem.n_years > 1 or problem.targets or problem.spend_shares or problem.capacities:
        return None
    if (table.opens < 0).any() or table.closing.any():
        return None
    if np.bincount(table.opens, minlength=1).max() > 1:
        return None
    plain = all(b.covers == "capital" and b.share == 1.0 for b in problem.budgets)
    if not plain or len(problem.budgets) > 1 or len(base.closable):
        return None
    may = table.opens[table.may(1)[:, 0]]
    there = [j for j, t in problem.opening.items() if t == 0]
    fixed = np.concatenate([base.fixed, np.array(there, np.int64)])
    left = np.ones(base.n_sites, bool)
    left[fixed] = left[may] = False
    money = np.zeros(base.n_sites)
    money[table.opens] = table.cost
    year = replace(  # numbers for labels, which are not looked at
        base,
        demand_index=pd.RangeIndex(base.n_demand),
        site_index=pd.RangeIndex(base.n_sites),
        weights=problem.weights[:, 0],
        fixed=fixed,
        forbidden=np.flatnonzero(left),
        site_costs=money,
    )
    works, budget = problem.works[0], None
    if problem.budgets and np.isfinite(problem.budgets[0].amounts[0]):
        budget = float(problem.budgets[0].amounts[0])
    sites = int(min(works, len(may))) + len(fixed)
    most = None if budget is not None and sites == len(may) + len(fixed) else sites
    part = control.part(control.left)
    found = best_sites(year, sites=most, budget=budget, control=part)
    if found.status in ("infeasible", "unknown"):
        return Found(times=None, bound=None, status=found.status)
    chosen = np.zeros(base.n_sites, bool)
    chosen[np.array(found.sites, np.int64)] = True
    bound = None if found.bound is None else float(problem.lengths[0]) * found.bound
    return Found(
        times=chosen[table.opens].astype(np.int64)[:, None],
        bound=bound,
        solver=found.solver,
        detail=found.detail,
    )
