"""People served at sites with capacities, and the part of a city where capacity is short."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_flow import CapacityFlow, flow_tolerance
from geoplan.siting.model.build_result import labelled
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import covered_people
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import cover_rows, merge_rows, reduce_problem


def row_classes(problem: SitingProblem, group: np.ndarray | None = None) -> np.ndarray:
    """The class of every demand row (negative: none), as a reduction with fixed sites has them."""
    ptr, idx, weight, groups = cover_rows(problem, group)
    nobody = np.zeros(problem.n_sites, bool)
    _, label, _ = merge_rows(
        ptr, idx, weight, allowed=problem.is_allowed, fixed=nobody, group=groups
    )
    return label


def largest_flow(problem: SitingProblem, chosen: np.ndarray) -> CapacityFlow:
    """The sites `chosen` (positions in the problem) open, and most people served there."""
    core = reduce_problem(problem, drop_sites=False, keep_fixed=True)
    flow = CapacityFlow(core, core_capacities(problem, core))
    index = np.full(problem.n_sites, -1, np.int64)
    index[core.sites] = np.arange(core.m)
    for j in index[chosen]:
        flow.open(int(j))
    return flow


def core_capacities(problem: SitingProblem, core: Core) -> np.ndarray:
    """People that each site of the core serves."""
    if problem.capacities is None:
        return np.full(core.m, np.inf)
    return problem.capacities[core.sites]


def people_served(problem: SitingProblem, chosen: np.ndarray, *, times: int = 1) -> float:
    """People whom the sites `chosen` (positions) serve: covered, and within the capacities.

    With capacities `times` is 1.
    """
    if problem.capacities is None:
        return covered_people(problem, chosen, times=times)
    return largest_flow(problem, chosen).served


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ShortagePart:
    """What of a problem depends on new sites: where capacity is short, or could be given up.

    problem : the same, with nobody in all other rows. rows : bool per demand row. served_outside :
    people of the other rows whom fixed sites serve whatever opens; to be added to every number.
    """

    problem: SitingProblem
    rows: np.ndarray
    served_outside: float


def shortage_part(problem: SitingProblem) -> ShortagePart:
    """The part of `problem` that new sites can matter to.

    Rows outside are served by fixed sites that nobody inside can use, and stay so in
    some largest flow whatever opens (the Dulmage-Mendelsohn decomposition of today's flow).
    """
    flow = largest_flow(problem, problem.fixed)
    lacks, _ = flow.shortage()
    label = row_classes(problem)
    rows = np.zeros(problem.n_demand, bool)
    rows[label >= 0] = lacks[label[label >= 0]]
    return ShortagePart(
        problem=replace(problem, weights=np.where(rows, problem.weights, 0.0)),
        rows=rows,
        served_outside=float(flow.core.weight[~lacks].sum()),
    )


def row_flows(
    problem: SitingProblem, core: Core, label: np.ndarray, amount: np.ndarray
) -> pd.DataFrame:
    """Who is served where: people per pair of `core` shared out among each class's rows.

    Parameters
    ----------
    label : class of every demand row. amount : people per pair.

    Returns
    -------
    DataFrame with the columns ``demand``, ``site``, ``people``.
    """
    tolerance = flow_tolerance(core.weight)
    used = np.flatnonzero(amount > 100 * tolerance)
    class_of = core.row_of
    order = np.argsort(label, kind="stable")
    cuts = np.searchsorted(label[order], np.arange(core.n + 1))
    left = problem.weights.copy()
    at = cuts[:-1].copy()
    out: list[tuple[Any, Any, float]] = []
    for t in used:
        k, people = int(class_of[t]), float(amount[t])
        site = problem.site_index[core.sites[core.row_idx[t]]]
        while people > 100 * tolerance and at[k] < cuts[k + 1]:
            i = order[at[k]]
            part = min(people, left[i])
            if part > tolerance:
                out.append((problem.demand_index[i], site, part))
            left[i] -= part
            people -= part
            if left[i] <= tolerance:
                at[k] += 1
    return pd.DataFrame(out, columns=["demand", "site", "people"])


def assign_by_flow(problem: SitingProblem, flows: pd.DataFrame) -> pd.Series:
    """Per demand row the site that serves most of its people (<NA>: none)."""
    most = flows.sort_values("people", ascending=False).drop_duplicates("demand")
    where = np.full(problem.n_demand, -1, np.int64)
    rows = problem.demand_index.get_indexer(most["demand"])
    where[rows] = problem.site_index.get_indexer(most["site"])
    return labelled(problem, where)
