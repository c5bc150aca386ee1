"""Journeys by public transport that a map tells: in words, and as lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from geoplan.network.transit.journey import Journey
from geoplan.outputs.maps.encode import encode_shapes
from geoplan.results import ServiceResult
from geoplan.results.journeys import PlaceJourney
from geoplan.words.text_format import plain

#: metres by which a drawn line may leave the way
_SIMPLE_M = 8.0


def journeys_content(
    service: ServiceResult, demand: Mapping[str, Any] | None, known: Mapping[str, int], lang: str
) -> list[dict[str, Any]] | None:
    """Journeys of gaps and sites; None in the public edition and where places are not drawn."""
    coverage = service.coverage
    if not service.journeys or coverage is None or demand is None or "cell_m" in demand:
        return None
    frame = coverage.frame[coverage.frame.geometry.notna() & (coverage.frame["people"] != 0)]
    drawn = {label: i for i, label in enumerate(frame.index)}
    return [_told(one, drawn[one.row], known[str(one.site)], lang) for one in service.journeys]


def _told(one: PlaceJourney, row: int, site: int, lang: str) -> dict[str, Any]:
    return {
        "row": row,
        "site": site,
        "about": one.about,
        "gap": one.gap,
        "minutes": plain(one.minutes, 1),
        "text": "" if one.journey is None else one.journey.text(lang),
        "legs": [] if one.journey is None else _legs(one.journey),
    }


def _legs(journey: Journey) -> list[list[Any]]:
    """Line (``""`` = walked) and shape of every leg that moves."""
    moving = [leg for leg in journey.legs if leg.geometry is not None]
    lines = gpd.GeoSeries([leg.geometry for leg in moving], crs=journey.crs).simplify(_SIMPLE_M)
    return [[leg.line, shape] for leg, shape in zip(moving, encode_shapes(lines), strict=True)]
