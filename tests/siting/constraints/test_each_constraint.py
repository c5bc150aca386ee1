"""Covering under constraints, against brute force over all choices of sites."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from geoplan.errors import SitingError
from geoplan.siting import (
    SitingProblem,
    SolveRequest,
    max_coverage,
    min_sites,
    p_median,
)
from geoplan.siting.assignment.milp import AssignmentModel
from geoplan.siting.constrained.covering_model import CoveringModel
from geoplan.siting.solver import milp
from geoplan.siting.solver.milp import Model

ROWS, SITES = 9, 6


def instance(seed: int, **rules):
    rng = np.random.default_rng(seed)
    cover = rng.random((ROWS, SITES)) < 0.35
    weights = rng.integers(1, 30, ROWS).astype(float)
    return cover, weights, SitingProblem.from_cover(cover, weights, **rules)


def choices(least: int = 0, most: int = SITES):
    for count in range(least, most + 1):
        yield from (list(c) for c in combinations(range(SITES), count))


def served(cover, weights, chosen, times=1):
    return float(weights[cover[:, chosen].sum(axis=1) >= times].sum()) if chosen else 0.0


def placed(cover, weights, chosen, capacity):
    """Most people with a place, as a linear programme of its own."""
    pairs = [(i, j) for i in range(ROWS) for j in chosen if cover[i, j]]
    if not pairs:
        return 0.0
    rows = np.zeros((ROWS + SITES, len(pairs)))
    for k, (i, j) in enumerate(pairs):
        rows[i, k] = rows[ROWS + j, k] = 1
    found = linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=np.concatenate([weights, capacity]))
    return -found.fun


@pytest.mark.parametrize("seed", range(12))
def test_budget(seed):
    rng = np.random.default_rng(100 + seed)
    price = rng.integers(1, 9, SITES).astype(float)
    cover, weights, problem = instance(seed, site_costs=price, fixed=[0])
    budget = 9.0
    best = max(
        served(cover, weights, c)
        for c in choices()
        if 0 in c and price[[j for j in c if j != 0]].sum() <= budget
    )
    found = max_coverage(problem, budget=budget)
    assert (found.status, found.value) == ("optimal", best)
    assert price[[j for j in found.sites if j != 0]].sum() <= budget


@pytest.mark.parametrize("seed", range(12))
def test_sites_that_must_keep_apart(seed):
    pairs = [(0, 1), (1, 2), (3, 4)]
    cover, weights, problem = instance(seed, conflicts=pairs)
    apart = [c for c in choices(0, 3) if not any(a in c and b in c for a, b in pairs)]
    found = max_coverage(problem, sites=3)
    assert (found.status, found.value) == ("optimal", max(served(cover, weights, c) for c in apart))
    assert not any(a in found.sites and b in found.sites for a, b in pairs)


@pytest.mark.parametrize("seed", range(10))
def test_least_sites_per_area(seed):
    areas = np.array(["n", "n", "n", "s", "s", "s"], object)
    cover, weights, problem = instance(
        seed, site_areas=areas, areas=np.array(["n"] * 5 + ["s"] * 4, object)
    )
    fair = [c for c in choices(0, 3) if sum(areas[c] == "n") >= 1 and sum(areas[c] == "s") >= 2]
    found = max_coverage(problem, sites=3, min_sites_per_area={"n": 1, "s": 2})
    assert (found.status, found.value) == ("optimal", max(served(cover, weights, c) for c in fair))


@pytest.mark.parametrize("seed", range(10))
def test_least_share_per_area(seed):
    where = np.array(["n"] * 5 + ["s"] * 4, object)
    cover, weights, problem = instance(seed, areas=where)

    def shares(c):
        hit = cover[:, c].any(axis=1) if c else np.zeros(ROWS, bool)
        return [weights[hit & (where == a)].sum() / weights[where == a].sum() for a in "ns"]

    fair = [c for c in choices(0, 4) if min(shares(c)) >= 0.5]
    found = max_coverage(problem, sites=4, min_share_per_area=0.5)
    if not fair:
        assert found.status == "infeasible"
        assert found.blocking
    else:
        best = max(served(cover, weights, c) for c in fair)
        assert (found.status, found.value) == ("optimal", best)


@pytest.mark.parametrize("seed", range(10))
def test_backup_counts_only_people_reached_twice(seed):
    cover, weights, problem = instance(seed)
    found = max_coverage(problem, sites=3, backup=True)
    best = max(served(cover, weights, c, times=2) for c in choices(0, 3))
    assert (found.status, found.value) == ("optimal", best)
    reached = cover[:, found.sites].any(axis=1)  # once is enough to have a site to go to
    assert (found.assignment.notna() == reached).all()


@pytest.mark.parametrize("seed", range(10))
def test_capacities_at_every_site(seed):
    rng = np.random.default_rng(200 + seed)
    capacity = rng.integers(5, 40, SITES).astype(float)
    cover, weights, problem = instance(seed, capacities=capacity)
    found = max_coverage(problem, sites=3)
    best = max(placed(cover, weights, c, capacity) for c in choices(0, 3))
    assert found.status == "optimal"
    assert found.value == pytest.approx(best)
    flows = found.detail["flows"]
    assert (flows.groupby("site")["people"].sum() <= capacity[flows["site"].unique()].max()).all()
    for site, people in flows.groupby("site")["people"].sum().items():
        assert people <= capacity[site] + 1e-6
    for row, people in flows.groupby("demand")["people"].sum().items():
        assert people <= weights[row] + 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_the_worst_off_area_comes_first(seed):
    where = np.array(["n"] * 5 + ["s"] * 4, object)
    cover, weights, problem = instance(seed, areas=where)

    def worst(c):
        hit = cover[:, c].any(axis=1) if c else np.zeros(ROWS, bool)
        reach = [a for a in "ns" if cover[where == a].any()]
        return min(weights[hit & (where == a)].sum() / weights[where == a].sum() for a in reach)

    found = max_coverage(problem, sites=2, equity=True)
    every = list(choices(0, 2))
    best = max(worst(c) for c in every)
    total = max(served(cover, weights, c) for c in every if worst(c) >= best - 1e-9)
    assert found.detail["worst_area_share"] == pytest.approx(best)
    assert found.value == total


@pytest.mark.parametrize(
    "lost", [{"bound": None}, {"x": None, "bound": None}], ids=["found", "nothing found"]
)
def test_a_worst_off_area_that_is_not_proved_is_not_called_optimal(monkeypatch, lost):
    """The first stage is cut short; the second proves its own number, which is not enough."""
    where = np.array(["n"] * 5 + ["s"] * 4, object)
    _, _, covering = instance(1, areas=where)
    costs = np.random.default_rng(1).random((ROWS, SITES))
    distance = SitingProblem.from_costs(costs, np.ones(ROWS), areas=where, unit="m")
    for at, ask, problem in (
        (CoveringModel, max_coverage, covering),
        (AssignmentModel, p_median, distance),
    ):
        assert ask(problem, sites=2, equity=True).status == "optimal"
        asked = []

        def cut_short(model, *, usual=at.run, asked=asked, **options):
            asked.append(usual(model, **options))
            first = len(asked) == 1
            return replace(asked[-1], status="feasible", **lost) if first else asked[-1]

        with monkeypatch.context() as patch:
            patch.setattr(at, "run", cut_short)
            found = ask(problem, sites=2, equity=True)
        assert len(asked) >= 2
        assert asked[-1].status == "optimal"
        assert found.status == "feasible"
        assert "worst_area_bound" in found.detail


@pytest.mark.parametrize("seed", range(10))
def test_fewest_sites_that_keep_apart(seed):
    pairs = [(0, 1), (2, 3), (4, 5)]
    cover, weights, problem = instance(seed, conflicts=pairs)
    apart = [c for c in choices() if not any(a in c and b in c for a, b in pairs)]
    need = np.ceil(0.6 * weights.sum())
    enough = [len(c) for c in apart if served(cover, weights, c) >= need]
    found = min_sites(problem, share=0.6)
    if enough:
        assert (found.status, found.value) == ("optimal", min(enough))
    else:
        assert found.status == "infeasible"
        most = max(served(cover, weights, c) for c in apart)
        if served(cover, weights, list(range(SITES))) >= need:
            assert found.detail["largest_share"] == pytest.approx(most / weights.sum())


@pytest.mark.parametrize("rules", ["apart", "area sites", "area share", "backup", "places by area"])
@pytest.mark.parametrize("seed", range(8))
def test_fewest_sites_have_a_solution_when_the_solver_has_none(monkeypatch, seed, rules):
    """HiGHS comes back with nothing: a start that keeps the rules is handed over."""
    where = np.array(["n"] * 5 + ["s"] * 4, object)
    side = np.array(["n", "n", "n", "s", "s", "s"], object)
    pairs = [(0, 1)] if rules == "apart" else []
    room = np.random.default_rng(seed).integers(20, 60, SITES).astype(float)
    stated: dict = {"conflicts": pairs, "areas": where, "site_areas": side}
    if rules == "places by area":
        stated["capacities"] = room
    cover, weights, problem = instance(seed, **stated)
    least = {"area sites": {"n": 1, "s": 2}, "area share": 0.4, "places by area": 0.4}.get(rules)
    times = 2 if rules == "backup" else 1

    def people(c):
        if rules == "places by area":
            return placed(cover, weights, c, room)
        return served(cover, weights, c, times=times)

    def keeps(found):
        c = found.sites
        if rules == "area sites":
            return (side[c] == "n").sum() >= 1 and (side[c] == "s").sum() >= 2
        if least is None:
            return not any(a in c and b in c for a, b in pairs)
        hit = np.where(cover[:, c].any(axis=1), weights, 0.0)
        if rules == "places by area":
            hit = found.detail["flows"].groupby("demand")["people"].sum()
            hit = hit.reindex(range(ROWS), fill_value=0.0).to_numpy()
        return all(hit[where == a].sum() >= 0.4 * weights[where == a].sum() - 1e-6 for a in "ns")

    every = list(range(SITES))
    share = 0.6 * people(every) / weights.sum()
    asked = {"share": share, "backup": rules == "backup"}
    if least is not None:
        asked[f"min_{'sites' if rules == 'area sites' else 'share'}_per_area"] = least
    known = min_sites(problem, **asked)
    usual = CoveringModel.run

    def nothing(covering, **options):
        return replace(usual(covering, **options), status="unknown", x=None, bound=None)

    monkeypatch.setattr(CoveringModel, "run", nothing)
    found = min_sites(problem, **asked)
    if known.status == "infeasible":
        return
    if not pairs or found.status != "unknown":  # with pairs the greedy choice may fall short
        assert found.status in ("feasible", "optimal")
        assert keeps(found)
        assert people(found.sites) >= share * weights.sum() - 1e-6
        assert found.bound <= known.value <= found.value == len(found.sites)


def test_a_solution_is_kept_when_the_run_without_a_start_finds_none(monkeypatch):
    """The run with a start tells a wrong objective: its bound is lost, its columns are not."""
    model = Model()
    y = model.add_columns(2, cost=-1.0, integer=True)
    model.add_row(y, upper=1.0)
    usual, runs = milp.read_outcome, []

    def odd(highs, **options):
        runs.append(usual(highs, **options))
        if len(runs) == 1:
            return replace(runs[0], value=runs[0].value + 5)
        return replace(runs[0], status="unknown", x=None, value=np.nan, bound=2 * runs[0].bound)

    monkeypatch.setattr(milp, "read_outcome", odd)
    found = model.solve(time_limit_s=5, start=np.zeros(2))
    assert len(runs) == 2
    assert (found.status, found.value, found.bound) == ("feasible", -1.0, -2.0)
    assert found.x.sum() == 1


def test_closing_an_old_site_for_a_better_one():
    # the old site 0 reaches 10 people, a new one 30: with one site the old one goes
    cover = np.array([[1, 0], [0, 1]], bool)
    problem = SitingProblem.from_cover(cover, [10, 30], closable=[0])
    assert max_coverage(problem, sites=1).sites == [1]
    kept = SitingProblem.from_cover(cover, [10, 30], fixed=[0])
    assert max_coverage(kept, sites=1).sites == [0]


def test_infeasible_constraints_say_why():
    cover = np.ones((2, 2), bool)
    problem = SitingProblem.from_cover(cover, [1, 1], site_areas=["n", "n"], areas=["n", "s"])
    found = max_coverage(problem, sites=2, min_sites_per_area={"n": 1, "s": 1})
    assert found.status == "infeasible"
    assert "'s'" in found.blocking[0]


def test_options_that_make_no_sense_are_reported_together():
    problem = SitingProblem.from_cover(np.ones((2, 2), bool), [1, 1])
    with pytest.raises(SitingError) as told:
        max_coverage(problem, budget=-1, equity=True, time_limit_s=0)
    for word in ("site_costs", "finite amount", "areas", "time_limit_s"):
        assert word in str(told.value)
    with pytest.raises(SitingError, match="sites = N"):
        max_coverage(problem)


def test_the_old_name_of_the_least_per_area_works_and_warns() -> None:
    problem = SitingProblem.from_cover(
        np.eye(4, dtype=bool), [4, 3, 2, 1], areas=list("nnss"), site_areas=list("nnss")
    )
    for old, new in (
        (1, {"min_sites_per_area": 1}),
        (0.3, {"min_share_per_area": 0.3}),
        ({"n": 1, "s": 0.5}, {"min_sites_per_area": {"n": 1}, "min_share_per_area": {"s": 0.5}}),
    ):
        with pytest.warns(DeprecationWarning, match="min_sites_per_area"):
            found = max_coverage(problem, sites=2, per_area_minimum=old)
        asked = max_coverage(problem, sites=2, **new)
        assert (found.sites, found.value) == (asked.sites, asked.value)
        assert set("ns") == {"nnss"[j] for j in found.sites}


def test_a_share_is_no_number_of_sites() -> None:
    problem = SitingProblem.from_cover(
        np.eye(2, dtype=bool), [4, 3], areas=list("ns"), site_areas=list("ns")
    )
    with pytest.raises(SitingError, match="min_share_per_area"):
        max_coverage(problem, sites=2, min_sites_per_area=1.0)
    assert max_coverage(problem, sites=2, min_share_per_area=1).status == "optimal"


def test_a_request_is_as_good_as_its_keywords() -> None:
    problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [4, 3, 2])
    request = SolveRequest(seed=7, gap=0.5)
    assert max_coverage(problem, sites=2, request=request).seed == 7
    assert max_coverage(problem, sites=2, request=request, seed=3).seed == 3
    with pytest.raises(TypeError, match="'sead'"):
        max_coverage(problem, sites=2, sead=3)
    with pytest.raises(SitingError, match="threads"):
        max_coverage(problem, sites=2, threads=0)
