"""Geometry that a file carries itself: datum, swapped axes, repairs, a point inside."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geoplan.crs.datum import to_wgs84
from geoplan.errors import FileError
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.location.extent import StudyArea
from geoplan.inputs.rows import Rows


def place_drawn(
    geometry: gpd.GeoSeries,
    source: LayerSource,
    notes: Notes,
    *,
    crs: str,
    area: StudyArea | None = None,
    points: bool = True,
) -> gpd.GeoSeries:
    """`geometry` in `crs`, missing where it cannot be used (with a finding).

    Parameters
    ----------
    geometry : as it stands in the file, aligned with the rows of `notes`.
    source : says datum and CRS where the file does not.
    area : where places are expected; tells swapped axes where both are possible degrees.
    points : polygons and lines become a point inside.

    Raises
    ------
    InputError
        Neither the file nor `source` says what the coordinates are.
    """
    if geometry.crs is None:
        if source.datum is None:
            raise FileError.of("file_faults.no_layer_crs")
        geometry = geometry.set_crs("EPSG:4326")
    there = (geometry.notna() & ~geometry.is_empty).to_numpy(bool, copy=True)
    for position in np.flatnonzero(~there):
        notes.about_row(int(position), "no_geometry", "warning", aside=True)
    if not geometry.crs.is_projected:
        there &= _usable_degrees(geometry, notes, there, area)
        geometry = _in_datum(geometry.where(there), source, notes)
    geometry = geometry.where(there).to_crs(crs)
    finite = np.isfinite(geometry.bounds.to_numpy(float)).all(axis=1)
    for position in np.flatnonzero(there & ~finite):
        notes.about_row(int(position), "off_the_map", "error", value=_shown(source), aside=True)
    geometry = _repaired(geometry.where(there & finite), notes)
    if points and not geometry.dropna().geom_type.eq("Point").all():
        geometry = geometry.representative_point()
    return gpd.GeoSeries(geometry, crs=crs)


def place_wkt(
    rows: Rows,
    source: LayerSource,
    notes: Notes,
    *,
    crs: str,
    area: StudyArea | None = None,
    points: bool = True,
) -> gpd.GeoSeries:
    """Geometry out of a column of well-known text, see `place_drawn`."""
    cells = rows.column("wkt")
    assert cells is not None
    texts = [cell if cell else None for cell in cells]
    shapes = shapely.from_wkt(np.array(texts, object), on_invalid="ignore")
    given = source.crs or ("EPSG:4326" if source.datum else None)
    series = gpd.GeoSeries(shapes, index=cells.index, crs=given)
    return place_drawn(series, source, notes, crs=crs, area=area, points=points)


def _shown(source: LayerSource) -> str:
    return str(source.crs or source.datum or "")


def _usable_degrees(
    geometry: gpd.GeoSeries, notes: Notes, there: np.ndarray, area: StudyArea | None
) -> np.ndarray:
    """Bool per row: lies where degrees can lie. Everything else becomes a finding."""
    west, south, east, north = geometry.bounds.to_numpy(float).T
    with np.errstate(invalid="ignore"):
        x, y = np.fmax(np.abs(west), np.abs(east)), np.fmax(np.abs(south), np.abs(north))
        faults = {
            "zero": (x == 0) & (y == 0),
            "metres_in_degrees": (x > 360) | (y > 360),
            "swapped_sure": (y > 90) & (x <= 90),
            "no_degrees": (x > 180) | (y > 90),
        }
        if area is not None:
            lon, lat = (west + east) / 2, (south + north) / 2
            other = area.holds_degrees(lat, lon) & ~area.holds_degrees(lon, lat)
            faults = {**faults, "swapped_likely": other}
    told = ~there
    for code, mask in faults.items():
        for position in np.flatnonzero(mask & ~told):
            value = f"{(west + east)[position] / 2:.6g}, {(south + north)[position] / 2:.6g}"
            notes.about_row(int(position), code, "error", value=value, aside=True)
        told |= mask
    return ~told


def _in_datum(geometry: gpd.GeoSeries, source: LayerSource, notes: Notes) -> gpd.GeoSeries:
    """Degrees taken as the study says; told where nobody says and the file claims WGS 84."""
    if source.datum is not None:
        there = geometry.notna()
        moved = to_wgs84(gpd.GeoSeries(geometry[there]), source.datum)
        geometry = gpd.GeoSeries(geometry.to_numpy(), index=geometry.index, crs=None)
        geometry = geometry.set_crs("EPSG:4326")
        geometry[there] = moved
        return geometry
    claims_wgs84 = geometry.crs.equals("EPSG:4326", ignore_axis_order=True)
    if source.crs is None and claims_wgs84:
        x, y = shapely.get_coordinates(shapely.point_on_surface(geometry.dropna().to_numpy())).T
        if len(x) and in_china(x, y).any():
            notes.about_file("datum_unsaid", "warning")
    return geometry


def in_china(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Bool per point: in the rectangle around China, where degrees need a datum."""
    return (lon > 73) & (lon < 136) & (lat > 3) & (lat < 54)


def _repaired(geometry: gpd.GeoSeries, notes: Notes) -> gpd.GeoSeries:
    broken = (~geometry.is_valid & geometry.notna()).to_numpy(bool)
    for position in np.flatnonzero(broken):
        why = shapely.is_valid_reason(geometry.iloc[position])
        notes.about_row(int(position), "repaired", "note", why=str(why))
    if not broken.any():
        return geometry
    mended = geometry.to_numpy().copy()
    mended[broken] = shapely.make_valid(mended[broken])
    return gpd.GeoSeries(mended, index=geometry.index, crs=geometry.crs)
