"""Hidden sheets and rows do not count; sheets read together are compared."""

from __future__ import annotations

import openpyxl
import pytest

from geoplan.inputs.files.workbook import read_book
from geoplan.inputs.files.workbook.marks import SheetMarks
from tests.inputs.tables.books import (
    HEAD,
    PEOPLE,
    ROWS,
    write_ods,
    write_xls,
    write_xlsb,
    write_xlsx,
)
from tests.inputs.tables.conftest import codes, the

OLD = [[*row[:4], row[4] - 3] for row in ROWS]
EXTRA = [["C98", "旧村1", 117.0, 36.63, 500], ["C99", "旧村2", 117.0, 36.63, 600]]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_left_out_and_named(tmp_path, people, state):
    path = write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS], others={"去年": (state, [HEAD, *OLD])})
    one = people(path)
    assert one.layer.total == PEOPLE
    told = the(one, "hidden_sheets")
    assert "去年" in told.advice
    assert "去年" not in told.problem  # which the public report prints
    assert told.assumption.count == 1
    named = people(path, sheet="去年")
    assert named.layer.total == PEOPLE - 3 * len(ROWS)
    assert not named.findings


def test_two_visible_years_are_told_with_what_they_share(tmp_path, people):
    others = {"2023": ("visible", [HEAD, *OLD])}
    one = people(write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS], others=others))
    told = the(one, "sheets_overlap")
    assert (told.severity, told.count) == ("warning", 25)
    assert "60岁以上" in told.advice
    assert 'sheet = "人口"' in told.advice


def test_sheets_of_different_places_are_only_noted(tmp_path, people):
    others = {"市中区": ("visible", [HEAD, *ROWS[12:]])}
    one = people(write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS[:12]], others=others))
    assert one.layer.total == PEOPLE
    assert the(one, "sheets_together").severity == "note"


@pytest.mark.parametrize("write", [write_xlsx, write_ods, write_xls, write_xlsb])
def test_hidden_rows_are_left_out_in_every_format(tmp_path, people, write):
    path = tmp_path / f"p.{write.__name__[6:]}"
    one = people(write(path, [HEAD, *ROWS, *EXTRA], hidden=[27, 28]))
    assert one.layer.total == PEOPLE
    told = the(one, "hidden_rows")
    assert told.count == 2
    assert "27, 28" in told.problem
    assert "1,100" in told.problem


def test_a_hidden_sheet_may_hold_an_error_newer_than_the_library(tmp_path, people):
    others = {"去年": ("hidden", [HEAD, *OLD])}
    path = write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS], others=others)
    book = openpyxl.load_workbook(path)
    cell = book["去年"].cell(2, 5)
    cell.value, cell.data_type = "#SPILL!", "e"
    book.save(path)
    one = people(path)
    assert one.layer.total == PEOPLE
    assert the(one, "hidden_sheets").assumption.count == 1


def test_a_sheet_whose_hidden_rows_cannot_be_told_says_so(tmp_path, people, monkeypatch):
    path = write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS])
    monkeypatch.setitem(read_book._MARKS, ".xlsx", lambda path: {"another": SheetMarks()})
    assert codes(people(path)) == {"marks_unread"}


def test_rows_folded_in_an_outline_are_read(tmp_path, people):
    one = people(write_xlsx(tmp_path / "p.xlsx", [HEAD, *ROWS], folded=range(4, 12)))
    assert one.layer.total == PEOPLE
    assert the(one, "folded_rows").severity == "note"


def test_a_workbook_that_hides_nothing_tells_nothing(tmp_path, people):
    for write in (write_xlsx, write_ods, write_xls, write_xlsb):
        one = people(write(tmp_path / f"p.{write.__name__[6:]}", [HEAD, *ROWS]))
        assert one.layer.total == PEOPLE
        assert codes(one) == set()
