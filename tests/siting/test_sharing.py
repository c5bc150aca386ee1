"""Sharing sites among cities is as good as the best of every way to share."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from geoplan.errors import SitingError
from geoplan.siting.joint.sharing import CityCurve, share_out, share_out_proved


def curve_of(gains, slack, price, skipped):
    """A rising curve, not concave, whose bound is up to `slack` above; some numbers left out."""
    value = np.concatenate([[0], np.cumsum(gains)]).astype(float)
    bound = np.maximum.accumulate(value + np.asarray(slack[: len(value)], float))
    kept = [k for k in range(len(value)) if k == 0 or k not in skipped]
    curve = CityCurve(
        sites=np.array(kept), value=value[kept], bound=bound[kept], price=float(price)
    )
    return curve, value, bound


curves = st.builds(
    curve_of,
    st.lists(st.integers(0, 9), min_size=1, max_size=5),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
    st.integers(1, 3),
    st.sets(st.integers(1, 4), max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(curves, min_size=1, max_size=4), st.integers(0, 14))
def test_the_split_is_the_best_of_all(cities, total):
    found = share_out([curve for curve, _, _ in cities], total)
    every = [
        sum(curve.value[k] for (curve, _, _), k in zip(cities, points, strict=True))
        for points in product(*(range(len(curve.sites)) for curve, _, _ in cities))
        if _cost(cities, points) <= total
    ]
    assert found.value == max(every)
    assert _cost(cities, found.points) <= total
    chosen = zip(cities, found.points, strict=True)
    assert sum(curve.value[k] for (curve, _, _), k in chosen) == found.value


@settings(max_examples=200, deadline=None)
@given(st.lists(curves, min_size=1, max_size=3), st.integers(0, 12))
def test_no_plan_exceeds_the_bound(cities, total):
    """Also plans of numbers that the curves leave out, as good as their bounds allow."""
    found = share_out([curve for curve, _, _ in cities], total)
    numbers = (range(int(curve.sites[-1]) + 1) for curve, _, _ in cities)
    for counts in product(*numbers):
        prices = [curve.price for curve, _, _ in cities]
        if sum(n * price for n, price in zip(counts, prices, strict=True)) <= total:
            best = sum(value[n] for (_, value, _), n in zip(cities, counts, strict=True))
            assert best <= found.bound
    assert found.value <= found.bound


@settings(max_examples=150, deadline=None)
@given(st.lists(curves, min_size=1, max_size=3), st.integers(0, 10))
def test_numbers_solved_by_themselves_prove_the_split(cities, total):
    """Known loosely at first, each number exactly once it is solved."""
    truths = [
        CityCurve(sites=c.sites, value=c.value, bound=c.value, price=c.price) for c, _, _ in cities
    ]
    loose = [
        CityCurve(
            sites=curve.sites,
            value=np.floor(truth.value / 2),
            bound=np.maximum.accumulate(curve.bound + 1.0),
            price=curve.price,
        )
        for (curve, _, _), truth in zip(cities, truths, strict=True)
    ]
    solved = []

    def solve(k, count):
        solved.append((k, count))
        value = float(truths[k].value[list(truths[k].sites).index(count)])
        return value, value

    found, known = share_out_proved(loose, total, solve=solve, rounds=100)
    best = share_out(truths, total)
    assert len(set(solved)) == len(solved)  # none twice
    if all(len(c.sites) == c.sites[-1] + 1 for c in truths):  # no number is left out
        assert found.is_proved
        assert found.value == best.value
    assert found.value <= best.value <= found.bound
    for one, truth in zip(known, truths, strict=True):
        assert (one.value <= truth.value).all()
        assert (one.bound >= truth.value).all()


def _cost(cities, points):
    return sum(
        curve.price * curve.sites[k] for (curve, _, _), k in zip(cities, points, strict=True)
    )


def test_proved_curves_give_a_proved_split():
    steep, late = (
        CityCurve(sites=np.arange(4), value=np.array(v, float), bound=np.array(v, float))
        for v in ((0, 10, 11, 12), (0, 0, 0, 30))
    )
    found = share_out([steep, late], 3)
    assert (found.points, found.value, found.bound) == ((0, 3), 30.0, 30.0)
    assert share_out([steep, late], 2).points == (2, 0)


def test_money_that_rounds_is_enough():
    value = np.array([0.0, 1.0, 2.0, 3.0])
    curve = CityCurve(sites=np.arange(4), value=value, bound=value, price=0.1)
    assert share_out([curve], 0.3).points == (3,)  # 3 * 0.1 > 0.3 in binary


@pytest.mark.parametrize(("sites", "price"), [([], 1.0), ([1, 2], 1.0), ([0, 0], 1.0), ([0], 0.0)])
def test_what_is_no_curve_is_refused(sites, price):
    numbers = np.array(sites, np.int64)
    with pytest.raises(SitingError):
        CityCurve(sites=numbers, value=numbers * 1.0, bound=numbers * 1.0, price=price)
