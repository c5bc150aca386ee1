"""Between points and nodes: the ways from a snapped point to the ends of its edge.

A point at a node has one way; a point mid-edge has one to each end that the edge's directions
allow. With these, a search over nodes answers questions about points exactly, and two points
on the same edge are joined along it besides (`kernels.along`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numba as nb
import numpy as np
from numpy.typing import NDArray

from geoplan.errors import UsageError
from geoplan.network.graph.network import UNITS, NetworkData, check_network
from geoplan.network.search.bounded import along
from geoplan.network.search.snapping import ON, SnappedPoints, place_on, snap
from geoplan.validate import number

_LARGEST = float(np.finfo(np.float64).max)
#: how many places are looked at to tell another network, and how near they must be
_LOOKED_AT, _SAME_PLACE_M = 64, 0.01
DIRECTIONS = ("to_sites", "from_sites")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Access:
    """Ways between points and nodes, in one unit and one direction.

    Parameters
    ----------
    node : int32 (points, 2), positions of nodes, -1 = no such way.
    cost : float64 (points, 2), cost of each way with the snap leg, inf = no such way.
    edge : int32 (points,), the edge of a point mid-edge, else -1.
    place : float64 (points,), fraction along that edge.
    snap : float64 (points,), cost of the snap leg.
    """

    node: NDArray[np.int32]
    cost: NDArray[np.float64]
    edge: NDArray[np.int32]
    place: NDArray[np.float64]
    snap: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """What is measured and how far: unit and cutoff (inf = none).

    Costs are handed out in whole steps of a micrometre (or 1e-8 minutes), so that a sum of
    floats that should be the cutoff, or any other threshold a reader compares with, is that
    number and not a hair more.
    """

    unit: str
    cutoff: float

    @property
    def steps(self) -> float:
        """Steps in one unit of cost."""
        return 1e6 if self.unit == "m" else 1e8

    @property
    def limit(self) -> float:
        """Largest sum of floats that still counts; finite, so that inf (forbidden) never does."""
        return min((np.rint(self.cutoff * self.steps) + 0.5) / self.steps, _LARGEST)

    def told(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Costs within the limit as they are handed out."""
        return np.minimum(np.rint(cost * self.steps) / self.steps, self.cutoff)


def measure(cutoff_m: float | None, cutoff_min: float | None, unit: str | None = None) -> Measure:
    """Unit and cutoff from a question's options; all faults at once."""
    faults = []
    if cutoff_m is not None and cutoff_min is not None:
        faults.append("give cutoff_m or cutoff_min, not both")
    asked = "min" if cutoff_min is not None else "m" if cutoff_m is not None else unit or "m"
    if unit is not None and unit not in UNITS:
        faults.append(f"unit must be one of {', '.join(UNITS)}, not {unit!r}")
    elif unit is not None and unit != asked:
        faults.append(f"unit={unit!r} does not go with a cutoff in {asked!r}")
    cutoff = cutoff_min if cutoff_min is not None else cutoff_m
    if cutoff is not None and not number(cutoff) >= 0:
        faults.append(f"a cutoff must be a number, 0 or more (None = no cutoff), not {cutoff!r}")
    if faults:
        raise UsageError("; ".join(faults) + ".")
    return Measure(unit=asked, cutoff=np.inf if cutoff is None else float(cutoff))


def check_direction(direction: str) -> bool:
    """Whether travel goes towards the sites."""
    if direction not in DIRECTIONS:
        raise UsageError(f"direction must be one of {', '.join(DIRECTIONS)}, not {direction!r}.")
    return direction == "to_sites"


def placed(
    network: NetworkData,
    points: gpd.GeoDataFrame | gpd.GeoSeries | SnappedPoints,
    what: str,
    **options: Any,
) -> SnappedPoints:
    """The points on the network; points that were snapped before are taken as they are."""
    check_network(network)
    if not isinstance(points, SnappedPoints):
        return snap(network, points, what=what, **options)
    if not _belong(network, points):
        raise UsageError(f"{what} were snapped to another network: snap them to this one.")
    return points


def _belong(network: NetworkData, points: SnappedPoints) -> bool:
    """Whether the places are those of this network (a few dozen are looked at)."""
    on = np.flatnonzero(points.state == ON)
    if points.edge.max(initial=-1) >= network.n_edges:
        return False
    if points.node.max(initial=-1) >= network.n_nodes:
        return False
    some = on[:: max(1, len(on) // _LOOKED_AT)]
    return np.allclose(points.xy[some], place_on(network, points, some), rtol=0, atol=_SAME_PLACE_M)


def access(network: NetworkData, points: SnappedPoints, *, unit: str, leaving: bool) -> Access:
    """Ways from the points onto the network (`leaving`), or from the network to the points."""
    forward, backward = network.edge_costs(unit)
    to_u, to_v = (backward, forward) if leaving else (forward, backward)
    node, cost, edge, place, leg = _ways(
        points.state,
        points.node,
        points.edge,
        points.fraction,
        points.snap_m,
        network.u,
        network.v,
        to_u,
        to_v,
        network.snap_cost(unit),
    )
    return Access(node=node, cost=cost, edge=edge, place=place, snap=leg)


@nb.njit(cache=True, nogil=True)
def _ways(state, at_node, on_edge, fraction, snap_m, u, v, to_u, to_v, snap_cost):  # type: ignore[no-untyped-def]
    n = len(state)
    node = np.full((n, 2), -1, np.int32)
    cost = np.full((n, 2), np.inf)
    edge = np.full(n, -1, np.int32)
    place = np.zeros(n)
    leg = np.zeros(n)
    for i in range(n):
        if state[i] != 0:
            continue
        leg[i] = snap_m[i] * snap_cost
        if at_node[i] >= 0:
            node[i, 0] = at_node[i]
            cost[i, 0] = leg[i]
            continue
        e = on_edge[i]
        f = fraction[i]
        edge[i] = e
        place[i] = f
        if to_u[e] < np.inf:
            node[i, 0] = u[e]
            cost[i, 0] = f * to_u[e] + leg[i]
        if to_v[e] < np.inf:
            node[i, 1] = v[e]
            cost[i, 1] = (1.0 - f) * to_v[e] + leg[i]
    return node, cost, edge, place, leg


@nb.njit(cache=True, nogil=True)
def _stops(node, cost, edge, order, n):  # type: ignore[no-untyped-def]
    ptr = np.zeros(n + 1, np.int32)
    for i in order:
        for j in range(2):
            if node[i, j] >= 0:
                ptr[node[i, j] + 1] += 1
    for v in range(n):
        ptr[v + 1] += ptr[v]
    at = ptr[:-1].copy()
    point = np.empty(ptr[n], np.int32)
    costs = np.empty(ptr[n], np.float64)
    for k in range(len(order)):
        i = order[k]
        for j in range(2):
            v = node[i, j]
            if v >= 0:
                point[at[v]] = k if edge[i] < 0 else ~k
                costs[at[v]] = cost[i, j]
                at[v] += 1
    return ptr, point, costs


@nb.njit(cache=True, nogil=True)
def _by_node(node, n):  # type: ignore[no-untyped-def]
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


def by_node(ways: Access, n_nodes: int) -> NDArray[np.int64]:
    """Positions of the points on the network, those near each other one after the other."""
    return _by_node(ways.node, n_nodes)


def stops(
    ways: Access, order: NDArray[np.int64], n_nodes: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """The ways by node, points numbered by their rank in `order`; ~rank when a point has several.

    Ranks, not positions, so that points near each other are near each other in memory.
    """
    return _stops(ways.node, ways.cost, ways.edge, order, n_nodes)


@nb.njit(cache=True, nogil=True)
def read_points(  # type: ignore[no-untyped-def]
    node,
    cost,
    dist,
    label,
    edge,
    place,
    snap,
    site_ptr,
    site_id,
    site_place,
    site_snap,
    forward,
    backward,
    into_site,
):
    """Nearest site of each point: through its ways to nodes, or along its own edge.

    node, cost : (points, 2) ways (-1 = none). site_ptr .. site_snap : sites mid-edge, by edge.
    """
    n = len(node)
    nearest = np.full(n, -1, np.int32)
    least = np.full(n, np.inf)
    for i in range(n):
        for j in range(2):
            v = node[i, j]
            if v < 0 or label[v] < 0:
                continue
            c = dist[v] + cost[i, j]
            if c < least[i] or (c == least[i] and label[v] < nearest[i]):
                least[i] = c
                nearest[i] = label[v]
        e = edge[i]
        if e < 0 or len(site_ptr) == 0:
            continue
        for q in range(site_ptr[e], site_ptr[e + 1]):
            if into_site:
                c = along(forward[e], backward[e], place[i], site_place[q])
            else:
                c = along(forward[e], backward[e], site_place[q], place[i])
            c += snap[i] + site_snap[q]
            if c < least[i] or (c == least[i] and c < np.inf and site_id[q] < nearest[i]):
                least[i] = c
                nearest[i] = site_id[q]
    return nearest, least
