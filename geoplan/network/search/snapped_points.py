"""Where points stand on a network: `SnappedPoints`, and the network's own nodes as such."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import InputError, UsageError
from geoplan.network.graph.network import NetworkData

ON, OFF_NETWORK, UNLOCATED = 0, 1, 2
STATES = ("", "off_network", "unlocated")


@dataclass(frozen=True, kw_only=True, eq=False)
class SnappedPoints:
    """Where points stand on a network.

    Parameters
    ----------
    index : the points' labels.
    edge : int32, edge position; -1 where the point is not on the network.
    fraction : float64, location along the edge, 0 at u and 1 at v (NaN off the network).
    node : int32, the node that the location coincides with, else -1.
    snap_m : float64, straight distance from the point to its location (NaN off the network).
    state : int8, 0 on the network, 1 off the network, 2 without a geometry.
    xy : float64 (points, 2), the location on the edge (NaN off the network).
    origin : float64 (points, 2), the points themselves.

    Examples
    --------
    Points are snapped once and asked about many times:

    >>> import geopandas as gpd, pandas as pd
    >>> from geoplan.network import Network, nearest_site, snap
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:4548")
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [100.0]}), mode="walk")
    >>> homes = gpd.GeoSeries(
    ...     [shapely.Point(30, 4), shapely.Point(30, 900), None], crs="EPSG:4548")
    >>> placed = snap(network, homes)
    >>> placed.states.tolist()
    ['', 'off_network', 'unlocated']
    >>> placed.edge.tolist(), placed.snap_m.tolist()
    ([0, -1, -1], [4.0, nan, nan])
    """

    index: pd.Index
    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    node: NDArray[np.int32]
    snap_m: NDArray[np.float64]
    state: NDArray[np.int8]
    xy: NDArray[np.float64]
    origin: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        off, lost = np.sum(self.state == OFF_NETWORK), np.sum(self.state == UNLOCATED)
        return f"SnappedPoints({len(self)} points, {off} off the network, {lost} unlocated)"

    def take(self, which: NDArray[np.intp]) -> SnappedPoints:
        """The points at these positions, or where a bool per point says so, in that order.

        Examples
        --------
        >>> import geopandas as gpd, pandas as pd
        >>> from geoplan.network import Network, snap_nodes
        >>> nodes = gpd.GeoDataFrame(
        ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), index=["a", "b"], crs="EPSG:4548")
        >>> network = Network.from_edges(
        ...     nodes, pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0]}), mode="walk")
        >>> snap_nodes(network).take(np.array([1])).index.tolist()
        ['b']
        """
        return SnappedPoints(
            index=self.index[which],
            edge=self.edge[which],
            fraction=self.fraction[which],
            node=self.node[which],
            snap_m=self.snap_m[which],
            state=self.state[which],
            xy=self.xy[which],
            origin=self.origin[which],
        )

    @property
    def states(self) -> pd.Series:
        """``""``, ``"off_network"`` or ``"unlocated"`` per label."""
        # a copy: what a caller writes into it is not what the next query hands out
        return pd.Series(self._state_texts.copy(), index=self.index, name="state")

    @cached_property
    def _state_texts(self) -> Any:
        return text_of_codes(STATES, self.state)


def text_of_codes(choices: tuple[str, ...], codes: NDArray[Any]) -> Any:
    """The texts with these codes, as a column (quick for long columns)."""
    return pd.array(choices, dtype="str").take(codes)  # type: ignore[call-overload]


def snap_nodes(network: NetworkData, labels: Iterable[Any] | None = None) -> SnappedPoints:
    """The network's own nodes (all, or those with `labels`) as points to ask about.

    Parameters
    ----------
    network : the street network.
    labels : node ids; None = every node, in the network's order.

    Returns
    -------
    SnappedPoints
        On the node ids, each at its node with a snap distance of 0.

    Raises
    ------
    InputError
        Labels that are no nodes of the network.
    UsageError
        Labels that are no list.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from geoplan.network import Network
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), index=["a", "b"], crs="EPSG:4548")
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0]}), mode="walk")
    >>> snap_nodes(network, ["b"]).index.tolist()
    ['b']
    """
    if labels is None:
        index, at = network.node_ids, np.arange(network.n_nodes)
    else:
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise UsageError.of("call_faults.no_labels", value=labels)
        index = pd.Index(list(labels))
        at = network.node_ids.get_indexer(index)
        if (at < 0).any():
            raise InputError.of("call_faults.no_nodes", ids=index[at < 0][:5].tolist())
    xy = np.column_stack([network.x[at], network.y[at]])
    count = len(at)
    return SnappedPoints(
        index=index,
        edge=np.full(count, -1, np.int32),
        fraction=np.full(count, np.nan),
        node=at.astype(np.int32),
        snap_m=np.zeros(count),
        state=np.zeros(count, np.int8),
        xy=xy,
        origin=xy,
    )


def location_on_network(
    network: NetworkData, points: SnappedPoints, which: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Where the points `which` (on the network) stand by their edge or node, (n, 2) metres."""
    xy = np.empty((len(which), 2))
    on = points.edge[which] >= 0
    at = points.node[which][~on]
    xy[~on] = np.column_stack([network.x[at], network.y[at]])
    lines = network.edge_lines(points.edge[which][on])
    located = shapely.line_interpolate_point(lines, points.fraction[which][on], normalized=True)
    xy[on] = shapely.get_coordinates(located)
    return xy
