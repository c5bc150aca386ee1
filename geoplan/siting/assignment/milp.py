"""Mixed-integer models of p-median and p-center: which sites are open, and who goes where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.assignment.reachability import ReachablePairs
from geoplan.siting.constrained.accepted import refuse_sites, solve_accepted
from geoplan.siting.constrained.infeasibility import describe_constraints, find_relaxations
from geoplan.siting.constrained.site_constraints import (
    add_capacity_rows,
    add_open_rows,
    add_site_constraints,
)
from geoplan.siting.model.build_result import nearest_open, no_result
from geoplan.siting.model.constraints import Constraints
from geoplan.siting.model.counting import counts_whole, is_whole, least_people
from geoplan.siting.model.dominance import implied_rows
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import transpose
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.milp import LEAST_SECONDS, Model, solve_in_time
from geoplan.tolerances import (
    LEAST_DIVISOR,
    NO_PEOPLE_IN_COLUMN,
    NO_VIOLATION,
    STAGE_SIZE,
    WHOLE_COLUMN,
    WHOLE_SHARE,
)


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
    people, sites = pairs.people[rows], y[pairs.costs.indices[entries]]
    if times == 1:
        at = model.add_rows(ends, sites, np.repeat(people, sizes), lower=people)
    else:  # who has one site instead of two is left out whole
        reached = model.add_columns(len(rows), integer=True)
        index = np.insert(sites, ends[:-1], reached)
        factor = np.insert(np.ones(len(sites)), ends[:-1], -float(times))
        model.add_rows(ends + np.arange(len(ends)), index, factor, lower=0.0)
        at = model.add_rows(np.arange(len(rows) + 1), reached, people, lower=people)
    model.tag("reach", at, list(problem.demand_index[pairs.rows[rows]]))


def run_accepted(
    model: Model,
    y: np.ndarray,
    problem: SitingProblem,
    constraints: Constraints,
    *,
    control: SolveControl,
    **options: Any,
) -> Outcome:
    """`solve_in_time`, until the open sites (columns `y`, one per site) keep their constraints."""
    sites = np.arange(problem.n_sites)
    return solve_accepted(
        lambda: solve_in_time(model, control, **options),
        lambda x: refuse_sites(model, (y, sites), problem, constraints, x),
    )


@dataclass(kw_only=True, slots=True, eq=False)
class AssignmentModel:
    """Columns of open sites, then of people per reachable pair.

    y, x : columns of sites and of pairs. cost : per pair. row, site : of each pair. capacity :
    people that each site serves. whole : columns of rows that a site serves whole, one per pair,
    where people are not split; else None.
    """

    problem: SitingProblem
    pairs: ReachablePairs
    constraints: Constraints
    model: Model
    y: np.ndarray
    x: np.ndarray
    cost: np.ndarray
    row: np.ndarray
    site: np.ndarray
    capacity: np.ndarray
    whole: np.ndarray | None = None

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
        return run_accepted(
            self.model,
            self.y,
            self.problem,
            self.constraints,
            control=control,
            start=start,
            # what is open by a millionth would serve people of the bound
            options={"mip_feasibility_tolerance": WHOLE_SHARE},
        )

    def add_worst_area(self) -> np.ndarray:
        """A column that is at least the mean cost of every area with people."""
        worst = self.model.add_columns(1, upper=np.inf)
        scale = max(1.0, STAGE_SIZE / max(float(self.cost.max(initial=0.0)), LEAST_DIVISOR))
        for here, people in self._of_areas():
            self.model.add_row(
                np.append(self.x[here], worst),
                scale * np.append(self.cost[here] / people, -1.0),
                upper=0.0,
            )
        return worst

    def largest_mean(self, x: np.ndarray) -> float:
        """The largest mean cost of an area: to the nearest site or, with capacities, as in `x`."""
        paid = x[self.x] * self.cost
        if self.problem.capacities is None:
            cost = nearest_open(self.pairs.costs, x[self.y] > 0.5)[1]
            first = np.concatenate([[True], self.row[1:] != self.row[:-1]])
            paid = np.zeros(len(self.row))
            paid[first] = (self.pairs.people * cost)[self.row[first]]
        return max(
            (float(paid[here].sum()) / people for here, people in self._of_areas()), default=0
        )

    def least_mean(self, x: np.ndarray, worst: np.ndarray, control: SolveControl) -> float:
        """The largest mean cost of an area, as small as it gets with the open sites of `x`."""
        if self.problem.capacities is None:
            return self.largest_mean(x)
        self.set_objective(worst, 1.0)
        held = self.model.with_whole(self.y, x)
        found = self._run_held(held, control)
        return np.inf if found.x is None else self.largest_mean(found.x)

    def held_at_sites(self, x: np.ndarray, control: SolveControl) -> np.ndarray:
        """`x` with the best assignment for the present objective at exactly its open sites."""
        if self.whole is not None:
            return self._rounded(x)
        found = self._run_held(self.model.with_whole(self.y, x), control)
        return x if found.x is None else found.x

    def _run_held(self, held: Model, control: SolveControl) -> Outcome:
        seconds = max(control.left, LEAST_SECONDS)
        return solve_in_time(held, control, seconds=seconds, linear=self.whole is None)

    def _rounded(self, x: np.ndarray) -> np.ndarray:
        """`x` with rows that are served whole at exactly one site."""
        assert self.whole is not None
        exact = x.copy()
        exact[self.whole] = np.round(x[self.whole])
        exact[self.x] = self.pairs.people[self.row] * exact[self.whole]
        return exact

    def _of_areas(self) -> Iterator[tuple[np.ndarray, float]]:
        """Per area with people: bool per pair, and its people."""
        assert self.problem.areas is not None
        areas = self.problem.areas[self.pairs.rows]
        for code in dict.fromkeys(c for c in areas if c is not None):
            here = np.array([c == code for c in areas], bool)
            yield here[self.row], float(self.pairs.people[here].sum())

    def columns_of(self, is_open: np.ndarray, site: np.ndarray) -> np.ndarray:
        """All columns where every row is served whole at the `site` given for it."""
        full = np.zeros(self.model.columns)
        full[self.y] = is_open
        here = self.site == site[self.row]
        full[self.x[here]] = self.pairs.people[self.row[here]]
        if self.whole is not None:
            full[self.whole[here]] = 1.0
        return full

    def warm_start(self, is_open: np.ndarray, control: SolveControl) -> np.ndarray | None:
        """All columns with the cheapest assignment to these sites, None without one."""
        pairs = np.flatnonzero(is_open[self.site])
        count = np.bincount(self.row[pairs], minlength=len(self.pairs.rows))
        if self.whole is not None or (count == 0).any() or control.left <= 0:
            return None
        small = Model()
        x = small.add_columns(len(pairs), cost=self.cost[pairs], upper=np.inf)
        order = np.argsort(self.row[pairs], kind="stable")
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
        found = solve_in_time(small, control, linear=True)
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
    whole = None
    if problem.capacities is not None and not constraints.split:
        whole = model.add_columns(len(row), integer=True)
        _serve_whole(model, x, whole, pairs.people[row])
    full = AssignmentModel(
        problem=problem,
        pairs=pairs,
        constraints=constraints,
        model=model,
        y=y,
        x=x,
        cost=cost,
        row=row,
        site=site,
        capacity=capacity,
        whole=whole,
    )
    _add_area_shares(full, constraints)
    return full


def _serve_whole(model: Model, x: np.ndarray, whole: np.ndarray, people: np.ndarray) -> None:
    """Rows: a site serves all people of a row, or none."""
    factor = np.column_stack([np.ones(len(x)), -people]).ravel()
    pairs = np.column_stack([x, whole]).ravel()
    model.add_rows(np.arange(len(x) + 1) * 2, pairs, factor, lower=0.0, upper=0.0)


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
    near = problem.in_reach(full.cost)
    areas = problem.areas[pairs.rows]
    for code, share in constraints.area_share.items():
        here = np.array([c == code for c in areas], bool)
        need = least_people(share, float(pairs.people[here].sum()), whole=counts_whole(problem))
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
        times = constraints.times
        model = location_model(problem, pairs, constraints, every_row=True, times=times)
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
