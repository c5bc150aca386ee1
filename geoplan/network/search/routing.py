"""The way between two points, for drawing."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.errors import UsageError
from geoplan.network.graph.arcs import Graph
from geoplan.network.graph.network import NetworkData, check_network
from geoplan.network.search.connectors import Connectors, connect, cost_along
from geoplan.network.search.multi_source import Nearest, multi_source
from geoplan.network.search.snapped_points import ON, STATES, SnappedPoints
from geoplan.network.search.travel_query import parse_cutoff, snapped
from geoplan.tolerances import SAME_VERTEX_M
from geoplan.words.message import called


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Route:
    """The cheapest way from an origin to a destination.

    Parameters
    ----------
    geometry : LineString from the origin to the destination with both snap legs, in the
        network's CRS; None when there is no way.
    cost : in `unit`, NaN when there is no way.
    unit : ``"m"`` or ``"min"``.
    edges : positions of the edges on the way, in order (the first and last are used in part).
    reason : ``""``, ``"cut_off"``, ``"off_network"`` or ``"unlocated"``.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from geoplan.network import Network, route
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100, 0, 100], [0, 0, 900, 900]), crs="EPSG:4548")
    >>> edges = pd.DataFrame({"u": [0, 2], "v": [1, 3], "length_m": [100.0, 100.0]})
    >>> network = Network.from_edges(nodes, edges, mode="walk")
    >>> route(network, shapely.Point(20, 0), shapely.Point(90, 0)).cost
    70.0
    >>> none = route(network, shapely.Point(20, 0), shapely.Point(90, 900))
    >>> none, none.geometry is None, none.cost
    (Route(none: cut_off), True, nan)
    """

    geometry: shapely.LineString | None
    cost: float
    unit: str
    edges: tuple[int, ...]
    reason: str = ""

    def __repr__(self) -> str:
        if self.reason:
            return f"Route(none: {self.reason})"
        return f"Route({self.cost:,.1f} {self.unit} over {len(self.edges)} edges)"


def route(
    network: NetworkData,
    origin: shapely.Point | gpd.GeoDataFrame | gpd.GeoSeries | SnappedPoints,
    destination: shapely.Point | gpd.GeoDataFrame | gpd.GeoSeries | SnappedPoints,
    *,
    unit: str = "m",
    max_snap_m: float | None = 500.0,
    barriers: gpd.GeoDataFrame | None = None,
    most: float = np.inf,
) -> Route:
    """The cheapest way from `origin` to `destination`, one point each.

    Parameters
    ----------
    network : the street network.
    origin, destination : a point in the network's CRS, or a frame with one row.
    unit : ``"m"`` for the shortest way, ``"min"`` for the quickest.
    most : in `unit`; a way that is longer is not looked for.
    max_snap_m, barriers : as for `travel_costs`; the cost is the one that `travel_costs` gives.

    Returns
    -------
    Route
        With its line in the network's CRS and its cost in `unit`; where there is no way, a route
        without a line, with a cost of NaN and a reason.

    Raises
    ------
    MissingCrsError, CrsMismatchError
        A frame without a CRS, or in another one than the network's.
    UsageError
        A unit that is neither ``"m"`` nor ``"min"``, or not exactly one point at either end.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from geoplan.network import Network
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100, 100], [0, 0, 80]), crs="EPSG:4548")
    >>> edges = pd.DataFrame({"u": [0, 1], "v": [1, 2], "length_m": [100.0, 80.0]})
    >>> network = Network.from_edges(nodes, edges, mode="walk")
    >>> way = route(network, shapely.Point(30, 5), shapely.Point(100, 60))
    >>> way
    Route(135.0 m over 2 edges)
    >>> way.geometry.wkt
    'LINESTRING (30 5, 30 0, 100 0, 100 60)'
    """
    cutoff = parse_cutoff(None, None, unit)
    start = _one(network, origin, "the origin", max_snap_m, barriers)
    end = _one(network, destination, "the destination", max_snap_m, barriers)
    for point in (start, end):
        if point.state[0] != ON:
            return _no_route(unit, str(STATES[point.state[0]]))
    out = connect(network, start, unit=cutoff.unit, leaving=True)
    arrive = connect(network, end, unit=cutoff.unit, leaving=False)
    graph = network.graph(cutoff.unit)
    nearest = multi_source(graph, out, limit=most, parents=True)

    totals = np.where(arrive.node[0] >= 0, nearest.dist[arrive.node[0]] + arrive.cost[0], np.inf)
    side = int(np.argmin(totals))
    direct = np.inf
    e = int(out.edge[0])
    if e >= 0 and e == arrive.edge[0]:
        forward, backward = network.edge_costs(cutoff.unit)
        direct = cost_along(forward[e], backward[e], out.fraction[0], arrive.fraction[0])
        direct += out.snap[0] + arrive.snap[0]
    if not np.isfinite(min(direct, totals[side])):
        return _no_route(unit, "cut_off")
    if direct <= totals[side]:
        parts = [(e, float(out.fraction[0]), float(arrive.fraction[0]))]
        cost = direct
    else:
        parts = _parts_of_edges(graph, out, arrive, side, nearest)
        cost = float(totals[side])
    line = [start.origin, start.xy, *(_drawn(network, *p) for p in parts), end.xy, end.origin]
    coords = np.concatenate(line)
    moved = np.ones(len(coords), bool)
    moved[1:] = np.hypot(*np.diff(coords, axis=0).T) > SAME_VERTEX_M
    kept = coords[moved]
    geometry = shapely.LineString(kept if len(kept) > 1 else coords[[0, -1]])
    return Route(
        geometry=geometry,
        cost=float(cutoff.rounded(np.asarray(cost))),
        unit=unit,
        edges=tuple(p[0] for p in parts),
    )


def _parts_of_edges(
    graph: Graph, out: Connectors, arrive: Connectors, side: int, nearest: Nearest
) -> list[tuple[int, float, float]]:
    """(edge, from fraction, to fraction) along the way, from the arcs of arrival."""
    dist, parent = nearest.dist, nearest.parent
    parts = []
    node = int(arrive.node[0, side])
    while parent[node] >= 0:
        arc = int(parent[node])
        edge = int(graph.edge[arc])
        parts.append((edge, 0.0, 1.0) if edge >= 0 else (~edge, 1.0, 0.0))
        # arcs stand by tail: the tail is the row that holds the arc
        node = int(np.searchsorted(graph.indptr, arc, side="right")) - 1
    parts.reverse()
    if out.edge[0] >= 0:
        ends = [j for j in range(2) if out.node[0, j] == node and out.cost[0, j] == dist[node]]
        parts.insert(0, (int(out.edge[0]), float(out.fraction[0]), float(ends[0])))
    if arrive.edge[0] >= 0:
        parts.append((int(arrive.edge[0]), float(side), float(arrive.fraction[0])))
    return parts


def _drawn(network: NetworkData, edge: int, a: float, b: float) -> NDArray[np.float64]:
    """Vertices of an edge from fraction `a` to fraction `b` of its drawn length."""
    coords = network.coords[network.offsets[edge] : network.offsets[edge + 1]]
    steps = np.hypot(*np.diff(coords, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    low, high = min(a, b) * at[-1], max(a, b) * at[-1]
    inner = coords[(at > low) & (at < high)]
    ends = np.column_stack([np.interp([low, high], at, coords[:, k]) for k in range(2)])
    part = np.concatenate([ends[:1], inner, ends[1:]])
    return part if a <= b else part[::-1]


def _one(
    network: NetworkData, point: object, what: str, max_snap_m: float | None, barriers: object
) -> SnappedPoints:
    check_network(network)
    if point is None or isinstance(point, shapely.Geometry):
        point = gpd.GeoSeries([point], crs=network.crs)
    if isinstance(point, tuple | list | np.ndarray):
        raise UsageError.of("call_faults.no_point", what=called(what))
    if len(point) != 1:  # type: ignore[arg-type]
        raise UsageError.of("call_faults.many_points", what=called(what), count=len(point))  # type: ignore[arg-type]
    return snapped(network, point, what, max_snap_m=max_snap_m, barriers=barriers)  # type: ignore[arg-type]


def _no_route(unit: str, reason: str) -> Route:
    return Route(geometry=None, cost=np.nan, unit=unit, edges=(), reason=reason)
