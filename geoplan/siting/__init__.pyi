from .alternatives import Alternatives as Alternatives
from .alternatives import alternative_sites as alternative_sites
from .candidates import (
    cluster_points as cluster_points,
)
from .candidates import (
    junction_points as junction_points,
)
from .candidates import (
    outside as outside,
)
from .candidates import (
    thin as thin,
)
from .candidates import (
    too_close as too_close,
)
from .center import p_center as p_center
from .colocation import TogetherResult as TogetherResult
from .colocation import plan_together as plan_together
from .covering import max_coverage as max_coverage
from .covering import min_sites as min_sites
from .curve import coverage_curve as coverage_curve
from .curve import phased_sites as phased_sites
from .explain import explain_sites as explain_sites
from .knee import Knee as Knee
from .knee import curve_knee as curve_knee
from .median import p_median as p_median
from .model.problem import SitingProblem as SitingProblem
from .model.result import SitingResult as SitingResult
from .solver.request import SolveRequest as SolveRequest
