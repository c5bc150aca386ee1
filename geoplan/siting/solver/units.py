"""Units in which HiGHS's absolute tolerances are small beside the numbers of a model.

HiGHS takes a row as kept that is off by 1e-6, and leaves out factors below 1e-9. Where people are
counted in ten thousands, everybody is within the one; where they are counted in billions, no sum is
as exact as the other wants it. Amounts, rows and objectives that stay below one, or go beyond a
million, get a unit of their own. Factors are powers of two, so that no digit changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: numbers up to here need no larger unit
_LARGE = 2.0**20


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Units:
    """A column of HiGHS times its unit is the model's; rows and objective are multiplied.

    column, row : a factor each. cost : of the objective.
    """

    column: np.ndarray
    row: np.ndarray
    cost: float

    @classmethod
    def of(
        cls,
        *,
        cost: np.ndarray,
        upper: np.ndarray,
        integer: np.ndarray,
        limit: np.ndarray,
        factors: tuple[np.ndarray, np.ndarray, np.ndarray],
    ) -> Units:
        """The units of a model.

        Parameters
        ----------
        cost, upper, integer : of every column.
        limit : of every row, its finite bound.
        factors : starts of the rows (and the end of the last), column numbers, factors.
        """
        column = 1.0 / _moderate(np.where(integer, 0.0, upper))
        starts, index, value = factors
        largest = np.zeros(len(starts) - 1)
        row_of = np.repeat(np.arange(len(largest)), np.diff(starts))
        # columns that are held at nothing give a row no size
        np.maximum.at(largest, row_of, np.abs(value) * column[index] * (upper[index] != 0))
        largest = np.where(largest > 0, largest, np.abs(limit))
        top = np.abs(cost * column).max(initial=0.0)
        return cls(column=column, row=_moderate(largest), cost=float(_moderate(np.array([top]))[0]))


def _moderate(size: np.ndarray) -> np.ndarray:
    """Powers of two that bring sizes between 1 and `_LARGE`; 1 for nothing and the infinite."""
    factor = np.ones(len(size))
    small = (size > 0) & (size < 1)
    factor[small] = np.exp2(-np.floor(np.log2(size[small])))
    large = (size > _LARGE) & np.isfinite(size)
    factor[large] = _LARGE * np.exp2(-np.ceil(np.log2(size[large])))
    return factor
