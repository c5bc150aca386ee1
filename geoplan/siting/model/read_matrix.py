"""Reading who reaches whom: costs or cover of any accepted shape as a sparse matrix with labels."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import Faults
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.siting.model.parse import (
    check_unique,
    read_numbers,
    some_of,
)
from geoplan.words.message import Message, called


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReadMatrix:
    """A matrix as read: CSR with sorted columns, its labels, and what is known of its unit.

    labelled : the rows came with labels; otherwise `demand_index` counts positions.
    """

    matrix: sparse.csr_matrix
    demand_index: pd.Index
    site_index: pd.Index
    unit: str = ""
    cutoff: float | None = None
    labelled: bool = False


def _canonical(matrix: sparse.spmatrix, faults: Faults, name: str) -> sparse.csr_matrix:
    """Float CSR with sorted columns, stored zeros kept; pairs stored twice are a fault."""
    coo = matrix.tocoo()
    order = np.lexsort((coo.col, coo.row))
    row, col = coo.row[order], coo.col[order]
    if len(row) > 1:
        twice = (row[1:] == row[:-1]) & (col[1:] == col[:-1])
        if twice.any():
            faults.add(Message("siting_faults.pairs_twice", name=name, count=int(twice.sum())))
    indptr = np.zeros(coo.shape[0] + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=coo.shape[0]), out=indptr[1:])
    return _csr(coo.data[order].astype(np.float64), col, indptr, coo.shape)


def _csr(data: np.ndarray, col: np.ndarray, indptr: np.ndarray, shape: tuple) -> sparse.csr_matrix:
    small = np.int32 if len(data) < 2**31 else np.int64
    return sparse.csr_matrix((data, col.astype(small), indptr.astype(small)), shape=shape)


def _dense_to_csr(dense: np.ndarray) -> sparse.csr_matrix:
    finite = np.isfinite(dense)
    indptr = np.zeros(dense.shape[0] + 1, np.int64)
    np.cumsum(finite.sum(axis=1), out=indptr[1:])
    return _csr(dense[finite], np.nonzero(finite)[1], indptr, dense.shape)


def read_costs(costs: Any, unit: str | None, faults: Faults) -> ReadMatrix:
    """Costs in any of the accepted shapes as CSR; a stored entry is a reachable pair."""
    known_unit, cutoff = unit or "", None
    if unit not in (None, "", "m", "min"):
        faults.add(Message("siting_faults.unit_of_two", unit=unit))
    if isinstance(costs, TravelCosts):
        demand_index, site_index = costs.demand_index, costs.site_index
        if unit and unit != costs.unit:
            faults.add(Message("siting_faults.unit_differs", unit=unit, unit2=costs.unit))
        known_unit, cutoff = costs.unit, costs.cutoff
        matrix = costs.matrix
        if not isinstance(matrix, sparse.csr_matrix) or not matrix.has_canonical_format:
            matrix = _canonical(matrix, faults, "costs")
    elif sparse.issparse(costs):
        matrix = _canonical(costs, faults, "costs")
        demand_index, site_index = _positions(matrix.shape)
    else:
        dense = read_numbers(costs, "costs", faults)
        if dense is None or dense.ndim != 2:
            if dense is not None:
                faults.add(Message("siting_faults.costs_dimensions", ndim=dense.ndim))
            faults.raise_all()
        assert dense is not None
        if np.isneginf(dense).any():
            faults.add(Message("siting_faults.costs_minus_inf"))
        matrix = _dense_to_csr(dense)
        demand_index, site_index = _positions(dense.shape)
        if isinstance(costs, pd.DataFrame):
            demand_index, site_index = costs.index, costs.columns
    matrix = _drop_not_finite(matrix)
    check_unique(demand_index, "demand", faults)
    check_unique(site_index, "site", faults)
    negative = matrix.data < 0
    if negative.any():
        row = int(np.searchsorted(matrix.indptr, np.argmax(negative), side="right") - 1)
        column = int(matrix.indices[np.argmax(negative)])
        faults.add(
            Message(
                "siting_faults.costs_below",
                count=int(negative.sum()),
                some=some_of(demand_index[[row]]),
                some2=some_of(site_index[[column]]),
            )
        )
    return ReadMatrix(
        matrix=matrix,
        demand_index=demand_index,
        site_index=site_index,
        unit=known_unit,
        cutoff=cutoff,
        labelled=isinstance(costs, (TravelCosts, pd.DataFrame)),
    )


def _positions(shape: tuple[int, int]) -> tuple[pd.Index, pd.Index]:
    return pd.RangeIndex(shape[0]), pd.RangeIndex(shape[1])


def _drop_not_finite(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    finite = np.isfinite(matrix.data) | np.isneginf(matrix.data)
    if finite.all():
        return matrix
    before = np.concatenate([[0], np.cumsum(finite)])
    return _csr(matrix.data[finite], matrix.indices[finite], before[matrix.indptr], matrix.shape)


def read_cover(
    cover: Any,
    demand_index: Sequence[Hashable] | pd.Index | None,
    site_index: Sequence[Hashable] | pd.Index | None,
    faults: Faults,
) -> ReadMatrix:
    """Who covers whom as CSR of bool; false and zero entries are not stored."""
    if sparse.issparse(cover):
        coo = cover.tocoo()
        yes = np.asarray(coo.data).astype(bool)
        row, col, shape = coo.row[yes], coo.col[yes], coo.shape
    else:
        dense = np.asarray(cover)
        if dense.ndim != 2:
            faults.add(Message("siting_faults.cover_dimensions", ndim=dense.ndim))
            faults.raise_all()
        if dense.dtype.kind == "f" and np.isnan(dense).any():
            faults.add(Message("siting_faults.cover_nan"))
        elif dense.dtype.kind not in "biuf":
            faults.add(Message("siting_faults.cover_type", dtype=dense.dtype))
        row, col = np.nonzero(dense.astype(bool) if dense.dtype.kind in "biuf" else dense == 0)
        shape = dense.shape
    matrix = sparse.csr_matrix((np.ones(len(row), bool), (row, col)), shape=shape)
    matrix.sum_duplicates()
    rows, columns = _positions(shape)
    if isinstance(cover, pd.DataFrame):
        rows, columns = cover.index, cover.columns
    for given, side, length in (
        (demand_index, "demand_index", shape[0]),
        (site_index, "site_index", shape[1]),
    ):
        if given is not None and len(given) != length:
            faults.add(
                Message(
                    "siting_faults.side_labels", side=called(side), count=len(given), length=length
                )
            )
        elif given is not None and side == "demand_index":
            rows = pd.Index(given)
        elif given is not None:
            columns = pd.Index(given)
    check_unique(rows, "demand", faults)
    check_unique(columns, "site", faults)
    labelled = isinstance(cover, pd.DataFrame) or demand_index is not None
    return ReadMatrix(matrix=matrix, demand_index=rows, site_index=columns, labelled=labelled)


def row_labels(read: ReadMatrix, weights: Any) -> pd.Index:
    """Labels of the demand rows: the matrix's own, or those of a Series of weights beside it.

    A bare matrix has positions only. When none of the Series' labels could be a position, its
    order must be that of the rows, and its labels are theirs; a Series that mixes both is left to
    be reported as a fault, because its order may be another one.
    """
    if isinstance(weights, Mapping):
        weights = pd.Series(weights, dtype=object)
    if read.labelled or not isinstance(weights, pd.Series):
        return read.demand_index
    index = weights.index
    if len(index) != len(read.demand_index) or not index.is_unique:
        return read.demand_index
    return read.demand_index if index.isin(read.demand_index).any() else index


def within(costs: sparse.csr_matrix, threshold: float | None) -> sparse.csr_matrix:
    """Who covers whom: CSR of bool over the stored pairs with ``cost <= threshold``."""
    keep = np.ones(costs.nnz, bool) if threshold is None else costs.data <= threshold
    # by hand: scipy's comparisons lose stored zeros, and a zero cost is the best cover of all
    before = np.concatenate([[0], np.cumsum(keep)])
    indptr = before[costs.indptr]
    small = np.int32 if before[-1] < 2**31 else np.int64
    return sparse.csr_matrix(
        (np.ones(int(before[-1]), bool), costs.indices[keep].astype(small), indptr.astype(small)),
        shape=costs.shape,
    )
