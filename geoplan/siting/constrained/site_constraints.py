"""The rules about which sites may be open together, as rows of a model."""

from __future__ import annotations

import numpy as np

from geoplan.siting.model.constraints import Constraints, site_money
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.milp import Model


def add_site_rules(
    model: Model, y: np.ndarray, sites: np.ndarray, problem: SitingProblem, rules: Constraints
) -> None:
    """Rows for number, money, sites per area and distances.

    Parameters
    ----------
    y : column of each open site. sites : the position in the problem of each of them.
    """
    if rules.sites is not None:
        row = model.add_row(y, upper=float(rules.sites))
        model.tag("sites", [row], [rules.sites])
    if rules.budget is not None:
        money = site_money(problem)[sites]
        row = model.add_row(y, money, upper=rules.budget * (1 + 1e-12))
        model.tag("budget", [row], [rules.budget])
    for code, least in rules.area_sites.items():
        assert problem.site_areas is not None
        here = np.array([c == code for c in problem.site_areas[sites]], bool)
        row = model.add_row(y[here], lower=float(least))
        model.tag("area_sites", [row], [code])
    if len(problem.conflicts):
        place = np.full(problem.n_sites, -1, np.int64)
        place[sites] = np.arange(len(sites))
        pairs = place[problem.conflicts]
        pairs = pairs[(pairs >= 0).all(axis=1)]
        if len(pairs):
            at = model.add_rows(np.arange(len(pairs) + 1) * 2, y[pairs].ravel(), 1.0, upper=1.0)
            names = problem.site_index.to_numpy(object)[sites]
            model.tag("conflicts", at, list(map(tuple, names[pairs])))
