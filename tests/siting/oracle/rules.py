"""Which sets of sites keep the rules about sites, by their plain definitions.

A set is a row of a bool matrix ``plans`` (sets x sites).
"""

from __future__ import annotations

import numpy as np

from tests.siting.oracle.case import Case

#: share; sums of the same money added in another order
ROUNDING = 1e-9


def every_plan(n_sites: int) -> np.ndarray:
    """All sets of sites; row k holds site j where bit j of k is set."""
    return (np.arange(2**n_sites)[:, None] >> np.arange(n_sites)) & 1 == 1


def keeps_site_rules(case: Case, plans: np.ndarray) -> np.ndarray:
    """Bool per set: fixed sites are in it, and everything asked of its sites holds."""
    broken = violations(case, plans)
    kept = ~plans[:, ~case.allowed].any(axis=1) & plans[:, case.fixed].all(axis=1)
    for amount in broken.values():
        kept &= amount == 0
    return kept


def violations(case: Case, plans: np.ndarray) -> dict[str, np.ndarray]:
    """By how much every set breaks each family of rules about sites; 0 where it keeps it."""
    found = {}
    if case.sites is not None:
        found["sites"] = np.maximum(plans.sum(axis=1) - case.sites, 0).astype(float)
    if case.budget is not None:
        assert case.site_costs is not None
        money = plans[:, case.new] @ case.site_costs[case.new]
        over = money - case.budget
        found["budget"] = np.where(over > ROUNDING * max(case.budget, 1e-300), over, 0.0)
    if case.conflicts:
        found["conflicts"] = sum(
            (plans[:, a] & plans[:, b]).astype(float) for a, b in case.conflicts
        )
    if case.min_sites_per_area:
        assert case.site_areas is not None
        short = np.zeros(len(plans))
        for area, least in case.min_sites_per_area.items():
            here = np.array([code == area for code in case.site_areas], bool)
            short += np.maximum(least - plans[:, here].sum(axis=1), 0)
        found["area_sites"] = short
    return found
