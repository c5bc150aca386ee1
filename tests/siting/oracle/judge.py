"""geoplan's answer against the truth: every difference as a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from geoplan.siting import SitingResult
from tests.siting.oracle.case import COVERING, LEAST, Case
from tests.siting.oracle.choices import (
    Truth,
    counted_areas,
    covered,
    least_by_area,
    mean_costs,
    truth,
    ways,
)
from tests.siting.oracle.explanations import wrong_advice
from tests.siting.oracle.people import people_needed
from tests.siting.oracle.rules import keeps_site_rules

#: share; a value that geoplan counts from sites, and one that comes out of a linear program
SAME, SAME_FLOW = 1e-9, 1e-6
#: the same where a row has so many people; beside single people they leave fewer digits
SAME_WIDE, WIDE = 1e-7, 1e9


def differences(case: Case, result: SitingResult, true: Truth | None = None) -> list[str]:
    """What is wrong with `result`; nothing where it is right."""
    true = truth(case) if true is None else true
    if result.status != true.status:
        return [f"status {result.status}, but it is {true.status} ({true.value:.12g})"]
    if result.status == "infeasible":
        if not result.blocking:
            return ["infeasible without a word why"]
        # with hardly anybody, amounts in words are no more exact than geoplan counts people
        known = case.n_sites < 13 and not 0 < case.total < 1e-3
        return wrong_advice(case, result) if known else []
    return [*_numbers(case, result, true), *_plan(case, result), *_assignment(case, result)]


def tolerance(case: Case, value: float) -> float:
    """Difference of two values that are the same."""
    wide = case.weights.max(initial=0.0) >= WIDE
    share = SAME_FLOW if case.capacities is not None else SAME_WIDE if wide else SAME
    return share * abs(value) + 1e-300


def _numbers(case: Case, result: SitingResult, true: Truth) -> Iterator[str]:
    """Value, bound, gap, and with equity what comes first."""
    room = tolerance(case, true.value)
    if abs(result.value - true.value) > room:
        yield f"value {result.value:.12g}, but the best is {true.value:.12g}"
    if result.bound is None:
        yield "optimal without a bound"
        return
    over = (
        true.value - result.bound if case.question == "max_coverage" else result.bound - true.value
    )
    if over > room:
        yield f"bound {result.bound:.12g} is on the wrong side of the best, {true.value:.12g}"
    if result.gap is None or result.gap > 1e-9:
        yield f"optimal with the gap {result.gap}"
    no_mean = case.question == "p_median" and not case.weights.any()  # of nobody there is none
    if true.worst is not None and np.isfinite(true.worst) and not no_mean:
        name = "worst_area_share" if case.question == "max_coverage" else "worst_area_mean"
        if not abs(result.detail[name] - true.worst) <= 1e-6 * max(1.0, abs(true.worst)):
            yield f"{name} {result.detail[name]:.12g}, but the best is {true.worst:.12g}"


def _plan(case: Case, result: SitingResult) -> Iterator[str]:
    """The sites keep the rules, and are worth the value told."""
    plan = case.chosen(result)
    if len(set(result.sites)) != len(result.sites):
        yield f"a site twice: {result.sites}"
    if result.sites[: len(case.fixed)] != [f"s{j}" for j in case.fixed]:
        yield f"fixed sites do not come first: {result.sites}"
    if not keeps_site_rules(case, plan[None])[0]:
        yield f"the sites {result.sites} break a rule"
    if case.capacities is not None:
        yield from _flows(case, result, plan)
        return
    people, worst, enough = covered(case, plan[None])
    if not enough[0]:
        yield "an area has less than its least share"
    if case.question in COVERING:
        told = result.value if case.question == "max_coverage" else float(plan @ case.price)
        if case.question in LEAST:
            need = people_needed(case.share, case.total, whole=case.whole)
            if people[0] < need - 1e-9 * need:
                yield f"{people[0]:.12g} people are served, {need:.12g} are needed"
            people[0] = result.value
        if abs(told - people[0]) > tolerance(case, told):
            yield f"the sites are worth {people[0]:.12g}, told {told:.12g}"
    else:
        yield from _ways(case, result, plan)
    if case.equity and case.question == "max_coverage" and counted_areas(case):
        assert worst is not None
        told = result.detail["worst_area_share"]
        if abs(worst[0] - told) > 1e-6:
            yield f"the worst-off area has {worst[0]:.9g}, told {told:.9g}"


def _ways(case: Case, result: SitingResult, plan: np.ndarray) -> Iterator[str]:
    """What everybody's way costs with these sites."""
    people = case.weights > 0
    if not people.any():
        return
    near = ways(case, plan[None], times=2 if case.backup else 1)[0]
    cost = near.max() if case.question == "p_center" else case.weights[people] @ near
    if not abs(cost - result.value) <= tolerance(case, cost):
        yield f"the sites cost {cost:.12g}, told {result.value:.12g}"
    if case.equity:
        travel = np.zeros((1, len(people)))
        travel[0, people] = case.weights[people] * near
        worst = mean_costs(case, travel)[0]
        if abs(worst - result.detail["worst_area_mean"]) > 1e-6 * max(1.0, worst):
            yield f"the worst mean is {worst:.9g}, told {result.detail['worst_area_mean']:.9g}"


def _flows(case: Case, result: SitingResult, plan: np.ndarray) -> Iterator[str]:
    """Who goes where, where capacities bind."""
    assert case.capacities is not None
    flows: pd.DataFrame = result.detail["flows"]
    row = flows["demand"].str[1:].astype(int).to_numpy()
    site = flows["site"].str[1:].astype(int).to_numpy()
    people = flows["people"].to_numpy(float)
    here = np.bincount(row, people, len(case.weights))
    there = np.bincount(site, people, case.n_sites)
    room = SAME_FLOW * max(1e-300, case.weights.max(initial=0.0))
    usable = case.cover if case.question in COVERING else np.isfinite(case.cost)
    if not plan[site].all() or not usable[row, site].all():
        yield "somebody goes to a site that is closed or out of reach"
    if (there > case.capacities + room).any():
        yield f"sites take {there}, capacities are {case.capacities}"
    if (here > case.weights + room).any():
        yield "more people are served than there are"
    if not case.split and len(row) != len(np.unique(row)):
        yield "somebody who is to be served whole is split"
    if case.question in LEAST and abs(plan @ case.price - result.value) > 1e-9 * result.value:
        yield f"the sites cost {plan @ case.price:.12g}, told {result.value:.12g}"
    total = float(people.sum())
    if case.question in COVERING:
        need = people_needed(case.share, case.total, whole=case.whole)
        if case.question in LEAST and total < need - room:
            yield f"{total:.12g} people are served, {need:.12g} are needed"
        if case.question == "max_coverage" and abs(total - result.value) > room:
            yield f"flows serve {total:.12g}, told {result.value:.12g}"
    else:
        if (here < case.weights - room).any():
            yield "somebody is not served"
        far = case.cost[row, site]
        value = float((people * far).sum()) if case.question == "p_median" else far.max(initial=0.0)
        if abs(value - result.value) > tolerance(case, value):
            yield f"flows cost {value:.12g}, told {result.value:.12g}"
    near = case.cover[row, site]
    for area, least in least_by_area(case).items():
        served = people[near & case.in_area(area)[row]].sum()
        if served < least - max(room, SAME_FLOW * least):
            yield f"area {area}: {served:.12g} people are served, {least:.12g} are needed"


def _assignment(case: Case, result: SitingResult) -> Iterator[str]:
    """Everybody's site is open and near, and of open ones the nearest."""
    if list(result.assignment.index) != [f"d{i}" for i in range(len(case.weights))]:
        yield "the assignment has other rows than the demand"
        return
    plan = case.chosen(result)
    usable = case.cover if case.question in COVERING else np.isfinite(case.cost)
    for i, label in enumerate(result.assignment):
        open_here = np.flatnonzero(usable[i] & plan)
        if pd.isna(label):
            if len(open_here) and case.capacities is None:
                yield f"d{i} has no site, but s{open_here[0]} is open and near"
            continue
        j = int(label[1:])
        if j not in open_here:
            yield f"d{i} goes to {label}, which is closed or out of reach"
        elif (
            case.capacities is None
            and case.costs_known
            and (case.cost[i, j] > case.cost[i, open_here].min())
        ):
            yield f"d{i} goes to {label}, but another open site is nearer"
