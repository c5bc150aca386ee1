"""Quick looks at whole columns find what a look at every single cell finds."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from geoplan.inputs.columns.cell_errors import has_cell_error, is_error, is_formula
from geoplan.inputs.columns.parse_numbers import is_empty, is_scientific_notation
from geoplan.inputs.columns.quick_looks import holds, may_begin_with, plain_values
from geoplan.inputs.columns.totals.total_names import total_name, total_names

EMPTY = {"", "-", "—", "--", "/", "\\", "无", "空", "nan", "none", "null", "n/a", "na"}
#: every character that may stand first, alone and before others
FIRST = [chr(c) for c in range(0x11000) if not 0xD800 <= c < 0xE000]
ODD = ["", " ", "　", "无", " 无 ", "空", "空地", "NaN", "N/A", "nana", "--", "---", "—", "甲社区"]
ODD += ["#", "#N/A", " #REF!", "=B2", "错误：502", "错过", "Err:502", "ERROR: 502", "オ", "オフ"]
ODD += ["3.7E+11", "３.7e+11", "3.7E11", "合计", "总 计", "Grand  TOTAL", "Total Fitness", "小計"]
ODD += ["ＴＯＴＡＬ", "Σ", "-117.05", "117.050000", "007", "1e3", "1.", ".5", "+5", "１２", "inf"]
ODD += ["0.1234567890123456789", "-0", "1_000", "0x1F", "12 ", "١٢", "123456789012345"]
ODD += ["9007199254740993"]


def columns(cells: list[str]) -> list[pd.Series]:
    """The cells as Arrow holds them, whole and as a piece of more, and as Python does."""
    longer = pd.Series(["甲", *cells, "乙"], dtype="str")
    middle = longer.iloc[1:-1].reset_index(drop=True)
    return [pd.Series(cells, dtype="str"), middle, pd.Series(cells, dtype=object)]


@pytest.mark.parametrize("cells", [FIRST, [c + "无" for c in FIRST], ODD, [" " + c for c in ODD]])
def test_empty_cells_are_those_of_the_list(cells: list[str]) -> None:
    expected = [cell.strip().lower() in EMPTY for cell in cells]
    for column in columns(cells):
        assert is_empty(column).tolist() == expected


@pytest.mark.parametrize(
    "rest", ["N/A", "rror: 502", "rr:502", "误:502", "誤：502", "류:502", "A1+2"]
)
def test_errors_are_found_whatever_they_begin_with(rest: str) -> None:
    cells = [c + rest for c in FIRST]
    expected = [is_error(cell) or is_formula(cell) for cell in cells]
    assert any(expected)
    assert has_cell_error(pd.Series(cells, dtype="str")).tolist() == expected


def test_odd_cells_are_judged_as_one_by_one() -> None:
    for column in columns(ODD):
        assert has_cell_error(column).tolist() == [is_error(c) or is_formula(c) for c in ODD]
        assert total_names(column).tolist() == [total_name(c) for c in ODD]
        powers = [re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", c) is not None for c in ODD]
        assert is_scientific_notation(column).tolist() == powers


def test_numbers_are_those_of_pandas_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    coordinates = rng.uniform(-180, 180, 20_000)
    cells = ODD + [f"{v:.{k % 16}f}" for k, v in enumerate(coordinates)]
    for column in columns(cells):
        expected = pd.to_numeric(column, errors="coerce").to_numpy(float)
        np.testing.assert_array_equal(plain_values(column), expected)


@given(st.lists(st.text(max_size=6), max_size=8), st.text("#=无é", min_size=1, max_size=3))
def test_a_cell_that_is_passed_over_begins_with_none_of_the_letters(
    cells: list[str], letters: str
) -> None:
    for column in columns(cells):
        for cell, likely in zip(cells, may_begin_with(column, letters), strict=True):
            begins = cell.strip() == "" or cell[0].isspace() or cell[0] in letters
            assert likely or not begins


@pytest.mark.parametrize("different", [3, 5_000])
def test_columns_of_few_texts_and_of_many_are_searched_alike(different: int) -> None:
    cells = [f"解放路街道{k % different}计" if k % 7 else "合计" for k in range(5_000)]
    expected = [re.search("[合]|1计", cell) is not None for cell in cells]
    for column in columns(cells):
        assert holds(column, "[合]|1计").tolist() == expected


def test_only_the_first_cells_of_a_column_repeat_few_texts() -> None:
    cells = ["甲"] * 3_000 + [f"乙{k}" for k in range(3_000)] + ["合计"]
    assert np.flatnonzero(holds(pd.Series(cells, dtype="str"), "合计")).tolist() == [6_000]
