"""Rows of printed tables that are no data: headings of further pages, notes at the foot."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoplan.inputs.columns.quick_looks import holds
from geoplan.inputs.columns.roles import heading_key

#: how notes under a table begin
_NOTE = re.compile(
    r"(注|备注|備註|说明|說明|附注|资料来源|資料來源|数据来源|數據來源|来源|填表说明)\s*([:：]|\d|$)|"
    r"(填表|填报|填報|制表|製表|审核|審核|单位|负责|联系|统计|打印)"
    r"(人|负责人|单位|部门|日期|时间|电话|口径|核人)?\s*[:：]|截至\s*\d|第\s*\d+\s*页|[*※]|"
    r"(source|sources|note|notes|remark|remarks|prepared by|compiled by|page)\b\s*([:：.\d]|$)",
    re.IGNORECASE,
)


def no_data_rows(text: pd.DataFrame, above: Sequence[str]) -> np.ndarray:
    """Bool per row: it repeats the heading, or its only text is a title or a note.

    Parameters
    ----------
    text : cells as text, columns = headings. above : texts above the heading.

    Examples
    --------
    >>> cells = pd.DataFrame({"名称": ["甲", "名称", "注：暂定"], "人数": ["5", "人数", ""]})
    >>> no_data_rows(cells, ()).tolist()
    [False, True, True]
    """
    if text.shape[1] < 2 or not len(text):
        return np.zeros(len(text), bool)
    filled = text.ne("").to_numpy(bool)
    count = filled.sum(axis=1)
    repeated = _repeats_heading(text, filled, count >= 2)
    titles = set(above)
    for row in np.flatnonzero(count == 1).tolist():
        cell = str(text.iloc[row, int(np.flatnonzero(filled[row])[0])]).strip()
        repeated[row] = cell in titles or bool(_NOTE.match(cell))
    return repeated


def _repeats_heading(text: pd.DataFrame, filled: np.ndarray, likely: np.ndarray) -> np.ndarray:
    """Bool per row among the `likely` ones: every filled cell says a part of its own heading."""
    likely = likely.copy()
    parts = [
        {heading_key(part) for part in str(column).split("/")} - {""} for column in text.columns
    ]
    # a number repeats no heading but a number: that leaves few rows, in millions, to read closely
    for look in (_may_say, _says):
        for c in range(text.shape[1]):
            at = np.flatnonzero(likely & filled[:, c])
            if len(at):
                likely[at] = look(text.iloc[:, c].iloc[at], parts[c])
    return likely


def _may_say(cells: pd.Series, parts: set[str]) -> np.ndarray:
    """Bool per cell: it may say one of the `parts`; a number does not where none is one."""
    if any(part.isdigit() for part in parts):
        return np.ones(len(cells), bool)
    return ~holds(cells, r"^[-+]?[0-9][0-9.,]*$")


def _says(cells: pd.Series, parts: set[str]) -> np.ndarray:
    said = {cell: heading_key(cell) in parts for cell in cells.unique()}
    return cells.map(said).to_numpy(bool)
