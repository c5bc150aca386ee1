"""Rings between one cutoff's polygon and the next smaller one's, without rounding artefacts."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.isochrones.polygonize import repaired
from geoplan.tolerances import CRACK_M, POLYGON_GRID_M, SLIVER_M2


def closing(shape: Any, width_m: float) -> Any:
    """Morphological closing of cracks narrower than `width_m`; negative: opening, of needles.

    Cells are exact to centimetres, so cracks open between two that are both reached. Mitred
    buffers keep the other corners in place.
    """
    style: dict[str, Any] = {"join_style": "mitre", "mitre_limit": 10.0}
    buffered = shapely.buffer(shape, width_m / 2, **style)
    back = shapely.buffer(buffered, -width_m / 2, **style)
    rounded = shapely.set_precision(back, POLYGON_GRID_M, mode="pointwise")
    for shape in (rounded, back):
        if shapely.is_valid(shape):
            return shape
    return repaired(back)


def without_slivers(shape: Any) -> Any:
    """The polygons without slivers and pinholes that rounding left."""
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
        without_slivers(closing(shapely.difference(a, b, grid_size=POLYGON_GRID_M), -CRACK_M))
        for a, b in zip(shapes, inner, strict=True)
    ]
    return frame.set_geometry(gpd.GeoSeries(cut, index=frame.index, crs=frame.crs))
