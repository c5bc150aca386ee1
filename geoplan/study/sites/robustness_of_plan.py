"""A service's suggested sites tried in many random draws: people, costs and constraints as arrays.

Uses the problem that gave the sites; `geoplan.study.sites.monte_carlo` knows numbers only.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.results import Robustness, ServiceResult, SitingOutcome
from geoplan.siting.solver.request import SolveRequest
from geoplan.study.assess.assess_service import costs_within, open_sites
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.covering_problem import StudyProblem, state_problem
from geoplan.study.sites.monte_carlo import (
    DrawSettings,
    Uncertainty,
    World,
    draw_all,
    how_often,
    losses,
    try_plans,
)

#: objectives whose plan is a number of sites that cover people
COVERING = ("max_coverage", "min_sites")
#: how good a draw's plan must be inside a run, and how long it may take
_RUN_REQUEST = SolveRequest(gap=0.01, time_limit_s=5.0)


def with_robustness(
    context: Context, assessed: ServiceResult, outcome: SitingOutcome, problem: StudyProblem
) -> SitingOutcome:
    """`outcome` with its robustness, where the study wants draws (``siting.robustness``)."""
    siting = problem.siting
    if not siting.robustness or siting.objective not in COVERING or outcome.sites.empty:
        return outcome
    if problem.conditional.solved.capacities is not None:  # draws know reach, not capacity
        return outcome
    if problem.conditional.area_shares is not None:  # nor least shares, which a draw may miss
        return outcome
    found = robustness_of(
        context,
        replace(assessed, siting=outcome),
        siting,
        DrawSettings(
            redraws=siting.robustness, seed=context.config.study.seed, request=_RUN_REQUEST
        ),
        problem=problem,
    )
    sites = outcome.sites.copy()
    sites["chosen_share"] = found.chosen["share"].reindex(sites.index.astype(str)).to_numpy()
    return replace(outcome, sites=sites, robustness=found)


def robustness_of(
    context: Context,
    planned: ServiceResult,
    siting: SitingSection,
    settings: DrawSettings,
    *,
    problem: StudyProblem | None = None,
) -> Robustness:
    """`robustness` of a service that has its suggested sites already.

    Parameters
    ----------
    settings : number of draws, their uncertainty, and how each is solved.
    problem : the one that the sites solve; stated again when it is not given.

    Raises
    ------
    UsageError
        An option makes no sense, or there are no suggested sites to try.
    """
    _refuse_nonsense(settings)
    uncertainty = settings.uncertainty
    assert planned.facilities is not None
    if planned.siting is None or planned.siting.sites.empty:
        raise UsageError(f"no site is suggested for {planned.key!r}: there is no plan to try.")
    plan = list(map(str, planned.siting.sites.index))
    problem = problem or state_problem(context, planned, siting)
    if problem.conditional.area_shares is not None:
        raise UsageError(context.speaker.say("study.area_shares_redraws"))
    world = _world(context, planned, problem, uncertainty)
    drawn = draw_all(world, settings, sites=len(plan))
    draws, plans = try_plans(world, drawn, plan)
    names = planned.facilities.frame["name"].astype("string").fillna("")
    return Robustness(
        service=planned.key,
        sites=len(plan),
        draws=draws,
        chosen=how_often(drawn, plan),
        plans=plans,
        critical=_named(losses(world), names),
        critical_after=_named(losses(world, new_sites=plan), names),
        variation=asdict(uncertainty),
    )


def _refuse_nonsense(settings: DrawSettings) -> None:
    redraws, uncertainty = settings.redraws, settings.uncertainty
    faults = []
    if isinstance(redraws, bool) or not isinstance(redraws, int) or redraws < 1:
        faults.append(f"redraws must be 1 or more, not {redraws}")
    faults += [
        f"{name} must be 0 or more, not {value}"
        for name, value in (
            ("reach_cv", uncertainty.reach_cv),
            ("people_cv", uncertainty.people_cv),
        )
        if not value >= 0
    ]
    if not 0 <= uncertainty.closure_share < 1:
        faults.append(f"closure_share must be from 0 to below 1, not {uncertainty.closure_share}")
    if faults:
        raise UsageError("; ".join(faults) + ".")


def _world(
    context: Context, assessed: ServiceResult, problem: StudyProblem, uncertainty: Uncertainty
) -> World:
    standard = assessed.standard
    assert assessed.coverage is not None
    assert assessed.facilities is not None
    assert standard.threshold is not None
    frame = assessed.coverage.frame
    rows = frame[frame.geometry.notna() & (frame["people"] > 0)]
    # one search wide enough for the widest draw; each draw then looks at what is near enough
    wide = standard.threshold * uncertainty.widest
    far = (
        replace(standard, threshold_m=wide)
        if standard.threshold_m is not None
        else replace(standard, threshold_min=wide)
    )
    sites = open_sites(assessed.facilities)
    stated = problem.conditional.problem
    labels = stated.site_index.to_numpy(object)
    constraints: dict[str, Any] = {
        "conflicts": [(labels[i], labels[j]) for i, j in stated.conflicts]
    }
    if stated.site_areas is not None:
        constraints["site_areas"] = stated.site_areas
    if problem.siting.budget is not None:
        constraints["site_costs"] = stated.site_costs
    return World(
        people=rows["people"].to_numpy(np.float64),
        threshold=float(standard.threshold),
        candidates=costs_within(context, rows, problem.candidates, far),
        existing=costs_within(context, rows, sites, far).matrix.tocsr(),
        existing_index=sites.index.astype(str),
        constraints=constraints,
        min_sites_per_area=problem.conditional.min_sites_per_area,
        budget=problem.siting.budget,
    )


def _named(people: pd.Series, names: pd.Series) -> pd.DataFrame:
    known = names.set_axis(names.index.astype(str))
    return pd.DataFrame({"name": known.reindex(people.index).fillna(""), "people": people})
