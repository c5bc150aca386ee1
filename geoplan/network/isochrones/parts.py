"""Convex parts of cells as their sides, collected in arrays that grow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel

#: numbers of `PartsBuffer.used`
CORNERS, KNOWN, SIDES, PARTS = 0, 1, 2, 3


class Parts(NamedTuple):
    """The sides of convex parts that fit each other.

    xy : float64 (n, 2), the corners of the parts.
    known : int64 (m, 2), corners that are circumcentres (corner, triangle), each a corner of
        several whole cells.
    sides : int64 (k, 3), a side's corners (the part lies to its left) and its part.
    line : int64 (k,), the line on which each side lies; -1 = no other part does.
    along : float64 (k, 2), where on that line its corners stand.
    group : int64 (parts,), the number of another part that each hangs together with, or its own:
        whole cells side by side. Sides between those are left out.
    """

    xy: NDArray[np.float64]
    known: NDArray[np.int64]
    sides: NDArray[np.int64]
    line: NDArray[np.int64]
    along: NDArray[np.float64]
    group: NDArray[np.int64]


class PartsBuffer(NamedTuple):
    """What becomes `Parts`: longer arrays (`line` with a second axis) and how much is in them."""

    xy: NDArray[np.float64]
    known: NDArray[np.int64]
    sides: NDArray[np.int64]
    line: NDArray[np.int64]
    along: NDArray[np.float64]
    used: NDArray[np.int64]


@inner_kernel
def no_parts(n_whole):
    """Arrays for sides; the numbers of the whole cells are taken."""
    used = np.array([0, 0, 0, n_whole])
    xy, along = np.empty((256, 2)), np.empty((256, 2))
    known, sides = np.empty((256, 2), np.int64), np.empty((256, 3), np.int64)
    return PartsBuffer(xy, known, sides, np.empty((256, 1), np.int64), along, used)


@inner_kernel
def has_room(out, corners, sides, known):
    """Whether so many more fit in."""
    used = out.used
    return (
        used[CORNERS] + corners <= len(out.xy)
        and used[KNOWN] + known <= len(out.known)
        and used[SIDES] + sides <= len(out.sides)
    )


@inner_kernel
def with_room(out, corners, sides, known):
    """Arrays that so many more fit into."""
    n = out.used
    return PartsBuffer(
        longer(out.xy, n[CORNERS], corners),
        longer(out.known, n[KNOWN], known),
        longer(out.sides, n[SIDES], sides),
        longer(out.line, n[SIDES], sides),
        longer(out.along, n[SIDES], sides),
        n,
    )


@inner_kernel
def longer(array, used, more):
    """The array, longer where `more` rows would not fit."""
    if used + more <= len(array):
        return array
    grown = np.empty((2 * len(array) + more, array.shape[1]), array.dtype)
    grown[:used] = array[:used]
    return grown


@inner_kernel
def finished(out, group):
    """The parts collected; `group` : of the first ones, the others hang together with none."""
    corners, known, sides, parts = out.used
    groups = np.arange(parts)
    groups[: len(group)] = group
    return Parts(
        out.xy[:corners].copy(),
        out.known[:known].copy(),
        out.sides[:sides].copy(),
        out.line[:sides, 0].copy(),
        out.along[:sides].copy(),
        groups,
    )
