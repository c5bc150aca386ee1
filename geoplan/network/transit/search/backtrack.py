"""Which vehicles a journey takes: one search of one source, and the way back through its labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.network.transit.clock import NEVER
from geoplan.network.transit.search.range_search import Ends
from geoplan.network.transit.search.raptor import (
    Labels,
    Walks,
    new_labels,
    new_scratch,
    search_marked,
    stand_at,
)
from geoplan.network.transit.search.timetable import Timetable


class Ride(NamedTuple):
    """A ride as the search found it, in the time of its timetable.

    trip : of the schedule. board, alight : platforms. calls : stops ridden.
    first : the call of the trip, from 0, with which the ride begins in real time.
    leave, arrive : of the vehicle at the two; of a headway line half a headway may lie between.
    """

    trip: int
    board: int
    alight: int
    calls: int
    first: int
    leave: int
    arrive: int


def reach(table: Timetable, walks: Walks, ends: Ends, rides: int, start: int, limit: int) -> Labels:
    """Labels of one start of the only source."""
    n_stops = len(table.stop_ptr) - 1
    labels, scratch = new_labels(n_stops, rides), new_scratch(n_stops, len(table.trips))
    for stop, ms in zip(ends.access.to, ends.access.ms, strict=True):
        if start + ms <= limit:
            stand_at(labels, scratch, np.int32(stop), np.int64(start + ms))
    search_marked(table, walks, labels, scratch, np.int64(limit))
    return labels


def first_arrival(labels: Labels, leave: Walks) -> tuple[int, int]:
    """When the only target is reached by vehicle, and the platform from which; `NEVER`, -1 = not.

    leave : walks from platforms (rows) to the target.
    """
    stops = np.flatnonzero(np.diff(leave.ptr))
    there = labels.ride[-1][stops].astype(np.int64) + leave.ms
    there[labels.ride[-1][stops] >= NEVER] = NEVER
    if not len(there) or there.min() >= NEVER:
        return int(NEVER), -1
    best = int(np.argmin(there))
    return int(there[best]), int(stops[best])


def rides_back(
    table: Timetable, walks: Walks, access: Walks, labels: Labels, start: int, stop: int
) -> list[Ride]:
    """The rides by which the labels say that `stop` is reached, with as few vehicles as do."""
    known = dict(zip(access.to.tolist(), access.ms.tolist(), strict=True))
    owner = np.repeat(np.arange(len(walks.ptr) - 1), np.diff(walks.ptr))
    k = len(labels.ride) - 1
    found: list[Ride] = []
    while True:
        time = int(labels.ride[k][stop])
        while k > 1 and labels.ride[k - 1][stop] == time:
            k -= 1
        ride = _into(table, labels, k, stop, time)
        found.append(ride)
        k -= 1
        ready = int(labels.stand[k][ride.board])
        if known.get(ride.board, NEVER) + start == ready:
            return found[::-1]
        here = np.flatnonzero(walks.to == ride.board)
        before = labels.ride[k][owner[here]].astype(np.int64) + walks.ms[here]
        stop = int(owner[here[np.argmin(before)]])


def _into(table: Timetable, labels: Labels, k: int, stop: int, time: int) -> Ride:
    """The ride by which a platform is reached at that time: of those, who is ready first."""
    best: tuple[int, Ride] | None = None
    for at in np.flatnonzero((table.stop == stop) & table.alight):
        p = int(np.searchsorted(table.ptr, at, side="right")) - 1
        a, call = int(table.ptr[p]), int(at - table.ptr[p])
        stops = table.stop[a : a + call]
        ready = labels.stand[k - 1][stops].astype(np.int64)
        for b in np.flatnonzero(table.board[a : a + call] & (ready <= time)):
            times = _times(table, p, int(b), call, int(ready[b]), time)
            if times is not None and (best is None or ready[b] < best[0]):
                trip, leave = times
                whole = int(table.trip[table.trip_ptr[p] + trip])
                # backwards in time the last call is the first
                first = int(table.ptr[p + 1]) - a - 1 - call if table.mirrored else int(b)
                ride = Ride(whole, int(stops[b]), stop, call - int(b), first, leave, time)
                best = (int(ready[b]), ride)
    if best is None:
        raise AssertionError("a label without a ride")
    return best[1]


def _times(
    table: Timetable, p: int, board: int, alight: int, ready: int, time: int
) -> tuple[int, int] | None:
    """The trip of a pattern that is caught at one call and arrives at another at `time`; or None.

    The trip and when it leaves the first of the two calls.
    """
    size = int(table.ptr[p + 1] - table.ptr[p])
    base = int(table.base[p])
    if table.half[p] < 0:
        count = int(table.trips[p])
        grid = slice(base, base + count * size)
        leaves: NDArray[np.int32] = table.depart[grid].reshape(count, size)[:, board]
        comes: NDArray[np.int32] = table.arrive[grid].reshape(count, size)[:, alight]
        fits = np.flatnonzero((leaves >= ready) & (comes == time))
        return (int(fits[0]), int(leaves[fits[0]])) if len(fits) else None
    left = _left(table, p, ready - int(table.depart[base + board]))
    if left is None:
        return None
    wait = int(table.half[p]) if table.mirrored and left > table.first[p] else 0
    if left + int(table.arrive[base + alight]) + wait != time:
        return None
    return 0, left + int(table.depart[base + board])


def _left(table: Timetable, p: int, ready: int) -> int | None:
    """When the vehicle that is caught left its first call, see `raptor`; None = none."""
    first, last, half = int(table.first[p]), int(table.last[p]), int(table.half[p])
    if ready > last:
        return None
    return max(first, ready) if table.mirrored else min(max(first, ready + half), last)
