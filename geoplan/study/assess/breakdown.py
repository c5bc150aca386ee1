"""Who is served among the old and the young, in town and country; supply in reach."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from geoplan.coverage import SupplyInReach, group_table, supply_in_reach, urban_or_rural
from geoplan.inputs.layers import Demand
from geoplan.results import ServiceResult
from geoplan.services.standard import ServiceStandard
from geoplan.study.assess.assess_service import costs_within, in_service
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
    sites = in_service(planned.facilities).located
    sites = sites[sites["capacity"].astype(float) > 0]
    section = context.config.services[planned.key].catchment
    standard = _catchment(planned.standard, section)
    if sites.empty or standard.mode not in context.networks:
        return None
    levels = [level for level in context.inputs.areas if level in demand.frame.columns]
    return supply_in_reach(
        demand.frame,
        costs_within(context, demand.located, sites, standard),
        sites["capacity"].astype(float),
        mode=str(standard.mode),
        method="e2sfca" if section is None else section.method,
        areas=context.inputs.areas,
        levels=levels[:-1] or levels,
    )


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
