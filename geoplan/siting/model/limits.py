"""Checks of what every siting function takes: time limit, gap, threads, number of sites."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoplan.errors import Faults
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.request import SolveRequest


def check_limits(request: SolveRequest, faults: Faults) -> None:
    """Faults in the options that every solver takes."""
    if not request.time_limit_s > 0:
        faults.add(f"time_limit_s must be above 0, not {request.time_limit_s}")
    if not 0 <= request.gap < 1:
        faults.add(f"gap must be from 0 to below 1, not {request.gap}")
    if request.threads is not None and not request.threads >= 1:
        faults.add(f"threads must be 1 or more, not {request.threads}")


def check_count(problem: SitingProblem, sites: Any, faults: Faults, *, least: int = 0) -> int:
    """`sites` as a whole number, `least` or more, that leaves room for the fixed ones."""
    if isinstance(sites, bool) or not isinstance(sites, (int, np.integer)):
        faults.add(f"sites must be a whole number, not {sites!r}")
        return 0
    if sites < least:
        faults.add(f"sites must be {least} or more, not {sites}")
    elif sites < len(problem.fixed):
        faults.add(
            f"sites = {sites} counts sites in all, but {len(problem.fixed)} are fixed already: "
            f"give at least {len(problem.fixed)}, or make some of them closable"
        )
    return int(sites)
