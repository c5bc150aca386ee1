"""Small random feeds with every oddity, and the answer by a time-dependent Dijkstra of its own."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from geoplan.network import Network

CRS = "EPSG:4548"
SPEED = 1.25
DATE = "2025-05-13"  # a Tuesday
_TO_DEGREES = Transformer.from_crs(CRS, 4326, always_xy=True)
_ORIGIN = np.array([500_000.0, 4_057_000.0])


@dataclass
class Trip:
    """One vehicle (times in ms at every stop), or a headway line (times from its first stop)."""

    stops: list[int]
    arrive: list[int]
    depart: list[int]
    board: list[bool]
    alight: list[bool]
    half: int = -1
    first: int = 0
    last: int = 0


@dataclass
class Town:
    """Streets, places on them, what runs, and the walks between places, all in one."""

    network: Network
    stops: np.ndarray
    homes: np.ndarray
    sites: np.ndarray
    trips: list[Trip]
    rules: dict[tuple[int, int], int]  # fixed changes, -1 = forbidden
    walk_ms: dict[tuple[str, int], dict[tuple[str, int], int]] = field(default_factory=dict)

    def points(self, xy: np.ndarray) -> gpd.GeoSeries:
        return gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=CRS)


def make_town(seed: int, folder: Path, *, headways: bool = False) -> Town:
    rng = np.random.default_rng(seed)
    size, step = 5, 400.0
    lines = []
    for i in range(size):
        for j in range(size):
            here = _ORIGIN + step * np.array([i, j])
            if i + 1 < size and rng.random() < 0.9:
                lines.append([here, here + np.array([step, 0])])
            if j + 1 < size and rng.random() < 0.9:
                lines.append([here, here + np.array([0, step])])
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString(x) for x in lines], crs=CRS)
    network = Network.from_lines(streets, mode="walk", speed_m_s=SPEED)

    def places(count: int) -> np.ndarray:
        which = rng.integers(len(lines), size=count)
        share = rng.random(count)
        ends = np.array(lines)[which]
        xy = ends[:, 0] + share[:, None] * (ends[:, 1] - ends[:, 0])
        return np.round(xy)

    stops, homes, sites = places(9), places(5), places(3)
    # what lies at one spot would snap to one of two streets: both are as near
    graph = _graph(lines, {"stop": stops, "home": homes, "site": sites})
    trips, rules = _feed(rng, stops, folder, headways=headways)
    town = Town(network, stops, homes, sites, trips, rules)
    for kind, xy in (("stop", stops), ("home", homes), ("site", sites)):
        for i in range(len(xy)):
            found = nx.single_source_dijkstra_path_length(graph, (kind, i), weight="m")
            town.walk_ms[kind, i] = {
                place: int(np.rint(m / SPEED * 1000))
                for place, m in found.items()
                if isinstance(place[0], str)
            }
    return town


def _graph(lines: list, places: dict[str, np.ndarray]) -> nx.Graph:
    graph = nx.Graph()
    for a, b in lines:
        on = []
        a, b = np.asarray(a), np.asarray(b)
        way = (b - a) / np.hypot(*(b - a))
        for kind, xy in places.items():
            for i, p in enumerate(xy):
                at, off = (p - a) @ way, abs((p - a)[0] * way[1] - (p - a)[1] * way[0])
                if off < 1e-6 and -1e-6 <= at <= 400 + 1e-6:
                    on.append((float(at), (kind, i)))
        chain = [(0.0, tuple(a)), *sorted(on), (400.0, tuple(b))]
        for (s, u), (e, v) in pairwise(chain):
            if u != v:
                graph.add_edge(u, v, m=e - s)
    return graph


def _text(ms: int) -> str:
    s = ms // 1000
    return f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}"


def _feed(rng, stops, folder, *, headways):
    """Write a feed; returns the trips that run on the study's day, and the changes it fixes."""
    degrees = np.array(_TO_DEGREES.transform(stops[:, 0], stops[:, 1])).T
    parent = ["" for _ in stops]
    parent[0] = parent[1] = "S"
    rows = [
        {
            "stop_id": f"p{i}",
            "stop_name": f"P{i}",
            "stop_lon": float(lon),
            "stop_lat": float(lat),
            "location_type": "",
            "parent_station": parent[i],
        }
        for i, (lon, lat) in enumerate(degrees)
    ]
    rows.append(
        {
            "stop_id": "S",
            "stop_name": "S",
            "stop_lon": float(degrees[0, 0]),
            "stop_lat": float(degrees[0, 1]),
            "location_type": "1",
            "parent_station": "",
        }
    )
    pd.DataFrame(rows).to_csv(folder / "stops.txt", index=False)
    services = {  # service: (runs today, ran yesterday)
        "week": (True, True),
        "late": (False, True),
        "never": (False, False),
        "added": (True, False),
        "removed": (False, True),
    }
    calendar = [
        ("week", 1, 1, 1, 1, 1, 0, 0, "20250101", "20251231"),
        ("late", 1, 0, 0, 0, 0, 0, 0, "20250101", "20251231"),
        ("never", 0, 0, 0, 0, 0, 1, 1, "20250101", "20251231"),
        ("removed", 1, 1, 0, 0, 0, 0, 0, "20250101", "20251231"),
    ]
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    pd.DataFrame(calendar, columns=["service_id", *days, "start_date", "end_date"]).to_csv(
        folder / "calendar.txt", index=False
    )
    pd.DataFrame(
        {"service_id": ["added", "removed"], "date": ["20250513"] * 2, "exception_type": ["1", "2"]}
    ).to_csv(folder / "calendar_dates.txt", index=False)
    routes, trips, times, freqs, running = [], [], [], [], []
    for route in range(6):
        routes.append({"route_id": f"r{route}", "route_short_name": f"{route}", "route_type": "3"})
        n = int(rng.integers(2, 7))
        way = rng.permutation(len(stops))[:n].tolist()
        if rng.random() < 0.3:
            way.append(way[0])  # a loop
        hops = rng.integers(60, 400, size=len(way) - 1) * 1000
        waits = rng.integers(0, 3, size=len(way)) * 30_000
        kind = rng.random()
        for k in range(int(rng.integers(2, 6))):
            service = ["week", "week", "late", "never", "added", "removed"][int(rng.integers(6))]
            start = (7 * 3600 + int(rng.integers(0, 10_800))) * 1000
            if service == "late":
                start += 24 * 3_600_000
            jitter = rng.integers(0, 2, size=len(hops)) * 120_000  # some overtake others
            arrive, depart = [start], [start]
            for i, hop in enumerate(hops):
                arrive.append(depart[-1] + int(hop) + int(jitter[i]))
                depart.append(arrive[-1] + int(waits[i + 1]))
            board = [bool(rng.random() < 0.9) for _ in way]
            alight = [bool(rng.random() < 0.9) for _ in way]
            blank = np.zeros(len(way), bool)
            if rng.random() < 0.5:
                blank[1:-1] = rng.random(len(way) - 2) < 0.6
            _fill(arrive, depart, blank, stops[way])
            name = f"t{route}_{k}"
            trips.append({"route_id": f"r{route}", "service_id": service, "trip_id": name})
            for i, stop in enumerate(way):
                times.append(
                    {
                        "trip_id": name,
                        "stop_id": f"p{stop}",
                        "stop_sequence": 3 * i + 1,
                        "arrival_time": "" if blank[i] else _text(arrive[i]),
                        "departure_time": "" if blank[i] else _text(depart[i]),
                        "pickup_type": "" if board[i] else "1",
                        "drop_off_type": "0" if alight[i] else "1",
                    }
                )
            bands = None
            if kind < 0.25:
                bands = _bands(rng, start, exact=True)
            elif headways and kind < 0.6:
                bands = _bands(rng, start, exact=False)
            for a, b, h, exact in bands or ():
                freqs.append(
                    {
                        "trip_id": name,
                        "start_time": _text(a),
                        "end_time": _text(b),
                        "headway_secs": h // 1000,
                        "exact_times": int(exact),
                    }
                )
            for on, move in zip(services[service], (0, -86_400_000), strict=True):
                if on:
                    running += _runs(way, arrive, depart, board, alight, bands, move)
    pd.DataFrame(routes).to_csv(folder / "routes.txt", index=False)
    pd.DataFrame(trips).sample(frac=1, random_state=1).to_csv(folder / "trips.txt", index=False)
    pd.DataFrame(times).sample(frac=1, random_state=2).to_csv(
        folder / "stop_times.txt", index=False
    )
    if freqs:
        pd.DataFrame(freqs).to_csv(folder / "frequencies.txt", index=False)
    rules = {
        (2, 3): 240_000,
        (4, 4): 60_000,
        (5, 6): -1,
        (0, 1): 90_000,
        (1, 0): 90_000,
        (0, 0): 90_000,
        (1, 1): 90_000,
    }
    table = [("p2", "p3", 2, 240), ("p4", "p4", 2, 60), ("p5", "p6", 3, ""), ("S", "S", 2, 90)]
    pd.DataFrame(
        table, columns=["from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time"]
    ).to_csv(folder / "transfers.txt", index=False)
    return running, rules


def _fill(arrive, depart, blank, xy):
    """Blank times as the reader has to fill them: evenly along the straight way."""
    way = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
    known = np.flatnonzero(~blank)
    for i in np.flatnonzero(blank):
        a, b = known[known < i][-1], known[known > i][0]
        share = (way[i] - way[a]) / (way[b] - way[a]) if way[b] > way[a] else (i - a) / (b - a)
        arrive[i] = int(np.rint(depart[a] + (arrive[b] - depart[a]) * share))
        depart[i] = arrive[i]


def _bands(rng, start, *, exact):
    first = start - int(rng.integers(0, 40)) * 60_000
    middle = first + int(rng.integers(20, 90)) * 60_000
    last = middle + int(rng.integers(20, 90)) * 60_000
    return [
        (first, middle, int(rng.integers(4, 12)) * 60_000, exact),
        (middle, last, int(rng.integers(8, 25)) * 60_000, exact),
    ]


def _runs(way, arrive, depart, board, alight, bands, move):
    if bands is None:
        return [Trip(way, [t + move for t in arrive], [t + move for t in depart], board, alight)]
    found = []
    for a, b, h, exact in bands:
        if exact:
            for at in range(a, b, h):
                shift = at - depart[0] + move
                found.append(
                    Trip(
                        way, [t + shift for t in arrive], [t + shift for t in depart], board, alight
                    )
                )
        else:
            found.append(
                Trip(
                    way,
                    [t - depart[0] for t in arrive],
                    [t - depart[0] for t in depart],
                    board,
                    alight,
                    h // 2,
                    a + move,
                    b + move,
                )
            )
    return found


# -- the oracle ---------------------------------------------------------------------------------


def change_ms(town: Town, a: int, b: int, max_walk_m: float) -> int | None:
    if (a, b) in town.rules:
        rule = town.rules[a, b]
        return None if rule < 0 else rule
    if a == b:
        return 0
    walk = town.walk_ms["stop", a].get(("stop", b))
    return walk if walk is not None and walk <= max_walk_m / SPEED * 1000 + 0.5 else None


def caught(trip: Trip, call: int, ready: int) -> int | None:
    """When the vehicle caught at a call left its first stop (headways), or 0 = this trip."""
    if trip.half < 0:
        return 0 if trip.depart[call] >= ready else None
    at = ready - trip.depart[call]
    if at > trip.last:
        return None
    return min(max(at + trip.half, trip.first), trip.last)


def earliest(town: Town, home: int, start: int, options: dict) -> dict[int, int]:
    """Earliest arrival at every site, leaving `home` at `start`."""
    limit = options["max_walk_m"] / SPEED * 1000 + 0.5
    heap: list[tuple[int, int, int, str]] = []
    for (kind, i), ms in town.walk_ms["home", home].items():
        if kind == "stop" and ms <= limit:
            heapq.heappush(heap, (start + ms, 0, i, "stand"))
    arrival = {
        i: start + ms for (kind, i), ms in town.walk_ms["home", home].items() if kind == "site"
    }
    done = set()
    while heap:
        time, rides, stop, state = heapq.heappop(heap)
        if (rides, stop, state) in done:
            continue
        done.add((rides, stop, state))
        if state == "ride":
            for (kind, i), ms in town.walk_ms["stop", stop].items():
                if kind == "site" and ms <= limit:
                    arrival[i] = min(arrival.get(i, 1 << 60), time + ms)
            for other in range(len(town.stops)):
                ms = change_ms(town, stop, other, options["max_walk_m"])
                if ms is not None:
                    heapq.heappush(heap, (time + ms, rides, other, "stand"))
            continue
        if rides > options["max_transfers"]:
            continue
        for trip in town.trips:
            for call in (c for c, s in enumerate(trip.stops) if s == stop and trip.board[c]):
                left = caught(trip, call, time + options["slack"])
                if left is None:
                    continue
                for later in range(call + 1, len(trip.stops)):
                    if trip.alight[later]:
                        there = left + trip.arrive[later]
                        heapq.heappush(heap, (there, rides + 1, trip.stops[later], "ride"))
    return arrival


def latest(town: Town, home: int, end: int, options: dict) -> dict[int, int]:
    """Latest time to leave `home` so as to be at each site by `end`."""
    found: dict[int, int] = {}
    for site in range(len(town.sites)):
        low, high = end - 6 * 3_600_000, end
        if earliest(town, home, low, options).get(site, 1 << 60) > end:
            continue
        while low < high:  # an earlier start is never there later
            middle = (low + high + 1) // 2
            if earliest(town, home, middle, options).get(site, 1 << 60) <= end:
                low = middle
            else:
                high = middle - 1
        found[site] = low
    return found
