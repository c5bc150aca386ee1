from .beside.alternatives import (
    Alternatives as Alternatives,
    alternative_sites as alternative_sites,
)
from .beside.curve import coverage_curve as coverage_curve
from .beside.explain import explain_sites as explain_sites
from .beside.knee import Knee as Knee, curve_knee as curve_knee
from .candidates import (
    cluster_points as cluster_points,
    junction_points as junction_points,
    outside as outside,
    thin as thin,
    too_close as too_close,
)
from .center import p_center as p_center
from .covering import max_coverage as max_coverage, min_sites as min_sites
from .joint.colocation import TogetherResult as TogetherResult, plan_together as plan_together
from .joint.nested import NestedResult as NestedResult, nested_coverage as nested_coverage
from .median import p_median as p_median
from .model.problem import SitingProblem as SitingProblem
from .model.result import SitingResult as SitingResult
from .multi_period import programme as programme
from .periods.problem import ProgrammeProblem as ProgrammeProblem
from .periods.result import (
    Change as Change,
    PlannedAction as PlannedAction,
    ProgrammeResult as ProgrammeResult,
    ProgrammeYear as ProgrammeYear,
)
from .periods.rules import (
    AreaLevel as AreaLevel,
    Budget as Budget,
    ProgrammeAction as ProgrammeAction,
    SpendShare as SpendShare,
    Target as Target,
)
from .phases import phased_sites as phased_sites
from .solver.request import SolveRequest as SolveRequest
from .weighted_covering import min_cost as min_cost
