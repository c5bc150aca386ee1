"""Capacity per head: unknown capacity is not zero, areas sum to the city."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from geoplan.coverage.capacity import capacity_by_area, capacity_facts
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer, Demand, FacilityLayer
from geoplan.services import standard_for

NAN = float("nan")


def plain(index, **columns):
    return gpd.GeoDataFrame(
        columns, geometry=[None] * len(index), index=list(index), crs="EPSG:4548"
    )


def homes(capacity, **columns):
    index = [f"f{i}" for i in range(len(capacity))]
    return FacilityLayer(
        key="elderly_centre",
        frame=plain(index, name=index, capacity=capacity, tier=pd.NA, **columns),
    )


ELDERLY = standard_for("elderly_centre")


def test_beds_per_thousand_and_nursing_share_by_hand():
    """Homes of 100, 10 and an unknown number of beds for 5,000 elderly: 110 beds, 22 per 1,000; 40
    are required, so 200 - 110 = 90 are lacking. Nursing 80 of 100 and 2 of 10: 82 / 110 = 74.5
    %."""
    facts = capacity_facts(
        homes([100.0, 10.0, NAN], nursing_capacity=[80.0, 2.0, NAN]), ELDERLY, 5000
    )
    assert facts["places"] == 110
    assert facts["places_per_1000"] == 22
    assert (facts["required_places"], facts["places_lacking"]) == (200, 90)
    assert facts["facilities_unknown"] == 1
    assert facts["small"] == 1
    assert facts["nursing_share"] == pytest.approx(82 / 110)
    assert facts["nursing_lacking"] == 0


def test_capacity_by_area_sums_to_the_city():
    street = AreaLayer(level="street", frame=plain(["A", "B"], name=["甲", "乙"], parent=pd.NA))
    demand = Demand(
        key="elderly_60",
        frame=plain(
            ["x", "y", "z"],
            name=["x", "y", "z"],
            people=[1000.0, 500.0, 7.0],
            street=["A", "B", pd.NA],
        ),
    )
    table = capacity_by_area(
        homes([30.0, NAN, 5.0], street=["A", "A", "Z"]),
        demand,
        ELDERLY,
        {"street": street},
        "street",
    )
    assert table.index.tolist() == ["A", "B", ""]
    assert table["places"].tolist() == [30, 0, 5]
    assert table["facilities_unknown"].tolist() == [1, 0, 0]
    assert table["lacking"].tolist()[:2] == [10, 20]
    assert table["people"].sum() == demand.total


def test_impossible_capacities_are_raised_at_once():
    with pytest.raises(UsageError, match=r"people must.*negative at \['f1'\].*more nursing"):
        capacity_facts(homes([5.0, -1.0], nursing_capacity=[6.0, NAN]), ELDERLY, -1)
