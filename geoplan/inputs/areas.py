"""Area layers: districts, subdistricts, villages; polygons, points or a table without either."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError, InputError
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import WITHOUT_COORDINATES, Loaded
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.coordinate_columns import has_coordinates
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.locate_rows import locate_rows
from geoplan.inputs.location.multiple.area_pieces import put_together
from geoplan.inputs.location.outside import report_elsewhere, report_outside
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.membership.area_lookup import area_lookup
from geoplan.inputs.membership.assign_areas import codes_by_location
from geoplan.inputs.rows import Rows, open_rows
from geoplan.words.text_format import clean


def read_areas(
    source: LayerSource,
    *,
    level: str,
    crs: str,
    parent: str | None = None,
    parents: AreaLayer | None = None,
    streets: Streets | None = None,
    lang: str = "zh",
) -> Loaded[AreaLayer]:
    """Read the areas of one level.

    Parameters
    ----------
    source : polygons, or a table with or without points; columns code and name.
    level : for example ``"street"``.
    crs : the study's projected CRS.
    parent, parents : the level above and its areas; a row names its parent by code or name, else
        its code begins with the parent's, else its location decides.
    streets : of the study; areas that none of them reaches are doubted.
    lang : of the findings.

    Returns
    -------
    Loaded[AreaLayer]
        Rows without a code, and further rows with the same code, are set aside; polygons of one
        code and name are put together. An area whose location is not known stays: its people
        count.

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
    collector = FindingCollector(source=source, lang=lang)
    try:
        with reading():
            layer = _read(collector, level, crs, parent, parents)
            if parents is None and streets is not None:
                report_elsewhere(layer.frame.geometry, collector, streets)
    except InputError as error:
        return collector.unusable(error)
    return collector.loaded(layer)


def _read(
    collector: FindingCollector,
    level: str,
    crs: str,
    parent: str | None,
    parents: AreaLayer | None,
) -> AreaLayer:
    rows = open_rows(collector)
    codes = _codes(rows)
    geometry = gpd.GeoSeries([None] * len(rows), crs=crs)
    if has_coordinates(rows):
        geometry = locate_rows(rows, collector, LocationContext(crs=crs), points=False)
        # an area without a usable location is still an area
        collector.warned |= set(collector.set_aside_reasons)
        collector.set_aside_reasons.clear()
        _summarise_unlocated(collector)
    column, empty = rows.heading("code"), is_empty(codes)
    collector.about_rows(empty, "no_code", "error", column=column, set_aside=True)
    geometry, further = put_together(rows, codes, geometry, collector)
    twice = codes.duplicated().to_numpy() & ~empty & ~further
    collector.about_rows(twice, "same_code", "error", column=column, cells=codes, set_aside=True)
    name = _names(rows, level)
    frame = gpd.GeoDataFrame(
        {
            "name": codes if name is None else name.where(_visible(name), codes),
            "parent": _parents(rows, collector, codes, parents, geometry),
        },
        geometry=geometry.to_numpy(),
        crs=crs,
    )
    urban = rows.column("urban")
    if urban is not None:
        frame["urban"] = urban
    frame.index = pd.Index(codes.astype(str), name="code")
    kept = ~collector.set_aside_mask & ~further
    above = {} if parents is None else {parents.level: parents}
    report_outside(
        frame[kept],
        np.flatnonzero(kept),
        collector,
        LocationContext(crs=crs, areas=above),
        kind="areas",
    )
    return AreaLayer(
        level=level,
        frame=frame[kept],
        parent=parent,
        datum_said=all(f.code != "datum_unsaid" for f in collector.findings),
    )


def _summarise_unlocated(collector: FindingCollector) -> None:
    """One finding for all areas without coordinates instead of one each: areas need none."""
    bare = {(f.sheet, f.row) for f in collector.findings if f.code in WITHOUT_COORDINATES}
    if not bare:
        return
    collector.findings[:] = [f for f in collector.findings if f.code not in WITHOUT_COORDINATES]
    keys = zip(map(str, collector.sheets), map(int, collector.rows), strict=True)
    at = np.flatnonzero([key in bare for key in keys])
    collector.warned -= set(at.tolist())
    rows = f"{len(collector.rows):,}"
    collector.about_rows_together(at, "areas_without_place", "note", rows=rows)


def _names(rows: Rows, level: str) -> pd.Series | None:
    """The name column, or the one that names areas of this level or, finest first, of any."""
    name = rows.column("name")
    for role in (level, "village", "street", "district"):
        cells = rows.column(role)
        if name is None and cells is not None and not cells.str.fullmatch(r"\d*").all():
            name = cells
    return name


def _visible(name: pd.Series) -> pd.Series:
    """Bool per name: it has a character that can be seen."""
    return name.map(lambda text: clean(text).strip() != "").astype(bool)


def _codes(rows: Rows) -> pd.Series:
    """The code column, or the id column, or the name where the file has no codes."""
    for role in ("code", "id", "name"):
        column = rows.column(role)
        if column is not None:
            return column.astype(str)
    raise FileError.of("file_faults.no_area_code", headings=", ".join(map(str, rows.text.columns)))


def _parents(
    rows: Rows,
    collector: FindingCollector,
    codes: pd.Series,
    parents: AreaLayer | None,
    geometry: gpd.GeoSeries,
) -> pd.Series:
    """Code of the area above: as written, by the beginning of the code, by location."""
    found = pd.Series(pd.NA, index=codes.index, dtype=object)
    if parents is None:
        return found
    lookup = area_lookup(parents)
    cells = rows.column("parent")
    if cells is None:
        cells = rows.column(parents.level)
    if cells is not None:
        found = cells.map({v: lookup.code(v) for v in cells.unique()}).astype(object)
        column = rows.heading("parent") or rows.heading(parents.level)
        unknown = found.isna().to_numpy() & ~is_empty(cells)
        collector.about_rows(unknown, "no_parent", "warning", column=column, cells=cells)
    by_code = codes.map({v: lookup.code(v) if v.isdigit() else None for v in codes.unique()})
    found = found.where(found.notna(), by_code)
    if found.isna().any():
        inside = geometry.representative_point() if geometry.notna().any() else None
        found = found.where(found.notna(), codes_by_location(parents, inside, codes.index))
    return found.where(found.notna(), pd.NA)
