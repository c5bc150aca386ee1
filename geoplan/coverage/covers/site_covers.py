"""`SiteCovers`: who reaches which site, existing or possible; the ledger of any choice of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.ledger import Ledger
from geoplan.coverage.transportation import assign_people
from geoplan.errors import UsageError
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.tolerances import SERVED_SHARE


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SiteCovers:
    """Who reaches which site: what counts any choice of open sites as a run would.

    Parameters
    ----------
    rows : labels of the demand rows with people, in the ledger's order.
    people : float64 per row.
    fixed : per row the state that no site changes (``"off_network"``, ``"unlocated"``), or ``""``.
    sites : existing sites in service, then candidates; index = id (str), columns ``name``,
        ``candidate`` and ``planned`` (bool), ``on_network`` (bool), ``capacity`` (NaN = not known,
        inf = no limit), ``money`` (NaN = no price), ``geometry`` (the study's CRS).
    cover : bool, rows x sites: the site is within the threshold.
    zone : int64 per row; rows of one zone have a path to the same sites. -1 where `fixed` says why
        there is none.
    leads : bool, zones x sites: a path leads there, however long.
    served_zone, serves : the same by public transport: rows that have service to the same sites,
        and to which; None where streets alone decide.
    limited : capacity limits whom a site serves.
    neighbours : pairs of rows (positions), the nearest first, that may be in one gap.
    order : positions of all rows; among equals gaps begin with the row that comes first in it.
    gap : per row the rank of the gap that it is in today, 0 for none.
    extent_m : largest diagonal of a gap.
    within : level whose areas no gap crosses, or None.
    levels : levels that name a gap.
    offered : candidates there were before they were thinned.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> covers = example_study().run().services["meal_station"].covers
    >>> covers.ledger(["M1"]).served, covers.ledger([]).served
    (150.0, 0.0)
    >>> covers.ledger(["M1", *covers.sites.index[covers.sites["planned"]]]).served
    230.0
    """

    rows: pd.Index
    people: np.ndarray
    fixed: np.ndarray
    sites: gpd.GeoDataFrame
    cover: sparse.csc_matrix
    zone: np.ndarray
    leads: sparse.csc_matrix
    limited: bool
    neighbours: np.ndarray
    order: np.ndarray
    gap: np.ndarray
    extent_m: float
    within: str | None
    levels: tuple[str, ...]
    offered: int
    served_zone: np.ndarray | None = None
    serves: sparse.csc_matrix | None = None

    @property
    def existing(self) -> pd.Index:
        """Ids of the sites in service today."""
        return self.sites.index[~self.sites["candidate"].to_numpy(bool)]

    def ledger(self, open_sites: Iterable[str]) -> Ledger:
        """The six numbers with these sites open and no others, as a run would count them.

        Raises
        ------
        UsageError
            Ids that are neither a site nor a candidate.
        """
        chosen = list(dict.fromkeys(map(str, open_sites)))
        at = self.sites.index.get_indexer(pd.Index(chosen, dtype=object))
        if (at < 0).any():
            lost = [site for site, k in zip(chosen, at, strict=True) if k < 0][:5]
            raise UsageError.of("call_faults.neither_sites", names=", ".join(lost))
        state = self._states(np.sort(at))
        sums = {name: float(self.people[state == name].sum()) for name in np.unique(state)}
        if self.limited:
            served = self._served(np.sort(at), state == "served")
            sums |= {"served": served, "full": sums.get("served", 0.0) - served}
        return Ledger(**sums)

    def thinned(self, limit: int) -> SiteCovers:
        """The same with at most so many candidates, the suggested ones among them.

        Those stay that reach most people, one for every row that a candidate reaches first.
        """
        new = np.flatnonzero(self.sites["candidate"].to_numpy(bool))
        cover = self.cover[:, new].astype(float)
        reached = np.asarray(cover.T @ self.people).ravel()
        strongest = np.argsort(-reached, kind="stable")
        ordered = cover[:, strongest].tocsr()
        ordered.sort_indices()
        rows = np.flatnonzero(np.diff(ordered.indptr))
        needed = np.zeros(len(new), bool)
        needed[strongest[ordered.indices[ordered.indptr[rows]]]] = True
        planned = self.sites["planned"].to_numpy(bool)[new]
        order = np.lexsort((-reached, ~needed, ~planned))
        kept = np.sort(order[: max(limit, int(planned.sum()))])
        take = np.concatenate([np.arange(len(self.existing)), new[kept]])
        return replace(
            self,
            sites=self.sites.iloc[take],
            cover=self.cover[:, take],
            leads=self.leads[:, take],
            serves=None if self.serves is None else self.serves[:, take],
        )

    def _states(self, at: np.ndarray) -> np.ndarray:
        near = np.asarray(self.cover[:, at].sum(axis=1)).ravel() > 0
        zone, leads = self.zone, self.leads
        if self.served_zone is not None and self.serves is not None:
            zone, leads = self.served_zone, self.serves
        path = np.asarray(leads[:, at].sum(axis=1)).ravel() > 0
        joined = self.fixed == ""
        state = self.fixed.copy()
        state[joined] = np.where(path[zone[joined]], "beyond", "cut_off")
        # without any site nobody is cut off from one
        if not self.sites["on_network"].to_numpy(bool)[at].any():
            state[joined] = "beyond"
        state[joined & near] = "served"
        return state

    def _served(self, at: np.ndarray, inside: np.ndarray) -> float:
        """The most people within reach that the open sites have room for."""
        matrix = sparse.csr_matrix(self.cover[:, at], dtype=float)
        index = pd.RangeIndex(len(self.people))
        costs = TravelCosts(
            matrix=matrix, demand_index=index, site_index=self.sites.index[at], unit="m", method=""
        )
        people = pd.Series(np.where(inside, self.people, 0.0), index)
        placed = assign_people(
            costs, people, self.sites["capacity"].iloc[at].astype(float), threshold=1.0
        )
        by_row = placed.groupby("demand")["people"].sum().reindex(index, fill_value=0.0)
        short = self.people - by_row.to_numpy(float) > SERVED_SHARE * self.people
        return float(np.where(short, by_row, self.people)[inside].sum())

    def __repr__(self) -> str:
        new = int(self.sites["candidate"].sum())
        return (
            f"SiteCovers({len(self.rows):,} rows, {len(self.sites) - new:,} sites, "
            f"{new:,} candidates)"
        )
