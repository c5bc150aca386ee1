"""One service assessed: its sites, the people they reach, quotas, tiers, capacity, rates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import (
    Coverage,
    assess_reach,
    assess_tiers,
    capacity_by_area,
    capacity_facts,
    equity_facts,
    equity_level,
    quota_by_area,
    rate_by_area,
    referral,
    sites_of_tier,
    tier_counts,
)
from geoplan.errors import GeoplanError, UsageError
from geoplan.inputs.layers import Demand, FacilityLayer
from geoplan.network import TravelCosts, nearest_site, travel_costs
from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.timed import TimedNetwork
from geoplan.network.isochrones.outlines.outline import reach_outline
from geoplan.network.isochrones.outlines.site_outlines import site_outlines
from geoplan.network.search import cost_tiles
from geoplan.network.search.edge_tiles import TILE_EDGES
from geoplan.results import ServiceResult
from geoplan.services.catalogue import figure_names
from geoplan.services.standard import ServiceStandard
from geoplan.study.assess.spacing import assess_spacing
from geoplan.study.read.context import Context


def in_service(layer: FacilityLayer) -> FacilityLayer:
    """The facilities that are open, with or without a location."""
    return layer.in_service


def open_sites(layer: FacilityLayer) -> gpd.GeoDataFrame:
    """The facilities that serve people now: located and open."""
    return in_service(layer).located


def nearest(context: Context, demand: Demand, sites: gpd.GeoDataFrame, by: Any) -> pd.DataFrame:
    """`nearest_site` by the mode and unit of a standard or a tier.

    By public transport, whoever has no service to any site is ``cut_off``, with the site that is
    nearest on foot.
    """
    chosen = context.network(by.mode)
    homes, there = demand.frame[["geometry"]], sites[["geometry"]]
    snapping: dict[str, Any] = {"max_snap_m": chosen.max_snap_m, "barriers": chosen.barriers}
    unit = "m" if by.threshold_m is not None else "min"
    found = nearest_site(chosen.network, homes, there, unit=unit, **snapping)
    if isinstance(chosen.network, TimedNetwork) and found["site"].notna().any():
        walked = found["site"].notna() & ~chosen.network.has_service(homes, there, snapping)
        found["reason"] = found["reason"].mask(walked, "cut_off")
    return found


def costs_within(
    context: Context, demand: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, by: Any
) -> TravelCosts:
    """All pairs within the threshold of a standard or a tier; in tiles where these are sent out."""
    chosen = context.network(by.mode)
    network, homes, there = chosen.network, demand[["geometry"]], sites[["geometry"]]
    options: dict[str, Any] = {
        "max_snap_m": chosen.max_snap_m,
        "barriers": chosen.barriers,
        "cutoff_m": by.threshold_m,
        "cutoff_min": by.threshold_min,
    }
    away = context.spread is not None and len(sites) >= cost_tiles.LEAST_SITES
    if away and isinstance(network, NetworkData):
        tiled = cost_tiles.cut(network, homes, there, most_edges=TILE_EDGES, **options)
        if tiled is not None and context.spread is not None:
            return tiled.put_together(context.spread(len(tiled), tiled.tile))
    return travel_costs(network, homes, there, **options)


def with_tier_keys(layer: FacilityLayer | None, standard: ServiceStandard) -> FacilityLayer | None:
    """The layer with the standard's tier keys instead of an office's own words."""
    if layer is None or not standard.tiers:
        return layer
    frame = layer.frame.copy()
    keys = frame["tier"].map(standard.tier_key, na_action="ignore")
    frame["tier"] = keys.where(keys.notna(), frame["tier"])
    return FacilityLayer(key=layer.key, frame=frame)


def assess_service(context: Context, key: str, *, drawn: bool = True) -> ServiceResult:
    """Everything about one service but its gaps and suggested sites.

    drawn : what its sites reach is drawn, too, for maps and layers.
    """
    standard = context.standard(key)
    facilities = with_tier_keys(context.inputs.facilities.get(key), standard)
    if standard.measure == "spacing":
        return assess_spacing(context, key, standard, facilities)
    if standard.measure in ("rate", "budget"):
        return _rates(context, key, standard)
    if facilities is None:
        raise GeoplanError.of("study.no_sites_to_assess", key=key)
    demand = context.demand(key)
    serving = in_service(facilities)
    sites = serving.located
    coverage, most = reach_range(context, demand, standard, sites)
    opened = replace(facilities, frame=sites)
    return ServiceResult(
        key=key,
        standard=standard,
        people_names=context.people_names(key),
        facilities=facilities,
        in_service=len(serving),
        coverage=coverage,
        coverage_most=most,
        # a site without a location serves its area; one that is closed or being built does not
        quota=quota_by_area(serving, standard, context.inputs.areas),
        tiers=_tiers(context, demand, standard, opened),
        tier_sites=tier_counts(serving, standard) if standard.tiers else {},
        **(_reach(context, standard, sites) if drawn else {}),
        capacity=capacity_facts(serving, standard, demand.total),
        capacity_areas=_capacity_areas(context, demand, standard, serving),
        equity=equity_of(context, coverage),
        referral=_referral(context, standard, opened),
    )


def _capacity_areas(
    context: Context, demand: Demand, standard: ServiceStandard, serving: FacilityLayer
) -> dict[str, pd.DataFrame]:
    """Capacity and its shortage by area, above single communities, where capacities are known."""
    places = serving.frame["capacity"].astype(float)
    if not (np.isfinite(places) & (places > 0)).any():
        return {}
    levels = list(context.inputs.areas)
    known = [v for v in levels if v in serving.frame.columns and v in demand.frame.columns]
    return {
        level: capacity_by_area(serving, demand, standard, context.inputs.areas, level)
        for level in known
        if level != levels[-1] or len(levels) == 1
    }


def equity_of(context: Context, coverage: Coverage) -> dict[str, float]:
    """How evenly people are served, between areas; empty where no level brings rows together."""
    level = equity_level(coverage, list(context.inputs.areas))
    return {} if level is None else equity_facts(coverage, level=level)


def reach_of(
    context: Context, demand: Demand, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> Coverage:
    """The ledger of `demand` for `sites` (columns ``capacity``, ``geometry``)."""
    return assess_reach(demand, standard, **_reach_options(context, demand, standard, sites))


def reach_range(
    context: Context, demand: Demand, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> tuple[Coverage, Coverage | None]:
    """The ledger with unknown capacities as 0, and the most: with unknown ones as unlimited.

    The most is None where no capacity is unknown, or where capacity does not limit.
    """
    options = _reach_options(context, demand, standard, sites)
    least = assess_reach(demand, standard, **options)
    if not standard.capacity_limits or not options["capacities"].isna().any():
        return least, None
    options["capacities"] = options["capacities"].fillna(np.inf)
    return least, assess_reach(demand, standard, **options)


def _reach_options(
    context: Context, demand: Demand, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> dict[str, Any]:
    """Journeys to `sites` and their capacities, for `assess_reach`."""
    options: dict[str, Any] = {
        "near": nearest(context, demand, sites, standard),
        "areas": context.inputs.areas,
        "sites_exist": len(sites) > 0,
    }
    if standard.capacity_limits:
        options["costs"] = costs_within(context, demand.located, sites, standard)
        options["capacities"] = sites["capacity"].astype(float)
    return options


def _tiers(
    context: Context, demand: Demand, standard: ServiceStandard, opened: FacilityLayer
) -> dict[str, Coverage]:
    near = {}
    for tier in standard.tiers:
        alone = standard.of_tier(tier.key)
        if alone is None:
            continue
        if alone.mode not in context.networks:  # the notes of the service say so
            return {}
        sites = sites_of_tier(opened, standard, tier.key).frame
        near[tier.key] = nearest(context, demand, sites, alone)
    return assess_tiers(demand, standard, near=near, areas=context.inputs.areas)


def _referral(
    context: Context, standard: ServiceStandard, opened: FacilityLayer
) -> pd.DataFrame | None:
    """Every site of a tier and the nearest site of the tier that it refers to."""
    parts = []
    for tier in standard.tiers:
        if tier.refers_to is None or tier.refer_mode not in context.networks:
            continue
        chosen = context.network(tier.refer_mode)
        near = nearest_site(
            chosen.network,
            sites_of_tier(opened, standard, tier.key, substitutes=False).frame[["geometry"]],
            sites_of_tier(opened, standard, tier.refers_to, substitutes=False).frame[["geometry"]],
            unit="min",
            max_snap_m=chosen.max_snap_m,
        )
        parts.append(referral(opened, standard, tier.key, near=near))
    return pd.concat(parts) if parts else None


def _reach(
    context: Context, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> dict[str, gpd.GeoDataFrame]:
    """What all sites reach together (``reach``), and each of them (``site_reach``)."""
    if len(sites) == 0 or standard.threshold is None:
        return {}
    options = _outline_options(context, standard)
    drawn = reach_outline(context.network(standard.mode).network, sites[["geometry"]], **options)
    found = {"reach": drawn.rename(columns={f"cutoff_{standard.unit}": "cutoff"})}
    each = _reach_of_each(context, standard, sites)
    return found if each is None else found | {"site_reach": each}


def _outline_options(context: Context, standard: ServiceStandard) -> dict[str, Any]:
    chosen = context.network(standard.mode)
    return {
        "max_snap_m": chosen.max_snap_m,
        "barriers": chosen.barriers,
        "cutoff_m": standard.threshold_m,
        "cutoff_min": standard.threshold_min,
    }


def _reach_of_each(
    context: Context, standard: ServiceStandard, sites: gpd.GeoDataFrame
) -> gpd.GeoDataFrame | None:
    """What each of the sites reaches; None by public transport: they overlap all over town."""
    network = context.network(standard.mode).network
    if not isinstance(network, NetworkData):
        return None
    return site_outlines(network, sites[["geometry"]], **_outline_options(context, standard))


def with_reach_of_suggested(context: Context, planned: ServiceResult) -> ServiceResult:
    """`planned` with what each suggested site reaches, behind what each existing one does."""
    siting, standard = planned.siting, planned.standard
    if siting is None or not len(siting.sites) or standard.threshold is None:
        return planned
    new = _reach_of_each(context, standard, siting.sites)
    parts = [part for part in (planned.site_reach, new) if part is not None and len(part)]
    if not parts:
        return planned
    return replace(planned, site_reach=gpd.GeoDataFrame(pd.concat(parts), crs=parts[0].crs))


def _rates(context: Context, key: str, standard: ServiceStandard) -> ServiceResult:
    rate = context.config.services[key].rate
    table = context.inputs.rates.get(key)
    if rate is None or table is None:
        return ServiceResult(key=key, standard=standard)
    layer, names = context.inputs.areas[rate.level], figure_names()
    own = context.demand(key)
    tables = {}
    for column in rate.counts:
        people = context.inputs.demand[rate.demand[column]] if column in rate.demand else own
        try:
            tables[column] = rate_by_area(
                table.set_index("code")[column].astype(float),
                _people_by(people, rate.level),
                names=layer.names,
                per=rate.per,
                money=column in rate.money,
            )
        except UsageError as error:
            file = context.config.services[key].path
            said = error.message(context.speaker.lang)
            raise UsageError(f"services.{key}, {file}, {column}: {said}") from error
    section = context.config.services[key]
    return ServiceResult(
        key=key,
        standard=replace(standard, per=rate.per),
        people_names=context.people_names(key),
        rates=tables[rate.counts[0]],
        all_rates=tables,
        rate_names={
            column: names.get(f"{key}.{column}", {}).get(context.lang)
            or section.columns.get(column)
            or column
            for column in rate.counts
        },
    )


def _people_by(demand: Demand, level: str) -> pd.Series:
    """People by area; those whose area is not known under "", so that nobody is lost."""
    codes = demand.frame[level].astype("string").fillna("").to_numpy(object)
    return demand.frame["people"].groupby(codes).sum()
