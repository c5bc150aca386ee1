"""Feeds by hand: several at once, pathways in stations, stops in the middle of a street."""

import pickle

import geopandas as gpd
import pytest
import shapely

from geoplan import Network, TransitNetwork, travel_costs
from geoplan.network.transit import transit_network
from geoplan.network.transit.notes import transit_findings

from .test_what_if_lines import timetabled

DATE = "2025-05-13"
SPEED = 1.0
CRS = 32631
# one street along the equator, 3 degrees east
STREET = gpd.GeoSeries([shapely.LineString([(2.98, 0), (3.08, 0)])], crs=4326).to_crs(CRS)


def walk():
    return Network.from_lines(gpd.GeoDataFrame(geometry=STREET), mode="walk", speed_m_s=SPEED)


def write(folder, places, trips, **more):
    """A feed: places {id: lon}, trips {id: [(stop, time), ...]}, further tables as text."""
    folder.mkdir(exist_ok=True)
    calls = [
        f"{trip},{stop},{k + 1},{time},{time}"
        for trip, run in trips.items()
        for k, (stop, time) in enumerate(run)
    ]
    tables = {
        "stops": "stop_id,stop_lat,stop_lon\n"
        + "\n".join(f"{stop},0,{lon}" for stop, lon in places.items()),
        "routes": f"route_id,route_short_name,route_type\nr,{folder.name},3",
        "trips": "route_id,service_id,trip_id\n" + "\n".join(f"r,d,{trip}" for trip in trips),
        "stop_times": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
        + "\n".join(calls),
        "calendar_dates": f"service_id,date,exception_type\nd,{DATE.replace('-', '')},1",
        **more,
    }
    for name, text in tables.items():
        (folder / f"{name}.txt").write_text(text + "\n")
    return folder


def at(lon, name):
    points = gpd.GeoSeries(gpd.points_from_xy([lon], [0]), index=[name], crs=4326)
    return points.to_crs(CRS)


def metres(a, b):
    return abs(at(a, "a").x.iloc[0] - at(b, "b").x.iloc[0])


def minutes(transit, home, site, **options):
    return travel_costs(transit, home, site, cutoff_min=120, **options).to_dense().iloc[0, 0]


def test_two_feeds_with_the_same_ids_are_one_timetable(tmp_path):
    bus = write(
        tmp_path / "bus", {"A": 3.0, "B": 3.03}, {"t": [("A", "8:05:00"), ("B", "8:10:00")]}
    )
    rail = write(
        tmp_path / "rail", {"A": 3.031, "B": 3.06}, {"t": [("A", "8:20:00"), ("B", "8:26:00")]}
    )
    home, site = at(3.0, "home"), at(3.06, "site")
    both = TransitNetwork.from_gtfs([bus, rail], walk=walk(), date=DATE, depart="08:00")
    assert both.schedule.n_stops == 4
    # 111 m on foot between the two take 2 minutes, and the train leaves at 8:20
    assert minutes(both, home, site) == pytest.approx(26)
    way = both.journey(home, site)
    assert way.lines == ("bus", "rail")
    assert way.minutes == pytest.approx(26)
    alone = TransitNetwork.from_gtfs(bus, walk=walk(), date=DATE, depart="08:00")
    rest = metres(3.03, 3.06) / SPEED / 60
    on_foot = metres(3.0, 3.06) / SPEED / 60  # all the way, where a stop may be 800 m off at most
    assert minutes(alone, home, site, max_walk_m=800) == pytest.approx(on_foot, abs=1e-3)
    assert minutes(alone, home, site, max_walk_m=4000) == pytest.approx(10 + rest, abs=1e-3)


def test_a_pathway_counts_from_the_entrance(tmp_path):
    stops = (
        "stop_id,stop_lat,stop_lon,location_type,parent_station\n"
        "S,0,3.0,1,\nE,0,3.0,2,S\nP,0,3.0005,0,S\nB,0,3.05,0,"
    )
    trips = {"t": [("P", "8:10:00"), ("B", "8:20:00")], "u": [("P", "8:30:00"), ("B", "8:40:00")]}
    ways = "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,traversal_time\n"
    home, site = at(3.0, "home"), at(3.05, "site")
    for seconds, takes in ((540, 20), (660, 40)):  # 9 minutes are in time for 8:10, 11 are not
        folder = write(tmp_path / f"f{seconds}", {}, trips, stops=stops)
        (folder / "pathways.txt").write_text(f"{ways}w,E,P,1,1,{seconds}\n")
        transit = TransitNetwork.from_gtfs(folder, walk=walk(), date=DATE, depart="08:00")
        assert minutes(transit, home, site) == pytest.approx(takes)


def test_stops_and_homes_in_the_middle_of_one_street(tmp_path):
    folder = write(
        tmp_path / "f", {"A": 3.0012, "B": 3.0467}, {"t": [("A", "8:10:00"), ("B", "8:20:00")]}
    )
    transit = TransitNetwork.from_gtfs(folder, walk=walk(), date=DATE)
    home, site = at(2.9977, "home"), at(3.0491, "site")
    there, on = metres(2.9977, 3.0012) / SPEED / 60, metres(3.0467, 3.0491) / SPEED / 60
    start = int(10 - there)  # the last minute in time for the bus
    assert minutes(transit, home, site, depart=f"08:0{start}") == pytest.approx(
        20 - start + on, abs=1e-3
    )
    on_foot = metres(2.9977, 3.0491) / SPEED / 60
    late = minutes(transit, home, site, depart=f"08:0{start + 1}")
    assert late == pytest.approx(on_foot, abs=1e-3)


def test_a_network_that_was_kept_answers_the_same(tmp_path):
    folder = write(
        tmp_path / "f", {"A": 3.0, "B": 3.05}, {"t": [("A", "8:10:00"), ("B", "8:20:00")]}
    )
    transit = TransitNetwork.from_gtfs(folder, walk=walk(), date=DATE, depart="08:00")
    again = pickle.loads(pickle.dumps(transit))
    home, site = at(3.0, "home"), at(3.05, "site")
    assert minutes(again, home, site) == minutes(transit, home, site) == pytest.approx(20)
    assert repr(again) == repr(transit)


def test_what_is_kept_of_one_window_never_answers_for_another(tmp_path, monkeypatch):
    """Two timetables may stand at one address, one after the other: addresses are no keys."""
    runs = {"t": [("A", "8:10:00"), ("B", "8:20:00")], "u": [("A", "18:30:00"), ("B", "18:55:00")]}
    folder = write(tmp_path / "f", {"A": 3.0, "B": 3.05}, runs)
    transit = TransitNetwork.from_gtfs(folder, walk=walk(), date=DATE)
    monkeypatch.setattr(transit_network, "id", lambda _: 0, raising=False)
    home, site = at(3.0, "home"), at(3.05, "site")
    assert minutes(transit, home, site, depart="08:00") == pytest.approx(20)
    assert minutes(transit, home, site, depart="18:00") == pytest.approx(55)
    assert minutes(transit, home, site, depart="18:00", board_slack_s=2400) > 80
    assert minutes(transit, home, site, arrive="19:00") == pytest.approx(30)


@pytest.mark.parametrize(
    ("depart", "told"), [("08:00", False), ("9:45-10:00", False), ("13:05", False), ("04:00", True)]
)
def test_a_feed_of_which_nothing_runs_near_the_window_is_told(tmp_path, depart, told):
    """Porto Alegre's sample has no bus before noon: a third of the people seemed cut off at 8."""
    transit = timetabled(tmp_path).with_lines().changed(depart=depart)
    assert transit.schedule.calls_by_hour()[[8, 12]].tolist() == [4, 2]
    found = [f.said.problem for f in transit_findings(transit, "en") if "window" in f.said.problem]
    assert bool(found) == told
    if told:
        assert found == [
            "No vehicle runs within an hour of the study's window 04:00–04:01; "
            "those of the day run between 8:00 and 13:00."
        ]
