"""Studies: the study file, the run, what-ifs, robustness (see docs/architecture.md).

Loaded at once: two of its functions bear the names of the modules that define them.
"""

from geoplan.results import Robustness
from geoplan.study.check import CheckReport, check_report, check_study
from geoplan.study.demo_command import demo_study
from geoplan.study.example import example_study
from geoplan.study.overlays import apply_overlay
from geoplan.study.plan import Plan
from geoplan.study.robustness import robustness
from geoplan.study.study import Study
from geoplan.study.sweep import compare_plans, sweep
from geoplan.study.template import new_study
from geoplan.study.terminal_table import suggestion_text
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
