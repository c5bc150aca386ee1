"""p-median and p-center: everyone on the network to the nearest of old and new sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage import Coverage
from geoplan.errors import UsageError
from geoplan.results import ServiceResult, SitingOutcome
from geoplan.siting import (
    SitingProblem,
    SitingResult,
    explain_sites,
    max_coverage,
    p_center,
    p_median,
    thin,
)
from geoplan.siting.conditional.area_shares import AreaShares
from geoplan.siting.conditional.bounds import without_bound
from geoplan.siting.conditional.infeasible_service import (
    ServiceNumbers,
    not_among_kept,
    told_of_service,
)
from geoplan.siting.conditional.thinning import strongest_per_area
from geoplan.siting.model.build_result import no_result
from geoplan.siting.model.counting import is_whole
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.request import SolveRequest
from geoplan.study.assess.assess_service import costs_within, open_sites
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.area_shares import (
    area_shares,
    areas_of,
    refuse_capacities,
    with_shares_checked,
)
from geoplan.study.sites.budget import phase_table, with_costs_and_phases
from geoplan.study.sites.candidates import (
    distance_constraints,
    offered_sites,
)
from geoplan.study.sites.covering_problem import (
    cover_of,
    located_people,
    rows_of,
    unserved_people,
)
from geoplan.study.sites.effects import (
    added_by_capacity,
    ledger_after,
    most_after,
    new_capacities,
    sites_frame,
)
from geoplan.tolerances import LEAST_GAP, WHOLE_CAPACITY

#: p-median and p-center weigh every pair of demand and candidate: more candidates than this cost
#: minutes and move a site by a street corner
MOST_CANDIDATES = 300
#: farther than any journey, in metres or minutes
_ANYWHERE = 1e9


class _DistanceProblem(NamedTuple):
    """The problem of existing sites and candidates, and what it was made from."""

    problem: SitingProblem
    rows: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    n_offered: int
    min_sites_per_area: Mapping[str, int]
    area_shares: AreaShares | None


def distance_sites(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> SitingOutcome:
    """New sites that shorten the journeys of all (p-median) or the longest one (p-center)."""
    assert assessed.coverage is not None
    ledger = assessed.coverage.ledger
    distance_problem = _state_problem(context, assessed, siting)
    problem, candidates = distance_problem.problem, distance_problem.candidates
    result = _solved(context, assessed, siting, distance_problem)
    limited = problem.capacities is not None
    notes = _notes(context, assessed, siting, result, distance_problem.rows, limited=limited)
    if len(candidates) < distance_problem.n_offered and result.status in ("optimal", "feasible"):
        result = without_bound(result)
        every, kept = f"{distance_problem.n_offered:,}", f"{len(candidates):,}"
        notes += (context.speaker.say("study.some_candidates", every=every, kept=kept),)
    existing = set(problem.site_index[problem.fixed])
    chosen = candidates.loc[[label for label in result.sites if label not in existing]]
    after = ledger_after(context, assessed, chosen, siting)
    result = with_shares_checked(context, assessed, result, distance_problem.area_shares, after)
    added = _added_in_order(context, assessed, chosen)
    if assessed.standard.capacity_limits and len(chosen):
        order = chosen.loc[list(added.index)]
        added = added_by_capacity(context, assessed, added, order, siting, after)
    in_order = chosen.loc[list(added.index)]
    sites = sites_frame(context, assessed, added, in_order, base=ledger.served, total=ledger.total)
    sites = with_costs_and_phases(context, assessed.key, siting, sites, chosen)
    return SitingOutcome(
        result=result,
        objective=siting.objective,
        sites=sites,
        phases=phase_table(siting, sites, base=ledger.served, total=ledger.total, curve=None),
        people_after=after.ledger,
        coverage_after=after,
        coverage_after_most=most_after(context, assessed, chosen, siting),
        notes=notes,
    )


def _state_problem(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> _DistanceProblem:
    """Everybody on the network, the sites that stand (fixed) and the candidates."""
    assert assessed.coverage is not None
    assert assessed.facilities is not None
    standard = assessed.standard
    rows = located_people(assessed.coverage.frame)
    people = rows["people"].to_numpy(float)
    existing = open_sites(assessed.facilities)
    offer = offered_sites(context, assessed, siting, rows)
    points, codes, site_costs, needs = offer.points, offer.codes, offer.site_costs, offer.needs
    n_offered = len(points)
    limit = min(siting.max_candidates, MOST_CANDIDATES)
    offered = points
    if n_offered > limit:
        # a site that covers no more than another may still shorten journeys: only when there are
        # too many, and then nothing is called proved
        near = cover_of(costs_within(context, rows, points, standard))
        stay = strongest_per_area(near, people, codes, needs)
        kept = thin(near, people, limit=limit, always=stay.always, kind=stay.kind).kept
        points, codes = points.iloc[kept], None if codes is None else codes[kept]
    both = gpd.GeoDataFrame(
        pd.concat([existing[["geometry"]], points[["geometry"]]]), crs=existing.crs
    )
    capacities = _capacities(context, assessed, siting, existing, points, whole=is_whole(people))
    far = _longest(assessed.coverage, standard.threshold)
    if capacities is not None or existing.empty:
        # whoever finds the near sites full goes on to any other; without a site today nobody has a
        # journey that a new one must beat
        far = _ANYWHERE
    longest = {f"threshold_{standard.unit}": far}
    costs = costs_within(context, rows, both, replace(standard, **longest))  # type: ignore[arg-type]
    reached = _joined(costs.matrix, people, len(existing))
    refuse_capacities(context, assessed, siting, limited=capacities is not None)
    constraints = _constraints(siting, existing, points, codes, site_costs)
    shares = _area_shares(context, assessed, siting, rows, offered, joined=reached)
    if shares is not None:
        constraints["areas"] = areas_of(rows[reached], shares.level)
        constraints["threshold"] = standard.threshold
    problem = SitingProblem.from_costs(
        rows_of(costs, reached),
        rows["people"][reached],
        fixed=list(existing.index),
        capacities=capacities,
        **constraints,
    )
    return _DistanceProblem(
        problem=problem,
        rows=rows.loc[reached],
        candidates=points,
        n_offered=n_offered,
        min_sites_per_area=needs,
        area_shares=shares,
    )


def _area_shares(
    context: Context,
    assessed: ServiceResult,
    siting: SitingSection,
    rows: gpd.GeoDataFrame,
    offered: gpd.GeoDataFrame,
    *,
    joined: np.ndarray,
) -> AreaShares | None:
    """Least shares per area, of whose people only those who count (`joined`) can be served."""
    if siting.min_share_per_area is None:
        return None
    near = cover_of(costs_within(context, rows, offered, assessed.standard))
    shares = area_shares(context, assessed, siting, rows[joined], near[joined])
    every = area_shares(context, assessed, siting, rows, near)
    if shares is None or every is None:
        return None
    # a plan that serves whoever is left out here may keep a share, and would be missed
    if lost := [c for c in shares.short if every.reachable[c] > shares.reachable[c]]:
        areas = ", ".join(lost)
        raise UsageError(
            context.speaker.say("study.area_shares_pockets", key=assessed.key, areas=areas)
        )
    return replace(shares, served_inside=True)


def _solved(
    context: Context,
    assessed: ServiceResult,
    siting: SitingSection,
    distance_problem: _DistanceProblem,
) -> SitingResult:
    """The solution of p-median or p-center."""
    problem, shares = distance_problem.problem, distance_problem.area_shares
    solve = p_median if siting.objective == "p_median" else p_center
    request = SolveRequest(
        time_limit_s=siting.time_limit_s,
        gap=max(siting.gap, LEAST_GAP),
        seed=context.config.study.seed,
    )
    options: dict[str, Any] = {}
    if shares is not None and shares.out_of_reach:
        return no_result(
            problem,
            siting.objective,
            "infeasible",
            control=SolveControl.start(request),
            solver="",
            blocking=(shares.describe_out_of_reach(context.speaker),),
            detail=shares.out_of_reach_facts,
        )
    if shares is not None and shares.short:
        options["min_share_per_area"] = shares.of_problem(problem)
    result = solve(
        problem,
        sites=None if siting.sites is None else len(problem.fixed) + siting.sites,
        budget=siting.budget,
        min_sites_per_area=distance_problem.min_sites_per_area or None,
        request=request,
        **options,
    )
    kept, every = len(distance_problem.candidates), distance_problem.n_offered
    if shares is not None:
        return shares.described(result, context.speaker, kept=kept, every=every)
    # no candidates could help where the areas must have more sites than are asked for
    doubted = kept < every and "area_minimums_take_sites" not in result.detail
    if result.status == "infeasible" and doubted:
        return not_among_kept(result, context.speaker, kept=kept, every=every)
    asked = ServiceNumbers(
        total=problem.total,
        inside=problem.total,
        n_existing=len(problem.fixed),
        sites=siting.sites,
        budget=siting.budget,
        min_sites_per_area=distance_problem.min_sites_per_area,
    )
    return told_of_service(asked, result, context.speaker)


def _notes(
    context: Context,
    assessed: ServiceResult,
    siting: SitingSection,
    result: SitingResult,
    counted: gpd.GeoDataFrame,
    *,
    limited: bool,
) -> tuple[str, ...]:
    """The mean journey before and after: a sum of person-metres says little."""
    people = float(counted["people"].sum())
    today = counted["cost"]
    notes: tuple[str, ...] = ()
    if limited:
        notes += (context.speaker.say("study.few_places_distance"),)
    elif siting.capacity is not None and not assessed.standard.capacity_limits:
        notes += (context.speaker.say("study.capacity_unheeded"),)
    if result.objective != "p_median" or not np.isfinite(result.value) or people == 0:
        return notes
    before = "-"  # whoever finds no seat today makes no journey
    if today.notna().all() and not limited:
        before = f"{float((today * counted['people']).sum()) / people:,.0f}"
    return (
        *notes,
        context.speaker.say(
            "study.mean_journey",
            people=f"{people:,.0f}",
            before=before,
            after=f"{result.value / people:,.0f}",
            unit=context.speaker.say(f"study.unit_p_center_{assessed.standard.unit}"),
        ),
    )


def _capacities(
    context: Context,
    assessed: ServiceResult,
    siting: SitingSection,
    existing: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    *,
    whole: bool,
) -> pd.Series | None:
    """People whom each old and new site takes, as the ledger counts them; None: nothing limits."""
    if not assessed.standard.capacity_limits:
        return None
    new = new_capacities(context, assessed.key, siting, points)
    old = existing["capacity"].astype(float).fillna(0.0)  # not known: proved to take nobody
    capacities = pd.concat([old, new])
    if np.isinf(capacities).all():
        return None
    return np.floor(capacities + WHOLE_CAPACITY) if whole else capacities


def _constraints(
    siting: SitingSection,
    existing: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    codes: np.ndarray | None,
    money: pd.Series | None,
) -> dict[str, Any]:
    """Money, distances and areas of the new sites; those that stand count in no area's need."""
    constraints = distance_constraints(points, siting)
    if money is not None:
        standing = pd.Series(0.0, index=existing.index)
        constraints["site_costs"] = pd.concat([standing, money.loc[points.index]])
    if codes is not None:
        constraints["site_areas"] = [*[None] * len(existing), *codes]
    return constraints


def _joined(matrix: sparse.csr_matrix, people: np.ndarray, existing: int) -> np.ndarray:
    """Bool per demand row: joined to an existing site, or else to the candidate that most reach.

    A pocket that only a site of its own could serve has no journey to shorten; its people stay
    in the ledger as cut off.
    """
    columns = sparse.csc_matrix(matrix, copy=True)
    columns.data[:] = 1.0
    if existing == 0:
        best = int(np.argmax(columns.T @ people)) if columns.shape[1] else 0
        return np.asarray(columns[:, [best]].sum(axis=1)).ravel() > 0
    return np.asarray(columns[:, :existing].sum(axis=1)).ravel() > 0


def _longest(coverage: Coverage, threshold: float | None) -> float:
    """A cutoff beyond the farthest journey that anybody makes today."""
    return float(max(coverage.frame["cost"].max(skipna=True), threshold or 0.0)) * 1.001 + 1.0


def _added_in_order(
    context: Context, assessed: ServiceResult, chosen: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Who each new site adds within the threshold, strongest first."""
    unserved, people = unserved_people(assessed)
    costs = costs_within(context, unserved, chosen, assessed.standard)
    problem = SitingProblem.from_costs(costs, people, threshold=assessed.standard.threshold)
    every = max_coverage(problem, sites=len(chosen), seed=context.config.study.seed)
    return explain_sites(problem, replace(every, sites=list(chosen.index)))
