"""All that a run found: its services, and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.coverage.covers.site_covers import SiteCovers
from geoplan.coverage.ledger import Coverage
from geoplan.coverage.reachable_supply import SupplyInReach
from geoplan.inputs.findings.finding import Assumption, InputRecord
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.results.info import StudyInfo
from geoplan.results.journeys import PlaceJourney
from geoplan.results.programme import Programme
from geoplan.results.siting import Fund, SitingOutcome
from geoplan.services.standard import ServiceStandard


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
        ``length_m`` for spacing), ``cause`` (no_site | full | no_service | cut_off | off_network |
        no_data), ``remedy`` (add_site | add_capacity | mend_link | mend_data), ``area`` (its name,
        e.g. "历下区 解放路街道"), ``closing_site`` (suggested site id or <NA>), ``members``
        (number of demand rows), ``geometry``.
    gap_of : of every demand row the rank of the gap that it is in, 0 for none; None where it is not
        known or not published.
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
    site_reach : the same for each existing and each suggested site (index = its id), or None.
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
    journeys : by public transport, from the largest gaps and to the sites, for the internal map.
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
    gap_of: pd.Series | None = None
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
    journeys: tuple[PlaceJourney, ...] = ()
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
