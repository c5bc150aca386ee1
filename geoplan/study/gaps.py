"""Gap areas of one service, each with the suggested site that would close it."""

from __future__ import annotations

from dataclasses import replace

from geoplan.coverage import gap_areas
from geoplan.results import ServiceResult
from geoplan.study.context import Context


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
        lang=context.lang,
    )
    return replace(planned, gaps=gaps)
