"""How robust a plan is: the siting problem drawn anew many times, every plan tried in each draw.

Walking speed and what people put up with, how many people live where, and which of today's sites
close are not known exactly. Each draw changes them within given limits, solves the problem
again under the planner's own constraints, and measures what today's plan would cover. Everything
follows from the seed.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.results import Robustness, ServiceResult, SitingOutcome
from geoplan.siting.solver.request import SolveRequest
from geoplan.study.assess.assess_service import assess_service, costs_within, open_sites
from geoplan.study.read.context import Context
from geoplan.study.read.load import load_inputs, refuse_blocked
from geoplan.study.read.networks import modes_of, try_networks
from geoplan.study.settings import StudySettings, known_services
from geoplan.study.sites.covering_problem import StudyProblem
from geoplan.study.sites.monte_carlo import (
    DrawData,
    DrawSettings,
    Uncertainty,
    draw_all,
    how_often,
    losses,
    try_plans,
)
from geoplan.study.sites.suggest_sites import suggest_sites
from geoplan.study.sites.whole_service import asks_for_whole_service
from geoplan.words.speaker import Speaker

#: objectives whose plan is a number of sites that cover people
COVERING = ("max_coverage", "min_sites")
#: how good a draw's plan must be inside a run, and how long it may take: long enough that a slow
#: or busy computer gives the answer of a quick one, which takes a second
_RUN_REQUEST = SolveRequest(gap=0.01, time_limit_s=20.0)


def robustness(
    study: StudySettings,
    service: str,
    *,
    redraws: int = 100,
    reach_cv: float = 0.1,
    people_cv: float = 0.1,
    closure_share: float = 0.02,
    seed: int = 0,
    workers: int = 2,
) -> Robustness:
    """Draw one service's siting problem anew `redraws` times.

    Reach alone is measured, not full sites, since nobody knows the capacities of a draw.

    Parameters
    ----------
    study : its service must ask for sites by ``max_coverage`` or ``min_sites``; the draws then
        place as many sites as the plan has, under the same constraints (least distance, areas).
    service : key.
    redraws : number of draws.
    reach_cv, people_cv, closure_share : see `geoplan.study.sites.monte_carlo.Uncertainty`.
    seed : everything follows from it, as long as no draw needs the 20 s that it may take (column
        ``cut_short`` of `draws`). The order of rows in files changes nothing.
    workers : threads that solve draws side by side; they do not change the result.

    Returns
    -------
    Robustness

    Raises
    ------
    InputError
        A file cannot be used at all.
    UsageError
        The service has no such siting problem, or an option makes no sense.

    Notes
    -----
    Regret of a draw = people whom its best plan covers - people whom the plan covers in it
    (minimax regret: Savage 1951). A draw's best plan need not be proved: `draws` has its bound.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> found = robustness(example_study(), "meal_station", redraws=4, seed=1)
    >>> len(found.draws), float(found.draws["regret"].max())
    (4, 0.0)
    >>> found.critical[["name", "people"]].to_dict("index")
    {'M1': {'name': 'First', 'people': 150.0}}
    """
    known_services(study, [service])
    config = study.config
    siting = config.services[service].siting
    if siting is None or siting.objective not in COVERING:
        raise UsageError.of("study.robustness_needs_sites", key=service)
    if siting.tiers is not None or asks_for_whole_service(siting):
        raise UsageError.of("study.robustness_plain", key=service)
    study.require_streets()
    read = try_networks(config, study.folder, modes=modes_of(config, [service]))
    inputs = load_inputs(config, study.folder, services=[service], streets=read.streets)
    refuse_blocked(inputs, config.speaker)
    context = Context(config=config, folder=study.folder, inputs=inputs, networks=read.read())
    assessed = assess_service(context, service)
    # no curve here, and the draws come below
    plain = siting.model_copy(update={"curve": False, "robustness": 0})
    outcome, problem = suggest_sites(context, assessed, plain)
    assert problem is not None  # of a covering objective
    settings = DrawSettings(
        redraws=redraws,
        uncertainty=Uncertainty(
            reach_cv=reach_cv, people_cv=people_cv, closure_share=closure_share
        ),
        seed=seed,
        workers=workers,
    )
    return _robustness_of(context, assessed, outcome, problem, settings)


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
    if outcome.result.detail.get("interrupted"):  # somebody waits for the sites
        return outcome
    seed = context.config.study.seed
    settings = DrawSettings(redraws=siting.robustness, seed=seed, request=_RUN_REQUEST)
    try:
        found = _robustness_of(context, assessed, outcome, problem, settings)
    except KeyboardInterrupt:  # the sites are there: hand them over without their draws
        detail = {**outcome.result.detail, "interrupted": True}
        return replace(outcome, result=replace(outcome.result, detail=detail))
    sites = outcome.sites.copy()
    sites["chosen_share"] = found.chosen["share"].reindex(sites.index.astype(str)).to_numpy()
    return replace(outcome, sites=sites, robustness=found)


def _robustness_of(
    context: Context,
    assessed: ServiceResult,
    outcome: SitingOutcome,
    problem: StudyProblem,
    settings: DrawSettings,
) -> Robustness:
    """`robustness` of suggested sites, of the problem that gave them."""
    _refuse_nonsense(settings, context.speaker)
    assert assessed.facilities is not None
    if outcome.sites.empty:
        raise UsageError(context.speaker.say("study.no_plan_to_try", key=assessed.key))
    if problem.conditional.area_shares is not None:
        raise UsageError(context.speaker.say("study.area_shares_redraws"))
    plan = list(map(str, outcome.sites.index))
    data = _draw_data(context, assessed, problem, settings.uncertainty)
    drawn = draw_all(data, settings, sites=len(plan))
    draws, plans = try_plans(data, drawn, plan)
    names = assessed.facilities.frame["name"].astype("string").fillna("")
    return Robustness(
        service=assessed.key,
        sites=len(plan),
        draws=draws,
        chosen=how_often(drawn, plan),
        plans=plans,
        critical=_named(losses(data), names),
        critical_after=_named(losses(data, new_sites=plan), names),
        variation=asdict(settings.uncertainty),
    )


def _refuse_nonsense(settings: DrawSettings, speaker: Speaker) -> None:
    redraws, uncertainty = settings.redraws, settings.uncertainty
    faults = []
    if isinstance(redraws, bool) or not isinstance(redraws, int) or redraws < 1:
        faults.append(speaker.say("study.bad_redraws", value=redraws))
    faults += [
        speaker.say("study.bad_variation", name=name, value=value)
        for name, value in (
            ("reach_cv", uncertainty.reach_cv),
            ("people_cv", uncertainty.people_cv),
        )
        if not value >= 0
    ]
    if not 0 <= uncertainty.closure_share < 1:
        faults.append(speaker.say("study.bad_closure_share", value=uncertainty.closure_share))
    if faults:
        join = "；" if speaker.lang == "zh" else "; "
        raise UsageError(join.join(faults) + speaker.say("report.high_end"))


def _draw_data(
    context: Context, assessed: ServiceResult, problem: StudyProblem, uncertainty: Uncertainty
) -> DrawData:
    standard = assessed.standard
    assert assessed.coverage is not None
    assert assessed.facilities is not None
    assert standard.threshold is not None
    frame = assessed.coverage.frame
    rows = _in_place_order(frame[frame.geometry.notna() & (frame["people"] > 0)])
    # one search wide enough for the widest draw; each draw then looks at what is near enough
    wide = standard.threshold * uncertainty.widest
    far = replace(standard, **{f"threshold_{standard.unit}": wide})  # type: ignore[arg-type]
    sites = open_sites(assessed.facilities).sort_index(key=lambda index: index.astype(str))
    siting_problem = problem.conditional.problem
    labels = siting_problem.site_index.to_numpy(object)
    constraints: dict[str, Any] = {
        "conflicts": [(labels[i], labels[j]) for i, j in siting_problem.conflicts]
    }
    if siting_problem.site_areas is not None:
        constraints["site_areas"] = siting_problem.site_areas
    if problem.siting.budget is not None:
        constraints["site_costs"] = siting_problem.site_costs
    return DrawData(
        people=rows["people"].to_numpy(np.float64),
        threshold=float(standard.threshold),
        candidates=costs_within(context, rows, problem.candidates, far),
        existing=costs_within(context, rows, sites, far).matrix.tocsr(),
        existing_index=sites.index.astype(str),
        constraints=constraints,
        min_sites_per_area=problem.conditional.min_sites_per_area,
        budget=problem.siting.budget,
    )


def _in_place_order(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows by where they are: what is drawn for one does not depend on the file's order."""
    keys = (rows.index.astype(str), rows["people"], rows.geometry.y, rows.geometry.x)
    return rows.iloc[np.lexsort([np.asarray(key) for key in keys])]


def _named(people: pd.Series, names: pd.Series) -> pd.DataFrame:
    known = names.set_axis(names.index.astype(str))
    return pd.DataFrame({"name": known.reindex(people.index).fillna(""), "people": people})
