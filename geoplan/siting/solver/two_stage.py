"""Two-stage (lexicographic) models: the best first value, then the best second one beside it.

The one place that says when two first values are the same. What HiGHS reports of the first stage
is right to its own tolerance only, so the first value is worked out anew from the solution, and
becomes rows of the second stage with a room of HiGHS's tolerance. A second solution that uses up
the room, its own first value being worse, is forbidden, and the second stage solved again. The
first solution keeps all rows: the second stage is never infeasible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.milp import Model
from geoplan.tolerances import PROVED_STAGE, SAME_STAGE, STAGE_ROOM

#: second solutions that are forbidden, or raise the first value, before the search gives up
_MOST_TURNS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoStages:
    """What the two stages of a model do; both values are better when smaller.

    Parameters
    ----------
    run_first : HiGHS on the first objective, within a control.
    first_value : the best first value with the open sites of these columns, by the problem's own
        definition; ``inf`` where they keep no first value found before.
    keep : add rows that hold the first value at this, or below.
    run_second : HiGHS on the second objective, started from columns.
    forbid : add a row that rules these columns' open sites out.
    """

    run_first: Callable[[SolveControl], Outcome]
    first_value: Callable[[np.ndarray], float]
    keep: Callable[[float], None]
    run_second: Callable[[np.ndarray | None, SolveControl], Outcome]
    forbid: Callable[[np.ndarray], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoStageOutcome:
    """What the two stages came to.

    status : ``"infeasible"`` or ``"unknown"`` where the first stage found nothing, else
    ``"feasible"``. x : columns of the solution. first, first_bound : the first value and what no
    solution can be below. bound : of the second value, or None.
    """

    status: str
    x: np.ndarray | None = None
    first: float = float("nan")
    first_bound: float | None = None
    bound: float | None = None

    @property
    def first_proved(self) -> bool:
        """Whether no solution has a better first value."""
        return self.first_bound is not None and self.first - self.first_bound <= near_stage(
            self.first, PROVED_STAGE
        )


def near_stage(value: float, share: float = SAME_STAGE) -> float:
    """How far first values may lie apart and count as the same."""
    return share * max(1.0, abs(value))


def with_room(value: float) -> float:
    """The first value as a row of the second stage: with HiGHS's tolerance as room."""
    return value + near_stage(value, STAGE_ROOM)


def solve_two_stages(stages: TwoStages, control: SolveControl) -> TwoStageOutcome:
    """The second value made best among the solutions whose first value is best.

    Half of the time is for the first stage.
    """
    found = stages.run_first(control.part(control.left / 2))
    if found.x is None and found.status != "infeasible":  # no time: any solution is one
        found = replace(stages.run_second(None, control), bound=found.bound)
    if found.x is None:
        status = "infeasible" if found.status == "infeasible" else "unknown"
        return TwoStageOutcome(status=status, first_bound=found.bound)
    best, first, first_bound = found.x, stages.first_value(found.x), found.bound
    stages.keep(first)
    bound: float | None = None
    for _ in range(_MOST_TURNS):
        second = stages.run_second(best, control)
        bound = bound if second.bound is None else second.bound
        if second.x is None:  # out of time, or HiGHS errs: the first solution keeps all rows
            break
        reached = stages.first_value(second.x)
        if reached < first - near_stage(first):  # the first stage had not found the best
            best, first, bound = second.x, reached, None
            stages.keep(first)
        elif reached <= first + near_stage(first):
            best = second.x
            break
        else:
            stages.forbid(second.x)
    return TwoStageOutcome(
        status="feasible", x=best, first=first, first_bound=first_bound, bound=bound
    )


def forbid_sites(model: Model, y: np.ndarray, x: np.ndarray) -> None:
    """Row: not exactly the sites that are open in `x` (columns `y`)."""
    is_open = x[y] > 0.5
    model.add_row(y, np.where(is_open, 1.0, -1.0), upper=float(is_open.sum()) - 1.0)
