"""Quota: sites per area, designated staff where the law lets it, and nobody's site lost."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely.geometry import Point

from geoplan.coverage.quota import (
    areas_below_quota,
    quota_by_area,
    quota_counts,
    quota_summary,
    quotas_without_areas,
)
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.services import standard_for
from geoplan.services.standard import Quota


def area_layer(level, codes, parent=None) -> AreaLayer:
    frame = gpd.GeoDataFrame(
        {"name": [f"名{c}" for c in codes], "parent": pd.NA},
        geometry=[None] * len(codes),
        index=pd.Index(codes),
        crs="EPSG:4548",
    )
    return AreaLayer(level=level, frame=frame, parent=parent)


def facilities_of(streets, **columns) -> FacilityLayer:
    n = len(streets)
    defaults = {"tier": [pd.NA] * n, "capacity": np.nan, "name": [f"f{i}" for i in range(n)]}
    frame = gpd.GeoDataFrame(
        {**defaults, "street": streets, **columns},
        geometry=[Point(i, 0) for i in range(n)],
        index=[f"f{i}" for i in range(n)],
        crs="EPSG:4548",
    )
    return FacilityLayer(key="x", frame=frame)


PROTECTION = standard_for("child_protection_station")


def test_one_station_or_named_staff_per_street():
    """Street A has a station, B names staff, C has only the district's centre, D has nothing.

    Art. 81 asks for a station or named staff: A and B meet it; C's centre is another tier and does
    not; so 2 of 4 meet, 2 of 4 have a site (A and C), and C and D are lacking.
    """
    facilities = facilities_of(
        ["A", "B", "C"],
        tier=["station", pd.NA, "centre"],
        designated=[False, True, False],
        district=["1", "1", "1"],
    )
    areas = {
        "district": area_layer("district", ["1"]),
        "street": area_layer("street", list("ABCD")),
    }
    tables = quota_by_area(facilities, PROTECTION, areas)
    street = tables["street"]
    assert street["sites"].tolist() == [1, 0, 1, 0]
    assert street["designated"].tolist() == [0, 1, 0, 0]
    assert street["meets"].tolist() == [True, True, False, False]
    assert quota_counts(street) == {"total": 4, "with_site": 2, "meeting_quota": 2}
    assert quota_counts(tables["district"]) == {"total": 1, "with_site": 1, "meeting_quota": 1}
    assert areas_below_quota(street).index.tolist() == ["C", "D"]


def test_designated_staff_do_not_count_where_the_standard_says_so():
    standard = standard_for("aid_window")
    facilities = facilities_of(["A"], designated=["是"])
    street = quota_by_area(facilities, standard, {"street": area_layer("street", ["A"])})["street"]
    assert (street.loc["A", "sites"], street.loc["A", "designated"]) == (0, 1)
    assert not street.loc["A", "meets"]


def test_the_share_of_villages_is_set_against_its_target():
    """43 of 100 villages have a meal station: exactly the published 43 %, so it is on target."""
    villages = [f"v{i}" for i in range(100)]
    facilities = facilities_of(villages[:43], village=villages[:43])
    standard = replace(
        standard_for("meal_station"),
        quotas=(Quota(level="village", minimum=1, target_share=0.43),),
    )
    tables = quota_by_area(facilities, standard, {"village": area_layer("village", villages)})
    row = quota_summary(tables, standard).loc["village"]
    assert (row["meeting_share"], row["target_share"], row["on_target"]) == (0.43, 0.43, True)
    assert row["lacking"] == 57


def test_sites_of_unknown_areas_are_shown_not_dropped():
    facilities = facilities_of(["A", pd.NA, "Z"])
    street = quota_by_area(
        facilities, standard_for("aid_window"), {"street": area_layer("street", ["A", "B"])}
    )["street"]
    assert street.index.tolist() == ["A", "B", ""]
    assert street["sites"].sum() == 3
    assert street.loc["", "meets"] is pd.NA
    assert quota_counts(street) == {"total": 2, "with_site": 1, "meeting_quota": 1}


def test_a_level_without_quota_still_counts_its_sites():
    facilities = facilities_of(["A", "A"])
    areas = {"street": area_layer("street", ["A", "B"])}
    standard = standard_for("funeral_site")
    street = quota_by_area(facilities, standard, areas)["street"]
    assert quota_counts(street) == {"total": 2, "with_site": 1, "meeting_quota": None}
    assert street["required"].isna().all()
    assert len(areas_below_quota(street)) == 0


def test_missing_levels_and_columns_are_raised_at_once():
    areas = {"street": area_layer("street", ["A"]), "village": area_layer("village", ["v"])}
    with pytest.raises(UsageError, match=r"no area level 'district'.*no column 'village'"):
        quota_by_area(facilities_of(["A"]), PROTECTION, areas, levels=["district", "village"])
    assert [q.level for q in quotas_without_areas(PROTECTION, areas)] == ["district"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["A", "B", "C", "Z", None]), max_size=12),
    st.integers(0, 3),
    st.booleans(),
)
def test_counting_by_hand_agrees(streets, minimum, counts):
    staff = [i % 3 == 0 for i in range(len(streets))]
    facilities = facilities_of(streets, designated=staff)
    standard = standard_for(
        "aid_window",
        {"quota": {"level": "street", "minimum": minimum, "designated_counts": counts}},
    )
    table = quota_by_area(facilities, standard, {"street": area_layer("street", list("ABC"))})
    table = table["street"]
    for code in "ABC":
        sites = sum(s == code and not d for s, d in zip(streets, staff, strict=True))
        named = sum(s == code and d for s, d in zip(streets, staff, strict=True))
        assert (table.loc[code, "sites"], table.loc[code, "designated"]) == (sites, named)
        assert table.loc[code, "meets"] == (sites + (named if counts else 0) >= minimum)
    assert table["sites"].sum() + table["designated"].sum() == len(streets)
