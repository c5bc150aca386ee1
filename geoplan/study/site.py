"""New sites for one service: candidates, the question, the proved answer, what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from scipy import sparse

from geoplan.coverage import Coverage, equity_facts
from geoplan.inputs.layers import Demand
from geoplan.network import TravelCosts
from geoplan.results import ServiceResult, SitingOutcome
from geoplan.siting import (
    SitingProblem,
    SitingResult,
    coverage_curve,
    explain_sites,
    junction_points,
    max_coverage,
    min_sites,
    outside,
    p_center,
    p_median,
    thin,
)
from geoplan.study.config import SitingSection
from geoplan.study.judge import Context, costs_within, open_sites, reach_of
from geoplan.words import say

#: people who a new site could serve; those off the network or without a place cannot be
REACHABLE = ("full", "beyond", "cut_off")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Question:
    """One service's siting question, ready for a solver.

    base : people served already; they are part of every value and bound that is told.
    problem : the unserved people x the candidates.
    """

    siting: SitingSection
    base: float
    total: float
    problem: SitingProblem
    candidates: gpd.GeoDataFrame
    costs: TravelCosts
    thinning_loss: float = 0.0


def with_sites(context: Context, judged: ServiceResult) -> ServiceResult:
    """`judged` with suggested sites, where the study asks for them."""
    siting = context.config.services[judged.key].siting
    if siting is None or judged.coverage is None or judged.facilities is None:
        return judged
    outcome = suggest_sites(context, judged, siting)
    if outcome.coverage_after is None:
        return replace(judged, siting=outcome)
    after = {f"{k}_after": v for k, v in equity_facts(outcome.coverage_after).items()}
    return replace(judged, siting=outcome, equity={**judged.equity, **after})


def suggest_sites(context: Context, judged: ServiceResult, siting: SitingSection) -> SitingOutcome:
    """Solve one service's question and say what the answer changes."""
    assert judged.coverage is not None
    if siting.objective in ("p_median", "p_center"):
        return _distance_sites(context, judged, siting)
    question = _question(context, judged, siting)
    result = _solve(context, question)
    return _outcome(context, judged, question, result)


def candidate_points(
    context: Context, judged: ServiceResult, siting: SitingSection, unserved: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Where new sites may stand, in the study's CRS; index = candidate id."""
    crs = context.config.study.crs
    source = siting.candidates
    if source == "demand":
        points = unserved[["geometry"]].copy()
    elif source.startswith("facilities:"):
        other = source.removeprefix("facilities:")
        points = open_sites(context.inputs.facilities[other])[["name", "geometry"]].copy()
    elif source != "network":
        points = pyogrio.read_dataframe(context.inputs.base / source).to_crs(crs)
        points["geometry"] = points.geometry.representative_point()
    else:
        network = context.network(judged.standard.mode).network
        points = junction_points(
            network.x, network.y, crs=crs, near=unserved, within_m=_straight_m(context, judged)
        )
    if siting.forbidden is not None:
        zones = pyogrio.read_dataframe(context.inputs.base / siting.forbidden).to_crs(crs)
        points = outside(points, zones)
    points.index = pd.Index([f"c{i}" if source != "network" else i for i in points.index])
    return points


def _straight_m(context: Context, judged: ServiceResult) -> float:
    """No site farther than this in a straight line can be within the threshold."""
    standard = judged.standard
    if standard.threshold_m is not None:
        return float(standard.threshold_m)
    network = context.network(standard.mode).network
    speed = network.speed_m_s
    if network.minutes is not None:
        moving = network.minutes > 0
        speed = float((network.length_m[moving] / network.minutes[moving] / 60).max(initial=speed))
    return float(standard.threshold_min or 0.0) * 60.0 * speed


def _question(context: Context, judged: ServiceResult, siting: SitingSection) -> Question:
    coverage = judged.coverage
    assert coverage is not None
    people = coverage.frame[list(REACHABLE)].sum(axis=1)
    unserved = coverage.frame[(people > 0) & coverage.frame.geometry.notna()]
    weights = people[unserved.index]
    candidates = candidate_points(context, judged, siting, unserved)
    costs = costs_within(context, unserved, candidates, judged.standard)
    thinned = thin(_cover(costs), weights.to_numpy(float), limit=siting.max_candidates)
    costs = _columns(costs, thinned.kept)
    candidates = candidates.iloc[thinned.kept]
    fine = list(context.inputs.areas)[-1:] if siting.per_area_minimum is None else []
    areas = unserved[fine[0]] if fine and fine[0] in unserved else None
    problem = SitingProblem.from_costs(
        costs,
        weights,
        threshold=judged.standard.threshold,
        areas=areas,
        site_costs=None if siting.site_cost is None else np.full(len(candidates), siting.site_cost),
    )
    return Question(
        siting=siting,
        base=coverage.ledger.served,
        total=coverage.ledger.total,
        problem=problem,
        candidates=candidates,
        costs=costs,
        thinning_loss=thinned.bound_loss(siting.sites or 0),
    )


def _solve(context: Context, question: Question) -> SitingResult:
    siting = question.siting
    options: dict[str, Any] = {
        "time_limit_s": siting.time_limit_s,
        "gap": siting.gap,
        "seed": context.config.study.seed,
    }
    if siting.objective == "min_sites":
        open_people = float(np.sum(question.problem.weights))
        wanted = (siting.share or 1.0) * question.total - question.base
        if wanted <= 0 or open_people <= 0:
            return max_coverage(question.problem, sites=0, **options)
        return min_sites(question.problem, share=min(wanted / open_people, 1.0), **options)
    if siting.budget is not None:
        return max_coverage(question.problem, budget=siting.budget, **options)
    return max_coverage(question.problem, sites=siting.sites or 0, **options)


def _outcome(
    context: Context, judged: ServiceResult, question: Question, result: SitingResult
) -> SitingOutcome:
    coverage = judged.coverage
    assert coverage is not None
    told = _with_base(result, question) if question.siting.objective == "max_coverage" else result
    explained = explain_sites(question.problem, result)
    chosen = question.candidates.loc[list(explained.index)]
    after = _after(context, judged, chosen, question.siting)
    sites = _sites_frame(context, judged, explained, chosen, question)
    curve = _curve(context, question, result)
    notes = []
    if question.thinning_loss > 0:
        notes.append(say(context.lang, "study.thinned", people=f"{question.thinning_loss:,.0f}"))
    return SitingOutcome(
        result=told,
        objective=question.siting.objective,
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
        curve=curve,
        notes=tuple(notes),
    )


def _with_base(result: SitingResult, question: Question) -> SitingResult:
    """Value and bound of the whole service: people served already and by the new sites.

    Candidates that were thinned away could have added at most `thinning_loss`: the bound says so.
    """
    value = result.value + question.base
    bound = None
    if result.bound is not None:
        bound = min(result.bound + question.base + question.thinning_loss, question.total)
    gap = None if bound is None else (bound - value) / value if value > 0 else 0.0
    greedy = None if result.greedy_value is None else result.greedy_value + question.base
    status = result.status
    if status == "optimal" and gap is not None and gap > question.siting.gap + 1e-9:
        status = "feasible"
    return replace(result, value=value, bound=bound, gap=gap, greedy_value=greedy, status=status)


def _after(
    context: Context, judged: ServiceResult, chosen: gpd.GeoDataFrame, siting: SitingSection
) -> Coverage:
    """The ledger once the new sites stand, measured again on the network."""
    assert judged.facilities is not None
    existing = open_sites(judged.facilities)[["capacity", "geometry"]]
    new = gpd.GeoDataFrame(
        {"capacity": siting.capacity if siting.capacity is not None else np.nan},
        geometry=chosen.geometry.to_numpy(),
        index=chosen.index,
        crs=existing.crs,
    )
    both = gpd.GeoDataFrame(pd.concat([existing, new]), crs=existing.crs)
    return reach_of(context, context.demand(judged.key), judged.standard, both)


def _sites_frame(
    context: Context,
    judged: ServiceResult,
    explained: pd.DataFrame,
    chosen: gpd.GeoDataFrame,
    question: Question,
) -> gpd.GeoDataFrame:
    """The suggested sites as outputs tell them."""
    frame = gpd.GeoDataFrame(explained.copy(), geometry=chosen.geometry, crs=chosen.crs)
    wgs84 = frame.geometry.to_crs("EPSG:4326")
    frame["lon"], frame["lat"] = wgs84.x.round(6), wgs84.y.round(6)
    served = question.base + frame["added_people"].cumsum()
    frame["share_after"] = served / question.total if question.total > 0 else np.nan
    return place_names(context, frame, context.demand(judged.key))


def place_names(context: Context, frame: gpd.GeoDataFrame, demand: Demand) -> gpd.GeoDataFrame:
    """`frame` with ``name`` (near which community), ``area`` and a code column per level."""
    named = frame.copy()
    located = demand.located
    if len(located) == 0 or len(named) == 0:
        named["name"], named["area"] = "", ""
        return named
    nearest = located.sindex.nearest(named.geometry, return_all=False)[1]
    close = located.iloc[nearest]
    named["name"] = [
        say(context.lang, "study.near_place", place=place) if place else ""
        for place in close["name"].fillna("").astype(str)
    ]
    areas = context.inputs.areas
    for level in areas:
        if level in close.columns:
            named[level] = close[level].to_numpy()
    named["area"] = readable_areas(context, close)
    return named


def readable_areas(context: Context, rows: pd.DataFrame) -> list[str]:
    """The two coarsest area names of every row: ``历下区 解放路街道``."""
    told = []
    levels = [level for level in context.inputs.areas if level in rows.columns]
    for row in rows[levels].itertuples(index=False):
        names = [
            str(context.inputs.areas[level].names.get(code, ""))
            for level, code in zip(levels, row, strict=True)
            if pd.notna(code)
        ]
        told.append(" ".join(name for name in names[:2] if name))
    return told


def _curve(context: Context, question: Question, result: SitingResult) -> pd.DataFrame | None:
    siting = question.siting
    if not siting.curve or siting.objective != "max_coverage" or siting.sites is None:
        return None
    curve = coverage_curve(
        question.problem,
        sites=range(siting.sites + 1),
        time_limit_s=siting.time_limit_s,
        gap=max(siting.gap, 1e-3),
        seed=context.config.study.seed,
    )
    table = pd.DataFrame(curve)[["sites", "value", "bound"]].copy()
    # the curve ends where the answer stands: one number, one place
    last = table["sites"] == siting.sites
    table.loc[last, "value"] = np.maximum(table.loc[last, "value"], result.value)
    table["value"] += question.base
    table["bound"] = np.minimum(table["bound"] + question.base, question.total)
    return table


def _distance_sites(
    context: Context, judged: ServiceResult, siting: SitingSection
) -> SitingOutcome:
    """p-median and p-center: everyone on the network to the nearest of old and new sites."""
    assert judged.coverage is not None
    assert judged.facilities is not None
    frame = judged.coverage.frame
    placed = frame[frame.geometry.notna() & (frame["off_network"] == 0) & (frame["people"] > 0)]
    existing = open_sites(judged.facilities)
    points = candidate_points(context, judged, siting, placed)
    weights = placed["people"]
    near = costs_within(context, placed, points, judged.standard)
    kept = thin(_cover(near), weights.to_numpy(float), limit=min(siting.max_candidates, 300)).kept
    points = points.iloc[kept]
    both = gpd.GeoDataFrame(
        pd.concat([existing[["geometry"]], points[["geometry"]]]), crs=existing.crs
    )
    far = replace(
        judged.standard,
        **{
            f"threshold_{judged.standard.unit}": _longest(
                judged.coverage, judged.standard.threshold
            )
        },
    )
    costs = costs_within(context, placed, both, far)
    reached = np.diff(costs.matrix.indptr) > 0
    problem = SitingProblem.from_costs(
        replace_rows(costs, reached), weights[reached], fixed=list(existing.index)
    )
    solve = p_median if siting.objective == "p_median" else p_center
    result = solve(
        problem,
        sites=len(existing) + (siting.sites or 0),
        time_limit_s=siting.time_limit_s,
        gap=max(siting.gap, 1e-3),
        seed=context.config.study.seed,
    )
    new = [label for label in result.sites if label not in set(existing.index)]
    chosen = points.loc[new]
    after = _after(context, judged, chosen, siting)
    served = _added_in_order(context, judged, chosen, siting)
    question = Question(
        siting=siting,
        base=judged.coverage.ledger.served,
        total=judged.coverage.ledger.total,
        problem=problem,
        candidates=points,
        costs=costs,
    )
    sites = _sites_frame(context, judged, served, chosen.loc[list(served.index)], question)
    return SitingOutcome(
        result=result,
        objective=siting.objective,
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
    )


def _longest(coverage: Coverage, threshold: float | None) -> float:
    """A cutoff beyond the farthest journey that anybody makes today."""
    return float(max(coverage.frame["cost"].max(skipna=True), threshold or 0.0)) * 1.001 + 1.0


def _added_in_order(
    context: Context, judged: ServiceResult, chosen: gpd.GeoDataFrame, siting: SitingSection
) -> pd.DataFrame:
    """Who each new site adds within the threshold, strongest first."""
    assert judged.coverage is not None
    frame = judged.coverage.frame
    people = frame[list(REACHABLE)].sum(axis=1)
    unserved = frame[(people > 0) & frame.geometry.notna()]
    costs = costs_within(context, unserved, chosen, judged.standard)
    problem = SitingProblem.from_costs(
        costs, people[unserved.index], threshold=judged.standard.threshold
    )
    every = max_coverage(problem, sites=len(chosen), seed=context.config.study.seed)
    return explain_sites(problem, replace(every, sites=list(chosen.index)))


def _cover(costs: TravelCosts) -> sparse.csr_matrix:
    """Who reaches which candidate, as ones (an explicit zero cost is reach)."""
    cover = costs.matrix.copy()
    cover.data = np.ones_like(cover.data)
    return cover


def _columns(costs: TravelCosts, kept: np.ndarray) -> TravelCosts:
    return replace(
        costs,
        matrix=costs.matrix.tocsc()[:, kept].tocsr(),
        site_index=costs.site_index.take(kept),
        site_state=None if costs.site_state is None else costs.site_state.iloc[kept],
    )


def replace_rows(costs: TravelCosts, kept: np.ndarray) -> TravelCosts:
    """The rows of `costs` where `kept` is True."""
    state: Mapping[str, Any] = {}
    if costs.demand_state is not None:
        state = {"demand_state": costs.demand_state[kept]}
    return replace(costs, matrix=costs.matrix[kept], demand_index=costs.demand_index[kept], **state)
