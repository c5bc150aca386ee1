"""Can so many sites reach everybody within so far? Two quick looks before a set covering.

A greedy cover that is small enough says yes. Rows no two of which share a site within that cost
need a site each: more of them than there are sites says no.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from scipy import sparse


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BothWays:
    """Costs by row and by column (CSR and CSC of the same pairs)."""

    rows: sparse.csr_matrix
    columns: sparse.csc_matrix

    @classmethod
    def of(cls, costs: sparse.csr_matrix) -> BothWays:
        """Both orders of `costs`, explicit zeros kept."""
        return cls(rows=costs, columns=costs.tocsc())


@nb.njit(cache=True, nogil=True)
def _cover(  # type: ignore[no-untyped-def]  # noqa: C901
    ptr, idx, data, col_ptr, col_row, col_data, radius, is_open, covered, most
):
    """Open the site that reaches most rows not reached yet, again and again; whether all are.

    `is_open` and `covered` are written to; at most `most` sites are opened.
    """
    n = len(ptr) - 1
    m = len(col_ptr) - 1
    gain = np.zeros(m, np.int64)
    left = 0
    for i in range(n):
        if covered[i]:
            continue
        left += 1
        for t in range(ptr[i], ptr[i + 1]):
            if data[t] <= radius:
                gain[idx[t]] += 1
    opened = 0
    while left > 0 and opened < most:
        best = 0
        for j in range(m):
            if gain[j] > gain[best]:
                best = j
        if gain[best] == 0:
            break
        is_open[best] = True
        opened += 1
        for t in range(col_ptr[best], col_ptr[best + 1]):
            i = col_row[t]
            if col_data[t] <= radius and not covered[i]:
                covered[i] = True
                left -= 1
                for s in range(ptr[i], ptr[i + 1]):
                    if data[s] <= radius:
                        gain[idx[s]] -= 1
    return left == 0


@nb.njit(cache=True, nogil=True)
def _apart(ptr, idx, data, radius, order, covered, n_sites):  # type: ignore[no-untyped-def]
    """Number of rows of `order`, taken greedily, no two with a site in common."""
    used = np.zeros(n_sites, np.bool_)
    count = 0
    for q in range(len(order)):
        i = order[q]
        if covered[i]:
            continue
        free = True
        for t in range(ptr[i], ptr[i + 1]):
            if data[t] <= radius and used[idx[t]]:
                free = False
                break
        if free:
            count += 1
            for t in range(ptr[i], ptr[i + 1]):
                if data[t] <= radius:
                    used[idx[t]] = True
    return count


def look(
    both: BothWays, *, radius: float, count: int, fixed: np.ndarray
) -> tuple[np.ndarray | None, bool]:
    """At most `count` open sites that reach all rows within `radius`, if found; else whether there
    are none for sure.

    Examples
    --------
    >>> from scipy import sparse
    >>> both = BothWays.of(sparse.csr_matrix(np.array([[1.0, 9.0], [9.0, 1.0]])))
    >>> none = np.zeros(2, bool)
    >>> look(both, radius=1.0, count=1, fixed=none)
    (None, True)
    >>> look(both, radius=9.0, count=1, fixed=none)
    (array([ True, False]), False)
    """
    rows, columns = both.rows, both.columns
    covered = np.zeros(rows.shape[0], bool)
    for j in np.flatnonzero(fixed):
        here = slice(columns.indptr[j], columns.indptr[j + 1])
        covered[columns.indices[here][columns.data[here] <= radius]] = True
    alone = covered.copy()
    is_open = fixed.copy()
    room = count - int(fixed.sum())
    if _cover(
        rows.indptr,
        rows.indices,
        rows.data,
        columns.indptr,
        columns.indices,
        columns.data,
        radius,
        is_open,
        covered,
        room,
    ):
        return is_open, False
    within = np.concatenate([[0], np.cumsum(rows.data <= radius)])
    choice = np.diff(within[rows.indptr])
    order = np.argsort(choice, kind="stable")
    needed = _apart(rows.indptr, rows.indices, rows.data, radius, order, alone, rows.shape[1])
    return None, needed > room
