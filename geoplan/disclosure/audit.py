"""How narrow a suppressed number is held by the published ones: the attack of linear programming.

Where all numbers are people, none is below 0; together with the published sums that holds every
suppressed number between two values. Numbers that are held too narrowly need further suppression.
(Fischetti and Salazar 2001, Solving the cell suppression problem on tabular data with linear
constraints, Management Science 47(7), call the width a protection level.)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

#: suppressed cells that sums connect; a larger group is protected sum by sum only
MOST_AUDITED = 2_000
#: people by which a solver's answer may be off
_SLACK = 1e-6


def held_too_narrowly(
    tables: list[NDArray[np.float64]],
    sums: sparse.csr_matrix,
    mask: NDArray[np.bool_],
    *,
    shared: NDArray[np.bool_],
    below: float,
) -> NDArray[np.bool_]:
    """Small suppressed cells that the published ones hold to less than `below` people.

    Parameters
    ----------
    tables, sums, below : see `suppression.suppressed_cells`. mask : cells suppressed in all tables.
    shared : cells that are the same number in all tables, as a reader knows.

    Examples
    --------
    Two suppressed parts are 7 people together, so that each lies between 0 and 7:

    >>> sums = sparse.csr_matrix([[1, 1, 1, -1]])
    >>> held_too_narrowly([np.array([3.0, 4.0, 900.0, 907.0])], sums,
    ...     np.array([True, True, False, False]), shared=np.zeros(4, bool), below=10).tolist()
    [True, True, False, False]
    """
    narrow = np.zeros(len(mask), bool)
    count, width = len(tables), len(mask)
    # unknowns: a shared cell once, any other one per table
    column = np.arange(count * width).reshape(count, width)
    column[:, shared] = column[0, shared]
    blocks = sparse.block_diag([sums] * count, format="coo")
    system = sparse.csr_matrix(
        (blocks.data, (blocks.row, column.ravel()[blocks.col])), shape=blocks.shape
    )
    values = np.concatenate(tables)
    unknown = np.flatnonzero(np.tile(mask, count) & (column.ravel() == np.arange(count * width)))
    for group, matrix in _groups(system[:, unknown]):
        if len(group) > MOST_AUDITED:
            continue
        own = unknown[group]
        small = np.flatnonzero((values[own] > 0) & (values[own] < below))
        for k in map(int, small):
            if not narrow[own[k] % width] and _width(matrix, values[own], k, below) < below:
                narrow[own[k] % width] = True
    return narrow


def _groups(system: sparse.csr_matrix) -> Iterator[tuple[NDArray[np.int64], sparse.csr_matrix]]:
    """Unknowns that equations connect, and their equations."""
    system = system[np.diff(system.indptr) > 0]
    label = connected_components(abs(system).T @ abs(system), directed=False)[1]
    order = np.argsort(label, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if len(group):
            part = system[:, group]
            yield group, part[np.diff(part.indptr) > 0]


def _width(matrix: sparse.csr_matrix, values: NDArray[np.float64], k: int, enough: float) -> float:
    """How far apart the least and the most are that unknown `k` can be; up to `enough` or more."""
    if matrix.shape[0] == 0:
        return np.inf
    known = matrix @ values
    goal = np.zeros(len(values))
    goal[k] = 1.0
    ends = [values[k], values[k]]
    for end, sign in ((1, -1.0), (0, 1.0)):
        found = linprog(sign * goal, A_eq=matrix, b_eq=known, bounds=(0, None), method="highs")
        if found.status == 3:  # no limit
            return np.inf
        ends[end] = sign * found.fun if found.status == 0 else values[k]
        if ends[1] - ends[0] >= enough - _SLACK:
            return enough
    return ends[1] - ends[0]
