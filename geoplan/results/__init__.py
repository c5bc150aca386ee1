"""All results of a run as values, made by the study and read by the outputs.

Nothing is computed here. Maps, layers, tables and the report agree because they read the same
values.
"""

from geoplan.results.info import ReportForm, StudyInfo
from geoplan.results.programme import Programme
from geoplan.results.run import RunResults, ServiceResult
from geoplan.results.siting import RECOMMENDED, Fund, JointPlan, Robustness, SitingOutcome

__all__ = [
    "RECOMMENDED",
    "Fund",
    "JointPlan",
    "Programme",
    "ReportForm",
    "Robustness",
    "RunResults",
    "ServiceResult",
    "SitingOutcome",
    "StudyInfo",
]
