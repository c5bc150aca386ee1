"""The outline of what many sites reach together, drawn quickly for a map of a whole city.

`reach_areas` divides the ground among the streets and cuts at the exact metre; for thousands of
sites it takes several times as long, and its border has five times the corners. A map of a whole
city needs less: the streets from which a site is within the cutoff (exact, cut mid-edge), and a
strip of ground beside them. The strip is drawn on a grid of distances, whose cell size is returned.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geoplan.errors import UsageError
from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.timed import TimedNetwork, streets_of
from geoplan.network.isochrones.outlines import street_points
from geoplan.network.isochrones.outlines.point_runs import PointRuns, SitesBetween, Ways, runs_along
from geoplan.network.isochrones.outlines.strips import extent, strips
from geoplan.network.search.connectors import connect
from geoplan.network.search.queries import node_costs
from geoplan.network.search.travel_query import (
    Points,
    check_direction,
    parse_cutoff,
    snapped,
)
from geoplan.validate import positive_number

#: finest grid, and most cells of it
FINEST_M = 25.0
_MOST_CELLS = 6_000_000


def reach_outline(
    network: NetworkData | TimedNetwork,
    sites: Points,
    *,
    cutoff_m: float | None = None,
    cutoff_min: float | None = None,
    width_m: float = 100.0,
    max_snap_m: float = 500.0,
    direction: str = "to_sites",
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
) -> gpd.GeoDataFrame:
    """One polygon: streets within the cutoff of any site, with `width_m` of ground beside them.

    Parameters
    ----------
    network, sites, max_snap_m, direction, barriers : as in `reach_areas`.
    cutoff_m, cutoff_min : one of them.
    width_m : half the width of the strip drawn beside each reached street.

    Returns
    -------
    GeoDataFrame
        One row (none where nothing is reached): ``cutoff_m`` or ``cutoff_min``, ``width_m``,
        ``cell_m`` (the grid's side: the outline is true to about that), ``geometry`` in the
        network's CRS.

    Raises
    ------
    UsageError
        No cutoff, both cutoffs, or a width that is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 2000], [0, 0]), crs="EPSG:4548")
    >>> from geoplan.network import Network
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [2000.0]}), mode="walk")
    >>> site = gpd.GeoSeries(gpd.points_from_xy([500], [0]), crs="EPSG:4548")
    >>> outline = reach_outline(network, site, cutoff_m=400)
    >>> west, south, east, north = outline.geometry.iloc[0].bounds
    >>> bool(abs(west - 0) < 30), bool(abs(east - 1000) < 30), bool(abs(north - 100) < 30)
    (True, True, True)
    """
    if (cutoff_m is None) == (cutoff_min is None):
        raise UsageError.of("call_faults.one_cutoff", function="reach_outline")
    width_m = positive_number("reach_outline: width_m", width_m, "metres")
    unit = "m" if cutoff_m is not None else "min"
    cutoff = positive_number(
        f"reach_outline: cutoff_{unit}",
        cutoff_m if unit == "m" else cutoff_min,
        "metres" if unit == "m" else "minutes",
    )
    parts = _reached(network, sites, cutoff, unit, max_snap_m, check_direction(direction), barriers)
    column = "cutoff_m" if unit == "m" else "cutoff_min"
    low, high = extent(parts, 1)
    if not np.isfinite(low).all():
        empty = {column: np.empty(0), "width_m": np.empty(0), "cell_m": np.empty(0)}
        return gpd.GeoDataFrame(empty, geometry=[], crs=network.crs)
    cell = _cell(high[0] - low[0], width_m)
    (shape,) = strips(parts, n_groups=1, width_m=max(width_m, cell), cell_m=cell)
    return gpd.GeoDataFrame(
        {column: [cutoff], "width_m": [float(width_m)], "cell_m": [cell]},
        geometry=[shape],
        crs=network.crs,
    )


def _reached(
    network: Any,
    sites: Points,
    cutoff: float,
    unit: str,
    max_snap_m: float,
    into: bool,
    barriers: Any,
) -> list[PointRuns]:
    """Points along the streets, `FINEST_M` / 2 apart, from which a site is within the cutoff.

    By runs of `MOST_EDGES` streets.
    """
    points = snapped(network, sites, "the sites", max_snap_m=max_snap_m, barriers=barriers)
    limit = parse_cutoff(*((cutoff, None) if unit == "m" else (None, cutoff)))
    cost = node_costs(network, points, limit, to_sites=into)
    network = streets_of(network)
    forward, backward = network.edge_costs(unit)
    towards = (backward, forward) if into else (forward, backward)
    seeds = connect(network, points, unit=unit, leaving=not into)
    mid = np.flatnonzero(seeds.edge >= 0)
    met = (cost[network.u] <= cutoff) | (cost[network.v] <= cutoff)
    met[seeds.edge[mid]] = True
    which = np.flatnonzero(met)
    ways = Ways(network.u, network.v, cost, *towards)
    between = SitesBetween(seeds.edge[mid], seeds.fraction[mid], seeds.snap[mid])
    parts = []
    for begin in range(0, len(which), street_points.MOST_EDGES):
        some = which[begin : begin + street_points.MOST_EDGES]
        there = street_points.street_points(network, FINEST_M / 2, some)
        first, last = runs_along(some, ways, between, cutoff, there)
        parts.append(PointRuns(there.xy, first, last, np.zeros(len(first), np.int64)))
    return parts


def _cell(between: NDArray[np.float64], width_m: float) -> float:
    """The side of the grid, by how far the points lie apart."""
    span = between + 2 * width_m + 4 * FINEST_M
    return float(max(FINEST_M, np.sqrt(np.prod(span) / _MOST_CELLS)))
