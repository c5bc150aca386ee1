"""Who is served and who is not, and why: reach, quota, capacity, spacing, gaps, equity."""

from geoplan.coverage.ledger import STATES, Coverage, Ledger
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
    "judge_reach",
    "near_from_costs",
    "stack_costs",
]
