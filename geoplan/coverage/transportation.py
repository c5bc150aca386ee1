r"""Who goes to which site where capacity is limited: a transportation problem on sparse costs.

With people :math:`p_i`, capacities :math:`c_j`, costs :math:`d_{ij}` of the pairs in reach and
flows :math:`x_{ij}` (Hitchcock 1941):

1. :math:`S = \max \sum_{ij} x_{ij}`, the largest number of people served, subject to
   :math:`\sum_j x_{ij} \le p_i`, :math:`\sum_i x_{ij} \le c_j`, :math:`x \ge 0`;
2. :math:`\min \sum_{ij} d_{ij} x_{ij}` subject to the same and :math:`\sum_{ij} x_{ij} \ge S`.

Both matrices are those of a network flow, hence totally unimodular: with whole people and
capacities every vertex of the polytope is whole, so nobody is split (Hoffman & Kruskal 1956).

References
----------
Hitchcock FL (1941) The distribution of a product from several sources to numerous localities.
Journal of Mathematics and Physics 20:224-230.
Hoffman AJ, Kruskal JB (1956) Integral boundary points of convex polyhedra. In: Linear Inequalities
and Related Systems, Princeton, 223-246.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components

from geoplan.coverage.cost_queries import pairs_within
from geoplan.errors import UsageError
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.tolerances import (
    FLOW_PEOPLE,
    LEAST_SLACK,
    MOST_SLACK,
    RESIDUE_LIMIT,
    RESIDUE_PEOPLE,
    RESIDUE_SHARE,
)
from geoplan.validate import raise_faults
from geoplan.words.message import Message


def assign_people(
    costs: TravelCosts,
    people: pd.Series,
    capacities: pd.Series,
    *,
    threshold: float,
) -> pd.DataFrame:
    """Assign people to sites in reach: most people served first, then least total cost.

    Parameters
    ----------
    costs : demand x sites; pairs above `threshold` are left out.
    people : people per demand label (0 or more). When all are whole numbers nobody is split and a
        capacity of 20.5 serves 20.
    capacities : people that each site can serve, by site label; inf = no limit. Where it is not
        known (NaN, or missing), nobody is proved to be served: it counts as 0.
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
    Connected components of the graph of pairs are solved one by one; one in which everybody fits
    into the nearest site needs no linear programme. For the others HiGHS solves two: the largest
    number served, then the least cost of serving that number.
    """
    weights = people.reindex(costs.demand_index).to_numpy(float)
    limits = capacities.reindex(costs.site_index).to_numpy(float)
    faults = []
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        faults.append(Message("coverage_faults.people_missing"))
    if (limits < 0).any():
        bad = costs.site_index[limits < 0][:5].tolist()
        faults.append(Message("coverage_faults.capacities_negative", bad=bad))
    raise_faults("people cannot be assigned", faults)
    limits = np.nan_to_num(limits, nan=0.0, posinf=np.inf)
    whole = bool(np.all(weights == np.round(weights)))
    if whole:
        limits = np.floor(limits + FLOW_PEOPLE)
    reach = pairs_within(costs, threshold)
    pairs = [_solve_component(*part) for part in _components(reach, weights, limits)]
    row = np.concatenate([np.empty(0, int), *[p[0] for p in pairs]])
    col = np.concatenate([np.empty(0, int), *[p[1] for p in pairs]])
    cost = np.concatenate([np.empty(0), *[p[2] for p in pairs]])
    flow = np.concatenate([np.empty(0), *[p[3] for p in pairs]])
    flow = np.round(flow) if whole else flow
    keep = flow > (0.5 if whole else FLOW_PEOPLE)
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


def _components(
    reach: sparse.csr_matrix, weights: np.ndarray, limits: np.ndarray
) -> Iterator[_Arcs]:
    """Arcs (row, column, cost) with people and capacities, per connected component."""
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


def _solve_component(
    row: np.ndarray, col: np.ndarray, cost: np.ndarray, weights: np.ndarray, limits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    people, i = np.unique(row, return_inverse=True)
    sites, j = np.unique(col, return_inverse=True)
    supply, capacity = weights[people], limits[sites]
    nearest = np.lexsort((col, cost, row))
    first = nearest[np.diff(row[nearest], prepend=-1) != 0]
    flow = np.zeros(len(row))
    flow[first] = supply[i[first]]
    load = np.bincount(j, weights=flow, minlength=len(sites))
    if (load <= capacity + FLOW_PEOPLE).all():
        return row, col, cost, flow
    return row, col, cost, _solve_transportation(i, j, cost, supply, capacity)


def _solve_transportation(
    i: np.ndarray, j: np.ndarray, cost: np.ndarray, supply: np.ndarray, capacity: np.ndarray
) -> np.ndarray:
    from scipy.optimize import linprog  # half a second to load, where nobody asks for it

    arcs = np.arange(len(i))
    ones = np.ones(len(i))
    by_row = sparse.csr_matrix((ones, (i, arcs)), shape=(len(supply), len(i)))
    finite = np.isfinite(capacity)
    by_site = sparse.csr_matrix((ones, (j, arcs)), shape=(len(capacity), len(i)))[finite]
    A = sparse.vstack([by_row, by_site], format="csr")
    b = np.concatenate([supply, capacity[finite]])
    most = linprog(-ones, A_ub=A, b_ub=b, bounds=(0, None), method="highs-ds")
    served = -most.fun
    whole = bool(np.all(b == np.round(b)))
    if whole:
        served = round(served)  # a vertex of a network matrix: whole by theory
    # every column sums to one here, so the total is one more node of the same network
    total = sparse.csr_matrix(-ones)
    scale = max(float(cost.max()), 1.0)
    # sums of fractions may need slack for their rounding: the least that is feasible
    for slack in (0.0,) if whole else (0.0, LEAST_SLACK * served, MOST_SLACK * max(1.0, served)):
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
        raise UsageError.of("call_faults.assignment_failed", why=best.message)
    flow = np.asarray(best.x)
    return (
        flow
        if whole
        else _without_residue(i, j, flow, supply, capacity, max(RESIDUE_PEOPLE, 2 * slack))
    )


def _without_residue(
    i: np.ndarray,
    j: np.ndarray,
    flow: np.ndarray,
    supply: np.ndarray,
    capacity: np.ndarray,
    residue: float,
) -> np.ndarray:
    """`flow` in which rows and sites that are full but for `residue` people are full exactly.

    The pairs in use form a forest (a basis of the network). From the leaves up, a node that is full
    sets the flow to its parent; the difference ends at the root, which is not full.
    """
    used = np.flatnonzero(flow > FLOW_PEOPLE)
    n, nodes = len(supply), len(supply) + len(capacity)
    need = np.concatenate([supply, capacity])
    a, b = i[used], n + j[used]
    flow = np.where(flow > FLOW_PEOPLE, flow, 0.0)
    got = np.bincount(a, flow[used], nodes) + np.bincount(b, flow[used], nodes)
    full = np.isfinite(need)
    full[full] = (
        np.abs(need - got)[full]
        <= (RESIDUE_SHARE * need + np.minimum(residue, RESIDUE_LIMIT * need))[full]
    )
    graph = sparse.coo_matrix((used + 1, (a, b)), shape=(nodes, nodes)).tocsr()
    _, part = connected_components(graph, directed=False)
    # the root of each tree: a node that is not full; else a site, so that no person is left over
    order = np.lexsort((-np.arange(nodes), full, part))
    roots = order[np.diff(part[order], prepend=-1) != 0]
    top = sparse.coo_matrix(
        (np.ones(len(roots)), (np.full(len(roots), nodes), roots)), shape=(nodes + 1,) * 2
    )
    tree = sparse.coo_matrix((np.ones(len(used)), (a, b)), shape=(nodes + 1,) * 2) + top
    reached, above = breadth_first_order(tree.tocsr(), nodes, directed=False)
    below = reached[(above[reached] >= 0) & (above[reached] < nodes)][::-1]
    if not len(below):  # nobody is served: there is no capacity
        return flow
    up = above[below]
    arc = np.asarray(graph[np.minimum(below, up), np.maximum(below, up)]).ravel() - 1
    loose = np.setdiff1d(used, arc)  # pairs that close a cycle stay as they are
    sums = np.zeros(nodes)
    np.add.at(sums, np.concatenate([i[loose], n + j[loose]]), np.tile(flow[loose], 2))
    for node, parent, pair in zip(below.tolist(), up.tolist(), arc.tolist(), strict=True):
        if full[node]:
            flow[pair] = max(need[node] - sums[node], 0.0)
        sums[parent] += flow[pair]
    return flow
