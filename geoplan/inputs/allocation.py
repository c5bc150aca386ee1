"""Area totals allocated to the rows inside, in whole people that sum to every area's total.

Dasymetric (weighted areal) allocation: each row gets its area's total in proportion to its weight,
rounded by the largest remainder method (Hamilton's; Balinski & Young, *Fair Representation*, 1982).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.tolerances import WHOLE_PEOPLE


def largest_remainder(shares: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Whole numbers in proportion to `shares` that sum to `total` (Hamilton's method).

    Each gets the whole part of its quota; what is left goes to the largest fractions, the earlier
    of equals first. No shares at all: as even as can be.

    Parameters
    ----------
    shares : >= 0, any scale.
    total : whole number to be allocated, >= 0.

    Examples
    --------
    >>> largest_remainder(np.array([1.0, 1.0, 1.0]), 10).tolist()
    [4, 3, 3]
    """
    shares = np.asarray(shares, np.float64)
    if len(shares) == 0:
        return np.zeros(0, np.int64)
    scale = shares.sum()
    quota = total * (shares / scale if scale > 0 else np.full(len(shares), 1.0 / len(shares)))
    allocated = np.floor(quota + WHOLE_PEOPLE).astype(np.int64)
    left = int(total - allocated.sum())
    order = np.argsort(-(quota - allocated), kind="stable")
    allocated[order[:left]] += 1
    return allocated


def allocate_totals(
    weights: NDArray[np.float64], codes: pd.Series, people: pd.Series
) -> tuple[NDArray[np.int64], dict[str, int], NDArray[np.bool_]]:
    """Allocate every area's people to its rows in proportion to `weights`, in whole people.

    Parameters
    ----------
    weights : >= 0, per row. codes : area code per row (<NA>: none). people : by area code, whole.

    Returns
    -------
    allocated : people per row (0 for rows outside).
    left : area code -> people of areas without any row.
    outside : bool per row: the row belongs to no area of `people`.
    """
    allocated = np.zeros(len(weights), np.int64)
    groups = pd.Series(np.arange(len(weights))).groupby(codes.to_numpy(), sort=False).indices
    left: dict[str, int] = {}
    for code, total in people.items():
        rows = groups.get(code)
        if rows is None or len(rows) == 0:
            left[str(code)] = int(total)
        else:
            allocated[rows] = largest_remainder(weights[rows], int(total))
    outside = ~codes.isin(people.index).to_numpy()
    return allocated, left, outside
