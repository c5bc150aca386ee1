"""What a map opens on: the whole city, or where nearly all of its people live."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geoplan.crs.antimeridian import one_side
from geoplan.outputs.maps.encode import to_degrees
from geoplan.results import RunResults, ServiceResult


def bounds(results: RunResults, service: ServiceResult) -> list[list[float]]:
    """South-west and north-east corner, latitude first, of what the map opens on.

    The whole city, or where 98 of 100 people live when that is a small part of it. Across 180
    degrees the eastern longitude goes on above 180 (or the western one below -180): the page draws
    all longitudes on the side of the middle of these.
    """
    frames = [layer.frame for layer in results.areas.values() if layer.has_polygons][:1]
    if service.coverage is not None:
        frames.append(service.coverage.frame)
    if service.spacing is not None:
        frames.append(service.spacing.intervals)
    if service.facilities is not None and not frames:
        frames.append(service.facilities.frame)
    frames += [] if frames else list(results.background.values())
    boxes = [frame.total_bounds for frame in frames if len(frame)]
    boxes = [box for box in boxes if np.isfinite(box).all()]
    if not boxes:
        return [[-60.0, -170.0], [75.0, 170.0]]
    table = np.array(boxes)
    west, south = table[:, :2].min(axis=0)
    east, north = table[:, 2:].max(axis=0)
    crowd = _crowd(service)
    if crowd is not None and max(crowd[2] - crowd[0], crowd[3] - crowd[1]) < 0.6 * max(
        east - west, north - south
    ):
        west, south, east, north = crowd
    middle = [shapely.Point((west + east) / 2, (south + north) / 2)]
    corners = shapely.points([(west, south), (east, south), (east, north), (west, north)])
    lon, lat = _lonlat(gpd.GeoSeries([*middle, *corners], crs=frames[0].crs))
    lon = one_side(lon, around=lon[0])
    box = ((lat.min(), lon.min()), (lat.max(), lon.max()))
    return [[round(float(v), 5) for v in corner] for corner in box]


def _lonlat(points: gpd.GeoSeries) -> np.ndarray:
    return shapely.get_coordinates(to_degrees(points).to_numpy()).T


def _crowd(service: ServiceResult) -> tuple[float, float, float, float] | None:
    """The box between the first and the last hundredth of the people, a little widened."""
    if service.coverage is None:
        return None
    frame = service.coverage.frame
    frame = frame[frame.geometry.notna()]
    people = frame["people"].fillna(0.0).to_numpy(float)
    if len(frame) < 50 or people.sum() <= 0:
        return None
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    ends = []
    for values in xy.T:
        order = np.argsort(values, kind="stable")
        share = np.cumsum(people[order]) / people.sum()
        ends.append(values[order][np.searchsorted(share, [0.01, 0.99])])
    margin = 0.06 * max(end[1] - end[0] for end in ends)
    (west, east), (south, north) = ends
    return (west - margin, south - margin, east + margin, north + margin)


def extent_m(results: RunResults, service: ServiceResult) -> float:
    """Larger side of the demand's extent, in metres."""
    if service.coverage is None:
        return 0.0
    west, south, east, north = shapely.total_bounds(service.coverage.frame.geometry.to_numpy())
    return float(max(east - west, north - south))
