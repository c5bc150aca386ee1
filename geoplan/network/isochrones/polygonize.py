"""The union of adjoining parts as polygons: sides that two parts share cancel out.

No overlay of polygons is computed. The corners on each shared line are sorted along it, coinciding
ones become one, and a side is noded at all corners on its line; a stretch with parts on both sides
is no border. The rest is linked to rings. So the work grows with the length of the border.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.isochrones.parts import Parts
from geoplan.network.isochrones.union_find import join, root
from geoplan.tolerances import CRACK_M, SAME_ANGLE, SAME_CORNER_M, SLIVER_M2, STRAIGHT_M

#: sine of the angle of corners that are cut
_SHARP = 0.1


@inner_kernel
def _append_side(out, n, a, b, forward, part):
    """Write a side as row n, into an array of twice the length where this one is full."""
    if n == len(out):
        longer = np.empty((2 * n, 3), np.int64)
        longer[:n] = out
        out = longer
    out[n, 0], out[n, 1] = (a, b) if forward else (b, a)
    out[n, 2] = part
    return out


@kernel
def _noded(sides, order, ends, line, along, parent):
    """Sides divided at the corners on their line, as (corner, corner, part).

    `order` : sides by line. `ends` : their ends (``2 side + end``) by line, then measure.
    """
    for s in range(1, len(ends)):
        p, q = ends[s - 1], ends[s]
        apart = along[q // 2, q % 2] - along[p // 2, p % 2]
        if line[p // 2] == line[q // 2] and apart < SAME_CORNER_M:
            join(parent, sides[p // 2, p % 2], sides[q // 2, q % 2])
    out = np.empty((2 * len(order) + 16, 3), np.int64)
    n = 0
    low = 0
    for s in order:
        # the ends on this line: the same slice for all its sides
        while line[ends[low] // 2] != line[s]:
            low += 1
        a, b = sides[s, 0], sides[s, 1]
        ta, tb = along[s, 0], along[s, 1]
        forward = ta <= tb
        last = root(parent, a if forward else b)
        stop = max(ta, tb)
        start = min(ta, tb)
        e = low
        while e < len(ends) and line[ends[e] // 2] == line[s]:
            t = along[ends[e] // 2, ends[e] % 2]
            if t > stop:
                break
            if t >= start:
                here = root(parent, sides[ends[e] // 2, ends[e] % 2])
                if here != last:
                    out = _append_side(out, n, last, here, forward, sides[s, 2])
                    n += 1
                    last = here
            e += 1
        # coinciding ends may not be sorted the same way on both sides
        here = root(parent, b if forward else a)
        if here != last:
            out = _append_side(out, n, last, here, forward, sides[s, 2])
            n += 1
    return out[:n].copy()


@kernel
def _border_sides(sides, order, group):
    """Sides without those that run both ways; parts on both sides of one join a group.

    `order` brings the sides between the same two corners together.
    """
    keep = np.zeros(len(sides), np.bool_)
    i = 0
    while i < len(order):
        j = i
        a, b = sides[order[i], 0], sides[order[i], 1]
        low, high = min(a, b), max(a, b)
        net = 0
        both = False
        while j < len(order):
            s = order[j]
            if min(sides[s, 0], sides[s, 1]) != low or max(sides[s, 0], sides[s, 1]) != high:
                break
            net += 1 if sides[s, 0] == low else -1
            both = both or sides[s, 0] != a
            j += 1
        for k in range(i, j):
            s = order[k]
            if both:
                join(group, sides[order[i], 2], sides[s, 2])
            if net > 0 and sides[s, 0] == low:
                keep[s] = True
                net -= 1
            elif net < 0 and sides[s, 0] == high:
                keep[s] = True
                net += 1
        i = j
    return keep


@kernel
def _linked_rings(xy, sides, out_first, out_order):
    """Rings of sides, each corner once: the corners, offsets, and a side of each ring.

    Where several sides leave a corner, the first clockwise is taken; a ring that comes back to a
    corner is closed there.
    """
    used = np.zeros(len(sides), np.bool_)
    on_stack = np.full(len(xy), -1, np.int64)  # position of a corner on the stack
    stack = np.empty(len(sides) + 1, np.int64)
    ring = np.empty(len(sides), np.int64)
    offsets = np.zeros(len(sides) + 1, np.int64)
    of_side = np.empty(len(sides), np.int64)
    n = rings = 0
    for first in range(len(sides)):
        if used[first]:
            continue
        s = first
        top = 0
        stack[0] = sides[s, 0]
        on_stack[stack[0]] = 0
        top = 1
        while True:
            used[s] = True
            a, v = sides[s, 0], sides[s, 1]
            if on_stack[v] >= 0:
                for k in range(on_stack[v], top):
                    ring[n] = stack[k]
                    n += 1
                    on_stack[stack[k]] = -1
                of_side[rings] = s
                rings += 1
                offsets[rings] = n
                top = top - (n - offsets[rings - 1])
            stack[top] = v
            on_stack[v] = top
            top += 1
            following, best = -1, np.inf
            back = np.arctan2(xy[a, 1] - xy[v, 1], xy[a, 0] - xy[v, 0])
            for k in range(out_first[v], out_first[v + 1]):
                o = out_order[k]
                if used[o]:
                    continue
                w = sides[o, 1]
                way = np.arctan2(xy[w, 1] - xy[v, 1], xy[w, 0] - xy[v, 0])
                clockwise = (back - way) % (2.0 * np.pi)
                if clockwise <= SAME_ANGLE:
                    clockwise = 2.0 * np.pi
                if clockwise < best:
                    best, following = clockwise, o
            if following < 0:
                break
            s = following
        for k in range(top):
            on_stack[stack[k]] = -1
    return ring[:n].copy(), offsets[: rings + 1].copy(), of_side[:rings].copy()


@kernel
def _simplified(xy, offsets):
    """Rings without corners on a straight line between others, and without needles and cracks.

    A corner is dropped where one of its sides ends within `CRACK_M` of the other; one sharper than
    `_SHARP` is cut off where it is as wide as that. Returns corners and offsets.
    """
    before = np.empty(len(xy), np.int64)
    after = np.empty(len(xy), np.int64)
    out = np.empty((2 * len(xy), 2))
    starts = np.zeros(len(offsets), np.int64)
    n = 0
    for r in range(len(offsets) - 1):
        a, b = offsets[r], offsets[r + 1]
        for i in range(a, b):
            before[i] = i - 1 if i > a else b - 1
            after[i] = i + 1 if i + 1 < b else a
        left = b - a
        i = a
        unchanged = 0
        while left > 3 and unchanged <= left:
            p, q = before[i], after[i]
            ux, uy = xy[p, 0] - xy[i, 0], xy[p, 1] - xy[i, 1]
            vx, vy = xy[q, 0] - xy[i, 0], xy[q, 1] - xy[i, 1]
            uu, vv = ux * ux + uy * uy, vx * vx + vy * vy
            turn = ux * vy - uy * vx
            dot = ux * vx + uy * vy
            chord = (xy[q, 0] - xy[p, 0]) ** 2 + (xy[q, 1] - xy[p, 1]) ** 2
            thin = dot > 0.0 and turn * turn < CRACK_M * CRACK_M * max(uu, vv)
            straight = dot <= 0.0 and turn * turn <= STRAIGHT_M * STRAIGHT_M * chord
            if thin or straight:
                after[p], before[q] = q, p
                left -= 1
                unchanged = 0
                i = p
            else:
                unchanged += 1
                i = q
        for _ in range(left if left > 2 else 0):
            p, q = before[i], after[i]
            ux, uy = xy[p, 0] - xy[i, 0], xy[p, 1] - xy[i, 1]
            vx, vy = xy[q, 0] - xy[i, 0], xy[q, 1] - xy[i, 1]
            u, v = np.hypot(ux, uy), np.hypot(vx, vy)
            sine = abs(ux * vy - uy * vx) / (u * v) if u * v > 0.0 else 1.0
            if ux * vx + uy * vy > 0.0 and CRACK_M / min(u, v) < sine < _SHARP:
                back = CRACK_M / sine
                out[n, 0], out[n, 1] = xy[i, 0] + ux * back / u, xy[i, 1] + uy * back / u
                out[n + 1, 0], out[n + 1, 1] = xy[i, 0] + vx * back / v, xy[i, 1] + vy * back / v
                n += 2
            else:
                out[n] = xy[i]
                n += 1
            i = q
        starts[r + 1] = n
    return out[:n].copy(), starts


def polygonize(parts: Parts) -> Any:
    """The union of all parts as one polygon or multipolygon."""
    xy, known, sides, line, along, group = parts
    if len(sides) == 0:
        return shapely.Polygon()
    shared = np.flatnonzero(line != -1)
    order = shared[np.argsort(line[shared], kind="stable")]
    ends = np.ravel(2 * order[:, None] + np.arange(2))
    ends = ends[np.lexsort((along.ravel()[ends], line[ends // 2]))]
    known = known[np.argsort(known[:, 1], kind="stable")]
    same = known[1:, 1] == known[:-1, 1]
    corner = _join_pairs(np.arange(len(xy)), known[:-1, 0][same], known[1:, 0][same])
    noded = _noded(sides, order, ends, line, along, corner)
    cuts = sides[line == -1].copy()
    every = np.concatenate([cuts, noded])
    corner = _roots(corner)
    every[:, :2] = corner[every[:, :2]]
    every = every[every[:, 0] != every[:, 1]]
    low, high = every[:, :2].min(axis=1), every[:, :2].max(axis=1)
    keep = _border_sides(every, np.argsort(low * len(xy) + high, kind="stable"), group)
    every = every[keep]
    if len(every) == 0:
        return shapely.Polygon()
    start = np.argsort(every[:, 0], kind="stable")
    first = np.searchsorted(every[start, 0], np.arange(len(xy) + 1))
    ring, offsets, of_side = _linked_rings(xy, every, first, start)
    return polygons_of_rings(xy[ring], offsets, _roots(group)[every[of_side, 2]])


@kernel
def _join_pairs(parent, some, others):
    for k in range(len(some)):
        join(parent, some[k], others[k])
    return parent


@kernel
def _roots(parent):
    roots = np.empty_like(parent)
    for i in range(len(parent)):
        roots[i] = root(parent, i)
    return roots


def polygons_of_rings(
    xy: NDArray[np.float64], offsets: NDArray[np.int64], group: NDArray[np.int64]
) -> Any:
    """Rings as polygons: those of one group that run clockwise are the holes of the other."""
    xy, offsets = _simplified(xy, offsets)
    owner = np.repeat(np.arange(len(group)), np.diff(offsets))
    xy = np.round(xy, 3)
    count = np.bincount(owner, minlength=len(group))
    xy, group = xy[(count > 2)[owner]], group[count > 2]
    count = count[count > 2]
    first = np.cumsum(count) - count
    near = xy - np.repeat(xy[first], count, axis=0)
    following = np.arange(len(xy)) + 1
    following[first + count - 1] = first
    cross = near[:, 0] * near[following, 1] - near[:, 1] * near[following, 0]
    area = np.add.reduceat(cross, first) / 2 if len(first) else np.empty(0)
    length = np.add.reduceat(np.hypot(*(near[following] - near).T), first) if len(first) else area
    real = (np.abs(area) > SLIVER_M2) & (np.abs(area) > CRACK_M / 2 * length)
    shells = np.flatnonzero(real & (area > 0))
    holes = np.flatnonzero(real & (area < 0))
    if len(shells) == 0:
        return shapely.Polygon()
    holes = holes[np.isin(group[holes], group[shells])]
    rings = np.concatenate([shells, holes])
    rings = rings[np.lexsort((area[rings] < 0, group[rings]))]
    counts = count[rings] + 1
    at = np.repeat(first[rings] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    closing = np.cumsum(counts) - 1
    at[closing] = first[rings]
    ring_offsets = np.append(0, np.cumsum(counts))
    heads = np.flatnonzero(area[rings] > 0)
    polygon_offsets = np.append(heads, len(rings))
    shape = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON,
        xy[at],
        (ring_offsets, polygon_offsets, np.array([0, len(heads)])),
    )[0]
    if not shapely.is_valid(shape):
        shape = repaired(shape)
    polygons = shapely.get_parts(shape)
    return polygons[0] if len(polygons) == 1 else shape


def repaired(shape: Any) -> Any:
    """An invalid polygon or multipolygon made valid, as polygons only (lines are dropped)."""
    valid = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if shapely.get_type_id(valid) != shapely.GeometryType.GEOMETRYCOLLECTION:
        return valid
    # GEOS leaves lines between polygons even so
    parts = shapely.get_parts(shapely.get_parts(valid))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
