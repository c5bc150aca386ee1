"""What part of a street's ground is within reach: convex cells cut by straight lines.

Within the cell of a straight stretch from a to b, a place at distance y from the stretch and
with its foot at s costs ``cost(s) + y * leg``, where ``cost`` runs evenly from a to b; beyond an
end it costs that end's cost plus the straight way. So the reached part is a polygon beside the
stretch and a piece of a circle at each end, all convex.
"""

from __future__ import annotations

import numba as nb
import numpy as np

#: a circle is drawn within this of its true line, metres
CIRCLE_M = 0.05
_jit = nb.njit(cache=True, nogil=True)
_EPS = 1e-7
_AT_END = 1e-9


@_jit
def _cut(xs, ys, n, ox, oy, a, b, c):  # type: ignore[no-untyped-def]
    """The part of a convex polygon with ``a x + b y <= c``; into ox, oy; its corner count.

    Returns -1 when nothing is cut off (ox, oy are then not written).
    """
    outside = 0
    for i in range(n):
        if a * xs[i] + b * ys[i] > c + _EPS:
            outside += 1
    if outside == 0:
        return -1
    if outside == n:
        return 0
    m = 0
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        d = a * xs[i] + b * ys[i] - c
        e = a * xs[j] + b * ys[j] - c
        if d <= 0:
            ox[m] = xs[i]
            oy[m] = ys[i]
            m += 1
        if (d < 0 and e > 0) or (d > 0 and e < 0):
            t = d / (d - e)
            ox[m] = xs[i] + t * (xs[j] - xs[i])
            oy[m] = ys[i] + t * (ys[j] - ys[i])
            m += 1
    return m


@_jit
def _keep(work, n, a, b, c):  # type: ignore[no-untyped-def]
    """Cut the polygon in ``work[0:2]``, through ``work[2:4]``; its corner count and whether cut."""
    m = _cut(work[0], work[1], n, work[2], work[3], a, b, c)
    if m < 0:
        return n, False
    for i in range(m):
        work[0, i] = work[2, i]
        work[1, i] = work[3, i]
    return m, True


@_jit
def _circle(work, n, radius):  # type: ignore[no-untyped-def]
    """Cut the polygon in ``work[0:2]`` by a circle about the origin."""
    far = 0.0
    for i in range(n):
        far = max(far, work[0, i] * work[0, i] + work[1, i] * work[1, i])
    if far <= (radius + _EPS) * (radius + _EPS):
        return n, False
    sides = int(np.ceil(np.pi / np.sqrt(2.0 * min(CIRCLE_M / radius, 0.5))))
    sides = max(sides, 8)
    reach = radius * (1.0 + np.cos(np.pi / sides)) / 2.0
    for k in range(sides):
        t = 2.0 * np.pi * (k + 0.5) / sides
        n, _ = _keep(work, n, np.cos(t), np.sin(t), reach)
        if n < 3:
            return 0, True
    return n, True


@_jit
def clipped_cells(ends, corner, corners, width):  # type: ignore[no-untyped-def]
    """Cells without the ground farther than `width` from their stretch.

    What is left is convex: the strip beside the stretch and round ends. Returns offsets, corners,
    and which cells were clipped: those no longer fit their neighbours to the very corner.
    """
    clipped = np.zeros(len(ends), np.bool_)
    start = np.zeros(len(corner), np.int64)
    out = np.empty((2 * len(corners) + 64, 2))
    used = 0
    work = np.empty((4, 1024))
    sides = max(int(np.ceil(np.pi / np.sqrt(2.0 * min(CIRCLE_M / width, 0.5)))), 8)
    reach = width * (1.0 + np.cos(np.pi / sides)) / 2.0
    for i in range(len(ends)):
        n = corner[i + 1] - corner[i]
        ax, ay = ends[i, 0], ends[i, 1]
        length = np.hypot(ends[i, 2] - ax, ends[i, 3] - ay)
        far = 0.0
        for j in range(n):
            work[0, j] = corners[corner[i] + j, 0] - ax
            work[1, j] = corners[corner[i] + j, 1] - ay
            far = max(far, np.hypot(work[0, j], work[1, j]))
        if n >= 3 and far > width:
            cx, cy = (ends[i, 2] - ax) / length, (ends[i, 3] - ay) / length
            n, left = _keep(work, n, -cy, cx, width)
            n, right = _keep(work, n, cy, -cx, width)
            clipped[i] = left or right
            for k in range(sides):
                if n < 3:
                    break
                t = 2.0 * np.pi * (k + 0.5) / sides
                a, b = np.cos(t), np.sin(t)
                towards = a * cx + b * cy  # which of the two ends this side is beyond
                n, hit = _keep(work, n, a, b, reach + max(0.0, towards * length))
                clipped[i] = clipped[i] or hit
        if n < 3:
            n = 0
        if used + n > len(out):
            grown = np.empty((2 * len(out) + n, 2))
            grown[:used] = out[:used]
            out = grown
        for j in range(n):
            if clipped[i]:
                out[used + j, 0], out[used + j, 1] = ax + work[0, j], ay + work[1, j]
            else:
                out[used + j] = corners[corner[i] + j]
        used += n
        start[i + 1] = used
    return start, out[:used].copy(), clipped


@_jit
def reached_cells(  # type: ignore[no-untyped-def]  # noqa: C901
    edges, from_u, from_v, forward, backward, arm_edge, arm_at, arm_cost,
    first, place, ends, corner, corners, into_site, cutoff, leg,
):  # fmt: skip
    """The reached ground of `edges`: cells taken whole, and the parts of others.

    Parameters
    ----------
    edges : positions of edges to look at.
    from_u, from_v : per edge looked at, cost between its ends and the sites (inf = none).
    forward, backward : cost of every edge of the network each way (inf = not allowed).
    arm_edge, arm_at, arm_cost : sites mid-edge (index into `edges`, fraction, cost of the snap
        leg), by edge.
    first .. corners : `StreetCells`, clipped to the width (`clipped_cells`).
    into_site : travel goes to the sites.
    cutoff, leg : largest cost, cost of a metre off the street.

    Returns
    -------
    tuple
        Stretches whose cell is reached whole; offsets and corners of the other parts.
    """
    whole = np.empty(256, np.int64)
    wholes = 0
    start = np.zeros(257, np.int64)
    parts = 0
    out = np.empty((2048, 2))
    used = 0
    work = np.empty((4, 1024))
    arm_low = 0
    # cost at both ends of a stretch by each way, and the part of the stretch that it is for
    for k in range(len(edges)):
        e = edges[k]
        arm_high = arm_low
        while arm_high < len(arm_edge) and arm_edge[arm_high] == k:
            arm_high += 1
        to_u = backward[e] if into_site else forward[e]
        to_v = forward[e] if into_site else backward[e]
        for i in range(first[e], first[e + 1]):
            size = corner[i + 1] - corner[i]
            if size < 3:
                continue
            fa, fb = place[i, 0], place[i, 1]
            ax, ay, bx, by = ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3]
            length = np.hypot(bx - ax, by - ay)
            ua = from_u[k] + fa * to_u
            ub = from_u[k] + fb * to_u
            va = from_v[k] + (1.0 - fa) * to_v
            vb = from_v[k] + (1.0 - fb) * to_v
            if np.isnan(ua):
                ua = np.inf
            if np.isnan(vb):
                vb = np.inf
            mark_whole, mark_parts, mark_used = False, parts, used
            for way in range(4 + 2 * (arm_high - arm_low)):
                s0, s1 = 0.0, 1.0
                low_part, high_part = 0, 3
                if way == 2:  # ground nearest to the node itself, on a street one cannot take
                    if fa > _AT_END or to_u < np.inf:
                        continue
                    ca, cb = from_u[k], from_u[k]
                    high_part = 1
                elif way == 3:
                    if fb < 1.0 - _AT_END or to_v < np.inf:
                        continue
                    ca, cb = from_v[k], from_v[k]
                    low_part = 2
                elif way == 0:
                    ca, cb = ua, ub
                    if va <= ua and vb <= ub:
                        continue
                elif way == 1:
                    ca, cb = va, vb
                    if ua < va and ub < vb:
                        continue
                else:
                    q = arm_low + (way - 4) // 2
                    f, c = arm_at[q], arm_cost[q]
                    if way % 2 == 0:  # from the site on towards v
                        if fb <= f:
                            continue
                        if fa < f:
                            s0 = (f - fa) / (fb - fa)
                        ca = c + (max(fa, f) - f) * to_u
                        cb = c + (fb - f) * to_u
                    else:  # from the site back towards u
                        if fa >= f:
                            continue
                        if fb > f:
                            s1 = (f - fa) / (fb - fa)
                        ca = c + (f - fa) * to_v
                        cb = c + (f - min(fb, f)) * to_v
                if not (min(ca, cb) <= cutoff):
                    continue
                if not (ca < np.inf and cb < np.inf):
                    continue
                # local axes: x along the stretch from its start, y to its left
                cx, cy = (bx - ax) / length, (by - ay) / length
                x0, x1 = s0 * length, s1 * length
                complete = s0 == 0.0 and s1 == 1.0 and low_part == 0 and high_part == 3
                for part in range(low_part, high_part):
                    if (part == 0 and s0 > 0.0) or (part == 2 and s1 < 1.0):
                        continue
                    n = size
                    for j in range(size):
                        dx = corners[corner[i] + j, 0] - ax
                        dy = corners[corner[i] + j, 1] - ay
                        work[0, j] = dx * cx + dy * cy
                        work[1, j] = dy * cx - dx * cy
                    cut = False
                    if part == 0:
                        n, _ = _keep(work, n, 1.0, 0.0, 0.0)
                    elif part == 2:
                        n, _ = _keep(work, n, -1.0, 0.0, -length)
                    else:
                        n, _ = _keep(work, n, -1.0, 0.0, -x0)
                        n, _ = _keep(work, n, 1.0, 0.0, x1)
                    if n < 3:
                        continue
                    if part == 1:
                        rate = (cb - ca) / (x1 - x0) / leg
                        room = (cutoff - ca) / leg + rate * x0
                        n, cut = _keep(work, n, rate, 1.0, room)
                        n, hit = _keep(work, n, rate, -1.0, room)
                        cut = cut or hit
                    else:
                        middle = 0.0 if part == 0 else length
                        radius = (cutoff - (ca if part == 0 else cb)) / leg
                        if radius <= 0.0:
                            complete = False
                            continue
                        for j in range(n):
                            work[0, j] -= middle
                        n, cut = _circle(work, n, radius)
                        for j in range(n):
                            work[0, j] += middle
                    if cut:
                        complete = False
                    if n < 3:
                        complete = False
                        continue
                    if used + n > len(out):
                        grown = np.empty((2 * len(out) + n, 2))
                        grown[:used] = out[:used]
                        out = grown
                    for j in range(n):
                        out[used + j, 0] = ax + work[0, j] * cx - work[1, j] * cy
                        out[used + j, 1] = ay + work[0, j] * cy + work[1, j] * cx
                    used += n
                    parts += 1
                    if parts >= len(start):
                        longer = np.empty(2 * len(start), np.int64)
                        longer[:parts] = start[:parts]
                        start = longer
                    start[parts] = used
                if complete:
                    mark_whole = True
                    break
            if mark_whole:
                parts, used = mark_parts, mark_used
                if wholes == len(whole):
                    more = np.empty(2 * len(whole), np.int64)
                    more[:wholes] = whole[:wholes]
                    whole = more
                whole[wholes] = i
                wholes += 1
        arm_low = arm_high
    return whole[:wholes].copy(), start[: parts + 1].copy(), out[:used].copy()
