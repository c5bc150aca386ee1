"""The area codes of every row: as stated, else by location, else through the level below.

A stated area counts even where the location contradicts it (a border may be drawn roughly, a form
is filled in by people who know); a finding says so. What is not stated is taken from the polygon
that contains the point, and every level above from the parent of the level below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.columns.parse_numbers import is_empty, is_scientific_notation
from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.files.read_once import ReadOnce, content_key
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.membership.addresses import fill_from_addresses
from geoplan.inputs.membership.area_lookup import area_heading, area_lookup, new_code
from geoplan.inputs.rows import Rows
from geoplan.tolerances import BORDER_M
from geoplan.words.text_format import distinct_texts

#: so many rows whose column holds no area of the level at all get one finding instead of one each
_MANY = 5
#: cells that it names
_SAID = 3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StatedAreas:
    """What the rows say about one level: the cells, their heading, and the code (None unknown)."""

    cells: pd.Series
    heading: str
    codes: pd.Series


def assign_areas(
    rows: Rows,
    collector: FindingCollector,
    areas: Mapping[str, AreaLayer],
    geometry: gpd.GeoSeries | None = None,
) -> dict[str, pd.Series]:
    """Area code per level for every row, <NA> where unknown.

    Parameters
    ----------
    rows, collector : of one file; unknown areas, old codes and contradictions become findings.
    areas : by level, coarsest first.
    geometry : points in the study's CRS, aligned with the rows; missing = unknown: then areas that
        the row's address names count as well.
    """
    index = rows.text.index
    stated: dict[str, StatedAreas] = {}
    for level, layer in areas.items():
        above = stated.get(layer.parent or "")
        found = _stated_areas(rows, collector, level, areas, None if above is None else above.codes)
        if found is not None:
            stated[level] = found
    by_location = {
        level: _codes(layer, geometry, index, collector.source.reads)
        for level, layer in areas.items()
    }
    assigned: dict[str, pd.Series] = {}
    for level in reversed(list(areas)):  # finest first
        codes = stated[level].codes if level in stated else _none(index)
        below_stated, below = _from_below(level, areas, stated, assigned)
        for other in (below_stated, by_location[level], below):
            codes = codes.where(codes.notna(), other)
        assigned[level] = codes
    _report_contradictions(collector, areas, stated, by_location, geometry)
    ordered = {level: assigned[level] for level in areas}
    addresses = rows.column("address")
    if addresses is None:
        return ordered
    nowhere = np.ones(len(rows), bool) if geometry is None else geometry.isna().to_numpy(bool)
    return fill_from_addresses(ordered, addresses, areas, nowhere)


def _none(index: pd.Index) -> pd.Series:
    return pd.Series(pd.NA, index=index, dtype=object)


def _from_below(
    level: str,
    areas: Mapping[str, AreaLayer],
    stated: Mapping[str, StatedAreas],
    assigned: Mapping[str, pd.Series],
) -> tuple[pd.Series, pd.Series]:
    """The parent of the stated, and of the assigned, code one level below."""
    index = next(iter(assigned.values())).index if assigned else pd.Index([])
    for child, layer in areas.items():
        if layer.parent != level or child not in assigned:
            continue
        parents = layer.frame["parent"]
        known = assigned[child].map(parents).astype(object)
        if child in stated:
            return known.where(stated[child].codes.notna()), known
        return _none(known.index), known
    empty = _none(index)
    return empty, empty


# -- as stated ------------------------------------------------------------------------------


def _stated_areas(
    rows: Rows,
    collector: FindingCollector,
    level: str,
    areas: Mapping[str, AreaLayer],
    above: pd.Series | None,
) -> StatedAreas | None:
    layer = areas[level]
    heading = area_heading(rows, level, layer)
    if heading is None:
        return None
    cells = rows.text[heading]
    lookup = area_lookup(layer)
    empty = is_empty(cells)
    codes = _none(cells.index)
    values = cells[~empty]
    by_value = {value: lookup.code(value) for value in distinct_texts(values)}
    codes[~empty] = values.map(by_value).to_numpy(object)
    unclear = codes.isna().to_numpy() & ~empty
    if above is not None:
        for position in np.flatnonzero(unclear):
            parent = above.iloc[position]
            if isinstance(parent, str):
                codes.iloc[position] = lookup.within(cells.iloc[position], parent)
    stated = StatedAreas(cells=cells, heading=heading, codes=codes.where(codes.notna(), pd.NA))
    _report_old_codes(collector, stated, layer, areas.values())
    # codes whose last digits a spreadsheet has lost have a finding of their own
    unknown = stated.codes.isna().to_numpy() & ~empty & ~is_scientific_notation(cells)
    if unknown.sum() >= _MANY and not stated.codes.notna().any():
        values = ", ".join(dict.fromkeys(cells[unknown].head(_SAID)))
        collector.about_file(
            "no_area_known",
            "warning",
            column=heading,
            level=level,
            count=int(unknown.sum()),
            examples=values,
        )
        return None
    collector.about_rows(
        unknown, "unknown_area", "warning", column=heading, cells=cells, level=level
    )
    return stated


def _report_old_codes(
    collector: FindingCollector, stated: StatedAreas, layer: AreaLayer, every: Iterable[AreaLayer]
) -> None:
    """A finding per code or name no longer in use; `every` layer may name its successor."""
    lookup = area_lookup(layer)
    cells, known = stated.cells, stated.codes.notna()
    rows: dict[str, list[np.ndarray]] = {}
    new: dict[str, str] = {}
    for value in distinct_texts(cells[known]):
        text = str(value)
        old = text[:6] if text.isdigit() and text not in lookup.codes else normalize(text)
        code = new_code(old)
        if code is None or old in lookup.names:
            continue
        rows.setdefault(old, []).append(np.flatnonzero((cells == value) & known))
        new[old] = code
    lookups = [lookup, *map(area_lookup, every)]
    for old in sorted(rows):
        at = np.sort(np.concatenate(rows[old]))
        name = next(filter(None, (one.name(new[old]) for one in lookups)), "")
        successor = f"{new[old]} {name}".strip()
        collector.about_rows_together(
            at, "old_code", "note", column=stated.heading, value=old, new=successor
        )


# -- by location ---------------------------------------------------------------------------


def _codes(
    layer: AreaLayer, geometry: gpd.GeoSeries | None, index: pd.Index, reads: ReadOnce
) -> pd.Series:
    """`codes_by_location`, once for the same points."""
    if geometry is None:
        return codes_by_location(layer, geometry, index)
    shapes = geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    if (kinds > 0).any():  # lines and areas
        return codes_by_location(layer, geometry, index)
    places = content_key(kinds, shapely.get_x(shapes), shapely.get_y(shapes))
    found = reads.value(
        ("codes", layer, places),
        lambda: codes_by_location(layer, geometry, index).to_numpy(object),
    )
    return pd.Series(found.copy(), index=index, dtype=object)


@lru_cache(maxsize=8)  # layers are never written to
def _outlines(layer: AreaLayer) -> gpd.GeoDataFrame:
    """The areas with a polygon, and their spatial index."""
    return layer.drawn


def codes_by_location(
    layer: AreaLayer, geometry: gpd.GeoSeries | None, index: pd.Index
) -> pd.Series:
    """Code of the polygon that holds each point, <NA> outside all."""
    codes = _none(index)
    if geometry is None or not layer.has_polygons:
        return codes
    polygons = _outlines(layer)
    there = np.flatnonzero(geometry.notna().to_numpy())
    hits = polygons.sindex.query(geometry.iloc[there].to_numpy(), predicate="intersects")
    first, pick = np.unique(hits[0], return_index=True)
    codes.iloc[there[first]] = polygons.index.to_numpy(object)[hits[1][pick]]
    return codes


def _report_contradictions(
    collector: FindingCollector,
    areas: Mapping[str, AreaLayer],
    stated: Mapping[str, StatedAreas],
    by_location: Mapping[str, pd.Series],
    geometry: gpd.GeoSeries | None,
) -> None:
    """A finding per row that lies clearly in another area than it says, at the finest level."""
    if geometry is None:
        return
    reported: set[int] = set()
    for level in reversed(list(areas)):
        said = _stated_at(level, areas, stated)
        if said is None or not areas[level].has_polygons:
            continue
        codes, lies = said.codes, by_location[level]
        differ = (codes.notna() & lies.notna() & (codes != lies)).fillna(False).to_numpy(bool)
        shapes, names = areas[level].frame.geometry, areas[level].frame["name"]
        for position in np.flatnonzero(differ):
            home = shapes.get(codes.iloc[position])
            if int(position) in reported or home is None or home.is_empty:
                continue
            if geometry.iloc[position].distance(home) <= BORDER_M:
                continue
            reported.add(int(position))
            collector.about_row(
                int(position),
                "other_area",
                "warning",
                column=said.heading,
                value=said.cells.iloc[position],
                said=names[codes.iloc[position]],
                actual=names[lies.iloc[position]],
            )


def _stated_at(
    level: str, areas: Mapping[str, AreaLayer], stated: Mapping[str, StatedAreas]
) -> StatedAreas | None:
    """What the rows say about `level`: in a column of its own, or by the area below that they name.

    A street without an outline still lies in a district that has one.
    """
    if level in stated:
        return stated[level]
    for child, layer in areas.items():
        if layer.parent == level:
            below = _stated_at(child, areas, stated)
            if below is not None:
                codes = below.codes.map(layer.frame["parent"]).astype(object)
                return StatedAreas(cells=below.cells, heading=below.heading, codes=codes)
    return None


def put_levels(
    added: pd.DataFrame, code: pd.Series, level: str, areas: Mapping[str, AreaLayer]
) -> None:
    """Columns with the area's code at `level` and all levels above it."""
    at: str | None = level
    while at is not None and at in areas:
        added[at] = code.to_numpy(object)
        parents = areas[at].frame["parent"]
        code = code.map(parents).astype(object).where(code.notna(), pd.NA)
        at = areas[at].parent
