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

from geoplan.network.graph.network import NetworkData
from geoplan.network.isochrones.delaunay import delaunay
from geoplan.network.isochrones.segment_grid import bins, tight_places

SPACING_M = 10.0
#: closest places; a piece of line shorter than two of it has none of its own
LEAST_M = 0.25
#: how often a stretch is halved where another street is nearer than its places are apart
_ROUNDS = 3
#: nearer than this times the distance of its places
_TIGHT = 0.7
#: side of the grid by which pieces near a place are found, and most cells of it
_BIN_M = 32.0
_MOST_BINS = 4_000_000
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
    tri, across : int32 (k, 3), triangles of the stretches' places and of a frame (numbers from
        the count of stretches on), as `delaunay` gives them.
    centre : float64 (k, 2), the middles of the triangles' circles: the corners of the cells.
    at : int32 (stretches,), a triangle of each place; -1 = no cell, as another edge lies on the
        same line.
    farthest : float64 (stretches,), how far the cell's corners lie from the stretch at most.
    """

    first: NDArray[np.int64]
    place: NDArray[np.float64]
    ends: NDArray[np.float64]
    tri: NDArray[np.int32]
    across: NDArray[np.int32]
    centre: NDArray[np.float64]
    at: NDArray[np.int32]
    farthest: NDArray[np.float64]

    def polygons(self, which: NDArray[np.int64]) -> NDArray[Any]:
        """The cells of the stretches `which`, which have one."""
        counts, around = _around(self.tri, self.across, self.at, which)
        rings = shapely.linearrings(
            self.centre[around], indices=np.repeat(np.arange(len(which)), counts)
        )
        return shapely.polygons(rings)


@_jit
def _around(tri, across, at, which):  # type: ignore[no-untyped-def]
    """The triangles about each place, counter-clockwise: how many, and which."""
    counts = np.zeros(len(which), np.int64)
    for fill in range(2):
        if fill == 1:
            around = np.empty(counts.sum(), np.int64)
        used = 0
        for w in range(len(which)):
            t = at[which[w]]
            for _ in range(len(tri)):
                if fill == 1:
                    around[used] = t
                else:
                    counts[w] += 1
                used += 1
                k = 0 if tri[t, 0] == which[w] else 1 if tri[t, 1] == which[w] else 2
                t = across[t, (k + 1) % 3]
                if t == at[which[w]]:
                    break
            else:
                raise RuntimeError("the triangles about a stretch of street do not close")
    return counts, around


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
    """Straight pieces of line: ends, edge, where along the edge they begin, and metres of it.

    A chord over several short pieces stands for more metres of the edge (`run`) than its `length`.
    """

    p: NDArray[np.float64]
    q: NDArray[np.float64]
    length: NDArray[np.float64]
    edge: NDArray[np.int64]
    start: NDArray[np.float64]
    run: NDArray[np.float64]
    total: NDArray[np.float64]


def _pieces(network: NetworkData, edges: NDArray[np.int64]) -> _Pieces:
    counts = np.diff(network.offsets)[edges]
    chords, start, run, total = _chords(network.coords, network.offsets[:-1][edges], counts)
    p, q = network.coords[chords[:, 1]], network.coords[chords[:, 2]]
    edge = chords[:, 0]
    return _Pieces(p, q, np.hypot(*(q - p).T), edges[edge], start, run, total[edge])


@_jit
def _chords(coords, begin, counts):  # type: ignore[no-untyped-def]
    """Pieces of each edge long enough for a place; successive short ones become one chord.

    A long piece stays as it is drawn. What is left over beside it has no place: the ground there
    is its neighbours', which are but a step away. Returns
    rows of (edge, vertex, vertex), metres along the edge to their begin, metres of the edge that
    they stand for, and the length of each edge.
    """
    most = counts.sum()
    chords = np.empty((most, 3), np.int64)
    start, run = np.empty(most), np.empty(most)
    total = np.zeros(len(begin))
    step = 2.0 * LEAST_M
    n = 0
    for e in range(len(begin)):
        head = n
        anchor, last = begin[e], begin[e] + counts[e] - 1
        since = along = 0.0  # metres of the edge at the anchor, and at the vertex
        mends = False  # whether the piece that ends at the anchor is a chord of short ones
        for v in range(begin[e] + 1, last + 1):
            length = _apart(coords, v - 1, v)
            if length >= step and anchor < v - 1:
                # a long piece ends the row of short ones: their rest joins the chord before
                if mends and _apart(coords, chords[n - 1, 1], v - 1) >= step:
                    chords[n - 1, 2], run[n - 1] = v - 1, along - start[n - 1]
                anchor, since = v - 1, along
            along += length
            if _apart(coords, anchor, v) >= step:
                chords[n, 0], chords[n, 1], chords[n, 2] = e, anchor, v
                start[n], run[n] = since, along - since
                n += 1
                mends = length < step
                anchor, since = v, along
        total[e] = along
        if anchor < last:
            if n == head:
                if _apart(coords, anchor, last) >= LEAST_M:
                    chords[n, 0], chords[n, 1], chords[n, 2] = e, anchor, last
                    start[n], run[n] = 0.0, along
                    n += 1
            elif mends and _apart(coords, chords[n - 1, 1], last) >= step:
                chords[n - 1, 2], run[n - 1] = last, along - start[n - 1]
    return chords[:n].copy(), start[:n].copy(), run[:n].copy(), total


@_jit
def _apart(coords, i, j):  # type: ignore[no-untyped-def]
    return np.hypot(coords[j, 0] - coords[i, 0], coords[j, 1] - coords[i, 1])


def street_cells(network: NetworkData, edges: NDArray[np.int64], *, margin_m: float) -> StreetCells:
    """Divide the ground among `edges` (positions, ascending) up to `margin_m` around them.

    Examples
    --------
    Two parallel streets, 100 m apart: the border runs in the middle.

    >>> import geopandas as gpd, pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100, 0, 100], [0, 0, 100, 100]), crs="EPSG:4548")
    >>> from geoplan.network import Network
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0, 2], "v": [1, 3], "length_m": 100.0}), mode="walk")
    >>> cells = street_cells(network, np.array([0, 1]), margin_m=500)
    >>> lower = shapely.union_all(cells.polygons(np.arange(cells.first[1])))
    >>> round(lower.bounds[3])
    50
    """
    pieces = _pieces(network, edges)
    if len(pieces.length) == 0:  # no street is drawn longer than a step: no ground is divided
        return StreetCells(
            first=np.zeros(network.n_edges + 1, np.int64),
            place=np.empty((0, 2)),
            ends=np.empty((0, 4)),
            tri=np.empty((0, 3), np.int32),
            across=np.empty((0, 3), np.int32),
            centre=np.empty((0, 2)),
            at=np.empty(0, np.int32),
            farthest=np.empty(0),
        )
    piece, along = _spread(pieces)
    piece, along = _closer(pieces, piece, along)
    # borders between the stretches of a piece: halfway between their places
    same = piece[1:] == piece[:-1]
    middle = 0.5 * (along[1:] + along[:-1])
    low, high = np.zeros(len(along)), pieces.length[piece]
    low[1:][same] = middle[same]
    high[:-1][same] = middle[same]
    ends = np.hstack([_at(pieces, piece, low), _at(pieces, piece, high)])
    share = pieces.run[piece] / pieces.length[piece]  # a chord is shorter than its way
    place = (pieces.start[piece] + share * np.stack([low, high])) / pieces.total[piece]
    tri, across, centre = _voronoi(_at(pieces, piece, along), margin_m)
    at, farthest = _cells(tri, centre, ends)
    first = np.searchsorted(pieces.edge[piece], np.arange(network.n_edges + 1))
    return StreetCells(
        first=first.astype(np.int64),
        place=np.clip(place.T, 0.0, 1.0).copy(),
        ends=ends,
        tri=tri,
        across=across,
        centre=centre,
        at=at,
        farthest=farthest,
    )


def _at(
    pieces: _Pieces, piece: NDArray[np.int64], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    return _on_lines(pieces.p, pieces.q, pieces.length, piece, along)


@_jit
def _on_lines(p, q, length, piece, along):  # type: ignore[no-untyped-def]
    xy = np.empty((len(piece), 2))
    for i in range(len(piece)):
        k = piece[i]
        part = along[i] / length[k]
        xy[i, 0] = p[k, 0] + part * (q[k, 0] - p[k, 0])
        xy[i, 1] = p[k, 1] + part * (q[k, 1] - p[k, 1])
    return xy


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


def _closer(
    pieces: _Pieces, piece: NDArray[np.int64], along: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """More places where another edge is nearer to one than its neighbours are."""
    low = np.minimum(pieces.p, pieces.q).min(axis=0) - 1.0
    high = np.maximum(pieces.p, pieces.q).max(axis=0) + 1.0
    side = max(_BIN_M, float(np.sqrt(np.prod(high - low) / _MOST_BINS)))
    p, q = (pieces.p - low) / side, (pieces.q - low) / side
    shape = np.ceil((high - low) / side).astype(np.int64)
    start, inside = bins(p, q, shape[0], shape[1])
    inner = np.zeros(len(along), bool)  # the places beside corners stay where they are
    inner[1:-1] = (piece[2:] == piece[1:-1]) & (piece[:-2] == piece[1:-1])
    xy = (_at(pieces, piece, along) - low) / side
    for _ in range(_ROUNDS):
        step = np.diff(along)
        gap = np.where(inner, np.maximum(np.append(0.0, step), np.append(step, 0.0)), 0.0)
        gap[gap <= 1.0] = 0.0
        tight = tight_places(
            xy, pieces.edge[piece], _TIGHT * gap / side, p, q, pieces.edge, start, inside, shape[1]
        )
        if not tight.any():
            break
        at = np.flatnonzero(tight)
        middle = along[at]
        before, after = 0.25 * (middle - along[at - 1]), 0.25 * (along[at + 1] - middle)
        double = np.repeat(np.arange(len(along)), 1 + tight)
        new = at + np.arange(len(at))
        piece, along = piece[double], along[double]
        along[new], along[new + 1] = middle - before, middle + after
        # what was not tight cannot become so: only the new places are asked again
        inner = np.zeros(len(along), bool)
        inner[new] = inner[new + 1] = True
        xy = (_at(pieces, piece, along) - low) / side
    return piece, along


def _voronoi(
    xy: NDArray[np.float64], margin_m: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Triangles of places, their neighbours, and the middles of their circles."""
    origin = np.floor(xy.mean(axis=0))
    # a hair of noise, always the same: no four places lie on one circle
    local = xy - origin + np.random.default_rng(0).uniform(-1e-5, 1e-5, xy.shape)
    tri, across, points = delaunay(local, 3 * margin_m + 1)
    return tri, across, _circumcentres(points, tri, origin)


@_jit
def _circumcentres(points, triangles, origin):  # type: ignore[no-untyped-def]
    centres = np.empty((len(triangles), 2))
    for t in range(len(triangles)):
        ax, ay = points[triangles[t, 0]]
        bx, by = points[triangles[t, 1], 0] - ax, points[triangles[t, 1], 1] - ay
        cx, cy = points[triangles[t, 2], 0] - ax, points[triangles[t, 2], 1] - ay
        twice = 2.0 * (bx * cy - by * cx)
        bb, cc = bx * bx + by * by, cx * cx + cy * cy
        centres[t, 0] = origin[0] + ax + (cy * bb - by * cc) / twice
        centres[t, 1] = origin[1] + ay + (bx * cc - cx * bb) / twice
    return centres


@_jit
def _cells(tri, centre, ends):  # type: ignore[no-untyped-def]
    """One triangle of each place, and how far its cell reaches off its stretch."""
    at = np.full(len(ends), -1, np.int32)
    farthest = np.zeros(len(ends))
    for t in range(len(tri)):
        for k in range(3):
            i = tri[t, k]
            if i >= len(ends):
                continue
            at[i] = t
            ax, ay = ends[i, 0], ends[i, 1]
            dx, dy = ends[i, 2] - ax, ends[i, 3] - ay
            x, y = centre[t, 0] - ax, centre[t, 1] - ay
            s = min(max((x * dx + y * dy) / (dx * dx + dy * dy), 0.0), 1.0)
            farthest[i] = max(farthest[i], np.hypot(x - s * dx, y - s * dy))
    return at, farthest
