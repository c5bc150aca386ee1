"""Rows that repeat parts of another row: 其中：男, then 女; a place, then its age groups."""

from __future__ import annotations

import dataclasses

import numpy as np

from geoplan.inputs.columns.totals.sum_rows import SumRows


def rows_after_parts(
    people: np.ndarray, *, part: np.ndarray, bare: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows that go on with the parts of a row where only the first is called one.

    Parameters
    ----------
    people : number of every row, NaN where there is none.
    part : bool per row: its name says that it is part of another row, or a sum.
    bare : bool per row: neither location nor code.

    Returns
    -------
    Bool per row, certain (all parts add up to the row before them) and probable.

    Examples
    --------
    >>> people = np.array([101.0, 50, 51, 102])
    >>> first = np.array([False, True, False, False])
    >>> alone = np.array([False, True, True, False])
    >>> rows_after_parts(people, part=first, bare=alone)[0].tolist()
    [False, False, True, False]
    """
    sure, likely = np.zeros(len(people), bool), np.zeros(len(people), bool)
    starts = np.flatnonzero(part & bare & ~np.r_[False, part[:-1]])
    for start in starts[starts > 0].tolist():
        end = start
        while end < len(people) and bare[end]:
            end += 1
        block = np.nan_to_num(people[start:end])
        met = np.flatnonzero(np.cumsum(block) == people[start - 1])
        named = part[start:end]
        if len(met):
            sure[start : start + int(met[-1]) + 1] = ~named[: int(met[-1]) + 1]
        elif not bare[start - 1]:
            likely[start:end] = ~named
    return sure, likely


def parts_not_sums(sums: SumRows, *, bare: np.ndarray) -> tuple[SumRows, np.ndarray]:
    """Sums of which only the sum has a location are places, and what they sum up their parts.

    Returns
    -------
    The other sums, and bool per row: it is part of another row.
    """
    sure, parts = sums.sure.copy(), np.zeros(len(bare), bool)
    for row in np.flatnonzero(sums.sure & ~bare).tolist():
        block = slice(int(sums.first[row]), int(sums.last[row]) + 1)
        if bare[block].all():
            sure[row] = False
            parts[block] = True
    return dataclasses.replace(sums, sure=sure & ~parts, likely=sums.likely & ~parts), parts
