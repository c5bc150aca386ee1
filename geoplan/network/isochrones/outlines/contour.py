"""The lines around the cells of a grid that are near, drawn between the centres of cells.

Point for point those of contourpy, which wants the distance and both coordinates of every cell as
doubles; here a cell is a byte or two, and what takes time is the lines.

A quad lies between the centres of four cells and has the number of the one at its upper right. What
is near lies to the left of a line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel

#: marks of quads: an outer line may begin there, or one around a hole; straight above is a hole
_OUTER, _HOLE, _BELOW = np.uint8(1), np.uint8(2), np.uint8(4)


class _Grid(NamedTuple):
    """Cells row by row.

    cells : unsigned (rows * width,), squared distances; those of `most` and less are near.
    away : float64 (largest + 1,), the root of each square.
    level : where the lines are.
    mark : uint8 (rows * width,), the quads' marks.
    """

    cells: NDArray[np.unsignedinteger]
    width: int
    most: int
    away: NDArray[np.float64]
    level: float
    mark: NDArray[np.uint8]


def outlines(
    squares: NDArray[np.unsignedinteger], level: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Polygons of the ground where the roots of `squares` are below `level`, which none equals.

    Parameters
    ----------
    squares : (rows, columns); all along the border their roots are above `level`.

    Returns
    -------
    points : float64 (n, 2), column and row; the last point of each ring is its first.
    rings : int64, where each ring begins in `points`, and the end.
    polygons : int64, where each polygon begins in `rings`, with its outer ring, and the end.
    """
    away = np.sqrt(np.arange(squares.max() + 1.0))
    most = int(np.searchsorted(away, level)) - 1
    mark = np.zeros(squares.size, np.uint8)
    grid = _Grid(squares.reshape(-1), squares.shape[1], most, away, float(level), mark)
    crossings = np.empty((_mark_starts(grid), 2), np.int64)
    drawn: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
    drawn = _drawn(grid, np.flatnonzero(mark), crossings)
    return drawn


@kernel
def _drawn(grid, starts, crossings):
    """The polygons whose lines begin in the quads `starts`, or else where they have begun before.

    crossings : int64, room for the cells on either side of all crossings of a line and a quad's
        edge.
    """
    begins = np.empty(len(starts) + 1, np.int64)
    begins[0] = lines = 0
    for start in starts:
        if grid.mark[start] & (_OUTER | _HOLE):
            starts[lines] = start
            begins[lines + 1] = _follow(start, grid, crossings, begins[lines])
            lines += 1
            _mark_below(start, grid)
    order, polygons = _by_polygon(grid, crossings, starts[:lines], begins)
    points = np.empty((len(crossings) + lines, 2))
    rings = np.empty(lines + 1, np.int64)
    rings[0] = n = 0
    for k in range(lines):
        for c in range(begins[order[k]], begins[order[k] + 1]):
            points[n, 0], points[n, 1] = _point(crossings[c, 0], crossings[c, 1], grid)
            n += 1
        points[n, 0], points[n, 1] = points[rings[k], 0], points[rings[k], 1]
        n += 1
        rings[k + 1] = n
    return points, rings, polygons


@kernel
def _mark_starts(grid):
    """Mark quads whose upper right corner is alone on its side of a line; count all crossings."""
    cells, width, most, _, level, mark = grid
    crossings = 0
    for quad in range(width + 1, len(cells)):
        far, left_far = cells[quad] > most, cells[quad - 1] > most
        lower_far = cells[quad - width] > most
        crossings += (far != left_far) + (far != lower_far)
        if far != left_far and far != lower_far:
            across_far = cells[quad - width - 1] > most
            if across_far != far or (_middle(quad, grid) > level) != far:
                mark[quad] = _HOLE if far else _OUTER
    return crossings


@inner_kernel
def _middle(quad, grid):
    """The distance in the middle of a quad."""
    cells, width, _, away, _, _ = grid
    lower = away[cells[quad - width - 1]] + away[cells[quad - width]]
    return 0.25 * (lower + away[cells[quad - 1]] + away[cells[quad]])


@inner_kernel
def _follow(start, grid, crossings, n):
    """Fill `crossings` from n on with those of the line that begins in `start`; where it ends."""
    cells, width, most, _, level, mark = grid
    quad, first = start, n
    # the way into the quad, the way from the cell on the right to that on the left, and this cell
    forward, across, left = -width, 1, start
    if mark[start] & _HOLE:
        forward, across, left = -1, -width, start - width
    while True:
        right = left - across
        if n > first and left == crossings[first, 0] and right == crossings[first, 1]:
            return n
        crossings[n, 0], crossings[n, 1] = left, right
        n += 1
        left_far, right_far = cells[left + forward] > most, cells[right + forward] > most
        if right_far and not left_far:
            left += forward
        elif left_far and (right_far or _middle(quad, grid) > level):
            if forward == -width and quad != start:
                mark[quad] &= _BELOW
            forward, across = across, -forward
        else:
            if forward == -1 and quad != start:
                mark[quad] &= _BELOW
            left = right + forward
            forward, across = -across, forward
        quad += forward


@inner_kernel
def _mark_below(start, grid):
    """Where a line around a hole begins: mark the quad straight below it at the next line."""
    cells, width, most, _, _, mark = grid
    if mark[start] & _HOLE:
        below = start
        while cells[below - width] <= most:
            below -= width
        mark[below] |= _BELOW


@inner_kernel
def _by_polygon(grid, crossings, starts, begins):
    """Numbers of the lines, each outer one before its holes, and where each polygon begins."""
    width, mark = grid.width, grid.mark
    lines = np.empty(len(starts), np.int64)
    polygons = np.empty(len(starts) + 1, np.int64)
    polygons[0] = n = n_polygons = 0
    for outer in range(len(starts)):
        if mark[starts[outer]] & _HOLE:
            continue
        done, n = n, n + 1
        lines[done] = outer
        while done < n:
            for c in range(begins[lines[done]], begins[lines[done] + 1]):
                quad = crossings[c, 0]
                if crossings[c, 1] == quad - width and mark[quad] & _BELOW:
                    while not mark[quad] & _HOLE:
                        quad += width
                    lines[n] = _place(quad, starts)
                    n += 1
            done += 1
        n_polygons += 1
        polygons[n_polygons] = n
    return lines, polygons[: n_polygons + 1]


@inner_kernel
def _place(start, starts):
    """The place of a quad in `starts`, by halving."""
    low, high = 0, len(starts)
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= start:
            low = middle
        else:
            high = middle
    return low


@inner_kernel
def _point(left, right, grid):
    """Column and row at which a line passes between two cells."""
    cells, width, _, away, level, _ = grid
    beyond = away[cells[right]]
    share = (beyond - level) / (beyond - away[cells[left]])
    column = (left % width) * share + (right % width) * (1.0 - share)
    return column, (left // width) * share + (right // width) * (1.0 - share)
