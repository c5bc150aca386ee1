"""A plan in time for the public: people in whole steps, nothing finer than the city by year."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np

from geoplan.coverage.ledger import STATES
from geoplan.results import Programme


def public_programme(
    programme: Programme | None, below: float, *, totals_published: bool, households: bool
) -> Programme | None:
    """The programme with people and person-years in whole steps of `below`.

    Parameters
    ----------
    totals_published : of the service today; where they are withheld, so are those of later years.
    households : places are called after rows finer than a community: their names are left out.
    """
    if programme is None:
        return None
    step = max(below, 1.0)

    def stepped(values: object) -> np.ndarray:
        return np.asarray((np.asarray(values, float) / step).round() * step)

    actions, years = programme.actions.copy(), programme.by_year.copy()
    for name in ("people", "person_years", "lost_by_waiting"):
        actions[name] = stepped(actions[name])
    if households:
        actions["name"] = ""
    for name in ("total", *STATES):
        years[name] = stepped(years[name]) if totals_published else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        years["share"] = years["served"] / years["total"]
    bound, alone = programme.bound, programme.alone_value
    return replace(
        programme,
        value=float(stepped(programme.value)),
        bound=None if bound is None else float(stepped(bound)),
        alone_value=None if alone is None else float(stepped(alone)),
        actions=gpd.GeoDataFrame(actions),
        by_year=years,
        coverage={},
    )
