"""The ground divided among the streets: every place belongs to its nearest stretch of street.

A point snaps to its nearest edge, so the ground that a street serves ends where the next
street is nearer. The division is a Voronoi diagram of places along the streets (spaced
`SPACING_M`, closer beside corners and where streets run close together), which comes within
about a metre of the exact diagram of the lines, and is exact along each line and at corners:
the first places beside a corner stand equally far from it on all its arms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from geoplan.network.network import Network

SPACING_M = 10.0
#: closest places, and shortest piece of line that gets one
LEAST_M = 0.25
#: how often a stretch is halved where another street is nearer than its places are apart
_ROUNDS = 3
#: nearer than this times the distance of its places
_TIGHT = 0.7
#: a corner with a wider angle free of arms gets places closer to it, radians
_OPEN = np.deg2rad(200)
_jit = nb.njit(cache=True, nogil=True)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StreetCells:
    """Straight stretches of street and the ground that is nearest to each.

    The stretches stand in the order of the network's edges, along each edge from u to v.

    Parameters
    ----------
    first : int64 (edges + 1,), the stretches of edge e are ``first[e]:first[e + 1]``.
    place : float64 (stretches, 2), the fractions of the edge at both ends.
    ends : float64 (stretches, 4), x, y at both ends.
    corner : int64 (stretches + 1,), the cell of stretch i has ``corners[corner[i]:corner[i + 1]]``
        (convex, counter-clockwise, not closed; none where another edge lies on the same line).
    corners : float64 (k, 2).
    """

    first: NDArray[np.int64]
    place: NDArray[np.float64]
    ends: NDArray[np.float64]
    corner: NDArray[np.int64]
    corners: NDArray[np.float64]

    def polygons(self, which: NDArray[np.int64]) -> NDArray[Any]:
        """The cells of the stretches `which`."""
        counts = np.diff(self.corner)[which]
        start = np.repeat(self.corner[which] - np.cumsum(counts) + counts, counts)
        coords = self.corners[start + np.arange(counts.sum())]
        rings = shapely.linearrings(coords, indices=np.repeat(np.arange(len(which)), counts))
        return shapely.polygons(rings)


@_jit
def _places(length, near, far, spacing):  # type: ignore[no-untyped-def]
    """Places along a piece of line: `near` and `far` from its ends, growing to `spacing`.

    The same from a corner along all its arms, so that the border between two is their middle.
    """
    if near + far >= 0.999 * length:
        return np.array([0.5 * length])
    left = [near]
    right = [length - far]
    a, b = 2.0 * near, 2.0 * far
    while True:
        gap = right[-1] - left[-1]
        if gap <= 1.5 * max(a, b):
            break
        if a <= b:
            left.append(left[-1] + a)
            a = min(2.0 * a, spacing)
        else:
            right.append(right[-1] - b)
            b = min(2.0 * b, spacing)
    return np.array(left + right[::-1])


@_jit
def _all_places(length, near, far, spacing):  # type: ignore[no-untyped-def]
    piece = [0]
    along = [0.0]
    piece.clear()
    along.clear()
    for i in range(len(length)):
        for s in _places(length[i], near[i], far[i], spacing):
            piece.append(i)
            along.append(s)
    return np.array(piece), np.array(along)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Straight pieces of line: their ends, edge, and where along the edge they begin."""

    p: NDArray[np.float64]
    q: NDArray[np.float64]
    length: NDArray[np.float64]
    edge: NDArray[np.int64]
    start: NDArray[np.float64]
    total: NDArray[np.float64]


def _pieces(network: Network, edges: NDArray[np.int64]) -> _Pieces:
    counts = np.diff(network.offsets)[edges]
    begin = np.repeat(network.offsets[:-1][edges] - np.cumsum(counts) + counts, counts)
    coords = network.coords[begin + np.arange(counts.sum())]
    edge = np.repeat(np.arange(len(edges)), counts)
    inner = edge[1:] == edge[:-1]
    p, q, edge = coords[:-1][inner], coords[1:][inner], edge[:-1][inner]
    length = np.hypot(*(q - p).T)
    run = np.cumsum(length)
    heads = np.flatnonzero(np.diff(edge, prepend=-1))
    start = run - length
    start -= np.repeat(start[heads], np.diff(np.append(heads, len(edge))))
    total = np.bincount(edge, weights=length, minlength=len(edges))[edge]
    keep = length >= 2 * LEAST_M
    return _Pieces(p[keep], q[keep], length[keep], edges[edge[keep]], start[keep], total[keep])


def street_cells(network: Network, edges: NDArray[np.int64], *, margin_m: float) -> StreetCells:
    """Divide the ground among `edges` (positions, ascending) up to `margin_m` around them.

    Examples
    --------
    Two parallel streets, 100 m apart: the border runs in the middle.

    >>> import geopandas as gpd, pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100, 0, 100], [0, 0, 100, 100]), crs="EPSG:4548")
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0, 2], "v": [1, 3], "length_m": 100.0}), mode="walk")
    >>> cells = street_cells(network, np.array([0, 1]), margin_m=500)
    >>> lower = shapely.union_all(cells.polygons(np.arange(cells.first[1])))
    >>> round(lower.bounds[3])
    50
    """
    pieces = _pieces(network, edges)
    if len(pieces.length) == 0:  # no street is drawn longer than a step: no ground is divided
        zero = np.zeros(1, np.int64)
        return StreetCells(
            first=np.zeros(network.n_edges + 1, np.int64),
            place=np.empty((0, 2)),
            ends=np.empty((0, 4)),
            corner=zero,
            corners=np.empty((0, 2)),
        )
    piece, along = _spread(pieces)
    for _ in range(_ROUNDS):
        piece, along, more = _halved(pieces, piece, along)
        if not more:
            break
    # borders between the stretches of a piece: halfway between their places
    same = piece[1:] == piece[:-1]
    middle = 0.5 * (along[1:] + along[:-1])
    low, high = np.zeros(len(along)), pieces.length[piece]
    low[1:][same] = middle[same]
    high[:-1][same] = middle[same]
    ends = np.hstack([_at(pieces, piece, low), _at(pieces, piece, high)])
    place = (pieces.start[piece] + np.stack([low, high])) / pieces.total[piece]
    corner, corners = _voronoi(_at(pieces, piece, along), margin_m)
    first = np.searchsorted(pieces.edge[piece], np.arange(network.n_edges + 1))
    return StreetCells(
        first=first.astype(np.int64),
        place=np.clip(place.T, 0.0, 1.0).copy(),
        ends=ends,
        corner=corner,
        corners=corners,
    )


def _at(
    pieces: _Pieces, piece: NDArray[np.int64], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    part = (along / pieces.length[piece])[:, None]
    return pieces.p[piece] + part * (pieces.q[piece] - pieces.p[piece])


def _spread(pieces: _Pieces) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First places: equally far from a corner on all its arms."""
    both = np.concatenate([pieces.p, pieces.q])
    cell = np.round((both - both.min(axis=0, initial=np.inf)) * 1000).astype(np.int64)
    key = cell[:, 0] * (int(cell[:, 1].max(initial=0)) + 1) + cell[:, 1]
    vertex = np.unique(key, return_inverse=True)[1]
    shortest = np.full(int(vertex.max(initial=-1)) + 1, np.inf)
    np.minimum.at(shortest, vertex, np.tile(pieces.length, 2))
    most = np.where(_widest_gap(pieces, vertex) > _OPEN, 2 * LEAST_M, SPACING_M / 2)
    offset = np.clip(shortest / 2, LEAST_M, most)[vertex]
    near, far = np.split(offset, 2)
    piece, along = _all_places(pieces.length, near, far, SPACING_M)
    return piece.astype(np.int64), along


def _widest_gap(pieces: _Pieces, vertex: NDArray[np.int64]) -> NDArray[np.float64]:
    """Widest angle without an arm at each corner: there the corner itself is the nearest place."""
    way = pieces.q - pieces.p
    angle = np.concatenate([np.arctan2(way[:, 1], way[:, 0]), np.arctan2(-way[:, 1], -way[:, 0])])
    order = np.lexsort((angle, vertex))
    angle, owner = angle[order], vertex[order]
    last = np.append(np.flatnonzero(np.diff(owner)), len(owner) - 1)
    first = np.append(0, last[:-1] + 1)
    gap = np.empty(len(angle))
    gap[:-1] = np.diff(angle)
    gap[last] = angle[first] + 2 * np.pi - angle[last]
    widest = np.zeros(int(owner.max(initial=-1)) + 1)
    np.maximum.at(widest, owner, gap)
    return widest


def _halved(
    pieces: _Pieces, piece: NDArray[np.int64], along: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], bool]:
    """More places where another edge is nearer to one than its neighbours are."""
    gap = np.full(len(along), 0.0)
    same = piece[1:] == piece[:-1]
    step = np.where(same, along[1:] - along[:-1], 0.0)
    gap[1:] = step
    gap[:-1] = np.maximum(gap[:-1], step)
    inner = np.zeros(len(along), bool)  # the places beside corners stay where they are
    inner[1:-1] = same[1:] & same[:-1]
    asked = np.flatnonzero(inner & (gap > 1.0))
    if len(asked) == 0:
        return piece, along, False
    tree = shapely.STRtree(shapely.linestrings(np.stack([pieces.p, pieces.q], axis=1)))
    which, near = tree.query(
        shapely.points(_at(pieces, piece[asked], along[asked])),
        predicate="dwithin",
        distance=_TIGHT * gap[asked],
    )
    foreign = pieces.edge[near] != pieces.edge[piece[asked[which]]]
    tight = asked[np.unique(which[foreign])]
    if len(tight) == 0:
        return piece, along, False
    before = 0.25 * (along[tight] - along[tight - 1])
    after = 0.25 * (along[tight + 1] - along[tight])
    split = np.zeros(len(along), bool)
    split[tight] = True
    new_piece = np.concatenate([piece[~split], piece[tight], piece[tight]])
    new_along = np.concatenate([along[~split], along[tight] - before, along[tight] + after])
    order = np.lexsort((new_along, new_piece))
    return new_piece[order], new_along[order], True


def _voronoi(
    xy: NDArray[np.float64], margin_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cells of points: offsets and corners, counter-clockwise. A repeated point gets none."""
    origin = np.floor(xy.mean(axis=0))
    local = xy - origin
    keys = np.round(local * 1000).astype(np.int64)
    _, kept = np.unique(keys, axis=0, return_index=True)
    kept.sort()
    low, high = local.min(axis=0) - 3 * margin_m - 1, local.max(axis=0) + 3 * margin_m + 1
    frame = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    # a hair of noise, always the same: no four places lie on one circle
    noise = np.random.default_rng(0).uniform(-5e-4, 5e-4, (len(kept), 2))
    points = np.vstack([local[kept] + noise, frame])
    triangles = Delaunay(points).simplices
    centres = _circumcentres(points, triangles)
    point = triangles.ravel()
    corner = np.repeat(centres, 3, axis=0)
    real = point < len(kept)
    point, corner = point[real], corner[real]
    # round a point its triangles stand in the order of their corners of the cell
    ray = (np.repeat(points[triangles].mean(axis=1), 3, axis=0)[real]) - points[point]
    order = np.lexsort((np.arctan2(ray[:, 1], ray[:, 0]), point))
    point, corner = point[order], np.round(corner[order], 4)
    fresh = np.ones(len(point), bool)
    fresh[1:] = (point[1:] != point[:-1]) | (corner[1:] != corner[:-1]).any(axis=1)
    point, corner = point[fresh], corner[fresh]
    counts = np.zeros(len(xy), np.int64)
    counts[kept] = np.bincount(point, minlength=len(kept))
    return np.concatenate([[0], np.cumsum(counts)]), corner + origin


def _circumcentres(
    points: NDArray[np.float64], triangles: NDArray[np.int32]
) -> NDArray[np.float64]:
    a = points[triangles[:, 0]]
    b, c = points[triangles[:, 1]] - a, points[triangles[:, 2]] - a
    twice = 2.0 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    bb, cc = (b * b).sum(axis=1), (c * c).sum(axis=1)
    ux = (c[:, 1] * bb - b[:, 1] * cc) / twice
    uy = (b[:, 0] * cc - c[:, 0] * bb) / twice
    return a + np.column_stack([ux, uy])
