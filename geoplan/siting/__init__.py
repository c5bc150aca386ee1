"""Siting: where the next sites should go, with a proof or an honest gap."""

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

__all__ = [
    "Knee",
    "SitingProblem",
    "SitingResult",
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
    "thin",
    "too_close",
]
