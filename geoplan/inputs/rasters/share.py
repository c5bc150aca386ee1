"""Cells shared among areas by the ground that each covers; every cell's people stay together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from rasterio import Affine

from geoplan.tolerances import LEAST_CELL_SHARE

_STRIP_CELLS = 8_000_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CellGrid:
    """Cells of one grid: row and column in `transform` (north up), people of each."""

    crs: pyproj.CRS
    transform: Affine
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    people: NDArray[np.float64]

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The centre of every cell."""
        t = self.transform
        return t.c + t.a * (self.column + 0.5), t.f + t.e * (self.row + 0.5)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> CellGrid:
        """Some of the cells."""
        return CellGrid(
            crs=self.crs,
            transform=self.transform,
            row=self.row[chosen],
            column=self.column[chosen],
            people=self.people[chosen],
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AreaShapes:
    """The polygons of one level in the grid's CRS, their codes, and each one's area above.

    above : position in the next coarser level; -1 where it is not known.
    """

    level: str
    codes: NDArray[np.object_]
    shapes: NDArray[np.object_]
    above: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pieces:
    """Parts of cells: which cell, its people there, and the area at its level (-1: none).

    level : position among the levels, the finest first. cut : whether the study's border cuts the
    cell that the piece belongs to.
    """

    cell: NDArray[np.int64]
    people: NDArray[np.float64]
    level: NDArray[np.int64]
    area: NDArray[np.int64]
    cut: NDArray[np.bool_]


def share_cells(grid: CellGrid, levels: Sequence[AreaShapes]) -> Pieces:
    """The people of each cell shared among the areas that cover it.

    Areas of the finest level come first; the ground that none of them covers goes to the level
    above. Where areas cover a part of the cell only, they share all of its people: whether
    a cell counts has been decided by its centre.

    Parameters
    ----------
    grid : cells with their centre inside the study.
    levels : polygons, the finest level first.
    """
    count = len(grid.people)
    covered = np.zeros(count)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], int]] = []
    below: pd.Series | None = None  # covered by the levels below, by cell and area of this one
    for k, level in enumerate(levels):
        open_cells = np.flatnonzero(covered < 1.0 - LEAST_CELL_SHARE)
        cell, area, share = coverage(grid.take(open_cells), level.shapes)
        cell = open_cells[cell]
        if below is not None:
            at = pd.MultiIndex.from_arrays([cell, area])
            share = share - below.reindex(at).fillna(0.0).to_numpy(np.float64)
            share = np.minimum(share, 1.0 - covered[cell])
        kept = share > (LEAST_CELL_SHARE if k else 0.0)
        cell, area, share = cell[kept], area[kept], share[kept]
        parts.append((cell, area, share, k))
        covered += np.bincount(cell, weights=share, minlength=count)
        below = _below(parts, levels, k)
    missed = np.flatnonzero(covered <= 0.0)
    parts.append((missed, np.full(len(missed), -1), np.ones(len(missed)), 0))
    whole = np.where(covered > 0.0, covered, 1.0)
    cell = np.concatenate([p[0] for p in parts])
    area = np.concatenate([p[1] for p in parts])
    share = np.concatenate([p[2] for p in parts])
    rank = np.concatenate([np.full(len(p[0]), p[3]) for p in parts])
    order = np.lexsort((area, rank, cell))
    cell = cell[order]
    return Pieces(
        cell=cell,
        people=grid.people[cell] * (share[order] / whole[cell]),
        level=rank[order],
        area=area[order],
        cut=(covered[cell] < 1.0 - LEAST_CELL_SHARE) & bool(levels),
    )


def _below(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], int]],
    levels: Sequence[AreaShapes],
    done: int,
) -> pd.Series:
    """Share of each cell that is covered already, by cell and area of the level above `done`."""
    cells, areas, shares = [], [], []
    for cell, area, share, k in parts:
        for step in range(k, done + 1):
            area = np.where(area >= 0, levels[step].above[area], -1)
        cells.append(cell)
        areas.append(area)
        shares.append(share)
    frame = pd.DataFrame(
        {
            "cell": np.concatenate(cells),
            "area": np.concatenate(areas),
            "share": np.concatenate(shares),
        }
    )
    return frame.groupby(["cell", "area"])["share"].sum()


def coverage(
    grid: CellGrid, shapes: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Cell, shape and share of the cell's ground that the shape covers, where there is any."""
    found = list(_coverage(grid, shapes))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    cell, shape, share = (np.concatenate(one) for one in zip(*found, strict=True))
    return cell, shape, share


def _coverage(
    grid: CellGrid, shapes: NDArray[np.object_]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    if len(grid.row) == 0 or len(shapes) == 0:
        return
    t, wkt = grid.transform, grid.crs.to_wkt()
    left, right = int(grid.column.min()), int(grid.column.max()) + 1
    step = max(_STRIP_CELLS // (right - left), 1)
    order = np.argsort(grid.row, kind="stable")
    rows = grid.row[order]
    for first in range(int(rows[0]), int(rows[-1]) + 1, step):
        cells = order[slice(*np.searchsorted(rows, [first, first + step]))]
        if len(cells) == 0:
            continue
        last = int(grid.row[cells].max()) + 1
        which = np.full((last - first, right - left), -1, np.int64)
        which[grid.row[cells] - first, grid.column[cells] - left] = cells
        box = (t.c + t.a * left, t.f + t.e * last, t.c + t.a * right, t.f + t.e * first)
        near = np.flatnonzero(shapely.intersects(shapes, shapely.box(*box)))
        if len(near) == 0:
            continue
        source = NumPyRasterSource(np.zeros(which.shape, np.uint8), *box, srs_wkt=wkt)
        frame = gpd.GeoDataFrame({"shape": near}, geometry=shapes[near], crs=grid.crs)
        table = exact_extract(
            source, frame, ["cell_id", "coverage"], include_cols=["shape"], output="pandas"
        )
        lengths = table["cell_id"].map(len).to_numpy(np.int64)
        if lengths.sum() == 0:
            continue
        cell = which.ravel()[np.concatenate(list(table["cell_id"])).astype(np.int64)]
        shape = np.repeat(table["shape"].to_numpy(np.int64), lengths)
        share = np.concatenate(list(table["coverage"])).astype(np.float64)
        kept = (cell >= 0) & (share > 0)
        yield cell[kept], shape[kept], share[kept]
