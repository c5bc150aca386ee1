"""One service judged: its sites, the people they reach, quotas, tiers, capacity, rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.coverage import (
    Coverage,
    capacity_facts,
    coverage_by_group,
    equity_facts,
    judge_reach,
    judge_tiers,
    quota_by_area,
    rates_by_area,
    referral_chain,
    spacing_coverage,
)
from geoplan.errors import GeoplanError
from geoplan.inputs.layers import Demand, FacilityLayer
from geoplan.network import TravelCosts, nearest_site, reach_areas, travel_costs
from geoplan.results import ServiceResult
from geoplan.services.standard import ServiceStandard, Tier
from geoplan.study.config import StudyFile
from geoplan.study.config_check import standard_of
from geoplan.study.load import StudyInputs
from geoplan.study.networks import StudyNetwork

#: what an office writes for a site that does not serve anybody yet
NOT_YET_OPEN = ("under_construction", "在建", "筹建", "规划", "planned", "closed", "停用", "停业")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Context:
    """What judging any service needs."""

    config: StudyFile
    inputs: StudyInputs
    networks: Mapping[str, StudyNetwork]

    @property
    def lang(self) -> str:
        """The study's language."""
        return self.config.study.lang

    def standard(self, key: str) -> ServiceStandard:
        """The standard of one service, with the study's own figures."""
        return standard_of(key, self.config.services[key])

    def demand(self, key: str) -> Demand:
        """The people that one service is for."""
        wanted = self.config.services[key].demand or self.standard(key).group
        return self.inputs.demand[str(wanted)]

    def network(self, mode: str | None) -> StudyNetwork:
        """The network of `mode`."""
        return self.networks[str(mode)]


def open_sites(layer: FacilityLayer) -> gpd.GeoDataFrame:
    """The facilities that serve people now: located and open."""
    frame = layer.located
    if "status" in frame.columns:
        frame = frame[~frame["status"].astype("string").fillna("").isin(NOT_YET_OPEN)]
    return frame


def nearest(context: Context, demand: Demand, sites: gpd.GeoDataFrame, by: Any) -> pd.DataFrame:
    """`nearest_site` by the mode and unit of a standard or a tier."""
    chosen = context.network(by.mode)
    return nearest_site(
        chosen.network,
        demand.frame[["geometry"]],
        sites[["geometry"]],
        unit="m" if by.threshold_m is not None else "min",
        max_snap_m=chosen.max_snap_m,
        barriers=chosen.barriers,
    )


def costs_within(
    context: Context, demand: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, by: Any
) -> TravelCosts:
    """All pairs within the threshold of a standard or a tier."""
    chosen = context.network(by.mode)
    cutoff = (
        {"cutoff_m": by.threshold_m}
        if by.threshold_m is not None
        else {"cutoff_min": by.threshold_min}
    )
    return travel_costs(
        chosen.network,
        demand[["geometry"]],
        sites[["geometry"]],
        max_snap_m=chosen.max_snap_m,
        barriers=chosen.barriers,
        **cutoff,
    )


def judge(context: Context, key: str) -> ServiceResult:
    """Everything about one service but its gaps and suggested sites."""
    standard = context.standard(key)
    facilities = context.inputs.facilities.get(key)
    if standard.measure == "spacing":
        return _spacing(context, key, standard, facilities)
    if standard.measure in ("rate", "budget"):
        return _rates(context, key, standard)
    if facilities is None:
        raise GeoplanError(f"the service {key!r} has no sites to judge.")
    demand = context.demand(key)
    sites = open_sites(facilities)
    coverage = reach_of(context, demand, standard, sites)
    areas = context.inputs.areas
    return ServiceResult(
        key=key,
        standard=standard,
        facilities=facilities,
        coverage=coverage,
        quota=quota_by_area(facilities, standard, areas),
        tiers=_tiers(context, demand, standard, sites),
        reach=_reach(context, standard, sites),
        capacity=capacity_facts(facilities, standard, demand),
        equity={**equity_facts(coverage), **coverage_by_group(coverage, demand.groups)},
        referral=_referral(context, standard, sites),
    )


def reach_of(
    context: Context, demand: Demand, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> Coverage:
    """The ledger of `demand` for `sites` (columns ``capacity``, ``geometry``)."""
    near = nearest(context, demand, sites, standard)
    costs = capacities = None
    if standard.capacity_limits:
        costs = costs_within(context, demand.located, sites, standard)
        capacities = sites["capacity"]
    return judge_reach(
        demand,
        standard,
        near=near,
        costs=costs,
        capacities=capacities,
        areas=context.inputs.areas,
        sites_exist=len(sites) > 0,
    )


def _tiers(
    context: Context, demand: Demand, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> dict[str, Coverage]:
    judged: dict[str, Coverage] = {}
    for tier in standard.tiers:
        if tier.threshold_m is None and tier.threshold_min is None:
            continue
        if tier.mode not in context.networks:
            continue
        of_tier = sites[sites["tier"].astype("string").fillna("") == tier.key]
        near = nearest(context, demand, of_tier, tier)
        judged[tier.key] = judge_tiers(
            demand,
            standard,
            tier,
            near=near,
            areas=context.inputs.areas,
            sites_exist=len(of_tier) > 0,
        )
    return judged


def _referral(
    context: Context, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> pd.DataFrame | None:
    """Every site of a tier and the nearest site of the tier it refers to."""
    parts = []
    tier_of = sites["tier"].astype("string").fillna("")
    for tier in standard.tiers:
        if tier.refers_to is None or tier.refer_mode not in context.networks:
            continue
        stations, centres = sites[tier_of == tier.key], sites[tier_of == tier.refers_to]
        parts.append(_chain(context, tier, stations, centres))
    return pd.concat(parts) if parts else None


def _chain(
    context: Context, tier: Tier, stations: gpd.GeoDataFrame, centres: gpd.GeoDataFrame
) -> pd.DataFrame:
    chosen = context.network(tier.refer_mode)
    near = nearest_site(
        chosen.network,
        stations[["geometry"]],
        centres[["geometry"]],
        unit="min",
        max_snap_m=chosen.max_snap_m,
    )
    return referral_chain(stations, tier, near=near)


def _reach(
    context: Context, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> gpd.GeoDataFrame | None:
    if len(sites) == 0 or standard.threshold is None:
        return None
    chosen = context.network(standard.mode)
    cutoffs = (
        {"cutoffs_m": [standard.threshold_m]}
        if standard.threshold_m is not None
        else {"cutoffs_min": [standard.threshold_min]}
    )
    return reach_areas(
        chosen.network,
        sites[["geometry"]],
        dissolve=True,
        max_snap_m=chosen.max_snap_m,
        **cutoffs,
    )


def _spacing(
    context: Context, key: str, standard: ServiceStandard, facilities: FacilityLayer | None
) -> ServiceResult:
    lines = context.inputs.lines[key].frame
    markers = facilities.located if facilities is not None else lines.iloc[:0]
    options: dict[str, Any] = {}
    if standard.tolerance_m is not None:
        options["tolerance_m"] = standard.tolerance_m
    if key in context.inputs.required:
        options["required"] = context.inputs.required[key].located
    measured = spacing_coverage(lines, markers, max_spacing_m=standard.max_spacing_m, **options)
    return ServiceResult(key=key, standard=standard, facilities=facilities, spacing=measured)


def _rates(context: Context, key: str, standard: ServiceStandard) -> ServiceResult:
    rate = context.config.services[key].rate
    table = context.inputs.rates.get(key)
    if rate is None or table is None:
        return ServiceResult(key=key, standard=standard)
    wanted = context.config.services[key].demand or standard.group
    demand = context.inputs.demand[str(wanted)]
    counts = table.set_index("code")[rate.count].astype(float)
    people = demand.frame.groupby(rate.level)["people"].sum()
    return ServiceResult(
        key=key,
        standard=standard,
        rates=rates_by_area(counts, people, per=rate.per, areas=context.inputs.areas[rate.level]),
    )
