"""Siting: where the next sites should go, with a proof or an honest gap."""

from geoplan.siting.covering import max_coverage, min_sites
from geoplan.siting.curve import coverage_curve, phased_sites
from geoplan.siting.explain import explain_sites
from geoplan.siting.problem import SitingProblem
from geoplan.siting.result import SitingResult

__all__ = [
    "SitingProblem",
    "SitingResult",
    "coverage_curve",
    "explain_sites",
    "max_coverage",
    "min_sites",
    "phased_sites",
]
