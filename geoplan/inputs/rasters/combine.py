"""Several rasters as one: age groups added up, tiles side by side, the same people counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyproj
from numpy.typing import NDArray
from rasterio import Affine

from geoplan.crs.transformer import cached_transformer
from geoplan.errors import FileError
from geoplan.inputs.rasters.cut import CutRaster
from geoplan.inputs.rasters.open_raster import PopulationRaster
from geoplan.inputs.rasters.share import CellGrid
from geoplan.tolerances import SAME_CELL_SIDE, SAME_GRID_CELLS

#: cells in common, and the share of them with equal numbers, from which two files hold one
_COMMON, _EQUAL = 20, 0.99
#: share of the smaller raster's ground in common, from which two have one extent
_ONE_EXTENT = 0.9
#: share of a raster's people on cells of another grid: they would count twice
_TWICE = 0.05
#: cells that are compared with another grid, taken evenly
_COMPARED_CELLS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CountedTwice:
    """Cells of a later raster where an earlier one has people.

    added : False where the numbers are the same and count once; True where tiles with numbers of
        their own overlap, and both count.
    """

    raster: PopulationRaster
    earlier: PopulationRaster
    count: int
    people: float
    added: bool = False


def combine(cuts: Sequence[CutRaster]) -> tuple[list[CellGrid], list[CountedTwice]]:
    """The cells of all rasters, one grid for those that share one.

    Parameters
    ----------
    cuts : what counts of each raster.

    Raises
    ------
    FileError
        Grids that differ hold people on the same ground.
    """
    grids: list[CellGrid] = []
    owners: list[list[CutRaster]] = []
    twice: list[CountedTwice] = []
    for cut in cuts:
        at = next((k for k, g in enumerate(grids) if _same_grid(g, cut.raster)), None)
        if at is None:
            for grid in grids:
                _refuse_overlap(grid, cut)
            grids.append(_grid(cut))
            owners.append([cut])
            continue
        moved = _moved(cut, grids[at].transform)
        for earlier in owners[at]:
            there = _moved(earlier, grids[at].transform)
            same = _same_numbers(moved, there)
            common = same if same.any() else _on_a_seam(moved, there)
            if common.any():
                twice.append(
                    CountedTwice(
                        raster=cut.raster,
                        earlier=earlier.raster,
                        count=int(common.sum()),
                        people=float(moved.people[common].sum()),
                        added=not same.any(),
                    )
                )
            moved = _only(moved, ~same)
        owners[at].append(cut)
        grids[at] = _added(grids[at], moved)
    return grids, twice


def _grid(cut: CutRaster) -> CellGrid:
    return CellGrid(
        crs=cut.raster.crs,
        transform=cut.raster.transform,
        row=cut.row,
        column=cut.column,
        people=cut.people,
    )


def _same_grid(grid: CellGrid, raster: PopulationRaster) -> bool:
    a, b = grid.transform, raster.transform
    sides = np.isclose([a.a, a.e], [b.a, b.e], rtol=SAME_CELL_SIDE, atol=0.0).all()
    off = np.array([(b.c - a.c) / a.a, (b.f - a.f) / a.e])
    aligned = (np.abs(off - off.round()) < SAME_GRID_CELLS).all()
    return bool(sides and aligned and _same_crs(grid.crs, raster.crs))


def _same_crs(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    return one.equals(other, ignore_axis_order=True)


def _moved(cut: CutRaster, transform: Affine) -> CutRaster:
    """`cut` with rows and columns of the grid whose first cell is that of `transform`."""
    own = cut.raster.transform
    down = round((own.f - transform.f) / transform.e)
    right = round((own.c - transform.c) / transform.a)
    return replace(cut, row=cut.row + down, column=cut.column + right)


def _only(cut: CutRaster, kept: NDArray[np.bool_]) -> CutRaster:
    return replace(
        cut, **{name: getattr(cut, name)[kept] for name in ("row", "column", "stored", "people")}
    )


def _keys(row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int64]:
    return (row + (1 << 30)) * (1 << 31) + (column + (1 << 30))


def _same_numbers(cut: CutRaster, earlier: CutRaster) -> NDArray[np.bool_]:
    """The cells that hold what the earlier raster has there, where nearly all in common do."""
    none = np.zeros(len(cut.row), bool)
    _, at, there = np.intersect1d(
        _keys(cut.row, cut.column),
        _keys(earlier.row, earlier.column),
        assume_unique=True,
        return_indices=True,
    )
    equal = cut.people[at] == earlier.people[there]
    if len(at) < _COMMON or equal.mean() < _EQUAL:
        return none
    none[at[equal]] = True
    return none


def _on_a_seam(cut: CutRaster, earlier: CutRaster) -> NDArray[np.bool_]:
    """The cells with people in both, where the two are tiles that overlap along a seam.

    Rasters of one extent are groups of people that add up.
    """
    west, south, east, north = np.transpose([cut.raster.bounds, earlier.raster.bounds])
    width, height = east.min() - west.max(), north.min() - south.max()
    smaller = ((east - west) * (north - south)).min()
    if width <= 0 or height <= 0 or width * height > _ONE_EXTENT * smaller:
        return np.zeros(len(cut.row), bool)
    common = np.isin(_keys(cut.row, cut.column), _keys(earlier.row, earlier.column))
    return common & (cut.people > 0)


def _added(grid: CellGrid, cut: CutRaster) -> CellGrid:
    row = np.concatenate([grid.row, cut.row])
    column = np.concatenate([grid.column, cut.column])
    people = np.concatenate([grid.people, cut.people])
    _, first, which = np.unique(_keys(row, column), return_index=True, return_inverse=True)
    return replace(
        grid,
        row=row[first],
        column=column[first],
        people=np.bincount(which.ravel(), weights=people).astype(np.float64),
    )


def _refuse_overlap(grid: CellGrid, cut: CutRaster) -> None:
    """Refuse people of another grid on ground where `grid` has some as well."""
    if not len(cut.row) or not len(grid.row):
        return
    step = max(len(cut.row) // _COMPARED_CELLS, 1)
    some = _grid(cut).take(np.arange(0, len(cut.row), step))
    x, y = cached_transformer(some.crs, grid.crs).transform(*some.centres())
    g = grid.transform
    known = np.isfinite(x) & np.isfinite(y)
    row = np.floor((y[known] - g.f) / g.e).astype(np.int64)
    column = np.floor((x[known] - g.c) / g.a).astype(np.int64)
    on = np.isin(_keys(row, column), _keys(grid.row, grid.column))
    people = some.people[known]
    if people[on].sum() > _TWICE * people.sum():
        raise FileError.of("file_faults.raster_grids", name=cut.raster.name)
