"""Personal data of a table: columns dropped, pieces in other cells hidden, and both told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from geoplan.inputs.columns.personal.free_text import (
    HIDDEN,
    NEVER,
    hide_in_text,
    quick_look,
)
from geoplan.inputs.columns.personal.hide_cells import hide_personal
from geoplan.inputs.columns.personal.personal_data import personal_columns
from geoplan.inputs.columns.quick_looks import columns_holding
from geoplan.inputs.columns.roles import headings_called
from geoplan.inputs.files.source import KEEP_ALL
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows.row_table import RowTable

#: cells of one column that are told one by one; more are told together
_BY_ROW = 200
#: roles of columns of shapes: their coordinates may look like anything
_SHAPES = ("wkt",)


@dataclass(frozen=True, kw_only=True, slots=True)
class HiddenCells:
    """What was taken out of a table, to be told once it is known which rows count.

    dropped : headings. cells : heading -> bool per row. kept : headings that the study keeps.
    originals : the columns as they stood, for conditions of the study.
    """

    dropped: tuple[str, ...] = ()
    cells: Mapping[str, np.ndarray] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    originals: pd.DataFrame = field(default_factory=pd.DataFrame)

    def tell(self, keep: np.ndarray, collector: FindingCollector) -> None:
        """Findings about columns, then rows: where something was, and never what.

        keep : bool per row of the table as it was: those that are read.
        """
        for heading in self.dropped:
            collector.about_file("personal", "warning", column=heading)
        for heading in self.kept:
            collector.about_file("personal_kept", "note", column=heading)
        for heading, cells in self.cells.items():
            where = np.flatnonzero(cells[keep])
            if len(where) > _BY_ROW:
                collector.about_rows_together(where, "personal_cells", "warning", column=heading)
                continue
            for position in where:
                at = int(position)
                collector.about_row(at, "personal_cell", "warning", column=heading, heading=heading)


def hide_personal_data(
    table: RowTable, roles: Mapping[str, str], taken: Collection[str], collector: FindingCollector
) -> HiddenCells:
    """Take personal data out of `table`, before anything repeats them.

    Parameters
    ----------
    roles, taken : columns that are needed: what is personal in them is hidden cell by cell.
    """
    keep = collector.source.keep
    every = list(map(str, table.text.columns))
    named_by = {n: headings_called(n, every, table.levels) for n in keep if n != KEEP_ALL}
    for name in (n for n, found in named_by.items() if not found):
        collector.about_file("keep_missing", "warning", heading=name)
    asked = {h for found in named_by.values() for h in found}
    kept = every if KEEP_ALL in keep else [h for h in every if h in asked]
    named = [h for h in every if h not in roles and h not in taken and hide_in_text(h) != h]
    likely = table.seen.value(
        "likely", lambda: columns_holding(table.text, quick_look(), never=NEVER)
    )
    dropped = personal_columns(table.text, keep={*roles, *taken, *kept, *named}, likely=likely)
    told = [h for h in kept if KEEP_ALL not in keep or personal_columns(table.text[[h]])]
    dropped += [h for h in named if h not in kept]
    hidden: dict[str, pd.Series] = {}
    cells: dict[str, np.ndarray] = {}
    for heading in every:
        role = roles.get(heading, "")
        if heading in dropped or heading in kept or heading not in likely:
            continue
        found, where = table.seen.value(
            ("hidden", heading, role in _SHAPES),
            partial(hide_personal, table.text[heading], bare_only=role in _SHAPES),
        )
        if len(where):
            if role == "id":  # several hidden ones are not the same
                found = found.where(found != HIDDEN, "")
            hidden[heading] = found
            cells[heading] = np.zeros(len(found), bool)
            cells[heading][where] = True
    originals = table.text[[h for h in every if h in hidden or h in dropped]]
    table.text = table.text.drop(columns=dropped)
    if hidden:
        table.text = table.text.assign(**hidden)
    return HiddenCells(dropped=tuple(dropped), cells=cells, kept=tuple(told), originals=originals)
