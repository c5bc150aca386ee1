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
from geoplan.network.search import edge_tiles


class NetworkStreets(Streets):
    """`Streets` of a network: a tree is made of those around the few points asked about."""

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
        return nearest_within(self._tree_around(points, MAX_DISTANCE_M)[0], points)

    def _within(self, boxes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        west, south, east, north = shapely.bounds(boxes).T
        middle = shapely.points((west + east) / 2, (south + north) / 2)
        around_m = float(np.hypot(east - west, north - south).max(initial=0.0)) / 2
        tree, edges = self._tree_around(middle, around_m)
        box, item = tree.query(boxes)
        return box, self._network.edge_lines(item if edges is None else edges[item])

    def _tree_around(
        self, points: NDArray[Any], within_m: float
    ) -> tuple[shapely.STRtree, NDArray[np.int64] | None]:
        """A tree of all streets within so many metres of the points, and which; None: of all."""
        if self._network.n_edges <= edge_tiles.MOST_EDGES:
            return edge_tiles.whole_tree(self._network), None
        xy = shapely.get_coordinates(points)
        edges = edge_tiles.edges_beside(self._network, xy, within_m=within_m)
        return shapely.STRtree(self._network.edge_lines(edges)), edges
