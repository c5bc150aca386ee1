"""The k nearest sites of every demand point, from one multi-source search.

Dijkstra's search with a heap, in which each node is settled up to k times, each time from another
site. A demand point then chooses among the sites of its nodes and of its own edge.
"""

from __future__ import annotations

from typing import NamedTuple, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel
from geoplan.network.graph.network import NetworkData
from geoplan.network.search.bucket_queue import arcs_of
from geoplan.network.search.connectors import cost_on_edge, sites_by_edge
from geoplan.network.search.travel_query import Points, TravelOptions, travel_query
from geoplan.validate import positive_integer


class Heap(NamedTuple):
    """A heap of (cost, site, node), least first, sites in order at equal cost; four children."""

    cost: NDArray[np.float64]
    site: NDArray[np.int32]
    node: NDArray[np.int32]


class SiteLists(NamedTuple):
    """Up to k sites per row, nearest first (-1 and inf = no more)."""

    site: NDArray[np.int32]
    cost: NDArray[np.float64]


def k_nearest(
    network: NetworkData, demand: Points, sites: Points, *, k: int, **options: Unpack[TravelOptions]
) -> pd.DataFrame:
    """The `k` nearest sites of each demand point, fewer where fewer are within the cutoff.

    Of sites at equal cost those first in the order of `sites` come first.

    Parameters
    ----------
    network, demand, sites, options : as in `travel_costs`.
    k : sites wanted per demand point, 1 or more.

    Returns
    -------
    DataFrame, one row per demand point and site, in demand's order and by cost: ``demand``
    (label), ``rank`` (1 = nearest), ``site`` (label), ``cost_m`` (or ``cost_min``). Demand
    without a site has no row; `nearest_site` says why.

    Raises
    ------
    MissingCrsError, GeographicCrsError, CrsMismatchError
        Points without a CRS, in degrees, or in another CRS than the network's.
    UsageError
        A `k` that is no whole number from 1, two cutoffs, an unknown unit or direction.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from geoplan.network import Network
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:4548")
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [100.0]}), mode="walk")
    >>> home = gpd.GeoSeries(gpd.points_from_xy([10], [0]), index=["home"], crs="EPSG:4548")
    >>> shops = gpd.GeoSeries(
    ...     gpd.points_from_xy([0, 100, 60], [0, 0, 0]), index=list("abc"), crs="EPSG:4548")
    >>> k_nearest(network, home, shops, k=2)
      demand  rank site  cost_m
    0   home     1    a    10.0
    1   home     2    c    50.0
    """
    k = positive_integer("k", k)
    query = travel_query("k_nearest", network, demand, sites, options)
    k = min(k, max(len(query.sites), 1))
    points, seeds, cutoff = query.demand_connectors(), query.site_connectors(), query.cutoff
    of_nodes = _search(arcs_of(query.graph()), seeds, k, cutoff.limit)
    mid_edge = sites_by_edge(seeds, network.n_edges)
    site, cost = _of_points(points, of_nodes, mid_edge, query.edge_costs(), cutoff.limit)  # type: ignore[call-arg]
    row, rank = np.nonzero(site >= 0)
    return pd.DataFrame(
        {
            "demand": query.demand.index.take(row),
            "rank": rank + 1,
            "site": query.sites.index.take(site[row, rank]),
            f"cost_{cutoff.unit}": cutoff.rounded(cost[row, rank]),
        }
    )


@inner_kernel
def _before(heap, i, j):
    a, b = heap.cost[i], heap.cost[j]
    return a < b or (a == b and heap.site[i] < heap.site[j])


@inner_kernel
def _swap(heap, i, j):
    heap.cost[i], heap.cost[j] = heap.cost[j], heap.cost[i]
    heap.site[i], heap.site[j] = heap.site[j], heap.site[i]
    heap.node[i], heap.node[j] = heap.node[j], heap.node[i]


@inner_kernel
def _add(heap, size, cost, site, node):
    """Put an entry into the heap; the new size."""
    heap.cost[size] = cost
    heap.site[size] = site
    heap.node[size] = node
    i = size
    while i > 0:
        above = (i - 1) >> 2
        if not _before(heap, i, above):
            break
        _swap(heap, i, above)
        i = above
    return size + 1


@inner_kernel
def _sink(heap, size):
    """Let the first entry down to where it belongs."""
    i = 0
    while True:
        least = i
        for c in range(4 * i + 1, min(4 * i + 5, size)):
            if _before(heap, c, least):
                least = c
        if least == i:
            break
        _swap(heap, i, least)
        i = least


@kernel
def _search(arcs, seeds, k, limit):
    """Up to k different sites per node, nearest first: each node is settled up to k times."""
    indptr, indices, weights = arcs
    n = len(indptr) - 1
    near = np.full((n, k), -1, np.int32)
    dist = np.full((n, k), np.inf)
    count = np.zeros(n, np.int32)
    room = k * len(indices) + 2 * len(seeds.node) + 1  # a settled node adds each of its arcs once
    heap = Heap(np.empty(room, np.float64), np.empty(room, np.int32), np.empty(room, np.int32))
    size = 0
    for s in range(len(seeds.node)):
        for j in range(2):
            if seeds.node[s, j] >= 0 and seeds.cost[s, j] <= limit:
                size = _add(heap, size, seeds.cost[s, j], s, seeds.node[s, j])
    while size > 0:
        d, s, v = heap.cost[0], heap.site[0], heap.node[0]
        size -= 1
        _swap(heap, 0, size)
        _sink(heap, size)
        known = count[v] == k
        for i in range(count[v]):
            known = known or near[v, i] == s
        if known:
            continue
        near[v, count[v]] = s
        dist[v, count[v]] = d
        count[v] += 1
        for p in range(indptr[v], indptr[v + 1]):
            w = indices[p]
            nd = d + weights[p]
            if nd <= limit and count[w] < k:
                size = _add(heap, size, nd, s, w)
    return SiteLists(near, dist)


@inner_kernel
def _offer(site, cost, k, s, c):
    """Take site s at cost c into a sorted list of k, each site once at its least cost."""
    for i in range(k):
        if site[i] == s:
            if c >= cost[i]:
                return
            for j in range(i, k - 1):  # drop the dearer entry
                site[j], cost[j] = site[j + 1], cost[j + 1]
            site[k - 1], cost[k - 1] = -1, np.inf
            break
    i = k
    while i > 0 and (c < cost[i - 1] or (c == cost[i - 1] and s < site[i - 1])):
        i -= 1
    if i == k:
        return
    for j in range(k - 1, i, -1):
        site[j], cost[j] = site[j - 1], cost[j - 1]
    site[i], cost[i] = s, c


@kernel
def _of_points(points, of_nodes, mid_edge, edges, limit):
    """The nearest sites of each point, from those of its nodes and those on its own edge."""
    n, k = len(points.node), of_nodes.site.shape[1]
    site = np.full((n, k), -1, np.int32)
    cost = np.full((n, k), np.inf)
    for i in range(n):
        for j in range(2):
            v = points.node[i, j]
            if v < 0:
                continue
            for q in range(k):
                c = of_nodes.cost[v, q] + points.cost[i, j]
                if of_nodes.site[v, q] >= 0 and c <= limit:
                    _offer(site[i], cost[i], k, of_nodes.site[v, q], c)
        e = points.edge[i]
        if e < 0 or len(mid_edge.ptr) == 0:
            continue
        for q in range(mid_edge.ptr[e], mid_edge.ptr[e + 1]):
            c = cost_on_edge(edges, e, points.fraction[i], mid_edge.fraction[q])
            c += points.snap[i] + mid_edge.snap[q]
            if c <= limit:
                _offer(site[i], cost[i], k, mid_edge.site[q], c)
    return site, cost
