"""Gaps: unserved people who live side by side, as ranked areas with a cause and a remedy.

Everyone who is not served is in exactly one gap: the people of all gaps sum to the unserved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.gap_merging import (
    REMEDIES,
    MergeRules,
    codes_of,
    item_shapes,
    merge_rules,
    rows_by_name,
    unserved_items,
)
from geoplan.coverage.ledger import Coverage
from geoplan.coverage.location_names import LocationNames
from geoplan.inputs.layers import AreaLayer

#: gaps that a run lists one by one; the small ones beyond them are merged, area by area
MOST_GAPS = 400
GAP_COLUMNS = (
    "rank",
    "people",
    "cause",
    "remedy",
    "area",
    "closing_site",
    "people_after",
    "members",
)


class Merging(TypedDict, total=False):
    """Keywords of `gap_areas` that say which neighbours are joined into one gap."""

    adjacency: Iterable[tuple[str, str]] | None
    merge_distance_m: float | None
    max_extent_m: float | None
    within: str | None


def gap_areas(
    coverage: Coverage,
    *,
    areas: Mapping[str, AreaLayer] | None = None,
    suggested: Iterable[Any] | pd.DataFrame | None = None,
    after: Coverage | None = None,
    keep: int | None = None,
    lang: str = "zh",
    **merging: Unpack[Merging],
) -> gpd.GeoDataFrame:
    """Unserved people merged into ranked areas, each with a cause and a remedy.

    Parameters
    ----------
    coverage : the ledger of one service.
    areas : area layers by level, coarsest first; None = those of `coverage`. Where the finest level
        has polygons and holds single communities, communities that touch are merged and a gap is
        the union of their polygons. Otherwise natural neighbours are: locations with no other
        location, served or not, between them. A gap is then the ground nearest to its locations.
    adjacency : pairs of codes of the finest level that count as neighbours; None = polygons that
        touch (within 1 m).
    merge_distance_m : natural neighbours farther apart are not joined. None = twice the standard's
        threshold in metres (a site between two locations so far apart serves both), at most
        2,000 m. For this a threshold in minutes counts as 60 m each, by car as 500 m.
    max_extent_m : neighbours are joined, the nearest first, as long as the gap is no wider than
        this. None = four times the threshold: a patch to walk across, which one or two new sites
        serve.
    within : no gap crosses this level's areas; None = the level above single communities.
    suggested, after : site labels of the plan (or its table of sites) and the coverage with them,
        for ``closing_site``; without `after` nothing is closed.
    keep : largest number of gaps with a row each. The rest are collected: one row per cause and
        area of `within`, or of the first coarser level that makes no more than `keep` such rows.
    lang : language of ``area``.

    Returns
    -------
    GeoDataFrame in the demand's CRS, sorted by ``rank`` (1 = most people) with the columns of
    `GAP_COLUMNS` and ``geometry``:

    - ``people``: unserved people, who sum to the ledger's unserved;
    - ``cause``: no_site | full | cut_off | off_network | no_data, and by public transport
      no_service; ``remedy``: add_site | add_capacity | mend_link | mend_data;
    - ``area``: its name; ``members``: number of demand rows;
    - ``closing_site``: the suggested site that serves most of these people afterwards, or <NA>;
      ``people_after``: those of the gap who are unserved after the plan (NaN without `after`);
    - ``geometry``: missing for people whose location is not known.

    Raises
    ------
    UsageError
        An unknown `within`, or distances that are not above 0.

    Examples
    --------
    The example's 140 people who are not served, with what would help each:

    >>> from geoplan.study import example_study
    >>> gaps = gap_areas(example_study().run().coverage["meal_station"], lang="en")
    >>> gaps[["people", "cause"]].to_numpy().tolist()
    [[80.0, 'no_site'], [30.0, 'cut_off'], [20.0, 'off_network'], [10.0, 'no_data']]
    >>> gaps["remedy"].tolist()
    ['add_site', 'mend_link', 'mend_link', 'mend_data']
    """
    table, _ = ranked_gaps(
        coverage,
        areas=areas,
        suggested=suggested,
        after=after,
        keep=keep,
        lang=lang,
        **merging,
    )
    return table


def ranked_gaps(
    coverage: Coverage,
    *,
    areas: Mapping[str, AreaLayer] | None = None,
    suggested: Iterable[Any] | pd.DataFrame | None = None,
    after: Coverage | None = None,
    keep: int | None = None,
    lang: str = "zh",
    **merging: Unpack[Merging],
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """The gaps of `gap_areas`, and of every demand row the rank of the gap it is in, 0 for none."""
    layers = dict(coverage.areas if areas is None else areas)
    coverage = replace(coverage, frame=coverage.frame.iloc[rows_by_name(coverage.frame)])
    rules = merge_rules(coverage, layers, **merging)
    if isinstance(suggested, pd.DataFrame):
        suggested = suggested.index
    items = unserved_items(coverage, rules)
    if after is not None:
        _add_effect(items, coverage, after, set(() if suggested is None else suggested))
    collected = _collect_small(items, coverage, rules, keep)
    names = LocationNames(coverage.frame, layers, rules.named_levels or rules.levels, lang)
    table = gpd.GeoDataFrame(
        _rows(items, item_shapes(items, coverage, rules), names, collected),
        columns=[*GAP_COLUMNS, "number", "geometry"],
        geometry="geometry",
        crs=coverage.frame.crs,
    )
    table = table.sort_values(
        ["people", "cause", "area"], ascending=[False, True, True], kind="stable"
    )
    table["rank"] = np.arange(1, len(table) + 1)
    # left to itself, pandas makes <NA> a NaN among texts
    closing = [site if pd.notna(site) else pd.NA for site in table["closing_site"]]
    table["closing_site"] = pd.Series(closing, index=table.index, dtype=object)
    rank_of = pd.Series(table["rank"].to_numpy(), index=table["number"].to_numpy(np.int64))
    rank = pd.Series(0, index=coverage.frame.index, dtype=np.int64)
    rank.iloc[items["row"].to_numpy()] = rank_of.reindex(items["gap"]).to_numpy()
    return table.drop(columns="number").reset_index(drop=True), rank


def _collect_small(
    items: pd.DataFrame, coverage: Coverage, rules: MergeRules, keep: int | None
) -> dict[int, int]:
    """Join the gaps beyond the `keep` largest by cause and area; how many each such row holds."""
    people = items.groupby("gap")["people"].sum().sort_values(ascending=False, kind="stable")
    if keep is None or len(people) <= keep:
        return {}
    rest = items["gap"].isin(people.index[keep:]).to_numpy()
    row, gap = items["row"].to_numpy()[rest], items["gap"].to_numpy()[rest]
    for level in [*reversed(rules.named_levels), None]:
        where = "" if level is None else codes_of(coverage.frame, level)[row]
        group = pd.factorize(items["cause"][rest] + "\n" + where)[0]
        if group.max() < max(keep, 1):
            break
    held = pd.Series(gap).groupby(group).nunique().to_numpy()
    joined = held[group] > 1  # one alone stays as it is
    number = int(items["gap"].max()) + 1 + np.arange(len(held))
    items.loc[rest, "gap"] = np.where(joined, number[group], gap)
    return {int(k): int(count) for k, count in zip(number, held, strict=True) if count > 1}


def _add_effect(items: pd.DataFrame, before: Coverage, after: Coverage, plan_sites: set) -> None:
    """Add what the plan does for every item: people still unserved, and the site that serves."""
    then = after.frame.reindex(before.frame.index)
    left = then["people"] - then["served"]
    unserved = (before.frame["people"] - before.frame["served"]).to_numpy(float)
    ratio = np.divide(left.to_numpy(float), unserved, where=unserved > 0, out=np.zeros(len(left)))
    row = items["row"].to_numpy()
    items["left"] = items["people"].to_numpy() * np.clip(ratio[row], 0.0, 1.0)
    site = then["site"].to_numpy(object)[row].copy()
    new = np.array([s is not pd.NA and s in plan_sites for s in site], dtype=bool)
    site[~new] = None
    items["new_site"] = site


def _rows(
    items: pd.DataFrame, shapes: np.ndarray, names: LocationNames, collected: Mapping[int, int]
) -> list[dict[str, Any]]:
    """One record per gap. A gap has one cause, so every demand row is in it once."""
    if not len(items):
        return []
    # per gap the largest demand row first: it names the gap
    order = np.lexsort((items["row"], -items["people"], items["gap"]))
    number = items["gap"].to_numpy()
    edges = np.flatnonzero(np.diff(number[order])) + 1
    people, row = items["people"].to_numpy(float), items["row"].to_numpy()
    cause = items["cause"].to_numpy(object)
    left = items["left"].to_numpy(float) if "left" in items else np.full(len(items), np.nan)
    site = items["new_site"].to_numpy(object) if "new_site" in items else None
    located = items["x"].notna().to_numpy()
    rows = []
    for members in np.split(order, edges):
        gained = {} if site is None else _gained(site[members], (people - left)[members])
        # a polygon stands for all demand rows of its community: once is enough
        drawn = {id(shape): shape for shape in shapes[members] if shape is not None}
        count = collected.get(int(number[members[0]]), 0)
        first = int(row[members[0]])
        rows.append(
            {
                "rank": 0,
                "people": float(people[members].sum()),
                "cause": cause[members[0]],
                "remedy": REMEDIES[cause[members[0]]],
                "area": names.scattered(row[members], count)
                if count
                else names(first, len(members), bool(located[members[0]])),
                "closing_site": max(gained, key=lambda s: gained[s]) if gained else pd.NA,
                "people_after": float(left[members].sum()),
                "members": len(members),
                "number": int(number[members[0]]),
                "geometry": shapely.union_all(list(drawn.values())) if drawn else None,
            }
        )
    return rows


def _gained(site: np.ndarray, people: np.ndarray) -> dict[Any, float]:
    """People that each suggested site newly serves."""
    gained: dict[Any, float] = {}
    for label, count in zip(site, people, strict=True):
        if label is not None and count > 0:
            gained[label] = gained.get(label, 0.0) + float(count)
    return gained
