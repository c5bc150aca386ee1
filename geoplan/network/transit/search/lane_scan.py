"""Earliest arrivals of many travellers who set out at one time, in one scan of all vehicles.

Each traveller is a bit (a lane). As everything happens in the order of time, no times are needed:
of each stop it is known who stands there by now after at most k rides, of each trip who is aboard
on at most their k-th ride. A vehicle that leaves takes everybody on the platform along: a few
words are or-ed, for all lanes and all k. Only when somebody first comes to a stop is the time
noted. Walks between stops fall due at the first departure after their end; one walk follows a
vehicle and none another walk. The answers are those of `raptor`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.search.csr_assembly import lengthened
from geoplan.network.transit.clock import NEVER
from geoplan.network.transit.search.connections import Connections
from geoplan.network.transit.search.raptor import Walks

#: travellers in a word
LANES = 64
#: where the only bit of ``1 << z`` is found: at ``1 << z`` times this number, its highest 6 bits
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACE = np.argsort([((int(_DE_BRUIJN) << z) % 2**64) >> 58 for z in range(64)])
#: lanes whose costs are put together at one time
_TOGETHER = 16


class Lanes(NamedTuple):
    """Who is where; bits of lanes, ``[place, k * words + word]``.

    stand : at stops, ready to board after at most k rides. aboard : trips, on ride k + 1 at most.
    ridden : stops, by vehicle after at most k + 1 rides. there : when, ``[stop, lane]``.
    """

    stand: NDArray[np.uint64]
    aboard: NDArray[np.uint64]
    ridden: NDArray[np.uint64]
    there: NDArray[np.int32]


class Access(NamedTuple):
    """When (ascending) which lane gets to which stop on foot."""

    time: NDArray[np.int64]
    stop: NDArray[np.int32]
    lane: NDArray[np.int64]


class Queue(NamedTuple):
    """Walks that end at `due`: the row in which it stands who walks, and the stop's next walk.

    head : the first walk to each stop; -1 = none, as after the last.
    """

    head: NDArray[np.int32]
    due: NDArray[np.int32]
    row: NDArray[np.int32]
    following: NDArray[np.int32]


def lane_bytes(n_stops: int, n_trips: int, rides: int) -> int:
    """Memory that a word of lanes takes in a scan."""
    return 8 * rides * (2 * n_stops + n_trips) + 4 * LANES * n_stops


def scan_from(
    connections: Connections,
    walks: Walks,
    access: Walks,
    sources: NDArray[np.int64],
    rides: int,
    start: int,
    limit: int,
) -> NDArray[np.int32]:
    """When each stop is reached by vehicle at the earliest, ``[stop, lane]``; NEVER = not.

    Parameters
    ----------
    connections, walks : what runs, and the walks between stops.
    access : walks from all sources to stops.
    sources : those whose lanes are scanned.
    rides : most vehicles.
    start, limit : when all set out, and when they have to be there.
    """
    words = -(-len(sources) // LANES)
    n_stops = len(connections.last)
    shape = rides * words
    lanes = Lanes(
        np.zeros((n_stops, shape), np.uint64),
        np.zeros((connections.n_trips, shape), np.uint64),
        np.zeros((n_stops, shape), np.uint64),
        np.full((n_stops, words * LANES), NEVER, np.int32),
    )
    first = access.ptr[sources]
    size = access.ptr[sources + 1] - first
    lane = np.repeat(np.arange(len(sources)), size)
    at = np.arange(len(lane)) - np.repeat(np.cumsum(size) - size - first, size)
    time = start + access.ms[at].astype(np.int64) + connections.board
    order = np.argsort(time, kind="stable")
    on_foot = Access(time[order], access.to[at[order]], lane[order])
    begin = int(np.searchsorted(connections.time, start))
    scan(connections, walks, on_foot, lanes, rides, begin, limit - connections.alight)
    if connections.alight:
        lanes.there[lanes.there < NEVER] += np.int32(connections.alight)
    return lanes.there


@kernel
def scan(connections, walks, access, lanes, rides, begin, limit):
    """Go through the events from `begin` to the time `limit`; fills the lanes.

    Arrays stand in names of their own, and rows are cut out before they are gone through, so that
    a row is a few vector instructions.
    """
    times, stops, trips, arrives = (
        connections.time,
        connections.stop,
        connections.trip,
        connections.arrives,
    )
    group, late = connections.group, connections.late
    stand, aboard, ridden, there = lanes
    words = there.shape[1] // LANES
    shape, low = rides * words, (rides - 1) * words
    stood, used = np.zeros(len(stand), np.bool_), np.zeros(len(aboard), np.bool_)
    queue = Queue(
        np.full(len(stand), -1, np.int32),
        np.empty(1, np.int32),
        np.empty(1, np.int32),
        np.empty(1, np.int32),
    )
    size = np.zeros(3, np.int64)  # rows of walkers, places of the queue, its first spare place + 1
    walkers = np.empty((256, low), np.uint64)
    fresh = np.zeros(shape, np.uint64)
    saved = np.empty((16, shape), np.uint64)
    back, end, again, repeated = np.int64(0), np.int64(-1), False, False
    e, entered = begin, np.int64(0)
    while e < len(times):
        time = np.int64(times[e])
        if time > limit:
            break
        if group[e] > 0 and end < 0:
            back, end, again = e, group[e], False
            saved = _save(trips, late, aboard, saved, back, end)
        entered = _enter(access, entered, time, stand, stood, rides, words)
        stop, trip = stops[e], trips[e]
        if not arrives[e]:
            if queue.head[stop] >= 0:
                _come(queue, stop, time, walkers, stand[stop][words:], stood, size)
            if stood[stop]:
                used[trip] = True
                here, inside = stand[stop], aboard[trip]
                for i in range(shape):
                    inside[i] |= here[i]
        elif (
            used[trip] and (late[e] or not repeated) and _alight(aboard[trip], ridden[stop], fresh)
        ):
            again |= late[e]
            _note(fresh[low:], there[stop], time)
            walkers = _with_room(walkers, size[0])
            queue = _walk(connections, walks, e, fresh, walkers, queue, size, limit)
        e += 1
        if e == end:
            repeated = again  # whoever came late may have missed a vehicle of the same instant
            again = False
            if repeated:
                _restore(trips, late, aboard, saved, back, end)
                e = back
            else:
                end = np.int64(-1)


@inner_kernel
def _save(trips, late, aboard, saved, begin, end):
    """Keep who is aboard the trips that both leave and arrive at one instant."""
    n = 0
    for e in range(begin, end):
        if late[e]:
            saved = _with_room(saved, n)
            saved[n] = aboard[trips[e]]
            n += 1
    return saved


@inner_kernel
def _restore(trips, late, aboard, saved, begin, end):
    """Who was aboard: nobody alights where they board."""
    n = 0
    for e in range(begin, end):
        if late[e]:
            aboard[trips[e]] = saved[n]
            n += 1


@inner_kernel
def _enter(access, entered, time, stand, stood, rides, words):
    """Lanes that are at their stops on foot by now; how many walks have ended."""
    times, stops, lane = access
    while entered < len(times) and times[entered] <= time:
        stop, word = stops[entered], lane[entered] >> 6
        bit = np.uint64(1) << np.uint64(lane[entered] & 63)
        for k in range(rides):
            stand[stop, k * words + word] |= bit
        stood[stop] = True
        entered += 1
    return entered


@inner_kernel
def _come(queue, stop, time, walkers, here, stood, size):
    """Who has walked to the stop by now stands `here`, one ride more behind them."""
    head, due, row, following = queue
    before, place = np.int32(-1), head[stop]
    while place >= 0:
        after = following[place]
        if due[place] <= time:
            come = walkers[row[place]]
            for i in range(len(here)):
                here[i] |= come[i]
            stood[stop] = True
            if before < 0:
                head[stop] = after
            else:
                following[before] = after
            following[place] = size[2] - 1
            size[2] = place + 1
        else:
            before = place
        place = after


@inner_kernel
def _alight(inside, ridden, fresh):
    """Who comes to the stop by vehicle as they had not yet: into `fresh`; whether anybody."""
    some = np.uint64(0)
    for i in range(len(fresh)):
        fresh[i] = inside[i] & ~ridden[i]
        some |= fresh[i]
    if some == 0:
        return False
    for i in range(len(fresh)):
        ridden[i] |= fresh[i]
    return True


@inner_kernel
def _note(fresh, there, time):
    """The time of those who had not been there with any number of rides."""
    one = np.uint64(1)
    for word in range(len(fresh)):
        left = fresh[word]
        own = there[word * LANES : (word + 1) * LANES]
        while left:
            bit = left & (~left + one)
            own[_PLACE[(bit * _DE_BRUIJN) >> np.uint64(58)]] = time
            left ^= bit


@inner_kernel
def _walk(connections, walks, e, fresh, walkers, queue, size, limit):
    """Those who came at event `e` walk on; the queue, longer where it was full."""
    ptr, to, ms = walks
    useful, last = connections.useful, connections.last
    some = np.uint64(0)
    row = walkers[size[0]]
    for i in range(len(row)):
        row[i] = fresh[i]
        some |= row[i]
    if some == 0:
        return queue
    stop, m = connections.stop[e], connections.walk[e]
    ready = np.int64(connections.time[e]) + connections.board + connections.alight
    walked = False
    for j in range(ptr[stop], ptr[stop + 1]):
        due, q = ready + ms[j], to[j]
        if due > limit:
            break
        if useful[m + j - ptr[stop]] and due <= last[q]:
            walked = True
            place = size[2] - 1
            if place >= 0:
                size[2] = queue.following[place] + 1
            else:
                place = size[1]
                size[1] += 1
                if place == len(queue.due):
                    queue = _longer(queue)
            queue.due[place], queue.row[place] = due, size[0]
            queue.following[place] = queue.head[q]
            queue.head[q] = place
    size[0] += walked
    return queue


@inner_kernel
def _longer(queue):
    """The queue with twice as many places."""
    head, due, row, following = queue
    n = len(due)
    return Queue(
        head, lengthened(due, n, 2 * n), lengthened(row, n, 2 * n), lengthened(following, n, 2 * n)
    )


@inner_kernel
def _with_room(rows, used):
    """The rows, or twice as many where all are used."""
    if used < len(rows):
        return rows
    longer = np.empty((2 * used, rows.shape[1]), rows.dtype)
    longer[:used] = rows
    return longer


@kernel
def lane_costs(there, arrive, direct, sources, start, limit):
    """Costs of all pairs of `sources`, whose lanes have got to the stops by `there`.

    arrive : walks by target, from its stops. direct : by source, all the way.
    Returns (where each source's pairs begin, targets, milliseconds).
    """
    n_targets = len(arrive.ptr) - 1
    ptr = np.zeros(len(sources) + 1, np.int64)
    targets, costs = np.empty(0, np.int32), np.empty(0, np.int32)
    best = np.empty((n_targets, _TOGETHER), np.int32)
    total = np.int64(0)
    for first in range(0, len(sources), _TOGETHER):
        some = sources[first : first + _TOGETHER]
        _egress(there[:, first : first + _TOGETHER], arrive, best)
        for lane in range(len(some)):
            if total + n_targets > len(targets):
                size = 2 * total + n_targets
                targets = lengthened(targets, total, size)
                costs = lengthened(costs, total, size)
            found = (targets[total:], costs[total:])
            total += _of_lane(best[:, lane], direct, some[lane], start, limit, found)
            ptr[first + lane + 1] = total
    return ptr, targets[:total].copy(), costs[:total].copy()


@inner_kernel
def _egress(there, arrive, best):
    """When the targets are reached from the stops, for some lanes."""
    ptr, stops, ms = arrive
    best[:] = NEVER
    for d in range(len(best)):
        row = best[d]
        for j in range(ptr[d], ptr[d + 1]):
            from_stop, walk = there[stops[j]], ms[j]
            for i in range(_TOGETHER):
                row[i] = min(row[i], np.int32(from_stop[i] + walk))


@inner_kernel
def _of_lane(best, direct, source, start, limit, found):
    """The costs of one source into `found`, by vehicle or on foot; how many."""
    targets, costs = found
    ptr, to, walk = direct
    for d in range(len(best)):
        time = best[d]
        best[d] = time - start if time <= limit else NEVER
    for j in range(ptr[source], ptr[source + 1]):
        best[to[j]] = min(best[to[j]], walk[j])
    n = 0
    for d in range(len(best)):
        targets[n], costs[n] = d, best[d]
        n += best[d] < NEVER
    return n
