"""All calls of a timetable in the order of time, for one scan on behalf of many travellers.

Connection Scan (Dibbelt, Pajor, Strasser, Wagner 2018, Journal of Experimental Algorithmics 23)
goes through departures and arrivals once, in their order; see `lane_scan`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import kernel
from geoplan.network.transit.clock import NEVER
from geoplan.network.transit.search.raptor import Walks
from geoplan.network.transit.search.timetable import Timetable


class Connections(NamedTuple):
    """Events in the order of time: vehicles that arrive, or that leave.

    Of one instant arrivals come first, then departures, then arrivals of vehicles that left at it.

    time, stop, trip : int32. arrives : whether the vehicle arrives; else it leaves.
    group : where the events of an instant end at which a vehicle both leaves and arrives
        elsewhere, at the first of them; else 0. late : these arrivals.
    walk : of an arrival, where its walks stand in `useful`, as many as its stop has.
    useful : whether somebody in the vehicle gains by walking from this stop and not from a later.
    last : when the last vehicle leaves each stop. n_trips : number of trips.
    board, alight : milliseconds that getting ready for a vehicle takes before, or after, the ride.
    """

    time: NDArray[np.int32]
    stop: NDArray[np.int32]
    trip: NDArray[np.int32]
    arrives: NDArray[np.bool_]
    group: NDArray[np.int64]
    late: NDArray[np.bool_]
    walk: NDArray[np.int64]
    useful: NDArray[np.bool_]
    last: NDArray[np.int32]
    n_trips: int
    board: int
    alight: int


def in_order(table: Timetable, walks: Walks, slack: int) -> Connections:
    """The calls of a timetable without headways as events in the order of time.

    Parameters
    ----------
    table : its times have the boarding slack in them, of departures or (mirrored) of arrivals.
    walks : between stops. slack : milliseconds.
    """
    size = np.diff(table.ptr).astype(np.int64)
    pattern = np.repeat(np.arange(len(size)), size * table.trips)
    place = np.arange(len(pattern)) - table.base[pattern]
    call = place % size[pattern]
    at = table.ptr[pattern] + call
    times = np.empty(2 * len(pattern), np.int64)  # of each call its arrival, then its departure
    times[0::2] = table.arrive - np.int64(slack if table.mirrored else 0)
    times[1::2] = table.depart + np.int64(0 if table.mirrored else slack)
    step = _steps_without_time(times, call == 0)
    allowed = np.empty(len(times), np.bool_)
    allowed[0::2] = table.alight[at] & (call > 0)
    allowed[1::2] = table.board[at] & (call < size[pattern] - 1)
    event = np.flatnonzero(allowed)
    event = event[np.lexsort((step[event], times[event]))]
    time, arrives, late = times[event].astype(np.int32), event % 2 == 0, step[event] > 1
    late &= arrives
    stop = table.stop[at][event // 2]
    rows = np.where(arrives, np.diff(walks.ptr)[stop], 0)
    walk = np.cumsum(rows) - rows
    event_of = np.full(len(pattern), -1, np.int64)
    event_of[event[arrives] // 2] = np.flatnonzero(arrives)
    last = np.full(len(table.stop_ptr) - 1, -NEVER, np.int32)
    np.maximum.at(last, stop[~arrives], time[~arrives])
    return Connections(
        time=time,
        stop=stop,
        trip=(table.trip_ptr[pattern] + place // size[pattern]).astype(np.int32)[event // 2],
        arrives=arrives,
        group=_groups(time, late),
        late=late,
        walk=walk,
        useful=_useful(table, walks, event_of, walk, np.empty(int(rows.sum()), np.bool_)),
        last=last,
        n_trips=int(table.trip_ptr[-1]),
        board=0 if table.mirrored else slack,
        alight=slack if table.mirrored else 0,
    )


def _steps_without_time(times: NDArray[np.int64], begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Of each arrival and departure, the how-manieth of its trip at its instant; arrivals even."""
    new = np.ones(len(times), np.bool_)
    new[1:] = times[1:] != times[:-1]
    new[0::2] |= begins
    every = np.arange(len(times))
    first = np.maximum.accumulate(np.where(new, every, 0))
    return every - first + first % 2


def _groups(time: NDArray[np.int32], late: NDArray[np.bool_]) -> NDArray[np.int64]:
    group = np.zeros(len(time), np.int64)
    if late.any():
        first = np.flatnonzero(np.r_[True, time[1:] != time[:-1]])
        end = np.r_[first[1:], len(time)]
        some = np.logical_or.reduceat(late, first)
        group[first[some]] = end[some]
    return group


@kernel
def _useful(table, walks, event_of, walk, useful):
    """Fill `useful`: walks by which nobody who stays in the vehicle is there later."""
    ptr, to, ms = walks
    calls, stops, arrive, base, trips = (
        table.ptr,
        table.stop,
        table.arrive,
        table.base,
        table.trips,
    )
    least = np.full(len(ptr) - 1, NEVER, np.int64)
    seen = np.empty(len(ptr) - 1, np.int32)
    for p in range(len(trips)):
        a, size = np.int64(calls[p]), np.int64(calls[p + 1] - calls[p])
        for trip in range(trips[p]):
            n = 0
            for call in range(size - 1, 0, -1):
                at = base[p] + trip * size + call
                if event_of[at] < 0:
                    continue
                stop, m = stops[a + call], walk[event_of[at]]
                for j in range(ptr[stop], ptr[stop + 1]):
                    q, there = to[j], np.int64(arrive[at]) + ms[j]
                    # no later call is left out because of one that is as late: it might be the
                    # same stop once more, where nobody arrives for the first time
                    useful[m] = there <= least[q]
                    if there <= least[q]:
                        if least[q] == NEVER:
                            seen[n] = q
                            n += 1
                        least[q] = there
                    m += 1
            for i in range(n):
                least[seen[i]] = NEVER
    return useful
