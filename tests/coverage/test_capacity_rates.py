"""Places per head and rates by area: sums close, small numbers are told as such."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from geoplan.coverage.capacity import capacity_by_area, capacity_facts
from geoplan.coverage.rates import empirical_bayes, poisson_limits, rate_by_area
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


def test_places_that_cannot_be_are_told_together():
    with pytest.raises(UsageError, match=r"people must.*negative at \['f1'\].*more nursing"):
        capacity_facts(homes([5.0, -1.0], nursing_capacity=[6.0, NAN]), ELDERLY, -1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.sampled_from([0.9, 0.95, 0.99]))
def test_exact_limits_leave_the_tails_that_they_promise(count, confidence):
    """At the lower limit a count this high or higher has the tail's probability, at the upper limit
    a count this low or lower: the definition, by the Poisson distribution itself."""
    low, high = poisson_limits(np.array([float(count)]), confidence)
    tail = (1 - confidence) / 2
    assert poisson.cdf(count, high[0]) == pytest.approx(tail, rel=1e-6)
    if count:
        assert poisson.sf(count - 1, low[0]) == pytest.approx(tail, rel=1e-6)
    else:
        assert low[0] == 0


def test_small_areas_are_drawn_to_the_city_s_rate_most():
    """Three areas of 10,000, 10,000 and 100 people with rates of 1, 3 and 10 per 1,000."""
    table = rate_by_area(
        pd.Series({"A": 10, "B": 30, "C": 1}),
        pd.Series({"A": 10_000, "B": 10_000, "C": 100}),
        names=pd.Series({"C": "丙", "A": "甲", "B": "乙"}),
    )
    city = 41 / 20_100 * 1000
    assert table["name"].to_dict() == {"C": "丙", "A": "甲", "B": "乙"}
    assert table["rate"].tolist() == pytest.approx([10, 1, 3])
    assert abs(table.loc["C", "smoothed"] - city) < 0.1 * abs(10 - city)
    assert table.loc["A", "rate"] < table.loc["A", "smoothed"] < city
    assert (table["low"] < table["rate"]).all()
    assert (table["rate"] < table["high"]).all()


def test_money_is_told_per_head_and_chance_says_nothing_of_it():
    """10 yuan of 1,000 people are 10 per 1,000 as 10 cases are; but no draw of ten yuan."""
    money, cases = pd.Series({"A": 10, "B": 30, "C": np.nan}), pd.Series({"A": 1000, "B": 1000})
    told, counted = rate_by_area(money, cases, money=True), rate_by_area(money, cases)
    assert told["rate"].dropna().tolist() == counted["rate"].dropna().tolist() == [10, 30]
    assert told[["low", "high", "smoothed"]].isna().all(axis=None)
    assert counted.loc[["A", "B"], ["low", "high", "smoothed"]].notna().all(axis=None)


def test_marshall_by_hand_and_equal_rates_stay_equal():
    """Rates .002 and .006 on 1,000 people each: city .004, s2 = .002^2 = 4e-6, m / n = 4e-6, so
    the spread is no more than chance: A = 0 and both become .004. On 4,000 people m / n = 1e-6, A
    = 3e-6: the weight is 3 / (3 + 1), so .002 becomes .004 - .0015."""
    small = empirical_bayes(np.array([2.0, 6.0]), np.array([1000.0, 1000.0]))
    assert small.tolist() == pytest.approx([0.004, 0.004])
    large = empirical_bayes(np.array([8.0, 24.0]), np.array([4000.0, 4000.0]))
    assert large.tolist() == pytest.approx([0.0025, 0.0055])


def test_unknown_is_not_zero_and_nobody_is_no_rate():
    table = rate_by_area(pd.Series({"A": 5, "C": 2}), pd.Series({"A": 1000, "B": 500, "C": 0}))
    assert np.isnan(table.loc["B", "rate"])
    assert np.isnan(table.loc["C", "rate"])
    assert table["people"].sum() == 1500
    with pytest.raises(UsageError, match=r"counts are negative.*per must.*confidence"):
        rate_by_area(pd.Series({"A": -1}), pd.Series({"A": 1}), per=0, confidence=2)
