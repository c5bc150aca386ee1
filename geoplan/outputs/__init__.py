"""Outputs: maps, layers, tables, figures and a report whose numbers agree. They compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.lazy import lazy_names

if TYPE_CHECKING:
    from geoplan.outputs.compare import RunComparison, compare_runs
    from geoplan.outputs.compare_map import (
        ComparisonMap,
        comparison_map,
        mapped_in_both,
        write_comparison_map,
    )
    from geoplan.outputs.exports import export_run
    from geoplan.outputs.figures import write_figures
    from geoplan.outputs.geopackage import write_layers
    from geoplan.outputs.maps import service_map, write_maps
    from geoplan.outputs.privacy import edition
    from geoplan.outputs.reading import reading_table
    from geoplan.outputs.report import write_report
    from geoplan.outputs.summary import summary_dict, summary_text
    from geoplan.outputs.workbook import write_tables

__all__ = [
    "ComparisonMap",
    "RunComparison",
    "compare_runs",
    "comparison_map",
    "edition",
    "export_run",
    "mapped_in_both",
    "reading_table",
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

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "RunComparison": "compare",
        "ComparisonMap": "compare_map",
        "compare_runs": "compare",
        "comparison_map": "compare_map",
        "edition": "privacy",
        "export_run": "exports",
        "mapped_in_both": "compare_map",
        "reading_table": "reading",
        "service_map": "maps",
        "summary_dict": "summary",
        "summary_text": "summary",
        "write_comparison_map": "compare_map",
        "write_figures": "figures",
        "write_layers": "geopackage",
        "write_maps": "maps",
        "write_report": "report",
        "write_tables": "workbook",
    },
)
