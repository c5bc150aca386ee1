"""The generators of the Voronoi diagram: points along the streets whose cells divide the ground.

Straight segments of street (`street_segments`) get generators every `SPACING_M`, closer beside
corners and where streets run close together. The first ones beside a corner stand equally far from
it on all its arms, so that the border between two arms is exact there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.polylines import location_numbers
from geoplan.network.isochrones.segment_grid import (
    grid_of,
    near_another_segment,
    near_foreign_segment,
)
from geoplan.tolerances import REACH_BORDER_M

SPACING_M = 10.0
#: closest generators; a segment shorter than two of it has none of its own
LEAST_M = 0.25
#: from a corner that is itself the nearest point of some ground to the first generators
_WIDE_M = 0.1
#: from a dead end, where one generator is, to the next one
_END_M = 2.0
#: ends this near are one corner
_CORNER_M = 0.001
#: how often a stretch is halved where its border with another one would be less true
_ROUNDS = 3
#: generators this close are close enough
_CLOSE_M = 1.0
#: side of the grid by which segments near a point are found, and most cells of it
_BIN_M = 32.0
_MOST_BINS = 4_000_000
#: a corner with a wider angle free of arms gets generators closer to it, radians
_WIDE_ANGLE = np.deg2rad(200)


@inner_kernel
def _along_segment(length, near, far, spacing):
    """Generators along a segment: `near` and `far` from its ends, growing to `spacing`.

    The same from a corner along all its arms, so that the border between two is their middle.
    """
    if near + far >= 0.999 * length:
        return np.array([0.5 * length])
    left = [near]
    right = [length - far]
    a = 2.0 * near if near > 0.0 else _END_M
    b = 2.0 * far if far > 0.0 else _END_M
    while True:
        gap = right[-1] - left[-1]
        if gap <= 1.5 * min(a, b):
            break
        if a <= b:
            left.append(left[-1] + a)
            a = min(2.0 * a, spacing)
        else:
            right.append(right[-1] - b)
            b = min(2.0 * b, spacing)
    return np.array(left + right[::-1])


@kernel
def _along_segments(length, near, far, spacing):
    """Generators of all segments: segment and metres along it."""
    segment = [0]
    along = [0.0]
    segment.clear()
    along.clear()
    for i in range(len(length)):
        for s in _along_segment(length[i], near[i], far[i], spacing):
            segment.append(i)
            along.append(s)
    return np.array(segment), np.array(along)


class Segments(NamedTuple):
    """Straight segments of street: ends, edge, where along the edge they begin, and metres of it.

    A chord over several short ones stands for more metres of the edge (`run`) than its `length`.

    p, q : float64 (n, 2), ends. length : metres from end to end. edge : ascending.
    start, run : metres of the edge before it and beside it. total : length of the whole edge.
    """

    p: NDArray[np.float64]
    q: NDArray[np.float64]
    length: NDArray[np.float64]
    edge: NDArray[np.int64]
    start: NDArray[np.float64]
    run: NDArray[np.float64]
    total: NDArray[np.float64]


def street_segments(network: NetworkData, edges: NDArray[np.int64]) -> Segments:
    """The straight segments of `edges` that are long enough for a generator."""
    counts = np.diff(network.offsets)[edges]
    chords, start, run, total = _chords(network.coords, network.offsets[:-1][edges], counts)
    p, q = network.coords[chords[:, 1]], network.coords[chords[:, 2]]
    edge = chords[:, 0]
    return Segments(p, q, np.hypot(*(q - p).T), edges[edge], start, run, total[edge])


@kernel
def _chords(coords, begin, counts):
    """Segments of each edge long enough for a generator; successive short ones become one chord.

    A long segment stays as it is drawn. What is left over beside it has no generator: the ground
    there is its neighbours', which are but a step away. Returns
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
        mends = False  # whether the segment that ends at the anchor is a chord of short ones
        for v in range(begin[e] + 1, last + 1):
            length = _apart(coords, v - 1, v)
            if length >= step and anchor < v - 1:
                # a long segment ends the row of short ones: their rest joins the chord before
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


@inner_kernel
def _apart(coords, i, j):
    return np.hypot(coords[j, 0] - coords[i, 0], coords[j, 1] - coords[i, 1])


def points_along(
    segments: Segments, segment: NDArray[np.int64], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coordinates at `along` metres of each `segment`."""
    return _interpolated(segments, segment, along)


@kernel
def _interpolated(segments, segment, along):
    p, q, length = segments.p, segments.q, segments.length
    xy = np.empty((len(segment), 2))
    for i in range(len(segment)):
        k = segment[i]
        part = along[i] / length[k]
        xy[i, 0] = p[k, 0] + part * (q[k, 0] - p[k, 0])
        xy[i, 1] = p[k, 1] + part * (q[k, 1] - p[k, 1])
    return xy


class Corners(NamedTuple):
    """Where segments begin and end.

    vertex : int64 (2n,), the corner at the begin of each segment, then that at the end of each.
    offset : metres from each corner to the first generator on its arms.
    """

    vertex: NDArray[np.int64]
    offset: NDArray[np.float64]


def corners_of(segments: Segments) -> Corners:
    """The corners, with generators closer to those that are the nearest point of some ground."""
    both = np.concatenate([segments.p, segments.q])
    vertex = location_numbers(both, _CORNER_M)
    shortest = np.full(int(vertex.max(initial=-1)) + 1, np.inf)
    np.minimum.at(shortest, vertex, np.tile(segments.length, 2))
    most = np.where(_widest_gap(segments, vertex) > _WIDE_ANGLE, _WIDE_M, SPACING_M / 2)
    offset = np.minimum(np.maximum(shortest / 2, LEAST_M), most)
    # a dead end has no arms to divide the ground among: its generator is the very end
    return Corners(vertex, np.where(np.bincount(vertex) == 1, 0.0, offset))


def first_generators(
    segments: Segments, corners: Corners
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Generators equally far from a corner on all its arms: segment and metres along it."""
    near, far = np.split(corners.offset[corners.vertex], 2)
    segment, along = _along_segments(segments.length, near, far, SPACING_M)
    return segment.astype(np.int64), along


def _widest_gap(segments: Segments, vertex: NDArray[np.int64]) -> NDArray[np.float64]:
    """Widest angle without an arm at each corner: there the corner itself is the nearest point."""
    way = segments.q - segments.p
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


def refined_generators(
    segments: Segments,
    corners: Corners,
    segment: NDArray[np.int64],
    along: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """More generators where a border with another segment would be off by over `REACH_BORDER_M`.

    Between two lines `d` apart with generators every `g` metres the border of their cells runs
    within g^2 / 8d of the middle.
    """
    low = np.minimum(segments.p, segments.q).min(axis=0) - 1.0
    high = np.maximum(segments.p, segments.q).max(axis=0) + 1.0
    side = max(_BIN_M, float(np.sqrt(np.prod(high - low) / _MOST_BINS)))
    scaled = segments._replace(p=(segments.p - low) / side, q=(segments.q - low) / side)
    shape = np.ceil((high - low) / side).astype(np.int64)
    grid = grid_of(scaled, shape[0], shape[1])
    first = np.unique(corners.vertex, return_index=True)[1]
    at_corner = np.concatenate([scaled.p, scaled.q])[first]
    offset, open_corner = corners.offset.copy(), np.ones(len(first), bool)
    fresh = np.ones(len(along), bool)
    for _ in range(_ROUNDS):
        # between a generator and the next one of its segment, where either is new
        at = np.flatnonzero((segment[1:] == segment[:-1]) & (fresh[1:] | fresh[:-1]))
        gap = along[at + 1] - along[at]
        at, gap = at[gap > _CLOSE_M], gap[gap > _CLOSE_M]
        middle = along[at] + gap / 2
        xy = (points_along(segments, segment[at], middle) - low) / side
        near = gap * gap / (8.0 * REACH_BORDER_M) / side
        tight = near_another_segment(xy, segment[at], near, scaled, grid)
        # and about a corner, on all its arms alike
        open_corner &= 2 * offset > _CLOSE_M
        close = np.flatnonzero(open_corner)
        near = (2 * offset[close]) ** 2 / (8.0 * REACH_BORDER_M) / side
        crowded = near_foreign_segment(at_corner[close], near, _CORNER_M / side, scaled, grid)
        open_corner[close[~crowded]] = False
        offset[open_corner] /= 2
        arm = np.flatnonzero(open_corner[corners.vertex])
        own = arm % len(segments.length)
        step = offset[corners.vertex[arm]]
        step = np.where(arm < len(segments.length), step, segments.length[own] - step)
        if not (tight.any() or len(arm)):
            break
        fresh = np.concatenate([np.zeros(len(along), bool), np.ones(tight.sum() + len(arm), bool)])
        segment = np.concatenate([segment, segment[at[tight]], own])
        along = np.concatenate([along, middle[tight], step])
        order = np.lexsort((along, segment))
        segment, along, fresh = segment[order], along[order], fresh[order]
    return segment, along
