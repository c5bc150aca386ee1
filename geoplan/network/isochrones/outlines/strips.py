"""The ground within a width of points, for many groups of points at one time.

Each group has a window of its own on a grid, and the windows stand one below the other on one
canvas: distances are worked out on it in whole steps, only as far as the width goes, and one
contour is drawn through all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.isochrones.outlines import contour
from geoplan.network.isochrones.outlines.point_runs import PointRuns, mark_cells, widen

#: the contour lies this much outside the width, so that it meets no cell's centre
_BESIDE = 1.0001
#: cells of one canvas, of some bytes each: it is as wide as its widest window
_MOST_CELLS = 20_000_000


def strips(
    reached: Sequence[PointRuns], *, n_groups: int, width_m: float, cell_m: float
) -> NDArray[Any]:
    """A polygon per group: the ground within `width_m` of its points.

    Parameters
    ----------
    reached : the points.
    n_groups : groups without points have None.
    width_m : at least `cell_m`.
    cell_m : the grid's side; the polygons are true to about that.

    Returns
    -------
    array of Polygon, MultiPolygon or None
    """
    shapes = np.full(n_groups, None, object)
    steps = _steps(width_m, cell_m)
    low, high = extent(reached, n_groups)
    drawn = np.isfinite(low[:, 0])
    if not drawn.any():
        return shapes
    low -= (steps + 1) * cell_m
    size = np.zeros((n_groups, 2), np.int64)
    size[drawn] = ((high[drawn] - low[drawn]) / cell_m).astype(np.int64) + steps + 2
    if len(canvases := _canvases(size)) > 1:
        for some in canvases:
            own = [runs.of(some) for runs in reached]
            shapes[some] = strips(own, n_groups=len(some), width_m=width_m, cell_m=cell_m)
        return shapes
    top = np.cumsum(size[:, 1]) - size[:, 1]
    marked = np.zeros((size[:, 1].sum(), size[:, 0].max()), bool)
    for runs in reached:
        mark_cells(runs, low, cell_m, top, marked)
    points, rings, outlines = contour.outlines(_squares(marked, steps), width_m / cell_m * _BESIDE)
    of = np.searchsorted(top + size[:, 1], points[rings[outlines[:-1]], 1], side="right")
    owner = np.repeat(of, np.diff(rings[outlines]))
    points[:, 1] -= top[owner]
    points += 0.5
    points *= cell_m
    points += low[owner]
    polygons = _simplified(points, rings, outlines, cell_m / 4)
    groups, found = _by_group(polygons, of)
    shapes[groups] = found
    return shapes


def _by_group(
    polygons: NDArray[Any], of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The groups that have polygons, and one valid shape for each."""
    order = np.argsort(of, kind="stable")
    groups, first, count = np.unique(of[order], return_index=True, return_counts=True)
    shapes = shapely.multipolygons(
        polygons[order], indices=np.repeat(np.arange(len(groups)), count)
    )
    shapes[count == 1] = polygons[order[first[count == 1]]]
    for k in np.flatnonzero(~shapely.is_valid(shapes)):  # lines that were simplified cross
        own = shapely.make_valid(
            polygons[order[first[k] : first[k] + count[k]]], method="structure"
        )
        shapes[k] = shapely.disjoint_subset_union_all(own)
    return groups, shapes


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


def extent(
    reached: Sequence[PointRuns], n_groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and largest coordinates of the points of each group; inf and -inf where it has none."""
    low, high = np.full((n_groups, 2), np.inf), np.full((n_groups, 2), -np.inf)
    for runs in reached:
        widen(runs, low, high)
    return low, high


def _steps(width_m: float, cell_m: float) -> int:
    return int(np.ceil(width_m / cell_m)) + 1


def _canvases(size: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups whose windows have room on one canvas, windows of one width together."""
    canvases: list[list[int]] = []
    tall = wide = 0
    for k in np.argsort(size[:, 0], kind="stable"):
        width, height = size[k]
        tall, wide = tall + height, max(wide, width)
        if not canvases or tall * wide > _MOST_CELLS:
            canvases.append([])
            tall, wide = height, width
        canvases[-1].append(int(k))
    return [np.sort(some) for some in canvases]


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
