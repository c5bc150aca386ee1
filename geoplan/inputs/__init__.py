"""Inputs: from messy files to checked layers, everything doubted aloud."""

from geoplan.inputs.areas import read_areas
from geoplan.inputs.datum import from_wgs84, to_wgs84
from geoplan.inputs.demand import read_demand
from geoplan.inputs.facilities import read_facilities
from geoplan.inputs.lines import read_lines
from geoplan.inputs.plain import read_plain_table
from geoplan.inputs.source import LayerSource, SumTo
from geoplan.inputs.workbook import write_findings

__all__ = [
    "LayerSource",
    "SumTo",
    "from_wgs84",
    "read_areas",
    "read_demand",
    "read_facilities",
    "read_lines",
    "read_plain_table",
    "to_wgs84",
    "write_findings",
]
