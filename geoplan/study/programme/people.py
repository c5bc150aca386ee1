"""People of every planning year, on the rows that the service's coverage has today."""

from __future__ import annotations

from collections.abc import Sequence

from geoplan.inputs import project_people
from geoplan.inputs.layers import Demand
from geoplan.study.read.context import Context
from geoplan.study.read.layers.changed_layers import scaled


def demand_by_year(context: Context, key: str, years: Sequence[int]) -> dict[int, Demand]:
    """The people that one service is for, by planning year.

    Without a projection they are those of the study in every year.

    Raises
    ------
    UsageError
        A year that the projection does not reach.
    """
    now = context.demand(key)
    by_year = context.inputs.by_year.get(now.key)
    base = context.inputs.base_demand.get(now.key)
    if by_year is None or base is None:
        return dict.fromkeys(years, now)
    section = context.config.demand[now.key]
    variant = section.projection.variant if section.projection is not None else "middle"
    found = {}
    for year in years:
        demand = scaled(project_people(base, by_year, year=year, variant=variant), section.scale)
        assert demand is not None  # there is a base
        found[year] = demand
    return found
