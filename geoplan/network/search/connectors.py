"""Connectors: the links between a snapped point and the end nodes of its edge.

A point at a node has one connector; a point mid-edge has one to each end that the edge's directions
allow. With these, a search over nodes is exact for points, and two points on the same edge are
joined along it besides (`cost_on_edge`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.graph.network import NetworkData
from geoplan.network.search.snapped_points import SnappedPoints


class Connectors(NamedTuple):
    """Links between points and nodes, in one unit and one direction.

    node : int32 (points, 2), positions of nodes, -1 = no such link.
    cost : float64 (points, 2), cost of each link with the snap leg, inf = no such link.
    edge : int32 (points,), the edge of a point mid-edge, else -1.
    fraction : float64 (points,), where on that edge the point stands.
    snap : float64 (points,), cost of the snap leg.
    """

    node: NDArray[np.int32]
    cost: NDArray[np.float64]
    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    snap: NDArray[np.float64]

    def subset(self, at: NDArray[np.int64]) -> Connectors:
        """Those of the points at the positions `at`."""
        return Connectors(
            self.node[at], self.cost[at], self.edge[at], self.fraction[at], self.snap[at]
        )


class EdgeCosts(NamedTuple):
    """Cost of each edge from u to v and from v to u (inf = forbidden), and which way people go."""

    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    to_sites: bool


class MidEdgeSites(NamedTuple):
    """Sites that stand mid-edge, by edge: those of edge e are ``ptr[e]:ptr[e + 1]``.

    Where there are none, all arrays are empty.
    """

    ptr: NDArray[np.int64]
    site: NDArray[np.int32]
    fraction: NDArray[np.float64]
    snap: NDArray[np.float64]


class _EndCosts(NamedTuple):
    """Ends of all edges, cost of a whole edge to or from each, cost of a metre off the street."""

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    to_u: NDArray[np.float64]
    to_v: NDArray[np.float64]
    snap_cost: float


class _Located(NamedTuple):
    """What counts of `SnappedPoints`."""

    state: NDArray[np.int8]
    node: NDArray[np.int32]
    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    snap_m: NDArray[np.float64]


def connect(network: NetworkData, points: SnappedPoints, *, unit: str, leaving: bool) -> Connectors:
    """Connectors from the points onto the network (`leaving`), or from the network to them."""
    forward, backward = network.edge_costs(unit)
    to_u, to_v = (backward, forward) if leaving else (forward, backward)
    located = _Located(points.state, points.node, points.edge, points.fraction, points.snap_m)
    ends = _EndCosts(network.u, network.v, to_u, to_v, network.snap_cost(unit))
    return Connectors(*_connect(located, ends))


@kernel
def _connect(points, ends):
    n = len(points.state)
    node = np.full((n, 2), -1, np.int32)
    cost = np.full((n, 2), np.inf)
    edge = np.full(n, -1, np.int32)
    fraction = np.zeros(n)
    snap = np.zeros(n)
    for i in range(n):
        if points.state[i] != 0:
            continue
        snap[i] = points.snap_m[i] * ends.snap_cost
        if points.node[i] >= 0:
            node[i, 0] = points.node[i]
            cost[i, 0] = snap[i]
            continue
        e = points.edge[i]
        f = points.fraction[i]
        edge[i] = e
        fraction[i] = f
        if ends.to_u[e] < np.inf:
            node[i, 0] = ends.u[e]
            cost[i, 0] = f * ends.to_u[e] + snap[i]
        if ends.to_v[e] < np.inf:
            node[i, 1] = ends.v[e]
            cost[i, 1] = (1.0 - f) * ends.to_v[e] + snap[i]
    return node, cost, edge, fraction, snap


@kernel
def cost_along(forward, backward, a, b):
    """Cost of moving along one edge from fraction a to fraction b; inf if forbidden."""
    if a == b:
        return 0.0
    if a < b:
        return (b - a) * forward
    if backward == np.inf:
        return np.inf
    return (a - b) * backward


@inner_kernel
def cost_on_edge(edges, e, point, site):
    """Cost between a point and a site on edge e, each at its fraction."""
    if edges.to_sites:
        return cost_along(edges.forward[e], edges.backward[e], point, site)
    return cost_along(edges.forward[e], edges.backward[e], site, point)


def sites_by_edge(sites: Connectors, n_edges: int) -> MidEdgeSites:
    """Sites that stand mid-edge, grouped by edge."""
    mid = np.flatnonzero(sites.edge >= 0)
    start = np.zeros(n_edges + 1 if len(mid) else 0, np.int64)
    if len(mid):
        mid = mid[np.argsort(sites.edge[mid], kind="stable")]
        np.cumsum(np.bincount(sites.edge[mid], minlength=n_edges), out=start[1:])
    return MidEdgeSites(start, mid.astype(np.int32), sites.fraction[mid], sites.snap[mid])


def order_by_node(points: Connectors, n_nodes: int) -> NDArray[np.int64]:
    """Positions of the points on the network, those near each other one after the other."""
    return _order_by_node(points.node, n_nodes)


@kernel
def _order_by_node(node, n):
    count = np.zeros(n + 1, np.int64)
    for i in range(len(node)):
        v = max(node[i, 0], node[i, 1])
        if v >= 0:
            count[v + 1] += 1
    for v in range(n):
        count[v + 1] += count[v]
    order = np.empty(count[n], np.int64)
    for i in range(len(node)):
        v = max(node[i, 0], node[i, 1])
        if v >= 0:
            order[count[v]] = i
            count[v] += 1
    return order


@kernel
def nearest_of_points(points, nearest, mid_edge, edges):
    """Nearest site of each point and its cost: through its connectors, or along its own edge.

    points : `Connectors`. nearest : `Nearest` site of every node. mid_edge : `MidEdgeSites`.
    """
    n = len(points.node)
    site = np.full(n, -1, np.int32)
    least = np.full(n, np.inf)
    for i in range(n):
        for j in range(2):
            v = points.node[i, j]
            if v < 0 or nearest.label[v] < 0:
                continue
            c = nearest.dist[v] + points.cost[i, j]
            if c < least[i] or (c == least[i] and nearest.label[v] < site[i]):
                least[i] = c
                site[i] = nearest.label[v]
        e = points.edge[i]
        if e < 0 or len(mid_edge.ptr) == 0:
            continue
        for q in range(mid_edge.ptr[e], mid_edge.ptr[e + 1]):
            c = cost_on_edge(edges, e, points.fraction[i], mid_edge.fraction[q])
            c += points.snap[i] + mid_edge.snap[q]
            if c < least[i] or (c == least[i] and c < np.inf and mid_edge.site[q] < site[i]):
                least[i] = c
                site[i] = mid_edge.site[q]
    return site, least
