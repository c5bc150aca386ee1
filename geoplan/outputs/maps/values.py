"""Columns as plain lists that JSON can hold: short numbers, None for what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd


def numbers(values: Iterable[Any], digits: int = 1) -> list[int | float | None]:
    """Short numbers, None for missing ones: `plain` of each, in one pass."""
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
