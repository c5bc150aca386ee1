"""Snapping: each point to the nearest location on the nearest edge, never just to a node.

Snapping is a step of its own, so that many queries can follow one snapping: every query
takes a GeoDataFrame or `SnappedPoints`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import CrsMismatchError, InputError, UsageError
from geoplan.inputs.layers import check_projected
from geoplan.kernels import kernel
from geoplan.network.graph.network import NetworkData, check_network
from geoplan.network.graph.timed import streets_of
from geoplan.network.search.edge_tiles import edges_near
from geoplan.network.search.nearest_edges import nearest_edges
from geoplan.network.search.snapped_points import (
    OFF_NETWORK,
    ON,
    UNLOCATED,
    SnappedPoints,
)
from geoplan.tolerances import AT_END_M
from geoplan.validate import number
from geoplan.words.message import called


def snap(
    network: NetworkData,
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    max_snap_m: float | None = 500.0,
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    what: str = "the points",
    threads: int | None = None,
) -> SnappedPoints:
    """Put each point on the nearest location of the nearest edge.

    Of edges at equal distance the first in the network's edge order is taken.

    Parameters
    ----------
    network : the street network.
    points : points in the network's CRS; a missing geometry makes the row ``unlocated``.
    max_snap_m : a point farther than this from every edge is ``off_network``; None = no limit.
    barriers : lines (a river, a railway) that the way from a point to its edge must not cross:
        the nearest edge on the point's own side is taken. An edge counts by its nearest location.
    what : how errors call the points.
    threads : number of threads; it does not change the result.

    Returns
    -------
    SnappedPoints
        One row per point, on the points' labels and in their order; none is left out.

    Raises
    ------
    MissingCrsError, GeographicCrsError, CrsMismatchError, InputError, UsageError

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from geoplan.network import Network
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:4548")
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [100.0]}), mode="walk")
    >>> homes = gpd.GeoSeries(gpd.points_from_xy([30, 30], [4, 900]), crs="EPSG:4548")
    >>> placed = snap(network, homes)
    >>> placed
    SnappedPoints(2 points, 1 off the network, 0 unlocated)
    >>> placed.fraction[0].item(), placed.snap_m[0].item()
    (0.3, 4.0)
    """
    _check_crs(network, points, what)
    limit = _checked_limit(max_snap_m)
    geometry = np.asarray(points.geometry.array)
    located = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    bad = located & (shapely.get_type_id(geometry) != 0)
    if bad.any():
        raise InputError.of(
            "call_faults.rows_no_points",
            what=called(what),
            count=int(bad.sum()),
            first=points.index[bad][0],
        )
    origin = np.full((len(geometry), 2), np.nan)
    origin[located] = shapely.get_coordinates(geometry[located])
    located &= np.isfinite(origin).all(axis=1)

    edge = np.full(len(geometry), -1, np.int32)
    at = np.flatnonzero(located)
    # the limit is applied afterwards: a tree asked with one is a third slower
    near, gap = nearest_edges(network, geometry[at], threads=threads)
    edge[at] = np.where(gap <= limit, near, -1)
    if barriers is not None:
        _check_crs(network, barriers, "the barriers")
        _around_barriers(network, geometry, origin, edge, limit, barriers)
    return _locate(network, points.index, origin, edge, located)


def _checked_limit(max_snap_m: float | None) -> float:
    if max_snap_m is None:
        return np.inf
    if not number(max_snap_m) > 0:
        raise UsageError.of("call_faults.no_max_snap", value=max_snap_m)
    return float(max_snap_m)


def _check_crs(network: NetworkData, points: Any, what: str) -> None:
    network = streets_of(network)
    check_network(network)
    projected = getattr(getattr(points, "crs", None), "is_projected", False)
    if not projected or points.crs.equals(network.crs, ignore_axis_order=True):
        check_projected(points, what)
    if not points.crs.equals(network.crs, ignore_axis_order=True):
        known = network.crs.to_epsg()
        raise CrsMismatchError.of(
            "call_faults.crs_of_network",
            what=called(what),
            crs=points.crs.name,
            network=network.crs.name,
            to=repr(network.crs.to_string()) if known else "network.crs",
        )


def _around_barriers(
    network: NetworkData,
    geometry: NDArray[Any],
    origin: NDArray[np.float64],
    edge: NDArray[np.int32],
    limit: float,
    barriers: Any,
) -> None:
    """Move points whose way crosses a barrier to the nearest edge on their own side."""
    lines = np.asarray(barriers.geometry.dropna().array)
    coords, row = shapely.get_coordinates(lines, return_index=True)
    broken = len(np.unique(row[~np.isfinite(coords).all(axis=1)]))
    if broken:
        raise InputError.of("network_faults.barriers_broken", count=broken)
    walls = _Walls.of(lines)
    on = np.flatnonzero(edge >= 0)
    wrong = on[_crosses(network, walls, origin[on], edge[on])]
    edge[wrong] = -1
    everything = np.concatenate([network.coords, origin[on]])
    reach = min(limit, float(np.hypot(*np.ptp(everything, axis=0))) + 1.0)
    radius = min(reach, 100.0)
    while len(wrong):
        left: list[NDArray[np.int64]] = []
        for start in range(0, len(wrong), 1024):
            part = wrong[start : start + 1024]
            which, near = edges_near(network, geometry[part], within_m=radius)
            gap = _project_on_edges(
                origin[part[which], 0],
                origin[part[which], 1],
                near.astype(np.int32),
                network.coords,
                network.offsets,
            )[2]
            clear = ~_crosses(network, walls, origin[part[which]], near.astype(np.int32))
            order = np.lexsort((near[clear], gap[clear], which[clear]))[::-1]
            edge[part[which[clear][order]]] = near[clear][order]
            left.append(part[edge[part] < 0])
        wrong = np.concatenate(left)
        if radius >= reach:
            break
        radius = min(reach, radius * 3)  # look near first: few points need the whole circle


class _Walls(NamedTuple):
    """Barriers as one: their pieces, and the points where pieces meet end to end.

    A way through such a point crosses neither piece, but it crosses the river.
    """

    pieces: shapely.STRtree
    joints: shapely.STRtree

    @classmethod
    def of(cls, barriers: NDArray[Any]) -> _Walls:
        """The walls of lines and polygons (neighbouring polygons are one water)."""
        parts = shapely.get_parts(barriers)
        ground = shapely.get_dimensions(parts) == 2
        if ground.any():
            parts = np.append(parts[~ground], shapely.get_parts(shapely.union_all(parts[ground])))
        lines = parts[shapely.get_dimensions(parts) == 1]
        ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
        xy, count = np.unique(shapely.get_coordinates(ends), axis=0, return_counts=True)
        return cls(shapely.STRtree(parts), shapely.STRtree(shapely.points(xy[count > 1])))


def _crosses(
    network: NetworkData,
    walls: _Walls,
    origin: NDArray[np.float64],
    edge: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Whether the straight way from each point to its edge crosses a barrier."""
    x, y = _project_on_edges(origin[:, 0], origin[:, 1], edge, network.coords, network.offsets)[3:]
    ways = shapely.linestrings(np.stack([origin, np.column_stack([x, y])], axis=1))
    crossing = np.zeros(len(edge), bool)
    crossing[walls.pieces.query(ways, predicate="crosses")[0]] = True
    crossing[walls.joints.query(ways, predicate="contains")[0]] = True
    return crossing


@kernel
def _project_on_edges(px, py, edge, coords, offsets):
    """Nearest location of each point on its edge: measure, drawn length, distance, x, y."""
    n = len(px)
    measure, total, gap = np.empty(n), np.empty(n), np.empty(n)
    x, y = np.empty(n), np.empty(n)
    for i in range(n):
        first, last = offsets[edge[i]], offsets[edge[i] + 1]
        best = np.inf
        done = 0.0
        for k in range(first, last - 1):
            ax, ay = coords[k, 0], coords[k, 1]
            dx, dy = coords[k + 1, 0] - ax, coords[k + 1, 1] - ay
            size2 = dx * dx + dy * dy
            t = 0.0
            if size2 > 0.0:
                t = ((px[i] - ax) * dx + (py[i] - ay) * dy) / size2
                t = min(1.0, max(0.0, t))
            qx, qy = ax + t * dx, ay + t * dy
            if t == 1.0:
                qx, qy = coords[k + 1, 0], coords[k + 1, 1]
            d = np.hypot(px[i] - qx, py[i] - qy)
            size = np.sqrt(size2)
            if d < best:
                best = d
                measure[i] = done + t * size
                x[i], y[i] = qx, qy
            done += size
        total[i] = done
        gap[i] = best
    return measure, total, gap, x, y


def _locate(
    network: NetworkData,
    index: pd.Index,
    origin: NDArray[np.float64],
    edge: NDArray[np.int32],
    located: NDArray[np.bool_],
) -> SnappedPoints:
    """Where the points stand along the edges that were found."""
    on = edge >= 0
    e = edge[on]
    measure, total, gap, x, y = _project_on_edges(
        origin[on, 0], origin[on, 1], e, network.coords, network.offsets
    )
    at_u = measure <= AT_END_M
    at_v = ~at_u & (measure >= total - AT_END_M)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(at_u, 0.0, np.where(at_v, 1.0, measure / total))
    fraction, snap_m = np.full(len(edge), np.nan), np.full(len(edge), np.nan)
    node, xy = np.full(len(edge), -1, np.int32), np.full((len(edge), 2), np.nan)
    fraction[on], snap_m[on] = part, gap
    node[on] = np.where(at_u, network.u[e], np.where(at_v, network.v[e], -1))
    xy[on, 0], xy[on, 1] = x, y
    state = np.where(on, ON, np.where(located, OFF_NETWORK, UNLOCATED)).astype(np.int8)
    return SnappedPoints(
        index=index,
        edge=edge,
        fraction=fraction,
        node=node,
        snap_m=snap_m,
        state=state,
        xy=xy,
        origin=origin,
    )
