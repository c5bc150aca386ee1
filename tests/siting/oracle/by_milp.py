"""The truth about a case of middle size, as integer programs of our own (scipy's `milp`).

Written down from docs/method.md with a column per pair of demand row and site, without any of
the reductions that geoplan lives by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.siting.oracle.case import COVERING, LEAST, Case
from tests.siting.oracle.choices import INFEASIBLE, Truth, counted_areas, least_by_area
from tests.siting.oracle.people import people_needed

#: seconds that one program may take
TIME_LIMIT_S = 60.0


class TooSlowError(Exception):
    """The program did not finish."""


class Program:
    """Open sites x, then people per usable pair (in the unit of the largest row), then one more.

    With `backup` there is no pair, but a column per demand row: it is covered twice.
    """

    def __init__(self, case: Case, *, everybody: bool, radius: float = np.inf) -> None:
        self.case = case
        self.unit = float(case.weights.max(initial=0.0)) or 1.0
        usable = np.isfinite(case.cost) & (case.cost <= radius) if everybody else case.cover
        self.twice = case.backup
        self.rows, self.sites = np.nonzero(usable & (case.weights[:, None] > 0) & case.allowed)
        self.pairs = (self.rows, self.sites)
        if self.twice:
            self.rows = np.arange(len(case.weights))
        self.people = case.weights[self.rows] / self.unit
        self.m, self.k = case.n_sites, len(self.rows)
        self.matrices: list[sparse.csr_matrix] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.everybody = everybody
        self._sites()
        self._served()
        for area, least in least_by_area(case).items():
            self.need(self.of_area(area), least / self.unit)

    @property
    def served(self) -> np.ndarray:
        """People (in units) whom each column counts; those of a pair in part where it is far."""
        if self.twice:
            return self.people
        return self.case.level[self.rows, self.sites]

    def of_area(self, area: Any) -> np.ndarray:
        """The same of an area alone."""
        return self.case.in_area(area)[self.rows] * self.served

    def add(self, matrix: Any, lower: Any, upper: Any) -> None:
        matrix = sparse.csr_matrix(matrix)
        wide = sparse.csr_matrix((matrix.shape[0], self.m + self.k + 1 - matrix.shape[1]))
        self.matrices.append(sparse.hstack([matrix, wide]).tocsr())
        self.lower.append(np.broadcast_to(np.asarray(lower, float), matrix.shape[0]))
        self.upper.append(np.broadcast_to(np.asarray(upper, float), matrix.shape[0]))

    def need(self, factors: np.ndarray, least: float, more: float = 0.0) -> None:
        """Row: people by `factors`, and `more` times the last column, are at least `least`."""
        row = np.concatenate([np.zeros(self.m), factors, [more]])
        self.add(row[None], least, np.inf)

    def _sites(self) -> None:
        case, one = self.case, np.ones((1, self.m))
        if case.sites is not None:
            self.add(one, -np.inf, case.sites)
        if case.budget is not None:
            price = np.where(case.new, case.site_costs, 0.0)
            top = price.max(initial=0.0) or 1.0
            self.add(price[None] / top, -np.inf, case.budget / top * (1 + 1e-9))
        for area, least in case.min_sites_per_area.items():
            here = [code == area for code in case.site_areas or []]
            self.add(np.array(here, float)[None], least, np.inf)
        for pair in case.conflicts:
            both = np.zeros((1, self.m))
            both[0, list(pair)] = 1
            self.add(both, -np.inf, 1)

    def _served(self) -> None:
        case, at = self.case, np.arange(self.k)
        n = len(case.weights)
        if self.twice:
            reach = sparse.csr_matrix((np.ones(len(self.pairs[0])), self.pairs), shape=(n, self.m))
            self.add(sparse.hstack([reach, -2 * sparse.identity(n)]), 0, np.inf)
            return
        place = sparse.csr_matrix((self.people, (at, self.sites)), shape=(self.k, self.m))
        self.add(sparse.hstack([place, -sparse.identity(self.k)]), 0, np.inf)
        by_row = sparse.csr_matrix(
            (np.ones(self.k), (self.rows, self.m + at)), shape=(n, self.m + self.k)
        )
        weights = case.weights / self.unit
        self.add(by_row, weights if self.everybody else 0, weights)
        if case.capacities is not None:
            limited = np.isfinite(case.capacities)
            by_site = sparse.csr_matrix(
                (np.ones(self.k), (self.sites, self.m + at)), shape=(self.m, self.m + self.k)
            )
            self.add(by_site[limited], 0, case.capacities[limited] / self.unit)

    def solve(
        self, pairs: np.ndarray | float = 0.0, *, sites: np.ndarray | float = 0.0, more: float = 0.0
    ) -> float | None:
        """Least `pairs` times the people + `sites` times the open sites + `more` times the last
        column; None where nothing is feasible."""
        case = self.case
        low = np.zeros(self.m + self.k + 1)
        low[case.fixed] = 1
        high = np.concatenate([case.allowed, np.ones(self.k) if self.twice else self.people, [1e9]])
        whole = np.zeros(len(low))
        whole[: self.m + (self.k if self.twice else 0)] = 1
        found = milp(
            np.concatenate(
                [np.broadcast_to(sites, self.m), np.broadcast_to(pairs, self.k), [more]]
            ),
            constraints=LinearConstraint(
                sparse.vstack(self.matrices), np.concatenate(self.lower), np.concatenate(self.upper)
            ),
            bounds=Bounds(low, high),
            integrality=whole,
            options={"time_limit": TIME_LIMIT_S, "mip_rel_gap": 0.0},
        )
        if found.status == 2:
            return None
        if found.status != 0:
            raise TooSlowError
        return float(found.fun)


def truth_by_milp(case: Case) -> Truth:
    """What is true of `case`; raises `TooSlowError`."""
    if case.question == "p_center":
        return _center(case)
    program = Program(case, everybody=case.question not in COVERING)
    if case.question in LEAST:
        need = people_needed(case.share, case.total, whole=case.whole)
        program.need(program.served, need / program.unit)
        return _truth(program.solve(sites=case.price))
    if case.question == "p_median":
        return _lexicographic(case, program, case.cost[program.rows, program.sites])
    return _lexicographic(case, program, -program.served)


def _truth(value: float | None, worst: float | None = None) -> Truth:
    return INFEASIBLE if value is None else Truth(status="optimal", value=value, worst=worst)


def _lexicographic(case: Case, program: Program, goal: np.ndarray) -> Truth:
    """With equity the worst-off area first, then everybody."""
    most = case.question == "max_coverage"
    worst = None
    if case.equity:
        sign = 1.0 if most else -1.0
        for area, factors in _area_factors(case, program).items():
            program.need(sign * factors * program.unit / case.people_of(area), 0.0, more=-sign)
        first = program.solve(more=-sign)
        if first is None:
            return INFEASIBLE
        worst = first
        row = np.zeros((1, program.m + program.k + 1))
        row[0, -1] = 1.0
        room = 1e-7 * max(1.0, abs(worst))
        low, high = (-worst - room, np.inf) if most else (-np.inf, worst + room)
        program.add(row, low, high)
    value = program.solve(goal)
    if value is None:
        return INFEASIBLE
    if worst is not None and most:
        worst = -worst
    return _truth((-value if most else value) * program.unit, worst)


def _area_factors(case: Case, program: Program) -> dict[Any, np.ndarray]:
    """Per area the factors of its people, or of their costs."""
    if case.question == "max_coverage":
        return {a: program.of_area(a) for a in counted_areas(case)}
    codes = dict.fromkeys(code for code in case.areas or [] if code is not None)
    cost = case.cost[program.rows, program.sites]
    return {a: cost * case.in_area(a)[program.rows] for a in codes if case.people_of(a) > 0}


def _center(case: Case) -> Truth:
    """The least radius within which everybody is served, by bisection."""
    radii = np.unique(case.cost[np.isfinite(case.cost) & (case.weights > 0)[:, None]])
    if not len(radii):
        radii = np.zeros(1)

    def possible(radius: float) -> bool:
        program = Program(case, everybody=True, radius=radius)
        if program.twice:
            twice = np.flatnonzero(case.weights > 0)
            one = (np.ones(len(twice)), (np.arange(len(twice)), program.m + twice))
            shape = (len(twice), program.m + program.k)
            program.add(sparse.csr_matrix(one, shape=shape), 1, np.inf)
        return program.solve() is not None

    if not possible(np.inf):
        return INFEASIBLE
    if not (case.weights > 0).any():
        return Truth(status="optimal", value=0.0)
    return Truth(status="optimal", value=float(radii[_first(possible, radii)]))


def _first(possible: Callable[[float], bool], radii: np.ndarray) -> int:
    low, high = 0, len(radii) - 1
    while low < high:
        middle = (low + high) // 2
        if possible(float(radii[middle])):
            high = middle
        else:
            low = middle + 1
    return low
