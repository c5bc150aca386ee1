"""Siting: where the next sites should go, with a proof or an honest gap."""

from geoplan.siting.covering import max_coverage, min_sites
from geoplan.siting.problem import SitingProblem
from geoplan.siting.result import SitingResult

__all__ = ["SitingProblem", "SitingResult", "max_coverage", "min_sites"]
