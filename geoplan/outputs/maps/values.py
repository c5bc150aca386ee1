"""Columns as plain lists that JSON can hold: short numbers, None for what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from geoplan.words.text_format import as_list

#: numbers below are written without a point where they are whole
_WHOLE = 2.0**53


def numbers(values: Iterable[Any], digits: int = 1) -> list[int | float | None]:
    """Short numbers, None for missing ones: `plain` of each, in one pass."""
    if isinstance(values, pd.Series) and values.dtype.kind in "fiu":
        column = values
    else:
        column = pd.to_numeric(pd.Series(list(_listed(values)), dtype=object), errors="coerce")
    array = column.to_numpy(float, na_value=np.nan)
    rounded = np.round(array, digits)
    found = rounded.astype(object)
    whole = np.abs(rounded) < _WHOLE
    whole[whole] = rounded[whole] == np.floor(rounded[whole])
    found[whole] = rounded[whole].astype(np.int64)
    found[np.isnan(rounded)] = None
    return found.tolist()


def texts(values: Iterable[Any]) -> list[str]:
    """Many names; empty for missing ones."""
    return [
        v if type(v) is str else "" if v is None or pd.isna(v) else str(v) for v in _listed(values)
    ]


def positions(labels: Iterable[Any], known: dict[str, int]) -> list[int]:
    """The position of each label in `known`; -1 for missing or unknown ones."""
    return [
        known.get(v, -1) if type(v) is str else -1 if pd.isna(v) else known.get(str(v), -1)
        for v in _listed(labels)
    ]


def column(frame: pd.DataFrame, name: str, default: Any = None) -> pd.Series:
    """A column, or `default` on every row where there is none."""
    if name in frame.columns:
        return frame[name]
    return pd.Series([default] * len(frame), index=frame.index, dtype=object)


def _listed(values: Iterable[Any]) -> Iterable[Any]:
    return as_list(values) if isinstance(values, pd.Series | pd.Index) else values
