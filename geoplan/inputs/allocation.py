"""Area totals allocated to the rows inside, in whole people that sum to every area's total.

Dasymetric (weighted areal) allocation: each row gets its area's total in proportion to its weight,
rounded by the largest remainder method (Hamilton's; Balinski & Young, *Fair Representation*, 1982).
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
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


def spread_evenly(shares: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Whole numbers in proportion to `shares` that sum to `total`, in every neighbourhood too.

    Systematic rounding: the running total of the quotas is rounded, each gets what it grew by.
    Every one gets its quota rounded up or down, and every run of neighbours its people to
    within one. By the largest remainder a suburb of cells with 0.4 people takes the people of
    a hundred villages with 0.2 each; that method is for areas, this one for thousands of cells.

    Parameters
    ----------
    shares : >= 0, any scale, in an order in which neighbours stand together (a Hilbert curve).
    total : whole number to be allocated, >= 0.

    Examples
    --------
    >>> spread_evenly(np.array([0.4, 0.2, 0.4, 0.4, 0.2, 0.4]), 2).tolist()
    [0, 1, 0, 0, 1, 0]
    """
    shares = np.asarray(shares, np.float64)
    if len(shares) == 0:
        return np.zeros(0, np.int64)
    scale = shares.sum()
    even = np.arange(1, len(shares) + 1) / len(shares)
    running = total * (np.cumsum(shares) / scale if scale > 0 else even)
    rounded = np.floor(running + 0.5 + WHOLE_PEOPLE)
    rounded[-1] = total
    return np.diff(np.minimum(rounded, total), prepend=0.0).astype(np.int64)


def location_order(points: gpd.GeoSeries) -> NDArray[np.int64]:
    """Positions of points along a Hilbert curve; those without a location last, as they stand."""
    there = np.flatnonzero(points.notna().to_numpy() & ~points.is_empty.to_numpy())
    rest = np.setdiff1d(np.arange(len(points)), there)
    if len(there) == 0:
        return rest
    along = points.iloc[there].hilbert_distance().to_numpy()
    return np.concatenate([there[np.argsort(along, kind="stable")], rest]).astype(np.int64)


def whole_in_areas(
    people: NDArray[np.float64], areas: Sequence[NDArray[np.object_]], order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Whole people per row: the total rounded once, shared among areas, then within each.

    The total of all is their people to the nearest whole one; every area's is its own, rounded
    down or up by the largest remainder so that the areas sum to the one above; within an area
    `spread_evenly` along `order`.

    Parameters
    ----------
    people : >= 0, per row.
    areas : code per row and level, the coarsest level first; None or <NA> is an area of its own.
    order : positions of the rows along a curve on which neighbours stand together.
    """
    total = round(float(people.sum()))
    whole = np.zeros(len(people), np.int64)
    groups: list[tuple[NDArray[np.int64], int]] = [(order, total)]
    for codes in areas:
        finer: list[tuple[NDArray[np.int64], int]] = []
        for rows, sum_here in groups:
            which, _ = pd.factorize(codes[rows], use_na_sentinel=False)
            sums = np.bincount(which, weights=people[rows]).astype(np.float64)
            by_which = np.argsort(which, kind="stable")
            parts = np.split(by_which, np.cumsum(np.bincount(which))[:-1])
            shares = largest_remainder(sums, sum_here)
            finer += [(rows[p], int(n)) for p, n in zip(parts, shares, strict=True)]
        groups = finer
    for rows, sum_here in groups:
        whole[rows] = spread_evenly(people[rows], sum_here)
    return whole


def allocate_totals(
    weights: NDArray[np.float64],
    codes: pd.Series,
    people: pd.Series,
    order: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], dict[str, int], NDArray[np.bool_]]:
    """Allocate every area's people to its rows in proportion to `weights`, in whole people.

    Parameters
    ----------
    weights : >= 0, per row. codes : area code per row (<NA>: none). people : by area code, whole.
    order : positions of the rows along a curve on which neighbours stand together: then within
        each area by `spread_evenly`; None = by the largest remainder.

    Returns
    -------
    allocated : people per row (0 for rows outside).
    left : area code -> people of areas without any row.
    outside : bool per row: the row belongs to no area of `people`.
    """
    allocated = np.zeros(len(weights), np.int64)
    at = np.arange(len(weights)) if order is None else order
    found = pd.Series(at).groupby(codes.to_numpy()[at], sort=False).indices
    groups = {code: at[positions] for code, positions in found.items()}
    share = largest_remainder if order is None else spread_evenly
    left: dict[str, int] = {}
    for code, total in people.items():
        rows = groups.get(code)
        if rows is None or len(rows) == 0:
            left[str(code)] = int(total)
        else:
            allocated[rows] = share(weights[rows], int(total))
    outside = ~codes.isin(people.index).to_numpy()
    return allocated, left, outside
