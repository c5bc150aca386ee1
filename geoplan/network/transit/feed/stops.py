"""Stops of a feed: platforms, the stations they belong to, entrances, pathways, transfers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geoplan.network.transit.clock import SECOND_MS
from geoplan.network.transit.feed.tables import Feed
from geoplan.network.transit.schedule import Doors, Links


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Stops:
    """All rows of stops.txt that lie somewhere, by id: name, kind, parent, x and y in metres."""

    frame: pd.DataFrame

    def station(self, ids: Iterable[str]) -> list[str]:
        """The station that each stop belongs to; a stop without one is its own."""
        parent = self.frame["parent"].to_dict()
        return [parent.get(i) or i for i in ids]


def stops_of(feed: Feed, project: Any, notes: dict[str, Any]) -> Stops:
    """The stops with coordinates in metres; one without its own lies where its station does.

    Parameters
    ----------
    project : longitudes and latitudes to x and y.
    notes : counts of what was doubted are added.
    """
    table = feed.table(
        "stops", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"
    )
    twice = table["stop_id"].duplicated()
    if twice.any():
        notes["stops_twice"] = notes.get("stops_twice", 0) + int(twice.sum())
    table = table[~twice]
    frame = pd.DataFrame(
        {
            "name": table["stop_name"].str.strip().to_numpy(),
            "kind": table["location_type"].str.strip().replace("", "0").to_numpy(),
            "parent": table["parent_station"].str.strip().to_numpy(),
            "lon": pd.to_numeric(table["stop_lon"], errors="coerce").to_numpy(float),
            "lat": pd.to_numeric(table["stop_lat"], errors="coerce").to_numpy(float),
        },
        index=pd.Index(table["stop_id"].to_numpy(), name="id"),
    )
    bad = ~(frame["lat"].abs() <= 90) | ~(frame["lon"].abs() <= 180)
    bad |= (frame["lat"] == 0) & (frame["lon"] == 0)
    frame.loc[bad, ["lon", "lat"]] = np.nan
    parent = frame[["lon", "lat"]].reindex(frame["parent"]).set_axis(frame.index)
    frame[["lon", "lat"]] = frame[["lon", "lat"]].fillna(parent)
    lost = frame["lat"].isna()
    if lost.any():
        notes["stops_nowhere"] = notes.get("stops_nowhere", 0) + int(lost.sum())
    frame = frame[~lost].copy()
    xy = project(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    frame["x"], frame["y"] = xy[:, 0], xy[:, 1]
    return Stops(frame=frame)


def doors_of(
    feed: Feed, stops: Stops, platforms: pd.Index, speed_m_s: float
) -> tuple[Doors, Links]:
    """Where the platforms are entered, and the ways inside their stations.

    A platform that pathways join to entrances is entered there, in their times; one whose station
    has entrances without pathways too, in the time of a straight walk; any other where it lies.

    Parameters
    ----------
    platforms : ids, in the order of the schedule.
    speed_m_s : walking speed.
    """
    inside = _pathway_times(feed, stops, platforms, speed_m_s)
    frame = stops.frame
    station = pd.Series(stops.station(platforms), index=platforms)
    entrances = frame[frame["kind"] == "2"]
    by_station = {s: list(i) for s, i in entrances.groupby("parent").groups.items() if s}
    door_stop, door_xy, in_ms, out_ms = [], [], [], []
    for position, platform in enumerate(platforms):
        x, y = frame.at[platform, "x"], frame.at[platform, "y"]
        ways = []
        for entrance in by_station.get(station[platform], ()):
            ex, ey = frame.at[entrance, "x"], frame.at[entrance, "y"]
            there, back = inside.get((entrance, platform)), inside.get((platform, entrance))
            if there is not None or back is not None:
                ways.append((ex, ey, there or back or 0.0, back or there or 0.0))
        if not ways:
            for entrance in by_station.get(station[platform], ()):
                ex, ey = frame.at[entrance, "x"], frame.at[entrance, "y"]
                seconds = float(np.hypot(ex - x, ey - y)) / speed_m_s
                ways.append((ex, ey, seconds, seconds))
        for ex, ey, there_s, back_s in ways or [(x, y, 0.0, 0.0)]:
            door_stop.append(position)
            door_xy.append((ex, ey))
            in_ms.append(round(there_s * SECOND_MS))
            out_ms.append(round(back_s * SECOND_MS))
    doors = Doors(
        stop=np.array(door_stop, np.int32),
        xy=np.array(door_xy, np.float64).reshape(-1, 2),
        in_ms=np.array(in_ms, np.int32),
        out_ms=np.array(out_ms, np.int32),
    )
    return doors, _station_links(stops, platforms, station, inside, speed_m_s)


def _station_links(
    stops: Stops,
    platforms: pd.Index,
    station: pd.Series,
    inside: dict[tuple[str, str], float],
    speed_m_s: float,
) -> Links:
    """Changes inside a station: by its pathways, else straight across."""
    rows = []
    frame = stops.frame
    position = {platform: i for i, platform in enumerate(platforms)}
    for members in station.groupby(station).groups.values():
        if len(members) < 2:
            continue
        for a in members:
            for b in members:
                if a == b:
                    continue
                seconds = inside.get((a, b))
                if seconds is None:
                    away = frame.loc[a, ["x", "y"]] - frame.loc[b, ["x", "y"]]
                    seconds = float(np.hypot(*away.to_numpy(float))) / speed_m_s
                rows.append((position[a], position[b], round(seconds * SECOND_MS)))
    return _links(rows, fixed=False)


def _links(rows: list[tuple[int, int, int]], *, fixed: bool) -> Links:
    table = np.array(rows, np.int32).reshape(-1, 3)
    return Links(
        origin=table[:, 0],
        target=table[:, 1],
        ms=table[:, 2],
        fixed=np.full(len(table), fixed),
    )


def _pathway_times(
    feed: Feed, stops: Stops, platforms: pd.Index, speed_m_s: float
) -> dict[tuple[str, str], float]:
    """Seconds between entrances and platforms, and between platforms, by the pathways."""
    table = feed.table(
        "pathways", "from_stop_id", "to_stop_id", "is_bidirectional", "traversal_time", "length"
    )
    frame = stops.frame
    there = table["from_stop_id"].isin(frame.index) & table["to_stop_id"].isin(frame.index)
    table = table[there]
    if table.empty:
        return {}
    a = frame.index.get_indexer(pd.Index(table["from_stop_id"]))
    b = frame.index.get_indexer(pd.Index(table["to_stop_id"]))
    x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
    metres = pd.to_numeric(table["length"], errors="coerce").to_numpy(float)
    metres = np.where(metres >= 0, metres, np.hypot(x[a] - x[b], y[a] - y[b]))
    seconds = pd.to_numeric(table["traversal_time"], errors="coerce").to_numpy(float)
    seconds = np.where(seconds > 0, seconds, metres / speed_m_s)
    both = table["is_bidirectional"].str.strip().to_numpy() == "1"
    areas = np.flatnonzero((frame["kind"] == "4").to_numpy())  # boarding areas of a platform
    owner = frame.index.get_indexer(pd.Index(frame["parent"].iloc[areas]))
    areas, owner = areas[owner >= 0], owner[owner >= 0]
    still = np.zeros(len(areas))
    tail = np.concatenate([a, b[both], areas, owner])
    head = np.concatenate([b, a[both], owner, areas])
    cost = np.concatenate([seconds, seconds[both], still, still])
    order = np.argsort(-cost, kind="stable")  # of parallel pathways the quickest stands last
    key = tail[order] * len(frame) + head[order]
    _, last = np.unique(key[::-1], return_index=True)
    keep = order[len(order) - 1 - last]
    # scipy drops zeros: a thousandth of a millisecond stands for them
    graph = sparse.csr_matrix(
        (np.maximum(cost[keep], 1e-6), (tail[keep], head[keep])), shape=(len(frame),) * 2
    )
    ends = np.flatnonzero((frame["kind"] == "2").to_numpy() | frame.index.isin(platforms))
    ends = ends[np.isin(ends, np.concatenate([tail, head]))]
    if not len(ends):
        return {}
    time = np.atleast_2d(csgraph.dijkstra(graph, indices=ends))
    names = frame.index.to_numpy()
    return {
        (names[i], names[j]): float(time[r, j])
        for r, i in enumerate(ends)
        for j in ends
        if i != j and np.isfinite(time[r, j])
    }


def transfers_of(feed: Feed, stops: Stops, platforms: pd.Index, notes: dict[str, Any]) -> Links:
    """Changes whose least time the feed fixes (type 2), and those it forbids (type 3).

    A rule for a station holds for its platforms; one for platforms goes before it. Rules for
    single routes and trips are not used.
    """
    table = feed.table(
        "transfers",
        "from_stop_id",
        "to_stop_id",
        "transfer_type",
        "min_transfer_time",
        "from_route_id",
        "to_route_id",
        "from_trip_id",
        "to_trip_id",
    )
    if table.empty:
        return Links.none()
    special = (table[["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]] != "").any(
        axis=1
    )
    if special.any():
        notes["transfers_of_routes"] = notes.get("transfers_of_routes", 0) + int(special.sum())
    table = table[~special]
    kind = table["transfer_type"].str.strip()
    seconds = pd.to_numeric(table["min_transfer_time"], errors="coerce").to_numpy(float)
    used = ((kind == "2").to_numpy() & (seconds >= 0)) | (kind == "3").to_numpy()
    table, kind, seconds = table[used], kind[used], seconds[used]
    position = {platform: i for i, platform in enumerate(platforms)}
    children: dict[str, list[int]] = {}
    for i, station in enumerate(stops.station(platforms)):
        if station != platforms[i]:
            children.setdefault(station, []).append(i)
    rules: dict[tuple[int, int], tuple[int, int]] = {}
    for start, end, what, time in zip(
        table["from_stop_id"], table["to_stop_id"], kind, seconds, strict=True
    ):
        rank = (start in position) + (end in position)
        ms = -1 if what == "3" else round(time * SECOND_MS)
        for a in [position[start]] if start in position else children.get(start, []):
            for b in [position[end]] if end in position else children.get(end, []):
                if rank >= rules.get((a, b), (-1, 0))[0]:
                    rules[a, b] = (rank, ms)
    return _links([(a, b, ms) for (a, b), (_, ms) in rules.items()], fixed=True)


def joined_links(*parts: Links, offsets: NDArray[np.int64] | None = None) -> Links:
    """Several links as one; `offsets` moves the platforms of each."""
    moves = np.zeros(len(parts), np.int64) if offsets is None else offsets
    return Links(
        origin=np.concatenate([p.origin + m for p, m in zip(parts, moves, strict=True)]).astype(
            np.int32
        ),
        target=np.concatenate([p.target + m for p, m in zip(parts, moves, strict=True)]).astype(
            np.int32
        ),
        ms=np.concatenate([p.ms for p in parts]).astype(np.int32),
        fixed=np.concatenate([p.fixed for p in parts]).astype(np.bool_),
    )
