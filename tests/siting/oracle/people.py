"""Who is served by a set of sites, by plain definitions: near, twice, in part, within capacity."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from tests.siting.oracle.case import Case

#: share; what linear programs may miss by
LP_ROUNDING = 1e-7


def levels(case: Case, plans: np.ndarray) -> np.ndarray:
    """Sets x demand rows: the part of a row's people that each set covers, without capacities."""
    if case.backup:
        return (plans.astype(float) @ case.cover.T.astype(float) >= 2).astype(float)
    best = np.zeros((len(plans), len(case.weights)))
    for j in range(case.n_sites):
        best = np.maximum(best, plans[:, [j]] * case.level[:, j])
    return best


def most_served(case: Case, cover: np.ndarray) -> np.ndarray:
    """Most people that every set of sites (in the order of `every_plan`) serves in its capacities.

    Largest flow = least cut: some sites T of the set are full, and everybody whom the others reach
    is served, so the number is the least of capacity(T) + people(reached by the others).
    """
    assert case.capacities is not None
    plans = np.arange(2**case.n_sites)
    reached = np.zeros((len(plans), len(case.weights)), bool)
    for j in range(case.n_sites):
        reached[(plans >> j) & 1 == 1] |= cover[:, j]
    served = reached @ case.weights
    for j in range(case.n_sites):
        has = (plans >> j) & 1 == 1
        without = served[plans ^ (1 << j)] + case.capacities[j]
        served = np.where(has, np.minimum(served, without), served)
    return served


def people_needed(share: float, people: float, *, whole: bool) -> float:
    """A share of people as a number of people; whole people round up."""
    need = share * people
    return float(np.ceil(need - 1e-9 * max(need, 1.0))) if whole else need


class Transport:
    """People of demand rows to the sites of one set with capacities, as a linear program.

    Its amounts are in the unit of the largest row, for solvers have absolute tolerances.
    """

    def __init__(self, case: Case, plan: np.ndarray, usable: np.ndarray) -> None:
        self.case = case
        self.unit = float(case.weights.max(initial=0.0)) or 1.0
        rows, sites = np.nonzero(usable & plan)
        keep = case.weights[rows] > 0
        self.rows, self.sites = rows[keep], sites[keep]
        n, m, k = len(case.weights), case.n_sites, len(self.rows)
        at = np.arange(k)
        #: what a column of a pair counts: one unit, or the whole row where rows are not split
        self.amount = np.ones(k) if case.split else case.weights[self.rows] / self.unit
        self.by_row = sparse.csr_matrix((self.amount, (self.rows, at)), shape=(n, k))
        self.by_site = sparse.csr_matrix((self.amount, (self.sites, at)), shape=(m, k))
        self.cost = case.cost[self.rows, self.sites]
        self.near = case.cover[self.rows, self.sites]

    def solve(
        self, goal: np.ndarray, *, everybody: bool, extra: list[tuple[np.ndarray, float]]
    ) -> tuple[float, np.ndarray] | None:
        """Least `goal` @ (units of people per pair, then further columns), None where nothing is.

        extra : rows ``factors @ columns >= least``.
        """
        case, k = self.case, len(self.rows)
        wide = len(goal) - k
        counts = np.append(self.amount, np.ones(wide))
        assert case.capacities is not None
        limited = np.isfinite(case.capacities)
        pad = sparse.csr_matrix((int(limited.sum()), wide))
        upper = [sparse.hstack([self.by_site[limited], pad])]
        weights = case.weights / self.unit
        most = [case.capacities[limited] / self.unit]
        of_rows = sparse.hstack([self.by_row, sparse.csr_matrix((len(case.weights), wide))])
        if not everybody:
            upper.append(of_rows)
            most.append(weights)
        for factors, least in extra:
            upper.append(sparse.csr_matrix(-factors * counts))
            most.append(np.array([-least]))
        if not len(goal):
            possible = not everybody or not case.weights.any()
            return (0.0, np.zeros(0)) if possible and all((-a <= 0).all() for a in most) else None
        found = linprog(
            goal * counts,
            A_ub=sparse.vstack(upper).tocsr(),
            b_ub=np.concatenate(most),
            A_eq=of_rows if everybody else None,
            b_eq=weights if everybody else None,
            bounds=[(0, None if case.split else 1)] * k + [(None, None)] * wide,
            integrality=None if case.split else [1] * k + [0] * wide,
            options={} if case.split else {"mip_rel_gap": 0.0},
        )
        return (float(found.fun), found.x) if found.status == 0 else None

    def area_rows(self, least: dict[Any, float]) -> list[tuple[np.ndarray, float]]:
        """Rows: so many people of each area are served near enough."""
        return [
            ((self.case.in_area(area)[self.rows] & self.near).astype(float), people / self.unit)
            for area, people in least.items()
        ]
