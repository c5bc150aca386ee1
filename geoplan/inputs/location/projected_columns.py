"""Points from columns in metres: which axis is which, zone numbers, degrees among the metres."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geoplan.crs.transformer import cached_transformer
from geoplan.errors import FileError
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.coordinate_columns import usable_pairs
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.rows import Rows
from geoplan.tolerances import FARTHEST_M


def locate_projected(
    rows: Rows, collector: FindingCollector, context: LocationContext
) -> gpd.GeoSeries:
    """Points from columns x and y, missing where they cannot be used (with a finding).

    Raises
    ------
    FileError
        Nobody says which CRS the metres are in, or it is another zone than they carry.
    """
    headings = [rows.heading("x"), rows.heading("y")]
    x_text, y_text = (rows.text[heading] for heading in headings)
    x, x_cleaned = read_numbers(x_text)
    y, y_cleaned = read_numbers(y_text)
    known = np.isfinite(x) & np.isfinite(y)
    small = known & (np.abs(x) <= 180) & (np.abs(y) <= 180)
    zero = known & (x == 0) & (y == 0)
    crs, extent = collector.source.crs, context.extent
    if crs is None:
        raise FileError.of("file_faults.no_metres_crs", columns=", ".join(headings))
    declared = pyproj.CRS.from_user_input(crs)
    metres = known & ~small
    x, y, zone = _as_east_north(x, y, metres, declared, collector)
    to_study = cached_transformer(declared, context.crs)
    to_x, to_y = to_study.transform(x, y)
    swapped = np.zeros(len(rows), bool)
    if extent is not None and metres.any():
        other_x, other_y = to_study.transform(_without_zone(y, zone), x)
        swapped = metres & ~extent.holds_metres(to_x, to_y) & extent.holds_metres(other_x, other_y)
    usable = usable_pairs(
        rows,
        collector,
        ("x", "y"),
        (
            ("no_coordinates", is_empty(x_text) & is_empty(y_text), "warning"),
            ("not_a_number", ~known, "error"),
            ("zero", zero, "error"),
            ("degrees_in_metres", small, "error"),
            ("swapped_axes", swapped, "error"),
            ("off_the_map", metres & ~_on_the_map(x, y, to_x, to_y), "error"),
        ),
        x_cleaned | y_cleaned,
    )
    points = np.full(len(rows), None, object)
    points[usable] = shapely.points(to_x[usable], to_y[usable])
    return gpd.GeoSeries(points, index=rows.text.index, crs=context.crs)


def _as_east_north(
    x: np.ndarray,
    y: np.ndarray,
    metres: np.ndarray,
    declared: pyproj.CRS,
    collector: FindingCollector,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Easting and northing as `declared` wants them, and the millions taken off eastings."""
    if not metres.any():
        return x, y, 0
    # surveyors in China call the northing X: the axis with 2 to 6 million metres is the northing
    east, north = float(np.median(x[metres])), float(np.median(y[metres]))
    if (east > 2e6 and north < 1.1e6) or (2e6 < east < 6.2e6 and north > 1.2e7):
        x, y = y, x
        collector.about_file("axes_chinese", "note")
    zone = int(np.median(x[metres]) // 1_000_000)
    own = int(_parameter(declared, "False easting") // 1_000_000)
    # zones of 6 degrees have the numbers 13 to 23, of 3 degrees 24 to 45
    if declared.coordinate_operation is None or (
        declared.coordinate_operation.method_name != "Transverse Mercator"
    ):
        return x, y, 0
    if 13 <= zone <= 45:
        meridian = zone * 3 if zone >= 24 else zone * 6 - 3
        should = _parameter(declared, "Longitude of natural origin")
        if meridian != should:
            raise FileError.of(
                "file_faults.zone_mismatch",
                zone=zone,
                is_at=meridian,
                crs=declared.to_string(),
                should=f"{should:g}",
            )
        if zone != own:
            collector.about_file("zone_prefix", "note", zone=zone)
            return np.where(x // 1_000_000 == zone, x - (zone - own) * 1e6, x), y, zone - own
    elif zone == 0 and own:
        x = np.where(metres & (x // 1_000_000 == 0), x + own * 1e6, x)
        collector.about_file("zone_added", "note", zone=own, crs=declared.to_string())
    return x, y, 0


def _without_zone(x: np.ndarray, zone: int) -> np.ndarray:
    """`x` without `zone` millions, for eastings that stand in the other column."""
    return np.where(x // 1_000_000 == zone, x - zone * 1e6, x) if zone > 0 else x


def _on_the_map(x: np.ndarray, y: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        near = (np.abs(x) < FARTHEST_M) & (np.abs(y) < FARTHEST_M)
    return near & np.isfinite(to_x) & np.isfinite(to_y)


def _parameter(crs: pyproj.CRS, name: str) -> float:
    """A parameter of the CRS's projection, 0 where it has none of that name."""
    for parameter in crs.coordinate_operation.params if crs.coordinate_operation else ():
        if parameter.name == name:
            return float(parameter.value)
    return 0.0
