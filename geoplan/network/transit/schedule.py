"""`Schedule`: what runs on one day, the same from GTFS feeds and from tables of lines.

A trip is a vehicle with a time at every stop. A headway trip stands for all vehicles of a line in a
band of the day: its times count from its first stop, and who comes to a stop waits half the
headway, but never beyond the last vehicle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.network.transit.clock import HOUR_MS


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Doors:
    """Where platforms are entered from the street: at the platform itself, or by entrances.

    stop : int32 (doors,), the platform. xy : float64 (doors, 2), metres.
    in_ms, out_ms : int32 (doors,), the way from the door to the platform and back.
    """

    stop: NDArray[np.int32]
    xy: NDArray[np.float64]
    in_ms: NDArray[np.int32]
    out_ms: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Links:
    """Changes between platforms whose time does not come from the streets.

    origin, target : int32, platforms; ms : int32, -1 where changing is forbidden.
    fixed : bool, the time counts whatever the streets say; else it is one way among others.
    """

    origin: NDArray[np.int32]
    target: NDArray[np.int32]
    ms: NDArray[np.int32]
    fixed: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Links:
        """No such links."""
        empty = np.empty(0, np.int32)
        return cls(origin=empty, target=empty, ms=empty, fixed=np.empty(0, np.bool_))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Calls:
    """The calls of all trips at stops, one trip after the other.

    ptr : int64 (trips + 1,). stop : int32 (calls,). arrive, depart : int32, milliseconds.
    board, alight : bool, whether passengers may.
    """

    ptr: NDArray[np.int64]
    stop: NDArray[np.int32]
    arrive: NDArray[np.int32]
    depart: NDArray[np.int32]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Schedule:
    """What runs on one day.

    stops : one row per platform: ``id``, ``name``, ``x``, ``y`` (metres).
    trips : one row per trip: ``line`` (its public name), ``headsign``, ``id``, ``line_id``,
        ``headway_ms`` (-1 = at its own times), ``first_ms``, ``last_ms`` (departures at the first
        stop, of headway trips).
    shapes : coordinates of the trips' ways, by trip position; straight between stops where none.
    """

    stops: pd.DataFrame
    trips: pd.DataFrame
    calls: Calls
    doors: Doors
    links: Links = field(default_factory=Links.none)
    shapes: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def n_stops(self) -> int:
        """Number of platforms."""
        return len(self.stops)

    @property
    def n_trips(self) -> int:
        """Number of trips."""
        return len(self.trips)

    def calls_by_hour(self) -> NDArray[np.int64]:
        """How many vehicles leave a stop in each hour of the day; of headway lines, one an hour."""
        size = np.diff(self.calls.ptr)
        timed = np.repeat((self.trips["headway_ms"] < 0).to_numpy(bool), size)
        hours = [self.calls.depart[timed].astype(np.int64)]
        for trip in np.flatnonzero(self.trips["headway_ms"] >= 0):
            first, last = (int(self.trips[f"{end}_ms"].iloc[trip]) for end in ("first", "last"))
            hours.append(np.append(np.arange(first, last, HOUR_MS), last))
        return np.bincount(np.concatenate(hours).clip(0) // HOUR_MS)

    def lines(self) -> pd.DataFrame:
        """One row per line: its name, its trips, and whether they run by headways."""
        by: Any = self.trips.groupby("line", sort=True)
        return by.agg(trips=("id", "size"), headway=("headway_ms", lambda h: bool((h >= 0).all())))
