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
#: what a path takes beside its characters
_PATH_BYTES = 4
#: where nothing of the above fits: simplified by so many metres, squares along the longer side
_COARSEST_M, _SQUARES = 30.0, 100
#: pieces that are joined at one time: more take gigabytes
_MOST_JOINED = 200_000


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
    minor roads go first. Where that leaves none, the longest of every part of the ground stay.
    """
    classes = roads["class"] if "class" in roads.columns else 3
    classes = np.clip(np.broadcast_to(np.asarray(classes, dtype=int), len(roads)), 1, 3)
    joined = {k: _joined(roads.geometry.to_numpy()[classes == k]) for k in (1, 2, 3)}
    for attempt, (tolerance_m, least_m, deepest) in enumerate(_ATTEMPTS):
        kept = {k: joined[k] for k in range(1, deepest + 1)}
        if deepest > 1 and least_m:
            kept[deepest] = kept[deepest][shapely.length(kept[deepest]) >= least_m]
        simple = {k: shapely.simplify(lines, tolerance_m) for k, lines in kept.items()}
        if sum(map(_least_bytes, simple.values())) > budget:
            continue
        found = {str(k): _encoded(lines, roads.crs) for k, lines in simple.items() if len(lines)}
        if found and sum(map(_bytes, found.values())) <= budget:
            return found, attempt > 0
    main = min((k for k, lines in joined.items() if len(lines)), default=3)
    longest = shapely.simplify(joined[main][_longest_everywhere(joined[main])], _COARSEST_M)
    # no more than could fit are encoded
    upper = np.searchsorted(
        np.cumsum(_PATH_BYTES + 2 * shapely.get_num_coordinates(longest)), budget
    )
    paths = _encoded(longest[: int(upper)], roads.crs)
    sizes = np.cumsum([_PATH_BYTES + len(path) for path in paths])
    paths = paths[: int(np.searchsorted(sizes, budget, side="right"))]
    return {str(main): paths} if paths else {}, True


def _encoded(lines: np.ndarray, crs: Any) -> list[str]:
    return encode_lines(gpd.GeoSeries(lines, crs=crs))


def _bytes(paths: list[str]) -> int:
    return sum(len(path) + _PATH_BYTES for path in paths)


def _least_bytes(lines: np.ndarray) -> int:
    """What the lines take at the very least: a character per coordinate."""
    return int(2 * shapely.get_num_coordinates(lines).sum() + _PATH_BYTES * len(lines))


def _longest_everywhere(lines: np.ndarray) -> np.ndarray:
    """Positions of the lines: first the longest of every square of the ground, then the seconds."""
    if not len(lines):
        return np.empty(0, np.int64)
    length, square = shapely.length(lines), _squares(lines)
    order = np.lexsort((-length, square))
    first = np.flatnonzero(np.diff(square[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    return order[np.lexsort((-length[order], place))]


def _joined(lines: np.ndarray) -> np.ndarray:
    """Pieces that meet end to end as one, of very many only those of one square of the ground."""
    parts = shapely.get_parts(lines)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    if not len(parts):
        return parts
    if len(parts) <= _MOST_JOINED:
        return shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
    square = _squares(parts)
    order = np.argsort(square, kind="stable")
    runs = np.split(order, np.flatnonzero(np.diff(square[order])) + 1)
    merged = [shapely.line_merge(shapely.multilinestrings(parts[run])) for run in runs]
    return shapely.get_parts(np.array(merged, object))


def _squares(lines: np.ndarray) -> np.ndarray:
    """The number of the square of the ground that the middle of each line is in."""
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    low = middle.min(axis=0)
    side = max(float((middle.max(axis=0) - low).max()) / _SQUARES, 1.0)
    return ((middle - low) // side).astype(np.int64) @ np.array([_SQUARES + 1, 1])


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
