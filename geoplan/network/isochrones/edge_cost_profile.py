"""What a location on an edge costs, and how far ground beside the street may lie from it.

Along a street the cost is the least of a path from each end and from the sites on it: a few
straight lines (`cost_profile`). What remains of the cutoff there is spent on the way off the
street: a strip of ground beside each line, with straight borders (`strips_beside`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.tolerances import AT_EDGE_END, NO_STRETCH, PROFILE_ROUNDING


class Reach(NamedTuple):
    """Largest cost, cost of a metre off the street, and most metres off the street."""

    cutoff: float
    leg: float
    width: float


@kernel
def cost_profile(from_u, from_v, to_u, to_v, site_at, site_cost, out):
    """Least cost along an edge as straight lines: rows of fraction, fraction, cost, cost.

    The sites on the edge (fractions ascending) divide it; between two of them the way on from
    the left and the way back from the right are one line each. Ground that no way reaches has no
    row. Returns the count of rows.

    Parameters
    ----------
    from_u, from_v : cost between each end and the sites elsewhere (inf = none).
    to_u, to_v : cost of the whole edge between a location and a site behind, and one ahead.
    site_at, site_cost : fraction and snap leg of the sites on the edge.
    out : where the rows go.
    """
    m = len(site_at)
    back = np.empty(m + 1)
    back[m] = from_v
    for q in range(m - 1, -1, -1):
        high = site_at[q + 1] if q + 1 < m else 1.0
        back[q] = min(
            site_cost[q], back[q + 1] + (high - site_at[q]) * to_v if to_v < np.inf else np.inf
        )
    rows = 0
    left = from_u
    for q in range(m + 1):
        low = site_at[q - 1] if q > 0 else 0.0
        high = site_at[q] if q < m else 1.0
        width = high - low
        if q > 0:
            left = min(left, site_cost[q - 1])
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


@inner_kernel
def strips_beside(profile, fa, fb, length, reach, out):
    """How far the reached ground goes off a stretch: rows of x, x, height, height (above 0).

    profile : rows of the edge's `cost_profile`. fa, fb : the stretch's fractions of the edge.
    Returns the count of rows, and the least height over the whole stretch (negative where the
    street itself is not reached).
    """
    cutoff, leg, width = reach
    n = 0
    least = np.inf
    covered = 0.0
    for r in range(len(profile)):
        f0, f1 = max(profile[r, 0], fa), min(profile[r, 1], fb)
        if f1 - f0 <= NO_STRETCH:
            continue
        rate = (profile[r, 3] - profile[r, 2]) / (profile[r, 1] - profile[r, 0])
        h0 = (cutoff - profile[r, 2] - (f0 - profile[r, 0]) * rate) / leg
        h1 = (cutoff - profile[r, 2] - (f1 - profile[r, 0]) * rate) / leg
        x0 = (f0 - fa) / (fb - fa) * length
        x1 = (f1 - fa) / (fb - fa) * length
        covered += x1 - x0
        least = min(least, min(h0, h1))
        if h0 <= 0.0 and h1 <= 0.0:
            continue
        if h0 < 0.0:
            x0, h0 = x0 + (x1 - x0) * h0 / (h0 - h1), 0.0
        elif h1 < 0.0:
            x1, h1 = x0 + (x1 - x0) * h0 / (h0 - h1), 0.0
        if min(h0, h1) < width < max(h0, h1):
            middle = x0 + (x1 - x0) * (width - h0) / (h1 - h0)
            out[n, 0], out[n, 1] = x0, middle
            out[n, 2], out[n, 3] = min(h0, width), width
            out[n + 1, 0], out[n + 1, 1] = middle, x1
            out[n + 1, 2], out[n + 1, 3] = width, min(h1, width)
            n += 2
        else:
            out[n, 0], out[n, 1] = x0, x1
            out[n, 2], out[n, 3] = min(h0, width), min(h1, width)
            n += 1
    if covered < length * (1.0 - PROFILE_ROUNDING):
        least = -1.0
    return n, min(least, width)


@inner_kernel
def height_at(profile, fraction, reach):
    """How far the reached ground goes off one location of an edge: 0 where nothing is reached."""
    cutoff, leg, width = reach
    height = 0.0
    for r in range(len(profile)):
        f0, f1 = profile[r, 0], profile[r, 1]
        if f1 > f0 and f0 - AT_EDGE_END <= fraction <= f1 + AT_EDGE_END:
            part = min(max((fraction - f0) / (f1 - f0), 0.0), 1.0)
            cost = profile[r, 2] + part * (profile[r, 3] - profile[r, 2])
            height = max(height, (cutoff - cost) / leg)
    return min(height, width)
