"""A `Schedule` from GTFS feeds: one day of one or several of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.crs.datum import to_wgs84
from geoplan.crs.projected import project_lonlat
from geoplan.errors import NetworkError
from geoplan.network.transit.feed.days import feed_dates
from geoplan.network.transit.feed.stops import doors_of, joined_links, stops_of, transfers_of
from geoplan.network.transit.feed.tables import Feed, read_feed
from geoplan.network.transit.feed.trips import (
    Frequency,
    TimedTrips,
    frequencies_of,
    running_trips,
    runs_of,
    timed_trips,
    trips_table,
)
from geoplan.network.transit.schedule import Calls, Doors, Schedule


@dataclass(kw_only=True, slots=True)
class _Gathered:
    """Trips as they are found: their calls and one row of facts each."""

    stop: list[NDArray[np.int64]] = field(default_factory=list)
    arrive: list[NDArray[np.float64]] = field(default_factory=list)
    depart: list[NDArray[np.float64]] = field(default_factory=list)
    board: list[NDArray[np.bool_]] = field(default_factory=list)
    alight: list[NDArray[np.bool_]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    shapes: dict[int, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedDay:
    """How feeds are read: for which day, onto which CRS, at which walking speed, in which datum."""

    date: dt.date
    crs: CRS
    speed_m_s: float
    datum: str = "wgs84"

    def project(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres from degrees."""
        if self.datum not in ("wgs84", "cgcs2000"):
            lonlat = np.asarray(to_wgs84(np.column_stack([lon, lat]), datum=self.datum))
            lon, lat = lonlat[:, 0], lonlat[:, 1]
        return project_lonlat(lon, lat, self.crs)


def schedule_of_feeds(
    paths: Sequence[str | PathLike[str]], day: FeedDay
) -> tuple[Schedule, dict[str, Any]]:
    """The schedule of all feeds on one day, and notes on what was doubted, by feed.

    Raises
    ------
    NetworkError
        A feed that cannot be read; feeds of which nothing runs on that day.
    """
    parts, notes = [], {}
    for path in paths:
        feed = read_feed(path)
        doubts: dict[str, Any] = {}
        parts.append(_one(feed, day, doubts))
        doubts["by_hour"] = parts[-1].calls_by_hour().tolist()
        notes[feed.name] = doubts
    if not sum(part.n_trips for part in parts):
        said = "; ".join(f"{name}: {note.get('dates', '-')}" for name, note in notes.items())
        raise NetworkError.of("transit.nothing_runs", date=day.date.isoformat(), feeds=said)
    return _together(parts), {"feeds": notes}


def _one(feed: Feed, day: FeedDay, notes: dict[str, Any]) -> Schedule:
    """The schedule of one feed."""
    if dates := feed_dates(feed):
        notes["dates"] = f"{dates[0]} – {dates[1]}"
        notes["out_of_dates"] = not dates[0] <= day.date <= dates[1]
    project: Callable[..., Any] = day.project
    stops = stops_of(feed, project, notes)
    stops.frame.attrs["project"] = project
    trips = trips_table(feed)
    running = running_trips(feed, trips, day.date)
    notes["trips"] = len(trips)
    notes["trips_of_day"] = len(running[0])
    days: dict[int, list[int]] = {}
    for offset, positions in running.items():
        for t in positions.tolist():
            days.setdefault(t, []).append(offset)
    wanted = np.array(sorted(days), np.int64)
    bands = frequencies_of(feed, notes)
    found = _Gathered()
    facts = trips[["line", "trip_headsign", "trip_id", "route_id"]].to_numpy(object)
    for group in timed_trips(feed, trips, wanted, stops, notes):
        _gather(found, group, facts, days, bands)
    del stops.frame.attrs["project"]
    used = pd.unique(np.concatenate([np.empty(0, object), *found.stop]))
    platforms = pd.Index(used)
    doors, inside = doors_of(feed, stops, platforms, day.speed_m_s)
    links = joined_links(inside, transfers_of(feed, stops, platforms, notes))
    frame = stops.frame.loc[platforms]
    return Schedule(
        stops=pd.DataFrame(
            {
                "id": platforms.to_numpy(object),
                "name": frame["name"]
                .where(frame["name"] != "", platforms.to_series(index=frame.index))
                .to_numpy(),
                "x": frame["x"].to_numpy(float),
                "y": frame["y"].to_numpy(float),
            }
        ),
        trips=_trip_rows(found.rows),
        calls=_calls(found, platforms),
        doors=doors,
        links=links,
        shapes=found.shapes,
    )


def _gather(
    found: _Gathered,
    group: TimedTrips,
    facts: NDArray[Any],
    days: dict[int, list[int]],
    bands: dict[str, list[Frequency]],
) -> None:
    """Add every run of a group of trips."""
    for k, trip in enumerate(group.trips.tolist()):
        line, sign, name, route = facts[trip]
        arrive, depart = group.arrive[k], group.depart[k]
        leaves, ends = int(depart[0]), int(arrive[-1])
        for offset in days[trip]:
            for run in runs_of(offset, leaves, ends, bands.get(name)):
                shift = -leaves if run.headway >= 0 else run.shift
                if group.shape is not None:
                    found.shapes[len(found.rows)] = group.shape
                found.stop.append(group.stop)
                found.arrive.append(arrive + shift)
                found.depart.append(depart + shift)
                found.board.append(group.board)
                found.alight.append(group.alight)
                row = (line, sign.strip(), name, route, run.headway, run.first, run.last)
                found.rows.append(row)


def _trip_rows(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    names = ["line", "headsign", "id", "line_id", "headway_ms", "first_ms", "last_ms"]
    table = pd.DataFrame(rows, columns=names)
    return table.astype(dict.fromkeys(names[4:], np.int64))


def _calls(found: _Gathered, platforms: pd.Index) -> Calls:
    sizes = np.array([len(s) for s in found.stop], np.int64)
    ptr = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=ptr[1:])

    def joined(parts: list[Any], kind: Any) -> Any:
        return np.concatenate([np.empty(0, kind), *parts]).astype(kind)

    stop = np.concatenate([np.empty(0, object), *found.stop])
    return Calls(
        ptr=ptr,
        stop=platforms.get_indexer(pd.Index(stop)).astype(np.int32),
        arrive=joined(found.arrive, np.int32),
        depart=joined(found.depart, np.int32),
        board=joined(found.board, np.bool_),
        alight=joined(found.alight, np.bool_),
    )


def _together(parts: list[Schedule]) -> Schedule:
    """Several schedules as one: their stops stand apart, people walk from one to the other."""
    if len(parts) == 1:
        return parts[0]
    first = np.cumsum([0, *[p.n_stops for p in parts]])
    ahead = np.cumsum([0, *[p.n_trips for p in parts]])
    calls_ahead = np.cumsum([0, *[len(p.calls.stop) for p in parts]])

    def joined(name: str) -> Any:
        return np.concatenate([getattr(p.calls, name) for p in parts])

    numbered = list(zip(parts, first, strict=False))
    return Schedule(
        stops=pd.concat([p.stops for p in parts], ignore_index=True),
        trips=pd.concat([p.trips for p in parts], ignore_index=True),
        calls=Calls(
            ptr=np.concatenate(
                [[0], *[p.calls.ptr[1:] + m for p, m in zip(parts, calls_ahead, strict=False)]]
            ).astype(np.int64),
            stop=np.concatenate([p.calls.stop + m for p, m in numbered]).astype(np.int32),
            arrive=joined("arrive"),
            depart=joined("depart"),
            board=joined("board"),
            alight=joined("alight"),
        ),
        doors=Doors(
            stop=np.concatenate([p.doors.stop + m for p, m in numbered]).astype(np.int32),
            xy=np.concatenate([p.doors.xy for p in parts]),
            in_ms=np.concatenate([p.doors.in_ms for p in parts]),
            out_ms=np.concatenate([p.doors.out_ms for p in parts]),
        ),
        links=joined_links(*[p.links for p in parts], offsets=first[:-1]),
        shapes={
            t + int(m): s for p, m in zip(parts, ahead, strict=False) for t, s in p.shapes.items()
        },
    )
