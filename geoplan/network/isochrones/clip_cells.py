"""What part of a street's ground is within reach: its cell, cut by straight lines.

Along a street the cost is the least of a way from each end and from the sites on it: a few
straight lines. In the cell of a straight stretch, a place at distance y from the stretch with its
foot at s costs ``cost(s) + y * leg``; beyond an end it costs that end's cost plus the straight way.
So the reached part is cut out of the cell by straight lines and by a circle at each end.

The parts are convex, fit each other, and are handed back as their sides: those within a cell
("cuts"), and those on a line that two parts share, where the same ground may lie on both sides.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from geoplan.network.isochrones.edge_cost_profile import profile
from geoplan.network.isochrones.union_find import join

#: a circle is drawn within this of its true line, metres
CIRCLE_M = 0.05
_jit = nb.njit(cache=True, nogil=True)
_AT_END = 1e-9
#: a cell reaches beyond the end of its stretch by this much through rounding
_BEYOND_M = 0.02
#: and a line ends at the end of its stretch when it is nearer than this
_END_M = 1e-6
_CUT = -1
_OPEN = "the triangles about a stretch of street do not close"
#: most sides of a circle; a wider one than they can draw to `CIRCLE_M` stays within its true line
_SIDES = 360
#: room for corners beside those of the cell and of two circles
_SLACK = 64


@_jit
def _slabs(lines, rows, fa, fb, length, cutoff, leg, width, out):  # type: ignore[no-untyped-def]
    """How far the reached ground goes off a stretch: rows of x, x, height, height (above 0).

    Returns the count of rows, and the least height over the whole stretch (negative where the
    street itself is not reached).
    """
    n = 0
    least = np.inf
    covered = 0.0
    for r in range(rows):
        f0, f1 = max(lines[r, 0], fa), min(lines[r, 1], fb)
        if f1 - f0 <= 1e-12:
            continue
        rate = (lines[r, 3] - lines[r, 2]) / (lines[r, 1] - lines[r, 0])
        h0 = (cutoff - lines[r, 2] - (f0 - lines[r, 0]) * rate) / leg
        h1 = (cutoff - lines[r, 2] - (f1 - lines[r, 0]) * rate) / leg
        x0 = (f0 - fa) / (fb - fa) * length
        x1 = (f1 - fa) / (fb - fa) * length
        covered += x1 - x0
        least = min(least, min(h0, h1))
        if h0 <= 0.0 and h1 <= 0.0:
            continue
        if h0 < 0.0:
            x0, h0 = x0 + (x1 - x0) * h0 / (h0 - h1), 0.0
        elif h1 < 0.0:
            x1, h1 = x0 + (x1 - x0) * h0 / (h0 - h1), 0.0
        if min(h0, h1) < width < max(h0, h1):
            middle = x0 + (x1 - x0) * (width - h0) / (h1 - h0)
            out[n, 0], out[n, 1] = x0, middle
            out[n, 2], out[n, 3] = min(h0, width), width
            out[n + 1, 0], out[n + 1, 1] = middle, x1
            out[n + 1, 2], out[n + 1, 3] = width, min(h1, width)
            n += 2
        else:
            out[n, 0], out[n, 1] = x0, x1
            out[n, 2], out[n, 3] = min(h0, width), min(h1, width)
            n += 1
    if covered < length * (1.0 - 1e-9):
        least = -1.0
    return n, min(least, width)


@_jit
def _keep(work, lines, n, a, b, c, line):  # type: ignore[no-untyped-def]
    """Cut the convex polygon in ``work[:2]`` to ``a x + b y <= c``; its corner count.

    ``lines`` says on which line each side (from a corner to the next) lies; the new one on `line`.
    """
    outside = False
    for i in range(n):
        if a * work[0, i] + b * work[1, i] > c:
            outside = True
    if not outside:
        return n
    m = 0
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        d = a * work[0, i] + b * work[1, i] - c
        e = a * work[0, j] + b * work[1, j] - c
        if m + 2 > work.shape[1]:  # numba would write past the end without a word
            raise RuntimeError("a part of a cell has more corners than there is room for")
        if d <= 0.0:
            work[2, m], work[3, m] = work[0, i], work[1, i]
            lines[1, m] = line if d == 0.0 and e > 0.0 else lines[0, i]
            m += 1
        if (d < 0.0 < e) or (e < 0.0 < d):
            t = d / (d - e)
            work[2, m] = work[0, i] + t * (work[0, j] - work[0, i])
            work[3, m] = work[1, i] + t * (work[1, j] - work[1, i])
            lines[1, m] = line if d < 0.0 else lines[0, i]
            m += 1
    for i in range(m):
        work[0, i], work[1, i] = work[2, i], work[3, i]
        lines[0, i] = lines[1, i]
    return m if m > 2 else 0


@_jit
def _circle(work, lines, n, middle, radius, turn):  # type: ignore[no-untyped-def]
    """Cut the polygon by a circle about (middle, 0): the same sides for all stretches there."""
    far = 0.0
    for i in range(n):
        far = max(far, (work[0, i] - middle) ** 2 + work[1, i] ** 2)
    if far <= radius * radius:
        return n
    sides = max(int(np.ceil(np.pi / np.sqrt(2.0 * min(CIRCLE_M / radius, 0.5)))), 8)
    sides = min(sides, _SIDES)
    flat = np.cos(np.pi / sides)
    # corners of a circle with too few sides must not reach farther out than those of others
    reach = min(radius * (1.0 + flat) / 2.0, (radius + CIRCLE_M / 2.0) * flat)
    for k in range(sides):
        t = 2.0 * np.pi * (k + 0.5) / sides - turn
        a, b = np.cos(t), np.sin(t)
        n = _keep(work, lines, n, a, b, reach + a * middle, _CUT)
        if n == 0:
            break
    return n


@_jit
def _corners(i, at, tri, across):  # type: ignore[no-untyped-def]
    """How many corners the cell of stretch i has."""
    t = at[i]
    for n in range(len(tri)):
        c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
        t = across[t, (c + 1) % 3]
        if t == at[i]:
            return n + 1
    raise RuntimeError(_OPEN)


@_jit
def _room(array, used, more):  # type: ignore[no-untyped-def]
    """The array, longer where `more` rows would not fit."""
    if used + more <= len(array):
        return array
    longer = np.empty((2 * len(array) + more, array.shape[1]), array.dtype)
    longer[:used] = array[:used]
    return longer


@_jit
def _line(t, k, across):  # type: ignore[no-untyped-def]
    """The number of the border across from corner k of triangle t, the same from both sides."""
    n = across[t, k]
    if n < 0 or t < n:
        return 3 * t + k
    return 3 * n + (0 if across[n, 0] == t else 1 if across[n, 1] == t else 2)


@_jit
def _along(line, centre, across, x, y):  # type: ignore[no-untyped-def]
    """Where on a border between two cells a place stands, metres."""
    t = line // 3
    n = across[t, line % 3]
    if n < 0:
        return 0.0
    dx, dy = centre[n, 0] - centre[t, 0], centre[n, 1] - centre[t, 1]
    length = np.hypot(dx, dy)
    if length == 0.0:
        return 0.0
    return ((x - centre[t, 0]) * dx + (y - centre[t, 1]) * dy) / length


@_jit
def reached_parts(  # type: ignore[no-untyped-def]  # noqa: C901
    edges,
    from_u,
    from_v,
    forward,
    backward,
    arm_first,
    arm_at,
    arm_cost,
    first,
    place,
    ends,
    tri,
    across,
    centre,
    at,
    farthest,
    into_site,
    cutoff,
    leg,
    width,
):
    """The sides of the parts of cells that are reached.

    Parameters
    ----------
    edges : positions of edges to look at.
    from_u, from_v : per edge looked at, cost between its ends and the sites (inf = none).
    forward, backward : cost of every edge of the network each way (inf = not allowed).
    arm_first, arm_at, arm_cost : sites mid-edge by edge looked at (offsets), their fraction
        (ascending) and the cost of their snap leg.
    first .. farthest : `StreetCells`.
    into_site : travel goes to the sites.
    cutoff, leg, width : largest cost, cost of a metre off the street, most metres off the street.

    Returns
    -------
    tuple
        xy : the corners of the parts.
        known : int64 (m, 2), corners that are middles of triangles (corner, triangle), each a
            corner of several whole cells.
        sides : int64 (k, 3), a side's corners (the part lies to its left) and its part.
        lines : int64 (k,), the line on which each side lies; -1 = no other part does.
        along : float64 (k, 2), where on that line its corners stand.
        group : int64 (parts,), the number of another part that each hangs together with, or its
            own: whole cells side by side. Sides between those are left out.
    """
    n_places = len(at)
    row = np.full(len(first) - 1, -1, np.int32)
    begin = np.zeros(len(edges) + 1, np.int64)
    most = 0
    for k in range(len(edges)):
        row[edges[k]] = k
        begin[k + 1] = begin[k] + first[edges[k] + 1] - first[edges[k]]
        most = max(most, arm_first[k + 1] - arm_first[k])
    lines_of = np.empty((2 * most + 2, 4))
    slabs = np.empty((4 * most + 4, 4))
    part_of = np.full(begin[-1], -1, np.int32)  # of whole cells; one number each
    parts = 0
    xy = np.empty((256, 2))
    sides = np.empty((256, 3), np.int64)
    on = np.empty((256, 1), np.int64)
    along = np.empty((256, 2))
    known = np.empty((256, 2), np.int64)
    n_known = 0
    corners = n_sides = walls = 0
    room = 0
    work = np.empty((4, room))
    own = np.empty((2, room))  # the cell itself, in axes of its stretch
    own_line = np.empty(room, np.int64)
    label = np.empty((2, room), np.int64)
    # first pass: which cells are reached whole; second: the sides of all parts
    for sweep in range(2):
        if sweep == 1:
            group = np.arange(parts)
        for k in range(len(edges)):
            e = edges[k]
            to_u = backward[e] if into_site else forward[e]
            to_v = forward[e] if into_site else backward[e]
            a, b = arm_first[k], arm_first[k + 1]
            rows = profile(from_u[k], from_v[k], to_u, to_v, arm_at[a:b], arm_cost[a:b], lines_of)
            for i in range(first[e], first[e + 1]):
                here = begin[k] + i - first[e]
                if at[i] < 0:
                    continue
                if sweep == 1 and part_of[here] >= 0:
                    # a whole cell: only its borders with cells that are not
                    t = at[i]
                    for _ in range(len(tri)):
                        c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
                        j = tri[t, (c + 2) % 3]
                        other = -1
                        if j < n_places:
                            other = _part_of(j, first, row, begin, part_of, e)
                        after = across[t, (c + 1) % 3]
                        if other >= 0:
                            if i < j:
                                join(group, part_of[here], other)
                        else:
                            xy = _room(xy, corners, 2)
                            sides = _room(sides, n_sides, 1)
                            on = _room(on, n_sides, 1)
                            along = _room(along, n_sides, 1)
                            xy[corners] = centre[t]
                            xy[corners + 1] = centre[after]
                            line = _line(t, (c + 1) % 3, across)
                            sides[n_sides, 0], sides[n_sides, 1] = corners, corners + 1
                            sides[n_sides, 2] = part_of[here]
                            on[n_sides, 0] = line
                            for q in range(2):
                                along[n_sides, q] = _along(
                                    line, centre, across, xy[corners + q, 0], xy[corners + q, 1]
                                )
                            known = _room(known, n_known, 2)
                            known[n_known, 0], known[n_known, 1] = corners, t
                            known[n_known + 1, 0], known[n_known + 1, 1] = corners + 1, after
                            n_known += 2
                            corners += 2
                            n_sides += 1
                        t = after
                        if t == at[i]:
                            break
                    else:
                        raise RuntimeError(_OPEN)
                    continue
                fa, fb = place[i, 0], place[i, 1]
                ax, ay = ends[i, 0], ends[i, 1]
                length = np.hypot(ends[i, 2] - ax, ends[i, 3] - ay)
                if length <= 0.0 or fb <= fa:
                    continue
                n_slabs, least = _slabs(lines_of, rows, fa, fb, length, cutoff, leg, width, slabs)
                # at the ends: what the street there has left, and the node on a street that one
                # cannot take
                left = right = 0.0
                if n_slabs > 0 and slabs[0, 0] <= _END_M:
                    left = slabs[0, 2]
                if n_slabs > 0 and slabs[n_slabs - 1, 1] >= length - _END_M:
                    right = slabs[n_slabs - 1, 3]
                if fa <= _AT_END:
                    left = min(max(left, (cutoff - from_u[k]) / leg), width)
                if fb >= 1.0 - _AT_END:
                    right = min(max(right, (cutoff - from_v[k]) / leg), width)
                if n_slabs == 0 and left <= 0.0 and right <= 0.0:
                    continue
                cx, cy = (ends[i, 2] - ax) / length, (ends[i, 3] - ay) / length
                if sweep == 0:
                    if least >= farthest[i]:
                        part_of[here] = parts
                        parts += 1
                    continue
                size = _corners(i, at, tri, across)
                if size + 2 * _SIDES + _SLACK > room:
                    room = 2 * size + 2 * _SIDES + _SLACK
                    work, label = np.empty((4, room)), np.empty((2, room), np.int64)
                    own, own_line = np.empty((2, room)), np.empty(room, np.int64)
                t = at[i]
                low, high = np.inf, -np.inf
                for q in range(size):
                    c = 0 if tri[t, 0] == i else 1 if tri[t, 1] == i else 2
                    dx, dy = centre[t, 0] - ax, centre[t, 1] - ay
                    own[0, q], own[1, q] = dx * cx + dy * cy, dy * cx - dx * cy
                    own_line[q] = _line(t, (c + 1) % 3, across)
                    low, high = min(low, own[0, q]), max(high, own[0, q])
                    t = across[t, (c + 1) % 3]
                turn = np.arctan2(cy, cx)
                for s in range(-1, n_slabs + 1):
                    if s == -1 and (left <= 0.0 or low > -_BEYOND_M):
                        continue
                    if s == n_slabs and (right <= 0.0 or high < length + _BEYOND_M):
                        continue
                    n = size
                    work[0, :n] = own[0, :n]
                    work[1, :n] = own[1, :n]
                    label[0, :n] = own_line[:n]
                    base = walls - 2
                    if s == -1:
                        wall = base if n_slabs > 0 and slabs[0, 0] <= _END_M else base - n_slabs - 1
                        n = _keep(work, label, n, 1.0, 0.0, 0.0, wall)
                        if n > 0:
                            n = _circle(work, label, n, 0.0, left, turn)
                    elif s == n_slabs:
                        meets = n_slabs > 0 and slabs[n_slabs - 1, 1] >= length - _END_M
                        wall = base - n_slabs if meets else base - n_slabs - 2
                        n = _keep(work, label, n, -1.0, 0.0, -length, wall)
                        if n > 0:
                            n = _circle(work, label, n, length, right, turn)
                    else:
                        x0, x1, h0, h1 = slabs[s, 0], slabs[s, 1], slabs[s, 2], slabs[s, 3]
                        if x1 - x0 <= 1e-9:
                            continue
                        # rounding at the ends of a stretch is no ground beyond it
                        if h0 > 0.0 and (x0 > _END_M or low <= -_BEYOND_M):
                            n = _keep(work, label, n, -1.0, 0.0, -x0, base - s)
                        if h1 > 0.0 and (x1 < length - _END_M or high >= length + _BEYOND_M):
                            n = _keep(work, label, n, 1.0, 0.0, x1, base - s - 1)
                        rate = (h1 - h0) / (x1 - x0)
                        n = _keep(work, label, n, -rate, 1.0, h0 - rate * x0, _CUT)
                        n = _keep(work, label, n, -rate, -1.0, h0 - rate * x0, _CUT)
                    if n < 3:
                        continue
                    xy = _room(xy, corners, n)
                    sides = _room(sides, n_sides, n)
                    on = _room(on, n_sides, n)
                    along = _room(along, n_sides, n)
                    for q in range(n):
                        xy[corners + q, 0] = ax + work[0, q] * cx - work[1, q] * cy
                        xy[corners + q, 1] = ay + work[0, q] * cy + work[1, q] * cx
                    for q in range(n):
                        z = q + 1 if q + 1 < n else 0
                        line = label[0, q]
                        sides[n_sides, 0], sides[n_sides, 1] = corners + q, corners + z
                        sides[n_sides, 2] = parts
                        on[n_sides, 0] = line
                        if line >= 0:
                            along[n_sides, 0] = _along(
                                line, centre, across, xy[corners + q, 0], xy[corners + q, 1]
                            )
                            along[n_sides, 1] = _along(
                                line, centre, across, xy[corners + z, 0], xy[corners + z, 1]
                            )
                        else:  # a wall stands upright in the axes of the stretch
                            along[n_sides, 0], along[n_sides, 1] = work[1, q], work[1, z]
                        n_sides += 1
                    corners += n
                    parts += 1
                walls -= n_slabs + 3
    wholes = len(group)
    groups = np.arange(parts)
    groups[:wholes] = group
    return (
        xy[:corners].copy(),
        known[:n_known].copy(),
        sides[:n_sides].copy(),
        on[:n_sides, 0].copy(),
        along[:n_sides].copy(),
        groups,
    )


@_jit
def _part_of(j, first, row, begin, part_of, guess):  # type: ignore[no-untyped-def]
    """The part that is the whole cell of stretch j, or -1."""
    e = guess
    if not first[e] <= j < first[e + 1]:
        e = np.searchsorted(first, j, side="right") - 1
    k = row[e]
    return part_of[begin[k] + j - first[e]] if k >= 0 else -1
