"""The k nearest sites of every demand point."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numba as nb
import numpy as np
import pandas as pd

from geoplan.network.graph.network import NetworkData
from geoplan.network.search.bounded import along, arrays
from geoplan.network.search.connectors import access, check_direction, measure, placed
from geoplan.network.search.queries import Points, sites_by_edge
from geoplan.validate import positive_integer


def k_nearest(
    network: NetworkData,
    demand: Points,
    sites: Points,
    *,
    k: int,
    cutoff_m: float | None = None,
    cutoff_min: float | None = None,
    unit: str | None = None,
    max_snap_m: float | None = 500.0,
    direction: str = "to_sites",
    barriers: gpd.GeoDataFrame | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """The `k` nearest sites of each demand point, fewer where fewer are within the cutoff.

    Of sites at equal cost those first in the order of `sites` come first.

    Parameters
    ----------
    network : the street network.
    demand, sites : points in the network's CRS, or `SnappedPoints`.
    k : sites wanted per demand point, 1 or more.
    cutoff_m, cutoff_min : sites farther than this have no row. At most one of the two.
    unit : ``"m"`` or ``"min"``; follows from the cutoff when None, else metres.
    max_snap_m : points farther than this from every edge are off the network; None = no limit.
    direction : ``"to_sites"`` (people travel to the site) or ``"from_sites"``.
    barriers : lines that the way from a point to its edge must not cross.
    threads : number of threads; it does not change the result.

    Returns
    -------
    DataFrame, one row per demand point and site, in demand's order and by cost: ``demand``
    (label), ``rank`` (1 = nearest), ``site`` (label), ``cost_m`` (or ``cost_min``). Demand
    without a site has no row; `nearest_site` tells why.

    Raises
    ------
    MissingCrsError, GeographicCrsError, CrsMismatchError
        Points without a CRS, in degrees, or in another CRS than the network's.
    UsageError
        A `k` that is no whole number from 1, two cutoffs, an unknown unit or direction.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:4548")
    >>> from geoplan.network import Network
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
    want = measure(cutoff_m, cutoff_min, unit)
    into = check_direction(direction)
    options: dict[str, Any] = {
        "max_snap_m": max_snap_m,
        "barriers": barriers,
        "threads": threads,
    }
    homes = placed(network, demand, "the demand points", **options)
    goals = placed(network, sites, "the sites", **options)
    k = min(k, max(len(goals), 1))
    ways = access(network, homes, unit=want.unit, leaving=into)
    seeds = access(network, goals, unit=want.unit, leaving=not into)
    graph = network.graph(want.unit, reverse=into)
    forward, backward = network.edge_costs(want.unit)
    near, dist = _search(*arrays(graph), seeds.node, seeds.cost, k, want.limit)
    site, cost = _read(  # type: ignore[call-arg]
        ways.node,
        ways.cost,
        near,
        dist,
        k,
        ways.edge,
        ways.place,
        ways.snap,
        *sites_by_edge(seeds, network.n_edges),
        forward,
        backward,
        into,
        want.limit,
    )
    row, rank = np.nonzero(site >= 0)
    return pd.DataFrame(
        {
            "demand": homes.index.take(row),
            "rank": rank + 1,
            "site": goals.index.take(site[row, rank]),
            f"cost_{want.unit}": want.told(cost[row, rank]),
        }
    )


@nb.njit(cache=True, nogil=True)
def _before(keys, marks, i, j):  # type: ignore[no-untyped-def]
    return keys[i] < keys[j] or (keys[i] == keys[j] and marks[i] < marks[j])


@nb.njit(cache=True, nogil=True)
def _swap(keys, marks, nodes, i, j):  # type: ignore[no-untyped-def]
    keys[i], keys[j] = keys[j], keys[i]
    marks[i], marks[j] = marks[j], marks[i]
    nodes[i], nodes[j] = nodes[j], nodes[i]


@nb.njit(cache=True, nogil=True)
def _up(keys, marks, nodes, i):  # type: ignore[no-untyped-def]
    while i > 0:
        above = (i - 1) >> 2
        if not _before(keys, marks, i, above):
            break
        _swap(keys, marks, nodes, i, above)
        i = above


@nb.njit(cache=True, nogil=True)
def _down(keys, marks, nodes, size):  # type: ignore[no-untyped-def]
    i = 0
    while True:
        least = i
        for c in range(4 * i + 1, min(4 * i + 5, size)):
            if _before(keys, marks, c, least):
                least = c
        if least == i:
            break
        _swap(keys, marks, nodes, i, least)
        i = least


@nb.njit(cache=True, nogil=True)
def _search(indptr, indices, weights, seed_node, seed_cost, k, limit):  # type: ignore[no-untyped-def]
    """Up to k different sites per node, nearest first: each node is settled up to k times."""
    n = len(indptr) - 1
    near = np.full((n, k), -1, np.int32)
    dist = np.full((n, k), np.inf)
    count = np.zeros(n, np.int32)
    room = k * len(indices) + 2 * len(seed_node) + 1  # each settling pushes its arcs once
    keys = np.empty(room, np.float64)
    marks = np.empty(room, np.int32)
    nodes = np.empty(room, np.int32)
    size = 0
    for s in range(len(seed_node)):
        for j in range(2):
            if seed_node[s, j] >= 0 and seed_cost[s, j] <= limit:
                keys[size] = seed_cost[s, j]
                marks[size] = s
                nodes[size] = seed_node[s, j]
                size += 1
                _up(keys, marks, nodes, size - 1)
    while size > 0:
        d = keys[0]
        s = marks[0]
        v = nodes[0]
        size -= 1
        _swap(keys, marks, nodes, 0, size)
        _down(keys, marks, nodes, size)
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
                keys[size] = nd
                marks[size] = s
                nodes[size] = w
                size += 1
                _up(keys, marks, nodes, size - 1)
    return near, dist


@nb.njit(cache=True, nogil=True)
def _offer(site, cost, k, s, c):  # type: ignore[no-untyped-def]
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


@nb.njit(cache=True, nogil=True)
def _read(  # type: ignore[no-untyped-def]
    node,
    way,
    near,
    dist,
    k,
    edge,
    place,
    snap,
    site_ptr,
    site_id,
    site_place,
    site_snap,
    forward,
    backward,
    into_site,
    limit,
):
    """The nearest sites of each point, from those of its nodes and those on its own edge."""
    n = len(node)
    site = np.full((n, k), -1, np.int32)
    cost = np.full((n, k), np.inf)
    for i in range(n):
        for j in range(2):
            v = node[i, j]
            if v < 0:
                continue
            for q in range(k):
                c = dist[v, q] + way[i, j]
                if near[v, q] >= 0 and c <= limit:
                    _offer(site[i], cost[i], k, near[v, q], c)
        e = edge[i]
        if e < 0 or len(site_ptr) == 0:
            continue
        for q in range(site_ptr[e], site_ptr[e + 1]):
            if into_site:
                c = along(forward[e], backward[e], place[i], site_place[q])
            else:
                c = along(forward[e], backward[e], site_place[q], place[i])
            c += snap[i] + site_snap[q]
            if c <= limit:
                _offer(site[i], cost[i], k, site_id[q], c)
    return site, cost
