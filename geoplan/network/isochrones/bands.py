"""Bands between one cutoff and the next, without what rounding leaves."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.isochrones.polygonize import CRACK_M, SLIVER_M2, repaired

#: coordinates of the polygons are rounded to this
GRID_M = 0.001


def mended(shape: Any, width_m: float) -> Any:
    """The shape without what is narrower than `width_m`: cracks (positive) or needles (negative).

    Cells come within centimetres of the exact ground, so cracks open between two that are both
    reached. Corners stay where they are.
    """
    style: dict[str, Any] = {"join_style": "mitre", "mitre_limit": 10.0}
    there = shapely.buffer(shape, width_m / 2, **style)
    back = shapely.buffer(there, -width_m / 2, **style)
    rounded = shapely.set_precision(back, GRID_M, mode="pointwise")
    for shape in (rounded, back):
        if shapely.is_valid(shape):
            return shape
    return repaired(back)


def without_slivers(shape: Any) -> Any:
    """The polygons without specks and pinholes that rounding left."""
    polygons = shapely.get_parts(shape)
    polygons = polygons[(shapely.get_type_id(polygons) == 3) & (shapely.area(polygons) > SLIVER_M2)]
    if len(polygons) == 0:
        return shapely.Polygon()
    rings, owner = shapely.get_rings(polygons, return_index=True)
    outer = np.diff(owner, prepend=-1) > 0
    keep = outer | (shapely.area(shapely.polygons(rings)) > SLIVER_M2)
    if not keep.all():
        polygons = shapely.polygons(
            rings[outer], _holes(rings[keep & ~outer], owner[keep & ~outer], len(polygons))
        )
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _holes(rings: NDArray[Any], owner: NDArray[np.int64], count: int) -> NDArray[Any]:
    """Rings by polygon, as a table padded with None."""
    order = np.bincount(owner, minlength=count)
    table = np.full((count, max(int(order.max(initial=0)), 1)), None, object)
    column = np.arange(len(owner)) - np.repeat(np.cumsum(order) - order, order)
    table[owner, column] = rings
    return table


def rings_between(frame: gpd.GeoDataFrame, steps: int) -> gpd.GeoDataFrame:
    """Each cutoff's polygon without the next smaller one's."""
    shapes = np.asarray(frame.geometry.array)
    inner = np.concatenate([[shapely.Polygon()], shapes[:-1]])
    inner[::steps] = shapely.Polygon()
    cut = [
        without_slivers(mended(shapely.difference(a, b, grid_size=GRID_M), -CRACK_M))
        for a, b in zip(shapes, inner, strict=True)
    ]
    return frame.set_geometry(gpd.GeoSeries(cut, index=frame.index, crs=frame.crs))
