"""A unique id for every row of a file."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.inputs.columns.duplicates import is_duplicated
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import Rows

#: rows from which a column of ids that mostly repeat is taken for something else
_MIN_ROWS = 20


def row_ids(rows: Rows, collector: FindingCollector, key: str) -> pd.Index:
    """Unique ids: the id column where it is unique and filled, else ``key-row``.

    With several sheets row numbers repeat, so the sheet's position stands in front of them.
    """
    column = rows.column("id")
    if column is None:
        return pd.Index(_numbered_ids(collector, key, np.arange(len(rows))), name="id")
    heading, empty = rows.heading("id"), is_empty(column)
    twice = is_duplicated(column) & ~empty
    # a column that merely repeats a code on many rows is no id
    if len(rows) >= _MIN_ROWS and twice.mean() > 0.5:
        collector.about_file("no_ids", "note", column=heading)
    else:
        again = twice.copy()
        again[twice] = column[twice].duplicated().to_numpy(bool)
        collector.about_rows(again, "same_id", "warning", column=heading, cells=column)
    needed = np.flatnonzero(empty | twice)
    if len(needed) == 0:
        return pd.Index(column, name="id")
    ids = column.astype(object).to_numpy(copy=True)
    ids[needed] = _numbered_ids(collector, key, needed)
    clash = np.flatnonzero(is_duplicated(pd.Series(ids)))
    ids[clash] = _numbered_ids(collector, key, clash)
    return pd.Index(ids, name="id").astype("str")


def _numbered_ids(collector: FindingCollector, key: str, positions: np.ndarray) -> list[str]:
    sheets = {sheet: k for k, sheet in enumerate(dict.fromkeys(collector.sheets), start=1)}
    if len(sheets) == 1:
        return [f"{key}-{r}" for r in collector.rows[positions]]
    pairs = zip(collector.sheets[positions], collector.rows[positions], strict=True)
    return [f"{key}-{sheets[sheet]}-{r}" for sheet, r in pairs]
