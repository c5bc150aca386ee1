"""Lines withdrawn, or run more or less often."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan import Network, TransitNetwork, travel_costs
from geoplan.errors import NetworkError, UsageError
from geoplan.network.transit.notes import transit_findings

from .random_feeds import DATE, make_town
from .test_oracle import transit_of


@pytest.mark.parametrize("seed", [1, 2])
def test_a_line_withdrawn_is_a_feed_without_it(seed, tmp_path):
    town = make_town(seed, tmp_path, headways=seed == 1)
    transit = transit_of(town, tmp_path, depart=("08:00", "08:20"), percentile=30)
    lines = transit.schedule.trips["line"].unique()
    gone = str(lines[0])
    fewer = transit.with_lines(withdrawn=[gone])
    routes = pd.read_csv(tmp_path / "routes.txt", dtype=str)
    named = routes["route_short_name"] if "route_short_name" in routes else routes["route_id"]
    trips = pd.read_csv(tmp_path / "trips.txt", dtype=str)
    ids = routes["route_id"][(named == gone) | (routes["route_id"] == gone)]
    left = trips[~trips["route_id"].isin(ids)]
    assert 0 < len(left) < len(trips)
    left.to_csv(tmp_path / "trips.txt", index=False)
    again = transit_of(town, tmp_path, depart=("08:00", "08:20"), percentile=30)
    homes, sites = town.points(town.homes), town.points(town.sites)
    found = [travel_costs(n, homes, sites, cutoff_min=90).to_dense() for n in (fewer, again)]
    assert np.array_equal(found[0], found[1], equal_nan=True)
    assert gone in set(transit.schedule.trips["line"])  # the one before is as it was


def timetabled(folder):
    feed = {
        "stops": "stop_id,stop_lat,stop_lon\nA,0,0.001\nB,0,0.041",
        "routes": "route_id,route_short_name,route_type\n7,7,3",
        "trips": "route_id,service_id,trip_id\n7,d,a\n7,d,b\n7,d,c",
        "stop_times": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
        "a,A,1,8:00:00,8:00:00\na,B,2,8:10:00,8:10:00\n"
        "b,A,1,8:30:00,8:30:00\nb,B,2,8:50:00,8:50:00\n"
        "c,A,1,12:00:00,12:00:00\nc,B,2,12:10:00,12:10:00\n",
        "calendar_dates": f"service_id,date,exception_type\nd,{DATE.replace('-', '')},1",
    }
    for name, text in feed.items():
        (folder / f"{name}.txt").write_text(text)
    street = gpd.GeoSeries([shapely.LineString([(0, 0), (0.045, 0)])], crs=4326)
    walk = Network.from_lines(gpd.GeoDataFrame(geometry=street).to_crs(32631), mode="walk")
    return TransitNetwork.from_gtfs(folder, walk=walk, date=DATE)


def times(transit):
    calls = transit.schedule.calls
    start = calls.depart[calls.ptr[:-1]] / 60_000
    end = calls.arrive[calls.ptr[1:] - 1] / 60_000
    return sorted(zip(start.tolist(), end.tolist(), strict=True))


def test_a_headway_halved_puts_a_vehicle_between_two(tmp_path):
    transit = timetabled(tmp_path)
    often = transit.with_lines(headway_factor={"7": 0.5})
    # none is put into the hours without a bus
    assert times(often) == [(480, 490), (495, 510), (510, 530), (720, 730)]
    assert times(transit.with_lines(headway_factor={"7": 2})) == [(480, 490), (720, 730)]
    home = gpd.GeoSeries(gpd.points_from_xy([0.001], [0]), crs=4326).to_crs(32631)
    site = gpd.GeoSeries(gpd.points_from_xy([0.041], [0]), crs=4326).to_crs(32631)
    found = [
        travel_costs(n, home, site, depart="08:05", cutoff_min=60).to_dense().iloc[0, 0]
        for n in (transit, often)
    ]
    assert found == pytest.approx([45, 25])


def test_faults_of_changes_are_told_together(tmp_path):
    transit = timetabled(tmp_path)
    with pytest.raises(UsageError) as error:
        transit.with_lines(withdrawn=["8"], headway_factor={"7": 0.7, "9": 0.5})
    said = str(error.value)
    assert "8" in said
    assert "9" in said
    assert "0.7" in said


def test_a_name_is_one_line_and_a_factor_that_changes_nothing_is_told(tmp_path):
    transit = timetabled(tmp_path)
    assert len(transit.with_lines(withdrawn="7").schedule.trips) == 0
    with pytest.raises(UsageError, match="no such lines: '77' "):
        transit.with_lines(withdrawn="77")  # not line 7, twice
    for factor in (0.99, 1.01):
        with pytest.raises(UsageError, match=str(factor)):
            transit.with_lines(headway_factor={"7": factor})
    assert times(transit.with_lines(headway_factor={"7": 1})) == times(transit)


def test_a_factor_of_a_line_that_is_withdrawn_is_told(tmp_path):
    transit = timetabled(tmp_path)
    both = transit.with_lines(withdrawn=["7"], headway_factor={"7": 0.5})
    assert both.schedule.n_trips == 0
    said = [found.said for found in transit_findings(both, "en")]
    assert any("withdrawn" in one.problem and "7" in one.problem for one in said)
    alone = transit.with_lines(withdrawn=["7"])
    assert not any("withdrawn" in f.said.problem for f in transit_findings(alone, "en"))


def test_headways_and_speeds_that_cannot_be_are_told():
    """A number of a person in the wrong column is no headway of 26,000 years."""
    street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (4000, 0)])], crs=4548)
    walk = Network.from_lines(street, mode="walk")
    ends = gpd.points_from_xy([0, 4000], [0, 0])
    stops = gpd.GeoDataFrame({"line": ["1", "1"], "order": [1, 2]}, geometry=ends, crs=4548)
    row = {"line": "1", "span": "06:00-21:00", "headway": "10", "speed": "15"}

    def minutes(network, **options):
        costs = travel_costs(network, stops.geometry.iloc[:1], stops.geometry.iloc[1:], **options)
        return float(costs.matrix.sum())

    for headway in ("13812345678", "1441", "0"):
        with pytest.raises(NetworkError, match="no number of minutes up to a day"):
            TransitNetwork.from_lines(pd.DataFrame([row | {"headway": headway}]), stops, walk=walk)
    for speed in ("13812345678", "0.00001", "-3", "inf"):
        bus = TransitNetwork.from_lines(pd.DataFrame([row | {"speed": speed}]), stops, walk=walk)
        assert bus.notes["speeds_assumed"] == 1
        assert minutes(bus) == pytest.approx(5 + 4 / 18 * 60, abs=1e-4)
    # once a day, and a hundredth of that: the last vehicle is waited for, never a later one
    rare = TransitNetwork.from_lines(pd.DataFrame([row | {"headway": "1440"}]), stops, walk=walk)
    rarer = rare.with_lines(headway_factor={"1": 100})
    for network in (rare, rarer):
        assert minutes(network, depart="20:30") == pytest.approx(30 + 16, abs=1e-4)
