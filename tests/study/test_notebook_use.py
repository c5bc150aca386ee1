"""What a notebook asks of a study and a plan: names, progress, tables, errors in its language."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from geoplan.errors import UnknownServiceError, UsageError
from geoplan.study import Plan, Study, example_study
from geoplan.study.progress import chosen, silent

NAME_ZH, NAME_EN = "老年助餐站点", "Meal stations for the elderly"


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


@pytest.fixture(scope="module")
def plan(study: Study) -> Plan:
    return study.run()


@pytest.fixture(scope="module")
def two(fakes: Any, plan: Plan) -> Plan:
    """A plan of several services, in Chinese."""
    return Plan(results=fakes.fake_run(), inputs=plan.inputs)


@pytest.mark.parametrize(
    "named", ["meal_station", NAME_ZH, NAME_EN, " meal  STATIONS for the elderly"]
)
def test_a_service_is_named_by_key_or_by_name(study: Study, plan: Plan, named: str) -> None:
    assert list(study.run(services=named, progress=False).services) == ["meal_station"]
    assert study.suggest(named, sites=1, progress=False).sites["added_people"].tolist() == [80.0]
    assert plan.coverage[named] is plan.coverage["meal_station"]
    assert plan.gaps[named].equals(plan.gaps["meal_station"])
    assert plan.map(named).content["meta"]["service"] == NAME_EN


def test_a_service_that_is_not_there_is_told_in_the_study_s_language(
    study: Study, plan: Plan, two: Plan
) -> None:
    with pytest.raises(
        UsageError, match=r"no service 'x' in this study; there are: meal_station \("
    ):
        study.run(services=["x"])
    with pytest.raises(UsageError, match="本研究没有服务 'x'；可选：meal_station（老年助餐站点）"):
        study.run(services=["x"], lang="zh")
    with pytest.raises(UsageError, match="no service 'x' in this run"):
        plan.map("x")
    with pytest.raises(UnknownServiceError, match="本次运行没有服务 'x'"):
        two.coverage["x"]
    with pytest.raises(UnknownServiceError, match=r"没有这一项结果；有的服务：meal_station（"):
        two.coverage["boundary_marker"]
    for wrong in (lambda: two.map("meal_station", lang="de"), lambda: two.in_language("de")):
        with pytest.raises(UsageError, match="lang 只能是 'zh' 或 'en'，不能是 'de'"):
            wrong()
    with pytest.raises(UsageError, match="audience must be 'internal' or 'public', not 'all'"):
        study.run(audience="all")


def test_one_service_needs_no_name_for_its_map_and_several_are_listed(
    plan: Plan, two: Plan
) -> None:
    assert plan.map().content["meta"]["service"] == NAME_EN
    with pytest.raises(UsageError, match="多项服务") as told:
        two.map()
    for key, service in two.services.items():
        assert f"{key}（{service.name('zh')}）" in str(told.value)


def test_a_plan_shows_before_and_after(plan: Plan) -> None:
    assert repr(plan) == "Plan(Small: meal_station 51.7% → 79.3%)"
    assert "150 / 290 people (51.7% → 79.3%)" in plan._repr_html_()


def test_tables_have_headings_in_either_language_and_numbers_that_count(plan: Plan) -> None:
    text = plan.table("meal_station_by_district")
    assert text.iloc[0]["People"] == "200"
    table = plan.table("meal_station_by_district", lang="zh", numbers=True)
    assert table.iloc[0]["服务对象（人）"] == 200
    assert table["覆盖率"].iloc[0] == pytest.approx(0.75)
    assert pd.api.types.is_numeric_dtype(table["服务对象（人）"])
    assert table.index[0] == 1
    with pytest.raises(UsageError, match="there is no table 'x'"):
        plan.table("x")
    with pytest.raises(UsageError, match="lang must be"):
        plan.table("services", lang="de")


class Shown:
    """What a kernel's display function was given."""

    def __init__(self) -> None:
        self.said: list[dict[str, str]] = []

    def __call__(self, bundle: dict[str, str], **how: Any) -> Shown:
        assert how == {"raw": True, "display_id": True}
        self.said.append(bundle)
        return self

    def update(self, bundle: dict[str, str], **_: Any) -> None:
        self.said.append(bundle)


def test_a_notebook_sees_a_bar_and_nobody_else_does(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown()
    kernel = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: kernel))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=shown))
    study.run(progress=False)
    assert shown.said == []
    assert chosen(silent) is silent
    study.run()
    assert len(shown.said) > 3
    total = shown.said[-1]["text/plain"].split()[0]
    assert total.split("/")[0] == total.split("/")[1]  # the last one says that all is done
    assert all("<progress" in one["text/html"] for one in shown.said)
    chosen(None)(1, 2, "<b>")
    assert "&lt;b&gt;" in shown.said[-1]["text/html"]
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert chosen(None) is silent
