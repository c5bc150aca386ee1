"""Walks to a vehicle that help nobody: the same vehicle is caught at an earlier stop of its way.

Who can walk to two stops of a pattern, and reaches the one up the line in time for every trip that
can be caught at the one down the line, boards up the line: from there the same trip calls at all
the stops that it calls at later. Without the walks to stops at which that holds for every pattern,
all arrivals stay the same, and searches have a third of the walks to look at.
"""

from __future__ import annotations

import numpy as np

from geoplan.kernels import kernel
from geoplan.network.transit.search.timetable import Timetable
from geoplan.network.transit.search.walking import Legs


def useful_walks(legs: Legs, table: Timetable) -> Legs:
    """The walks to stops (columns) that may lead to a vehicle no other walk of their row leads to.

    Parameters
    ----------
    legs : walks from anywhere to stops.
    table : what is boarded there.
    """
    if not len(legs.rows):
        return legs
    begin = table.stop_ptr[legs.columns].astype(np.int64)
    count = table.stop_ptr[legs.columns + 1] - begin
    leg = np.repeat(np.arange(len(legs.rows)), count)
    at = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count - begin, count)
    pattern, call = table.stop_pattern[at].astype(np.int64), table.stop_call[at]
    # a start for a trip at this call, in the time of the pattern's first call, at the earliest
    runs = _longest_runs(table.ptr, table.base, table.trips, table.depart)
    ahead = legs.ms[leg].astype(np.int64) - runs[table.ptr[pattern] + call]
    order = np.lexsort((ahead, call, pattern, legs.rows[leg]))
    key = legs.rows[leg][order].astype(np.int64) * len(table.trips) + pattern[order]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    value = ahead[order]
    # a running least within each group: groups are shifted so that each lies below the one before
    span = int(value.max(initial=0) - value.min(initial=0)) + 1
    group = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(value)]))
    least = np.minimum.accumulate(value - group * span)
    better = np.ones(len(value), np.bool_)
    better[1:] = value[1:] - group[1:] * span < least[:-1]
    keep = np.zeros(len(legs.rows), np.bool_)
    keep[leg[order[better]]] = True
    return Legs(legs.rows[keep], legs.columns[keep], legs.ms[keep], legs.shape)


@kernel
def _longest_runs(ptr, base, trips, depart):
    """The longest time that any trip takes from its first call to each, part by part; per call."""
    runs = np.zeros(ptr[-1], np.int64)
    for p in range(len(trips)):
        a, size = np.int64(ptr[p]), np.int64(ptr[p + 1] - ptr[p])
        for call in range(1, size):
            longest = np.int64(0)
            for trip in range(trips[p]):
                at = base[p] + trip * size + call
                longest = max(longest, np.int64(depart[at]) - np.int64(depart[at - 1]))
            runs[a + call] = runs[a + call - 1] + longest
    return runs
