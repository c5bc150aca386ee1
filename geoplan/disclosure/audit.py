"""How narrow a suppressed number is held by the published ones: the attack of linear programming.

Where all numbers are people, none is below 0; together with the published sums that holds every
suppressed number between two values. A plan adds: who is served today is served after it, and where
no new site reaches, nothing changes. So the sums of today and of after the plan together hold a
number to less than either does. Numbers that are held too narrowly need further suppression.
(Fischetti and Salazar 2001, Solving the cell suppression problem on tabular data with linear
constraints, Management Science 47(7), call the width a protection level.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

#: suppressed cells that sums connect; a larger group is protected sum by sum only
MOST_AUDITED = 2_000
#: people by which a solver's answer may be off
_SLACK = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FinerCells:
    """Parts of cells that a reader tells apart: people of one area whom different sites reach.

    tables : values of the parts, one array per table. shared : parts that are one number in all.
    sums : one row per sum, over the cells of the tables and then the parts.
    """

    tables: list[NDArray[np.float64]]
    sums: sparse.csr_matrix
    shared: NDArray[np.bool_]

    def below(
        self,
        tables: list[NDArray[np.float64]],
        sums: sparse.csr_matrix,
        mask: NDArray[np.bool_],
        shared: NDArray[np.bool_],
    ) -> tuple[list[NDArray[np.float64]], sparse.csr_matrix, NDArray[np.bool_], NDArray[np.bool_]]:
        """The cells of the tables and behind them the parts, all of which are suppressed."""
        count = len(self.shared)
        wide = sparse.hstack([sums, sparse.csr_matrix((sums.shape[0], count))])
        return (
            [np.concatenate(pair) for pair in zip(tables, self.tables, strict=True)],
            sparse.vstack([wide, self.sums]).tocsr(),
            np.append(mask, np.ones(count, bool)),
            np.append(shared, self.shared),
        )


def held_too_narrowly(
    tables: list[NDArray[np.float64]],
    sums: sparse.csr_matrix,
    mask: NDArray[np.bool_],
    *,
    shared: NDArray[np.bool_],
    below: float,
    ordered: Sequence[tuple[int, int]] = (),
    finer: FinerCells | None = None,
) -> NDArray[np.bool_]:
    """Small suppressed cells that the published ones hold to less than `below` people.

    Parameters
    ----------
    tables, sums, below : see `suppression.suppressed_cells`. mask : cells suppressed in all tables.
    shared : cells that are the same number in all tables, as a reader knows.
    ordered : pairs of tables (positions) of one service, of which a reader knows cell by cell which
        is the larger, or that they are equal: from where the sites are and who can reach them.
    finer : parts of the cells, never published and not protected themselves.

    Examples
    --------
    Two suppressed parts are 7 people together, so that each lies between 0 and 7:

    >>> sums = sparse.csr_matrix([[1, 1, 1, -1]])
    >>> held_too_narrowly([np.array([3.0, 4.0, 900.0, 907.0])], sums,
    ...     np.array([True, True, False, False]), shared=np.zeros(4, bool), below=10).tolist()
    [True, True, False, False]

    Of 16 people one part has 7, and 9 of the 16 are left after a plan that helps this part alone:
    it has between 7 and 16.

    >>> two = [np.array([7.0, 9.0, 16.0]), np.array([0.0, 9.0, 9.0])]
    >>> held_too_narrowly(two, sparse.csr_matrix([[1, 1, -1]]), np.array([True, True, False]),
    ...     shared=np.zeros(3, bool), below=10, ordered=[(0, 1)]).tolist()
    [True, True, False]
    """
    narrow = np.zeros(len(mask), bool)
    if finer is not None:
        tables, sums, mask, shared = finer.below(tables, sums, mask, shared)
    count, width = len(tables), len(mask)
    values = np.concatenate(tables)
    column = _unknown_of(tables, shared, ordered)
    blocks = sparse.block_diag([sums] * count, format="coo")
    equal = sparse.csr_matrix((blocks.data, (blocks.row, column[blocks.col])), shape=blocks.shape)
    less = _less_or_equal(tables, mask, column, ordered)
    unknown = np.flatnonzero(np.tile(mask, count) & (column == np.arange(count * width)))
    system, kind = sparse.vstack([equal, less]).tocsr(), np.zeros(equal.shape[0] + less.shape[0])
    kind[equal.shape[0] :] = 1
    for group, rows in _groups(system[:, unknown]):
        if len(group) > MOST_AUDITED:
            continue
        own = unknown[group]
        small = (values[own] > 0) & (values[own] < below) & (own % width < len(narrow))
        if not small.any():
            continue
        matrix = system[rows][:, own]
        limits = matrix[kind[rows] == 0], matrix[kind[rows] == 1]
        for k in map(int, np.flatnonzero(small)):
            if not narrow[own[k] % width] and _width(*limits, values[own], k, below) < below:
                narrow[own[k] % width] = True
    return narrow


def _unknown_of(
    tables: list[NDArray[np.float64]],
    shared: NDArray[np.bool_],
    ordered: Sequence[tuple[int, int]],
) -> NDArray[np.int64]:
    """Of every cell of every table the first cell that is the same number, as a reader knows."""
    count, width = len(tables), len(tables[0])
    cells = np.arange(width)
    same = [(0, j, cells[shared]) for j in range(1, count)]
    same += [(i, j, cells[tables[i] == tables[j]]) for i, j in ordered]
    one = np.concatenate([i * width + c for i, _, c in same] or [cells[:0]])
    other = np.concatenate([j * width + c for _, j, c in same] or [cells[:0]])
    pairs = sparse.csr_matrix((np.ones(len(one)), (one, other)), shape=(count * width,) * 2)
    label = connected_components(pairs, directed=False)[1]
    first = np.full(label.max() + 1, count * width)
    np.minimum.at(first, label, np.arange(count * width))
    return np.asarray(first[label], np.int64)


def _less_or_equal(
    tables: list[NDArray[np.float64]],
    mask: NDArray[np.bool_],
    column: NDArray[np.int64],
    ordered: Sequence[tuple[int, int]],
) -> sparse.csr_matrix:
    """A row of +1, -1 for each suppressed cell that is smaller in one table than in another."""
    width, smaller, larger = len(mask), [], []
    for i, j in ordered:
        at = np.flatnonzero(mask & (tables[i] != tables[j]))
        grows = tables[j][at] > tables[i][at]
        smaller.append(np.where(grows, i, j) * width + at)
        larger.append(np.where(grows, j, i) * width + at)
    low = column[np.concatenate(smaller)] if smaller else column[:0]
    high = column[np.concatenate(larger)] if larger else column[:0]
    row = np.arange(len(low))
    return sparse.csr_matrix(
        (np.repeat([1.0, -1.0], len(low)), (np.tile(row, 2), np.concatenate([low, high]))),
        shape=(len(low), len(column)),
    )


def _groups(system: sparse.csr_matrix) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Unknowns that equations connect, and the positions of their equations."""
    used = np.flatnonzero(np.diff(system.indptr) > 0)
    system = system[used]
    label = connected_components(abs(system).T @ abs(system), directed=False)[1]
    of_row = label[system.indices[system.indptr[:-1]]]
    order = np.argsort(label, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if len(group):
            yield group, used[of_row == label[group[0]]]


def _width(
    equal: sparse.csr_matrix,
    less: sparse.csr_matrix,
    values: NDArray[np.float64],
    k: int,
    enough: float,
) -> float:
    """How far apart the least and the most are that unknown `k` can be; up to `enough` or more."""
    from scipy.optimize import linprog  # loaded where it is used: it takes a while

    if equal.shape[0] == 0:
        return np.inf
    known = equal @ values
    limits = {"A_ub": less, "b_ub": np.zeros(less.shape[0])} if less.shape[0] else {}
    goal = np.zeros(len(values))
    goal[k] = 1.0
    ends = [values[k], values[k]]
    for end, sign in ((1, -1.0), (0, 1.0)):
        found = linprog(
            sign * goal, A_eq=equal, b_eq=known, bounds=(0, None), method="highs", **limits
        )
        if found.status == 3:  # no limit
            return np.inf
        ends[end] = sign * found.fun if found.status == 0 else values[k]
        if ends[1] - ends[0] >= enough - _SLACK:
            return enough
    return ends[1] - ends[0]
