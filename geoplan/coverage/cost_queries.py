"""Queries of travel costs: nearest site, pairs within a threshold, several costs side by side.

Costs are sparse: a pair that is not stored is out of reach, a stored 0 is a pair like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import UsageError
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.tolerances import THRESHOLD_COST
from geoplan.validate import raise_faults
from geoplan.words.message import Message


def nearest_by_row(matrix: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest stored entry of every row.

    Parameters
    ----------
    matrix : CSR, shape (rows, columns); an explicit zero is an entry like any other.

    Returns
    -------
    column : int64 per row, -1 when the row stores nothing; ties go to the smallest column.
    cost : float64 per row, NaN when the row stores nothing.

    Examples
    --------
    >>> costs = sparse.csr_matrix(([5.0, 0.0], ([0, 0], [0, 1])), shape=(2, 2))
    >>> nearest_by_row(costs)
    (array([ 1, -1]), array([ 0., nan]))
    """
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, matrix.data, rows))
    first = np.ones(len(order), dtype=bool)
    first[1:] = rows[order][1:] != rows[order][:-1]
    best = order[first]
    column = np.full(matrix.shape[0], -1, dtype=np.int64)
    cost = np.full(matrix.shape[0], np.nan)
    column[rows[best]] = matrix.indices[best]
    cost[rows[best]] = matrix.data[best]
    return column, cost


def reach_limit(threshold: float) -> float:
    """The largest cost that is within a threshold: the threshold, and what sums may round up to.

    Reach, assignment with capacities, tiers, catchments and siting all go by it, so that nobody is
    in reach of a site whom it could not serve.

    Examples
    --------
    >>> 1000.0000005 <= reach_limit(1000.0), 1000.00001 <= reach_limit(1000.0)
    (True, False)
    """
    return threshold + THRESHOLD_COST * (1.0 + threshold)


def pairs_within(costs: TravelCosts, threshold: float) -> sparse.csr_matrix:
    """The pairs of `costs` that cost at most `threshold`, explicit zeros kept."""
    coo = costs.matrix.tocoo()
    keep = coo.data <= reach_limit(threshold)
    kept = sparse.coo_matrix((coo.data[keep], (coo.row[keep], coo.col[keep])), shape=coo.shape)
    return kept.tocsr()


def nearest_from_costs(costs: TravelCosts, sites: Sequence[Any] | None = None) -> pd.DataFrame:
    """The nearest site within bounded costs, in the shape that `nearest_site` gives.

    Parameters
    ----------
    costs : demand x sites.
    sites : only these site labels count (for example those that a plan has chosen); None = all.

    Returns
    -------
    DataFrame on the demand labels: ``site``, ``cost`` (in `costs.unit`), ``reason`` (``""``,
    ``"beyond"``, or the state of a demand label that is not on the network).

    Raises
    ------
    UsageError
        Labels in `sites` that the costs do not know.

    Examples
    --------
    >>> costs = TravelCosts(
    ...     matrix=sparse.csr_matrix(([9.0, 4.0], ([0, 0], [0, 1])), shape=(2, 2)),
    ...     demand_index=pd.Index(["a", "b"]), site_index=pd.Index(["s", "t"]),
    ...     unit="min", method="by hand")
    >>> nearest_from_costs(costs)["site"].iloc[0]
    't'
    >>> nearest_from_costs(costs, ["s"])["cost"].tolist()
    [9.0, nan]
    >>> nearest_from_costs(costs)["reason"].tolist()
    ['', 'beyond']
    """
    matrix, index = costs.matrix.tocsr(), costs.site_index
    if sites is not None:
        columns = index.get_indexer(pd.Index(list(sites), dtype=index.dtype))
        if (columns < 0).any():
            lost = [s for s, c in zip(sites, columns, strict=True) if c < 0][:5]
            raise UsageError.of("call_faults.sites_without_costs", sites=lost)
        columns = np.sort(columns)
        matrix, index = matrix[:, columns], index.take(columns)
    column, cost = nearest_by_row(matrix)
    site = np.full(len(column), pd.NA, dtype=object)
    site[column >= 0] = index.to_numpy(object)[column[column >= 0]]
    reason = np.where(column >= 0, "", "beyond").astype(object)
    if costs.demand_state is not None:
        state = costs.demand_state.reindex(costs.demand_index).fillna("").to_numpy(object)
        reason = np.where((column < 0) & (state != ""), state, reason)
    return pd.DataFrame({"site": site, "cost": cost, "reason": reason}, index=costs.demand_index)


def stack_costs(*parts: TravelCosts) -> TravelCosts:
    """Costs to several sets of sites side by side.

    Parameters
    ----------
    parts : costs from the same demand labels, in the same order and unit; not changed.

    Returns
    -------
    TravelCosts
        Demand x all sites, in the order given. Its cutoff is the least of the parts' (None where
        one has none): what all parts have looked for.

    Raises
    ------
    UsageError
        Different demand labels or units, or site labels that occur twice.

    Examples
    --------
    >>> def costs(site, metres):
    ...     return TravelCosts(
    ...         matrix=sparse.csr_matrix([[metres]]), demand_index=pd.Index(["a"]),
    ...         site_index=pd.Index([site]), unit="m", method="by hand")
    >>> both = stack_costs(costs("old", 700.0), costs("new", 200.0))
    >>> both.site_index.tolist(), both.matrix.toarray().tolist()
    (['old', 'new'], [[700.0, 200.0]])
    """
    first = parts[0]
    faults = []
    if any(not part.demand_index.equals(first.demand_index) for part in parts[1:]):
        faults.append(Message("coverage_faults.demand_differs"))
    if len({part.unit for part in parts}) > 1:
        faults.append(Message("coverage_faults.units_differ"))
    index = first.site_index
    for part in parts[1:]:
        index = index.append(part.site_index)
    if not index.is_unique:
        faults.append(
            Message(
                "coverage_faults.site_labels_twice", some=index[index.duplicated()][:5].tolist()
            )
        )
    raise_faults("costs cannot be put side by side", faults)
    cutoffs = [part.cutoff for part in parts]
    return TravelCosts(
        matrix=sparse.hstack([part.matrix for part in parts], format="csr"),
        demand_index=first.demand_index,
        site_index=index,
        unit=first.unit,
        method=first.method,
        cutoff=None if None in cutoffs else min(c for c in cutoffs if c is not None),
        demand_state=first.demand_state,
    )
