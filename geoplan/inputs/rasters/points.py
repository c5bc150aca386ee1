"""Parts of cells as demand points: blocks where there are too many, each inside its own area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.inputs.rasters.share import AreaShapes, CellGrid, Pieces

#: more points than this have no locations of their own on a city's walk network
MAX_POINTS = 200_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DemandPoints:
    """Points with people, not yet whole, and the area that each belongs to.

    level, area : as in `Pieces`. block : side of a block of cells put together (1 = none).
    """

    points: gpd.GeoSeries
    people: NDArray[np.float64]
    level: NDArray[np.int64]
    area: NDArray[np.int64]
    block: int


def demand_points(
    grid: CellGrid,
    pieces: Pieces,
    levels: Sequence[AreaShapes],
    *,
    crs: str,
    anchor: tuple[int, int] = (0, 0),
    most: int = MAX_POINTS,
) -> DemandPoints:
    """A point for every piece, or for every block and area where there are more than `most`.

    A point lies at its people's centre of gravity, and inside its area: where the centre does
    not, on the part of the block that does.

    Parameters
    ----------
    crs : of the points.
    anchor : row and column at which blocks begin: that of the study, not that of the file.
    """
    row = grid.row[pieces.cell] - anchor[0]
    column = grid.column[pieces.cell] - anchor[1]
    block, (group, first) = _blocks(row, column, pieces, most)
    people = np.bincount(group, weights=pieces.people, minlength=len(first)).astype(np.float64)
    x, y = (_means(v[pieces.cell], pieces.people, group, people) for v in grid.centres())
    level, area = pieces.level[first], pieces.area[first]
    corner = np.column_stack([row[first] // block, column[first] // block]) * block + anchor
    x, y = _inside(grid, levels, (x, y), (level, area), corner, block)
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=grid.crs).to_crs(crs)
    return DemandPoints(points=points, people=people, level=level, area=area, block=block)


def _blocks(
    row: NDArray[np.int64], column: NDArray[np.int64], pieces: Pieces, most: int
) -> tuple[int, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Side of the blocks; group of each piece, and the first piece of each group."""
    if len(row) <= most:
        every = np.arange(len(row))
        return 1, (every, every)
    block = max(int(np.sqrt(len(row) / most)), 1)
    largest = int(max(np.ptp(row), np.ptp(column))) + 1
    while True:
        block += 1
        keys = pd.DataFrame(
            {"r": row // block, "c": column // block, "l": pieces.level, "a": pieces.area}
        )
        grouped = keys.groupby(["r", "c", "l", "a"], sort=True)
        if grouped.ngroups <= most or block > largest:
            group = grouped.ngroup().to_numpy(np.int64)
            _, first = np.unique(group, return_index=True)
            return block, (group, first)


def _means(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    group: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> NDArray[np.float64]:
    if len(sums) == len(values):
        return values
    return np.asarray(np.bincount(group, weights=values * weights) / sums, np.float64)


def _inside(
    grid: CellGrid,
    levels: Sequence[AreaShapes],
    xy: tuple[NDArray[np.float64], NDArray[np.float64]],
    home: tuple[NDArray[np.int64], NDArray[np.int64]],
    corner: NDArray[np.int64],
    block: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points, those that lie beside their area moved onto the part of their block inside it."""
    (x, y), (level, area), t = xy, home, grid.transform
    x, y = x.copy(), y.copy()
    for k, one in enumerate(levels):
        at = np.flatnonzero((level == k) & (area >= 0))
        shapely.prepare(one.shapes)
        inside = shapely.intersects_xy(one.shapes[area[at]], x[at], y[at])
        for position in at[~inside]:
            r, c = corner[position]
            west, north = t.c + t.a * c, t.f + t.e * r
            part = shapely.clip_by_rect(
                one.shapes[area[position]], west, north + t.e * block, west + t.a * block, north
            )
            if not part.is_empty:
                middle = shapely.point_on_surface(part)
                x[position], y[position] = middle.x, middle.y
    return x, y
