"""Covering under a planner's rules: budget, areas, distances, places, backup, the worst-off first.

Where only distances between sites stand in the way, the question is first solved without them:
an answer that keeps them anyway is proved for both. Otherwise HiGHS has the whole model, begun
from an answer that a greedy choice finds, so that there is always something to hand over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.clock import Clock
from geoplan.siting.finish import (
    covered_people,
    is_whole,
    labelled,
    make_result,
    no_result,
    rounded_up,
)
from geoplan.siting.loosen import ways_out
from geoplan.siting.problem import SitingProblem
from geoplan.siting.problem_input import sites_told
from geoplan.siting.result import SitingResult
from geoplan.siting.ruled import (
    RuledModel,
    add_need,
    aim,
    build,
    flows_of,
    picked,
    run,
    without_idle,
)
from geoplan.siting.rules import Rules, early_blocks, problem_free, site_money

SOLVER = "geoplan reduction + HiGHS with rules"


def most_people_ruled(
    problem: SitingProblem,
    rules: Rules,
    *,
    without: Callable[[SitingProblem], SitingResult] | None,
    clock: Clock,
    gap: float,
    seed: int,
) -> SitingResult:
    """Most people under `rules`; `without` solves the same question without distances."""
    blocked, facts = early_blocks(problem, rules)
    if blocked:
        return _nothing(problem, "max_coverage", blocked, facts, clock, seed)
    plain_bound = np.inf
    if without is not None:
        loose = without(problem)
        if keeps_apart(problem, problem.site_index.get_indexer(loose.sites)):
            return loose
        plain_bound = loose.bound if loose.bound is not None else np.inf
    ruled = build(problem, rules)
    fairest = _worst_area_first(ruled, clock, gap) if rules.equity else {}
    if fairest is None:
        return _conflicting(ruled, "max_coverage", clock, seed)
    if ruled.twice is not None:
        aim(ruled, ruled.twice, -ruled.core.weight)
    else:
        aim(ruled, ruled.served, -ruled.people)
    start = greedy_ruled(problem, rules)
    whole = ruled.whole and problem.full_within is None
    found = run(ruled, clock=clock, gap=gap, whole_goal=whole, start=_as_start(ruled, start))
    if found.status == "infeasible":
        return _conflicting(ruled, "max_coverage", clock, seed)
    times = 2 if rules.backup else 1
    bound = min(problem.total if found.bound is None else -found.bound, plain_bound)
    if found.x is not None:
        chosen = without_idle(ruled, picked(ruled, found))
    elif start is not None:
        chosen = start
    else:
        return no_result(problem, "max_coverage", "unknown", clock=clock, solver=SOLVER, seed=seed,
                         bound=bound)  # fmt: skip
    value, assignment, flows = _served(problem, ruled, found, chosen, times)
    detail: dict[str, Any] = {"classes": ruled.core.n, **fairest}
    if flows is not None:
        detail["flows"] = flows
    if start is not None and problem.capacities is None:
        detail["greedy_sites"] = problem.in_order(start)
    greedy = None
    if start is not None and problem.capacities is None:
        greedy = covered_people(problem, start, times=times)
    return make_result(
        problem, "max_coverage", chosen, value=value,
        bound=rounded_up(bound, value, whole=whole), gap=gap, clock=clock, solver=SOLVER,
        seed=seed, greedy_value=greedy, assignment=assignment, detail=detail,
        first_proved="worst_area_bound" not in fairest,
    )  # fmt: skip


def fewest_sites_ruled(
    problem: SitingProblem, rules: Rules, *, need: float, clock: Clock, gap: float, seed: int
) -> SitingResult:
    """Fewest sites that serve `need` people."""
    blocked, facts = early_blocks(problem, rules)
    if blocked:
        return _nothing(problem, "min_sites", blocked, facts, clock, seed)
    ruled = build(problem, rules)
    add_need(ruled, need)
    fixed = problem.is_fixed[ruled.core.sites]
    aim(ruled, ruled.y, np.ones(ruled.core.m))
    found = run(ruled, clock=clock, gap=gap, whole_goal=True)
    if found.status == "infeasible" or found.x is None:
        if found.status != "infeasible":
            return no_result(problem, "min_sites", "unknown", clock=clock, solver=SOLVER, seed=seed)
        return _conflicting(ruled, "min_sites", clock, seed, people=need)
    chosen = picked(ruled, found)
    value = float(len(chosen))
    bound = value if found.bound is None else float(np.ceil(found.bound - 1e-6))
    _, assignment, flows = _served(problem, ruled, found, chosen, 2 if rules.backup else 1)
    detail: dict[str, Any] = {"classes": ruled.core.n, "people_needed": need}
    if flows is not None:
        detail["flows"] = flows
    return make_result(
        problem, "min_sites", chosen, value=value, bound=max(min(bound, value), float(fixed.sum())),
        gap=gap, clock=clock, solver=SOLVER, seed=seed, assignment=assignment, detail=detail,
    )  # fmt: skip


def keeps_apart(problem: SitingProblem, chosen: np.ndarray) -> bool:
    """Whether no two of the chosen sites conflict."""
    is_open = np.zeros(problem.n_sites, bool)
    is_open[chosen] = True
    return len(problem.conflicts) == 0 or not is_open[problem.conflicts].all(axis=1).any()


def greedy_ruled(problem: SitingProblem, rules: Rules) -> np.ndarray | None:
    """The best next site, again and again, as far as the rules allow; None where that fails.

    Areas that must have sites come first. It knows nothing of places (capacities), of equity, of
    least shares of people and of backup: those have no start.
    """
    if problem.capacities is not None or rules.equity or rules.area_share or rules.backup:
        return None
    picker = _Greedy(problem, rules)
    for j in problem.fixed:
        picker.take(int(j))
    for code, least in rules.area_sites.items():
        assert problem.site_areas is not None
        here = np.array([c == code for c in problem.site_areas], bool)
        while here[picker.chosen].sum() < least:
            if not picker.take_best(here):
                return None
    room = np.inf if rules.sites is None else rules.sites
    if len(picker.chosen) > room:
        return None
    everywhere = np.ones(problem.n_sites, bool)
    while len(picker.chosen) < room and picker.take_best(everywhere, useful=True):
        pass
    return np.array(picker.chosen, np.int64)


class _Greedy:
    """Open sites one by one, and what is still to be gained by each other one."""

    def __init__(self, problem: SitingProblem, rules: Rules) -> None:
        self.cover, self.by_row = problem.cover.tocsc(), problem.cover
        self.paid = problem.site_costs is not None
        self.money, self.free = site_money(problem), problem_free(problem)
        self.left = np.inf if rules.budget is None else rules.budget
        self.shut = ~problem.is_allowed
        self.weight = problem.weights.copy()
        self.gain = np.asarray(problem.cover.T @ self.weight, np.float64).ravel()
        self.conflicts = problem.conflicts
        self.chosen: list[int] = []

    def take(self, j: int) -> None:
        """Open site j; its people are served, its rivals are shut."""
        self.chosen.append(j)
        if self.paid and not self.free[j]:
            self.left -= self.money[j]
        self.shut[j] = True
        for a, b in ((0, 1), (1, 0)):
            self.shut[self.conflicts[self.conflicts[:, a] == j, b]] = True
        rows = self.cover.indices[self.cover.indptr[j] : self.cover.indptr[j + 1]]
        lost = np.zeros(len(self.weight))
        lost[rows] = self.weight[rows]
        self.gain = self.gain - np.asarray(self.by_row.T @ lost).ravel()
        self.weight[rows] = 0.0

    def take_best(self, pool: np.ndarray, *, useful: bool = False) -> bool:
        """Open the best site of `pool` that may be opened; False where there is none."""
        able = pool & ~self.shut
        if self.paid:
            able &= self.free | (self.money <= self.left + 1e-9)
        at = np.flatnonzero(able)
        if len(at) == 0:
            return False
        worth = self.gain[at]
        if self.paid:
            worth = worth / np.where(self.free[at], 1e-9, np.maximum(self.money[at], 1e-9))
        best = int(at[np.argmax(worth)])
        if useful and self.gain[best] <= 1e-9:
            return False
        self.take(best)
        return True


def _as_start(ruled: RuledModel, chosen: np.ndarray | None) -> np.ndarray | None:
    """A full column vector for `chosen`, where served people follow from open sites."""
    if chosen is None or ruled.problem.capacities is not None:
        return None
    core = ruled.core
    x = np.zeros(ruled.model.columns)
    is_open = np.zeros(ruled.problem.n_sites, bool)
    is_open[chosen] = True
    opened = is_open[core.sites]
    x[ruled.y] = opened
    rows = np.repeat(np.arange(core.n), np.diff(core.row_ptr))
    hit = np.bincount(rows, weights=opened[core.row_idx], minlength=core.n) > 0
    x[ruled.served] = hit[ruled.of]
    return x


def _worst_area_first(ruled: RuledModel, clock: Clock, gap: float) -> dict[str, Any] | None:
    """Make the smallest share of any area as large as can be, and keep it as a rule.

    Areas of which nobody can be reached would hold it at nothing: they are left out and told.
    ``worst_area_bound`` is told where it is not proved to be as large as can be.
    """
    core = ruled.core
    groups = [g for g in range(1, len(ruled.codes)) if ruled.area_people(g) > 0]
    reached = {int(g) for g in np.unique(core.group)}
    hopeless = [ruled.codes[g] for g in groups if g not in reached]
    counted = [g for g in groups if g in reached]
    worst = ruled.model.add_columns(1)
    for g in counted:
        here = core.group[ruled.of] == g
        people = ruled.area_people(g)
        ruled.model.add_row(
            np.append(ruled.served[here], worst),
            np.append(ruled.people[here] / people, -1.0),
            lower=0.0,
        )
    aim(ruled, worst, -1.0)
    half = clock.part(clock.left / 2)
    found = run(ruled, clock=half, gap=gap, whole_goal=False)
    if found.status == "infeasible":
        return None
    told: dict[str, Any] = {"areas_out_of_reach": hopeless}
    if found.x is not None:
        told["worst_area_share"] = share = float(found.x[worst[0]])
        ruled.model.add_row(worst, lower=share - 1e-9)
    if found.status != "optimal":
        told["worst_area_bound"] = None if found.bound is None else -found.bound
    return told


def _served(
    problem: SitingProblem, ruled: RuledModel, found: Any, chosen: np.ndarray, times: int
) -> tuple[float, pd.Series | None, pd.DataFrame | None]:
    """People served, and with places who takes one where."""
    if problem.capacities is None:
        return covered_people(problem, chosen, times=times), None, None
    flows = flows_of(ruled, found)
    most = flows.sort_values("people", ascending=False).drop_duplicates("demand")
    where = np.full(problem.n_demand, -1, np.int64)
    rows = problem.demand_index.get_indexer(most["demand"])
    where[rows] = problem.site_index.get_indexer(most["site"])
    value = float(flows["people"].sum())
    if is_whole(problem.weights):
        value = float(round(value))
    return value, labelled(problem, where), flows


def rules_told(problem: SitingProblem, rules: Rules) -> str:
    """What the rules ask for, in words."""
    asked = []
    if rules.sites is not None:
        asked.append(f"at most {sites_told(rules.sites)}")
    if rules.budget is not None:
        asked.append(f"a budget of {rules.budget:g}")
    if rules.area_sites:
        asked.append(f"least numbers of sites in {len(rules.area_sites)} areas")
    if rules.area_share:
        asked.append(f"a least share of people in {len(rules.area_share)} areas")
    if len(problem.conflicts):
        asked.append(f"{len(problem.conflicts)} pairs of sites too near each other")
    if problem.capacities is not None:
        asked.append("places that end")
    if rules.backup:
        asked.append("a second site in reach")
    return ", ".join(asked)


def _conflicting(
    ruled: RuledModel, objective: str, clock: Clock, seed: int, *, people: float | None = None
) -> SitingResult:
    """The result for rules of which HiGHS has shown that they cannot all hold."""
    problem, rules = ruled.problem, ruled.rules
    asked = rules_told(problem, rules)
    if people is not None:
        asked = f"{people:,.0f} people to be served" + (f", {asked}" if asked else "")
    ways = ways_out(ruled.model, problem, rules, clock=clock, people=people)
    facts = dict(ways.facts)
    short = [
        sum(way["need"].values()) for way in facts.get("relaxations", []) if list(way) == ["need"]
    ]
    if people is not None and short:
        facts["largest_share"] = (people - short[0]) / problem.total
    why = [f"the rules cannot hold together: {asked}", *ways.text]
    return _nothing(problem, objective, why, facts, clock, seed)


def _nothing(
    problem: SitingProblem,
    objective: str,
    why: list[str],
    facts: dict[str, Any],
    clock: Clock,
    seed: int,
) -> SitingResult:
    return no_result(
        problem, objective, "infeasible", clock=clock, solver=SOLVER, seed=seed,
        blocking=tuple(why), detail=facts,
    )  # fmt: skip
