"""A grid over segments of street: whether one of another street comes close to a point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.tolerances import GRID_ROUNDING


class Grid(NamedTuple):
    """Segments by grid cell: those of column x, row y are ``inside[start[c]:start[c + 1]]``.

    The number of a cell is ``c = x * rows + y``.
    """

    start: NDArray[np.int64]
    inside: NDArray[np.int32]
    columns: int
    rows: int


@kernel
def grid_of(segments, nx, ny):
    """The segments that pass through each cell of a grid; their ends are given in cells."""
    p, q = segments.p, segments.q
    start = np.zeros(nx * ny + 1, np.int64)
    for fill in range(2):
        if fill == 1:
            start[1:] = np.cumsum(start[1:])
            inside = np.empty(start[-1], np.int32)
            at = start[:-1].copy()
        for i in range(len(p)):
            x0, y0, x1, y1 = p[i, 0], p[i, 1], q[i, 0], q[i, 1]
            if x1 < x0:
                x0, y0, x1, y1 = x1, y1, x0, y0
            slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
            for column in range(int(x0), int(x1) + 1):
                ya = y0 if column == int(x0) else y0 + (column - x0) * slope
                yb = y1 if column == int(x1) else y0 + (column + 1 - x0) * slope
                first = max(int(min(ya, yb) - GRID_ROUNDING), 0)
                last = min(int(max(ya, yb) + GRID_ROUNDING), ny - 1)
                for row in range(first, last + 1):
                    if fill == 1:
                        inside[at[column * ny + row]] = i
                        at[column * ny + row] += 1
                    else:
                        start[column * ny + row + 1] += 1
    return Grid(start, inside, nx, ny)


@kernel
def near_another_segment(xy, segment, limit, segments, grid):
    """Whether another segment than its own comes within `limit` of each point.

    The next segment of the same edge does not count where the street goes on: its generators
    mirror those of the segment before it.
    """
    p, q, edges = segments.p, segments.q, segments.edge
    start, inside, nx, ny = grid
    tight = np.zeros(len(xy), np.bool_)
    for i in range(len(xy)):
        r = limit[i]
        if r <= 0.0:
            continue
        x, y = xy[i, 0], xy[i, 1]
        for column in range(max(int(x - r), 0), min(int(x + r), nx - 1) + 1):
            for row in range(max(int(y - r), 0), min(int(y + r), ny - 1) + 1):
                for s in range(start[column * ny + row], start[column * ny + row + 1]):
                    j = inside[s]
                    own = segment[i]
                    if j == own or (
                        abs(j - own) == 1 and edges[j] == edges[own] and _goes_on(segments, j, own)
                    ):
                        continue
                    if _squared_distance(p, q, j, x, y) <= r * r:
                        tight[i] = True
                        break
                if tight[i]:
                    break
            if tight[i]:
                break
    return tight


@kernel
def near_foreign_segment(xy, limit, apart, segments, grid):
    """Whether a segment comes within `limit` of each corner that does not meet there.

    A segment meets in a corner where one of its ends lies within `apart`.
    """
    p, q = segments.p, segments.q
    start, inside, nx, ny = grid
    tight = np.zeros(len(xy), np.bool_)
    for i in range(len(xy)):
        r = limit[i]
        x, y = xy[i, 0], xy[i, 1]
        for column in range(max(int(x - r), 0), min(int(x + r), nx - 1) + 1):
            for row in range(max(int(y - r), 0), min(int(y + r), ny - 1) + 1):
                for s in range(start[column * ny + row], start[column * ny + row + 1]):
                    j = inside[s]
                    if tight[i] or _meets(p, q, j, x, y, apart):
                        continue
                    tight[i] = _squared_distance(p, q, j, x, y) <= r * r
    return tight


@inner_kernel
def _meets(p, q, j, x, y, apart):
    return (abs(p[j, 0] - x) <= apart and abs(p[j, 1] - y) <= apart) or (
        abs(q[j, 0] - x) <= apart and abs(q[j, 1] - y) <= apart
    )


@inner_kernel
def _squared_distance(p, q, j, x, y):
    ax, ay = p[j, 0], p[j, 1]
    dx, dy = q[j, 0] - ax, q[j, 1] - ay
    t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)
    t = min(max(t, 0.0), 1.0)
    return (ax + t * dx - x) ** 2 + (ay + t * dy - y) ** 2


@inner_kernel
def _goes_on(segments, i, j):
    """Whether two successive segments turn by less than a right angle."""
    p, q = segments.p, segments.q
    dot = (q[i, 0] - p[i, 0]) * (q[j, 0] - p[j, 0]) + (q[i, 1] - p[i, 1]) * (q[j, 1] - p[j, 1])
    return dot > 0.0
