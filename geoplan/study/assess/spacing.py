"""Services assessed by spacing: boundary markers and signs along lines."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage import Ledger, gap_stretches, spacing_coverage, suggest_markers
from geoplan.inputs.layers import FacilityLayer
from geoplan.results import ServiceResult, SitingOutcome
from geoplan.services.standard import ServiceStandard
from geoplan.siting.model.result import SitingResult
from geoplan.study.read.context import Context


def assess_spacing(
    context: Context, key: str, standard: ServiceStandard, facilities: FacilityLayer | None
) -> ServiceResult:
    """Covered and gap stretches, and, where the study wants them, the fewest further markers."""
    layer = context.inputs.lines[key]
    # a marker that is lost or yet to be set covers nothing
    standing = None if facilities is None else facilities.in_service
    markers = None if standing is None else standing.located
    options: dict[str, Any] = {"max_spacing_m": standard.max_spacing_m}
    if standard.tolerance_m is not None:
        options["tolerance_m"] = standard.tolerance_m
    if key in context.inputs.required:
        options["required"] = context.inputs.required[key].located
    measured = spacing_coverage(layer.frame, markers, **options)
    siting = None
    if context.config.services[key].siting is not None:
        further = suggest_markers(layer.frame, markers, **options)
        siting = _outcome(context, further, layer.frame["name"])
    gaps = gap_stretches(
        measured,
        names=layer.frame["name"],
        suggested=None if siting is None else siting.sites,
        lang=context.lang,
    )
    return ServiceResult(
        key=key,
        standard=standard,
        facilities=facilities,
        in_service=0 if standing is None else len(standing),
        spacing=measured,
        gaps=gaps,
        siting=siting,
        line_names={str(k): str(v) for k, v in layer.frame["name"].dropna().items()},
    )


def _outcome(context: Context, further: gpd.GeoDataFrame, names: pd.Series) -> SitingOutcome:
    """The further markers in the columns that suggested sites of every service have."""
    sites = further.copy()
    wgs84 = sites.geometry.to_crs("EPSG:4326")
    sites["rank"] = np.arange(1, len(sites) + 1)
    sites["lon"], sites["lat"] = wgs84.x.round(6), wgs84.y.round(6)
    sites["name"] = [
        context.speaker.say("study.marker_place", line=names.get(line, line), chainage=f"{at:,.0f}")
        for line, at in zip(sites["line"], sites["chainage_m"], strict=True)
    ]
    sites["area"] = [str(names.get(line, line)) for line in sites["line"]]
    # markers serve lines, not people
    sites["added_people"], sites["share_after"] = 0.0, np.nan
    sites["next_best"], sites["next_best_loss"] = pd.NA, np.nan
    count = float(len(sites))
    result = SitingResult(
        objective="min_sites",
        status="optimal",
        value=count,
        bound=count,
        gap=0.0,
        sites=list(sites.index),
        assignment=pd.Series(dtype=object, name="site"),
        seconds=0.0,
        solver="exact interval cover along each line",
    )
    return SitingOutcome(result=result, objective="min_sites", sites=sites, people_after=Ledger())
