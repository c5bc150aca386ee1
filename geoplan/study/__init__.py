"""Studies: the study file, the run, scenarios, the demo city (see docs/architecture.md)."""

from geoplan.study.check import CheckReport, check_report, check_study
from geoplan.study.demo import demo_study
from geoplan.study.plan import Plan
from geoplan.study.starter import new_study
from geoplan.study.study import Study
from geoplan.study.suggestion import suggestion_text

__all__ = [
    "CheckReport",
    "Plan",
    "Study",
    "check_report",
    "check_study",
    "demo_study",
    "new_study",
    "suggestion_text",
]
