"""The sides of the ground within reach: each street's Voronoi cell, cut by straight lines.

In the cell of a straight stretch, ground at distance y from the stretch with its foot at s costs
``cost(s) + y * leg``; beyond an end it costs that end's cost plus the straight way. So the reached
part is cut out of the cell by straight lines (`edge_cost_profile`) and by a circle at each end.

The parts are convex, fit each other, and are handed back as their sides: those within a cell
("cuts"), and those on a line that two parts share, where the same ground may lie on both sides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.isochrones.cell_borders import (
    OPEN_CELL,
    along_border,
    border_line,
    corner_count,
)
from geoplan.network.isochrones.convex_clip import (
    CUT,
    MOST_SIDES,
    clip_circle,
    clip_half_plane,
    restore,
    scratch_of,
)
from geoplan.network.isochrones.edge_cost_profile import cost_profile, height_at, strips_beside
from geoplan.network.isochrones.parts import (
    CORNERS,
    KNOWN,
    PARTS,
    SIDES,
    finished,
    has_room,
    longer,
    no_parts,
    with_room,
)
from geoplan.network.isochrones.union_find import join
from geoplan.tolerances import AT_EDGE_END, AT_STRETCH_END_M, BEYOND_STRETCH_M, NO_STRIP_M

#: room for corners beside those of the cell and of two circles
_SLACK = 64


class ReachedEdges(NamedTuple):
    """Edges that one polygon may touch, with the costs at their ends and the sites on them.

    edges : positions, ascending.
    from_u, from_v : cost between their ends and the sites (inf = none).
    site_ptr : the sites mid-edge on ``edges[k]`` are ``site_ptr[k]:site_ptr[k + 1]``.
    site_at, site_cost : their fraction of the edge (ascending) and the cost of their snap leg.
    sites : positions of the sites that the polygon is of.
    """

    edges: NDArray[np.int64]
    from_u: NDArray[np.float64]
    from_v: NDArray[np.float64]
    site_ptr: NDArray[np.int64]
    site_at: NDArray[np.float64]
    site_cost: NDArray[np.float64]
    sites: NDArray[np.int64]


class _WholeCells(NamedTuple):
    """Which cells are reached whole.

    row : edge -> position in `ReachedEdges`, or -1. begin : its first stretch in `part`.
    part : per stretch, the number of the part that is its whole cell, or -1.
    """

    row: NDArray[np.int32]
    begin: NDArray[np.int64]
    part: NDArray[np.int32]


class _Frame(NamedTuple):
    """Axes of a stretch: origin, direction, length, angle."""

    x: float
    y: float
    cos: float
    sin: float
    length: float
    turn: float


@kernel
def reached_parts(reached, costs, cells, reach):
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
    most = _most_sites(reached.site_ptr)
    lines, rows = np.empty((2 * most + 2, 4)), np.empty((4 * most + 4, 4))
    whole, n_whole = _whole_cells(reached, costs, cells, reach, lines, rows)
    group, borders = _group_whole_cells(reached.edges, cells, whole, n_whole)
    first, _, fraction, ends, tri, across, centre, at, _ = cells
    _, begin, whole_part = whole
    edges, all_from_u, all_from_v = reached.edges, reached.from_u, reached.from_v
    out = no_parts(n_whole)
    room = walls = done = 0
    work, label, own, own_line = scratch_of(room)
    for k in range(len(edges)):
        e = edges[k]
        from_u, from_v = all_from_u[k], all_from_v[k]
        profile = lines[: _profile(k, reached, costs, lines)]
        for i in range(first[e], first[e + 1]):
            if at[i] < 0:
                continue
            part = whole_part[begin[k] + i - first[e]]
            if part >= 0:
                if done < len(borders) and borders[done, 0] == part:
                    done, out = _add_borders(done, borders, centre, across, out)
                continue
            stretch = _stretch(i, fraction, ends)
            n, _, left, right = _strips(stretch, profile, from_u, from_v, reach, rows)
            if n < 0:
                continue
            size = corner_count(i, at, tri, across)
            if size + 2 * MOST_SIDES + _SLACK > room:
                room = 2 * size + 2 * MOST_SIDES + _SLACK
                work, label, own, own_line = scratch_of(room)
            frame = _frame(i, ends)
            low, high = _into_frame(i, at[i], frame, tri, across, centre, own, own_line)
            extent = n, left, right, low, high
            for s in range(-1, n + 1):
                if _no_ground_beyond(s, extent, frame.length):
                    continue
                restore(work, label, own, own_line, size)
                corners = _cut_to_strip(s, rows, extent, frame, size, walls - 2, work, label)
                if corners >= 3:
                    if not has_room(out, corners, corners, 0):
                        out = with_room(out, corners, corners, 0)
                    _add_part(corners, frame, centre, across, work, label, out)
            walls -= n + 3
    return finished(out, group)


@inner_kernel
def _most_sites(ptr):
    """Most sites on one edge."""
    most = 0
    for k in range(len(ptr) - 1):
        most = max(most, ptr[k + 1] - ptr[k])
    return most


@inner_kernel
def _profile(k, reached, costs, lines):
    """Cost profile of the k-th edge into `lines`; the count of rows."""
    e = reached.edges[k]
    to_u = costs.backward[e] if costs.to_sites else costs.forward[e]
    to_v = costs.forward[e] if costs.to_sites else costs.backward[e]
    a, b = reached.site_ptr[k], reached.site_ptr[k + 1]
    site_at, site_cost = reached.site_at[a:b], reached.site_cost[a:b]
    return cost_profile(reached.from_u[k], reached.from_v[k], to_u, to_v, site_at, site_cost, lines)


@inner_kernel
def _whole_cells(reached, costs, cells, reach, lines, rows):
    """The cells that are reached whole, and how many."""
    first, at, fraction, ends = cells.first, cells.at, cells.fraction, cells.ends
    farthest = cells.farthest
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
        from_u, from_v = reached.from_u[k], reached.from_v[k]
        profile = lines[: _profile(k, reached, costs, lines)]
        for i in range(first[e], first[e + 1]):
            if at[i] < 0:
                continue
            stretch = _stretch(i, fraction, ends)
            n, least, _, _ = _strips(stretch, profile, from_u, from_v, reach, rows)
            if n >= 0 and least >= farthest[i]:
                part[begin[k] + i - first[e]] = parts
                parts += 1
    return _WholeCells(row, begin, part), parts


@inner_kernel
def _stretch(i, fraction, ends):
    """Fractions of the edge at both ends of a stretch, and its length."""
    length = np.hypot(ends[i, 2] - ends[i, 0], ends[i, 3] - ends[i, 1])
    return fraction[i, 0], fraction[i, 1], length


@inner_kernel
def _strips(stretch, profile, from_u, from_v, reach, rows):
    """Strips of ground beside a stretch into `rows`.

    Returns their number (-1 = nothing is reached), the least height over the whole stretch, and
    the radius of the ground about either end.
    """
    fa, fb, length = stretch
    if length <= 0.0 or fb <= fa:
        return -1, -1.0, 0.0, 0.0
    n, least = strips_beside(profile, fa, fb, length, reach, rows)
    # at the ends: what a place at the very end has left, which on a one-way street may be reached
    # though no place behind it is, and the node on a street that one cannot take
    left = height_at(profile, fa, reach)
    right = height_at(profile, fb, reach)
    if fa <= AT_EDGE_END:
        left = min(max(left, (reach.cutoff - from_u) / reach.leg), reach.width)
    if fb >= 1.0 - AT_EDGE_END:
        right = min(max(right, (reach.cutoff - from_v) / reach.leg), reach.width)
    if n == 0 and left <= 0.0 and right <= 0.0:
        return -1, -1.0, 0.0, 0.0
    return n, least, left, right


@inner_kernel
def _group_whole_cells(edges, cells, whole, n_whole):
    """Groups of whole cells side by side, and their borders with cells that are not whole.

    A border is a row of its part, its line and the triangles at its ends.
    """
    first, edge, at, tri, across = cells.first, cells.edge, cells.at, cells.tri, cells.across
    row, begin, parts = whole
    group = np.arange(n_whole)
    borders, n = np.empty((256, 4), np.int64), 0
    for k in range(len(edges)):
        e = edges[k]
        for i in range(first[e], first[e + 1]):
            part = parts[begin[k] + i - first[e]]
            if part < 0:
                continue
            t = at[i]
            for _ in range(len(tri)):
                c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
                j = tri[t, (c + 2) % 3]
                other = -1
                if j < len(at) and row[edge[j]] >= 0:
                    other = parts[begin[row[edge[j]]] + j - first[edge[j]]]
                after = across[t, (c + 1) % 3]
                if other < 0:
                    if n == len(borders):
                        borders = longer(borders, n, 1)
                    borders[n, 0], borders[n, 1] = part, border_line(t, (c + 1) % 3, across)
                    borders[n, 2], borders[n, 3] = t, after
                    n += 1
                elif i < j:
                    join(group, part, other)
                t = after
                if t == at[i]:
                    break
            else:
                raise RuntimeError(OPEN_CELL)
    return group, borders[:n]


@inner_kernel
def _add_borders(begin, borders, centre, across, out):
    """Write the borders of one whole cell, those from `begin` on; where the next cell's begin."""
    part, end = borders[begin, 0], begin
    while end < len(borders) and borders[end, 0] == part:
        end += 1
    m = end - begin
    if not has_room(out, 2 * m, m, 2 * m):
        out = with_room(out, 2 * m, m, 2 * m)
    xy, known, sides, lines, along, used = out
    corner, side, row = used[CORNERS], used[SIDES], used[KNOWN]
    for k in range(begin, end):
        line = borders[k, 1]
        sides[side, 0], sides[side, 1], sides[side, 2] = corner, corner + 1, part
        lines[side, 0] = line
        for q in range(2):
            t = borders[k, 2 + q]
            x, y = centre[t, 0], centre[t, 1]
            xy[corner, 0], xy[corner, 1] = x, y
            along[side, q] = along_border(line, centre, across, x, y)
            known[row, 0], known[row, 1] = corner, t
            corner += 1
            row += 1
        side += 1
    used[CORNERS], used[SIDES], used[KNOWN] = corner, side, row
    return end, out


@inner_kernel
def _frame(i, ends):
    """The axes of stretch i."""
    ax, ay = ends[i, 0], ends[i, 1]
    length = np.hypot(ends[i, 2] - ax, ends[i, 3] - ay)
    cx, cy = (ends[i, 2] - ax) / length, (ends[i, 3] - ay) / length
    return _Frame(ax, ay, cx, cy, length, np.arctan2(cy, cx))


@inner_kernel
def _into_frame(i, start, frame, tri, across, centre, own, own_line):
    """The cell of stretch i (`start` : a triangle of it) in its axes; least and largest x."""
    low, high = np.inf, -np.inf
    t, q = start, 0
    while q == 0 or t != start:
        c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
        dx, dy = centre[t, 0] - frame.x, centre[t, 1] - frame.y
        own[0, q], own[1, q] = dx * frame.cos + dy * frame.sin, dy * frame.cos - dx * frame.sin
        own_line[q] = border_line(t, (c + 1) % 3, across)
        low, high = min(low, own[0, q]), max(high, own[0, q])
        t = across[t, (c + 1) % 3]
        q += 1
    return low, high


@inner_kernel
def _no_ground_beyond(s, extent, length):
    """Whether s stands for the ground beyond an end (-1, number of strips), and there is none."""
    number, left, right, low, high = extent
    if s == -1:
        return left <= 0.0 or low > -BEYOND_STRETCH_M
    return s == number and (right <= 0.0 or high < length + BEYOND_STRETCH_M)


@inner_kernel
def _cut_to_strip(s, rows, extent, frame, n, base, work, label):
    """Cut the cell to strip s, or to the ground beyond an end (-1, number); its corner count.

    extent : number of strips, radius about either end, least and largest x of the cell.
    base : number of the cell's walls.
    """
    number, left, right, low, high = extent
    length = frame.length
    if s == -1:
        meets = number > 0 and rows[0, 0] <= AT_STRETCH_END_M
        wall = base if meets else base - number - 1
        n = clip_half_plane(work, label, n, (1.0, 0.0, 0.0), wall)
        return clip_circle(work, label, n, 0.0, left, frame.turn) if n > 0 else 0
    if s == number:
        meets = number > 0 and rows[number - 1, 1] >= length - AT_STRETCH_END_M
        wall = base - number if meets else base - number - 2
        n = clip_half_plane(work, label, n, (-1.0, 0.0, -length), wall)
        return clip_circle(work, label, n, length, right, frame.turn) if n > 0 else 0
    x0, x1, h0, h1 = rows[s, 0], rows[s, 1], rows[s, 2], rows[s, 3]
    if x1 - x0 <= NO_STRIP_M:
        return 0
    # rounding at the ends of a stretch is no ground beyond it
    if h0 > 0.0 and (x0 > AT_STRETCH_END_M or low <= -BEYOND_STRETCH_M):
        n = clip_half_plane(work, label, n, (-1.0, 0.0, -x0), base - s)
    if h1 > 0.0 and (x1 < length - AT_STRETCH_END_M or high >= length + BEYOND_STRETCH_M):
        n = clip_half_plane(work, label, n, (1.0, 0.0, x1), base - s - 1)
    rate = (h1 - h0) / (x1 - x0)
    n = clip_half_plane(work, label, n, (-rate, 1.0, h0 - rate * x0), CUT)
    return clip_half_plane(work, label, n, (-rate, -1.0, h0 - rate * x0), CUT)


@inner_kernel
def _add_part(n, frame, centre, across, work, label, out):
    """Write the sides of the polygon of `n` corners in `work` as a part."""
    xy, sides, lines, along = out.xy, out.sides, out.line, out.along
    corner, side, part = out.used[CORNERS], out.used[SIDES], out.used[PARTS]
    for q in range(n):
        xy[corner + q, 0] = frame.x + work[0, q] * frame.cos - work[1, q] * frame.sin
        xy[corner + q, 1] = frame.y + work[0, q] * frame.sin + work[1, q] * frame.cos
    for q in range(n):
        z = q + 1 if q + 1 < n else 0
        a, b = corner + q, corner + z
        line = label[0, q]
        sides[side, 0], sides[side, 1], sides[side, 2] = a, b, part
        lines[side, 0] = line
        if line >= 0:
            along[side, 0] = along_border(line, centre, across, xy[a, 0], xy[a, 1])
            along[side, 1] = along_border(line, centre, across, xy[b, 0], xy[b, 1])
        else:  # a wall stands upright in the axes of the stretch
            along[side, 0], along[side, 1] = work[1, q], work[1, z]
        side += 1
    out.used[CORNERS] += n
    out.used[SIDES] = side
    out.used[PARTS] += 1
