"""`SitingProblem`: the data of one siting problem, checked whole and kept sparse."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.cost_queries import reach_limit
from geoplan.errors import SitingError
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.siting.model.parse import (
    SiteData,
    problem_faults,
    read_labels,
    read_site_data,
    read_threshold,
    read_weights,
)
from geoplan.siting.model.read_matrix import read_costs, read_cover, row_labels, within
from geoplan.validate import check_keywords, takes
from geoplan.words.display import completes, facts_html
from geoplan.words.message import Message

Labels = Iterable[Hashable]


#: what a problem is stated by, from travel costs and from a cover alike (see `takes`)
_KINDS = {
    "weights": "by_label",
    "fixed": "labels?",
    "forbidden": "labels?",
    "closable": "labels?",
    "conflicts": "pairs",
    "areas": "by_label?",
    "site_areas": "by_label?",
    "site_costs": "values?",
    "capacities": "values?",
}


@completes(
    "capacities",
    "costs",
    "cover",
    "demand_index",
    "fixed",
    "forbidden",
    "n_demand",
    "n_sites",
    "site_costs",
    "site_index",
    "threshold",
    "total",
    "unit",
    "weights",
)
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SitingProblem:
    """Demand, candidate and existing sites, who reaches whom, and the constraints on choosing.

    Make one with `from_costs` or `from_cover`; both check everything and list all faults.

    Parameters
    ----------
    demand_index, site_index : labels of rows and columns.
    weights : people per demand row, float64.
    cover : CSR of bool, demand x sites; a stored entry means that the site covers the row.
    costs : CSR of float64, demand x sites, every reachable pair (zero included), or None.
    unit : ``"m"``, ``"min"`` or ``""`` when not known.
    threshold : the largest cost that still covers (``cost <= threshold``, but for rounding of
        sums); None: any reachable pair.
    full_within : with gradual coverage: full up to here, then falling in a straight line to
        nothing at `threshold`. None: covered is covered.
    fixed : positions of sites that stay whatever happens, in the caller's order.
    closable : positions of existing sites that may be closed; keeping one costs nothing.
    forbidden : positions of sites that may not be chosen.
    site_costs : money per site, or None. Fixed and closable sites are paid for already.
    capacities : people a site can take, ``inf`` = no limit; or None.
    areas, site_areas : area code per demand row and per site (object arrays), or None.
    conflicts : position pairs (k, 2) of sites that may not both be chosen.

    Examples
    --------
    >>> problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7], fixed=[0])
    >>> problem.total, problem.n_sites, problem.is_fixed.tolist()
    (18.0, 3, [True, False, False])
    """

    demand_index: pd.Index
    site_index: pd.Index
    weights: np.ndarray
    cover: sparse.csr_matrix
    costs: sparse.csr_matrix | None = None
    unit: str = ""
    threshold: float | None = None
    full_within: float | None = None
    fixed: np.ndarray
    closable: np.ndarray
    forbidden: np.ndarray
    site_costs: np.ndarray | None = None
    capacities: np.ndarray | None = None
    areas: np.ndarray | None = None
    site_areas: np.ndarray | None = None
    conflicts: np.ndarray

    @classmethod
    @takes(**_KINDS)
    def from_costs(
        cls,
        costs: TravelCosts | pd.DataFrame | np.ndarray | sparse.spmatrix,
        weights: Sequence[float] | np.ndarray | pd.Series,
        *,
        threshold: float | None = None,
        full_within: float | None = None,
        unit: str | None = None,
        **sites: Unpack[SiteData],
    ) -> SitingProblem:
        """A problem from travel costs.

        Parameters
        ----------
        costs : `TravelCosts`; a DataFrame, demand x sites; a 2-D array; or a scipy sparse matrix
            whose stored entries are the reachable pairs. ``inf`` and ``NaN``: out of reach.
        weights : people per demand row, in the rows' order; or a Series, matched *by label*. Beside
            a matrix without labels, a Series' labels become those of the rows.
        threshold : a pair is covered when ``cost <= threshold``; in the unit of `costs`. None: any
            reachable pair is covered (p-median and p-center need no threshold).
        full_within : see the class: gradual coverage between `full_within` and `threshold`.
        fixed, closable, forbidden : labels of sites.
        site_costs, capacities : one number for all sites, a sequence in the sites' order, or a
            Series or mapping by label.
        areas, site_areas : area code of every demand row and every site (None or NaN = no area).
        conflicts : pairs of site labels that may not both be chosen (a least distance apart).
        unit : ``"m"`` or ``"min"``, for arrays; `TravelCosts` knows its own.

        Returns
        -------
        SitingProblem

        Raises
        ------
        SitingError
            Listing everything that is wrong.

        Examples
        --------
        >>> import numpy as np
        >>> costs = np.array([[100.0, np.inf], [900.0, 300.0], [np.inf, 0.0]])
        >>> SitingProblem.from_costs(costs, [10, 20, 30], threshold=500, unit="m")
        SitingProblem(3 demand rows with 60 people, 2 sites (0 fixed), 3 covering pairs, <= 500 m)
        """
        check_keywords("SitingProblem.from_costs", sites, SiteData)
        faults = problem_faults()
        read = read_costs(costs, unit, faults)
        limit = read_threshold(threshold, "threshold", read.cutoff, read.unit, faults)
        full = read_threshold(full_within, "full_within", None, read.unit, faults)
        if full_within is not None and threshold is None:
            faults.add(Message("siting_faults.full_threshold"))
        elif full is not None and limit is not None and full >= limit:
            faults.add(Message("siting_faults.full_below", full=full, limit=limit))
        rows = row_labels(read, weights)
        people = read_weights(weights, rows, faults)
        data = read_site_data(sites, rows, read.site_index, faults)
        faults.raise_all()
        return cls(
            demand_index=rows,
            site_index=read.site_index,
            weights=people,
            cover=within(read.matrix, None if limit is None else reach_limit(limit)),
            costs=read.matrix,
            unit=read.unit,
            threshold=limit,
            full_within=full,
            **data,
        )

    @classmethod
    @takes(**_KINDS, demand_index="list?", site_index="list?")
    def from_cover(
        cls,
        cover: sparse.spmatrix | pd.DataFrame | np.ndarray,
        weights: Sequence[float] | np.ndarray | pd.Series,
        *,
        demand_index: Sequence[Hashable] | pd.Index | None = None,
        site_index: Sequence[Hashable] | pd.Index | None = None,
        **sites: Unpack[SiteData],
    ) -> SitingProblem:
        """A problem from who covers whom.

        Parameters
        ----------
        cover : bool, demand x sites: a DataFrame, a 2-D array or a scipy sparse matrix.
        weights : people per demand row, in the rows' order; or a Series, matched *by label*.
        demand_index, site_index : labels, where `cover` is no DataFrame; default positions.
        fixed, closable, forbidden : labels of sites.
        site_costs, capacities : as in `from_costs`.
        areas, site_areas : area code of every demand row and every site (None or NaN = no area).
        conflicts : pairs of site labels that may not both be chosen.

        Returns
        -------
        SitingProblem
            Without travel costs: good for max_coverage and min_sites, not for p_median.

        Raises
        ------
        SitingError
            Listing everything that is wrong.

        Examples
        --------
        >>> import numpy as np
        >>> SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
        SitingProblem(3 demand rows with 18 people, 3 sites (0 fixed), 3 covering pairs)
        """
        check_keywords("SitingProblem.from_cover", sites, SiteData)
        faults = problem_faults()
        read = read_cover(cover, demand_index, site_index, faults)
        rows = row_labels(read, weights)
        people = read_weights(weights, rows, faults)
        data = read_site_data(sites, rows, read.site_index, faults)
        faults.raise_all()
        return cls(
            demand_index=rows,
            site_index=read.site_index,
            weights=people,
            cover=read.matrix,
            **data,
        )

    @property
    def n_demand(self) -> int:
        """Number of demand rows."""
        return len(self.demand_index)

    @property
    def n_sites(self) -> int:
        """Number of sites, fixed and forbidden ones included."""
        return len(self.site_index)

    @property
    def total(self) -> float:
        """All people."""
        return float(self.weights.sum())

    @property
    def is_fixed(self) -> np.ndarray:
        """Bool per site: stays whatever happens."""
        return self.is_open(self.fixed)

    @property
    def is_allowed(self) -> np.ndarray:
        """Bool per site: not forbidden (fixed sites included)."""
        return ~self.is_open(self.forbidden)

    def is_open(self, chosen: np.ndarray) -> np.ndarray:
        """Bool per site: whether it is one of the chosen ones.

        Parameters
        ----------
        chosen : positions of sites.

        Returns
        -------
        ndarray of bool, one per site.

        Examples
        --------
        >>> SitingProblem.from_cover([[True, True, False]], [1]).is_open([1]).tolist()
        [False, True, False]
        """
        mask = np.zeros(self.n_sites, bool)
        mask[chosen] = True
        return mask

    def in_reach(self, cost: np.ndarray) -> np.ndarray:
        """Bool per cost: whether it covers, as for the stored pairs of `cover`.

        Parameters
        ----------
        cost : travel costs in the problem's unit.

        Returns
        -------
        ndarray of bool, one per cost.

        Examples
        --------
        >>> near = SitingProblem.from_costs([[400.0]], [1], threshold=500, unit="m")
        >>> near.in_reach(np.array([500.0, 501.0])).tolist()
        [True, False]
        """
        if self.threshold is None:
            return np.ones(len(cost), bool)
        return cost <= reach_limit(self.threshold)

    def needs_costs(self, objective: str) -> sparse.csr_matrix:
        """The costs, or an error that says why `objective` cannot do without them."""
        if self.costs is None:
            raise SitingError.of("call_faults.needs_travel_costs", objective=objective)
        return self.costs

    def in_order(self, chosen: np.ndarray) -> list[Any]:
        """Labels of the sites at positions `chosen`: fixed first in their order, then ascending."""
        rest = np.flatnonzero(self.is_open(chosen) & ~self.is_fixed)
        order = np.concatenate([self.fixed, rest]).astype(np.int64)
        return list(self.site_index.to_numpy(dtype=object)[order])

    def positions(self, labels: Labels) -> np.ndarray:
        """Positions of site labels; unknown ones raise."""
        faults = problem_faults()
        found = read_labels(labels, "sites", self.site_index, faults)
        faults.raise_all()
        return found

    def _repr_html_(self) -> str:
        limit = "" if self.threshold is None else f"{self.threshold:g} {self.unit}".rstrip()
        return facts_html(
            "SitingProblem",
            [
                ("demand rows", f"{self.n_demand:,}"),
                ("people", f"{self.total:,.0f}"),
                ("sites", f"{self.n_sites:,}"),
                ("fixed", f"{len(self.fixed):,}"),
                ("forbidden", f"{len(self.forbidden):,}"),
                ("covering pairs", f"{self.cover.nnz:,}"),
                ("threshold", limit),
            ],
        )

    def __repr__(self) -> str:
        limit = "" if self.threshold is None else f", <= {self.threshold:g} {self.unit}".rstrip()
        return (
            f"SitingProblem({self.n_demand} demand rows with {self.total:,.0f} people, "
            f"{self.n_sites} sites ({len(self.fixed)} fixed), {self.cover.nnz} covering pairs"
            f"{limit})"
        )
