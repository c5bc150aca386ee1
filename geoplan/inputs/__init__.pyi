from .area_table import read_area_table as read_area_table
from .areas import read_areas as read_areas
from .demand import read_demand as read_demand
from .facilities import read_facilities as read_facilities
from .files.source import LayerSource as LayerSource, SumTo as SumTo
from .findings.workbook import write_findings as write_findings
from .lines import read_lines as read_lines
from .location.geocode import geocode_missing as geocode_missing
from .location.streets import Streets as Streets
