"""Geometry as short text: quantised, delta-coded coordinates that the page decodes.

A coordinate is degrees x 1e5 (about 1 m) as an integer; each is stored as its difference from
the one before, five bits per character (the polyline encoding that routing services use). A street
network takes a fifth of what GeoJSON takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely

#: steps per degree
PRECISION = 100_000
#: lines that are encoded at one time
_MOST_LINES = 100_000


def encode_path(lonlat: np.ndarray) -> str:
    """Coordinates (n, 2), longitude first, as text.

    Examples
    --------
    >>> encode_path(np.array([[-120.2, 38.5], [-120.95, 40.7]]))
    '~ps|U_p~iFnnqC_ulL'
    """
    steps = np.rint(np.asarray(lonlat, dtype=float) * PRECISION).astype(np.int64)
    if not len(steps):
        return ""
    return _pack(np.diff(steps, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel())


def _pack(values: np.ndarray) -> str:
    """Signed integers, five bits per character, lowest first."""
    return _characters(values)[0].decode()


def _characters(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """The text of all integers, and how many characters each takes."""
    zigzag = np.where(values < 0, ~(values << 1), values << 1).astype(np.uint64)
    length = np.maximum(1, -(-_bits(zigzag) // 5))
    owner = np.repeat(np.arange(len(zigzag)), length)
    digit = np.arange(len(owner)) - np.repeat(np.cumsum(length) - length, length)
    chunk = (zigzag[owner] >> (digit * 5).astype(np.uint64)) & np.uint64(31)
    more = digit < length[owner] - 1
    text = chunk.astype(np.uint8) + np.where(more, 32, 0).astype(np.uint8) + 63
    return text.tobytes(), length


def _bits(values: np.ndarray) -> np.ndarray:
    return np.ceil(np.log2(values.astype(float) + 1)).astype(np.int64)


def to_degrees(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """WGS 84 degrees (CGCS2000 differs by centimetres)."""
    return geometry.to_crs(4326)


def encode_points(geometry: gpd.GeoSeries) -> str:
    """Points, none missing, as one path."""
    return encode_path(shapely.get_coordinates(to_degrees(geometry).to_numpy()))


def encode_lines(geometry: gpd.GeoSeries) -> list[str]:
    """Each single line as a path."""
    lines = shapely.get_parts(to_degrees(geometry).to_numpy())
    return _texts(lines[~shapely.is_empty(lines)])


def _texts(lines: np.ndarray) -> list[str]:
    """`encode_path` of every line, none of them empty."""
    paths: list[str] = []
    for begin in range(0, len(lines), _MOST_LINES):
        paths += _encoded(lines[begin : begin + _MOST_LINES])
    return paths


def _encoded(lines: np.ndarray) -> list[str]:
    """The same, all at one time."""
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    if not len(lonlat):
        return []
    steps = np.rint(lonlat * PRECISION).astype(np.int64)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    moves = np.diff(steps, axis=0, prepend=np.zeros((1, 2), np.int64))
    moves[first] = steps[first]
    text, length = _characters(moves.ravel())
    ends = np.cumsum(length)[np.append(first[1:], len(steps)) * 2 - 1]
    whole = text.decode()
    return [whole[a:b] for a, b in pairwise([0, *ends.tolist()])]


def _paths(shape: shapely.Geometry) -> Iterable[shapely.Geometry]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            yield from (ring for ring in shapely.get_rings(part) if not ring.is_empty)
        elif part.geom_type in ("LineString", "LinearRing") and not part.is_empty:
            yield part
        elif part.geom_type.startswith("Multi") or part.geom_type == "GeometryCollection":
            yield from _paths(part)


def encode_shapes(geometry: gpd.GeoSeries) -> list[list[str] | None]:
    """Each row's rings (polygons, filled even-odd) or lines; None where there is no geometry.

    Outer rings turn one way and holes the other, so that overlapping shapes can be filled as one.
    """
    shapes = shapely.orient_polygons(to_degrees(geometry))
    paths = [[] if s is None or s.is_empty else list(_paths(s)) for s in shapes]
    each = np.array([path for some in paths for path in some], dtype=object)
    coded = iter(_texts(each))
    return [[next(coded) for _ in some] or None for some in paths]
