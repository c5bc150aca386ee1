"""How sure a recommendation is: the question drawn anew many times, and every plan tried in each.

Walking speed and what people put up with, how many people live where, and which of today's sites
close are not known exactly. Each draw changes them within what is said, answers the question
again, and measures what today's plan would cover. Everything follows from the seed.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import UsageError
from geoplan.network import TravelCosts
from geoplan.siting import SitingProblem, max_coverage
from geoplan.study.context import Context
from geoplan.study.judge import costs_within, judge, open_sites
from geoplan.study.load import load_inputs
from geoplan.study.networks import read_networks
from geoplan.study.question import ask
from geoplan.study.site import suggest_sites
from geoplan.words import say

if TYPE_CHECKING:
    from geoplan.study.study import Study

#: plans beside the recommended one that are tried in every draw
_MOST_PLANS = 20


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Robustness:
    """What became of a plan in many draws.

    Parameters
    ----------
    service, sites : key, and number of new sites.
    draws : one row per draw: ``reach`` (factor on the threshold), ``people`` (all), ``closed``
        (sites), ``best`` (people that the best answer found covers), ``plan`` (people that the
        recommended plan covers), ``regret`` (best - plan).
    chosen : index = candidate; ``share`` of the draws whose answer has it, ``in_plan``; most often
        chosen first.
    plans : index = plan ("recommended", "draw 7", ...): ``worst_regret``, ``mean_regret``,
        ``sites`` (list); smallest worst regret first.
    critical : index = existing site: ``name``, ``people`` who lose all reach if it closes today;
        most first.
    """

    service: str
    sites: int
    draws: pd.DataFrame
    chosen: pd.DataFrame
    plans: pd.DataFrame
    critical: pd.DataFrame

    @property
    def steadiest(self) -> list[str]:
        """The sites of the plan that does best at worst."""
        return list(self.plans["sites"].iloc[0])

    def summary(self, lang: str = "zh") -> str:
        """A few sentences."""
        kept = self.chosen[self.chosen["in_plan"]]
        regret = self.draws["regret"]
        share = (regret / self.draws["best"].where(self.draws["best"] > 0)).fillna(0.0)
        lines = [
            say(lang, "scenario.draws", draws=len(self.draws), sites=self.sites),
            say(lang, "scenario.steady", often=int((kept["share"] >= 0.5).sum()), all=len(kept)),
            say(lang, "scenario.regret", mean=f"{regret.mean():,.0f}", worst=f"{regret.max():,.0f}",
                share=f"{share.max():.1%}"),
            say(lang, "scenario.steadiest", plan=str(self.plans.index[0]),
                worst=f"{self.plans['worst_regret'].iloc[0]:,.0f}"),
        ]  # fmt: skip
        if len(self.critical):
            first = self.critical.iloc[0]
            name = first["name"] or str(self.critical.index[0])
            lines.append(
                say(lang, "scenario.critical", name=name, people=f"{first['people']:,.0f}")
            )
        return "\n".join(lines)


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

    Parameters
    ----------
    study : its service must ask for sites by ``max_coverage``.
    service : key.
    redraws : number of draws.
    reach_cv : coefficient of variation of the reach: walking speed and patience together move the
        threshold, log-normally with mean 1, by one factor per draw.
    people_cv : the same for the people of each demand row, by a factor of its own.
    closure_share : chance of each existing site to be closed in a draw.
    seed : everything follows from it, whatever the number of `workers` (threads).

    Raises
    ------
    UsageError
        The service has no such question, or an option makes no sense.
    """
    study._known([service])
    siting = study.config.services[service].siting
    if siting is None or siting.objective != "max_coverage" or siting.sites is None:
        raise UsageError(
            'robustness needs siting = { objective = "max_coverage", sites = N } for the service '
            f"{service!r}."
        )
    if redraws < 1 or min(reach_cv, people_cv) < 0 or not 0 <= closure_share < 1:
        raise UsageError("redraws must be 1 or more, variations 0 or more, closures from 0 to 1.")
    inputs = load_inputs(study.config, study.folder, services=[service])
    context = Context(
        config=study.config, inputs=inputs, networks=read_networks(study.config, study.folder)
    )
    judged = judge(context, service)
    assert judged.facilities is not None
    base = suggest_sites(context, judged, siting)
    question = ask(context, judged, siting)
    world = _World.of(context, judged, question.candidates, base.sites.index, reach_cv)
    seeds = np.random.SeedSequence(seed).spawn(redraws)
    with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
        drawn = list(pool.map(lambda s: _draw(world, s, siting.sites or 0, reach_cv, people_cv,
                                              closure_share), seeds))  # fmt: skip
    return _told(world, drawn, list(base.sites.index), service, judged.facilities.frame)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _World:
    """People, candidates and today's sites with all costs that a draw may need."""

    people: np.ndarray
    threshold: float
    candidates: TravelCosts
    existing: sparse.csr_matrix
    existing_index: pd.Index

    @classmethod
    def of(cls, context, judged, candidates, plan, reach_cv):  # type: ignore[no-untyped-def]
        standard = judged.standard
        frame = judged.coverage.frame
        rows = frame[frame.geometry.notna() & (frame["people"] > 0)]
        wide = float(np.exp(3 * _sigma(reach_cv)))
        far = replace(standard, **{f"threshold_{standard.unit}": standard.threshold * wide})
        sites = open_sites(judged.facilities)
        # candidates that the plan needs are there by construction; the others are what was asked
        return cls(
            people=rows["people"].to_numpy(float),
            threshold=float(standard.threshold),
            candidates=costs_within(context, rows, candidates, far),
            existing=costs_within(context, rows, sites, far).matrix.tocsr(),
            existing_index=sites.index,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Draw:
    reach: float
    people: np.ndarray
    served: np.ndarray
    closed: int
    best: float
    sites: tuple[str, ...]


def _sigma(cv: float) -> float:
    return float(np.sqrt(np.log1p(cv * cv)))


def _draw(
    world: _World,
    seed: np.random.SeedSequence,
    sites: int,
    reach_cv: float,
    people_cv: float,
    closure_share: float,
) -> _Draw:
    rng = np.random.default_rng(seed)
    sigma = _sigma(reach_cv)
    reach = float(np.exp(np.clip(rng.normal(-sigma * sigma / 2, sigma), -3 * sigma, 3 * sigma)))
    sigma = _sigma(people_cv)
    people = world.people * np.exp(rng.normal(-sigma * sigma / 2, sigma, len(world.people)))
    closed = rng.random(world.existing.shape[1]) < closure_share
    limit = world.threshold * reach
    served = _within(world.existing, limit, ~closed)
    left = ~served
    problem = SitingProblem.from_costs(_rows(world.candidates, left), people[left], threshold=limit)
    found = max_coverage(problem, sites=min(sites, problem.n_sites), gap=0.005, time_limit_s=20)
    best = float(people[served].sum()) + found.value
    return _Draw(reach, people, served, int(closed.sum()), best, tuple(map(str, found.sites)))


def _within(costs: sparse.csr_matrix, limit: float, is_open: np.ndarray) -> np.ndarray:
    """Bool per row: within `limit` of an open column."""
    hit = (costs.data <= limit) & is_open[costs.indices]
    before = np.concatenate([[0], np.cumsum(hit)])
    return np.diff(before[costs.indptr]) > 0


def _rows(costs: TravelCosts, kept: np.ndarray) -> TravelCosts:
    state = {} if costs.demand_state is None else {"demand_state": costs.demand_state[kept]}
    return replace(costs, matrix=costs.matrix[kept], demand_index=costs.demand_index[kept], **state)


def _told(
    world: _World, drawn: list[_Draw], plan: list[str], service: str, sites: pd.DataFrame
) -> Robustness:
    labels = world.candidates.site_index.astype(str)
    matrix = world.candidates.matrix.tocsr()
    plans: dict[str, tuple[str, ...]] = {"recommended": tuple(map(str, plan))}
    for number, one in enumerate(drawn, start=1):
        if len(plans) > _MOST_PLANS:
            break
        if set(one.sites) not in [set(p) for p in plans.values()]:
            plans[f"draw {number}"] = one.sites
    covered = np.zeros((len(plans), len(drawn)))
    for p, chosen in enumerate(plans.values()):
        is_open = labels.isin(chosen)
        for d, one in enumerate(drawn):
            new = _within(matrix, world.threshold * one.reach, is_open)
            covered[p, d] = one.people[one.served | new].sum()
    best = np.maximum(np.array([d.best for d in drawn]), covered.max(axis=0))
    regret = best - covered
    order = np.lexsort((regret.mean(axis=1), regret.max(axis=1)))
    names = list(plans)
    counts = Counter(site for one in drawn for site in one.sites)
    chosen_frame = pd.DataFrame(
        {
            "share": {s: counts.get(s, 0) / len(drawn) for s in {*counts, *map(str, plan)}},
        }
    )
    chosen_frame["in_plan"] = chosen_frame.index.isin(list(map(str, plan)))
    chosen_frame = chosen_frame.sort_index().sort_values("share", ascending=False, kind="stable")
    return Robustness(
        service=service,
        sites=len(plan),
        draws=pd.DataFrame(
            {
                "reach": [d.reach for d in drawn],
                "people": [float(d.people.sum()) for d in drawn],
                "closed": [d.closed for d in drawn],
                "best": best,
                "plan": covered[0],
                "regret": regret[0],
            },
            index=pd.RangeIndex(1, len(drawn) + 1, name="draw"),
        ),
        chosen=chosen_frame,
        plans=pd.DataFrame(
            {
                "worst_regret": regret.max(axis=1)[order],
                "mean_regret": regret.mean(axis=1)[order],
                "sites": [list(plans[names[k]]) for k in order],
            },
            index=[names[k] for k in order],
        ),
        critical=_critical(world, sites),
    )


def _critical(world: _World, sites: pd.DataFrame) -> pd.DataFrame:
    """People who only one of today's sites serves, by that site (N - 1)."""
    inside = world.existing.data <= world.threshold
    before = np.concatenate([[0], np.cumsum(inside)])
    single = np.diff(before[world.existing.indptr]) == 1
    row = np.repeat(np.arange(len(world.people)), np.diff(world.existing.indptr))
    alone = inside & single[row]
    lost = np.bincount(
        world.existing.indices[alone],
        weights=world.people[row[alone]],
        minlength=world.existing.shape[1],
    )
    order = np.argsort(-lost, kind="stable")
    index = world.existing_index[order]
    return pd.DataFrame(
        {"name": sites.loc[index, "name"].astype(str), "people": lost[order]}, index=index
    )
