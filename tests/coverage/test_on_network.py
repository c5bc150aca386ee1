"""The ledger on a real network: six places told apart by `nearest_site` and `travel_costs`."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from geoplan.coverage import assess_reach, coverage_with_sites, gap_areas, nearest_from_costs
from geoplan.inputs.layers import Demand
from geoplan.network import Network, nearest_site, travel_costs
from geoplan.services import standard_for

CRS = "EPSG:4548"


def test_six_communities_on_a_street_with_an_island():
    """A street of 3 km along y = 0 and, apart from it, one of 1 km at y = 5,000. The only station
    stands
    at x = 0 with 50 places.

    a: 40 people at x = 100 (100 m): served.           b: 30 at x = 900 (900 m): 10 places are left.
    c: 20 at x = 2,000: beyond 1,000 m.                d: 10 on the other street: cut off.
    e: 5 at 2 km from any street: off the network.     f: 1 without a location.
    """
    nodes = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0, 3000, 0, 1000], [0, 0, 5000, 5000]), crs=CRS
    )
    edges = pd.DataFrame({"u": [0, 2], "v": [1, 3], "length_m": [3000.0, 1000.0]})
    network = Network.from_edges(nodes, edges, mode="walk")
    places = [Point(100, 0), Point(900, 0), Point(2000, 0), Point(500, 5000), Point(0, 2000), None]
    frame = gpd.GeoDataFrame(
        {"name": list("abcdef"), "people": [40.0, 30, 20, 10, 5, 1]},
        geometry=places,
        index=list("abcdef"),
        crs=CRS,
    )
    demand = Demand(key="elderly_60", frame=frame)
    sites = gpd.GeoSeries([Point(0, 0)], index=["s"], crs=CRS)
    standard = standard_for("meal_station", {"capacity_limits": True})

    near = nearest_site(network, demand.frame, sites)
    costs = travel_costs(network, demand.frame, sites, cutoff_m=1000)
    room = pd.Series({"s": 50.0})
    before = assess_reach(demand, standard, near=near, costs=costs, capacities=room)
    assert before.ledger.to_dict() == {
        "total": 106,
        "served": 50,
        "full": 20,
        "beyond": 20,
        "cut_off": 10,
        "off_network": 5,
        "unlocated": 1,
    }
    gaps = gap_areas(before)
    assert gaps["people"].sum() == 56
    assert set(gaps["cause"]) == {"full", "no_site", "cut_off", "off_network", "no_data"}

    # a second station of 45 places at x = 1,500 serves all 20 of c and the 20 of b that were left
    new = gpd.GeoSeries([Point(1500, 0)], index=["n"], crs=CRS)
    costs_new = travel_costs(network, demand.frame, new, cutoff_m=1000)
    after = coverage_with_sites(
        before,
        demand,
        near_new=nearest_from_costs(costs_new),
        costs=costs,
        costs_new=costs_new,
        capacities=pd.Series({"s": 50.0, "n": 45.0}),
    )
    assert after.ledger.to_dict() == {
        "total": 106,
        "served": 90,
        "full": 0,
        "beyond": 0,
        "cut_off": 10,
        "off_network": 5,
        "unlocated": 1,
    }
    closed = gap_areas(before, suggested=["n"], after=after).set_index("cause")
    assert closed.loc["no_site", "closing_site"] == "n"
    assert closed.loc["full", "closing_site"] == "n"
    assert closed.loc["full", "people_after"] == 0
