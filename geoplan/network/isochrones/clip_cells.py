"""The sides of the ground within reach: each street's Voronoi cell, cut by straight lines.

In the cell of a straight stretch, ground at distance y from the stretch with its foot at s costs
``cost(s) + y * leg``; beyond an end it costs that end's cost plus the straight way. So the reached
part is cut out of the cell by straight lines (`edge_cost_profile`) and by a circle at each end.

The parts are convex, fit each other, and are handed back as their sides: those within a cell
("cuts"), and those on a line that two parts share, where the same ground may lie on both sides.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from geoplan.network.isochrones.cell_borders import (
    OPEN_CELL,
    along_border,
    border_line,
    corner_count,
)
from geoplan.network.isochrones.convex_clip import CUT, MOST_SIDES, clip_circle, clip_half_plane
from geoplan.network.isochrones.edge_cost_profile import cost_profile, strips_beside
from geoplan.network.isochrones.parts import (
    CORNERS,
    KNOWN,
    PARTS,
    SIDES,
    finished,
    no_parts,
    with_room,
)
from geoplan.network.isochrones.union_find import join

_jit = nb.njit(cache=True, nogil=True)
_AT_END = 1e-9
#: a cell reaches beyond the end of its stretch by this much through rounding
_BEYOND_M = 0.02
#: and a line ends at the end of its stretch when it is nearer than this
_END_M = 1e-6
#: room for corners beside those of the cell and of two circles
_SLACK = 64


class ReachedEdges(NamedTuple):
    """Edges that one polygon may touch, with the costs at their ends and the sites on them.

    edges : positions, ascending.
    from_u, from_v : cost between their ends and the sites (inf = none).
    site_ptr : the sites mid-edge on ``edges[k]`` are ``site_ptr[k]:site_ptr[k + 1]``.
    site_at, site_cost : their fraction of the edge (ascending) and the cost of their snap leg.
    """

    edges: NDArray[np.int64]
    from_u: NDArray[np.float64]
    from_v: NDArray[np.float64]
    site_ptr: NDArray[np.int64]
    site_at: NDArray[np.float64]
    site_cost: NDArray[np.float64]


class _WholeCells(NamedTuple):
    """Which cells are reached whole.

    row : edge -> position in `ReachedEdges`, or -1. begin : its first stretch in `part`.
    part : per stretch, the number of the part that is its whole cell, or -1.
    """

    row: NDArray[np.int32]
    begin: NDArray[np.int64]
    part: NDArray[np.int32]


class _Strips(NamedTuple):
    """Strips beside a stretch: rows, how many (-1 = nothing is reached), radius at either end."""

    rows: NDArray[np.float64]
    number: int
    left: float
    right: float


class _Scratch(NamedTuple):
    """Polygon being cut and its lines (see `convex_clip`); the cell in axes of its stretch."""

    work: NDArray[np.float64]
    label: NDArray[np.int64]
    own: NDArray[np.float64]
    own_line: NDArray[np.int64]


class _Frame(NamedTuple):
    """Axes of a stretch (origin, direction, length, angle) and how far its cell goes along it."""

    x: float
    y: float
    cos: float
    sin: float
    length: float
    turn: float
    low: float
    high: float


@_jit
def reached_parts(reached, costs, cells, reach):  # type: ignore[no-untyped-def]
    """The sides of the parts of cells that are reached.

    Parameters
    ----------
    reached : `ReachedEdges`.
    costs : `EdgeCosts` of the network.
    cells : `StreetCells`.
    reach : `Reach`.

    Returns
    -------
    Parts
    """
    most = 0
    for k in range(len(reached.edges)):
        most = max(most, reached.site_ptr[k + 1] - reached.site_ptr[k])
    lines, rows = np.empty((2 * most + 2, 4)), np.empty((4 * most + 4, 4))
    whole, n_whole = _whole_cells(reached, costs, cells, reach, lines, rows)
    group = np.arange(n_whole)
    out = no_parts(n_whole)
    scratch = _scratch(0)
    walls = 0
    for k in range(len(reached.edges)):
        e = reached.edges[k]
        profile = lines[: _profile(k, reached, costs, lines)]
        for i in range(cells.first[e], cells.first[e + 1]):
            if cells.at[i] < 0:
                continue
            part = whole.part[whole.begin[k] + i - cells.first[e]]
            if part >= 0:
                out = _add_whole_cell(i, part, e, cells, whole, group, out)
                continue
            strips, _ = _strips(i, k, profile, reached, cells, reach, rows)
            if strips.number >= 0:
                scratch, out = _add_cut_cell(i, strips, cells, walls - 2, scratch, out)
                walls -= strips.number + 3
    return finished(out, group)


@_jit
def _profile(k, reached, costs, lines):  # type: ignore[no-untyped-def]
    """Cost profile of the k-th edge into `lines`; the count of rows."""
    e = reached.edges[k]
    to_u = costs.backward[e] if costs.to_sites else costs.forward[e]
    to_v = costs.forward[e] if costs.to_sites else costs.backward[e]
    a, b = reached.site_ptr[k], reached.site_ptr[k + 1]
    site_at, site_cost = reached.site_at[a:b], reached.site_cost[a:b]
    return cost_profile(reached.from_u[k], reached.from_v[k], to_u, to_v, site_at, site_cost, lines)


@_jit
def _whole_cells(reached, costs, cells, reach, lines, rows):  # type: ignore[no-untyped-def]
    """The cells that are reached whole, and how many."""
    first = cells.first
    row = np.full(len(first) - 1, -1, np.int32)
    begin = np.zeros(len(reached.edges) + 1, np.int64)
    for k in range(len(reached.edges)):
        e = reached.edges[k]
        row[e] = k
        begin[k + 1] = begin[k] + first[e + 1] - first[e]
    part = np.full(begin[-1], -1, np.int32)
    parts = 0
    for k in range(len(reached.edges)):
        e = reached.edges[k]
        profile = lines[: _profile(k, reached, costs, lines)]
        for i in range(first[e], first[e + 1]):
            if cells.at[i] < 0:
                continue
            strips, least = _strips(i, k, profile, reached, cells, reach, rows)
            if strips.number >= 0 and least >= cells.farthest[i]:
                part[begin[k] + i - first[e]] = parts
                parts += 1
    return _WholeCells(row, begin, part), parts


@_jit
def _strips(i, k, profile, reached, cells, reach, rows):  # type: ignore[no-untyped-def]
    """Strips beside stretch i of the k-th edge, and their least height over the whole stretch."""
    nothing = _Strips(rows, -1, 0.0, 0.0), -1.0
    fa, fb = cells.fraction[i, 0], cells.fraction[i, 1]
    length = np.hypot(cells.ends[i, 2] - cells.ends[i, 0], cells.ends[i, 3] - cells.ends[i, 1])
    if length <= 0.0 or fb <= fa:
        return nothing
    n, least = strips_beside(profile, fa, fb, length, reach, rows)
    # at the ends: what the street there has left, and the node on a street that one cannot take
    left = right = 0.0
    if n > 0 and rows[0, 0] <= _END_M:
        left = rows[0, 2]
    if n > 0 and rows[n - 1, 1] >= length - _END_M:
        right = rows[n - 1, 3]
    if fa <= _AT_END:
        left = min(max(left, (reach.cutoff - reached.from_u[k]) / reach.leg), reach.width)
    if fb >= 1.0 - _AT_END:
        right = min(max(right, (reach.cutoff - reached.from_v[k]) / reach.leg), reach.width)
    if n == 0 and left <= 0.0 and right <= 0.0:
        return nothing
    return _Strips(rows, n, left, right), least


@_jit
def _add_whole_cell(i, part, e, cells, whole, group, out):  # type: ignore[no-untyped-def]
    """Borders of a whole cell with cells that are not; with those that are, it is one group."""
    tri, across, centre = cells.tri, cells.across, cells.centre
    start = cells.at[i]
    t = start
    for _ in range(len(tri)):
        c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
        j = tri[t, (c + 2) % 3]
        other = -1
        if j < len(cells.at):
            other = _whole_part(j, cells.first, whole, e)
        after = across[t, (c + 1) % 3]
        if other < 0:
            out = with_room(out, 2, 1, 2)
            n = out.used
            corner, side, known = n[CORNERS], n[SIDES], n[KNOWN]
            out.xy[corner] = centre[t]
            out.xy[corner + 1] = centre[after]
            line = border_line(t, (c + 1) % 3, across)
            out.sides[side, 0], out.sides[side, 1] = corner, corner + 1
            out.sides[side, 2] = part
            out.line[side, 0] = line
            for q in range(2):
                x, y = out.xy[corner + q, 0], out.xy[corner + q, 1]
                out.along[side, q] = along_border(line, centre, across, x, y)
            out.known[known, 0], out.known[known, 1] = corner, t
            out.known[known + 1, 0], out.known[known + 1, 1] = corner + 1, after
            n[CORNERS] += 2
            n[SIDES] += 1
            n[KNOWN] += 2
        elif i < j:
            join(group, part, other)
        t = after
        if t == start:
            return out
    raise RuntimeError(OPEN_CELL)


@_jit
def _whole_part(j, first, whole, guess):  # type: ignore[no-untyped-def]
    """The part that is the whole cell of stretch j, or -1; `guess` : the edge it may be of."""
    e = guess
    if not first[e] <= j < first[e + 1]:
        e = np.searchsorted(first, j, side="right") - 1
    k = whole.row[e]
    return whole.part[whole.begin[k] + j - first[e]] if k >= 0 else -1


@_jit
def _add_cut_cell(i, strips, cells, base, scratch, out):  # type: ignore[no-untyped-def]
    """The parts of a cell that is cut, one for each strip and end; `base` : number of its walls."""
    size = corner_count(i, cells.at, cells.tri, cells.across)
    if size + 2 * MOST_SIDES + _SLACK > scratch.work.shape[1]:
        scratch = _scratch(2 * size + 2 * MOST_SIDES + _SLACK)
    frame = _into_frame(i, size, cells, scratch)
    for s in range(-1, strips.number + 1):
        n = _cut_to_strip(s, strips, frame, size, base, scratch)
        if n >= 3:
            out = _add_part(n, frame, cells, scratch, out)
    return scratch, out


@_jit
def _into_frame(i, size, cells, scratch):  # type: ignore[no-untyped-def]
    """The cell of stretch i in the stretch's own axes."""
    tri, across, centre = cells.tri, cells.across, cells.centre
    own, own_line = scratch.own, scratch.own_line
    ax, ay = cells.ends[i, 0], cells.ends[i, 1]
    length = np.hypot(cells.ends[i, 2] - ax, cells.ends[i, 3] - ay)
    cx, cy = (cells.ends[i, 2] - ax) / length, (cells.ends[i, 3] - ay) / length
    t = cells.at[i]
    low, high = np.inf, -np.inf
    for q in range(size):
        c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
        dx, dy = centre[t, 0] - ax, centre[t, 1] - ay
        own[0, q], own[1, q] = dx * cx + dy * cy, dy * cx - dx * cy
        own_line[q] = border_line(t, (c + 1) % 3, across)
        low, high = min(low, own[0, q]), max(high, own[0, q])
        t = across[t, (c + 1) % 3]
    return _Frame(ax, ay, cx, cy, length, np.arctan2(cy, cx), low, high)


@_jit
def _cut_to_strip(s, strips, frame, size, base, scratch):  # type: ignore[no-untyped-def]
    """Cut the cell to strip s, or to the ground beyond an end (-1, number); its corner count."""
    rows, number, left, right = strips
    length, low, high = frame.length, frame.low, frame.high
    if s == -1 and (left <= 0.0 or low > -_BEYOND_M):
        return 0
    if s == number and (right <= 0.0 or high < length + _BEYOND_M):
        return 0
    work, label = scratch.work, scratch.label
    n = size
    work[0, :n] = scratch.own[0, :n]
    work[1, :n] = scratch.own[1, :n]
    label[0, :n] = scratch.own_line[:n]
    if s == -1:
        meets = number > 0 and rows[0, 0] <= _END_M
        wall = base if meets else base - number - 1
        n = clip_half_plane(work, label, n, (1.0, 0.0, 0.0), wall)
        return clip_circle(work, label, n, 0.0, left, frame.turn) if n > 0 else 0
    if s == number:
        meets = number > 0 and rows[number - 1, 1] >= length - _END_M
        wall = base - number if meets else base - number - 2
        n = clip_half_plane(work, label, n, (-1.0, 0.0, -length), wall)
        return clip_circle(work, label, n, length, right, frame.turn) if n > 0 else 0
    x0, x1, h0, h1 = rows[s, 0], rows[s, 1], rows[s, 2], rows[s, 3]
    if x1 - x0 <= 1e-9:
        return 0
    # rounding at the ends of a stretch is no ground beyond it
    if h0 > 0.0 and (x0 > _END_M or low <= -_BEYOND_M):
        n = clip_half_plane(work, label, n, (-1.0, 0.0, -x0), base - s)
    if h1 > 0.0 and (x1 < length - _END_M or high >= length + _BEYOND_M):
        n = clip_half_plane(work, label, n, (1.0, 0.0, x1), base - s - 1)
    rate = (h1 - h0) / (x1 - x0)
    n = clip_half_plane(work, label, n, (-rate, 1.0, h0 - rate * x0), CUT)
    return clip_half_plane(work, label, n, (-rate, -1.0, h0 - rate * x0), CUT)


@_jit
def _add_part(n, frame, cells, scratch, out):  # type: ignore[no-untyped-def]
    """Write the sides of the polygon of `n` corners in `scratch` as a part."""
    out = with_room(out, n, n, 0)
    work, label = scratch.work, scratch.label
    xy, sides, along = out.xy, out.sides, out.along
    corner, side, part = out.used[CORNERS], out.used[SIDES], out.used[PARTS]
    for q in range(n):
        xy[corner + q, 0] = frame.x + work[0, q] * frame.cos - work[1, q] * frame.sin
        xy[corner + q, 1] = frame.y + work[0, q] * frame.sin + work[1, q] * frame.cos
    for q in range(n):
        z = q + 1 if q + 1 < n else 0
        a, b = corner + q, corner + z
        line = label[0, q]
        sides[side, 0], sides[side, 1], sides[side, 2] = a, b, part
        out.line[side, 0] = line
        if line >= 0:
            along[side, 0] = along_border(line, cells.centre, cells.across, xy[a, 0], xy[a, 1])
            along[side, 1] = along_border(line, cells.centre, cells.across, xy[b, 0], xy[b, 1])
        else:  # a wall stands upright in the axes of the stretch
            along[side, 0], along[side, 1] = work[1, q], work[1, z]
        side += 1
    out.used[CORNERS] += n
    out.used[SIDES] = side
    out.used[PARTS] += 1
    return out


@_jit
def _scratch(room):  # type: ignore[no-untyped-def]
    work, label = np.empty((4, room)), np.empty((2, room), np.int64)
    return _Scratch(work, label, np.empty((2, room)), np.empty(room, np.int64))
