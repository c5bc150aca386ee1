"""Models of p-median and p-center under rules: which sites are open, and who goes where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.assignment.reachability import Journeys
from geoplan.siting.constrained.infeasibility import ways_out
from geoplan.siting.constrained.site_constraints import add_site_rules
from geoplan.siting.constrained.solve import rules_told
from geoplan.siting.model.build_result import is_whole, no_result
from geoplan.siting.model.constraints import Constraints, least_people
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import implied_rows, transpose
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, Outcome, solve_in_time


def site_model(
    problem: SitingProblem,
    way: Journeys,
    rules: Constraints,
    *,
    every_row: bool = False,
    times: int = 1,
) -> Model:
    """Which sites may be open together so that everybody has one (or two) in reach; no goal.

    Columns are the problem's sites, in order. `every_row`: also rows that follow from others, so
    that all who would be left out can be told.
    """
    model = Model()
    y = _sites(model, problem)
    add_site_rules(model, y, y, problem, rules)
    ptr, idx = way.costs.indptr.astype(np.int64), way.costs.indices.astype(np.int32)
    if every_row:
        rows = np.arange(len(way.rows))
    else:
        site_ptr, site_idx = transpose(ptr, idx, problem.n_sites)
        rows = np.flatnonzero(~implied_rows(ptr, idx, site_ptr, site_idx))
    add_reach(model, y, problem, way, rows, times=times)
    return model


def _sites(model: Model, problem: SitingProblem) -> np.ndarray:
    return model.add_columns(
        problem.n_sites,
        lower=problem.is_fixed.astype(float),
        upper=problem.is_allowed.astype(float),
        whole=True,
    )


def add_reach(
    model: Model,
    y: np.ndarray,
    problem: SitingProblem,
    way: Journeys,
    rows: np.ndarray,
    *,
    times: int,
) -> None:
    """Rows: `times` open sites in reach of each of `rows`; broken, they count people."""
    ptr = way.costs.indptr
    sizes = np.diff(ptr)[rows]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    take = np.arange(ends[-1]) - np.repeat(ends[:-1] - ptr[rows], sizes)
    people = way.people[rows] / times
    at = model.add_rows(
        ends, y[way.costs.indices[take]], np.repeat(people, sizes), lower=people * times
    )
    model.tag("reach", at, list(problem.demand_index[way.rows[rows]]))


@dataclass(kw_only=True, slots=True, eq=False)
class JourneysModel:
    """Open sites, then people per pair of `way`.

    y, x : columns of sites and of pairs. cost : per pair. row, site : of each pair. room : people
    that each site takes.
    """

    problem: SitingProblem
    way: Journeys
    model: Model
    y: np.ndarray
    x: np.ndarray
    cost: np.ndarray
    row: np.ndarray
    site: np.ndarray
    room: np.ndarray

    def aim(self, columns: np.ndarray, factors: np.ndarray | float) -> None:
        """Make the columns' sum the goal to make small."""
        cost = np.zeros(self.model.columns)
        cost[columns] = factors
        self.model.cost = [cost]

    def aim_at_cost(self) -> None:
        """Least cost of all journeys."""
        self.aim(self.x, self.cost)

    def run(self, *, control: SolveControl, start: np.ndarray | None = None) -> Outcome:
        """HiGHS on the model as it stands."""
        control.report("proof")
        return solve_in_time(self.model, control, start=start)

    def add_worst_area(self) -> np.ndarray:
        """A column that is at least the mean cost of every area with people."""
        problem = self.problem
        assert problem.areas is not None
        worst = self.model.add_columns(1, upper=np.inf)
        areas = problem.areas[self.way.rows]
        for code in dict.fromkeys(c for c in areas if c is not None):
            here = np.array([c == code for c in areas], bool)
            pairs = here[self.row]
            people = float(self.way.people[here].sum())
            self.model.add_row(
                np.append(self.x[pairs], worst),
                np.append(self.cost[pairs] / people, -1.0),
                upper=0.0,
            )
        return worst

    def start(self, is_open: np.ndarray) -> np.ndarray | None:
        """A full column vector with the cheapest journeys to these sites, or None without one."""
        pairs = np.flatnonzero(is_open[self.site])
        small = Model()
        x = small.add_columns(len(pairs), cost=self.cost[pairs], upper=np.inf)
        order = np.argsort(self.row[pairs], kind="stable")
        count = np.bincount(self.row[pairs], minlength=len(self.way.rows))
        small.add_rows(
            np.concatenate([[0], np.cumsum(count)]),
            x[order],
            1.0,
            lower=self.way.people,
            upper=self.way.people,
        )
        for j in np.flatnonzero(is_open & np.isfinite(self.room)):
            here = x[self.site[pairs] == j]
            if len(here):
                small.add_row(here, upper=float(self.room[j]))
        found = small.solve(time_limit_s=10.0, linear=True)
        if found.status != "optimal" or found.x is None:
            return None
        full = np.zeros(self.model.columns)
        full[self.y] = is_open
        full[self.x[pairs]] = found.x
        return full


def journeys_model(problem: SitingProblem, way: Journeys, rules: Constraints) -> JourneysModel:
    """Everybody goes to open sites with room, the rules hold; no goal yet."""
    model = Model()
    y = _sites(model, problem)
    row = np.repeat(np.arange(len(way.rows)), np.diff(way.costs.indptr))
    site, cost = way.costs.indices.astype(np.int64), way.costs.data
    x = model.add_columns(len(row), upper=way.people[row])
    at = model.add_rows(way.costs.indptr, x, 1.0, lower=way.people, upper=way.people)
    model.tag("reach", at, list(problem.demand_index[way.rows]))
    two = np.column_stack([x, y[site]]).ravel()
    factor = np.column_stack([np.ones(len(x)), -way.people[row]]).ravel()
    model.add_rows(np.arange(len(x) + 1) * 2, two, factor, upper=0.0)
    room = np.full(problem.n_sites, np.inf) if problem.capacities is None else problem.capacities
    add_site_rules(model, y, y, problem, rules)
    order = np.argsort(site, kind="stable")
    ends = np.searchsorted(site[order], np.arange(problem.n_sites + 1))
    for j in np.flatnonzero(np.isfinite(room)):
        here = order[ends[j] : ends[j + 1]]
        if len(here):
            line = model.add_row(
                np.append(x[here], y[j]), np.append(np.ones(len(here)), -room[j]), upper=0.0
            )
            model.tag("capacities", [line], [problem.site_index[j]])
    journeys = JourneysModel(
        problem=problem, way=way, model=model, y=y, x=x, cost=cost, row=row, site=site, room=room
    )
    _shares(journeys, rules)
    return journeys


def _shares(journeys: JourneysModel, rules: Constraints) -> None:
    """Rows: so many people of an area go no farther than the problem's threshold."""
    problem, way = journeys.problem, journeys.way
    if not rules.area_share:
        return
    assert problem.areas is not None
    assert problem.threshold is not None
    near = journeys.cost <= problem.threshold
    areas = problem.areas[way.rows]
    for code, share in rules.area_share.items():
        here = np.array([c == code for c in areas], bool)
        need = least_people(share, float(way.people[here].sum()), whole=is_whole(way.people))
        line = journeys.model.add_row(journeys.x[near & here[journeys.row]], lower=need)
        journeys.model.tag("area_share", [line], [code])


def flows_between(problem: SitingProblem, journeys: JourneysModel, x: np.ndarray) -> pd.DataFrame:
    """Who goes where: columns ``demand``, ``site``, ``people``, ``cost`` (of one person)."""
    people = x[journeys.x]
    if is_whole(journeys.way.people) and is_whole(journeys.room[np.isfinite(journeys.room)]):
        rounded = np.round(people)  # corner solutions are whole; HiGHS leaves a little dust
        people = rounded if np.abs(rounded - people).max(initial=0.0) < 1e-4 else people
    used = np.flatnonzero(people > 1e-7)
    told: dict[str, Any] = {
        "demand": problem.demand_index[journeys.way.rows[journeys.row[used]]],
        "site": problem.site_index[journeys.site[used]],
        "people": people[used],
        "cost": journeys.cost[used],
    }
    return pd.DataFrame(told)


def to_most(assignment: pd.Series, flows: pd.DataFrame) -> pd.Series:
    """`assignment` with every row of `flows` at the site that takes most of its people."""
    most = flows.sort_values("people", ascending=False, kind="stable")
    most = most.drop_duplicates("demand").set_index("demand")["site"]
    told = assignment.copy()
    told.loc[most.index] = most.to_numpy(object)
    return told


def conflicting(
    problem: SitingProblem,
    way: Journeys,
    rules: Constraints,
    objective: str,
    *,
    solver: str,
    control: SolveControl,
) -> SitingResult:
    """Everybody served and all rules cannot be had together: what to loosen."""
    if problem.capacities is None and not rules.area_share:
        model = site_model(problem, way, rules, every_row=True)
    else:
        model = journeys_model(problem, way, rules).model
    ways = ways_out(model, problem, rules, control=control)
    told = rules_told(problem, rules)
    return no_result(
        problem,
        objective,
        "infeasible",
        control=control,
        solver=solver,
        blocking=(f"everybody cannot be served under these rules: {told}", *ways.text),
        detail=ways.facts,
    )
