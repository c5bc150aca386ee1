"""One question has one bound: the curve ends at the bound that the result tells."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from geoplan.siting.conditional import bounds
from geoplan.study import example_study
from geoplan.study.sites.suggest_sites import one_bound
from geoplan.words.speaker import Speaker


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


def test_a_curve_that_ran_out_of_time_says_so(monkeypatch, tmp_path):
    whole = example_study().run()
    assert "curve_cut_short" not in whole.to_dict()["services"]["meal_station"]["siting"]
    true = bounds.coverage_curve

    def late(problem, **options):
        return true(problem, **options).assign(cut_short=True)

    monkeypatch.setattr(bounds, "coverage_curve", late)
    plan = example_study().run()
    siting = plan.services["meal_station"].siting
    before_the_last = len(siting.curve) - 1
    assert before_the_last > 0
    assert siting.result.detail["curve_cut_short"] == before_the_last
    assert list(siting.curve.columns) == ["sites", "value", "bound"]
    keys = plan.to_dict()["services"]["meal_station"]["siting"]
    assert keys["curve_cut_short"] == before_the_last
    report = (plan.save(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "1 number of sites on the curve ran out of time" in report
    assert "覆盖曲线上有 3 个站点数到时限" in Speaker("zh").say("study.curve_cut_short", count=3)
