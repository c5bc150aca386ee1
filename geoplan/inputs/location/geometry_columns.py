"""Geometry that a file carries itself: datum, swapped axes, repairs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geoplan.crs.datum import in_china, to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.errors import FileError
from geoplan.inputs.columns.places.angles import MAX_DEGREES
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.extent import Extent, LocationContext
from geoplan.tolerances import FARTHEST_M, SURE_M
from geoplan.words import say

#: columns of Alibaba DataV's boundaries, which are in GCJ-02 and call themselves WGS 84
_DATAV_COLUMNS = {"adcode", "childrennum", "subfeatureindex"}


def locate_geometry(
    geometry: gpd.GeoSeries,
    collector: FindingCollector,
    context: LocationContext,
    *,
    unread: np.ndarray | None = None,
) -> gpd.GeoSeries:
    """`geometry` in the study's CRS, missing where it cannot be used (with a finding).

    Parameters
    ----------
    geometry : as it stands in the file, aligned with the rows of `collector`, whose source says
        datum and CRS where the file does not.
    context : CRS of the study; its extent finds swapped axes where both are possible degrees.
    unread : bool per row: a finding says already that the row's geometry cannot be read.

    Raises
    ------
    FileError
        Neither the file nor its source says what the coordinates are.
    """
    source = collector.source
    if geometry.crs is None:
        if source.datum is None:
            raise FileError.of("file_faults.no_layer_crs")
        geometry = geometry.set_crs("EPSG:4326")
    shapes = geometry.to_numpy()  # geopandas' own notna warns on the terminal of empty ones
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    missing = ~there if unread is None else ~there & ~unread
    collector.about_rows(missing, "no_geometry", "warning", set_aside=True)
    if not geometry.crs.is_projected:
        there &= _usable_degrees(geometry, collector, there, context.extent)
        geometry = _to_wgs84(geometry.where(there), collector)
    near = within_earth(geometry.where(there))
    moved = geometry.where(there & near).to_crs(context.crs)
    near &= within_earth(moved) & _goes_back(moved)
    for position in np.flatnonzero(there & ~near):
        value = _extreme(geometry.iloc[position]) or str(source.crs or source.datum or "")
        collector.about_row(int(position), "off_the_map", "error", value=value, set_aside=True)
    moved = _made_valid(moved.where(there & near), collector)
    return gpd.GeoSeries(moved, crs=context.crs)


def within_earth(geometry: gpd.GeoSeries) -> np.ndarray:
    """Bool per row: no coordinate is farther from the origin than any place on Earth can be.

    Missing and empty geometry lies nowhere, so within too.

    Examples
    --------
    >>> import geopandas as gpd
    >>> places = gpd.GeoSeries.from_xy([500_000, 1e9, 1e300], [4_055_000] * 3, crs="EPSG:4548")
    >>> within_earth(places).tolist()
    [True, False, False]
    """
    shapes = geometry.to_numpy()
    least, most = shapely.bounds(shapes)[:, :2], shapely.bounds(shapes)[:, 2:]
    with np.errstate(invalid="ignore"):
        near = ((least > -FARTHEST_M) & (most < FARTHEST_M)).all(axis=1)
    return near | shapely.is_missing(shapes) | shapely.is_empty(shapes)


def _goes_back(geometry: gpd.GeoSeries) -> np.ndarray:
    """Bool per row: its corners have degrees; far from its zone a projection has none."""
    corners = shapely.bounds(geometry.to_numpy())
    with np.errstate(invalid="ignore"):
        far = np.flatnonzero((np.abs(corners) > SURE_M).any(axis=1))
    goes = np.ones(len(corners), bool)
    if len(far):
        west, south, east, north = corners[far].T
        degrees = cached_transformer(geometry.crs, "EPSG:4326").transform(
            np.r_[west, west, east, east], np.r_[south, north, south, north]
        )
        goes[far] = np.isfinite(np.reshape(degrees, (2, 4, len(far)))).all(axis=(0, 1))
    return goes


def _extreme(shape: object) -> str:
    """The corner of a shape that is farthest away, as it stands in the file."""
    ends = shapely.bounds(shape).reshape(2, 2)
    return ", ".join(f"{pair[np.argmax(np.abs(pair))]:.6g}" for pair in ends.T)


def _usable_degrees(
    geometry: gpd.GeoSeries, collector: FindingCollector, there: np.ndarray, extent: Extent | None
) -> np.ndarray:
    """Bool per row: lies where degrees can lie. Everything else becomes a finding."""
    west, south, east, north = geometry.bounds.to_numpy(float).T
    with np.errstate(invalid="ignore"):
        x, y = np.fmax(np.abs(west), np.abs(east)), np.fmax(np.abs(south), np.abs(north))
        faults = {
            "zero": (x == 0) & (y == 0),
            "metres_in_degrees": (x > MAX_DEGREES) | (y > MAX_DEGREES),
            "swapped_sure": (y > 90) & (x <= 90),
            "no_degrees": (x > 180) | (y > 90),
        }
        if extent is not None:
            lon, lat = (west + east) / 2, (south + north) / 2
            other = extent.holds_degrees(lat, lon) & ~extent.holds_degrees(lon, lat)
            faults = {**faults, "swapped_likely": other}
    usable = there.copy()
    for code, mask in faults.items():
        for position in np.flatnonzero(mask & usable):
            value = (
                f"{(west / 2 + east / 2)[position]:.6g}, {(south / 2 + north / 2)[position]:.6g}"
            )
            collector.about_row(int(position), code, "error", value=value, set_aside=True)
        usable &= ~mask
    return usable


def _to_wgs84(geometry: gpd.GeoSeries, collector: FindingCollector) -> gpd.GeoSeries:
    """Degrees in WGS 84, with a finding where the datum is not named but needed."""
    source = collector.source
    datav = {str(c).lower() for c in collector.text.columns} >= _DATAV_COLUMNS
    if source.datum is not None:
        if datav and source.datum in ("wgs84", "cgcs2000"):
            collector.about_file("datum_datav", "warning", value=source.datum)
        there = geometry.notna()
        moved = to_wgs84(gpd.GeoSeries(geometry[there]), source.datum)
        geometry = gpd.GeoSeries(geometry.to_numpy(), index=geometry.index, crs=None)
        geometry = geometry.set_crs("EPSG:4326")
        geometry[there] = moved
        return geometry
    claims_wgs84 = geometry.crs.equals("EPSG:4326", ignore_axis_order=True)
    # a CRS that the study says counts where it is what the geometry carries
    said = source.crs is not None and geometry.crs.equals(
        pyproj.CRS.from_user_input(source.crs), ignore_axis_order=True
    )
    if claims_wgs84 and not said:
        x, y = shapely.get_coordinates(shapely.point_on_surface(geometry.dropna().to_numpy())).T
        if len(x) and in_china(x, y).any():
            hint = say(collector.lang, "inputs.datum_datav_hint") if datav else ""
            count = int(geometry.notna().sum())
            collector.about_file("datum_unsaid", "warning", assumed=True, count=count, hint=hint)
    return geometry


def _made_valid(geometry: gpd.GeoSeries, collector: FindingCollector) -> gpd.GeoSeries:
    broken = (~geometry.is_valid & geometry.notna()).to_numpy(bool)
    for position in np.flatnonzero(broken):
        why = shapely.is_valid_reason(geometry.iloc[position])
        collector.about_row(int(position), "repaired", "note", why=str(why))
    if not broken.any():
        return geometry
    cleaned = geometry.to_numpy().copy()
    cleaned[broken] = shapely.make_valid(cleaned[broken])
    return gpd.GeoSeries(cleaned, index=geometry.index, crs=geometry.crs)
