"""A point (or shape) in the study's CRS for every row, with a finding about every doubtful one."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyproj

from geoplan.errors import FileError
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.coordinate_columns import choose_coordinates, has_pair
from geoplan.inputs.location.datum.check import check_datum
from geoplan.inputs.location.degree_columns import locate_degrees
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.geometry_columns import locate_geometry
from geoplan.inputs.location.multiple.several_places import Places, places_of, report_lines
from geoplan.inputs.location.multiple.stated_twice import report_stated_twice
from geoplan.inputs.location.projected_columns import locate_projected
from geoplan.inputs.location.shape_column import geometry_of_column
from geoplan.inputs.rows import Rows


def locate_points(
    rows: Rows,
    collector: FindingCollector,
    context: LocationContext,
    *,
    polygons_apart: bool = True,
) -> Places:
    """The places of every row, see `locate_rows` and `places_of`."""
    geometry = _locate(rows, collector, context, points=True)
    places = places_of(geometry, polygons_apart=polygons_apart)
    report_lines(places, collector)
    return places


def locate_rows(
    rows: Rows, collector: FindingCollector, context: LocationContext, *, points: bool = True
) -> gpd.GeoSeries:
    """Geometry of every row in the study's CRS, missing where it is unusable (with a finding).

    Parameters
    ----------
    rows, collector : of one file.
    context : CRS, areas and streets of the study; locations are compared with them.
    points : polygons and lines become a point inside; False keeps them.

    Raises
    ------
    FileError
        No row can be located: no coordinates, no datum, no CRS.
    """
    geometry = _locate(rows, collector, context, points=points)
    return places_of(geometry).points if points else geometry


def _locate(
    rows: Rows, collector: FindingCollector, context: LocationContext, *, points: bool
) -> gpd.GeoSeries:
    source, stated = collector.source, rows
    rows = choose_coordinates(rows, collector, context, points=points)
    unread: np.ndarray | None = None
    if rows.geometry is None and rows.column("wkt") is not None and not _has_pairs(rows):
        shapes, unread = geometry_of_column(rows, collector, context)
        rows = replace(rows, geometry=shapes)
    if rows.geometry is not None:
        geometry = locate_geometry(rows.geometry, collector, context, unread=unread)
    elif has_pair(rows, "x", "y"):
        geometry = locate_projected(rows, collector, context)
    elif has_pair(rows, "lon", "lat"):
        geometry = locate_degrees(rows, collector, context, points=points)
    else:
        raise FileError.of("file_faults.no_places", headings=", ".join(map(str, rows.text.columns)))
    report_stated_twice(stated, rows, geometry, collector)
    datum = _datum_in_use(rows, source)
    if datum is None and rows.geometry is None and source.datum in ("gcj02", "bd09"):
        collector.about_file("datum_unused", "note", value=source.datum)
    if context.extent is not None or context.streets is not None:
        check_datum(rows, geometry, datum, collector, context)
    return geometry


def _has_pairs(rows: Rows) -> bool:
    return has_pair(rows, "x", "y") or has_pair(rows, "lon", "lat")


def _datum_in_use(rows: Rows, source: LayerSource) -> str | None:
    """The datum that degrees were taken for; None for coordinates in metres."""
    own = None if rows.geometry is None else rows.geometry.crs
    if own is None and source.crs is not None and not has_pair(rows, "lon", "lat"):
        own = pyproj.CRS.from_user_input(source.crs)
    if own is not None and own.is_projected:
        return None
    return source.datum or "wgs84"
