"""Gap areas of one service, each with the suggested site that would close it."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from geoplan.coverage import gap_areas
from geoplan.results import ServiceResult
from geoplan.study.read.context import Context

#: gaps listed one by one; the small ones beyond them are merged, area by area
MOST_GAPS = 400


def with_gaps(context: Context, planned: ServiceResult) -> ServiceResult:
    """`planned` with its ranked gap areas."""
    if planned.coverage is None:
        return planned
    after = planned.siting.coverage_after if planned.siting is not None else None
    gaps = gap_areas(
        planned.coverage,
        areas=context.inputs.areas,
        suggested=None if planned.siting is None else list(planned.siting.sites.index),
        after=after,
        keep=MOST_GAPS,
        lang=context.lang,
    )
    return replace(planned, gaps=_with_location_names(context, gaps))


def _with_location_names(context: Context, gaps: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Where neither areas nor names say where a gap is, its longitude and latitude do."""
    unknown = ("", context.speaker.say("coverage.gap_unknown_place"))
    nameless = gaps["area"].fillna("").isin(unknown) & gaps.geometry.notna()
    nameless &= ~gaps.geometry.is_empty
    if not nameless.any():
        return gaps
    named = gaps.copy()
    points = named.geometry[nameless].representative_point().to_crs("EPSG:4326")
    named.loc[nameless, "area"] = [
        context.speaker.say("study.near_degrees", lon=f"{p.x:.4f}", lat=f"{p.y:.4f}")
        for p in points
    ]
    return named
