"""Public transport against its peers: the table "By bus" of docs/benchmarks.md.

    python benchmarks/transit.py FOLDER          FOLDER holds Porto Alegre's sample of r5r
    python benchmarks/transit.py FOLDER --json FILE

Porto Alegre, two feeds, 1,227 hexagons, 14:00, at most three changes, walks of 800 m to, between
and from stops at 1.25 m/s. All get the same day as a plain feed without blank times, which ferrobus
and nigiri refuse or drop. CPU seconds of one process, medians of rounds in turns; building the
models is not timed. ferrobus walks only as far as to stops, so that ours does more: the walks all
the way between all pairs are part of its time. Peers that are not installed are left out:
pip install ferrobus pynigiri.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

import geoplan as gp

DATE, WALK_M, SPEED, CHANGES = "2019-05-14", 800.0, 1.25, 3
CRS = "EPSG:31982"
ROUNDS, DEPARTURES = 3, 4
START = 14 * 3600


def cpu(work):
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def clock(ms):
    seconds = np.rint(np.asarray(ms) / 1000).astype(int)
    return [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds]


def write_feed(transit: gp.TransitNetwork, folder: Path) -> None:
    """What runs on the day as a feed with all times filled."""
    plan = transit.schedule
    at = gpd.GeoSeries(gpd.points_from_xy(plan.stops["x"], plan.stops["y"]), crs=CRS).to_crs(4326)
    line, names = pd.factorize(plan.trips["line"])
    size = np.diff(plan.calls.ptr)
    tables = {
        "agency": {
            "agency_id": [1],
            "agency_name": ["all"],
            "agency_url": ["https://example.org"],
            "agency_timezone": ["America/Sao_Paulo"],
        },
        "stops": {
            "stop_id": range(plan.n_stops),
            "stop_name": plan.stops["name"],
            "stop_lat": at.y,
            "stop_lon": at.x,
        },
        "routes": {
            "route_id": range(len(names)),
            "agency_id": 1,
            "route_short_name": names,
            "route_long_name": names,
            "route_type": 3,
        },
        "trips": {"route_id": line, "service_id": "day", "trip_id": range(plan.n_trips)},
        "calendar_dates": {
            "service_id": ["day"],
            "date": [DATE.replace("-", "")],
            "exception_type": [1],
        },
        "calendar": {
            "service_id": ["day"],
            **{dt.date(2024, 1, d).strftime("%A").lower(): [1] for d in range(1, 8)},
            "start_date": [DATE.replace("-", "")],
            "end_date": [DATE.replace("-", "")],
        },
        "stop_times": {
            "trip_id": np.repeat(np.arange(plan.n_trips), size),
            "arrival_time": clock(plan.calls.arrive),
            "departure_time": clock(plan.calls.depart),
            "stop_id": plan.calls.stop,
            "stop_sequence": np.concatenate([np.arange(n) for n in size]),
        },
    }
    for name, table in tables.items():
        pd.DataFrame(table).to_csv(folder / f"{name}.txt", index=False)


class Ours:
    def __init__(self, data: Path) -> None:
        walk = gp.Network.from_osm(data / "poa_osm.pbf", mode="walk", crs=CRS, speed_m_s=SPEED)
        feeds = [data / "poa_eptc.zip", data / "poa_trensurb.zip"]
        self.transit = gp.TransitNetwork.from_gtfs(
            feeds, walk=walk, date=DATE, max_walk_m=WALK_M, max_transfers=CHANGES
        )
        hexagons = pd.read_csv(data / "poa_hexgrid.csv")
        points = gpd.points_from_xy(hexagons["lon"], hexagons["lat"])
        self.lonlat = hexagons[["lon", "lat"]].to_numpy()
        self.homes = gpd.GeoSeries(points, crs=4326, index=hexagons["id"]).to_crs(CRS)

    def matrix(self, depart, cutoff_min=120):
        return gp.travel_costs(
            self.transit, self.homes, self.homes, depart=depart, cutoff_min=cutoff_min, threads=1
        )

    def nearest(self):
        sites = self.homes.iloc[:: len(self.homes) // 100][:100]
        window = ("14:00", "16:00")
        return gp.nearest_site(self.transit, self.homes, sites, depart=window, threads=1)


class Ferrobus:
    def __init__(self, data: Path, feed: Path, lonlat: np.ndarray) -> None:
        import ferrobus

        self.peer = ferrobus
        longest = round(WALK_M / SPEED)
        day = dt.date.fromisoformat(DATE)
        model = ferrobus.create_transit_model(str(data / "poa_osm.pbf"), [str(feed)], day, longest)
        self.model, self.points, self.kept = model, [], np.zeros(len(lonlat), bool)
        for i, (lon, lat) in enumerate(lonlat):
            try:
                point = ferrobus.create_transit_point(lat, lon, model, longest, 1000)
            except ValueError:  # no street near it
                continue
            self.points.append(point)
            self.kept[i] = True

    def matrix(self, seconds: int):
        return self.peer.travel_time_matrix(self.model, self.points, seconds, CHANGES)


def arrival(journey) -> int:
    """Minutes since 1970; some versions have a method, some a property."""
    found = journey.arrival_time
    return found() if callable(found) else found


def nigiri_check(feed: Path, ours: Ours, sample: int = 150) -> dict[str, object]:
    """Arrivals between pairs of stops, whole minutes, without walks at their ends."""
    import pynigiri as ng

    table = ng.load_timetable([ng.TimetableSource("gtfs", str(feed))], DATE, "2019-05-16")
    plan, transit = ours.transit.schedule, ours.transit
    rng = np.random.default_rng(0)
    state = transit.placed_doors.state
    served = np.intersect1d(np.unique(plan.calls.stop), np.flatnonzero(state == 0))
    a, b = rng.choice(served, sample), rng.choice(served, sample)
    xy = plan.stops[["x", "y"]].to_numpy()
    points = [
        gpd.GeoSeries(gpd.points_from_xy(xy[k, 0], xy[k, 1]), crs=CRS, index=range(len(k)))
        for k in (a, b)
    ]
    found = gp.travel_costs(transit, *points, depart="14:00", cutoff_min=240).to_dense().to_numpy()
    start = int(dt.datetime(2019, 5, 14, 17, tzinfo=dt.UTC).timestamp()) // 60
    theirs, seconds = np.full(sample, np.nan), 0.0
    for i in range(sample):
        query = ng.Query()
        query.start_time, query.max_transfers, query.max_travel_time = start, CHANGES, 240
        query.start = [ng.Offset(table.find_location(str(a[i])), 0, 0)]
        query.destination = [ng.Offset(table.find_location(str(b[i])), 0, 0)]
        journeys, took = cpu(lambda query=query: ng.route(table, query))
        seconds += took
        times = [arrival(journey) - start for journey in journeys]
        theirs[i] = min(times, default=np.nan)
    own = found[np.arange(sample), np.arange(sample)]
    both = np.isfinite(own) & np.isfinite(theirs)
    off = (own - theirs)[both]
    return {
        "pairs": int(both.sum()),
        "only ours": int((np.isfinite(own) & ~np.isfinite(theirs)).sum()),
        "only nigiri": int((~np.isfinite(own) & np.isfinite(theirs)).sum()),
        "ours later by more than 1 min": int((off > 1).sum()),
        "median min ours - nigiri": float(np.median(off)) if both.any() else None,
        "ms per query": 1000 * seconds / sample,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    ours = Ours(asked.folder)
    ours.matrix("14:00")  # compiled, walks between stops known
    rows: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        feed = Path(name)
        write_feed(ours.transit, feed)
        peer = None
        if importlib.util.find_spec("ferrobus"):
            peer = Ferrobus(asked.folder, feed, ours.lonlat)
        own, theirs = [], []
        for _ in range(ROUNDS):
            _, took = cpu(lambda: ours.matrix("14:00"))
            own.append(took)
            if peer:
                table, took = cpu(lambda: peer.matrix(START))
                theirs.append(took)
        rows["one departure: ours"] = statistics.median(own)
        if peer:
            rows["one departure: ferrobus"] = statistics.median(theirs)
            rows.update(compared(ours.matrix("14:00", 240), table, peer.kept))
            several = [cpu(lambda m=m: peer.matrix(START + 1800 * m))[1] for m in range(DEPARTURES)]
            rows["120 departures: ferrobus ~"] = 120 * statistics.mean(several)
        rows["120 departures: ours"] = cpu(lambda: ours.matrix(("14:00", "16:00")))[1]
        rows["nearest of 100, 120 departures: ours"] = cpu(ours.nearest)[1]
        if importlib.util.find_spec("pynigiri"):
            rows["nigiri"] = nigiri_check(feed, ours)
    rows["peak MB of the process"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    for key, value in rows.items():
        print(f"{key:45} {value if isinstance(value, dict) else round(value, 2)}")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1))


def compared(costs, table, kept) -> dict[str, float]:
    """How far the two answers lie apart."""
    mine = costs.to_dense().to_numpy()[np.ix_(kept, kept)]
    theirs = np.array([[np.nan if v is None else v / 60 for v in row] for row in table], float)
    both = np.isfinite(mine) & np.isfinite(theirs)
    off = (mine - theirs)[both]
    return {
        "pairs of both": int(both.sum()),
        "pairs of ours alone": int((np.isfinite(mine) & ~np.isfinite(theirs)).sum()),
        "pairs of ferrobus alone": int((~np.isfinite(mine) & np.isfinite(theirs)).sum()),
        "ours - ferrobus, minutes: median": float(np.median(off)),
        "ours - ferrobus: lower quartile": float(np.quantile(off, 0.25)),
        "ours - ferrobus: upper quartile": float(np.quantile(off, 0.75)),
        "share within 5 min": float((np.abs(off) <= 5).mean()),
    }


if __name__ == "__main__":
    main()
