"""Sites with capacities, old and new: people change site. Against every choice of sites."""

from __future__ import annotations

from copy import copy
from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from geoplan.errors import SitingError
from geoplan.siting import (
    SitingProblem,
    alternative_sites,
    coverage_curve,
    explain_sites,
    max_coverage,
    min_sites,
    phased_sites,
)
from geoplan.siting.constrained import capacity_solve
from geoplan.siting.constrained.capacity_flow import CapacityFlow
from geoplan.siting.constrained.capacity_milp import (
    add_submodular_cuts,
    pair_people,
    warm_start_from_flow,
)
from geoplan.siting.constrained.capacity_part import largest_flow, shortage_part
from geoplan.siting.constrained.capacity_search import CapacitySearch
from geoplan.siting.constrained.covering_model import CoveringModel
from geoplan.siting.constrained.milp import build_covering_model
from geoplan.siting.model.constraints import Constraints
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model

ROWS, SITES = 10, 8
AREAS = np.array(["n", "s"] * 4, object)


def people_served(cover, weights, room, chosen) -> float:
    """People with a place at the sites `chosen`, by networkx."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["in", "out"])
    for j in chosen:
        limit = {"capacity": room[j]} if np.isfinite(room[j]) else {}
        graph.add_edge(("site", j), "out", **limit)
        for i in np.flatnonzero(cover[:, j]):
            graph.add_edge("in", ("row", i), capacity=weights[i])
            graph.add_edge(("row", i), ("site", j))
    return float(nx.maximum_flow_value(graph, "in", "out"))


def town(seed: int, *, whole: bool = True):
    """Some old sites, mostly full, and new ones, some without a limit."""
    rng = np.random.default_rng(seed)
    cover = rng.random((ROWS, SITES)) < 0.3
    weights = rng.integers(0, 30, ROWS).astype(float)
    room = rng.integers(0, 40, SITES).astype(float)
    room[rng.random(SITES) < 0.2] = np.inf
    if not whole:
        weights, room = weights + rng.random(ROWS), room + rng.random(SITES)
    return cover, weights, room, list(range(int(rng.integers(1, 4))))


def every_choice(fixed, most=SITES):
    rest = [j for j in range(SITES) if j not in fixed]
    for count in range(most - len(fixed) + 1):
        yield from ([*fixed, *more] for more in combinations(rest, count))


@pytest.mark.parametrize("seed", range(40))
def test_people_served_as_sites_open_and_close(seed):
    cover, weights, room, _ = town(seed, whole=seed % 2 == 0)
    core = reduce_problem(SitingProblem.from_cover(cover, weights), drop_sites=False)
    flow = CapacityFlow(core, room)
    rng = np.random.default_rng(seed)
    opened: set[int] = set()
    for j in rng.integers(0, SITES, 12).tolist():
        before = flow.served
        if j in opened:
            opened.remove(j)
            assert flow.close(j) == pytest.approx(before - flow.served)
        else:
            gain = flow.gain(j)
            assert flow.served == before
            opened.add(j)
            assert flow.open(j) == pytest.approx(gain)
        assert flow.served == pytest.approx(people_served(cover, weights, room, sorted(opened)))
        taken = np.bincount(core.row_idx, weights=flow.people, minlength=SITES)
        assert (taken <= np.where(flow.is_open, room, 0) + 1e-9).all()
        assert (flow.people >= 0).all()


@pytest.mark.parametrize("seed", range(40))
def test_people_outside_the_lacking_part_do_not_matter(seed):
    cover, weights, room, fixed = town(seed)
    problem = SitingProblem.from_cover(cover, weights, capacities=room, fixed=fixed)
    part = shortage_part(problem)
    inside = np.where(part.rows, weights, 0.0)
    for chosen in every_choice(fixed):
        whole = people_served(cover, weights, room, chosen)
        assert whole == part.served_outside + people_served(cover, inside, room, chosen)


@pytest.mark.parametrize("rules", ["number", "money", "apart", "areas", "closable", "all"])
@pytest.mark.parametrize("seed", range(15))
def test_most_people_where_old_sites_are_full(seed, rules):
    whole = seed % 3 > 0
    cover, weights, room, fixed = town(seed, whole=whole)
    rng = np.random.default_rng(1000 + seed)
    price = rng.integers(1, 6, SITES).astype(float)
    stated: dict = {"fixed": fixed}
    asked: dict = {"sites": len(fixed) + 2}
    pairs = [(a, b) for a, b in [(3, 4), (4, 5), (6, 7), (2, 6)] if not {a, b} <= set(fixed)]
    if rules in ("money", "all"):
        stated["site_costs"], asked["budget"] = price, 6.0
        asked["sites"] += 1
    if rules == "money":
        asked.pop("sites")
    if rules in ("apart", "all"):
        stated["conflicts"] = pairs
    if rules in ("areas", "all"):
        stated["site_areas"], asked["min_sites_per_area"] = AREAS, {"n": 2, "s": 1}
    if rules in ("closable", "all"):
        stated["closable"] = [3]
    problem = SitingProblem.from_cover(cover, weights, capacities=room, **stated)

    def allowed(c):
        new = [j for j in c if j not in fixed and j not in stated.get("closable", [])]
        return (
            len(c) <= asked.get("sites", SITES)
            and price[new].sum() <= asked.get("budget", np.inf)
            and not any(a in c and b in c for a, b in stated.get("conflicts", []))
            and all(
                (AREAS[c] == a).sum() >= n for a, n in asked.get("min_sites_per_area", {}).items()
            )
        )

    worth = {tuple(c): people_served(cover, weights, room, c) for c in every_choice(fixed)}
    best = max((v for c, v in worth.items() if allowed(list(c))), default=None)
    found = max_coverage(problem, **asked)
    if best is None:
        assert found.status == "infeasible"
        return
    chosen = sorted(found.sites)
    assert allowed(chosen)
    assert found.value == pytest.approx(worth[tuple(chosen)])
    assert (found.status, found.value, found.bound) == (
        "optimal",
        pytest.approx(best),
        pytest.approx(best),
    )
    flows = found.detail["flows"]
    assert flows["people"].sum() == pytest.approx(best)
    assert (
        flows.groupby("demand")["people"].sum() <= weights[flows["demand"].unique()].max()
    ).all()
    for site, people in flows.groupby("site")["people"].sum().items():
        assert site in chosen
        assert people <= room[site] + 1e-6
    for row, people in flows.groupby("demand")["people"].sum().items():
        assert people <= weights[row] + 1e-6


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_fewest_sites_where_old_sites_are_full(seed, apart):
    cover, weights, room, fixed = town(seed, whole=seed % 3 > 0)
    pairs = [(4, 5), (6, 7)] if apart else []
    problem = SitingProblem.from_cover(
        cover, weights, capacities=room, fixed=fixed, conflicts=pairs
    )
    choices = [c for c in every_choice(fixed) if not any(a in c and b in c for a, b in pairs)]
    need = 0.8 * weights.sum()
    enough = [len(c) for c in choices if people_served(cover, weights, room, c) >= need - 1e-9]
    found = min_sites(problem, share=0.8)
    if not enough:
        assert found.status == "infeasible"
        assert found.blocking
        return
    assert (found.status, found.value, found.bound) == ("optimal", min(enough), min(enough))
    assert people_served(cover, weights, room, found.sites) >= need - 1e-9
    assert found.detail["people"] == pytest.approx(people_served(cover, weights, room, found.sites))


@pytest.mark.parametrize("seed", range(15))
def test_without_the_solver_the_bound_still_holds(seed, monkeypatch):
    """HiGHS comes back with nothing: the search's answer and the bound by gains are handed over."""

    def nothing(covering, **options):
        return (
            Model()
            .solve(time_limit_s=1)
            .__class__(status="unknown", x=None, value=np.nan, bound=None)
        )

    monkeypatch.setattr(CoveringModel, "run", nothing)
    cover, weights, room, fixed = town(seed)
    problem = SitingProblem.from_cover(cover, weights, capacities=room, fixed=fixed)
    worth = [(len(c), people_served(cover, weights, room, c)) for c in every_choice(fixed)]
    for more in (1, 2, 3):
        best = max(value for count, value in worth if count <= len(fixed) + more)
        found = max_coverage(problem, sites=len(fixed) + more)
        assert found.value <= best <= found.bound
        assert (found.status == "optimal") == (found.value == found.bound)
    reach = max(value for _, value in worth)
    least = min(count for count, value in worth if value == reach)
    found = min_sites(problem, share=reach / weights.sum())
    assert found.bound <= least <= found.value
    assert people_served(cover, weights, room, found.sites) == reach


@pytest.mark.parametrize("seed", range(15))
def test_the_search_keeps_the_constraints_and_its_bound(seed):
    cover, weights, room, fixed = town(seed)
    price = np.random.default_rng(seed).integers(1, 6, SITES).astype(float)
    problem = SitingProblem.from_cover(
        cover, weights, capacities=room, fixed=fixed, site_costs=price
    )
    core = reduce_problem(problem, drop_sites=False, keep_fixed=True)
    search = CapacitySearch(
        problem, Constraints(budget=7.0), core, room, control=SolveControl(time_limit_s=60)
    )
    assert search.construct()
    chosen = core.sites[search.flow.chosen]
    assert price[np.setdiff1d(chosen, fixed)].sum() <= 7.0
    best = max(
        people_served(cover, weights, room, c)
        for c in every_choice(fixed)
        if price[[j for j in c if j not in fixed]].sum() <= 7.0
    )
    assert search.served == pytest.approx(people_served(cover, weights, room, chosen))
    assert search.served <= best <= search.bound() + 1e-9


class CountedControl(SolveControl):
    """Stops after so many looks at what is left."""

    looks = 0

    @property
    def left(self) -> float:
        self.looks -= 1
        return float(max(self.looks, 0))


@pytest.mark.parametrize("rules", ["number", "money", "areas"])
@pytest.mark.parametrize("looks", [0, 3, 9, 30])
@pytest.mark.parametrize("seed", range(10))
def test_a_search_out_of_time_keeps_the_constraints_and_its_bound(seed, looks, rules, monkeypatch):
    """Whenever time runs out: an answer within the rules, a bound that holds, no more gains."""
    cover, weights, room, fixed = town(seed, whole=seed % 2 == 0)
    price = np.random.default_rng(seed).integers(1, 6, SITES).astype(float)
    asked = Constraints(
        sites=None if rules == "money" else 5,
        budget=7.0 if rules == "money" else None,
        area_sites={"n": 2, "s": 2} if rules == "areas" else {},
    )
    problem = SitingProblem.from_cover(
        cover, weights, capacities=room, fixed=fixed, site_costs=price, site_areas=AREAS
    )
    core = reduce_problem(problem, drop_sites=False, keep_fixed=True)
    counted = []
    gain = CapacityFlow.gain
    monkeypatch.setattr(CapacityFlow, "gain", lambda self, j: counted.append(j) or gain(self, j))
    control = CountedControl(time_limit_s=60)
    control.looks = looks + 1
    search = CapacitySearch(problem, asked, core, room[core.sites], control=control)

    def allowed(c):
        return (
            len(c) <= (asked.sites or SITES)
            and price[np.setdiff1d(c, fixed)].sum() <= (asked.budget or np.inf)
            and all((AREAS[c] == a).sum() >= n for a, n in asked.area_sites.items())
        )

    best = max(
        people_served(cover, weights, room, c) for c in every_choice(fixed) if allowed(list(c))
    )
    if search.construct():
        search.interchange(control)
        bound = search.bound()
        before = search.served
        search.drop_idle_sites(need=search.served, keep=search.free_of_cost)
        chosen = core.sites[search.flow.chosen]
        assert allowed(chosen)
        assert search.served == pytest.approx(before)
        assert search.served == pytest.approx(people_served(cover, weights, room, chosen))
        assert search.served <= best + 1e-9
        assert best <= bound + 1e-9
    else:
        assert rules == "areas"
    assert len(counted) <= looks


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_a_solution_without_time(seed, stopped, monkeypatch):
    """No time at all, or a control that Ctrl-C stopped: no gain is worked out, no model is run."""
    cover, weights, room, fixed = town(seed)
    problem = SitingProblem.from_cover(cover, weights, capacities=room, fixed=fixed)
    control = SolveControl(time_limit_s=60 if stopped else 0)
    if stopped:
        control.stop()

    def never(*args, **options):
        raise AssertionError("time is out")

    monkeypatch.setattr(CapacityFlow, "gain", never)
    monkeypatch.setattr(CoveringModel, "run", never)
    rules = Constraints(sites=len(fixed) + 2)
    found = capacity_solve.max_coverage_with_capacities(problem, rules, control=control)
    worth = {tuple(c): people_served(cover, weights, room, c) for c in every_choice(fixed)}
    best = max(value for c, value in worth.items() if len(c) <= len(fixed) + 2)
    assert set(fixed) <= set(found.sites)
    assert len(found.sites) <= len(fixed) + 2
    assert found.value == worth[tuple(sorted(found.sites))] <= best <= found.bound
    assert (found.status == "optimal") == (found.value == found.bound)
    need = 0.5 * max(worth.values())
    few = capacity_solve.min_sites_with_capacities(
        problem, Constraints(), need=need, control=control
    )
    assert worth[tuple(sorted(few.sites))] >= need
    assert few.bound <= min(len(c) for c, value in worth.items() if value >= need) <= few.value


def test_the_bound_works_out_only_the_gains_it_takes(monkeypatch):
    """Two of 60 sites are asked for: no second pass over all of them."""
    rng = np.random.default_rng(0)
    cover = rng.random((200, 61)) < np.linspace(0.3, 0.02, 61)
    room = np.r_[10.0, np.full(60, np.inf)]
    problem = SitingProblem.from_cover(cover, rng.random(200) + 1, capacities=room, fixed=[0])
    core = reduce_problem(problem, drop_sites=False, keep_fixed=True)
    search = CapacitySearch(
        problem, Constraints(sites=3), core, room, control=SolveControl(time_limit_s=60)
    )
    assert search.construct()
    now = [0.0 if search.flow.is_open[j] else search.flow.gain(j) for j in range(61)]
    full = search.served + sum(sorted(now)[-2:])
    first = search.before + sum(sorted(search.ceiling)[-2:])
    counted = []
    gain = CapacityFlow.gain
    monkeypatch.setattr(CapacityFlow, "gain", lambda self, j: counted.append(j) or gain(self, j))
    assert search.bound() == pytest.approx(min(full, first))
    assert 0 < len(counted) < 40
    # those alone whose old gain does not already leave them behind the best two
    assert (search.gain_bound[counted] >= sorted(now)[-2] - 1e-9).all()
    assert len(set(counted)) == len(counted)


@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1.0])
def test_very_small_weights_are_people_too(unit):
    weights = np.array([0.6, 0.4]) * unit
    problem = SitingProblem.from_cover(np.eye(2, dtype=bool), weights, capacities=[np.inf, np.inf])
    one = max_coverage(problem, sites=1)
    assert (one.status, one.sites, one.value) == ("optimal", [0], pytest.approx(0.6 * unit, abs=0))
    both = max_coverage(problem, sites=2)
    assert (both.status, both.value) == ("optimal", pytest.approx(unit, abs=0))
    flows = both.detail["flows"]
    assert flows["people"].to_numpy() == pytest.approx(weights, abs=0)
    assert both.assignment.to_list() == [0, 1]


def test_a_site_that_reaches_only_people_who_are_served():
    """The old site's 50 places go to A's 50; B's 40 find it full. A new site reaches A alone."""
    cover = np.array([[1, 1], [1, 0]], bool)
    problem = SitingProblem.from_cover(
        cover,
        pd.Series([50, 40], ["A", "B"]),
        site_index=["old", "new"],
        fixed=["old"],
        capacities=[50, np.inf],
    )
    assert largest_flow(problem, problem.fixed).served == 50
    found = max_coverage(problem, sites=2)
    assert (found.status, found.value, found.sites) == ("optimal", 90, ["old", "new"])
    assert found.assignment.to_dict() == {"A": "new", "B": "old"}
    told = explain_sites(problem, found)
    assert told["added_people"].tolist() == [40]
    assert min_sites(problem, share=1.0).sites == ["old", "new"]


def test_capacities_that_are_no_whole_numbers():
    """20.5 places: the sum is no whole number, and a bound must not be rounded down to one."""
    problem = SitingProblem.from_cover(np.ones((1, 2), bool), [60], capacities=[20.5, 20.0])
    found = max_coverage(problem, sites=2)
    assert (found.status, found.value, found.bound) == ("optimal", 40.5, 40.5)
    one = max_coverage(problem, sites=1)
    assert (one.sites, one.value) == ([0], 20.5)


@pytest.mark.parametrize("seed", range(12))
def test_what_each_site_adds_with_capacities(seed):
    cover, weights, room, fixed = town(seed)
    pairs = [(4, 5)]
    problem = SitingProblem.from_cover(
        cover, weights, capacities=room, fixed=fixed, forbidden=[7], conflicts=pairs
    )
    found = max_coverage(problem, sites=len(fixed) + 2)
    table = explain_sites(problem, found)

    def people(chosen) -> float:
        return people_served(cover, weights, room, chosen)

    done = list(fixed)
    for site, row in table.iterrows():
        before = people(done)
        best = max(people([*done, other]) for other in table.index if other not in done)
        done.append(site)
        assert row["added_people"] == people(done) - before == best - before
        assert row["share_after"] == pytest.approx(people(done) / weights.sum())
        others = [s for s in found.sites if s != site]
        may = [
            j
            for j in range(SITES - 1)
            if j not in found.sites and not any({j, o} in [{4, 5}] for o in others)
        ]
        if not may:
            assert pd.isna(row["next_best"])
            continue
        moved = max(people([*others, j]) for j in may)
        assert row["next_best"] in may
        assert people([*others, row["next_best"]]) == moved
        assert row["next_best_loss"] == people(found.sites) - moved >= 0
    assert people(done) == found.value


@pytest.mark.parametrize("seed", range(8))
def test_the_curve_counts_people_served(seed):
    cover, weights, room, fixed = town(seed)
    problem = SitingProblem.from_cover(
        cover, weights, capacities=room, fixed=fixed, conflicts=[(4, 5)]
    )
    curve = coverage_curve(problem, sites=range(len(fixed), SITES + 1)).set_index("sites")
    for count in range(len(fixed), SITES + 1):
        best = max(people_served(cover, weights, room, c) for c in every_choice(fixed, count))
        row = curve.loc[count]
        assert (row["status"], row["value"], row["bound"]) == ("optimal", best, best)
        assert people_served(cover, weights, room, row["chosen"]) == best
    with pytest.raises(SitingError, match="ignore capacities"):
        phased_sites(problem, phases=[SITES])


@pytest.mark.parametrize("seed", range(6))
def test_as_good_plans_with_capacities(seed):
    cover, weights, room, fixed = town(seed)
    problem = SitingProblem.from_cover(cover, weights, capacities=room, fixed=fixed)
    found = max_coverage(problem, sites=len(fixed) + 2)
    others = alternative_sites(problem, found)
    assert others.complete
    for row in others.table.itertuples():
        assert row.value == people_served(cover, weights, room, row.sites) == found.value


@pytest.mark.parametrize("gains", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_the_model_serves_what_the_flow_serves(seed, gains):
    """With its sites given the model's linear programme is the largest flow: no row cuts it."""
    cover, weights, room, fixed = town(seed, whole=seed % 2 == 0)
    problem = SitingProblem.from_cover(cover, weights, capacities=room, fixed=fixed)
    covering = build_covering_model(problem, Constraints())
    covering.set_objective(covering.served, -covering.people)
    if gains:
        add_submodular_cuts(covering, room[covering.core.sites], SolveControl(time_limit_s=60))
    for chosen in every_choice(fixed):
        opened = np.isin(covering.core.sites, chosen).astype(float)
        lower, upper = (np.concatenate(b) for b in (covering.model.lower, covering.model.upper))
        lower[covering.y] = upper[covering.y] = opened
        model = copy(covering.model)
        model.lower, model.upper = [lower], [upper]
        there = [j for j in chosen if j in covering.core.sites]
        worth = people_served(cover, weights, room, there)
        found = model.solve(time_limit_s=10, linear=True)
        assert -found.value == pytest.approx(worth)
        people = pair_people(covering, found.x)
        assert people.sum() == pytest.approx(worth)
        taken = np.bincount(covering.core.row_idx, weights=people, minlength=covering.core.m)
        assert (taken <= np.where(opened > 0, room[covering.core.sites], 0.0) + 1e-6).all()
    start = warm_start_from_flow(covering, flow_at_fixed(covering.core, room))
    assert -float(np.concatenate(covering.model.cost) @ start) == pytest.approx(
        people_served(cover, weights, room, covering.core.sites)
    )


def flow_at_fixed(core, room) -> CapacityFlow:
    """All sites of the core open."""
    flow = CapacityFlow(core, room[core.sites])
    for j in range(core.m):
        flow.open(j)
    return flow


def test_the_fraction_of_people_beside_the_lacking_part_is_not_rounded_away() -> None:
    """Half a person has a place elsewhere; two more sites serve 7.5 in all, whatever the time."""
    cover = np.zeros((5, 4), bool)
    cover[0, 0] = cover[1, 1] = cover[2, 1] = cover[1, 2] = cover[3, 2] = True
    cover[2, 3] = cover[4, 3] = True
    problem = SitingProblem.from_cover(cover, [0.5, 2, 2, 1, 2], fixed=[0], capacities=[np.inf] * 4)
    for limit in (1e-9, 60):
        result = max_coverage(problem, sites=3, gap=0.2, time_limit_s=limit)
        assert result.bound is not None
        assert result.bound >= 7.5 - 1e-9
    assert max_coverage(problem, sites=3).value == pytest.approx(7.5)
