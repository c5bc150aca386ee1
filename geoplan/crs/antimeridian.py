"""Longitudes across 180 degrees: on one side for drawing, cut there for files in degrees."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

#: no layer of one study is as wide: it lies on both sides of 180 degrees
_HALF_ROUND = 180.0


def one_side(lon: Any, *, around: float) -> NDArray[np.float64]:
    """Longitudes within 180 degrees of `around`, so that neighbours across 180 stay neighbours.

    Examples
    --------
    >>> one_side([179.999, -179.998], around=179.9995).round(3).tolist()
    [179.999, 180.002]
    >>> one_side([-0.001, 0.002, 117.0], around=0.0).tolist()
    [-0.001, 0.002, 117.0]
    """
    lon = np.asarray(lon, dtype=float)
    return lon - 360.0 * np.rint((lon - around) / 360.0)


def median_lonlat(lonlat: NDArray[Any]) -> tuple[float, float]:
    """The middle of many positions in degrees, one by one, wherever 180 degrees runs.

    Examples
    --------
    >>> median_lonlat(np.array([[179.99, -16.8], [-179.99, -16.7], [-179.97, -16.6]]))
    (-179.99, -16.7)
    """
    lonlat = np.asarray(lonlat, dtype=float)
    lon, lat = lonlat[np.isfinite(lonlat).all(axis=1)].T
    if not len(lon):
        return float("nan"), float("nan")
    middle = np.median(one_side(lon, around=float(lon[0])))
    return round(float(one_side(middle, around=0.0)), 9), float(np.median(lat))


def cut_at_180(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Lines and areas in degrees that cross 180 degrees, cut in two there (RFC 7946, 3.1.9).

    Parameters
    ----------
    geometry : longitudes from -180 to 180; what lies on one side comes back as it is.
    """
    bounds = geometry.bounds
    wide = ((bounds["maxx"] - bounds["minx"]) > _HALF_ROUND).to_numpy()
    if not wide.any():
        return geometry
    shapes = geometry.to_numpy().copy()
    shapes[wide] = [_cut(shape) for shape in shapes[wide]]
    return gpd.GeoSeries(shapes, index=geometry.index, crs=geometry.crs, name=geometry.name)


def _cut(shape: shapely.Geometry) -> shapely.Geometry:
    around = float(shapely.get_coordinates(shape)[0, 0])
    whole = shapely.make_valid(_moved(shape, lambda lon: one_side(lon, around=around)))
    parts: list[shapely.Geometry] = []
    for turn in (-1, 0, 1):
        west = 360.0 * turn - 180.0
        piece = shapely.intersection(whole, shapely.box(west, -90, west + 360.0, 90))
        kept = [p for p in _singles(piece) if p.geom_type in _kinds(shape) and not p.is_empty]
        parts += [_moved(p, lambda lon, turn=turn: lon - 360.0 * turn) for p in kept]
    if not parts:  # an area without ground: there is nothing to cut
        return shape
    return parts[0] if len(parts) == 1 else _together(parts)


def _moved(shape: shapely.Geometry, move: Any) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack([move(xy[:, 0]), xy[:, 1]]))


def _singles(shape: shapely.Geometry) -> list[shapely.Geometry]:
    found = shapely.get_parts(shape)
    return [s for part in found for s in (_singles(part) if hasattr(part, "geoms") else [part])]


def _kinds(shape: shapely.Geometry) -> set[str]:
    """Single kinds of as many dimensions as the shape: cutting an area leaves no lines behind."""
    most = shapely.get_dimensions(shape)
    return {0: {"Point"}, 1: {"LineString"}}.get(int(most), {"Polygon"})


def _together(parts: list[shapely.Geometry]) -> shapely.Geometry:
    kind = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings}
    return kind.get(parts[0].geom_type, shapely.multipolygons)(parts)
