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
from geoplan.network.graph.polylines import densified, lines_at
from geoplan.network.graph.timed import TimedNetwork, streets_of
from geoplan.network.isochrones.strips import grid_origin, strips
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
#: streets along which points are made at one time, and points that are not worth thinning
_MOST_EDGES, _FEW_POINTS = 200_000, 1_000_000


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
    parts = [part for part in parts if len(part)]
    column = "cutoff_m" if unit == "m" else "cutoff_min"
    if not parts:
        empty = {column: np.empty(0), "width_m": np.empty(0), "cell_m": np.empty(0)}
        return gpd.GeoDataFrame(empty, geometry=[], crs=network.crs)
    low = np.min([[axis.min() for axis in part.T] for part in parts], axis=0)
    high = np.max([[axis.max() for axis in part.T] for part in parts], axis=0)
    cell = _cell(high - low, width_m)
    origin = grid_origin(low, width_m=max(width_m, cell), cell_m=cell)
    xy = np.concatenate([_one_per_cell(part, origin, cell) for part in parts])
    every = np.zeros(len(xy), np.int64)
    (shape,) = strips(xy, every, n_groups=1, width_m=max(width_m, cell), cell_m=cell)
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
) -> list[NDArray[np.float64]]:
    """Points along the streets, `FINEST_M` / 2 apart, from which a site is within the cutoff.

    By runs of `_MOST_EDGES` streets.
    """
    points = snapped(network, sites, "the sites", max_snap_m=max_snap_m, barriers=barriers)
    limit = parse_cutoff(*((cutoff, None) if unit == "m" else (None, cutoff)))
    cost = node_costs(network, points, limit, to_sites=into)
    network = streets_of(network)
    forward, backward = network.edge_costs(unit)
    along, against = (forward, backward) if into else (backward, forward)
    # people on a site's own street reach it without passing a node
    seeds = connect(network, points, unit=unit, leaving=not into)
    mid = np.flatnonzero(seeds.edge >= 0)
    met = (cost[network.u] <= cutoff) | (cost[network.v] <= cutoff)
    met[seeds.edge[mid]] = True
    which = np.flatnonzero(met)
    mid = mid[np.argsort(seeds.edge[mid], kind="stable")]
    parts = []
    for begin in range(0, len(which), _MOST_EDGES):
        some = which[begin : begin + _MOST_EDGES]
        xy, edge, part = street_points(network, which=some)
        # from either end to the other: all of it, and nothing is to be worked out
        whole = cost[network.u] + against <= cutoff
        whole |= cost[network.v] + along <= cutoff
        reached = whole[edge]
        cut = np.flatnonzero(~reached)
        at, before, after = edge[cut], part[cut], 1.0 - part[cut]
        with np.errstate(invalid="ignore"):  # inf times 0: at the node itself its own cost counts
            by_u = cost[network.u[at]] + np.where(before > 0, before * against[at], 0.0)
            by_v = cost[network.v[at]] + np.where(after > 0, after * along[at], 0.0)
            reached[cut] = np.minimum(by_u, by_v) <= cutoff
        own_edge = seeds.edge[mid]
        here = mid[
            np.searchsorted(own_edge, some[0]) : np.searchsorted(own_edge, some[-1], "right")
        ]
        first = np.searchsorted(edge, seeds.edge[here])
        count = np.searchsorted(edge, seeds.edge[here], side="right") - first
        own = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        arm = np.repeat(here, count)
        ahead = seeds.fraction[arm] - part[own]
        with np.errstate(invalid="ignore"):
            way = np.where(ahead >= 0, ahead * along[edge[own]], -ahead * against[edge[own]])
            reached[own[way + seeds.snap[arm] <= cutoff]] = True
        parts.append(xy[reached])
    return parts


def _cell(extent: NDArray[np.float64], width_m: float) -> float:
    """The side of the grid, by how far the points lie apart."""
    span = extent + 2 * width_m + 4 * FINEST_M
    return float(max(FINEST_M, np.sqrt(np.prod(span) / _MOST_CELLS)))


def _one_per_cell(xy: NDArray[np.float64], origin: NDArray[np.float64], cell_m: float) -> Any:
    """One of the points in every cell of the grid, and those at the border: they draw the same."""
    if len(xy) < _FEW_POINTS:
        return xy
    column, row = ((xy - origin) / cell_m).astype(np.int32).T
    drawn = np.full((column.max() + 1, row.max() + 1), -1, np.int32)
    drawn[column, row] = np.arange(len(xy), dtype=np.int32)
    outermost = [find(axis) for axis in xy.T for find in (np.argmin, np.argmax)]
    return xy[np.concatenate([drawn[drawn >= 0], outermost])]


def street_points(
    network: NetworkData, step_m: float = FINEST_M / 2, *, which: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Points along the streets `which` (positions, ascending), at most `step_m` apart.

    Returns coordinates, edge (position in the network, ascending), and the part of the edge that
    lies before. Those of all streets are kept where these are few.
    """
    if network.n_edges > _MOST_EDGES:
        xy, at, part = _points_along(network, which, step_m)
        return xy, which[at], part
    key = f"street_points_{step_m:.3f}"
    xy, edge, part = network.derived(key, lambda: _points_along(network, None, step_m))
    if len(which) == network.n_edges:
        return xy, edge, part
    wanted = np.zeros(network.n_edges, bool)
    wanted[which] = True
    inside = wanted[edge]
    return xy[inside], edge[inside], part[inside]


def _points_along(
    network: NetworkData, which: NDArray[np.int64] | None, step_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    xy, edge = densified(*lines_at(network.coords, network.offsets, which), step_m)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    heads = np.flatnonzero(np.diff(edge, prepend=-1))
    step[heads] = 0.0
    run = np.cumsum(step)
    counts = np.diff(np.append(heads, len(edge)))
    run -= np.repeat(run[heads], counts)
    whole = np.repeat(run[heads + counts - 1], counts)
    part = np.divide(run, whole, out=np.zeros_like(run), where=whole > 0)
    return xy, edge, part
