"""A model run under a `SolveControl`: with the seconds that are left, and until it is stopped."""

from __future__ import annotations

from typing import Any

from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, Outcome


def solve_in_time(
    model: Model, control: SolveControl, *, seconds: float | None = None, **options: Any
) -> Outcome:
    """`model.solve` with `options`, for `seconds` (None = all that is left); Ctrl-C ends both."""
    limit = control.left if seconds is None else seconds
    found = model.solve(
        time_limit_s=limit, gap=control.gap, stop=lambda: control.stopped, **options
    )
    if found.stopped:
        control.stop()
    return found
