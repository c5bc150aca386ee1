"""A raster cut to the study: the cells whose centre lies inside, and how many people lie outside.

The rule of the cell's centre is GDAL's own (``gdalwarp -cutline``, ``rasterio.mask``): a raster
that was cut before and one that reaches far beyond give the same cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import rasterize
from rasterio.windows import Window

from geoplan.inputs.columns.numbers.stand_ins import is_largest
from geoplan.inputs.files.gate.limits import refuse_beyond
from geoplan.inputs.rasters.doubts import IMPOSSIBLE, most_people
from geoplan.inputs.rasters.open_raster import PopulationRaster

#: cells that are read at a time
_STRIP_CELLS = 8_000_000
#: of a raster with more cells only the part around the study is read: the people outside are then
#: not counted
COUNTED_CELLS = 60_000_000


Shapes = NDArray[np.object_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CutRaster:
    """The cells of one raster inside the study that are neither empty nor without data.

    row, column, stored : of the cells inside; numbers as the file has them.
    people, km2 : what the numbers mean, and the ground that each cell covers.
    outside_cells, outside_people : beyond the study; None where the raster is too large to be read.
    by_area, known_by_area : cells, and cells with data, whose centre lies in each area.
    """

    raster: PopulationRaster
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    stored: NDArray[np.float64]
    people: NDArray[np.float64]
    km2: NDArray[np.float64]
    outside_cells: int | None
    outside_people: float
    by_area: NDArray[np.int64]
    known_by_area: NDArray[np.int64]

    @property
    def no_data_share(self) -> float:
        """Share of the cells inside that are without data."""
        cells = int(self.by_area.sum())
        return 1.0 - int(self.known_by_area.sum()) / cells if cells else 0.0


def cut_raster(
    raster: PopulationRaster,
    shapes: Shapes,
    further: Shapes,
) -> CutRaster:
    """Read `raster` and keep what lies inside `shapes` or `further`.

    Parameters
    ----------
    shapes : areas in the raster's CRS, whose cells are counted one by one; none and no `further`:
        everything lies inside.
    further : other polygons that belong to the study.
    """
    everything = not len(shapes) and not len(further)
    height, width = raster.shape
    around = _window(raster, [*shapes, *further]) if not everything else (0, height, 0, width)
    whole = everything or height * width <= COUNTED_CELLS
    top, bottom, left, right = (0, height, 0, width) if whole else around
    burnt = [(s, len(shapes) + 1) for s in further] + [(s, k + 1) for k, s in enumerate(shapes)]
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    cells = np.zeros(len(shapes) + 2, np.int64)
    known = np.zeros(len(shapes) + 2, np.int64)
    outside_cells, outside_people, kept = 0, 0.0, 0
    refuse_beyond("raster_cells", (bottom - top) * (right - left))
    for first, last in _strips(top, bottom, right - left):
        stored = raster.read(Window(left, first, right - left, last - first))
        inside = np.zeros(stored.shape, np.int32)
        if everything:
            inside[:] = 1
        else:
            _burn(inside, burnt, raster.transform, (first, left), around)
        there = np.isfinite(stored) | np.isinf(stored)
        cells += np.bincount(inside.ravel(), minlength=len(cells))
        known += np.bincount(inside[there], minlength=len(known))
        filled = there & (stored != _nothing(raster))
        row, column = np.nonzero(filled & (inside > 0))
        kept += len(row)
        refuse_beyond("rows", kept)
        parts.append((row + first, column + left, stored[row, column]))
        row, column = np.nonzero(filled & (inside == 0))
        if len(row):
            counted = _plausible(raster, row + first, stored[row, column])
            outside_cells += len(row)
            outside_people += float(counted.sum())
    row, column, numbers = _joined(parts)
    km2 = raster.cell_km2(row)
    return CutRaster(
        raster=raster,
        row=row,
        column=column,
        stored=numbers,
        people=_people(raster, numbers, km2),
        km2=km2,
        outside_cells=outside_cells if whole else None,
        outside_people=outside_people,
        by_area=cells[1:],
        known_by_area=known[1:],
    )


def _nothing(raster: PopulationRaster) -> float:
    """The stored number that means nobody."""
    return -raster.offset / raster.scale if raster.scale else 0.0


def _people(
    raster: PopulationRaster, stored: NDArray[np.float64], km2: NDArray[np.float64]
) -> NDArray[np.float64]:
    people = stored * raster.scale + raster.offset
    if raster.unit == "per_km2":
        return people * km2
    if raster.unit == "per_ha":
        return people * (km2 * 100.0)
    return people


def _plausible(
    raster: PopulationRaster, row: NDArray[np.int64], stored: NDArray[np.float64]
) -> NDArray[np.float64]:
    """People of cells outside, without numbers that are no people."""
    km2 = raster.cell_km2(row)
    with np.errstate(invalid="ignore"):
        people = _people(raster, stored, km2)
        good = (people > 0) & (people <= IMPOSSIBLE * most_people(km2))
    return people[good & ~is_largest(stored, raster.dtype)]


def _window(raster: PopulationRaster, shapes: list[shapely.Geometry]) -> tuple[int, int, int, int]:
    """First and last row, first and last column (exclusive) around `shapes`; may hold no cell."""
    west, south, east, north = shapely.total_bounds(np.array(shapes, object))
    t, (height, width) = raster.transform, raster.shape
    top, bottom = np.floor((north - t.f) / t.e) - 1, np.ceil((south - t.f) / t.e) + 1
    left, right = np.floor((west - t.c) / t.a) - 1, np.ceil((east - t.c) / t.a) + 1
    rows = np.clip([top, bottom], 0, height).astype(int)
    columns = np.clip([left, right], 0, width).astype(int)
    return int(rows[0]), int(rows[1]), int(columns[0]), int(columns[1])


def _strips(top: int, bottom: int, width: int) -> Iterator[tuple[int, int]]:
    step = max(_STRIP_CELLS // max(width, 1), 1)
    if width > 0:
        for first in range(top, bottom, step):
            yield first, min(first + step, bottom)


def _burn(
    into: NDArray[np.int32],
    burnt: Sequence[tuple[shapely.Geometry, int]],
    transform: Affine,
    corner: tuple[int, int],
    around: tuple[int, int, int, int],
) -> None:
    """Write the number of the shape that holds each cell's centre, 0 outside all of them."""
    first, left = corner
    top, bottom = max(around[0], first), min(around[1], first + into.shape[0])
    start, end = around[2], around[3]
    if top >= bottom or start >= end:
        return
    t = transform
    here = Affine(t.a, 0.0, t.c + t.a * start, 0.0, t.e, t.f + t.e * top)
    box = shapely.box(here.c, here.f + t.e * (bottom - top), here.c + t.a * (end - start), here.f)
    near = [pair for pair in burnt if pair[0].intersects(box)]
    if near:
        rasterize(
            near,
            out=into[top - first : bottom - first, start - left : end - left],
            transform=here,
        )


def _joined(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    row, column, stored = (np.concatenate(one) for one in zip(*parts, strict=True))
    return row, column, stored
