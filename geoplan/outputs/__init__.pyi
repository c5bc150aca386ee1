from .figures.write_figures import write_figures as write_figures
from .gis.exports import export_run as export_run
from .gis.formats.geopackage import write_layers as write_layers
from .maps import service_map as service_map, write_maps as write_maps
from .maps.side_by_side_map import (
    ComparisonMap as ComparisonMap,
    comparison_map as comparison_map,
    mapped_in_both as mapped_in_both,
    write_comparison_map as write_comparison_map,
)
from .report import report_begun as report_begun, write_report as write_report
from .summary.summary_json import summary_dict as summary_dict
from .summary.summary_text import summary_text as summary_text
from .tables.comparison_tables import write_comparison as write_comparison
from .tables.notebook_tables import formatted_table as formatted_table
from .tables.workbook import write_tables as write_tables
