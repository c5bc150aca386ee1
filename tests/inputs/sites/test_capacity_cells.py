"""Capacity and tier cells: known, zero, unlimited, unknown; what is told and what is assumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings, strategies as st

from geoplan.inputs.findings.finding import assumptions
from geoplan.services import standard_for
from tests.inputs.sites.site_tables import read_sites, sites_of, table_of

UNKNOWN = [
    *["", "abc", "约40", "若干", "-", "无", "不详", "N/A", "40左右", "30-40", "40+", "≥40"],
    *["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "Err:502", "待定", "四十", "TRUE"],
    *["ca. 40", "12345678901"],
]


@pytest.mark.parametrize("cell", UNKNOWN)
def test_what_is_no_number_is_unknown_and_named(tmp_path: Path, cell: str) -> None:
    layer, findings = sites_of(tmp_path, {"床位数": ["40", cell]}, capacity_limits=True)
    assert layer.frame["capacity"].tolist()[0] == 40
    assert np.isnan(layer.frame["capacity"].iloc[1])
    rows = [f for f in findings if f.row == 3]
    assert len(rows) == 1
    assert rows[0].severity == "warning"
    assert (rows[0].code == "capacity_error") == (cell.startswith(("#", "Err")))
    (assumed,) = assumptions(findings)
    assert (assumed.code, assumed.count) == ("capacity_unknown", 1)


@pytest.mark.parametrize(
    "cell", ["不限", "unlimited", "No limit", "无限制", "∞", "ilimitado", "Illimité"]
)
def test_unlimited_is_so_only_where_the_file_says_it(tmp_path: Path, cell: str) -> None:
    layer, findings = sites_of(tmp_path, {"床位数": ["40", cell]}, capacity_limits=True)
    assert layer.frame["capacity"].tolist() == [40, np.inf]
    assert [f.code for f in findings] == ["capacity_unlimited"]


def test_zero_is_zero_and_below_zero_is_an_error(tmp_path: Path) -> None:
    layer, findings = sites_of(tmp_path, {"床位数": ["0", "-5", "0张"]}, capacity_limits=True)
    assert layer.frame["capacity"].fillna(-1).tolist() == [0, -1, 0]
    (wrong,) = [f for f in findings if f.severity == "error"]
    assert (wrong.code, wrong.row) == ("negative_capacity", 3)


def test_the_studys_default_stands_in_and_is_told(tmp_path: Path) -> None:
    columns: dict[str, list[object]] = {"床位数": ["40", "", "#REF!"], "护理型床位": ["", "90", ""]}
    layer, findings = sites_of(tmp_path, columns, capacity_limits=True, capacity_default=50)
    assert layer.frame["capacity"].tolist() == [40, 90, 50]  # no fewer than its nursing places
    assert layer.frame["capacity_assumed"].tolist() == [False, True, True]
    (assumed,) = assumptions(findings)
    assert (assumed.code, assumed.count) == ("capacity_default_used", 2)
    assert "50" in assumed.what


def test_closed_sites_and_staff_need_no_capacity(tmp_path: Path) -> None:
    columns: dict[str, list[object]] = {
        "床位数": ["40", "", ""],
        "状态": ["正常", "停用", "正常"],
        "指定人员": ["", "", "是"],
    }
    _, findings = sites_of(tmp_path, columns, capacity_limits=True)
    assert not assumptions(findings)


def test_honest_files_have_no_finding(tmp_path: Path) -> None:
    for columns in ({"床位数": ["40", "0"]}, {"电话号": ["1", "2"]}):
        _, findings = sites_of(tmp_path, columns)
        assert not findings
    _, findings = sites_of(tmp_path, {"床位数": ["", ""]})  # nothing depends on it
    assert not findings


def test_no_column_of_capacities_is_told_once_where_capacity_limits(tmp_path: Path) -> None:
    _, findings = sites_of(tmp_path, {"x": ["1", "2"]}, capacity_limits=True)
    assert [(f.code, f.row) for f in findings] == [("capacity_unknown", None)]


def test_errors_and_formulas_of_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    table = table_of({"床位数": [40, "#REF!", "=1+1"]})
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append(list(row))
    sheet.cell(3, 5).data_type = "e"
    path = tmp_path / "sites.xlsx"
    book.save(path)
    layer, findings = read_sites(path, capacity_limits=True)
    assert layer.frame["capacity"].isna().tolist() == [False, True, True]
    assert {f.row for f in findings if f.row} == {3, 4}
    assert [a.count for a in assumptions(findings)] == [2]


@pytest.mark.parametrize("cells", [["40", "9999"], ["40", "60", "999", "999", "999"]])
def test_codes_for_not_known_are_no_capacity(tmp_path: Path, cells: list[str]) -> None:
    layer, findings = sites_of(tmp_path, {"床位数": cells}, capacity_limits=True)
    odd = [cell in ("999", "9999") for cell in cells]
    assert layer.frame["capacity"].isna().tolist() == odd
    told = [f for f in findings if f.code == "stand_in_capacity"]
    assert len(told) == sum(odd)
    assert [a.count for a in assumptions(findings)] == [sum(odd)]


def test_a_capacity_merged_over_two_sites_counts_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    table = table_of({"床位数": [40, None, 30]})
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append(list(row))
    sheet.merge_cells("E2:E3")
    path = tmp_path / "sites.xlsx"
    book.save(path)
    layer, findings = read_sites(path, capacity_limits=True)
    assert layer.frame["capacity"].tolist() == [40, 0, 30]
    assert [a.count for a in assumptions(findings)] == [1]


@given(st.lists(st.one_of(st.integers(0, 500).map(str), st.sampled_from(UNKNOWN)), min_size=1))
@settings(max_examples=40, deadline=None)
def test_every_unknown_cell_is_counted_once(cells: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        layer, findings = sites_of(Path(folder), {"床位数": list(cells)}, capacity_limits=True)
    unknown = sum(not cell.isascii() or not cell.isdigit() or len(cell) > 5 for cell in cells)
    assert layer.frame["capacity"].isna().sum() == unknown
    assert sum(a.count for a in assumptions(findings)) == unknown


def test_unknown_tiers_are_named_and_counted(tmp_path: Path) -> None:
    key = standard_for("elderly_centre").tier_key
    known = standard_for("elderly_centre").tiers[0].name_zh
    columns: dict[str, list[object]] = {"类别": [known, "民办", "", "民办"]}
    _, findings = sites_of(tmp_path, columns, tier_key=key)
    assert [f.row for f in findings if f.code == "tier_unread"] == [3, 5]
    assert [f.row for f in findings if f.code == "tier_blank"] == [4]
    (words,) = [f for f in findings if f.code == "tier_words"]
    assert "民办 ×2" in words.problem
    (assumed,) = assumptions(findings)
    assert (assumed.code, assumed.count) == ("tier_unknown", 3)
    assert "民办" not in assumed.what  # the public edition prints it


@pytest.mark.parametrize("columns", [{"x": ["1", "2"]}, {"类别": ["", ""]}, {"类别": ["-", "无"]}])
def test_tiers_that_nobody_wrote_are_told_once(
    tmp_path: Path, columns: dict[str, list[object]]
) -> None:
    key = standard_for("elderly_centre").tier_key
    _, findings = sites_of(tmp_path, columns, tier_key=key)
    assert [(f.code, f.count) for f in findings] == [("tiers_missing", 2)]
