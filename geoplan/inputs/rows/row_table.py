"""The rows of a file as text, with the role of every column, and geometry where the file has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.inputs.columns.numbers.column_units import unit_factor
from geoplan.inputs.files.read_once import ReadOnce
from geoplan.inputs.files.readers import read_source
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.table import RawTable
from geoplan.inputs.findings.collector import LARGE_TABLE, FindingCollector, heading_for


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """A file's data rows.

    text : all cells as text, columns = headings.
    geometry : of vector files; None for tables.
    roles : heading -> role.
    levels : texts of the rows of a heading that takes several.
    """

    text: pd.DataFrame
    geometry: gpd.GeoSeries | None
    roles: dict[str, str]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.text)

    def column(self, role: str) -> pd.Series | None:
        """The cells of the column taken for `role`, or None."""
        heading = heading_for(self.roles, role)
        return None if heading is None else self.text[heading]

    def heading(self, role: str) -> str:
        """The heading taken for `role`, or ""."""
        return heading_for(self.roles, role) or ""

    @property
    def names(self) -> pd.Series:
        """The cells of the name column, "" everywhere where there is none."""
        name = self.column("name")
        return pd.Series("", index=self.text.index, dtype=object) if name is None else name

    def only(self, *roles: str) -> Rows:
        """The same rows with the columns of `roles` and without geometry."""
        kept = {heading: role for heading, role in self.roles.items() if role in roles}
        return Rows(text=self.text[list(kept)], geometry=None, roles=kept)


@dataclass(kw_only=True, slots=True, eq=False)
class RowTable:
    """All sheets of a file as one table, and what its reader found.

    text, geometry : of the rows. rows, sheets : row number and sheet name per row.
    row_findings : code -> bool per row. file_findings : code and values.
    levels, above : see `RawTable`. factors : what its numbers are to be multiplied by (as its
        unit is ten thousand people) by heading and sheet, where that is not 1.
    native, copies : heading -> bool per row, see `RawTable`. hidden, folded : bool per row.
    seen : what was found in the cells as they stand in the file, for all that read it.
    """

    text: pd.DataFrame
    geometry: gpd.GeoSeries | None
    rows: np.ndarray
    sheets: np.ndarray
    row_findings: dict[str, np.ndarray]
    file_findings: list[tuple[str, Mapping[str, Any]]]
    levels: Mapping[str, tuple[str, ...]]
    above: tuple[str, ...]
    factors: Mapping[str, Mapping[str, int]]
    native: dict[str, np.ndarray]
    copies: dict[str, np.ndarray]
    hidden: np.ndarray
    folded: np.ndarray
    seen: ReadOnce = field(default_factory=ReadOnce)

    def bind(self, collector: FindingCollector) -> None:
        """Findings are about the rows of this table from now on."""
        collector.bind_rows(self.text, self.rows, self.sheets)

    def copy(self) -> RowTable:
        """The same table, to be changed without changing this one."""
        own: dict[str, Any] = {
            name: {key: found.copy() for key, found in getattr(self, name).items()}
            for name in ("row_findings", "native", "copies")
        }
        own |= {name: getattr(self, name).copy() for name in ("rows", "hidden", "folded")}
        text, told = self.text.copy(deep=False), [*self.file_findings]
        return replace(self, text=text, file_findings=told, **own)

    def keep(self, mask: np.ndarray) -> None:
        """Drop all other rows."""
        if self.geometry is not None:
            self.geometry = self.geometry[mask].reset_index(drop=True)
        for flags in (self.row_findings, self.native):
            for key, found in list(flags.items()):
                flags[key] = found[mask]
        for heading, copy in list(self.copies.items()):
            cell = np.cumsum(~copy)[mask]  # where a merged cell's first row is gone, the next leads
            self.copies[heading] = copy[mask] & (np.diff(cell, prepend=-1) == 0)
        if not mask.all():
            self.text = self.text[mask].reset_index(drop=True)
            self.rows, self.sheets = self.rows[mask], self.sheets[mask]
            self.hidden, self.folded = self.hidden[mask], self.folded[mask]


def read_table(source: LayerSource) -> RowTable:
    """The sheets of a file one below the other; read once for all layers that share their reading.

    A table with geometry, or a large one, is read each time: its memory is worth more.
    """
    table = source.reads.value(
        ("table", source.cells),
        lambda: _read(source),
        keep=lambda found: found.geometry is None and len(found.text) < LARGE_TABLE,
    )
    return table if table.geometry is not None else table.copy()


def _read(source: LayerSource) -> RowTable:
    tables, geometry = read_source(source)
    rows, sheets = (
        tables[0].rows,
        np.broadcast_to(np.array(tables[0].sheet, object), len(tables[0])),
    )
    text = tables[0].frame
    if len(tables) > 1:
        rows = np.concatenate([t.rows for t in tables])
        sheets = np.concatenate([np.full(len(t), t.sheet, object) for t in tables])
        text = pd.concat([t.frame for t in tables], ignore_index=True).fillna("")
    file_findings = [finding for t in tables for finding in t.file_findings]
    unnamed = sum(t.unnamed for t in tables)
    if unnamed:
        file_findings.append(("unnamed_columns", {"count": unnamed}))
    return RowTable(
        text=text,
        geometry=geometry,
        rows=rows,
        sheets=sheets,
        row_findings=_flags(tables, [t.row_findings for t in tables]),
        file_findings=file_findings,
        levels={h: parts for t in tables for h, parts in t.levels.items()},
        above=tuple(line for t in tables for line in t.above),
        factors=_factors(tables),
        native=_flags(tables, [t.native for t in tables]),
        copies=_flags(tables, [t.copies for t in tables]),
        hidden=np.concatenate([_or_none(t, t.hidden) for t in tables]),
        folded=np.concatenate([_or_none(t, t.folded) for t in tables]),
    )


def _factors(tables: list[RawTable]) -> dict[str, dict[str, int]]:
    """The factors of all columns' units, by heading and sheet: each sheet says its own."""
    found: dict[str, dict[str, int]] = {}
    for t in tables:
        for h in map(str, t.frame.columns):
            factor = unit_factor(h, t.levels.get(h, ()), t.above, below=t.units.get(h, ""))
            if factor != 1:
                found.setdefault(h, {})[t.sheet] = factor
    return found


def _or_none(table: RawTable, flags: np.ndarray | None) -> np.ndarray:
    return np.zeros(len(table), bool) if flags is None else flags


def _flags(tables: list[RawTable], flags: list[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Bool per row of all tables, by key."""
    keys = dict.fromkeys(key for one in flags for key in one)
    return {
        key: np.concatenate(
            [_or_none(t, one.get(key)) for t, one in zip(tables, flags, strict=True)]
        )
        for key in keys
    }
