"""Which projected CRS to measure in, where none was named."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geoplan.errors import GeographicCrsError, UsageError

# China in three dozen corners, degrees: only for the choice of a grid, never for a border
_CHINA = shapely.Polygon(
    [
        (73.4, 39.5), (76.0, 40.6), (80.3, 42.2), (80.0, 45.2), (82.5, 45.4), (85.6, 48.4),
        (87.8, 49.3), (91.0, 46.7), (95.4, 44.4), (100.0, 42.8), (105.0, 41.7), (109.5, 42.5),
        (111.9, 43.8), (112.0, 45.1), (115.5, 45.6), (119.7, 46.8), (117.8, 48.0), (115.6, 48.0),
        (116.8, 50.0), (120.0, 52.7), (121.0, 53.5), (125.5, 53.3), (127.7, 50.1), (130.6, 49.0),
        (134.8, 48.5), (133.2, 45.0), (131.2, 43.4), (130.6, 42.3), (128.1, 41.9), (126.7, 41.5),
        (124.3, 39.8), (122.0, 38.5), (123.0, 36.0), (122.8, 31.0), (122.5, 25.8), (120.8, 21.7),
        (118.0, 21.0), (111.5, 17.6), (108.3, 18.3), (107.9, 21.5), (105.4, 23.1), (102.2, 22.3),
        (99.2, 21.9), (97.5, 23.9), (98.7, 27.5), (97.3, 28.1), (92.0, 26.8), (88.9, 27.2),
        (85.5, 28.2), (81.2, 30.0), (78.7, 31.3), (78.3, 34.6), (74.0, 37.2),
    ]
)  # fmt: skip


def projected_crs_for(lon: float, lat: float) -> CRS:
    """The usual metric grid at a place.

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
        raise UsageError(
            f"no metric grid is known at longitude {lon:g}, latitude {lat:g}: name a projected "
            "CRS with crs=."
        )
    if shapely.contains_xy(_CHINA, lon, lat):
        meridian = min(max(3 * round(lon / 3), 75), 135)
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(math.floor((lon + 180) / 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def checked_crs(crs: Any) -> CRS:
    """`crs` as a pyproj CRS, projected and in metres.

    Raises
    ------
    UsageError
        It cannot be read as a CRS.
    GeographicCrsError
        It is in degrees, or not in metres.
    """
    try:
        found = CRS.from_user_input(crs)
    except CRSError as error:
        raise UsageError(
            f"crs={crs!r} is no coordinate reference system; write for example 'EPSG:4548'."
        ) from error
    if not found.is_projected or found.axis_info[0].unit_name not in ("metre", "meter"):
        raise GeographicCrsError(
            f"crs={crs!r} ({found.name}) is not projected in metres, so no length can be measured "
            "in it: take a projected one (for Jinan EPSG:4548), or leave crs out to have it chosen."
        )
    return found


def project_lonlat(lon: NDArray[Any], lat: NDArray[Any], crs: CRS) -> NDArray[np.float64]:
    """WGS 84 degrees as (n, 2) metres in `crs`."""
    to_plane = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = to_plane.transform(lon, lat)
    return np.column_stack([x, y]).astype(np.float64)
