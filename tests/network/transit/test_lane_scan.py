"""One scan for many homes finds what a search from each finds, to the millisecond."""

import numpy as np
import pandas as pd
import pytest

from geoplan import travel_costs
from geoplan.network.transit.clock import NEVER
from geoplan.network.transit.schedule import Calls, Doors, Schedule
from geoplan.network.transit.search import searches
from geoplan.network.transit.search.backtrack import reach
from geoplan.network.transit.search.connections import in_order
from geoplan.network.transit.search.lane_scan import scan_from
from geoplan.network.transit.search.range_search import Ends
from geoplan.network.transit.search.raptor import Walks
from geoplan.network.transit.search.timetable import build_timetable

from .random_feeds import earliest, latest, make_town
from .test_oracle import transit_of

STOPS, LANES = 12, 150


def random_schedule(rng):
    """Trips of whole minutes, many of them none between stops; stops twice in a row, loops."""
    ptr, stop, arrive, depart = [0], [], [], []
    for _ in range(int(rng.integers(15, 60))):
        way = rng.integers(STOPS, size=int(rng.integers(2, 8)))
        steps = rng.choice([0, 0, 1, 2], size=2 * len(way)) * 60_000
        times = rng.integers(0, 60) * 60_000 + np.cumsum(steps)
        stop += way.tolist()
        arrive += times[0::2].tolist()
        depart += times[1::2].tolist()
        ptr.append(len(stop))
    count = len(ptr) - 1
    calls = Calls(
        ptr=np.array(ptr),
        stop=np.array(stop, np.int32),
        arrive=np.array(arrive, np.int32),
        depart=np.array(depart, np.int32),
        board=rng.random(len(stop)) < 0.9,
        alight=rng.random(len(stop)) < 0.9,
    )
    trips = pd.DataFrame({"headway_ms": [-1] * count, "first_ms": 0, "last_ms": 0})
    none = np.empty(0, np.int32)
    doors = Doors(stop=none, xy=np.empty((0, 2)), in_ms=none, out_ms=none)
    return Schedule(stops=pd.DataFrame(index=range(STOPS)), trips=trips, calls=calls, doors=doors)


def random_walks(rng, rows, share):
    pairs = np.argwhere(rng.random((rows, STOPS)) < share)
    ms = rng.choice([0, 30_000, 60_000, 90_000, 300_001], size=len(pairs))
    order = np.lexsort((ms, pairs[:, 0]))
    ptr = np.searchsorted(pairs[:, 0], np.arange(rows + 1)).astype(np.int64)
    return Walks(ptr, pairs[order, 1].astype(np.int32), ms[order].astype(np.int32))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_all_lanes_arrive_as_by_raptor(seed, mirrored):
    rng = np.random.default_rng(seed)
    slack = int(rng.choice([0, 60_000, 200_000]))
    schedule = random_schedule(rng)
    table = build_timetable(schedule, start=0, end=NEVER, slack=slack, mirrored=mirrored)
    walks, access = random_walks(rng, STOPS, 0.3), random_walks(rng, LANES, 0.15)
    rides, start = int(rng.integers(1, 5)), (-3_000_000 if mirrored else 600_000)
    limit = start + int(rng.choice([1_200_000, 3_000_000]))
    connections = in_order(table, walks, slack)
    lanes = np.arange(LANES) if seed % 2 else np.arange(3, 90)
    found = scan_from(connections, walks, access, lanes, rides, start=start, limit=limit)
    none = Walks(np.zeros(2, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
    for i, lane in enumerate(lanes):
        a, b = access.ptr[lane : lane + 2]
        own = Walks(np.array([0, b - a]), access.to[a:b], access.ms[a:b])
        labels = reach(table, walks, Ends(own, none, none), rides, start, limit)
        assert found[:, i].tolist() == labels.ride[-1].tolist(), lane
    assert (found < NEVER).any()


@pytest.mark.parametrize("window", ["depart", "arrive"])
@pytest.mark.parametrize("seed", range(8))
def test_one_departure_of_all_homes_equals_dijkstra(seed, window, tmp_path, monkeypatch):
    monkeypatch.setattr(searches, "LEAST_SCANNED", 1)
    monkeypatch.setattr(searches, "_EVENTS_LEAST", 1e9)  # search from the minute's own end
    town = make_town(seed, tmp_path)
    options = {"max_walk_m": 500.0, "max_transfers": seed % 4, "slack": 30_000}
    asked = {"max_walk_m": 500.0, "max_transfers": seed % 4, "board_slack_s": 30}
    transit = transit_of(town, tmp_path, **asked)
    homes, sites = town.points(town.homes), town.points(town.sites)
    scans = []
    scan = searches.scan_from
    monkeypatch.setattr(searches, "scan_from", lambda *a, **k: scans.append(1) or scan(*a, **k))
    when, ms = ("08:30", 30_600_000) if window == "depart" else ("09:30", 34_200_000)
    found = travel_costs(transit, homes, sites, cutoff_min=60, **{window: when}).to_dense()
    expected = np.full(found.shape, np.nan)
    for h in range(len(homes)):
        other = (earliest if window == "depart" else latest)(town, h, ms, options)
        for s, time in other.items():
            expected[h, s] = abs(time - ms) / 60_000 if abs(time - ms) <= 3_600_000 else np.nan
    assert np.allclose(found, expected, atol=2e-4, equal_nan=True)
    assert scans
