"""Tiers: no substitution unless stated, and every station within its time of a centre."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from shapely.geometry import Point

from geoplan.coverage.tiers import (
    assess_tiers,
    referral,
    referral_summary,
    sites_of_tier,
    tier_counts,
    tier_of,
)
from geoplan.errors import UsageError
from geoplan.inputs.layers import Demand, FacilityLayer
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.services import standard_for

NAN = float("nan")


def facilities_of(tiers, unlocated=()):
    n = len(tiers)
    frame = gpd.GeoDataFrame(
        {"name": [f"名{i}" for i in range(n)], "capacity": np.nan, "tier": tiers},
        geometry=[None if i in unlocated else Point(i, 0) for i in range(n)],
        index=[f"f{i}" for i in range(n)],
        crs="EPSG:4548",
    )
    return FacilityLayer(key="x", frame=frame)


def test_a_table_s_own_words_for_tiers_are_understood_and_counted():
    elderly = standard_for("elderly_centre")
    facilities = facilities_of(["区县级", "农村幸福院", "日间照料中心", "医院", None])
    assert tier_counts(facilities, elderly) == {
        "district_centre": 1,
        "street_facility": 0,
        "community_facility": 2,
        "": 2,
    }


def test_words_asked_about_once_each_are_those_asked_about_row_by_row():
    elderly = standard_for("elderly_centre")
    rng = np.random.default_rng(3)
    words = rng.choice(["区县级", " 区县级 ", "农村幸福院", "医院", "", None, pd.NA], 200).tolist()
    found = tier_of(facilities_of(words), elderly)
    asked = [None if pd.isna(word) else elderly.tier_key(word) for word in words]
    assert [None if key is pd.NA else key for key in found] == asked
    assert tier_of(facilities_of([]), elderly).empty


def test_a_stand_in_counts_only_where_the_standard_says_so():
    """Partner points stand in for havens; a rescue station does not."""
    shelter = standard_for("shelter")
    facilities = facilities_of(["rescue_station", "haven", "partner"])
    assert sites_of_tier(facilities, shelter, "haven").frame.index.tolist() == ["f1", "f2"]
    assert sites_of_tier(facilities, shelter, "partner").frame.index.tolist() == ["f2"]
    assert sites_of_tier(facilities, shelter, "haven", substitutes=False).frame.index.tolist() == [
        "f1"
    ]


def test_each_tier_has_a_ledger_of_its_own():
    """1,000 people, 12 minutes from the district centre, 1,500 m from a street facility and 200 m
    from a community one: the first and the last serve them (30 min, 300 m), the street tier (1,000
    m) does not, whatever stands higher up."""
    elderly = standard_for("elderly_centre")
    index = pd.Index(["d"])
    frame = gpd.GeoDataFrame(
        {"name": ["d"], "people": [1000.0]}, geometry=[Point(0, 0)], index=index, crs="EPSG:4548"
    )

    def near(unit, cost):
        return pd.DataFrame({"site": ["s"], f"cost_{unit}": [cost], "reason": [""]}, index=index)

    tables = {
        "district_centre": near("min", 12.0),
        "street_facility": near("m", 1500.0),
        "community_facility": near("m", 200.0),
    }
    demand = Demand(key="elderly_60", frame=frame)
    found = assess_tiers(demand, elderly, near=tables)
    assert {key: c.ledger.served for key, c in found.items()} == {
        "district_centre": 1000,
        "street_facility": 0,
        "community_facility": 1000,
    }
    with pytest.raises(UsageError, match=r"lacks the tiers \['street_facility.*has \['x'\]"):
        assess_tiers(
            demand, elderly, near={"district_centre": near("min", 1.0), "x": near("m", 1.0)}
        )


def test_stations_refer_to_a_centre_within_thirty_minutes():
    """Stations at 30 and 31 minutes of the nearest centre, one cut off, one without a place."""
    standard = standard_for("child_protection_station")
    facilities = facilities_of(
        ["centre", "station", "station", "station", "station"], unlocated={4}
    )
    near = pd.DataFrame(
        {"site": ["f0", "f0", pd.NA], "cost_min": [30.0, 31.0, NAN], "reason": ["", "", "cut_off"]},
        index=["f1", "f2", "f3"],
    )
    table = referral(facilities, standard, "station", near=near)
    assert table["within"].tolist() == [True, False, False, False]
    assert table["reason"].tolist() == ["", "beyond", "cut_off", "unlocated"]
    assert table["centre_name"].tolist() == ["名0", "名0", "", ""]
    row = referral_summary(table).loc["station"]
    assert (row["stations"], row["within"], row["share"], row["farthest_min"]) == (4, 1, 0.25, 31)


def test_referral_from_costs_takes_the_nearest_centre():
    standard = standard_for("child_protection_station")
    facilities = facilities_of(["centre", "centre", "station"])
    costs = TravelCosts(
        matrix=sparse.csr_matrix(np.array([[25.0, 12.0]])),
        demand_index=pd.Index(["f2"]),
        site_index=pd.Index(["f0", "f1"]),
        unit="min",
        method="table",
    )
    table = referral(facilities, standard, "station", costs=costs)
    assert table.loc["f2", ["centre", "cost_min", "within"]].tolist() == ["f1", 12.0, True]
    with pytest.raises(UsageError, match=r"refers to no other tier.*one of the two"):
        referral(facilities, standard, "centre")
