"""Streets that only look joined: dead ends beside a street, lines that cross without a node."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.network.builders.tagging.line_columns import heights
from geoplan.network.builders.topology.noding import crossings_without_node
from geoplan.network.graph.network import NetworkData
from geoplan.network.search.edge_tiles import edges_near
from geoplan.network.search.queries import travel_costs
from geoplan.network.search.snapped_points import ON, SnappedPoints, snap_nodes
from geoplan.tolerances import AT_END_M, JOIN_WITHIN_M

#: crossings whose way round is looked for
_MEASURED = 500
#: metres; ways round are looked for at least this far
_FARTHEST_M = 5000.0
#: way round of the further crossings
_NOT_LOOKED_FOR = -1.0


def near_misses(
    network: NetworkData, ends: NDArray[np.int64], *, near_m: float, detour_m: float
) -> gpd.GeoDataFrame:
    """Dead ends near a street that is far off on the network; see `NetworkReport`."""
    points = shapely.points(network.x[ends], network.y[ends])
    which, edge = edges_near(network, points, within_m=near_m)
    node = ends[which]
    foreign = (network.u[edge] != node) & (network.v[edge] != node)
    which, edge, node = which[foreign], edge[foreign], node[foreign]
    lines = network.edge_lines(edge)
    gap = shapely.distance(points[which], lines)
    # drawn lines that end on another one meet it, whatever their heights: a bridge's foot
    upon = (gap <= JOIN_WITHIN_M) & (not _is_osm(network))
    fits = _same_height(network, node, edge) | upon
    which, edge, node, gap, lines = which[fits], edge[fits], node[fits], gap[fits], lines[fits]
    # of several streets the nearest counts
    order = np.lexsort((edge, gap, which))
    order = order[np.flatnonzero(np.diff(which[order], prepend=-1))]
    which, edge, node, gap, lines = which[order], edge[order], node[order], gap[order], lines[order]
    along = shapely.line_locate_point(lines, points[which])
    points_across = shapely.line_interpolate_point(lines, along)
    detour = _detours(network, node, edge, along, lines, detour_m)
    wide = ~(detour < detour_m)
    joined = _joined(network, node, edge)
    detour = np.where(joined, detour, np.nan)
    gaps = shapely.linestrings(
        np.stack(
            [shapely.get_coordinates(points[which]), shapely.get_coordinates(points_across)], axis=1
        ).reshape(-1, 2, 2)
    )
    frame = gpd.GeoDataFrame(
        {
            "node": network.node_ids[node],
            "edge": network.edge_ids[edge],
            "name": _names(network, edge),
            "gap_m": gap,
            "detour_m": detour,
        },
        geometry=gaps,
        crs=network.crs,
    )[wide]
    return _widest_first(frame, frame["gap_m"])


def unjoined_crossings(network: NetworkData, *, detour_m: float) -> gpd.GeoDataFrame:
    """Places where lines cross at equal height without a node; see `NetworkReport`."""
    # in OpenStreetMap only shared nodes join, and ways across squares cross as they please
    drawn = not _is_osm(network) and network.properties is not None
    none = np.empty(0, np.int64)
    a, b, points = _unjoined_pairs(network) if drawn else (none, none, none)
    if not len(a):
        columns = {"edge": [], "other": [], "name": [], "detour_m": np.empty(0)}
        return gpd.GeoDataFrame(columns, geometry=[], crs=network.crs)
    few = slice(0, _MEASURED)
    detour = np.full(len(a), _NOT_LOOKED_FOR)
    detour[few] = _between(network, a[few], b[few], points[few], detour_m)
    component = network.component_numbers
    detour[component[network.u[a]] != component[network.u[b]]] = np.nan
    frame = gpd.GeoDataFrame(
        {
            "edge": network.edge_ids[a],
            "other": network.edge_ids[b],
            "name": _names(network, a),
            "detour_m": detour,
        },
        geometry=points,
        crs=network.crs,
    )
    frame = frame[~((detour >= 0) & (detour < detour_m))]
    return _widest_first(frame, pd.Series(np.zeros(len(frame))))


def _unjoined_pairs(
    network: NetworkData,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Edges that cross another one without a node, or have a node upon it, and where."""
    lines, height = network.edge_lines(), _heights(network)
    a, b, points = crossings_without_node(lines, height)
    # a street that is cut where it crosses one that is not
    degree = np.bincount(np.concatenate([network.u, network.v]), minlength=network.n_nodes)
    inner = np.flatnonzero(degree > 1)
    places = shapely.points(network.x[inner], network.y[inner])
    which, host = edges_near(network, places, within_m=JOIN_WITHIN_M)
    node = inner[which]
    own = np.zeros(network.n_nodes, np.int64)
    own[network.u] = own[network.v] = np.arange(network.n_edges)
    upon = (network.u[host] != node) & (network.v[host] != node)
    upon &= height[own[node]] == height[host]
    # beside the host's own ends two nodes nearly are one: no crossing
    for end in (network.u[host], network.v[host]):
        away = np.hypot(network.x[end] - network.x[node], network.y[end] - network.y[node])
        upon &= away > JOIN_WITHIN_M
    _, first = np.unique(node[upon], return_index=True)
    at = np.flatnonzero(upon)[first]
    return (
        np.concatenate([a, own[node[at]]]),
        np.concatenate([b, host[at]]),
        np.concatenate([points, places[which[at]]]),
    )


def _widest_first(frame: gpd.GeoDataFrame, then_by: pd.Series) -> gpd.GeoDataFrame:
    rank = frame["detour_m"].fillna(np.inf)
    order = np.lexsort((then_by.to_numpy(), -rank.to_numpy()))
    return frame.iloc[order].reset_index(drop=True)


def _is_osm(network: NetworkData) -> bool:
    return network.properties is not None and "osm_id" in network.properties.columns


def _names(network: NetworkData, edge: NDArray[np.int64]) -> list[str | None]:
    """What the streets are called, None where no name is known."""
    properties = network.properties
    if properties is None or "name" not in properties.columns:
        return [None] * len(edge)
    names = properties["name"].to_numpy(object)[edge]
    return [None if pd.isna(name) else str(name) for name in names]


def _heights(network: NetworkData) -> NDArray[np.float64]:
    properties = network.properties
    if properties is None:
        return np.zeros(network.n_edges)
    roles = [role for role in ("layer", "bridge", "tunnel") if role in properties.columns]
    return heights(properties, {role: role for role in roles})


def _same_height(
    network: NetworkData, node: NDArray[np.int64], edge: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the dead end's own street lies at the height of the other, as far as known."""
    height = _heights(network)
    own = np.zeros(network.n_nodes)
    own[network.u] = height
    own[network.v] = height
    return own[node] == height[edge]


def _joined(
    network: NetworkData, node: NDArray[np.int64], edge: NDArray[np.int64]
) -> NDArray[np.bool_]:
    component = network.component_numbers
    return component[node] == component[network.u[edge]]


def _detours(
    network: NetworkData,
    node: NDArray[np.int64],
    edge: NDArray[np.int64],
    along: NDArray[np.float64],
    lines: NDArray[np.object_],
    detour_m: float,
) -> NDArray[np.float64]:
    """Network distance between each dead end and the point on the street across the gap.

    Looked for up to 20 times `detour_m` and 5 km; farther is inf.
    """
    if len(node) == 0:
        return np.empty(0)
    points_across = _on_edges(network, edge, along, lines)
    ends = pd.Index(np.unique(node))
    found = travel_costs(
        network,
        points_across,
        snap_nodes(network, network.node_ids[ends]),
        cutoff_m=max(20 * detour_m, _FARTHEST_M),
    ).matrix
    return _picked(found, ends.get_indexer(pd.Index(node)))


def _between(
    network: NetworkData,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    points: NDArray[Any],
    detour_m: float,
) -> NDArray[np.float64]:
    """Network distance between the two locations that a crossing is, inf where it is too far."""
    ends = []
    for edge in (a, b):
        lines = network.edge_lines(edge)
        ends.append(_on_edges(network, edge, shapely.line_locate_point(lines, points), lines))
    found = travel_costs(network, ends[0], ends[1], cutoff_m=max(20 * detour_m, _FARTHEST_M)).matrix
    return _picked(found, np.arange(len(a)))


def _picked(matrix: Any, column: NDArray[np.int64]) -> NDArray[np.float64]:
    """From each row the entry of its own column, inf where none is stored."""
    picked = np.full(len(column), np.inf)
    coo = matrix.tocoo()
    mine = coo.col == column[coo.row]
    picked[coo.row[mine]] = coo.data[mine]
    return picked


def _on_edges(
    network: NetworkData,
    edge: NDArray[np.int64],
    along: NDArray[np.float64],
    lines: NDArray[np.object_],
) -> SnappedPoints:
    """Points on edges, `along` metres from where each begins."""
    total = shapely.length(lines)
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.clip(np.where(total > 0, along / total, 0.0), 0.0, 1.0)
    at_u, at_v = along <= AT_END_M, along >= total - AT_END_M
    fraction = np.where(at_u, 0.0, np.where(at_v, 1.0, fraction))
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    return SnappedPoints(
        index=pd.RangeIndex(len(edge)),
        edge=edge.astype(np.int32),
        fraction=fraction,
        node=np.where(at_u, network.u[edge], np.where(at_v, network.v[edge], -1)).astype(np.int32),
        snap_m=np.zeros(len(edge)),
        state=np.full(len(edge), ON, np.int8),
        xy=xy,
        origin=xy,
    )
