"""Who is served and who is not, and why: reach, quota, capacity, spacing, gaps, equity."""

from geoplan.coverage.gap_stretches import gap_stretches
from geoplan.coverage.gaps import gap_areas
from geoplan.coverage.ledger import STATES, Coverage, Ledger
from geoplan.coverage.markers import suggest_markers
from geoplan.coverage.quota import quota_by_area, quota_counts, quota_summary
from geoplan.coverage.reach import (
    after_sites,
    coverage_from_costs,
    judge_reach,
    near_from_costs,
    stack_costs,
)
from geoplan.coverage.spacing import SpacingCoverage, spacing_coverage

__all__ = [
    "STATES",
    "Coverage",
    "Ledger",
    "SpacingCoverage",
    "after_sites",
    "coverage_from_costs",
    "gap_areas",
    "gap_stretches",
    "judge_reach",
    "near_from_costs",
    "quota_by_area",
    "quota_counts",
    "quota_summary",
    "spacing_coverage",
    "stack_costs",
    "suggest_markers",
]
