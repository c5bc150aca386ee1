"""Who is served and who is not, and why: reach, quota, tiers, capacity, spacing, rates, gaps.

The functions take what `geoplan.network` measured (`TravelCosts`, nearest sites) and what
`geoplan.services` asks for (`ServiceStandard`), and give tables and the people ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.lazy import lazy_names

if TYPE_CHECKING:
    from geoplan.coverage.capacity import capacity_by_area, capacity_facts
    from geoplan.coverage.equity import (
        coverage_by_group,
        equity_facts,
        group_table,
        kinds_of_place,
        palma_ratio,
        spread_level,
        weighted_gini,
        worst_tenth,
    )
    from geoplan.coverage.figures import compare_figures
    from geoplan.coverage.floating import floating_catchment
    from geoplan.coverage.gaps import gap_areas
    from geoplan.coverage.ledger import STATES, Coverage, Ledger
    from geoplan.coverage.markers import suggest_markers
    from geoplan.coverage.places import PlacesInReach, places_in_reach
    from geoplan.coverage.quota import (
        lacking,
        quota_by_area,
        quota_counts,
        quota_summary,
        unjudged_quotas,
    )
    from geoplan.coverage.rates import rate_by_area
    from geoplan.coverage.reach import (
        after_sites,
        coverage_from_costs,
        judge_reach,
        near_from_costs,
        stack_costs,
    )
    from geoplan.coverage.spacing import SpacingCoverage, spacing_coverage
    from geoplan.coverage.stretches import gap_stretches
    from geoplan.coverage.tiers import (
        judge_tiers,
        referral,
        referral_summary,
        sites_of_tier,
        tier_counts,
        tier_of,
    )

__all__ = [
    "STATES",
    "Coverage",
    "Ledger",
    "PlacesInReach",
    "SpacingCoverage",
    "after_sites",
    "capacity_by_area",
    "capacity_facts",
    "compare_figures",
    "coverage_by_group",
    "coverage_from_costs",
    "equity_facts",
    "floating_catchment",
    "gap_areas",
    "gap_stretches",
    "group_table",
    "judge_reach",
    "judge_tiers",
    "kinds_of_place",
    "lacking",
    "near_from_costs",
    "palma_ratio",
    "places_in_reach",
    "quota_by_area",
    "quota_counts",
    "quota_summary",
    "rate_by_area",
    "referral",
    "referral_summary",
    "sites_of_tier",
    "spacing_coverage",
    "spread_level",
    "stack_costs",
    "suggest_markers",
    "tier_counts",
    "tier_of",
    "unjudged_quotas",
    "weighted_gini",
    "worst_tenth",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Coverage": "ledger",
        "Ledger": "ledger",
        "STATES": "ledger",
        "PlacesInReach": "places",
        "SpacingCoverage": "spacing",
        "after_sites": "reach",
        "capacity_by_area": "capacity",
        "capacity_facts": "capacity",
        "compare_figures": "figures",
        "coverage_by_group": "equity",
        "coverage_from_costs": "reach",
        "equity_facts": "equity",
        "floating_catchment": "floating",
        "gap_areas": "gaps",
        "gap_stretches": "stretches",
        "group_table": "equity",
        "judge_reach": "reach",
        "judge_tiers": "tiers",
        "kinds_of_place": "equity",
        "lacking": "quota",
        "near_from_costs": "reach",
        "palma_ratio": "equity",
        "places_in_reach": "places",
        "quota_by_area": "quota",
        "quota_counts": "quota",
        "quota_summary": "quota",
        "rate_by_area": "rates",
        "referral": "tiers",
        "referral_summary": "tiers",
        "sites_of_tier": "tiers",
        "spacing_coverage": "spacing",
        "spread_level": "equity",
        "stack_costs": "reach",
        "suggest_markers": "markers",
        "tier_counts": "tiers",
        "tier_of": "tiers",
        "unjudged_quotas": "quota",
        "weighted_gini": "equity",
        "worst_tenth": "equity",
    },
)
