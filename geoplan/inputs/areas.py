"""Area layers: districts, streets, villages, from polygons, points or a plain table."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from geoplan.errors import FileError, InputError
from geoplan.inputs.columns.parse_numbers import is_empty, is_yes
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.findings.finding import WITHOUT_COORDINATES, Loaded
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.locate_rows import has_coordinates, place_rows
from geoplan.inputs.membership.assign_areas import area_lookup, codes_by_location
from geoplan.inputs.rows import Rows, open_rows


def read_areas(
    source: LayerSource,
    *,
    level: str,
    crs: str,
    parent: str | None = None,
    parents: AreaLayer | None = None,
    lang: str = "zh",
) -> Loaded[AreaLayer]:
    """Read the areas of one level.

    Parameters
    ----------
    source : polygons, or a table with or without points; columns code and name.
    level : for example ``"street"``.
    crs : the study's projected CRS.
    parent, parents : the level above and its areas; a row names its parent by code or name, else
        its code begins with the parent's, else its place decides.
    lang : of the findings.

    Returns
    -------
    Loaded[AreaLayer]
        Rows without a code, and further rows with the same code, are set aside. An area whose
        place is not known stays: its people count.

    Notes
    -----
    A file that cannot be used raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> folder = example_study().folder
    >>> loaded = read_areas(
    ...     LayerSource(path=folder / "districts.gpkg"), level="district", crs="EPSG:4548")
    >>> loaded.layer, loaded.layer.frame["name"].to_dict(), loaded.findings
    (AreaLayer('district': 2 areas), {'1': 'West', '2': 'East'}, ())
    """
    notes = Notes(source=source, lang=lang)
    try:
        return notes.loaded(_read(source, notes, level, crs, parent, parents))
    except (InputError, pyproj.exceptions.CRSError) as error:
        return notes.unusable(error)


def _read(
    source: LayerSource,
    notes: Notes,
    level: str,
    crs: str,
    parent: str | None,
    parents: AreaLayer | None,
) -> AreaLayer:
    rows = open_rows(source, notes)
    codes = _codes(rows)
    geometry = gpd.GeoSeries([None] * len(rows), crs=crs)
    if has_coordinates(rows):
        geometry = place_rows(rows, source, notes, crs=crs, points=False)
        # an area without a usable place is still an area
        notes.warned |= set(notes.why_aside)
        notes.why_aside.clear()
        _sum_up_without_place(notes)
    for position in np.flatnonzero(is_empty(codes)):
        notes.about_row(int(position), "no_code", "error", column=rows.heading("code"), aside=True)
    twice = codes.duplicated().to_numpy() & ~is_empty(codes)
    for position in np.flatnonzero(twice):
        notes.about_row(
            int(position),
            "same_code",
            "error",
            column=rows.heading("code"),
            value=codes.iloc[position],
            aside=True,
        )
    name = rows.column("name")
    frame = gpd.GeoDataFrame(
        {
            "name": codes if name is None else name.where(name != "", codes),
            "parent": _parents(rows, notes, codes, parents, geometry),
        },
        geometry=geometry.to_numpy(),
        crs=crs,
    )
    urban = rows.column("urban")
    if urban is not None:
        frame["urban"] = urban
    frame.index = pd.Index(codes.astype(str), name="code")
    return AreaLayer(level=level, frame=frame[~notes.aside], parent=parent)


def _sum_up_without_place(notes: Notes) -> None:
    """Areas need no coordinates: those of a table without any are told once, with their number."""
    bare = {(f.sheet, f.row) for f in notes.findings if f.code in WITHOUT_COORDINATES}
    if not bare:
        return
    notes.findings[:] = [f for f in notes.findings if f.code not in WITHOUT_COORDINATES]
    places = zip(map(str, notes.sheets), map(int, notes.rows), strict=True)
    at = np.flatnonzero([place in bare for place in places])
    notes.warned -= set(at.tolist())
    notes.about_file(
        "areas_without_place",
        "note",
        count=f"{len(at):,}",
        rows=f"{len(notes.rows):,}",
        lines=notes.lines(at),
    )


def _codes(rows: Rows) -> pd.Series:
    """The code column, or the id column, or the name where the file has no codes."""
    for role in ("code", "id", "name"):
        column = rows.column(role)
        if column is not None:
            return column.astype(str)
    raise FileError.of("file_faults.no_area_code", headings=", ".join(map(str, rows.text.columns)))


def _parents(
    rows: Rows,
    notes: Notes,
    codes: pd.Series,
    parents: AreaLayer | None,
    geometry: gpd.GeoSeries,
) -> pd.Series:
    """Code of the area above: as written, by the beginning of the code, by place."""
    found = pd.Series(pd.NA, index=codes.index, dtype=object)
    if parents is None:
        return found
    lookup = area_lookup(parents)
    cells = rows.column("parent")
    if cells is None:
        cells = rows.column(parents.level)
    if cells is not None:
        found = cells.map({v: lookup.code(v) for v in cells.unique()}).astype(object)
        for position in np.flatnonzero(found.isna().to_numpy() & ~is_empty(cells)):
            notes.about_row(
                int(position),
                "no_parent",
                "warning",
                value=cells.iloc[position],
                column=rows.heading("parent") or rows.heading(parents.level),
            )
    by_code = codes.map({v: lookup.code(v) if v.isdigit() else None for v in codes.unique()})
    found = found.where(found.notna(), by_code)
    if found.isna().any():
        inside = geometry.representative_point() if geometry.notna().any() else None
        found = found.where(found.notna(), codes_by_location(parents, inside, codes.index))
    return found.where(found.notna(), pd.NA)


def urban_flags(layer: AreaLayer) -> pd.Series | None:
    """Bool per area: urban (城镇), where the file tells; None where it does not."""
    if "urban" not in layer.frame.columns:
        return None
    text = layer.frame["urban"].astype(str)
    return text.str.contains("城") & ~text.str.contains("乡村") | pd.Series(
        is_yes(text), index=text.index
    )
