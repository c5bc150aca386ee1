"""A plan in time for the public: people in whole steps, and nothing that tells them finer.

Person-years are people times years: in steps of people they would tell the people of an action
several times as fine. So what an action's person-years are is worked out anew from its published
people, and the plan's from its published years; years are in steps as many times as large as there
are years, since people who grow at a known rate are told anew by each.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.disclosure.city_numbers import people_told
from geoplan.results import Programme


def public_programme(
    programme: Programme | None, below: float, *, totals_published: bool, households: bool
) -> Programme | None:
    """The programme with people in whole steps of `below`, person-years as many years of these.

    Parameters
    ----------
    totals_published : of the service today; where they are withheld, so are those of later years.
    households : places are called after rows finer than a community: their names are left out.
    """
    if programme is None:
        return None
    programme = replace(
        programme,
        blocking=people_told(programme.blocking, below),
        notes=people_told(programme.notes, below),
    )
    if not len(programme.by_year):  # no plan meets the targets
        return replace(programme, coverage={})
    years = _years(programme, below, totals_published=totals_published)
    found = replace(
        programme,
        actions=_actions(programme, below, households=households),
        by_year=years,
        coverage={},
    )
    if below <= 1 or programme.objective == "min_cost":  # money is nobody's
        return found
    return _with_values(found, years, programme, below)


def _stepped(values: object, step: float) -> np.ndarray:
    numbers = np.asarray(values, float)
    return numbers if step <= 1 else (numbers / step).round() * step


def _actions(programme: Programme, below: float, *, households: bool) -> gpd.GeoDataFrame:
    """People in steps; person-years are these for each calendar year in which the action counts."""
    actions = programme.actions.copy()
    if households:
        actions["name"] = ""
    if below <= 1:
        return gpd.GeoDataFrame(actions)
    length = dict(zip(programme.years, programme.lengths, strict=True))
    rest = {year: sum(n for t, n in length.items() if t >= year) for year in length}
    actions["people"] = _stepped(actions["people"], below)
    people = actions["people"].astype(float)
    actions["person_years"] = people * actions["year"].map(rest).astype(float)
    lost = people * actions["year"].map(length).astype(float)
    actions["lost_by_waiting"] = lost.where(actions["lost_by_waiting"].notna())
    return gpd.GeoDataFrame(actions)


def _years(programme: Programme, below: float, *, totals_published: bool) -> pd.DataFrame:
    """The ledger by year in steps of `below` for each year."""
    years = programme.by_year.copy()
    step = below * len(programme.years) if below > 1 else 1.0
    for name in ("total", *STATES):
        years[name] = _stepped(years[name], step) if totals_published else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        years["share"] = years["served"] / years["total"]
    return years


def _with_values(
    found: Programme, years: pd.DataFrame, programme: Programme, below: float
) -> Programme:
    """Value, bound and what each year alone would reach, from the published years.

    Where these are withheld, in steps of `below` for every calendar year.
    """
    lengths = np.asarray(programme.lengths, float)
    step = below * float(lengths.sum())
    value = float(years["served"].to_numpy(float) @ lengths)
    if not np.isfinite(value):
        value = float(_stepped(programme.value, step))

    def beside(other: float | None) -> float | None:
        """Another value, as far from the published one as from the true one, in steps."""
        return None if other is None else value + float(_stepped(other - programme.value, step))

    bound = beside(programme.bound)
    gap = programme.gap
    if gap is not None:
        gap = abs((bound or value) - value) / value if value else 0.0
    return replace(
        found, value=value, bound=bound, gap=gap, alone_value=beside(programme.alone_value)
    )
