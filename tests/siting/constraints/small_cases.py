"""Problems of six sites under rules about sites, small enough to try every choice of sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

SITES = 6
PLACES = np.array(["n", "n", "n", "s", "s", "s"], object)


@dataclass
class SmallCase:
    """A small instance: its data, what the problem holds, what the question adds."""

    costs: np.ndarray
    weights: np.ndarray
    problem: dict = field(default_factory=dict)
    asked: dict = field(default_factory=dict)

    def allows(self, c: list[int]) -> bool:
        """Whether the sites `c` keep the rules."""
        fixed, closable = self.problem.get("fixed", []), self.problem.get("closable", [])
        if not set(fixed) <= set(c) or set(self.problem.get("forbidden", [])) & set(c):
            return False
        if len(c) > self.asked.get("sites", SITES):
            return False
        new = [j for j in c if j not in fixed and j not in closable]
        if "budget" in self.asked and self.problem["site_costs"][new].sum() > self.asked["budget"]:
            return False
        if any(a in c and b in c for a, b in self.problem.get("conflicts", [])):
            return False
        least = self.asked.get("min_sites_per_area")
        return not isinstance(least, dict) or all(
            (PLACES[c] == area).sum() >= count for area, count in least.items()
        )


def add_site_constraints(
    made: SmallCase, rules: str, rng: np.random.Generator, areas: np.ndarray
) -> None:
    """Now and then a fixed or a forbidden site, and what `rules` names of money and of sites."""
    if rng.random() < 0.4:
        made.problem["fixed"] = [0]
    if rng.random() < 0.3:
        made.problem["forbidden"] = [5]
    if "budget" in rules:
        made.problem["site_costs"] = rng.integers(1, 6, SITES).astype(float)
        made.asked["budget"] = float(rng.integers(4, 11))
    if "closable" in rules:
        made.problem["closable"] = [1, 2]
    if "apart" in rules:
        made.problem["conflicts"] = [(0, 1), (1, 2), (3, 4)]
    if "area sites" in rules:
        made.problem |= {"site_areas": PLACES, "areas": areas}
        made.asked["min_sites_per_area"] = {"n": 1, "s": int(rng.integers(1, 3))}
    if "equity" in rules:
        made.problem["areas"] = areas
        made.asked["equity"] = True
    if "backup" in rules:
        made.asked["backup"] = True


def choices(made: SmallCase) -> Iterator[list[int]]:
    """Every choice of sites that keeps the rules."""
    for count in range(SITES + 1):
        for c in combinations(range(SITES), count):
            if made.allows(list(c)):
                yield list(c)
