"""Order along a Hilbert curve: neighbours on the ground become neighbours in memory.

Hilbert, D. (1891), Ueber die stetige Abbildung einer Linie auf ein Flaechenstueck, Mathematische
Annalen 38, 459-460; computed bit by bit as in Warren (2012), Hacker's Delight, chapter 16.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BITS = 16


def hilbert_key(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Distance of each point along a Hilbert curve over the points' extent.

    Both axes share one scale, so that a long thin city is not folded; the curve has
    2**16 cells per side.

    Examples
    --------
    >>> import numpy as np
    >>> hilbert_key(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])).argsort()
    array([0, 1, 2, 3])
    """
    if len(x) == 0:
        return np.empty(0, np.int64)
    span = max(float(np.ptp(x)), float(np.ptp(y))) or 1.0
    scale = ((1 << _BITS) - 1) / span
    gx = ((x - x.min()) * scale).astype(np.int64)
    gy = ((y - y.min()) * scale).astype(np.int64)
    key = np.zeros(len(x), np.int64)
    top = (1 << _BITS) - 1
    for bit in range(_BITS - 1, -1, -1):
        rx = (gx >> bit) & 1
        ry = (gy >> bit) & 1
        key = (key << 2) | ((3 * rx) ^ ry)
        flip = (ry == 0) & (rx == 1)
        gx = np.where(flip, top - gx, gx)
        gy = np.where(flip, top - gy, gy)
        swap = ry == 0
        gx, gy = np.where(swap, gy, gx), np.where(swap, gx, gy)
    return key


def hilbert_order(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions that put the points in Hilbert order; equal cells keep their order."""
    return np.argsort(hilbert_key(x, y), kind="stable")
