"""The ground divided among the streets: a Voronoi diagram of points along them.

A point snaps to its nearest edge, so the ground that a street serves ends where the next street is
nearer. The diagram of `generators` comes within about a metre of the exact diagram of the lines,
and is exact along each line and at corners. Each generator stands for a stretch of its street.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.kernels import kernel
from geoplan.network.graph.network import NetworkData
from geoplan.network.isochrones.cell_borders import triangles_around
from geoplan.network.isochrones.delaunay import delaunay
from geoplan.network.isochrones.generators import (
    corners_of,
    first_generators,
    points_along,
    refined_generators,
    street_segments,
)
from geoplan.tolerances import JITTER_M


class StreetCells(NamedTuple):
    """Straight stretches of street and the ground that is nearest to each.

    The stretches stand in the order of the network's edges, along each edge from u to v.

    first : int64 (edges + 1,), the stretches of edge e are ``first[e]:first[e + 1]``.
    edge : int32 (stretches,), the edge of each stretch.
    fraction : float64 (stretches, 2), the fractions of the edge at both ends.
    ends : float64 (stretches, 4), x, y at both ends.
    tri, across : int32 (k, 3), triangles of the stretches' generators and of a frame (numbers from
        the count of stretches on), as `delaunay` gives them.
    centre : float64 (k, 2), the circumcentres of the triangles: the corners of the cells.
    at : int32 (stretches,), a triangle of each generator; -1 = no cell, as another edge lies on the
        same line.
    farthest : float64 (stretches,), how far the cell's corners lie from the stretch at most.
    """

    first: NDArray[np.int64]
    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    ends: NDArray[np.float64]
    tri: NDArray[np.int32]
    across: NDArray[np.int32]
    centre: NDArray[np.float64]
    at: NDArray[np.int32]
    farthest: NDArray[np.float64]

    def polygons(self, which: NDArray[np.int64]) -> NDArray[Any]:
        """The cells of the stretches `which`, which have one."""
        counts, around = triangles_around(self.tri, self.across, self.at, which)
        rings = shapely.linearrings(
            self.centre[around], indices=np.repeat(np.arange(len(which)), counts)
        )
        return shapely.polygons(rings)


def street_cells(network: NetworkData, edges: NDArray[np.int64], *, margin_m: float) -> StreetCells:
    """Divide the ground among `edges` (positions, ascending) up to `margin_m` around them.

    Examples
    --------
    Two parallel streets, 100 m apart: the border runs in the middle.

    >>> import geopandas as gpd, pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100, 0, 100], [0, 0, 100, 100]), crs="EPSG:4548")
    >>> from geoplan.network import Network
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0, 2], "v": [1, 3], "length_m": 100.0}), mode="walk")
    >>> cells = street_cells(network, np.array([0, 1]), margin_m=500)
    >>> lower = shapely.union_all(cells.polygons(np.arange(cells.first[1])))
    >>> round(lower.bounds[3])
    50
    """
    segments = street_segments(network, edges)
    if len(segments.length) == 0:  # no street is drawn longer than a step: no ground is divided
        return StreetCells(
            first=np.zeros(network.n_edges + 1, np.int64),
            edge=np.empty(0, np.int32),
            fraction=np.empty((0, 2)),
            ends=np.empty((0, 4)),
            tri=np.empty((0, 3), np.int32),
            across=np.empty((0, 3), np.int32),
            centre=np.empty((0, 2)),
            at=np.empty(0, np.int32),
            farthest=np.empty(0),
        )
    corners = corners_of(segments)
    segment, along = first_generators(segments, corners)
    segment, along = refined_generators(segments, corners, segment, along)
    # borders between the stretches of a segment: halfway between their generators
    same = segment[1:] == segment[:-1]
    middle = 0.5 * (along[1:] + along[:-1])
    low, high = np.zeros(len(along)), segments.length[segment]
    low[1:][same] = middle[same]
    high[:-1][same] = middle[same]
    ends = np.hstack([points_along(segments, segment, low), points_along(segments, segment, high)])
    share = segments.run[segment] / segments.length[segment]  # a chord is shorter than its way
    fraction = (segments.start[segment] + share * np.stack([low, high])) / segments.total[segment]
    tri, across, centre = _voronoi(points_along(segments, segment, along), margin_m)
    at, farthest = _cells(tri, centre, ends)
    edge = segments.edge[segment]
    return StreetCells(
        first=np.searchsorted(edge, np.arange(network.n_edges + 1)).astype(np.int64),
        edge=edge.astype(np.int32),
        fraction=np.clip(fraction.T, 0.0, 1.0).copy(),
        ends=ends,
        tri=tri,
        across=across,
        centre=centre,
        at=at,
        farthest=farthest,
    )


def _voronoi(
    xy: NDArray[np.float64], margin_m: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Delaunay triangles of the generators, their neighbours, and their circumcentres."""
    origin = np.floor(xy.mean(axis=0))
    # a fixed random jitter: no four points lie on one circle
    local = xy - origin + np.random.default_rng(0).uniform(-JITTER_M, JITTER_M, xy.shape)
    tri, across, points = delaunay(local, 3 * margin_m + 1)
    return tri, across, _circumcentres(points, tri, origin)


@kernel
def _circumcentres(points, triangles, origin):
    centres = np.empty((len(triangles), 2))
    for t in range(len(triangles)):
        ax, ay = points[triangles[t, 0]]
        bx, by = points[triangles[t, 1], 0] - ax, points[triangles[t, 1], 1] - ay
        cx, cy = points[triangles[t, 2], 0] - ax, points[triangles[t, 2], 1] - ay
        twice = 2.0 * (bx * cy - by * cx)
        bb, cc = bx * bx + by * by, cx * cx + cy * cy
        centres[t, 0] = origin[0] + ax + (cy * bb - by * cc) / twice
        centres[t, 1] = origin[1] + ay + (bx * cc - cx * bb) / twice
    return centres


@kernel
def _cells(tri, centre, ends):
    """One triangle of each generator, and how far its cell reaches off its stretch."""
    at = np.full(len(ends), -1, np.int32)
    farthest = np.zeros(len(ends))
    for t in range(len(tri)):
        for k in range(3):
            i = tri[t, k]
            if i >= len(ends):
                continue
            at[i] = t
            ax, ay = ends[i, 0], ends[i, 1]
            dx, dy = ends[i, 2] - ax, ends[i, 3] - ay
            x, y = centre[t, 0] - ax, centre[t, 1] - ay
            s = min(max((x * dx + y * dy) / (dx * dx + dy * dy), 0.0), 1.0)
            farthest[i] = max(farthest[i], np.hypot(x - s * dx, y - s * dy))
    return at, farthest
