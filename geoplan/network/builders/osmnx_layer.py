"""The edges layer of an OSMnx graph in a GeoPackage, Shapefile or table, as the graph it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.network.builders.tagging.makers import plain
from geoplan.network.builders.tagging.values import parsed, tag_values

if TYPE_CHECKING:
    import networkx as nx

#: columns that OSMnx writes beside every edge
_OWN = frozenset({"u", "v", "osmid"})
#: attributes that from_graph reads itself, not as tags
_AS_IT_IS = frozenset({"length", "geometry", "osmid"})


def is_osmnx_layer(frame: gpd.GeoDataFrame) -> bool:
    """Whether a line layer holds the edges of an OSMnx graph, with their end nodes and lengths."""
    names = {plain(name) for name in frame.columns}
    if not (names >= _OWN and names & {"key", "length"}):
        return False
    ends = frame[[_column(frame, "u"), _column(frame, "v")]]
    lines = frame.geometry.geom_type == "LineString"
    return bool(len(frame) and lines.all() and ends.notna().all(axis=None))


def graph_of_layer(frame: gpd.GeoDataFrame) -> nx.MultiDiGraph:
    """The graph: nodes where the lines end, an edge for each direction of travel.

    OSMnx saves a graph either with both directions of a two-way street, or (its default for
    GeoPackages) with one line for both and the direction of one-way streets in ``from``, ``to``
    and the drawn line.
    """
    import networkx as nx  # takes a while to load

    names = {plain(name): name for name in reversed(list(frame.columns))}
    tags = frame.drop(columns=[frame.geometry.name, names["u"], names["v"]])
    tags.columns = [plain(name) for name in tags.columns]
    lines = shapely.force_2d(frame.geometry.to_numpy())
    u, v = frame[names["u"]].tolist(), frame[names["v"]].tolist()
    graph = nx.MultiDiGraph(crs=frame.crs)
    starts = shapely.get_coordinates(shapely.get_point(lines, 0))
    stops = shapely.get_coordinates(shapely.get_point(lines, -1))
    # the drawn line is the witness for the order of u and v: the undirected form sorts them
    turned = _turned(tags, u, v)
    rows = tags.to_dict("records")
    for at, (a, b) in enumerate(zip(u, v, strict=True)):
        if turned[at]:
            a, b = b, a
        for node, (x, y) in ((a, starts[at]), (b, stops[at])):
            if node not in graph:
                graph.add_node(node, x=float(x), y=float(y))
    both = _needs_both_ways(tags, u, v)
    for at, (a, b) in enumerate(zip(u, v, strict=True)):
        if turned[at]:
            a, b = b, a
        data = {name: _value(name, value) for name, value in rows[at].items()}
        data = {name: value for name, value in data.items() if value is not None}
        graph.add_edge(a, b, geometry=lines[at], **data)
        if both[at]:
            graph.add_edge(b, a, geometry=shapely.reverse(lines[at]), **data)
    return graph


def _column(frame: pd.DataFrame, name: str) -> str:
    return next(column for column in frame.columns if plain(column) == name)


def _turned(tags: pd.DataFrame, u: list[Any], v: list[Any]) -> list[bool]:
    """Whether each line is drawn from v to u, as ``from`` and ``to`` say."""
    if not {"from", "to"} <= set(tags.columns):
        return [False] * len(u)
    first, last = tags["from"].map(plain), tags["to"].map(plain)
    return [
        plain(a) != plain(b) and (f, t) == (plain(b), plain(a))
        for a, b, f, t in zip(u, v, first, last, strict=True)
    ]


def _needs_both_ways(tags: pd.DataFrame, u: list[Any], v: list[Any]) -> list[bool]:
    """Whether a line stands for both directions: a two-way street without its counterpart."""
    oneway = tags["oneway"].map(_is_oneway) if "oneway" in tags else [False] * len(u)
    pairs = set(zip(u, v, strict=True))
    if {"from", "to"} <= set(tags.columns):
        return [not one for one in oneway]
    return [
        not one and (a == b or (b, a) not in pairs) for one, a, b in zip(oneway, u, v, strict=True)
    ]


def _is_oneway(value: Any) -> bool:
    return any(plain(text) in ("true", "1", "yes", "t") for text in tag_values(value))


def _value(name: str, value: Any) -> Any:
    """A cell as the graph had it: lists are lists again."""
    if isinstance(value, np.ndarray):  # what GeoJSON's driver makes of a list
        return value.tolist()
    if value is None or value != value:
        return None
    if name in _AS_IT_IS or not isinstance(value, str):
        return value
    return parsed(value) if value.startswith("[") and parsed(value) else value
