"""Who is served among the old and the young, in town and country; places in reach of whom."""

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
    """`planned` with coverage by sub-group and by town and country, and its places in reach."""
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
        planned, by_group=groups, by_kind=kinds, supply=_places(context, planned, demand)
    )


def _places(context: Context, planned: ServiceResult, demand: Demand) -> SupplyInReach | None:
    """Places per 1,000 people in reach, where facilities tell how many they have."""
    if planned.facilities is None:
        return None
    sites = in_service(planned.facilities).located
    sites = sites[sites["capacity"].astype(float) > 0]
    asked = context.config.services[planned.key].catchment
    standard = _catchment(planned.standard, asked)
    if sites.empty or standard.mode not in context.networks:
        return None
    levels = [level for level in context.inputs.areas if level in demand.frame.columns]
    return supply_in_reach(
        demand.frame,
        costs_within(context, demand.located, sites, standard),
        sites["capacity"].astype(float),
        mode=str(standard.mode),
        method="e2sfca" if asked is None else asked.method,
        areas=context.inputs.areas,
        levels=levels[:-1] or levels,
    )


def _catchment(standard: ServiceStandard, asked: CatchmentSection | None) -> ServiceStandard:
    """The standard's own reach, or the one that the study asks for."""
    if asked is None:
        return standard
    return replace(
        standard, mode=asked.mode, threshold_m=asked.threshold_m, threshold_min=asked.threshold_min
    )


def kind_of_rows(demand: pd.DataFrame) -> pd.Series | None:
    """``"urban"``, ``"rural"`` or ``""`` per demand row; None where the table does not tell."""
    if "urban" not in demand.columns:
        return None
    kinds = urban_or_rural(demand["urban"])
    return kinds if kinds.isin(["urban", "rural"]).any() else None
