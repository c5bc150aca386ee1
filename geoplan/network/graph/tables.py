"""A network from node and edge tables: all of them checked, all faults reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import Faults, NetworkError, UsageError
from geoplan.inputs.layers import check_projected
from geoplan.network.graph.doubted_costs import cost_notes
from geoplan.network.graph.hilbert import hilbert_order
from geoplan.network.graph.network import DEFAULT_SPEED_M_S, NetworkData, check_mode
from geoplan.network.graph.polylines import line_lengths, reversed_lines
from geoplan.tolerances import EDGE_END_M
from geoplan.words.message import Message, first_few

_READ = ("u", "v", "length_m", "oneway", "minutes", "minutes_back", "geometry")


def network_from_tables(
    nodes: gpd.GeoDataFrame,
    edges: pd.DataFrame,
    *,
    mode: str,
    speed_m_s: float | None = None,
    keep: Sequence[str] = (),
    source: str = "",
    notes: Mapping[str, Any] | None = None,
) -> NetworkData:
    """The network of node and edge tables; see `geoplan.network.Network.from_edges`.

    Raises
    ------
    MissingCrsError, GeographicCrsError
        The nodes are not in a projected CRS in metres.
    NetworkError
        Any fault in the tables; the message lists all of them.
    """
    check_mode(mode)
    arrays, doubts = _arrays(nodes, edges, mode=mode, keep=keep)
    return NetworkData(
        mode=mode,
        speed_m_s=DEFAULT_SPEED_M_S[mode] if speed_m_s is None else speed_m_s,
        source=source,
        notes={**(notes or {}), **doubts},
        **arrays,
    )


def _arrays(
    nodes: gpd.GeoDataFrame, edges: pd.DataFrame, *, mode: str, keep: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a network by field name, and notes on costs that are doubted."""
    check_projected(nodes, "the network's nodes")
    if not isinstance(edges, pd.DataFrame):
        raise UsageError.of("call_faults.no_edges", kind=type(edges).__name__)
    keep = [keep] if isinstance(keep, str) else list(keep)
    faults = Faults(NetworkError, "network_faults.tables")
    points = np.asarray(nodes.geometry.array)
    _check_tables(nodes.index, points, edges, keep, faults)
    faults.raise_all()
    u = _positions(edges["u"], nodes.index, "u", faults)
    v = _positions(edges["v"], nodes.index, "v", faults)
    oneway = _oneway(edges, faults) if mode != "walk" else np.zeros(len(edges), np.int8)
    costs = {
        name: _numbers(edges, name, faults)
        for name in ("length_m", "minutes", "minutes_back")
        if name in edges.columns
    }
    geometry = _geometry(edges, nodes, faults)
    if "minutes_back" in costs and "minutes" not in costs:
        faults.add(Message("network_faults.edges_back_only"))
    faults.raise_all()
    xy = shapely.get_coordinates(points)
    coords, offsets = _polylines(geometry, xy, u, v)
    coords = _from_u_to_v(coords, offsets, xy, u, v, edges.index)
    drawn = line_lengths(coords, offsets)
    straight = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    doubts = cost_notes(edges, costs, mode, (drawn, straight))
    length = costs.get("length_m", drawn)
    minutes, back = costs.get("minutes"), costs.get("minutes_back")

    turn = oneway < 0
    u, v = np.where(turn, v, u), np.where(turn, u, v)
    coords = reversed_lines(coords, offsets, turn)
    if minutes is not None and back is not None:
        minutes, back = np.where(turn, back, minutes), np.where(turn, minutes, back)

    order = hilbert_order(xy[:, 0], xy[:, 1])
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    properties = edges[keep].reset_index(drop=True) if keep else None
    arrays = {
        "crs": nodes.crs,
        "node_ids": nodes.index[order],
        "x": xy[order, 0],
        "y": xy[order, 1],
        "u": rank[u],
        "v": rank[v],
        "length_m": length,
        "oneway": oneway != 0,
        "minutes": minutes,
        "minutes_back": back,
        "coords": coords,
        "offsets": offsets,
        "edge_ids": edges.index,
        "properties": None if properties is None else pd.DataFrame(properties),
    }
    return arrays, doubts


def _check_tables(
    node_ids: pd.Index, points: NDArray[Any], edges: pd.DataFrame, keep: list[str], faults: Faults
) -> None:
    """Faults of the labels, the points and the columns."""
    if not node_ids.is_unique:
        again = first_few(node_ids[node_ids.duplicated()])
        faults.add(Message("network_faults.nodes_twice", some=again))
    bad_nodes = shapely.is_missing(points) | shapely.is_empty(points)
    bad_nodes |= shapely.get_type_id(points) != 0
    bad_nodes |= ~np.isfinite(shapely.bounds(points)).all(axis=1)
    if bad_nodes.any():
        at = first_few(node_ids[bad_nodes])
        faults.add(Message("network_faults.nodes_no_point", count=int(bad_nodes.sum()), some=at))
    lacking = [str(c) for c in ("u", "v", *keep) if c not in edges.columns]
    if lacking:
        faults.add(Message("network_faults.edges_lack", names=", ".join(lacking)))
        if {"u", "v"} <= set(lacking) & set(edges.index.names):
            faults.add(Message("network_faults.edges_index"))
    twice = [c for c in edges.columns[edges.columns.duplicated()] if c in (*_READ, *keep)]
    if twice:
        faults.add(Message("network_faults.edges_twice", names=", ".join(map(str, twice))))
    if len(edges) == 0:
        faults.add(Message("network_faults.no_edges"))


def _numbers(edges: pd.DataFrame, column: str, faults: Faults) -> NDArray[np.float64]:
    """A column of costs as finite floats >= 0."""
    values = pd.to_numeric(edges[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        at = first_few(edges.index[bad])
        count = int(bad.sum())
        faults.add(Message("network_faults.edges_number", count=count, column=column, some=at))
    return values.astype(np.float64, copy=True)


def _oneway(edges: pd.DataFrame, faults: Faults) -> NDArray[np.int8]:
    """1 = only u -> v, -1 = only v -> u, 0 = both."""
    if "oneway" not in edges.columns:
        return np.zeros(len(edges), np.int8)
    raw = edges["oneway"].astype(object)
    values = pd.to_numeric(raw.where(raw.notna(), 0), errors="coerce").to_numpy(np.float64)
    bad = ~np.isin(values, (-1.0, 0.0, 1.0))
    if bad.any():
        faults.add(Message("network_faults.edges_oneway", some=first_few(raw[bad])))
    return np.where(bad, 0, values).astype(np.int8)


def _positions(
    labels: pd.Series, node_ids: pd.Index, name: str, faults: Faults
) -> NDArray[np.int64]:
    if not node_ids.is_unique:
        return np.zeros(len(labels), np.int64)
    at = node_ids.get_indexer(pd.Index(labels))
    if (at < 0).any():
        unknown = pd.unique(labels[at < 0])
        types = {"nodes": node_ids.inferred_type, "edges": pd.Index(labels).inferred_type}
        alike = set(map(str, unknown)) & set(map(str, node_ids))
        code = "edges_other_type" if alike else "edges_nowhere"
        values = {"column": name, "count": len(unknown), "some": first_few(unknown), **types}
        faults.add(Message(f"network_faults.{code}", **values))
    return np.asarray(at, np.int64)


def _polylines(
    geometry: NDArray[Any], xy: NDArray[np.float64], u: NDArray[np.int64], v: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Flat coordinates from u to v; straight where an edge has no geometry."""
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    counts = np.where(missing, 2, shapely.get_num_coordinates(geometry)).astype(np.int64)
    offsets = np.zeros(len(u) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    coords = np.empty((offsets[-1], 2), np.float64)
    drawn = np.repeat(~missing, counts)
    coords[drawn] = shapely.get_coordinates(geometry[~missing])
    coords[offsets[:-1][missing]] = xy[u[missing]]
    coords[offsets[1:][missing] - 1] = xy[v[missing]]
    return coords, offsets


def _geometry(edges: pd.DataFrame, nodes: gpd.GeoDataFrame, faults: Faults) -> NDArray[Any]:
    if "geometry" not in edges.columns:
        return np.full(len(edges), None, object)
    crs = getattr(edges["geometry"], "crs", None)
    if crs is not None and crs != nodes.crs:
        faults.add(Message("network_faults.edges_crs", edges=crs.name, nodes=nodes.crs.name))
    geometry = np.array(edges["geometry"].array, dtype=object)
    geometry[np.asarray(edges["geometry"].isna())] = None
    if not all(g is None or isinstance(g, shapely.Geometry) for g in geometry):
        faults.add(Message("network_faults.edges_text"))
        return np.full(len(edges), None, object)
    drawn = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    bad = drawn & (shapely.get_type_id(geometry) != 1)
    if bad.any():
        at = first_few(edges.index[bad])
        faults.add(Message("network_faults.edges_no_line", count=int(bad.sum()), some=at))
    coords, owner = shapely.get_coordinates(geometry, return_index=True)
    broken = np.unique(owner[~np.isfinite(coords).all(axis=1)])
    if len(broken):
        at = first_few(edges.index[broken])
        faults.add(Message("network_faults.edges_no_numbers", count=len(broken), some=at))
    return geometry


def _from_u_to_v(
    coords: NDArray[np.float64],
    offsets: NDArray[np.int64],
    xy: NDArray[np.float64],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    edge_ids: pd.Index,
) -> NDArray[np.float64]:
    """Lines drawn from v to u are turned; lines that end elsewhere are a fault."""
    first, last = coords[offsets[:-1]], coords[offsets[1:] - 1]

    def off(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(np.hypot(*(start - xy[u]).T), np.hypot(*(end - xy[v]).T))

    straight, turned = off(first, last), off(last, first)
    stray = np.minimum(straight, turned) > EDGE_END_M
    if stray.any():
        off_by = float(np.minimum(straight, turned).max())
        values = {"count": int(stray.sum()), "some": first_few(edge_ids[stray]), "off": off_by}
        stray_ends = Message("network_faults.edges_stray", **values)
        raise NetworkError.of("network_faults.tables", faults=stray_ends)
    return reversed_lines(coords, offsets, turned < straight)
