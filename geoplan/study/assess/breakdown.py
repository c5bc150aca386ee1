"""Coverage broken down: by group, by town and country, by gap area; supply in reach."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import SupplyInReach, group_table, supply_in_reach, urban_or_rural
from geoplan.coverage.gaps import MOST_GAPS, ranked_gaps
from geoplan.inputs.layers import Demand
from geoplan.results import ServiceResult
from geoplan.services.standard import ServiceStandard
from geoplan.study.assess.assess_service import costs_within, in_service
from geoplan.study.assess.place_names import place_names
from geoplan.study.config.schema import CatchmentSection
from geoplan.study.read.context import Context


def with_breakdowns(context: Context, planned: ServiceResult) -> ServiceResult:
    """`planned` with coverage by sub-group and by town and country, and its supply in reach."""
    if planned.coverage is None:
        return planned
    demand = context.demand(planned.key)
    after = None if planned.siting is None else planned.siting.coverage_after
    groups = kinds = None
    if demand.groups:
        groups = group_table(planned.coverage, groups=demand.groups, after=after)
    found = kind_of_rows(demand.frame)
    if found is not None:
        kinds = group_table(planned.coverage, by=found, after=after)
        kinds = kinds.loc[[kind for kind in ("urban", "rural", "") if kind in kinds.index]]
    return replace(
        planned, by_group=groups, by_kind=kinds, supply=_supply(context, planned, demand)
    )


def _supply(context: Context, planned: ServiceResult, demand: Demand) -> SupplyInReach | None:
    """Capacity per 1,000 people in reach, where the capacity of facilities is known."""
    if planned.facilities is None:
        return None
    serving = in_service(planned.facilities).located
    places = serving["capacity"].astype(float)
    # a share of no limit is none; who reaches such a site, or an unknown one, has at least so much
    sites = serving[np.isfinite(places) & (places > 0)]
    section = context.config.services[planned.key].catchment
    standard = _catchment(planned.standard, section)
    if sites.empty or standard.mode not in context.networks:
        return None
    levels = [level for level in context.inputs.areas if level in demand.frame.columns]
    found = supply_in_reach(
        demand.frame,
        costs_within(context, demand.located, sites, standard),
        sites["capacity"].astype(float),
        mode=str(standard.mode),
        method="e2sfca" if section is None else section.method,
        areas=context.inputs.areas,
        levels=levels[:-1] or levels,
    )
    left_out = float((~np.isfinite(places)).sum())
    return replace(found, facts={**found.facts, "sites_left_out": left_out}) if left_out else found


def _catchment(standard: ServiceStandard, section: CatchmentSection | None) -> ServiceStandard:
    """The standard's own reach, or the one that the study gives."""
    if section is None:
        return standard
    return replace(
        standard,
        mode=section.mode,
        threshold_m=section.threshold_m,
        threshold_min=section.threshold_min,
    )


def kind_of_rows(demand: pd.DataFrame) -> pd.Series | None:
    """``"urban"``, ``"rural"`` or ``""`` per demand row; None without such a column."""
    if "urban" not in demand.columns:
        return None
    kinds = urban_or_rural(demand["urban"])
    return kinds if kinds.isin(["urban", "rural"]).any() else None


def with_gaps(context: Context, planned: ServiceResult) -> ServiceResult:
    """`planned` with its ranked gap areas."""
    if planned.coverage is None:
        return planned
    after = planned.siting.coverage_after if planned.siting is not None else None
    gaps, rank = ranked_gaps(
        planned.coverage,
        areas=context.inputs.areas,
        suggested=None if planned.siting is None else list(planned.siting.sites.index),
        after=after,
        keep=MOST_GAPS,
        lang=context.lang,
    )
    covers = planned.covers
    if covers is not None:
        covers = replace(covers, gap=rank.loc[covers.rows].to_numpy())
    named = _with_location_names(context, gaps)
    return replace(planned, gaps=named, gap_of=rank, covers=covers)


def _with_location_names(context: Context, gaps: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Where no area names a gap, the streets and places near it do, else longitude and latitude."""
    unknown = ("", context.speaker.say("coverage.gap_unknown_place"))
    nameless = gaps["area"].fillna("").isin(unknown) & gaps.geometry.notna()
    nameless &= ~gaps.geometry.is_empty
    if not nameless.any():
        return gaps
    named = gaps.copy()
    points = named.geometry[nameless].representative_point()
    near = place_names(context).near(points)
    named.loc[nameless, "area"] = [
        name or context.speaker.say("study.near_degrees", lon=f"{p.x:.4f}", lat=f"{p.y:.4f}")
        for name, p in zip(near, points.to_crs("EPSG:4326"), strict=True)
    ]
    return named
