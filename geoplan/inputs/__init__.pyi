from .area_table import read_area_table as read_area_table
from .areas import read_areas as read_areas
from .demand import read_demand as read_demand
from .facilities import read_facilities as read_facilities
from .files.source import LayerSource as LayerSource, SumTo as SumTo
from .findings.workbook import write_findings as write_findings
from .lines import read_lines as read_lines
from .location.geocode import geocode_missing as geocode_missing
from .location.streets import Streets as Streets
from .projection.by_year import (
    PeopleByYear as PeopleByYear,
    cohorts_by_year as cohorts_by_year,
    controlled as controlled,
    growth_by_year as growth_by_year,
    project_people as project_people,
)
from .projection.cohorts import (
    CohortRatios as CohortRatios,
    cohort_change_ratios as cohort_change_ratios,
    people_of_ages as people_of_ages,
)
from .projection.holdout import leave_areas_out as leave_areas_out
from .projection.read import (
    Census as Census,
    read_censuses as read_censuses,
    read_people_by_year as read_people_by_year,
)
