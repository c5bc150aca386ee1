"""Which unserved people make one gap: neighbours with the same cause, in one area.

Neighbours are joined pairwise, the nearest first, as long as the gap stays within the largest
extent: single-linkage clustering (Florek et al. 1951; Sneath 1957) with a bound on each cluster's
size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.ledger import Coverage
from geoplan.coverage.neighbours import cells, natural_neighbours, patches
from geoplan.inputs.layers import AreaLayer
from geoplan.validate import raise_faults
from geoplan.words.message import Message, named

#: ledger state -> (cause, remedy)
CAUSES = {
    "beyond": ("no_site", "add_site"),
    "full": ("full", "add_capacity"),
    "cut_off": ("cut_off", "mend_link"),
    "off_network": ("off_network", "mend_link"),
    "unlocated": ("no_data", "mend_data"),
}

#: cut off by public transport, though one could walk: no service, which is no fault of the data
NO_SERVICE = ("no_service", "add_site")

#: cause -> remedy
REMEDIES = dict([*CAUSES.values(), NO_SERVICE])

#: causes that a look at the data or the road network settles first, not a new site
DATA_FAULTS = ("cut_off", "off_network", "no_data")

# metres per minute, only to turn a threshold in minutes into a size on the map
_METRES_PER_MINUTE = {"walk": 60.0, "drive": 500.0}
_TOUCH_M = 1.0  # boundaries drawn apart by less than this are neighbours
_MOST_MERGE_M = 2000.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MergeRules:
    """How one service's unserved people are merged into gaps; made by `merge_rules`.

    Parameters
    ----------
    levels : area levels of the coverage, coarsest first.
    unit : level whose polygons are merged by adjacency; None = natural neighbours instead.
    within : level whose areas no gap crosses.
    merge_m : natural neighbours farther apart are not joined.
    extent_m : largest diagonal of a gap's bounding box.
    polygons : the polygons of `unit` by code; empty without it.
    adjacency : pairs of codes of `unit` that are neighbours; None = polygons that touch.
    """

    levels: tuple[str, ...]
    unit: str | None
    within: str | None
    merge_m: float
    extent_m: float
    polygons: pd.Series
    adjacency: list[tuple[str, str]] | None

    @property
    def named_levels(self) -> tuple[str, ...]:
        """The levels down to `within`, or none."""
        return (
            self.levels[: self.levels.index(self.within) + 1] if self.within in self.levels else ()
        )


def merge_rules(
    coverage: Coverage,
    layers: Mapping[str, AreaLayer],
    *,
    adjacency: Iterable[tuple[str, str]] | None = None,
    merge_distance_m: float | None = None,
    max_extent_m: float | None = None,
    within: str | None = None,
) -> MergeRules:
    """The rules by which `coverage` is merged; the arguments are those of `gap_areas`."""
    levels = tuple(level for level in layers if level in coverage.frame.columns)
    threshold = _threshold_m(coverage)
    merge = min(2 * threshold, _MOST_MERGE_M) if merge_distance_m is None else merge_distance_m
    extent = 4 * threshold if max_extent_m is None else max_extent_m
    faults = []
    if within is not None and within not in levels:
        faults.append(
            Message("coverage_faults.no_level_within", within=within, value=named(levels))
        )
    if not merge > 0:
        faults.append(Message("coverage_faults.merge_positive", merge=merge))
    if not extent > 0:
        faults.append(Message("coverage_faults.extent_positive", extent=extent))
    raise_faults("the gaps cannot be drawn", faults)
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
    return MergeRules(
        levels=levels,
        unit=unit,
        within=within,
        merge_m=merge,
        extent_m=extent,
        polygons=_polygons(layers, unit),
        adjacency=None if adjacency is None else [(str(a), str(b)) for a, b in adjacency],
    )


def _threshold_m(coverage: Coverage) -> float:
    standard = coverage.standard
    if standard.threshold_m is not None:
        return float(standard.threshold_m)
    minutes = standard.threshold_min or 15.0
    return float(minutes) * _METRES_PER_MINUTE.get(standard.mode or "walk", 60.0)


def _polygons(layers: Mapping[str, AreaLayer], unit: str | None) -> pd.Series:
    if unit is None:
        return pd.Series(dtype=object)
    shapes = layers[unit].frame.geometry
    shapes = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    return pd.Series(shapes.to_numpy(), index=shapes.index.astype(str), dtype=object)


def unserved_items(coverage: Coverage, rules: MergeRules) -> pd.DataFrame:
    """One row per demand row and cause with unserved people, and the ``gap`` that it is in.

    Columns: ``row`` (position in the coverage's frame), ``cause``, ``people``, ``x``, ``y`` (NaN
    where the location is not known), ``within`` and ``code`` (of the rules' levels), ``gap``.
    """
    frame = coverage.frame
    parts = []
    for state, (cause, _) in CAUSES.items():
        people = frame[state].to_numpy(float)
        row = np.flatnonzero(people > 0)
        part = pd.DataFrame({"row": row, "cause": cause, "people": people[row]})
        if state == "cut_off" and "cost" in frame:  # with a way to a site, on foot
            walked = frame["cost"].notna().to_numpy()[row]
            part["cause"] = part["cause"].mask(walked, NO_SERVICE[0])
        parts.append(part)
    items = pd.concat(parts, ignore_index=True)
    point = frame.geometry.to_numpy()[items["row"]]
    lost = shapely.is_missing(point) | (items["cause"] == "no_data").to_numpy()
    items["x"] = np.where(lost, np.nan, shapely.get_x(point))
    items["y"] = np.where(lost, np.nan, shapely.get_y(point))
    _add_codes(items, frame, rules)
    items["gap"] = _gap_numbers(items, coverage, rules)
    return items


def rows_by_name(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Positions by name, then place, people and id: the order of a file's rows decides no tie."""
    point = frame.geometry.to_numpy()
    labels = frame.index.astype(str).to_numpy(object)
    name = frame["name"].astype("string").fillna("") if "name" in frame else labels
    keys = (labels, frame["people"], shapely.get_y(point), shapely.get_x(point), name)
    return np.lexsort([pd.factorize(np.asarray(key), sort=True)[0] for key in keys])


def codes_of(frame: pd.DataFrame, level: str) -> np.ndarray:
    """Area codes of `level` per row; "" where not known."""
    return frame[level].astype("string").fillna("").to_numpy(object)


def neighbour_pairs(coverage: Coverage, rules: MergeRules) -> np.ndarray:
    """Pairs of rows (positions in the coverage's frame) that may be in one gap, nearest first.

    Whether they are depends on who is served: those of two unserved rows with the same cause are
    joined in this order, as long as the gap stays within the rules' extent. Pairs are those of the
    smaller position first; of pairs equally far the first in that order comes first.
    """
    frame = coverage.frame
    row, spots = inhabited(coverage)
    items = pd.DataFrame({"row": row, "cause": "", "x": spots[:, 0], "y": spots[:, 1]})
    _add_codes(items, frame, rules)
    pairs = _neighbours(items, coverage, rules)
    if not len(pairs):
        return np.empty((0, 2), dtype=np.int64)
    far = np.round(np.hypot(*(spots[pairs[:, 0]] - spots[pairs[:, 1]]).T), 6)
    pairs = row[pairs]
    order = np.lexsort((pairs[:, 1], pairs[:, 0], far))
    pairs = pairs[order]
    _, first = np.unique(pairs[:, 0] * len(frame) + pairs[:, 1], return_index=True)
    return pairs[np.sort(first)]


def _add_codes(items: pd.DataFrame, frame: pd.DataFrame, rules: MergeRules) -> None:
    """Add the codes ``within`` and ``code`` of the rules' levels."""
    for name, level in (("within", rules.within), ("code", rules.unit)):
        values = "" if level is None else codes_of(frame, level)[items["row"]]
        items[name] = pd.Series(values, index=items.index, dtype=object)


def _neighbours(items: pd.DataFrame, coverage: Coverage, rules: MergeRules) -> np.ndarray:
    """Positions of items of one cause and area that touch or are natural neighbours."""
    located = items["x"].notna().to_numpy()
    drawn = items["code"].isin(rules.polygons.index).to_numpy()
    pairs = np.concatenate(
        [
            _touching(items[drawn & located], _adjacent_codes(items, rules)),
            _near(items, coverage, drawn, rules),
        ]
    )
    group = _groups(items)
    return pairs[group[pairs[:, 0]] == group[pairs[:, 1]]]


def _groups(items: pd.DataFrame) -> np.ndarray:
    """The number of every item's cause and area together."""
    return pd.factorize(items["cause"] + "\n" + items["within"])[0]


def _gap_numbers(items: pd.DataFrame, coverage: Coverage, rules: MergeRules) -> np.ndarray:
    """The gap number of every item."""
    xy = items[["x", "y"]].to_numpy(float)
    number = patches(_neighbours(items, coverage, rules), xy, extent_m=rules.extent_m)
    # people without a location: one gap per area and cause
    unlocated = np.isnan(xy[:, 0])
    number[unlocated] = len(items) + _groups(items)[unlocated]
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


def _near(
    items: pd.DataFrame, coverage: Coverage, drawn: np.ndarray, rules: MergeRules
) -> np.ndarray:
    """Positions of items that are natural neighbours and near enough; one of them has no polygon.

    A location with people between two others separates them, whether it is served or not.
    """
    loose = ~drawn & items["x"].notna().to_numpy()
    if not loose.any():
        return np.empty((0, 2), dtype=np.int64)
    rows, spots = inhabited(coverage)
    pairs = natural_neighbours(spots)
    pairs = pairs[np.hypot(*(spots[pairs[:, 0]] - spots[pairs[:, 1]]).T) <= rules.merge_m]
    found = []
    for cause in items["cause"].unique():
        mine = np.flatnonzero((items["cause"] == cause).to_numpy() & items["x"].notna().to_numpy())
        item = np.full(len(coverage.frame), -1, dtype=np.int64)
        item[items["row"].to_numpy()[mine]] = mine
        met = item[rows[pairs]]
        met = met[(met >= 0).all(axis=1)]
        found.append(met[loose[met].any(axis=1)])
    return np.concatenate(found)


def inhabited(coverage: Coverage) -> tuple[np.ndarray, np.ndarray]:
    """Positions and coordinates of the demand rows with people and a location."""
    point = coverage.frame.geometry.to_numpy()
    there = ~shapely.is_missing(point) & (coverage.frame["people"].to_numpy(float) > 0)
    rows = np.flatnonzero(there)
    return rows, np.column_stack([shapely.get_x(point[rows]), shapely.get_y(point[rows])])


def _adjacent_codes(items: pd.DataFrame, rules: MergeRules) -> pd.DataFrame:
    """Pairs of codes, columns ``a`` and ``b``, whose polygons are neighbours."""
    if rules.adjacency is not None:
        return pd.DataFrame(rules.adjacency, columns=["a", "b"])
    used = rules.polygons[rules.polygons.index.isin(items["code"])]
    if used.empty:
        return pd.DataFrame({"a": [], "b": []}, dtype=object)
    shapes = used.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCH_M)
    keep = left < right
    return pd.DataFrame({"a": used.index[left[keep]], "b": used.index[right[keep]]})


def item_shapes(items: pd.DataFrame, coverage: Coverage, rules: MergeRules) -> np.ndarray:
    """Per item its community's polygon, or the ground nearest to it; None without a location."""
    shapes = np.full(len(items), None, dtype=object)
    located = items["x"].notna().to_numpy()
    drawn = located & items["code"].isin(rules.polygons.index).to_numpy()
    shapes[drawn] = rules.polygons.reindex(items.loc[drawn, "code"]).to_numpy(object)
    loose = located & ~drawn
    if loose.any():
        rows, spots = inhabited(coverage)
        at = np.searchsorted(rows, items.loc[loose, "row"].to_numpy())
        shapes[loose] = cells(spots, at, radius_m=rules.merge_m / 2)
    return shapes
