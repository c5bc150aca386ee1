"""A plan in time for the public: people in whole steps, and nothing that tells them finer.

Person-years are people times years: in steps of people they would tell the people of an action
several times as fine. So what an action's person-years are is worked out anew from its published
people, and the plan's from its published years; years are in steps as many times as large as there
are years, since people who grow at a known rate are told anew by each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.disclosure.city_numbers import people_told
from geoplan.disclosure.coverage import PublicCoverage
from geoplan.disclosure.held import withheld_rows
from geoplan.results import Programme, ServiceResult

#: difference of shares served that is rounding
_SAME_SHARE = 1e-9


def held_years(service: ServiceResult, now: PublicCoverage) -> dict[int, bool]:
    """Of each planning year whether it serves others than the year before of withheld people.

    now : the service's public coverage today. Growth alone serves nobody else.
    """
    held: dict[int, bool] = {}
    if service.programme is None or service.coverage is None:
        return held
    before = _served_shares(service.coverage, now)
    for year in service.programme.years:
        coverage = service.programme.coverage.get(year)
        if coverage is None:
            continue
        shares = _served_shares(coverage, now)
        held[year] = not before.reindex(shares.index).sub(shares).abs().le(_SAME_SHARE).all()
        before = shares
    return held


def _served_shares(coverage: Coverage, now: PublicCoverage) -> pd.Series:
    """The share served of every demand row of which `now` withholds the people, or those served."""
    frame = coverage.frame
    rows = withheld_rows(frame, now, "served") | withheld_rows(frame, now, "total")
    people = frame["people"].astype(float)
    return (frame["served"] / people.where(people > 0)).fillna(0.0)[rows & (people > 0).to_numpy()]


def public_programme(
    programme: Programme | None,
    below: float,
    *,
    totals_published: bool,
    households: bool,
    states: Iterable[str] = STATES,
    held: Mapping[int, bool] | None = None,
) -> Programme | None:
    """The programme with people in whole steps of `below`, person-years as many years of these.

    Parameters
    ----------
    totals_published : of the service today; where they are withheld, so are those of later years.
    households : places are called after rows finer than a community: their names are left out.
    states : those of which today's sums are published; no other one is of later years.
    held : years that serve others than the year before of people whose number is withheld: their
        actions tell no people, and from the first of them on no year tells whom it serves.
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
    held = {} if held is None or below <= 1 else held
    years = _years(programme, below, states if totals_published else (), held)
    if not totals_published and below > 1:
        years["total"] = np.nan
    found = replace(
        programme,
        actions=_actions(programme, below, held, households=households),
        by_year=years,
        coverage={},
    )
    if below <= 1 or programme.objective == "min_cost":  # money is nobody's
        return found
    return _with_values(found, years, programme, below)


def _stepped(values: object, step: float) -> np.ndarray:
    numbers = np.asarray(values, float)
    return numbers if step <= 1 else (numbers / step).round() * step


def _actions(
    programme: Programme, below: float, held: Mapping[int, bool], *, households: bool
) -> gpd.GeoDataFrame:
    """People in steps; person-years are these for each calendar year in which the action counts."""
    actions = programme.actions.copy()
    if households:
        actions["name"] = ""
    if below <= 1:
        return gpd.GeoDataFrame(actions)
    length = dict(zip(programme.years, programme.lengths, strict=True))
    rest = {year: sum(n for t, n in length.items() if t >= year) for year in length}
    hidden = actions["year"].map(lambda year: held.get(int(year), False)).astype(bool)
    actions["people"] = _stepped(actions["people"], below)
    actions["people"] = actions["people"].mask(hidden)
    people = actions["people"].astype(float)
    actions["person_years"] = people * actions["year"].map(rest).astype(float)
    lost = people * actions["year"].map(length).astype(float)
    actions["lost_by_waiting"] = lost.where(actions["lost_by_waiting"].notna())
    # in the order of what is told: their true order would tell more
    order = np.lexsort((actions.index.astype(str), -people.fillna(-1.0), actions["year"]))
    return gpd.GeoDataFrame(actions.iloc[order])


def _years(
    programme: Programme, below: float, states: Iterable[str], held: Mapping[int, bool]
) -> pd.DataFrame:
    """The ledger by year in steps of `below` for each year; nothing that is withheld today."""
    years = programme.by_year.copy()
    step = below * len(programme.years) if below > 1 else 1.0
    told = {"total", *(STATES if below <= 1 else states)}
    for name in ("total", *STATES):
        years[name] = _stepped(years[name], step) if name in told else np.nan
    changed = years.index.to_series().map(lambda year: held.get(int(year), False)).cummax()
    years.loc[changed.astype(bool), list(STATES)] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        years["share"] = years["served"] / years["total"]
    return years


def _with_values(
    found: Programme, years: pd.DataFrame, programme: Programme, below: float
) -> Programme:
    """Value, bound and what each year alone would reach, from the published years.

    Where these are withheld, so are they.
    """
    lengths = np.asarray(programme.lengths, float)
    step = below * float(lengths.sum())
    value = float(years["served"].to_numpy(float) @ lengths)
    if not np.isfinite(value):
        gap = 0.0 if programme.gap == 0 else None
        return replace(found, value=np.nan, bound=None, gap=gap, alone_value=None)

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
