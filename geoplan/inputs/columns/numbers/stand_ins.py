"""Stand-ins: numbers that programs and offices write where they know nothing (9999, 65535)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: what programs write where they know nothing, beside the largest number of a type
STAND_INS = (
    *(float("9" * digits) for digits in range(3, 9)),
    *(float("8" * digits) for digits in range(4, 7)),
    *(2.0**bits - 1 for bits in (8, 15, 16, 24, 31, 32)),
    *(32766.0, 65534.0, 2.0**31, 1e10, 1e20),
)
#: smaller stand-ins are honest numbers of people in a table
_LEAST_STAND_IN = 8_000.0
#: times the next largest number: a stand-in stands out by this much, or by its many cells
_STANDS_OUT, _MANY_CELLS = 10.0, 3
#: a smaller stand-in may be an honest number where it stands once or twice
_NEVER_BY_CHANCE = 8_000.0


def is_largest(stored: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[np.bool_]:
    """Whether a stored number is the largest that a type of whole numbers holds."""
    if dtype.kind not in "iu":
        return np.zeros(len(stored), bool)
    return np.asarray(stored == float(np.iinfo(dtype).max))


def stand_ins(stored: NDArray[np.float64], dtype: np.dtype[Any] | None = None) -> Iterator[float]:
    """Numbers among `stored` that stand for "no data", the largest first.

    They are the largest that `dtype` holds (unless more cells are near it), or one of `STAND_INS`
    that stands out: ten times the next largest, or in many cells while hardly any other number is
    of its size.
    """
    values, counts = np.unique(stored, return_counts=True)
    listed = np.array(STAND_INS)
    known = np.isin(values, listed) | np.isin(values, listed.astype(np.float32).astype(np.float64))
    largest = is_largest(values, dtype) if dtype is not None else np.zeros(len(values), bool)
    for k in np.flatnonzero(known | largest)[::-1]:
        value, count = float(values[k]), int(counts[k])
        below, cells = values[:k], counts[:k]
        near = int(cells[below > value / 2].sum())
        if largest[k] and count >= near:  # else numbers go up to it: the last of them is honest
            yield value
            continue
        next_largest = float(below[-1]) if len(below) else 0.0
        alone = next_largest * _STANDS_OUT < value and (len(below) > 0 or count > 1)
        alone &= count >= _MANY_CELLS or value >= _NEVER_BY_CHANCE
        # so many cells with that very number, and hardly any with one of its size
        many = count >= _MANY_CELLS * 10 and count > _MANY_CELLS * near and value >= 255
        if alone or (many and len(below) and next_largest < value):
            yield value


def people_stand_ins(
    values: NDArray[np.float64], *, least: float = _LEAST_STAND_IN
) -> NDArray[np.bool_]:
    """Bool per row: the number is one that offices write where they know nothing (9999, 999999).

    Only where it stands out: by far the largest, or written again and again.

    Examples
    --------
    >>> people_stand_ins(np.array([120.0, 999999.0, 80.0])).tolist()
    [False, True, False]
    >>> people_stand_ins(np.array([9500.0, 9999.0, 10400.0])).tolist()
    [False, False, False]
    """
    known = values[np.isfinite(values) & (values > 0)]
    found = [v for v in stand_ins(known) if v >= least]
    return np.isin(values, found)
