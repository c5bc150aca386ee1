"""p-median and p-center under constraints: all choices of sites, and scipy's milp, agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse.csgraph import maximum_bipartite_matching

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, p_center, p_median
from geoplan.siting.assignment.milp import AssignmentModel
from geoplan.siting.solver.highs import Outcome
from tests.siting.constraints.small_cases import (
    PLACES,
    SITES,
    SmallCase,
    add_site_constraints,
    choices,
)

ROWS = 8
AREAS = np.array(["n"] * 4 + ["s"] * 4, object)

#: one set of rules each; every problem is asked under every one that makes sense there
RULES = [
    "none",
    "budget",
    "budget and sites",
    "closable budget",
    "apart",
    "area sites",
    "places",
    "area shares",
    "equity",
    "backup",
    "places apart",
    "places budget area sites",
    "apart area sites budget",
    "equity apart",
    "equity places",
    "area shares places",
    "backup apart",
    "backup budget",
]
NO_SENSE = {"p_median": ("backup",), "p_center": ("area shares", "equity")}


class Case(SmallCase):
    def median(self, c: list[int]) -> float:
        """Least total cost with the sites `c`, inf where it cannot be."""
        if not c:
            return np.inf
        share = self.asked.get("min_share_per_area")
        share = share if isinstance(share, float) else 0.0
        if "capacities" in self.problem:
            near = self.units(c, share)
            if near is None:
                return np.inf
            row, column = linear_sum_assignment(near)
            total = float(near[row, column].sum())
            return total if total < 1e6 else np.inf
        near = self.costs[:, c].min(axis=1)
        for area in "ns":
            here = area == AREAS
            in_reach = self.weights[here & (near <= 15)].sum()
            if in_reach < np.ceil(share * self.weights[here].sum() - 1e-9):
                return np.inf
        return float((self.weights * near).sum())

    def units(self, c: list[int], share: float = 0.0) -> np.ndarray | None:
        """Every person x every place: what the way costs (1e6: out of reach)."""
        people = np.repeat(np.arange(ROWS), self.weights.astype(int))
        places = np.repeat(c, self.problem["capacities"][c].astype(int))
        if len(places) < len(people):
            return None
        assert share == 0.0
        near = self.costs[np.ix_(people, places)]
        return np.where(np.isfinite(near), near, 1e6)

    def center(self, c: list[int], times: int) -> float:
        if len(c) < times:
            return np.inf
        if "capacities" in self.problem:
            near = self.units(c)
            if near is None:
                return np.inf
            for radius in np.unique(near[near < 1e6]):
                match = maximum_bipartite_matching(sparse.csr_matrix(near <= radius), "column")
                if (match >= 0).all():
                    return float(radius)
            return np.inf
        return float(np.sort(self.costs[:, c], axis=1)[:, times - 1].max())


def case(seed: int, rules: str) -> Case:
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, 30, (ROWS, SITES)).astype(float)
    costs[rng.random(costs.shape) < 0.15] = np.inf
    weights = rng.integers(1, 4, ROWS).astype(float)
    made = Case(costs=costs, weights=weights, asked={"sites": int(rng.integers(2, 5))})
    add_site_constraints(made, rules, rng, AREAS)
    if rules in ("budget", "closable budget"):
        del made.asked["sites"]
    if "area shares" in rules:
        made.problem |= {"areas": AREAS, "threshold": 15}
        made.asked["min_share_per_area"] = 0.6
    if "places" in rules:
        made.problem["capacities"] = rng.integers(3, 11, SITES).astype(float)
    return made


def asked_of(made: Case, kind: str, **options):
    problem = SitingProblem.from_costs(made.costs, made.weights, unit="m", **made.problem)
    solve = p_median if kind == "p_median" else p_center
    return solve(problem, **made.asked, **options)


def by_brute_force(made: Case, kind: str) -> float:
    if kind == "p_center":
        times = 2 if made.asked.get("backup") else 1
        return min((made.center(c, times) for c in choices(made)), default=np.inf)
    if not made.asked.get("equity"):
        return min((made.median(c) for c in choices(made)), default=np.inf)
    able = [(worst_area(made, c), made.median(c)) for c in choices(made)]
    least = min((worst for worst, _ in able), default=np.inf)
    return min((total for worst, total in able if worst <= least + 1e-9), default=np.inf)


def worst_area(made: Case, c: list[int]) -> float:
    """The largest mean cost of an area, everybody at their nearest site."""
    if not c:
        return np.inf
    cost = made.weights * made.costs[:, c].min(axis=1)
    return max(cost[a == AREAS].sum() / made.weights[a == AREAS].sum() for a in "ns")


def by_milp(made: Case, kind: str) -> float:
    """The textbook model; a stage for equity, a search over costs for p-center."""
    if kind == "p_center":
        for radius in np.unique(made.costs[np.isfinite(made.costs)]):
            if np.isfinite(_milp(made, radius=float(radius))[0]):
                return float(radius)
        return np.inf
    if made.asked.get("equity"):
        _, worst = _milp(made, goal="worst")
        return _milp(made, most=worst + 1e-7)[0] if np.isfinite(worst) else np.inf
    return _milp(made)[0]


def _milp(made: Case, *, radius=np.inf, goal="total", most=np.inf) -> tuple[float, float]:
    n, m, k = ROWS, SITES, ROWS * SITES
    cost = np.where(np.isfinite(made.costs), made.costs, 0.0).ravel()
    usable = np.isfinite(made.costs).ravel() & (made.costs.ravel() <= radius)
    w = made.weights
    lower, upper = np.zeros(m + k + 1), np.ones(m + k + 1)
    lower[made.problem.get("fixed", [])] = 1
    upper[made.problem.get("forbidden", [])] = 0
    upper[m : m + k] = usable
    upper[-1] = np.inf
    rows, low, high = [], [], []

    def add(entries, least, greatest):
        row = np.zeros(m + k + 1)
        for at, value in entries:
            row[at] += value
        rows.append(row)
        low.append(least)
        high.append(greatest)

    backup = made.asked.get("backup", False)
    for i in range(n):
        x = [(m + i * m + j, 1.0) for j in range(m)]
        add(x, 2 if backup else 1, 2 if backup else 1)
        for j in range(m):
            add([(m + i * m + j, 1.0), (j, -1.0)], -np.inf, 0)
    if "sites" in made.asked:
        add([(j, 1.0) for j in range(m)], -np.inf, made.asked["sites"])
    if "budget" in made.asked:
        stands = [*made.problem.get("fixed", []), *made.problem.get("closable", [])]
        price = made.problem["site_costs"]
        add([(j, price[j]) for j in range(m) if j not in stands], -np.inf, made.asked["budget"])
    for a, b in made.problem.get("conflicts", []):
        add([(a, 1.0), (b, 1.0)], -np.inf, 1)
    for area, count in made.asked.get("min_sites_per_area", {}).items():
        add([(j, 1.0) for j in range(m) if PLACES[j] == area], count, np.inf)
    least = made.asked.get("min_share_per_area")
    for area in "ns":
        here = [i for i in range(n) if AREAS[i] == area]
        people = w[here].sum()
        if isinstance(least, float):
            near = [(m + i * m + j, w[i]) for i in here for j in range(m) if made.costs[i, j] <= 15]
            add(near, np.ceil(least * people - 1e-9), np.inf)
        if made.asked.get("equity"):
            way = [(m + i * m + j, w[i] * cost[i * m + j] / people) for i in here for j in range(m)]
            add([*way, (m + k, -1.0)], -np.inf, 0)
    if "capacities" in made.problem:
        for j in range(m):
            add(
                [*((m + i * m + j, w[i]) for i in range(n)), (j, -made.problem["capacities"][j])],
                -np.inf,
                0,
            )
    upper[-1] = most
    c = np.zeros(m + k + 1)
    if goal == "worst":
        c[-1] = 1.0
    elif radius == np.inf:
        c[m : m + k] = np.repeat(w, m) * cost
    found = milp(
        c,
        constraints=LinearConstraint(np.array(rows), low, high),
        bounds=Bounds(lower, upper),
        integrality=np.concatenate([np.ones(m), np.zeros(k + 1)]),
    )
    if found.x is None:
        return np.inf, np.inf
    return float(found.fun), float(found.x[-1])


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("kind", ["p_median", "p_center"])
def test_every_choice_of_sites_is_tried(kind: str, rules: str) -> None:
    if any(word in rules for word in NO_SENSE[kind]):
        with pytest.raises(SitingError, match="do not go together"):
            asked_of(case(0, rules), kind)
        return
    solved = 0
    for seed in range(6):
        made = case(seed, rules)
        by_model = by_milp(made, kind)
        if rules not in ("equity places", "area shares places"):
            assert by_brute_force(made, kind) == pytest.approx(by_model, abs=1e-5), seed
        found = asked_of(made, kind)
        if not np.isfinite(by_model):
            assert found.status == "infeasible", seed
            assert found.blocking
            continue
        solved += 1
        assert found.status == "optimal", (seed, found)
        assert found.value == pytest.approx(by_model, abs=1e-5), seed
        assert found.bound == pytest.approx(by_model, abs=1e-5)
        assert made.allows(list(found.sites)), seed
        _check_flows(made, found)
    assert solved > 0


def _check_flows(made: Case, found) -> None:
    assert found.assignment.notna().all()
    if "capacities" not in made.problem:
        near = made.costs[:, list(found.sites)].min(axis=1)
        assert [made.costs[i, j] for i, j in found.assignment.items()] == list(near)
        return
    flows = found.detail["flows"]
    taken = flows.groupby("site")["people"].sum()
    assert (taken <= made.problem["capacities"][taken.index]).all()
    sent = flows.groupby("demand")["people"].sum()
    assert (sent == made.weights).all()
    assert set(taken.index) <= set(found.sites)
    for demand, site, _, cost in flows.itertuples(index=False):
        assert cost == made.costs[demand, site]


def test_an_old_site_moves_where_that_helps() -> None:
    # 0 and 1 stand; with two sites in all, 1 moves to 2 where its people live
    costs = np.array([[0.0, 9.0, 9.0], [9.0, 9.0, 1.0], [9.0, 2.0, 9.0]])
    problem = SitingProblem.from_costs(costs, [5, 50, 1], closable=[0, 1], unit="m")
    assert p_median(problem, sites=2).sites == [0, 2]
    kept = SitingProblem.from_costs(costs, [5, 50, 1], fixed=[0, 1], unit="m")
    assert p_median(kept, sites=2).sites == [0, 1]


def test_what_makes_no_sense_is_reported_all_at_once() -> None:
    problem = SitingProblem.from_costs(
        np.ones((2, 2)), [1, 1], threshold=5, full_within=2, capacities=3.0, unit="m"
    )
    with pytest.raises(SitingError) as told:
        p_median(problem, sites=0, budget=-1, backup=True, equity=True)
    for word in ("1 or more", "site_costs", "finite amount", "full_within", "backup", "areas"):
        assert word in str(told.value)
    with pytest.raises(SitingError, match="say how many"):
        p_center(problem)


# -- what to relax ---------------------------------------------------------------------------


def test_too_few_sites_say_how_many_and_whom_they_miss() -> None:
    costs = np.full((3, 3), np.inf)
    np.fill_diagonal(costs, 1.0)
    problem = SitingProblem.from_costs(costs, [10, 20, 30], unit="m")
    for solve in (p_median, p_center):
        found = solve(problem, sites=2)
        assert found.status == "infeasible"
        assert found.detail["smallest_sites"] == 3
        assert found.detail["blocking_demand"] == [0]
        assert found.detail["largest_share"] == pytest.approx(50 / 60)
        assert "at least 3" in found.blocking[0]


@pytest.mark.parametrize("kind", ["p_median", "p_center"])
def test_the_smallest_relaxation_of_each_constraint(kind: str) -> None:
    """What is told is enough, and one less is not: asked again and again."""
    told = []
    for rules in ("budget and sites", "apart", "places apart", "apart area sites budget"):
        for seed in range(60, 66):
            made = case(seed, rules)
            made.problem.pop("fixed", None)
            made.asked["sites"] = 2
            if "budget" in made.asked:
                made.asked["budget"] = 2.0
            found = asked_of(made, kind)
            for way in found.detail.get("relaxations", []):
                if list(way) not in (["sites"], ["budget"]):
                    continue
                key = next(iter(way))
                enough = found.detail[f"smallest_{key}"]
                assert f"{enough:g}" in " ".join(found.blocking)
                before = made.asked[key]
                made.asked[key] = enough
                assert asked_of(made, kind).status == "optimal", (rules, seed, way)
                made.asked[key] = enough - 1
                assert asked_of(made, kind).status == "infeasible", (rules, seed, way)
                made.asked[key] = before
                told.append(key)
    assert set(told) == {"sites", "budget"}


def test_missing_capacity_is_counted() -> None:
    costs = np.array([[1.0, 2.0], [3.0, np.inf]])
    problem = SitingProblem.from_costs(
        costs, [10, 5], capacities=[4, 6], unit="m", site_areas=["n", "s"]
    )
    found = p_median(problem, sites=2)
    assert found.status == "infeasible"
    # 15 people, 10 places; the second row can only go to site 0
    ways = {next(iter(way)): next(iter(way.values())) for way in found.detail["relaxations"]}
    short = ways["capacities"]
    assert sum(short.values()) == pytest.approx(5)
    assert short[0] >= 1 - 1e-6
    left_out = ways["reach"]
    assert sum(left_out.values()) == pytest.approx(5)
    assert "capacity for 5 more" in " ".join(found.blocking)


BOUGHT = [
    (p_median, {}, {}),
    (p_median, {"capacities": True}, {}),
    (p_median, {"areas": True}, {"min_share_per_area": 0.5}),
    (p_median, {"areas": True}, {"equity": True}),
    (p_center, {}, {}),
    (p_center, {"capacities": True}, {}),
]


@pytest.mark.parametrize(("solve", "given", "asked"), BOUGHT)
def test_money_buys_no_site_that_changes_nothing(solve, given: dict, asked: dict) -> None:
    """Any new site left out makes the value worse: tried by forbidding all but the others."""
    bought = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        people, places = rng.integers(0, 6, (12, 2)) * 100.0, rng.integers(0, 6, (8, 2)) * 100.0
        costs = np.abs(people[:, None] - places[None]).sum(-1)
        weights = rng.integers(1, 9, 12).astype(float)
        options = {"fixed": [0], "site_costs": rng.integers(1, 5, 8).astype(float), "unit": "m"}
        if "capacities" in given:
            options["capacities"] = float(np.ceil(weights.sum() / 2))
        if "areas" in given:
            options |= {"areas": list(rng.integers(0, 2, 12)), "threshold": 200.0}
        found = solve(SitingProblem.from_costs(costs, weights, **options), budget=12, **asked)
        if not np.isfinite(found.value):
            continue
        for out in found.sites[1:]:
            bought += 1
            never = [j for j in range(8) if j == out or j not in found.sites]
            less = SitingProblem.from_costs(costs, weights, forbidden=never, **options)
            without = solve(less, budget=12, **asked)
            assert not without.value <= found.value + 1e-6, (seed, out)
    assert bought > 10


def test_a_start_that_misses_a_share_is_no_solution_when_time_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The shortest journeys leave the far area beyond the threshold; the search finds nothing."""
    costs = np.array([[0.0, 9.0], [20.0, 5.0]])
    problem = SitingProblem.from_costs(costs, [50, 1], threshold=6, unit="m", areas=["n", "s"])
    nothing = Outcome(status="unknown", x=None, value=np.nan, bound=None)
    monkeypatch.setattr(AssignmentModel, "run", lambda *_, **__: nothing)
    found = p_median(problem, sites=1, min_share_per_area={"s": 1.0})
    assert (found.status, found.sites) == ("unknown", [])
    kept = p_median(problem, sites=1, min_share_per_area={"n": 1.0})
    assert (kept.status, kept.sites) == ("optimal", [0])
