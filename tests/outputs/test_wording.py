"""The same thing is called the same everywhere, and numbers do not contradict what is said."""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

import geoplan.siting
from geoplan.outputs.maps.features import spacing_content
from geoplan.outputs.maps.headline import proof_text
from geoplan.outputs.report.blocks import Paragraph
from geoplan.outputs.report.chapters.chapter_sections import quota_blocks
from geoplan.outputs.report.chapters.service_chapter import service_blocks
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.line_tables import required_table, stretch_table
from geoplan.outputs.tables.run_tables import figures_table
from geoplan.outputs.tables.siting_tables import gap_table
from geoplan.outputs.tables.workbook import dress_sheet
from geoplan.services.standard import Quota
from geoplan.study.terminal_table import suggestion_text
from geoplan.words.speaker import Speaker


def words(room):
    return tomllib.loads(files("geoplan.words").joinpath(f"{room}.toml").read_text("utf-8"))


def test_map_and_report_call_causes_and_remedies_the_same():
    report, page = words("coverage"), words("maps")
    shared = {k for k in page if k.startswith(("cause_", "remedy_"))}
    assert len(shared) > 8
    for key in shared:
        for lang in ("zh", "en"):
            assert page[key][lang].casefold() == report[key][lang].casefold(), key


def test_a_border_lacks_markers_not_sites(fakes):
    service = fakes.fake_run().services["boundary_marker"]
    for lang, cause, remedy in (
        ("zh", "相邻点位间距超出标准", "增设点位"),
        ("en", "markers farther apart than the standard", "add a marker"),
    ):
        frame = gap_table(service, Speaker(lang)).frame
        assert set(frame["cause"]) == {cause}
        assert set(frame["remedy"]) == {remedy}


def test_a_chinese_report_names_every_solver_in_chinese():
    names = set()
    for module in pkgutil.walk_packages(geoplan.siting.__path__, "geoplan.siting."):
        found = importlib.import_module(module.name)
        names |= {found.SOLVER} if hasattr(found, "SOLVER") else set()
    assert len(names) >= 5
    for name in [*names, "reach_check", "set_covering"]:
        shown = Speaker("zh").solver(name)
        assert shown != name
        assert any("\u4e00" <= c <= "\u9fff" for c in shown)


@pytest.mark.parametrize(("meeting", "shown"), [(2586, "42.99%"), (2587, "43.0%"), (2000, "33.3%")])
def test_a_share_beside_the_target_that_it_misses_does_not_read_as_the_target(
    fakes, meeting, shown
):
    run = fakes.fake_run()
    service = run.services["meal_station"]
    quota = Quota(level="street", target_share=0.43)
    table = pd.DataFrame(
        {
            "name": "a",
            "sites": np.where(np.arange(6015) < meeting, 1, 0),
            "designated": 0,
            "required": 1,
            "counted": np.where(np.arange(6015) < meeting, 1, 0),
            "meets": np.arange(6015) < meeting,
        },
        index=[f"s{k}" for k in range(6015)],
    )
    standard = replace(service.standard, quotas=(quota,))
    service = replace(service, quota={"street": table}, standard=standard)
    text = list(quota_blocks(run, service, Speaker("zh")))[1].items[0]
    assert f"（{shown}）" in text


@pytest.mark.parametrize(
    ("lang", "value", "shown"),
    [
        ("en", 999_999_999.9, "1 billion yuan"),
        ("en", -999_999_999.9, "-1 billion yuan"),
        ("en", 999_999_400, "999.999 million yuan"),
        ("en", 999_999.7, "1 million yuan"),
        ("en", 999_999.2, "999,999 yuan"),
        ("zh", 99_999_990, "1亿元"),
        ("zh", 99_999_900, "9,999.99万元"),
        ("zh", 9_999.6, "1万元"),
    ],
)
def test_a_sum_that_rounds_up_takes_the_larger_unit(lang, value, shown):
    assert Speaker(lang).money(value) == shown


@pytest.mark.parametrize("code", ["rows_without_line", "broken_parts"])
def test_one_row_left_out_is_no_plural_with_a_one_before_it(code):
    text = words("network")[code]["en"].format(count=1)
    assert not text.startswith("1 ")
    assert text.endswith(": 1.")


def test_counts_beside_shares_have_no_decimals(fakes):
    run = fakes.fake_run()
    figures = pd.DataFrame(
        {
            "key": ["a", "b"],
            "label": ["人口", "占比"],
            "published": [9_202_432.0, 0.43],
            "computed": [9_202_432.0, 0.4299],
            "difference": [0.0, -0.0001],
            "cause": "",
            "source": "",
        }
    )
    shown = report_table(figures_table(replace(run, figures=figures)), "", Speaker("zh"))
    assert [row[1:3] for row in shown.rows] == [("9,202,432", "9,202,432"), ("0.43", "0.43")]


def test_lines_are_called_by_name_and_required_points_by_kind(fakes):
    service = fakes.fake_run().services["boundary_marker"]
    label = str(service.spacing.intervals["line"].iloc[0])
    service = replace(service, line_names={label: "甲—乙线"})
    stretches = stretch_table(service, Speaker("zh")).frame
    assert stretches["line"].iloc[0] == "甲—乙线"
    assert label not in set(stretches["line"].astype(str))
    required = required_table(service, Speaker("zh")).frame
    assert required["lon"].between(116, 118).all()
    assert required["lat"].between(36, 37.5).all()
    assert spacing_content(service)["line"][0] == "甲—乙线"


def test_the_workbook_of_a_comparison_can_be_read(tmp_path):
    frame = pd.DataFrame(
        {"名称": ["历城区 唐冶街道 佛庭社区等3处"], "覆盖率": [0.9605], "人数": [12345]}
    )
    with pd.ExcelWriter(tmp_path / "a.xlsx", engine="openpyxl") as writer:
        frame.to_excel(writer, sheet_name="a", index=False)
        dress_sheet(writer.sheets["a"], shares={"覆盖率"})
    sheet = load_workbook(tmp_path / "a.xlsx")["a"]
    assert [cell.number_format for cell in sheet[2]] == ["General", "0.0%", "#,##0"]
    assert sheet.column_dimensions["A"].width >= 30
    assert sheet["A1"].font.bold


def with_plan(fakes, **changes):
    """The made-up city, its meal stations' plan with another result."""
    run = fakes.fake_run()
    meals = run.services["meal_station"]
    result = replace(meals.siting.result, **changes)
    siting = replace(meals.siting, objective=result.objective, result=result)
    info = replace(run.info, currency="BRL")
    services = dict(run.services) | {"meal_station": replace(meals, siting=siting)}
    return replace(run, info=info, services=services)


def chapter(run, lang):
    blocks = service_blocks(run, run.services["meal_station"], Speaker(lang))
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_plan_that_was_not_found_in_time_is_not_called_impossible(fakes, lang):
    nothing = {"value": float("nan"), "bound": None, "gap": None, "sites": []}
    late = with_plan(fakes, status="unknown", **nothing)
    never = with_plan(fakes, status="infeasible", blocking=("too few sites",), **nothing)
    told = Speaker(lang).say("report.infeasible", why="")[:8]
    assert told in chapter(never, lang)
    assert told not in chapter(late, lang)
    assert "time_limit_s" in chapter(late, lang)
    after = Speaker(lang).say("report.equity_after", gini="0.200", palma="—", worst="—")
    assert after in chapter(with_plan(fakes), lang)
    assert after not in chapter(never, lang)
    wrong = with_plan(fakes, status="unknown", detail={"failed_check": ["too much"]}, **nothing)
    assert Speaker(lang).say("report.plan_withheld") in chapter(wrong, lang)
    proofs = [proof_text(one.services["meal_station"], Speaker(lang)) for one in (late, never)]
    assert proofs == [
        Speaker(lang).say("maps.proof_unknown"),
        Speaker(lang).say("maps.proof_infeasible"),
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_least_money_has_the_currency_of_the_study(fakes, lang):
    run = with_plan(fakes, objective="min_cost", value=1200.0, bound=1200.0)
    assert "1,200 BRL" in chapter(run, lang)
    siting = run.services["meal_station"].siting
    assert "1,200 BRL" in suggestion_text(siting, lang=lang, currency="BRL")
