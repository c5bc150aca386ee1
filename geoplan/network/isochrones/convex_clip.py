"""A convex polygon cut by half-planes and circles, with the line that each side lies on.

Work stands in arrays that the caller holds (`Scratch`): ``work[:2]`` are the corners (x, y),
``lines[0]`` the line of each side, from a corner to the next; the second halves are written in
between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel

#: a circle is drawn within this of its true line, metres
CIRCLE_M = 0.05
#: most sides of a circle; a wider one than they can draw to `CIRCLE_M` stays within its true line
MOST_SIDES = 360
#: the line of a side that no other polygon shares
CUT = -1


class Scratch(NamedTuple):
    """The polygon being cut and its lines; the whole one, and the line of each of its sides."""

    work: NDArray[np.float64]
    label: NDArray[np.int64]
    own: NDArray[np.float64]
    own_line: NDArray[np.int64]


@inner_kernel
def scratch_of(room):
    """Arrays for polygons of up to `room` corners."""
    work, label = np.empty((4, room)), np.empty((2, room), np.int64)
    return Scratch(work, label, np.empty((2, room)), np.empty(room, np.int64))


@inner_kernel
def restore(work, label, own, own_line, size):
    """The whole polygon into `work`, to be cut again."""
    for q in range(size):
        work[0, q], work[1, q] = own[0, q], own[1, q]
        label[0, q] = own_line[q]


@kernel
def clip_half_plane(work, lines, n, half_plane, line):
    """Cut the polygon of `n` corners to ``a x + b y <= c``; its corner count.

    half_plane : (a, b, c). line : the line that the new side lies on.
    """
    a, b, c = half_plane
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


@inner_kernel
def clip_circle(work, lines, n, middle, radius, turn):
    """Cut the polygon by a circle about (middle, 0); its corner count.

    turn : angle of the polygon's x axis on the ground, so that all polygons about one point are
        cut by the same sides.
    """
    far = 0.0
    for i in range(n):
        far = max(far, (work[0, i] - middle) ** 2 + work[1, i] ** 2)
    if far <= radius * radius:
        return n
    sides = max(int(np.ceil(np.pi / np.sqrt(2.0 * min(CIRCLE_M / radius, 0.5)))), 8)
    sides = min(sides, MOST_SIDES)
    flat = np.cos(np.pi / sides)
    # corners of a circle with too few sides must not reach farther out than those of others
    reach = min(radius * (1.0 + flat) / 2.0, (radius + CIRCLE_M / 2.0) * flat)
    for k in range(sides):
        t = 2.0 * np.pi * (k + 0.5) / sides - turn
        a, b = np.cos(t), np.sin(t)
        n = clip_half_plane(work, lines, n, (a, b, reach + a * middle), CUT)
        if n == 0:
            break
    return n
