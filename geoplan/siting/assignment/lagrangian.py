"""A lower bound on p-median by Lagrangian relaxation: multipliers, reduced costs, relaxed openings.

The relaxation lets go of "everybody is served once" (Narula, Ogbu and Samuelsson 1977,
doi:10.1287/opre.25.4.709); its dual is climbed by the volume algorithm of Barahona and Anbil
(2000), doi:10.1007/s101070050002.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.instance import MedianInstance, MedianSolution
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.order import kth_smallest
from geoplan.siting.solver.volume import Steps, blend_weight, copy_into, next_steps
from geoplan.tolerances import NO_DIRECTION, SAME_VALUE

#: share of the bound; rising less per 100 rounds halves the blend, per 400 rounds ends the climb
_SLOW, _STALLED = 1e-4, 1e-6
#: smallest weight of a new point in the averages of the volume algorithm
_LEAST_BLEND = 1e-4


@inner_kernel
def dual_terms(by_demand, multipliers, reduced):
    """Sum of the multipliers, and the pairs looked at; `reduced` gets each site's reduced cost."""
    ptr, idx, data = by_demand
    reduced[:] = 0.0
    total = 0.0
    seen = 0
    for i in range(len(ptr) - 1):
        multiplier = multipliers[i]
        total += multiplier
        for t in range(ptr[i], ptr[i + 1]):
            seen += 1
            if data[t] >= multiplier:
                break
            reduced[idx[t]] += data[t] - multiplier
    return total, seen


@inner_kernel
def subgradient(by_demand, multipliers, is_open, out):
    """Per demand row 1 minus the number of open sites that serve it in the relaxation."""
    ptr, idx, data = by_demand
    for i in range(len(ptr) - 1):
        multiplier = multipliers[i]
        g = 1.0
        for t in range(ptr[i], ptr[i + 1]):
            if data[t] >= multiplier:
                break
            if is_open[idx[t]]:
                g -= 1.0
        out[i] = g


class Openings(NamedTuple):
    """Which sites may be open: positions of the free ones, bool of the fixed ones.

    n_new : how many free sites open.
    """

    free: np.ndarray
    fixed: np.ndarray
    n_new: int


@inner_kernel
def _open_cheapest(openings, reduced, is_open):
    """Open the fixed and the `n_new` free sites of least reduced cost; the sum of these costs."""
    free, fixed, left = openings
    copy_into(is_open, fixed)
    if left > 0:
        key = reduced[free]
        edge = kth_smallest(key, left - 1)
        for a in range(len(free)):
            if key[a] < edge:
                is_open[free[a]] = True
                left -= 1
        for a in range(len(free)):  # of equals the first ones
            if left == 0:
                break
            if key[a] == edge:
                is_open[free[a]] = True
                left -= 1
    total = 0.0
    for j in range(len(reduced)):
        if is_open[j]:
            total += reduced[j]
    return total


class _VolumeState(NamedTuple):
    """The best multipliers so far and their reduced costs, and the volume algorithm's averages.

    direction : averaged subgradient. shares : averaged openings, near a solution of the relaxation.
    """

    multipliers: np.ndarray
    reduced: np.ndarray
    direction: np.ndarray
    shares: np.ndarray


@inner_kernel
def _move(dual, steps, upper, most, multipliers):
    """Put into `multipliers` a step from the best ones; False where there is none to take."""
    norm = 0.0
    for i in range(len(most)):
        norm += dual.direction[i] * dual.direction[i]
    if norm < NO_DIRECTION or steps.bound >= upper * (1 - SAME_VALUE):
        return False
    step = steps.factor * (1.02 * upper - steps.bound) / norm
    for i in range(len(most)):
        multipliers[i] = min(max(dual.multipliers[i] + step * dual.direction[i], 0.0), most[i])
    return True


@inner_kernel
def _average(dual, limit, slack, is_open):
    """Blend a new subgradient and its openings into the averages; whether they agree in sign."""
    direction, shares = dual.direction, dual.shares
    cross = 0.0
    square = 0.0
    agree = 0.0
    for i in range(len(slack)):
        d = slack[i] - direction[i]
        cross += direction[i] * d
        square += d * d
        agree += direction[i] * slack[i]
    blend = blend_weight(cross, square, limit)
    for i in range(len(slack)):
        direction[i] += blend * (slack[i] - direction[i])
    for j in range(len(shares)):
        shares[j] += blend * ((1.0 if is_open[j] else 0.0) - shares[j])
    return agree > 0


@kernel
def _climb(by_demand, openings, upper, most, dual, steps, rounds):
    """`rounds` steps of the volume algorithm; `dual` is written to, the new `steps` returned."""
    multipliers = dual.multipliers.copy()
    reduced = np.empty(len(dual.reduced))
    is_open = np.zeros(len(reduced), np.bool_)
    slack = np.empty(len(most))
    for _ in range(rounds):
        begun = steps.bound > -np.inf
        if begun and not _move(dual, steps, upper, most, multipliers):
            break
        value = dual_terms(by_demand, multipliers, reduced)[0]
        value += _open_cheapest(openings, reduced, is_open)
        subgradient(by_demand, multipliers, is_open, slack)
        better = value > steps.bound
        if better:
            copy_into(dual.multipliers, multipliers)
            copy_into(dual.reduced, reduced)
        if not begun:
            copy_into(dual.direction, slack)
            for j in range(len(reduced)):
                dual.shares[j] = 1.0 if is_open[j] else 0.0
            steps = Steps(value, steps.factor, steps.blend, steps.failures)
            continue
        steps = next_steps(steps, value, better, _average(dual, steps.blend, slack, is_open))
    return steps


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MedianDual:
    """A Lagrangian bound: multipliers per demand row, reduced costs and relaxed shares per site."""

    bound: float
    multipliers: np.ndarray
    reduced: np.ndarray
    shares: np.ndarray


def lagrangian_dual(
    instance: MedianInstance,
    *,
    upper: float,
    control: SolveControl,
    rounds: int = 2000,
    visit: Callable[[np.ndarray], float] | None = None,
) -> MedianDual:
    """Lower bound on the weighted cost of an instance.

    Parameters
    ----------
    upper : the cost of a solution.
    rounds : most steps; the work is counted, and ends with the time.
    visit : called every 100 steps with the relaxed shares per site; returns the cost of the best
        solution from then on (the place to round the shares to a solution).
    """
    costs, sites = instance.costs, instance.sites
    by_demand, n, m = costs.by_demand, costs.n_demand, costs.n_sites
    ptr, data = by_demand.ptr, by_demand.data
    free = np.flatnonzero(instance.free)
    openings = Openings(free, instance.fixed, min(instance.n_new, len(free)))
    # start where about m / sites sites would serve each demand: the usual depth of the solution
    depth = np.minimum(ptr[:-1] + max(1, m // max(sites, 1) // 2), ptr[1:] - 1)
    most = data[ptr[1:] - 1] + 1
    dual = _VolumeState(data[depth].copy(), np.zeros(m), np.zeros(n), np.zeros(m))
    steps = Steps(-np.inf, 0.1, 0.1, 0)
    marks: list[float] = []
    # parts short enough to look at the clock in between
    part = int(np.clip(100_000_000 // max(len(data), 1), 1, 100))
    done = 0
    while done < rounds and (control.left > 0 or not done):
        steps = _climb(by_demand, openings, upper, most, dual, steps, part)
        done += part
        if steps.bound >= upper * (1 - SAME_VALUE):
            break
        if done % 100 < part:
            if visit is not None:
                upper = min(upper, visit(dual.shares))
            marks.append(float(steps.bound))
            if len(marks) > 1 and marks[-1] - marks[-2] < _SLOW * abs(marks[-1]):
                steps = steps._replace(blend=max(steps.blend / 2, _LEAST_BLEND))
            if len(marks) > 5 and marks[-1] - marks[-5] < _STALLED * abs(marks[-1]):
                break
    return MedianDual(
        bound=float(steps.bound),
        multipliers=dual.multipliers,
        reduced=dual.reduced,
        shares=dual.shares,
    )


def median_reduced_cost_fixing(
    instance: MedianInstance, dual: MedianDual, best: MedianSolution
) -> MedianInstance:
    """The instance with fewer free sites: what a solution better than `best` may still decide.

    Sites that it cannot open are closed, sites that it cannot do without are fixed; those of the
    incumbent stay possible.
    """
    free, fixed, n_new = instance.free, instance.fixed, instance.n_new
    if n_new <= 0 or int(free.sum()) <= n_new:
        return instance
    reduced, bound, keep = dual.reduced, dual.bound, best.is_open
    ordered = np.sort(reduced[free])
    last_in, first_out = ordered[n_new - 1], ordered[n_new]
    inside = free & (reduced <= last_in)
    need = best.cutoff(instance.costs.step)
    never = free & ~inside & (bound + reduced - last_in > need) & ~keep
    always = inside & (reduced < last_in) & (bound + first_out - reduced > need) & keep
    return replace(instance, free=free & ~never & ~always, fixed=fixed | always)
