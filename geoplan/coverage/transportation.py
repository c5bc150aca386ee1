"""Who goes where when places are limited: the exact transport problem on sparse costs.

As many people as possible are served; among all ways to serve that many, the one with the least
total cost is taken. Both are linear programmes whose corner solutions are whole numbers when
people and places are whole (the matrix is that of a network flow), so nobody is cut in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import breadth_first_order, connected_components

from geoplan.errors import UsageError
from geoplan.network.graph.travel_costs import TravelCosts

_WHOLE = 1e-9
#: share of people or places, and people, that a solver may miss without meaning it
_DUST_SHARE, _DUST = 1e-8, 1e-6


def nearest_by_row(matrix: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest stored entry of every row.

    Parameters
    ----------
    matrix : CSR, shape (rows, columns); an explicit zero is an entry like any other.

    Returns
    -------
    column : int64 per row, -1 when the row stores nothing; ties go to the smallest column.
    cost : float64 per row, NaN when the row stores nothing.

    Examples
    --------
    >>> costs = sparse.csr_matrix(([5.0, 0.0], ([0, 0], [0, 1])), shape=(2, 2))
    >>> nearest_by_row(costs)
    (array([ 1, -1]), array([ 0., nan]))
    """
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, matrix.data, rows))
    first = np.ones(len(order), dtype=bool)
    first[1:] = rows[order][1:] != rows[order][:-1]
    best = order[first]
    column = np.full(matrix.shape[0], -1, dtype=np.int64)
    cost = np.full(matrix.shape[0], np.nan)
    column[rows[best]] = matrix.indices[best]
    cost[rows[best]] = matrix.data[best]
    return column, cost


def within(costs: TravelCosts, threshold: float) -> sparse.csr_matrix:
    """The pairs of `costs` that cost at most `threshold`, explicit zeros kept."""
    coo = costs.matrix.tocoo()
    keep = coo.data <= threshold * (1 + 1e-12)
    kept = sparse.coo_matrix((coo.data[keep], (coo.row[keep], coo.col[keep])), shape=coo.shape)
    return kept.tocsr()


def assign_people(
    costs: TravelCosts,
    people: pd.Series,
    capacities: pd.Series,
    *,
    threshold: float,
) -> pd.DataFrame:
    """Fill sites with the people in reach of them: most people first, then least total cost.

    Parameters
    ----------
    costs : demand x sites; pairs above `threshold` are left out.
    people : people per demand label (0 or more). When all are whole numbers nobody is split and a
        capacity of 20.5 serves 20.
    capacities : people that each site can serve, by site label; a site that is missing or NaN has
        no known limit and turns nobody away.
    threshold : in `costs.unit`.

    Returns
    -------
    DataFrame with one row per pair that is used: ``demand``, ``site``, ``people``, ``cost`` (of one
    person), ordered as the demand and the sites are.

    Raises
    ------
    UsageError
        Negative capacities, or people that are missing or negative.

    Notes
    -----
    Parts of the city that share no site are solved one by one, and a part where everybody fits into
    the nearest site needs no programme. The rest goes to HiGHS twice: for the largest number
    served, then for the least cost of serving that number.
    """
    weights = people.reindex(costs.demand_index).to_numpy(float)
    limits = capacities.reindex(costs.site_index).to_numpy(float)
    faults = []
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        faults.append("people are missing or negative for some demand labels")
    if (limits < 0).any():
        bad = costs.site_index[limits < 0][:5].tolist()
        faults.append(f"capacities are negative at {bad}")
    if faults:
        raise UsageError("people cannot be assigned: " + "; ".join(faults) + ".")
    limits = np.where(np.isnan(limits), np.inf, limits)
    whole = bool(np.all(weights == np.round(weights)))
    if whole:
        limits = np.floor(limits + _WHOLE)
    reach = within(costs, threshold)
    pairs = [_solve_part(*part) for part in _parts(reach, weights, limits)]
    row = np.concatenate([np.empty(0, int), *[p[0] for p in pairs]])
    col = np.concatenate([np.empty(0, int), *[p[1] for p in pairs]])
    cost = np.concatenate([np.empty(0), *[p[2] for p in pairs]])
    flow = np.concatenate([np.empty(0), *[p[3] for p in pairs]])
    flow = np.round(flow) if whole else flow
    keep = flow > (0.5 if whole else 1e-9)
    order = np.lexsort((col[keep], row[keep]))
    return pd.DataFrame(
        {
            "demand": costs.demand_index.take(row[keep][order]),
            "site": costs.site_index.take(col[keep][order]),
            "people": flow[keep][order],
            "cost": cost[keep][order],
        }
    )


_Arcs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _parts(reach: sparse.csr_matrix, weights: np.ndarray, limits: np.ndarray) -> Iterator[_Arcs]:
    """Arcs (row, column, cost) with people and limits, one part of the graph after the other."""
    coo = reach.tocoo()
    used = weights[coo.row] > 0
    row, col, cost = coo.row[used], coo.col[used], coo.data[used]
    if not len(row):
        return
    rows, cols = reach.shape
    graph = sparse.coo_matrix((np.ones(len(row)), (row, rows + col)), shape=(rows + cols,) * 2)
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label[row], kind="stable")
    row, col, cost = row[order], col[order], cost[order]
    starts = np.flatnonzero(np.diff(label[row], prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(row)], strict=True):
        part = slice(start, stop)
        yield row[part], col[part], cost[part], weights, limits


def _solve_part(
    row: np.ndarray, col: np.ndarray, cost: np.ndarray, weights: np.ndarray, limits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    people, i = np.unique(row, return_inverse=True)
    sites, j = np.unique(col, return_inverse=True)
    supply, room = weights[people], limits[sites]
    nearest = np.lexsort((col, cost, row))
    first = nearest[np.diff(row[nearest], prepend=-1) != 0]
    flow = np.zeros(len(row))
    flow[first] = supply[i[first]]
    load = np.bincount(j, weights=flow, minlength=len(sites))
    if (load <= room + 1e-9).all():
        return row, col, cost, flow
    return row, col, cost, _transport(i, j, cost, supply, room)


def _transport(
    i: np.ndarray, j: np.ndarray, cost: np.ndarray, supply: np.ndarray, room: np.ndarray
) -> np.ndarray:
    arcs = np.arange(len(i))
    ones = np.ones(len(i))
    by_row = sparse.csr_matrix((ones, (i, arcs)), shape=(len(supply), len(i)))
    finite = np.isfinite(room)
    by_site = sparse.csr_matrix((ones, (j, arcs)), shape=(len(room), len(i)))[finite]
    A = sparse.vstack([by_row, by_site], format="csr")
    b = np.concatenate([supply, room[finite]])
    most = linprog(-ones, A_ub=A, b_ub=b, bounds=(0, None), method="highs-ds")
    served = -most.fun
    whole = bool(np.all(b == np.round(b)))
    if whole:
        served = round(served)  # a corner of a network matrix: whole by theory
    # every column sums to one here, so the total is one more node of the same network
    total = sparse.csr_matrix(-ones)
    scale = max(float(cost.max()), 1.0)
    # sums that are no whole numbers may need room for their rounding: no more than they must have
    for slack in (0.0,) if whole else (0.0, 1e-12 * served, 1e-9 * max(1.0, served)):
        best = linprog(
            cost / scale,
            A_ub=sparse.vstack([A, total], format="csr"),
            b_ub=np.append(b, slack - served),
            bounds=(0, None),
            method="highs-ds",
        )
        if best.status == 0:
            break
    else:
        raise UsageError(f"the assignment could not be solved: {best.message}")
    flow = np.asarray(best.x)
    return flow if whole else _without_dust(i, j, flow, supply, room, max(_DUST, 2 * slack))


def _without_dust(
    i: np.ndarray,
    j: np.ndarray,
    flow: np.ndarray,
    supply: np.ndarray,
    room: np.ndarray,
    dust: float,
) -> np.ndarray:
    """`flow` in which rows and sites that are full but for `dust` people are full exactly.

    The pairs in use form trees (a corner of a network). From the leaves on, whoever is full sets
    the last pair that is open to it; what that shifts ends at the root, which is not full.
    """
    used = np.flatnonzero(flow > 1e-9)
    n, nodes = len(supply), len(supply) + len(room)
    need = np.concatenate([supply, room])
    a, b = i[used], n + j[used]
    flow = np.where(flow > 1e-9, flow, 0.0)
    got = np.bincount(a, flow[used], nodes) + np.bincount(b, flow[used], nodes)
    full = np.isfinite(need)
    full[full] = (
        np.abs(need - got)[full] <= (_DUST_SHARE * need + np.minimum(dust, 1e-3 * need))[full]
    )
    graph = sparse.coo_matrix((used + 1, (a, b)), shape=(nodes, nodes)).tocsr()
    _, part = connected_components(graph, directed=False)
    # the root of each tree: who is not full; else a site, so that no person is left over
    order = np.lexsort((-np.arange(nodes), full, part))
    roots = order[np.diff(part[order], prepend=-1) != 0]
    top = sparse.coo_matrix(
        (np.ones(len(roots)), (np.full(len(roots), nodes), roots)), shape=(nodes + 1,) * 2
    )
    tree = sparse.coo_matrix((np.ones(len(used)), (a, b)), shape=(nodes + 1,) * 2) + top
    reached, above = breadth_first_order(tree.tocsr(), nodes, directed=False)
    below = reached[(above[reached] >= 0) & (above[reached] < nodes)][::-1]
    up = above[below]
    arc = np.asarray(graph[np.minimum(below, up), np.maximum(below, up)]).ravel() - 1
    loose = np.setdiff1d(used, arc)  # pairs that close a circle stay as they are
    sums = np.zeros(nodes)
    np.add.at(sums, np.concatenate([i[loose], n + j[loose]]), np.tile(flow[loose], 2))
    for node, parent, pair in zip(below.tolist(), up.tolist(), arc.tolist(), strict=True):
        if full[node]:
            flow[pair] = max(need[node] - sums[node], 0.0)
        sums[parent] += flow[pair]
    return flow
