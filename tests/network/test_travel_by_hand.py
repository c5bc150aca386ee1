"""A village small enough to walk through with a finger; the tests explain each answer.

::

      clinic (50, 10)
         |
    a----+----b---------c        a-b 100 m, b-c 100 m; b-c is one-way for cars, b to c
              |
              d                  b-d 100 m

    x---------y                  an island, 100 m, far away at (0, 5000)
"""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geoplan.network as gn
from geoplan.errors import CrsMismatchError, InputError, UsageError
from geoplan.network import Network
from geoplan.network.search import bounded

CRS = "EPSG:4548"
PLACES = {
    "a": (0, 0),
    "b": (100, 0),
    "c": (200, 0),
    "d": (100, -100),
    "x": (0, 5000),
    "y": (100, 5000),
}


def village(mode="walk", **columns):
    nodes = gpd.GeoDataFrame(
        geometry=[shapely.Point(p) for p in PLACES.values()], index=list(PLACES), crs=CRS
    )
    edges = pd.DataFrame(
        {
            "u": ["a", "b", "b", "x"],
            "v": ["b", "c", "d", "y"],
            "length_m": 100.0,
            "oneway": [False, True, False, False],
            **columns,
        }
    )
    return Network.from_edges(nodes, edges, mode=mode, speed_m_s=2.0)


def points(**places):
    geometry = [None if p is None else shapely.Point(p) for p in places.values()]
    return gpd.GeoDataFrame(geometry=geometry, index=list(places), crs=CRS)


CLINIC = points(clinic=(50, 10))
HOMES = points(
    next_door=(70, 0),  # same street: 20 along it, 10 to the clinic
    square=(100, -50),  # 50 to b, 50 back along a-b, 10
    end=(205, 0),  # 5 to c, 100, 50, 10
    island=(50, 5000),
    meadow=(1000, 1000),
    unknown=None,
)


def test_costs_by_hand():
    costs = gn.travel_costs(village(), HOMES, CLINIC, cutoff_m=1000).to_dense()["clinic"]
    assert costs["next_door"] == 30.0
    assert costs["square"] == 110.0
    assert costs["end"] == 165.0
    assert costs[["island", "meadow", "unknown"]].isna().all()


def test_reasons_by_hand():
    near = gn.nearest_site(village(), HOMES, CLINIC, cutoff_m=150)
    assert near.columns.tolist() == ["site", "cost_m", "reason"]
    assert near.index.tolist() == HOMES.index.tolist()
    assert near["reason"].to_dict() == {
        "next_door": "",
        "square": "",
        "end": "beyond",  # 165 m: a path, but longer than 150 m
        "island": "cut_off",  # no path at all
        "meadow": "off_network",  # more than 500 m from every street
        "unknown": "unlocated",
    }
    assert near["site"].tolist()[:2] == ["clinic", "clinic"]
    assert all(site is pd.NA for site in near["site"].array[2:])
    assert near["cost_m"].tolist()[:2] == [30.0, 110.0]
    assert near["cost_m"].isna().tolist()[2:] == [True] * 4


def test_a_site_exactly_at_the_cutoff_is_within_it():
    near = gn.nearest_site(village(), HOMES, CLINIC, cutoff_m=110)
    assert near.loc["square", "cost_m"] == 110.0
    costs = gn.travel_costs(village(), HOMES, CLINIC, cutoff_m=110)
    assert costs.matrix.nnz == 2


def test_cars_respect_the_one_way_street():
    """From c a car cannot go back to b; to c it can. Both points on the one-way street itself:
    forward 40 m along it; backward there is no way."""
    drive = village("drive")
    on_street = points(west=(130, 0), east=(170, 0))
    to_east = gn.travel_costs(drive, on_street.loc[["west"]], on_street.loc[["east"]])
    to_west = gn.travel_costs(drive, on_street.loc[["east"]], on_street.loc[["west"]])
    assert to_east.to_dense().iloc[0, 0] == 40.0
    assert to_west.matrix.nnz == 0
    near = gn.nearest_site(drive, HOMES, CLINIC)
    assert near.loc["end", "reason"] == "cut_off"
    out = gn.nearest_site(drive, HOMES, CLINIC, direction="from_sites")
    assert out.loc["end", "cost_m"] == 165.0


def test_a_loop_street_goes_round():
    """On a one-way ring of 400 m, 100 m back means 300 m onwards."""
    nodes = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0, 100, 100, 0], [0, 0, 100, 100]), crs=CRS
    )
    edges = pd.DataFrame({"u": [0, 1, 2, 3], "v": [1, 2, 3, 0], "length_m": 100.0, "oneway": True})
    ring = Network.from_edges(nodes, edges, mode="drive")
    first, second = points(here=(20, 0)), points(there=(80, 0))
    assert gn.travel_costs(ring, first, second).to_dense().iloc[0, 0] == 60.0
    assert gn.travel_costs(ring, second, first).to_dense().iloc[0, 0] == 340.0


def test_a_two_way_street_kept_as_two_one_way_edges():
    """Routing graphs keep both directions apart. A driver at 30 m of 100 leaves either way:
    30 m back to a, not 70 + 100; between two points on the street it is 40 m both ways."""
    nodes = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0, 100], [0, 0]), index=["a", "b"], crs=CRS
    )
    edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "a"], "length_m": 100.0, "oneway": True})
    street = Network.from_edges(nodes, edges, mode="drive")
    sites = points(a=(0, 0), mid=(70, 0))
    there = gn.travel_costs(street, points(home=(30, 0)), sites).to_dense().loc["home"]
    assert there.to_dict() == {"a": 30.0, "mid": 40.0}
    back = gn.travel_costs(street, points(home=(30, 0)), sites, direction="from_sites")
    assert back.to_dense().loc["home"].to_dict() == {"a": 30.0, "mid": 40.0}
    assert gn.route(street, shapely.Point(30, 0), shapely.Point(0, 0)).cost == 30.0


def test_zero_costs_are_stored():
    spot = points(same=(30, 0))
    costs = gn.travel_costs(village(), spot, spot, cutoff_m=10)
    assert costs.matrix.nnz == 1
    assert costs.matrix.data.tolist() == [0.0]
    node = points(corner=(100, 0))
    assert gn.travel_costs(village(), node, node, cutoff_m=0).matrix.nnz == 1


def test_minutes_at_the_modes_speed():
    """165 m at 2 m/s, the snap legs with it."""
    near = gn.nearest_site(village(), HOMES, CLINIC, cutoff_min=np.inf)
    assert near.columns.tolist() == ["site", "cost_min", "reason"]
    assert near.loc["end", "cost_min"] == pytest.approx(165 / 120)
    costs = gn.travel_costs(village(), HOMES, CLINIC, cutoff_min=1.0)
    assert costs.unit == "min"
    assert costs.cutoff == 1.0
    assert costs.matrix.nnz == 2


def test_minutes_that_the_streets_bring():
    """b-d takes 5 minutes: half of it, half of a-b's one minute, and 10 m at 2 m/s."""
    slow = village(minutes=[1.0, 1.0, 5.0, 1.0])
    near = gn.nearest_site(slow, HOMES, CLINIC, unit="min")
    assert near.loc["square", "cost_min"] == pytest.approx(2.5 + 0.5 + 10 / 120)


def test_states_travel_with_the_costs():
    costs = gn.travel_costs(village(), HOMES, CLINIC, cutoff_m=100)
    assert costs.demand_state.tolist() == ["", "", "", "", "off_network", "unlocated"]
    assert costs.site_state.tolist() == [""]
    assert costs.method == "network:walk"
    assert costs.cutoff == 100.0


def test_no_usable_site():
    nowhere = points(lost=None, far=(9000, 9000))
    for sites in (nowhere, nowhere.iloc[:0]):
        near = gn.nearest_site(village(), HOMES, sites)
        assert near["reason"].tolist() == ["beyond"] * 4 + ["off_network", "unlocated"]
        assert near["site"].isna().all()
        assert gn.travel_costs(village(), HOMES, sites, cutoff_m=9).matrix.nnz == 0
    assert gn.nearest_site(village(), HOMES.iloc[:0], CLINIC).empty


def test_equally_near_sites_go_by_their_order():
    twins = points(second=(150, 0), first=(150, 0), third=(50, 0))
    home = points(home=(100, -30))
    assert gn.nearest_site(village(), home, twins)["site"].tolist() == ["second"]
    ranked = gn.k_nearest(village(), home, twins, k=3)
    assert ranked["site"].tolist() == ["second", "first", "third"]


@pytest.mark.parametrize("labels", [[7, 3], ["x", "y"], [2.5, 1.5], [("a", 1), ("b", 2)]])
def test_site_labels_of_any_kind(labels):
    sites = gpd.GeoSeries(gpd.points_from_xy([0, 200], [0, 0]), crs=CRS)
    sites.index = pd.Index(labels, tupleize_cols=False)
    near = gn.nearest_site(village(), HOMES, sites, cutoff_m=120)
    assert near["site"].tolist()[:3] == [labels[0], pd.NA, labels[1]]


def test_threads_do_not_change_the_answer():
    rng = np.random.default_rng(0)
    side = 25
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) * 100.0
    nodes = gpd.GeoDataFrame(geometry=shapely.points(grid), crs=CRS)
    at = np.arange(side * side).reshape(side, side)
    ends = np.concatenate(
        [
            np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]),
            np.column_stack([at[:-1].ravel(), at[1:].ravel()]),
        ]
    )
    network = Network.from_edges(
        nodes, pd.DataFrame({"u": ends[:, 0], "v": ends[:, 1]}), mode="walk"
    )
    homes = gpd.GeoSeries(shapely.points(rng.random((800, 2)) * 2400), crs=CRS)
    sites = gpd.GeoSeries(shapely.points(rng.random((300, 2)) * 2400), crs=CRS)
    one = gn.travel_costs(network, homes, sites, cutoff_m=700, threads=1).matrix
    four = gn.travel_costs(network, homes, sites, cutoff_m=700, threads=4).matrix
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(one, name), getattr(four, name))
    assert one.has_canonical_format
    # and each row's least cost is the nearest site's
    near = gn.nearest_site(network, homes, sites, cutoff_m=700)["cost_m"]
    least = pd.Series(np.nan, index=homes.index)
    rows = np.flatnonzero(np.diff(one.indptr))
    least.iloc[rows] = np.minimum.reduceat(one.data, one.indptr[rows])
    np.testing.assert_allclose(near, least, atol=1e-9)


def test_a_queue_that_fills_up_changes_nothing(monkeypatch):
    network = village()
    want = gn.travel_costs(network, HOMES, CLINIC, cutoff_m=1000).to_dense()
    monkeypatch.setattr(bounded, "usual_size", lambda graph: 3)
    got = gn.travel_costs(network, HOMES, CLINIC, cutoff_m=1000, threads=1).to_dense()
    pd.testing.assert_frame_equal(got, want)


def test_snapping_once_serves_many_questions():
    network = village()
    homes, clinic = gn.snap(network, HOMES), gn.snap(network, CLINIC)
    again = gn.nearest_site(network, homes, clinic)
    pd.testing.assert_frame_equal(again, gn.nearest_site(network, HOMES, CLINIC))
    smaller = Network.from_edges(
        network.nodes_frame().loc[["a", "b"]], network.edges_frame().iloc[:1], mode="walk"
    )
    with pytest.raises(UsageError, match="another network"):
        gn.nearest_site(smaller, homes, clinic)


def test_snapped_points_are_on_the_barriers_side():
    river = gpd.GeoDataFrame(geometry=[shapely.LineString([(-10, 5), (210, 5)])], crs=CRS)
    near = gn.nearest_site(village(), HOMES, CLINIC, barriers=river)
    assert near["reason"].iloc[0] == "beyond"  # the clinic has no street on its bank


def test_one_to_all_by_hand():
    costs = gn.one_to_all(village(), CLINIC, cutoff_m=100)
    assert costs.to_dict() == pytest.approx(
        {"a": 60, "b": 60, "c": np.nan, "d": np.nan, "x": np.nan, "y": np.nan}, nan_ok=True
    )


def test_route_by_hand():
    way = gn.route(village(), HOMES.loc[["square"]], shapely.Point(50, 10))
    assert way.cost == 110.0
    assert way.geometry.wkt == "LINESTRING (100 -50, 100 0, 50 0, 50 10)"
    assert way.edges == (2, 0)
    assert gn.route(village(), shapely.Point(0, 0), shapely.Point(0, 5000)).reason == "cut_off"
    assert gn.route(village(), None, shapely.Point(0, 5000)).reason == "unlocated"
    assert gn.route(village(), shapely.Point(0, 900), shapely.Point(0, 0)).reason == "off_network"
    still = gn.route(village(), shapely.Point(30, 0), shapely.Point(30, 0))
    assert still.cost == 0.0
    with pytest.raises(UsageError, match="one point"):
        gn.route(village(), HOMES, CLINIC)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cutoff_m": 5, "cutoff_min": 5}, "not both"),
        ({"cutoff_m": -1}, "0 or more"),
        ({"cutoff_m": float("nan")}, "0 or more"),
        ({"unit": "km"}, "one of m, min"),
        ({"cutoff_m": 5, "unit": "min"}, "does not go with"),
        ({"direction": "home"}, "to_sites, from_sites"),
    ],
)
def test_senseless_options(options, words):
    with pytest.raises(UsageError, match=words):
        gn.travel_costs(village(), HOMES, CLINIC, **options)


def test_refusals():
    with pytest.raises(InputError, match="labels more than once"):
        gn.travel_costs(village(), pd.concat([HOMES, HOMES]), CLINIC)
    with pytest.raises(CrsMismatchError, match="the sites are in"):
        gn.nearest_site(village(), HOMES, CLINIC.to_crs(32650))
    with pytest.raises(UsageError, match="k must be"):
        gn.k_nearest(village(), HOMES, CLINIC, k=0)


def test_a_what_if_is_a_replaced_network():
    """Closing nothing, walking slower: `dataclasses.replace` does not keep old graphs."""
    network = village()
    fast = gn.nearest_site(network, HOMES, CLINIC, unit="min")["cost_min"]
    slow = dataclasses.replace(network, speed_m_s=1.0)
    assert slow.speed_m_s == 1.0
    twice = gn.nearest_site(slow, HOMES, CLINIC, unit="min")["cost_min"]
    np.testing.assert_allclose(twice, 2 * fast)
