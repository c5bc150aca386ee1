"""Results without personal data in any of their texts: names, tiers, ids, notes, tables.

Readers hide personal data already; what a study keeps for the internal edition is hidden here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.columns.personal.hide_cells import hide_personal

T = TypeVar("T")


def without_personal_data(value: T) -> T:
    """`value` with personal data hidden in every text inside it; the same object where none is.

    Examples
    --------
    >>> without_personal_data({"name": ("甲站 13800138000", 3)})
    {'name': ('甲站 ***', 3)}
    """
    found: Any = _hidden(value)
    return value if found is None else found  # type: ignore[no-any-return]


def _hidden(value: Any) -> Any:
    """`value` with personal data hidden; None where it holds none."""
    if isinstance(value, str):
        hidden = hide_in_text(value)
        return None if hidden == value else hidden
    if isinstance(value, pd.DataFrame):
        return _hidden_frame(value)
    if isinstance(value, Mapping):
        changed = {k: h for k, v in value.items() if (h := _hidden(v)) is not None}
        return {**value, **changed} if changed else None
    if isinstance(value, tuple | list):
        items = [_hidden(one) for one in value]
        if all(one is None for one in items):
            return None
        return type(value)(
            old if new is None else new for old, new in zip(value, items, strict=True)
        )
    if is_dataclass(value) and not isinstance(value, type):
        own = {f.name: _hidden(getattr(value, f.name)) for f in fields(value) if f.init}
        changed = {name: one for name, one in own.items() if one is not None}
        return replace(value, **changed) if changed else None
    return None


def _hidden_frame(frame: pd.DataFrame) -> pd.DataFrame | None:
    changed = {}
    for column in frame.columns:
        if pd.api.types.is_string_dtype(frame[column]):
            hidden = _hidden_cells(frame[column])
            if hidden is not None:
                changed[column] = hidden
    index = None
    if pd.api.types.is_string_dtype(frame.index):
        index = _hidden_cells(frame.index.to_series().reset_index(drop=True))
    if not changed and index is None:
        return None
    out = frame.assign(**{str(c): cells for c, cells in changed.items()})
    if index is not None:
        again = index.duplicated()
        index[again] = [f"{text}-{k}" for k, text in enumerate(index[again], start=2)]
        out.index = pd.Index(index, name=frame.index.name)
    return out


def _hidden_cells(cells: pd.Series) -> pd.Series | None:
    """The cells with personal data hidden; None where there are none; missing ones stay."""
    texts = np.array([isinstance(c, str) for c in cells], bool)
    if not texts.any():
        return None
    hidden, where = hide_personal(cells[texts].astype("str"))
    if not len(where):
        return None
    out = cells.astype(object).to_numpy(copy=True)
    out[np.flatnonzero(texts)[where]] = hidden.iloc[where].to_numpy(object)
    return pd.Series(out, index=cells.index, name=cells.name)
