"""Tables as files hold them: every cell is what its value alone would be."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES

from geoplan.outputs.tables.table import Column, Kind, Table
from geoplan.outputs.tables.workbook import FORMATS, write_csv_tables, write_sheets
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import cell_text, is_missing

TEXTS = ["站", "a & <b>", " a", "=1+1", "-", "'", "1", *ERROR_CODES, None, ""]
NUMBERS = [3.0, 0.25, 1e15, -2.0, 0.1234567, float("nan"), float("inf"), -0.0, 1 / 3, 2.5, 7.0]


def a_table(columns: dict[str, tuple[Kind, pd.Series]]) -> Table:
    return Table(
        name="t",
        service="",
        sheet="services",
        frame=pd.DataFrame({name: values for name, (_, values) in columns.items()}),
        columns=tuple(Column(name=name, kind=kind) for name, (kind, _) in columns.items()),
    )


def plainly(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None


def test_every_cell_of_a_workbook_is_its_own_value(tmp_path: Path) -> None:
    kinds: list[Kind] = ["text", "count", "count", "share", "share", "number", "number", "mixed"]
    rng = np.random.default_rng(1)
    columns: dict[str, tuple[Kind, pd.Series]] = {}
    for k, kind in enumerate(kinds):
        drawn = rng.choice(TEXTS if kind == "text" else NUMBERS, 60)
        columns[f"c{k}"] = (kind, pd.Series(drawn.tolist(), dtype=object))
    columns["text"] = ("mixed", pd.Series(rng.choice(TEXTS, 60).tolist(), dtype=object))
    columns["whole"] = ("count", pd.Series(range(60)))
    columns["truth"] = ("count", pd.Series([True, False] * 30))
    path = write_sheets({}, [a_table(columns)], tmp_path / "t.xlsx", Speaker("en"))
    rows = list(load_workbook(path).worksheets[0].iter_rows(min_row=2))
    assert len(rows) == 60
    for j, (kind, values) in enumerate(columns.values()):
        for row, value in zip(rows, values, strict=True):
            cell = row[j]
            if value == "" or is_missing(value) or value == float("inf"):
                assert cell.value is None
            elif isinstance(value, str):
                assert (cell.value, cell.data_type) == (cell_text(value), "s")
            else:
                assert cell.value == (value if isinstance(value, bool) else plainly(value))
                whole = kind in ("number", "mixed") and isinstance(cell.value, int)
                assert cell.number_format == ("#,##0" if whole else FORMATS[kind])


@pytest.mark.parametrize("dtype", ["float64", "Float64", "object"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_csv_has_numbers_as_they_are_one_by_one(dtype: str, whole: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1000, 300).round(0 if whole else 9)
    values[[4, 90]] = np.nan
    if dtype != "Float64":
        values[7] = -np.inf
    table = a_table({"c": ("number", pd.Series(values).astype(dtype).set_axis(range(9, 309)))})
    (path,) = write_csv_tables([table], tmp_path, Speaker("en"))
    lines = path.read_text(encoding="utf-8-sig").splitlines()[1:]
    for line, value in zip(lines, values, strict=True):
        number = plainly(value)
        if number is None:
            assert line in ("", '""')
        else:
            assert float(line) == number
            assert not whole or "." not in line


def test_a_csv_is_read_back_as_it_was(tmp_path: Path) -> None:
    table = a_table(
        {
            "n": ("count", pd.Series([3, 1, 2], dtype="Int64", index=["b", "a", "b"])),
            "t": ("text", pd.Series(["x", "=y", None], index=["b", "a", "b"])),
            "p": ("share", pd.Series([0.5, np.nan, 1.0], index=["b", "a", "b"])),
        }
    )
    (path,) = write_csv_tables([table], tmp_path, Speaker("en"))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    found = pd.read_csv(io.BytesIO(path.read_bytes()))
    assert found.iloc[:, 0].tolist() == [3, 1, 2]
    assert found.iloc[:2, 1].tolist() == ["x", "'=y"]
    assert found.iloc[[0, 2], 2].tolist() == [0.5, 1.0]


def test_a_number_beyond_all_whole_ones_is_written(tmp_path: Path) -> None:
    table = a_table({"c": ("number", pd.Series([1e300, 2.0**62, -1e19]))})
    (path,) = write_csv_tables([table], tmp_path, Speaker("en"))
    lines = path.read_text(encoding="utf-8-sig").splitlines()[1:]
    assert list(map(float, lines)) == [1e300, 2.0**62, -1e19]
