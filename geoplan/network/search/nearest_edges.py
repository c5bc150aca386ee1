"""The nearest edge of each point, kept: the same points are asked about many times in a run."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.graph.hilbert import hilbert_order
from geoplan.network.graph.network import NetworkData
from geoplan.network.search.edge_tiles import Tile, edge_tiles
from geoplan.parallel import run

_CHUNK = 16_384
#: metres within which edges are looked for first, where the network is cut into tiles
_MARGIN_M, _WIDER = 500.0, 4.0
#: points whose nearest edge is kept, 28 bytes each
_MOST_KEPT = 4_000_000


class _Known(NamedTuple):
    """Nearest edges by location: x and y as one number, ascending."""

    place: NDArray[np.complex128]
    edge: NDArray[np.int32]
    gap: NDArray[np.float64]


_NOTHING = _Known(np.empty(0, np.complex128), np.empty(0, np.int32), np.empty(0))


def nearest_edges(
    network: NetworkData, points: NDArray[Any], *, threads: int | None
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The position of the edge nearest to each point and how far it is, metres.

    Parameters
    ----------
    network : of edges at equal distance the first in its order counts.
    points : shapely points, finite coordinates.
    threads : number of threads; it does not change the result.
    """
    kept: list[_Known] = network.derived("nearest_edges", lambda: [_NOTHING])
    known = kept[0]  # as one: other threads put another one in its place
    place = shapely.get_coordinates(points).view(np.complex128).ravel()
    at = np.searchsorted(known.place, place)
    there = at < len(known.place)
    there[there] = known.place[at[there]] == place[there]
    edge, gap = np.full(len(points), -1, np.int32), np.full(len(points), np.inf)
    edge[there], gap[there] = known.edge[at[there]], known.gap[at[there]]
    new = np.flatnonzero(~there)
    if len(new) == 0 or network.n_edges == 0:
        return edge, gap
    edge[new], gap[new] = _asked(network, points[new], threads=threads)
    if len(known.place) + len(new) > _MOST_KEPT:
        known = _NOTHING
    places = np.concatenate([known.place, place[new]])
    places, first = np.unique(places, return_index=True)
    edges, gaps = np.concatenate([known.edge, edge[new]]), np.concatenate([known.gap, gap[new]])
    kept[0] = _Known(places, edges[first], gaps[first])
    return edge, gap


def _asked(
    network: NetworkData, points: NDArray[Any], *, threads: int | None
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    edge, gap = np.full(len(points), -1, np.int32), np.full(len(points), np.inf)
    xy = shapely.get_coordinates(points)
    left, margin_m = np.arange(len(points)), _MARGIN_M
    while len(left):
        far = [left[:0]]
        for tile in edge_tiles(network, xy[left], margin_m=margin_m):
            at = left[tile.points]
            near, gap[at] = _nearest_in(tile, points[at], xy[at], threads=threads)
            edge[at] = near
            far.append(at[gap[at] > tile.margin_m])  # a nearer one may lie outside
        left, margin_m = np.concatenate(far), margin_m * _WIDER
    return edge, gap


def _nearest_in(
    tile: Tile, points: NDArray[Any], xy: NDArray[np.float64], *, threads: int | None
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The nearest of a tile's edges to each of its points, and the gap; none: -1, infinite."""
    edge, gap = np.full(len(points), -1, np.int32), np.full(len(points), np.inf)
    # neighbours one after the other: the tree's pages stay in the processor's cache
    at = hilbert_order(*xy.T)

    def nearest(part: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        (which, near), far = tile.tree.query_nearest(
            points[part], return_distance=True, all_matches=True
        )
        order = np.lexsort((near, which))[::-1]
        return part[which[order]], near[order], far[order]

    parts = [at[i : i + _CHUNK] for i in range(0, len(at), _CHUNK)]
    for which, near, far in run(nearest, parts, threads=threads):
        edge[which], gap[which] = near, far  # the smallest edge position is written last
    found = edge >= 0
    edge[found] = tile.edge_of(edge[found].astype(np.int64))
    return edge, gap
