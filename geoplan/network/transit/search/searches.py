"""Travel times between many origins and targets by public transport: which way to search, in parts.

The minutes of the window belong to one end: to the origins when people depart in it, to the targets
when they arrive in it. From that end a search runs once per minute and point; from the other once
per vehicle and point. Both give the same milliseconds; the cheaper one is taken. Headways allow
the first only: a vehicle may leave at any time. Many points that all travel at one minute are
searched from together, in one scan of the timetable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geoplan.network.transit.ask import TransitOptions
from geoplan.network.transit.clock import NEVER
from geoplan.network.transit.search.connections import Connections, in_order
from geoplan.network.transit.search.lane_scan import LANES, lane_bytes, lane_costs, scan_from
from geoplan.network.transit.search.pruning import useful_walks
from geoplan.network.transit.search.range_search import (
    Ends,
    Window,
    new_times,
    search_all_events,
    search_all_minutes,
)
from geoplan.network.transit.search.raptor import Walks, new_labels, new_scratch
from geoplan.network.transit.search.timetable import Timetable
from geoplan.network.transit.search.walking import Legs
from geoplan.parallel import run, worker_count

T = TypeVar("T")

#: a search by vehicles costs as much as about so many searches at single minutes, and so much more
#: per minute of the window (measured on Porto Alegre)
_EVENTS_LEAST, _EVENTS_PER_MINUTE = 20.0, 2.0
#: a search at the only minute, among many in one scan, costs this share of one by itself; fewer
#: points than this are not scanned together
_SCANNED, LEAST_SCANNED = 0.2, 2 * LANES
#: bytes that a scan may take
_MOST_BYTES = 100_000_000
#: times that are held at one time by a thread
_MOST_TIMES = 20_000_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trips:
    """The walks of a query: from origins to stops, from stops to targets, and all the way."""

    enter: Legs
    leave: Legs
    direct: Legs

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of origins and targets."""
        return self.enter.shape[0], self.leave.shape[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Service:
    """What runs, and the walks between stops, in the direction of a search."""

    table: Timetable
    walks: Walks
    slack: int

    @cached_property
    def connections(self) -> Connections:
        """What runs in the order of time."""
        return in_order(self.table, self.walks, self.slack)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """How a query is searched: in which direction of time, from which end, for which minutes.

    together : whether all sources are searched from together; then ``ends.egress`` is by target.
    """

    mirrored: bool
    together: bool
    window: Window
    service: Service
    ends: Ends
    n_sources: int
    n_targets: int


def by_events(shape: tuple[int, int], options: TransitOptions, *, headways: bool) -> bool:
    """Whether to search from the end that the minutes do not belong to."""
    if headways:
        return False
    own, other = shape if not options.by_arrival else shape[::-1]
    minutes = len(options.minutes)
    searches = float(own * minutes)
    if minutes == 1 and own >= LEAST_SCANNED:
        searches *= _SCANNED
    return other * (_EVENTS_LEAST + _EVENTS_PER_MINUTE * minutes) < searches


def plan_search(
    trips: Trips,
    options: TransitOptions,
    service: Callable[[bool], Service],
    *,
    cutoff: int,
    headways: bool,
    steady: bool,
) -> Plan:
    """The cheaper way to search.

    service : what runs, by whether time runs backwards. cutoff : milliseconds.
    headways, steady : whether any lines run by headways, and whether all do.
    """
    events = by_events(trips.shape, options, headways=headways)
    mirrored = options.by_arrival != events
    minutes = np.sort(-options.minutes if mirrored else options.minutes)
    if events:
        minutes = minutes[::-1].copy()
    window = Window(minutes, cutoff, options.rank, steady and not events, events)
    enter, leave, direct = trips.enter, trips.leave, trips.direct
    if mirrored:
        enter, leave, direct = leave.turned(), enter.turned(), direct.turned()
    runs = service(mirrored)
    together = (
        len(minutes) == 1
        and not events
        and enter.shape[0] >= LEAST_SCANNED
        and bool((runs.table.half < 0).all())
    )
    ends = Ends(
        access=(enter if together else useful_walks(enter, runs.table)).walks(),
        egress=(leave.turned() if together else leave).walks(),
        direct=direct.unsorted(),
    )
    return Plan(
        mirrored=mirrored,
        together=together,
        window=window,
        service=runs,
        ends=ends,
        n_sources=enter.shape[0],
        n_targets=leave.shape[1],
    )


def search_in_parts(
    plan: Plan,
    rides: int,
    take: Callable[[NDArray[np.int64], NDArray[Any], NDArray[Any], NDArray[Any]], T],
    *,
    threads: int | None,
) -> list[T]:
    """What `take` makes of each part: (sources, where the pairs of each begin, targets, ms)."""
    if plan.together:
        return _scan_in_parts(plan, rides, take, threads=threads)
    table, walks, window = plan.service.table, plan.service.walks, plan.window
    n_stops = len(table.stop_ptr) - 1
    spare: SimpleQueue[Any] = SimpleQueue()
    # from one start to the next the labels of each round are kept, or none are
    by_round = not (window.steady or (len(window.minutes) == 1 and not window.by_events))
    search = search_all_events if window.by_events else search_all_minutes

    def part_of(sources: NDArray[np.int64]) -> T:
        try:
            work, times = spare.get_nowait()
        except Empty:
            labels = new_labels(n_stops, rides, by_round=by_round)
            work = (labels, new_scratch(n_stops, len(table.trips)))
            times = new_times(plan.n_targets, len(window.minutes))
        found = search(table, walks, plan.ends, window, sources, work, times)
        spare.put((work, times))
        return take(sources, *found)

    size = max(1, min(64, plan.n_sources // 32))  # the same parts for any number of threads
    held = plan.n_targets * len(window.minutes)
    workers = threads if held <= _MOST_TIMES else 1
    return run(part_of, _parts(plan.n_sources, size), threads=workers)


def _scan_in_parts(
    plan: Plan,
    rides: int,
    take: Callable[[NDArray[np.int64], NDArray[Any], NDArray[Any], NDArray[Any]], T],
    *,
    threads: int | None,
) -> list[T]:
    """As `search_in_parts`, where all sources are searched from together."""
    service, ends = plan.service, plan.ends
    connections = service.connections
    start = int(plan.window.minutes[0])
    limit = min(start + plan.window.cutoff, int(NEVER) - 1)

    def part_of(sources: NDArray[np.int64]) -> T:
        there = scan_from(
            connections, service.walks, ends.access, sources, rides, start=start, limit=limit
        )
        return take(sources, *lane_costs(there, ends.egress, ends.direct, sources, start, limit))

    # the more at one time, the less each costs: as many as the threads and the memory allow
    workers = min(worker_count(threads), -(-plan.n_sources // LEAST_SCANNED))
    a_word = lane_bytes(len(connections.last), connections.n_trips, rides)
    words = min(-(-plan.n_sources // (workers * LANES)), max(1, _MOST_BYTES // (workers * a_word)))
    return run(part_of, _parts(plan.n_sources, words * LANES), threads=workers)


def _parts(count: int, size: int) -> list[NDArray[np.int64]]:
    return [np.arange(i, min(i + size, count)) for i in range(0, count, size)]
