"""One question has one bound: the curve ends at the bound that the result tells."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from geoplan.study import example_study
from geoplan.study.sites.suggest_sites import one_bound


@pytest.mark.parametrize("told", [46_900.0, 47_700.0, 47_702.0, 47_800.0])
def test_the_curve_ends_at_the_bound_of_the_result(told: float):
    curve = pd.DataFrame(
        {
            "sites": [0, 1, 2],
            "value": [100.0, 40_000.0, 46_900.0],
            "bound": [100.0, 40_003.0, 47_702.0],
        }
    )
    one = one_bound(curve, SimpleNamespace(bound=told))
    assert one["bound"].iloc[-1] == told
    assert (one["bound"] >= one["value"]).all()
    assert one["bound"].is_monotonic_increasing
    assert curve["bound"].iloc[-1] == 47_702.0  # the caller's own frame stays as it was


def test_a_curve_without_a_bound_to_share_stays():
    curve = pd.DataFrame({"sites": [0], "value": [1.0], "bound": [2.0]})
    assert one_bound(curve, SimpleNamespace(bound=None)) is curve
    assert one_bound(None, SimpleNamespace(bound=3.0)) is None


def test_the_run_says_one_bound():
    siting = example_study().run().services["meal_station"].siting
    assert siting.curve is not None
    assert siting.curve["bound"].iloc[-1] == siting.result.bound
