"""The rows of a file as text, with the role of every column, and geometry where the file has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.columns.parse_numbers import is_scientific_notation
from geoplan.inputs.columns.personal_data import hide_personal, personal_columns
from geoplan.inputs.columns.places.detect import place_roles
from geoplan.inputs.columns.roles import (
    columns_by_role,
    find_roles,
    known_roles,
    match_columns,
    normalize,
    total_words,
)
from geoplan.inputs.columns.where import evaluate_where
from geoplan.inputs.files.readers import read_source
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.table import release_memory
from geoplan.inputs.findings.collector import FindingCollector, heading_for

#: characters of the longest word for a total, with spaces and a colon
_LONGEST_TOTAL = 12
#: findings about a file that are no warnings
_NOTES = ("sheets_skipped", "driver_says", "unnamed_columns", "folders_together")
#: findings about rows that are errors
_ERRORS = ("broken_coordinates",)
_REPEATED = re.compile(r".+\.\d+")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """A file's data rows.

    text : all cells as text, columns = headings.
    geometry : of vector files; None for tables.
    roles : heading -> role.
    """

    text: pd.DataFrame
    geometry: gpd.GeoSeries | None
    roles: dict[str, str]

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
class _Table:
    """All sheets of a file as one table, and what its reader found.

    text, geometry : of the rows. rows, sheets : row number and sheet name per row.
    row_findings : code -> bool per row. file_findings : code and values.
    """

    text: pd.DataFrame
    geometry: gpd.GeoSeries | None
    rows: np.ndarray
    sheets: np.ndarray
    row_findings: dict[str, np.ndarray]
    file_findings: list[tuple[str, Mapping[str, Any]]]

    def bind(self, collector: FindingCollector) -> None:
        """Findings are about the rows of this table from now on."""
        collector.bind_rows(self.text, self.rows, self.sheets)

    def keep(self, mask: np.ndarray) -> None:
        """Drop all other rows."""
        if self.geometry is not None:
            self.geometry = self.geometry[mask].reset_index(drop=True)
        self.row_findings = {code: found[mask] for code, found in self.row_findings.items()}
        if not mask.all():
            self.text = self.text[mask].reset_index(drop=True)
            self.rows, self.sheets = self.rows[mask], self.sheets[mask]


def open_rows(
    collector: FindingCollector, *, extra: Iterable[str] = (), figures: bool = False
) -> Rows:
    """The rows of the collector's file, without personal data, totals and rows not asked for.

    Parameters
    ----------
    extra : headings that are wanted for themselves (people columns): never taken for a role.
    figures : True where the study's ``columns`` name figures of its own and not roles.

    Raises
    ------
    FileError
        The file cannot be read at all; the caller makes it a finding.
    """
    source = collector.source
    table = _read_table(source)
    release_memory()
    headings = [str(c) for c in table.text.columns]
    given, missing = match_columns(
        headings, source.columns if figures else columns_by_role(source.columns)
    )
    if missing:
        raise FileError.of(
            "file_faults.columns_missing", missing=", ".join(missing), headings=", ".join(headings)
        )
    taken = {h for h in headings if normalize(h) in {normalize(e) for e in extra}}
    roles = _roles(table.text, given, [h for h in headings if h not in given and h not in taken])
    wanted = np.ones(len(table.text), bool)
    if source.where is not None:
        wanted = evaluate_where(table.text, source.where)
    totals = _is_total(table.text, roles)
    collector.roles = roles
    table.bind(collector)  # as long as totals have a position; a sum of rows is no row of its own
    collector.about_rows(totals, "total_row", "note")
    table.keep(wanted & ~totals)
    table.bind(collector)
    _report(table, roles, given, collector)
    personal = personal_columns(table.text, keep=set(roles) | taken)
    for heading in personal:
        collector.about_file("personal", "warning", column=heading)
    table.text = table.text.drop(columns=personal)
    table.text = _without_personal_numbers(table.text, roles, taken, collector)
    roles = {h: r for h, r in roles.items() if h not in personal}
    collector.roles = roles
    table.bind(collector)
    release_memory()
    return Rows(text=table.text, geometry=table.geometry, roles=roles)


def _report(
    table: _Table, roles: dict[str, str], given: dict[str, str], collector: FindingCollector
) -> None:
    """Findings about the rows, the headings and the codes of a file."""
    for code, mask in table.row_findings.items():
        collector.about_rows(mask, code, "error" if code in _ERRORS else "warning")
    _report_repeated_headings(table.text, roles, given, collector)
    for code, values in table.file_findings:
        collector.about_file(code, "note" if code in _NOTES else "warning", **values)
    _report_lost_codes(table.text, roles, collector)
    if len(table.text) == 0:
        collector.about_file("no_rows", "warning")


def _roles(text: pd.DataFrame, given: dict[str, str], free: list[str]) -> dict[str, str]:
    """Role by heading: as given, then as the headings say, filled columns before empty ones.

    An empty column has a role only where no filled one has it: KML's own Name beside 名称.
    """
    roles = dict(given)
    empty = {h for h in free if not (text[h] != "").any()}
    for some in ([h for h in free if h not in empty], [h for h in free if h in empty]):
        roles |= find_roles(some, wanted=[r for r in known_roles() if r not in roles.values()])
    roles = place_roles(text, roles, fixed=given)
    return {h: roles[h] for h in map(str, text.columns) if h in roles}


def _report_repeated_headings(
    text: pd.DataFrame, roles: dict[str, str], given: dict[str, str], collector: FindingCollector
) -> None:
    """A finding per heading that stands twice over different cells: one of them is used."""
    for heading in map(str, text.columns):
        twin = heading.rpartition(".")[0]
        if heading in given or twin not in roles or not _REPEATED.fullmatch(heading):
            continue
        if ((text[heading] != text[twin]) & (text[heading] != "")).any():
            collector.about_file("same_heading", "warning", column=twin)


def _read_table(source: LayerSource) -> _Table:
    """The sheets of a file one below the other."""
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
    codes = dict.fromkeys(code for t in tables for code in t.row_findings)
    row_findings = {
        code: np.concatenate([t.row_findings.get(code, np.zeros(len(t), bool)) for t in tables])
        for code in codes
    }
    file_findings = [finding for t in tables for finding in t.file_findings]
    unnamed = sum(t.unnamed for t in tables)
    if unnamed:
        file_findings.append(("unnamed_columns", {"count": unnamed}))
    return _Table(
        text=text,
        geometry=geometry,
        rows=rows,
        sheets=sheets,
        row_findings=row_findings,
        file_findings=file_findings,
    )


def _is_total(text: pd.DataFrame, roles: dict[str, str]) -> np.ndarray:
    """Rows that sum up others: 合计, 小计 and their like as the name or the first filled cell."""
    words = total_words()
    # few cells hold a letter that such a word begins with: only those are looked at closely
    letters = "".join(sorted({c for word in words for c in (word[0], word[0].upper())}))
    wide = "".join(chr(ord(c) + 0xFEE0) for c in letters if c.isascii())
    mask = np.zeros(len(text), bool)
    name = heading_for(roles, "name")
    for heading in {name or text.columns[0], text.columns[0]} if text.shape[1] else ():
        cells = text[heading]
        likely = (cells.str.len() <= _LONGEST_TOTAL) & cells.str.contains(f"[{letters}{wide}]")
        short = np.flatnonzero(likely.to_numpy(bool))
        mask[short] |= cells.iloc[short].map(normalize).isin(words).to_numpy(bool)
    return mask


def _without_personal_numbers(
    text: pd.DataFrame, roles: dict[str, str], taken: set[str], collector: FindingCollector
) -> pd.DataFrame:
    """`text` with mobile and identity numbers in remarks, names and addresses hidden."""
    hidden = {}
    for heading in map(str, text.columns):
        if heading in taken or roles.get(heading, "name") not in ("name", "address", "status"):
            continue
        cells, where = hide_personal(text[heading])
        if len(where):
            hidden[heading] = cells
            collector.about_file(
                "personal_cells",
                "warning",
                column=heading,
                count=f"{len(where):,}",
                lines=collector.row_numbers(where),
            )
    return text.assign(**hidden) if hidden else text


def _report_lost_codes(
    text: pd.DataFrame, roles: dict[str, str], collector: FindingCollector
) -> None:
    """Codes that a spreadsheet has turned into powers of ten: their last digits are gone."""
    for role in ("code", "id", "parent", "district", "street", "village"):
        heading = heading_for(roles, role)
        if heading is None:
            continue
        lost = is_scientific_notation(text[heading])
        collector.about_rows(lost, "lost_code", "warning", column=heading, cells=text[heading])
