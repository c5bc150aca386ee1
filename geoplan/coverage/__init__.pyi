from .capacity import capacity_by_area as capacity_by_area
from .capacity import capacity_facts as capacity_facts
from .catchment_areas import floating_catchment as floating_catchment
from .equity import (
    coverage_by_group as coverage_by_group,
)
from .equity import (
    equity_facts as equity_facts,
)
from .equity import (
    equity_level as equity_level,
)
from .equity import (
    group_table as group_table,
)
from .equity import (
    palma_ratio as palma_ratio,
)
from .equity import (
    urban_or_rural as urban_or_rural,
)
from .equity import (
    weighted_gini as weighted_gini,
)
from .equity import (
    worst_tenth as worst_tenth,
)
from .gaps import gap_areas as gap_areas
from .ledger import STATES as STATES
from .ledger import Coverage as Coverage
from .ledger import Ledger as Ledger
from .lines.gap_stretches import gap_stretches as gap_stretches
from .lines.spacing import SpacingCoverage as SpacingCoverage
from .lines.spacing import spacing_coverage as spacing_coverage
from .lines.suggest_markers import suggest_markers as suggest_markers
from .published_figures import compare_figures as compare_figures
from .quota import (
    areas_below_quota as areas_below_quota,
)
from .quota import (
    quota_by_area as quota_by_area,
)
from .quota import (
    quota_counts as quota_counts,
)
from .quota import (
    quota_summary as quota_summary,
)
from .quota import (
    quotas_without_areas as quotas_without_areas,
)
from .rates import rate_by_area as rate_by_area
from .reach import (
    assess_reach as assess_reach,
)
from .reach import (
    coverage_from_costs as coverage_from_costs,
)
from .reach import (
    coverage_with_sites as coverage_with_sites,
)
from .reachable_supply import SupplyInReach as SupplyInReach
from .reachable_supply import supply_in_reach as supply_in_reach
from .site_costs import (
    nearest_from_costs as nearest_from_costs,
)
from .site_costs import (
    stack_costs as stack_costs,
)
from .tiers import (
    assess_tiers as assess_tiers,
)
from .tiers import (
    referral as referral,
)
from .tiers import (
    referral_summary as referral_summary,
)
from .tiers import (
    sites_of_tier as sites_of_tier,
)
from .tiers import (
    tier_counts as tier_counts,
)
from .tiers import (
    tier_of as tier_of,
)
