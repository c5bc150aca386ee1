"""`Network` on top of the arrays: constructors, changes and copies keep the class."""

from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from geoplan.errors import InputError
from geoplan.network import (
    Network,
    nearest_site,
    reach_areas,
    read_network,
    travel_costs,
    with_links,
)
from geoplan.network.builders.from_lines import network_from_lines

CRS = "EPSG:4548"


@pytest.fixture
def roads():
    """One street of 300 m."""
    return gpd.GeoDataFrame(geometry=[LineString([(0, 0), (300, 0)])], crs=CRS)


def test_builders_return_the_arrays_that_the_constructor_shares(roads):
    data = network_from_lines(roads, mode="walk")
    network = Network.from_data(data)
    assert not isinstance(data, Network)
    assert isinstance(network, Network)
    assert network.coords is data.coords
    assert repr(data) == "NetworkData(walk, 2 nodes, 1 edges, 0.3 km, EPSG:4548)"
    assert repr(network) == "Network(walk, 2 nodes, 1 edges, 0.3 km, EPSG:4548)"


def test_what_reads_or_changes_a_network_returns_a_network(tmp_path, roads):
    network = Network.from_lines(roads, mode="walk")
    network.save(tmp_path / "a.network")
    link = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (0, 90), (300, 0)])], crs=CRS)
    for one in (
        Network.load(tmp_path / "a.network"),
        read_network(tmp_path / "a.network", mode="walk"),
        with_links(network, link),
    ):
        assert type(one) is Network


def test_a_pickled_network_comes_back_with_what_was_derived(roads):
    network = Network.from_lines(roads, mode="walk")
    arcs = network.graph()
    assert network.graph() is arcs
    again = pickle.loads(pickle.dumps(network))
    assert type(again) is Network
    assert repr(again) == repr(network)
    np.testing.assert_array_equal(again.graph().weights, arcs.weights)


def test_an_unknown_keyword_is_refused(roads):
    with pytest.raises(TypeError, match="speed_ms"):
        Network.from_lines(roads, mode="walk", speed_ms=1.0)
    with pytest.raises(TypeError, match=r"read_network\(\).*speed_ms"):
        read_network("a.gpkg", mode="walk", speed_ms=1.0)


@pytest.mark.parametrize("ask", ["nearest_site", "travel_costs", "reach_areas"])
def test_labels_that_stand_twice_are_refused(ask):
    """Of two sites called alike no answer could say which one is meant."""
    street = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (100, 0)])], crs="EPSG:4548")
    network = Network.from_lines(street, mode="walk")
    once = gpd.GeoSeries.from_xy([0, 50], [0, 0], index=["a", "b"], crs="EPSG:4548")
    twice = once.set_axis(["a", "a"])
    if ask == "reach_areas":
        with pytest.raises(InputError, match=r"sites have labels more than once: \['a'\]"):
            reach_areas(network, twice, cutoffs_m=[10])
        assert len(reach_areas(network, twice, cutoffs_m=[10], dissolve=True)) == 1
        return
    function = {"nearest_site": nearest_site, "travel_costs": travel_costs}[ask]
    with pytest.raises(InputError, match=r"sites have labels more than once: \['a'\]"):
        function(network, once, twice, cutoff_m=100)
    if ask == "travel_costs":  # of `nearest_site` each row is its own answer
        with pytest.raises(InputError, match=r"demand points have labels more than once: \['a'\]"):
            function(network, twice, once, cutoff_m=100)
