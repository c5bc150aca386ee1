"""Linear referencing of lines: shared borders counted once, ends that meet joined into chains.

The border of two areas is drawn twice, once with each of them, and boundary files come in many
segments. Here every stretch of ground belongs to one line (the first in the caller's order), and
segments that meet end to end, with nothing else there, are measured as one chain.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point
from shapely.ops import substring

from geoplan.errors import CrsMismatchError, UsageError
from geoplan.inputs.layers import LineLayer, check_projected
from geoplan.tolerances import LEAST_SHARED_M, LONGEST_M, NO_LENGTH_M
from geoplan.validate import raise_faults
from geoplan.words.message import Message, called

_LINES = {"LineString", "LinearRing", "MultiLineString"}
_SHAPES = {"Polygon", "MultiPolygon"}
_SHORT = 25.0  # an overlap shorter than this many tolerances is a crossing, not a shared border


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Piece:
    """A stretch of one line that no earlier line holds; `start_m` is its chainage on that line."""

    line: object
    start_m: float
    geometry: LineString
    closed: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chain:
    """Pieces that follow one another; `reverse` says which run against the chain.

    ``starts_m[k]`` is the chainage on the chain where piece k begins.
    """

    pieces: tuple[Piece, ...]
    reverse: tuple[bool, ...]
    starts_m: tuple[float, ...]
    geometry: LineString
    closed: bool

    @property
    def length(self) -> float:
        """Metres."""
        return float(self.geometry.length)

    def at(self, chainage_m: float) -> tuple[object, float]:
        """Line label and chainage on that line of a chainage on the chain."""
        k = max(int(np.searchsorted(self.starts_m, chainage_m + NO_LENGTH_M, side="right")) - 1, 0)
        along = min(max(chainage_m - self.starts_m[k], 0.0), self.pieces[k].geometry.length)
        piece = self.pieces[k]
        if self.reverse[k]:
            return piece.line, piece.start_m + piece.geometry.length - along
        return piece.line, piece.start_m + along

    def point(self, chainage_m: float) -> Point:
        """The point at a chainage on the chain (modulo the length of a ring)."""
        where = chainage_m % self.length if self.closed else chainage_m
        return self.geometry.interpolate(where)

    def spans(self, start_m: float, stop_m: float) -> list[tuple[object, float, float, LineString]]:
        """(line, from, to, geometry) of the stretch, cut where the line or a ring's seam changes.

        ``from < to`` is chainage on the line; the geometry runs the line's way. On a ring `stop_m`
        may lie past the seam.
        """
        if self.closed and stop_m > self.length:
            return [
                *self.spans(start_m, self.length),
                *self.spans(0.0, stop_m - self.length),
            ]
        found = []
        for piece, against, begin in zip(self.pieces, self.reverse, self.starts_m, strict=True):
            length = piece.geometry.length
            low, high = max(start_m - begin, 0.0), min(stop_m - begin, length)
            if high - low <= NO_LENGTH_M:
                continue
            if against:
                low, high = length - high, length - low
            part = substring(piece.geometry, low, high)
            found.append((piece.line, piece.start_m + low, piece.start_m + high, part))
        return found


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chains:
    """All chains of a set of lines.

    shared : DataFrame with the columns ``line``, ``from_m``, ``to_m``, ``owner``: stretches that an
        earlier line holds already.
    """

    chains: tuple[Chain, ...]
    shared: pd.DataFrame
    join_m: float

    @property
    def pieces(self) -> list[Piece]:
        """The pieces of all chains."""
        return [piece for chain in self.chains for piece in chain.pieces]


def line_frame(lines: gpd.GeoDataFrame | gpd.GeoSeries | LineLayer, what: str) -> gpd.GeoSeries:
    """The geometries of `lines` with their labels, checked: projected, unique, all of them lines.

    Polygons stand for their outlines.
    """
    if isinstance(lines, LineLayer):
        lines = lines.frame
    series = lines.geometry if isinstance(lines, gpd.GeoDataFrame) else lines
    check_projected(gpd.GeoDataFrame(geometry=series), what)
    kinds = series.geom_type
    located = _is_somewhere(series.to_numpy())
    bad = series.index[series.isna() | series.is_empty | ~kinds.isin(_LINES | _SHAPES) | ~located]
    faults = []
    if len(bad):
        faults.append(Message("coverage_faults.no_lines", count=len(bad), some=bad[:5].tolist()))
    if not series.index.is_unique:
        twice = series.index[series.index.duplicated()].unique()[:5].tolist()
        faults.append(Message("coverage_faults.labels_twice", twice=twice))
    raise_faults(what, faults)
    return series


def point_frame(
    points: gpd.GeoDataFrame | gpd.GeoSeries | None, lines: gpd.GeoSeries, what: str
) -> gpd.GeoSeries:
    """The located points with their labels, in the lines' CRS; an empty series for None."""
    if points is None:
        return gpd.GeoSeries([], crs=lines.crs, index=pd.Index([], dtype=object))
    series = points.geometry if isinstance(points, gpd.GeoDataFrame) else points
    if len(series) == 0:
        return gpd.GeoSeries([], crs=lines.crs, index=pd.Index([], dtype=object))
    if series.crs is None or not series.crs.is_projected or series.crs == lines.crs:
        check_projected(series, what)
    if series.crs != lines.crs:
        raise CrsMismatchError.of(
            "call_faults.crs_of_lines", what=called(what), crs=series.crs.name, lines=lines.crs.name
        )
    shapes = series.to_numpy()
    nowhere = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~_is_somewhere(shapes)
    series = series[~nowhere]
    odd = series.index[series.geom_type != "Point"]
    if len(odd):
        raise UsageError.of(
            "call_faults.no_points", what=called(what), count=len(odd), rows=odd[:5].tolist()
        )
    return series


def _is_somewhere(shapes: np.ndarray) -> np.ndarray:
    """Bool per geometry: no coordinate is missing, infinite or farther than any on the Earth."""
    coords, row = shapely.get_coordinates(shapes, return_index=True)
    somewhere = np.ones(len(shapes), bool)
    somewhere[row[~(np.abs(coords) <= LONGEST_M).all(axis=1)]] = False
    return somewhere


def build_chains(lines: gpd.GeoSeries, *, shared_tolerance_m: float = 0.1) -> Chains:
    """Chains of `lines` (see `line_frame`), every stretch of ground once.

    Parameters
    ----------
    lines : checked lines or outlines.
    shared_tolerance_m : lines closer than this over a length of more than 25 times this are one
        border; the first line in order keeps it.

    Notes
    -----
    Chainage starts at 0 at a line's first vertex and runs on through its parts, which are joined
    end to end first where they meet. A line that others cross, or end on, is not cut there.
    """
    tolerance = max(shared_tolerance_m, LEAST_SHARED_M)
    parts = _parts(lines)
    pieces, shared = _own_pieces(parts, tolerance)
    join_m = max(2 * tolerance, 0.01)
    return Chains(chains=tuple(_join(pieces, join_m)), shared=shared, join_m=join_m)


def _parts(lines: gpd.GeoSeries) -> list[Piece]:
    parts = []
    for label, shape in lines.items():
        line = shape.boundary if shape.geom_type in _SHAPES else shape
        if line.geom_type == "MultiLineString":
            line = shapely.line_merge(line)
        start = 0.0
        for part in shapely.get_parts(shapely.force_2d(line)):
            simple = LineString(part.coords)
            if simple.length <= 0:
                continue
            parts.append(
                Piece(line=label, start_m=start, geometry=simple, closed=bool(simple.is_closed))
            )
            start += simple.length
    return parts


def _own_pieces(parts: list[Piece], tolerance: float) -> tuple[list[Piece], pd.DataFrame]:
    """What each part has for itself, and what an earlier part holds already."""
    shapes = np.array([part.geometry for part in parts], dtype=object)
    tree = shapely.STRtree(shapes)
    own: list[list[Piece]] = []
    shared: list[dict[str, object]] = []
    for i, part in enumerate(parts):
        near = tree.query(part.geometry, predicate="dwithin", distance=tolerance)
        spans: list[tuple[float, float]] = []
        for j in np.sort(near[near < i]):
            held = [piece.geometry for piece in own[j]]
            for low, high in _overlaps(part.geometry, held, tolerance) if held else []:
                spans.append((low, high))
                where = {"from_m": part.start_m + low, "to_m": part.start_m + high}
                shared.append({"line": part.line, **where, "owner": parts[j].line})
        own.append(_without(part, _merged(spans, tolerance), tolerance))
    table = pd.DataFrame(shared, columns=["line", "from_m", "to_m", "owner"])
    return [piece for pieces in own for piece in pieces], table


def _overlaps(
    line: LineString, others: list[LineString], tolerance: float
) -> list[tuple[float, float]]:
    """Chainages of `line` that run along one of `others`, in order and without overlap."""
    band = shapely.buffer(shapely.union_all(others), tolerance, cap_style="flat", quad_segs=2)
    inside = shapely.get_parts(shapely.line_merge(shapely.intersection(line, band)))
    vertices = np.concatenate(
        [[0.0], np.cumsum(np.hypot(*np.diff(shapely.get_coordinates(line), axis=0).T))]
    )
    spans = []
    for part in inside:
        if part.geom_type != "LineString" or part.length <= _SHORT * tolerance:
            continue
        middle = line.project(part.interpolate(0.5, normalized=True))
        ends = [middle - part.length / 2, middle + part.length / 2]
        if ends[0] < -tolerance or ends[1] > line.length + tolerance:  # merged over a ring's seam
            spans += [
                (max(ends[0] % line.length, 0.0), line.length),
                (0.0, ends[1] % line.length),
            ]
            continue
        spans.append((max(ends[0], 0.0), min(ends[1], line.length)))
    # the border ends where one of the two turns away, so the true end is the vertex beside
    theirs = shapely.points(np.concatenate([shapely.get_coordinates(o) for o in others]))
    theirs = theirs[shapely.dwithin(theirs, line, 4 * tolerance)]
    vertices = np.concatenate([vertices, shapely.line_locate_point(line, theirs)])
    snapped = []
    for span in spans:
        near = [vertices[int(np.argmin(np.abs(vertices - end)))] for end in span]
        low, high = (
            v if abs(v - end) <= 4 * tolerance else end for v, end in zip(near, span, strict=True)
        )
        snapped.append((float(low), float(high)))
    return _merged(snapped, tolerance)


def _merged(spans: list[tuple[float, float]], tolerance: float) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + tolerance:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _without(part: Piece, spans: list[tuple[float, float]], tolerance: float) -> list[Piece]:
    if not spans:
        return [part]
    length = part.geometry.length
    edges = [0.0, *[edge for span in spans for edge in span], length]
    rest = [
        (low, high)
        for low, high in zip(edges[::2], edges[1::2], strict=True)
        if high - low > _SHORT * tolerance
    ]
    return [
        Piece(
            line=part.line,
            start_m=part.start_m + low,
            geometry=substring(part.geometry, low, high),
            closed=False,
        )
        for low, high in rest
    ]


def clusters(points: np.ndarray, radius: float) -> np.ndarray:
    """Cluster number of every point: single linkage of points nearer than `radius`."""
    from scipy.spatial import cKDTree  # takes a while to load

    pairs = cKDTree(points).query_pairs(radius, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    return connected_components(graph, directed=False)[1]


def _join(pieces: list[Piece], join_m: float) -> list[Chain]:
    """Chains of open pieces that meet end to end, two at a point and nothing else there."""
    rings = [_chain([piece], [False], closed=True) for piece in pieces if piece.closed]
    loose = [piece for piece in pieces if not piece.closed]
    if not loose:
        return rings
    ends = np.array([p.geometry.coords[k] for p in loose for k in (0, -1)])
    node = clusters(ends, join_m)
    free = _through_nodes(pieces, ends, node, join_m)
    after: dict[int, int] = {}  # end -> the other end that it continues into
    for number in free:
        a, b = np.flatnonzero(node == number)
        after[int(a)], after[int(b)] = int(b), int(a)
    chains, done = [], set()
    # begin at ends that go nowhere; what is left after them are closed loops of pieces
    begins = [e for e in range(len(ends)) if e not in after]
    for end in [*begins, *range(len(ends))]:
        if end // 2 in done:
            continue
        members, reverse, at = [], [], end
        closed = False
        while True:
            members.append(loose[at // 2])
            reverse.append(at % 2 == 1)
            done.add(at // 2)
            out = at ^ 1
            if out not in after:
                break
            at = after[out]
            if at // 2 in done:
                closed = at == end
                break
        chains.append(_chain(members, reverse, closed=closed))
    return [*rings, *chains]


def _through_nodes(
    pieces: list[Piece], ends: np.ndarray, node: np.ndarray, join_m: float
) -> list[int]:
    """Nodes where exactly two ends meet and no other piece passes."""
    size = np.bincount(node)
    two = np.flatnonzero(size == 2)
    first = np.array([np.flatnonzero(node == number)[0] for number in two], dtype=int)
    if not len(first):
        return []
    at = shapely.points(ends[first])
    shapes = np.array([piece.geometry for piece in pieces], dtype=object)
    which, piece = shapely.STRtree(shapes).query(at, predicate="dwithin", distance=join_m)
    passing = np.zeros(len(two), dtype=bool)
    for k, p in zip(which, piece, strict=True):
        if pieces[p].closed:
            passing[k] = True
            continue
        along = shapes[p].project(at[k])
        passing[k] |= 2 * join_m < along < shapes[p].length - 2 * join_m
    return [int(number) for number in two[~passing]]


def _chain(members: list[Piece], reverse: list[bool], *, closed: bool) -> Chain:
    coordinates: list[np.ndarray] = []
    starts = [0.0]
    for piece, against in zip(members, reverse, strict=True):
        part = shapely.get_coordinates(piece.geometry)
        part = part[::-1] if against else part
        coordinates.append(part if not coordinates else part[1:])
        starts.append(starts[-1] + piece.geometry.length)
    return Chain(
        pieces=tuple(members),
        reverse=tuple(reverse),
        starts_m=tuple(starts[:-1]),
        geometry=LineString(np.concatenate(coordinates)),
        closed=closed,
    )
