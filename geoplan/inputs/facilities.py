"""Facility layers: one service's existing sites, with what an office doubts about its own list."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoplan.errors import InputError
from geoplan.inputs.columns.duplicates import repeated
from geoplan.inputs.columns.parse_numbers import is_empty, is_yes, read_numbers
from geoplan.inputs.columns.roles import plain
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.inputs.location.extent import study_area
from geoplan.inputs.location.locate_rows import place_rows
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.membership.assign_areas import assign_areas
from geoplan.inputs.rows import Rows, open_rows

#: same name within this distance: probably one site written twice
DUPLICATE_M = 50.0
#: of so many rows it can be said whether a column of ids is one
_MANY = 20
_NUMBERS = ("capacity", "nursing_capacity")
_FLAGS = ("designated", "up_to_standard", "extended")
_PLACE = ("lon", "lat", "x", "y", "wkt")


def read_facilities(
    source: LayerSource,
    *,
    key: str,
    crs: str,
    areas: Mapping[str, AreaLayer] | None = None,
    streets: Streets | None = None,
    lang: str = "zh",
) -> Loaded[FacilityLayer]:
    """Read one service's existing sites.

    Parameters
    ----------
    source : a table or a vector layer.
    key : service key.
    crs : the study's projected CRS.
    areas : by level, coarsest first; each site gets its area's code per level.
    streets : of the study; places that another datum or a shift brings nearer to them are doubted.
    lang : of the findings.

    Returns
    -------
    Loaded[FacilityLayer]
        A site without a usable place is set aside (those with an address come on the list to be
        geocoded). Where it names its area, by a column or in its address, it stays in the layer
        without geometry and counts for that area's quota: it is there, only nobody can walk to it
        on the map. Rows that name staff instead of a site (``designated``) have no place and need
        none. Columns that are not known are carried along, personal data are not.

    Notes
    -----
    A file that cannot be used raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> source = LayerSource(path=example_study().folder / "meals.csv", datum="wgs84")
    >>> loaded = read_facilities(source, key="meal_station", crs="EPSG:4548")
    >>> loaded.layer, loaded.record.rows, loaded.record.set_aside
    (FacilityLayer('meal_station': 1 sites), 1, 0)
    >>> [round(metres) for metres in loaded.layer.frame.geometry.iloc[0].coords[0]]
    [500000, 4055000]
    """
    notes = Notes(source=source, lang=lang)
    try:
        return notes.loaded(_read(source, notes, key, crs, areas or {}, streets))
    except (InputError, pyproj.exceptions.CRSError) as error:
        return notes.unusable(error)


def _read(
    source: LayerSource,
    notes: Notes,
    key: str,
    crs: str,
    areas: Mapping[str, AreaLayer],
    streets: Streets | None,
) -> FacilityLayer:
    rows = open_rows(source, notes)
    geometry = place_rows(rows, source, notes, crs=crs, area=study_area(areas), streets=streets)
    _excuse_designated(rows, notes)
    data: dict[str, object] = {"name": _names(rows)}
    for role in _NUMBERS:
        if rows.column(role) is not None or role == "capacity":
            data[role] = _numbers(rows, notes, role)
    tier = rows.column("tier")
    data["tier"] = _none(rows) if tier is None else tier.where(~is_empty(tier), pd.NA)
    for role in _FLAGS:
        cells = rows.column(role)
        if cells is not None:
            data[role] = is_yes(cells)
    codes = assign_areas(rows, notes, areas, geometry)
    data.update(codes)
    waiting = _named_without_place(codes, notes)
    for heading in map(str, rows.text.columns):
        name = rows.roles.get(heading, heading)
        if name not in data and name not in (*_PLACE, "id", "geometry"):
            data[name] = rows.text[heading]
    _duplicates(rows, notes, geometry)
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry.to_numpy(), crs=crs)
    frame.index = row_ids(rows, notes, key)
    return FacilityLayer(key=key, frame=frame[~notes.aside | waiting])


def _named_without_place(codes: Mapping[str, pd.Series], notes: Notes) -> np.ndarray:
    """Bool per row: set aside for want of a place, but its area is known."""
    waiting = np.zeros(len(notes.rows), bool)
    for known in codes.values():
        waiting |= known.notna().to_numpy(bool)
    waiting &= notes.aside
    at = np.flatnonzero(waiting)
    if len(at):
        notes.about_file("counts_for_quota", "note", count=f"{len(at):,}", lines=notes.lines(at))
    return waiting


def _none(rows: Rows) -> pd.Series:
    return pd.Series(pd.NA, index=rows.text.index, dtype=object)


def _names(rows: Rows) -> pd.Series:
    name = rows.column("name")
    return pd.Series("", index=rows.text.index, dtype=object) if name is None else name


def row_ids(rows: Rows, notes: Notes, key: str) -> pd.Index:
    """Unique ids: the id column where it is unique and filled, else ``key-row``.

    With several sheets row numbers repeat, so the sheet's position stands in front of them.
    """
    column = rows.column("id")
    if column is None:
        return pd.Index(_made_ids(notes, key, np.arange(len(rows))), name="id")
    empty = is_empty(column)
    twice = repeated(column) & ~empty
    # a column that merely repeats a code on many rows is no id
    if len(rows) >= _MANY and twice.mean() > 0.5:
        notes.about_file("no_ids", "note", column=rows.heading("id"))
    else:
        alike = column[twice]
        for position in np.flatnonzero(twice)[alike.duplicated().to_numpy(bool)]:
            notes.about_row(
                int(position),
                "same_id",
                "warning",
                column=rows.heading("id"),
                value=column.iloc[position],
            )
    needed = np.flatnonzero(empty | twice)
    if len(needed) == 0:
        return pd.Index(column, name="id")
    ids = column.astype(object).to_numpy(copy=True)
    ids[needed] = _made_ids(notes, key, needed)
    clash = np.flatnonzero(repeated(pd.Series(ids)))
    ids[clash] = _made_ids(notes, key, clash)
    return pd.Index(ids, name="id").astype("str")


def _made_ids(notes: Notes, key: str, positions: np.ndarray) -> list[str]:
    sheets = {sheet: k for k, sheet in enumerate(dict.fromkeys(notes.sheets), start=1)}
    if len(sheets) == 1:
        return [f"{key}-{r}" for r in notes.rows[positions]]
    pairs = zip(notes.sheets[positions], notes.rows[positions], strict=True)
    return [f"{key}-{sheets[sheet]}-{r}" for sheet, r in pairs]


def _numbers(rows: Rows, notes: Notes, role: str) -> np.ndarray:
    cells = rows.column(role)
    if cells is None:
        return np.full(len(rows), np.nan)
    values, mended = read_numbers(cells)
    heading = rows.heading(role)
    for position in np.flatnonzero(np.isnan(values) & ~is_empty(cells)):
        notes.about_row(
            int(position), "bad_capacity", "warning", column=heading, value=cells.iloc[position]
        )
    for position in np.flatnonzero(values < 0):
        notes.about_row(
            int(position),
            "negative_capacity",
            "warning",
            column=heading,
            value=cells.iloc[position],
        )
    for position in np.flatnonzero(mended):
        notes.about_row(
            int(position), "read_as_number", "warning", column=heading, value=cells.iloc[position]
        )
    return np.where(values < 0, np.nan, values)


def _excuse_designated(rows: Rows, notes: Notes) -> None:
    """A row that names staff has no place, and needs none."""
    cells = rows.column("designated")
    if cells is None:
        return
    excused = {int(p) for p in np.flatnonzero(is_yes(cells))} & set(notes.why_aside)
    places = {(str(notes.sheets[p]), int(notes.rows[p])) for p in excused}
    silent = ("no_coordinates", "address_only", "no_geometry")
    notes.findings[:] = [
        f for f in notes.findings if f.code not in silent or (f.sheet, f.row) not in places
    ]
    for position in excused:
        del notes.why_aside[position]


def _duplicates(rows: Rows, notes: Notes, geometry: gpd.GeoSeries) -> None:
    """Rows of one name within `DUPLICATE_M`: told, never deleted."""
    names = _names(rows).map(plain)
    there = np.flatnonzero(geometry.notna().to_numpy() & (names != "").to_numpy() & ~notes.aside)
    there = there[names.iloc[there].duplicated(keep=False).to_numpy()]
    if len(there) < 2:
        return
    xy = shapely.get_coordinates(geometry.iloc[there].to_numpy())
    keys = pd.DataFrame(
        {"name": names.iloc[there].to_numpy(), "x": xy[:, 0].round(), "y": xy[:, 1].round()}
    )
    # many rows on one spot would all be neighbours of all: only the first of a spot is compared
    first = keys.groupby(["name", "x", "y"], sort=False).ngroup().to_numpy()
    lead = there[np.unique(first, return_index=True)[1]]
    other = dict(zip(there.tolist(), lead[first].tolist(), strict=True))
    points = geometry.iloc[lead].to_numpy()
    a, b = shapely.STRtree(points).query(points, predicate="dwithin", distance=DUPLICATE_M)
    label = names.iloc[lead].to_numpy()
    near = (a < b) & (label[a] == label[b])
    for i, j in sorted(zip(lead[a[near]].tolist(), lead[b[near]].tolist(), strict=True)):
        if other[j] == j:
            other[j] = i
    for position in there.tolist():
        twin = other[position]
        if twin == position:
            continue
        away = geometry.iloc[twin].distance(geometry.iloc[position])
        notes.about_row(
            position,
            "duplicate",
            "warning",
            column=rows.heading("name"),
            value=_names(rows).iloc[position],
            other=int(notes.rows[twin]),
            distance=f"{away:.0f}",
        )
