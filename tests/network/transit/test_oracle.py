"""Public transport equals a time-dependent Dijkstra on small random feeds, to the millisecond."""

from dataclasses import replace

import numpy as np
import pytest

from geoplan import nearest_site, travel_costs
from geoplan.network.transit.search import searches
from geoplan.network.transit.transit_network import TransitNetwork

from .random_feeds import DATE, SPEED, earliest, latest, make_town

CUTOFF = 60


def transit_of(town, folder, **options):
    return TransitNetwork.from_gtfs(folder, walk=town.network, date=DATE, **options)


def percentile(values, percent):
    ranked = np.sort(values)
    return ranked[max(1, int(np.ceil(len(ranked) * percent / 100))) - 1]


def by_departure(town, minutes, options, percent):
    table = np.full((len(town.homes), len(town.sites)), np.nan)
    for h in range(len(town.homes)):
        times = np.full((len(minutes), len(town.sites)), np.inf)
        for k, minute in enumerate(minutes):
            for site, there in earliest(town, h, minute, options).items():
                times[k, site] = there - minute
        for s in range(len(town.sites)):
            value = percentile(times[:, s], percent)
            table[h, s] = value / 60_000 if value <= CUTOFF * 60_000 else np.nan
    return table


@pytest.mark.parametrize("seed", range(8))
def test_departures_equal_dijkstra(seed, tmp_path):
    town = make_town(seed, tmp_path, headways=seed % 2 == 1)
    rng = np.random.default_rng(seed)
    options = {"max_walk_m": 500.0, "max_transfers": int(rng.integers(0, 4)), "slack": 30_000}
    percent = float(rng.integers(1, 101))
    transit = transit_of(
        town,
        tmp_path,
        depart=("08:00", "08:20"),
        percentile=percent,
        max_walk_m=500.0,
        max_transfers=options["max_transfers"],
        board_slack_s=30,
    )
    expected = by_departure(town, [28_800_000 + 60_000 * m for m in range(20)], options, percent)
    homes, sites = town.points(town.homes), town.points(town.sites)
    found = travel_costs(transit, homes, sites, cutoff_min=CUTOFF).to_dense().to_numpy()
    assert np.allclose(found, expected, atol=2e-4, equal_nan=True)
    near = nearest_site(transit, homes, sites, cutoff_min=CUTOFF)
    least = np.where(
        np.isnan(expected).all(1), np.nan, np.nanmin(np.c_[expected, np.full(5, 1e9)], 1)
    )
    assert np.allclose(near["cost_min"].to_numpy(float), least, atol=2e-4, equal_nan=True)


@pytest.mark.parametrize("seed", range(4))
def test_arrivals_equal_dijkstra(seed, tmp_path):
    town = make_town(seed, tmp_path, headways=seed % 2 == 1)
    options = {"max_walk_m": 500.0, "max_transfers": 2, "slack": 0}
    transit = transit_of(town, tmp_path, max_walk_m=500.0, max_transfers=2)
    homes, sites = town.points(town.homes), town.points(town.sites)
    end = 32_400_000
    found = travel_costs(transit, homes, sites, cutoff_min=CUTOFF, arrive="09:00")
    table = found.to_dense().to_numpy()
    for h in range(len(town.homes)):
        leave = latest(town, h, end, options)
        for s in range(len(town.sites)):
            takes = (end - leave[s]) / 60_000 if s in leave else np.inf
            want = takes if takes <= CUTOFF else np.nan
            assert np.allclose(table[h, s], want, atol=2e-4, equal_nan=True), (h, s)


@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@pytest.mark.parametrize("window", [{"depart": ("08:00", "08:30")}, {"arrive": ("08:30", "09:00")}])
@pytest.mark.parametrize("seed", range(3))
def test_both_ends_of_a_search_agree(seed, window, direction, tmp_path, monkeypatch):
    town = make_town(seed, tmp_path)
    transit = transit_of(town, tmp_path, percentile=60, max_walk_m=500.0, board_slack_s=20)
    homes, sites = town.points(town.homes), town.points(town.sites)
    found = []
    for events in (False, True):
        monkeypatch.setattr(searches, "by_events", lambda *_, events=events, **__: events)
        costs = travel_costs(transit, homes, sites, cutoff_min=90, direction=direction, **window)
        found.append(costs.to_dense().to_numpy())
    assert np.array_equal(found[0], found[1], equal_nan=True)
    assert np.isfinite(found[0]).any()


def with_service(town, first, end, options):
    """Home x site: a vehicle is there by `end`, or one walks no farther than to a stop."""
    found = np.zeros((len(town.homes), len(town.sites)), bool)
    for h in range(len(town.homes)):
        walks = town.walk_ms["home", h]
        ridden = {place: ms for place, ms in walks.items() if place[0] == "stop"}
        by_vehicle = replace(town, walk_ms={**town.walk_ms, ("home", h): ridden})
        there = earliest(by_vehicle, h, first, options)
        for s in range(len(town.sites)):
            near = walks.get(("site", s), 1 << 60) <= options["max_walk_m"] / SPEED * 1000 + 0.5
            found[h, s] = near or there.get(s, 1 << 60) <= end
    return found


@pytest.mark.parametrize("window", ["depart", "arrive"])
@pytest.mark.parametrize("seed", range(8))
def test_who_is_cut_off_has_no_vehicle_and_too_long_a_walk(seed, window, tmp_path):
    town = make_town(seed, tmp_path, headways=seed % 2 == 1)
    options = {"max_walk_m": 150.0, "max_transfers": seed % 3, "slack": 30_000}
    asked = {"max_walk_m": 150.0, "max_transfers": seed % 3, "board_slack_s": 30}
    transit = transit_of(town, tmp_path, **asked, **{window: ("09:00", "09:20")})
    homes, sites = town.points(town.homes), town.points(town.sites)
    first, last, span = 32_400_000, 33_540_000, 180 * 60_000
    times = (first, last + span) if window == "depart" else (first - span, last)
    expected = with_service(town, *times, options)
    pairs = transit.service_pairs(homes, sites, {}).toarray()
    assert np.array_equal(pairs, expected)
    assert np.array_equal(transit.has_service(homes, sites, {}), expected.any(1))
    assert transit.service_pairs(homes, sites.iloc[:0], {}).shape == (len(homes), 0)
    near = nearest_site(transit, homes, sites, cutoff_min=0.01)
    none = near["site"].isna().to_numpy()
    reasons = np.where(expected.any(1), "beyond", "cut_off")
    assert near["reason"].to_numpy()[none].tolist() == reasons[none].tolist()
    assert none.any()
