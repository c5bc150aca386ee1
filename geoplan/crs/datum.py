"""Degrees between China's datums: WGS 84, CGCS2000, GCJ-02 and BD-09, exact in both directions.

GCJ-02 shifts WGS 84 by a published (leaked and since re-implemented many times) polynomial with
sines on the Krassovsky ellipsoid; BD-09 rotates and stretches GCJ-02 once more. Both forward
formulas are closed; neither inverse is. Here the inverses are iterated to a fixed point: the
result returns forward within a tenth of a millimetre, where one-pass inverses err by 1.6 to 3 m.

The formulas are reproduced from the public descriptions that all implementations share; the test
vectors come from eviltransform, coordtransform and gcoord. Some published variants are wrong and
the tests refuse them.
"""

from __future__ import annotations

from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.errors import UsageError
from geoplan.tolerances import DATUM_STEP_DEG
from geoplan.validate import shown, takes

Datum = Literal["wgs84", "gcj02", "bd09", "cgcs2000"]
DATUMS: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09", "cgcs2000")

# Krassovsky 1940
_A = 6378245.0
_EE = 0.00669342162296594323
_BD = np.pi * 3000.0 / 180.0
_CHUNK = 8192
# rectangle outside which GCJ-02 is WGS 84, as every implementation has it
_LON, _LAT = (72.004, 137.8347), (0.8293, 55.8271)

Floats = NDArray[np.float64]


def in_gcj02_area(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Whether the GCJ-02 shift applies: inside the formula's rectangle."""
    return (lon > _LON[0]) & (lon < _LON[1]) & (lat > _LAT[0]) & (lat < _LAT[1])


def in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Bool per point: in the rectangle around China, where degrees need a datum.

    Narrower than `in_gcj02_area`, and not to be made one with it: that is a part of the published
    formula, which shifts points in Nagoya too; this is where nobody may leave the datum out.
    """
    return (lon > 73) & (lon < 136) & (lat > 3) & (lat < 54)


def _gcj_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    # sin 2a = 2 sin a cos a and sin 3a = 3 sin a - 4 sin^3 a: most of the time goes into sines
    sin_x = np.sin(x * np.pi)
    sin_2x = 2.0 * sin_x * np.cos(x * np.pi)
    common = (20.0 * (3.0 - 4.0 * sin_2x * sin_2x) + 20.0) * sin_2x * (2.0 / 3.0)
    third = np.sin(y / 3.0 * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20.0 * (3.0 - 4.0 * third * third) + 40.0) * third * (2.0 / 3.0)
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * (2.0 / 3.0)
    third = np.sin(x / 3.0 * np.pi)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20.0 * sin_x + 40.0 * third) * (2.0 / 3.0)
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * (2.0 / 3.0)
    phi = lat / 180.0 * np.pi
    sin_phi = np.sin(phi)
    magic = 1.0 - _EE * sin_phi * sin_phi
    root = np.sqrt(magic)
    d_lat = north * 180.0 / ((_A * (1.0 - _EE)) / (magic * root) * np.pi)
    d_lon = east * 180.0 / (_A / root * np.sqrt(1.0 - sin_phi * sin_phi) * np.pi)
    return d_lon, d_lat


def _wgs_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    inside = in_gcj02_area(lon, lat)
    d_lon, d_lat = _gcj_shift(lon, lat)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def _gcj_to_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    z = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def _inverse(forward: Any, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The point p with ``forward(p) = (lon, lat)``, by fixed-point steps lengthened by a secant."""
    dx, dy = np.zeros_like(lon), np.zeros_like(lat)
    x, y = lon, lat
    for _ in range(12):
        fx, fy = forward(x, y)
        rx, ry = lon - fx, lat - fy
        along = dx * rx + dy * ry
        rest = dx * dx + dy * dy - along
        longer = 1.0 + np.divide(along, rest, out=np.zeros_like(along), where=rest > 0)
        dx, dy = rx * longer, ry * longer
        x, y = x + dx, y + dy
        # a step is less than a hundredth of the one before: what is left is below 0.1 mm
        if (
            max(np.nanmax(np.abs(dx), initial=0.0), np.nanmax(np.abs(dy), initial=0.0))
            < DATUM_STEP_DEG
        ):
            break
    return x, y


def _convert(lon: Floats, lat: Floats, source: str, target: str) -> tuple[Floats, Floats]:
    """Degrees from one datum to another, in chunks that stay in the processor's cache."""
    if lon.ndim != 1 or len(lon) <= _CHUNK:
        return _convert_chunk(lon, lat, source, target)
    x, y = np.empty_like(lon), np.empty_like(lat)
    for k in range(0, len(lon), _CHUNK):
        part = slice(k, k + _CHUNK)
        x[part], y[part] = _convert_chunk(lon[part], lat[part], source, target)
    return x, y


def _convert_chunk(lon: Floats, lat: Floats, source: str, target: str) -> tuple[Floats, Floats]:
    """CGCS2000 and WGS 84 differ by centimetres: they are one here."""
    chain = {"wgs84": 0, "cgcs2000": 0, "gcj02": 1, "bd09": 2}
    steps = [_wgs_to_gcj, _gcj_to_bd]
    a, b = chain[source], chain[target]
    with np.errstate(invalid="ignore"):
        for k in range(a, b):
            lon, lat = steps[k](lon, lat)
        for k in range(a, b, -1):
            lon, lat = _inverse(steps[k - 1], lon, lat)
    return lon, lat


@takes(points="points", datum="text")
def to_wgs84(points: Any, datum: str) -> Any:
    """Convert degrees in `datum` to WGS 84.

    Parameters
    ----------
    points : a GeoSeries or GeoDataFrame in degrees (any geometry; all vertices are converted), an
        array of shape (n, 2) with lon, lat, or a tuple ``(lon, lat)`` of numbers or arrays.
    datum : ``"wgs84"``, ``"gcj02"``, ``"bd09"`` or ``"cgcs2000"``.

    Returns
    -------
    The same kind, new; a GeoSeries or GeoDataFrame with CRS EPSG:4326.

    Raises
    ------
    UsageError
        An unknown datum, coordinates that are no degrees, or a layer in a projected CRS.

    Notes
    -----
    Outside the rectangle 72.004-137.8347 E, 0.8293-55.8271 N GCJ-02 is WGS 84. NaN stays NaN.

    Examples
    --------
    >>> lon, lat = to_wgs84((117.0264, 36.6685), datum="gcj02")
    >>> round(float(lon), 4), round(float(lat), 4)
    (117.0205, 36.6682)
    """
    return _apply(points, datum, "wgs84")


@takes(points="points", datum="text")
def from_wgs84(points: Any, datum: str) -> Any:
    """Convert WGS 84 degrees to `datum`: the other way round than `to_wgs84`.

    Parameters
    ----------
    points : as for `to_wgs84`: a GeoSeries or GeoDataFrame, or an array (n, 2) of lon, lat.
    datum : ``"gcj02"``, ``"bd09"``, ``"cgcs2000"`` or ``"wgs84"``.

    Returns
    -------
    The same kind as `points`, in degrees of `datum`.

    Raises
    ------
    UsageError
        An unknown datum.

    Examples
    --------
    >>> import numpy as np
    >>> there = from_wgs84(np.array([[117.0, 36.65]]), datum="bd09")
    >>> np.allclose(to_wgs84(there, datum="bd09"), [[117.0, 36.65]], atol=1e-9)
    True
    """
    return _apply(points, "wgs84", datum)


def _apply(points: Any, source: str, target: str) -> Any:
    for name in (source, target):
        if name not in DATUMS:
            raise UsageError.of("call_faults.no_datum", known=", ".join(DATUMS), value=name)
    if isinstance(points, gpd.GeoSeries | gpd.GeoDataFrame):
        if points.crs is not None and points.crs.is_projected:
            raise UsageError.of("call_faults.datum_metres", crs=points.crs.name)
        geometry = points.geometry
        moved = shapely.transform(
            geometry.to_numpy(),
            lambda xy: np.column_stack(_checked(xy[:, 0], xy[:, 1], source, target)),
        )
        series = gpd.GeoSeries(moved, index=geometry.index, crs="EPSG:4326", name=geometry.name)
        if isinstance(points, gpd.GeoSeries):
            return series
        return points.set_geometry(series.values, crs="EPSG:4326")
    if isinstance(points, tuple):
        if len(points) != 2:
            raise UsageError.of("call_faults.lon_lat_parts", count=len(points))
        parts = [_numbers(part) for part in points]
        try:
            lon, lat = np.broadcast_arrays(*parts)
        except ValueError as error:
            shapes = {"lon": parts[0].shape, "lat": parts[1].shape}
            raise UsageError.of("call_faults.lon_lat_lengths", **shapes) from error
        return _checked(lon, lat, source, target)
    array = _numbers(points)
    if array.ndim != 2 or array.shape[1] != 2:
        raise UsageError.of("call_faults.lon_lat_shape", shape=array.shape)
    return np.column_stack(_checked(array[:, 0], array[:, 1], source, target))


def _numbers(values: Any) -> Floats:
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise UsageError.of("call_faults.lon_lat_numbers", value=shown(values)) from error


def _checked(lon: Floats, lat: Floats, source: str, target: str) -> tuple[Floats, Floats]:
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    if np.nanmax(np.abs(lon), initial=0.0) > 360 or np.nanmax(np.abs(lat), initial=0.0) > 90:
        raise UsageError.of("call_faults.lon_lat_order")
    return _convert(lon, lat, source, target)
