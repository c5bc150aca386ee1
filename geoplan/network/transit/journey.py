"""A journey explained: walks, waits and rides between one home and one site, in words and lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

from geoplan.errors import UsageError
from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.network.search.routing import route
from geoplan.network.search.snapped_points import ON
from geoplan.network.transit.ask import cutoff_ms
from geoplan.network.transit.clock import MINUTE_MS, NEVER, clock_text
from geoplan.network.transit.queries import TransitQuery, walks_of
from geoplan.network.transit.search.backtrack import Ride, first_arrival, reach, rides_back
from geoplan.network.transit.search.pruning import useful_walks
from geoplan.network.transit.search.range_search import Ends
from geoplan.network.transit.search.walking import Legs, street_legs
from geoplan.tolerances import LONGEST_RIDE_MIN
from geoplan.words.speaker import Speaker

if TYPE_CHECKING:
    from geoplan.network.transit.transit_network import TransitNetwork


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JourneyLeg:
    """A part of a journey.

    Parameters
    ----------
    kind : ``"walk"``, ``"wait"`` or ``"ride"``.
    start_ms, end_ms : when, milliseconds after midnight.
    origin, target : names of the stops at its ends; ``""`` = the home or the site.
    line, headsign, stops : of a ride: the line, where it goes, how many stops on it is left.
    headway_min : minutes between two vehicles where only that is known; a wait is half of it.
    geometry : LineString in the streets' CRS; None for a wait.
    """

    kind: str
    start_ms: int
    end_ms: int
    origin: str = ""
    target: str = ""
    line: str = ""
    headsign: str = ""
    stops: int = 0
    headway_min: float | None = None
    geometry: shapely.LineString | None = None

    @property
    def minutes(self) -> float:
        """How long it takes."""
        return (self.end_ms - self.start_ms) / MINUTE_MS


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Journey:
    """How one gets from a home to a site.

    Parameters
    ----------
    legs : walks, waits and rides in their order.
    crs : of their lines.
    """

    legs: tuple[JourneyLeg, ...]
    crs: Any

    @property
    def minutes(self) -> float:
        """From door to door."""
        return (self.legs[-1].end_ms - self.legs[0].start_ms) / MINUTE_MS

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that are ridden, in their order; empty = walked all the way."""
        return tuple(leg.line for leg in self.legs if leg.kind == "ride")

    @property
    def transfers(self) -> int:
        """Changes of vehicle."""
        return max(len(self.lines) - 1, 0)

    def text(self, lang: str = "en") -> str:
        """The journey in a sentence or two, ``"zh"`` or ``"en"``."""
        say = Speaker(lang).say
        if not self.lines:
            minutes = round(self.minutes)
            word = "journey.on_foot" if minutes else "journey.on_foot_short"
            return say(word, minutes=minutes) + say("journey.end")
        said = [
            say("journey.start", time=clock_text(self.legs[0].start_ms // MINUTE_MS * MINUTE_MS))
        ]
        for leg in self.legs:
            minutes = max(round(leg.minutes), 1)
            if leg.kind == "ride":
                key = "ride_towards" if leg.headsign else "ride"
                values = {"line": leg.line, "sign": leg.headsign, "stops": leg.stops}
                said.append(say(f"journey.{key}", minutes=minutes, stop=leg.target, **values))
            elif leg.minutes >= 0.5:
                key = "walk_to_stop" if leg.target else leg.kind
                if leg.kind == "wait":
                    key = "wait" if leg.headway_min is None else "wait_headway"
                said.append(say(f"journey.{key}", minutes=minutes, stop=leg.target))
        said.append(say("journey.total", minutes=round(self.minutes), transfers=self.transfers))
        return say("journey.joint").join(said) + say("journey.end")

    def to_frame(self) -> gpd.GeoDataFrame:
        """One row per leg: kind, line, origin, target, minutes, and its line."""
        return gpd.GeoDataFrame(
            {
                "kind": [leg.kind for leg in self.legs],
                "line": [leg.line for leg in self.legs],
                "origin": [leg.origin for leg in self.legs],
                "target": [leg.target for leg in self.legs],
                "minutes": [leg.minutes for leg in self.legs],
            },
            geometry=[leg.geometry for leg in self.legs],
            crs=self.crs,
        )


def journey_of(query: TransitQuery, *, minutes: float | None = None) -> Journey | None:
    """The journey of the percentile that the query asks for; None = there is none in time.

    minutes : how long it takes, where that is known.
    """
    if len(query.demand) != 1 or len(query.sites) != 1:
        raise UsageError.of("transit.one_journey")
    if query.demand.state[0] != ON or query.sites.state[0] != ON:
        return None
    longest = min(query.cutoff.value, LONGEST_RIDE_MIN)
    limit = cutoff_ms(longest)
    direct = street_legs(query.network.walk, query.origins, query.targets, cutoff_min=longest)
    on_foot = int(direct.ms.min(initial=int(NEVER)))
    search = _Search(query, direct, limit)
    wanted = None if minutes is None else round(minutes * MINUTE_MS)
    start, takes = search.chosen(on_foot, wanted)
    if min(takes, on_foot) > limit:
        return None
    if on_foot <= takes:
        begins = -start - on_foot if search.mirrored else start
        here, there = query.origins.origin[0], query.targets.origin[0]
        walk = JourneyLeg(
            kind="walk",
            start_ms=begins,
            end_ms=begins + on_foot,
            geometry=_walked(query.network, here, there, on_foot),
        )
        return Journey(legs=(walk,), crs=query.network.crs)
    return Journey(legs=tuple(search.legs(start)), crs=query.network.crs)


class _Search:
    """The searches of one pair, minute by minute, from the end that the minutes belong to."""

    def __init__(self, query: TransitQuery, direct: Legs, limit: int) -> None:
        options, network = query.options, query.network
        trips = walks_of(query, direct)
        enter, leave = trips.enter, trips.leave
        self.query, self.limit, self.mirrored = query, limit, options.by_arrival
        self.enter = dict(zip(enter.columns.tolist(), enter.ms.tolist(), strict=True))
        self.leave = dict(zip(leave.rows.tolist(), leave.ms.tolist(), strict=True))
        if self.mirrored:
            enter, leave, direct = leave.turned(), enter.turned(), direct.turned()
        # what runs within the longest ride, whatever the limit: journeys of one window share it
        span = cutoff_ms(LONGEST_RIDE_MIN)
        service = network.service(options, span, self.mirrored)
        self.table, self.walks = service.table, service.walks
        access = useful_walks(enter, self.table).walks()
        self.ends = Ends(access, leave.walks(), direct.unsorted())
        self.minutes = np.sort(-options.minutes if self.mirrored else options.minutes)
        legs = network.change_walks(options.max_walk_m)
        self.change = legs

    def _labels(self, start: int) -> Any:
        rides = self.query.options.max_transfers + 1
        last = min(start + self.limit, int(NEVER) - 1)
        return reach(self.table, self.walks, self.ends, rides, start, last)

    def takes(self, start: int) -> int:
        """Milliseconds by vehicle from the minute, `NEVER` = none."""
        there, stop = first_arrival(self._labels(start), self.ends.egress)
        return int(NEVER) if stop < 0 else there - start

    def chosen(self, on_foot: int, wanted: int | None) -> tuple[int, int]:
        """The minute at the percentile, and how long a vehicle takes from it.

        wanted : milliseconds at the percentile; any minute from which it takes so long is one.
        """
        middle = len(self.minutes) // 2
        if wanted is not None and on_foot <= wanted:
            return int(self.minutes[middle]), int(NEVER)
        if wanted is not None:
            for minute in np.roll(self.minutes, -middle):
                if self.takes(int(minute)) == wanted:
                    return int(minute), wanted
        takes = np.array([self.takes(int(minute)) for minute in self.minutes])
        at = int(np.argsort(takes, kind="stable")[self.query.options.rank - 1])
        return int(self.minutes[at]), int(takes[at])

    def legs(self, start: int) -> list[JourneyLeg]:
        """The legs of the journey of that minute, in real time."""
        labels = self._labels(start)
        there, stop = first_arrival(labels, self.ends.egress)
        rides = rides_back(self.table, self.walks, self.ends.access, labels, start, stop)
        if self.mirrored:
            rides = [r._replace(board=r.alight, alight=r.board) for r in rides[::-1]]
        return _told(self, rides, -there if self.mirrored else start)


def _told(search: _Search, rides: list[Ride], now: int) -> list[JourneyLeg]:
    """Walks, waits and rides in their order, from the moment of leaving home."""
    query = search.query
    schedule = query.network.schedule
    called = [stop for ride in rides for stop in (ride.board, ride.alight)]
    told = schedule.stops["name"].iloc[called].astype(str)
    names = dict(zip(called, map(hide_in_text, told), strict=True))
    xy = schedule.stops[["x", "y"]].to_numpy(float)
    here, name = query.origins.origin[0], ""
    stops = [-1, *(r.alight for r in rides)]
    legs: list[JourneyLeg] = []
    for before, ride in zip(stops, rides, strict=False):
        ms = search.enter[ride.board] if before < 0 else _changed(search.change, before, ride.board)
        at = xy[ride.board]
        if before != ride.board:
            walk = JourneyLeg(
                kind="walk",
                start_ms=now,
                end_ms=now + ms,
                origin=name,
                target=names[ride.board],
                geometry=_walked(query.network, here, at, ms),
            )
            legs.append(walk)
        now += ms
        trip = schedule.trips.iloc[ride.trip]
        leave, arrive = _real(search, ride)
        headway = float(trip["headway_ms"]) / MINUTE_MS if trip["headway_ms"] >= 0 else None
        if leave > now:
            wait = JourneyLeg(kind="wait", start_ms=now, end_ms=leave, headway_min=headway)
            legs.append(replace(wait, origin=names[ride.board]))
        legs.append(
            JourneyLeg(
                kind="ride",
                start_ms=leave,
                end_ms=arrive,
                origin=names[ride.board],
                target=names[ride.alight],
                line=hide_in_text(str(trip["line"])),
                headsign=hide_in_text(str(trip["headsign"] or "")),
                stops=ride.calls,
                headway_min=headway,
                geometry=_ridden(query.network, ride),
            )
        )
        now, here, name = arrive, xy[ride.alight], names[ride.alight]
    ms = search.leave[rides[-1].alight]
    last = JourneyLeg(
        kind="walk",
        start_ms=now,
        end_ms=now + ms,
        origin=name,
        geometry=_walked(query.network, here, query.targets.origin[0], ms),
    )
    return [*legs, last]


def _changed(change: Legs, before: int, after: int) -> int:
    return int(change.ms[(change.rows == before) & (change.columns == after)].min())


def _real(search: _Search, ride: Ride) -> tuple[int, int]:
    """When the vehicle leaves and arrives, in real time."""
    slack = search.query.options.slack_ms
    if not search.mirrored:
        run = _run(search, ride)
        return ride.arrive - run, ride.arrive
    arrive = -ride.leave
    by_headway = search.query.network.schedule.trips["headway_ms"].iloc[ride.trip] >= 0
    if by_headway:
        return arrive - _run(search, ride), arrive
    return -ride.arrive + slack, arrive


def _run(search: _Search, ride: Ride) -> int:
    """Milliseconds on board."""
    a, b = _calls(search.query.network, ride)
    calls = search.query.network.schedule.calls
    return int(calls.arrive[b]) - int(calls.depart[a])


def _calls(network: TransitNetwork, ride: Ride) -> tuple[int, int]:
    """The calls of a trip at which one boards and alights; a trip may pass the same stops twice."""
    first = int(network.schedule.calls.ptr[ride.trip]) + ride.first
    return first, first + ride.calls


def _ridden(network: TransitNetwork, ride: Ride) -> shapely.LineString:
    """The way of a vehicle between two stops: along its shape, else straight from stop to stop."""
    schedule = network.schedule
    a, b = _calls(network, ride)
    xy = schedule.stops[["x", "y"]].to_numpy(float)[schedule.calls.stop[a : b + 1]]
    shape = schedule.shapes.get(ride.trip)
    if shape is not None:
        line = shapely.LineString(shape)
        begin, end = (line.project(shapely.Point(p)) for p in (xy[0], xy[-1]))
        if end > begin:
            return shapely.ops.substring(line, begin, end)
    return shapely.LineString(xy)


def _walked(
    network: TransitNetwork, a: NDArray[np.float64], b: NDArray[np.float64], ms: int
) -> shapely.LineString:
    """The way on foot along the streets; straight where they do not lead."""
    most = ms / MINUTE_MS + 1.0
    ends = (shapely.Point(a), shapely.Point(b))
    found = route(network.walk, *ends, unit="min", max_snap_m=None, most=most)
    return found.geometry if found.geometry is not None else shapely.LineString([a, b])
