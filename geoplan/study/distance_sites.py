"""p-median and p-center: everyone on the network to the nearest of old and new sites."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage import Coverage
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
from geoplan.study.answer import ledger_after, sites_frame
from geoplan.study.candidates import candidate_points
from geoplan.study.config import SitingSection
from geoplan.study.context import Context
from geoplan.study.judge import costs_within, open_sites
from geoplan.study.money import phase_table, with_money
from geoplan.study.question import cover_of, rows_of, unserved_people
from geoplan.words import say

#: p-median and p-center weigh every pair of demand and candidate: more candidates than this cost
#: minutes and move a site by a street corner
MOST_CANDIDATES = 300


def distance_sites(context: Context, judged: ServiceResult, siting: SitingSection) -> SitingOutcome:
    """New sites that shorten the journeys of all (p-median) or the longest one (p-center)."""
    assert judged.coverage is not None
    assert judged.facilities is not None
    standard = judged.standard
    frame = judged.coverage.frame
    placed = frame[frame.geometry.notna() & (frame["off_network"] == 0) & (frame["people"] > 0)]
    existing = open_sites(judged.facilities)
    points = candidate_points(context, judged, siting, placed)
    weights = placed["people"]
    every = len(points)
    limit = min(siting.max_candidates, MOST_CANDIDATES)
    if every > limit:
        # a site that covers no more than another may still shorten journeys: only when there are
        # too many, and then nothing is called proved
        near = costs_within(context, placed, points, standard)
        points = points.iloc[thin(cover_of(near), weights.to_numpy(float), limit=limit).kept]
    both = gpd.GeoDataFrame(
        pd.concat([existing[["geometry"]], points[["geometry"]]]), crs=existing.crs
    )
    longest = {f"threshold_{standard.unit}": _longest(judged.coverage, standard.threshold)}
    costs = costs_within(context, placed, both, replace(standard, **longest))  # type: ignore[arg-type]
    reached = _joined(costs.matrix, weights.to_numpy(float), len(existing))
    problem = SitingProblem.from_costs(
        rows_of(costs, reached), weights[reached], fixed=list(existing.index)
    )
    solve = p_median if siting.objective == "p_median" else p_center
    result = solve(
        problem,
        sites=len(existing) + (siting.sites or 0),
        time_limit_s=siting.time_limit_s,
        gap=max(siting.gap, 1e-3),
        seed=context.config.study.seed,
    )
    notes = _notes(context, judged, result, placed.loc[reached])
    if len(points) < every and result.status in ("optimal", "feasible"):
        result = replace(result, status="feasible", bound=None, gap=None)
        notes += (
            say(context.lang, "study.some_candidates", every=f"{every:,}", kept=f"{len(points):,}"),
        )
    standing = set(existing.index)
    chosen = points.loc[[label for label in result.sites if label not in standing]]
    after = ledger_after(context, judged, chosen, siting)
    added = _added_in_order(context, judged, chosen)
    sites = sites_frame(
        context,
        judged,
        added,
        chosen.loc[list(added.index)],
        base=judged.coverage.ledger.served,
        total=judged.coverage.ledger.total,
    )
    ledger = judged.coverage.ledger
    sites = with_money(context, judged.key, siting, sites, chosen)
    return SitingOutcome(
        result=result,
        objective=siting.objective,
        sites=sites,
        phases=phase_table(siting, sites, base=ledger.served, total=ledger.total, curve=None),
        people_after=after.ledger,
        coverage_after=after,
        notes=notes,
    )


def _notes(
    context: Context, judged: ServiceResult, result: SitingResult, counted: gpd.GeoDataFrame
) -> tuple[str, ...]:
    """The mean journey before and after: a sum of person-metres tells nobody anything."""
    people = float(counted["people"].sum())
    today = counted["cost"]
    if result.objective != "p_median" or not np.isfinite(result.value) or people == 0:
        return ()
    before = "-"
    if today.notna().all():
        before = f"{float((today * counted['people']).sum()) / people:,.0f}"
    return (
        say(
            context.lang,
            "study.mean_journey",
            people=f"{people:,.0f}",
            before=before,
            after=f"{result.value / people:,.0f}",
            unit=say(context.lang, f"study.unit_p_center_{judged.standard.unit}"),
        ),
    )


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
    context: Context, judged: ServiceResult, chosen: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Who each new site adds within the threshold, strongest first."""
    unserved, people = unserved_people(judged)
    costs = costs_within(context, unserved, chosen, judged.standard)
    problem = SitingProblem.from_costs(costs, people, threshold=judged.standard.threshold)
    every = max_coverage(problem, sites=len(chosen), seed=context.config.study.seed)
    return explain_sites(problem, replace(every, sites=list(chosen.index)))
