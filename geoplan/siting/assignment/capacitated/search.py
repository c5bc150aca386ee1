"""Good solutions of p-median with capacities: some sites change, rows around them find new ones.

An iterated local search in which worse solutions are kept with a probability that falls, as in
simulated annealing; sites that the Lagrangian relaxation opens often are tried more often.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.capacitated.instance import CapacitatedMedian, total_cost
from geoplan.siting.assignment.capacitated.moves import (
    Solution,
    descend,
    insert_rows,
    take_out,
)
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import below, random_state, uniform

#: trials per look at the clock, and parts without a better solution that end the search
_PART, _PATIENCE = 1000, 6
#: temperature at the start of a part, as a share of the best cost, from the first part to the last
_TEMPERATURES = (2e-3, 2e-3, 1e-3, 1e-3, 5e-4, 0.0)
#: random starts that are tried until all rows have room
_STARTS = 50
#: rows near a site that lose their site in a trial
_NEAR_ROWS = 12
#: least probability with which a free site is tried, beside its share in the relaxation
_LEAST_SHARE = 0.01


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Assigned:
    """Open sites, the site of every demand row, and the cost."""

    is_open: np.ndarray
    site: np.ndarray
    value: float


def search_capacitated(
    median: CapacitatedMedian, shares: np.ndarray, *, control: SolveControl
) -> Assigned | None:
    """A solution in which every row is served whole; None where none was found.

    shares : how often the relaxation opens each site.
    """
    rng = np.random.default_rng(control.seed)
    weights = np.where(median.free, shares + _LEAST_SHARE, 0.0)
    best = _start(median, weights, rng)
    if best is None:
        return None
    value = float(descend(median, best))
    near = _near_rows(median)
    state = random_state(control.seed)
    idle, part = 0, 0
    while idle < _PATIENCE and control.left > 0 and median.n_new > 0 and part < 60:
        trial = Solution(*(array.copy() for array in best))
        temperature = _TEMPERATURES[min(part, len(_TEMPERATURES) - 1) if idle < 2 else idle % 6]
        found = float(
            _anneal(median, trial, near, np.cumsum(weights), value * temperature, _PART, state)
        )
        part, idle = part + 1, idle + 1
        if found < value:
            best, value, idle = trial, found, 0
    is_open = median.fixed.copy()
    is_open[best.sites] = True
    return Assigned(is_open=is_open, site=best.sites[best.assigned], value=value)


def _start(
    median: CapacitatedMedian, weights: np.ndarray, rng: np.random.Generator
) -> Solution | None:
    """Sites that the relaxation opens most, or drawn ones, to which all rows can be assigned."""
    fixed, free = np.flatnonzero(median.fixed), np.flatnonzero(median.free)
    n_new, n = min(median.n_new, len(free)), len(median.people)
    chosen = free[np.argsort(-weights[free], kind="stable")[:n_new]]
    for _ in range(_STARTS):
        sites = np.concatenate([fixed, chosen]).astype(np.int64)
        solution = Solution(sites, np.full(n, -1, np.int64), np.zeros(len(sites)))
        if len(sites) and insert_rows(median, solution, np.arange(n), n):
            return solution
        if not n_new:
            return None
        chance = weights[free] * np.where(np.isfinite(median.capacity[free]), 1.0, 2.0)
        chosen = rng.choice(free, n_new, replace=False, p=chance / chance.sum())
    return None


def _near_rows(median: CapacitatedMedian) -> np.ndarray:
    """Sites x a few: the demand rows from which each site is cheapest to reach, per person."""
    cost = median.costs / np.maximum(median.people, 1e-9)
    count = min(_NEAR_ROWS, cost.shape[1])
    first = np.argpartition(cost, count - 1, axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(cost, first, axis=1), axis=1, kind="stable")
    return np.take_along_axis(first, order, axis=1)


@kernel
def _anneal(median, solution, near, chances, temperature, trials, state):
    """So many trials from `solution`, which becomes the best one; its cost."""
    value = total_cost(median.costs, solution.sites, solution.assigned)
    least = value
    best = _copied(solution)
    trial = _copied(solution)
    rows = np.empty(len(solution.assigned), np.int64)
    for done in range(trials):
        _copy_to(solution, trial)
        count = 0
        for _ in range(1 + below(state, 2)):
            count = _replace_site(median, trial, near, chances, rows, count, state)
        centre = near[below(state, len(near))]
        for a in range(len(centre) // 2):
            if trial.assigned[centre[a]] >= 0:
                take_out(median, trial, centre[a])
                rows[count] = centre[a]
                count += 1
        if not insert_rows(median, trial, rows, count):
            continue
        found = descend(median, trial)
        heat = temperature * (1.0 - done / trials)
        if found <= value or (heat > 0 and uniform(state) < np.exp((value - found) / heat)):
            value = found
            _copy_to(trial, solution)
        if found < least:
            least = found
            _copy_to(trial, best)
    _copy_to(best, solution)
    return least


@inner_kernel
def _replace_site(median, trial, near, chances, rows, count, state):
    """Open a drawn site instead of one nearby; rows that it draws or that lose theirs wait.

    Returns how many rows wait in `rows`.
    """
    j = np.searchsorted(chances, uniform(state) * chances[-1])
    j = min(j, len(chances) - 1)
    if not median.free[j] or (trial.sites == j).any():
        return count
    s = below(state, len(trial.sites))
    if uniform(state) < 0.8:
        row = near[j, below(state, near.shape[1])]
        s = trial.assigned[row] if trial.assigned[row] >= 0 else s
    if median.fixed[trial.sites[s]]:
        return count
    for i in range(len(trial.assigned)):
        a = trial.assigned[i]
        if a >= 0 and (a == s or median.costs[j, i] < median.costs[trial.sites[a], i]):
            take_out(median, trial, i)
            rows[count] = i
            count += 1
    trial.sites[s] = j
    trial.loads[s] = 0.0
    return count


@inner_kernel
def _copied(solution):
    return Solution(solution.sites.copy(), solution.assigned.copy(), solution.loads.copy())


@inner_kernel
def _copy_to(source, target):
    target.sites[:] = source.sites
    target.assigned[:] = source.assigned
    target.loads[:] = source.loads
