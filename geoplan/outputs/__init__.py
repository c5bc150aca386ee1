"""Outputs: maps, layers, tables, figures and a report whose numbers agree. They compute nothing."""

from geoplan.outputs.compare import RunComparison, compare_runs
from geoplan.outputs.compare_map import mapped_in_both, write_comparison_map
from geoplan.outputs.exports import export_run
from geoplan.outputs.figures import write_figures
from geoplan.outputs.layers import write_layers
from geoplan.outputs.maps import service_map, write_maps
from geoplan.outputs.privacy import edition
from geoplan.outputs.report import write_report
from geoplan.outputs.summary import summary_dict, summary_text
from geoplan.outputs.tables import write_tables

__all__ = [
    "RunComparison",
    "compare_runs",
    "edition",
    "export_run",
    "mapped_in_both",
    "service_map",
    "summary_dict",
    "summary_text",
    "write_comparison_map",
    "write_figures",
    "write_layers",
    "write_maps",
    "write_report",
    "write_tables",
]
