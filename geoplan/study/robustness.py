"""How sure a recommendation is: the question drawn anew many times, and every plan tried in each.

Walking speed and what people put up with, how many people live where, and which of today's sites
close are not known exactly. Each draw changes them within what is said, answers the question
again under the planner's own rules, and measures what today's plan would cover. Everything
follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.results import ServiceResult
from geoplan.study.config import SitingSection
from geoplan.study.context import Context
from geoplan.study.judge import costs_within, judge, open_sites
from geoplan.study.load import load_inputs
from geoplan.study.networks import read_networks
from geoplan.study.question import Question, ask
from geoplan.study.redraws import (
    RECOMMENDED,
    Chance,
    World,
    draw_all,
    how_often,
    losses,
    try_plans,
)
from geoplan.study.site import suggest_sites
from geoplan.words import say

if TYPE_CHECKING:
    from geoplan.study.study import Study

#: objectives whose plan is a number of sites that cover people
_COVERING = ("max_coverage", "min_sites")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Robustness:
    """What became of a plan in many draws.

    Parameters
    ----------
    service, sites : key, and number of new sites.
    draws : one row per draw: ``reach`` (factor on the threshold), ``people`` (all who have a
        place), ``closed`` (sites), ``best`` (people that the best answer found covers), ``bound``
        (that no answer exceeds), ``plan`` (people that the recommended plan covers), ``regret``
        (best - plan; at most bound - plan).
    chosen : index = candidate; ``share`` of the draws whose answer has it, ``in_plan``; most often
        chosen first.
    plans : index = plan ("recommended", "draw 7", ...): ``worst_regret``, ``mean_regret``,
        ``sites`` (list); smallest worst regret first. The recommended plan and at most twenty
        answers of the draws are tried: "best at worst" is the best of these.
    critical : index = existing site: ``name``, ``people`` who lose all reach if it closes today;
        most first.
    critical_after : the same once the plan is built, new sites included (their name is empty).
    """

    service: str
    sites: int
    draws: pd.DataFrame
    chosen: pd.DataFrame
    plans: pd.DataFrame
    critical: pd.DataFrame
    critical_after: pd.DataFrame

    @property
    def steadiest(self) -> list[str]:
        """The sites of the plan that does best at worst."""
        return list(self.plans["sites"].iloc[0])

    def summary(self, lang: str = "zh") -> str:
        """A few sentences."""
        kept = self.chosen[self.chosen["in_plan"]]
        regret, best = self.draws["regret"], self.draws["best"]
        open_ = (self.draws["bound"] - best) / best.where(best > 0)
        first, worst = str(self.plans.index[0]), f"{self.plans['worst_regret'].iloc[0]:,.0f}"
        lines = [
            say(lang, "scenario.draws", draws=len(self.draws), sites=self.sites),
            say(lang, "scenario.steady", often=int((kept["share"] >= 0.5).sum()), all=len(kept)),
            say(lang, "scenario.regret", mean=f"{regret.mean():,.0f}", worst=f"{regret.max():,.0f}",
                share=f"{(regret / best.where(best > 0)).fillna(0.0).max():.1%}"),
        ]  # fmt: skip
        if open_.max() > 1e-6:
            lines.append(say(lang, "scenario.open", share=f"{open_.max():.2%}"))
        if first == RECOMMENDED:
            lines.append(say(lang, "scenario.steadiest_is_plan", worst=worst))
        else:
            shared = len(set(self.steadiest) & set(kept.index))
            lines.append(
                say(lang, "scenario.steadiest", number=first.removeprefix("draw "), worst=worst,
                    shared=shared, all=self.sites)
            )  # fmt: skip
        if len(self.critical):
            site = self.critical.iloc[0]
            name = site["name"] or str(self.critical.index[0])
            lines.append(say(lang, "scenario.critical", name=name, people=f"{site['people']:,.0f}"))
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"Robustness({self.service}: {self.sites} sites, {len(self.draws)} draws, "
            f"worst regret {self.draws['regret'].max():,.0f} people)"
        )


def robustness(
    study: Study,
    service: str,
    *,
    redraws: int = 100,
    reach_cv: float = 0.1,
    people_cv: float = 0.1,
    closure_share: float = 0.02,
    seed: int = 0,
    workers: int = 2,
) -> Robustness:
    """Draw one service's siting question anew `redraws` times.

    Reach alone is measured: places that are full are not, since nobody knows a draw's capacities.

    Parameters
    ----------
    study : its service must ask for sites by ``max_coverage`` or ``min_sites``; the draws then
        place as many sites as the plan has, under the same rules (least distance, areas).
    service : key.
    redraws : number of draws.
    reach_cv, people_cv, closure_share : see `geoplan.study.redraws.Chance`.
    seed : everything follows from it, whatever the number of `workers` (threads), as long as no
        draw needs the 20 s that it may take.

    Raises
    ------
    UsageError
        The service has no such question, or an option makes no sense.
    """
    study._known([service])
    siting = study.config.services[service].siting
    if siting is None or siting.objective not in _COVERING:
        raise UsageError(
            'robustness needs siting = { objective = "max_coverage", sites = N } or "min_sites" '
            f"for the service {service!r}."
        )
    inputs = load_inputs(study.config, study.folder, services=[service])
    context = Context(
        config=study.config, inputs=inputs, networks=read_networks(study.config, study.folder)
    )
    judged = judge(context, service)
    # what every number of sites would do is not asked here
    outcome = suggest_sites(context, judged, siting.model_copy(update={"curve": False}))
    return robustness_of(
        context,
        replace(judged, siting=outcome),
        siting,
        redraws=redraws,
        chance=Chance(reach_cv=reach_cv, people_cv=people_cv, closure_share=closure_share),
        seed=seed,
        workers=workers,
    )


def robustness_of(
    context: Context,
    planned: ServiceResult,
    siting: SitingSection,
    *,
    redraws: int,
    chance: Chance | None = None,
    seed: int = 0,
    workers: int = 2,
) -> Robustness:
    """`robustness` of a service that has its suggested sites already.

    Raises
    ------
    UsageError
        An option makes no sense, or there are no suggested sites to try.
    """
    chance = chance or Chance()
    _refuse_nonsense(redraws, chance)
    assert planned.facilities is not None
    if planned.siting is None or planned.siting.sites.empty:
        raise UsageError(f"no site is suggested for {planned.key!r}: there is no plan to try.")
    plan = list(map(str, planned.siting.sites.index))
    world = _world(context, planned, ask(context, planned, siting), chance)
    drawn = draw_all(world, chance, sites=len(plan), redraws=redraws, seed=seed, workers=workers)
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
    )


def _refuse_nonsense(redraws: int, chance: Chance) -> None:
    faults = []
    if redraws < 1:
        faults.append(f"redraws must be 1 or more, not {redraws}")
    faults += [
        f"{name} must be 0 or more, not {value}"
        for name, value in (("reach_cv", chance.reach_cv), ("people_cv", chance.people_cv))
        if not value >= 0
    ]
    if not 0 <= chance.closure_share < 1:
        faults.append(f"closure_share must be from 0 to below 1, not {chance.closure_share}")
    if faults:
        raise UsageError("; ".join(faults) + ".")


def _world(context: Context, judged: ServiceResult, question: Question, chance: Chance) -> World:
    standard = judged.standard
    assert judged.coverage is not None
    assert judged.facilities is not None
    assert standard.threshold is not None
    frame = judged.coverage.frame
    rows = frame[frame.geometry.notna() & (frame["people"] > 0)]
    # one search wide enough for the widest draw; each draw then looks at what is near enough
    wide = standard.threshold * chance.widest
    far = (
        replace(standard, threshold_m=wide)
        if standard.threshold_m is not None
        else replace(standard, threshold_min=wide)
    )
    sites = open_sites(judged.facilities)
    labels = question.problem.site_index.to_numpy(object)
    rules: dict[str, Any] = {
        "conflicts": [(labels[i], labels[j]) for i, j in question.problem.conflicts]
    }
    if question.problem.site_areas is not None:
        rules["site_areas"] = question.problem.site_areas
    return World(
        people=rows["people"].to_numpy(np.float64),
        threshold=float(standard.threshold),
        candidates=costs_within(context, rows, question.candidates, far),
        existing=costs_within(context, rows, sites, far).matrix.tocsr(),
        existing_index=sites.index.astype(str),
        rules=rules,
        per_area_minimum=question.per_area_minimum,
    )


def _named(people: pd.Series, names: pd.Series) -> pd.DataFrame:
    known = names.set_axis(names.index.astype(str))
    return pd.DataFrame({"name": known.reindex(people.index).fillna(""), "people": people})
