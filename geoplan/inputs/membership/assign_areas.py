"""Which areas a row belongs to: as written, else where it lies, else through the area below.

A written area counts even where the place disagrees (a border may be drawn roughly, a form is
filled in by people who know); the disagreement is told. What is not written is taken from the
polygon that holds the point, and every level above from the parent of the level below.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.inputs.columns.parse_numbers import is_empty, is_power
from geoplan.inputs.columns.roles import plain
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.membership.addresses import fill_from_addresses
from geoplan.inputs.rows import Rows

#: a point this near its written area is not doubted: borders are drawn with some tolerance
BORDER_M = 100.0
_SUFFIX = re.compile(
    r"(街道办事处|街道办|办事处|街道|社区居委会|居民委员会|村民委员会|居委会|村委会|社区|镇|乡|村|新区|区|县|市"
    r"|district|county|street|town)$"
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Written:
    """What the rows say about one level: the cells, their heading, and the code (None unknown)."""

    cells: pd.Series
    heading: str
    codes: pd.Series


def assign_areas(
    rows: Rows,
    notes: Notes,
    areas: Mapping[str, AreaLayer],
    geometry: gpd.GeoSeries | None = None,
) -> dict[str, pd.Series]:
    """Area code per level for every row, <NA> where unknown.

    Parameters
    ----------
    rows, notes : of one file; unknown areas, old codes and contradicting places become findings.
    areas : by level, coarsest first.
    geometry : points in the study's CRS, aligned with the rows; missing = unknown: then areas that
        the row's address names count as well.
    """
    index = rows.text.index
    written: dict[str, Written] = {}
    for level, layer in areas.items():
        above = written.get(layer.parent or "")
        found = _written(rows, notes, level, areas, None if above is None else above.codes)
        if found is not None:
            written[level] = found
    drawn = {level: codes_by_location(layer, geometry, index) for level, layer in areas.items()}
    assigned: dict[str, pd.Series] = {}
    for level in reversed(list(areas)):  # finest first
        said = written[level].codes if level in written else _none(index)
        below = _from_below(level, areas, {k: w.codes for k, w in written.items()}, assigned)
        code = said
        for other in (below[0], drawn[level], below[1]):
            code = code.where(code.notna(), other)
        assigned[level] = code
    _contradictions(rows, notes, areas, written, drawn, geometry)
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
    written: Mapping[str, pd.Series],
    assigned: Mapping[str, pd.Series],
) -> tuple[pd.Series, pd.Series]:
    """The parent of the written, and of the assigned, code one level below."""
    index = next(iter(assigned.values())).index if assigned else pd.Index([])
    for child, layer in areas.items():
        if layer.parent != level or child not in assigned:
            continue
        parents = layer.frame["parent"]
        known = assigned[child].map(parents).astype(object)
        said = known.where(written[child].notna()) if child in written else _none(known.index)
        return said, known
    empty = _none(index)
    return empty, empty


# -- as written -----------------------------------------------------------------------------


def _written(
    rows: Rows,
    notes: Notes,
    level: str,
    areas: Mapping[str, AreaLayer],
    above: pd.Series | None,
) -> Written | None:
    layer = areas[level]
    heading = area_heading(rows, level, layer)
    if heading is None:
        return None
    cells = rows.text[heading]
    lookup = area_lookup(layer)
    empty = is_empty(cells)
    codes = _none(cells.index)
    values = cells[~empty]
    by_value = {value: lookup.code(value) for value in values.unique()}
    codes[~empty] = values.map(by_value).to_numpy(object)
    unclear = codes.isna().to_numpy() & ~empty
    if above is not None:
        for position in np.flatnonzero(unclear):
            parent = above.iloc[position]
            if isinstance(parent, str):
                codes.iloc[position] = lookup.within(cells.iloc[position], parent)
    codes = codes.where(codes.notna(), pd.NA)
    _tell_old(notes, cells, codes, [lookup, *map(area_lookup, areas.values())], heading)
    # codes whose last digits a spreadsheet has lost are told as such
    for position in np.flatnonzero(codes.isna().to_numpy() & ~empty & ~is_power(cells)):
        notes.about_row(
            int(position),
            "unknown_area",
            "warning",
            column=heading,
            value=cells.iloc[position],
            level=level,
        )
    return Written(cells=cells, heading=heading, codes=codes)


def area_heading(rows: Rows, level: str, layer: AreaLayer) -> str | None:
    """The column that names the level: its role, its name, or ids and codes that are its codes."""
    heading = rows.heading(level)
    if heading:
        return heading
    for candidate in map(str, rows.text.columns):
        if plain(candidate) == plain(level):
            return candidate
    codes = set(layer.frame.index)
    for role in ("code", "id"):
        column = rows.column(role)
        if column is None or len(column) == 0:
            continue
        lookup = area_lookup(layer)
        values = column[~is_empty(column)].head(500)
        if len(values) and np.mean([(v in codes or lookup.code(v) is not None) for v in values]) > (
            0.5
        ):
            return rows.heading(role)
    return None


@lru_cache(maxsize=8)  # a layer is never written to, and asked about by every file of a study
def area_lookup(layer: AreaLayer) -> AreaLookup:
    """What codes and names of `layer` may be written as."""
    return AreaLookup(layer)


class AreaLookup:
    """Codes of one level by code, old code, name or shortened name."""

    def __init__(self, layer: AreaLayer) -> None:
        self.codes = {str(c) for c in layer.frame.index}
        self.parents = {str(c): p for c, p in layer.frame["parent"].items()}
        self.labels = {str(c): str(n) for c, n in layer.frame["name"].items()}
        self.names: dict[str, list[str]] = {}
        for code, name in layer.frame["name"].items():
            for form in dict.fromkeys((plain(name), short_name(name))):
                self.names.setdefault(form, []).append(str(code))
        # a longer code begins with that of its area from the county on; short numbers do not nest
        lengths = {len(c) for c in self.codes if c.isdigit() and len(c) >= 6}
        self.lengths = sorted(lengths, reverse=True)

    def name(self, code: str) -> str:
        """The name of an area, also of the one that holds `code`; "" where it is not known."""
        fitting = (self.labels[code[:n]] for n in self.lengths if code[:n] in self.labels)
        return self.labels.get(code) or next(fitting, "")

    def code(self, value: str) -> str | None:
        """The code that `value` means, where only one does."""
        text = str(value).strip()
        if text in self.codes:
            return text
        if text.isdigit():
            return self._by_digits(text)
        for form in (plain(text), short_name(text)):
            found = self.names.get(form, [])
            if len(found) == 1:
                return found[0]
        code = _given_up()["names"].get(plain(text))
        return code if code in self.codes else None

    def within(self, value: str, parent: str) -> str | None:
        """The code of the area named `value` inside `parent`."""
        for form in (plain(value), short_name(value)):
            found = [c for c in self.names.get(form, []) if self.parents.get(c) == parent]
            if len(found) == 1:
                return found[0]
        return None

    def _by_digits(self, text: str) -> str | None:
        """A longer code of an area inside, a code with trailing zeros, or an old code."""
        for form in (text, successor(text)):
            for length in self.lengths:
                if form and len(form) >= length and form[:length] in self.codes:
                    return form[:length]
            if form:
                for length in (9, 12):
                    if form.ljust(length, "0") in self.codes:
                        return form.ljust(length, "0")
        return None


def short_name(name: object) -> str:
    """`name` without 济南市 and without its kind (街道, 镇, 社区, ...).

    Examples
    --------
    >>> short_name("济南市历下区"), short_name("解放路街道办事处"), short_name("区")
    ('历下', '解放路', '区')
    """
    text = plain(name)
    text = re.sub(r"^(山东省)?(济南市)(?=.)", "", text)
    cut = _SUFFIX.sub("", text)
    return cut if len(cut) > 1 or (cut and not text.isascii()) else text


@cache
def _given_up() -> dict[str, dict[str, str]]:
    text = files(__package__).joinpath("old_codes.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    return {**raw, "names": {plain(name): code for name, code in raw["names"].items()}}


def _successors() -> dict[str, str]:
    return _given_up()["successors"]


def successor(code: str) -> str | None:
    """The code that took the place of an old one, the digits behind the county kept.

    Examples
    --------
    >>> successor("370181"), successor("370125101"), successor("370102")
    ('370114', '370115101', None)
    """
    new = _successors().get(code[:6])
    return None if new is None else new + code[6:]


def _tell_old(
    notes: Notes, cells: pd.Series, codes: pd.Series, lookups: list[AreaLookup], heading: str
) -> None:
    """Codes and names given up since, with their rows; `lookups` of this level and of all."""
    lookup = lookups[0]
    known = cells[codes.notna()]
    rows: dict[str, list[np.ndarray]] = {}
    new: dict[str, str] = {}
    for value in known.unique():
        text = str(value)
        old = text[:6] if text.isdigit() and text not in lookup.codes else plain(text)
        code = _successors().get(old) or _given_up()["names"].get(old)
        if code is None or old in lookup.names:
            continue
        rows.setdefault(old, []).append(np.flatnonzero((cells == value) & codes.notna()))
        new[old] = code
    for old in sorted(rows):
        at = np.sort(np.concatenate(rows[old]))
        name = next(filter(None, (one.name(new[old]) for one in lookups)), "")
        notes.about_file(
            "old_code",
            "note",
            column=heading,
            value=old,
            count=len(at),
            lines=notes.lines(at),
            new=f"{new[old]} {name}".strip(),
        )


# -- as drawn -------------------------------------------------------------------------------


def codes_by_location(
    layer: AreaLayer, geometry: gpd.GeoSeries | None, index: pd.Index
) -> pd.Series:
    """Code of the polygon that holds each point, <NA> outside all."""
    codes = _none(index)
    if geometry is None or not layer.has_polygons:
        return codes
    polygons = layer.frame[layer.frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    there = np.flatnonzero(geometry.notna().to_numpy())
    hits = polygons.sindex.query(geometry.iloc[there].to_numpy(), predicate="intersects")
    first, pick = np.unique(hits[0], return_index=True)
    codes.iloc[there[first]] = polygons.index.to_numpy(object)[hits[1][pick]]
    return codes


def _contradictions(
    rows: Rows,
    notes: Notes,
    areas: Mapping[str, AreaLayer],
    written: Mapping[str, Written],
    drawn: Mapping[str, pd.Series],
    geometry: gpd.GeoSeries | None,
) -> None:
    """Rows that lie clearly in another area than they say, told at the finest level drawn."""
    if geometry is None:
        return
    told: set[int] = set()
    for level in reversed(list(areas)):
        said = _said_at(level, areas, written)
        if said is None or not areas[level].has_polygons:
            continue
        codes, lies = said.codes, drawn[level]
        differ = (codes.notna() & lies.notna() & (codes != lies)).fillna(False).to_numpy(bool)
        shapes, names = areas[level].frame.geometry, areas[level].frame["name"]
        for position in np.flatnonzero(differ):
            home = shapes.get(codes.iloc[position])
            if int(position) in told or home is None or home.is_empty:
                continue
            if geometry.iloc[position].distance(home) <= BORDER_M:
                continue
            told.add(int(position))
            notes.about_row(
                int(position),
                "other_area",
                "warning",
                column=said.heading,
                value=said.cells.iloc[position],
                said=names[codes.iloc[position]],
                actual=names[lies.iloc[position]],
            )


def _said_at(
    level: str, areas: Mapping[str, AreaLayer], written: Mapping[str, Written]
) -> Written | None:
    """What the rows say about `level`: in a column of its own, or by the area below that they name.

    A street without an outline still lies in a district that has one.
    """
    if level in written:
        return written[level]
    for child, layer in areas.items():
        if layer.parent == level:
            below = _said_at(child, areas, written)
            if below is not None:
                codes = below.codes.map(layer.frame["parent"]).astype(object)
                return Written(cells=below.cells, heading=below.heading, codes=codes)
    return None
