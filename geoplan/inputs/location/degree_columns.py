"""Points from columns in degrees: swapped axes, metres among them, and the datum they are in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geoplan.crs.datum import in_china, to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.places.angles import MAX_DEGREES, read_angles
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.table import release_memory
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.angle_faults import (
    cleaned_rows,
    report_angles,
    report_packed,
    settle_angles,
)
from geoplan.inputs.location.coordinate_columns import usable_pairs
from geoplan.inputs.location.datum.check import missing_datum
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.rows import Rows

#: points that are converted at one time
_CHUNK = 100_000
#: code of CGCS2000 in degrees, which is WGS 84 to within a few decimetres
_CGCS2000 = 4490


def locate_degrees(
    rows: Rows, collector: FindingCollector, context: LocationContext, *, points: bool
) -> gpd.GeoSeries:
    """Points from columns lon and lat, missing where they cannot be used (with a finding).

    Parameters
    ----------
    points : False where rows may still be set aside later: their cells are then kept.

    Raises
    ------
    FileError
        Nobody says which datum the degrees are in; the message says what they look like.
    """
    headings = [rows.heading("lon"), rows.heading("lat")]
    lon_text, lat_text = (rows.text[heading] for heading in headings)
    found = settle_angles(read_angles(lon_text), read_angles(lat_text), collector, context)
    lon, lat = found.lon, found.lat
    empty = is_empty(lon_text) | is_empty(lat_text)
    unread = ~empty & (np.isnan(lon) | np.isnan(lat)) & ~found.contradictory & ~found.no_side
    with np.errstate(invalid="ignore"):
        zero = (lon == 0) & (lat == 0)
        metres = (np.abs(lon) > MAX_DEGREES) | (np.abs(lat) > MAX_DEGREES)
        swapped = ~metres & (np.abs(lat) > 90) & (np.abs(lon) <= 90)
        beyond = ~metres & ~swapped & ((np.abs(lon) > 180) | (np.abs(lat) > 90))
        likely = np.zeros(len(lon), bool)
        if context.extent is not None:
            inside = context.extent.holds_degrees(lon, lat)
            likely = ~inside & context.extent.holds_degrees(lat, lon) & ~swapped
    usable = usable_pairs(
        rows,
        collector,
        ("lon", "lat"),
        (
            ("no_coordinates", empty, "warning"),
            ("not_a_number", unread, "error"),
            ("hemisphere_wrong", found.contradictory, "error"),
            ("hemisphere_unknown", found.no_side, "error"),
            ("zero", zero, "error"),
            ("metres_in_degrees", metres, "error"),
            ("swapped_sure", swapped, "error"),
            ("swapped_likely", likely, "error"),
            ("no_degrees", beyond, "error"),
        ),
        cleaned_rows(found),
    )
    report_angles(found, (lon_text, lat_text), usable, collector)
    report_packed(found, (lon_text, lat_text), usable, collector, context)
    datum = collector.source.datum or _assumed_datum(lon[usable], lat[usable], collector)
    if datum is None:
        lonlat = np.where(usable, lon, np.nan), np.where(usable, lat, np.nan)
        raise missing_datum(rows, lonlat, context)
    # the points need several times the memory of their cells, which are not needed any more
    del lon_text, lat_text
    if points:  # areas and lines set rows aside later, which must stay whole
        collector.drop_columns(headings)
        release_memory()
    shapes = np.full(len(rows), None, object)
    to_study = cached_transformer(_crs_of_degrees(collector.source), context.crs)
    there = np.flatnonzero(usable)
    for k in range(0, len(there), _CHUNK):
        some = there[k : k + _CHUNK]
        x, y = to_wgs84((lon[some], lat[some]), datum)
        shapes[some] = shapely.points(*to_study.transform(x, y))
    return gpd.GeoSeries(shapes, index=rows.text.index, crs=context.crs)


def _crs_of_degrees(source: LayerSource) -> str | pyproj.CRS:
    """The CRS that a file's degrees are declared in (NAD27, Tokyo); WGS 84 once a datum is off."""
    if source.crs is not None and source.datum is None:
        declared = pyproj.CRS.from_user_input(source.crs)
        if declared.is_geographic and declared.to_epsg() != _CGCS2000:
            return declared
    return "EPSG:4326"


def _assumed_datum(lon: np.ndarray, lat: np.ndarray, collector: FindingCollector) -> str | None:
    """The datum that a declared CRS in degrees means; outside China degrees are WGS 84."""
    crs = collector.source.crs
    if crs is not None:
        declared = pyproj.CRS.from_user_input(crs)
        if declared.is_geographic:
            return "cgcs2000" if declared.to_epsg() == _CGCS2000 else "wgs84"
    if len(lon) and not in_china(lon, lat).any():
        collector.about_file("assumed_wgs84", "note", assumed=True, count=len(lon))
        return "wgs84"
    return "wgs84" if len(lon) == 0 else None
