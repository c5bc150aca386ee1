"""Network queries: costs between points, nearest sites, costs to every node.

Demand and sites are points in the network's CRS, or `SnappedPoints` (one snapping, many queries).
A pair without a path has no number: it is not stored, or NaN with the reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.timed import TimedNetwork
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.network.search.connectors import connect, nearest_of_points, sites_by_edge
from geoplan.network.search.many_to_many import all_pairs
from geoplan.network.search.multi_source import multi_source
from geoplan.network.search.snapped_points import (
    ON,
    STATES,
    SnappedPoints,
    snap_nodes,
    text_of_codes,
)
from geoplan.network.search.travel_query import (
    Cutoff,
    Points,
    TravelOptions,
    check_direction,
    check_labels,
    parse_cutoff,
    snapped,
    travel_query,
)

#: codes of reasons, numbered on from the points' states, and their words
BEYOND, CUT_OFF = len(STATES), len(STATES) + 1
NO_SITE = (*STATES, "beyond", "cut_off")


def travel_costs(
    network: NetworkData | TimedNetwork,
    demand: Points,
    sites: Points,
    **options: Unpack[TravelOptions],
) -> TravelCosts:
    """Network costs between all demand and all sites within a cutoff, as a sparse table.

    The snap legs of both points are part of the cost. A stored entry, zero included, is a
    reachable pair. Costs are exact and given to the micrometre (or 1e-8 minutes).

    Parameters
    ----------
    network : the streets; its mode says how people go. Or a `TransitNetwork`: then costs are
        minutes from door to door by public transport and on foot.
    demand, sites : points in the network's CRS with unique labels, or `SnappedPoints`.
    options : keywords, all of which may be left out:
    cutoff_m, cutoff_min : largest cost, in metres or minutes; without either, no cutoff.
    unit : that of the costs where no cutoff gives it: ``"m"`` (default) or ``"min"``.
    max_snap_m : points farther from every edge (default 500; None = no limit) are
        ``off_network`` and have no entries.
    direction : ``"to_sites"`` (default: people travel to the site) or ``"from_sites"``.
    barriers : lines that the way from a point to its edge must not cross.
    threads : number of threads; it does not change the result.
    depart, arrive, percentile, max_walk_m, max_transfers, board_slack_s : by public transport only;
        see `TransitNetwork.from_gtfs`, whose own values count where they are not given.

    Returns
    -------
    TravelCosts

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
    >>> homes = gpd.GeoSeries(
    ...     gpd.points_from_xy([10, 50], [0, 5]), index=["near", "far"], crs="EPSG:4548")
    >>> clinic = gpd.GeoSeries(gpd.points_from_xy([30], [0]), index=["clinic"], crs="EPSG:4548")
    >>> travel_costs(network, homes, clinic, cutoff_m=1000).to_dense()
          clinic
    near    20.0
    far     25.0
    """
    if isinstance(network, TimedNetwork):
        return network.travel_costs(demand, sites, options)
    query = travel_query("travel_costs", network, demand, sites, options)
    check_labels(query.demand, "the demand points")
    cutoff = query.cutoff
    return TravelCosts(
        matrix=all_pairs(query),
        demand_index=query.demand.index,
        site_index=query.sites.index,
        unit=cutoff.unit,
        method=f"network:{network.mode}",
        cutoff=None if np.isinf(cutoff.value) else cutoff.value,
        demand_state=query.demand.states,
        site_state=query.sites.states,
    )


def nearest_site(
    network: NetworkData | TimedNetwork,
    demand: Points,
    sites: Points,
    **options: Unpack[TravelOptions],
) -> pd.DataFrame:
    """The nearest site of each demand point, or why there is none.

    Of sites at equal cost the first in the order of `sites` is taken.

    Parameters
    ----------
    network, demand, sites, options : as in `travel_costs`.

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
    >>> from geoplan.network import Network
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:4548")
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
    if isinstance(network, TimedNetwork):
        return network.nearest_site(demand, sites, options)
    query = travel_query("nearest_site", network, demand, sites, options)
    points, seeds, cutoff = query.demand_connectors(), query.site_connectors(), query.cutoff
    nearest = multi_source(query.graph(), seeds)
    mid_edge = sites_by_edge(seeds, network.n_edges)
    found, cost = nearest_of_points(points, nearest, mid_edge, query.edge_costs())  # type: ignore[call-arg]
    near = (found >= 0) & (cost <= cutoff.limit)
    none = (query.demand.state == ON) & ~near
    reason = np.where(none, BEYOND, query.demand.state)
    if (query.sites.state == ON).any():
        reason[none & (found < 0)] = CUT_OFF
    cost = np.where(near, cutoff.rounded(cost), np.nan)
    return pd.DataFrame(
        {
            "site": labels_or_missing(query.sites.index, np.where(near, found, -1)),
            f"cost_{cutoff.unit}": cost,
            "reason": text_of_codes(NO_SITE, reason),
        },
        index=query.demand.index,
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
    network, sites, cutoff_m, cutoff_min, unit, max_snap_m, barriers : as in `travel_costs`.
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
    >>> from geoplan.network import Network
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), index=["a", "b"], crs="EPSG:4548")
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [100.0]}), mode="walk")
    >>> here = gpd.GeoSeries(gpd.points_from_xy([30], [2]), crs="EPSG:4548")
    >>> one_to_all(network, here).to_dict()
    {'a': 32.0, 'b': 72.0}
    """
    cutoff = parse_cutoff(cutoff_m, cutoff_min, unit)
    to_sites = check_direction(direction)
    points = snapped(network, sites, "the sites", max_snap_m=max_snap_m, barriers=barriers)
    cost = node_costs(network, points, cutoff, to_sites=to_sites)
    return pd.Series(
        np.where(np.isfinite(cost), cutoff.rounded(cost), np.nan),
        index=network.node_ids,
        name=f"cost_{cutoff.unit}",
    )


def node_costs(
    network: NetworkData | TimedNetwork, sites: SnappedPoints, cutoff: Cutoff, *, to_sites: bool
) -> NDArray[np.float64]:
    """Cost between each node (by position) and the nearest of `sites`; inf = none in the limit.

    `to_sites` : travel goes from the nodes to the sites.
    """
    if isinstance(network, TimedNetwork):
        direction = "to_sites" if to_sites else "from_sites"
        options = {"cutoff_min": cutoff.value, "direction": direction}
        every = replace(sites, index=pd.RangeIndex(len(sites)))
        found = network.travel_costs(snap_nodes(network.streets), every, options).matrix.tocoo()
        least = np.full(network.streets.n_nodes, np.inf)
        np.minimum.at(least, found.row, found.data)
        return least
    seeds = connect(network, sites, unit=cutoff.unit, leaving=not to_sites)
    graph = network.graph(cutoff.unit, reverse=to_sites)
    return multi_source(graph, seeds, limit=cutoff.limit).dist


def labels_or_missing(index: pd.Index, at: NDArray[Any]) -> Any:
    """Labels by position, <NA> where the position is -1, in a type that can hold <NA>."""
    if pd.api.types.is_integer_dtype(index.dtype):
        dtype = "Int64"
    elif pd.api.types.infer_dtype(index) in ("string", "empty"):
        dtype = "string"
    else:
        dtype = "object"
    labels: Any = pd.array(index.to_numpy(dtype=object), dtype=dtype)  # type: ignore[call-overload]
    return labels.take(at, allow_fill=True, fill_value=pd.NA)
