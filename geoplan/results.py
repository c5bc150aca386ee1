"""All results of a run as values, made by the study and read by the outputs.

Nothing is computed here. Maps, layers, tables and the report agree because they read the same
values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.coverage.covers.site_covers import SiteCovers
from geoplan.coverage.ledger import Coverage, Ledger
from geoplan.coverage.reachable_supply import SupplyInReach
from geoplan.inputs.findings.finding import Assumption, InputRecord
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.services.standard import ServiceStandard
from geoplan.siting.knee import Knee
from geoplan.siting.model.result import SitingResult
from geoplan.words import say
from geoplan.words.display import text_html


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportForm:
    """How the report looks, as ``[report]`` of the study says.

    template : the office's own ``.docx``, whose styles, header and cover are taken; "" = ours.
    office : who issues it. date : of the report, ``2025-06-30``; "" = none is printed.
    pdf : whether ``report.pdf`` is written, too, where LibreOffice is installed.
    """

    template: str = ""
    office: str = ""
    date: str = ""
    pdf: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyInfo:
    """What stands on every page: the study's name, CRS, language, stamps, currency ("" = yuan)."""

    name: str
    crs: str
    lang: str = "zh"
    synthetic: bool = False
    map_approval_no: str = ""
    suppress_below: int = 10
    audience: str = "internal"
    data_date: str = ""
    source: str = ""
    title: str = ""
    currency: str = ""
    report: ReportForm = field(default_factory=ReportForm)


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
        (best - plan; at most bound - plan).
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
    curve : columns ``sites`` (new sites), ``value``, ``bound``; or None.
    knee : where the curve bends most; None where it has no bend.
    phases : per phase: ``year``, ``new_sites``, ``sites``, ``money``, ``money_so_far``, ``served``,
        ``share_after``, ``best``, ``lost``; None where no phases are asked for.
    robustness : how sure the suggestion is; None where it was not asked for.
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


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Programme:
    """What one service does in which year, and whom it serves then.

    years : planning years. lengths : calendar years that each stands for.
    objective : ``"person_years"``, ``"min_cost"`` or ``"worst_area"``.
    status, seconds : of the plan of all services that share the money. `value` is of this one
        service (person-years served, or money); `bound` is what no plan exceeds that leaves the
        other services theirs; `gap` between them.
    actions : GeoDataFrame in the study CRS, by year; columns ``action`` (kind), ``year``, ``site``
        (label), ``name`` (of the site or place), ``project``, ``away`` (sites that it closes),
        ``times``, ``cost``, ``running_cost`` (a year), ``people`` (served in its year who would not
        be without it), ``person_years``, ``lost_by_waiting`` (person-years; NaN = not known),
        ``why`` (not a year earlier), ``lon``, ``lat`` (WGS 84), codes per level, ``area`` (name).
    by_year : index = year; columns: total and six numbers of the ledger, measured on the network
        with what is open then; ``share``, ``cost``, ``running_cost``, ``works``, ``sites``.
    coverage : the same by year, row by row; {} in the public edition.
    alone_value : what planning each year by itself reaches, all services; None = not known.
    together : services that share the money, this one among them.
    blocking : where no plan meets the targets: why, and the smallest change that would do.
    """

    years: tuple[int, ...]
    lengths: tuple[float, ...]
    objective: str
    status: str
    value: float
    bound: float | None
    gap: float | None
    seconds: float
    actions: gpd.GeoDataFrame
    by_year: pd.DataFrame
    coverage: Mapping[int, Coverage] = field(default_factory=dict)
    alone_value: float | None = None
    together: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        span = f"{self.years[0]}-{self.years[-1]}"
        return f"Programme({span}: {self.status}, {len(self.actions)} actions)"

    def _repr_html_(self) -> str:
        return text_html(repr(self)) + self.by_year.to_html(notebook=True)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ServiceResult:
    """Everything a run found about one service.

    people_names : what the people it is for are called, by language; {} where not said.
    in_service : facilities that are open, with or without a location.
    coverage : for measure "reach"; None otherwise. A site whose capacity is not known serves nobody
        where capacity limits: the ledger says whom known capacities serve.
    coverage_most : the same if these sites have no limit: the most that can be served; None where
        no capacity is unknown.
    spacing : for measure "spacing": a `geoplan.coverage.SpacingCoverage`; None otherwise.
    gaps : GeoDataFrame in the study CRS, sorted by rank; columns ``rank``, ``people`` (or
        ``length_m`` for spacing), ``cause`` (no_site | full | cut_off | off_network | no_data),
        ``remedy`` (add_site | add_capacity | mend_link | mend_data), ``area`` (its name, e.g.
        "历下区 解放路街道"), ``closing_site`` (suggested site id or <NA>), ``members`` (number of
        demand rows), ``geometry``.
    quota : per level: index = area code; columns ``name``, ``sites``, ``designated``, ``required``,
        ``meets``.
    tiers : per tier: Coverage of that tier alone (reach only), where the service has tiers.
    tier_sites : sites in service per tier, in the standard's order (``""`` = of no known tier).
    rates : for measure "rate": per area; columns ``name``, ``count``, ``people``, ``rate``,
        ``low``, ``high``, ``smoothed``.
    all_rates, rate_names : the same for every counted column, the leading one first (which is
        `rates`), and what each column counts, in words.
    reach : GeoDataFrame with ``cutoff`` and ``geometry`` (what all existing sites reach together),
        or None.
    site_reach : the same for each existing site (index = its id), or None.
    capacity : facts such as places, places_per_1000, or {}.
    capacity_areas : per level, where the capacity of facilities is known: `capacity_by_area`.
    equity : facts such as gini, palma, worst_tenth_share, with _after values where sites are
        suggested.
    referral : per station: centre, cost_min, within; or None.
    by_group, by_kind : covered share of sub-groups (index = heading; ``"people"`` = all), and of
        town and country (index ``"urban"``, ``"rural"``, ``""`` = not known): ``total``,
        ``served``, ``covered_share``, with ``_after`` columns where sites are suggested; or None
        where the data do not say.
    withheld : names of tables that the public edition leaves out whole (``"by_group"``,
        ``"by_kind"``).
    line_names : for measure "spacing": what the lines are called, by label.
    fund : for measure "budget": the money and what it pays for; or None.
    programme : actions by year, where the study plans in time; or None.
    in_reach : people within the standard's reach of each open or suggested site, each counted by
        itself (index = id as text); or None.
    covers : who reaches which site and candidate, for what-ifs in the internal map; or None.
    supply : capacity per 1,000 people in reach, where the capacity of facilities is known; or None.
    assumed : what its assessment takes for granted; what its files assume stands in findings.
    """

    key: str
    standard: ServiceStandard
    people_names: Mapping[str, str] = field(default_factory=dict)
    facilities: FacilityLayer | None = None
    in_service: int = 0
    coverage: Coverage | None = None
    coverage_most: Coverage | None = None
    spacing: Any = None
    gaps: gpd.GeoDataFrame | None = None
    siting: SitingOutcome | None = None
    quota: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tiers: Mapping[str, Coverage] = field(default_factory=dict)
    tier_sites: Mapping[str, int] = field(default_factory=dict)
    rates: pd.DataFrame | None = None
    all_rates: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    rate_names: Mapping[str, str] = field(default_factory=dict)
    reach: gpd.GeoDataFrame | None = None
    site_reach: gpd.GeoDataFrame | None = None
    capacity: Mapping[str, float] = field(default_factory=dict)
    capacity_areas: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    equity: Mapping[str, float] = field(default_factory=dict)
    referral: pd.DataFrame | None = None
    by_group: pd.DataFrame | None = None
    by_kind: pd.DataFrame | None = None
    withheld: tuple[str, ...] = ()
    supply: SupplyInReach | None = None
    fund: Fund | None = None
    programme: Programme | None = None
    covers: SiteCovers | None = None
    in_reach: pd.Series | None = None
    line_names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    assumed: tuple[Assumption, ...] = ()

    def name(self, lang: str) -> str:
        """The service's name in `lang`."""
        return self.standard.name(lang)

    def people_name(self, lang: str) -> str:
        """What the people it is for are called in `lang`, else in the other language, else ""."""
        return self.people_names.get(lang) or next(iter(self.people_names.values()), "")

    def line_texts(self, labels: pd.Series) -> pd.Series:
        """What the lines are called; the label where a line has no name."""
        names = {k: v for k, v in self.line_names.items() if v}
        return labels.map(lambda label: names.get(str(label), label))

    def measure_name(self, lang: str) -> str:
        """What `rates` counts, in words."""
        return next(iter(self.rate_names.values()), "") or self.name(lang)

    def __repr__(self) -> str:
        parts = [repr(one) for one in (self.coverage, self.spacing, self.siting) if one is not None]
        return f"ServiceResult({', '.join([repr(self.key), *parts])})"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunResults:
    """All results of one run.

    findings : DataFrame with the columns file, sheet, row, column, value, problem, advice,
        severity.
    set_aside : per "file" or "file [sheet]": the rows set aside, whole, with their row numbers.
    areas : area layers by level, coarsest first.
    figures : DataFrame with the columns key, label, published, computed, difference, cause, source.
    background : named layers in the study CRS for maps and figures: ``roads`` (columns ``class``
        1..3), ``water``.
    run : facts for run.json.
    assumed : what was assumed because no input says it, of files and services.
    """

    info: StudyInfo
    inputs: tuple[InputRecord, ...]
    findings: pd.DataFrame
    set_aside: Mapping[str, pd.DataFrame]
    areas: Mapping[str, AreaLayer]
    services: Mapping[str, ServiceResult]
    figures: pd.DataFrame
    background: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    assumed: tuple[Assumption, ...] = ()

    def __repr__(self) -> str:
        return f"RunResults({self.info.name}: {', '.join(self.services)})"
