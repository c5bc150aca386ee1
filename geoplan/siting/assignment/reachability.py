"""What p-median and p-center share: who can reach which site, assignments, infeasible cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import Faults
from geoplan.siting.covering import max_coverage, min_sites
from geoplan.siting.model.build_result import labelled, nearest_open, no_result
from geoplan.siting.model.constraints import Asked, Constraints, read_constraints, read_count
from geoplan.siting.model.parse import listed, share_text, sites_text
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.read_matrix import within
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import LARGEST_EQUITY_COST, LARGEST_SUM, SAME_VALUE
from geoplan.words.message import Message


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReachablePairs:
    """The pairs that count: rows with people, sites that are allowed.

    costs : CSR, rows with people x all sites, explicit zeros kept. rows : their positions among
    the problem's demand rows. people : of each of them.
    """

    costs: sparse.csr_matrix
    rows: np.ndarray
    people: np.ndarray


def reachable_pairs(problem: SitingProblem, name: str) -> ReachablePairs:
    """The pairs of p-median or p-center (`name`) on a problem."""
    costs = problem.needs_costs(name)
    rows = np.flatnonzero(problem.weights > 0)
    part = costs if len(rows) == problem.n_demand else costs[rows]
    if len(problem.forbidden):
        part = take_pairs(part, problem.is_allowed[part.indices])
    return ReachablePairs(costs=part, rows=rows, people=problem.weights[rows])


def take_pairs(costs: sparse.csr_matrix, keep: np.ndarray) -> sparse.csr_matrix:
    """`costs` with the stored pairs `keep` only, explicit zeros among them."""
    before = np.concatenate([[0], np.cumsum(keep)])
    indptr = before[costs.indptr].astype(costs.indptr.dtype)
    return sparse.csr_matrix((costs.data[keep], costs.indices[keep], indptr), shape=costs.shape)


def read_assignment_constraints(
    problem: SitingProblem,
    name: str,
    faults: Faults,
    **asked: Unpack[Asked],
) -> Constraints:
    """The constraints of p-median or p-center; faults for what makes no sense there, and why."""
    backup, equity = asked.get("backup"), asked.get("equity")
    asked["sites"] = read_count(problem, asked, faults, least=1)
    constraints = read_constraints(problem, faults, **asked)
    if problem.full_within is not None:
        faults.add(Message("siting_faults.gradual_cost", name=name))
    if name == "p-median" and _most_paid(problem) > LARGEST_SUM:
        faults.add(Message("siting_faults.median_sum", most=f"{LARGEST_SUM:g}"))
    if name == "p-median" and equity and _largest_cost(problem) > LARGEST_EQUITY_COST:
        faults.add(Message("siting_faults.equity_cost", most=f"{LARGEST_EQUITY_COST:g}"))
    if name == "p-median" and backup:
        faults.add(Message("siting_faults.backup_median"))
    if name == "p-center" and equity:
        faults.add(Message("siting_faults.equity_center"))
    if name == "p-center" and constraints.area_share:
        faults.add(Message("siting_faults.share_center"))
    elif constraints.area_share and problem.threshold is None:
        faults.add(Message("siting_faults.share_threshold"))
    return constraints


def _most_paid(problem: SitingProblem) -> float:
    """No choice of sites costs all people more; ``inf`` where no number holds it."""
    with np.errstate(over="ignore"):
        return float(_largest_cost(problem) * problem.weights.sum())


def _largest_cost(problem: SitingProblem) -> float:
    return float(np.abs(problem.needs_costs("p-median").data).max(initial=0.0))


def assign_to_nearest(problem: SitingProblem, is_open: np.ndarray) -> tuple[pd.Series, float]:
    """Demand label -> label of the cheapest open site (<NA> = none), and what all people pay."""
    assert problem.costs is not None
    site, cost = nearest_open(problem.costs, is_open)
    counted = problem.weights > 0
    with np.errstate(over="ignore"):  # p-center's costs may be larger, and it asks for no sum
        paid = float((problem.weights[counted] * cost[counted]).sum())
    return labelled(problem, site), paid


def unreachable_demand(
    problem: SitingProblem,
    pairs: ReachablePairs,
    objective: str,
    *,
    times: int,
    control: SolveControl,
) -> SitingResult | None:
    """The result that names rows which too few sites reach, or None where there are none."""
    lost = np.diff(pairs.costs.indptr) < times
    if not lost.any():
        return None
    labels = problem.demand_index[pairs.rows[lost]]
    people = float(pairs.people[lost].sum())
    share = 1.0 - people / problem.total
    what = "no allowed site" if times == 1 else "fewer than two allowed sites"
    return no_result(
        problem,
        objective,
        "infeasible",
        control=control,
        solver="reach_check",
        blocking=(
            f"{what} can reach {people:,.0f} people at {len(labels)} demand rows: "
            + listed(labels),
            "leave these rows out (their weight set to 0), add candidates near them, or measure "
            f"the costs with a longer cutoff; the others are {share_text(share)} of the people",
        ),
        detail={
            "blocking_demand": list(labels),
            "unreachable_people": people,
            "largest_share": share,
        },
    )


def covering_problem(
    problem: SitingProblem, pairs: ReachablePairs, radius: float = np.inf, *, people: bool = False
) -> SitingProblem:
    """Who reaches whom within `radius`, a row counting one or its people; sites by position."""
    return SitingProblem.from_cover(
        within(pairs.costs, radius),
        pairs.people if people else np.ones(len(pairs.rows)),
        fixed=list(problem.fixed),
        forbidden=list(problem.forbidden),
    )


def covering_start(
    problem: SitingProblem,
    pairs: ReachablePairs,
    *,
    count: int,
    control: SolveControl,
) -> tuple[np.ndarray | None, int, bool]:
    """At most `count` sites from which all rows are reached; else None.

    Beside it: how many sites it takes at least, and whether it is proved that `count` are too few.
    """
    part = control.part(control.left)
    fewest = min_sites(
        covering_problem(problem, pairs), request=control.request(max(part.left, 0.05))
    )
    if fewest.detail.get("interrupted"):
        control.stop()
    least = int(np.ceil((fewest.bound or 0.0) - SAME_VALUE))
    if np.isfinite(fewest.value) and fewest.value <= count:
        is_open = problem.is_open(np.asarray(fewest.sites, np.int64))
        return is_open, least, False
    return None, least, least > count


def too_few_sites(
    problem: SitingProblem,
    pairs: ReachablePairs,
    objective: str,
    *,
    count: int,
    least: int,
    control: SolveControl,
) -> SitingResult:
    """The result that says how many sites it takes, and whom `count` sites must leave out."""
    cover = covering_problem(problem, pairs, people=True)
    some = max_coverage(
        cover, sites=count, request=control.request(max(min(control.left, 10.0), 0.2))
    )
    out = some.assignment.isna().to_numpy()
    labels = problem.demand_index[pairs.rows[out]]
    share = some.value / problem.total
    most = "can reach at most" if some.status == "optimal" else "were found to reach"
    return no_result(
        problem,
        objective,
        "infeasible",
        control=control,
        solver="set_covering",
        blocking=(
            f"{sites_text(count)} cannot reach everyone: at least {least} are needed",
            f"{sites_text(count)} {most} {some.value:,.0f} people ({share_text(share)} of all); "
            f"then these are left out: {listed(labels)}",
        ),
        detail={
            "smallest_sites": least,
            "largest_share": share,
            "blocking_demand": list(labels),
        },
    )
