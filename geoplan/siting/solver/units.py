"""Units in which HiGHS's absolute tolerances are small beside the numbers of a model.

HiGHS takes a row as kept that is off by 1e-6. Where people are counted in ten thousands, 1e-6 of
them is nobody any more only by the planner's unit: amounts, rows and objectives that stay below one
are measured in smaller units. Factors are powers of two, so that no digit changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
        factors: tuple[np.ndarray, np.ndarray, np.ndarray],
    ) -> Units:
        """The units of a model.

        Parameters
        ----------
        cost, upper, integer : of every column.
        factors : starts of the rows (and the end of the last), column numbers, factors.
        """
        small = ~integer & (upper > 0) & (upper < 1)
        column = np.ones(len(cost))
        column[small] = 1.0 / _to_one(upper[small])
        starts, index, value = factors
        largest = np.zeros(len(starts) - 1)
        row_of = np.repeat(np.arange(len(largest)), np.diff(starts))
        np.maximum.at(largest, row_of, np.abs(value) * column[index])
        top = np.abs(cost * column).max(initial=0.0)
        return cls(column=column, row=_to_one(largest), cost=float(_to_one(np.array([top]))[0]))


def _to_one(size: np.ndarray) -> np.ndarray:
    """Powers of two that bring sizes between 0 and 1 to 1 or just above; 1 for all others."""
    factor = np.ones(len(size))
    small = (size > 0) & (size < 1)
    factor[small] = np.exp2(-np.floor(np.log2(size[small])))
    return factor
