"""Findings about the inputs: the records, their collector, the workbook that lists them."""
