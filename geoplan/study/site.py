"""New sites for one service: the question asked, the proved answer, what it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.results import ServiceResult, SitingOutcome
from geoplan.siting import (
    SitingResult,
    coverage_curve,
    curve_knee,
    explain_sites,
    max_coverage,
    min_sites,
)
from geoplan.siting.relaxed import coverage_bounds
from geoplan.study.answer import added_by_places, ledger_after, sites_frame
from geoplan.study.config import SitingSection
from geoplan.study.context import Context
from geoplan.study.distance_sites import distance_sites
from geoplan.study.judge import equity_of
from geoplan.study.money import phase_table, with_money
from geoplan.study.moves import with_moves
from geoplan.study.question import Question, ask
from geoplan.study.redraw_plan import with_redraws
from geoplan.words import say


def with_sites(context: Context, judged: ServiceResult) -> ServiceResult:
    """`judged` with suggested sites, where the study asks for them."""
    siting = context.config.services[judged.key].siting
    if siting is None or judged.coverage is None or judged.facilities is None:
        return judged
    outcome = suggest_sites(context, judged, siting)
    if outcome.coverage_after is None:
        return replace(judged, siting=outcome)
    after = {f"{k}_after": v for k, v in equity_of(context, outcome.coverage_after).items()}
    return replace(judged, siting=outcome, equity={**judged.equity, **after})


def suggest_sites(context: Context, judged: ServiceResult, siting: SitingSection) -> SitingOutcome:
    """Solve one service's question and say what the answer changes."""
    assert judged.coverage is not None
    if siting.objective in ("p_median", "p_center"):
        return distance_sites(context, judged, siting)
    question = ask(context, judged, siting)
    result = _over_all(context, question, _solve(context, question))
    outcome = _outcome(context, judged, question, result)
    if result.detail.get("interrupted"):  # somebody waits: no curve, no redraws
        return outcome
    try:
        return with_redraws(context, judged, outcome, question)
    except KeyboardInterrupt:  # the answer is there: hand it over without its redraws
        told = {**outcome.result.detail, "interrupted": True}
        return replace(outcome, result=replace(outcome.result, detail=told))


def _solve(context: Context, question: Question) -> SitingResult:
    siting = question.siting
    options: dict[str, Any] = {
        "time_limit_s": siting.time_limit_s,
        "gap": siting.gap,
        "seed": context.config.study.seed,
    }
    if question.per_area_minimum:
        blocked = _areas_without_candidates(context, question)
        if blocked is not None:
            return blocked
        options["per_area_minimum"] = dict(question.per_area_minimum)
    if siting.objective == "min_sites":
        open_people = float(np.sum(question.problem.weights))
        wanted = (siting.share or 1.0) * question.total - question.base
        if wanted <= 0 and not question.per_area_minimum:
            return max_coverage(question.problem, sites=0, **options)
        if wanted > open_people + 1e-6:
            return _out_of_reach(context, question, open_people)
        return min_sites(
            question.problem, share=min(max(wanted, 0.0) / (open_people or 1.0), 1.0), **options
        )
    if siting.budget is not None:
        return max_coverage(question.problem, budget=siting.budget, **options)
    return max_coverage(question.problem, sites=siting.sites or 0, **options)


def _over_all(context: Context, question: Question, result: SitingResult) -> SitingResult:
    """The answer with a bound over all candidates, where rules may want some that were left out.

    Dropping a place that another one outdoes costs nobody, unless distances, areas or places speak
    for it. Without those rules the question over the candidates left bounds that over all.
    """
    if question.free is None or result.bound is None or not result.value > 0:
        return result
    free = _solve(context, replace(question, problem=question.free, per_area_minimum={}))
    if free.bound is None:
        return result
    fewest = question.siting.objective == "min_sites"
    bound = min(free.bound, result.bound) if fewest else max(free.bound, result.bound)
    gap = abs(bound - result.value) / result.value
    if gap <= 1e-6:
        return result
    return replace(result, status="feasible", bound=bound, gap=gap)


def _out_of_reach(context: Context, question: Question, open_people: float) -> SitingResult:
    """The share that is asked for includes people whom no site could serve."""
    most = (question.base + open_people) / question.total
    return _impossible(
        context,
        question,
        say(
            context.lang,
            "study.share_out_of_reach",
            share=f"{question.siting.share or 1.0:.2%}",
            people=f"{question.total - question.base - open_people:,.0f}",
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


def _outcome(
    context: Context, judged: ServiceResult, question: Question, result: SitingResult
) -> SitingOutcome:
    coverage = judged.coverage
    assert coverage is not None
    siting = question.siting
    bounds = _whole_bounds(question, result)
    told = _with_base(result, question, bounds) if siting.objective == "max_coverage" else result
    missed = 0.0 if told.bound is None else told.bound - (result.bound or 0.0) - question.base
    explained = explain_sites(question.problem, result)
    chosen = question.candidates.loc[list(explained.index)]
    after = ledger_after(context, judged, chosen, siting)
    if judged.standard.capacity_limits and len(chosen):
        explained = added_by_places(context, judged, explained, chosen, siting, after)
    plain = told
    if siting.objective == "max_coverage" and coverage.ledger.full > 0:
        told = with_moves(told, question, coverage, after)
    sites = sites_frame(
        context, judged, explained, chosen, base=question.base, total=question.total
    )
    curve = _curve(context, question, result, bounds)
    sites = with_money(context, judged.key, siting, sites, chosen)
    phases = phase_table(siting, sites, base=question.base, total=question.total, curve=curve)
    return SitingOutcome(
        result=told,
        objective=siting.objective,
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
        curve=curve,
        knee=None if curve is None else curve_knee(curve),
        phases=phases,
        notes=tuple(
            _notes(context, question, result, explained, missed, moves=told.bound != plain.bound)
        ),
    )


def _notes(
    context: Context,
    question: Question,
    result: SitingResult,
    explained: pd.DataFrame,
    missed: float,
    *,
    moves: bool,
) -> list[str]:
    notes = []
    if moves:
        notes.append(say(context.lang, "study.moves"))
    if missed >= 0.5:
        notes.append(say(context.lang, "study.thinned", people=f"{missed:,.0f}"))
    if question.free is not None and result.status == "feasible" and result.bound is not None:
        notes.append(say(context.lang, "study.thinned_rules"))
    if question.problem.capacities is not None:
        notes.append(say(context.lang, "study.few_places"))
    elif question.siting.capacity is not None:
        notes.append(say(context.lang, "study.capacity_unheeded"))
    asked = question.siting.sites
    if result.status == "optimal" and asked is not None and len(explained) < asked:
        key = "study.enough" if len(explained) else "study.enough_none"
        notes.append(say(context.lang, key, asked=f"{asked:,}", enough=f"{len(explained):,}"))
    return notes


def _whole_bounds(question: Question, result: SitingResult) -> np.ndarray | None:
    """Bounds over all candidates for 0, 1, ... new sites, where thinning may have cost people."""
    if question.whole is None or result.bound is None:
        return None
    most = max(question.most_sites, len(result.sites))
    return coverage_bounds(question.whole, sites=most, target=result.value)


def _with_base(result: SitingResult, question: Question, bounds: np.ndarray | None) -> SitingResult:
    """Value and bound of the whole service: people served already and by the new sites.

    Where candidates were thinned away the bound is that of the question over all of them.
    """
    value = result.value + question.base
    bound = result.bound
    if bound is not None and bounds is not None:
        bound = max(bound, float(bounds[-1]))
    if bound is not None:
        bound = min(bound + question.base, question.total)
    gap = None if bound is None else (bound - value) / value if value > 0 else 0.0
    greedy = None if result.greedy_value is None else result.greedy_value + question.base
    status = result.status
    if status == "optimal" and gap is not None and gap > question.siting.gap + 1e-9:
        status = "feasible"
    return replace(result, value=value, bound=bound, gap=gap, greedy_value=greedy, status=status)


def _curve(
    context: Context, question: Question, result: SitingResult, bounds: np.ndarray | None
) -> pd.DataFrame | None:
    """People served by every number of new sites up to the answer's, with the bound.

    The curve asks for the best without rules of distance or area; the answer's own number stands
    at its end when it has no such rules.
    """
    siting = question.siting
    if not siting.curve or siting.objective != "max_coverage" or result.status == "infeasible":
        return None
    if result.detail.get("interrupted"):
        return None
    if question.problem.capacities is not None:  # the curve knows reach, not places
        return None
    count = len(result.sites) if siting.sites is None else siting.sites
    if result.status == "optimal":
        count = min(count, len(result.sites))  # more sites would serve nobody more
    curve = coverage_curve(
        question.problem,
        sites=range(count + 1),
        time_limit_s=siting.time_limit_s,
        gap=max(siting.gap, 1e-3),
        seed=context.config.study.seed,
    )
    table = pd.DataFrame(curve)[["sites", "value", "bound"]].copy()
    last = table["sites"] == count
    table.loc[last, "value"] = np.maximum(table.loc[last, "value"], result.value)
    if bounds is not None:
        # two bounds over all candidates: by prices, and by what thinning can cost each number
        asked = table["sites"].to_numpy()
        lost = [question.thinned.bound_loss(int(k)) if question.thinned else np.inf for k in asked]
        over = bounds[np.minimum(asked, len(bounds) - 1)]
        table["bound"] = np.maximum(table["value"], np.minimum(table["bound"] + lost, over))
    table["value"] += question.base
    table["bound"] = np.minimum(table["bound"] + question.base, question.total)
    return table
