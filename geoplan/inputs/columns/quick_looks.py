"""Quick looks at a whole column in Arrow's memory, which tell the few cells worth a close one."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.compute

#: all characters that Python strips from the ends of a text
SPACES = "".join(chr(c) for c in range(0x3001) if chr(c).isspace())
#: cells that are looked at at one time
_CHUNK = 100_000
#: cells that tell whether a column repeats few texts, and how many different ones those are
_SAMPLE, _FEW = 2_000, 50
#: numbers of so many bytes are exact in whatever way they are read
_EXACT_BYTES = 15
_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?$"
_ASCII = 0x80


def holds(cells: pd.Series, pattern: str) -> np.ndarray:
    r"""Bool per cell: `pattern` matches somewhere in it.

    pattern : in RE2's syntax; without ``\s``, ``\d``, ``\w``, which mean ASCII only there.

    Examples
    --------
    >>> holds(pd.Series(["甲社区", "合计"], dtype="str"), "[计總]").tolist()
    [False, True]
    """
    texts = _arrow(cells)
    if texts is None:
        return cells.str.contains(pattern).to_numpy(bool)
    if len(texts) > _SAMPLE and len(texts[:_SAMPLE].unique()) <= _FEW:
        coded = texts.dictionary_encode().combine_chunks()
        found = pyarrow.compute.match_substring_regex(coded.dictionary, pattern)
        return found.to_numpy(zero_copy_only=False)[coded.indices.to_numpy()]
    return np.array(pyarrow.compute.match_substring_regex(texts, pattern), bool)


def columns_holding(table: pd.DataFrame, pattern: str, *, never: str = "") -> set[str]:
    """Headings of the columns with a cell that matches `pattern`; see `holds`.

    Columns of a small table are looked at together: making a long pattern ready costs more than
    the look itself. Cells that match `never`, a short pattern, are known not to match the long one,
    which is looked for once in each text that is left.

    Examples
    --------
    >>> sorted(columns_holding(pd.DataFrame({"a": ["x"], "b": ["y"]}, dtype="str"), "[yz]"))
    ['b']
    """
    headings = list(map(str, table.columns))
    texts = [_arrow(table[h]) for h in headings]
    if not 0 < table.size <= _CHUNK or any(one is None for one in texts):
        return {h for h in headings if holds(table[h], pattern).any()}
    chunks = [c for one in texts if one for c in one.cast(pyarrow.large_string()).chunks]
    joined = pyarrow.chunked_array(chunks).combine_chunks()
    found = np.zeros(len(joined), bool)
    left = np.flatnonzero(~_matches(joined, never)) if never else np.arange(len(joined))
    coded = joined.take(pyarrow.array(left)).dictionary_encode()
    found[left] = _matches(coded.dictionary, pattern)[coded.indices.to_numpy()]
    some = found.reshape(len(headings), len(table))
    return {headings[k] for k in np.flatnonzero(some.any(axis=1)).tolist()}


def _matches(texts: pyarrow.Array, pattern: str) -> np.ndarray:
    return np.array(pyarrow.compute.match_substring_regex(texts, pattern), bool)


def fullmatch_among(cells: pd.Series, likely: np.ndarray, pattern: str) -> np.ndarray:
    """Bool per cell: all of it matches `pattern`; only cells that are `likely` to are looked at.

    Examples
    --------
    >>> fullmatch_among(pd.Series(["3.7E+11", "37"]), np.array([True, False]), r".+").tolist()
    [True, False]
    """
    found = np.zeros(len(cells), bool)
    at = np.flatnonzero(likely)
    if len(at):
        found[at] = cells.iloc[at].str.fullmatch(pattern).to_numpy(bool)
    return found


def first_filled(cells: pd.Series, count: int) -> pd.Series:
    """The first `count` cells with something in them.

    Examples
    --------
    >>> first_filled(pd.Series(["", "a", "", "b", "c"]), 2).tolist()
    ['a', 'b']
    """
    return cells.iloc[np.flatnonzero((cells != "").to_numpy(bool))[:count]]


def plain_values(cells: pd.Series) -> np.ndarray:
    """Numbers as programs write them, as floats; NaN where a cell holds anything else.

    Examples
    --------
    >>> plain_values(pd.Series(["117.05", "-3", "1e3", "35人", ""], dtype="str")).tolist()
    [117.05, -3.0, 1000.0, nan, nan]
    """
    texts = _arrow(cells)
    if texts is None:
        return pd.to_numeric(cells, errors="coerce").to_numpy(float)
    c = pyarrow.compute
    short = np.array(c.less_equal(c.binary_length(texts), _EXACT_BYTES), bool)
    usual = short & np.array(c.match_substring_regex(texts, _NUMBER), bool)
    values = np.full(len(cells), np.nan)
    some = texts if usual.all() else texts.filter(pyarrow.array(usual))
    values[usual] = c.cast(some, pyarrow.float64()).to_numpy()
    rest = np.flatnonzero(~usual)
    if len(rest):
        values[rest] = pd.to_numeric(cells.iloc[rest], errors="coerce").to_numpy(float)
    return values


def may_begin_with(cells: pd.Series, letters: str) -> np.ndarray:
    """Bool per cell: it may begin with one of `letters`, with white space, or be empty.

    False is certain. True is not: whoever asks looks at those cells closely.

    Examples
    --------
    >>> may_begin_with(pd.Series(["甲社区", "#N/A", " #N/A", ""], dtype="str"), "#=").tolist()
    [False, True, True, True]
    """
    found = np.ones(len(cells), bool)
    texts = _arrow(cells)
    at = 0
    for chunk in () if texts is None else texts.chunks:
        for k in range(0, len(chunk), _CHUNK):
            part = chunk.slice(k, _CHUNK)
            found[at : at + len(part)] = _may_begin(part, letters)
            at += len(part)
    return found


def _arrow(cells: pd.Series) -> pyarrow.ChunkedArray | None:
    """The texts as Arrow holds them; None where Python does, or where a cell is missing."""
    texts = getattr(cells.array, "_pa_array", None)
    if texts is None or texts.null_count:
        return None
    if texts.type not in (pyarrow.string(), pyarrow.large_string()):
        return None
    return texts


def _may_begin(cells: Any, letters: str) -> np.ndarray:
    """`may_begin_with` for one piece of Arrow memory."""
    count = len(cells)
    _, ends, texts = cells.buffers()
    if not count or texts is None:
        return np.ones(count, bool)
    width = np.int32 if cells.type == pyarrow.string() else np.int64
    ends = np.frombuffer(ends, width)[cells.offset : cells.offset + count + 1]
    raw = np.frombuffer(texts, np.uint8)
    if ends[-1] == ends[0]:
        return np.ones(count, bool)
    start, last = ends[:-1], ends[-1] - 1
    first = raw[np.minimum(start, last)]
    found = _table(letters)[first, 0]
    # letters beyond ASCII take several bytes, of which the first stands for many
    far = np.flatnonzero(found & (first >= _ASCII))
    found[far] = _table(letters)[first[far], raw[np.minimum(start[far] + 1, last)]]
    found |= ends[1:] == start
    return found


@cache
def _table(letters: str) -> np.ndarray:
    """Bool by first and second byte; of a letter of one byte any second one will do."""
    table = np.zeros((256, 256), bool)
    for letter in letters + SPACES:
        code = letter.encode()
        table[code[0], code[1] if len(code) > 1 else slice(None)] = True
    # no second byte is zero: that column says whether the first byte alone lets a cell pass
    table[:, 0] |= table.any(axis=1)
    return table
