"""Covering under every constraint: all choices of sites, and scipy's milp, agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import maximum_flow

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, max_coverage, min_sites
from tests.siting.constraints.small_cases import (
    PLACES,
    SITES,
    SmallCase,
    add_site_constraints,
    choices,
)

ROWS = 9
AREAS = np.array(["n"] * 5 + ["s"] * 4, object)

RULES = [
    "none",
    "gradual",
    "budget",
    "closable budget",
    "apart",
    "area sites",
    "area shares",
    "places",
    "backup",
    "equity",
    "gradual budget",
    "gradual apart",
    "gradual area sites",
    "gradual area shares",
    "gradual equity",
    "budget apart",
    "budget places",
    "budget backup",
    "apart places",
    "apart backup area sites",
    "apart equity",
    "area sites places",
    "area shares places",
    "area shares backup",
    "equity places",
    "equity backup",
    "budget apart area sites places",
]
NO_SENSE = ["gradual places", "gradual backup", "places backup"]


class Case(SmallCase):
    def level(self) -> np.ndarray:
        """How far each site covers each row, 0..1."""
        full = self.problem.get("full_within")
        if full is None:
            return (self.costs <= 20).astype(float)
        return np.clip((20 - self.costs) / (20 - full), 0.0, 1.0)

    def allows(self, c: list[int]) -> bool:
        if not super().allows(c):
            return False
        least = self.asked.get("min_share_per_area")
        if isinstance(least, float) and "capacities" not in self.problem:
            there = self.served_rows(c)
            for area in "ns":
                here = area == AREAS
                if there[here].sum() < self.need(least, here) - 1e-9:
                    return False
        return True

    def need(self, share: float, here: np.ndarray) -> float:
        people = share * self.weights[here].sum()
        # with gradual coverage people are served in part, and half a person may do
        return float(people if "full_within" in self.problem else np.ceil(people - 1e-9))

    def served(self, c: list[int]) -> float:
        """People that count with the sites `c` open."""
        if c and "capacities" in self.problem:
            return self.placed(c)
        return float(self.served_rows(c).sum())

    def served_rows(self, c: list[int]) -> np.ndarray:
        """People per demand row that count with the sites `c` open, capacities aside."""
        if not c:
            return np.zeros(ROWS)
        level = self.level()[:, c]
        if self.asked.get("backup"):
            return self.weights * ((level > 0).sum(axis=1) >= 2)
        return self.weights * level.max(axis=1)

    def placed(self, c: list[int]) -> float:
        """Most people with a place: a flow from people to sites."""
        graph = np.zeros((ROWS + SITES + 2, ROWS + SITES + 2), np.int32)
        graph[0, 1 : ROWS + 1] = self.weights
        for j in c:
            graph[1 : ROWS + 1, ROWS + 1 + j] = np.where(self.level()[:, j] > 0, 1000, 0)
            graph[ROWS + 1 + j, -1] = self.problem["capacities"][j]
        return float(maximum_flow(sparse.csr_matrix(graph), 0, ROWS + SITES + 1).flow_value)


def case(seed: int, rules: str) -> Case:
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, 50, (ROWS, SITES)).astype(float)
    weights = rng.integers(1, 30, ROWS).astype(float)
    made = Case(costs=costs, weights=weights, asked={"sites": int(rng.integers(2, 5))})
    made.problem["threshold"] = 20
    add_site_constraints(made, rules, rng, AREAS)
    if "gradual" in rules:
        made.problem["full_within"] = 5
    if "budget" in rules and seed % 2:
        del made.asked["sites"]
    if "area shares" in rules:
        made.problem["areas"] = AREAS
        made.asked["min_share_per_area"] = 0.3
    if "places" in rules:
        made.problem["capacities"] = rng.integers(5, 60, SITES).astype(float)
    return made


def stated(made: Case) -> SitingProblem:
    return SitingProblem.from_costs(made.costs, made.weights, unit="m", **made.problem)


class Textbook:
    """The whole question as one model for scipy: open sites, served people, the rules."""

    def __init__(self, made: Case) -> None:
        self.made = made
        n, m = ROWS, SITES
        self.level = made.level()
        pairs = [(i, j) for i in range(n) for j in range(m) if self.level[i, j] > 0]
        self.x = {pair: m + k for k, pair in enumerate(pairs)}
        self.twice = m + len(pairs)
        self.worst = self.twice + n
        self.size = self.worst + 1
        self.lower, self.upper = np.zeros(self.size), np.full(self.size, np.inf)
        self.upper[:m] = 1
        self.upper[self.twice : self.worst] = 1
        self.lower[made.problem.get("fixed", [])] = 1
        self.upper[made.problem.get("forbidden", [])] = 0
        self.rows, self.low, self.high = [], [], []
        self._link()
        self._sites()
        self._areas()

    def add(self, entries, low, high) -> None:
        row = np.zeros(self.size)
        for at, value in entries:
            row[at] += value
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def _link(self) -> None:
        made, w = self.made, self.made.weights
        for (i, j), x in self.x.items():
            self.add([(x, 1.0), (j, -w[i])], -np.inf, 0)
        for i in range(ROWS):
            self.add([(x, 1.0) for (a, _), x in self.x.items() if a == i], -np.inf, w[i])
            near = [(j, -1.0) for (a, j) in self.x if a == i]
            self.add([(self.twice + i, 2.0), *near], -np.inf, 0)
        if "capacities" in made.problem:
            for j in range(SITES):
                took = [(x, 1.0) for (_, b), x in self.x.items() if b == j]
                self.add([*took, (j, -made.problem["capacities"][j])], -np.inf, 0)

    def _sites(self) -> None:
        made = self.made
        if "sites" in made.asked:
            self.add([(j, 1.0) for j in range(SITES)], -np.inf, made.asked["sites"])
        if "budget" in made.asked:
            stands = [*made.problem.get("fixed", []), *made.problem.get("closable", [])]
            price = made.problem["site_costs"]
            new = [(j, price[j]) for j in range(SITES) if j not in stands]
            self.add(new, -np.inf, made.asked["budget"])
        for a, b in made.problem.get("conflicts", []):
            self.add([(a, 1.0), (b, 1.0)], -np.inf, 1)
        least = made.asked.get("min_sites_per_area", {})
        for area, count in least.items():
            self.add([(j, 1.0) for j in range(SITES) if PLACES[j] == area], count, np.inf)

    def people(self, here: np.ndarray) -> list[tuple[int, float]]:
        if self.made.asked.get("backup"):
            rows = np.flatnonzero(here)
            return [(self.twice + int(i), self.made.weights[i]) for i in rows]
        return [(x, self.level[i, j]) for (i, j), x in self.x.items() if here[i]]

    def _areas(self) -> None:
        made = self.made
        for area in "ns":
            here = area == AREAS
            least = made.asked.get("min_share_per_area")
            if isinstance(least, float):
                self.add(self.people(here), made.need(least, here), np.inf)
            # areas out of reach are told, and do not hold the others back
            reached = (self.level[here] > 0)[:, self.upper[:SITES] > 0].sum(axis=1)
            if made.asked.get("equity") and reached.max() >= (2 if made.asked.get("backup") else 1):
                share = [(x, v / made.weights[here].sum()) for x, v in self.people(here)]
                self.add([*share, (self.worst, -1.0)], 0, np.inf)

    def most(self, goal: str = "people") -> float:
        cost = np.zeros(self.size)
        if goal == "worst":
            cost[self.worst] = -1.0
        elif goal == "sites":
            cost[:SITES] = 1.0
        else:
            for at, value in self.goal():
                cost[at] -= value
        whole = np.zeros(self.size)
        whole[:SITES] = whole[self.twice : self.worst] = 1
        upper = self.upper.copy()
        upper[self.worst] = min(upper[self.worst], 1.0)
        found = milp(
            cost,
            constraints=LinearConstraint(np.array(self.rows), self.low, self.high),
            bounds=Bounds(self.lower, upper),
            integrality=whole,
        )
        return np.nan if found.x is None else abs(float(found.fun))

    def goal(self) -> list[tuple[int, float]]:
        if self.made.asked.get("backup"):
            return [(self.twice + i, self.made.weights[i]) for i in range(ROWS)]
        return self.people(np.ones(ROWS, bool))


@pytest.mark.parametrize("rules", RULES)
def test_most_people(rules: str) -> None:
    solved = 0
    for seed in range(6):
        made = case(seed, rules)
        model = Textbook(made)
        if made.asked.get("equity"):
            worst = model.most("worst")
            model.lower[model.worst] = worst - 1e-7
        truth = model.most()
        found = max_coverage(stated(made), **made.asked)
        if np.isnan(truth):
            assert found.status == "infeasible", seed
            assert found.blocking
            continue
        solved += 1
        if rules not in ("area shares places", "equity places") and "equity" not in rules:
            best = max(made.served(c) for c in choices(made))
            assert best == pytest.approx(truth, abs=1e-4), seed
        assert found.status == "optimal", seed
        assert found.value == pytest.approx(truth, abs=1e-4), seed
        assert found.bound == pytest.approx(truth, abs=1e-3)
        assert made.allows(list(found.sites)), seed
        if made.asked.get("equity"):
            assert found.detail["worst_area_share"] == pytest.approx(worst, abs=1e-6)
    assert solved > 0


@pytest.mark.parametrize("rules", [r for r in RULES if "budget" not in r and "equity" not in r])
def test_fewest_sites(rules: str) -> None:
    solved = 0
    for seed in range(5):
        made = case(seed, rules)
        del made.asked["sites"]
        share = 0.5
        need = made.need(share, np.ones(ROWS, bool))
        model = Textbook(made)
        model.add(model.goal(), need, np.inf)
        truth = np.round(model.most("sites"))
        found = min_sites(stated(made), share=share, **made.asked)
        if np.isnan(truth):
            assert found.status == "infeasible", seed
            assert found.blocking
            continue
        solved += 1
        if rules != "area shares places":
            enough = [len(c) for c in choices(made) if made.served(c) >= need - 1e-9]
            assert min(enough) == truth, seed
        assert (found.status, found.value, found.bound) == ("optimal", truth, truth), seed
        assert made.allows(list(found.sites)), seed
    assert solved > 0


@pytest.mark.parametrize("rules", NO_SENSE)
def test_what_makes_no_sense_together(rules: str) -> None:
    made = case(1, rules)
    with pytest.raises(SitingError, match=r"do not go together|not supported"):
        max_coverage(stated(made), **made.asked)
    made.asked = {k: v for k, v in made.asked.items() if k == "backup"}
    with pytest.raises(SitingError, match=r"do not go together|not supported"):
        min_sites(stated(made), **made.asked)


def test_the_smallest_relaxation() -> None:
    """What is told is enough and one less is not: sites, money, the share of an area."""
    told = set()
    for rules in (
        "area shares",
        "budget area shares",
        "area shares apart",
        "budget area sites apart",
    ):
        for seed in range(8):
            made = case(seed, rules)
            made.problem.pop("fixed", None)
            made.asked["sites"] = 1
            if "budget" in made.asked:
                made.asked["budget"] = 2.0
            if "min_share_per_area" in made.asked:
                made.asked["min_share_per_area"] = 0.7
            problem = stated(made)
            found = max_coverage(problem, **made.asked)
            if found.status != "infeasible":
                continue
            text = " ".join(found.blocking)
            for way in found.detail.get("relaxations", []):
                family, broken = next(iter(way.items()))
                told.add(family)
                if family in ("sites", "budget") and len(way) == 1:
                    enough = found.detail[f"smallest_{family}"]
                    assert f"{enough:g}" in text
                    again = made.asked | {family: enough}
                    assert max_coverage(problem, **again).status == "optimal"
                    again[family] = enough - 1
                    assert max_coverage(problem, **again).status == "infeasible"
                if family == "area_share" and len(way) == 1:
                    shares = dict.fromkeys("ns", 0.7)
                    for code, short in broken.items():
                        assert f"area {code!r}" in text
                        people = made.weights[code == AREAS].sum()
                        shares[code] = max(0.0, (np.ceil(0.7 * people - 1e-9) - short) / people)
                    again = made.asked | {"min_share_per_area": shares}
                    assert max_coverage(problem, **again).status == "optimal"
    assert {"sites", "budget", "area_share"} <= told


def test_infeasible_fewest_sites_report_the_most_that_can_be_served() -> None:
    cover = np.array([[1, 0], [0, 1]], bool)
    problem = SitingProblem.from_cover(
        cover, [10, 30], conflicts=[("a", "b")], site_index=["a", "b"]
    )
    found = min_sites(problem)
    assert found.status == "infeasible"
    assert found.detail["largest_share"] == pytest.approx(0.75)
    assert {"need": {40.0: 10.0}} in found.detail["relaxations"]
    assert {"conflicts": {("a", "b"): 1.0}} in found.detail["relaxations"]
    assert "('a', 'b')" in " ".join(found.blocking)
