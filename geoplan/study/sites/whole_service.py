"""Siting over all people and all sites of a service, those that stand among them.

Where sites may close, people need two sites, count less the farther they go, or new sites differ
in capacity, it matters who is served today by what: the problem has everybody, and the sites that
stand as fixed or closable ones beside the candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.results import ServiceResult, SitingOutcome
from geoplan.siting import SitingProblem, SitingResult, explain_sites, max_coverage, min_sites
from geoplan.siting.conditional.bounds import without_bound
from geoplan.siting.conditional.infeasible_service import (
    ServiceNumbers,
    not_among_kept,
    told_of_service,
)
from geoplan.siting.conditional.reassignment import capacity_in_people
from geoplan.siting.conditional.thinning import strongest_per_area, thin_by_cost
from geoplan.siting.constrained.capacity_part import people_served
from geoplan.siting.model.build_result import judged, no_result
from geoplan.siting.model.counting import covered_people, covered_share, is_whole
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.request import SolveRequest
from geoplan.siting.weighted_covering import min_cost
from geoplan.study.assess.assess_service import costs_within, open_sites
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.budget import phase_table, with_costs_and_phases
from geoplan.study.sites.candidates import (
    distance_constraints,
    more_candidates,
    offered_sites,
)
from geoplan.study.sites.covering_problem import cover_of, located_people
from geoplan.study.sites.effects import ledger_after, most_after, new_capacities, sites_frame
from geoplan.study.sites.other_plans import other_plans
from geoplan.tolerances import SAME_VALUE, SHARE_PEOPLE


def asks_for_whole_service(siting: SitingSection) -> bool:
    """Whether the study asks for what only the problem of all people and sites can tell."""
    per_candidate = siting.capacity is not None and not isinstance(siting.capacity, float)
    return bool(siting.closable) or siting.backup or siting.full_within is not None or per_candidate


def has_rules(siting: SitingSection | None) -> bool:
    """Whether sites follow rules that a curve of people by number of sites knows nothing of."""
    return siting is not None and bool(
        asks_for_whole_service(siting)
        or siting.min_share_per_area
        or siting.min_sites_per_area
        or siting.min_distance_m
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Whole:
    """The problem of all people and sites, and what it was made from.

    total : all people, those off the network or without a location included.
    existing : sites that stand. candidates : those left after thinning, of `n_offered`.
    """

    context: Context
    assessed: ServiceResult
    siting: SitingSection
    problem: SitingProblem
    total: float
    existing: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    n_offered: int
    min_sites_per_area: Mapping[str, int]

    @property
    def times(self) -> int:
        """Sites that people must have in reach."""
        return 2 if self.siting.backup else 1

    @property
    def most(self) -> int | None:
        """Most sites in all, those that stand included; None: money limits."""
        if self.siting.objective != "max_coverage" or self.siting.sites is None:
            return None
        return len(self.existing) + self.siting.sites

    def value(self, chosen: np.ndarray) -> float:
        """People whom sites (positions) serve, as the study counts them."""
        return people_served(self.problem, chosen, times=self.times)


def whole_service_sites(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> SitingOutcome:
    """New sites, and existing ones that close, where the problem is that of the whole service."""
    whole = _state(context, assessed, siting)
    result = _solve(whole)
    if result.status in ("optimal", "feasible"):
        result = _without_idle_changes(whole, result)
    problem = whole.problem
    standing = set(whole.existing.index)
    open_now = [label for label in result.sites if label in standing]
    told = result.status in ("optimal", "feasible")
    closed = whole.existing.index.difference(open_now, sort=False) if told else pd.Index([])
    explained = _explained(whole, result, open_now)
    chosen = whole.candidates.loc[list(explained.index)]
    after = ledger_after(context, assessed, chosen, siting, closed=closed)
    base = whole.value(problem.positions(list(standing)))
    total = assessed.coverage.ledger.total if assessed.coverage is not None else whole.total
    before = covered_people(problem, problem.positions(open_now))
    sites = sites_frame(context, assessed, explained, chosen, base=before, total=total)
    sites = with_costs_and_phases(context, assessed.key, siting, sites, chosen)
    measures = _measures(whole, result, base) if told else {}
    notes = [context.speaker.say("study.whole_service")]
    notes += _stay(whole, result, open_now) if told else []
    cut = len(whole.candidates) < whole.n_offered
    notes += more_candidates(context.speaker, siting, len(whole.candidates))
    others = other_plans(problem, result, siting, whole.min_sites_per_area, every=not cut)
    if cut and told:
        result = without_bound(result)
        every, kept = f"{whole.n_offered:,}", f"{len(whole.candidates):,}"
        notes.append(context.speaker.say("study.some_candidates", every=every, kept=kept))
    return SitingOutcome(
        result=_in_numbers_of_service(whole, result),
        objective=siting.objective,
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
        coverage_after_most=most_after(context, assessed, chosen, siting, closed=closed),
        phases=phase_table(siting, sites, base=before, total=total, curve=None),
        closed=_closed_table(whole, closed) if siting.closable else None,
        measures=measures,
        alternatives=others,
        notes=tuple(notes),
    )


def _state(context: Context, assessed: ServiceResult, siting: SitingSection) -> _Whole:
    """Everybody on the network; the sites that stand; the candidates."""
    assert assessed.coverage is not None
    assert assessed.facilities is not None
    standard = assessed.standard
    rows = located_people(assessed.coverage.frame)
    people = rows["people"].astype(float)
    existing = open_sites(assessed.facilities)
    offer = offered_sites(context, assessed, siting, rows)
    points, codes, money, needs = offer.points, offer.codes, offer.site_costs, offer.needs
    offered = len(points)
    if offered > siting.max_candidates:
        near = cover_of(costs_within(context, rows, points, standard))
        prices = None if money is None else money.to_numpy(float)
        stay = strongest_per_area(near, people.to_numpy(), codes, needs)
        thinned = thin_by_cost(
            near, people.to_numpy(), prices, limit=siting.max_candidates, alike=False, kept=stay
        )
        points = points.iloc[thinned.kept]
        codes = None if codes is None else codes[thinned.kept]
    both = gpd.GeoDataFrame(
        pd.concat([existing[["geometry"]], points[["geometry"]]]), crs=existing.crs
    )
    closable = _closable(context, assessed, siting, existing)
    options: dict[str, Any] = distance_constraints(points, siting)
    if money is not None:
        standing = pd.Series(0.0, index=existing.index)
        options["site_costs"] = pd.concat([standing, money.loc[points.index]])
    if codes is not None:
        options["site_areas"] = [*[None] * len(existing), *codes]
    if standard.capacity_limits:
        options["capacities"] = _capacities(context, assessed, siting, existing, points, people)
    problem = SitingProblem.from_costs(
        costs_within(context, rows, both, standard),
        people,
        threshold=standard.threshold,
        full_within=siting.full_within,
        fixed=[label for label in existing.index if label not in closable],
        closable=list(closable),
        **options,
    )
    return _Whole(
        context=context,
        assessed=assessed,
        siting=siting,
        problem=problem,
        total=assessed.coverage.ledger.total,
        existing=existing,
        candidates=points,
        n_offered=offered,
        min_sites_per_area=needs,
    )


def _closable(
    context: Context, assessed: ServiceResult, siting: SitingSection, existing: gpd.GeoDataFrame
) -> list[Any]:
    """Labels of the sites that may close.

    Raises
    ------
    UsageError
        Names of none that stands.
    """
    if isinstance(siting.closable, bool):
        return list(existing.index) if siting.closable else []
    lost = [name for name in siting.closable if name not in existing.index]
    if lost:
        raise UsageError(
            context.speaker.say(
                "study.closable_unknown", key=assessed.key, sites=", ".join(lost[:5])
            )
        )
    return list(dict.fromkeys(siting.closable))


def _capacities(
    context: Context,
    assessed: ServiceResult,
    siting: SitingSection,
    existing: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    people: pd.Series,
) -> pd.Series:
    """People whom each old and new site takes; one whose own is not known takes nobody."""
    new = new_capacities(context, assessed.key, siting, points)
    old = existing["capacity"].astype(float).fillna(0.0)
    whole = is_whole(people.to_numpy(float))
    return pd.concat([old, new]).map(lambda c: capacity_in_people(c, whole=whole))


def _solve(whole: _Whole) -> SitingResult:
    """The result of the siting function that the study asks for, with texts of the service."""
    siting, problem, speaker = whole.siting, whole.problem, whole.context.speaker
    request = SolveRequest(
        time_limit_s=siting.time_limit_s, gap=siting.gap, seed=whole.context.config.study.seed
    )
    options: dict[str, Any] = {"request": request, "backup": siting.backup}
    if whole.min_sites_per_area:
        options["min_sites_per_area"] = dict(whole.min_sites_per_area)
    share = siting.share or 1.0
    wanted = share * whole.total
    if siting.objective == "max_coverage":
        found = max_coverage(problem, sites=whole.most, budget=siting.budget, **options)
    elif wanted > problem.total + SHARE_PEOPLE:
        text = speaker.say(
            "study.share_out_of_reach",
            share=f"{share:.2%}",
            people=f"{whole.total - problem.total:,.0f}",
            most=f"{problem.total / whole.total:.2%}",
        )
        return no_result(
            problem,
            siting.objective,
            "infeasible",
            control=SolveControl.start(request),
            solver="",
            blocking=(text,),
        )
    else:
        least = min_cost if siting.objective == "min_cost" else min_sites
        found = least(problem, share=min(wanted / (problem.total or 1.0), 1.0), **options)
    kept, every = len(whole.candidates), whole.n_offered
    if found.status == "infeasible" and kept < every:
        return not_among_kept(found, speaker, kept=kept, every=every)
    asked = ServiceNumbers(
        total=whole.total,
        inside=problem.total,
        n_existing=len(problem.fixed),
        sites=siting.sites,
        budget=siting.budget,
        share=siting.share,
        min_sites_per_area=whole.min_sites_per_area,
    )
    return told_of_service(asked, found, speaker)


def _without_idle_changes(whole: _Whole, result: SitingResult) -> SitingResult:
    """The same people with no site opened or closed for nothing, where most people are asked for.

    A new site that serves nobody is not built, and one that stands stays as long as there may be
    so many.
    """
    if whole.siting.objective != "max_coverage" or not len(whole.problem.closable):
        return result
    problem = whole.problem
    chosen = problem.positions(result.sites)
    value, stands = whole.value(chosen), problem.positions(list(whole.existing.index))
    if not whole.min_sites_per_area:
        for site in np.setdiff1d(chosen, stands):
            fewer = chosen[chosen != site]
            if whole.value(fewer) >= value - SAME_VALUE * (1.0 + value):
                chosen = fewer
    for site in np.setdiff1d(problem.closable, chosen):
        if whole.most is None or len(chosen) < whole.most:
            chosen = np.append(chosen, site)
    value = max(value, whole.value(chosen))
    bound, gap, status = judged(value, result.bound, gap=whole.siting.gap)
    return replace(
        result, sites=problem.in_order(chosen), value=value, bound=bound, gap=gap, status=status
    )


def _explained(whole: _Whole, result: SitingResult, open_now: list[Any]) -> pd.DataFrame:
    """What every new site adds to the sites that stand and stay."""
    problem = whole.problem
    stay = problem.positions(open_now)
    stands = problem.positions(list(whole.existing.index))
    plain = replace(
        problem,
        fixed=stay,
        closable=np.empty(0, np.int64),
        forbidden=np.union1d(problem.forbidden, np.setdiff1d(stands, stay)),
    )
    explained = explain_sites(plain, result)
    if whole.siting.backup:
        twice = [whole.value(problem.positions(open_now))]
        for count in range(1, len(explained) + 1):
            order = problem.positions([*open_now, *explained.index[:count]])
            twice.append(whole.value(order))
        explained["added_backup"] = np.diff(twice)
    return explained


def _measures(whole: _Whole, result: SitingResult, base: float) -> dict[str, float]:
    """People counted twice or in part, before and after, and those who lose what they have."""
    problem, siting = whole.problem, whole.siting
    found: dict[str, float] = {}
    chosen = problem.positions(result.sites)
    for name, asked in (("backup", siting.backup), ("gradual", siting.full_within is not None)):
        if asked:
            found[f"{name}_before"], found[f"{name}_after"] = base, whole.value(chosen)
    if siting.closable and not whole.assessed.standard.capacity_limits:
        stands = problem.positions(list(whole.existing.index))
        plain = replace(problem, full_within=None)
        gone = (covered_share(plain, stands) > 0) & (covered_share(plain, chosen) == 0)
        found["lost_after"] = float(problem.weights[gone].sum())
    return found


def _closed_table(whole: _Whole, closed: pd.Index) -> pd.DataFrame:
    """The sites that close: name, people in reach of no other site today, place."""
    problem = whole.problem
    stands = problem.positions(list(whole.existing.index))
    near = problem.cover[:, stands]
    alone = np.asarray(near.sum(axis=1)).ravel() == 1
    only = np.asarray(near[alone].T @ problem.weights[alone]).ravel()
    people = pd.Series(only, index=problem.site_index[stands])
    points = whole.existing.loc[closed]
    wgs84 = points.geometry.to_crs("EPSG:4326")
    return pd.DataFrame(
        {
            "name": points["name"].fillna("").astype(str) if "name" in points else "",
            "people": people.loc[closed].to_numpy(float),
            "lon": wgs84.x.round(6),
            "lat": wgs84.y.round(6),
        },
        index=closed,
    )


def _in_numbers_of_service(whole: _Whole, result: SitingResult) -> SitingResult:
    """`result` in new sites: a study counts these.

    Made least are all open sites. Those that stand and stay are told apart (`_stay`), and a bound
    on all of them, less these, is one on new sites for plans that keep as many.
    """
    standing = set(whole.existing.index)
    new = [label for label in result.sites if label not in standing]
    found = replace(result, sites=new)
    if result.objective != "min_sites" or not np.isfinite(result.value):
        return found
    stay = result.value - len(new)
    bound = None if result.bound is None else result.bound - stay
    if bound is not None and bound < 0:  # a site that stands might go as well: nothing about new
        bound = None
    bound, gap, status = judged(float(len(new)), bound, gap=whole.siting.gap)
    if result.status == "feasible":
        status = "feasible"
    return replace(found, value=float(len(new)), bound=bound, gap=gap, status=status)


def _stay(whole: _Whole, result: SitingResult, open_now: list[Any]) -> list[str]:
    """A note on the sites that stand and stay, where fewest sites are asked for and some may go."""
    if whole.siting.objective != "min_sites" or not len(whole.problem.closable):
        return []
    stay, every = len(open_now), len(result.sites)
    return [
        whole.context.speaker.say(
            "study.fewest_in_all", stay=f"{stay:,}", new=f"{every - stay:,}", all=f"{every:,}"
        )
    ]
