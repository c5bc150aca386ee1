"""What suggested sites change: the ledger measured again, and the table of sites, named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import Coverage
from geoplan.errors import UsageError
from geoplan.inputs.layers import Demand
from geoplan.inputs.sites.capacity_cells import plain_numbers
from geoplan.results import ServiceResult
from geoplan.study.assess.assess_service import open_sites, reach_of
from geoplan.study.assess.place_names import place_names
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.budget import site_kinds
from geoplan.words.naming import is_name


def ledger_after(
    context: Context,
    assessed: ServiceResult,
    chosen: gpd.GeoDataFrame,
    siting: SitingSection,
    *,
    closed: pd.Index | None = None,
    most: bool = False,
) -> Coverage:
    """The ledger once the new sites stand, measured again on the network.

    closed : existing sites that the plan closes.
    most : existing sites whose capacity is not known have no limit (else they serve nobody).
    """
    assert assessed.facilities is not None
    existing = open_sites(assessed.facilities)[["capacity", "geometry"]]
    if closed is not None:
        existing = existing.drop(index=closed)
    new = gpd.GeoDataFrame(
        {"capacity": new_capacities(context, assessed.key, siting, chosen).to_numpy(float)},
        geometry=chosen.geometry.to_numpy(),
        index=chosen.index,
        crs=existing.crs,
    )
    both = gpd.GeoDataFrame(pd.concat([existing, new]), crs=existing.crs)
    if most:
        both["capacity"] = both["capacity"].fillna(np.inf)
    return reach_of(context, context.demand(assessed.key), assessed.standard, both)


def new_capacities(
    context: Context, key: str, siting: SitingSection, points: gpd.GeoDataFrame
) -> pd.Series:
    """The capacity of each new site, on the index of `points`; ``inf`` where the study says none.

    One number for all; one per kind of site; or a column of the file of candidates.

    Raises
    ------
    UsageError
        Kinds without a capacity, a column that is not there, cells that are no capacity.
    """
    given, say = siting.capacity, context.speaker.say
    if given is None or isinstance(given, (int, float)):
        number = np.inf if given is None else float(given)
        return pd.Series(number, index=points.index, dtype=float, name="capacity")
    if isinstance(given, str):
        if given not in points.columns:
            there = ", ".join(str(c) for c in points.columns if c != "geometry") or "–"
            raise UsageError(say("study.capacity_no_column", key=key, column=given, there=there))
        found, vague = plain_numbers(points[given].astype("string").fillna(""))
        cells = pd.Series(np.where(vague, np.nan, found), index=points.index)
    else:
        kinds = site_kinds(points, context.demand(key).located)
        if kinds is None:
            raise UsageError(say("study.capacity_no_kind", key=key))
        cells = kinds.map(dict(given)).astype(float)
    bad = cells.index[~(cells > 0)]
    if len(bad):
        listed = ", ".join(map(str, bad[:5]))
        raise UsageError(say("study.capacity_missing", key=key, sites=listed))
    return cells.rename("capacity")


def most_after(
    context: Context,
    assessed: ServiceResult,
    chosen: gpd.GeoDataFrame,
    siting: SitingSection,
    *,
    closed: pd.Index | None = None,
) -> Coverage | None:
    """The most that can be served once the new sites stand; None where no capacity is unknown."""
    if assessed.coverage_most is None:
        return None
    return ledger_after(context, assessed, chosen, siting, closed=closed, most=True)


def sites_frame(
    context: Context,
    assessed: ServiceResult,
    explained: pd.DataFrame,
    chosen: gpd.GeoDataFrame,
    *,
    base: float,
    total: float,
) -> gpd.GeoDataFrame:
    """The table of suggested sites; `base` people are served before the first."""
    frame = gpd.GeoDataFrame(explained.copy(), geometry=chosen.geometry, crs=chosen.crs)
    wgs84 = frame.geometry.to_crs("EPSG:4326")
    frame["lon"], frame["lat"] = wgs84.x.round(6), wgs84.y.round(6)
    served = base + frame["added_people"].cumsum()
    frame["share_after"] = served / total if total > 0 else np.nan
    return named_places(context, frame, context.demand(assessed.key))


def named_places(context: Context, frame: gpd.GeoDataFrame, demand: Demand) -> gpd.GeoDataFrame:
    """`frame` with ``name`` (near which community), ``area`` and a code column per level."""
    named = frame.copy()
    located = demand.located
    if len(located) == 0 or len(named) == 0:
        named["name"], named["area"] = _by_streets(context, named, [""] * len(named)), ""
        return named
    nearest = located.sindex.nearest(named.geometry, return_all=False)[1]
    close = located.iloc[nearest]
    places = [
        context.speaker.say("study.near_place", place=place) if is_name(place) else ""
        for place in close["name"].fillna("").astype(str)
    ]
    named["name"] = _by_streets(context, named, places)
    areas = context.inputs.areas
    for level in areas:
        if level in close.columns:
            named[level] = close[level].to_numpy()
    named["area"] = readable_areas(context, close)
    return named


def _by_streets(context: Context, frame: gpd.GeoDataFrame, known: list[str]) -> list[str]:
    """The names that are known; elsewhere the streets near by, else longitude and latitude."""
    if all(known):
        return known
    near = place_names(context).near(frame.geometry)
    return [
        name
        or street
        or context.speaker.say("study.near_degrees", lon=f"{p.x:.4f}", lat=f"{p.y:.4f}")
        for name, street, p in zip(known, near, frame.geometry.to_crs("EPSG:4326"), strict=True)
    ]


def readable_areas(context: Context, rows: pd.DataFrame) -> list[str]:
    """The two coarsest area names of every row: ``历下区 解放路街道``."""
    named_areas = []
    levels = [level for level in context.inputs.areas if level in rows.columns]
    if not levels:  # older pandas has no row of a frame without columns
        return [""] * len(rows)
    for row in rows[levels].itertuples(index=False):
        names = [
            str(context.inputs.areas[level].names.get(code, ""))
            for level, code in zip(levels, row, strict=True)
            if pd.notna(code)
        ]
        named_areas.append(" ".join(name for name in names[:2] if name))
    return named_areas


def added_by_capacity(
    context: Context,
    assessed: ServiceResult,
    explained: pd.DataFrame,
    chosen: gpd.GeoDataFrame,
    siting: SitingSection,
    after: Coverage,
) -> pd.DataFrame:
    """What each site adds when capacity is limited: measured again, site after site.

    Whom the next-best candidate would serve depends on all other capacities then: it is left out.
    """
    assert assessed.coverage is not None
    served = [assessed.coverage.ledger.served]
    for count in range(1, len(chosen)):
        served.append(ledger_after(context, assessed, chosen.iloc[:count], siting).ledger.served)
    served.append(after.ledger.served)
    measured = explained.assign(added_people=np.diff(served), next_best_loss=np.nan)
    measured["next_best"] = pd.Series(pd.NA, index=measured.index, dtype=object)
    return measured
