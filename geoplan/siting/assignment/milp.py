"""Mixed-integer models of p-median and p-center: which sites are open, and who goes where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.assignment.reachability import ReachablePairs
from geoplan.siting.constrained.infeasibility import describe_constraints, find_relaxations
from geoplan.siting.constrained.site_constraints import (
    add_capacity_rows,
    add_open_rows,
    add_site_constraints,
)
from geoplan.siting.model.build_result import is_whole, no_result
from geoplan.siting.model.constraints import Constraints, least_people
from geoplan.siting.model.dominance import implied_rows
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import transpose
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, Outcome, solve_in_time
from geoplan.tolerances import NO_PEOPLE_IN_COLUMN, NO_VIOLATION, WHOLE_COLUMN


def location_model(
    problem: SitingProblem,
    pairs: ReachablePairs,
    constraints: Constraints,
    *,
    every_row: bool = False,
    times: int = 1,
) -> Model:
    """Which sites may be open together so that everybody has one (or two) in reach; no objective.

    Columns are the problem's sites, in order. `every_row`: also rows that follow from others, so
    that all who would be left out can be named.
    """
    model = Model()
    y = _sites(model, problem)
    add_site_constraints(model, y, y, problem, constraints)
    ptr, idx = pairs.costs.indptr.astype(np.int64), pairs.costs.indices.astype(np.int32)
    if every_row:
        rows = np.arange(len(pairs.rows))
    else:
        site_ptr, site_idx = transpose(ptr, idx, problem.n_sites)
        rows = np.flatnonzero(~implied_rows(ptr, idx, site_ptr, site_idx))
    _add_reach(model, y, problem, pairs, rows, times)
    return model


def _sites(model: Model, problem: SitingProblem) -> np.ndarray:
    return model.add_columns(
        problem.n_sites,
        lower=problem.is_fixed.astype(float),
        upper=problem.is_allowed.astype(float),
        integer=True,
    )


def _add_reach(
    model: Model,
    y: np.ndarray,
    problem: SitingProblem,
    pairs: ReachablePairs,
    rows: np.ndarray,
    times: int,
) -> None:
    """Rows: `times` open sites in reach of each of `rows`; broken, they count people."""
    ptr = pairs.costs.indptr
    sizes = np.diff(ptr)[rows]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    entries = np.arange(ends[-1]) - np.repeat(ends[:-1] - ptr[rows], sizes)
    people = pairs.people[rows] / times
    at = model.add_rows(
        ends, y[pairs.costs.indices[entries]], np.repeat(people, sizes), lower=people * times
    )
    model.tag("reach", at, list(problem.demand_index[pairs.rows[rows]]))


@dataclass(kw_only=True, slots=True, eq=False)
class AssignmentModel:
    """Columns of open sites, then of people per reachable pair.

    y, x : columns of sites and of pairs. cost : per pair. row, site : of each pair. capacity :
    people that each site serves.
    """

    problem: SitingProblem
    pairs: ReachablePairs
    model: Model
    y: np.ndarray
    x: np.ndarray
    cost: np.ndarray
    row: np.ndarray
    site: np.ndarray
    capacity: np.ndarray

    @property
    def nobody(self) -> float:
        """So few people in a column are none."""
        return NO_PEOPLE_IN_COLUMN * min(1.0, float(self.pairs.people.max(initial=0.0)))

    def set_objective(self, columns: np.ndarray, factors: np.ndarray | float) -> None:
        """Minimize the sum of `columns`, each times its factor."""
        cost = np.zeros(self.model.columns)
        cost[columns] = factors
        self.model.cost = [cost]

    def minimize_cost(self) -> None:
        """Least cost of everybody together."""
        self.set_objective(self.x, self.cost)

    def run(self, *, control: SolveControl, start: np.ndarray | None = None) -> Outcome:
        """HiGHS on the present model."""
        control.report("proof")
        return solve_in_time(self.model, control, start=start)

    def add_worst_area(self) -> np.ndarray:
        """A column that is at least the mean cost of every area with people."""
        problem = self.problem
        assert problem.areas is not None
        worst = self.model.add_columns(1, upper=np.inf)
        areas = problem.areas[self.pairs.rows]
        for code in dict.fromkeys(c for c in areas if c is not None):
            here = np.array([c == code for c in areas], bool)
            of_area = here[self.row]
            people = float(self.pairs.people[here].sum())
            self.model.add_row(
                np.append(self.x[of_area], worst),
                np.append(self.cost[of_area] / people, -1.0),
                upper=0.0,
            )
        return worst

    def warm_start(self, is_open: np.ndarray) -> np.ndarray | None:
        """All columns with the cheapest assignment to these sites, None without one."""
        pairs = np.flatnonzero(is_open[self.site])
        small = Model()
        x = small.add_columns(len(pairs), cost=self.cost[pairs], upper=np.inf)
        order = np.argsort(self.row[pairs], kind="stable")
        count = np.bincount(self.row[pairs], minlength=len(self.pairs.rows))
        small.add_rows(
            np.concatenate([[0], np.cumsum(count)]),
            x[order],
            1.0,
            lower=self.pairs.people,
            upper=self.pairs.people,
        )
        for j in np.flatnonzero(is_open & np.isfinite(self.capacity)):
            here = x[self.site[pairs] == j]
            if len(here):
                small.add_row(here, upper=float(self.capacity[j]))
        found = small.solve(time_limit_s=10.0, linear=True)
        if found.status != "optimal" or found.x is None:
            return None
        full = np.zeros(self.model.columns)
        full[self.y] = is_open
        full[self.x[pairs]] = found.x
        return full


def assignment_model(
    problem: SitingProblem, pairs: ReachablePairs, constraints: Constraints
) -> AssignmentModel:
    """Everybody goes to open sites with capacity, the constraints hold; no objective yet."""
    model = Model()
    y = _sites(model, problem)
    row = np.repeat(np.arange(len(pairs.rows)), np.diff(pairs.costs.indptr))
    site, cost = pairs.costs.indices.astype(np.int64), pairs.costs.data
    x = model.add_columns(len(row), upper=pairs.people[row])
    at = model.add_rows(pairs.costs.indptr, x, 1.0, lower=pairs.people, upper=pairs.people)
    model.tag("reach", at, list(problem.demand_index[pairs.rows]))
    add_open_rows(model, x, y[site], pairs.people[row])
    m = problem.n_sites
    capacity = np.full(m, np.inf) if problem.capacities is None else problem.capacities
    add_site_constraints(model, y, y, problem, constraints)
    add_capacity_rows(model, (x, site), y, capacity, problem.site_index)
    full = AssignmentModel(
        problem=problem,
        pairs=pairs,
        model=model,
        y=y,
        x=x,
        cost=cost,
        row=row,
        site=site,
        capacity=capacity,
    )
    _add_area_shares(full, constraints)
    return full


def _add_area_shares(full: AssignmentModel, constraints: Constraints) -> None:
    """Rows: so many people of an area go no farther than the problem's threshold."""
    for code, columns, need in _area_shares(full, constraints):
        line = full.model.add_row(columns, lower=need)
        full.model.tag("area_share", [line], [code])


def keeps_area_shares(full: AssignmentModel, constraints: Constraints, x: np.ndarray) -> bool:
    """Whether the columns `x` keep the least shares of areas, which no warm start knows."""
    return all(
        x[columns].sum() >= need - NO_VIOLATION * max(1.0, need)
        for _, columns, need in _area_shares(full, constraints)
    )


def _area_shares(
    full: AssignmentModel, constraints: Constraints
) -> Iterator[tuple[Any, np.ndarray, float]]:
    """Per area with a least share: its code, columns of people who are near, and people needed."""
    problem, pairs = full.problem, full.pairs
    if not constraints.area_share:
        return
    assert problem.areas is not None
    assert problem.threshold is not None
    near = full.cost <= problem.threshold
    areas = problem.areas[pairs.rows]
    for code, share in constraints.area_share.items():
        here = np.array([c == code for c in areas], bool)
        need = least_people(share, float(pairs.people[here].sum()), whole=is_whole(pairs.people))
        yield code, full.x[near & here[full.row]], need


def assignment_flows(problem: SitingProblem, full: AssignmentModel, x: np.ndarray) -> pd.DataFrame:
    """Who goes where: columns ``demand``, ``site``, ``people``, ``cost`` (of one person)."""
    people, capacity = x[full.x], full.capacity
    if is_whole(full.pairs.people) and is_whole(capacity[np.isfinite(capacity)]):
        rounded = np.round(people)  # corner solutions are whole, but for HiGHS's tolerance
        people = rounded if np.abs(rounded - people).max(initial=0.0) < WHOLE_COLUMN else people
    used = np.flatnonzero(people > full.nobody)
    return pd.DataFrame(
        {
            "demand": problem.demand_index[full.pairs.rows[full.row[used]]],
            "site": problem.site_index[full.site[used]],
            "people": people[used],
            "cost": full.cost[used],
        }
    )


def assign_to_largest_flow(assignment: pd.Series, flows: pd.DataFrame) -> pd.Series:
    """`assignment` with every row of `flows` at the site that takes most of its people."""
    most = flows.sort_values("people", ascending=False, kind="stable")
    most = most.drop_duplicates("demand").set_index("demand")["site"]
    changed = assignment.copy()
    changed.loc[most.index] = most.to_numpy(object)
    return changed


def infeasible_assignment(
    problem: SitingProblem,
    pairs: ReachablePairs,
    constraints: Constraints,
    objective: str,
    *,
    solver: str,
    control: SolveControl,
) -> SitingResult:
    """The result where not everybody can be served under the constraints, with relaxations."""
    if problem.capacities is None and not constraints.area_share:
        model = location_model(problem, pairs, constraints, every_row=True)
    else:
        model = assignment_model(problem, pairs, constraints).model
    relaxations = find_relaxations(model, problem, constraints, control=control)
    asked = describe_constraints(problem, constraints)
    return no_result(
        problem,
        objective,
        "infeasible",
        control=control,
        solver=solver,
        blocking=(
            f"everybody cannot be served under these constraints: {asked}",
            *relaxations.text,
        ),
        detail=relaxations.facts,
    )
