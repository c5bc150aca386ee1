"""Columns as plain lists that JSON can hold: short numbers, None for what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

Number = int | float | None


def number(value: Any, digits: int = 1) -> Number:
    """A short number, or None for a missing one.

    Examples
    --------
    >>> number(3.0), number(2.345), number(float("nan"))
    (3, 2.3, None)
    """
    if value is None or pd.isna(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) else rounded


def numbers(values: Iterable[Any], digits: int = 1) -> list[Number]:
    """Many short numbers."""
    array = pd.to_numeric(pd.Series(list(values), dtype=object), errors="coerce").to_numpy(float)
    rounded = np.round(array, digits)
    return [None if np.isnan(v) else int(v) if v == int(v) else float(v) for v in rounded.tolist()]


def texts(values: Iterable[Any]) -> list[str]:
    """Many names; empty for missing ones."""
    return ["" if value is None or pd.isna(value) else str(value) for value in values]


def positions(labels: Iterable[Any], known: dict[str, int]) -> list[int]:
    """The position of each label in `known`; -1 for missing or unknown ones."""
    return [-1 if pd.isna(label) else known.get(str(label), -1) for label in labels]


def column(frame: pd.DataFrame, name: str, default: Any = None) -> pd.Series:
    """A column, or `default` on every row where there is none."""
    if name in frame.columns:
        return frame[name]
    return pd.Series([default] * len(frame), index=frame.index, dtype=object)
