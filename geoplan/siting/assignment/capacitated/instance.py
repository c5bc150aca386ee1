"""Weighted costs, people and capacities as dense arrays, for the kernels about capacities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel
from geoplan.siting.assignment.instance import MedianInstance
from geoplan.siting.model.counting import is_whole

#: pairs of site and demand row, stored or not, up to which the dense arrays are made
MOST_PAIRS = 10_000_000
#: units in which a knapsack counts the people of a site at most
_MOST_UNITS = 10_000


class CapacitatedMedian(NamedTuple):
    """An instance of p-median in which sites have capacities.

    costs : sites x demand rows, of all people of a row; inf where a site is out of reach.
    people, capacity : per demand row, per site (inf = none). size, room : the same in whole units,
    rounded down; room is -1 without a capacity. free, fixed : bool per site: may be, must be open.
    n_new : so many free sites open at most. whole : a site serves all people of a row, or none.
    """

    costs: np.ndarray
    people: np.ndarray
    capacity: np.ndarray
    size: np.ndarray
    room: np.ndarray
    free: np.ndarray
    fixed: np.ndarray
    n_new: int
    whole: bool


def capacitated_median(
    instance: MedianInstance, *, people: np.ndarray, capacity: np.ndarray, whole: bool
) -> CapacitatedMedian | None:
    """The instance with capacities; None where the dense arrays would be too large."""
    n, m = instance.costs.n_demand, instance.costs.n_sites
    if n * m > MOST_PAIRS or not np.isfinite(capacity).any():
        return None
    ptr, idx, data = instance.costs.by_site
    costs = np.full((m, n), np.inf)
    costs[np.repeat(np.arange(m), np.diff(ptr)), idx] = data
    limited = np.isfinite(capacity)
    largest = float(capacity[limited].max())
    # sums of whole units that fit stay below the room that is rounded down as well
    exact = is_whole(people) and largest <= _MOST_UNITS
    unit = 1.0 if exact else max(largest, 1.0) / _MOST_UNITS
    room = np.full(m, -1, np.int64)
    room[limited] = np.floor(capacity[limited] / unit).astype(np.int64)
    return CapacitatedMedian(
        costs=costs,
        people=np.asarray(people, np.float64),
        capacity=np.asarray(capacity, np.float64),
        size=np.floor(people / unit).astype(np.int64),
        room=room,
        free=instance.free.copy(),
        fixed=instance.fixed.copy(),
        n_new=max(instance.n_new, 0),
        whole=whole,
    )


@inner_kernel
def total_cost(costs, sites, assigned):
    """Cost of demand rows at the open sites to which they are assigned (positions in `sites`)."""
    total = 0.0
    for i in range(len(assigned)):
        total += costs[sites[assigned[i]], i]
    return total
