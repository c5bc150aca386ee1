"""Rates by area: exact Poisson limits, and small areas shrunk towards the city's rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import poisson

from geoplan.coverage.rates import empirical_bayes, poisson_limits, rate_by_area
from geoplan.errors import UsageError


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


def test_small_areas_are_shrunk_most_towards_the_rate_of_the_city():
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


def test_money_has_a_rate_but_no_poisson_interval():
    """10 yuan of 1,000 people are 10 per 1,000 as 10 cases are; but ten yuan are not ten cases."""
    money, cases = pd.Series({"A": 10, "B": 30, "C": np.nan}), pd.Series({"A": 1000, "B": 1000})
    rates, counted = rate_by_area(money, cases, money=True), rate_by_area(money, cases)
    assert rates["rate"].dropna().tolist() == counted["rate"].dropna().tolist() == [10, 30]
    assert rates[["low", "high", "smoothed"]].isna().all(axis=None)
    assert counted.loc[["A", "B"], ["low", "high", "smoothed"]].notna().all(axis=None)


def test_marshall_by_hand_and_equal_rates_stay_equal():
    """Rates .002 and .006 on 1,000 people each: city .004, s2 = .002^2 = 4e-6, m / n = 4e-6, so
    the spread is no more than Poisson noise: A = 0 and both become .004. On 4,000 people m / n =
    1e-6, A = 3e-6: the weight is 3 / (3 + 1), so .002 becomes .004 - .0015."""
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
