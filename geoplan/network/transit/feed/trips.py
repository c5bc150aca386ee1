"""Trips of a feed on one day: times parsed and filled, services of the days beside, frequencies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.network.transit.clock import DAY_MS, MINUTE_MS, NEVER, SECOND_MS, clock_column
from geoplan.network.transit.feed.days import services_on
from geoplan.network.transit.feed.stops import Stops
from geoplan.network.transit.feed.tables import Feed
from geoplan.network.transit.interpolate import along_shape, fill_times, straight

#: km/h; no vehicle is as quick, so a time or a place is wrong
_TOO_FAST_KMH = 400.0
#: times are often whole minutes
_TIME_STEP_MS = MINUTE_MS
#: from, to, headway, exact
Frequency: TypeAlias = tuple[int, int, int, bool]
#: a day's search may go on so long after midnight
_LAST_MS = 2 * DAY_MS


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TimedTrips:
    """Trips that are alike but for their times: stops, rights, filled times in milliseconds.

    trips : positions in the feed's trips. stop : ids. arrive, depart : float64 (trips, calls).
    way : metres along the line. shape : coordinates of the line, None = straight.
    """

    trips: NDArray[np.int64]
    stop: NDArray[Any]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]
    arrive: NDArray[np.float64]
    depart: NDArray[np.float64]
    shape: NDArray[np.float64] | None


def trips_table(feed: Feed) -> pd.DataFrame:
    """One row per trip: service, shape, head sign, and the names of its line."""
    trips = feed.table("trips", "trip_headsign", "shape_id")
    trips = trips[~trips["trip_id"].duplicated()].reset_index(drop=True)
    routes = feed.table("routes", "route_short_name", "route_long_name")
    routes = routes[~routes["route_id"].duplicated()].set_index("route_id")
    named = routes["route_short_name"].str.strip()
    named = named.where(named != "", routes["route_long_name"].str.strip())
    named = named.where(named != "", pd.Series(routes.index, index=routes.index))
    line = trips["route_id"].map(named)
    return trips.assign(line=line.fillna(trips["route_id"]))


def running_trips(feed: Feed, trips: pd.DataFrame, date: dt.date) -> dict[int, NDArray[np.int64]]:
    """Positions of the trips that run, by the day of their service: -1 = the day before.

    A trip of the day before counts with what it has after midnight, one of the day after with what
    a night has before dawn.
    """
    found = {}
    for day in (-1, 0, 1):
        services = services_on(feed, date + dt.timedelta(days=day))
        found[day] = np.flatnonzero(trips["service_id"].isin(services).to_numpy())
    return found


def timed_trips(
    feed: Feed, trips: pd.DataFrame, wanted: NDArray[np.int64], stops: Stops, notes: dict[str, Any]
) -> Iterator[TimedTrips]:
    """The wanted trips with all their times, in groups that are alike.

    Trips that lack the time of an end or run backwards in time are left out, with a note.
    """
    calls = _calls(feed, trips, wanted, stops, notes)
    shapes = _Shapes(feed, stops)
    changes = np.flatnonzero(np.diff(calls["trip"].to_numpy())) + 1
    bounds = np.unique(np.concatenate([[0], changes, [len(calls)]])).astype(np.int64)
    groups: dict[tuple, list[int]] = {}
    arrive, depart = calls["arrive"].to_numpy(), calls["depart"].to_numpy()
    blank = np.isnan(arrive)
    stop, rights = calls["stop"].to_numpy(), calls["rights"].to_numpy()
    given = calls["way"].to_numpy()
    shape_ids = trips["shape_id"].to_numpy()
    trip = calls["trip"].to_numpy()
    notes["times"] = notes.get("times", 0) + len(calls)
    notes["times_blank"] = notes.get("times_blank", 0) + int(blank.sum())
    for k in range(len(bounds) - 1):
        a, b = bounds[k], bounds[k + 1]
        if b - a < 2 or blank[a] or blank[b - 1]:
            notes["trips_without_ends"] = notes.get("trips_without_ends", 0) + 1
            continue
        key = (
            stop[a:b].tobytes(),
            rights[a:b].tobytes(),
            blank[a:b].tobytes(),
            given[a:b].tobytes(),
            shape_ids[trip[a]],
        )
        groups.setdefault(key, []).append(k)
    for members in groups.values():
        starts = bounds[members]
        at = starts[:, None] + np.arange(bounds[members[0] + 1] - starts[0])
        one = at[0]
        ids = stops.frame.index.to_numpy()[stop[one]]
        way, shape = shapes.way(shape_ids[trip[one[0]]], stop[one], given[one])
        found = TimedTrips(
            trips=trip[starts],
            stop=ids,
            board=(rights[one] & 1) > 0,
            alight=(rights[one] & 2) > 0,
            arrive=fill_times(depart[at], arrive[at], way),
            depart=_filled_departures(arrive[at], depart[at], way),
            shape=shape,
        )
        yield from _sound(found, way, stops.frame, stop[one], notes)


def _filled_departures(
    arrive: NDArray[np.float64], depart: NDArray[np.float64], way: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Between two timepoints vehicles are on the way from the departure to the arrival."""
    return np.where(np.isnan(depart), fill_times(depart, arrive, way), depart)


def _calls(
    feed: Feed, trips: pd.DataFrame, wanted: NDArray[np.int64], stops: Stops, notes: dict[str, Any]
) -> pd.DataFrame:
    """The calls of the wanted trips in their order, with times where the feed gives them."""
    table = feed.table(
        "stop_times",
        "arrival_time",
        "departure_time",
        "pickup_type",
        "drop_off_type",
        "shape_dist_traveled",
    )
    position = pd.Series(wanted, index=trips["trip_id"].to_numpy()[wanted])
    trip = table["trip_id"].map(position).to_numpy(float, na_value=np.nan)
    table, trip = table[~np.isnan(trip)], trip[~np.isnan(trip)].astype(np.int64)
    stop = stops.frame.index.get_indexer(pd.Index(table["stop_id"]))
    order = pd.to_numeric(table["stop_sequence"], errors="coerce").to_numpy(float)
    good = (stop >= 0) & ~np.isnan(order)
    if not good.all():
        notes["calls_nowhere"] = notes.get("calls_nowhere", 0) + int((~good).sum())
    arrive, depart = clock_column(table["arrival_time"]), clock_column(table["departure_time"])
    board = table["pickup_type"].str.strip().to_numpy() != "1"
    alight = table["drop_off_type"].str.strip().to_numpy() != "1"
    calls = pd.DataFrame(
        {
            "trip": trip,
            "order": order,
            "stop": stop.astype(np.int64),
            "arrive": np.where(np.isnan(arrive), depart, arrive),
            "depart": np.where(np.isnan(depart), arrive, depart),
            "rights": (board + 2 * alight).astype(np.int8),
            "way": pd.to_numeric(table["shape_dist_traveled"], errors="coerce").to_numpy(float),
        }
    )[good]
    return calls.sort_values(["trip", "order"], kind="stable", ignore_index=True)


class _Shapes:
    """The lines along which trips are drawn, in metres, each looked up once."""

    def __init__(self, feed: Feed, stops: Stops) -> None:
        self.xy = stops.frame[["x", "y"]].to_numpy(float)
        table = feed.table(
            "shapes", "shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"
        )
        self.points: dict[str, NDArray[np.float64]] = {}
        if not table.empty:
            order = pd.to_numeric(table["shape_pt_sequence"], errors="coerce")
            table = table.assign(order=order).sort_values(["shape_id", "order"], kind="stable")
            lon = pd.to_numeric(table["shape_pt_lon"], errors="coerce").to_numpy(float)
            lat = pd.to_numeric(table["shape_pt_lat"], errors="coerce").to_numpy(float)
            good = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
            xy = stops.frame.attrs["project"](lon[good], lat[good])
            groups = table["shape_id"].to_numpy()[good]
            cut = np.flatnonzero(groups[1:] != groups[:-1]) + 1
            names = groups[np.r_[0, cut]] if len(groups) else []
            self.points = dict(zip(names, np.split(xy, cut), strict=True))

    def way(
        self, shape: str, stop: NDArray[np.int64], given: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """How far along its way each call lies: as given, else along the shape, else straight."""
        points = self.points.get(shape)
        if points is not None and len(points) < 2:
            points = None
        if not np.isnan(given).any() and (np.diff(given) >= 0).all() and given[-1] > given[0]:
            return given - given[0], points
        xy = self.xy[stop]
        if points is not None:
            return along_shape(xy, points), points
        return straight(xy), None


def _sound(
    found: TimedTrips,
    way: NDArray[np.float64],
    frame: pd.DataFrame,
    stop: NDArray[np.int64],
    notes: dict[str, Any],
) -> Iterator[TimedTrips]:
    """Without trips that run backwards in time; those that fly are noted and kept."""
    times = np.stack([found.arrive, found.depart], axis=2).reshape(len(found.trips), -1)
    good = (np.diff(times, axis=1) >= 0).all(axis=1)
    if not good.all():
        notes["trips_backwards"] = notes.get("trips_backwards", 0) + int((~good).sum())
    metres = np.hypot(*np.diff(frame[["x", "y"]].to_numpy(float)[stop], axis=0).T)
    hours = (found.arrive[:, 1:] - found.depart[:, :-1] + _TIME_STEP_MS) / 3_600_000
    fast = (metres / 1000 / np.maximum(hours, 1e-9) > _TOO_FAST_KMH).any(axis=1) & good
    if fast.any():
        notes["trips_too_fast"] = notes.get("trips_too_fast", 0) + int(fast.sum())
    if good.any():
        yield TimedTrips(
            trips=found.trips[good],
            stop=found.stop,
            board=found.board,
            alight=found.alight,
            arrive=found.arrive[good],
            depart=found.depart[good],
            shape=found.shape,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One way in which a trip's vehicle runs: shifted by `shift`, or by a headway from `first`."""

    shift: int = 0
    headway: int = -1
    first: int = 0
    last: int = 0


def frequencies_of(
    feed: Feed, notes: dict[str, Any]
) -> dict[str, list[tuple[int, int, int, bool]]]:
    """By trip id: from, to and headway in milliseconds, and whether the times are exact."""
    table = feed.table(
        "frequencies", "trip_id", "start_time", "end_time", "headway_secs", "exact_times"
    )
    start, end = clock_column(table["start_time"]), clock_column(table["end_time"])
    headway = pd.to_numeric(table["headway_secs"], errors="coerce").to_numpy(float) * SECOND_MS
    good = (end > start) & (headway > 0)
    if not good.all():
        notes["bad_frequencies"] = notes.get("bad_frequencies", 0) + int((~good).sum())
    exact = table["exact_times"].str.strip().to_numpy() == "1"
    found: dict[str, list[Frequency]] = {}
    for i in np.flatnonzero(good):
        row = (int(start[i]), int(end[i]), int(headway[i]), bool(exact[i]))
        found.setdefault(str(table["trip_id"].iloc[i]), []).append(row)
    return found


def runs_of(day: int, leaves: int, ends: int, bands: list[Frequency] | None) -> list[Run]:
    """How one trip runs on the study's day when its service is of the day `day`.

    leaves, ends : when it leaves its first stop and arrives at its last, as stop_times say.
    bands : its frequencies, if any: then its own times only say how long it takes.
    """
    move = day * DAY_MS
    found = []
    for start, end, headway, exact in bands or ():
        if not exact:
            found.append(Run(headway=headway, first=start + move, last=end + move))
        else:
            found += [Run(shift=at - leaves + move) for at in range(start, end, headway)]
    if bands is None:
        found.append(Run(shift=move))
    takes = ends - leaves
    kept = []
    for run in found:
        begins = run.first if run.headway >= 0 else leaves + run.shift
        over = (run.last if run.headway >= 0 else begins) + takes
        if over >= 0 and begins < _LAST_MS and over < NEVER:
            kept.append(run)
    return kept
