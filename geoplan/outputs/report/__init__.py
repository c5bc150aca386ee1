"""The report: one structure, written as HTML for the screen and as a document for Word and WPS."""

from geoplan.outputs.report.write import write_report

__all__ = ["write_report"]
