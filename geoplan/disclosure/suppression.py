"""Which numbers to blank so that small ones cannot be told, nor found by subtraction.

Cells of a table hang together by sums: the states of an area sum to its total, the areas of a
street to the street. A small number is blanked; where a sum has a single blank, subtraction would
give it back, so a second one is blanked, and so on until no blank is determined by the numbers
that are left. (Hundepool et al. 2012, *Statistical Disclosure Control*, ch. 4.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

#: larger groups of blanks are not tried for combined sums; each sum by itself is safe there too
_MOST_TOGETHER = 600


def blanks(
    tables: list[NDArray[np.float64]],
    sums: sparse.csr_matrix,
    *,
    below: float,
    start: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Cells to blank in all of several tables of one shape.

    Parameters
    ----------
    tables : values >= 0 per cell; all have the same cells (before and after a plan, say). A cell
        that is blanked in one is blanked in all, because most cells are equal in them.
    sums : one row per sum that holds in every table: +1 for each part, -1 for the whole.
    below : numbers above 0 and below this are small.
    start : cells that are blank already.

    Returns
    -------
    bool per cell.

    Examples
    --------
    Three parts 3, 50, 900 and their sum: the 3 is small, and the 50 goes with it.

    >>> sums = sparse.csr_matrix([[1, 1, 1, -1]])
    >>> blanks([np.array([3.0, 50.0, 900.0, 953.0])], sums, below=10).tolist()
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
        more = _lonely(parts, mask, biggest)
        if not more.any():
            more = _determined(sums, mask, biggest)
        if not more.any():
            return mask
        mask = mask | more
    return mask


def _lonely(
    parts: sparse.csr_matrix, mask: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """A companion for the blank of every sum that has only one."""
    more = np.zeros(len(mask), bool)
    for row in np.flatnonzero(parts @ mask.astype(np.float64) == 1):
        cells = parts.indices[parts.indptr[row] : parts.indptr[row + 1]]
        if (mask | more)[cells].sum() == 1:
            more[_companion(cells, mask | more, size)] = True
    return more


def _companion(
    cells: NDArray[np.int32], taken: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.int32]:
    """The smallest cell above nothing that is not blanked yet; an empty one where there is none."""
    free = cells[~taken[cells]]
    if len(free) == 0:
        return free
    order = np.lexsort((size[free], size[free] <= 0))
    return free[order[:1]]


def _determined(
    sums: sparse.csr_matrix, mask: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Companions for blanks that several sums together determine."""
    more = np.zeros(len(mask), bool)
    unknown = np.flatnonzero(mask)
    if len(unknown) == 0:
        return more
    system = sums[:, unknown]
    system = system[np.diff(system.indptr) > 0]
    label = connected_components(abs(system).T @ abs(system), directed=False)[1]
    # blanks that hang together: more unknowns than independent sums, or some are determined
    order = np.argsort(label, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if not 1 < len(group) <= _MOST_TOGETHER:
            continue
        part = system[:, group]
        dense = part[np.diff(part.indptr) > 0].toarray()
        _, values, right = np.linalg.svd(dense, full_matrices=True)
        rank = int((values > 1e-9).sum())
        free = np.abs(right[rank:]).max(axis=0, initial=0.0)
        for cell in unknown[group[free < 1e-9]]:
            for row in sums[:, cell].nonzero()[0]:
                cells = sums.indices[sums.indptr[row] : sums.indptr[row + 1]]
                found = _companion(cells, mask | more, size)
                if len(found):
                    more[found] = True
                    break
    return more
