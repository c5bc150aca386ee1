"""Points along streets, for grids of the ground about them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.polylines import densified, lines_at

#: streets along which points are made at one time
MOST_EDGES = 200_000


class StreetPoints(NamedTuple):
    """Points along streets, in the order of the network's edges, each from u to v.

    xy : float64 (points, 2).
    part : float64 (points,), the part of the edge that lies before.
    first, last : int64 (edges of the network,), the points of edge e are ``first[e]:last[e]``;
        none where it was not asked about.
    """

    xy: NDArray[np.float64]
    part: NDArray[np.float64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def street_points(network: NetworkData, step_m: float, which: NDArray[np.int64]) -> StreetPoints:
    """Points at most `step_m` apart along the streets `which` (positions, ascending).

    Where the network has few streets: along all of them, and kept.
    """
    if network.n_edges > MOST_EDGES:
        return _points_along(network, which, step_m)
    key = f"street_points_{step_m:.3f}"
    return network.derived(key, lambda: _points_along(network, None, step_m))


def _points_along(
    network: NetworkData, which: NDArray[np.int64] | None, step_m: float
) -> StreetPoints:
    xy, edge = densified(*lines_at(network.coords, network.offsets, which), step_m)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    heads = np.flatnonzero(np.diff(edge, prepend=-1))
    step[heads] = 0.0
    run = np.cumsum(step)
    counts = np.diff(np.append(heads, len(edge)))
    run -= np.repeat(run[heads], counts)
    whole = np.repeat(run[heads + counts - 1], counts)
    part = np.divide(run, whole, out=np.zeros_like(run), where=whole > 0)
    if which is not None:
        edge = which[edge]
    first, last = np.zeros((2, network.n_edges), np.int64)
    first[edge[heads]], last[edge[heads]] = heads, heads + counts
    return StreetPoints(xy, part, first, last)
