"""What the whole needs of one city once its own folder is written; the rest can be forgotten."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from geoplan import outputs
from geoplan.disclosure import edition
from geoplan.errors import UsageError
from geoplan.results import RunResults, ServiceResult
from geoplan.results.cities import CityResult, CityService
from geoplan.study.cities.opening import City
from geoplan.study.plan import Plan
from geoplan.study.sites.whole_service import has_rules

_WGS84 = "EPSG:4326"
#: outlines are drawn small: details below this share of the city's extent are left out
_DETAIL = 1 / 1500
#: around the places of a city without outlines, metres
_AROUND_M = 1_000.0
_AREA_COLUMNS = ["name", "total", "served", "covered_share"]


def kept_of(city: City, plan: Plan) -> CityResult:
    """The part of a city's plan that the whole reads, of the edition that its audience may see.

    What is put together from it tells nothing that the city's own folder does not tell.

    Parameters
    ----------
    city : its name and study. plan : of its study. A curve that knows nothing of rules that the
        sites follow is left out.
    """
    results = edition(plan.results, audience=plan.results.info.audience)
    level = next((level for level, one in results.areas.items() if one.has_polygons), "")
    config = city.study.config
    return CityResult(
        name=city.name,
        info=results.info,
        summary=outputs.summary_dict(results),
        services={
            key: CityService(
                standard=service.standard,
                areas=_areas(service, level),
                curve=None
                if service.siting is None or has_rules(config.services[key].siting)
                else service.siting.curve,
                group=config.services[key].demand or service.standard.group or "",
            )
            for key, service in results.services.items()
        },
        level=level,
        outlines=_outlines(results, level),
        input_errors=plan.input_errors,
        infeasible=plan.infeasible,
        interrupted=plan.interrupted,
    )


def _areas(service: ServiceResult, level: str) -> pd.DataFrame | None:
    if service.coverage is None or not level:
        return None
    try:
        table = service.coverage.by_area(level)
    except UsageError:  # figures of this level are not published
        return None
    kept = table[table.index != ""][_AREA_COLUMNS].copy()
    kept.index = kept.index.astype(str)
    return kept


def _outlines(results: RunResults, level: str) -> gpd.GeoDataFrame:
    """The areas of `level`, else the ground around all places of people, in WGS 84."""
    if level:
        frame = results.areas[level].frame
        frame = frame[frame.geometry.notna()]
        shapes, names = frame.geometry, frame["name"].astype(str)
    else:
        shapes, names = _ground(results), pd.Series([""], index=[""])
    west, south, east, north = shapes.total_bounds if len(shapes) else (0.0,) * 4
    detail = max(east - west, north - south) * _DETAIL
    simple = gpd.GeoSeries(
        shapely.simplify(shapes.to_numpy(), detail), index=shapes.index, crs=shapes.crs
    )
    found = gpd.GeoDataFrame(
        {"name": names.reindex(shapes.index)}, geometry=simple.to_crs(_WGS84), crs=_WGS84
    )
    found.index = found.index.astype(str)
    return found


def _ground(results: RunResults) -> gpd.GeoSeries:
    for service in results.services.values():
        if service.coverage is None:
            continue
        places = service.coverage.frame.geometry.dropna()
        if len(places):
            hull = shapely.convex_hull(shapely.MultiPoint(list(places)))
            return gpd.GeoSeries([hull.buffer(_AROUND_M)], index=[""], crs=places.crs)
    return gpd.GeoSeries([], index=[], crs=_WGS84)
