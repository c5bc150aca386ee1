"""Can so many sites serve everybody within a given cost? Two quick tests before a set covering.

A greedy cover that is small enough says yes. Demand rows no two of which share a site within that
cost need a site each: more of them than there are sites say no.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.weighted_costs import Csr


class CostOrders(NamedTuple):
    """Costs by demand row and by site, from the same pairs."""

    by_demand: Csr
    by_site: Csr

    @classmethod
    def of(cls, costs: sparse.csr_matrix) -> CostOrders:
        """Both orders of `costs` (demand x sites), explicit zeros kept."""
        columns = costs.tocsc()
        return cls(
            Csr(costs.indptr, costs.indices, costs.data),
            Csr(columns.indptr, columns.indices, columns.data),
        )


@inner_kernel
def _add_within(row, i, radius, change, gain):
    """Add `change` to the gain of every site within `radius` of demand row i."""
    for t in range(row.ptr[i], row.ptr[i + 1]):
        if row.data[t] <= radius:
            gain[row.idx[t]] += change


@kernel
def _greedy_cover(costs, radius, is_open, covered, most):
    """Open the site that covers most rows not covered yet, again and again; whether all are.

    `is_open` and `covered` are written to; at most `most` sites are opened.
    """
    ptr, idx, data = costs.by_site
    gain = np.zeros(len(ptr) - 1, np.int64)
    left = 0
    for i in range(len(covered)):
        if not covered[i]:
            left += 1
            _add_within(costs.by_demand, i, radius, 1, gain)
    opened = 0
    while left > 0 and opened < most:
        best = np.argmax(gain)
        if gain[best] == 0:
            break
        is_open[best] = True
        opened += 1
        for t in range(ptr[best], ptr[best + 1]):
            i = idx[t]
            if data[t] <= radius and not covered[i]:
                covered[i] = True
                left -= 1
                _add_within(costs.by_demand, i, radius, -1, gain)
    return left == 0


@kernel
def _disjoint_rows(by_demand, radius, order, covered, n_sites):
    """Number of rows of `order`, taken greedily, no two with a site in common."""
    ptr, idx, data = by_demand
    used = np.zeros(n_sites, np.bool_)
    count = 0
    for i in order:
        if covered[i]:
            continue
        apart = True
        for t in range(ptr[i], ptr[i + 1]):
            if data[t] <= radius and used[idx[t]]:
                apart = False
                break
        if apart:
            count += 1
            for t in range(ptr[i], ptr[i + 1]):
                if data[t] <= radius:
                    used[idx[t]] = True
    return count


def quick_cover(
    costs: CostOrders, *, radius: float, count: int, fixed: np.ndarray
) -> tuple[np.ndarray | None, bool]:
    """At most `count` open sites that cover all rows within `radius`, if found; else whether there
    are none for sure.

    Examples
    --------
    >>> from scipy import sparse
    >>> costs = CostOrders.of(sparse.csr_matrix(np.array([[1.0, 9.0], [9.0, 1.0]])))
    >>> none = np.zeros(2, bool)
    >>> quick_cover(costs, radius=1.0, count=1, fixed=none)
    (None, True)
    >>> quick_cover(costs, radius=9.0, count=1, fixed=none)
    (array([ True, False]), False)
    """
    by_demand, by_site = costs
    covered = np.zeros(len(by_demand.ptr) - 1, bool)
    for j in np.flatnonzero(fixed):
        here = slice(by_site.ptr[j], by_site.ptr[j + 1])
        covered[by_site.idx[here][by_site.data[here] <= radius]] = True
    by_fixed = covered.copy()
    is_open = fixed.copy()
    most = count - int(fixed.sum())
    if _greedy_cover(costs, radius, is_open, covered, most):
        return is_open, False
    within = np.concatenate([[0], np.cumsum(by_demand.data <= radius)])
    order = np.argsort(np.diff(within[by_demand.ptr]), kind="stable")
    return None, _disjoint_rows(by_demand, radius, order, by_fixed, len(fixed)) > most
