"""New sites for one service: the question asked, the proved answer, what it changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.results import ServiceResult, SitingOutcome
from geoplan.siting import SitingResult, coverage_curve, curve_knee, explain_sites
from geoplan.siting.explain import may_replace
from geoplan.siting.mclp.lagrangian import coverage_bounds
from geoplan.siting.model.build_result import is_whole, relative_gap
from geoplan.siting.model.result import Status
from geoplan.study.assess.assess_service import equity_of
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.budget import phase_table, with_costs_and_phases
from geoplan.study.sites.covering_problem import Question, ask
from geoplan.study.sites.effects import added_by_places, ledger_after, sites_frame
from geoplan.study.sites.median_center import distance_sites
from geoplan.study.sites.reassignment import capacity_in_people
from geoplan.study.sites.robustness_of_plan import with_robustness
from geoplan.study.sites.solve import answer
from geoplan.words import say

#: share of the people served by which sums may differ for their rounding
_DUST = 1e-8


def with_sites(context: Context, assessed: ServiceResult) -> ServiceResult:
    """`assessed` with suggested sites, where the study asks for them."""
    siting = context.config.services[assessed.key].siting
    if siting is None or assessed.coverage is None or assessed.facilities is None:
        return assessed
    outcome = suggest_sites(context, assessed, siting)
    if outcome.coverage_after is None:
        return replace(assessed, siting=outcome)
    after = {f"{k}_after": v for k, v in equity_of(context, outcome.coverage_after).items()}
    return replace(assessed, siting=outcome, equity={**assessed.equity, **after})


def suggest_sites(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> SitingOutcome:
    """Solve one service's question and say what the answer changes."""
    assert assessed.coverage is not None
    if siting.objective in ("p_median", "p_center"):
        return distance_sites(context, assessed, siting)
    question = ask(context, assessed, siting)
    result = answer(context, question)
    outcome = _outcome(context, assessed, question, result)
    if result.detail.get("interrupted"):  # somebody waits: no curve, no redraws
        return outcome
    try:
        return with_robustness(context, assessed, outcome, question)
    except KeyboardInterrupt:  # the answer is there: hand it over without its redraws
        told = {**outcome.result.detail, "interrupted": True}
        return replace(outcome, result=replace(outcome.result, detail=told))


def _outcome(
    context: Context, assessed: ServiceResult, question: Question, result: SitingResult
) -> SitingOutcome:
    coverage = assessed.coverage
    assert coverage is not None
    siting = question.siting
    bounds = _whole_bounds(question, result)
    told = _of_the_service(result, question, bounds)
    missed = 0.0 if told.bound is None else told.bound - (result.bound or 0.0) - question.beside
    explained = explain_sites(question.solved, result)
    chosen = question.candidates.loc[list(explained.index)]
    after = ledger_after(context, assessed, chosen, siting)
    added = float(explained["added_people"].sum())
    off = abs(question.base + added - after.ledger.served)
    if assessed.standard.capacity_limits and off > _dust(after.ledger.served):
        # people who are no whole numbers may make the ledger round places: it has the last word
        explained = added_by_places(context, assessed, explained, chosen, siting, after)
    if assessed.standard.capacity_limits and siting.objective == "max_coverage":
        told = _as_measured(told, after.ledger.served, siting.gap)
    sites = sites_frame(
        context, assessed, explained, chosen, base=question.base, total=question.total
    )
    curve = _curve(context, question, result, bounds)
    sites = with_costs_and_phases(context, assessed.key, siting, sites, chosen)
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
        notes=tuple(_notes(context, question, result, explained, missed)),
    )


def _dust(served: float) -> float:
    """People by which two sums of so many may differ: whole ones differ by more or not at all."""
    return min(_DUST * max(served, 1.0), 0.5)


def _notes(
    context: Context,
    question: Question,
    result: SitingResult,
    explained: pd.DataFrame,
    missed: float,
) -> list[str]:
    notes = []
    if told := _of_places(context, question):
        notes.append(told)
    if missed >= 0.5 and question.siting.objective == "max_coverage":
        notes.append(say(context.lang, "study.thinned", people=f"{missed:,.0f}"))
    if question.free is not None and result.status == "feasible" and result.bound is not None:
        notes.append(say(context.lang, "study.thinned_rules"))
    if not question.capped and question.siting.capacity is not None:
        notes.append(say(context.lang, "study.capacity_unheeded"))
    if _takes_nobody(question):
        capacity = f"{question.siting.capacity:g}"
        notes.append(say(context.lang, "study.takes_nobody", capacity=capacity))
    elif _more_add_nobody(question, result, len(explained)):
        asked, enough = question.siting.sites or 0, len(explained)
        key = "study.enough" if enough else "study.enough_none"
        notes.append(say(context.lang, key, asked=f"{asked:,}", enough=f"{enough:,}"))
    return notes


def _of_places(context: Context, question: Question) -> str:
    """What it means that places end, at full sites or at new ones; "" where none do."""
    few = question.capped and not _takes_nobody(question)
    if question.moving is not None:
        key = "study.moves_few_places" if few else "study.moves"
    elif few:
        key = "study.few_places"
    else:
        return ""
    told = say(context.lang, key)
    if not question.siting.robustness:  # who asked for no redraws misses none
        return told
    return ("" if context.lang == "zh" else " ").join([told, say(context.lang, "study.no_redraws")])


def _takes_nobody(question: Question) -> bool:
    """Whether a new site has places for less than one of people who are whole."""
    whole = is_whole(question.solved.weights)
    return question.capped and capacity_in_people(question.siting.capacity, whole=whole) == 0


def _more_add_nobody(question: Question, result: SitingResult, found: int) -> bool:
    """Whether fewer sites than asked for stand because another one would serve nobody.

    Not where a target, a budget or the distance between sites kept them fewer.
    """
    siting, problem = question.siting, question.solved
    if siting.objective != "max_coverage" or siting.budget is not None or siting.sites is None:
        return False
    if result.status != "optimal" or found >= siting.sites or not question.offered:
        return False
    chosen = problem.positions(result.sites)
    return not len(problem.conflicts) or bool(may_replace(problem, chosen, chosen).any())


def _whole_bounds(question: Question, result: SitingResult) -> np.ndarray | None:
    """Bounds over all candidates for 0, 1, ... new sites, where thinning may have cost people."""
    if question.whole is None or result.bound is None:
        return None
    asked = question.siting.sites or 0
    most = max(question.most_sites, asked, len(result.sites) - question.standing)
    # whoever does not go to a new site may at best have one of the places at full ones
    old = 0.0 if question.moving is None else question.moving.places
    bounds = old + coverage_bounds(question.whole, sites=most, target=result.value - old)
    bounds = np.minimum(bounds, [question.counted(k) for k in range(most + 1)])
    return np.minimum(bounds, question.solved.total)


def _of_the_service(
    result: SitingResult, question: Question, bounds: np.ndarray | None
) -> SitingResult:
    """Value and bound of the whole service: people served already and by the new sites.

    Fewest sites are new ones. Where candidates were thinned away the bound is that of the question
    over all of them.
    """
    standing = set(question.solved.site_index[question.solved.fixed])
    sites = [label for label in result.sites if label not in standing]
    if question.siting.objective == "min_sites":
        if result.objective != "min_sites":  # enough are served today: no site is needed
            return replace(
                result, objective="min_sites", value=0.0, bound=0.0, gap=0.0, sites=sites
            )
        value = result.value - len(standing)
        bound = None if result.bound is None else result.bound - len(standing)
        return replace(
            result, value=value, bound=bound, gap=relative_gap(value, bound), sites=sites
        )
    value = result.value + question.beside
    bound = result.bound
    if bound is not None and bounds is not None and question.free is None:
        lost = question.lost(len(bounds) - 1)
        bound = max(bound, min(bound + lost, float(bounds[-1])))
    if bound is not None:
        bound = min(bound + question.beside, question.total)
    gap = None
    if bound is not None and np.isfinite(value):
        gap = (bound - value) / value if value > 0 else 0.0
    greedy = None if result.greedy_value is None else result.greedy_value + question.beside
    status = result.status
    if status == "optimal" and gap is not None and gap > question.siting.gap + 1e-9:
        status = "feasible"
    return replace(
        result, value=value, bound=bound, gap=gap, greedy_value=greedy, status=status, sites=sites
    )


def _as_measured(told: SitingResult, served: float, gap: float) -> SitingResult:
    """`told` with the number of the ledger, which is measured and assigned anew."""
    if told.bound is None or not np.isfinite(told.value) or not served > 0:
        return told
    bound = served if abs(told.bound - served) <= _dust(served) else max(told.bound, served)
    found = (bound - served) / served
    status: Status = "optimal" if found <= gap + 1e-9 else "feasible"
    return replace(told, value=served, bound=bound, gap=found, status=status)


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
    standing = question.standing
    count = len(result.sites) - standing if siting.sites is None else siting.sites
    if result.status == "optimal":
        count = min(count, len(result.sites) - standing)  # more would serve nobody more
    curve = coverage_curve(
        question.solved,
        sites=range(standing, standing + count + 1),
        time_limit_s=siting.time_limit_s,
        gap=max(siting.gap, 1e-3),
        seed=context.config.study.seed,
    )
    table = pd.DataFrame(curve)[["sites", "value", "bound"]].copy()
    table["sites"] -= standing
    last = table["sites"] == count
    table.loc[last, "value"] = np.maximum(table.loc[last, "value"], result.value)
    if bounds is not None:
        # two bounds over all candidates: by prices, and by what thinning can cost each number
        asked = table["sites"].to_numpy()
        lost = [question.lost(int(k)) for k in asked]
        over = bounds[np.minimum(asked, len(bounds) - 1)]
        table["bound"] = np.maximum(table["value"], np.minimum(table["bound"] + lost, over))
    table["value"] += question.beside
    table["bound"] = np.minimum(table["bound"] + question.beside, question.total)
    return table
