"""Many lines as one flat array: line e has the vertices ``coords[offsets[e]:offsets[e + 1]]``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reversed_lines(
    coords: NDArray[np.float64], offsets: NDArray[np.int64], which: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The flat coordinates with the lines in `which` running the other way."""
    if not which.any():
        return coords
    counts = np.diff(offsets)
    at = np.arange(len(coords))
    start = np.repeat(offsets[:-1], counts)
    end = np.repeat(offsets[1:] - 1, counts)
    turned = np.repeat(which, counts)
    return coords[np.where(turned, start + end - at, at)]


def line_lengths(coords: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Length of each line of a flat coordinate array."""
    steps = np.zeros(len(coords))
    steps[:-1] = np.hypot(*np.diff(coords, axis=0).T)
    steps[offsets[1:] - 1] = 0.0  # from one line's end to the next line's start
    return np.add.reduceat(steps, offsets[:-1])


def location_numbers(coords: NDArray[np.float64], snap_m: float) -> NDArray[np.int64]:
    """One number per distinct location, equal where coordinates are after rounding to `snap_m`.

    Examples
    --------
    >>> location_numbers(np.array([[5.0, 5.0], [0.0, 0.0], [5.0, 5.004]]), 0.01).tolist()
    [1, 0, 1]
    """
    with np.errstate(invalid="ignore", over="ignore"):  # places that are none are told later
        cell = np.round((coords - coords.min(axis=0, initial=np.inf)) / snap_m).astype(np.int64)
    width = int(cell[:, 1].max(initial=0)) + 1
    return np.unique(cell[:, 0] * width + cell[:, 1], return_inverse=True)[1].astype(np.int64)


def lines_at(
    coords: NDArray[np.float64], offsets: NDArray[np.int64], which: NDArray[np.int64] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The vertices of all lines, or of those at the positions `which`, and whose each is."""
    if which is None:
        return coords, np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    counts = np.diff(offsets)[which]
    line = np.repeat(np.arange(len(which)), counts)
    start = np.repeat(offsets[:-1][which] - np.cumsum(counts) + counts, counts)
    return coords[start + np.arange(len(line))], line


def densified(
    corners: NDArray[np.float64], line: NDArray[np.int64], step_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Lines with points at most `step_m` apart, as GEOS sets them, without a line as an object.

    corners : the vertices of all lines, one after the other. line : whose each is, ascending.
    """
    way = np.diff(corners, axis=0, append=corners[-1:])
    way[np.flatnonzero(np.diff(line, append=-1))] = 0.0  # to the next line
    length = np.sqrt(way[:, 0] * way[:, 0] + way[:, 1] * way[:, 1])
    count = np.maximum(np.ceil(length / step_m), 1).astype(np.int64)
    at = np.repeat(np.arange(len(line)), count)
    number = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    share = number * (length / count)[at]
    share /= np.where(length > 0, length, 1.0)[at]
    xy = np.column_stack([corners[at, k] + share * way[at, k] for k in (0, 1)])
    edge = line[at]
    # where a line has length, a point stands once; a street without length keeps its two ends
    again = (xy[1:, 0] == xy[:-1, 0]) & (xy[1:, 1] == xy[:-1, 1]) & (edge[1:] == edge[:-1])
    if not again.any():
        return xy, edge
    drawn = np.bincount(line, weights=length) > 0
    keep = np.append(True, ~(again & drawn[edge[1:]]))
    return xy[keep], edge[keep]
