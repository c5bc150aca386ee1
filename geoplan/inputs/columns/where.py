"""Rows that meet the `where` condition of a study: ``column op value [and ...]``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.columns.parse_numbers import read_numbers

_CONDITION = re.compile(r"^\s*(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$")
_OPERATORS: dict[str, Callable] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


def evaluate_where(text: pd.DataFrame, where: str) -> np.ndarray:
    """Bool per row for ``column op value [and ...]``; numbers are compared as numbers.

    Raises
    ------
    InputError
        It is no such condition, or names no column of the file.

    Examples
    --------
    >>> table = pd.DataFrame({"level": ["town", "village"], "n": ["3", "12"]})
    >>> evaluate_where(table, "level == 'village' and n > 5").tolist()
    [False, True]
    """
    mask = np.ones(len(text), bool)
    for part in re.split(r"\s+and\s+", where.strip()):
        match = _CONDITION.match(part)
        if match is None:
            raise FileError.of("file_faults.where_no_condition", where=where)
        column, sign, value = match.groups()
        column = column.strip("'\"`")
        if column not in text.columns:
            raise FileError.of(
                "file_faults.where_no_column", column=column, headings=", ".join(map(str, text))
            )
        quoted = value[:1] in "'\"" and value[-1:] == value[:1] and len(value) > 1
        compare = _OPERATORS[sign]
        if quoted or (sign in ("==", "!=") and not _numeric(value)):
            mask &= compare(text[column], value.strip("'\"")).to_numpy(bool)
        elif _numeric(value):
            mask &= compare(read_numbers(text[column])[0], float(value))
        else:
            raise FileError.of("file_faults.where_no_number", where=where, value=value)
    return mask


def _numeric(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text))
