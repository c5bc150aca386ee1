"""Random cases from a seed: the product of questions and kinds of sites, people and rules."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tests.siting.oracle.case import COVERING, Case

QUESTIONS = ("max_coverage", "min_sites", "p_median", "p_center")
SERVED = ("plain", "gradual", "backup", "capacities")
STANDING = ("none", "fixed", "closable")
PEOPLE = ("whole", "fractional")
#: rules that a question knows
RULES = {
    "max_coverage": ("budget", "area_sites", "area_share", "conflicts", "equity"),
    "min_sites": ("area_sites", "area_share", "conflicts"),
    "p_median": ("budget", "area_sites", "area_share", "conflicts", "equity"),
    "p_center": ("budget", "area_sites", "conflicts"),
}


def _kinds() -> list[tuple[str, str, str, str]]:
    """Every combination that makes sense, in an order that mixes them."""
    every = [
        kind
        for kind in product(QUESTIONS, SERVED, STANDING, PEOPLE)
        if kind[0] in COVERING
        or kind[1] not in (("gradual", "backup") if kind[0] == "p_median" else ("gradual",))
    ]
    order = np.random.default_rng(7).permutation(len(every))
    return [every[k] for k in order]


KINDS = _kinds()


def draw(seed: int, *, middle: bool = False) -> Case:
    """The case of a seed; seeds one after another go through all `KINDS`.

    middle : not of at most 40 x 12, for every choice of sites, but up to 500 x 110.
    """
    question, served, standing, people = KINDS[seed % len(KINDS)]
    rng = np.random.default_rng([16, seed])
    heavy = served == "capacities" and (question != "max_coverage" or rng.random() < 0.5)
    n = int(rng.integers(1, 15 if heavy else 41))
    m = int(rng.integers(1, 7 if heavy else 13)) if rng.random() < 0.95 else 1
    if middle:
        n, m = int(rng.integers(60, 501)), int(rng.integers(15, 111))
    cost = _costs(rng, n, m)
    if middle:  # nobody goes farther than to one of the nearest
        cost[cost > np.sort(cost, axis=1)[:, [min(m, 12) - 1]]] = np.inf
    asked: dict[str, Any] = {"question": question, "seed": seed, "cost": cost}
    asked["weights"] = draw_weights(rng, n, people)
    if middle and asked["weights"].max() == 1e9:  # the oracle's programs are no more exact
        asked["weights"] = np.minimum(asked["weights"], 30.0)
    asked |= _reach(rng, cost, question, served)
    asked |= draw_standing(rng, m, standing)
    for rule in RULES[question]:
        if rng.random() < 0.25:
            asked |= _rule(rng, rule, asked, served)
    if served == "backup":
        asked["backup"] = True
    if served == "capacities":
        asked["capacities"] = _capacities(rng, asked["weights"], m, people)
    if question == "min_sites":
        asked["share"] = float(rng.choice([0.0, 0.3, 0.5, 0.77, 0.9, 1.0]))
    else:
        asked["sites"] = _count(rng, m, asked)
    return Case(**_sensible(asked))


def _costs(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Distances in a square, often with ties, twins and pairs without a way."""
    demand, sites = rng.random((n, 2)) * 1000, rng.random((m, 2)) * 1000
    cost = np.hypot(*(demand[:, None] - sites[None]).transpose(2, 0, 1))
    look = rng.random()
    if look < 0.3:
        cost = np.round(cost, -2)  # ties, and zeros
    elif look < 0.6:
        cost = np.round(cost)
    if m > 1 and rng.random() < 0.3:
        cost[:, -1] = cost[:, 0]  # two candidates at one place
    if rng.random() < 0.4:
        cost[rng.random((n, m)) < rng.choice([0.1, 0.5])] = np.inf
    if rng.random() < 0.05:
        cost[rng.integers(n)] = np.inf
    return cost


def draw_weights(rng: np.random.Generator, n: int, kind: str) -> np.ndarray:
    look = rng.random()
    if kind == "whole":
        weights = rng.integers(1, 30, n).astype(float)
        if look < 0.1:
            weights = np.ones(n)
        elif look < 0.2:
            weights *= 1e9
        elif look < 0.25:
            weights[rng.integers(n)] = 1e9
    elif look < 0.2:
        weights = rng.random(n) * 1e-6
    elif look < 0.5:
        weights = rng.integers(1, 300, n) / 10
    else:
        weights = rng.random(n) * 50
    if rng.random() < 0.3:
        weights[rng.random(n) < 0.3] = 0.0
    if rng.random() < 0.02:
        weights[:] = 0.0
    return weights


def _reach(rng: np.random.Generator, cost: np.ndarray, question: str, served: str) -> dict:
    """The threshold: often one of the costs, exactly."""
    some = cost[np.isfinite(cost) & (cost > 0)]
    exact = float(rng.choice(some)) if len(some) else 100.0
    threshold = exact if rng.random() < 0.5 else float(rng.uniform(150, 600))
    found: dict[str, Any] = {"threshold": threshold}
    if served == "gradual":
        found["full_within"] = threshold * float(rng.choice([0.1, 0.5, 0.9]))
    elif question in COVERING:
        found["costs_known"] = bool(rng.random() < 0.7)
    elif rng.random() < 0.3:
        found["threshold"] = None
    return found


def draw_standing(rng: np.random.Generator, m: int, kind: str) -> dict:
    """Sites that stand already, and sites that may not be chosen."""
    order = [int(j) for j in rng.permutation(m)]
    found: dict[str, Any] = {}
    if kind != "none":
        count = int(rng.integers(1, max(2, m // 3 + 1)))
        found[kind], order = order[:count], order[count:]
    look = rng.random()
    if look < 0.05:
        found["forbidden"] = order
    elif look < 0.3:
        found["forbidden"] = order[: int(rng.integers(0, max(1, m // 3) + 1))]
    return found


def _rule(rng: np.random.Generator, rule: str, asked: dict, served: str) -> dict:
    n, m = asked["cost"].shape
    codes = ["east", "west", "north"][: int(rng.integers(1, 4))]
    areas = asked.get("areas") or [str(a) for a in rng.choice(codes, n)]
    if rng.random() < 0.1:
        areas = [None if rng.random() < 0.2 else a for a in areas]
    known = [a for a in dict.fromkeys(areas) if a is not None]
    if rule == "budget":
        look = rng.random()
        price = rng.integers(0, 7, m) / (10 if look < 0.3 else 1)
        price = price * 1e6 if look > 0.9 else price
        some = rng.random(m) < 0.5
        exact = rng.random() < 0.6  # the price of some sites, to the last digit
        budget = float(price[some].sum()) if exact else float(rng.uniform(0, price.sum() + 0.1))
        return {"site_costs": price, "budget": budget}
    if rule == "area_sites":
        places = [str(a) for a in rng.choice([*codes, "empty"], m)]
        some = [a for a in dict.fromkeys(places) if rng.random() < 0.6]
        least = {a: int(rng.integers(0, 3)) for a in some}
        return {"areas": areas, "site_areas": places, "min_sites_per_area": least}
    if rule == "area_share":
        if served == "plain" and asked["question"] == "p_median" and asked["threshold"] is None:
            return {}
        some = [a for a in known if rng.random() < 0.7]
        least = {a: float(rng.choice([0.0, 0.2, 0.5, 0.8, 1.0])) for a in some}
        return {"areas": areas, "min_share_per_area": least}
    if rule == "conflicts":
        pairs = {(a, b) for a in range(m) for b in range(a + 1, m) if rng.random() < 0.2}
        fixed = set(asked.get("fixed", []))
        return {"conflicts": sorted(p for p in pairs if not set(p) <= fixed)}
    return {"areas": areas, "equity": True}


def _capacities(rng: np.random.Generator, weights: np.ndarray, m: int, people: str) -> np.ndarray:
    """Room for some, for none or for everybody; sometimes exactly for all together."""
    mean = weights.sum() / m
    found = rng.uniform(0.2, 2.0, m) * mean
    if people == "whole" or rng.random() < 0.3:
        found = np.floor(found)
    look = rng.random()
    if look < 0.2:
        found[rng.integers(m)] = np.inf
    elif look < 0.3:
        found[rng.integers(m)] = 0.0
    elif look < 0.5:
        found[:] = np.ceil(mean) if people == "whole" else mean  # binding to the last place
    return found


def _count(rng: np.random.Generator, m: int, asked: dict) -> int | None:
    """Sites in all; none where money alone limits them."""
    if asked.get("budget") is not None and rng.random() < 0.6:
        return None
    least = len(asked.get("fixed", []))
    if asked["question"] in ("p_median", "p_center"):
        least = max(least, 2 if asked["question"] == "p_center" else 1)
    return int(rng.integers(least, max(least, m) + 1))


def _sensible(asked: dict) -> dict:
    """`asked` without what geoplan refuses as nonsense."""
    if asked["question"] == "p_median" and asked["threshold"] is None:
        asked.pop("min_share_per_area", None)
    if asked.get("capacities") is not None and 6 < asked["cost"].shape[1] < 13:
        # too many linear programs
        asked = {k: v for k, v in asked.items() if k not in ("equity", "min_share_per_area")}
    if asked.get("min_share_per_area") == {}:
        asked.pop("min_share_per_area")
    return asked
