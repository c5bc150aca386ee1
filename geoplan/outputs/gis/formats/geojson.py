"""GeoJSON as RFC 7946 wants it: WGS 84, seven decimals, outer rings counter-clockwise, cut at 180.

GDAL writes the same four times as slowly for a city: it tries each shape before and after rounding.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.crs.antimeridian import cut_at_180

#: a hundredth of a metre
_DECIMALS = 7


def write_geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write `frame`, in any CRS, as one FeatureCollection; numbers that are none become null."""
    degrees = cut_at_180(frame.to_crs("EPSG:4326").geometry)
    shapes = shapely.orient_polygons(shapely.force_2d(degrees.to_numpy()))
    shapes = rounded(shapes)
    names = [str(c) for c in frame.columns if c != frame.geometry.name]
    rows = zip(*(_plain(frame, name) for name in names), strict=True) if names else None
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for k, shape in enumerate(shapely.to_geojson(shapes)):
            properties = encode(dict(zip(names, next(rows), strict=True))) if rows else "{}"
            file.write(
                f'{"," if k else ""}\n{{"type": "Feature", "properties": {properties}, '
                f'"geometry": {shape or "null"}}}'
            )
        file.write("\n]}\n")


def rounded(shapes: Any) -> Any:
    """Shapes in degrees at a hundredth of a metre, an array or a series of them."""
    return shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS))


def _plain(frame: gpd.GeoDataFrame, name: str) -> list[object]:
    """Values of a column as JSON has them."""
    column = frame[name]
    known = column.notna()
    if column.dtype.kind == "f":
        known &= np.isfinite(column)
    return list(column.astype(object).where(known, None))
