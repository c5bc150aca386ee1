"""Gaps: unserved people who live side by side, as ranked areas with a cause and a remedy.

Everyone who is not served is in exactly one gap: the people of all gaps sum to the unserved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.ledger import Coverage
from geoplan.coverage.location_names import LocationNames
from geoplan.coverage.neighbours import cells, natural_neighbours, patches
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer

#: ledger state -> (cause, remedy)
CAUSES = {
    "beyond": ("no_site", "add_site"),
    "full": ("full", "add_capacity"),
    "cut_off": ("cut_off", "mend_link"),
    "off_network": ("off_network", "mend_link"),
    "unlocated": ("no_data", "mend_data"),
}
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

# metres per minute, only to turn a threshold in minutes into a size on the map
_METRES_PER_MINUTE = {"walk": 60.0, "drive": 500.0}
_TOUCH_M = 1.0  # boundaries drawn apart by less than this are neighbours
_MOST_MERGE_M = 2000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """How this coverage is cut into gaps."""

    levels: tuple[str, ...]
    unit: str | None  # level whose polygons are merged by adjacency
    within: str | None  # level that no gap crosses
    merge_m: float
    extent_m: float
    lang: str


def gap_areas(
    coverage: Coverage,
    *,
    areas: Mapping[str, AreaLayer] | None = None,
    adjacency: Iterable[tuple[str, str]] | None = None,
    merge_distance_m: float | None = None,
    max_extent_m: float | None = None,
    within: str | None = None,
    suggested: Iterable[Any] | pd.DataFrame | None = None,
    after: Coverage | None = None,
    keep: int | None = None,
    lang: str = "zh",
) -> gpd.GeoDataFrame:
    """Unserved people merged into ranked areas, each with a cause and a remedy.

    Parameters
    ----------
    coverage : the ledger of one service.
    areas : area layers by level, coarsest first; None = those of `coverage`. Where the finest level
        has polygons and holds single communities, communities that touch are merged and a gap is
        the union of their polygons. Otherwise natural neighbours are: places with no other place,
        served or not, between them. A gap is then the ground nearest to its places.
    adjacency : pairs of codes of the finest level that count as neighbours; None = polygons that
        touch (within 1 m).
    merge_distance_m : natural neighbours farther apart are not joined. None = twice the standard's
        threshold in metres (a site between two places so far apart serves both), at most 2,000 m.
        For this a threshold in minutes counts as 60 m each, by car as 500 m.
    max_extent_m : neighbours are joined, the nearest first, as long as the gap is no wider than
        this. None = four times the threshold: a patch to walk across, which one or two new sites
        serve.
    within : no gap crosses this level's areas; None = the level above single communities.
    suggested, after : site labels of the plan (or its table of sites) and the coverage with them,
        for ``closing_site``; without `after` nothing is closed.
    keep : largest number of gaps told singly. The rest are collected: one row per cause and area of
        `within`, or of the first coarser level that makes no more than `keep` such rows.
    lang : language of ``area``.

    Returns
    -------
    GeoDataFrame in the demand's CRS, sorted by ``rank`` (1 = most people) with the columns of
    `GAP_COLUMNS` and ``geometry``:

    - ``people``: unserved people, who sum to the ledger's unserved;
    - ``cause``: no_site | full | cut_off | off_network | no_data; ``remedy``: add_site |
      add_capacity | mend_link | mend_data;
    - ``area``: readable; ``members``: number of demand rows;
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
    layers = dict(coverage.areas if areas is None else areas)
    plan = _plan(coverage, layers, merge_distance_m, max_extent_m, within, lang)
    if isinstance(suggested, pd.DataFrame):
        suggested = suggested.index
    items = _items(coverage, plan)
    polygons = _polygons(layers, plan)
    items["gap"] = _merge(items, coverage, polygons, plan, adjacency)
    if after is not None:
        _closing(items, coverage, after, set(() if suggested is None else suggested))
    scattered = _collect(items, coverage, plan, keep)
    table = gpd.GeoDataFrame(
        _rows(
            items, coverage, layers, _item_shapes(items, coverage, polygons, plan), plan, scattered
        ),
        columns=[*GAP_COLUMNS, "geometry"],
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
    return table.reset_index(drop=True)


def _threshold_m(coverage: Coverage) -> float:
    standard = coverage.standard
    if standard.threshold_m is not None:
        return float(standard.threshold_m)
    minutes = standard.threshold_min or 15.0
    return float(minutes) * _METRES_PER_MINUTE.get(standard.mode or "walk", 60.0)


def _plan(
    coverage: Coverage,
    layers: Mapping[str, AreaLayer],
    merge_m: float | None,
    extent_m: float | None,
    within: str | None,
    lang: str,
) -> _Plan:
    levels = tuple(level for level in layers if level in coverage.frame.columns)
    reach = _threshold_m(coverage)
    merge = min(2 * reach, _MOST_MERGE_M) if merge_m is None else merge_m
    extent = 4 * reach if extent_m is None else extent_m
    faults = []
    if within is not None and within not in levels:
        faults.append(f"no area level {within!r}; known levels: {', '.join(levels) or 'none'}")
    if not merge > 0:
        faults.append(f"merge_distance_m must be above 0, not {merge}")
    if not extent > 0:
        faults.append(f"max_extent_m must be above 0, not {extent}")
    if faults:
        raise UsageError("the gaps cannot be drawn: " + "; ".join(faults) + ".")
    unit = None
    if levels:
        finest = levels[-1]
        known = coverage.frame[finest].dropna()
        single = len(known) <= 3 * max(known.nunique(), 1)
        if single and layers[finest].has_polygons:
            unit = finest
        if within is None:
            above = levels[-2] if len(levels) > 1 else None
            within = above if single else finest
    return _Plan(levels=levels, unit=unit, within=within, merge_m=merge, extent_m=extent, lang=lang)


def _items(coverage: Coverage, plan: _Plan) -> pd.DataFrame:
    """One row per demand row and cause with unserved people."""
    frame = coverage.frame
    parts = []
    for state, (cause, _) in CAUSES.items():
        people = frame[state].to_numpy(float)
        row = np.flatnonzero(people > 0)
        parts.append(pd.DataFrame({"row": row, "cause": cause, "people": people[row]}))
    items = pd.concat(parts, ignore_index=True)
    point = frame.geometry.to_numpy()[items["row"]]
    lost = shapely.is_missing(point) | (items["cause"] == "no_data").to_numpy()
    items["x"] = np.where(lost, np.nan, shapely.get_x(point))
    items["y"] = np.where(lost, np.nan, shapely.get_y(point))
    for name, level in (("bound", plan.within), ("code", plan.unit)):
        values = "" if level is None else _codes(frame, level)[items["row"]]
        items[name] = pd.Series(values, index=items.index, dtype=object)
    return items


def _codes(frame: pd.DataFrame, level: str) -> np.ndarray:
    return frame[level].astype("string").fillna("").to_numpy(object)


def _merge(
    items: pd.DataFrame,
    coverage: Coverage,
    polygons: pd.Series,
    plan: _Plan,
    adjacency: Iterable[tuple[str, str]] | None,
) -> np.ndarray:
    """The gap number of every item."""
    xy = items[["x", "y"]].to_numpy(float)
    drawn = items["code"].isin(polygons.index).to_numpy()
    pairs = np.concatenate(
        [
            _touching(items[drawn & ~np.isnan(xy[:, 0])], _pairs(items, polygons, adjacency)),
            _near(items, coverage, drawn, plan),
        ]
    )
    together = pd.factorize(items["cause"] + "\n" + items["bound"])[0]
    pairs = pairs[together[pairs[:, 0]] == together[pairs[:, 1]]]
    number = patches(pairs, xy, extent_m=plan.extent_m)
    # people without a place: one gap per area and cause
    lost = np.isnan(xy[:, 0])
    number[lost] = len(items) + together[lost]
    return np.unique(number, return_inverse=True)[1].ravel()


def _touching(items: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Positions of items in the same community or in communities that touch."""
    at = pd.DataFrame({"code": items["code"], "cause": items["cause"], "item": items.index})
    own = pd.DataFrame({"a": at["code"].unique()})
    both = pd.concat([pairs[["a", "b"]], own.assign(b=own["a"])], ignore_index=True)
    first = both.merge(at, left_on="a", right_on="code")
    met = first.merge(at, left_on=["b", "cause"], right_on=["code", "cause"])
    met = met[met["item_x"] != met["item_y"]]
    return np.sort(met[["item_x", "item_y"]].to_numpy(np.int64).reshape(-1, 2), axis=1)


def _near(items: pd.DataFrame, coverage: Coverage, drawn: np.ndarray, plan: _Plan) -> np.ndarray:
    """Positions of items that are natural neighbours and near enough; one of them has no polygon.

    Whoever lives between two places parts them, served or not.
    """
    loose = ~drawn & items["x"].notna().to_numpy()
    if not loose.any():
        return np.empty((0, 2), dtype=np.int64)
    rows, spots = _inhabited(coverage)
    pairs = natural_neighbours(spots)
    pairs = pairs[np.hypot(*(spots[pairs[:, 0]] - spots[pairs[:, 1]]).T) <= plan.merge_m]
    found = []
    for cause in items["cause"].unique():
        mine = np.flatnonzero((items["cause"] == cause).to_numpy() & items["x"].notna().to_numpy())
        item = np.full(len(coverage.frame), -1, dtype=np.int64)
        item[items["row"].to_numpy()[mine]] = mine
        met = item[rows[pairs]]
        met = met[(met >= 0).all(axis=1)]
        found.append(met[loose[met].any(axis=1)])
    return np.concatenate(found)


def _inhabited(coverage: Coverage) -> tuple[np.ndarray, np.ndarray]:
    """Positions and coordinates of the demand rows with people and a place."""
    point = coverage.frame.geometry.to_numpy()
    there = ~shapely.is_missing(point) & (coverage.frame["people"].to_numpy(float) > 0)
    rows = np.flatnonzero(there)
    return rows, np.column_stack([shapely.get_x(point[rows]), shapely.get_y(point[rows])])


def _polygons(layers: Mapping[str, AreaLayer], plan: _Plan) -> pd.Series:
    if plan.unit is None:
        return pd.Series(dtype=object)
    shapes = layers[plan.unit].frame.geometry
    shapes = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    return pd.Series(shapes.to_numpy(), index=shapes.index.astype(str), dtype=object)


def _pairs(
    items: pd.DataFrame, polygons: pd.Series, adjacency: Iterable[tuple[str, str]] | None
) -> pd.DataFrame:
    if adjacency is not None:
        return pd.DataFrame([(str(a), str(b)) for a, b in adjacency], columns=["a", "b"])
    used = polygons[polygons.index.isin(items["code"])]
    if used.empty:
        return pd.DataFrame({"a": [], "b": []}, dtype=object)
    shapes = used.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCH_M)
    keep = left < right
    return pd.DataFrame({"a": used.index[left[keep]], "b": used.index[right[keep]]})


def _collect(
    items: pd.DataFrame, coverage: Coverage, plan: _Plan, keep: int | None
) -> dict[int, int]:
    """Join the gaps beyond the `keep` largest by cause and area; how many each such row holds."""
    people = items.groupby("gap")["people"].sum().sort_values(ascending=False, kind="stable")
    if keep is None or len(people) <= keep:
        return {}
    rest = items["gap"].isin(people.index[keep:]).to_numpy()
    row, gap = items["row"].to_numpy()[rest], items["gap"].to_numpy()[rest]
    stop = plan.levels.index(plan.within) + 1 if plan.within in plan.levels else 0
    for level in [*reversed(plan.levels[:stop]), None]:
        where = "" if level is None else _codes(coverage.frame, level)[row]
        together = pd.factorize(items["cause"][rest] + "\n" + where)[0]
        if together.max() < max(keep, 1):
            break
    held = pd.Series(gap).groupby(together).nunique().to_numpy()
    joined = held[together] > 1  # one alone is told as it is
    number = int(items["gap"].max()) + 1 + np.arange(len(held))
    items.loc[rest, "gap"] = np.where(joined, number[together], gap)
    return {int(k): int(count) for k, count in zip(number, held, strict=True) if count > 1}


def _closing(items: pd.DataFrame, before: Coverage, after: Coverage, plan_sites: set) -> None:
    """Adds what the plan does for every item: who stays unserved, and the site that serves."""
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
    items: pd.DataFrame,
    coverage: Coverage,
    layers: Mapping[str, AreaLayer],
    shapes: np.ndarray,
    plan: _Plan,
    scattered: Mapping[int, int],
) -> list[dict[str, Any]]:
    """One record per gap. A gap has one cause, so every demand row is in it once."""
    if not len(items):
        return []
    remedies = dict(CAUSES.values())
    # per gap the largest demand row first: it names the place
    order = np.lexsort((items["row"], -items["people"], items["gap"]))
    number = items["gap"].to_numpy()
    edges = np.flatnonzero(np.diff(number[order])) + 1
    people, row = items["people"].to_numpy(float), items["row"].to_numpy()
    cause = items["cause"].to_numpy(object)
    left = items["left"].to_numpy(float) if "left" in items else np.full(len(items), np.nan)
    site = items["new_site"].to_numpy(object) if "new_site" in items else None
    located = items["x"].notna().to_numpy()
    stop = plan.levels.index(plan.within) + 1 if plan.within in plan.levels else None
    readable = LocationNames(coverage.frame, layers, plan.levels[:stop], plan.lang)
    rows = []
    for members in np.split(order, edges):
        gained = {} if site is None else _gained(site[members], (people - left)[members])
        # a polygon stands for all demand rows of its community: once is enough
        drawn = {id(shape): shape for shape in shapes[members] if shape is not None}
        count = scattered.get(int(number[members[0]]), 0)
        first = int(row[members[0]])
        rows.append(
            {
                "rank": 0,
                "people": float(people[members].sum()),
                "cause": cause[members[0]],
                "remedy": remedies[cause[members[0]]],
                "area": readable.scattered(row[members], count)
                if count
                else readable(first, len(members), bool(located[members[0]])),
                "closing_site": max(gained, key=lambda s: gained[s]) if gained else pd.NA,
                "people_after": float(left[members].sum()),
                "members": len(members),
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


def _item_shapes(
    items: pd.DataFrame, coverage: Coverage, polygons: pd.Series, plan: _Plan
) -> np.ndarray:
    """Per item its community's polygon, or the ground nearest to it; None where it has no place."""
    shapes = np.full(len(items), None, dtype=object)
    located = items["x"].notna().to_numpy()
    drawn = located & items["code"].isin(polygons.index).to_numpy()
    shapes[drawn] = polygons.reindex(items.loc[drawn, "code"]).to_numpy(object)
    loose = located & ~drawn
    if loose.any():
        rows, spots = _inhabited(coverage)
        at = np.searchsorted(rows, items.loc[loose, "row"].to_numpy())
        shapes[loose] = cells(spots, at, radius_m=plan.merge_m / 2)
    return shapes
