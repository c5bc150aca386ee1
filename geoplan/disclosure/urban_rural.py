"""Suppression where people of town and country are published beside the tables by area.

Town and country are unions of areas: their totals are further sums over the cells of the tables.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geoplan.coverage.equity import urban_or_rural
from geoplan.coverage.ledger import Coverage
from geoplan.disclosure.suppression import suppressed_cells

#: what is published of town and of country, and its position among an area's cells
_PUBLISHED = {"people": 0, "served": 1}
#: rather so many cells of areas are suppressed than the whole table
_OF_TABLE = 50.0


def common_kinds(coverages: list[Coverage]) -> NDArray[np.object_] | None:
    """Town or country per demand row; None where it is not known, or not the same for all."""
    found = [
        urban_or_rural(c.frame["urban"]).to_numpy(object)
        for c in coverages
        if "urban" in c.frame.columns
    ]
    same = len(found) == len(coverages) and all((k == found[0]).all() for k in found)
    return found[0] if same else None


def suppressed_with_urban_rural(
    mask: NDArray[np.bool_],
    cells: list[NDArray[np.float64]],
    sums: sparse.csr_matrix,
    coverages: list[Coverage],
    kinds: NDArray[np.object_],
    *,
    areas: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
    below: float,
) -> NDArray[np.bool_] | None:
    """The cells to suppress where people of town and country are published as they are.

    Parameters
    ----------
    mask : cells suppressed where they are not published; cells, sums : of the tables by area.
    coverages : one per table of `cells`; kinds : of their demand rows.
    areas : the finest area of every demand row as a position, and where each area's cells begin;
        None where no area is published. An area of one kind ties its cells to that kind's sum;
        areas of several kinds hide how much of them is of which, and the sum with them.
    below : numbers above 0 and below this are small.

    Returns
    -------
    bool per cell, or None where town and country must not be published at all.
    """
    count, names = sums.shape[1], list(dict.fromkeys(kinds.tolist()))
    every = [
        np.concatenate([part, *(c.frame.loc[kinds == n, list(_PUBLISHED)].sum() for n in names)])
        for part, c in zip(cells, coverages, strict=True)
    ]
    at = {(n, c): count + 2 * i + k for i, n in enumerate(names) for c, k in _PUBLISHED.items()}
    further: list[tuple[list[int], list[int]]] = []
    for column, cell in _PUBLISHED.items():
        further.append(([cell], [at[name, column] for name in names]))
        for name in names if areas is not None else ():
            assert areas is not None
            of_row, begins = areas
            own = np.unique(of_row[kinds == name])
            if not np.isin(of_row[kinds != name], own).any():
                further.append(([at[name, column]], (begins[own] + cell).tolist()))
    more = sparse.lil_matrix((len(further), count + len(at)))
    for row, (whole, parts) in enumerate(further):
        more[row, parts] = 1.0
        more[row, whole] = -1.0
    wide = sparse.hstack([sums, sparse.csr_matrix((sums.shape[0], len(at)))])
    start = np.append(mask, np.zeros(len(at), bool))
    found = suppressed_cells(
        every,
        sparse.vstack([wide, more]).tocsr(),
        below=below,
        start=start,
        worth=np.append(np.ones(count), np.full(len(at), _OF_TABLE)),
    )
    return None if found[count:].any() else found[:count]


def finest_area(
    coverage: Coverage, level: str, table: pd.DataFrame, start: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The area of every demand row as a position in `table`, and where each area's cells begin."""
    codes = coverage.frame[level].astype("string").fillna("").to_numpy(object)
    return table.index.get_indexer(codes), start + width * np.arange(len(table))
