"""What a place along an edge costs, as a few straight lines."""

from __future__ import annotations

import numba as nb
import numpy as np

_jit = nb.njit(cache=True, nogil=True)


@_jit
def profile(from_u, from_v, to_u, to_v, arm_at, arm_cost, out):  # type: ignore[no-untyped-def]
    """Least cost along an edge as straight lines: rows of fraction, fraction, cost, cost.

    The sites on the edge (fractions ascending) divide it; between two of them the way on from
    the left and the way back from the right are one line each. Ground that no way reaches has no
    row. Returns the count of rows.
    """
    m = len(arm_at)
    back = np.empty(m + 1)
    back[m] = from_v
    for q in range(m - 1, -1, -1):
        high = arm_at[q + 1] if q + 1 < m else 1.0
        back[q] = min(
            arm_cost[q], back[q + 1] + (high - arm_at[q]) * to_v if to_v < np.inf else np.inf
        )
    rows = 0
    left = from_u
    for q in range(m + 1):
        low = arm_at[q - 1] if q > 0 else 0.0
        high = arm_at[q] if q < m else 1.0
        width = high - low
        if q > 0:
            left = min(left, arm_cost[q - 1])
        a = left if to_u < np.inf else np.inf
        b = a + width * to_u if a < np.inf else np.inf
        d = back[q] if to_v < np.inf else np.inf
        c = d + width * to_v if d < np.inf else np.inf
        left = b
        if width <= 0.0 or (a == np.inf and d == np.inf):
            continue
        if d == np.inf or (a <= c and b <= d):
            out[rows, 0], out[rows, 1], out[rows, 2], out[rows, 3] = low, high, a, b
            rows += 1
        elif a == np.inf or (c <= a and d <= b):
            out[rows, 0], out[rows, 1], out[rows, 2], out[rows, 3] = low, high, c, d
            rows += 1
        else:
            t = (c - a) / ((c - a) + (b - d))
            middle, cost = low + t * width, a + t * (b - a)
            out[rows, 0], out[rows, 1], out[rows, 2], out[rows, 3] = low, middle, a, cost
            rows += 1
            out[rows, 0], out[rows, 1], out[rows, 2], out[rows, 3] = middle, high, cost, d
            rows += 1
    return rows
