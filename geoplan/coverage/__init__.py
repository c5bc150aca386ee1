"""Who is served and who is not, and why: reach, quota, capacity, spacing, gaps, equity."""

from geoplan.coverage.gaps import gap_areas
from geoplan.coverage.ledger import STATES, Coverage, Ledger
from geoplan.coverage.quota import quota_by_area, quota_counts, quota_summary
from geoplan.coverage.reach import (
    after_sites,
    coverage_from_costs,
    judge_reach,
    near_from_costs,
    stack_costs,
)

__all__ = [
    "STATES",
    "Coverage",
    "Ledger",
    "after_sites",
    "coverage_from_costs",
    "gap_areas",
    "judge_reach",
    "near_from_costs",
    "quota_by_area",
    "quota_counts",
    "quota_summary",
    "stack_costs",
]
