"""People with a place at chosen sites, and the part of a city where places are lacking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_flow import Filling, dust_of
from geoplan.siting.model.build_result import covered_people, labelled
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import Core, cover_rows, merge_rows, reduce_problem


def row_classes(problem: SitingProblem, group: np.ndarray | None = None) -> np.ndarray:
    """The class of every demand row (negative: none), as a reduction with fixed sites has them."""
    ptr, idx, weight, groups = cover_rows(problem, group)
    nobody = np.zeros(problem.n_sites, bool)
    _, label, _ = merge_rows(
        ptr, idx, weight, allowed=problem.is_allowed, fixed=nobody, group=groups
    )
    return label


def filled(problem: SitingProblem, chosen: np.ndarray) -> Filling:
    """The sites `chosen` (positions in the problem) open, and as many people there as can be."""
    core = reduce_problem(problem, drop_sites=False, keep_fixed=True)
    filling = Filling(core, rooms(problem, core))
    place = np.full(problem.n_sites, -1, np.int64)
    place[core.sites] = np.arange(core.m)
    for j in place[chosen]:
        filling.open(int(j))
    return filling


def rooms(problem: SitingProblem, core: Core) -> np.ndarray:
    """People that each site of the core takes."""
    if problem.capacities is None:
        return np.full(core.m, np.inf)
    return problem.capacities[core.sites]


def people_served(problem: SitingProblem, chosen: np.ndarray, *, times: int = 1) -> float:
    """People whom the sites `chosen` (positions) serve: covered, and with a place where those end.

    With places `times` is 1.
    """
    if problem.capacities is None:
        return covered_people(problem, chosen, times=times)
    return filled(problem, chosen).served


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LackingPart:
    """What of a problem depends on new sites: where people lack places, or could give theirs up.

    problem : the same, with nobody in all other rows. rows : bool per demand row. settled : people
    of the other rows who have a place at a fixed site whatever opens; to be added to every number.
    """

    problem: SitingProblem
    rows: np.ndarray
    settled: float


def lacking_part(problem: SitingProblem) -> LackingPart:
    """The part of `problem` that new sites can matter to.

    Rows outside have all their places at fixed sites that nobody inside can use, and keep them in
    some largest flow whatever opens (the Dulmage-Mendelsohn decomposition of today's flow).
    """
    filling = filled(problem, problem.fixed)
    lacks, _ = filling.lacking()
    label = row_classes(problem)
    rows = np.zeros(problem.n_demand, bool)
    rows[label >= 0] = lacks[label[label >= 0]]
    return LackingPart(
        problem=replace(problem, weights=np.where(rows, problem.weights, 0.0)),
        rows=rows,
        settled=float(filling.core.weight[~lacks].sum()),
    )


def row_flows(
    problem: SitingProblem, core: Core, label: np.ndarray, amount: np.ndarray
) -> pd.DataFrame:
    """Who takes a place where: people per pair of `core` shared out among each class's rows.

    Parameters
    ----------
    label : class of every demand row. amount : people per pair.

    Returns
    -------
    DataFrame with the columns ``demand``, ``site``, ``people``.
    """
    dust = dust_of(core.weight)
    used = np.flatnonzero(amount > 100 * dust)
    class_of = np.repeat(np.arange(core.n), np.diff(core.row_ptr))
    order = np.argsort(label, kind="stable")
    cuts = np.searchsorted(label[order], np.arange(core.n + 1))
    left = problem.weights.copy()
    at = cuts[:-1].copy()
    out: list[tuple[Any, Any, float]] = []
    for t in used:
        k, people = int(class_of[t]), float(amount[t])
        site = problem.site_index[core.sites[core.row_idx[t]]]
        while people > 100 * dust and at[k] < cuts[k + 1]:
            i = order[at[k]]
            part = min(people, left[i])
            if part > dust:
                out.append((problem.demand_index[i], site, part))
            left[i] -= part
            people -= part
            if left[i] <= dust:
                at[k] += 1
    return pd.DataFrame(out, columns=["demand", "site", "people"])


def at_most(problem: SitingProblem, flows: pd.DataFrame) -> pd.Series:
    """Per demand row the site that takes most of its people (<NA>: none)."""
    most = flows.sort_values("people", ascending=False).drop_duplicates("demand")
    where = np.full(problem.n_demand, -1, np.int64)
    rows = problem.demand_index.get_indexer(most["demand"])
    where[rows] = problem.site_index.get_indexer(most["site"])
    return labelled(problem, where)
