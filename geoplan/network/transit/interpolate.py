"""Times between timepoints: in proportion to the way, along the drawn shape where there is one.

Stops are matched to a shape in their order, so that the sum of squared distances is least: the
nearest location of each stop alone would jump ahead on a line that returns by its own street.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def along_shape(stops: NDArray[np.float64], shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far along a shape each stop lies, metres, never backwards.

    Parameters
    ----------
    stops, shape : float64 (n, 2) and (m, 2), metres, m >= 2.

    Examples
    --------
    >>> there_and_back = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 1.0]])
    >>> stops = np.array([[0.0, 0.0], [50.0, 0.0], [50.0, 1.0]])
    >>> along_shape(stops, there_and_back).round().tolist()
    [0.0, 50.0, 150.0]
    """
    start, way = shape[:-1], np.diff(shape, axis=0)
    length = np.hypot(way[:, 0], way[:, 1])
    before = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    offset = stops[:, None, :] - start[None]
    square = np.maximum(length**2, 1e-12)
    at = np.clip((offset * way[None]).sum(axis=2) / square, 0.0, 1.0)
    off = offset - at[..., None] * way[None]
    cost = (off**2).sum(axis=2)
    n, m = cost.shape
    choice = np.zeros((n, m), np.int64)
    total = cost[0]
    for i in range(1, n):
        least = np.minimum.accumulate(total)
        # where the least so far was first reached
        first = np.r_[True, least[1:] < least[:-1]]
        choice[i] = np.maximum.accumulate(np.where(first, np.arange(m), 0))
        total = least + cost[i]
    segment = np.empty(n, np.int64)
    segment[-1] = int(np.argmin(total))
    for i in range(n - 1, 0, -1):
        segment[i - 1] = choice[i, segment[i]]
    chainage = before[segment] + at[np.arange(n), segment] * length[segment]
    return np.maximum.accumulate(chainage)


def straight(stops: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each stop from the first, straight from stop to stop, metres."""
    step = np.diff(stops, axis=0)
    return np.concatenate([[0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])


def fill_times(
    before: NDArray[np.float64], after: NDArray[np.float64], way: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Blank (NaN) times between known ones, in proportion to the way; the ends must be known.

    Parameters
    ----------
    before, after : float64 (trips, calls), milliseconds, blank at the same calls of every trip:
        when a stop is left, and when it is reached.
    way : float64 (calls,), never decreasing.

    Returns
    -------
    float64 (trips, calls), `after` where it is known.

    Examples
    --------
    >>> times = np.array([[0.0, np.nan, 600.0]])
    >>> fill_times(times, times, np.array([0.0, 100.0, 300.0])).tolist()
    [[0.0, 200.0, 600.0]]
    """
    known = np.flatnonzero(~np.isnan(after[0]))
    if len(known) == after.shape[1]:
        return after
    calls = np.arange(after.shape[1])
    right = np.clip(np.searchsorted(known, calls, side="left"), 1, len(known) - 1)
    a, b = known[right - 1], known[right]
    span = way[b] - way[a]
    even = (calls - a) / (b - a)  # stops that all lie on one spot: as many minutes each
    share = np.where(span > 0, (way - way[a]) / np.where(span > 0, span, 1.0), even)
    filled = before[:, a] + (after[:, b] - before[:, a]) * share
    return np.where(np.isnan(after), np.rint(filled), after)
