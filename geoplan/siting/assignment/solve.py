"""p-median where only the number of sites matters: search, bound, proof."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geoplan.siting.assignment.benders import prove_median
from geoplan.siting.assignment.branch_and_bound import branch
from geoplan.siting.assignment.interchange import greedy_add, interchange
from geoplan.siting.assignment.lagrangian import MedianPrices, lagrangean_bound
from geoplan.siting.assignment.weighted_costs import WeightedCosts
from geoplan.siting.solver.control import SolveControl

#: free sites, and prices kept (sites x rows), up to which the tree is tried
_TREE_SITES, _TREE_PRICES = 600, 20_000_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Median:
    """The best opening known (bool per site), its cost, and what is proved.

    greedy : cost of the plain greedy answer. facts : for the result's `detail`.
    """

    is_open: np.ndarray
    value: float
    greedy: float | None = None
    bound: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def search_median(
    a: WeightedCosts,
    fixed: np.ndarray,
    allowed: np.ndarray,
    count: int,
    *,
    control: SolveControl,
    start: np.ndarray | None = None,
) -> Median:
    """Greedy plus interchange, and interchange from a random start; the better of the two.

    `start` : an opening from which everyone is reached, to be filled up instead.
    """
    greedy = fixed.copy() if start is None else start.copy()
    greedy_add(a, greedy, allowed, count - int(greedy.sum()))
    plain = a.total(greedy)
    best = swap_sites(a, greedy, fixed, allowed, control)
    free = np.flatnonzero(allowed)
    take = count - int(fixed.sum())
    if start is None and len(free) > take > 0 and control.left > 0:
        drawn = fixed.copy()
        drawn[np.random.default_rng(control.seed).choice(free, take, replace=False)] = True
        other = swap_sites(a, drawn, fixed, allowed, control)
        best = other if other.value < best.value else best
    return replace(best, greedy=plain if plain < a.penalty * 0.5 else None)


def swap_sites(
    a: WeightedCosts,
    start: np.ndarray,
    fixed: np.ndarray,
    allowed: np.ndarray,
    control: SolveControl,
) -> Median:
    """`start` improved by swaps until none helps or the time is over."""
    is_open = start.copy()
    at, part = 0, 50
    while control.left > 0:
        swaps, at = interchange(a, is_open, allowed, fixed, at, part)
        if swaps < part:
            break
    return Median(is_open=is_open, value=a.total(is_open))


def solve_median(
    a: WeightedCosts,
    fixed: np.ndarray,
    allowed: np.ndarray,
    count: int,
    found: Median,
    *,
    control: SolveControl,
) -> Median:
    """Improve and prove an answer until the gap is closed or the time is over."""
    step = a.step
    take = count - int(fixed.sum())
    control.report("bound")
    prices = lagrangean_bound(
        a, sites=count, upper=found.value, allowed=allowed | fixed, fixed=fixed, control=control
    )
    # the relaxation's favourites are another good start
    order = np.argsort(-np.where(allowed, prices.shares, -1.0), kind="stable")
    guided = fixed.copy()
    guided[order[:take]] = True
    best = _better(found, swap_sites(a, guided, fixed, allowed, control))
    bound = raised(prices.bound, step)
    facts: dict[str, Any] = {}
    if take <= 0 or int(allowed.sum()) <= take:
        return replace(best, bound=best.value)
    if not _open(best.value, bound, control.gap):
        return replace(best, bound=min(bound, best.value), facts=facts)
    free, must = settle_sites(allowed, fixed, take, prices, best, step)
    doubtful = int((free & ~must).sum())
    control.report("proof")
    if doubtful <= _TREE_SITES and doubtful * a.n_demand <= _TREE_PRICES and control.left > 0:
        tree = branch(
            a,
            sites=count,
            allowed=free & ~must,
            fixed=must,
            start=best.is_open,
            value=best.value,
            prices=prices.price,
            step=step,
            control=control,
        )
        best = replace(best, is_open=tree.is_open, value=tree.value)
        facts["nodes"] = tree.nodes
        if tree.proved:
            return replace(best, bound=max(bound, best.value * (1 - control.gap)), facts=facts)
        free, must = settle_sites(allowed, fixed, take, prices, best, step)
    if control.left <= 0:
        return replace(best, bound=min(bound, best.value), facts=facts)
    proof = prove_median(
        a,
        sites=count,
        allowed=free,
        fixed=must,
        start=best.is_open,
        value=best.value,
        prices=np.minimum(prices.price, a.penalty),
        bound=bound,
        step=step,
        control=control,
    )
    facts["rounds"] = proof.rounds
    return replace(best, is_open=proof.is_open, value=proof.value, bound=proof.bound, facts=facts)


def raised(bound: float, step: float) -> float:
    """Where only multiples of `step` are possible, a lower bound rises to the next one."""
    return float(np.ceil((bound - 1e-6) / step) * step) if step else bound


def settle_sites(
    allowed: np.ndarray,
    fixed: np.ndarray,
    take: int,
    prices: MedianPrices,
    best: Median,
    step: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Sites that a better answer may open, and those that it cannot do without (bool per site)."""
    places = np.flatnonzero(allowed)
    if take <= 0 or len(places) <= take:
        return allowed, fixed
    reduced, bound, keep = prices.reduced, prices.bound, best.is_open
    ordered = np.sort(reduced[places])
    last_in, first_out = ordered[take - 1], ordered[take]
    inside = allowed & (reduced <= last_in)
    need = best.value - step + 1e-6 if step else best.value * (1 - 1e-9)
    never = allowed & ~inside & (bound + reduced - last_in > need) & ~keep
    always = inside & (reduced < last_in) & (bound + first_out - reduced > need) & keep
    return allowed & ~never, fixed | always


def _better(one: Median, other: Median) -> Median:
    if other.value < one.value:
        return replace(one, is_open=other.is_open, value=other.value)
    return one


def _open(value: float, bound: float, gap: float) -> bool:
    return value - bound > max(gap, 1e-9) * abs(value)
