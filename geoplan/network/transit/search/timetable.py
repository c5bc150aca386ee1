"""Timetable arrays: trips with the same stops side by side, so that none overtakes another.

A pattern is a sequence of stops with the trips that serve it in their order; where trips overtake,
they are split into several patterns (Delling, Pajor, Werneck 2015, section 3.1). A mirrored
timetable runs backwards in time: a search in it from a site finds who can get there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.network.transit.clock import NEVER
from geoplan.network.transit.schedule import Schedule


class Timetable(NamedTuple):
    """Patterns and their trips as the kernels take them; times in int32 milliseconds.

    ptr : int32 (patterns + 1,): the calls of pattern p are ``ptr[p]:ptr[p + 1]``.
    stop, board, alight : per call: the platform, and whether passengers may.
    base : int64 (patterns,): trip t's times at call i stand at ``base[p] + t * calls + i``.
    trips : int32 (patterns,), trips. arrive, depart : the times.
    half : int32 (patterns,), half the headway, -1 = trips at their own times. With headways
        `trips` is 1, the times count from the first stop, and vehicles leave there from `first`
        to `last`.
    stop_ptr, stop_pattern, stop_call : the calls at which stop s is boarded are
        ``stop_ptr[s]:stop_ptr[s + 1]``.
    trip : int32, the schedule's trip of pattern p's trip t at ``trip_ptr[p] + t``.
    mirrored : whether time runs backwards.
    """

    ptr: NDArray[np.int32]
    stop: NDArray[np.int32]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]
    base: NDArray[np.int64]
    trips: NDArray[np.int32]
    arrive: NDArray[np.int32]
    depart: NDArray[np.int32]
    half: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    stop_ptr: NDArray[np.int32]
    stop_pattern: NDArray[np.int32]
    stop_call: NDArray[np.int32]
    trip: NDArray[np.int32]
    trip_ptr: NDArray[np.int32]
    mirrored: bool


class _Pattern(NamedTuple):
    """One pattern: trips, and per call the stop, boarding, alighting; times are (trips, calls)."""

    trips: NDArray[np.int64]
    stop: NDArray[np.int32]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]
    arrive: NDArray[np.int32]
    depart: NDArray[np.int32]
    half: int
    first: int
    last: int


def build_timetable(
    schedule: Schedule, *, start: int, end: int, slack: int = 0, mirrored: bool = False
) -> Timetable:
    """The timetable of a schedule for journeys between two times.

    Parameters
    ----------
    schedule : what runs.
    start, end : milliseconds; trips that are over before or begin later are left out.
    slack : milliseconds that passengers are at a stop before their vehicle leaves.
    mirrored : time runs backwards.
    """
    patterns = _patterns(schedule, start, end, slack)
    if mirrored:
        patterns = [_mirror(pattern) for pattern in patterns]
    return _arrays(patterns, schedule.n_stops, mirrored)


def _patterns(schedule: Schedule, start: int, end: int, slack: int) -> list[_Pattern]:
    calls = schedule.calls
    headway = schedule.trips["headway_ms"].to_numpy(np.int64)
    first = schedule.trips["first_ms"].to_numpy(np.int64)
    last = schedule.trips["last_ms"].to_numpy(np.int64)
    alike: dict[bytes, list[int]] = {}
    found: list[_Pattern] = []
    for trip in range(schedule.n_trips):
        a, b = int(calls.ptr[trip]), int(calls.ptr[trip + 1])
        if b - a < 2:
            continue
        by_headway = headway[trip] >= 0
        begins = int(calls.depart[a]) + (int(first[trip]) if by_headway else 0)
        ends = int(calls.arrive[b - 1]) + (int(last[trip]) if by_headway else 0)
        if ends < start or begins > end:
            continue
        if by_headway:
            half = min(int(headway[trip]) // 2, int(NEVER))  # nobody waits beyond the last
            times = (calls.arrive[a:b][None], calls.depart[a:b][None] - np.int32(slack))
            own = (calls.stop[a:b], calls.board[a:b], calls.alight[a:b], *times)
            found.append(_Pattern(np.array([trip]), *own, half, int(first[trip]), int(last[trip])))
            continue
        key = calls.stop[a:b].tobytes() + calls.board[a:b].tobytes() + calls.alight[a:b].tobytes()
        alike.setdefault(key, []).append(trip)
    for trips in alike.values():
        found += _in_order(schedule, np.array(trips), slack)
    return found


def _in_order(schedule: Schedule, trips: NDArray[np.int64], slack: int) -> list[_Pattern]:
    """Trips of one sequence of stops as patterns in which none overtakes another."""
    calls = schedule.calls
    a = int(calls.ptr[trips[0]])
    size = int(calls.ptr[trips[0] + 1]) - a
    at = calls.ptr[trips][:, None] + np.arange(size)
    arrive, depart = calls.arrive[at], calls.depart[at] - np.int32(slack)
    order = np.lexsort((arrive[:, -1], depart[:, 0]))
    patterns = []
    for chain in _chains(arrive[order], depart[order]):
        rows = order[chain]
        own = (calls.stop[a : a + size], calls.board[a : a + size], calls.alight[a : a + size])
        patterns.append(_Pattern(trips[rows], *own, arrive[rows], depart[rows], -1, 0, 0))
    return patterns


def _chains(
    arrive: NDArray[np.int32], depart: NDArray[np.int32]
) -> Sequence[NDArray[np.int64] | list[int]]:
    """Rows, by departure, in chains in which every later row is no earlier anywhere."""
    times = np.concatenate([arrive, depart], axis=1)
    if (times[1:] >= times[:-1]).all():
        return [np.arange(len(times))]
    chains: list[list[int]] = []
    for row in range(len(times)):
        for chain in chains:
            if (times[row] >= times[chain[-1]]).all():
                chain.append(row)
                break
        else:
            chains.append([row])
    return chains


def _mirror(p: _Pattern) -> _Pattern:
    return _Pattern(
        p.trips[::-1],
        p.stop[::-1],
        p.alight[::-1],
        p.board[::-1],
        -p.depart[::-1, ::-1],
        -p.arrive[::-1, ::-1],
        p.half,
        -p.last,
        -p.first,
    )


def _arrays(patterns: list[_Pattern], n_stops: int, mirrored: bool) -> Timetable:
    sizes = np.array([len(p.stop) for p in patterns], np.int64)
    count = np.array([len(p.trips) for p in patterns], np.int32)
    ptr = np.zeros(len(patterns) + 1, np.int32)
    np.cumsum(sizes, out=ptr[1:])
    base = np.zeros(len(patterns) + 1, np.int64)
    np.cumsum(sizes * count, out=base[1:])
    trip_ptr = np.zeros(len(patterns) + 1, np.int32)
    np.cumsum(count, out=trip_ptr[1:])
    stop = _joined([p.stop for p in patterns], np.int32)
    board = _joined([p.board for p in patterns], np.bool_)
    owner = np.repeat(np.arange(len(patterns), dtype=np.int32), sizes)
    call = (np.arange(len(stop)) - ptr[:-1][owner]).astype(np.int32)
    # nobody boards at the last call
    used = np.flatnonzero(board & (call < sizes[owner] - 1))
    used = used[np.argsort(stop[used], kind="stable")]
    stop_ptr = np.zeros(n_stops + 1, np.int32)
    np.cumsum(np.bincount(stop[used], minlength=n_stops), out=stop_ptr[1:])
    return Timetable(
        ptr=ptr,
        stop=stop,
        board=board,
        alight=_joined([p.alight for p in patterns], np.bool_),
        base=base[:-1],
        trips=count,
        arrive=_joined([p.arrive.ravel() for p in patterns], np.int32),
        depart=_joined([p.depart.ravel() for p in patterns], np.int32),
        half=np.array([p.half for p in patterns], np.int32),
        first=np.array([p.first for p in patterns], np.int32),
        last=np.array([p.last for p in patterns], np.int32),
        stop_ptr=stop_ptr,
        stop_pattern=owner[used],
        stop_call=call[used],
        trip=_joined([p.trips for p in patterns], np.int32),
        trip_ptr=trip_ptr,
        mirrored=mirrored,
    )


def _joined(parts: list[NDArray], kind: type) -> NDArray:
    return np.concatenate([np.empty(0, kind), *parts]).astype(kind)


def last_time(schedule: Schedule) -> int:
    """When the last vehicle of the schedule has arrived, milliseconds."""
    calls = schedule.calls
    if not len(calls.stop):
        return 0
    ends = calls.arrive[calls.ptr[1:] - 1].astype(np.int64)
    late = schedule.trips["headway_ms"].to_numpy() >= 0
    ends[late] += schedule.trips["last_ms"].to_numpy(np.int64)[late]
    return int(min(ends.max(initial=0), NEVER - 1))
