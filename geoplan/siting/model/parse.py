"""Reading what a caller hands to `SitingProblem`: labels, numbers, matrices, and their faults."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import Faults, SitingError
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.words.message import first_few, plain_label

_SHOWN = 8


def problem_faults() -> Faults:
    """A collector of what is wrong with a siting problem or with what is asked of it."""
    return Faults(SitingError, "siting_faults.problem", join="\n  - ")


def listed(labels: Iterable[Any]) -> str:
    """The first few labels, and how many more there are."""
    return str(first_few(labels, most=_SHOWN))


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


def share_told(share: float) -> str:
    """A share that can be reached, cut after six digits: what is told must be possible."""
    return f"{np.floor(share * 1e6 + 1e-7) / 1e6:.6g}"


def sites_told(count: int) -> str:
    """A number of sites in words."""
    return f"{count} site" if count == 1 else f"{count} sites"


def _check_unique(index: pd.Index, side: str, faults: Faults) -> None:
    if not index.is_unique:
        twice = index[index.duplicated()].unique()
        faults.add(f"{side} labels more than once: {listed(twice)}")


def _canonical(matrix: sparse.spmatrix, faults: Faults, name: str) -> sparse.csr_matrix:
    """Float CSR with sorted columns, stored zeros kept; pairs stored twice are a fault."""
    coo = matrix.tocoo()
    order = np.lexsort((coo.col, coo.row))
    row, col = coo.row[order], coo.col[order]
    if len(row) > 1:
        twice = (row[1:] == row[:-1]) & (col[1:] == col[:-1])
        if twice.any():
            faults.add(f"{name}: {int(twice.sum())} pairs are stored more than once")
    indptr = np.zeros(coo.shape[0] + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=coo.shape[0]), out=indptr[1:])
    return _csr(coo.data[order].astype(np.float64), col, indptr, coo.shape)


def _csr(data: np.ndarray, col: np.ndarray, indptr: np.ndarray, shape: tuple) -> sparse.csr_matrix:
    small = np.int32 if len(data) < 2**31 else np.int64
    return sparse.csr_matrix((data, col.astype(small), indptr.astype(small)), shape=shape)


def _numbers(values: Any, name: str, faults: Faults) -> np.ndarray | None:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        faults.add(f"{name} must be numbers")
        return None


def _dense_to_csr(dense: np.ndarray) -> sparse.csr_matrix:
    finite = np.isfinite(dense)
    indptr = np.zeros(dense.shape[0] + 1, np.int64)
    np.cumsum(finite.sum(axis=1), out=indptr[1:])
    return _csr(dense[finite], np.nonzero(finite)[1], indptr, dense.shape)


def read_costs(costs: Any, unit: str | None, faults: Faults) -> ReadMatrix:
    """Costs in any of the accepted shapes as CSR; a stored entry is a reachable pair."""
    known_unit, cutoff = unit or "", None
    if unit not in (None, "", "m", "min"):
        faults.add(f"unit must be 'm' or 'min', not {unit!r}")
    if isinstance(costs, TravelCosts):
        demand_index, site_index = costs.demand_index, costs.site_index
        if unit and unit != costs.unit:
            faults.add(f"unit is {unit!r}, but the travel costs are in {costs.unit!r}")
        known_unit, cutoff = costs.unit, costs.cutoff
        matrix = costs.matrix
        if not isinstance(matrix, sparse.csr_matrix) or not matrix.has_canonical_format:
            matrix = _canonical(matrix, faults, "costs")
    elif sparse.issparse(costs):
        matrix = _canonical(costs, faults, "costs")
        demand_index, site_index = _positions(matrix.shape)
    else:
        dense = _numbers(costs, "costs", faults)
        if dense is None or dense.ndim != 2:
            if dense is not None:
                faults.add(f"costs must have two dimensions, demand x sites, not {dense.ndim}")
            faults.raise_all()
        assert dense is not None
        if np.isneginf(dense).any():
            faults.add("costs below 0: -inf; use inf or NaN for out of reach")
        matrix = _dense_to_csr(dense)
        demand_index, site_index = _positions(dense.shape)
        if isinstance(costs, pd.DataFrame):
            demand_index, site_index = costs.index, costs.columns
    matrix = _drop_not_finite(matrix)
    _check_unique(demand_index, "demand", faults)
    _check_unique(site_index, "site", faults)
    negative = matrix.data < 0
    if negative.any():
        row = int(np.searchsorted(matrix.indptr, np.argmax(negative), side="right") - 1)
        column = int(matrix.indices[np.argmax(negative)])
        faults.add(
            f"{int(negative.sum())} costs are below 0, the first from demand "
            f"{listed(demand_index[[row]])} to site {listed(site_index[[column]])}; "
            "use inf or NaN for out of reach"
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
            faults.add(f"cover must have two dimensions, demand x sites, not {dense.ndim}")
            faults.raise_all()
        if dense.dtype.kind == "f" and np.isnan(dense).any():
            faults.add("cover holds NaN: it must be true or false")
        elif dense.dtype.kind not in "biuf":
            faults.add(f"cover must be true or false, not of type {dense.dtype}")
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
            faults.add(f"{side} has {len(given)} labels, the matrix {length}")
        elif given is not None and side == "demand_index":
            rows = pd.Index(given)
        elif given is not None:
            columns = pd.Index(given)
    _check_unique(rows, "demand", faults)
    _check_unique(columns, "site", faults)
    labelled = isinstance(cover, pd.DataFrame) or demand_index is not None
    return ReadMatrix(matrix=matrix, demand_index=rows, site_index=columns, labelled=labelled)


def row_labels(read: ReadMatrix, weights: Any) -> pd.Index:
    """Labels of the demand rows: the matrix's own, or those of a Series of weights beside it.

    A bare matrix has positions only. When none of the Series' labels could be a position, its
    order must be that of the rows, and its labels are theirs; a Series that mixes both is left to
    be told as a fault, because its order may be another one.
    """
    if isinstance(weights, Mapping):
        weights = pd.Series(weights, dtype=object)
    if read.labelled or not isinstance(weights, pd.Series):
        return read.demand_index
    index = weights.index
    if len(index) != len(read.demand_index) or not index.is_unique:
        return read.demand_index
    return read.demand_index if index.isin(read.demand_index).any() else index


def read_threshold(
    value: Any, name: str, cutoff: float | None, unit: str, faults: Faults
) -> float | None:
    """A threshold that makes sense in the unit of the costs."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real):
        faults.add(f"{name} must be a number in the unit of the costs, not {value!r}")
        return None
    number = float(value)
    if not np.isfinite(number):
        faults.add(f"{name} must be a finite number, not {number}; leave it out for no limit")
    elif number <= 0:
        faults.add(f"{name} must be above 0, not {number:g}")
    elif cutoff is not None and number > cutoff:
        faults.add(
            f"{name} is {number:g} {unit}, but the travel costs were only looked for up to "
            f"{cutoff:g} {unit}, so pairs are missing: measure them again with a larger cutoff, or "
            f"check the unit of {name}"
        )
    else:
        return number
    return None


def read_weights(weights: Any, index: pd.Index, faults: Faults) -> np.ndarray:
    """People per demand row: a Series by label, anything else by position."""
    if isinstance(weights, pd.DataFrame):
        faults.add("weights must be one column, not a DataFrame: pick the column that counts")
        return np.zeros(len(index))
    people = _aligned(weights, "weights", index, "demand", faults)
    if people is None:
        return np.zeros(len(index))
    for wrong, what in (
        (np.isnan(people), "NaN"),
        (np.isinf(people), "not finite"),
        (people < 0, "below 0"),
    ):
        if wrong.any():
            faults.add(f"weights are {what} at demand {listed(index[wrong])}")
    return people


def _aligned(
    values: Any, name: str, index: pd.Index, side: str, faults: Faults
) -> np.ndarray | None:
    """Numbers in the order of `index`; labels must be the same set, in any order."""
    if isinstance(values, Mapping):
        values = pd.Series(values, dtype=object)
    if isinstance(values, pd.Series):
        return _by_label(values, name, index, side, faults)
    if isinstance(values, (str, bytes)):
        faults.add(f"{name} must be numbers")
        return None
    numbers = _numbers(list(values) if not hasattr(values, "__array__") else values, name, faults)
    if numbers is None:
        return None
    if numbers.shape != (len(index),):
        faults.add(
            f"{name} has the shape {numbers.shape}, but there are {len(index)} {side} labels"
        )
        return None
    return numbers.copy()


def _by_label(
    values: pd.Series, name: str, index: pd.Index, side: str, faults: Faults
) -> np.ndarray | None:
    twice = values.index[values.index.duplicated()].unique()
    if len(twice):
        faults.add(f"{name} has {side} labels more than once: {listed(twice)}")
        return None
    missing = index.difference(values.index, sort=False)
    unknown = values.index.difference(index, sort=False)
    if len(missing):
        faults.add(f"{name} has no value for {len(missing)} {side} labels: {listed(missing)}")
    if len(unknown):
        faults.add(
            f"{name} has {len(unknown)} labels that are not {side} labels: {listed(unknown)}"
            + _hint(values.index, index)
        )
    if len(missing) or len(unknown) or not index.is_unique:
        return None
    return _numbers(values.reindex(index).to_numpy(), name, faults)


def _hint(given: pd.Index, known: pd.Index) -> str:
    """Why labels that look alike may not match."""
    if set(given.map(str)) & set(known.map(str)):
        return f" (labels are {given.inferred_type} here and {known.inferred_type} there)"
    return f" (they look like {plain_label(known[0])!r})" if len(known) else ""


def values_by_label(
    values: Any, name: str, index: pd.Index, faults: Faults, *, infinite: bool = False
) -> np.ndarray | None:
    """One number per site, 0 or more: given once for all, in order, or by label."""
    if values is None:
        return None
    if isinstance(values, Real) and not isinstance(values, bool):
        numbers: np.ndarray | None = np.full(len(index), float(values))
    else:
        numbers = _aligned(values, name, index, "site", faults)
    if numbers is None:
        return None
    for wrong, what in (
        (np.isnan(numbers), "NaN"),
        (np.isinf(numbers) & (not infinite), "not finite"),
        (numbers < 0, "below 0"),
    ):
        if np.any(wrong):
            faults.add(f"{name} are {what} at site {listed(index[wrong])}")
    return numbers


def codes_by_label(values: Any, name: str, index: pd.Index, faults: Faults) -> np.ndarray | None:
    """An area code per label; None where there is none."""
    if values is None:
        return None
    if isinstance(values, Mapping):
        values = pd.Series(values, dtype=object)
    if isinstance(values, pd.Series):
        if not values.index.is_unique:
            faults.add(f"{name} has labels more than once")
            return None
        missing = index.difference(values.index, sort=False)
        if len(missing):
            faults.add(f"{name} has no code for {len(missing)} labels: {listed(missing)}")
            return None
        values = values.reindex(index).to_numpy(dtype=object)
    codes = np.empty(len(values), dtype=object)
    codes[:] = [None if pd.isna(code) else code for code in values]
    if len(codes) != len(index):
        faults.add(f"{name} has {len(codes)} codes, but there are {len(index)} labels")
        return None
    return codes


def read_labels(labels: Any, name: str, index: pd.Index, faults: Faults) -> np.ndarray:
    """Positions of labels; unknown and repeated ones are faults."""
    if labels is None:
        return np.empty(0, np.int64)
    if isinstance(labels, (str, bytes)):
        labels = [labels]
    if isinstance(labels, (np.ndarray, pd.Series)) and labels.dtype == bool:
        faults.add(f"{name} must hold site labels, not a mask of true and false")
        return np.empty(0, np.int64)
    wanted = list(labels)
    if not wanted or not index.is_unique:
        return np.empty(0, np.int64)
    known = {label: i for i, label in enumerate(index)}
    unknown = [label for label in wanted if label not in known]
    if unknown:
        hint = _hint(pd.Index(unknown), index)
        faults.add(f"{name}: not among the sites: {listed(unknown)}{hint}")
    found = [known[label] for label in wanted if label in known]
    if len(set(found)) < len(found):
        twice = sorted({i for i in found if found.count(i) > 1})
        faults.add(f"{name}: more than once: {listed(index[twice])}")
        found = list(dict.fromkeys(found))
    return np.array(found, np.int64)


def read_pairs(pairs: Any, index: pd.Index, faults: Faults) -> np.ndarray:
    """Pairs of site labels as positions (k, 2), first below second, each once."""
    every = [tuple(pair) for pair in pairs]
    if any(len(pair) != 2 for pair in every):
        faults.add("conflicts must be pairs of site labels")
        return np.empty((0, 2), np.int64)
    if not every:
        return np.empty((0, 2), np.int64)
    names = list(dict.fromkeys(label for pair in every for label in pair))
    known = {label: i for i, label in enumerate(index)}
    unknown = [label for label in names if label not in known]
    if unknown:
        faults.add(f"conflicts: not among the sites: {listed(unknown)}")
        return np.empty((0, 2), np.int64)
    if any(a == b for a, b in every):
        faults.add("conflicts: a site cannot conflict with itself")
        return np.empty((0, 2), np.int64)
    found = np.sort(np.array([[known[a], known[b]] for a, b in every], np.int64), axis=1)
    return np.unique(found, axis=0)
