"""Which cells of a table to suppress so that no small number is disclosed, nor by subtraction.

Sums connect the cells of a table: the states of an area sum to its total, the areas of a
subdistrict to the subdistrict. Small numbers are suppressed (primary suppression); where a sum has
a single suppressed cell, subtraction would disclose it, so a second one is suppressed (secondary
suppression), and so on until no single sum determines a suppressed cell, nor several sums together
within a group of up to `_MOST_TOGETHER` suppressed cells that sums connect. Larger groups are not
tested for combined sums.
(Hundepool et al. 2012, *Statistical Disclosure Control*, ch. 4.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoplan.tolerances import NULL_SPACE

#: suppressed cells; a larger connected group is not tested for combined sums (its null space is
#: dense linear algebra), only sum by sum
_MOST_TOGETHER = 600


def suppressed_cells(
    tables: list[NDArray[np.float64]],
    sums: sparse.csr_matrix,
    *,
    below: float,
    start: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Cells to suppress in all of several tables of one shape.

    Parameters
    ----------
    tables : values >= 0 per cell; all have the same cells (before and after a plan, say). A cell
        that is suppressed in one is suppressed in all, because most cells are equal in them.
    sums : one row per sum that holds in every table: +1 for each part, -1 for the whole.
    below : numbers above 0 and below this are small.
    start : cells that are suppressed already.

    Returns
    -------
    bool per cell.

    Examples
    --------
    Three parts 3, 50, 900 and their sum: the 3 is small, and the 50 goes with it.

    >>> sums = sparse.csr_matrix([[1, 1, 1, -1]])
    >>> suppressed_cells([np.array([3.0, 50.0, 900.0, 953.0])], sums, below=10).tolist()
    [True, True, False, False]
    """
    if not tables:
        return np.zeros(sums.shape[1], bool)
    biggest = np.max(tables, axis=0)
    mask = np.any([(t > 0) & (t < below) for t in tables], axis=0)
    if start is not None:
        mask = mask | start
    sums = sparse.csr_matrix(sums, dtype=np.float64)
    parts = abs(sums)
    for _ in range(sums.shape[1] + 1):
        more = _secondary_in_single_sums(parts, mask, biggest)
        if not more.any():
            more = _secondary_in_combined_sums(sums, mask, biggest)
        if not more.any():
            return mask
        mask = mask | more
    return mask


def _secondary_in_single_sums(
    parts: sparse.csr_matrix, mask: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """A second cell for every sum in which a single one is suppressed."""
    more = np.zeros(len(mask), bool)
    for row in np.flatnonzero(parts @ mask.astype(np.float64) == 1):
        cells = parts.indices[parts.indptr[row] : parts.indptr[row + 1]]
        if (mask | more)[cells].sum() == 1:
            more[_cheapest_cell(cells, mask | more, size)] = True
    return more


def _cheapest_cell(
    cells: NDArray[np.int32], taken: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.int32]:
    """The smallest cell above 0 that is still published; a 0 where there is none."""
    free = cells[~taken[cells]]
    if len(free) == 0:
        return free
    order = np.lexsort((size[free], size[free] <= 0))
    return free[order[:1]]


def _secondary_in_combined_sums(
    sums: sparse.csr_matrix, mask: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Further cells where several sums together determine suppressed ones."""
    more = np.zeros(len(mask), bool)
    unknown = np.flatnonzero(mask)
    if len(unknown) == 0:
        return more
    system = sums[:, unknown]
    system = system[np.diff(system.indptr) > 0]
    label = connected_components(abs(system).T @ abs(system), directed=False)[1]
    # connected unknowns: more of them than independent sums, or some are determined
    order = np.argsort(label, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if not 1 < len(group) <= _MOST_TOGETHER:
            continue
        part = system[:, group]
        dense = part[np.diff(part.indptr) > 0].toarray()
        _, values, right = np.linalg.svd(dense, full_matrices=True)
        rank = int((values > NULL_SPACE).sum())
        free = np.abs(right[rank:]).max(axis=0, initial=0.0)
        for cell in unknown[group[free < NULL_SPACE]]:
            for row in sums[:, cell].nonzero()[0]:
                cells = sums.indices[sums.indptr[row] : sums.indptr[row + 1]]
                found = _cheapest_cell(cells, mask | more, size)
                if len(found):
                    more[found] = True
                    break
    return more
