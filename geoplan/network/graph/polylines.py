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
