"""The rows of a file as text: which of them count, and what every column of theirs is."""

from geoplan.inputs.rows.opening import open_rows
from geoplan.inputs.rows.row_table import Rows

__all__ = ["Rows", "open_rows"]
