"""A covering model under constraints: its columns and rows, and their meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geoplan.siting.constrained.accepted import refuse_people, refuse_sites, solve_accepted
from geoplan.siting.model.constraints import Constraints
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import counts_whole, is_whole, least_for
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.milp import LEAST_SECONDS, Model, solve_in_time
from geoplan.siting.solver.two_stage import forbid_sites
from geoplan.tolerances import ROW_ROOM, WHOLE_SHARE


@dataclass(kw_only=True, slots=True, eq=False)
class CoveringModel:
    """Columns and rows of one problem: open sites, and served people as a linear expression.

    y : columns of open sites. served : columns of served people (with backup: in reach of two open
    sites); people : their factors; class_of : class of each. pair : with capacities, the pair of
    the core of each served column, -1 for a class's people at sites with capacity for everybody.
    need : people who must be served, or None. exact : needs have no room for rounding in rows.
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
    need: float | None = None
    exact: bool = False

    @property
    def whole(self) -> bool:
        """Whether the number of people served is whole, in the model as in the problem.

        Where equity shares capacity out among areas, people are split.
        """
        shared_out = self.constraints.equity and self.problem.capacities is not None
        return counts_whole(self.problem) and is_whole(self.core.weight) and not shared_out

    def area_people(self, group: int) -> float:
        """All people of an area, reached or not."""
        return float(self.problem.weights[self.group_of_row == group].sum())

    def set_objective(self, columns: np.ndarray, factors: np.ndarray | float) -> None:
        """Minimize the sum of `columns`, each times its factor (negative: maximize)."""
        cost = np.zeros(self.model.columns)
        cost[columns] = factors
        self.model.cost = [cost]

    def row_for(self, need: float) -> float:
        """`need` as the lower end of a row: with room, so that HiGHS finds sites just at its edge.

        What makes use of the room is refused later; people who are split always would.
        """
        if self.exact or self.problem.capacities is not None:
            return need
        room = ROW_ROOM * float(self.core.weight.max(initial=0.0))
        return least_for(need) - (min(room, 0.5) if self.whole else room)

    def require_people(self, need: float) -> None:
        """Row: the served people are at least `need`."""
        row = self.model.add_row(self.served, self.people, lower=self.row_for(need))
        self.model.tag("need", [row], [need])
        self.need = need

    def run(
        self, *, control: SolveControl, whole_goal: bool, start: np.ndarray | None = None
    ) -> Outcome:
        """HiGHS on the present model; `whole_goal`: the objective is a whole number."""
        control.report("proof")
        # what is open by a millionth would serve people of the bound
        options: dict[str, object] = {"mip_feasibility_tolerance": WHOLE_SHARE}
        if whole_goal:
            options["mip_abs_gap"] = 0.99

        def run() -> Outcome:
            return solve_in_time(self.model, control, options=options, start=start)

        return solve_accepted(run, self._refuse)

    def _refuse(self, x: np.ndarray) -> bool:
        """Whether `x` misses what the plain problem asks for; a row then rules its sites out."""
        problem, constraints, sites = self.problem, self.constraints, self.core.sites
        if refuse_sites(self.model, (self.y, sites), problem, constraints, x):
            return True
        if problem.capacities is not None:  # who is served there does not follow from sites
            return False
        short = refuse_people(problem, constraints, sites[x[self.y] > 0.5], self.need)
        if short:
            forbid_sites(self.model, self.y, x)
        return short

    def open_sites(self, found: Outcome) -> np.ndarray:
        """Positions (in the problem) of the open sites of an outcome."""
        assert found.x is not None
        return self.core.sites[found.x[self.y] > 0.5]


def held_at_sites(covering: CoveringModel, x: np.ndarray, control: SolveControl) -> np.ndarray:
    """`x` with the best people served for the present objective at exactly its open sites.

    `x` itself, should that linear program fail.
    """
    held = covering.model.with_whole(covering.y, x)
    found = solve_in_time(held, control, seconds=max(control.left, LEAST_SECONDS), linear=True)
    return x if found.x is None else found.x
