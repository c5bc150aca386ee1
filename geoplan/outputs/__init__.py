"""Outputs: maps, layers, tables, figures and a report whose numbers agree. They compute nothing."""

from geoplan.outputs.layers import write_layers
from geoplan.outputs.maps import service_map, write_maps
from geoplan.outputs.summary import summary_dict, summary_text
from geoplan.outputs.tables import write_tables

__all__ = [
    "service_map",
    "summary_dict",
    "summary_text",
    "write_layers",
    "write_maps",
    "write_tables",
]
