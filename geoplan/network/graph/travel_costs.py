"""`TravelCosts`: sparse costs between demand and sites, labelled on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import UsageError
from geoplan.words.display import facts_html

#: why a demand row reaches no site (or none within the cutoff)
REASONS = ("", "cut_off", "beyond", "off_network", "unlocated")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TravelCosts:
    """Costs from each demand row to each site within a cutoff.

    A pair that is not stored is out of reach; a stored entry, zero included, is reachable.
    Never read absence as a large number.

    Parameters
    ----------
    matrix : CSR, shape (demand, sites), float64, in `unit`. Explicit zeros are kept.
    demand_index, site_index : labels of rows and columns, unique, in the caller's order.
    unit : ``"m"`` or ``"min"``.
    method : how the costs were measured, for example ``"network:walk"``.
    cutoff : largest cost that was looked for, in `unit`; None = none.
    demand_state, site_state : per label ``""`` (on the network), ``"off_network"`` (farther than
        `max_snap_m` from any edge) or ``"unlocated"`` (no geometry).

    Examples
    --------
    >>> costs = TravelCosts(
    ...     matrix=sparse.csr_matrix(([0.0, 250.0], ([0, 1], [0, 0])), shape=(3, 1)),
    ...     demand_index=pd.Index(["a", "b", "c"]), site_index=pd.Index(["s"]),
    ...     unit="m", method="by hand",
    ... )
    >>> costs
    TravelCosts(3 demand x 1 sites, 2 reachable pairs, unit 'm', by hand)
    """

    matrix: sparse.csr_matrix
    demand_index: pd.Index
    site_index: pd.Index
    unit: str
    method: str
    cutoff: float | None = None
    demand_state: pd.Series | None = None
    site_state: pd.Series | None = None

    def __post_init__(self) -> None:
        if self.matrix.shape != (len(self.demand_index), len(self.site_index)):
            raise UsageError.of(
                "call_faults.matrix_labels",
                rows=self.matrix.shape[0],
                columns=self.matrix.shape[1],
                demand=len(self.demand_index),
                sites=len(self.site_index),
            )
        if self.unit not in ("m", "min"):
            raise UsageError.of("call_faults.no_unit_of_two", value=self.unit)

    def __repr__(self) -> str:
        rows, columns = self.matrix.shape
        return (
            f"TravelCosts({rows} demand x {columns} sites, {self.matrix.nnz} reachable pairs, "
            f"unit {self.unit!r}, {self.method})"
        )

    def _repr_html_(self) -> str:
        cutoff = "" if self.cutoff is None else f"{self.cutoff:g} {self.unit}"
        return facts_html(
            "TravelCosts",
            [
                ("demand rows", f"{len(self.demand_index):,}"),
                ("sites", f"{len(self.site_index):,}"),
                ("reachable pairs", f"{self.matrix.nnz:,}"),
                ("unit", self.unit),
                ("cutoff", cutoff),
                ("measured", self.method),
            ],
        )

    def to_frame(self) -> pd.DataFrame:
        """Long table, one row per reachable pair.

        Returns
        -------
        DataFrame with the columns ``demand``, ``site`` (labels) and ``cost`` (in `unit`).

        Examples
        --------
        >>> costs = TravelCosts(
        ...     matrix=sparse.csr_matrix(([0.0], ([0], [0])), shape=(2, 1)),
        ...     demand_index=pd.Index(["a", "b"]), site_index=pd.Index(["s"]),
        ...     unit="m", method="by hand",
        ... )
        >>> costs.to_frame().values.tolist()  # at the door, and no way from b
        [['a', 's', 0.0]]
        """
        coo = self.matrix.tocoo()
        return pd.DataFrame(
            {
                "demand": self.demand_index.take(coo.row),
                "site": self.site_index.take(coo.col),
                "cost": coo.data,
            }
        )

    def to_dense(self) -> pd.DataFrame:
        """Demand x sites with NaN for pairs out of reach. For small cases: it is dense.

        Returns
        -------
        DataFrame with index = demand, columns = sites, in `unit`.

        Examples
        --------
        >>> costs = TravelCosts(
        ...     matrix=sparse.csr_matrix(([0.0], ([0], [0])), shape=(2, 1)),
        ...     demand_index=pd.Index(["a", "b"]), site_index=pd.Index(["s"]),
        ...     unit="m", method="by hand",
        ... )
        >>> costs.to_dense()["s"].tolist()
        [0.0, nan]
        """
        dense = np.full(self.matrix.shape, np.nan)
        coo = self.matrix.tocoo()
        dense[coo.row, coo.col] = coo.data
        return pd.DataFrame(dense, index=self.demand_index, columns=self.site_index)
