"""The question of a whole service whose sites are full: people may change to a new site.

Who is served today may go to a new site and leave the place to somebody else. So the question is
about all people whom that can concern, the full sites stand in it with their places, and everybody
is assigned anew. Who has a place at a site with room, or at one that nobody else asks for, is left
out: new sites change nothing there (`geoplan.siting.constrained.capacity_part`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.site_costs import pairs_within
from geoplan.network import TravelCosts
from geoplan.results import ServiceResult
from geoplan.siting import SitingProblem
from geoplan.siting.constrained.capacity_part import shortage_part
from geoplan.siting.model.build_result import is_whole
from geoplan.study.assess.assess_service import costs_within, open_sites
from geoplan.study.read.context import Context


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reassignment:
    """The question with everybody free to change.

    problem : people whom new sites concern x the full sites (fixed) and the candidates.
    settled : people served elsewhere, whatever opens; part of every value and bound.
    """

    problem: SitingProblem
    settled: float

    @property
    def places(self) -> float:
        """Places at the full sites."""
        assert self.problem.capacities is not None
        return float(self.problem.capacities[self.problem.fixed].sum())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CapacityShortage:
    """Where a service lacks places today.

    rows : demand rows of people without a place, and of those who could leave them theirs.
    people : all people of each row. reach : rows x full sites, as ones. places : of each full site,
    by label. settled : people served elsewhere. whole : all people are whole numbers.
    """

    rows: gpd.GeoDataFrame
    people: pd.Series
    reach: sparse.csr_matrix
    places: pd.Series
    settled: float
    whole: bool

    def moving(
        self, costs: TravelCosts, *, threshold: float, capacity: float | None, rules: Mapping
    ) -> Reassignment:
        """The question for the candidates of `costs`.

        Parameters
        ----------
        costs : the rows x candidates. capacity : of each new site; None = no limit.
        rules : options of `SitingProblem` on candidates alone: ``site_costs`` (Series),
            ``site_areas`` (array), ``conflicts``.
        """
        old, new = self.places.index, costs.site_index
        stated: dict[str, Any] = dict(rules)
        if "site_costs" in stated:  # the old ones are paid for
            stated["site_costs"] = [*np.zeros(len(old)), *stated["site_costs"]]
        if "site_areas" in stated:  # and count in no area's need of new ones
            stated["site_areas"] = [*[None] * len(old), *stated["site_areas"]]
        room = capacity_in_people(capacity, whole=self.whole)
        problem = SitingProblem.from_cover(
            sparse.hstack([self.reach, reach_within(costs, threshold)], format="csr"),
            self.people.to_numpy(float),
            demand_index=self.rows.index,
            site_index=[*old, *new],
            fixed=old,
            **stated | {"capacities": [*self.places, *np.full(len(new), room)]},
        )
        return Reassignment(problem=problem, settled=self.settled)


def capacity_shortage(context: Context, assessed: ServiceResult) -> CapacityShortage | None:
    """Where capacity is short today; None where no site turns anybody away."""
    coverage, standard = assessed.coverage, assessed.standard
    assert coverage is not None
    assert assessed.facilities is not None
    ledger = coverage.ledger
    # sums of people who are no whole numbers may be off by their rounding
    if not standard.capacity_limits or not ledger.full > 1e-8 * ledger.served:
        return None
    frame = coverage.frame
    placed = frame[frame.geometry.notna() & (frame["off_network"] == 0) & (frame["people"] > 0)]
    people = placed["people"].astype(float)
    whole = is_whole(people.to_numpy())
    sites = open_sites(assessed.facilities)
    places = sites["capacity"].astype(float).map(lambda p: capacity_in_people(p, whole=whole))
    assert standard.threshold is not None
    reach = reach_within(costs_within(context, placed, sites, standard), standard.threshold)
    part = shortage_part(
        SitingProblem.from_cover(
            reach,
            people.to_numpy(),
            site_index=sites.index,
            fixed=sites.index,
            capacities=places.to_numpy(),
        )
    )
    if not part.rows.any():
        return None
    concerned = part.rows | (np.diff(reach.indptr) == 0)
    reach = reach[concerned]
    full = np.flatnonzero(np.diff(reach.tocsc().indptr))
    return CapacityShortage(
        rows=placed[concerned],
        people=people[concerned],
        reach=reach[:, full],
        places=places.iloc[full],
        settled=part.served_outside,
        whole=whole,
    )


def capacity_in_people(capacity: float | None, *, whole: bool) -> float:
    """People that a site takes, as the ledger counts them; not known: no limit."""
    if capacity is None or np.isnan(capacity):
        return np.inf
    return float(np.floor(capacity + 1e-9)) if whole else float(capacity)


def reach_within(costs: TravelCosts, threshold: float) -> sparse.csr_matrix:
    """Who reaches which site, as the ledger's assignment has it (a zero cost is reach)."""
    near = pairs_within(costs, threshold)
    return sparse.csr_matrix((np.ones(near.nnz, bool), near.indices, near.indptr), shape=near.shape)
