from .check import (
    CheckReport as CheckReport,
)
from .check import (
    check_report as check_report,
)
from .check import (
    check_study as check_study,
)
from .demo_command import demo_study as demo_study
from .example import example_study as example_study
from .overlays import apply_overlay as apply_overlay
from .overlays import compare_plans as compare_plans
from .overlays import sweep as sweep
from .plan import Plan as Plan
from .robustness import Robustness as Robustness
from .robustness import robustness as robustness
from .study import Study as Study
from .template import new_study as new_study
from .terminal_table import suggestion_text as suggestion_text
from .what_if import what_if as what_if
