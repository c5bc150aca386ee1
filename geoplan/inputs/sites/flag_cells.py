"""Columns of sites that answer yes or no: designated staff, up to standard, extended."""

from __future__ import annotations

import numpy as np

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.yes_no import answer, says_yes
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import Rows
from geoplan.inputs.sites.rules import words_text

FLAGS = ("designated", "up_to_standard", "extended")


def flag_cells(rows: Rows, role: str) -> np.ndarray | None:
    """Bool per row: its cell says yes; None without such a column."""
    cells = rows.column(role)
    return None if cells is None else says_yes(cells).to_numpy()


def report_flags(rows: Rows, collector: FindingCollector) -> None:
    """Tell of cells that say neither yes nor no: they count as no."""
    for role in FLAGS:
        cells = rows.column(role)
        if cells is None:
            continue
        clear = {text: answer(text) is not None for text in cells.unique()}
        unclear = ~(cells.map(clear).to_numpy(bool) | is_empty(cells))
        collector.about_rows_together(
            unclear,
            "flag_unclear",
            "warning",
            assumed=True,
            column=rows.heading(role),
            words=words_text(cells[unclear]),
        )
