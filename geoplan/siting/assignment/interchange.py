"""Kernels for p-median: greedy start and fast interchange.

All work on sparse weighted costs in two orders: by demand, cheapest first (`row_ptr`,
`row_site`, `row_cost`), and by site (`col_ptr`, `col_demand`, `col_cost`). A pair that is not
stored cannot be served; a demand with no open site pays `penalty` so that a search can pass through
such states but never ends in one by choice.

Source: interchange with separate gain, loss and correction terms after Resende and Werneck (2007),
doi:10.1016/j.ejor.2005.05.038. Lower bounds on the same arrays: `median_prices`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from scipy import sparse


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MedianArrays:
    """Weighted sparse costs in both orders (see the module's docstring)."""

    row_ptr: np.ndarray
    row_site: np.ndarray
    row_cost: np.ndarray
    col_ptr: np.ndarray
    col_demand: np.ndarray
    col_cost: np.ndarray
    penalty: float

    @property
    def n_demand(self) -> int:
        """Number of demand rows."""
        return len(self.row_ptr) - 1

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.col_ptr) - 1


def median_arrays(costs: sparse.csr_matrix, weights: np.ndarray) -> MedianArrays:
    """Weighted costs in both orders from costs of shape (demand, sites), explicit zeros kept."""
    n, m = costs.shape
    counts = np.diff(costs.indptr)
    weighted = costs.data * np.repeat(weights, counts)
    columns = sparse.csr_matrix((weighted, costs.indices, costs.indptr), shape=(n, m)).tocsc()
    order = _cheapest_first(weighted, costs.indptr)
    return MedianArrays(
        row_ptr=costs.indptr.astype(np.int64),
        row_site=costs.indices[order].astype(np.int32),
        row_cost=weighted[order],
        col_ptr=columns.indptr.astype(np.int64),
        col_demand=columns.indices.astype(np.int32),
        col_cost=columns.data,
        # one stranded demand must cost more than any way of serving all the others
        penalty=float(10.0 * (np.maximum.reduceat(weighted, costs.indptr[:-1]).sum() + 1.0))
        if n and counts.min() > 0
        else float(10.0 * (weighted.sum() + 1.0)),
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


@nb.njit(cache=True, nogil=True)
def nearest_two(row_ptr, row_site, row_cost, penalty, is_open, i):  # type: ignore[no-untyped-def]
    """Cheapest and second cheapest open site of demand `i`: (site, cost, second cost)."""
    first = -1
    d1 = penalty
    d2 = penalty
    for t in range(row_ptr[i], row_ptr[i + 1]):
        if is_open[row_site[t]]:
            if first < 0:
                first = row_site[t]
                d1 = row_cost[t]
            else:
                d2 = row_cost[t]
                break
    return first, d1, d2


@nb.njit(cache=True, nogil=True)
def greedy_add(  # type: ignore[no-untyped-def]  # noqa: C901
    row_ptr, row_site, row_cost, col_ptr, col_demand, col_cost, penalty, is_open, allowed, add
):
    """Open `add` more sites, each time the one that saves most; `is_open` is written to."""
    n = len(row_ptr) - 1
    m = len(col_ptr) - 1
    d1 = np.empty(n)
    for i in range(n):
        _, d1[i], _ = nearest_two(row_ptr, row_site, row_cost, penalty, is_open, i)
    stale = np.empty(m)
    for j in range(m):
        s = 0.0
        for t in range(col_ptr[j], col_ptr[j + 1]):
            v = d1[col_demand[t]] - col_cost[t]
            if v > 0:
                s += v
        stale[j] = s if (allowed[j] and not is_open[j]) else -1.0
    for _ in range(add):
        # savings only shrink as sites open, so a stale value is a bound (lazy evaluation)
        best = -1
        best_saving = -1.0
        order = np.argsort(-stale)
        for q in range(m):
            j = order[q]
            if stale[j] < 0 or stale[j] <= best_saving:
                break
            s = 0.0
            for t in range(col_ptr[j], col_ptr[j + 1]):
                v = d1[col_demand[t]] - col_cost[t]
                if v > 0:
                    s += v
            stale[j] = s
            if s > best_saving:
                best_saving = s
                best = j
        if best < 0:
            break
        is_open[best] = True
        stale[best] = -1.0
        for t in range(col_ptr[best], col_ptr[best + 1]):
            if col_cost[t] < d1[col_demand[t]]:
                d1[col_demand[t]] = col_cost[t]


@nb.njit(cache=True, nogil=True)
def interchange(  # type: ignore[no-untyped-def]  # noqa: C901
    row_ptr,
    row_site,
    row_cost,
    col_ptr,
    col_demand,
    col_cost,
    penalty,
    is_open,
    allowed,
    fixed,
    start,
    max_swaps,
):
    """Swap open for closed sites while it helps, at most `max_swaps` times, looking from `start`.

    `is_open` is written to. `fixed` sites never leave, sites not `allowed` never enter. Returns the
    number of swaps (fewer than asked: none helps any more) and where to go on.
    """
    n = len(row_ptr) - 1
    m = len(col_ptr) - 1
    c1 = np.empty(n, np.int32)
    d1 = np.empty(n)
    d2 = np.empty(n)
    loss = np.zeros(m)
    total = 0.0
    for i in range(n):
        c1[i], d1[i], d2[i] = nearest_two(row_ptr, row_site, row_cost, penalty, is_open, i)
        total += d1[i]
        if c1[i] >= 0:
            loss[c1[i]] += d2[i] - d1[i]
    leaving = np.empty(m, np.int64)
    p = 0
    for j in range(m):
        if is_open[j] and not fixed[j]:
            leaving[p] = j
            p += 1
    relief = np.zeros(m)
    swaps = 0
    while swaps < max_swaps and p > 0:
        found = False
        for q in range(m):
            k = (start + q) % m
            if is_open[k] or not allowed[k]:
                continue
            gain = 0.0
            for t in range(col_ptr[k], col_ptr[k + 1]):
                i = col_demand[t]
                v = col_cost[t]
                if v < d1[i]:
                    gain += d1[i] - v
                    if c1[i] >= 0:
                        relief[c1[i]] += d2[i] - d1[i]
                elif v < d2[i]:
                    relief[c1[i]] += d2[i] - v
            place = -1
            least = np.inf
            for a in range(p):
                cost = loss[leaving[a]] - relief[leaving[a]]
                if cost < least or (cost == least and leaving[a] < leaving[place]):
                    least = cost
                    place = a
            for t in range(col_ptr[k], col_ptr[k + 1]):
                if c1[col_demand[t]] >= 0:
                    relief[c1[col_demand[t]]] = 0.0
            if gain - least <= 1e-9 * (1.0 + abs(total)):
                continue
            out = leaving[place]
            is_open[out] = False
            is_open[k] = True
            leaving[place] = k
            # only demand that touches either site can change its two cheapest
            for side in range(2):
                j = k if side == 0 else out
                for t in range(col_ptr[j], col_ptr[j + 1]):
                    i = col_demand[t]
                    if col_cost[t] <= d2[i] or c1[i] == out:
                        if c1[i] >= 0:
                            loss[c1[i]] -= d2[i] - d1[i]
                        total -= d1[i]
                        c1[i], d1[i], d2[i] = nearest_two(
                            row_ptr, row_site, row_cost, penalty, is_open, i
                        )
                        total += d1[i]
                        if c1[i] >= 0:
                            loss[c1[i]] += d2[i] - d1[i]
            swaps += 1
            start = k + 1
            found = True
            break
        if not found:
            break
    return swaps, start
