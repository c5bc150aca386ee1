"""Solving a conditional problem: sites, and a bound that holds over all candidates.

Where existing sites are full, the problem of the whole service is solved first; should it not be
proved in its part of the time, that of the people not served today may do better, and the smaller
bound counts. Where constraints may want candidates that were left out, the problem without them
gives the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.conditional.bounds import ConditionalSolution, whole_service
from geoplan.siting.conditional.infeasible_service import (
    ServiceNumbers,
    not_among_kept,
    told_of_service,
)
from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.constrained.capacity_part import people_served
from geoplan.siting.covering import max_coverage, min_sites
from geoplan.siting.model.build_result import judged
from geoplan.siting.model.constraints import site_money
from geoplan.siting.model.parse import percent_text
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.request import SolveRequest
from geoplan.siting.weighted_covering import min_cost
from geoplan.tolerances import CAPACITY_REACHED, NO_GAP, SHARE_PEOPLE
from geoplan.words.speaker import Speaker

#: share of the time, where sites are full, for the problem of the whole service; the rest is kept
#: for the one of people not served today, should the first not be proved
_WHOLE_SERVICE = 0.75


@dataclass(frozen=True, kw_only=True, slots=True)
class Solver:
    """What solves one conditional problem.

    Parameters
    ----------
    request : time limit, gap and seed of the whole problem.
    speaker : writes why there is no solution.
    """

    request: SolveRequest
    speaker: Speaker

    def solve(self, problem: ConditionalProblem) -> ConditionalSolution:
        """The solution of the whole service, with a bound over all candidates."""
        solved = self._among_kept(problem, self._solved(problem))
        if problem.area_shares is None:
            solved = told_of_service(ServiceNumbers.of(problem), solved, self.speaker)
        return whole_service(problem, self._bounded_over_all(problem, solved), self.request)

    def _solved(self, problem: ConditionalProblem) -> SitingResult:
        """The result in ``problem.solved``."""
        if problem.area_shares is not None:  # no site that stands is full
            found = self._attempt(problem, problem.problem, self.request.time_limit_s)
            thinned = problem.thinned is not None and len(problem.thinned.loss) > 0
            kept = problem.problem.n_sites if thinned else problem.n_offered
            return problem.area_shares.described(
                found, self.speaker, kept=kept, every=problem.n_offered
            )
        limit = self.request.time_limit_s
        if problem.reassignment is None:
            return self._attempt(problem, problem.problem, limit)
        found = self._attempt(problem, problem.solved, _WHOLE_SERVICE * limit)
        if found.status in ("feasible", "unknown") and not found.detail.get("interrupted"):
            left = max(limit - found.seconds, 0.1 * limit)
            unserved = self._attempt(problem, problem.problem, left)
            found = _better_of(problem, found, unserved, gap=self.request.gap)
        return found

    def _attempt(
        self, problem: ConditionalProblem, variant: SitingProblem, seconds: float
    ) -> SitingResult:
        """`problem` as `variant`: of the whole service, of those not served, or all candidates."""
        existing = len(variant.fixed)
        options: dict[str, Any] = {"request": replace(self.request, time_limit_s=seconds)}
        if problem.has_area_minimums:
            blocked = self._areas_without_candidates(problem)
            if blocked is not None:
                return blocked
            options |= self._area_minimums(problem, variant)
        if problem.objective == "max_coverage":
            if problem.budget is not None:
                return max_coverage(variant, budget=problem.budget, **options)
            return max_coverage(variant, sites=existing + (problem.sites or 0), **options)
        whole = existing or problem.reassignment is None
        elsewhere = problem.served_outside if whole else problem.served
        wanted = (problem.share or 1.0) * problem.total - elsewhere
        if wanted <= 0 and not problem.has_area_minimums:
            return max_coverage(variant, sites=existing, **options)
        if wanted > variant.total + SHARE_PEOPLE:
            return self._share_too_large(problem, "study.share_out_of_reach", variant.total)
        if variant.capacities is not None and problem.thinned is not None:
            most = people_served(variant, np.flatnonzero(variant.is_allowed))
            if wanted > most + SHARE_PEOPLE and not len(problem.thinned.loss):
                return self._share_too_large(problem, "study.share_without_places", most)
        share = min(max(wanted, 0.0) / (variant.total or 1.0), 1.0)
        least = min_cost if problem.objective == "min_cost" else min_sites
        return least(variant, share=share, **options)

    def _among_kept(self, problem: ConditionalProblem, result: SitingResult) -> SitingResult:
        """The result, not infeasible where candidates that were left out may keep the constraints.

        Thinning keeps everybody's reach, but neither distances nor capacity nor the cheapest sites.
        """
        if result.status != "infeasible" or problem.unconstrained is None:
            return result
        if not result.solver or problem.impossible_anywhere:
            return result
        kept = problem.problem.n_sites
        return not_among_kept(result, self.speaker, kept=kept, every=problem.n_offered)

    def _bounded_over_all(self, problem: ConditionalProblem, result: SitingResult) -> SitingResult:
        """The result with a bound over all candidates, where constraints may want some left out.

        Dropping a candidate that another one dominates costs nobody, unless distances, areas or
        capacities speak for it. Without these constraints the problem over the candidates left
        bounds that over all.
        """
        known = result.bound
        if problem.unconstrained is None or known is None or not result.value > 0:
            return result
        fewest = problem.asks_for_share
        limit = np.inf if fewest else problem.capacity_bound(problem.most_sites or None)
        if result.value >= limit * (1 - CAPACITY_REACHED):
            return result
        if result.detail.get("interrupted"):  # nobody waits any longer: what holds anyway
            at_least = min(1.0, result.value) if problem.objective == "min_sites" else 0.0
            bound = at_least if fewest else min(limit, problem.solved.total)
        else:
            relaxed = replace(problem, min_sites_per_area={}, area_shares=None)
            free = self._attempt(relaxed, problem.unconstrained, self.request.time_limit_s)
            result = _interrupted_with(result, free)
            if free.bound is None:
                return result
            bound = min(free.bound, known) if fewest else max(free.bound, known)
            bound = min(bound, limit)
        gap = abs(bound - result.value) / result.value
        if gap <= NO_GAP:
            return result
        _, gap_told, status = judged(result.value, bound, gap=self.request.gap)
        if result.status == "feasible":
            status = "feasible"
        return replace(result, status=status, bound=bound, gap=gap_told)

    def _share_too_large(
        self, problem: ConditionalProblem, word: str, reachable: float
    ) -> SitingResult:
        """The share that is asked for includes people whom no site could serve."""
        most = (problem.served_outside + reachable) / problem.total
        text = self.speaker.say(
            word,
            share=f"{problem.share or 1.0:.2%}",
            people=f"{problem.total - problem.served_outside - reachable:,.0f}",
            most=percent_text(most),
        )
        return self._infeasible(problem, text)

    def _area_minimums(self, problem: ConditionalProblem, variant: SitingProblem) -> dict[str, Any]:
        """Least numbers of sites and least shares per area, as siting functions take them."""
        options: dict[str, Any] = {}
        if problem.min_sites_per_area:
            options["min_sites_per_area"] = dict(problem.min_sites_per_area)
        if problem.area_shares is not None and problem.area_shares.short:
            options["min_share_per_area"] = problem.area_shares.of_problem(variant)
        return options

    def _areas_without_candidates(self, problem: ConditionalProblem) -> SitingResult | None:
        """Areas that must have sites where no candidate stands, or more people than are reached."""
        texts = []
        there = set() if problem.problem.site_areas is None else set(problem.problem.site_areas)
        needs = problem.min_sites_per_area
        empty = [code for code, least in needs.items() if least > 0 and code not in there]
        if empty:
            texts.append(self.speaker.say("study.no_candidate_in", areas=", ".join(empty)))
        facts: dict[str, Any] = {}
        if problem.area_shares is not None and problem.area_shares.out_of_reach:
            texts.append(problem.area_shares.describe_out_of_reach(self.speaker))
            facts = problem.area_shares.out_of_reach_facts
        return self._infeasible(problem, *texts, **facts) if texts else None

    def _infeasible(self, problem: ConditionalProblem, *texts: str, **facts: Any) -> SitingResult:
        index = problem.problem.demand_index
        return SitingResult(
            objective=problem.objective,
            status="infeasible",
            value=float("nan"),
            bound=None,
            gap=None,
            sites=[],
            assignment=pd.Series(pd.NA, index=index, dtype=object, name="site"),
            seconds=0.0,
            solver="",
            seed=self.request.seed,
            blocking=texts,
            detail=facts,
        )


def _better_of(
    problem: ConditionalProblem, found: SitingResult, unserved: SitingResult, *, gap: float
) -> SitingResult:
    """`found`, or the solution for those not served today where it is better; the smaller bound.

    Parameters
    ----------
    found : in ``problem.solved``.
    unserved : in ``problem.problem``; people whom its sites serve, and those who can take a seat
        that is left to them, count.
    gap : relative gap up to which a solution counts as optimal.
    """
    solved = problem.solved
    sites = [*solved.site_index[solved.fixed], *unserved.sites]
    chosen = solved.positions(sites)
    if problem.asks_for_share:
        bound, value = found.bound, float(len(sites))
        if problem.objective == "min_cost":
            value = float(site_money(solved)[chosen].sum())
        better = found.status == "unknown" or value < found.value
    else:
        value = people_served(solved, chosen)
        bound = found.bound
        if unserved.bound is not None and problem.problem.capacities is None:
            # nobody who finds a site full today is served twice
            over = problem.served - problem.served_outside + unserved.bound + problem.turned_away
            bound = over if bound is None else min(bound, over)
        better = found.status == "unknown" or value > found.value
    if unserved.status not in ("optimal", "feasible") or not better:
        value, sites = found.value, found.sites
    if not np.isfinite(value):
        return _interrupted_with(replace(found, bound=bound), unserved)
    if bound is not None:
        bound = min(bound, value) if problem.asks_for_share else max(bound, value)
    bound, left, status = judged(value, bound, gap=gap, split=solved.capacities is not None)
    better_result = replace(
        found,
        value=value,
        bound=bound,
        gap=left,
        sites=sites,
        seconds=found.seconds + unserved.seconds,
        status=status,
    )
    return _interrupted_with(better_result, unserved)


def _interrupted_with(result: SitingResult, other: SitingResult) -> SitingResult:
    """`result`; interrupted where the work on `other`, which belongs to it, was."""
    if not other.detail.get("interrupted"):
        return result
    return replace(result, detail={**result.detail, "interrupted": True})
