"""Journeys explained: every leg is one that the schedule and the streets allow, and they add up."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoplan import Network, TransitNetwork, travel_costs
from geoplan.errors import UsageError
from geoplan.network.transit.journey import Journey, JourneyLeg

from .random_feeds import DATE, SPEED, make_town
from .test_oracle import transit_of

WINDOWS = [{"depart": ("08:00", "08:20")}, {"arrive": ("08:40", "09:00")}]


def check_ride(leg, schedule):
    """Some trip of the line calls at both stops at these times, or runs as long by headways."""
    names = schedule.stops["name"].astype(str).to_numpy()
    calls = schedule.calls
    for t in np.flatnonzero(schedule.trips["line"].astype(str) == leg.line):
        at = range(int(calls.ptr[t]), int(calls.ptr[t + 1]) - leg.stops)
        for a in at:
            b = a + leg.stops
            if (names[calls.stop[a]], names[calls.stop[b]]) != (leg.origin, leg.target):
                continue
            if not (calls.board[a] and calls.alight[b]):
                continue
            run = int(calls.arrive[b]) - int(calls.depart[a])
            if leg.headway_min is not None:
                if run == leg.end_ms - leg.start_ms:
                    return True
            elif (calls.depart[a], calls.arrive[b]) == (leg.start_ms, leg.end_ms):
                return True
    return False


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(("seed", "percent"), [(1, 60), (1, 10), (2, 30), (5, 60)])
def test_journeys_are_possible_and_take_as_long_as_the_costs_say(seed, percent, window, tmp_path):
    town = make_town(seed, tmp_path, headways=seed % 2 == 1)
    transit = transit_of(
        town, tmp_path, max_walk_m=500.0, max_transfers=2, percentile=percent, board_slack_s=30
    )
    homes, sites = town.points(town.homes), town.points(town.sites)
    costs = travel_costs(transit, homes, sites, cutoff_min=60, **window).to_dense().to_numpy()
    ridden = 0
    for h in range(len(homes)):
        for s in range(len(sites)):
            home, site = homes.iloc[[h]], sites.iloc[[s]]
            found = transit.journey(home, site, cutoff_min=60, **window)
            if np.isnan(costs[h, s]):
                assert found is None
                continue
            takes = round(costs[h, s] * 60_000)
            known = transit.journey(home, site, minutes=costs[h, s], **window)
            assert known.minutes == pytest.approx(found.minutes, abs=2e-4)
            assert len(known.lines) == len(found.lines)
            if "depart" in window:
                assert abs(found.legs[-1].end_ms - found.legs[0].start_ms - takes) <= 1
            else:  # the minute by which one wants to be there, or a little earlier
                wanted = found.legs[0].start_ms + takes
                assert min(wanted % 60_000, -wanted % 60_000) <= 1
                assert wanted + 1 >= 31_200_000
                assert wanted - 1 < 32_400_000
                assert found.legs[-1].end_ms <= wanted + 1
            for a, b in pairwise(found.legs):
                assert a.end_ms == b.start_ms
            for leg in found.legs:
                if leg.kind == "ride":
                    assert check_ride(leg, transit.schedule)
                elif leg.kind == "walk" and leg.geometry is not None:
                    # no quicker than straight at the speed of the people
                    assert leg.end_ms >= leg.start_ms
                    if found.lines == ():
                        straight = home.iloc[0].distance(site.iloc[0]) / SPEED / 60
                        assert leg.minutes >= straight - 1e-6
            ridden += len(found.lines) > 0
            assert found.transfers <= 2
            assert found.text("zh").endswith("。")
            assert len(found.to_frame()) == len(found.legs)
    assert ridden > 0


def test_a_journey_is_between_two_points(tmp_path):
    town = make_town(0, tmp_path)
    transit = transit_of(town, tmp_path, depart="08:00")
    with pytest.raises(UsageError, match="one home"):
        transit.journey(town.points(town.homes), town.points(town.sites))


@pytest.mark.parametrize(
    "window", [{"depart": "08:19"}, {"depart": ("08:18", "08:20")}, {"arrive": "08:36"}]
)
def test_a_trip_that_passes_the_same_stops_twice_is_ridden_where_it_is_caught(window, tmp_path):
    """A-B-C-A-B: who comes to A at 8:20 rides its second way to B, which takes 15 minutes."""
    feed = {
        "stops": "stop_id,stop_lat,stop_lon\nA,0,0.001\nB,0,0.041\nC,0,0.081",
        "routes": "route_id,route_short_name,route_type\n7,7,3",
        "trips": "route_id,service_id,trip_id\n7,d,a",
        "stop_times": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
        "a,A,1,8:00:00,8:00:00\na,B,2,8:05:00,8:05:00\na,C,3,8:10:00,8:10:00\n"
        "a,A,4,8:20:00,8:20:00\na,B,5,8:35:00,8:35:00",
        "calendar_dates": f"service_id,date,exception_type\nd,{DATE.replace('-', '')},1",
    }
    for name, text in feed.items():
        (tmp_path / f"{name}.txt").write_text(text)
    street = gpd.GeoSeries([shapely.LineString([(0, 0), (0.09, 0)])], crs=4326)
    walk = Network.from_lines(gpd.GeoDataFrame(geometry=street).to_crs(32631), mode="walk")
    transit = TransitNetwork.from_gtfs(tmp_path, walk=walk, date=DATE)
    ends = gpd.GeoSeries(gpd.points_from_xy([0.0011, 0.0411], [0, 0]), crs=4326).to_crs(32631)
    found = transit.journey(ends.iloc[[0]], ends.iloc[[1]], cutoff_min=60, **window)
    ride = next(leg for leg in found.legs if leg.kind == "ride")
    minutes = [ms / 60_000 for ms in (ride.start_ms, ride.end_ms)]
    assert minutes == [500.0, 515.0]
    assert check_ride(ride, transit.schedule)
    for a, b in pairwise(found.legs):
        assert a.end_ms == b.start_ms


@pytest.mark.parametrize(
    ("minutes", "en", "zh"),
    [
        (0.2, "less than a minute", "不到 1 分钟"),
        (1.2, "1 min", "1 分钟"),
        (12, "12 min", "12 分钟"),
    ],
)
def test_a_walk_next_door_takes_less_than_a_minute(minutes, en, zh):
    leg = JourneyLeg(kind="walk", start_ms=0, end_ms=int(minutes * 60_000))
    journey = Journey(legs=(leg,), crs=4548)
    assert journey.text("en") == f"Walk all the way, {en}."
    assert journey.text("zh") == f"全程步行，{zh}。"
