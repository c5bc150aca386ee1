"""The ground within a width of points, for many groups of points at one time.

Each group has a window of its own on a grid, and the windows stand one below the other on one
canvas: distances are worked out on it in whole steps, only as far as the width goes, and one
contour is drawn through all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.isochrones import contour

#: the contour lies this much outside the width, so that it meets no cell's centre
_BESIDE = 1.0001
#: cells of one canvas, of some bytes each: it is as wide as its widest window
_MOST_CELLS = 20_000_000


def strips(
    xy: NDArray[np.float64],
    group: NDArray[np.int64],
    *,
    n_groups: int,
    width_m: float,
    cell_m: float,
) -> NDArray[Any]:
    """A polygon per group: the ground within `width_m` of its points.

    Parameters
    ----------
    xy, group : the points, and the number of the group that each is of.
    n_groups : groups without points have None.
    width_m : at least `cell_m`.
    cell_m : the grid's side; the polygons are true to about that.

    Returns
    -------
    array of Polygon, MultiPolygon or None
    """
    shapes = np.full(n_groups, None, object)
    if len(xy) == 0:
        return shapes
    steps = _steps(width_m, cell_m)
    low = np.full((n_groups, 2), np.inf)
    high = np.full((n_groups, 2), -np.inf)
    for axis in (0, 1):
        np.minimum.at(low[:, axis], group, xy[:, axis])
        np.maximum.at(high[:, axis], group, xy[:, axis])
    drawn = np.isfinite(low[:, 0])
    low[drawn] = grid_origin(low[drawn], width_m=width_m, cell_m=cell_m)
    size = np.zeros((n_groups, 2), np.int64)
    size[drawn] = ((high[drawn] - low[drawn]) / cell_m).astype(np.int64) + steps + 2
    if len(runs := _runs(size)) > 1:
        for run in runs:
            inside = np.isin(group, run)
            shapes[run] = strips(
                xy[inside],
                np.searchsorted(run, group[inside]),
                n_groups=len(run),
                width_m=width_m,
                cell_m=cell_m,
            )
        return shapes
    top = np.cumsum(size[:, 1]) - size[:, 1]
    marked = np.zeros((size[:, 1].sum(), size[:, 0].max()), bool)
    beyond = low[group]
    np.subtract(xy, beyond, out=beyond)
    beyond /= cell_m
    column, row = beyond.astype(np.int32).T
    marked[top[group] + row, column] = True
    points, rings, outlines = contour.outlines(_squares(marked, steps), width_m / cell_m * _BESIDE)
    of = np.searchsorted(top + size[:, 1], points[rings[outlines[:-1]], 1], side="right")
    owner = np.repeat(of, np.diff(rings[outlines]))
    points[:, 1] -= top[owner]
    points += 0.5
    points *= cell_m
    points += low[owner]
    parts = _simplified(points, rings, outlines, cell_m / 4)
    order = np.argsort(of, kind="stable")
    groups, first, count = np.unique(of[order], return_index=True, return_counts=True)
    found = shapely.multipolygons(parts[order], indices=np.repeat(np.arange(len(groups)), count))
    found[count == 1] = parts[order[first[count == 1]]]
    for k in np.flatnonzero(~shapely.is_valid(found)):  # lines that were simplified cross
        own = parts[order[first[k] : first[k] + count[k]]]
        found[k] = shapely.disjoint_subset_union_all(shapely.make_valid(own, method="structure"))
    shapes[groups] = found
    return shapes


def _simplified(
    points: NDArray[np.float64],
    rings: NDArray[np.int64],
    outlines: NDArray[np.int64],
    tolerance_m: float,
) -> NDArray[Any]:
    """Polygons with simpler lines, which may cross: line by line, GEOS does not look for that."""
    ring = np.repeat(np.arange(len(rings) - 1), np.diff(rings))
    lines = shapely.linearrings(points, indices=ring)
    lines = shapely.simplify(lines, tolerance_m, preserve_topology=False)
    # the line of a small hole may be no ring any more
    left = shapely.get_type_id(lines) == shapely.GeometryType.LINEARRING
    polygon = np.repeat(np.arange(len(outlines) - 1), np.diff(outlines))
    return shapely.polygons(lines[left], indices=polygon[left])


def grid_origin(low: NDArray[np.float64], *, width_m: float, cell_m: float) -> NDArray[np.float64]:
    """Where the grid of a group begins whose points begin at `low`."""
    return low - (_steps(width_m, cell_m) + 1) * cell_m


def _steps(width_m: float, cell_m: float) -> int:
    return int(np.ceil(width_m / cell_m)) + 1


def _runs(size: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups whose windows have room on one canvas, windows of one width together."""
    runs: list[list[int]] = []
    tall = wide = 0
    for k in np.argsort(size[:, 0], kind="stable"):
        width, height = size[k]
        tall, wide = tall + height, max(wide, width)
        if not runs or tall * wide > _MOST_CELLS:
            runs.append([])
            tall, wide = height, width
        runs[-1].append(int(k))
    return [np.sort(run) for run in runs]


def _squares(marked: NDArray[np.bool_], steps: int) -> NDArray[np.unsignedinteger]:
    """Squared distance in cells to the nearest marked one, true up to `steps`, more beyond."""
    kind = np.min_scalar_type((steps + 1) ** 2 + steps**2)  # one byte where the width is some cells
    beside = (~marked).astype(kind)
    beside *= kind.type(steps + 1)
    for _ in range(steps):  # along the row
        np.minimum(beside[:, 1:], beside[:, :-1] + kind.type(1), out=beside[:, 1:])
        np.minimum(beside[:, :-1], beside[:, 1:] + kind.type(1), out=beside[:, :-1])
    beside *= beside
    nearest = beside.copy()
    for k in range(1, steps + 1):  # then across the rows
        np.minimum(nearest[k:], beside[:-k] + kind.type(k * k), out=nearest[k:])
        np.minimum(nearest[:-k], beside[k:] + kind.type(k * k), out=nearest[:-k])
    return nearest
