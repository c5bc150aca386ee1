"""Money: what a site costs by its kind, what each year builds, and what a fund has left."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import urban_or_rural
from geoplan.errors import UsageError
from geoplan.inputs.columns.numbers.column_units import money_heading
from geoplan.inputs.columns.roles import heading_key
from geoplan.inputs.sites.capacity_cells import plain_numbers
from geoplan.results import Fund, ServiceResult, SitingOutcome
from geoplan.study.config.schema import SitingSection, StudyFile
from geoplan.study.read.context import Context
from geoplan.study.read.layers.side_layers import side_layer
from geoplan.tolerances import WHOLE_YEARS
from geoplan.words.speaker import Speaker

#: columns of a file of candidates that tell a site's kind
KIND_COLUMNS = ("kind", "type", "类型", "类别")


def site_kinds(candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> pd.Series | None:
    """The kind of every candidate: what its file says, else town or country as where people live.

    Parameters
    ----------
    candidates : with a column of `KIND_COLUMNS` where they come from a file that has one.
    demand : located rows, with ``urban`` where the table has it.

    Returns
    -------
    Series of texts on the candidates' index, or None where nothing says it.
    """
    for column in KIND_COLUMNS:
        if column in candidates.columns:
            return candidates[column].astype("string").fillna("").astype(object).rename("kind")
    if "urban" not in demand.columns or not len(demand) or not len(candidates):
        return None
    near = demand.sindex.nearest(candidates.geometry, return_all=False)[1]
    kinds = urban_or_rural(demand["urban"]).to_numpy(object)[near]
    return pd.Series(kinds, index=candidates.index, dtype=object, name="kind")


def site_costs(
    siting: SitingSection,
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    speaker: Speaker,
) -> pd.Series | None:
    """What each candidate costs; None where the study does not say.

    A price in the candidates' own file counts first; where it is not known, and without such a
    column, ``site_cost``: one number, or one per kind of site.

    Raises
    ------
    UsageError
        Kinds of site that ``site_cost`` has no price for; prices that are not known, where there
        is no ``site_cost``; prices of nothing or less.
    """
    column = _cost_column(candidates)
    if column is None:
        return _general_costs(siting, candidates, demand, speaker=speaker)
    money = _prices(candidates[column])
    if (money <= 0).any():
        bad = candidates.index[money <= 0][:5].tolist()
        raise UsageError(speaker.say("study.price_wrong", column=column, sites=bad))
    if money.isna().any():
        general = _general_costs(siting, candidates[money.isna()], demand, speaker=speaker)
        if general is None:
            bad = candidates.index[money.isna()][:5].tolist()
            raise UsageError(speaker.say("study.price_none", column=column, sites=bad))
        money = money.fillna(general)
    return money.rename("money")


def unknown_prices(context: Context, key: str, siting: SitingSection) -> int:
    """Candidates whose own file has a column of prices, and none for them."""
    money = own_prices(context.config, context.folder, key, siting)
    return 0 if money is None else int(money.isna().sum())


def own_prices(config: StudyFile, base: Path, key: str, siting: SitingSection) -> pd.Series | None:
    """Prices in the candidates' own file; None where it has no such column, or there is no file.

    base : the folder that the study's paths start from.
    """
    if siting.candidates in ("network", "demand") or siting.candidates.startswith("facilities:"):
        return None
    name = f"services.{key}.siting.candidates"
    points = side_layer(
        config,
        base,
        name,
        siting.candidates,
        kind="layer",
        layer=siting.candidates_layer,
    )
    column = _cost_column(points)
    return None if column is None else _prices(points[column])


def _cost_column(candidates: pd.DataFrame) -> str | None:
    """The column of prices: called like one in price_headings.toml, its unit aside."""
    known, found = _cost_headings(), list[tuple[int, str]]()
    for column in map(str, candidates.columns):
        place = known.get(heading_key(money_heading(column)[0]))
        if place is not None:
            found.append((place, column))
    return min(found)[1] if found else None


@cache
def _cost_headings() -> dict[str, int]:
    """Headings of prices as they are compared, each with its place in the list."""
    text = files(__package__).joinpath("price_headings.toml").read_text(encoding="utf-8")
    names = tomllib.loads(text)["cost"]
    return {heading_key(name): place for place, name in reversed(list(enumerate(names)))}


def _prices(cells: pd.Series) -> pd.Series:
    """Money per cell; NaN where it is not known: empty, text, a rough number.

    The unit that the heading says counts: 造价（万元）.
    """
    values, vague = plain_numbers(cells.astype("string").fillna(""))
    factor = money_heading(str(cells.name))[1]
    return pd.Series(np.where(vague, np.nan, values * factor), index=cells.index)


def _general_costs(
    siting: SitingSection,
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    speaker: Speaker,
) -> pd.Series | None:
    """``site_cost`` for every candidate; None where the study has none."""
    price = siting.site_cost
    if price is None:
        return None
    if not isinstance(price, Mapping):
        return pd.Series(float(price), index=candidates.index, name="money")
    kinds = site_kinds(candidates, demand)
    if kinds is None:
        raise UsageError(speaker.say("study.price_no_kind"))
    money = kinds.map(dict(price)).astype(float)
    if money.isna().any():
        lost = ", ".join(repr(k) for k in kinds[money.isna()].unique()[:5])
        there = ", ".join(price)
        raise UsageError(speaker.say("study.price_missing", kinds=lost, there=there))
    return money.rename("money")


def candidate_costs(
    context: Context, key: str, siting: SitingSection, candidates: gpd.GeoDataFrame
) -> pd.Series | None:
    """`site_costs` of one service; errors name its section of the study."""
    people = context.demand(key).located
    try:
        costs = site_costs(siting, candidates, people, speaker=context.speaker)
        if costs is None and (siting.budget is not None or siting.objective == "min_cost"):
            there = ", ".join(str(c) for c in candidates.columns if c != "geometry") or "–"
            raise UsageError(context.speaker.say("study.price_no_column", there=there))
    except UsageError as error:
        said = error.message(context.speaker.lang)
        raise UsageError(f"services.{key}.siting: {said}") from error
    return costs


def with_costs_and_phases(
    context: Context,
    key: str,
    siting: SitingSection,
    sites: gpd.GeoDataFrame,
    chosen: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Suggested `sites` with their kind and price, and the phase and year that builds them.

    chosen : the same sites as candidates, with the columns of their file.
    """
    priced = sites.copy()
    money = candidate_costs(context, key, siting, chosen)
    if money is not None:
        kinds = site_kinds(chosen, context.demand(key).located)
        if kinds is not None:
            priced["kind"] = kinds
        priced["money"] = money
    prices = None if money is None else priced["money"].to_numpy(float)
    numbers = phase_numbers(siting, prices, len(priced))
    if numbers is not None:
        priced["phase"] = numbers
        years = dict(enumerate(siting.years, start=1))
        priced["year"] = pd.array([years.get(int(n), pd.NA) for n in numbers], "Int64")
    return priced


def phase_numbers(siting: SitingSection, money: np.ndarray | None, count: int) -> np.ndarray | None:
    """The phase (1, 2, ...) of each site in the order of building; None where the study has none.

    With ``phases`` they end at those numbers of sites. With a budget and ``years`` every year has
    an equal part of the money and what the years before it left over. A phase holds all that the
    one before it holds: a site that waits for money lets no later one pass.
    """
    if siting.phases:
        return 1 + np.searchsorted(siting.phases, np.arange(1, count + 1), side="left")
    if not siting.years or siting.budget is None or money is None:
        return None
    yearly = siting.budget / len(siting.years)
    spent = np.cumsum(money)
    return np.maximum(np.ceil(spent / yearly - WHOLE_YEARS).astype(int), 1)


def phase_table(
    siting: SitingSection,
    sites: pd.DataFrame,
    *,
    base: float,
    total: float,
    curve: pd.DataFrame | None,
) -> pd.DataFrame | None:
    """One row per phase: what it builds, what it costs, whom it serves, and what phasing costs.

    Parameters
    ----------
    sites : suggested sites in the order of building: ``phase``, ``added_people`` and, where prices
        are known, ``money``.
    base, total : people served today, and all.
    curve : the best for every number of sites, where the study has one.

    Returns
    -------
    DataFrame, index = phase; ``year`` (<NA> where the study names none), ``new_sites``, ``sites``
    (so far), ``money``, ``money_so_far`` (NaN without prices), ``served``, ``share_after``,
    ``best`` (people served by the best plan with so many sites, NaN without a
    curve), ``lost`` (best - served: what keeping the earlier phases' sites costs).
    """
    if "phase" not in sites.columns or sites.empty:
        return None
    groups = sites.groupby("phase", sort=True)
    money = groups["money"].sum() if "money" in sites.columns else np.nan
    table = pd.DataFrame({"new_sites": groups.size(), "money": money})
    years = dict(enumerate(siting.years, start=1))
    table.insert(0, "year", pd.array([years.get(int(p), pd.NA) for p in table.index], "Int64"))
    table["sites"] = table["new_sites"].cumsum()
    table["money_so_far"] = table["money"].cumsum()
    table["served"] = base + groups["added_people"].sum().cumsum()
    table["share_after"] = table["served"] / total if total > 0 else np.nan
    best = {} if curve is None else dict(zip(curve["sites"], curve["value"], strict=True))
    table["best"] = [best.get(int(n), np.nan) for n in table["sites"]]
    table["lost"] = (table["best"] - table["served"]).clip(lower=0.0)
    table.index.name = "phase"
    return table


def with_funds(context: Context, services: Mapping[str, ServiceResult]) -> dict[str, ServiceResult]:
    """The services, with what each fund pays for: the suggested sites of those that draw on it."""
    priced = dict(services)
    for key, service in services.items():
        section = context.config.services[key].fund
        if section is None:
            continue
        wanted = section.pays or list(services)
        parts = [
            _spending(other, services[other].siting)
            for other in wanted
            if other in services and services[other].siting is not None
        ]
        columns = ["service", "year", "sites", "money"]
        rows = [part for part in parts if part is not None]
        spending = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
        priced[key] = replace(
            service,
            fund=Fund(money=section.money, years=tuple(section.years), spending=spending),
        )
    return priced


def _spending(key: str, siting: SitingOutcome | None) -> pd.DataFrame | None:
    """Money by year for the sites of one service; None where their price is not known."""
    if siting is None or "money" not in siting.sites.columns or siting.sites.empty:
        return None
    if siting.phases is None:
        table = pd.DataFrame(
            {
                "year": pd.array([pd.NA], "Int64"),
                "sites": len(siting.sites),
                "money": float(siting.sites["money"].sum()),
            }
        )
    else:
        table = siting.phases[["year", "new_sites", "money"]].rename(columns={"new_sites": "sites"})
    return table.assign(service=key)[["service", "year", "sites", "money"]].reset_index(drop=True)
