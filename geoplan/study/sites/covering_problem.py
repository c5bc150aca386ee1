"""The siting problem of one service: people not served yet, candidates, constraints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.cost_queries import pairs_within
from geoplan.errors import GeoplanError
from geoplan.network import TravelCosts
from geoplan.results import ServiceResult
from geoplan.siting import SitingProblem
from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.conditional.reassignment import (
    CapacityShortage,
    capacity_in_people,
    capacity_shortage,
)
from geoplan.siting.conditional.thinning import strongest_per_area, thin_by_cost
from geoplan.siting.model.counting import is_whole
from geoplan.study.assess.assess_service import costs_within, open_sites
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.area_shares import area_shares, areas_of, refuse_capacities
from geoplan.study.sites.candidates import (
    distance_constraints,
    offered_sites,
)
from geoplan.tolerances import MISSING_PEOPLE, SERVED_ROUNDING

#: people who a new site could serve; those off the network or without a location cannot be
REACHABLE = ("full", "beyond", "cut_off")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyProblem:
    """The siting problem of one service of a study.

    siting : its section of the study.
    candidates : the points that are left after thinning, by label.
    conditional : the problem in numbers.
    """

    siting: SitingSection
    candidates: gpd.GeoDataFrame
    conditional: ConditionalProblem


def state_problem(context: Context, assessed: ServiceResult, siting: SitingSection) -> StudyProblem:
    """The siting problem of one service, from its coverage today."""
    coverage, standard = assessed.coverage, assessed.standard
    assert coverage is not None
    assert standard.threshold is not None
    rows, people = unserved_people(assessed)
    concerned = people
    shortage = shortage_today(context, assessed)
    if shortage is not None:
        located = located_people(coverage.frame)
        rows, concerned = located[shortage.rows], shortage.people
        people = _at_rows(context, assessed.key, people, rows.index)
    capacitated = siting.one_capacity is not None and standard.capacity_limits
    refuse_capacities(context, assessed, siting, limited=capacitated or shortage is not None)
    offer = offered_sites(context, assessed, siting, rows)
    candidates, codes, site_costs, needs = offer.points, offer.codes, offer.site_costs, offer.needs
    costs = costs_within(context, rows, candidates, standard)
    weights = concerned.to_numpy(float)
    cover = cover_of(costs)
    shares = area_shares(context, assessed, siting, rows, cover)
    thinned = thin_by_cost(
        cover,
        weights,
        None if site_costs is None else site_costs.to_numpy(float),
        limit=siting.max_candidates,
        alike=not capacitated and siting.min_distance_m == 0,
        kept=strongest_per_area(cover, weights, codes, needs),
    )
    most = siting.sites or len(thinned.kept)
    if siting.budget is not None and site_costs is not None and len(site_costs):
        most = int(siting.budget // float(site_costs.min()))
    unthinned = unconstrained = reassignment = None
    if thinned.bound_loss(most) > 0 or (capacitated and len(thinned.loss)):
        worth = columns_of(costs, thinned.worth)
        unthinned = SitingProblem.from_costs(worth, concerned, threshold=standard.threshold)
    if len(thinned.loss) and (capacitated or siting.min_distance_m > 0 or needs or shares):
        priced = {} if site_costs is None else {"site_costs": site_costs}
        unconstrained = _over_all_candidates(
            costs, people, shortage, threshold=standard.threshold, **priced
        )
    kept = columns_of(costs, thinned.kept)
    candidates_kept = candidates.iloc[thinned.kept]
    options: dict[str, Any] = distance_constraints(candidates_kept, siting)
    if site_costs is not None:
        options["site_costs"] = site_costs.loc[candidates_kept.index]
    if codes is not None:
        options["site_areas"] = codes[thinned.kept]
    if shares is not None:
        options["areas"] = areas_of(rows, shares.level)
    if shortage is not None:
        reassignment = shortage.reassignment(
            reach_within(kept, standard.threshold),
            kept.site_index,
            capacity=siting.one_capacity,
            **options,
        )
    if capacitated:
        whole = is_whole(people.to_numpy(float))
        options["capacities"] = capacity_in_people(siting.one_capacity, whole=whole)
    problem = SitingProblem.from_costs(kept, people, threshold=standard.threshold, **options)
    conditional = ConditionalProblem(
        objective=_objective(siting),
        problem=problem,
        served=coverage.ledger.served,
        turned_away=coverage.ledger.full,
        total=coverage.ledger.total,
        sites=siting.sites,
        budget=siting.budget,
        share=siting.share,
        capacity=siting.one_capacity,
        min_sites_per_area=needs,
        area_shares=shares,
        n_offered=len(candidates),
        thinned=thinned,
        unthinned=unthinned,
        unconstrained=unconstrained,
        most_sites=0 if siting.budget is None else most,
        reassignment=reassignment,
    )
    return StudyProblem(siting=siting, candidates=candidates_kept, conditional=conditional)


def _objective(siting: SitingSection) -> Literal["max_coverage", "min_sites", "min_cost"]:
    """What is asked for; p-median and p-center, which are stated elsewhere, as coverage."""
    asked = siting.objective
    return asked if asked == "min_sites" or asked == "min_cost" else "max_coverage"


def _over_all_candidates(
    costs: TravelCosts,
    people: pd.Series,
    shortage: CapacityShortage | None,
    *,
    threshold: float,
    **priced: pd.Series,
) -> SitingProblem:
    """The problem over all candidates without constraints of distance, area and capacity."""
    if shortage is None:
        return SitingProblem.from_costs(costs, people, threshold=threshold, **priced)
    reach = reach_within(costs, threshold)
    return shortage.reassignment(reach, costs.site_index, capacity=None, **priced).problem


def located_people(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Demand rows with people who are joined to the network."""
    return frame[frame.geometry.notna() & (frame["off_network"] == 0) & (frame["people"] > 0)]


def shortage_today(context: Context, assessed: ServiceResult) -> CapacityShortage | None:
    """Where capacity is short today; None where no site turns anybody away."""
    coverage, standard = assessed.coverage, assessed.standard
    assert coverage is not None
    assert assessed.facilities is not None
    ledger = coverage.ledger
    # sums of people who are no whole numbers may be off by their rounding
    if not standard.capacity_limits or not ledger.full > SERVED_ROUNDING * ledger.served:
        return None
    located = located_people(coverage.frame)
    people = located["people"].astype(float)
    whole = is_whole(people.to_numpy())
    sites = open_sites(assessed.facilities)
    capacities = sites["capacity"].astype(float).map(lambda c: capacity_in_people(c, whole=whole))
    assert standard.threshold is not None
    reach = reach_within(costs_within(context, located, sites, standard), standard.threshold)
    return capacity_shortage(reach, people, capacities, whole=whole)


def _at_rows(context: Context, key: str, people: pd.Series, rows: pd.Index) -> pd.Series:
    """`people` not served at `rows`; refused where some of them live elsewhere."""
    found = people.reindex(rows, fill_value=0.0)
    lost = float(people.sum() - found.sum())
    if abs(lost) > MISSING_PEOPLE * float(
        people.sum()
    ):  # a plan for fewer people would look as good
        raise GeoplanError(context.speaker.say("study.people_lost", key=key, people=f"{lost:,.6g}"))
    return found


def unserved_people(assessed: ServiceResult) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Demand rows that a new site could serve, and how many people of each are not served."""
    assert assessed.coverage is not None
    frame = assessed.coverage.frame
    people = frame[list(REACHABLE)].sum(axis=1)
    rows = frame[(people > 0) & frame.geometry.notna()]
    return rows, people[rows.index]


def cover_of(costs: TravelCosts) -> sparse.csr_matrix:
    """Who reaches which candidate, as ones (an explicit zero cost is reach)."""
    pairs = costs.matrix.tocsr()
    parts = (np.ones(pairs.nnz, np.int8), pairs.indices, pairs.indptr)
    cover = sparse.csr_matrix(parts, shape=pairs.shape, copy=False)
    cover.has_sorted_indices = pairs.has_sorted_indices
    return cover


def columns_of(costs: TravelCosts, kept: np.ndarray) -> TravelCosts:
    """The sites of `costs` at the positions `kept`."""
    return replace(
        costs,
        matrix=_columns(costs.matrix, kept),
        site_index=costs.site_index.take(kept),
        site_state=None if costs.site_state is None else costs.site_state.iloc[kept],
    )


def _columns(matrix: sparse.csr_matrix, kept: np.ndarray) -> sparse.csr_matrix:
    """Columns of rows, ascending; what is left alone is made."""
    found = matrix.tocsr()[:, kept]
    found.sort_indices()
    return found


def rows_of(costs: TravelCosts, kept: np.ndarray) -> TravelCosts:
    """The demand rows of `costs` where `kept` is True."""
    state: Mapping[str, Any] = {}
    if costs.demand_state is not None:
        state = {"demand_state": costs.demand_state[kept]}
    return replace(costs, matrix=costs.matrix[kept], demand_index=costs.demand_index[kept], **state)


def reach_within(costs: TravelCosts, threshold: float) -> sparse.csr_matrix:
    """Who reaches which site, as the ledger's assignment has it (a zero cost is reach)."""
    near = pairs_within(costs, threshold)
    return sparse.csr_matrix((np.ones(near.nnz, bool), near.indices, near.indptr), shape=near.shape)
