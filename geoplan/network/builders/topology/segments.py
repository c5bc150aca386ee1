"""Ways split into edges at junctions: the step that OSM files and line layers share."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.network.graph.polylines import line_lengths


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Segments:
    """Edges as ranges of the vertex list: edge e has the vertices ``first[e]`` to ``last[e]``.

    `way` is the position of the way that each edge is a part of.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    way: NDArray[np.int64]


def split_at_junctions(
    node: NDArray[np.int64], offsets: NDArray[np.int64], n_nodes: int
) -> Segments:
    """Split ways at every node that occurs more than once, and at their ends.

    Parameters
    ----------
    node : node of each vertex, all ways one after the other; no consecutive repeats in one way.
    offsets : way w has the vertices ``offsets[w]:offsets[w + 1]``, at least two.
    n_nodes : number of nodes.

    Examples
    --------
    A street of the nodes 0-1-2, crossed at 1 by one of the nodes 3-1-4:

    >>> import numpy as np
    >>> segments = split_at_junctions(np.array([0, 1, 2, 3, 1, 4]), np.array([0, 3, 6]), 5)
    >>> list(zip(segments.first.tolist(), segments.last.tolist(), segments.way.tolist()))
    [(0, 1, 0), (1, 2, 0), (3, 4, 1), (4, 5, 1)]
    """
    if len(node) == 0:
        empty = np.empty(0, np.int64)
        return Segments(first=empty, last=empty, way=empty)
    junction = np.bincount(node, minlength=n_nodes) > 1
    junction[node[offsets[:-1]]] = True
    junction[node[offsets[1:] - 1]] = True
    stops = np.flatnonzero(junction[node])
    way = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[stops]
    same = way[:-1] == way[1:]
    return Segments(first=stops[:-1][same], last=stops[1:][same], way=way[:-1][same])


def node_and_edge_tables(
    segments: Segments,
    node: NDArray[np.int64],
    vertex_xy: NDArray[np.float64],
    node_ids: NDArray[np.int64],
    *,
    crs: CRS,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Node and edge tables as `Network.from_edges` takes them: u, v, length_m, way, geometry.

    `vertex_xy` holds the coordinates of every vertex, in `crs`.
    """
    counts = segments.last - segments.first + 1
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    at = np.repeat(segments.first - offsets[:-1], counts) + np.arange(offsets[-1])
    coords = vertex_xy[at]
    lines = shapely.linestrings(coords, indices=np.repeat(np.arange(len(counts)), counts))
    ends = np.concatenate([segments.first, segments.last])
    used, first_seen = np.unique(node[ends], return_index=True)
    nodes = gpd.GeoDataFrame(
        index=pd.Index(node_ids[used]),
        geometry=shapely.points(vertex_xy[ends[first_seen]]),
        crs=crs,
    )
    edges = pd.DataFrame(
        {
            "u": node_ids[node[segments.first]],
            "v": node_ids[node[segments.last]],
            "length_m": line_lengths(coords, offsets),
            "way": segments.way,
            "geometry": lines,
        }
    )
    return nodes, edges


def drop_repeated_vertices(
    node: NDArray[np.int64], way: NDArray[np.int64], n_ways: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """The vertices without consecutive repeats of a node and without ways of a single vertex.

    Returns
    -------
    tuple
        The mask of kept vertices, and the offsets of the ways among them (a way that lost all of
        its vertices keeps an empty range).
    """
    keep = np.ones(len(node), bool)
    keep[1:] = (node[1:] != node[:-1]) | (way[1:] != way[:-1])
    left = np.bincount(way[keep], minlength=n_ways)
    keep &= (left > 1)[way]
    counts = np.bincount(way[keep], minlength=n_ways)
    return keep, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
