"""A covering model under constraints: its columns and rows, and their meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geoplan.siting.model.build_result import is_whole
from geoplan.siting.model.constraints import Constraints
from geoplan.siting.model.core import Core
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, Outcome, solve_in_time


@dataclass(kw_only=True, slots=True, eq=False)
class CoveringModel:
    """Columns and rows of one problem: open sites, and served people as a linear expression.

    y : columns of open sites. served : columns of served people; people : their factors; class_of :
    class of each. pair : with capacities, the pair of the core of each served column, -1 for a
    class's people at sites with capacity for everybody. twice : with backup, columns of classes
    that two open sites cover.
    """

    problem: SitingProblem
    constraints: Constraints
    core: Core
    group_of_row: np.ndarray
    codes: list[Any]
    model: Model = field(default_factory=Model)
    y: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    served: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    people: np.ndarray = field(default_factory=lambda: np.empty(0))
    class_of: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    pair: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    twice: np.ndarray | None = None

    @property
    def whole(self) -> bool:
        """Whether the number of people served is whole: all people are, and all capacities."""
        capacity = self.problem.capacities
        if capacity is not None and not is_whole(capacity[np.isfinite(capacity)]):
            return False
        return is_whole(self.core.weight)

    def area_people(self, group: int) -> float:
        """All people of an area, reached or not."""
        return float(self.problem.weights[self.group_of_row == group].sum())

    def set_objective(self, columns: np.ndarray, factors: np.ndarray | float) -> None:
        """Minimize the sum of `columns`, each times its factor (negative: maximize)."""
        cost = np.zeros(self.model.columns)
        cost[columns] = factors
        self.model.cost = [cost]

    def require_people(self, need: float) -> None:
        """Row: the served people (with backup: those served twice) are at least `need`."""
        if self.twice is None:
            row = self.model.add_row(self.served, self.people, lower=need)
        else:
            row = self.model.add_row(self.twice, self.core.weight, lower=need)
        self.model.tag("need", [row], [need])

    def run(
        self, *, control: SolveControl, whole_goal: bool, start: np.ndarray | None = None
    ) -> Outcome:
        """HiGHS on the present model; `whole_goal`: the objective is a whole number."""
        control.report("proof")
        options: dict[str, object] = {"mip_abs_gap": 0.99} if whole_goal else {}
        return solve_in_time(self.model, control, options=options, start=start)

    def open_sites(self, found: Outcome) -> np.ndarray:
        """Positions (in the problem) of the open sites of an outcome."""
        assert found.x is not None
        return self.core.sites[found.x[self.y] > 0.5]
