"""Delaunay triangulation of points along streets, by incremental insertion with edge flips.

Each point is located by walking from the one before (Lawson 1977). Points come in the order of
their streets, a few triangles apart, and their jitter keeps any four off one circle: 3.6 million
take 2.0 s of CPU time, `scipy.spatial.Delaunay` 44 s (``benchmarks/travel.py``). Qhull differs in
0.5 % of the triangles: it merges facets within its rounding, here all circumcircles are empty.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.tolerances import SAME_GENERATOR_M2

#: a coarse mesh first: every 512th point, and so on to all
_ROUNDS = (512, 64, 8, 1)


@inner_kernel
def _orientation(ax, ay, bx, by, cx, cy):
    """Twice the area of a triangle, positive counter-clockwise."""
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@inner_kernel
def _in_circle(ax, ay, bx, by, cx, cy):
    """Whether the origin lies within the circle through three points, counter-clockwise."""
    aa, bb, cc = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    return ax * (by * cc - bb * cy) - ay * (bx * cc - bb * cx) + aa * (bx * cy - by * cx) > 0.0


@inner_kernel
def _replace_neighbour(near, t, old, new):
    if t >= 0:
        for k in range(3):
            if near[t, k] == old:
                near[t, k] = new


@inner_kernel
def _insert(xy, tri, near, count, p, t, stack):
    """Split triangle `t` at point `p`, then flip edges until all circles are empty."""
    a, b, c = tri[t, 0], tri[t, 1], tri[t, 2]
    na, nb_, nc = near[t, 0], near[t, 1], near[t, 2]
    s, r = count, count + 1
    # the new point stands first in each of the three
    tri[t, 0], tri[t, 1], tri[t, 2] = p, b, c
    near[t, 0], near[t, 1], near[t, 2] = na, s, r
    tri[s, 0], tri[s, 1], tri[s, 2] = p, c, a
    near[s, 0], near[s, 1], near[s, 2] = nb_, r, t
    tri[r, 0], tri[r, 1], tri[r, 2] = p, a, b
    near[r, 0], near[r, 1], near[r, 2] = nc, t, s
    _replace_neighbour(near, nb_, t, s)
    _replace_neighbour(near, nc, t, r)
    stack[0], stack[1], stack[2] = t, s, r
    top = 3
    px, py = xy[p, 0], xy[p, 1]
    while top > 0:
        top -= 1
        t = stack[top]
        n = near[t, 0]
        if n < 0:
            continue
        k = 0 if near[n, 0] == t else 1 if near[n, 1] == t else 2
        d = tri[n, k]
        e, f = tri[t, 1], tri[t, 2]
        if not _in_circle(
            xy[d, 0] - px, xy[d, 1] - py, xy[f, 0] - px, xy[f, 1] - py, xy[e, 0] - px, xy[e, 1] - py
        ):
            continue
        # (p, e, f) and (d, f, e) become (p, e, d) and (p, d, f)
        beside_e = near[n, (k + 1) % 3]  # across (e, d)
        beside_f = near[n, (k + 2) % 3]  # across (d, f)
        old = near[t, 1]  # across (f, p)
        tri[t, 2] = d
        near[t, 0], near[t, 1] = beside_e, n
        tri[n, 0], tri[n, 1], tri[n, 2] = p, d, f
        near[n, 0], near[n, 1], near[n, 2] = beside_f, old, t
        _replace_neighbour(near, beside_e, n, t)
        _replace_neighbour(near, old, t, n)
        if top + 2 < len(stack):
            stack[top], stack[top + 1] = t, n
            top += 2


@inner_kernel
def _walk(xy, tri, near, count, t, x, y):
    """The triangle that contains a point, reached by walking from triangle `t`."""
    for _ in range(count):
        a, b, c = tri[t, 0], tri[t, 1], tri[t, 2]
        if _orientation(xy[a, 0], xy[a, 1], xy[b, 0], xy[b, 1], x, y) < 0.0:
            t = near[t, 2]
        elif _orientation(xy[b, 0], xy[b, 1], xy[c, 0], xy[c, 1], x, y) < 0.0:
            t = near[t, 0]
        elif _orientation(xy[c, 0], xy[c, 1], xy[a, 0], xy[a, 1], x, y) < 0.0:
            t = near[t, 1]
        else:
            break
    return t


@kernel
def _triangulate(xy, rounds):
    """Triangles of all points; the last four points are a frame round the others."""
    n = len(xy) - 4
    tri = np.empty((2 * n + 2, 3), np.int32)
    near = np.full((2 * n + 2, 3), -1, np.int32)
    tri[0, 0], tri[0, 1], tri[0, 2] = n, n + 1, n + 2
    tri[1, 0], tri[1, 1], tri[1, 2] = n, n + 2, n + 3
    near[0, 1], near[1, 2] = 1, 0
    twin = np.arange(n + 4).astype(np.int32)
    stack = np.empty(4096, np.int64)
    count, t = 2, 0
    for r in range(len(rounds)):
        for p in range(0, n, rounds[r]):
            if r > 0 and p % rounds[r - 1] == 0:
                continue
            x, y = xy[p, 0], xy[p, 1]
            t = _walk(xy, tri, near, count, t, x, y)
            same = -1
            for k in range(3):
                q = tri[t, k]
                if (xy[q, 0] - x) ** 2 + (xy[q, 1] - y) ** 2 < SAME_GENERATOR_M2:
                    same = q
            if same >= 0:
                twin[same] = min(twin[same], p)
                continue
            _insert(xy, tri, near, count, p, t, stack)
            count += 2
    for t in range(count):  # of coinciding points, the first in order has the cell
        for k in range(3):
            tri[t, k] = twin[tri[t, k]]
    return tri[:count].copy(), near[:count].copy()


def delaunay(
    xy: NDArray[np.float64], margin_m: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Triangles of points and of a frame `margin_m` round them.

    Returns
    -------
    tuple
        Corners (k, 3), counter-clockwise, where the numbers from ``len(xy)`` on are the frame;
        the triangle across from each corner (-1 = none); and the points with the frame. Of points
        within half a millimetre only the first has triangles.

    Examples
    --------
    >>> corners, across, points = delaunay(np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 9.0]]), 50.0)
    >>> int((corners < 3).all(axis=1).sum()), len(corners)
    (1, 8)
    """
    low, high = xy.min(axis=0) - margin_m, xy.max(axis=0) + margin_m
    frame = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    points = np.vstack([xy, frame])
    return *_triangulate(points, np.array(_ROUNDS)), points
