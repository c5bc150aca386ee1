"""Two answers to what a reader knows that are far apart in one number, as a linear program.

Both satisfy every equation and inequality, so that a reader cannot tell which one is true. What
they have in common may be published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.tolerances import SAME_ANSWER

#: unknowns; among more an answer above the true one is looked for first, which takes half as long
_CHOSEN = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class TwoAnswers:
    """Positions of unknowns that `differ` from the true one in either, and that are `far` apart."""

    differ: NDArray[np.int64]
    far: NDArray[np.int64]


def two_answers(
    equal: sparse.csr_matrix,
    less: sparse.csr_matrix,
    values: NDArray[np.float64],
    k: int,
    *,
    apart: float,
    costs: NDArray[np.float64] | None = None,
) -> TwoAnswers | None:
    """Two answers which are `apart` in unknown `k`; None where no two are that far apart.

    Parameters
    ----------
    equal : rows whose sums are known. less : rows whose sums are 0 or less.
    values : the true answer, 0 or more each.
    costs : of each unknown, per person by which an answer differs from the true one; the cheapest
        pair is taken. None: any pair.

    Examples
    --------
    3 of 53 may be 13, since the other part may be 40; of 7 people nobody may be ten more or less.

    >>> equal, less = sparse.csr_matrix([[1.0, 1.0]]), sparse.csr_matrix((0, 2))
    >>> two_answers(equal, less, np.array([3.0, 50.0]), 0, apart=10).differ.tolist()
    [0, 1]
    >>> two_answers(equal, less, np.array([3.0, 4.0]), 0, apart=10) is None
    True
    """
    if costs is None or len(values) > _CHOSEN:
        up = _answers(equal, less, values, k, apart, costs, both=False)
        if up is not None:
            return up
    return _answers(equal, less, values, k, apart, costs, both=True)


def _answers(
    equal: sparse.csr_matrix,
    less: sparse.csr_matrix,
    values: NDArray[np.float64],
    k: int,
    apart: float,
    costs: NDArray[np.float64] | None,
    *,
    both: bool,
) -> TwoAnswers | None:
    """One answer above the true one, or `both` of two; each as what is more and what is less."""
    from scipy.optimize import linprog  # loaded where it is used: it takes a while

    n, turns = len(values), 2 if both else 1
    cost = np.tile(np.zeros(n) if costs is None else costs, 2 * turns)
    change = sparse.block_diag([sparse.hstack([equal, -equal])] * turns).tocsr()
    order = sparse.block_diag([sparse.hstack([less, -less])] * turns).tocsr()
    room = np.tile(-(less @ values), turns)
    low, high = np.zeros(2 * n * turns), np.full(2 * n * turns, np.inf)
    for turn in range(turns):
        high[(2 * turn + 1) * n : (2 * turn + 2) * n] = values
    if both:
        wide = sparse.csr_matrix(
            ([-1.0, 1.0, 1.0, -1.0], ([0] * 4, [k, n + k, 2 * n + k, 3 * n + k])),
            shape=(1, 4 * n),
        )
        order, room = sparse.vstack([order, wide]).tocsr(), np.append(room, -apart)
    else:
        low[k], high[n + k] = apart, 0.0
    found = linprog(
        cost,
        A_ub=order if order.shape[0] else None,
        b_ub=room if order.shape[0] else None,
        A_eq=change if change.shape[0] else None,
        b_eq=np.zeros(change.shape[0]) if change.shape[0] else None,
        bounds=np.column_stack([low, high]),
        method="highs",
    )
    if found.status != 0:
        return None
    parts = found.x.reshape(turns, 2, n)
    more = parts[:, 0] - parts[:, 1]
    differ = np.flatnonzero((np.abs(more) > SAME_ANSWER).any(axis=0))
    between = np.abs(more[0] - more[1] if both else more[0])
    return TwoAnswers(differ=differ, far=np.flatnonzero(between >= apart - SAME_ANSWER))
