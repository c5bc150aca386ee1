"""Range searches: travel times at every minute of a window, percentiles over the minutes.

From whoever travels at the minutes themselves (`minutes`) a search runs once per minute, the last
one first: what a later start reaches, an earlier one reaches too (rRAPTOR, section 4.2 of Delling,
Pajor and Werneck 2015). From the other end (`events`) it runs once per vehicle that leaves there,
and each minute takes the first one that it is in time for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.search.csr_assembly import lengthened
from geoplan.network.transit.clock import NEVER
from geoplan.network.transit.search.raptor import (
    Walks,
    forget,
    search_marked,
    stand_at,
)
from geoplan.order_statistics import select


class Window(NamedTuple):
    """What is asked: minutes ascending, longest travel time, rank of the percentile among them.

    steady : all lines run by headways: minutes between which no choice changes are one search.
    by_events : the minutes are those of the other end, the latest first.
    """

    minutes: NDArray[np.int32]
    cutoff: int
    rank: int
    steady: bool
    by_events: bool


class Ends(NamedTuple):
    """Walks from the sources to stops, from stops to targets, and from sources to targets."""

    access: Walks
    egress: Walks
    direct: Walks


class Times(NamedTuple):
    """Travel times ``[target, minute]``, and what the targets have been reached at.

    best : arrival at each target so far. next : minutes of each target that have a time already.
    met : targets that are reached at all. walk : all the way on foot. buffer : of one target's
    minutes.
    """

    table: NDArray[np.int32]
    best: NDArray[np.int32]
    next: NDArray[np.int32]
    met: NDArray[np.int32]
    walk: NDArray[np.int32]
    buffer: NDArray[np.int32]


def new_times(n_targets: int, n_minutes: int) -> Times:
    """Times of targets that nobody has reached yet."""
    return Times(
        np.full((n_targets, n_minutes), NEVER, np.int32),
        np.full(n_targets, NEVER, np.int32),
        np.zeros(n_targets, np.int32),
        np.empty(n_targets, np.int32),
        np.full(n_targets, NEVER, np.int32),
        np.empty(n_minutes, np.int32),
    )


@inner_kernel
def search_minutes(table, walks, ends, window, source, work, times):
    """Travel times of one source at every minute of its own; the number of targets met."""
    labels, scratch = work
    forget(labels)
    minutes = window.minutes
    met = np.int64(0)
    m = len(minutes) - 1
    while m >= 0:
        start = minutes[m]
        if window.steady:
            forget(labels)
            met = _unreached(times, met)
        scratch.shift[0] = np.int64(NEVER) if window.steady else 0
        limit = min(np.int64(start) + window.cutoff, np.int64(NEVER) - 1)
        _set_out(table, walks, ends.access, source, work, np.int64(start), limit)
        met = _alight(ends.egress, labels, scratch, limit, times, met)
        # the same travel times at all minutes that are less than `shift` earlier
        m = _write(window, m, start, scratch.shift[0], times, met)
    return met


@inner_kernel
def _set_out(table, walks, access, source, work, start, limit):
    """Search from where one gets on foot from a source, by `limit`."""
    labels, scratch = work
    ptr, to, ms = access
    for j in range(ptr[source], ptr[source + 1]):
        there = start + ms[j]
        if there <= limit:
            stand_at(labels, scratch, to[j], there)
    search_marked(table, walks, labels, scratch, limit)


@inner_kernel
def _unreached(times, met):
    """Forget when targets are reached, not their times at other minutes."""
    best, met_targets = times.best, times.met
    for i in range(met):
        best[met_targets[i]] = NEVER
    return met


@inner_kernel
def _alight(egress, labels, scratch, limit, times, met):
    """Walk from the stops that were reached to the targets."""
    ptr, to, ms = egress
    ride, touched = labels.ride[len(labels.ride) - 1], scratch.touched
    best, state, met_targets = times.best, times.next, times.met
    for i in range(scratch.size[1]):
        stop = touched[i]
        time = np.int64(ride[stop])
        for j in range(ptr[stop], ptr[stop + 1]):
            there = time + ms[j]
            if there > limit:
                break
            d = to[j]
            if there < best[d]:
                if state[d] == 0:
                    state[d] = 1  # here: whether the target is among those met
                    met_targets[met] = d
                    met += 1
                best[d] = there
    return met


@inner_kernel
def _write(window, m, start, shift, times, met):
    """Times of the minute `m` and of those before it that are alike; the next minute to search."""
    minutes = window.minutes
    low = m - 1
    while low >= 0 and start - minutes[low] < shift:
        low -= 1
    best, table, met_targets, cutoff = times.best, times.table, times.met, window.cutoff
    for i in range(met):
        d = met_targets[i]
        time = best[d] - start
        if time <= cutoff and best[d] < NEVER:
            for j in range(low + 1, m + 1):
                table[d, j] = time
    return low


@inner_kernel
def search_events(table, walks, ends, window, source, work, times):
    """Travel times to one source at every minute of the other end; the number of targets met.

    `window.minutes` are the other end's, in the time of the table and the latest first.
    """
    labels, scratch = work
    forget(labels)
    starts, by = _events(table, ends.access, window, source)
    met = np.int64(0)
    for i in np.argsort(-starts, kind="mergesort"):
        start, access = starts[i], by[i]
        limit = min(np.int64(start) + window.cutoff, np.int64(window.minutes[0]))
        stop = ends.access.to[access]
        stand_at(labels, scratch, stop, start + ends.access.ms[access])
        search_marked(table, walks, labels, scratch, limit)
        met = _assign(ends.egress, labels, scratch, window, start, times, met)
    return met


@inner_kernel
def _events(table, access, window, source):
    """Times at which to leave the source just in time for a vehicle, and the walk to its stop."""
    low = np.int64(window.minutes[-1]) - window.cutoff
    high = np.int64(window.minutes[0])
    ptr, to, ms = access
    stop_ptr, stop_pattern, stop_call = table.stop_ptr, table.stop_pattern, table.stop_call
    trips, base, depart, calls = table.trips, table.base, table.depart, table.ptr
    total = 0
    for j in range(ptr[source], ptr[source + 1]):
        stop = to[j]
        for q in range(stop_ptr[stop], stop_ptr[stop + 1]):
            total += trips[stop_pattern[q]]
    starts, by = np.empty(total, np.int64), np.empty(total, np.int64)
    n = 0
    for j in range(ptr[source], ptr[source + 1]):
        stop = to[j]
        for q in range(stop_ptr[stop], stop_ptr[stop + 1]):
            p, call = stop_pattern[q], np.int64(stop_call[q])
            size = np.int64(calls[p + 1] - calls[p])
            for t in range(trips[p]):
                start = np.int64(depart[base[p] + t * size + call]) - ms[j]
                if low <= start <= high:
                    starts[n] = start
                    by[n] = j
                    n += 1
    return starts[:n], by[:n]


@inner_kernel
def _assign(egress, labels, scratch, window, start, times, met):
    """Minutes at which the other end is in time for this start and was for no better one."""
    ptr, to, ms = egress
    ride, touched, minutes = labels.ride[len(labels.ride) - 1], scratch.touched, window.minutes
    best, following, met_targets, table = times.best, times.next, times.met, times.table
    for i in range(scratch.size[1]):
        stop = touched[i]
        time = np.int64(ride[stop])
        for j in range(ptr[stop], ptr[stop + 1]):
            there = time + ms[j]
            if there > minutes[0]:
                break
            d = to[j]
            if there >= best[d]:
                continue
            if best[d] == NEVER:
                met_targets[met] = d
                met += 1
            best[d] = there
            m = following[d]
            while m < len(minutes) and minutes[m] >= there:
                if minutes[m] - start <= window.cutoff:
                    table[d, m] = minutes[m] - start
                m += 1
            following[d] = m
    return met


@inner_kernel
def collect(ends, window, source, times, met, found):
    """The percentile of every target that was met or is walked to; clears `times`.

    found : targets and milliseconds, long enough for all. Returns how many, targets ascending.
    """
    targets, costs = found
    walk, seen, met_targets = times.walk, times.next, times.met
    table, best = times.table, times.best
    ptr, to, direct = ends.direct
    for i in range(met):
        seen[met_targets[i]] = 1
    for j in range(ptr[source], ptr[source + 1]):
        d = to[j]
        walk[d] = direct[j]
        seen[d] |= 2
    n = 0
    for d in range(len(seen)):
        if seen[d] == 0:
            continue
        time = walk[d]
        if seen[d] != 2:
            time = min(time, _percentile(times, d, window.rank))
            table[d, :] = NEVER
            best[d] = NEVER
        if time < NEVER and (seen[d] > 1 or time <= window.cutoff):
            targets[n] = d
            costs[n] = time
            n += 1
        walk[d] = NEVER
        seen[d] = 0
    return n


@inner_kernel
def _percentile(times, d, rank):
    """The `rank`-th smallest (from 1) of a target's times over the minutes."""
    values = times.buffer
    n = 0
    row = times.table[d]
    if len(row) == 1:
        return row[0]
    for m in range(len(row)):
        if row[m] < NEVER:
            values[n] = row[m]
            n += 1
    if n < rank:
        return NEVER
    return select(values, n, rank - 1)


@kernel
def search_all_minutes(table, walks, ends, window, sources, work, times):
    """Costs of all pairs of `sources` within the cutoff, where the minutes are the sources' own.

    Returns (where each source's pairs begin, targets, milliseconds). Either way to search has its
    loop over sources, so that a study compiles the one that it takes.
    """
    ptr, targets, costs = _no_pairs(len(sources))
    for i in range(len(sources)):
        total = ptr[i]
        targets, costs = _with_room(targets, costs, total, len(times.best))
        met = search_minutes(table, walks, ends, window, sources[i], work, times)
        found = (targets[total:], costs[total:])
        ptr[i + 1] = total + collect(ends, window, sources[i], times, met, found)
    return ptr, targets[: ptr[-1]].copy(), costs[: ptr[-1]].copy()


@kernel
def search_all_events(table, walks, ends, window, sources, work, times):
    """The same where the minutes are those of the other end."""
    ptr, targets, costs = _no_pairs(len(sources))
    for i in range(len(sources)):
        total = ptr[i]
        targets, costs = _with_room(targets, costs, total, len(times.best))
        met = search_events(table, walks, ends, window, sources[i], work, times)
        found = (targets[total:], costs[total:])
        ptr[i + 1] = total + collect(ends, window, sources[i], times, met, found)
    return ptr, targets[: ptr[-1]].copy(), costs[: ptr[-1]].copy()


@inner_kernel
def _no_pairs(n_sources):
    """Where the pairs of so many sources begin, and room for none."""
    return np.zeros(n_sources + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.int32)


@inner_kernel
def _with_room(targets, costs, total, n_targets):
    """The pairs so far, with room for those of one more source."""
    if total + n_targets <= len(targets):
        return targets, costs
    size = 2 * total + n_targets
    return lengthened(targets, total, size), lengthened(costs, total, size)
