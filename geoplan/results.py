"""All results of a run, as values: what outputs read and the study makes.

Nothing here computes; `outputs` turns these into maps, layers, tables and a report whose numbers
agree because they come from the same values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.coverage.ledger import Coverage, Ledger
from geoplan.inputs.findings import InputRecord
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.services.standard import ServiceStandard
from geoplan.siting.result import SitingResult


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyInfo:
    """What stands on every page: the study's name, CRS, language, stamps."""

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


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SitingOutcome:
    """Suggested sites of one service and what they change.

    sites : GeoDataFrame, index = candidate id; columns ``rank`` (1..n, by people added in order),
        ``name`` (a readable place, e.g. the nearest community), ``lon``, ``lat`` (WGS 84),
        ``added_people``, ``share_after``, ``district``, ``street``, ... (codes, where known),
        ``area`` (readable), ``next_best`` (candidate id or <NA>), ``next_best_loss`` (people lost
        by moving there), ``phase`` where phases are asked for, ``geometry`` (study CRS).
    coverage_after : the ledger after all suggested sites are built.
    curve : columns ``sites`` (new sites), ``value``, ``bound``; or None.
    """

    result: SitingResult
    objective: str
    sites: gpd.GeoDataFrame
    people_after: Ledger
    coverage_after: Coverage | None = None
    curve: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ServiceResult:
    """Everything a run found about one service.

    coverage : for measure "reach"; None otherwise.
    spacing : for measure "spacing": a `geoplan.coverage.spacing.SpacingCoverage`; None otherwise.
    gaps : GeoDataFrame in the study CRS, sorted by rank; columns ``rank``, ``people`` (or
        ``length_m`` for spacing), ``cause`` (no_site | full | cut_off | off_network | no_data),
        ``remedy`` (add_site | add_capacity | mend_link | mend_data), ``area`` (readable, e.g.
        "历下区 解放路街道"), ``closing_site`` (suggested site id or <NA>), ``members`` (number of
        demand rows), ``geometry``.
    quota : per level: index = area code; columns ``name``, ``sites``, ``designated``, ``required``,
        ``meets``.
    tiers : per tier: Coverage of that tier alone (reach only), where the service has tiers.
    rates : for measure "rate": per area; columns ``name``, ``count``, ``people``, ``rate``,
        ``low``, ``high``, ``smoothed``.
    reach : GeoDataFrame with ``cutoff`` and ``geometry`` (reach areas of existing sites), or None.
    capacity : facts such as places, places_per_1000, or {}.
    equity : facts such as gini, palma, worst_tenth_share, with _after values where sites are
        suggested.
    referral : per station: centre, cost_min, within; or None.
    """

    key: str
    standard: ServiceStandard
    facilities: FacilityLayer | None = None
    coverage: Coverage | None = None
    spacing: Any = None
    gaps: gpd.GeoDataFrame | None = None
    siting: SitingOutcome | None = None
    quota: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tiers: Mapping[str, Coverage] = field(default_factory=dict)
    rates: pd.DataFrame | None = None
    reach: gpd.GeoDataFrame | None = None
    capacity: Mapping[str, float] = field(default_factory=dict)
    equity: Mapping[str, float] = field(default_factory=dict)
    referral: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

    def name(self, lang: str) -> str:
        """The service's name in `lang`."""
        return self.standard.name(lang)


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
