"""Whether an infeasible answer's advice is true: with the change it is feasible, with less not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geoplan.siting import SitingResult
from tests.siting.oracle.case import COVERING, LEAST, Case
from tests.siting.oracle.choices import covered, truth, ways
from tests.siting.oracle.people import levels, most_served, people_needed
from tests.siting.oracle.rules import every_plan, keeps_site_rules, violations

#: share; amounts that come out of a model
ROUNDING = 1e-6


def wrong_advice(case: Case, result: SitingResult) -> list[str]:
    """What is not true in the facts of an infeasible `result`."""
    facts = result.detail
    found = list(_smallest(case, facts))
    found += _shares(case, facts)
    if "blocking_demand" in facts and "relaxations" not in facts:
        found += _left_out(case, facts)
    for way in facts.get("relaxations", []):
        if not feasible(relaxed(case, way)):
            found.append(f"still infeasible after {way}")
        elif len(way) == 1:
            found += _too_much(case, *next(iter(way.items())))
    return found


def feasible(case: Case) -> bool:
    return truth(case).status == "optimal"


def _smallest(case: Case, facts: Mapping[str, Any]) -> Iterator[str]:
    """Number of sites and budget that are told to be enough."""
    for name, field, less in (("smallest_sites", "sites", 1), ("smallest_budget", "budget", 0.0)):
        if name not in facts:
            continue
        told = facts[name]
        less = less or ROUNDING * told
        if not feasible(replace(case, **{field: told})):
            yield f"infeasible with {field} = {told}, which is told to do"
        if feasible(replace(case, **{field: told - less})):
            yield f"feasible with {field} = {told - less}, less than the {told} told"


def _shares(case: Case, facts: Mapping[str, Any]) -> Iterator[str]:
    """Largest shares of the people, and of areas."""
    if case.question in LEAST and "largest_share" in facts:
        told = facts["largest_share"]
        if not feasible(replace(case, share=told)):
            yield f"infeasible with the share {told}, which is told to do"
        if told < 1 and feasible(replace(case, share=min(1.0, told + ROUNDING))):
            yield f"more than the largest share told, {told}, is feasible"
    for area, share in facts.get("largest_area_share", {}).items():
        people = case.weights * case.in_area(area)
        reach = levels(case, case.allowed[None])[0] @ people / people.sum()
        if abs(reach - share) > ROUNDING:
            yield f"at most {reach} of {area} can be reached, told {share}"


def _left_out(case: Case, facts: Mapping[str, Any]) -> Iterator[str]:
    """Rows that nobody reaches, or that so few sites must leave out: the others are feasible."""
    weights = case.weights.copy()
    rows = [int(label[1:]) for label in facts["blocking_demand"]]
    weights[rows] = 0.0
    if "unreachable_people" in facts:
        lost = case.total - weights.sum()
        if case.full_within is not None:
            lost = case.total - levels(case, case.allowed[None])[0] @ case.weights
        if abs(lost - facts["unreachable_people"]) > ROUNDING * case.total:
            yield f"{rows} are {lost} people, told {facts['unreachable_people']}"
    elif "largest_share" in facts and case.total > 0:
        left = weights.sum() / case.total
        if abs(left - facts["largest_share"]) > ROUNDING:
            yield f"without them {left} are left, told {facts['largest_share']}"
    if case.question in LEAST or "smallest_sites" in facts:
        return
    if not case.conflicts and not case.min_sites_per_area and case.budget is None:
        plain = replace(case, weights=weights, capacities=None, min_share_per_area={})
        enough = replace(plain, sites=case.n_sites)
        if not feasible(enough):
            yield f"without {rows} it is still infeasible"


def relaxed(case: Case, way: Mapping[str, Mapping[Any, float]]) -> Case:
    """`case` with every constraint of a relaxation given way by its amount."""
    for family, broken in way.items():
        total = sum(broken.values())
        if family == "sites":
            case = replace(case, sites=case.sites + int(np.ceil(total - ROUNDING)))
        elif family == "budget":
            case = replace(case, budget=case.budget + total + ROUNDING * case.budget)
        elif family == "conflicts":
            gone = {(int(a[1:]), int(b[1:])) for a, b in broken}
            case = replace(case, conflicts=[p for p in case.conflicts if p not in gone])
        elif family == "capacities":
            more = case.capacities.copy()
            for label, amount in broken.items():
                more[int(label[1:])] += amount * (1 + ROUNDING)
            case = replace(case, capacities=more)
        elif family == "area_sites":
            least = dict(case.min_sites_per_area)
            for area, amount in broken.items():
                least[area] -= round(amount)
            case = replace(case, min_sites_per_area=least)
        elif family == "area_share":
            least = dict(case.min_share_per_area)
            for area, amount in broken.items():
                need = people_needed(least[area], case.people_of(area), whole=case.whole)
                left = max(0.0, need - amount - ROUNDING * need)
                least[area] = left / case.people_of(area)
            case = replace(case, min_share_per_area=least)
        elif family == "need":
            need = people_needed(case.share, case.total, whole=case.whole)
            left = max(0.0, need - total - ROUNDING * need)
            case = replace(case, share=left / case.total)
        elif family == "reach":
            case = _without(case, broken)
        else:
            raise AssertionError(f"unknown family {family}")
    return case


def _without(case: Case, broken: Mapping[Any, float]) -> Case:
    """Fewer people: those who are left out."""
    weights = case.weights.copy()
    for label, amount in broken.items():
        weights[int(label[1:])] -= amount * (1 + ROUNDING)
    weights[weights < ROUNDING * case.weights.max()] = 0.0
    return replace(case, weights=weights)


def _too_much(case: Case, family: str, broken: Mapping[Any, float]) -> Iterator[str]:
    """One family alone gives way by no more than it takes, all other constraints kept."""
    if case.capacities is not None and (case.min_share_per_area or family == "area_share"):
        return  # the least amount would be a program of its own
    if not case.split:
        return  # the same
    plans = every_plan(case.n_sites)
    amounts, possible = _amounts(case, plans, family)
    if amounts is None:
        return
    least, told = float(amounts[possible].min(initial=np.inf)), sum(broken.values())
    unit = max(1.0, least) if family in ("sites", "conflicts", "area_sites") else least
    if told > least + 1e-5 * unit:
        yield f"{family} gives way by {told}, but {least} is enough"


def _amounts(case: Case, plans: np.ndarray, family: str) -> tuple[np.ndarray | None, np.ndarray]:
    """Per plan by how much `family` is broken, and whether all other constraints hold."""
    rules = violations(case, plans)
    sites = replace(
        case, sites=None, budget=None, conflicts=[], min_sites_per_area={}
    )  # fixed and forbidden sites only
    kept = keeps_site_rules(sites, plans)
    for name, amount in rules.items():
        if name != family:
            kept &= amount == 0
    short, by_area = _shortages(case, plans)
    if family in rules:
        return rules[family], kept & (short <= 1e-9 * case.total) & (by_area <= 0)
    if family in ("need", "reach"):
        return short, kept & (by_area <= 0)
    if family == "area_share":
        return by_area, kept & (short <= 1e-9 * case.total)
    if family == "capacities":
        near = _shortages(replace(case, capacities=None), plans)[0]
        return short, kept & (near <= 1e-9 * case.total)
    return None, kept


def _shortages(case: Case, plans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per plan: people missing who have to be served, and people missing in areas."""
    by_area = np.zeros(len(plans))
    if case.capacities is None:
        level = levels(replace(case, backup=case.backup and case.question in COVERING), plans)
        for area, share in case.min_share_per_area.items():
            here = case.in_area(area)
            need = people_needed(share, case.people_of(area), whole=case.whole)
            short = need - level[:, here] @ case.weights[here]
            by_area += np.where(short > 1e-9 * need, short, 0.0)
    if case.question == "max_coverage":
        return np.zeros(len(plans)), by_area
    if case.question in LEAST:
        need = people_needed(case.share, case.total, whole=case.whole)
        return np.maximum(need - covered(case, plans)[0], 0.0), by_area
    if case.capacities is not None:
        served = most_served(case, np.isfinite(case.cost))
        return np.maximum(case.total - served, 0.0), by_area
    near = ways(case, plans, times=2 if case.backup else 1)
    return (~np.isfinite(near)) @ case.weights[case.weights > 0], by_area
