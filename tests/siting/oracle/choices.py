"""The truth about a small case, by trying every set of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.siting.oracle.case import LEAST, Case
from tests.siting.oracle.people import (
    LP_ROUNDING,
    Transport,
    levels,
    most_served,
    people_needed,
)
from tests.siting.oracle.rules import every_plan, keeps_site_rules


@dataclass(frozen=True, kw_only=True)
class Truth:
    """status : ``"optimal"``, ``"infeasible"``. value : the best. worst : with equity what comes
    first, the least share of any area, or the largest mean cost."""

    status: str
    value: float = np.nan
    worst: float | None = None


INFEASIBLE = Truth(status="infeasible")


def truth(case: Case) -> Truth:
    """What is true of `case`: the best of all sets of sites that keep the rules."""
    plans = every_plan(case.n_sites)
    return best_of(case, plans, keeps_site_rules(case, plans))


def best_of(case: Case, plans: np.ndarray, kept: np.ndarray) -> Truth:
    """The best of those of all `plans` (`every_plan`) that are `kept`."""
    if case.question == "p_center":
        return _center(case, plans, kept)
    if case.question == "p_median":
        return _median(case, plans, kept)
    if case.capacities is not None and (case.equity or case.min_share_per_area):
        return _served_by_area(case, plans, kept)
    people, worst, enough = covered(case, plans)
    kept = kept & enough
    if case.question in LEAST:
        need = people_needed(case.share, case.total, whole=case.whole)
        kept &= people >= need - 1e-9 * max(need, 1e-300)
        return _least(plans @ case.price, kept)
    return _most(people, worst, kept)


def covered(case: Case, plans: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Per set: people covered, the worst area's share with equity, and if least shares hold."""
    if case.capacities is not None:
        return most_served(case, case.cover), None, np.ones(len(plans), bool)
    level = levels(case, plans)
    enough = np.ones(len(plans), bool)
    for area, share in case.min_share_per_area.items():
        people = level[:, case.in_area(area)] @ case.weights[case.in_area(area)]
        need = people_needed(share, case.people_of(area), whole=case.whole)
        enough &= people >= need - 1e-9 * max(need, 1e-300)
    worst = None
    if case.equity:
        worst = np.full(len(plans), np.inf)
        for area in counted_areas(case):
            here = case.in_area(area)
            worst = np.minimum(worst, level[:, here] @ case.weights[here] / case.people_of(area))
    return level @ case.weights, worst, enough


def counted_areas(case: Case) -> list[Any]:
    """Areas with people of whom an allowed site can serve somebody."""
    reach = levels(case, case.allowed[None, :])[0] > 0
    codes = dict.fromkeys(code for code in case.areas or [] if code is not None)
    return [a for a in codes if (case.weights * reach)[case.in_area(a)].sum() > 0]


def _most(people: np.ndarray, worst: np.ndarray | None, kept: np.ndarray) -> Truth:
    if not kept.any():
        return INFEASIBLE
    if worst is None:
        return Truth(status="optimal", value=float(people[kept].max()))
    fairest = float(worst[kept].max())
    kept = kept & ((worst >= fairest - 1e-9) | np.isinf(worst))
    return Truth(status="optimal", value=float(people[kept].max()), worst=fairest)


def _least(cost: np.ndarray, kept: np.ndarray) -> Truth:
    return Truth(status="optimal", value=float(cost[kept].min())) if kept.any() else INFEASIBLE


# -- everybody is served: p-median and p-center -------------------------------------------------


def ways(case: Case, plans: np.ndarray, *, times: int = 1) -> np.ndarray:
    """Sets x rows with people: the cost of the nearest (second nearest) site of each set."""
    cost = np.where(plans[:, None, :], case.cost[None, case.weights > 0, :], np.inf)
    if times > case.n_sites:
        return np.full(cost.shape[:2], np.inf)
    return np.partition(cost, times - 1, axis=2)[:, :, times - 1] if cost.size else cost[:, :, 0]


def _center(case: Case, plans: np.ndarray, kept: np.ndarray) -> Truth:
    if not (case.weights > 0).any():
        return _least(np.zeros(len(plans)), kept)
    if case.capacities is None:
        far = ways(case, plans, times=2 if case.backup else 1).max(axis=1)
        return _least(far, kept & np.isfinite(far))
    total = case.total
    for radius in np.unique(case.cost[np.isfinite(case.cost)]):
        served = most_served(case, case.cost <= radius)
        if (kept & (served >= total * (1 - 1e-9))).any():
            return Truth(status="optimal", value=float(radius))
    return INFEASIBLE


def mean_costs(case: Case, travel: np.ndarray) -> np.ndarray:
    """Largest mean cost of any area with people; `travel`: sets x all rows, people x cost."""
    codes = dict.fromkeys(code for code in case.areas or [] if code is not None)
    with_people = [a for a in codes if case.people_of(a) > 0]
    means = [travel[:, case.in_area(a)].sum(axis=1) / case.people_of(a) for a in with_people]
    return np.max(means, axis=0) if means else np.zeros(len(travel))


def _median(case: Case, plans: np.ndarray, kept: np.ndarray) -> Truth:
    counted = case.weights > 0
    near = np.zeros((len(plans), len(case.weights)))
    near[:, counted] = ways(case, plans)
    kept = kept & np.isfinite(near).all(axis=1)
    if case.capacities is not None:
        return _median_with_capacities(case, plans, kept)
    _, _, enough = covered(case, plans)
    kept &= enough
    if not kept.any():
        return INFEASIBLE
    travel = case.weights * near
    if not case.equity:
        return Truth(status="optimal", value=float(travel.sum(axis=1)[kept].min()))
    worst = mean_costs(case, travel)
    fairest = float(worst[kept].min())
    kept &= worst <= fairest * (1 + 1e-9)
    return Truth(status="optimal", value=float(travel.sum(axis=1)[kept].min()), worst=fairest)


def _median_with_capacities(case: Case, plans: np.ndarray, kept: np.ndarray) -> Truth:
    served = most_served(case, np.isfinite(case.cost))
    kept = kept & (served >= case.total * (1 - 1e-9))
    least = least_by_area(case)
    transports = [Transport(case, plan, np.isfinite(case.cost)) for plan in plans[kept]]
    limit = np.inf
    if case.equity:
        means = [_least_largest_mean(case, one, least) for one in transports]
        limit = min(means, default=np.inf) * (1 + LP_ROUNDING)
    values = [np.inf]
    for one in transports:
        rows = one.area_rows(least)
        if case.equity:
            rows += [(-share, -limit) for share in _mean_rows(case, one)]
        found = one.solve(one.cost, everybody=True, extra=rows)
        values.append(np.inf if found is None else found[0] * one.unit)
    if not np.isfinite(min(values)):
        return INFEASIBLE
    return Truth(status="optimal", value=min(values), worst=limit if case.equity else None)


def _mean_rows(case: Case, one: Transport) -> list[np.ndarray]:
    codes = dict.fromkeys(code for code in case.areas or [] if code is not None)
    return [
        one.cost * case.in_area(a)[one.rows] * (one.unit / case.people_of(a))
        for a in codes
        if case.people_of(a) > 0
    ]


def _least_largest_mean(case: Case, one: Transport, least: dict[Any, float]) -> float:
    rows = [(np.append(factors, 0.0), people) for factors, people in one.area_rows(least)]
    rows += [(np.append(-share, 1.0), 0.0) for share in _mean_rows(case, one)]
    rows += [(np.append(np.zeros(len(one.cost)), 1.0), 0.0)]
    goal = np.append(np.zeros(len(one.cost)), 1.0)
    found = one.solve(goal, everybody=True, extra=rows)
    return np.inf if found is None else found[0]


# -- capacities, and who is served in which area ---------------------------------------------------


def least_by_area(case: Case) -> dict[Any, float]:
    """People of every area who have to be served, by its least share."""
    return {
        area: people_needed(share, case.people_of(area), whole=case.whole)
        for area, share in case.min_share_per_area.items()
    }


def _served_by_area(case: Case, plans: np.ndarray, kept: np.ndarray) -> Truth:
    people = most_served(case, case.cover)
    least = least_by_area(case)
    need = people_needed(case.share, case.total, whole=case.whole)
    if case.question in LEAST:
        kept = kept & (people >= need - 1e-9 * need)
        order = np.argsort(plans[kept] @ case.price, kind="stable")
        for plan in plans[kept][order]:
            one = Transport(case, plan, case.cover)
            rows = [*one.area_rows(least), (np.ones(len(one.rows)), need / one.unit)]
            if one.solve(np.zeros(len(one.rows)), everybody=False, extra=rows) is not None:
                return Truth(status="optimal", value=float(plan @ case.price))
        return INFEASIBLE
    fairest = None
    if case.equity:
        shares = [_fairest(case, Transport(case, p, case.cover), least) for p in plans[kept]]
        fairest = max(shares, default=-np.inf)
        if fairest == -np.inf:
            return INFEASIBLE
    best = -np.inf
    for k in np.argsort(-people[kept], kind="stable"):
        if people[kept][k] <= best:
            break
        one = Transport(case, plans[kept][k], case.cover)
        rows = one.area_rows(least)
        if fairest is not None:
            rows += one.area_rows(
                {a: (fairest - LP_ROUNDING) * case.people_of(a) for a in counted_areas(case)}
            )
        found = one.solve(-np.ones(len(one.rows)), everybody=False, extra=rows)
        best = best if found is None else max(best, -found[0] * one.unit)
    if best == -np.inf:
        return INFEASIBLE
    return Truth(status="optimal", value=best, worst=fairest)


def _fairest(case: Case, one: Transport, least: dict[Any, float]) -> float:
    """Largest least share of any area that the sites allow; ``-inf`` where nothing is feasible."""
    rows = [(np.append(factors, 0.0), people) for factors, people in one.area_rows(least)]
    for area in counted_areas(case):
        here = (case.in_area(area)[one.rows] & one.near).astype(float)
        rows.append((np.append(here * (one.unit / case.people_of(area)), -1.0), 0.0))
    rows.append((np.append(np.zeros(len(one.rows)), -1.0), -1.0))  # nobody is served twice
    goal = np.append(np.zeros(len(one.rows)), -1.0)
    found = one.solve(goal, everybody=False, extra=rows)
    return -np.inf if found is None else -found[0]
