"""Suggested sites of one service as values: what they change, how sure they are, what pays them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from geoplan.coverage.ledger import Coverage, Ledger
from geoplan.siting.beside.alternatives import Alternatives
from geoplan.siting.beside.knee import Knee
from geoplan.siting.model.result import SitingResult
from geoplan.words import say
from geoplan.words.display import text_html

#: how the plan under test is called among the plans of `Robustness`
RECOMMENDED = "recommended"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Robustness:
    """How a plan does under uncertainty: its regret in many Monte Carlo draws (Savage 1951).

    Parameters
    ----------
    service, sites : key, and number of new sites.
    draws : one row per draw: ``reach`` (factor on the threshold), ``people`` (all who have a
        location), ``closed`` (sites), ``best`` (people that the incumbent covers), ``bound`` (that
        no solution exceeds), ``plan`` (people that the recommended plan covers), ``regret``
        (best - plan; at most bound - plan), ``cut_short`` (the time was over before the answer was
        as near to its bound as asked: another computer may find another one).
    chosen : index = candidate; ``share`` of the draws whose solution has it, ``in_plan``; most
        often chosen first.
    plans : index = plan ("recommended", "draw 7", ...): ``worst_regret``, ``mean_regret``,
        ``sites`` (list); smallest worst regret first. The recommended plan and at most twenty
        solutions of the draws are tried: "best at worst" is the best of these.
    critical : index = existing site: ``name``, ``people`` who lose all reach if it closes today;
        most first.
    critical_after : the same once the plan is built, new sites included (their name is empty).
    variation : how far a draw may lie from the study: ``reach_cv``, ``people_cv``,
        ``closure_share``.

    Examples
    --------
    >>> from geoplan.study import example_study, robustness
    >>> found = robustness(example_study(), "meal_station", redraws=4)
    >>> found, found.stable_sites
    (Robustness(meal_station: 1 sites, 4 draws, worst regret 0 people), 1)
    >>> found.chosen["share"].head(1).to_dict(), found.minimax_regret_sites
    ({'n2': 1.0}, ['n2'])
    """

    service: str
    sites: int
    draws: pd.DataFrame
    chosen: pd.DataFrame
    plans: pd.DataFrame
    critical: pd.DataFrame
    critical_after: pd.DataFrame
    variation: Mapping[str, float] = field(default_factory=dict)

    @property
    def stable_sites(self) -> int:
        """How many sites of the plan are chosen in at least half of the draws."""
        return int((self.chosen.loc[self.chosen["in_plan"], "share"] >= 0.5).sum())

    @property
    def cut_short(self) -> int:
        """How many draws ended by the clock: a quicker computer may answer them otherwise."""
        return int(self.draws["cut_short"].sum()) if "cut_short" in self.draws else 0

    @property
    def worst_regret_share(self) -> float:
        """The largest regret of the plan as a share of what the draw's best solution covers."""
        best = self.draws["best"]
        return float((self.draws["regret"] / best.where(best > 0)).fillna(0.0).max())

    @property
    def minimax_regret_sites(self) -> list[str]:
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
            say(lang, "scenario.stable_sites", often=self.stable_sites, all=len(kept)),
            say(
                lang,
                "scenario.regret",
                mean=f"{regret.mean():,.0f}",
                worst=f"{regret.max():,.0f}",
                share=f"{self.worst_regret_share:.1%}",
            ),
        ]
        # less than the two digits that are written is not worth a sentence
        if open_.max() >= 5e-5:
            lines.append(say(lang, "scenario.open", share=f"{open_.max():.2%}"))
        if self.cut_short:
            lines.append(say(lang, "scenario.cut_short", draws=self.cut_short))
        if first == RECOMMENDED:
            lines.append(say(lang, "scenario.steadiest_is_plan", worst=worst))
        else:
            shared = len(set(self.minimax_regret_sites) & set(kept.index))
            lines.append(
                say(
                    lang,
                    "scenario.steadiest",
                    number=first.removeprefix("draw "),
                    worst=worst,
                    shared=shared,
                    all=self.sites,
                )
            )
        if len(self.critical) and self.critical["people"].iloc[0] > 0:
            site = self.critical.iloc[0]
            name = site["name"] or str(self.critical.index[0])
            lines.append(say(lang, "scenario.critical", name=name, people=f"{site['people']:,.0f}"))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return text_html(self.summary())

    def __repr__(self) -> str:
        return (
            f"Robustness({self.service}: {self.sites} sites, {len(self.draws)} draws, "
            f"worst regret {self.draws['regret'].max():,.0f} people)"
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fund:
    """Money for several years, and the suggested sites that it pays for.

    money : of all years. years : those it is for, where they are known.
    spending : columns ``service``, ``year`` (<NA> where a plan names none), ``sites``, ``money``.
    """

    money: float
    years: tuple[int, ...] = ()
    spending: pd.DataFrame

    @property
    def planned(self) -> float:
        """Money that all suggested sites take."""
        return float(self.spending["money"].sum())

    @property
    def left(self) -> float:
        """Money left; below 0 where the plans take more than there is."""
        return self.money - self.planned


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JointPlan:
    """Services that were planned together, within one budget and with shared buildings.

    services : their keys. value, bound, gap, status : of the people whom the new sites of all of
    them serve. budget, money, saved : what there is, what is spent, what sharing saves in it.
    shared : index = building (id of the site in the first of its services); columns ``name``,
    ``lon``, ``lat`` and ``services`` (keys, comma between).
    """

    services: tuple[str, ...]
    status: str
    value: float
    bound: float | None
    gap: float | None
    budget: float
    money: float
    saved: float
    shared: pd.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SitingOutcome:
    """Suggested sites of one service and what they change.

    sites : GeoDataFrame, index = candidate id; columns ``rank`` (1..n, by people added in order),
        ``name`` (of a location, e.g. the nearest community), ``lon``, ``lat`` (WGS 84),
        ``added_people``, ``share_after``, ``district``, ``street``, ... (codes, where known),
        ``area`` (its name), ``next_best`` (candidate id or <NA>), ``next_best_loss`` (people lost
        by moving there), ``chosen_share`` (of the draws whose best solution has the site, where
        robustness was asked for), ``phase`` and ``year`` where phases are asked for, ``kind`` and
        ``money`` where prices are known, ``geometry`` (study CRS).
    coverage_after : the ledger after all suggested sites are built.
    coverage_after_most : the same if existing sites whose capacity is not known have no limit; None
        where no capacity is unknown.
    unlimited : capacity limits, and that of new sites is not given: they are taken to have room for
        all who reach them, so that all numbers with them are the most there can be.
    curve : columns ``sites`` (new sites), ``value``, ``bound``; or None. How many of its numbers
        ended by the clock stands in ``result.detail["curve_cut_short"]``, where any did.
    knee : where the curve bends most; None where it has no bend.
    phases : per phase: ``year``, ``new_sites``, ``sites``, ``money``, ``money_so_far``, ``served``,
        ``share_after``, ``best``, ``lost``; None where no phases are asked for.
    robustness : how sure the suggestion is; None where it was not asked for.
    closed : existing sites that the plan closes: index = their id; columns ``name``, ``people``
        (in reach of no other site today), ``lon``, ``lat``; None where none may be closed.
    measures : people counted in another way than once and whole, by name, each with ``_before`` and
        ``_after``: ``backup`` (in reach of two sites), ``gradual`` (less the farther they go),
        ``referred`` (in reach of a site whose referral holds); ``lost_after``: served today, not
        after closings.
    alternatives : plans as good as this one; None where they were not asked for.
    joint : the plan of several services that this one is part of; or None.
    """

    result: SitingResult
    objective: str
    sites: gpd.GeoDataFrame
    people_after: Ledger
    coverage_after: Coverage | None = None
    coverage_after_most: Coverage | None = None
    unlimited: bool = False
    curve: pd.DataFrame | None = None
    knee: Knee | None = None
    phases: pd.DataFrame | None = None
    robustness: Robustness | None = None
    closed: pd.DataFrame | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    alternatives: Alternatives | None = None
    joint: JointPlan | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        after = "covered after if they have no limit" if self.unlimited else "covered after"
        return (
            f"SitingOutcome({self.objective}: {self.result.status}, {len(self.sites)} new sites, "
            f"{self.people_after.covered_share:.1%} {after})"
        )

    def _repr_html_(self) -> str:
        table = self.sites.drop(columns=self.sites.geometry.name).head(30)
        return text_html(repr(self)) + table.to_html(notebook=True)
