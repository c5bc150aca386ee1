"""MCLP and LSCP as mixed-integer models for HiGHS, on a reduced core."""

from __future__ import annotations

import numpy as np

from geoplan.siting.mclp.row_weighting import cheaper_cover
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import is_whole
from geoplan.siting.model.dominance import implied_rows
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, solve_in_time
from geoplan.tolerances import SAME_VALUE


def mclp_model(core: Core) -> tuple[Model, np.ndarray]:
    """Columns: open (per site, whole), then covered (per class, 0..1); most people covered.

    Row per class: covered <= sum of the sites that cover it. Beside it, the columns of sites.
    """
    model = Model()
    y = model.add_columns(core.m, integer=True)
    z = model.add_columns(core.n, cost=-core.weight)
    add_cover_rows(model, core, y, z)
    return model, y


def add_cover_rows(
    model: Model, core: Core, y: np.ndarray, z: np.ndarray, *, times: int = 1
) -> None:
    """Rows ``times * covered <= sum of open`` per class."""
    sizes = np.diff(core.row_ptr)
    ptr = core.row_ptr + np.arange(core.n + 1)
    index = np.empty(core.pairs + core.n, np.int32)
    value = np.empty(core.pairs + core.n)
    own = np.zeros(len(index), bool)
    own[ptr[:-1] + sizes] = True
    index[own], value[own] = z, float(times)
    index[~own], value[~own] = y[core.row_idx], -1.0
    model.add_rows(ptr, index, value, upper=0.0)


def solve_mclp_milp(
    core: Core,
    *,
    n_new: int,
    start: np.ndarray,
    control: SolveControl,
    seconds: float | None = None,
    max_nodes: int | None = None,
) -> tuple[np.ndarray, float, bool]:
    """At most `n_new` sites covering most people: (positions, upper bound, proved)."""
    model, y = mclp_model(core)
    model.add_row(y, upper=float(n_new))
    options: dict[str, object] = {}
    if is_whole(core.weight):
        options["mip_abs_gap"] = 0.99
    limit = control.left if seconds is None else min(seconds, control.left)
    found = solve_in_time(
        model,
        control,
        seconds=limit,
        start=_start_vector(core, start),
        max_nodes=max_nodes,
        options=options,
    )
    chosen = start
    if found.x is not None:
        other = np.flatnonzero(found.x[: core.m] > 0.5)
        if core.covered(other) > core.covered(start):
            chosen = other
    bound = float(core.weight.sum()) if found.bound is None else -found.bound
    return chosen, bound, found.status == "optimal"


def _start_vector(core: Core, chosen: np.ndarray) -> np.ndarray:
    start = np.zeros(core.m + core.n)
    start[chosen] = 1.0
    start[core.m :] = core.is_covered(chosen)
    return start


def solve_lscp_milp(
    core: Core,
    *,
    start: np.ndarray,
    control: SolveControl,
) -> tuple[np.ndarray, float, bool]:
    """Cheapest sites that cover every class: (positions, lower bound on the cost, proved)."""
    rows = np.flatnonzero(~implied_rows(core.row_ptr, core.row_idx, core.site_ptr, core.site_idx))
    model = Model()
    y = model.add_columns(core.m, cost=core.cost, integer=True)
    sizes = np.diff(core.row_ptr)[rows]
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    entries = np.arange(ptr[-1]) - np.repeat(ptr[:-1] - core.row_ptr[rows], sizes)
    model.add_rows(ptr, y[core.row_idx[entries]], 1.0, lower=1.0)
    options: dict[str, object] = {"mip_abs_gap": 0.99} if is_whole(core.cost) else {}
    found = solve_in_time(
        model,
        control,
        seconds=control.left / 2,
        start=_marked(core, start),
        options=options | {"mip_max_nodes": 1},
    )
    least = found.bound or 0.0
    if found.status != "optimal" and not control.stopped:
        start = cheaper_cover(core, start, control=control)
        found = solve_in_time(model, control, start=_marked(core, start), options=options)
    chosen = start
    if found.x is not None:
        other = np.flatnonzero(found.x[: core.m] > 0.5)
        if core.cost[other].sum() < core.cost[start].sum() - SAME_VALUE:
            chosen = other
    return chosen, max(least, found.bound or 0.0), found.status == "optimal"


def _marked(core: Core, chosen: np.ndarray) -> np.ndarray:
    """1.0 for every site of `core` that is in `chosen`, else 0.0."""
    vector = np.zeros(core.m)
    vector[chosen] = 1.0
    return vector
