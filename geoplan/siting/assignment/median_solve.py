"""p-median where only the number of sites matters: search, bound, proof."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoplan.siting.assignment.benders import solve_by_benders
from geoplan.siting.assignment.branch_and_bound import branch_and_bound
from geoplan.siting.assignment.instance import MedianInstance, MedianSolution, rounded_bound
from geoplan.siting.assignment.interchange import greedy_add, interchange
from geoplan.siting.assignment.lagrangian import lagrangian_dual, median_reduced_cost_fixing
from geoplan.siting.solver.control import SolveControl

#: free sites, and multipliers kept (sites x rows), up to which branch and bound is tried
_TREE_SITES, _TREE_MULTIPLIERS = 600, 20_000_000


def search_median(
    instance: MedianInstance, *, control: SolveControl, start: np.ndarray | None = None
) -> MedianSolution:
    """Greedy plus interchange, and interchange from a random start; the better of the two.

    `start` : open sites from which everyone is reached, to be added to instead.
    """
    costs, fixed = instance.costs, instance.fixed
    greedy = fixed.copy() if start is None else start.copy()
    greedy_add(costs, greedy, instance.free, instance.sites - int(greedy.sum()))
    plain = costs.total(greedy)
    best = improve_by_interchange(instance, greedy, control)
    free, n_new = np.flatnonzero(instance.free), instance.n_new
    if start is None and len(free) > n_new > 0 and control.left > 0:
        drawn = fixed.copy()
        drawn[np.random.default_rng(control.seed).choice(free, n_new, replace=False)] = True
        best = best.better(improve_by_interchange(instance, drawn, control))
    return replace(best, greedy=plain if plain < costs.penalty * 0.5 else None)


def improve_by_interchange(
    instance: MedianInstance, start: np.ndarray, control: SolveControl
) -> MedianSolution:
    """`start` improved by swaps until none helps or the time is over."""
    is_open = start.copy()
    at, part = 0, 50
    while control.left > 0:
        swaps, at = interchange(instance.costs, is_open, instance.free, instance.fixed, at, part)
        if swaps < part:
            break
    return MedianSolution(is_open=is_open, value=instance.costs.total(is_open))


def solve_median(
    instance: MedianInstance, found: MedianSolution, *, control: SolveControl
) -> MedianSolution:
    """Improve and prove a solution until the gap is closed or the time is over."""
    costs, n_new = instance.costs, instance.n_new
    control.report("bound")
    best = found

    def visit(shares: np.ndarray) -> float:
        """The sites that the relaxation opens most are another good start."""
        nonlocal best
        order = np.argsort(-np.where(instance.free, shares, -1.0), kind="stable")
        guided = instance.fixed.copy()
        guided[order[:n_new]] = True
        best = best.better(improve_by_interchange(instance, guided, control))
        return best.value

    dual = lagrangian_dual(instance, upper=found.value, control=control, visit=visit)
    visit(dual.shares)
    if n_new <= 0 or int(instance.free.sum()) <= n_new:
        return replace(best, bound=best.value)
    bound = rounded_bound(dual.bound, costs.step)
    if best.is_near(bound, control.gap):
        return replace(best, bound=min(bound, best.value))
    narrow = median_reduced_cost_fixing(instance, dual, best)
    doubtful = int(narrow.free.sum())
    control.report("proof")
    if (
        doubtful <= _TREE_SITES
        and doubtful * costs.n_demand <= _TREE_MULTIPLIERS
        and control.left > 0
    ):
        best, proved = branch_and_bound(narrow, best, dual.multipliers, control=control)
        if proved:
            return replace(best, bound=max(bound, best.value * (1 - control.gap)))
        narrow = median_reduced_cost_fixing(instance, dual, best)
    if control.left <= 0:
        return replace(best, bound=min(bound, best.value))
    best = replace(best, bound=bound)
    return solve_by_benders(narrow, best, dual.multipliers, control=control)
