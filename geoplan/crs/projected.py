"""Projected CRSs that lengths can be measured in: checked, refused with a reason, or proposed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Proj
from pyproj.exceptions import CRSError, ProjError

from geoplan.crs.antimeridian import median_lonlat
from geoplan.crs.transformer import cached_transformer
from geoplan.errors import GeographicCrsError, UsageError
from geoplan.tolerances import MAX_SCALE_ERROR, REPORTED_SCALE_ERROR
from geoplan.words.message import Message

#: projections of the whole earth: true along one parallel, stretched elsewhere
_OF_THE_EARTH = ("pseudo mercator", "mercator", "equidistant cylindrical", "plate car", "miller")

# China in three dozen corners, degrees: only for the choice of a grid, never for a border
_CHINA = shapely.from_wkt(
    "POLYGON (("
    "73.4 39.5, 76.0 40.6, 80.3 42.2, 80.0 45.2, 82.5 45.4, 85.6 48.4, 87.8 49.3, "
    "91.0 46.7, 95.4 44.4, 100.0 42.8, 105.0 41.7, 109.5 42.5, 111.9 43.8, 112.0 45.1, "
    "115.5 45.6, 119.7 46.8, 117.8 48.0, 115.6 48.0, 116.8 50.0, 120.0 52.7, 121.0 53.5, "
    "125.5 53.3, 127.7 50.1, 130.6 49.0, 134.8 48.5, 133.2 45.0, 131.2 43.4, 130.6 42.3, "
    "128.1 41.9, 126.7 41.5, 124.3 39.8, 122.0 38.5, 123.0 36.0, 122.8 31.0, 122.5 25.8, "
    "120.8 21.7, 118.0 21.0, 111.5 17.6, 108.3 18.3, 107.9 21.5, 105.4 23.1, 102.2 22.3, "
    "99.2 21.9, 97.5 23.9, 98.7 27.5, 97.3 28.1, 92.0 26.8, 88.9 27.2, 85.5 28.2, "
    "81.2 30.0, 78.7 31.3, 78.3 34.6, 74.0 37.2, 73.4 39.5"
    "))"
)


def projected_crs_for(lon: float, lat: float) -> CRS:
    """The usual projected CRS at a location.

    In China the CGCS2000 3-degree Gauss-Krueger zone of the nearest central meridian
    (EPSG:4534 to 4554, 75 to 135 degrees east); elsewhere the UTM zone on WGS 84.

    Parameters
    ----------
    lon, lat : degrees, WGS 84.

    Examples
    --------
    >>> projected_crs_for(117.0, 36.65).to_epsg(), projected_crs_for(-51.2, -30.0).to_epsg()
    (4548, 32722)
    """
    if not (-180 <= lon <= 180 and -84 <= lat <= 84):
        no_grid = UsageError.of("call_faults.no_grid", lon=lon, lat=lat)
        no_grid.sentence = Message("file_faults.no_grid", lon=lon, lat=lat)
        raise no_grid
    if shapely.contains_xy(_CHINA, lon, lat):
        meridian = min(max(3 * round(lon / 3), 75), 135)
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(math.floor((lon + 180) / 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def unfit_reason(crs: CRS, lonlat: tuple[float, float] | None = None) -> Message | None:
    """Why lengths cannot be measured in `crs` (at `lonlat`, where known); None when they can.

    Web Mercator (EPSG:3857) is refused everywhere: in Jinan its metre is 0.8 m. Other maps are
    refused where the scale error at the location is more than 3 % (`MAX_SCALE_ERROR`).

    Examples
    --------
    >>> unfit_reason(CRS("EPSG:4548"), (117.0, 36.65)) is None
    True
    >>> str(unfit_reason(CRS("EPSG:4326")))
    'is in degrees'
    >>> str(unfit_reason(CRS("EPSG:3857"), (117.0, 36.65)))
    'is a map of the earth whose metres are no metres on the ground (1.25 of them to one here)'
    """
    if not crs.is_projected:
        return Message(f"call_faults.crs_{'degrees' if crs.is_geographic else 'not_projected'}")
    unit = crs.axis_info[0].unit_name
    if unit not in ("metre", "meter"):
        return Message("call_faults.crs_unit", unit=unit)
    factor = _scale_factor(crs, lonlat)
    far_off = factor is not None and abs(factor - 1) >= REPORTED_SCALE_ERROR
    ratio = Message("call_faults.crs_ratio", factor=f"{factor:.2f}") if far_off else ""
    if "pseudo" in _method(crs) or "pseudo-mercator" in crs.name.lower():
        return Message("call_faults.crs_earth", ratio=ratio)
    if factor is not None and abs(factor - 1) > MAX_SCALE_ERROR:
        return Message("call_faults.crs_elsewhere", ratio=ratio)
    return None


def unfit_layer_reason(layer: gpd.GeoSeries) -> tuple[Message | None, str]:
    """Why a layer cannot be measured in its CRS and which one to take; None and "" where it can.

    Maps of one country are trusted wherever the layer lies, maps of the earth are not.
    """
    crs = layer.crs
    trusted = crs.is_projected and not any(word in _method(crs) for word in _OF_THE_EARTH)
    if trusted and not unfit_reason(crs):
        return None, ""
    lonlat = layer_centre(layer)
    why = unfit_reason(crs, None if trusted else lonlat)
    if not why or lonlat is None:
        return why, ""
    try:
        return why, projected_crs_for(*lonlat).to_string()
    except UsageError:
        return why, ""


def _method(crs: CRS) -> str:
    operation = crs.coordinate_operation
    name = "" if operation is None else operation.method_name.lower()
    return "" if "transverse" in name or "oblique" in name else name


def bounds_centre(crs: CRS, bounds: Sequence[float] | NDArray[Any]) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of `bounds`."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if not (np.isfinite(x) and np.isfinite(y)):
        return None
    try:
        lon, lat = cached_transformer(crs, "EPSG:4326").transform(x, y)
    except ProjError:
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _scale_factor(crs: CRS, lonlat: tuple[float, float] | None) -> float | None:
    """The point scale factor: metres of the map to one of ground, in the worst direction."""
    if lonlat is None or any(not np.isfinite(v) for v in lonlat):
        return None
    try:
        factors = Proj(crs).get_factors(*lonlat)
    except ProjError:
        return None
    both = [factors.tissot_semimajor, factors.tissot_semiminor]
    return max(both, key=lambda k: abs(k - 1)) if np.isfinite(both).all() else None


def scale_error(crs: CRS, lonlat: tuple[float, float] | None) -> float:
    """Share by which lengths in `crs` are off at a location, where that is worth reporting; else 0.

    Above 0 they are too long. Errors up to 0.5 % count as 0; `unfit_reason` says what is refused.

    Examples
    --------
    >>> round(scale_error(CRS("EPSG:4551"), (117.0, 36.65)), 4)  # made for 126 degrees east
    0.008
    """
    factor = _scale_factor(crs, lonlat)
    return 0.0 if factor is None or abs(factor - 1) <= REPORTED_SCALE_ERROR else factor - 1


def checked_crs(crs: Any, lonlat: tuple[float, float] | None = None) -> CRS:
    """`crs` as a pyproj CRS, projected and in metres that are metres on the ground.

    Parameters
    ----------
    lonlat : where the data lies, degrees, as far as known.

    Raises
    ------
    UsageError
        It cannot be read as a CRS.
    GeographicCrsError
        It is in degrees, or not in metres, or its metres are not those of the ground.
    """
    try:
        found = CRS.from_user_input(crs)
    except CRSError as error:
        unknown = UsageError.of("call_faults.no_crs_known", crs=crs)
        unknown.sentence = Message("file_faults.bad_crs", error=crs)
        raise unknown from error
    if why := unfit_reason(found, lonlat):
        try:
            instead = "" if lonlat is None else projected_crs_for(*lonlat).to_string()
        except UsageError:
            instead = ""
        take = Message(
            "call_faults.take_crs" if instead else "call_faults.take_any_crs", crs=instead
        )
        wrong = GeographicCrsError.of(
            "call_faults.unfit_crs", crs=crs, name=found.name, why=why, take=take
        )
        values = {"crs": crs, "name": found.name, "instead": instead or "EPSG:4548"}
        wrong.sentence = Message("file_faults.unfit_crs", **values)
        raise wrong
    return found


def layer_centre(layer: gpd.GeoSeries) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of a layer; None where it has none."""
    if layer.crs.is_geographic:  # the middle between -180 and 180 would be 0
        xy = shapely.get_coordinates(layer.to_numpy())
        xy = xy[np.isfinite(xy).all(axis=1)]
        return median_lonlat(xy) if len(xy) else None
    return bounds_centre(layer.crs, layer.total_bounds)


def project_lonlat(lon: NDArray[Any], lat: NDArray[Any], crs: CRS) -> NDArray[np.float64]:
    """WGS 84 degrees as (n, 2) metres in `crs`."""
    x, y = cached_transformer("EPSG:4326", crs).transform(lon, lat)
    return np.column_stack([x, y]).astype(np.float64)
