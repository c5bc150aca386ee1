"""Moves between solutions of p-median with capacities: insert, shift, exchange, move a site."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.capacitated.instance import total_cost
from geoplan.tolerances import SAME_VALUE

#: how much more a row counts in the order of inserting if it fills a site: large rows come first
_LARGE_FIRST = 3.0


class Solution(NamedTuple):
    """Open sites, the position among them that serves each demand row (-1 = none), and its load.

    loads : people at each open site.
    """

    sites: np.ndarray
    assigned: np.ndarray
    loads: np.ndarray


@inner_kernel
def take_out(median, solution, i):
    """Leave demand row i without a site."""
    solution.loads[solution.assigned[i]] -= median.people[i]
    solution.assigned[i] = -1


@inner_kernel
def put(median, solution, i, s):
    """Serve demand row i at the open site of position s."""
    solution.loads[s] += median.people[i]
    solution.assigned[i] = s


@inner_kernel
def has_room(median, solution, s, more):
    """Whether the open site of position s can serve so many `more` people."""
    most = median.capacity[solution.sites[s]]
    return solution.loads[s] + more <= most + SAME_VALUE * min(most, 1.0)


@kernel
def insert_rows(median, solution, rows, count):
    """Serve `count` rows without a site, those that lose most by waiting first; False: no room.

    The loss is the cost of the second best site with room above that of the best (the regret of
    Martello and Toth's heuristic for generalized assignment).
    """
    costs, largest = median.costs, 0.0
    for s in range(len(solution.sites)):
        largest = max(largest, min(median.capacity[solution.sites[s]], median.people.sum()))
    while count > 0:
        most, chosen, target = -np.inf, -1, -1
        for a in range(count):
            i = rows[a]
            best, second, where = np.inf, np.inf, -1
            for s in range(len(solution.sites)):
                cost = costs[solution.sites[s], i]
                if cost < second and has_room(median, solution, s, median.people[i]):
                    if cost < best:
                        best, second, where = cost, best, s
                    else:
                        second = cost
            if where < 0:
                return False
            loss = second - best if second < np.inf else 1e12
            loss *= 1.0 + _LARGE_FIRST * median.people[i] / max(largest, 1e-9)
            if loss > most:
                most, chosen, target = loss, a, where
        put(median, solution, rows[chosen], target)
        count -= 1
        rows[chosen] = rows[count]
    return True


@kernel
def descend(median, solution):
    """Shift rows, make room for rows, and move sites while that lowers the cost; the cost."""
    improved = True
    while improved:
        improved = False
        for i in range(len(solution.assigned)):
            for s in range(len(solution.sites)):
                if _pays(median, solution, i, s) and _bring(median, solution, i, s):
                    improved = True
        for s in range(len(solution.sites)):
            if _move_site(median, solution, s):
                improved = True
    return total_cost(median.costs, solution.sites, solution.assigned)


@inner_kernel
def _pays(median, solution, i, s):
    """Whether row i would cost less at position s."""
    here = median.costs[solution.sites[solution.assigned[i]], i]
    return median.costs[solution.sites[s], i] < here * (1 - SAME_VALUE)


@inner_kernel
def _bring(median, solution, i, s):
    """Serve row i at position s; where there is no room, a row k leaves, if that pays together."""
    a, costs = solution.assigned[i], median.costs
    people = median.people[i]
    if has_room(median, solution, s, people):
        take_out(median, solution, i)
        put(median, solution, i, s)
        return True
    gain = costs[solution.sites[a], i] - costs[solution.sites[s], i]
    least = gain * SAME_VALUE
    leaving, target = -1, -1
    for k in range(len(solution.assigned)):
        if solution.assigned[k] != s or not has_room(
            median, solution, s, people - median.people[k]
        ):
            continue
        stays = costs[solution.sites[s], k]
        for t in range(len(solution.sites)):
            worth = gain - (costs[solution.sites[t], k] - stays)
            freed = people if t == a else 0.0
            if t != s and worth > least and has_room(median, solution, t, median.people[k] - freed):
                least, leaving, target = worth, k, t
    if leaving < 0:
        return False
    take_out(median, solution, i)
    take_out(median, solution, leaving)
    put(median, solution, leaving, target)
    put(median, solution, i, s)
    return True


@inner_kernel
def _move_site(median, solution, s):
    """Put the site at position s where its rows cost least, with room for them."""
    j = solution.sites[s]
    if median.fixed[j]:
        return False
    rows = np.flatnonzero(solution.assigned == s)
    best = 0.0
    for i in rows:
        best += median.costs[j, i]
    best *= 1 - SAME_VALUE
    chosen = j
    for k in range(len(median.costs)):
        if not median.free[k] or not solution.loads[s] <= median.capacity[k]:
            continue
        cost = 0.0
        for i in rows:
            cost += median.costs[k, i]
            if cost >= best:
                break
        if cost < best and not (solution.sites == k).any():
            best, chosen = cost, k
    solution.sites[s] = chosen
    return chosen != j
