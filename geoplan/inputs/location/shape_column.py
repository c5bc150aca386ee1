"""Geometry that stands in the cells of a column: read, with the CRS that its SRID says."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoplan.crs.datum import in_china
from geoplan.errors import FileError
from geoplan.inputs.columns.places.shapes import Shapes, read_shapes
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.datum.check import missing_datum
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.rows import Rows

#: letters of a cell that a finding shows
_SHOWN = 60


def geometry_of_column(
    rows: Rows, collector: FindingCollector, context: LocationContext
) -> tuple[gpd.GeoSeries, np.ndarray]:
    """Geometry of the column in the CRS of its cells, and bool per row: filled, but unreadable.

    A cell that is filled and cannot be read is an error of its row. The SRID that cells carry is
    their CRS, also where the study says another one for the file (with a finding).

    Raises
    ------
    FileError
        Nobody says which CRS or datum the coordinates are in.
    """
    cells, source = rows.text[rows.heading("wkt")], collector.source
    found = read_shapes(cells)
    shown = pd.Series([c if len(c) <= _SHOWN else f"{c[:_SHOWN]}…" for c in map(str, cells)])
    collector.about_rows(
        found.unread,
        "unread_geometry",
        "error",
        column=rows.heading("wkt"),
        cells=shown,
        set_aside=True,
    )
    codes = sorted({int(s) for s in found.srid[found.srid > 0]})
    if not codes:
        return _without_srid(rows, found, collector, context), found.unread
    own = [pyproj.CRS.from_epsg(code) for code in codes]
    given = None if source.crs is None else pyproj.CRS.from_user_input(source.crs)
    if given is not None and any(not crs.equals(given, ignore_axis_order=True) for crs in own):
        collector.about_file(
            "srid_conflict",
            "warning",
            column=rows.heading("wkt"),
            value=", ".join(f"EPSG:{code}" for code in codes),
            crs=source.crs,
            count=int((found.srid > 0).sum()),
        )
    unsaid = (found.srid == 0) & ~shapely.is_missing(found.shapes)
    value = source.crs or f"EPSG:{codes[0]}"
    collector.about_rows_together(unsaid, "srid_unsaid", "warning", assumed=True, value=value)
    return _in_one_crs(found, own, codes, given, collector), found.unread


def _in_one_crs(
    found: Shapes,
    own: list[pyproj.CRS],
    codes: list[int],
    given: pyproj.CRS | None,
    collector: FindingCollector,
) -> gpd.GeoSeries:
    """All geometry in the CRS of the cells, in degrees of WGS 84 where they have several."""
    crs = dict(zip(codes, own, strict=True)) | {0: given or own[0]}
    used = [crs[int(code)] for code in np.unique(found.srid[~shapely.is_missing(found.shapes)])]
    if all(one.equals(used[0], ignore_axis_order=True) for one in used):
        return gpd.GeoSeries(found.shapes, crs=used[0])
    if collector.source.datum in ("gcj02", "bd09") and any(one.is_projected for one in used):
        raise FileError.of(
            "file_faults.several_srids",
            codes=", ".join(map(str, codes)),
            datum=collector.source.datum,
        )
    collector.about_file("several_srids", "note", value=", ".join(f"EPSG:{code}" for code in codes))
    shapes = found.shapes.copy()
    for code, one in crs.items():
        at = (found.srid == code) & ~shapely.is_missing(found.shapes)
        if at.any():
            shapes[at] = gpd.GeoSeries(shapes[at], crs=one).to_crs("EPSG:4326").to_numpy()
    return gpd.GeoSeries(shapes, crs="EPSG:4326")


def _without_srid(
    rows: Rows, found: Shapes, collector: FindingCollector, context: LocationContext
) -> gpd.GeoSeries:
    """Geometry whose CRS the study says; outside China degrees are WGS 84."""
    source = collector.source
    given = source.crs or ("EPSG:4326" if source.datum else None)
    series = gpd.GeoSeries(found.shapes, crs=given)
    if given is not None or shapely.is_missing(found.shapes).all():
        return series if given is not None else series.set_crs(context.crs)
    bounds = shapely.bounds(found.shapes)
    lon, lat = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any() or (np.abs(lon[known]) > 180).any() or (np.abs(lat[known]) > 90).any():
        raise FileError.of("file_faults.no_metres_crs", columns=rows.heading("wkt"))
    if in_china(lon[known], lat[known]).any():
        raise missing_datum(rows, (np.where(known, lon, np.nan), lat), context)
    collector.about_file("assumed_wgs84", "note", assumed=True, count=int(known.sum()))
    return series.set_crs("EPSG:4326")
