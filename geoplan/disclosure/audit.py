"""Whether published numbers hold a suppressed one too narrowly: the attack of linear programming.

Where all numbers are people, none is below 0; together with the published sums that holds every
suppressed number between two values. A plan adds: who is served today is served after it, and where
no new site reaches, nothing changes. So the sums of today and of after the plan together hold a
number to less than either does. Numbers that are held too narrowly need further suppression.
(Fischetti and Salazar 2001, Solving the cell suppression problem on tabular data with linear
constraints, Management Science 47(7), call the width a protection level; the cheapest pair of
answers as a choice of cells: Kelly, Golden and Assad 1992, Cell suppression, Networks 22.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoplan.disclosure.two_answers import TwoAnswers, two_answers

#: unknowns near a number within which two answers are looked for first: few are quickly solved,
#: and what is free within them is free in all
_FEW = 60
#: as many are enough to choose well which of them stay suppressed
_MANY = 1_500
#: times as many unknowns in the next wider look
_TIMES = 4
#: more are not looked at together: a number that they hold counts as held too narrowly
_MOST = 30_000


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


class Audit:
    """What a reader knows of the cells of several tables, whichever of them are suppressed.

    Parameters
    ----------
    tables, sums, below : see `suppression.suppressed_cells`.
    shared : cells that are the same number in all tables, as a reader knows.
    ordered : pairs of tables (positions) of one service, of which a reader knows cell by cell which
        is the larger, or that they are equal: from where the sites are and who can reach them.
    finer : parts of the cells, never published and not protected themselves.

    Examples
    --------
    Two suppressed parts are 7 people together, so that each lies between 0 and 7:

    >>> sums = sparse.csr_matrix([[1, 1, 1, -1]])
    >>> audit = Audit([np.array([3.0, 4.0, 900.0, 907.0])], sums, below=10)
    >>> audit.narrow(np.array([True, True, False, False])).tolist()
    [True, True, False, False]

    Of 16 people one part has 7, and 9 of the 16 are left after a plan that helps this part alone:
    it has between 7 and 16.

    >>> two = [np.array([7.0, 9.0, 16.0]), np.array([0.0, 9.0, 9.0])]
    >>> audit = Audit(two, sparse.csr_matrix([[1, 1, -1]]), below=10, ordered=[(0, 1)])
    >>> audit.narrow(np.array([True, True, False])).tolist()
    [True, True, False]
    """

    def __init__(
        self,
        tables: list[NDArray[np.float64]],
        sums: sparse.csr_matrix,
        *,
        below: float,
        shared: NDArray[np.bool_] | None = None,
        ordered: Sequence[tuple[int, int]] = (),
        finer: FinerCells | None = None,
    ) -> None:
        self._cells, self._below = sums.shape[1], below
        mask = np.ones(self._cells, bool)
        same = np.zeros(self._cells, bool) if shared is None else shared
        if finer is not None:
            tables, sums, mask, same = finer.below(tables, sums, mask, same)
        count, self._width = len(tables), len(mask)
        self._values = np.concatenate(tables)
        column = _unknown_of(tables, same, ordered)
        blocks = sparse.block_diag([sums] * count, format="coo")
        equal = sparse.csr_matrix(
            (blocks.data, (blocks.row, column[blocks.col])), shape=blocks.shape
        )
        less = _less_or_equal(tables, mask, column, ordered)
        self._system = sparse.vstack([equal, less]).tocsr()
        self._is_less = np.arange(self._system.shape[0]) >= equal.shape[0]
        self._first = np.flatnonzero(column == np.arange(count * self._width))
        self._proved: set[int] = set()

    def narrow(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Small suppressed cells that the published ones hold to less than `below` people.

        mask : cells suppressed in all tables. What was free enough in a smaller mask stays so.
        """
        found = np.zeros(self._cells, bool)
        unknown, small = self._unknown(mask)
        near = _Near(self._system[:, unknown], self._values[unknown])
        for k in small:
            cell = int(unknown[k] % self._width)
            if found[cell] or unknown[k] in self._proved:
                continue
            free = self._free(near, unknown, k, None, _FEW)
            if free is None:
                found[cell] = True
            else:
                self._proved.update(unknown[free.far].tolist())
        return found

    def fewest(
        self, mask: NDArray[np.bool_], keep: NDArray[np.bool_], worth: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """As little of `mask` as leaves every small cell its room, what is worth most published.

        keep : cells of `mask` that stay suppressed. worth : of publishing each cell. Every other
        cell that stays differs between two answers, so that no sums determine it.
        """
        for turn in (1, -1) if (mask & ~keep).any() else ():
            unknown, small = self._unknown(mask)
            near, kept = _Near(self._system[:, unknown], self._values[unknown]), keep.copy()
            cell = unknown % self._width
            costs = np.append(worth, np.zeros(self._width - self._cells))[cell]
            done = np.zeros(len(unknown), bool)
            for k in small[::turn]:
                if done[k]:
                    continue
                costs[kept[np.minimum(cell, self._cells - 1)] | (cell >= self._cells)] = 0.0
                free = self._free(near, unknown, k, costs, _MANY)
                if free is None:  # nothing can be published that is not
                    return mask
                done[free.far] = True
                used = cell[free.differ]
                kept[used[used < self._cells]] = True
            mask = kept & mask
        return mask

    def _unknown(self, mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Unknown numbers, and the positions among them of those that are small cells."""
        cell = self._first % self._width
        finer = cell >= self._cells
        hidden = finer | mask[np.minimum(cell, self._cells - 1)]
        unknown = self._first[hidden]
        value = self._values[unknown]
        small = (value > 0) & (value < self._below) & ~finer[hidden]
        return unknown, np.flatnonzero(small)

    def _free(
        self,
        near: _Near,
        unknown: NDArray[np.int64],
        k: int,
        costs: NDArray[np.float64] | None,
        enough: int,
    ) -> TwoAnswers | None:
        """Two answers far enough apart in `k`, as positions in `unknown`; None: there are none."""
        for group, rows in near.growing(k, enough):
            if len(group) > _MOST:
                return None
            matrix, less = near.system[rows][:, group], self._is_less[rows]
            found = two_answers(
                matrix[~less],
                matrix[less],
                self._values[unknown[group]],
                int(np.searchsorted(group, k)),
                apart=self._below,
                costs=None if costs is None else costs[group],
            )
            if found is not None:
                return TwoAnswers(differ=group[found.differ], far=group[found.far])
        return None


class _Near:
    """Unknowns that equations connect, from one of them outwards."""

    def __init__(self, system: sparse.csr_matrix, values: NDArray[np.float64]) -> None:
        self.system = system
        self._columns = system.tocsc()
        # those that few sums hold first, and of these the large ones, which may be fewer
        order = np.lexsort((-values, np.diff(self._columns.indptr)))
        self._place = np.empty(len(values), np.int64)
        self._place[order] = np.arange(len(values))

    def growing(self, k: int, enough: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Ever more unknowns around `k`, from `enough` of them on, and the rows they stand in."""
        group = np.array([k])
        told = 0
        while True:
            rows = np.unique(self._columns[:, group].indices)
            wider = np.unique(self.system[rows].indices) if len(rows) else group
            whole = len(wider) == len(group)
            if whole or (len(group) >= enough and len(group) >= 2 * told):
                told = len(group)
                yield group.astype(np.int64), rows.astype(np.int64)
            if whole:
                return
            most = _TIMES * max(len(group), enough)
            if len(wider) > most:
                new = np.setdiff1d(wider, group)
                new = new[np.argsort(self._place[new])][: most - len(group)]
                wider = np.union1d(group, new)
            group = wider


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
