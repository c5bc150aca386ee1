"""Cells: errors of spreadsheets, numbers as people write them, codes, examples of a template."""

from __future__ import annotations

import re

import openpyxl
import pandas as pd
import pytest

from geoplan.inputs.columns.cell_errors import has_cell_error
from geoplan.inputs.columns.numbers.column_units import unit_factor
from geoplan.inputs.columns.numbers.style import read_columns
from geoplan.study.template import TEMPLATES
from tests.inputs.tables.books import (
    ERROR,
    HEAD,
    PEOPLE,
    ROWS,
    write_ods,
    write_xls,
    write_xlsb,
    write_xlsx,
)
from tests.inputs.tables.conftest import codes, the


@pytest.mark.parametrize(
    "text",
    [
        *("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"),
        *("#BEZUG!", "#NV", "#WERT!", "#¡REF!", "#¿NOMBRE?", "#VALEUR!", "#ССЫЛКА!", "#Н/Д"),
        *(
            "Err:502",
            "错误:502",
            "Fehler:504",
            "########",
            "=SUM(E2:E9)",
            "=B2*2",
            "=1/0",
            "=",
            "= ",
        ),
    ],
)
def test_errors_of_spreadsheets_in_any_language(text):
    assert has_cell_error(pd.Series([text])).tolist() == [True]


@pytest.mark.parametrize(
    "text", ["#1", "#3站", "==", "12", "n/a", "无", "", "A=B", "电话:12345", "#"]
)
def test_other_texts_are_no_errors(text):
    assert has_cell_error(pd.Series([text])).tolist() == [False]


@pytest.mark.parametrize("write", [write_ods, write_xls, write_xlsb])
def test_an_error_in_the_people_is_named_not_zero(tmp_path, people, write):
    rows = [HEAD, [*ROWS[0][:4], ERROR], *ROWS[1:]]
    one = people(write(tmp_path / f"p.{write.__name__[6:]}", rows))
    assert one.layer.total == PEOPLE - ROWS[0][4]
    assert [(f.row, f.value) for f in one.findings if f.code == "people_error"] == [(2, ERROR)]


@pytest.mark.parametrize("write", [write_ods, write_xls, write_xlsb, write_xlsx])
def test_a_truth_value_among_people_is_told(tmp_path, people, write):
    rows = [HEAD, [*ROWS[0][:4], True], *ROWS[1:]]
    if write is write_ods:
        rows[1][4] = "TRUE"
    one = people(write(tmp_path / f"p.{write.__name__[6:]}", rows))
    assert one.layer.total == PEOPLE - ROWS[0][4]
    assert any(f.row == 2 and f.column == HEAD[4] for f in one.findings)


def test_errors_and_formulas_of_an_xlsx(tmp_path, people):
    path = write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS])
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for row, text in ((2, "#REF!"), (3, "#SPILL!")):
        sheet.cell(row, 5).value = text
        sheet.cell(row, 5).data_type = "e"
    sheet.cell(4, 5).value = "=B1+1"  # the library puts no value
    sheet.cell(5, 3).value = "=1/0"
    book.save(path)
    one = people(path)
    told = {f.row: (f.code, f.value) for f in one.findings if f.row}
    assert told[2] == ("people_error", "#REF!")
    assert told[3] == ("people_error", "#SPILL!")
    assert told[4] == ("people_error", "=B1+1")
    assert told[5][0] == "place_error"
    assert one.layer.total == PEOPLE - sum(row[4] for row in ROWS[:3])


@pytest.mark.parametrize(
    ("cells", "expected", "how"),
    [
        (["1.234,5", "980"], ["1234.5", "980"], "shown"),
        (["1 234,5", "12,25"], ["1234.5", "12.25"], "shown"),
        (["1\u00a0234", "12"], ["1234", "12"], "plain"),
        (["1\u202f234,5"], ["1234.5"], "shown"),
        (["1'234.5", "7"], ["1234.5", "7"], "shown"),
        (["1,234,567"], ["1234567"], "shown"),
        (["12,34,567"], ["1234567"], "shown"),  # as in India
        (["1,234", "12", "980"], ["1234", "12", "980"], "small"),
        (["1.234", "12", "980"], ["1234", "12", "980"], "small"),
        (["1,234", "5,678"], ["1234", "5678"], "open"),
        (["1,234", "5,5"], ["1.234", "5.5"], "shown"),
        (["１２０", "3千人"], ["120", "3000"], "plain"),
        (["1.2万", "1,5万人"], ["12000", "15000"], "mixed"),
        (["120床", "80 places"], ["120", "80"], "plain"),
        (["(5)", "−3"], ["-5", "-3"], "plain"),
    ],
)
def test_numbers_as_written(cells, expected, how):
    found = read_columns(pd.DataFrame({"n": cells}), {"n": "count"}, {})["n"]
    assert found.cells.tolist() == expected
    assert found.style.how == how
    assert found.undecided.any() == (how == "open")


def test_one_column_decides_for_the_file(people, table):
    rows = [[*row[:4], f"{row[4]}.000", "1,5"] for row in ROWS]
    path = table([[*HEAD, "男"], *rows], delimiter=";")
    one = people(path, weight="60岁以上")
    assert one.layer.total == PEOPLE * 1000
    assert the(one, "numbers_undecided").severity == "warning"  # 男 is not read: nothing decides
    both = people(path, weight=["60岁以上", "男"])
    assert both.layer.total == PEOPLE * 1000 + 1.5 * len(ROWS)
    assert the(both, "numbers_file").effect


def test_numbers_of_the_workbook_itself_need_no_reading(tmp_path, people):
    rows = [[*row[:4], row[4] + 0.125] for row in ROWS]
    one = people(
        write_xlsx(tmp_path / "p.xlsx", [HEAD, *rows, ["C99", "末", 117.0, 36.6, "1.234,5"]])
    )
    assert one.layer.total == PEOPLE + 0.125 * len(ROWS) + 1234.5


def test_units_of_the_whole_column(people, table):
    small = [[*row[:4], row[4] / 10_000] for row in ROWS]
    one = people(table([[*HEAD[:4], "60岁以上（万人）"], *small]), weight="60岁以上")
    assert one.layer.total == pytest.approx(PEOPLE)
    assert the(one, "unit_factor").effect
    one = people(table([["单位：万人"], HEAD, *small]))
    assert one.layer.total == pytest.approx(PEOPLE)


@pytest.mark.parametrize(
    "above",
    [
        [[*HEAD[:4], "60岁以上（含60岁）（万人）"]],
        [[*HEAD[:4], "60岁以上（2024年）"], [None] * 4 + ["万人"]],
        [HEAD, [None, None, "度", "度", "(萬人)"]],
        [["填报单位：民政局  单位：万人"], [*HEAD[:4], "60岁以上（2024年）"]],
        [["制表单位：民政局"], ["单位：万人"], HEAD],
    ],
)
def test_a_unit_counts_wherever_it_stands_beside_other_words(people, table, above):
    small = [[*row[:4], row[4] / 10_000] for row in ROWS]
    one = people(table([*above, *small]), weight=above[-1][4] if above[-1][0] else "60岁以上")
    assert one.layer.total == pytest.approx(PEOPLE)
    assert the(one, "unit_factor").effect


def test_every_sheet_has_the_unit_that_it_says(tmp_path, people):
    small = [[*row[:4], row[4] / 10_000] for row in ROWS[12:]]
    others = {"市中区": ("visible", [["单位：万人"], HEAD, *small])}
    one = people(write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS[:12]], others=others))
    assert one.layer.total == pytest.approx(PEOPLE)
    assert the(one, "unit_factor").count == len(small)


@pytest.mark.parametrize("unit", ["人", "床", "persons", "％", "单位：人"])
def test_a_columns_own_unit_goes_before_a_remark(unit):
    assert unit_factor(f"60岁以上（2024年）（{unit}）", (), ("单位：万人",)) == 1
    assert unit_factor("60岁以上", (), ("单位：万人",), below=unit) == 1


def test_codes_with_decimals_are_told_once(people, table):
    rows = [["370102.0", *row[1:]] for row in ROWS]
    one = people(table([HEAD, *rows]), columns={"district": "社区代码"})
    assert set(one.layer.frame["district"]) == {"370102"}
    assert [f.code for f in one.findings] == ["codes_trimmed"]


def test_a_number_merged_over_rows_counts_once(tmp_path, people):
    one = people(write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS], merges=["E3:E5"]))
    assert one.layer.total == PEOPLE - ROWS[2][4] - ROWS[3][4]
    assert the(one, "merged_numbers").count == 2


def test_a_merged_number_counts_in_the_first_row_that_is_not_hidden(tmp_path, people):
    path = write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS], merges=["E3:E5"], hidden=[3])
    one = people(path)
    assert one.layer.total == PEOPLE - ROWS[2][4] - ROWS[3][4]
    assert one.layer.frame["people"].tolist()[1:3] == [ROWS[1][4], 0]
    assert the(one, "merged_numbers").count == 1


def test_a_number_merged_over_rows_of_an_xlsb_counts_once(tmp_path, people):
    rows = [[*row[:4], None] if k in (2, 3) else row for k, row in enumerate(ROWS)]
    one = people(write_xlsb(tmp_path / "p.xlsb", [HEAD, *rows], merges=[(2, 4, 4, 4)]))
    assert one.layer.total == PEOPLE - ROWS[2][4] - ROWS[3][4]
    assert the(one, "merged_numbers").count == 2


def test_example_rows_of_every_template_are_known(people, table):
    for headings, row in [pair for tables in TEMPLATES.values() for pair in tables.values()]:
        cells = zip(headings.split(","), row.split(","), strict=True)
        names = [c for h, c in cells if "名称" in h or h == "name"]
        assert re.match("示例|Example of ", names[0])
    example = ["370102001001", "示例社区", 117.03, 36.66, 1040]
    one = people(table([HEAD, example, *ROWS]))
    assert one.layer.total == PEOPLE
    assert the(one, "example_rows").severity == "warning"
    assert "only_examples" in codes(people(table([HEAD, example])))


GROUPS = [[*row[:4], 20, 30, 50, int(row[4]) % 7 + 1] for row in ROWS]
NAMES = [*HEAD[:4], "60岁以上男", "60岁以上女", "60岁以上", "80岁以上"]


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (["60岁以上", "60岁以上"], "stands twice"),
        (["60岁以上男", "60岁以上女", "60岁以上"], "sum of the others"),
        (["60岁以上", "80岁以上"], "'80岁以上' is part of '60岁以上'"),
    ],
)
def test_nobody_counts_twice_in_columns_that_are_added_up(people, table, weight, said):
    one = people(table([NAMES, *GROUPS]), weight=weight)
    assert one.layer is None
    assert any(said in finding.problem for finding in one.findings)


def test_columns_that_share_nobody_are_added_up(people, table):
    ages = [*HEAD[:4], "60-69岁", "70-79岁", "80岁以上", "65岁以上残疾"]
    one = people(table([ages, *GROUPS]), weight=ages[4:])
    assert one.layer.total == sum(sum(row[4:]) for row in GROUPS)


def test_a_column_of_people_that_stands_twice_is_told(people, table):
    rows = [[*row, int(row[4]) * 2] for row in ROWS]
    one = people(table([[*HEAD, HEAD[4]], *rows]))
    assert one.layer.total == PEOPLE
    assert the(one, "same_heading").severity == "warning"
