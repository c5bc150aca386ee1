"""The streets of a network as locations are compared with them, without a line for each of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.inputs import Streets
from geoplan.inputs.location.streets import MAX_DISTANCE_M, hull_of, nearest_within
from geoplan.network import Network
from geoplan.network.graph.timed import streets_of
from geoplan.network.search.edge_tiles import edge_tiles, edges_near


class NetworkStreets(Streets):
    """`Streets` of a network: trees are made tile by tile, around the few points asked about."""

    def __init__(
        self, network: Network, *, reach: shapely.Geometry | None, datum_said: bool
    ) -> None:
        super().__init__(gpd.GeoSeries([], crs=network.crs), reach=reach, datum_said=datum_said)
        self._network = streets_of(network)

    def __len__(self) -> int:
        return self._network.n_edges

    @cached_property
    def outline(self) -> gpd.GeoSeries:
        """The convex hull of all streets."""
        return gpd.GeoSeries([hull_of(self._network.coords)], crs=self.crs)

    def _nearest(self, points: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        which, metres = [np.empty(0, np.int64)], [np.empty(0)]
        xy = shapely.get_coordinates(points)
        for tile in edge_tiles(self._network, xy, margin_m=MAX_DISTANCE_M):
            at, far = nearest_within(tile.tree, points[tile.points])
            which.append(tile.points[at])
            metres.append(far)
        return np.concatenate(which), np.concatenate(metres)

    def _within(self, boxes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        west, south, east, north = shapely.bounds(boxes).T
        middle = shapely.points((west + east) / 2, (south + north) / 2)
        around_m = float(np.hypot(east - west, north - south).max(initial=0.0)) / 2
        box, edge = edges_near(self._network, middle, within_m=around_m)
        return box, self._network.edge_lines(edge)
