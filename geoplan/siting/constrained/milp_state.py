"""A question under rules while its model is put together: columns, rows, what they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geoplan.siting.model.build_result import is_whole
from geoplan.siting.model.constraints import Constraints
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import Core
from geoplan.siting.solver.milp import Model


@dataclass(kw_only=True, slots=True, eq=False)
class RuledModel:
    """Columns and rows of one question: open sites, and served people as a linear expression.

    served : column numbers; people : their factors; of : class of each served column. pair : with
    places, the pair of the core of each served column, -1 for a class's people at sites where
    everybody finds a place.
    """

    problem: SitingProblem
    rules: Constraints
    core: Core
    group_of_row: np.ndarray
    codes: list[Any]
    model: Model = field(default_factory=Model)
    y: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    served: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    people: np.ndarray = field(default_factory=lambda: np.empty(0))
    of: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    pair: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    twice: np.ndarray | None = None

    @property
    def whole(self) -> bool:
        """Whether the number of people served is whole: all people are, and all places."""
        room = self.problem.capacities
        if room is not None and not is_whole(room[np.isfinite(room)]):
            return False
        return is_whole(self.core.weight)

    def area_people(self, group: int) -> float:
        """All people of an area, reached or not."""
        return float(self.problem.weights[self.group_of_row == group].sum())
