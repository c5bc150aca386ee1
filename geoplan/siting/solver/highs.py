"""HiGHS, run so that it prints nothing and can be stopped, and what it comes back with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import highspy
import numpy as np

from geoplan.siting.solver.units import Units

#: bit of HiGHS's presolve rule "enumeration" (older versions have no such rule, and no such bit)
_ENUMERATION = 1 << 16


class QuietHighs(highspy.Highs):
    """HiGHS without its banner, and without a rule of its presolve that loses solutions.

    Some versions print the banner while callbacks are switched on, before a caller can set an
    option. HiGHS 1.16 with "enumeration" calls models infeasible that have solutions.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setOptionValue("output_flag", False)
        self.setOptionValue("presolve_rule_off", _ENUMERATION)

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
        """Switch output off first."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


def never() -> bool:
    """Nothing asks a run to stop."""
    return False


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcome:
    """What HiGHS came back with.

    status : ``"optimal"``, ``"feasible"``, ``"infeasible"`` or ``"unknown"``.
    x : column values, or None. value : objective at x. bound : what no solution can beat, or None.
    stopped : the run was ended, or a KeyboardInterrupt ended it. out_of_time : its time was over.
    """

    status: str
    x: np.ndarray | None
    value: float
    bound: float | None
    stopped: bool = False
    out_of_time: bool = False


def run_highs(highs: highspy.Highs, stop: Callable[[], bool] = never) -> bool:
    """Run to the end, or until `stop` says so or Ctrl-C comes; returns whether it was stopped."""
    highs.HandleUserInterrupt = True
    worker = threading.Thread(target=highs.run, daemon=True)
    worker.start()
    stopped = False
    pause = 0.001  # short runs must not wait for us
    while worker.is_alive():
        try:
            worker.join(pause)
            pause = min(2 * pause, 0.05)
            if not stopped and stop():
                stopped = True
                highs.cancelSolve()
        except KeyboardInterrupt:
            stopped = True
            highs.cancelSolve()
    return stopped


def read_outcome(highs: highspy.Highs, *, linear: bool, stopped: bool) -> Outcome:
    """Status, columns, value and bound of a run that has ended."""
    state = highs.getModelStatus()
    kind = highspy.HighsModelStatus
    late = state == kind.kTimeLimit
    info = highs.getInfo()
    if state in (kind.kInfeasible, kind.kUnboundedOrInfeasible):
        return Outcome(status="infeasible", x=None, value=np.nan, bound=None, stopped=stopped)
    solution = highs.getSolution()
    found = info.primal_solution_status == 2 and solution.value_valid
    x = np.array(solution.col_value) if found else None
    value = float(info.objective_function_value) if found else float("nan")
    if linear:
        done = state == kind.kOptimal
        return Outcome(
            status="optimal" if done else "unknown",
            x=x,
            value=value,
            bound=value if done else None,
            stopped=stopped,
            out_of_time=late,
        )
    bound = float(info.mip_dual_bound)
    return Outcome(
        status="optimal" if state == kind.kOptimal else ("feasible" if found else "unknown"),
        x=x,
        value=value,
        bound=bound if np.isfinite(bound) and abs(bound) < 1e29 else None,
        stopped=stopped,
        out_of_time=late,
    )


def in_units(found: Outcome, units: Units) -> Outcome:
    """An outcome of HiGHS in the units of the model."""
    return replace(
        found,
        x=None if found.x is None else found.x * units.column,
        value=found.value / units.cost,
        bound=None if found.bound is None else found.bound / units.cost,
    )
