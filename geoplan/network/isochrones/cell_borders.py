"""Voronoi cells by their Delaunay triangles: the corners about a stretch, and borders by number.

Each corner of a cell is the circumcentre of a triangle, each border lies between the circumcentres
of two neighbours. (`tri`, `across` and `at` as in `StreetCells`.)
"""

from __future__ import annotations

import numpy as np

from geoplan.kernels import inner_kernel, kernel

OPEN_CELL = "the triangles about a stretch of street do not close"


@kernel
def triangles_around(tri, across, at, which):
    """The triangles about each of some stretches, counter-clockwise: how many, and which."""
    counts = np.zeros(len(which), np.int64)
    for fill in range(2):
        if fill == 1:
            around = np.empty(counts.sum(), np.int64)
        used = 0
        for w in range(len(which)):
            t = at[which[w]]
            for _ in range(len(tri)):
                if fill == 1:
                    around[used] = t
                else:
                    counts[w] += 1
                used += 1
                k = 0 if tri[t, 0] == which[w] else 1 if tri[t, 1] == which[w] else 2
                t = across[t, (k + 1) % 3]
                if t == at[which[w]]:
                    break
            else:
                raise RuntimeError(OPEN_CELL)
    return counts, around


@kernel
def corner_count(i, at, tri, across):
    """How many corners the cell of stretch i has."""
    t = at[i]
    for n in range(len(tri)):
        c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
        t = across[t, (c + 1) % 3]
        if t == at[i]:
            return n + 1
    raise RuntimeError(OPEN_CELL)


@inner_kernel
def border_line(t, k, across):
    """The number of the border across from corner k of triangle t, the same from both sides."""
    n = across[t, k]
    if n < 0 or t < n:
        return 3 * t + k
    return 3 * n + (0 if across[n, 0] == t else 1 if across[n, 1] == t else 2)


@inner_kernel
def along_border(line, centre, across, x, y):
    """Where on a border between two cells a point stands, metres."""
    t = line // 3
    n = across[t, line % 3]
    if n < 0:
        return 0.0
    dx, dy = centre[n, 0] - centre[t, 0], centre[n, 1] - centre[t, 1]
    length = np.hypot(dx, dy)
    if length == 0.0:
        return 0.0
    return ((x - centre[t, 0]) * dx + (y - centre[t, 1]) * dy) / length
