"""Zones: demand rows that have a path to the same sites, however long.

Whether somebody without a site in reach is ``beyond`` or ``cut_off`` hangs on the existence of a
path. Sites that are entered from the same strongly connected parts of the streets (Tarjan 1972)
are reached by the same people, so that one search per such class of sites is enough.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoplan.network import TravelCosts, travel_costs
from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.timed import TimedNetwork
from geoplan.network.search.connectors import connect
from geoplan.network.search.snapped_points import ON, SnappedPoints


def site_classes(network: NetworkData, sites: SnappedPoints, *, unit: str) -> np.ndarray:
    """A number per site; sites of one class are reached by the same people. -1 off the network.

    Parameters
    ----------
    network : the streets.
    sites : on it.
    unit : ``"m"`` or ``"min"``: what may be entered from where.
    """
    graph = network.graph(unit)
    n = graph.n_nodes
    arcs = sparse.csr_matrix(
        (np.ones(len(graph.indices), np.int8), graph.indices, graph.indptr), shape=(n, n)
    )
    part = connected_components(arcs, directed=True, connection="strong")[1].astype(np.int64)
    entered = connect(network, sites, unit=unit, leaving=False)
    ends = np.where(entered.node >= 0, part[entered.node], -1)
    ends.sort(axis=1)
    # mid-edge between two parts, who stands on the same edge decides: a class of its own
    apart = (entered.edge >= 0) & _between_parts(network, part, entered.edge)
    alone = np.where(apart, np.arange(len(sites)), -1)
    classes = np.unique(np.column_stack([ends, alone]), axis=0, return_inverse=True)[1].ravel()
    return np.where(sites.state == ON, classes, -1)


def _between_parts(network: NetworkData, part: np.ndarray, edge: np.ndarray) -> np.ndarray:
    there = np.where(edge >= 0, edge, 0)
    if network.n_edges == 0:
        return np.zeros(len(edge), bool)
    return part[network.u[there]] != part[network.v[there]]


def zones_of(
    network: NetworkData, demand: SnappedPoints, sites: SnappedPoints, *, unit: str
) -> tuple[np.ndarray, sparse.csc_matrix]:
    """The zone of every demand row (-1 off the network), and to which sites paths lead from it.

    Returns
    -------
    zone : int64 per row.
    leads : bool, zones x sites.
    """
    classes = site_classes(network, sites, unit=unit)
    known, first = np.unique(classes, return_index=True)
    first = first[known >= 0]
    paths = _all_paths(network, demand, sites, first, unit=unit)
    on = demand.state == ON
    zone, by_class = _alike(paths.matrix.toarray() > 0, on)
    place = np.full(int(classes.max(initial=-1)) + 2, -1, np.int64)
    place[known[known >= 0]] = np.arange(len(first))
    column = place[classes]
    leads = np.zeros((len(by_class), len(sites)), bool)
    leads[:, column >= 0] = by_class[:, column[column >= 0]]
    return zone, sparse.csc_matrix(leads)


def service_zones(
    network: TimedNetwork, demand: SnappedPoints, sites: SnappedPoints
) -> tuple[np.ndarray, sparse.csc_matrix]:
    """The same as `zones_of` by public transport: rows that have service to the same sites."""
    pairs = network.service_pairs(demand, sites, {}).toarray()
    zone, serves = _alike(pairs, demand.state == ON)
    return zone, sparse.csc_matrix(serves)


def _alike(pairs: np.ndarray, on: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of `pairs` numbered by what they are, -1 where not `on`; and the different ones."""
    number, first = alike_rows(pairs[on])
    zone = np.full(len(pairs), -1, np.int64)
    zone[on] = number
    return zone, pairs[on][first]


def alike_rows(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of bools numbered by what they are, from 0 as they come, and the first of each.

    Examples
    --------
    >>> number, first = alike_rows(np.array([[True, False], [False, False], [True, False]]))
    >>> number.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    packed = np.packbits(pairs, axis=1)
    # as texts of bytes: sorting the rows, as np.unique does, takes ten times as long
    number = pd.factorize(np.array([row.tobytes() for row in packed], object))[0]
    return number, np.unique(number, return_index=True)[1]


def _all_paths(
    network: NetworkData,
    demand: SnappedPoints,
    sites: SnappedPoints,
    which: np.ndarray,
    *,
    unit: str,
) -> TravelCosts:
    """All costs to these sites, +1 so that a cost of nothing shows."""
    costs = travel_costs(network, demand, sites.take(which), unit=unit)
    costs.matrix.data = costs.matrix.data + 1.0
    return costs
