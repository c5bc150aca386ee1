"""Which cells of a table to suppress so that no small number is disclosed, nor by subtraction.

Sums connect the cells of a table: the states of an area sum to its total, the areas of a
subdistrict to the subdistrict. Small numbers are suppressed (primary suppression); where a sum has
a single suppressed cell, subtraction would disclose it, so a second one is suppressed (secondary
suppression), and so on until all sums together hold no small number between two values less than
`below` apart (`audit`). What it then takes no longer is published after all.
(Hundepool et al. 2012, *Statistical Disclosure Control*, ch. 4.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.disclosure.audit import Audit, FinerCells

#: cells of all tables; of so few, those that stay suppressed are chosen among all
_FEW_CELLS = 3_000
#: how much more it is worth to publish a cell without anyone: often a reader knows that it is 0
_OF_NOBODY = 1_000.0
#: how much more at most it is worth to publish a larger cell of equal worth
_OF_SIZE = 0.2


def suppressed_cells(
    tables: list[NDArray[np.float64]],
    sums: sparse.csr_matrix,
    *,
    below: float,
    start: NDArray[np.bool_] | None = None,
    worth: NDArray[np.float64] | None = None,
    shared: NDArray[np.bool_] | None = None,
    ordered: Sequence[tuple[int, int]] = (),
    finer: FinerCells | None = None,
) -> NDArray[np.bool_]:
    """Cells to suppress in all of several tables of one shape.

    Parameters
    ----------
    tables : values >= 0 per cell; all have the same cells (before and after a plan, say). A cell
        that is suppressed in one is suppressed in all, because most cells are equal in them.
    sums : one row per sum that holds in every table: +1 for each part, -1 for the whole.
    below : numbers above 0 and below this are small.
    start : cells that are suppressed already.
    worth : how much it is worth to publish each cell; of the same worth by default.
    shared : cells that are the same number in all tables, as a reader knows.
    ordered : pairs of tables (positions) of one service, of which a reader knows cell by cell which
        is the larger, or that they are equal.
    finer : parts of the cells that are not published; what is known of them holds the cells.

    Returns
    -------
    bool per cell.

    Examples
    --------
    Three parts 3, 50, 900 and their sum: the 3 is small, and the 50 goes with it. Of the parts 3,
    4, 900 two are small; since they are but 7 together, the 900 and the sum go with them.

    >>> sums = sparse.csr_matrix([[1, 1, 1, -1]])
    >>> suppressed_cells([np.array([3.0, 50.0, 900.0, 953.0])], sums, below=10).tolist()
    [True, True, False, False]
    >>> suppressed_cells([np.array([3.0, 4.0, 900.0, 907.0])], sums, below=10).tolist()
    [True, True, True, False]
    """
    if not tables:
        return np.zeros(sums.shape[1], bool)
    biggest = np.max(tables, axis=0)
    worth = np.ones(len(biggest)) if worth is None else worth
    rather_not = worth > worth.min()
    # behind all others, in their order
    size = biggest + np.where(rather_not & (biggest > 0), biggest.max() + 1.0, 0.0)
    small = np.any([(t > 0) & (t < below) for t in tables], axis=0)
    if start is not None:
        small = small | start
    if not small.any():
        return small
    sums = sparse.csr_matrix(sums, dtype=np.float64)
    audit = Audit(tables, sums, below=below, shared=shared, ordered=ordered, finer=finer)
    if len(tables) * len(small) <= _FEW_CELLS:
        mask = np.ones(len(small), bool)
    else:
        mask = _protected(audit, sums, tables, small, size, rather_not, below)
    costs = np.where(biggest > 0, worth, worth * _OF_NOBODY)
    rank = np.argsort(np.argsort(biggest, kind="stable"), kind="stable") / len(biggest)
    return audit.fewest(mask, small, costs * (1 + _OF_SIZE * rank))


def _protected(
    audit: Audit,
    sums: sparse.csr_matrix,
    tables: list[NDArray[np.float64]],
    mask: NDArray[np.bool_],
    size: NDArray[np.float64],
    rather_not: NDArray[np.bool_],
    below: float,
) -> NDArray[np.bool_]:
    """`mask` and as many other cells as protect it, sum by sum and then all together."""
    parts = abs(sums)
    for _ in range(sums.shape[1] + 1):
        more = _secondary_in_single_sums(parts, mask, size)
        if not more.any():
            more = _too_little_together(sums, tables, mask, size, below)
        if not more.any():
            more = _wider(sums, mask, audit.narrow(mask), size, rather_not, below)
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


def _too_little_together(
    sums: sparse.csr_matrix,
    tables: list[NDArray[np.float64]],
    mask: NDArray[np.bool_],
    size: NDArray[np.float64],
    below: float,
) -> NDArray[np.bool_]:
    """A further cell for every sum whose suppressed parts are fewer than `below` people together.

    Where the whole is published, what its suppressed parts sum to is known: each is at most that.
    """
    more = np.zeros(len(mask), bool)
    whole_hidden = (sums < 0) @ mask.astype(np.float64) > 0
    part = (sums > 0).astype(np.float64)
    for table in tables:
        together = part @ np.where(mask, table, 0.0)
        for row in np.flatnonzero((together > 0) & (together < below) & ~whole_hidden):
            cells = sums.indices[sums.indptr[row] : sums.indptr[row + 1]]
            enough = cells[table[cells] + together[row] >= below]
            own = mask | more
            found = _cheapest_cell(enough if (~own[enough]).any() else cells, own, size)
            more[found] = True
    return more


def _wider(
    sums: sparse.csr_matrix,
    mask: NDArray[np.bool_],
    narrow: NDArray[np.bool_],
    size: NDArray[np.float64],
    last: NDArray[np.bool_],
    below: float,
) -> NDArray[np.bool_]:
    """A further cell for each that is held `narrow`: in its sums, else in those next to them."""
    more = np.zeros(len(mask), bool)
    columns = sums.tocsc()
    for cell in map(int, np.flatnonzero(narrow)):
        for closed in (mask | last, mask):
            free = _free_nearby(sums, columns, cell, closed | more)
            if len(free):
                large = free[size[free] >= below]
                more[_cheapest_cell(large if len(large) else free, mask | more, size)] = True
                break
    return more


def _free_nearby(
    sums: sparse.csr_matrix, columns: sparse.csc_matrix, cell: int, closed: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Cells that are not `closed` in the sums of `cell`, else in the sums of the cells in these."""
    reached = np.array([cell])
    while True:
        near = np.unique(sums[np.unique(columns[:, reached].indices)].indices)
        free = near[~closed[near]]
        if len(free) or len(near) == len(reached):
            return free
        reached = near


def _cheapest_cell(
    cells: NDArray[np.int32], taken: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.int32]:
    """The smallest cell above 0 that is still published; a 0 where there is none."""
    free = cells[~taken[cells]]
    if len(free) == 0:
        return free
    order = np.lexsort((size[free], size[free] <= 0))
    return free[order[:1]]
