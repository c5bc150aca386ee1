"""What each new site adds where places end: people with a place, after everybody has moved up."""

from __future__ import annotations

import numpy as np

from geoplan.siting.constrained.capacity_flow import Filling
from geoplan.siting.constrained.capacity_part import filled
from geoplan.siting.model.problem import SitingProblem


def explain_places(
    problem: SitingProblem, chosen: np.ndarray, new: np.ndarray
) -> tuple[np.ndarray, list[float], np.ndarray, list[tuple[int, float]]]:
    """The sites `new` (positions) in the order in which they add most people.

    Parameters
    ----------
    chosen : all sites of the plan, `new` and the fixed ones.

    Returns
    -------
    order : positions; added : people each one adds; covered : people with a place by then;
    alternatives : per site the best other place (-1 = none) and the people lost by moving there.
    """
    filling = filled(problem, problem.fixed)
    place = np.full(problem.n_sites, -1, np.int64)
    place[filling.core.sites] = np.arange(filling.core.m)
    closed = np.setdiff1d(np.flatnonzero(problem.is_allowed), problem.fixed)
    # a site never adds more than it does alone beside the fixed ones
    ceiling = np.zeros(problem.n_sites)
    ceiling[closed] = [filling.gain(int(place[j])) for j in closed]
    before = filling.served
    order, added = [], []
    left = np.sort(new)
    while len(left):
        best, gain = best_of(filling, left, place, ceiling)
        left = left[left != best]
        order.append(best)
        added.append(gain)
        filling.open(int(place[best]))
    found = []
    for site in order:
        without = filling.copy()
        lost = without.close(int(place[site]))
        may = np.flatnonzero(may_replace(problem, chosen, chosen[chosen != site]))
        other, gain = best_of(without, may, place, ceiling)
        found.append((other, float("nan") if other < 0 else lost - gain))
    return np.array(order, np.int64), added, before + np.cumsum(added), found


def best_of(
    filling: Filling, sites: np.ndarray, place: np.ndarray, ceiling: np.ndarray
) -> tuple[int, float]:
    """The site that adds most (-1: there is none), and what it adds.

    place : position in the core of every site. ceiling : no site adds more.
    """
    best, most = -1, -1.0
    for j in sites[np.argsort(-ceiling[sites], kind="stable")]:
        if ceiling[j] <= most:
            break
        gain = filling.gain(int(place[j]))
        if gain > most:
            best, most = int(j), gain
    return best, most


def may_replace(problem: SitingProblem, chosen: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Bool per site: may stand beside `others`, and is not chosen already."""
    may = problem.is_allowed
    may[chosen] = False
    if len(problem.conflicts):
        first, second = problem.conflicts.T
        may[second[np.isin(first, others)]] = False
        may[first[np.isin(second, others)]] = False
    return may
