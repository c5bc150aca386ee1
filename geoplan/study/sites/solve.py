"""One service's question handed to the solvers, and what its answer is worth for all candidates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting import SitingProblem, SitingResult, max_coverage, min_sites
from geoplan.siting.constrained.capacity_part import people_served
from geoplan.siting.model.build_result import relative_gap
from geoplan.study.read.context import Context
from geoplan.study.sites.covering_problem import Question
from geoplan.words import say

#: of the time, where sites are full, for the question of the whole service; the rest is kept for
#: the one about people not served today, should the first not be proved
_WHOLE_SERVICE = 0.75


def answer(context: Context, question: Question) -> SitingResult:
    """The answer in `question.solved`, with a bound over all candidates."""
    limit = question.siting.time_limit_s
    if question.moving is None:
        return _over_all(context, question, _solve(context, question, question.problem, limit))
    found = _solve(context, question, question.solved, _WHOLE_SERVICE * limit)
    if found.status in ("feasible", "unknown") and not found.detail.get("interrupted"):
        left = max(limit - found.seconds, 0.1 * limit)
        reach = _solve(context, question, question.problem, left)
        found = better_of(question, found, reach)
    return _over_all(context, question, found)


def better_of(question: Question, found: SitingResult, reach: SitingResult) -> SitingResult:
    """`found`, or the answer of those not served today where that is better; the smaller bound.

    Parameters
    ----------
    found : in `question.solved`. reach : in `question.problem`; people whom its sites serve, and
        those who can take a place that is left to them, count.
    """
    solved = question.solved
    sites = [*solved.site_index[solved.fixed], *reach.sites]
    chosen = solved.positions(sites)
    if question.siting.objective == "min_sites":
        bound, value = found.bound, float(len(sites))
        fewer = found.status == "unknown" or value < found.value
    else:
        value = people_served(solved, chosen)
        bound = found.bound
        if reach.bound is not None and question.problem.capacities is None:
            # nobody who finds a site full today is served twice
            over = question.base - question.beside + reach.bound + question.full
            bound = over if bound is None else min(bound, over)
        fewer = found.status == "unknown" or value > found.value
    if reach.status not in ("optimal", "feasible") or not fewer:
        value, sites = found.value, found.sites
    if not np.isfinite(value):
        return _heard(replace(found, bound=bound), reach)
    if bound is not None:
        least = question.siting.objective == "min_sites"
        bound = min(bound, value) if least else max(bound, value)
    gap = relative_gap(value, bound)
    proved = gap is not None and gap <= question.siting.gap + 1e-12
    told = replace(
        found,
        value=value,
        bound=bound,
        gap=gap,
        sites=sites,
        seconds=found.seconds + reach.seconds,
        status="optimal" if proved else "feasible",
    )
    return _heard(told, reach)


def _heard(result: SitingResult, other: SitingResult) -> SitingResult:
    """`result`; interrupted where the work on `other`, which belongs to it, was."""
    if not other.detail.get("interrupted"):
        return result
    return replace(result, detail={**result.detail, "interrupted": True})


def _solve(
    context: Context, question: Question, problem: SitingProblem, seconds: float
) -> SitingResult:
    """The question in `problem`: the whole service's, those not served today, or all candidates."""
    siting, standing = question.siting, len(problem.fixed)
    options: dict[str, Any] = {
        "time_limit_s": seconds,
        "gap": siting.gap,
        "seed": context.config.study.seed,
    }
    if question.per_area_minimum:
        blocked = _areas_without_candidates(context, question)
        if blocked is not None:
            return blocked
        options["min_sites_per_area"] = dict(question.per_area_minimum)
    if siting.objective == "min_sites":
        beside = question.beside if standing or question.moving is None else question.base
        wanted = (siting.share or 1.0) * question.total - beside
        if wanted <= 0 and not question.per_area_minimum:
            return max_coverage(problem, sites=standing, **options)
        if wanted > problem.total + 1e-6:
            return _out_of_reach(context, question, "study.share_out_of_reach", problem.total)
        if problem.capacities is not None and question.thinned is not None:
            most = people_served(problem, np.flatnonzero(problem.is_allowed))
            if wanted > most + 1e-6 and not len(question.thinned.loss):
                return _out_of_reach(context, question, "study.share_without_places", most)
        share = min(max(wanted, 0.0) / (problem.total or 1.0), 1.0)
        return min_sites(problem, share=share, **options)
    if siting.budget is not None:
        return max_coverage(problem, budget=siting.budget, **options)
    return max_coverage(problem, sites=standing + (siting.sites or 0), **options)


def _over_all(context: Context, question: Question, result: SitingResult) -> SitingResult:
    """The answer with a bound over all candidates, where rules may want some that were left out.

    Dropping a place that another one outdoes costs nobody, unless distances, areas or places speak
    for it. Without those rules the question over the candidates left bounds that over all.
    """
    known = result.bound
    if question.free is None or known is None or not result.value > 0:
        return result
    fewest = question.siting.objective == "min_sites"
    counted = np.inf if fewest else question.counted(question.most_sites or None)
    if result.value >= counted * (1 - 1e-9):
        return result
    if result.detail.get("interrupted"):  # nobody waits for the other question: what holds anyway
        bound = min(1.0, result.value) if fewest else min(counted, question.solved.total)
    else:
        limit = question.siting.time_limit_s
        free = _solve(context, replace(question, per_area_minimum={}), question.free, limit)
        result = _heard(result, free)
        if free.bound is None:
            return result
        bound = min(free.bound, known) if fewest else max(free.bound, known)
        bound = min(bound, counted)
    gap = abs(bound - result.value) / result.value
    if gap <= 1e-6:
        return result
    return replace(result, status="feasible", bound=bound, gap=gap)


def _out_of_reach(
    context: Context, question: Question, word: str, open_people: float
) -> SitingResult:
    """The share that is asked for includes people whom no site could serve."""
    most = (question.beside + open_people) / question.total
    return _impossible(
        context,
        question,
        say(
            context.lang,
            word,
            share=f"{question.siting.share or 1.0:.2%}",
            people=f"{question.total - question.beside - open_people:,.0f}",
            most=f"{np.floor(most * 1e4) / 1e4:.2%}",
        ),
    )


def _areas_without_candidates(context: Context, question: Question) -> SitingResult | None:
    """Areas that must have sites, and no candidate stands in them."""
    assert question.problem.site_areas is not None
    there = set(question.problem.site_areas)
    empty = [c for c, least in question.per_area_minimum.items() if least > 0 and c not in there]
    if not empty:
        return None
    return _impossible(
        context, question, say(context.lang, "study.no_candidate_in", areas=", ".join(empty))
    )


def _impossible(context: Context, question: Question, text: str) -> SitingResult:
    return SitingResult(
        objective=question.siting.objective,
        status="infeasible",
        value=float("nan"),
        bound=None,
        gap=None,
        sites=[],
        assignment=pd.Series(pd.NA, index=question.problem.demand_index, dtype=object, name="site"),
        seconds=0.0,
        solver="",
        seed=context.config.study.seed,
        blocking=(text,),
    )
