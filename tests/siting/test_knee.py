"""The knee of a curve against closed forms and plain geometry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, coverage_curve, curve_knee


def curve(values, sites=None) -> pd.DataFrame:
    return pd.DataFrame({"sites": range(len(values)) if sites is None else sites, "value": values})


@pytest.mark.parametrize(("rate", "most"), [(0.1, 50), (0.3, 30), (0.05, 100)])
def test_the_knee_of_an_exponential_by_calculus(rate, most):
    """1 - exp(-r x) to n: its slope is the chord's where x = ln(r n / (1 - exp(-r n))) / r."""
    x = np.arange(most + 1)
    found = curve_knee(curve(1000 * (1 - np.exp(-rate * x))))
    exact = np.log(rate * most / (1 - np.exp(-rate * most))) / rate
    assert abs(found.sites - exact) < 1


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_point_farthest_from_the_chord(seed):
    rng = np.random.default_rng(seed)
    value = np.concatenate([[0], np.cumsum(np.sort(rng.exponential(100, 25))[::-1])])
    found = curve_knee(curve(value))
    line = shapely.LineString([(0, 0), (1, 1)])
    away = [line.distance(shapely.Point(k / 25, v / value[-1])) for k, v in enumerate(value)]
    assert found.sites == int(np.argmax(away))
    assert found.bend == pytest.approx(max(away) * np.sqrt(2))
    assert found.before > found.after


def test_no_knee_where_nothing_bends():
    assert curve_knee(curve([0, 10, 20, 30])) is None  # straight
    assert curve_knee(curve([5, 5, 5, 5])) is None  # flat
    assert curve_knee(curve([0, 10])) is None  # two numbers
    assert curve_knee(curve([0, 1, 2, 10])) is None  # bends the other way


def test_order_steps_and_missing_numbers():
    """Every fifth number only, in any order, one not solved: the corner at 10 sites stays."""
    found = curve_knee(curve([52, 0, 50, 25, np.nan, 51], [20, 0, 10, 5, 25, 15]))
    assert (found.sites, found.value) == (10, 50)
    assert (found.before, found.after) == (5.0, 0.2)


def test_of_equals_the_fewest_sites():
    """0, 2, 3, 3.5, 4: one site of four holds 50 %, 25 % above the chord; two hold 75 %, as far."""
    found = curve_knee(curve([0, 2, 3, 3.5, 4]))
    assert (found.sites, found.bend) == (1, 0.25)


def test_with_a_solved_curve():
    """Two sites hold 100 people each, six hold 5: the knee is at two."""
    people = [100.0] * 2 + [5.0] * 6
    problem = SitingProblem.from_cover(np.eye(8, dtype=bool), people)
    assert curve_knee(coverage_curve(problem, sites=range(9))).sites == 2


def test_faults():
    with pytest.raises(SitingError, match="value"):
        curve_knee(pd.DataFrame({"sites": [1, 2]}))
    with pytest.raises(SitingError, match="twice"):
        curve_knee(curve([1, 2, 3], [0, 1, 1]))
