"""Siting: where the next sites should go, with a proof or an honest gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.lazy import lazy_names

if TYPE_CHECKING:
    from geoplan.siting.alternatives import Alternatives, alternative_sites
    from geoplan.siting.candidates import (
        cluster_points,
        junction_points,
        outside,
        thin,
        too_close,
    )
    from geoplan.siting.center import p_center
    from geoplan.siting.covering import max_coverage, min_sites
    from geoplan.siting.curve import coverage_curve, phased_sites
    from geoplan.siting.explain import explain_sites
    from geoplan.siting.knee import Knee, curve_knee
    from geoplan.siting.median import p_median
    from geoplan.siting.problem import SitingProblem
    from geoplan.siting.result import SitingResult
    from geoplan.siting.together import TogetherResult, plan_together

__all__ = [
    "Alternatives",
    "Knee",
    "SitingProblem",
    "SitingResult",
    "TogetherResult",
    "alternative_sites",
    "cluster_points",
    "coverage_curve",
    "curve_knee",
    "explain_sites",
    "junction_points",
    "max_coverage",
    "min_sites",
    "outside",
    "p_center",
    "p_median",
    "phased_sites",
    "plan_together",
    "thin",
    "too_close",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Alternatives": "alternatives",
        "Knee": "knee",
        "SitingProblem": "problem",
        "SitingResult": "result",
        "TogetherResult": "together",
        "alternative_sites": "alternatives",
        "cluster_points": "candidates",
        "coverage_curve": "curve",
        "curve_knee": "knee",
        "explain_sites": "explain",
        "junction_points": "candidates",
        "max_coverage": "covering",
        "min_sites": "covering",
        "outside": "candidates",
        "p_center": "center",
        "p_median": "median",
        "phased_sites": "curve",
        "plan_together": "together",
        "thin": "candidates",
        "too_close": "candidates",
    },
)
