"""Points onto a network: each to the nearest place on the nearest edge, never to a node.

Snapping is a step of its own, so that many questions can be asked after snapping once:
every question takes a GeoDataFrame or `SnappedPoints`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numba as nb
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import CrsMismatchError, InputError, UsageError
from geoplan.inputs.layers import check_projected
from geoplan.network.graph.hilbert import hilbert_order
from geoplan.network.graph.network import NetworkData, check_network
from geoplan.parallel import run
from geoplan.validate import number

#: a place this near to an edge's end is the end (coordinates of 4,000 km resolve 1e-9 m)
AT_END_M = 1e-6
ON, OFF_NETWORK, UNLOCATED = 0, 1, 2
STATES = ("", "off_network", "unlocated")
_CHUNK = 16_384


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SnappedPoints:
    """Where points stand on a network.

    Parameters
    ----------
    index : the points' labels.
    edge : int32, edge position; -1 where the point is not on the network.
    fraction : float64, place along the edge, 0 at u and 1 at v (NaN off the network).
    node : int32, the node the place coincides with, else -1.
    snap_m : float64, straight distance from the point to its place (NaN off the network).
    state : int8, 0 on the network, 1 off the network, 2 without a place.
    xy : float64 (points, 2), the place on the edge (NaN off the network).
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

    @property
    def states(self) -> pd.Series:
        """``""``, ``"off_network"`` or ``"unlocated"`` per label."""
        return pd.Series(words(STATES, self.state), index=self.index, name="state")


def words(choices: tuple[str, ...], number: NDArray[Any]) -> Any:
    """The words with these numbers, as a column of text (quick for long columns)."""
    return pd.array(choices, dtype="str").take(number)  # type: ignore[call-overload]


def snap(
    network: NetworkData,
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    max_snap_m: float | None = 500.0,
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    what: str = "the points",
    threads: int | None = None,
) -> SnappedPoints:
    """Put each point on the nearest place of the nearest edge.

    Of edges at equal distance the first in the network's edge order is taken.

    Parameters
    ----------
    network : the street network.
    points : points in the network's CRS; a missing geometry makes the row ``unlocated``.
    max_snap_m : a point farther than this from every edge is ``off_network``; None = no limit.
    barriers : lines (a river, a railway) that the way from a point to its edge must not cross:
        the nearest edge on the point's own side is taken. An edge counts by its nearest place.
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
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:4548")
    >>> from geoplan.network import Network
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
    limit = _limit(max_snap_m)
    geometry = np.asarray(points.geometry.array)
    located = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    bad = located & (shapely.get_type_id(geometry) != 0)
    if bad.any():
        raise InputError(
            f"{what} hold {int(bad.sum())} rows that are no points (first: "
            f"{points.index[bad][0]!r}): take a point for each, for example with "
            ".representative_point()."
        )
    origin = np.full((len(geometry), 2), np.nan)
    origin[located] = shapely.get_coordinates(geometry[located])
    located &= np.isfinite(origin).all(axis=1)

    edge = np.full(len(geometry), -1, np.int32)
    at = np.flatnonzero(located)
    # neighbours one after the other: the tree's pages stay in the processor's cache
    at = at[hilbert_order(origin[at, 0], origin[at, 1])]
    tree = edge_tree(network)

    def nearest(part: NDArray[np.int64]) -> NDArray[np.int32]:
        found = np.full(len(part), -1, np.int32)
        # the limit is applied afterwards: a tree asked with one is a third slower
        (which, near), gap = tree.query_nearest(
            geometry[part], return_distance=True, all_matches=True
        )
        which, near = which[gap <= limit], near[gap <= limit]
        order = np.lexsort((near, which))[::-1]
        found[which[order]] = near[order]  # the smallest edge position is written last
        return found

    parts = [at[i : i + _CHUNK] for i in range(0, len(at), _CHUNK)]
    for part, found in zip(parts, run(nearest, parts, threads=threads), strict=True):
        edge[part] = found
    if barriers is not None:
        _check_crs(network, barriers, "the barriers")
        _around_barriers(network, geometry, origin, edge, limit, barriers)
    return _placed(network, points.index, origin, edge, located)


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
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), index=["a", "b"], crs="EPSG:4548")
    >>> from geoplan.network import Network
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0]}), mode="walk")
    >>> snap_nodes(network, ["b"]).index.tolist()
    ['b']
    """
    if labels is None:
        index, at = network.node_ids, np.arange(network.n_nodes)
    else:
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise UsageError(f"labels must be a list of node ids, not {labels!r}.")
        index = pd.Index(list(labels))
        at = network.node_ids.get_indexer(index)
        if (at < 0).any():
            raise InputError(f"these are no nodes of the network: {index[at < 0][:5].tolist()}.")
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


def place_on(
    network: NetworkData, points: SnappedPoints, which: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Where the points `which` (on the network) stand by their edge or node, (n, 2) metres."""
    xy = np.empty((len(which), 2))
    on = points.edge[which] >= 0
    at = points.node[which][~on]
    xy[~on] = np.column_stack([network.x[at], network.y[at]])
    lines = network.edge_lines(points.edge[which][on])
    places = shapely.line_interpolate_point(lines, points.fraction[which][on], normalized=True)
    xy[on] = shapely.get_coordinates(places)
    return xy


def edge_tree(network: NetworkData) -> shapely.STRtree:
    """The network's edges in an STRtree (made once and kept); items are edge positions."""
    return network.derived("tree", lambda: shapely.STRtree(network.edge_lines()))


def _limit(max_snap_m: float | None) -> float:
    if max_snap_m is None:
        return np.inf
    if not number(max_snap_m) > 0:
        raise UsageError(f"max_snap_m must be positive (or None for no limit), not {max_snap_m!r}.")
    return float(max_snap_m)


def _check_crs(network: NetworkData, points: Any, what: str) -> None:
    check_network(network)
    projected = getattr(getattr(points, "crs", None), "is_projected", False)
    if not projected or points.crs.equals(network.crs, ignore_axis_order=True):
        check_projected(points, what)
    if not points.crs.equals(network.crs, ignore_axis_order=True):
        raise CrsMismatchError(
            f"{what} are in {points.crs.name}, the network in {network.crs.name}: convert with "
            f".to_crs({network.crs.to_string()!r})."
            if network.crs.to_epsg()
            else f"{what} are in {points.crs.name}, the network in {network.crs.name}: convert "
            "with .to_crs(network.crs)."
        )


@nb.njit(cache=True, nogil=True)
def _project(px, py, edge, coords, offsets):  # type: ignore[no-untyped-def]
    """Nearest place of each point on its edge: along, drawn length, distance, x, y."""
    n = len(px)
    along, total, gap = np.empty(n), np.empty(n), np.empty(n)
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
                along[i] = done + t * size
                x[i], y[i] = qx, qy
            done += size
        total[i] = done
        gap[i] = best
    return along, total, gap, x, y


def _placed(
    network: NetworkData,
    index: pd.Index,
    origin: NDArray[np.float64],
    edge: NDArray[np.int32],
    located: NDArray[np.bool_],
) -> SnappedPoints:
    """Places along the edges that were found."""
    on = edge >= 0
    e = edge[on]
    along, total, gap, x, y = _project(
        origin[on, 0], origin[on, 1], e, network.coords, network.offsets
    )
    at_u = along <= AT_END_M
    at_v = ~at_u & (along >= total - AT_END_M)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(at_u, 0.0, np.where(at_v, 1.0, along / total))
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
        raise InputError(
            f"the barriers hold {broken} rows with coordinates that are no numbers: mend them."
        )
    walls = shapely.STRtree(lines)
    on = np.flatnonzero(edge >= 0)
    wrong = on[_crosses(network, walls, origin[on], edge[on])]
    edge[wrong] = -1
    tree = edge_tree(network)
    everything = np.concatenate([network.coords, origin[on]])
    reach = min(limit, float(np.hypot(*np.ptp(everything, axis=0))) + 1.0)
    radius = min(reach, 100.0)
    while len(wrong):
        left: list[NDArray[np.int64]] = []
        for start in range(0, len(wrong), 1024):
            part = wrong[start : start + 1024]
            which, near = tree.query(geometry[part], predicate="dwithin", distance=radius)
            gap = _project(
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


def _crosses(
    network: NetworkData,
    walls: shapely.STRtree,
    origin: NDArray[np.float64],
    edge: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Whether the straight way from each point to its edge crosses a barrier."""
    x, y = _project(origin[:, 0], origin[:, 1], edge, network.coords, network.offsets)[3:]
    ways = shapely.linestrings(np.stack([origin, np.column_stack([x, y])], axis=1))
    crossing = np.zeros(len(edge), bool)
    crossing[walls.query(ways, predicate="crosses")[0]] = True
    return crossing
