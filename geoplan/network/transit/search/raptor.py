"""RAPTOR: earliest arrivals from one start, round by round, one more vehicle each round.

Delling, Pajor and Werneck (2015), Round-Based Public Transit Routing, Transportation Science 49(3),
591-604. Here every stop has two arrivals in each round: by vehicle (`ride`), and ready to board
(`stand`: by vehicle or on foot after one). One walk follows a vehicle and none another walk, so the
walks between stops need not be closed under the triangle inequality.

Headways: who comes to a stop at time t finds a vehicle at t + half the headway, but at the first
vehicle's time where that is later, and at the last one's where that is earlier.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.transit.clock import NEVER


class Walks(NamedTuple):
    """Walks in compressed sparse rows, milliseconds, the shortest of each row first."""

    ptr: NDArray[np.int64]
    to: NDArray[np.int32]
    ms: NDArray[np.int32]


class Labels(NamedTuple):
    """Arrivals at every stop with at most k vehicles, ``[k, stop]``; see the module.

    rides : most vehicles. Where nothing is asked of fewer vehicles afterwards, one row holds those
    of the round at hand: vehicles are boarded before anybody walks on from them.
    """

    ride: NDArray[np.int32]
    stand: NDArray[np.int32]
    rides: int


class Scratch(NamedTuple):
    """What a search works with.

    marked : stops to board from in the next round. is_marked : whether a stop is among them.
    ridden, is_ridden : stops that a vehicle reached earlier in this round.
    touched, is_touched : the same in any round of this start.
    queue : patterns to be ridden. begin : at which of their calls, NEVER = not in the queue.
    size : numbers of `marked`, `touched`, and spare.
    shift : by how much the start may be earlier before any choice changes; 0 = not known.
    """

    marked: NDArray[np.int32]
    is_marked: NDArray[np.bool_]
    ridden: NDArray[np.int32]
    is_ridden: NDArray[np.bool_]
    touched: NDArray[np.int32]
    is_touched: NDArray[np.bool_]
    queue: NDArray[np.int32]
    begin: NDArray[np.int32]
    size: NDArray[np.int64]
    shift: NDArray[np.int64]


def new_labels(n_stops: int, rides: int, *, by_round: bool = True) -> Labels:
    """Labels of stops that nobody has reached yet; `by_round`: a row for each round."""
    shape = (rides + 1 if by_round else 1, n_stops)
    return Labels(np.full(shape, NEVER, np.int32), np.full(shape, NEVER, np.int32), rides)


def new_scratch(n_stops: int, n_patterns: int) -> Scratch:
    """Scratch of a search over so many stops and patterns."""

    def stops() -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        # written before it is known whether it counts: one more than stops
        return np.empty(n_stops + 1, np.int32), np.zeros(n_stops, np.bool_)

    return Scratch(
        *stops(),
        *stops(),
        *stops(),
        np.empty(n_patterns, np.int32),
        np.full(n_patterns, NEVER, np.int32),
        np.zeros(3, np.int64),
        np.zeros(1, np.int64),
    )


@kernel
def stand_at(labels, scratch, stop, time):
    """Note that somebody is ready to board their first vehicle at a stop; marks it."""
    if time < labels.stand[0, stop]:
        for k in range(len(labels.stand)):
            labels.stand[k, stop] = min(time, labels.stand[k, stop])
        if not scratch.is_marked[stop]:
            scratch.is_marked[stop] = True
            scratch.marked[scratch.size[0]] = stop
            scratch.size[0] += 1


@inner_kernel
def forget(labels):
    """Labels as if nothing had been searched."""
    labels.ride[:] = NEVER
    labels.stand[:] = NEVER


@kernel
def search_marked(table, walks, labels, scratch, limit):
    """Ride on from the marked stops as far as any arrival by `limit` gets better.

    Leaves the stops that a vehicle reached earlier in `touched`, ``size[1]`` of them.
    """
    scratch.size[1] = 0
    rows, half = len(labels.ride), table.half
    queue, begins = scratch.queue, scratch.begin
    ridden_stops, on_ride = scratch.ridden, scratch.is_ridden
    for k in range(1, labels.rides + 1):
        if scratch.size[0] == 0:
            break
        queued = _queue(table, scratch)
        ridden = np.int64(0)  # a bare 0 is a type of its own: what it is handed to compiled twice
        for i in range(queued):
            p = queue[i]
            begin = begins[p]
            begins[p] = NEVER
            if half[p] < 0:
                ridden = _ride_timed(table, labels, scratch, p, begin, k, limit, ridden)
            else:
                ridden = _ride_headway(table, labels, scratch, p, begin, k, limit, ridden)
        if k < labels.rides:
            _walk(walks, labels, scratch, min(k, rows - 1), ridden, limit)
        else:  # nobody boards after the last ride
            for i in range(ridden):
                on_ride[ridden_stops[i]] = False
    marked, is_marked, n_marked = scratch.marked, scratch.is_marked, scratch.size[0]
    for i in range(n_marked):
        is_marked[marked[i]] = False
    scratch.size[0] = 0
    touched, is_touched, n_touched = scratch.touched, scratch.is_touched, scratch.size[1]
    for i in range(n_touched):
        is_touched[touched[i]] = False


@inner_kernel
def _queue(table, scratch):
    """Patterns of the marked stops, each from the first of its calls there; clears the marks."""
    ptr, patterns, calls = table.stop_ptr, table.stop_pattern, table.stop_call
    queue, begin = scratch.queue, scratch.begin
    marked, is_marked, n_marked = scratch.marked, scratch.is_marked, scratch.size[0]
    queued = 0
    for i in range(n_marked):
        stop = marked[i]
        is_marked[stop] = False
        for j in range(ptr[stop], ptr[stop + 1]):
            p = patterns[j]
            if begin[p] == NEVER:
                queue[queued] = p
                queued += 1
            begin[p] = min(begin[p], calls[j])
    scratch.size[0] = 0
    return queued


@inner_kernel
def _ride_timed(table, labels, scratch, p, begin, k, limit, ridden):
    """Ride one pattern whose trips have their own times.

    Arrays stand in names of their own: reading them from tuples inside loops costs more than the
    loops (measured: 10 times).
    """
    a, b = np.int64(table.ptr[p]), np.int64(table.ptr[p + 1])
    size, count, base = b - a, np.int64(table.trips[p]), table.base[p]
    stops, board, alight = table.stop[a:b], table.board[a:b], table.alight[a:b]
    arrive, depart = table.arrive, table.depart
    rides, levels = labels.ride, len(labels.ride)
    row = min(k, levels - 1)
    ride, stand = rides[row], labels.stand[min(k, levels) - 1]
    on_ride, ridden_stops = scratch.is_ridden, scratch.ridden
    on_touch, touched = scratch.is_touched, scratch.touched
    n_touched = scratch.size[1]
    trip, at = count, base  # none yet
    for call in range(begin, size):
        stop = stops[call]
        if trip < count and alight[call]:
            time = arrive[at + call]
            if time > limit:  # a trip boarded further on may be earlier
                trip = count
            elif time < ride[stop]:
                for j in range(row, levels):
                    rides[j, stop] = min(time, rides[j, stop])
                ridden_stops[ridden] = stop
                ridden += not on_ride[stop]
                on_ride[stop] = True
                touched[n_touched] = stop
                n_touched += not on_touch[stop]
                on_touch[stop] = True
        ready = stand[stop]
        if ready > limit or not board[call]:
            continue
        if trip == count:
            # the first trip that leaves no earlier than somebody is ready
            low, high = np.int64(0), count
            while low < high:
                middle = (low + high) >> 1
                if depart[base + middle * size + call] < ready:
                    low = middle + 1
                else:
                    high = middle
            trip = low
            at = base + trip * size
        else:
            while trip > 0 and depart[at - size + call] >= ready:
                trip -= 1
                at -= size
    scratch.size[1] = n_touched
    return ridden


@inner_kernel
def _caught(x, first, last, half, mirrored):
    """When the vehicle that is caught left its first stop (NEVER = none), for who is there at `x`.

    Both as times of the first stop. Then whether it moves with an earlier traveller, and by how
    much that one may be earlier before this changes.
    """
    never = np.int64(NEVER)
    if x > last:
        return never, False, x - last
    if mirrored:
        if x <= first:
            return first, False, never
        return x, True, x - first
    x += half
    if x < first:
        return first, False, never
    if x > last:
        return last, False, x - last
    return x, True, x - first


@inner_kernel
def _ride_headway(table, labels, scratch, p, begin, k, limit, ridden):
    """Ride one line that runs by headways; arrays in names of their own, as in `_ride_timed`."""
    a, b, base = np.int64(table.ptr[p]), np.int64(table.ptr[p + 1]), table.base[p]
    stops, board, alight = table.stop[a:b], table.board[a:b], table.alight[a:b]
    arrive, depart = table.arrive[base : base + b - a], table.depart[base : base + b - a]
    first, last, half = np.int64(table.first[p]), np.int64(table.last[p]), np.int64(table.half[p])
    mirrored, never = table.mirrored, np.int64(NEVER)
    rides, levels = labels.ride, len(labels.ride)
    row = min(k, levels - 1)
    ride, stand = rides[row], labels.stand[min(k, levels) - 1]
    on_ride, ridden_stops = scratch.is_ridden, scratch.ridden
    on_touch, touched = scratch.is_touched, scratch.touched
    n_touched, shift = scratch.size[1], scratch.shift[0]
    left, moves = never, False
    for call in range(begin, b - a):
        stop = stops[call]
        if left < never and alight[call]:
            time = left + arrive[call]
            if mirrored and left > first:
                time += half
            if time > limit:
                left = never
            elif time < ride[stop]:
                if not moves:
                    shift = np.int64(0)
                for j in range(row, levels):
                    rides[j, stop] = min(time, rides[j, stop])
                ridden_stops[ridden] = stop
                ridden += not on_ride[stop]
                on_ride[stop] = True
                touched[n_touched] = stop
                n_touched += not on_touch[stop]
                on_touch[stop] = True
        ready = np.int64(stand[stop])
        if ready > limit or not board[call]:
            continue
        other, moves_too, until = _caught(ready - depart[call], first, last, half, mirrored)
        shift = min(shift, until)
        if other < left:
            if moves and not moves_too:
                shift = min(shift, left - other)
            left, moves = other, moves_too
        elif moves_too and not moves and other < never:
            shift = min(shift, other - left)
    scratch.size[1], scratch.shift[0] = n_touched, shift
    return ridden


@inner_kernel
def _walk(walks, labels, scratch, row, ridden, limit):
    """Walk on from the stops that a vehicle reached, and mark where somebody is ready earlier."""
    ptr, to, ms = walks
    stands, stand, ride = labels.stand, labels.stand[row], labels.ride[row]
    levels = len(stands)
    marked, is_marked = scratch.marked, scratch.is_marked
    ridden_stops, on_ride = scratch.ridden, scratch.is_ridden
    n_marked = scratch.size[0]
    for i in range(ridden):
        stop = ridden_stops[i]
        on_ride[stop] = False
        time = np.int64(ride[stop])
        for j in range(ptr[stop], ptr[stop + 1]):
            there = time + ms[j]
            if there > limit:
                break
            q = to[j]
            if there < stand[q]:
                for level in range(row, levels):
                    stands[level, q] = min(there, stands[level, q])
                marked[n_marked] = q
                n_marked += not is_marked[q]
                is_marked[q] = True
    scratch.size[0] = n_marked
