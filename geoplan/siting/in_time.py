"""A model run by a clock: with the seconds that are left, and to its end when the clock stops."""

from __future__ import annotations

from typing import Any

from geoplan.siting.solver.milp import Model, Outcome
from geoplan.siting.solver.time_limit import Clock


def solve_in_time(
    model: Model, clock: Clock, *, seconds: float | None = None, **options: Any
) -> Outcome:
    """`model.solve` with `options`, for `seconds` (None = all that is left); Ctrl-C ends both."""
    limit = clock.left if seconds is None else seconds
    found = model.solve(time_limit_s=limit, stop=lambda: clock.stopped, **options)
    if found.stopped:
        clock.stop()
    return found
