"""Which cells of a table to suppress so that no small number is disclosed, nor by subtraction.

Sums connect the cells of a table: the states of an area sum to its total, the areas of a
subdistrict to the subdistrict. Small numbers are suppressed (primary suppression); where a sum has
a single suppressed cell, subtraction would disclose it, so a second one is suppressed (secondary
suppression), and so on until no single sum determines a suppressed cell, nor several sums together
within a group of up to `_MOST_TOGETHER` suppressed cells that sums connect, and until no small
number is held between two values less than `below` apart (`audit`). Larger groups are not tested
for combined sums.
(Hundepool et al. 2012, *Statistical Disclosure Control*, ch. 4.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoplan.disclosure.audit import FinerCells, held_too_narrowly
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
    last: NDArray[np.bool_] | None = None,
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
    last : cells that are suppressed for others only where no other would do: those that stay the
        same in other runs of the same people.
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
    rather_not = np.zeros(len(biggest), bool) if last is None else last
    # behind all others, in their order
    biggest = biggest + np.where(rather_not & (biggest > 0), biggest.max() + 1.0, 0.0)
    mask = np.any([(t > 0) & (t < below) for t in tables], axis=0)
    if start is not None:
        mask = mask | start
    sums = sparse.csr_matrix(sums, dtype=np.float64)
    parts = abs(sums)
    for _ in range(sums.shape[1] + 1):
        more = _secondary_in_single_sums(parts, mask, biggest)
        if not more.any():
            more = _too_little_together(sums, tables, mask, biggest, below)
        if not more.any():
            more = _secondary_in_combined_sums(sums, mask, biggest)
        if not more.any():
            same = np.zeros(len(mask), bool) if shared is None else shared
            for parts_of in dict.fromkeys((None, finer)):  # without them more cells are audited
                narrow = held_too_narrowly(
                    tables, sums, mask, shared=same, below=below, ordered=ordered, finer=parts_of
                )
                if narrow.any():
                    break
            more = _wider(sums, mask, narrow, biggest, rather_not, below)
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
