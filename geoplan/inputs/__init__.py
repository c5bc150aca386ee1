"""Inputs: from messy files to checked layers, everything doubted aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.lazy import lazy_names

if TYPE_CHECKING:
    from geoplan.inputs.areas import read_areas
    from geoplan.inputs.datum import from_wgs84, to_wgs84
    from geoplan.inputs.demand import read_demand
    from geoplan.inputs.facilities import read_facilities
    from geoplan.inputs.geocode import geocode_missing
    from geoplan.inputs.lines import read_lines
    from geoplan.inputs.plain import read_plain_table
    from geoplan.inputs.source import LayerSource, SumTo
    from geoplan.inputs.streets import Streets
    from geoplan.inputs.workbook import write_findings

__all__ = [
    "LayerSource",
    "Streets",
    "SumTo",
    "from_wgs84",
    "geocode_missing",
    "read_areas",
    "read_demand",
    "read_facilities",
    "read_lines",
    "read_plain_table",
    "to_wgs84",
    "write_findings",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "LayerSource": "source",
        "Streets": "streets",
        "SumTo": "source",
        "from_wgs84": "datum",
        "geocode_missing": "geocode",
        "read_areas": "areas",
        "read_demand": "demand",
        "read_facilities": "facilities",
        "read_lines": "lines",
        "read_plain_table": "plain",
        "to_wgs84": "datum",
        "write_findings": "workbook",
    },
)
