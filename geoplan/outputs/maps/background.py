"""What lies under a map: water, green and roads, thinned to a budget of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.outputs.maps.encode import encode_lines, encode_shapes

#: bytes that roads may take in one map
ROAD_BUDGET = 900_000
#: bytes that each other background layer may take
SHAPE_BUDGET = 300_000

# what is tried until the roads fit: tolerance in metres, least length of a minor road, classes
_ATTEMPTS = (
    (3.0, 0.0, 3),
    (6.0, 60.0, 3),
    (10.0, 150.0, 3),
    (10.0, 0.0, 2),
    (20.0, 150.0, 2),
    (30.0, 0.0, 1),
    (60.0, 500.0, 1),
)


def background_content(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    """All background layers for the page.

    Returns
    -------
    dict with ``roads`` (paths by class ``"1"``..``"3"``), ``water`` and ``green`` (``areas``: ring
    lists, ``lines``: paths) where there are any, and ``thinned``: whether roads were left out.
    """
    content: dict[str, Any] = {"thinned": False}
    for name, frame in layers.items():
        located = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
        if located.empty:
            continue
        if name == "roads":
            content["roads"], content["thinned"] = thin_roads(located)
        else:
            content.setdefault("shapes", {})[name] = _shapes(located)
    return content


def thin_roads(
    roads: gpd.GeoDataFrame, *, budget: int = ROAD_BUDGET
) -> tuple[dict[str, list[str]], bool]:
    """Roads as paths by class within `budget` bytes, and whether any were left out.

    Parameters
    ----------
    roads : lines in a projected CRS, column ``class`` 1 (main) to 3 (minor); none = all minor.

    Pieces that meet end to end are joined, lines are simplified, and when that is not enough the
    minor roads go first.
    """
    classes = roads["class"] if "class" in roads.columns else 3
    classes = np.clip(np.broadcast_to(np.asarray(classes, dtype=int), len(roads)), 1, 3)
    joined = {k: _joined(roads.geometry.to_numpy()[classes == k]) for k in (1, 2, 3)}
    found: dict[str, list[str]] = {}
    for attempt, (tolerance_m, least_m, deepest) in enumerate(_ATTEMPTS):
        found = {}
        for k in range(1, deepest + 1):
            lines = joined[k]
            if k == deepest and k > 1 and least_m:
                lines = lines[shapely.length(lines) >= least_m]
            simple = shapely.simplify(lines, tolerance_m)
            paths = encode_lines(gpd.GeoSeries(simple, crs=roads.crs))
            if paths:
                found[str(k)] = paths
        if sum(len(path) + 4 for paths in found.values() for path in paths) <= budget:
            return found, attempt > 0
    return found, True


def _joined(lines: np.ndarray) -> np.ndarray:
    parts = shapely.get_parts(lines)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    if not len(parts):
        return parts
    return shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))


def _shapes(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    kind = frame.geometry.geom_type
    areas = frame.geometry[kind.isin(["Polygon", "MultiPolygon"])]
    lines = frame.geometry[kind.isin(["LineString", "MultiLineString"])]
    areas = shapely.get_parts(areas.to_numpy())
    lines = _joined(lines.to_numpy())
    rings: list[Any] = []
    paths: list[str] = []
    for tolerance_m in (4.0, 10.0, 25.0, 60.0):
        # what is smaller than a few pixels of the tolerance is not seen anyway
        seen = areas[shapely.area(areas) >= (5 * tolerance_m) ** 2]
        simple = gpd.GeoSeries(shapely.simplify(seen, tolerance_m), crs=frame.crs)
        rings = [shape for shape in encode_shapes(simple) if shape]
        merged = shapely.simplify(lines, tolerance_m)
        paths = encode_lines(gpd.GeoSeries(merged, crs=frame.crs))
        if sum(map(len, paths)) + sum(len(r) for shape in rings for r in shape) <= SHAPE_BUDGET:
            break
    return {"areas": rings, "lines": paths}
