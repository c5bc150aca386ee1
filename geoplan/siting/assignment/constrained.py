"""p-median under a planner's rules: money, areas, distances between sites, places, the worst-off.

Prices from the Lagrangean bound without rules say what every site is worth; the sites that keep
the rules and are worth most are a start and, with their worth, a bound. Rules about sites alone
then join the Benders master problem; places, shares and equity need everybody's journey as columns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from geoplan.siting.assignment.benders import prove_median
from geoplan.siting.assignment.constrained_interchange import SiteLimits, swap_ruled, without_idle
from geoplan.siting.assignment.lagrangian import MedianPrices, lagrangean_bound
from geoplan.siting.assignment.milp import (
    JourneysModel,
    conflicting,
    flows_between,
    journeys_model,
    site_model,
    to_most,
)
from geoplan.siting.assignment.reachability import Journeys, to_nearest
from geoplan.siting.assignment.solve import (
    Median,
    raised,
    search_median,
    settle_sites,
)
from geoplan.siting.assignment.weighted_costs import WeightedCosts, weighted_costs
from geoplan.siting.model.build_result import make_result, no_result
from geoplan.siting.model.constraints import Constraints, early_blocks, problem_free, site_money
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import solve_in_time

SOLVER = "Lagrangean bound + Benders or journeys with rules (HiGHS)"


def median_ruled(
    problem: SitingProblem,
    way: Journeys,
    rules: Constraints,
    *,
    control: SolveControl,
) -> SitingResult:
    """Least cost for everybody together under `rules`."""
    blocked, facts = early_blocks(problem, rules)
    if blocked:
        return no_result(
            problem,
            "p_median",
            "infeasible",
            control=control,
            solver=SOLVER,
            blocking=tuple(blocked),
            detail=facts,
        )
    most = most_sites(problem, rules)
    if len(way.rows):
        a = weighted_costs(way.costs, way.people)
        fixed, allowed = problem.is_fixed, problem.is_allowed
        free = search_median(
            a, fixed, allowed & ~fixed, most, control=control.part(control.left / 4)
        )
        control.report("bound")
        prices = lagrangean_bound(
            a,
            sites=most,
            upper=min(free.value, a.penalty),
            allowed=allowed,
            fixed=fixed,
            control=control.part(control.left / 2),
        )
    else:
        a, prices = None, None
    # worth of sites at these prices, with all rules about sites: a start, and a better bound
    model = site_model(problem, way, rules)
    model.cost = [np.zeros(problem.n_sites) if prices is None else prices.reduced]
    found = solve_in_time(model, control.with_(gap=1e-4), seconds=max(control.left / 4, 0.1))
    if found.status == "infeasible":
        return conflicting(problem, way, rules, "p_median", solver=SOLVER, control=control)
    if found.x is None:
        return no_result(problem, "p_median", "unknown", control=control, solver=SOLVER)
    start = found.x > 0.5
    if a is None or prices is None:
        return _answer(problem, start, None, bound=0.0, control=control)
    bound = prices.bound
    if found.bound is not None:
        bound = max(bound, float(prices.price.sum()) + found.bound)
    if problem.capacities is None and not rules.area_share and not rules.equity:
        proof = _sites_only(
            problem, a, way, rules, start, prices, bound=bound, most=most, control=control
        )
        return _answer(problem, proof.is_open, None, bound=proof.bound, control=control)
    return _with_journeys(problem, a, way, rules, start, bound=bound, most=most, control=control)


def most_sites(problem: SitingProblem, rules: Constraints) -> int:
    """A number of sites that no answer exceeds: asked, or paid for."""
    most = int(problem.is_allowed.sum())
    if rules.sites is not None:
        most = min(most, rules.sites)
    if rules.budget is not None:
        stands = problem_free(problem)
        price = np.sort(site_money(problem)[~stands & problem.is_allowed])
        new = int(np.searchsorted(np.cumsum(price), rules.budget * (1 + 1e-12), side="right"))
        most = min(most, int((stands & problem.is_allowed).sum()) + new)
    return max(most, len(problem.fixed), 1)


def _sites_only(
    problem: SitingProblem,
    a: WeightedCosts,
    way: Journeys,
    rules: Constraints,
    start: np.ndarray,
    prices: MedianPrices,
    *,
    bound: float,
    most: int,
    control: SolveControl,
) -> Median:
    """Rules about sites alone: swaps that keep them, then Benders cuts with their rows."""
    fixed, allowed = problem.is_fixed, problem.is_allowed
    limits = SiteLimits.of(problem, rules, most)

    def improve(is_open: np.ndarray) -> tuple[np.ndarray, float]:
        better = swap_ruled(
            a, is_open, fixed=fixed, allowed=allowed, limits=limits, control=control
        )
        better = without_idle(a, better, keep=problem_free(problem), limits=limits)
        return better, a.total(better)

    is_open, value = improve(start)
    step = a.step
    best = Median(is_open=is_open, value=value, bound=min(raised(bound, step), value))
    if value - best.bound <= max(control.gap, 1e-9) * abs(value) or control.left <= 0:
        return best
    take = most - int(fixed.sum())
    free, must = settle_sites(allowed & ~fixed, fixed, take, prices, best, step)
    proof = prove_median(
        a,
        sites=most,
        allowed=free,
        fixed=must,
        start=is_open,
        value=value,
        prices=np.minimum(prices.price, a.penalty),
        bound=best.bound,
        step=step,
        control=control,
        rules=site_model(problem, way, rules),
        improve=improve,
    )
    return replace(best, is_open=proof.is_open, value=proof.value, bound=proof.bound)


def _with_journeys(
    problem: SitingProblem,
    a: WeightedCosts,
    way: Journeys,
    rules: Constraints,
    start: np.ndarray,
    *,
    bound: float,
    most: int,
    control: SolveControl,
) -> SitingResult:
    """Places, shares of areas and equity: everybody's journey is a column."""
    facts: dict[str, Any] = {}
    model = journeys_model(problem, way, rules)
    if rules.equity:
        told = _fairest(model, control)
        if told is None:
            return conflicting(problem, way, rules, "p_median", solver=SOLVER, control=control)
        facts.update(told)
    model.aim_at_cost()
    begin = None if rules.equity else model.start(start)
    found = model.run(control=control, start=begin)
    if found.status == "infeasible":
        return conflicting(problem, way, rules, "p_median", solver=SOLVER, control=control)
    x = found.x if found.x is not None else begin
    if x is None:
        return no_result(
            problem, "p_median", "unknown", control=control, solver=SOLVER, bound=bound
        )
    if found.bound is not None:
        bound = max(bound, found.bound)
    is_open = x[: problem.n_sites] > 0.5
    limits = SiteLimits.of(problem, rules, most)
    if problem.capacities is None:
        # whoever has no longer way keeps shares and the worst-off area as they are
        is_open = without_idle(a, is_open, keep=problem_free(problem), limits=limits)
    else:
        x = _without_unused(problem, model, rules, limits, x, control)
        is_open = x[: problem.n_sites] > 0.5
    return _answer(
        problem,
        is_open,
        x if problem.capacities is not None else None,
        bound=bound,
        control=control,
        model=model,
        facts=facts,
    )


def _without_unused(
    problem: SitingProblem,
    model: JourneysModel,
    rules: Constraints,
    limits: SiteLimits,
    x: np.ndarray,
    control: SolveControl,
) -> np.ndarray:
    """The answer `x` without new sites that it costs nobody anything to do without, dearest first.

    A site that nobody goes to always is one. Of the others, where shares and equity do not tie
    people to sites, the journeys without it are solved anew.
    """
    x = x.copy()
    free = problem_free(problem)
    chosen = np.flatnonzero((x[: problem.n_sites] > 0.5) & ~free)
    tied = rules.equity or bool(rules.area_share)
    for j in chosen[np.argsort(-limits.money[chosen], kind="stable")]:
        is_open = x[: problem.n_sites] > 0.5
        is_open[j] = False
        in_area = int((is_open & (limits.area == limits.area[j])).sum())
        if limits.area[j] and in_area < limits.least[limits.area[j]]:
            continue
        if x[model.x[model.site == j]].sum() <= 1e-7:
            x[model.y[j]] = 0.0
        elif not tied and control.left > 0:
            other = model.start(is_open)
            cost = float(model.cost @ x[model.x])
            if other is not None and model.cost @ other[model.x] <= cost + 1e-9 * max(1.0, cost):
                x = other
    return x


def _fairest(
    model: JourneysModel,
    control: SolveControl,
) -> dict[str, Any] | None:
    """Make the largest mean cost of any area as small as can be, and keep it as a rule.

    ``worst_area_bound`` is told where it is not proved to be as small as can be.
    """
    worst = model.add_worst_area()
    model.aim(worst, 1.0)
    found = model.run(control=control.part(control.left / 2))
    if found.status == "infeasible":
        return None
    told: dict[str, Any] = {}
    if found.x is not None:
        told["worst_area_mean"] = mean = float(found.x[worst[0]])
        model.model.add_row(worst, upper=mean * (1 + 1e-9) + 1e-9)
    if found.status != "optimal":
        told["worst_area_bound"] = found.bound
    return told


def _answer(
    problem: SitingProblem,
    is_open: np.ndarray,
    x: np.ndarray | None,
    *,
    bound: float,
    control: SolveControl,
    model: JourneysModel | None = None,
    facts: dict[str, Any] | None = None,
) -> SitingResult:
    assignment, value = to_nearest(problem, is_open)
    detail = dict(facts or {})
    if x is not None and model is not None:
        flows = flows_between(problem, model, x)
        value = float((flows["people"] * flows["cost"]).sum())
        assignment = to_most(assignment, flows)
        detail["flows"] = flows
    near = value - bound <= 1e-7 * abs(value)
    return make_result(
        problem,
        "p_median",
        np.flatnonzero(is_open),
        value=value,
        bound=value if near else min(bound, value),
        control=control,
        solver=SOLVER,
        assignment=assignment,
        detail=detail,
        first_proved="worst_area_bound" not in detail,
    )
