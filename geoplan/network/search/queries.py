"""Questions to a network: costs between points, nearest sites, costs to every node.

Demand and sites are points in the network's CRS, or `SnappedPoints` (snap once, ask often).
A pair without a path has no number: it is not stored, or NaN with the reason.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import InputError
from geoplan.network.graph.arcs import Graph
from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.network.search import bounded, multi_source
from geoplan.network.search.connectors import (
    Access,
    Measure,
    access,
    check_direction,
    measure,
    placed,
    read_points,
)
from geoplan.network.search.many_to_many import all_pairs
from geoplan.network.search.snapping import ON, STATES, SnappedPoints, words

_BEYOND, _CUT_OFF = len(STATES), len(STATES) + 1
_REASONS = (*STATES, "beyond", "cut_off")  # numbered on from the points' states
Points: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | SnappedPoints


def travel_costs(
    network: NetworkData,
    demand: Points,
    sites: Points,
    *,
    cutoff_m: float | None = None,
    cutoff_min: float | None = None,
    unit: str | None = None,
    max_snap_m: float | None = 500.0,
    direction: str = "to_sites",
    barriers: gpd.GeoDataFrame | None = None,
    threads: int | None = None,
) -> TravelCosts:
    """Network costs between all demand and all sites within a cutoff, as a sparse table.

    The snap legs of both points are part of the cost. A stored entry, zero included, is a
    reachable pair. Costs are exact and told to the micrometre (or 1e-8 minutes).

    Parameters
    ----------
    network : the streets; its mode says how people go.
    demand, sites : points in the network's CRS with unique labels, or `SnappedPoints`.
    cutoff_m, cutoff_min : largest cost, in metres or minutes; without either, no cutoff.
    unit : ``"m"`` (default) or ``"min"`` when no cutoff is given.
    max_snap_m : points farther from every edge are ``off_network`` and have no entries.
    direction : ``"to_sites"`` (people travel to the site) or ``"from_sites"``.
    barriers : lines that the way from a point to its edge must not cross.
    threads : number of threads; it does not change the result.

    Returns
    -------
    TravelCosts

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
    >>> homes = gpd.GeoSeries(
    ...     gpd.points_from_xy([10, 50], [0, 5]), index=["near", "far"], crs="EPSG:4548")
    >>> clinic = gpd.GeoSeries(gpd.points_from_xy([30], [0]), index=["clinic"], crs="EPSG:4548")
    >>> travel_costs(network, homes, clinic, cutoff_m=1000).to_dense()
          clinic
    near    20.0
    far     25.0
    """
    want = measure(cutoff_m, cutoff_min, unit)
    into = check_direction(direction)
    options: dict[str, Any] = {
        "max_snap_m": max_snap_m,
        "barriers": barriers,
        "threads": threads,
    }
    homes = placed(network, demand, "the demand points", **options)
    goals = placed(network, sites, "the sites", **options)
    _check_unique(homes.index, "the demand points")
    _check_unique(goals.index, "the sites")
    matrix = all_pairs(network, homes, goals, want, into=into, threads=threads)
    return TravelCosts(
        matrix=matrix,
        demand_index=homes.index,
        site_index=goals.index,
        unit=want.unit,
        method=f"network:{network.mode}",
        cutoff=None if np.isinf(want.cutoff) else want.cutoff,
        demand_state=homes.states,
        site_state=goals.states,
    )


def nearest_site(
    network: NetworkData,
    demand: Points,
    sites: Points,
    *,
    cutoff_m: float | None = None,
    cutoff_min: float | None = None,
    unit: str | None = None,
    max_snap_m: float | None = 500.0,
    direction: str = "to_sites",
    barriers: gpd.GeoDataFrame | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """The nearest site of each demand point, or why there is none.

    Of sites at equal cost the first in the order of `sites` is taken.

    Parameters
    ----------
    network : the streets; its mode says how people go.
    demand, sites : points in the network's CRS with unique labels, or `SnappedPoints`.
    cutoff_m, cutoff_min : largest cost, in metres or minutes; without either, no cutoff.
    unit : ``"m"`` (default) or ``"min"`` when no cutoff is given.
    max_snap_m : points farther from every edge are ``off_network``.
    direction : ``"to_sites"`` (people travel to the site) or ``"from_sites"``.
    barriers : lines that the way from a point to its edge must not cross.
    threads : number of threads; it does not change the result.

    Returns
    -------
    DataFrame on demand's index: ``site`` (label or <NA>), ``cost_m`` (or ``cost_min``; NaN when
    there is no site) and ``reason``:

    - ``""`` : a site is within the cutoff,
    - ``"beyond"`` : a path exists but is longer than the cutoff, or there is no usable site,
    - ``"cut_off"`` : no path leads to any site,
    - ``"off_network"`` : farther than `max_snap_m` from every edge,
    - ``"unlocated"`` : no geometry.

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
    >>> homes = gpd.GeoSeries(gpd.points_from_xy([10, 90], [0, 5]), crs="EPSG:4548")
    >>> shops = gpd.GeoSeries(
    ...     gpd.points_from_xy([0, 100], [0, 0]), index=["west", "east"], crs="EPSG:4548")
    >>> nearest_site(network, homes, shops, cutoff_m=12)
       site  cost_m  reason
    0  west    10.0
    1  <NA>     NaN  beyond
    """
    want = measure(cutoff_m, cutoff_min, unit)
    into = check_direction(direction)
    options: dict[str, Any] = {
        "max_snap_m": max_snap_m,
        "barriers": barriers,
        "threads": threads,
    }
    homes = placed(network, demand, "the demand points", **options)
    goals = placed(network, sites, "the sites", **options)
    ways = access(network, homes, unit=want.unit, leaving=into)
    seeds = access(network, goals, unit=want.unit, leaving=not into)
    graph = network.graph(want.unit, reverse=into)
    dist, label, _ = spread(graph, seeds)
    forward, backward = network.edge_costs(want.unit)
    found, cost = read_points(  # type: ignore[call-arg]
        ways.node,
        ways.cost,
        dist,
        label,
        ways.edge,
        ways.place,
        ways.snap,
        *sites_by_edge(seeds, network.n_edges),
        forward,
        backward,
        into,
    )
    usable = bool((goals.state == ON).any())
    near = (found >= 0) & (cost <= want.limit)
    none = (homes.state == ON) & ~near
    reason = np.where(none, _BEYOND, homes.state)
    if usable:
        reason[none & (found < 0)] = _CUT_OFF
    cost = np.where(near, want.told(cost), np.nan)
    return pd.DataFrame(
        {
            "site": _labels(goals.index, np.where(near, found, -1)),
            f"cost_{want.unit}": cost,
            "reason": words(_REASONS, reason),
        },
        index=homes.index,
    )


def one_to_all(
    network: NetworkData,
    sites: Points,
    *,
    cutoff_m: float | None = None,
    cutoff_min: float | None = None,
    unit: str | None = None,
    max_snap_m: float | None = 500.0,
    direction: str = "from_sites",
    barriers: gpd.GeoDataFrame | None = None,
) -> pd.Series:
    """Cost between every node of the network and the nearest of `sites` (often just one).

    Parameters
    ----------
    network : the street network.
    sites : points in the network's CRS, or `SnappedPoints`.
    cutoff_m, cutoff_min : limit; nodes farther than it have NaN. At most one of the two.
    unit : ``"m"`` or ``"min"``; follows from the cutoff when None, else metres.
    max_snap_m, barriers : as for `snap`.
    direction : ``"from_sites"`` or ``"to_sites"``: which way one-way streets are taken.

    Returns
    -------
    Series by node id, named ``cost_m`` or ``cost_min``; NaN where no path exists or the cutoff
    is passed.

    Raises
    ------
    MissingCrsError, GeographicCrsError, CrsMismatchError
        Sites without a CRS, in degrees, or in another CRS than the network's.
    UsageError
        Two cutoffs, a unit that does not fit the cutoff, an unknown direction.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), index=["a", "b"], crs="EPSG:4548")
    >>> from geoplan.network import Network
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0]}), mode="walk")
    >>> here = gpd.GeoSeries(gpd.points_from_xy([30], [2]), crs="EPSG:4548")
    >>> one_to_all(network, here).to_dict()
    {'a': 32.0, 'b': 72.0}
    """
    want = measure(cutoff_m, cutoff_min, unit)
    into = check_direction(direction)
    goals = placed(network, sites, "the sites", max_snap_m=max_snap_m, barriers=barriers)
    cost = node_costs(network, goals, want, into=into)
    return pd.Series(
        np.where(np.isfinite(cost), want.told(cost), np.nan),
        index=network.node_ids,
        name=f"cost_{want.unit}",
    )


def node_costs(
    network: NetworkData, sites: SnappedPoints, want: Measure, *, into: bool
) -> NDArray[np.float64]:
    """Cost between each node (by position) and the nearest of `sites`; inf = none in the limit.

    `into` : travel goes from the nodes to the sites.
    """
    seeds = access(network, sites, unit=want.unit, leaving=not into)
    return spread(network.graph(want.unit, reverse=into), seeds, limit=want.limit)[0]


def spread(
    graph: Graph, seeds: Access, *, limit: float = np.inf, parents: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """One search from all seeds: distance, position of the nearest seed, arc of arrival."""
    node, cost = seeds.node.ravel(), seeds.cost.ravel()
    label = np.repeat(np.arange(len(seeds.node), dtype=np.int32), 2)
    given = cost[node >= 0]
    work = multi_source.BlockSpace(
        graph, spread=float(np.ptp(given)) if len(given) else 0.0, limit=limit
    )
    while True:
        nearest = np.full(graph.n_nodes, -1, np.int32)
        parent = np.full(graph.n_nodes if parents else 0, -1, np.int32)
        code = multi_source.spread(
            *bounded.arrays(graph),
            node,
            cost,
            label,
            limit,
            work.scale,
            work.shift,
            work.window,
            work.head,
            work.key,
            work.node,
            work.next,
            work.dist,
            nearest,
            parent,
        )
        if code != bounded.FULL:
            return work.dist, nearest, parent
        work.more_room()


def sites_by_edge(seeds: Access, n_edges: int) -> tuple[NDArray[Any], ...]:
    """Sites that stand mid-edge, grouped by edge; empty when there are none."""
    mid = np.flatnonzero(seeds.edge >= 0)
    if len(mid) == 0:
        return np.empty(0, np.int64), mid.astype(np.int32), seeds.place[mid], seeds.snap[mid]
    mid = mid[np.argsort(seeds.edge[mid], kind="stable")]
    start = np.zeros(n_edges + 1, np.int64)
    np.cumsum(np.bincount(seeds.edge[mid], minlength=n_edges), out=start[1:])
    return start, mid.astype(np.int32), seeds.place[mid], seeds.snap[mid]


def _labels(index: pd.Index, at: NDArray[Any]) -> Any:
    """Labels by position, <NA> where the position is -1, in a type that can hold <NA>."""
    if pd.api.types.is_integer_dtype(index.dtype):
        dtype = "Int64"
    elif pd.api.types.infer_dtype(index) in ("string", "empty"):
        dtype = "string"
    else:
        dtype = "object"
    labels: Any = pd.array(index.to_numpy(dtype=object), dtype=dtype)  # type: ignore[call-overload]
    return labels.take(at, allow_fill=True, fill_value=pd.NA)


def _check_unique(index: pd.Index, what: str) -> None:
    if not index.is_unique:
        twice = index[index.duplicated()].unique()[:5].tolist()
        raise InputError(f"{what} have labels more than once: {twice}. Make the index unique.")
