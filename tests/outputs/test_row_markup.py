"""Rows that are written as text are to the byte those that openpyxl writes cell by cell."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from geoplan.inputs.findings.fixed_clock import without_clock
from geoplan.outputs.tables.row_markup import FORMATS, row_markup, with_rows
from geoplan.outputs.tables.table import Kind
from geoplan.words.text_format import cell_text, plain

TEXTS = (
    *("", "站", "a & b", "<c>", '"quoted"', "'", "=1+1", "+1", "@x", " lead", "trail "),
    *("two\nlines", "tab\tin", "cr\rin", "\x00\x07", "\u2028", "emoji 😀", "ﷺ", "x" * 40_000),
    *("#N/A", "\u00a0", "]]>"),
)
NUMBERS = (
    *(0, 1, -3, 12_345_678_901, 0.1, 1 / 3, -0.0, 1e-9, 1e21, 2.5, np.nan, np.inf, None, pd.NA),
    *(np.int64(7), np.float64(0.25), True, np.bool_(False)),
)


def cell_by_cell(sheet: Any, value: Any, kind: str) -> Any:
    shown = plain(value, 6)
    if shown is None or shown == "":
        return None
    if isinstance(shown, str):
        cell = WriteOnlyCell(sheet, value=cell_text(shown))
        cell.data_type = "s"
        return cell
    cell = WriteOnlyCell(sheet, value=shown)
    if kind in FORMATS:
        whole = kind in ("number", "mixed") and isinstance(shown, int)
        cell.number_format = "#,##0" if whole else FORMATS[kind]
    return cell


@pytest.mark.parametrize("seed", range(6))
def test_rows_are_those_of_openpyxl(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    kinds: list[Any] = list(rng.permutation([*get_args(Kind), *get_args(Kind)]))
    values = [*TEXTS, *NUMBERS]
    sheets = [
        [[values[k] for k in rng.integers(0, len(values), len(kinds))] for _ in range(rows)]
        for rows in (40, 0, 3)
    ]
    plainly, quickly = Workbook(write_only=True), Workbook(write_only=True)
    markup = []
    for rows in sheets:
        for book in (plainly, quickly):
            sheet = book.create_sheet(f"S{len(markup)}")
            sheet.append(["head"])
            if book is quickly:
                markup.append(row_markup(sheet, rows, kinds, first=2))
                continue
            for row in rows:
                sheet.append([cell_by_cell(sheet, v, k) for v, k in zip(row, kinds, strict=True)])
    for name, book in (("plain", plainly), ("quick", quickly)):
        book.properties.created = book.properties.modified = pd.Timestamp("2000-01-01")
        book.save(tmp_path / name)
    without_clock(tmp_path / "plain")
    without_clock(tmp_path / "quick", with_rows(markup))
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "quick").read_bytes()
    (tmp_path / "quick").rename(tmp_path / "quick.xlsx")
    assert openpyxl.load_workbook(tmp_path / "quick.xlsx")["S0"].max_row == 41
