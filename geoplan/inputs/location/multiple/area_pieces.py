"""Areas in several rows: the pieces of one district put together, where they are pieces of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import Rows

#: pieces of one name farther apart than this many times their size are namesakes
_MAX_GAP_SIZES = 3.0
_UPPER_ROLES = ("parent", "district", "street")


def put_together(
    rows: Rows, codes: pd.Series, geometry: gpd.GeoSeries, collector: FindingCollector
) -> tuple[gpd.GeoSeries, np.ndarray]:
    """Geometry with the pieces of an area in its first row, and bool per row: a further piece.

    Parameters
    ----------
    codes : of the areas. Rows with one code are pieces when their names agree; rows without codes
        of their own (ids or names stand for them) when their names and all that is said about the
        area above agree, and they lie near each other. All must be polygons.
    geometry : of the rows.
    """
    further = np.zeros(len(rows), bool)
    polygon = geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy(bool)
    names = rows.names.map(normalize)
    by_code = rows.column("code") is not None
    key = codes.astype(str) if by_code else names
    if not by_code and rows.column("name") is None:
        return geometry, further
    usable = polygon & ~is_empty(key) & key.duplicated(keep=False).to_numpy(bool)
    if not usable.any():
        return geometry, further
    uppers = [c for role in _UPPER_ROLES if (c := rows.column(role)) is not None]
    shapes = geometry.to_numpy().copy()
    for at in pd.Series(np.flatnonzero(usable)).groupby(key[usable].to_numpy()).groups.values():
        pieces = np.flatnonzero(usable)[np.asarray(at, np.int64)]
        if len(pieces) < 2 or len(set(names.iloc[pieces])) > 1:
            continue
        if any(len(set(cells.iloc[pieces].map(normalize))) > 1 for cells in uppers):
            continue
        if not by_code and not _near(shapes[pieces]):
            continue
        shapes[pieces[0]] = shapely.unary_union(shapes[pieces])
        further[pieces[1:]] = True
    areas = len(set(key[further]))
    collector.about_rows_together(further, "areas_dissolved", "warning", assumed=True, areas=areas)
    return gpd.GeoSeries(shapes, index=geometry.index, crs=geometry.crs), further


def _near(pieces: np.ndarray) -> bool:
    """Whether every piece lies near the largest one, as exclaves do."""
    largest = pieces[int(shapely.area(pieces).argmax())]
    size = shapely.minimum_bounding_radius(largest) * 2
    return bool((shapely.distance(pieces, largest) <= _MAX_GAP_SIZES * size).all())
