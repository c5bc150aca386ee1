from .capacity import capacity_by_area as capacity_by_area, capacity_facts as capacity_facts
from .catchment_areas import floating_catchment as floating_catchment
from .cost_queries import nearest_from_costs as nearest_from_costs, stack_costs as stack_costs
from .equity import (
    equity_facts as equity_facts,
    equity_level as equity_level,
    group_table as group_table,
    palma_ratio as palma_ratio,
    urban_or_rural as urban_or_rural,
    weighted_gini as weighted_gini,
    worst_tenth as worst_tenth,
)
from .gaps import gap_areas as gap_areas
from .ledger import STATES as STATES, Coverage as Coverage, Ledger as Ledger
from .lines.gap_stretches import gap_stretches as gap_stretches
from .lines.spacing import SpacingCoverage as SpacingCoverage, spacing_coverage as spacing_coverage
from .lines.suggest_markers import suggest_markers as suggest_markers
from .published_figures import compare_figures as compare_figures
from .quota import (
    areas_below_quota as areas_below_quota,
    quota_by_area as quota_by_area,
    quota_counts as quota_counts,
    quota_summary as quota_summary,
    quotas_without_areas as quotas_without_areas,
)
from .rates import rate_by_area as rate_by_area
from .reach import (
    assess_reach as assess_reach,
    coverage_from_costs as coverage_from_costs,
    coverage_with_sites as coverage_with_sites,
)
from .reachable_supply import SupplyInReach as SupplyInReach, supply_in_reach as supply_in_reach
from .tiers import (
    assess_tiers as assess_tiers,
    referral as referral,
    referral_summary as referral_summary,
    sites_of_tier as sites_of_tier,
    tier_counts as tier_counts,
    tier_of as tier_of,
)
