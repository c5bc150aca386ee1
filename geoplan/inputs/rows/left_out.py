"""Rows of a file that are no rows of data: hidden ones, sums of others, examples of a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.columns.totals.sum_rows import SumRows, find_sum_rows
from geoplan.inputs.columns.totals.total_names import is_part_name, total_names
from geoplan.inputs.findings.collector import FindingCollector, heading_for
from geoplan.inputs.findings.finding import Severity
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.rows.no_data import no_data_rows
from geoplan.inputs.rows.part_rows import parts_not_sums, rows_after_parts
from geoplan.inputs.rows.row_table import RowTable
from geoplan.words.text_format import distinct_texts

#: roles of cells that rows of data fill, and sums leave empty
_OWN = ("lon", "lat", "x", "y", "wkt", "lonlat", "code", "id")
_PLACE = ("lon", "lat", "x", "y", "wkt", "lonlat")
_LEVELS = ("district", "street", "village")
#: a column that is filled on so many rows tells the others apart
_FILLED = 0.8
#: so few rows of a table may be areas of a level, else the table is one of that level
_FEW = 0.5
#: tables in which further columns of numbers are looked at, and how many
_FURTHER_ROWS, _FURTHER = 50_000, 6
_EXAMPLE = ("示例", "样例", "範例", "范例", "Example of ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What of a table is counted.

    roles : heading -> role. counts : headings of people or capacity, the first leads.
    areas : of the study, by level. people : whether the rows are places of people, so that sums
        among them are looked for.
    """

    roles: Mapping[str, str]
    counts: Sequence[str]
    areas: Mapping[str, AreaLayer]
    people: bool

    def number(self, table: RowTable, mask: np.ndarray) -> str:
        """The people in the rows of `mask`; a dash where nothing is counted."""
        if not self.counts:
            return "–"
        values, _ = read_numbers(table.text[self.counts[0]][mask])
        return f"{np.nansum(np.where(values > 0, values, 0.0)):,.0f}"


def leave_out(table: RowTable, counted: Counted, collector: FindingCollector) -> np.ndarray:
    """Bool per row: it is a row of data. What is left out is told."""
    _report_hidden(table, counted, collector)
    printed = no_data_rows(table.text, table.above) & ~table.hidden
    if table.geometry is not None:
        printed &= (table.geometry.isna() | table.geometry.is_empty).to_numpy(bool)
    collector.about_rows_together(printed, "no_data_rows", "note")
    keep = ~table.hidden & ~printed
    by_name = _named_totals(table, counted) & keep
    collector.about_rows(by_name, "total_row", "note")
    goes_on, may_go_on = _after_parts(table, counted, by_name)
    keep &= ~by_name & ~goes_on
    sums, parts = parts_not_sums(_sums(table, counted, keep), bare=_bare(table, counted.roles))
    parts |= goes_on
    sums.likely[may_go_on & ~sums.sure & ~parts] = True
    collector.about_rows(parts, "part_row", "note")
    for position in np.flatnonzero(sums.sure):
        collector.about_row(
            int(position),
            "sum_row",
            "note",
            column=counted.counts[0],
            value=table.text[counted.counts[0]].iloc[position],
            first=int(table.rows[sums.first[position]]),
            last=int(table.rows[sums.last[position]]),
        )
    collector.about_rows(sums.likely, "likely_total", "warning")
    if counted.people:
        _report_totals(table, counted, collector, by_name | sums.sure | parts, sums.likely)
    keep &= ~sums.sure & ~parts
    return keep & ~_examples(table, counted, keep, collector)


def _report_hidden(table: RowTable, counted: Counted, collector: FindingCollector) -> None:
    told: tuple[tuple[str, np.ndarray, Severity], ...] = (
        ("hidden_rows", table.hidden, "warning"),
        ("folded_rows", table.folded & ~table.hidden, "note"),
    )
    _tell(told, table, counted, collector)


def _tell(
    told: Sequence[tuple[str, np.ndarray, Severity]],
    table: RowTable,
    counted: Counted,
    collector: FindingCollector,
) -> None:
    """A finding for each kind of rows that there are any of."""
    for code, mask, severity in told:
        people = counted.number(table, mask)
        collector.about_rows_together(mask, code, severity, assumed=True, people=people)


def _report_totals(
    table: RowTable,
    counted: Counted,
    collector: FindingCollector,
    sure: np.ndarray,
    likely: np.ndarray,
) -> None:
    told: tuple[tuple[str, np.ndarray, Severity], ...] = (
        ("totals_left_out", sure, "note"),
        ("likely_totals", likely, "warning"),
    )
    _tell(told, table, counted, collector)


def _cells(table: RowTable, roles: Mapping[str, str], role: str) -> pd.Series | None:
    heading = heading_for(roles, role)
    return None if heading is None else table.text[heading]


def _placed(table: RowTable, roles: Mapping[str, str]) -> np.ndarray:
    """Bool per row: it has a location of its own."""
    placed = np.zeros(len(table.text), bool)
    if table.geometry is not None:
        shapes = table.geometry.to_numpy()  # geopandas' own notna warns of empty ones
        placed |= ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    for role in _PLACE:
        cells = _cells(table, roles, role)
        if cells is not None:
            placed |= ~is_empty(cells)
    return placed


def _bare(table: RowTable, roles: Mapping[str, str]) -> np.ndarray:
    """Bool per row: neither location nor code."""
    bare = ~_placed(table, roles)
    own = ("code", "id") if heading_for(roles, "name") is None else ("code", "id", "village")
    for role in own:
        cells = _cells(table, roles, role)
        if cells is not None:
            bare &= is_empty(cells)
    return bare


def _after_parts(
    table: RowTable, counted: Counted, by_name: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows behind one called 其中：男 that are parts as well, certainly and probably."""
    none = np.zeros(len(by_name), bool)
    if not counted.people or not counted.counts or not by_name.any():
        return none, none
    people = _positive(table.text[counted.counts[0]])
    name = heading_for(counted.roles, "name") or str(table.text.columns[0])
    part = by_name & table.text[name].map(is_part_name).to_numpy(bool)
    return rows_after_parts(people, part=part, bare=_bare(table, counted.roles))


def _apart(table: RowTable, roles: Mapping[str, str], keep: np.ndarray) -> np.ndarray:
    """Bool per row: it leaves a cell empty that nearly all rows fill."""
    apart = np.zeros(len(table.text), bool)
    for role in _OWN:
        cells = _cells(table, roles, role)
        if cells is None or not keep.any():
            continue
        empty = is_empty(cells)
        if (~empty[keep]).mean() >= _FILLED:
            apart |= empty
    return apart


def _named_totals(table: RowTable, counted: Counted) -> np.ndarray:
    """Rows whose name, or first cell, or area where the name is empty, says that they are sums."""
    text, roles = table.text, counted.roles
    sure = np.zeros(len(text), bool)
    if not text.shape[1]:
        return sure
    name = heading_for(roles, "name")
    first = str(text.columns[0])
    nameless = np.ones(len(text), bool) if name is None else is_empty(text[name])
    levels = [heading_for(roles, role) for role in _LEVELS]
    for heading in dict.fromkeys([name or first, first, *filter(None, levels)]):
        kinds = total_names(text[heading])
        if not (kinds != "").any():
            continue
        said, likely = kinds == "sure", kinds == "likely"
        if counted.people and likely.any():
            said |= likely & ~_placed(table, roles)
        sure |= said if heading in (name, first) else said & nameless
    return sure


def _sums(table: RowTable, counted: Counted, keep: np.ndarray) -> SumRows:
    """Rows that equal sums of rows next to them, in positions of the whole table."""
    n = len(table.text)
    none = np.zeros(n, bool)
    empty = SumRows(sure=none, likely=none.copy(), first=np.full(n, -1), last=np.full(n, -1))
    at = np.flatnonzero(keep)
    if not counted.counts or not counted.people or len(at) < 3:
        return empty
    values = np.column_stack(_numbers(table, counted, at))
    apart = _apart(table, counted.roles, keep)
    marked = _area_rows(table, counted, keep)
    found = find_sum_rows(
        values,
        nameless=_nameless(table, counted.roles)[at] & ~_placed(table, counted.roles)[at],
        apart=apart[at],
        marked=marked[at],
    )
    sure, likely = none.copy(), none.copy()
    first, last = np.full(n, -1), np.full(n, -1)
    sure[at], likely[at] = found.sure, found.likely
    hit = found.first >= 0
    first[at[hit]], last[at[hit]] = at[found.first[hit]], at[found.last[hit]]
    # named after an area of a coarser level, and nowhere: most likely the area's own total
    likely |= marked & apart & keep & ~sure
    return SumRows(sure=sure, likely=likely & ~sure, first=first, last=last)


def _numbers(table: RowTable, counted: Counted, at: np.ndarray) -> list[np.ndarray]:
    """The people of the rows `at`, then further columns of numbers."""
    columns = [_positive(table.text[h].iloc[at]) for h in counted.counts]
    if len(at) > _FURTHER_ROWS:
        return columns
    for heading in map(str, table.text.columns):
        if len(columns) >= _FURTHER:
            break
        if heading in counted.counts or heading in counted.roles:
            continue
        values = _positive(table.text[heading].iloc[at])
        if np.isfinite(values).mean() >= _FILLED:
            columns.append(values)
    return columns


def _positive(cells: pd.Series) -> np.ndarray:
    values, _ = read_numbers(cells)
    return np.where(values >= 0, values, np.nan)


def _nameless(table: RowTable, roles: Mapping[str, str]) -> np.ndarray:
    """Bool per row: no name, id, code or area."""
    nameless = np.ones(len(table.text), bool)
    for role in ("name", "id", "code", "address", *_LEVELS):
        cells = _cells(table, roles, role)
        if cells is not None:
            nameless &= is_empty(cells)
    # where many rows have no name, having none says nothing
    return nameless & (nameless.mean() < 1 - _FILLED)


def _area_rows(table: RowTable, counted: Counted, keep: np.ndarray) -> np.ndarray:
    """Bool per row: it has the name or code of an area, in a table of finer ones."""
    n = len(table.text)
    marked = np.zeros(n, bool)
    columns = {role: _cells(table, counted.roles, role) for role in ("name", "code", "id")}
    first = table.text.iloc[:, 0]
    own = {str(cells.name): cells for cells in (*columns.values(), first) if cells is not None}
    texts = {heading: distinct_texts(cells) for heading, cells in own.items()}
    forms = {heading: {*some, *map(normalize, some)} for heading, some in texts.items()}
    for layer in counted.areas.values():
        names = _codes_by_name(layer)
        code = np.full(n, "", object)
        for heading, cells in own.items():
            if names.keys().isdisjoint(forms[heading]):
                continue
            meant = {v: names.get(str(v)) or names.get(normalize(v)) for v in texts[heading]}
            if any(meant.values()):
                found = cells.map(meant)
                known = (code == "") & found.notna().to_numpy(bool)
                code = np.where(known, found.to_numpy(object), code)
        named = (code != "") & keep
        if not named.any() or named.sum() > _FEW * keep.sum():
            continue
        marked |= named
    return marked | (_only_area(table, counted.roles) & keep)


@lru_cache(maxsize=8)  # layers are never written to
def _codes_by_name(layer: AreaLayer) -> dict[str, str]:
    names = {normalize(name): str(code) for code, name in layer.frame["name"].items()}
    return names | {str(code): str(code) for code in layer.frame.index}


def _only_area(table: RowTable, roles: Mapping[str, str]) -> np.ndarray:
    """Bool per row: it fills the column of an area, but not its name, as nearly all others do."""
    none = np.zeros(len(table.text), bool)
    name = _cells(table, roles, "name")
    if name is None or is_empty(name).mean() > 1 - _FILLED:
        return none
    levels = [cells for role in _LEVELS if (cells := _cells(table, roles, role)) is not None]
    filled = [~is_empty(cells) for cells in levels]
    return is_empty(name) & _bare(table, roles) & np.logical_or.reduce([none, *filled])


def _examples(
    table: RowTable, counted: Counted, keep: np.ndarray, collector: FindingCollector
) -> np.ndarray:
    """Rows left over from a template; they stay where the table holds nothing else."""
    name = _cells(table, counted.roles, "name")
    none = np.zeros(len(table.text), bool)
    if name is None:
        return none
    found = name.str.startswith(_EXAMPLE).to_numpy(bool) & keep
    alone = found.sum() == keep.sum()
    code = "only_examples" if alone else "example_rows"
    collector.about_rows_together(found, code, "warning", assumed=True)
    return none if alone else found
