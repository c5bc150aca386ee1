"""geoplan: maps a city's public services, counts who is beyond their reach and why, and proves
where the next sites should go.

    import geoplan as gp
    plan = gp.Study.open("data/jinan_demo").run()
    print(plan.summary())

The names below load what they need when they are first used, so that `import geoplan` and
``geoplan --help`` answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.lazy import lazy_names

__version__ = "0.1.0"

if TYPE_CHECKING:
    from geoplan.coverage import floating_catchment, spacing_coverage, suggest_markers
    from geoplan.inputs import from_wgs84, to_wgs84
    from geoplan.network import Network, TravelCosts, nearest_site, reach_areas, travel_costs
    from geoplan.siting import (
        SitingProblem,
        SitingResult,
        coverage_curve,
        max_coverage,
        min_sites,
        p_center,
        p_median,
    )
    from geoplan.study import Plan, Study

__all__ = [
    "Network",
    "Plan",
    "SitingProblem",
    "SitingResult",
    "Study",
    "TravelCosts",
    "coverage_curve",
    "floating_catchment",
    "from_wgs84",
    "max_coverage",
    "min_sites",
    "nearest_site",
    "p_center",
    "p_median",
    "reach_areas",
    "spacing_coverage",
    "suggest_markers",
    "to_wgs84",
    "travel_costs",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Study": "study",
        "Plan": "study",
        "Network": "network",
        "TravelCosts": "network",
        "travel_costs": "network",
        "nearest_site": "network",
        "reach_areas": "network",
        "SitingProblem": "siting",
        "SitingResult": "siting",
        "max_coverage": "siting",
        "min_sites": "siting",
        "p_median": "siting",
        "p_center": "siting",
        "coverage_curve": "siting",
        "spacing_coverage": "coverage",
        "suggest_markers": "coverage",
        "floating_catchment": "coverage",
        "to_wgs84": "inputs",
        "from_wgs84": "inputs",
    },
    more=("__version__",),
)
