"""Parts of ground put together as polygons: robustly, and without what rounding leaves."""

from __future__ import annotations

import logging
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.order import hilbert_order

_log = logging.getLogger(__name__)

#: coordinates of the polygons are rounded to this
GRID_M = 0.001
#: grids on which a union is tried, finest first
_GRIDS = (None, GRID_M, 0.01)
#: smaller holes and parts come from rounding, not from the streets
SLIVER_M2 = 0.5
#: cracks and needles narrower than this come from rounding as well
CRACK_M = 0.1
#: parts of cells put together at one time
_PARTS = 512


def outline(parts: NDArray[Any], cells: NDArray[Any]) -> Any:
    """One shape of overlapping `parts` and of whole `cells`, which fit each other."""
    shapes = [union(chunk) for chunk in _chunks(parts)]
    if len(cells):
        shapes.append(together(cells))
    return without_slivers(mended(union(shapes), CRACK_M))


def _chunks(parts: NDArray[Any]) -> list[NDArray[Any]]:
    """Neighbouring parts together: many small unions are quicker than one."""
    if len(parts) == 0:
        return []
    corner = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(parts), 0))
    parts = parts[hilbert_order(corner[:, 0], corner[:, 1])]
    return [parts[i : i + _PARTS] for i in range(0, len(parts), _PARTS)]


def union(parts: NDArray[Any] | list[Any]) -> Any:
    """All parts as one shape.

    Neighbours that overlap by a hair can end the union of the geometry library in an error, or let
    it lose ground without a word (in floating point; seen with GEOS 3.14). So it is looked at: a
    place inside each part must be inside the whole. Where one is not, a grid helps.
    """
    parts = np.asarray(parts, object)
    large = parts[shapely.area(parts) > SLIVER_M2]
    inner = shapely.get_coordinates(shapely.point_on_surface(large))
    for grid_m in _GRIDS:
        try:
            whole = shapely.union_all(parts, grid_size=grid_m)
        except shapely.GEOSException as error:
            _log.debug("union on a grid of %s m: %s", grid_m, error)
            continue
        shapely.prepare(whole)
        if shapely.intersects_xy(whole, inner[:, 0], inner[:, 1]).all():
            return whole
        _log.debug("union on a grid of %s m lost ground", grid_m)
    # the outline of all of them at once, which no overlap disturbs
    return shapely.buffer(shapely.geometrycollections(parts), 0.0)


def together(cells: NDArray[Any]) -> Any:
    """Whole cells as one shape: they fit each other, but for a hair where rounding moved one."""
    try:
        joined = shapely.coverage_union_all(cells)
        missing = abs(float(shapely.area(cells).sum()) - joined.area)
        if missing < SLIVER_M2 and shapely.is_valid(joined):
            return joined
    except shapely.GEOSException as error:
        _log.debug("cells that do not quite fit: %s", error)
    return union([union(chunk) for chunk in _chunks(cells)])


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
    return shapely.make_valid(back, method="structure")


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
