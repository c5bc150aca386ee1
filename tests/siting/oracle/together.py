"""Services planned together, against every tuple of plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from geoplan.siting import plan_together
from tests.siting.oracle.case import Case
from tests.siting.oracle.choices import covered
from tests.siting.oracle.generator import draw_standing, draw_weights
from tests.siting.oracle.rules import every_plan, keeps_site_rules

SAME = 1e-9


@dataclass(frozen=True, kw_only=True)
class Services:
    """Several services (site s0 of one is the building s0 of all), their budget and saving."""

    cases: dict[str, Case]
    limits: dict[str, int]
    budget: float
    saving: float


def draw_services(seed: int) -> Services:
    """Two or three services from a seed."""
    rng = np.random.default_rng([17, seed])
    count = int(rng.integers(2, 4))
    m = int(rng.integers(1, 6 if count == 2 else 4))
    cases, limits = {}, {}
    for name in ("meals", "care", "clinic")[:count]:
        n = int(rng.integers(1, 20))
        cost = np.round(rng.random((n, m)) * 10) * 100
        price = rng.integers(0, 9, m) / float(rng.choice([1, 10]))
        gradual = rng.random() < 0.3
        case = Case(
            question="max_coverage",
            seed=seed,
            cost=cost,
            weights=draw_weights(rng, n, str(rng.choice(["whole", "fractional"]))),
            threshold=400.0,
            full_within=100.0 if gradual else None,
            site_costs=price,
            **draw_standing(rng, m, str(rng.choice(["none", "fixed", "closable"]))),
        )
        if rng.random() < 0.4:
            limits[name] = int(rng.integers(len(case.fixed), m + 1))
            case = replace(case, sites=limits[name])
        cases[name] = case
    prices = np.concatenate([case.site_costs for case in cases.values()])
    some = float(prices[rng.random(len(prices)) < 0.4].sum())
    return Services(
        cases=cases, limits=limits, budget=some, saving=float(rng.choice([0.0, 0.5, 2.0, 100.0]))
    )


def money(services: Services, plans: tuple[np.ndarray, ...]) -> float:
    """What plans cost together: in every building all but one of the services save.

    An existing site has paid already, so all new ones beside it save; of new ones alone the one
    that would save least pays in full.
    """
    total = 0.0
    for j in range(len(plans[0])):
        here = [c for c, plan in zip(services.cases.values(), plans, strict=True) if plan[j]]
        prices = [float(c.site_costs[j]) for c in here if c.new[j]]  # type: ignore[index]
        saved = sorted(min(services.saving, price) for price in prices)
        total += sum(prices) - sum(saved if len(prices) < len(here) else saved[1:])
    return total


def wrong_together(seed: int) -> list[str]:
    """What is wrong with `plan_together` of the services of a seed."""
    services = draw_services(seed)
    best = 0.0
    options = []
    for case in services.cases.values():
        plans = every_plan(case.n_sites)
        plans = plans[keeps_site_rules(case, plans)]
        options.append(list(zip(plans, covered(case, plans)[0], strict=True)))
    room = SAME * max(services.budget, 1.0)
    for choice in product(*options):
        people = sum(worth for _, worth in choice)
        if people > best and money(services, tuple(p for p, _ in choice)) <= services.budget + room:
            best = people
    found = plan_together(
        {name: case.problem() for name, case in services.cases.items()},
        budget=services.budget,
        saving=services.saving,
        sites=services.limits,
    )
    told = tuple(c.chosen(found.results[name]) for name, c in services.cases.items())
    spent = money(services, told)
    wrong = []
    if found.status != "optimal" or found.gap is None or found.gap > SAME:
        wrong.append(f"{found.status}, gap {found.gap}")
    if abs(found.value - best) > 1e-7 * best or found.bound < best * (1 - 1e-7):
        wrong.append(f"value {found.value}, bound {found.bound}, but the best is {best}")
    if spent > services.budget + room or abs(found.money - spent) > 1e-6 * max(spent, 1.0):
        wrong.append(f"costs {spent}, told {found.money}, the budget is {services.budget}")
    for (name, case), plan in zip(services.cases.items(), told, strict=True):
        worth = covered(case, plan[None])[0][0]
        if not keeps_site_rules(case, plan[None])[0]:
            wrong.append(f"{name} breaks a rule: {found.results[name].sites}")
        if abs(worth - found.results[name].value) > 1e-9 * worth:
            wrong.append(f"{name} serves {worth}, told {found.results[name].value}")
    shared = [
        f"s{j}"
        for j in range(len(told[0]))
        if sum(plan[j] for plan in told) > 1
        and any(p[j] and c.new[j] for c, p in zip(services.cases.values(), told, strict=True))
    ]
    if sorted(found.shared) != shared:
        wrong.append(f"{found.shared} are told to be shared, {shared} are")
    return wrong
