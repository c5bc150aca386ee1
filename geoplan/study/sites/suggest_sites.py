"""New sites for one service: the problem stated and solved, and what the solution changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.results import ServiceResult, SitingOutcome
from geoplan.siting import curve_knee, explain_sites
from geoplan.siting.beside.alternatives import Alternatives
from geoplan.siting.conditional.bounds import (
    ConditionalSolution,
    coverage_by_sites,
    rounding_of,
    with_ledger_value,
)
from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.conditional.reassignment import capacity_in_people
from geoplan.siting.conditional.solve import Solver
from geoplan.siting.model.counting import is_whole
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.request import SolveRequest
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.area_shares import with_shares_checked
from geoplan.study.sites.budget import candidate_costs, phase_table, with_costs_and_phases
from geoplan.study.sites.candidates import more_candidates
from geoplan.study.sites.covering_problem import StudyProblem, state_problem
from geoplan.study.sites.effects import added_by_capacity, ledger_after, most_after, sites_frame
from geoplan.study.sites.median_center import distance_sites
from geoplan.study.sites.other_plans import other_plans
from geoplan.study.sites.planned_phases import planned_phases
from geoplan.study.sites.tiered import tiered_sites
from geoplan.study.sites.whole_service import asks_for_whole_service, whole_service_sites
from geoplan.words.speaker import Speaker


def suggest_sites(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> tuple[SitingOutcome, StudyProblem | None]:
    """Solve one service's siting problem and say what the solution changes.

    Returns
    -------
    tuple
        The suggested sites, and the covering problem of the people not served today that they
        solve; None where everybody counts (p-median, p-center, and what the whole service asks).
    """
    assert assessed.coverage is not None
    if siting.objective in ("p_median", "p_center"):
        return distance_sites(context, assessed, siting), None
    if siting.tiers is not None:
        return tiered_sites(context, assessed, siting), None
    if asks_for_whole_service(siting):
        return whole_service_sites(context, assessed, siting), None
    problem = state_problem(context, assessed, siting)
    request = SolveRequest(
        time_limit_s=siting.time_limit_s, gap=siting.gap, seed=context.config.study.seed
    )
    solution = Solver(request=request, speaker=context.speaker).solve(problem.conditional)
    return _outcome(context, assessed, problem, solution), problem


def _outcome(
    context: Context,
    assessed: ServiceResult,
    study_problem: StudyProblem,
    solution: ConditionalSolution,
) -> SitingOutcome:
    siting, problem = study_problem.siting, solution.problem
    result = solution.result
    explained = _in_phases(context, assessed.key, study_problem, solution)
    chosen = study_problem.candidates.loc[list(explained.index)]
    after = ledger_after(context, assessed, chosen, siting)
    result = with_shares_checked(context, assessed, result, problem.area_shares, after)
    served = after.ledger.served
    if assessed.standard.capacity_limits:
        off = abs(problem.served + float(explained["added_people"].sum()) - served)
        if off > rounding_of(served):
            # people who are no whole numbers may make the ledger round: the ledger's value wins
            explained = added_by_capacity(context, assessed, explained, chosen, siting, after)
        if siting.objective == "max_coverage":
            result = with_ledger_value(result, served, gap=siting.gap)
    sites = sites_frame(
        context, assessed, explained, chosen, base=problem.served, total=problem.total
    )
    curve = one_bound(coverage_by_sites(solution), result) if siting.curve else None
    # the last number is the plan's own, whose status is told with it
    cut_short = 0 if curve is None else int(curve.pop("cut_short").iloc[:-1].sum())
    if cut_short:
        result = replace(result, detail={**result.detail, "curve_cut_short": cut_short})
    sites = with_costs_and_phases(context, assessed.key, siting, sites, chosen)
    phases = phase_table(siting, sites, base=problem.served, total=problem.total, curve=curve)
    return SitingOutcome(
        result=result,
        objective=siting.objective,
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
        coverage_after_most=most_after(context, assessed, chosen, siting),
        curve=curve,
        knee=None if curve is None else curve_knee(curve),
        phases=phases,
        alternatives=_alternatives(siting, solution),
        notes=tuple(_notes(context.speaker, siting, solution, len(explained), cut_short)),
    )


def _in_phases(
    context: Context, key: str, study_problem: StudyProblem, solution: ConditionalSolution
) -> pd.DataFrame:
    """The new sites in the order of building: by phases that are planned together, where asked."""
    problem, solved, siting = solution.problem.solved, solution.solved, study_problem.siting
    explained = explain_sites(problem, solved)
    if not (siting.phases or siting.years) or solved.status not in ("optimal", "feasible"):
        return explained
    chosen = study_problem.candidates.loc[list(explained.index)]
    prices = candidate_costs(context, key, siting, chosen)
    seed = context.config.study.seed
    phase = planned_phases(siting, problem, solved, explained, prices, seed=seed)
    return explained if phase is None else explain_sites(problem, solved, phase=phase)


def _alternatives(siting: SitingSection, solution: ConditionalSolution) -> Alternatives | None:
    """Other plans of new sites that serve as many people."""
    if not siting.alternatives or solution.solved.status not in ("optimal", "feasible"):
        return None
    problem, shares = solution.problem, solution.problem.area_shares
    return other_plans(
        problem.solved,
        solution.solved,
        siting,
        problem.min_sites_per_area,
        shares.of_problem(problem.solved) if shares is not None and shares.short else None,
        every=len(problem.solved.site_index) - problem.n_existing == problem.n_offered,
    )


def one_bound(curve: pd.DataFrame | None, result: SitingResult) -> pd.DataFrame | None:
    """The curve with the result's own bound at its end: two proofs of one number are told as one.

    Fewer sites cannot cover more than the result's bound either.
    """
    if curve is None or not len(curve) or result.bound is None:
        return curve
    one = curve.copy()
    bound = np.minimum(one["bound"].to_numpy(float), float(result.bound))
    bound[-1] = float(result.bound)
    one["bound"] = np.maximum(bound, one["value"].to_numpy(float))
    return one


def _notes(
    speaker: Speaker,
    siting: SitingSection,
    solution: ConditionalSolution,
    found: int,
    cut_short: int,
) -> list[str]:
    """What a reader must know beside the numbers.

    found : new sites that are suggested. cut_short : points of the curve that ended by the clock.
    """
    problem, solved = solution.problem, solution.solved
    notes = [speaker.say("study.curve_cut_short", count=cut_short)] if cut_short else []
    if text := _capacity_note(speaker, siting, problem):
        notes.append(text)
    missed = solution.thinning_may_cost
    if missed >= 0.5 and siting.objective == "max_coverage":
        notes.append(speaker.say("study.thinned", people=f"{missed:,.0f}"))
    kept = 0 if problem.thinned is None else len(problem.thinned.kept)
    notes += more_candidates(speaker, siting, kept)
    unproved = solved.status == "feasible" and solved.bound is not None
    if problem.unconstrained is not None and unproved:
        notes.append(speaker.say("study.thinned_rules"))
    if problem.area_shares is not None and siting.robustness:
        notes.append(speaker.say("study.area_shares_redraws"))
    if not problem.has_capacities and siting.capacity is not None:
        notes.append(speaker.say("study.capacity_unheeded"))
    if _takes_nobody(problem):
        notes.append(speaker.say("study.takes_nobody", capacity=f"{problem.capacity:g}"))
    elif problem.extra_sites_useless(solved):
        asked = siting.sites or 0
        key = "study.enough" if found else "study.enough_none"
        notes.append(speaker.say(key, asked=f"{asked:,}", enough=f"{found:,}"))
    return notes


def _capacity_note(speaker: Speaker, siting: SitingSection, problem: ConditionalProblem) -> str:
    """What it means that capacity is limited, at full sites or at new ones; "" where it is not."""
    few = problem.has_capacities and not _takes_nobody(problem)
    if problem.reassignment is not None:
        key = "study.moves_few_places" if few else "study.moves"
    elif few:
        key = "study.few_places"
    else:
        return ""
    text = speaker.say(key)
    if not siting.robustness:  # a study without draws misses none
        return text
    return ("" if speaker.lang == "zh" else " ").join([text, speaker.say("study.no_redraws")])


def _takes_nobody(problem: ConditionalProblem) -> bool:
    """Whether a new site has capacity for less than one of people who are whole."""
    whole = is_whole(problem.solved.weights)
    return problem.has_capacities and capacity_in_people(problem.capacity, whole=whole) == 0
