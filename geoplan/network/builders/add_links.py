"""A network with new streets: the bridge or the path that a what-if is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import NetworkError
from geoplan.inputs.layers import check_projected
from geoplan.network.graph.network import AnyNetwork, check_network
from geoplan.validate import positive_number
from geoplan.words.message import Message, Messages


def with_links(
    network: AnyNetwork,
    lines: gpd.GeoDataFrame,
    *,
    max_gap_m: float = 50.0,
    speed_kmh: float = 30.0,
) -> AnyNetwork:
    """`network` with `lines` as further two-way streets, joined at the nearest nodes.

    Parameters
    ----------
    network : the street network; it is not changed.
    lines : LineStrings in the network's CRS, in metres.
    max_gap_m : each end of a line must lie this near to a node of the network; the line is drawn
        on to it, and that stretch counts.
    speed_kmh : of the new streets, where the network knows minutes.

    Returns
    -------
    Network
        Another network with the new edges last, labelled ``link-1``, ``link-2``, ...

    Raises
    ------
    NetworkError
        Ends with no node near, all of them, or geometries that are no lines.

    Examples
    --------
    Two streets on either side of a river, and a bridge:

    >>> from geoplan.network import Network
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100, 0, 100], [0, 0, 200, 200]), crs="EPSG:4548")
    >>> edges = pd.DataFrame({"u": [0, 2], "v": [1, 3], "length_m": 100.0})
    >>> apart = Network.from_edges(nodes, edges, mode="walk")
    >>> bridge = gpd.GeoDataFrame(
    ...     geometry=[shapely.LineString([(100, 2), (100, 199)])], crs="EPSG:4548")
    >>> joined = with_links(apart, bridge)
    >>> joined.n_edges, int(joined.components.nunique()), float(joined.length_m[-1])
    (3, 1, 200.0)
    """
    from scipy.spatial import cKDTree  # takes a while to load

    check_network(network)
    check_projected(lines, "the layer of new links")
    max_gap_m = positive_number("max_gap_m", max_gap_m, "metres")
    speed_kmh = positive_number("speed_kmh", speed_kmh, "km/h")
    if lines.crs != network.crs:
        lines = lines.to_crs(network.crs)
    drawn_lines = lines.geometry.to_numpy()
    if not np.isfinite(shapely.get_coordinates(drawn_lines)).all():
        raise NetworkError.of("network_faults.link_numbers")
    shapes = shapely.get_parts(shapely.line_merge(drawn_lines))
    if len(shapes) == 0 or not (shapely.get_type_id(shapes) == 1).all():
        raise NetworkError.of("network_faults.link_lines")
    node_xy = np.column_stack([network.x, network.y])
    ends = np.column_stack(
        [
            shapely.get_coordinates(shapely.get_point(shapes, 0)),
            shapely.get_coordinates(shapely.get_point(shapes, -1)),
        ]
    ).reshape(-1, 2)
    gap, node = cKDTree(node_xy).query(ends)
    far = np.flatnonzero(gap > max_gap_m)
    if len(far):
        lost = Messages(
            Message("network_faults.link_end", x=ends[k, 0], y=ends[k, 1], gap=gap[k]) for k in far
        )
        raise NetworkError.of("network_faults.link_far", gap=max_gap_m, ends=lost)
    u, v = node[::2].astype(np.int32), node[1::2].astype(np.int32)
    drawn = [
        np.vstack([node_xy[a], shapely.get_coordinates(shape), node_xy[b]])
        for shape, a, b in zip(shapes, u, v, strict=True)
    ]
    length = np.array([np.hypot(*np.diff(xy, axis=0).T).sum() for xy in drawn])
    count = len(drawn)
    times: dict[str, Any] = {}
    for name in ("minutes", "minutes_back"):
        known = getattr(network, name)
        if known is not None:
            times[name] = np.concatenate([known, length / 1000 / speed_kmh * 60])
    properties = network.properties
    if properties is not None:
        empty = pd.DataFrame(index=range(count), columns=properties.columns)
        properties = pd.concat([properties, empty.astype(object)], ignore_index=True)
    offsets = np.concatenate([network.offsets, network.offsets[-1] + np.cumsum([*map(len, drawn)])])
    return replace(
        network,
        u=np.concatenate([network.u, u]),
        v=np.concatenate([network.v, v]),
        length_m=np.concatenate([network.length_m, length]),
        oneway=np.concatenate([network.oneway, np.zeros(count, bool)]),
        coords=np.concatenate([network.coords, *drawn]),
        offsets=offsets,
        edge_ids=network.edge_ids.astype(object).append(
            pd.Index([f"link-{k}" for k in range(1, count + 1)], dtype=object)
        ),
        properties=properties,
        notes={**network.notes, "links": count},
        **times,
    )
