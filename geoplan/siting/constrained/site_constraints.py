"""Constraints on open sites and their capacities, as rows of a mixed-integer model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.siting.model.constraints import Constraints, site_money
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.milp import Model


def add_site_constraints(
    model: Model, y: np.ndarray, sites: np.ndarray, problem: SitingProblem, constraints: Constraints
) -> None:
    """Rows for number, money, sites per area and distances.

    Parameters
    ----------
    y : column of each open site. sites : the position in the problem of each of them.
    """
    if constraints.sites is not None:
        row = model.add_row(y, upper=float(constraints.sites))
        model.tag("sites", [row], [constraints.sites])
    if constraints.budget is not None:
        money = site_money(problem)[sites]
        row = model.add_row(y, money, upper=constraints.most_money)
        model.tag("budget", [row], [constraints.budget])
    for code, least in constraints.area_sites.items():
        assert problem.site_areas is not None
        here = np.array([c == code for c in problem.site_areas[sites]], bool)
        row = model.add_row(y[here], lower=float(least))
        model.tag("area_sites", [row], [code])
    if len(problem.conflicts):
        pairs = conflict_pairs(problem, sites)
        if len(pairs):
            at = model.add_rows(np.arange(len(pairs) + 1) * 2, y[pairs].ravel(), 1.0, upper=1.0)
            names = problem.site_index.to_numpy(object)[sites]
            model.tag("conflicts", at, list(map(tuple, names[pairs])))


def conflict_pairs(problem: SitingProblem, sites: np.ndarray) -> np.ndarray:
    """Pairs of the problem's `sites` (positions) that may not both be open, by index in `sites`."""
    index = np.full(problem.n_sites, -1, np.int64)
    index[sites] = np.arange(len(sites))
    pairs = index[problem.conflicts]
    return pairs[(pairs >= 0).all(axis=1)]


def add_open_rows(model: Model, x: np.ndarray, y: np.ndarray, most: np.ndarray) -> None:
    """Rows ``x <= most * y``: nobody is served by a site that is not open."""
    two = np.column_stack([x, y]).ravel()
    factor = np.column_stack([np.ones(len(x)), -most]).ravel()
    model.add_rows(np.arange(len(x) + 1) * 2, two, factor, upper=0.0)


def add_capacity_rows(
    model: Model,
    people: tuple[np.ndarray, np.ndarray],
    y: np.ndarray,
    capacity: np.ndarray,
    labels: pd.Index,
) -> None:
    """Rows: an open site serves no more people than its capacity, a closed one nobody.

    Parameters
    ----------
    people : columns of people served, and the position of the site of each.
    y : column of each open site. capacity : of each site (``inf``: no row). labels : of each site.
    """
    x, site = people
    order = np.argsort(site, kind="stable")
    cuts = np.searchsorted(site[order], np.arange(len(y) + 1))
    for j in np.flatnonzero(np.isfinite(capacity)):
        here = x[order[cuts[j] : cuts[j + 1]]]
        if len(here):
            row = model.add_row(
                np.append(here, y[j]), np.append(np.ones(len(here)), -capacity[j]), upper=0.0
            )
            model.tag("capacities", [row], [labels[j]])
