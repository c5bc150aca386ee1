"""`TransitNetwork`: what runs on one day, and the streets on which people walk to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy import sparse

from geoplan.errors import CrsMismatchError, UsageError
from geoplan.inputs.layers import check_projected
from geoplan.network.graph.network import NetworkData, without_cache
from geoplan.network.graph.timed import TimedNetwork
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.network.search.snapped_points import SnappedPoints
from geoplan.network.search.snapping import snap
from geoplan.network.transit.ask import TransitOptions
from geoplan.network.transit.clock import NEVER, date_of
from geoplan.network.transit.feed.gtfs import FeedDay, schedule_of_feeds
from geoplan.network.transit.journey import Journey, journey_of
from geoplan.network.transit.line_tables import schedule_of_lines
from geoplan.network.transit.queries import (
    service_pairs,
    transit_costs,
    transit_nearest,
    transit_query,
    with_service,
)
from geoplan.network.transit.schedule import Schedule
from geoplan.network.transit.search.pruning import useful_walks
from geoplan.network.transit.search.searches import Service
from geoplan.network.transit.search.timetable import Timetable, build_timetable
from geoplan.network.transit.search.walking import Legs, stop_walks
from geoplan.network.transit.what_if import changed_lines
from geoplan.validate import takes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TransitNetwork(TimedNetwork):
    """Public transport of one day over a walking network.

    Make one with `from_gtfs` or `from_lines`; `travel_costs`, `nearest_site` and `reach_areas` take
    it as they take a street network.

    Parameters
    ----------
    walk : the streets, mode ``"walk"``; their speed is that of the people.
    schedule : what runs, its stops in the streets' CRS.
    date : the day; None where lines run by headways alone.
    options : how people travel, where a query does not say otherwise.
    source : where the timetable came from, for reports.
    notes : what was done while reading (see `geoplan.network.transit.notes`).

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from geoplan.network import Network
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (4000, 0)])], crs=4548)
    >>> stops = gpd.GeoDataFrame({"line": ["1", "1"], "order": [1, 2]},
    ...     geometry=gpd.points_from_xy([0, 4000], [0, 0]), crs=4548)
    >>> lines = pd.DataFrame({"line": ["1"], "span": ["06:00-21:00"], "headway": [10]})
    >>> walk = Network.from_lines(street, mode="walk")
    >>> TransitNetwork.from_lines(lines, stops, walk=walk).n_lines
    1
    """

    walk: NetworkData
    schedule: Schedule
    date: dt.date | None = None
    options: TransitOptions = field(default_factory=TransitOptions)
    source: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    _cache: dict[Any, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.walk, NetworkData) or self.walk.mode != "walk":
            raise UsageError.of("transit.needs_walk")

    def __reduce__(self) -> tuple[Any, ...]:
        """What is sent and kept: all but what follows from it, found by where it lies in memory."""
        return without_cache(self)

    def __repr__(self) -> str:
        day = f", {self.date}" if self.date else ""
        return (
            f"TransitNetwork({self.schedule.n_stops} stops, {self.n_lines} lines, "
            f"{self.schedule.n_trips} trips{day})"
        )

    @classmethod
    @takes(paths="paths", walk="streets", datum="text")
    def from_gtfs(
        cls,
        paths: str | PathLike[str] | Sequence[str | PathLike[str]],
        *,
        walk: NetworkData,
        date: Any,
        datum: str = "wgs84",
        **options: Any,
    ) -> Self:
        r"""Public transport of one day from GTFS feeds.

        Read as feeds are: times after 24:00, and trips of the day before that run past midnight;
        blank times between timepoints in proportion to the way along the shape; ``calendar`` and
        ``calendar_dates``; ``frequencies`` (exact ones as trips, others with waits of half the
        headway); parent stations, entrances and pathways; ``transfers`` of types 2 and 3.

        Parameters
        ----------
        paths : one feed or several, each a zip or a folder.
        walk : the streets, mode ``"walk"``; their speed is that of the people.
        date : the day, ``"2025-05-13"``.
        datum : of the feeds' coordinates; GTFS is WGS 84, feeds made from Chinese maps may not be.
        options : how people travel where a query does not say otherwise: ``depart`` or ``arrive``,
            ``percentile``, ``max_walk_m``, ``max_transfers``, ``board_slack_s``; see
            `geoplan.network.transit.ask.TransitOptions`.

        Returns
        -------
        TransitNetwork

        Raises
        ------
        NetworkError
            A feed that cannot be read, or of which nothing runs on that day.
        UsageError
            Options that make no sense, `walk` that is no walking network.

        Examples
        --------
        >>> import pathlib, tempfile, geopandas as gpd, shapely
        >>> from geoplan.network import Network, travel_costs
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> feed = {
        ...     "stops": "stop_id,stop_lat,stop_lon\nA,0,0.001\nB,0,0.041",
        ...     "routes": "route_id,route_short_name,route_type\n7,7,3",
        ...     "trips": "route_id,service_id,trip_id\n7,daily,7a",
        ...     "stop_times": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
        ...         "7a,A,1,8:05:00,8:05:00\n7a,B,2,8:15:00,8:15:00",
        ...     "calendar_dates": "service_id,date,exception_type\ndaily,20250513,1"}
        >>> for name, text in feed.items():
        ...     _ = (folder / f"{name}.txt").write_text(text)
        >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (0.045, 0)])], crs=4326)
        >>> walk = Network.from_lines(gpd.GeoDataFrame(geometry=street).to_crs(32631), mode="walk")
        >>> transit = TransitNetwork.from_gtfs(folder, walk=walk, date="2025-05-13")
        >>> transit
        TransitNetwork(2 stops, 1 lines, 1 trips, 2025-05-13)
        >>> home = gpd.GeoSeries(gpd.points_from_xy([0.001], [0]), index=["home"], crs=4326)
        >>> school = gpd.GeoSeries(gpd.points_from_xy([0.041], [0]), index=["school"], crs=4326)
        >>> travel_costs(transit, home.to_crs(32631), school.to_crs(32631), depart="08:00",
        ...     cutoff_min=45).to_dense().round(2)
              school
        home    15.0
        """
        if not isinstance(walk, NetworkData) or walk.mode != "walk":
            raise UsageError.of("transit.needs_walk")
        given = [paths] if isinstance(paths, str | PathLike) else list(paths)
        asked = TransitOptions(**options)
        day = FeedDay(date=date_of(date), crs=walk.crs, speed_m_s=walk.speed_m_s, datum=datum)
        schedule, notes = schedule_of_feeds(given, day)
        return cls(
            walk=walk,
            schedule=schedule,
            date=day.date,
            options=asked,
            source=", ".join(Path(p).name for p in given),
            notes=notes,
        )

    @classmethod
    @takes(lines="frame", stops="shapes", walk="streets", columns="mapping?")
    def from_lines(
        cls,
        lines: pd.DataFrame,
        stops: gpd.GeoDataFrame,
        *,
        walk: NetworkData,
        columns: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Self:
        """Public transport of a city without a timetable: lines, stops and headways.

        People wait half the headway of the time at which they come to the stop, but never beyond
        the last departure, and for the first one where they come before it.

        Parameters
        ----------
        lines : one row per line, or per line and part of the day: ``line`` (线路), ``headway``
            (发车间隔, minutes, "5-8" is 6.5), ``first`` and ``last`` departure (首班, 末班) or both
            in ``span`` (首末班, "06:00-21:30"), a part of the day in ``period`` (时段),
            ``speed_kmh`` (速度, stops included; 18 where it is not said), ``direction`` (方向).
            With LineStrings vehicles follow them, else they go straight from stop to stop.
        stops : points in the streets' CRS, one row per line and stop: ``line``, ``order`` (站序),
            ``stop`` (站名), ``direction`` where the ways there and back differ (else the line runs
            both ways), ``loop`` (环线) where the last stop is followed by the first.
        walk : the streets, mode ``"walk"``.
        columns : headings by meaning where they are others, ``{"headway": "间隔时间"}``.
        options : how people travel, see `from_gtfs`.

        Returns
        -------
        TransitNetwork

        Raises
        ------
        NetworkError
            Columns or values that are missing or wrong: all faults at once.
        MissingCrsError, GeographicCrsError, CrsMismatchError
            The stops are not in the streets' CRS.

        Examples
        --------
        A bus every 10 minutes at 15 km/h: 5 minutes of waiting and 16 of riding.

        >>> import geopandas as gpd, pandas as pd, shapely
        >>> from geoplan.network import Network, travel_costs
        >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (4000, 0)])], crs=4548)
        >>> walk = Network.from_lines(street, mode="walk")
        >>> stops = gpd.GeoDataFrame({"线路": ["1路", "1路"], "站序": [1, 2]},
        ...     geometry=gpd.points_from_xy([0, 4000], [0, 0]), crs=4548)
        >>> lines = pd.DataFrame(
        ...     {"线路": ["1路"], "首末班": ["06:00-21:00"], "发车间隔": ["10分钟"], "速度": [15]})
        >>> bus = TransitNetwork.from_lines(lines, stops, walk=walk)
        >>> home = gpd.GeoSeries(gpd.points_from_xy([4000], [0]), index=["home"], crs=4548)
        >>> office = gpd.GeoSeries(gpd.points_from_xy([0], [0]), index=["office"], crs=4548)
        >>> travel_costs(bus, home, office, cutoff_min=45).to_dense()
              office
        home    21.0
        """
        if not isinstance(walk, NetworkData) or walk.mode != "walk":
            raise UsageError.of("transit.needs_walk")
        check_projected(stops, "the stops")
        if stops.crs != walk.crs:
            raise CrsMismatchError.of(
                "call_faults.stops_crs", stops=stops.crs.name, streets=walk.crs.name
            )
        schedule, notes = schedule_of_lines(lines, stops, columns=columns)
        return cls(
            walk=walk,
            schedule=schedule,
            options=TransitOptions(**options),
            source="lines",
            notes=notes,
        )

    @property
    def streets(self) -> NetworkData:
        """The streets that people walk on."""
        return self.walk

    @property
    def crs(self) -> CRS:
        """The projected CRS of streets and stops."""
        return self.walk.crs

    @property
    def n_lines(self) -> int:
        """Number of lines that run."""
        return int(self.schedule.trips["line"].nunique())

    @property
    def has_headways(self) -> bool:
        """Whether any line runs by a headway."""
        return bool((self.schedule.trips["headway_ms"] >= 0).any())

    @property
    def only_headways(self) -> bool:
        """Whether all lines run by headways."""
        return bool((self.schedule.trips["headway_ms"] >= 0).all())

    @property
    def placed_doors(self) -> SnappedPoints:
        """The stops' doors on the streets."""
        if "doors" not in self._cache:
            xy = self.schedule.doors.xy
            doors = gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=self.crs)
            self._cache["doors"] = snap(self.walk, doors, what="the stops")
        found: SnappedPoints = self._cache["doors"]
        return found

    def change_walks(self, max_walk_m: float) -> Legs:
        """Walks between platforms of at most so many metres."""
        key = ("change", max_walk_m)
        if key not in self._cache:
            self._cache[key] = stop_walks(
                self.walk,
                self.placed_doors,
                self.schedule.doors,
                self.schedule.links,
                n_stops=self.schedule.n_stops,
                cutoff_min=max_walk_m / self.walk.speed_m_s / 60,
            )
        found: Legs = self._cache[key]
        return found

    def timetable(self, options: TransitOptions, cutoff: int, mirrored: bool) -> Timetable:
        """The timetable for journeys of at most `cutoff` milliseconds in the options' window."""
        start, end = _span(options, cutoff)
        key = ("timetable", start, end, options.slack_ms, mirrored)
        if key not in self._cache:
            self._cache[key] = build_timetable(
                self.schedule, start=start, end=end, slack=options.slack_ms, mirrored=mirrored
            )
        found: Timetable = self._cache[key]
        return found

    def service(self, options: TransitOptions, cutoff: int, mirrored: bool) -> Service:
        """What runs and the walks between stops, for a search in one direction of time."""
        key = ("service", *_span(options, cutoff), options.slack_ms, mirrored, options.max_walk_m)
        if key not in self._cache:
            table = self.timetable(options, cutoff, mirrored)
            walks = self.change_walks(options.max_walk_m)
            walks = useful_walks(walks.turned() if mirrored else walks, table)
            self._cache[key] = Service(table=table, walks=walks.walks(), slack=options.slack_ms)
        found: Service = self._cache[key]
        return found

    def travel_costs(self, demand: Any, sites: Any, options: Mapping[str, Any]) -> TravelCosts:
        """All pairs; `geoplan.network.travel_costs` describes it."""
        return transit_costs(transit_query("travel_costs", self, demand, sites, options))

    def nearest_site(self, demand: Any, sites: Any, options: Mapping[str, Any]) -> pd.DataFrame:
        """Nearest sites; `geoplan.network.nearest_site` describes it."""
        return transit_nearest(transit_query("nearest_site", self, demand, sites, options))

    def service_pairs(
        self, demand: Any, sites: Any, options: Mapping[str, Any]
    ) -> sparse.csr_matrix:
        """Whom public transport joins to which site; `TimedNetwork` describes it."""
        return service_pairs(transit_query("travel_costs", self, demand, sites, options))

    def has_service(self, demand: Any, sites: Any, options: Mapping[str, Any]) -> NDArray[np.bool_]:
        """Whom public transport joins to some site; `TimedNetwork` describes it."""
        return with_service(transit_query("nearest_site", self, demand, sites, options))

    def journey(
        self, home: Any, site: Any, *, minutes: float | None = None, **options: Any
    ) -> Journey | None:
        """How one gets from a home to a site: walks, waits and rides.

        Of all minutes of the window it is the journey at the percentile, so that its minutes are
        those of `travel_costs`.

        Parameters
        ----------
        home, site : one point each in the streets' CRS (a frame with one row).
        minutes : what `travel_costs` says of the two, where it is known already: less to look for.
        options : as for `travel_costs`; without a cutoff journeys of up to three hours count.

        Returns
        -------
        Journey or None
            None where there is none in time.

        Raises
        ------
        UsageError
            More than one point.

        Examples
        --------
        >>> import geopandas as gpd, pandas as pd, shapely
        >>> from geoplan.network import Network
        >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (4000, 0)])], crs=4548)
        >>> walk = Network.from_lines(street, mode="walk")
        >>> names = {"line": ["1", "1"], "order": [1, 2], "stop": ["West", "East"]}
        >>> ends = gpd.points_from_xy([0, 4000], [0, 0])
        >>> stops = gpd.GeoDataFrame(names, geometry=ends, crs=4548)
        >>> lines = pd.DataFrame(
        ...     {"line": ["1"], "span": ["06:00-21:00"], "headway": [10], "speed": [15]})
        >>> bus = TransitNetwork.from_lines(lines, stops, walk=walk)
        >>> home, site = (gpd.GeoSeries(gpd.points_from_xy([x], [0]), crs=4548) for x in (3940, 0))
        >>> way = bus.journey(home, site, depart="08:00")
        >>> way.minutes, way.lines
        (22.0, ('1',))
        >>> print(way.text("en"))
        Leave at 08:00; walk 1 min to the stop East; wait about 5 min; ride line 1 towards West for
        1 stop, 16 min, to West; 22 min in all, 0 changes.
        """
        if minutes is not None:
            options = {"cutoff_min": minutes + 1e-4, **options}
        return journey_of(transit_query("travel_costs", self, home, site, options), minutes=minutes)

    def with_lines(
        self,
        *,
        withdrawn: Sequence[str] = (),
        headway_factor: Mapping[str, float] | None = None,
    ) -> Self:
        """What if: the same network without some lines, and with others more or less often.

        Parameters
        ----------
        withdrawn : names of lines that run no more.
        headway_factor : by line: 0.5 halves the minutes between two vehicles, 2 doubles them. Of
            lines with a timetable vehicles come evenly between those there are, or every second
            one stays.

        Returns
        -------
        TransitNetwork

        Raises
        ------
        UsageError
            Lines that do not run, factors that make no sense: all faults at once.

        Examples
        --------
        >>> import geopandas as gpd, pandas as pd, shapely
        >>> from geoplan.network import Network, travel_costs
        >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (4000, 0)])], crs=4548)
        >>> walk = Network.from_lines(street, mode="walk")
        >>> stops = gpd.GeoDataFrame({"line": ["1", "1"], "order": [1, 2]},
        ...     geometry=gpd.points_from_xy([0, 4000], [0, 0]), crs=4548)
        >>> lines = pd.DataFrame(
        ...     {"line": ["1"], "span": ["06:00-21:00"], "headway": [10], "speed": [15]})
        >>> bus = TransitNetwork.from_lines(lines, stops, walk=walk)
        >>> home = gpd.GeoSeries(gpd.points_from_xy([0], [0]), crs=4548)
        >>> office = gpd.GeoSeries(gpd.points_from_xy([4000], [0]), crs=4548)
        >>> often = bus.with_lines(headway_factor={"1": 0.5})
        >>> never = bus.with_lines(withdrawn=["1"])
        >>> [float(travel_costs(n, home, office).matrix.sum()) for n in (bus, often, never)]
        [21.0, 18.5, 66.66666667]
        """
        schedule = changed_lines(self.schedule, withdrawn=withdrawn, headway_factor=headway_factor)
        gone = {withdrawn} if isinstance(withdrawn, str) else set(map(str, withdrawn))
        both = sorted(gone & set(map(str, headway_factor or {})))
        notes = {**self.notes, "withdrawn_and_changed": both} if both else self.notes
        same = replace(self, schedule=schedule, notes=notes)
        kept = {"doors"} & set(self._cache)
        same._cache.update({key: self._cache[key] for key in kept})
        return same

    def changed(self, **options: Any) -> Self:
        """The same network for other options of travel, for example another window.

        Parameters
        ----------
        options : how people travel, see `from_gtfs`.

        Returns
        -------
        TransitNetwork

        Examples
        --------
        >>> TransitOptions().changed({"percentile": 90}).percentile
        90
        """
        same = replace(self, options=self.options.changed(options))
        same._cache.update(self._cache)
        return same


def _span(options: TransitOptions, cutoff: int) -> tuple[int, int]:
    """From when until when vehicles may be ridden in the options' window, milliseconds."""
    first, last = int(options.minutes[0]), int(options.minutes[-1])
    if options.by_arrival:
        return max(first - cutoff, -int(NEVER)), last
    return first, min(last + cutoff, int(NEVER))
