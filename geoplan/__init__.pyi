from .coverage import (
    floating_catchment as floating_catchment,
    spacing_coverage as spacing_coverage,
    suggest_markers as suggest_markers,
)
from .crs import from_wgs84 as from_wgs84, to_wgs84 as to_wgs84
from .network import (
    Network as Network,
    TransitNetwork as TransitNetwork,
    TravelCosts as TravelCosts,
    nearest_site as nearest_site,
    reach_areas as reach_areas,
    travel_costs as travel_costs,
)
from .siting import (
    ProgrammeProblem as ProgrammeProblem,
    SitingProblem as SitingProblem,
    SitingResult as SitingResult,
    SolveRequest as SolveRequest,
    coverage_curve as coverage_curve,
    max_coverage as max_coverage,
    min_cost as min_cost,
    min_sites as min_sites,
    p_center as p_center,
    p_median as p_median,
    programme as programme,
)
from .study import Plan as Plan, Study as Study

__version__: str
