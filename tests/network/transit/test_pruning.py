"""Walks that lead to no other vehicle are left out of searches; arrivals stay as they are."""

import numpy as np
import pytest

from geoplan import travel_costs
from geoplan.network.transit.search import searches
from geoplan.network.transit.search.pruning import useful_walks
from geoplan.network.transit.search.walking import Legs

from .random_feeds import make_town
from .test_oracle import transit_of


@pytest.mark.parametrize("seed", range(4))
def test_no_arrival_changes_without_the_useless_walks(seed, tmp_path, monkeypatch):
    town = make_town(seed, tmp_path, headways=seed % 2 == 1)
    homes, sites = town.points(town.homes), town.points(town.sites)
    found = []
    for prune in (True, False):
        if not prune:
            for module in (searches, "geoplan.network.transit.transit_network"):
                where = module if isinstance(module, str) else module.__name__
                monkeypatch.setattr(f"{where}.useful_walks", lambda legs, _: legs)
        transit = transit_of(town, tmp_path, max_walk_m=700.0, percentile=60)
        costs = travel_costs(transit, homes, sites, cutoff_min=90, depart=("08:00", "08:15"))
        found.append(costs.to_dense().to_numpy())
    assert np.array_equal(*found, equal_nan=True)


def test_who_catches_the_bus_up_the_line_does_not_walk_down_it(tmp_path):
    town = make_town(0, tmp_path)
    transit = transit_of(town, tmp_path, depart="08:00")
    table = transit.timetable(transit.options, 7_200_000, False)
    size = np.diff(table.ptr)
    p = int(np.argmax(size))
    stops = table.stop[table.ptr[p] : table.ptr[p + 1]]
    legs = Legs(
        np.zeros(2, int), stops[[0, 1]], np.array([0, 10_000_000]), (1, transit.schedule.n_stops)
    )
    only = table._replace(  # that pattern alone
        stop_ptr=np.searchsorted(np.sort(stops[:2]), np.arange(len(table.stop_ptr))).astype(
            np.int32
        ),
        stop_pattern=np.full(2, p, np.int32),
        stop_call=np.argsort(stops[:2]).astype(np.int32),
    )
    assert useful_walks(legs, only).columns.tolist() == [stops[0]]
