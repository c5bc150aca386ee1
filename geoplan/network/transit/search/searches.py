"""Travel times between many origins and targets by public transport: which way to search, in parts.

The minutes of the window belong to one end: to the origins when people depart in it, to the targets
when they arrive in it. From that end a search runs once per minute and point; from the other once
per vehicle and point. Both give the same milliseconds; the cheaper one is taken. Headways allow
the first only: a vehicle may leave at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from geoplan.network.transit.ask import TransitOptions
from geoplan.network.transit.search.pruning import useful_walks
from geoplan.network.transit.search.range_search import (
    Ends,
    Window,
    new_times,
    search_sources,
)
from geoplan.network.transit.search.raptor import Walks, new_labels, new_scratch, no_walks
from geoplan.network.transit.search.timetable import Timetable
from geoplan.network.transit.search.walking import Legs
from geoplan.parallel import run

T = TypeVar("T")

#: a search by vehicles costs as much as about so many searches at single minutes, and so much more
#: per minute of the window (measured on Porto Alegre)
_EVENTS_LEAST, _EVENTS_PER_MINUTE = 20.0, 2.0
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


class Service(NamedTuple):
    """What runs, and the walks between stops, in the direction of a search."""

    table: Timetable
    walks: Walks


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """How a query is searched: in which direction of time, from which end, for which minutes."""

    mirrored: bool
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
    return other * (_EVENTS_LEAST + _EVENTS_PER_MINUTE * minutes) < own * minutes


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
    ends = Ends(
        access=useful_walks(enter, runs.table).walks(),
        egress=leave.walks(),
        direct=direct.unsorted(),
        arrive=leave.turned().walks() if _is_once(window) else no_walks(leave.shape[1]),
    )
    return Plan(
        mirrored=mirrored,
        window=window,
        service=runs,
        ends=ends,
        n_sources=enter.shape[0],
        n_targets=leave.shape[1],
    )


def _is_once(window: Window) -> bool:
    """Whether each source is searched from once, at the only minute of its own."""
    return len(window.minutes) == 1 and not window.by_events


def search_in_parts(
    plan: Plan,
    rides: int,
    take: Callable[[NDArray[np.int64], NDArray[Any], NDArray[Any], NDArray[Any]], T],
    *,
    threads: int | None,
) -> list[T]:
    """What `take` makes of each part: (sources, where the pairs of each begin, targets, ms)."""
    table, walks = plan.service
    n_stops = len(table.stop_ptr) - 1
    spare: SimpleQueue[Any] = SimpleQueue()
    # from one start to the next the labels of each round are kept, or none are
    by_round = not (plan.window.steady or _is_once(plan.window))

    def part_of(sources: NDArray[np.int64]) -> T:
        try:
            work, times = spare.get_nowait()
        except Empty:
            labels = new_labels(n_stops, rides, by_round=by_round)
            work = (labels, new_scratch(n_stops, len(table.trips)))
            times = new_times(plan.n_targets, len(plan.window.minutes))
        found = search_sources(table, walks, plan.ends, plan.window, sources, work, times)
        spare.put((work, times))
        return take(sources, *found)

    size = max(1, min(64, plan.n_sources // 32))  # the same parts for any number of threads
    sources = np.arange(plan.n_sources)
    parts = [sources[i : i + size] for i in range(0, plan.n_sources, size)]
    held = plan.n_targets * len(plan.window.minutes)
    workers = threads if held <= _MOST_TIMES else 1
    return run(part_of, parts, threads=workers)
