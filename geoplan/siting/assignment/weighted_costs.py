"""Travel costs weighted by people, sparse, by demand row and by site, as the kernels read them.

A pair of demand row and site that is not stored cannot be served. A row without an open site costs
`penalty`, so that a search can pass through such solutions but never ends in one by choice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from geoplan.kernels import inner_kernel


class Csr(NamedTuple):
    """Sparse rows: row i has the entries ``ptr[i]:ptr[i + 1]`` of the columns `idx` and `data`."""

    ptr: np.ndarray
    idx: np.ndarray
    data: np.ndarray


class WeightedCosts(NamedTuple):
    """Weighted costs of all pairs, in both orders.

    by_demand : a row per demand row, its sites from the cheapest to the dearest.
    by_site : a row per site, its demand rows in order.
    penalty : what a demand row without an open site costs.
    step : distance between possible total costs: 1 where all weighted costs are whole, else 0.
    """

    by_demand: Csr
    by_site: Csr
    penalty: float
    step: float

    @property
    def n_demand(self) -> int:
        """Number of demand rows."""
        return len(self.by_demand.ptr) - 1

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.by_site.ptr) - 1

    def total(self, is_open: np.ndarray) -> float:
        """Cost of all rows at their cheapest open site, summed afresh so that no rounding grows."""
        ptr, idx, data = self.by_demand
        at = np.flatnonzero(is_open[idx])
        row = np.searchsorted(ptr, at, side="right") - 1
        first = np.ones(len(row), bool)
        first[1:] = row[1:] != row[:-1]
        cost = np.full(self.n_demand, self.penalty)
        cost[row[first]] = data[at[first]]
        return float(cost.sum())


def weighted_costs(costs: sparse.csr_matrix, weights: np.ndarray) -> WeightedCosts:
    """Weighted costs from costs of shape (demand, sites), explicit zeros kept."""
    n, m = costs.shape
    counts = np.diff(costs.indptr)
    weighted = costs.data * np.repeat(weights, counts)
    columns = sparse.csr_matrix((weighted, costs.indices, costs.indptr), shape=(n, m)).tocsc()
    order = _cheapest_first(weighted, costs.indptr)
    return WeightedCosts(
        by_demand=Csr(
            costs.indptr.astype(np.int64), costs.indices[order].astype(np.int32), weighted[order]
        ),
        by_site=Csr(
            columns.indptr.astype(np.int64), columns.indices.astype(np.int32), columns.data
        ),
        # one row without a site must cost more than serving all the others in any case
        penalty=float(10.0 * (np.maximum.reduceat(weighted, costs.indptr[:-1]).sum() + 1.0))
        if n and counts.min() > 0
        else float(10.0 * (weighted.sum() + 1.0)),
        step=1.0 if np.equal(np.mod(weighted, 1), 0).all() else 0.0,
    )


def _cheapest_first(weighted: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """The order of all pairs by row, then cost; equal ones stay by site."""
    n = len(indptr) - 1
    if len(weighted) < 64 * n:
        return np.lexsort((weighted, np.repeat(np.arange(n), np.diff(indptr))))
    order = np.empty(len(weighted), np.int64)  # a sort per long row is many times as fast
    for i in range(n):
        begin, end = indptr[i], indptr[i + 1]
        order[begin:end] = begin + np.argsort(weighted[begin:end], kind="stable")
    return order


@inner_kernel
def nearest_two(costs, is_open, i):
    """Cheapest and second cheapest open site of demand row i: (site, cost, second cost)."""
    ptr, idx, data = costs.by_demand
    first = -1
    d1 = costs.penalty
    d2 = costs.penalty
    for t in range(ptr[i], ptr[i + 1]):
        if is_open[idx[t]]:
            if first < 0:
                first = idx[t]
                d1 = data[t]
            else:
                d2 = data[t]
                break
    return first, d1, d2


class Nearest(NamedTuple):
    """Each demand row's cheapest open site (-1 = none), its cost, and that of the second cheapest.

    The three arrays of Resende and Werneck (2007): phi_1, d_1 and d_2.
    """

    site: np.ndarray
    cost: np.ndarray
    second: np.ndarray


@inner_kernel
def nearest_of_all(costs, is_open):
    """`Nearest` of every demand row."""
    n = len(costs.by_demand.ptr) - 1
    near = Nearest(np.empty(n, np.int32), np.empty(n), np.empty(n))
    for i in range(n):
        near.site[i], near.cost[i], near.second[i] = nearest_two(costs, is_open, i)
    return near
