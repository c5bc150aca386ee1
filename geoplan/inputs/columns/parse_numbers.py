"""Numbers from cells of text: full-width digits, thousands separators, units, degrees."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from geoplan.inputs.columns.numbers.written import parse_written
from geoplan.inputs.columns.quick_looks import fullmatch_among, may_begin_with, plain_values

_UNIT = re.compile(r"(°|度|e|n|东经|北纬)$", re.IGNORECASE)
_FRONT = re.compile(r"^(东经|北纬|e|n)", re.IGNORECASE)
_EMPTY = frozenset(("", "-", "—", "--", "/", "\\", "无", "空", "nan", "none", "null", "n/a", "na"))
_EMPTY_LETTERS = "".join(sorted({c for sign in _EMPTY for c in sign[:1] + sign[:1].upper()}))
#: cells that are turned into objects at one time
_CHUNK = 100_000
_DMS = re.compile(r"^(\d{1,3})[°度](\d{1,2})[′'分](?:(\d{1,2}(?:\.\d+)?)[″\"秒]?)?$")


def is_empty(cells: pd.Series) -> np.ndarray:
    """Bool per cell: nothing in it, or one of the signs that stand for nothing."""
    empty = may_begin_with(cells, _EMPTY_LETTERS)
    likely = np.flatnonzero(empty)
    for k in range(0, len(likely), _CHUNK):
        some = likely[k : k + _CHUNK]
        chunk = cells.iloc[some]
        empty[some] = chunk.str.strip().str.lower().isin(_EMPTY).to_numpy()
    return empty


def read_numbers(cells: pd.Series, *, decimal_comma: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Values (NaN where there is none), and bool per cell: it had to be cleaned to be a number.

    Full-width digits, thousands separators, a unit behind the number and degrees with minutes and
    seconds are read; anything else in a filled cell is NaN. With `decimal_comma` also ``117,05``:
    for coordinates, which have no thousands.

    Examples
    --------
    >>> values, cleaned = read_numbers(pd.Series(["12", "１，２００", "35人", "?", "117°01′30″"]))
    >>> values.tolist(), cleaned.tolist()
    ([12.0, 1200.0, 35.0, nan, 117.025], [False, True, True, False, True])
    """
    values = np.empty(len(cells))
    for k in range(0, len(cells), _CHUNK):
        chunk = cells.iloc[k : k + _CHUNK]
        values[k : k + _CHUNK] = plain_values(chunk)
    cleaned = np.zeros(len(cells), bool)
    hard = np.flatnonzero(np.isnan(values))
    hard = hard[~is_empty(cells.iloc[hard])]
    texts = cells.iloc[hard]
    read = {text: _parse(text, decimal_comma) for text in texts.unique()}
    for i, text in zip(hard, texts, strict=True):
        value = read[text]
        if value is not None:
            values[i], cleaned[i] = value, True
    values[~np.isfinite(values)] = np.nan
    return values, cleaned


def _parse(text: object, decimal_comma: bool) -> float | None:
    text = unicodedata.normalize("NFKC", str(text)).strip()
    # NFKC takes the sign for seconds apart
    text = text.replace(" ", "").replace("，", ",").replace("′′", "″")
    degrees = _DMS.match(text)
    if degrees:
        d, m, s = degrees.groups()
        return int(d) + int(m) / 60 + (float(s) if s else 0.0) / 3600
    if decimal_comma and re.fullmatch(r"[+-]?\d{1,3},\d+", text):
        text = text.replace(",", ".")
    written = parse_written(_FRONT.sub("", _UNIT.sub("", text)))
    if written is None or written.percent:
        return None
    value = written.value(written.mark or ".")
    return None if value is None else float(value)


def is_scientific_notation(cells: pd.Series) -> np.ndarray:
    """Bool per cell: like 3.7E+11, which is what spreadsheets make of long codes."""
    plus = cells.str.contains("+", regex=False)
    return fullmatch_among(cells, plus.to_numpy(bool), r"\d(\.\d+)?[eE]\+\d+")
