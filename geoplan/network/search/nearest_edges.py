"""The nearest edge of each point, kept: the same points are asked about many times in a run."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.graph.hilbert import hilbert_order
from geoplan.network.graph.network import NetworkData
from geoplan.parallel import run

_CHUNK = 16_384
#: points whose nearest edge is kept, 28 bytes each
_MOST_KEPT = 4_000_000


class _Known(NamedTuple):
    """Nearest edges by location: x and y as one number, ascending."""

    place: NDArray[np.complex128]
    edge: NDArray[np.int32]
    gap: NDArray[np.float64]


_NOTHING = _Known(np.empty(0, np.complex128), np.empty(0, np.int32), np.empty(0))


def edge_tree(network: NetworkData) -> shapely.STRtree:
    """The network's edges in an STRtree (made once and kept); items are edge positions."""
    return network.derived("tree", lambda: shapely.STRtree(network.edge_lines()))


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
    tree = edge_tree(network)
    edge, gap = np.full(len(points), -1, np.int32), np.full(len(points), np.inf)
    # neighbours one after the other: the tree's pages stay in the processor's cache
    at = hilbert_order(*shapely.get_coordinates(points).T)

    def nearest(part: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        (which, near), far = tree.query_nearest(
            points[part], return_distance=True, all_matches=True
        )
        order = np.lexsort((near, which))[::-1]
        return part[which[order]], near[order], far[order]

    parts = [at[i : i + _CHUNK] for i in range(0, len(at), _CHUNK)]
    for which, near, far in run(nearest, parts, threads=threads):
        edge[which], gap[which] = near, far  # the smallest edge position is written last
    return edge, gap
