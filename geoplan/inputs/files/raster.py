"""Population rasters: cells as demand points, age groups summed, people conserved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import rasterio
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.errors import RasterioIOError

from geoplan.errors import FileError

RASTER_SUFFIXES = (".tif", ".tiff", ".vrt")
#: more cells than this have no locations of their own on a city's walk network
MAX_CELLS = 200_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RasterPeople:
    """Cells with people.

    x, y : centres in `crs`; people : per cell; block : side of a block of cells put together (1 =
    none); negative : cells with a negative number, counted as nobody.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    people: NDArray[np.float64]
    crs: pyproj.CRS
    block: int
    negative: int

    def points(self, crs: str) -> gpd.GeoSeries:
        """The centres in `crs`."""
        return gpd.GeoSeries(gpd.points_from_xy(self.x, self.y), crs=self.crs).to_crs(crs)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Grid:
    """The sum of rasters of one grid, nobody where there is no data."""

    people: NDArray[np.float64]
    transform: Affine
    crs: pyproj.CRS
    negative: int


def _summed(paths: Sequence[Path], crs: str | None) -> _Grid:
    total: NDArray[np.float64] | None = None
    grid = None
    negative = 0
    for path in paths:
        try:
            with rasterio.open(path) as source:
                band = source.read(1, masked=True).astype(np.float64).filled(0.0)
                here = (source.crs, source.transform, source.shape)
        except RasterioIOError as error:
            raise FileError.of("file_faults.raster_broken", name=path.name, error=error) from error
        band[~np.isfinite(band)] = 0.0
        negative += int((band < 0).sum())
        band = np.maximum(band, 0.0)
        if total is None:
            total, grid = band, here
        elif here != grid:
            raise FileError.of("file_faults.raster_grids", name=path.name)
        else:
            total += band
    if total is None or grid is None:
        raise FileError.of("file_faults.no_raster")
    own = grid[0] if grid[0] is not None else crs
    if own is None:
        raise FileError.of("file_faults.raster_no_crs")
    return _Grid(
        people=total, transform=grid[1], crs=pyproj.CRS.from_user_input(own), negative=negative
    )


def read_population(
    paths: Sequence[Path], *, crs: str | None = None, most: int = MAX_CELLS
) -> RasterPeople:
    """Sum rasters of one grid (age groups, sexes) and list the cells with people.

    Where more than `most` cells hold people, blocks of 2 x 2, 3 x 3, ... cells are put together,
    each at its people's centre of gravity; nobody is lost.

    Raises
    ------
    FileError
        No raster, no CRS, or grids that differ.
    """
    grid = _summed(paths, crs)
    row, column = np.nonzero(grid.people)
    people = grid.people[row, column]
    transform = grid.transform
    x = transform.c + transform.a * (column + 0.5) + transform.b * (row + 0.5)
    y = transform.f + transform.d * (column + 0.5) + transform.e * (row + 0.5)
    block = 1
    while len(people) > most:
        block += 1
        tile = (row // block) * (grid.people.shape[1] // block + 1) + column // block
        keys, which = np.unique(tile, return_inverse=True)
        if len(keys) <= most:
            sums = np.asarray(np.bincount(which, weights=people), np.float64)
            x = np.bincount(which, weights=people * x) / sums
            y = np.bincount(which, weights=people * y) / sums
            people = sums
            break
    return RasterPeople(
        x=np.asarray(x, np.float64),
        y=np.asarray(y, np.float64),
        people=people,
        crs=grid.crs,
        block=block,
        negative=grid.negative,
    )


def people_by_area(
    paths: Sequence[Path], shapes: gpd.GeoSeries, *, crs: str | None = None
) -> pd.Series:
    """People of rasters (summed) in every polygon, cells on a border cut in proportion to area.

    Parameters
    ----------
    paths : of one grid, north up.
    shapes : polygons with a CRS; missing ones hold nobody.
    crs : of rasters that do not carry their own.

    Returns
    -------
    Series on the index of `shapes`.

    Raises
    ------
    FileError
        As `read_population`.
    """
    grid = _summed(paths, crs)
    people = pd.Series(0.0, index=shapes.index, name="people")
    drawn = shapes.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy(bool)
    if not drawn.any():
        return people
    t, (height, width) = grid.transform, grid.people.shape
    wkt = grid.crs.to_wkt()
    source = NumPyRasterSource(
        grid.people, t.c, t.f + t.e * height, t.c + t.a * width, t.f, srs_wkt=wkt
    )
    frame = gpd.GeoDataFrame(geometry=shapes[drawn].to_crs(grid.crs).reset_index(drop=True))
    sums = exact_extract(source, frame, ["sum"], output="pandas")
    people[drawn] = sums["sum"].fillna(0.0).to_numpy(np.float64)
    return people
