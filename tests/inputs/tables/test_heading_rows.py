"""Headings that take several rows, merged or not, in workbooks and in text."""

from __future__ import annotations

import pytest

from tests.inputs.tables.books import HEAD, PEOPLE, ROWS, write_ods, write_xlsx
from tests.inputs.tables.conftest import codes, the

HALF = [[*row[:4], row[4] // 2, row[4] - row[4] // 2, row[4]] for row in ROWS]
TWO = [[*HEAD, None, None], [None] * 4 + ["男", "女", "小计"], *HALF]
MERGES = ["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:G1"]
THREE = [
    ["社区代码", "社区名称", "位置", None, "老年人口", *[None] * 5],
    [None, None, "经度", "纬度", "60岁以上", None, None, "80岁以上", None, None],
    [None] * 4 + ["男", "女", "小计"] * 2,
    *[[*row, 1, 2, 3] for row in HALF],
]


def test_the_total_under_the_weight_is_taken_and_told(tmp_path, people):
    one = people(write_xlsx(tmp_path / "p.xlsx", TWO, merges=MERGES))
    assert one.layer.total == PEOPLE
    assert the(one, "heading_total").column == "60岁以上/小计"
    assert the(one, "heading_rows").severity == "note"
    assert not [f for f in one.findings if f.severity != "note"]


def test_merged_headings_of_an_ods(tmp_path, people):
    spans = {(0, c): (2, 1) for c in range(4)} | {(0, 4): (1, 3)}
    assert people(write_ods(tmp_path / "p.ods", TWO, spans=spans)).layer.total == PEOPLE


@pytest.mark.parametrize("rows", [TWO, THREE, [["表一"], ["", "", "单位：人"], *TWO]])
def test_the_same_in_text_with_blank_cells(people, table, rows):
    assert people(table(rows)).layer.total == PEOPLE


def test_a_parent_repeated_over_every_column(people, table):
    head = [*HEAD, "60岁以上", "60岁以上"]
    assert people(table([head, [*HEAD[:4], "男", "女", "合计"], *HALF])).layer.total == PEOPLE


def test_the_rows_above_complete_names_are_found_by_them(people, table):
    groups = ["基本信息", None, "坐标位置", None, "60岁以上", None, None]
    assert people(table([groups, [*HEAD[:4], "男", "女", "小计"], *HALF])).layer.total == PEOPLE


def test_without_a_total_the_columns_must_be_named(tmp_path, people):
    path = write_xlsx(tmp_path / "p.xlsx", [row[:6] for row in TWO], merges=[*MERGES[:4], "E1:F1"])
    one = people(path)
    assert one.layer is None
    assert '"60岁以上/男", "60岁以上/女"' in one.findings[-1].problem
    assert people(path, weight=["60岁以上/男", "60岁以上/女"]).layer.total == PEOPLE
    assert people(path, weight="女").layer.total == sum(row[5] for row in HALF)


def test_two_years_under_one_heading(people, table):
    years = [[*HEAD, None], [None] * 4 + [2023, 2024], *[[*r[:4], r[4] - 9, r[4]] for r in ROWS]]
    assert people(table(years)).layer is None
    assert people(table(years), weight="60岁以上/2024").layer.total == PEOPLE


@pytest.mark.parametrize("name", ["60岁以上", "P60"])
def test_headings_in_two_languages(people, table, name):
    other = ["CODE", "NAME", "LON", "LAT", "P60"]
    assert people(table([HEAD, other, *ROWS]), weight=name).layer.total == PEOPLE
    assert people(table([other, HEAD, *ROWS]), weight=name).layer.total == PEOPLE


@pytest.mark.parametrize(
    ("row", "code"),
    [(["甲", "乙", 1, 2, 3], "numbering_row"), ([None, None, "度", "度", "人"], "unit_row")],
)
def test_rows_between_heading_and_data_are_no_data(people, table, row, code):
    one = people(table([HEAD, row, *ROWS]))
    assert one.layer.total == PEOPLE
    assert codes(one) == {code}


@pytest.mark.parametrize(
    "first",
    [
        ["甲", "一街", "", "36.6", "12"],  # empty cells in the first row of data
        ["", "无", "", "", ""],
        ["甲", "乙", "不详", "不详", "不详"],
        ["A1", "3号院", "117.0", "36.6", "5"],
    ],
)
def test_a_first_row_of_data_stays_data(people, table, first):
    one = people(table([HEAD, first, *ROWS]))
    assert one.record.rows == len(ROWS) + 1
    assert "heading_rows" not in codes(one)
