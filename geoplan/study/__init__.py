"""Studies: the study file, the run, scenarios, the demo city (see docs/architecture.md)."""

from geoplan.study.check import CheckReport, check_report, check_study
from geoplan.study.demo import demo_study
from geoplan.study.example import example_study
from geoplan.study.plan import Plan
from geoplan.study.robustness import Robustness, robustness
from geoplan.study.scenario import apply_overlay, compare_plans, sweep
from geoplan.study.starter import new_study
from geoplan.study.study import Study
from geoplan.study.suggestion import suggestion_text
from geoplan.study.what_if import what_if

__all__ = [
    "CheckReport",
    "Plan",
    "Robustness",
    "Study",
    "apply_overlay",
    "check_report",
    "check_study",
    "compare_plans",
    "demo_study",
    "example_study",
    "new_study",
    "robustness",
    "suggestion_text",
    "sweep",
    "what_if",
]


def __dir__() -> list[str]:
    return __all__
