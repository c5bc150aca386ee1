from .coverage import (
    floating_catchment as floating_catchment,
)
from .coverage import (
    spacing_coverage as spacing_coverage,
)
from .coverage import (
    suggest_markers as suggest_markers,
)
from .crs import from_wgs84 as from_wgs84
from .crs import to_wgs84 as to_wgs84
from .network import (
    Network as Network,
)
from .network import (
    TravelCosts as TravelCosts,
)
from .network import (
    nearest_site as nearest_site,
)
from .network import (
    reach_areas as reach_areas,
)
from .network import (
    travel_costs as travel_costs,
)
from .siting import (
    SitingProblem as SitingProblem,
)
from .siting import (
    SitingResult as SitingResult,
)
from .siting import (
    SolveRequest as SolveRequest,
)
from .siting import (
    coverage_curve as coverage_curve,
)
from .siting import (
    max_coverage as max_coverage,
)
from .siting import (
    min_sites as min_sites,
)
from .siting import (
    p_center as p_center,
)
from .siting import (
    p_median as p_median,
)
from .study import Plan as Plan
from .study import Study as Study

__version__: str
