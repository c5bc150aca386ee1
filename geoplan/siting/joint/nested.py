"""Two tiers sited together: a lower site counts only with an upper one within its limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import Faults
from geoplan.siting.covering import max_coverage
from geoplan.siting.mclp.milp_models import add_cover_rows
from geoplan.siting.model.build_result import judged, rounded_up
from geoplan.siting.model.constraints import begin_solve
from geoplan.siting.model.counting import covered_share, is_whole
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.model.result import Status
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, solve_in_time
from geoplan.siting.solver.request import SolveOptions
from geoplan.tolerances import SAME_VALUE
from geoplan.words.message import Message

#: share of the time for a first plan and for the bound without referral
_FIRST_TIME = 0.25


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class NestedResult:
    """Sites of two tiers, and the people in reach of a lower site that counts.

    Parameters
    ----------
    status, value, bound, gap : of the people covered, as in `SitingResult`.
    sites, upper_sites : labels of the open sites of both tiers, `fixed` ones first.
    referred : those of `sites` with an open upper site within the referral limit.
    seconds : wall-clock time.

    Examples
    --------
    >>> lower = SitingProblem.from_cover(np.eye(2, dtype=bool), [50, 60])
    >>> upper = SitingProblem.from_cover(np.zeros((2, 2), bool), [50, 60], site_index=["U", "V"])
    >>> found = nested_coverage(lower, upper, [[1, 0], [1, 0]], sites=2, upper_sites=1)
    >>> found
    NestedResult(optimal: 110 people, 2 + 1 sites)
    """

    status: Status
    value: float
    bound: float | None
    gap: float | None
    sites: list[Any]
    upper_sites: list[Any]
    referred: list[Any]
    seconds: float

    def __repr__(self) -> str:
        return (
            f"NestedResult({self.status}: {self.value:,.6g} people, "
            f"{len(self.sites)} + {len(self.upper_sites)} sites)"
        )


def nested_coverage(
    lower: SitingProblem,
    upper: SitingProblem,
    referral: sparse.spmatrix | np.ndarray | Sequence[Sequence[bool]],
    *,
    sites: int,
    upper_sites: int,
    **options: Unpack[SolveOptions],
) -> NestedResult:
    """Choose sites of two tiers so that most people reach a lower site that counts.

    A site of the lower tier counts only where an open site of the upper tier is within its referral
    limit: hierarchical maximal covering, after Moore and ReVelle (1982, Geographical Analysis).

    Parameters
    ----------
    lower, upper : the same demand rows and people x the sites of each tier; `fixed` ones stand,
        `forbidden` ones may not be chosen. What `upper` covers is served by the upper sites
        themselves, which stand in for lower ones: nothing where they do not.
    referral : bool, lower sites x upper sites: within the limit.
    sites, upper_sites : most sites of each tier in all, fixed ones counted.
    options : as in `max_coverage`.

    Returns
    -------
    NestedResult

    Raises
    ------
    SitingError
        Demand rows that differ, a matrix of another shape, constraints that are not known here,
        numbers below those of the fixed sites; all at once.

    Examples
    --------
    The two streets of 40 and 30 people are near one centre, the one of 60 is near another, and only
    one centre can be built:

    >>> people = [40, 30, 60]
    >>> lower = SitingProblem.from_cover(np.eye(3, dtype=bool), people, site_index=["a", "b", "c"])
    >>> upper = SitingProblem.from_cover(np.zeros((3, 2), bool), people, site_index=["U", "V"])
    >>> near = np.array([[1, 0], [1, 0], [0, 1]], bool)
    >>> found = nested_coverage(lower, upper, near, sites=2, upper_sites=1)
    >>> found.value, found.sites, found.upper_sites
    (70.0, ['a', 'b'], ['U'])
    """
    control, faults = begin_solve("nested_coverage", options)
    given = referral if sparse.issparse(referral) else np.asarray(referral, bool)
    near = sparse.csr_matrix(given, dtype=bool)
    _check(lower, upper, near, (sites, upper_sites), faults)
    faults.raise_all()
    nested = _Nested(lower, upper, near, int(sites), int(upper_sites))
    with control.interruptible():
        return _solve(nested, control)


def _check(
    lower: SitingProblem,
    upper: SitingProblem,
    near: sparse.csr_matrix,
    counts: tuple[Any, Any],
    faults: Faults,
) -> None:
    if not lower.demand_index.equals(upper.demand_index) or not np.array_equal(
        lower.weights, upper.weights
    ):
        faults.add(Message("siting_faults.tiers_demand"))
    if near.shape != (lower.n_sites, upper.n_sites):
        faults.add(
            Message(
                "siting_faults.referral_shape",
                n_sites=lower.n_sites,
                n_sites2=upper.n_sites,
                value=near.shape[0],
                value2=near.shape[1],
            )
        )
    for name, problem, count in (("sites", lower, counts[0]), ("upper_sites", upper, counts[1])):
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
            faults.add(Message("siting_faults.whole_number", name=name, count=count))
        elif count < len(problem.fixed):
            faults.add(
                Message(
                    "siting_faults.count_fixed", name=name, count=len(problem.fixed), count2=count
                )
            )
        for what, there in (
            ("with_closable", len(problem.closable) > 0),
            ("with_capacities", problem.capacities is not None),
            ("with_gradual", problem.full_within is not None),
            ("with_conflicts", len(problem.conflicts) > 0),
        ):
            if there:
                faults.add(
                    Message(
                        "siting_faults.tiers_without",
                        name=name,
                        what=Message(f"siting_faults.{what}"),
                    )
                )


@dataclass(frozen=True, slots=True, eq=False)
class _Nested:
    """The question; `near` : bool CSR, lower x upper."""

    lower: SitingProblem
    upper: SitingProblem
    near: sparse.csr_matrix
    sites: int
    upper_sites: int

    def referred(self, open_upper: np.ndarray) -> np.ndarray:
        """Bool per lower site: one of the upper sites (positions) is within its limit."""
        return np.asarray(self.near[:, open_upper].sum(axis=1)).ravel() > 0

    def value(self, open_lower: np.ndarray, open_upper: np.ndarray) -> float:
        """People covered, by the plain definition."""
        counts = open_lower[self.referred(open_upper)[open_lower]]
        served = covered_share(self.lower, counts) + covered_share(self.upper, open_upper) > 0
        return float(self.lower.weights[served].sum())


def _solve(nested: _Nested, control: SolveControl) -> NestedResult:
    lower, upper = nested.lower, nested.upper
    first = control.part(_FIRST_TIME * control.left)
    most = _bound_without_referral(nested, first.part(first.left / 2))
    plan = _first_plan(nested, first)
    value = nested.value(*plan)
    whole = is_whole(lower.weights)
    if most > value * (1 + SAME_VALUE) and control.left > 0:
        control.report("proof")
        found, bound = _by_model(nested, plan, control)
        most = min(most, bound)
        if found is not None and nested.value(*found) > value:
            plan, value = found, nested.value(*found)
    plan = _without_idle(nested, *plan)
    bound_told, gap, status = judged(value, rounded_up(most, value, whole=whole), gap=control.gap)
    counts = lower.site_index[nested.referred(plan[1])]
    chosen = lower.in_order(plan[0])
    return NestedResult(
        status=status,
        value=value,
        bound=bound_told,
        gap=gap,
        sites=chosen,
        upper_sites=upper.in_order(plan[1]),
        referred=[label for label in chosen if label in counts],
        seconds=control.seconds,
    )


def _without_idle(
    nested: _Nested, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The plan without new sites that serve nobody: the model does not mind them."""
    value = nested.value(lower, upper)
    for site in np.setdiff1d(lower, nested.lower.fixed):
        if nested.value(lower[lower != site], upper) >= value:
            lower = lower[lower != site]
    for site in np.setdiff1d(upper, nested.upper.fixed):
        if nested.value(lower, upper[upper != site]) >= value:
            upper = upper[upper != site]
    return lower, upper


def _bound_without_referral(nested: _Nested, control: SolveControl) -> float:
    """What no plan exceeds: every lower site counts, and sites of both tiers are exchangeable."""
    lower, upper = nested.lower, nested.upper
    total = lower.total
    if upper.cover.nnz:
        lower = _joined(nested, free=False)
        count = nested.sites + nested.upper_sites
    else:
        count = nested.sites
    found = max_coverage(lower, sites=count, request=control.request(control.left))
    return total if found.bound is None else min(found.bound, total)


def _joined(nested: _Nested, *, free: bool) -> SitingProblem:
    """Both tiers' sites as those of one problem, lower ones first. free : none is fixed."""
    lower, upper = nested.lower, nested.upper
    n = lower.n_sites
    nobody = np.empty(0, np.int64)
    return replace(
        lower,
        site_index=pd.RangeIndex(n + upper.n_sites),
        cover=sparse.hstack([lower.cover, upper.cover], format="csr"),
        costs=None,
        threshold=None,
        fixed=nobody if free else np.concatenate([lower.fixed, n + upper.fixed]),
        forbidden=np.concatenate([lower.forbidden, n + upper.forbidden]),
        site_costs=None,
        site_areas=None,
    )


def _first_plan(nested: _Nested, control: SolveControl) -> tuple[np.ndarray, np.ndarray]:
    """Upper sites one after another, each where most people more could be served; then lower ones.

    The lower ones are the best there are for these upper sites.
    """
    lower, upper, near = nested.lower, nested.upper, nested.near
    chosen = upper.fixed.copy()
    people = lower.weights
    by_site = near.tocsc()
    allowed = lower.is_allowed
    while len(chosen) < nested.upper_sites:
        may = upper.is_allowed
        may[chosen] = False
        served = _could_serve(nested, chosen, allowed)
        best, gain = -1, 0.0
        for u in np.flatnonzero(may):
            counts = by_site.indices[by_site.indptr[u] : by_site.indptr[u + 1]]
            more = covered_share(lower, counts[allowed[counts]]) > 0
            more |= np.asarray(upper.cover[:, [u]].sum(axis=1)).ravel() > 0
            added = float(people[more & ~served].sum())
            if added > gain:
                best, gain = int(u), added
        if best < 0:
            break
        chosen = np.append(chosen, best)
    counts = nested.referred(chosen)
    served = covered_share(upper, chosen) > 0
    part = replace(
        lower,
        weights=np.where(served, 0.0, people),
        cover=_columns_kept(lower.cover, counts),
        costs=None,
        threshold=None,
    )
    found = max_coverage(part, sites=nested.sites, request=control.request(control.left))
    sites = lower.positions(found.sites) if found.sites else lower.fixed
    return sites, chosen


def _could_serve(nested: _Nested, open_upper: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Bool per row: with these upper sites some lower one that counts could serve it."""
    counts = np.flatnonzero(nested.referred(open_upper) & allowed)
    served = covered_share(nested.lower, counts) + covered_share(nested.upper, open_upper)
    return np.asarray(served > 0)


def _columns_kept(cover: sparse.csr_matrix, kept: np.ndarray) -> sparse.csr_matrix:
    """`cover` with nothing in the columns that are not kept."""
    pairs = cover.tocoo()
    stay = kept[pairs.col]
    return sparse.csr_matrix(
        (np.ones(int(stay.sum()), bool), (pairs.row[stay], pairs.col[stay])), shape=cover.shape
    )


def _by_model(
    nested: _Nested, plan: tuple[np.ndarray, np.ndarray], control: SolveControl
) -> tuple[tuple[np.ndarray, np.ndarray] | None, float]:
    """The best plan by HiGHS, begun with `plan`, and what no plan exceeds."""
    lower, upper = nested.lower, nested.upper
    n = lower.n_sites
    core = reduce_problem(_joined(nested, free=True), drop_sites=False)
    model = Model()
    y = np.full(n + upper.n_sites, -1, np.int64)
    for problem, begin, count in ((lower, 0, nested.sites), (upper, n, nested.upper_sites)):
        may = np.flatnonzero(problem.is_allowed)
        if begin == 0:  # a lower site that reaches nobody is of no use
            may = np.union1d(np.intersect1d(may, core.sites), problem.fixed)
        fixed = problem.is_fixed[may].astype(float)
        y[begin + may] = model.add_columns(len(may), lower=fixed, integer=True)
        model.add_row(y[begin + may], upper=float(count))
    serving = y.copy()
    for j in np.flatnonzero(y[:n] >= 0):
        near = nested.near.indices[nested.near.indptr[j] : nested.near.indptr[j + 1]]
        if upper.is_fixed[near].any():  # counts whatever is built
            continue
        counts = model.add_columns(1)[0]
        model.add_row(np.array([counts, y[j]]), np.array([1.0, -1.0]), upper=0.0)
        centres = y[n + near]
        centres = centres[centres >= 0]
        row = np.concatenate([[counts], centres])
        model.add_row(row, np.array([1.0] + [-1.0] * len(centres)), upper=0.0)
        serving[j] = counts
    z = model.add_columns(core.n, cost=-core.weight)
    add_cover_rows(model, core, serving[core.sites], z)
    start = np.zeros(model.columns)
    start[y[plan[0]][y[plan[0]] >= 0]] = 1.0
    start[y[n + plan[1]]] = 1.0
    counted = plan[0][nested.referred(plan[1])[plan[0]] & (serving[plan[0]] >= 0)]
    start[serving[counted]] = 1.0
    covering = np.isin(core.sites, np.concatenate([counted, n + plan[1]]))
    start[z[core.is_covered(np.flatnonzero(covering))]] = 1.0
    options = {"mip_abs_gap": 0.99} if is_whole(core.weight) else {}
    found = solve_in_time(model, control, start=start, options=options)
    bound = lower.total if found.bound is None else core.base - found.bound
    if found.x is None:
        return None, bound
    chosen = np.flatnonzero((y >= 0) & (found.x[np.maximum(y, 0)] > 0.5))
    return (chosen[chosen < n], chosen[chosen >= n] - n), bound
