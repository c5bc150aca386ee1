"""`Streets`: distances from points to the study's nearest street."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.inputs.layers import check_projected

Floats = NDArray[np.float64]
#: a point farther than this from every street is no evidence about its location
MAX_DISTANCE_M = 500.0
_MARGIN_M = 100.0
#: points whose hull is drawn at one time
_HULL_POINTS = 100_000


def nearest_within(tree: shapely.STRtree, points: NDArray[Any]) -> tuple[NDArray[np.int64], Floats]:
    """Positions of the points with a line of the tree within `MAX_DISTANCE_M`, and metres to it."""
    (at, _), metres = tree.query_nearest(
        points, max_distance=MAX_DISTANCE_M, return_distance=True, all_matches=False
    )
    return at, metres


def hull_of(xy: Floats) -> shapely.Geometry:
    """The convex hull of many points (first of some at a time, as one line: no point is made)."""
    corners = [
        shapely.get_coordinates(shapely.convex_hull(shapely.linestrings(some)))
        for i in range(0, len(xy), _HULL_POINTS)
        if len(some := xy[i : i + _HULL_POINTS]) > 1
    ]
    corners += [xy[-1:]] if len(xy) % _HULL_POINTS == 1 else []
    return shapely.convex_hull(shapely.multipoints(np.concatenate([xy[:0], *corners])))


def _as_shapes(lines: NDArray[Any], cuts: NDArray[np.int64]) -> list[Any]:
    """The lines between two cuts each as rasterio draws them: one shape instead of one per line."""
    if (shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING).any():
        return [lines[a:b] for a, b in pairwise(cuts)]
    xy, line = shapely.get_coordinates(lines, return_index=True)
    ends = np.searchsorted(line, np.arange(len(lines) + 1)).tolist()
    places = xy.tolist()
    parts = [places[a:b] for a, b in pairwise(ends)]
    together = (parts[a:b] for a, b in pairwise(cuts.tolist()))
    return [[{"type": "MultiLineString", "coordinates": some}] if some else [] for some in together]


class Streets:
    """Street lines of a study in its projected CRS.

    Parameters
    ----------
    lines : LineStrings; missing and empty ones are left out.
    reach : ground within which a location may lie on the study's streets; None = not known.
    datum_said : whether the streets' datum is certain: OpenStreetMap's is WGS 84, a line layer's is
        what the study or its CRS says. Other streets are no witness to the datum of a layer.

    Raises
    ------
    MissingCrsError, GeographicCrsError

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries([LineString([(0, 0), (900, 0)])], crs="EPSG:4548")
    >>> streets = Streets(lines)
    >>> streets.distances(np.array([100.0, 100.0]), np.array([40.0, 4000.0])).tolist()
    [40.0, inf]
    """

    def __init__(
        self,
        lines: gpd.GeoSeries,
        *,
        reach: shapely.Geometry | None = None,
        datum_said: bool = True,
    ) -> None:
        check_projected(lines, "the street layer")
        self.crs = lines.crs
        self.reach = reach
        self.datum_said = datum_said
        shapes = lines.to_numpy()
        self._lines = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]

    def __len__(self) -> int:
        return len(self._lines)

    @cached_property
    def outline(self) -> gpd.GeoSeries:
        """The convex hull of all streets."""
        return gpd.GeoSeries([hull_of(shapely.get_coordinates(self._lines))], crs=self.crs)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._lines)

    def distances(self, x: Floats, y: Floats) -> Floats:
        """Metres from each point to the nearest street, infinite beyond `MAX_DISTANCE_M`."""
        found = np.full(len(x), np.inf)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if len(self) and len(known):
            at, metres = self._nearest(shapely.points(x[known], y[known]))
            found[known[at]] = metres
        return found

    def _nearest(self, points: NDArray[Any]) -> tuple[NDArray[np.int64], Floats]:
        """Positions of the points with a street within `MAX_DISTANCE_M`, and metres to it."""
        return nearest_within(self._tree, points)

    def _within(self, boxes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Positions of boxes, ascending, and a street that may come into each of them."""
        box, street = self._tree.query(boxes)
        return box, self._lines[street]

    def distance_lattice(self, x: Floats, y: Floats, *, reach_m: float, step_m: float) -> Floats:
        """Distances to the nearest street from the lattice around each point.

        Parameters
        ----------
        x, y : points, each with a street within `reach_m`.
        reach_m, step_m : half the side of the lattice, and its mesh.

        Returns
        -------
        Array of shape (points, 2 k + 1, 2 k + 1), k = reach_m / step_m: metres, exact to about one
        mesh up to 100 m; rows from north to south, columns from west to east, the point itself in
        the middle.
        """
        from rasterio import Affine, Env  # these take a while to load
        from rasterio.features import rasterize
        from scipy.ndimage import distance_transform_edt

        k = round(reach_m / step_m)
        n = k + round(_MARGIN_M / step_m)  # a street outside the lattice may be the nearest one
        half = (n + 0.5) * step_m
        found = np.empty((len(x), 2 * k + 1, 2 * k + 1))
        boxes = shapely.box(x - half, y - half, x + half, y + half)
        point, lines = self._within(boxes)
        cuts = np.searchsorted(point, np.arange(len(x) + 1))
        drawable = _as_shapes(lines, cuts)
        with Env():  # one for all the small pictures
            for i in range(len(x)):
                corner = Affine(step_m, 0.0, x[i] - half, 0.0, -step_m, y[i] + half)
                drawn = rasterize(drawable[i], out_shape=(2 * n + 1, 2 * n + 1), transform=corner)
                metres = distance_transform_edt(drawn == 0) * step_m
                found[i] = metres[n - k : n + k + 1, n - k : n + k + 1]
        return found
