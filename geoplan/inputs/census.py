"""Census totals spread over places: whole people, every area's total kept (largest remainder)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.files.source import SumTo
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.membership.assign_areas import area_lookup
from geoplan.inputs.rows import Rows, open_rows


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Census:
    """People per area, and what has no area in the layer.

    people : people by area code. homeless : rows without an area in the layer: columns ``name``,
        ``code``, ``people``, ``row`` (position in the table).
    """

    people: pd.Series
    homeless: pd.DataFrame


def read_census(sum_to: SumTo, notes: Notes, layer: AreaLayer) -> Census:
    """The table of `sum_to`, matched to the areas of its level.

    A row that is the sum of the others is skipped and told. Rows that no area of the layer
    matches keep their people.

    Raises
    ------
    InputError
        No such column, or no row matches an area.
    """
    rows = open_rows(sum_to.source, notes, extra=[sum_to.weight])
    cells = rows.text.get(sum_to.weight)
    if cells is None:
        cells = rows.column(sum_to.weight)
    if cells is None:
        raise FileError.of(
            "file_faults.no_census_column",
            weight=sum_to.weight,
            headings=", ".join(map(str, rows.text.columns)),
        )
    people, _ = read_numbers(cells)
    for position in np.flatnonzero(np.isnan(people) | (people < 0)):
        code = "negative_people" if people[position] < 0 else "bad_people"
        notes.about_row(
            int(position),
            code,
            "error",
            column=sum_to.weight,
            value=cells.iloc[position],
            aside=True,
        )
    codes = _codes(rows, layer)
    known = codes.notna().to_numpy()
    used = np.isfinite(people) & (people >= 0)
    _skip_totals(rows, notes, people, known, used)
    homeless = np.flatnonzero(used & ~known).tolist()
    table = pd.DataFrame(
        {
            "name": [_name(rows, p) for p in homeless],
            "code": [_cell(rows, "code", p) for p in homeless],
            "people": people[homeless],
            "row": homeless,
        }
    )
    total = pd.Series(people[used & known]).groupby(codes[used & known].to_numpy()).sum()
    if len(total) == 0:
        raise FileError.of("file_faults.no_census_match", level=layer.level)
    return Census(people=total.round().astype(np.int64), homeless=table)


def _codes(rows: Rows, layer: AreaLayer) -> pd.Series:
    lookup = area_lookup(layer)
    codes = pd.Series(pd.NA, index=rows.text.index, dtype=object)
    for role in ("code", layer.level, "name", "id"):
        cells = rows.column(role)
        if cells is not None:
            found = cells.map({v: lookup.code(v) for v in cells.unique()}).astype(object)
            codes = codes.where(codes.notna(), found)
    return codes.where(codes.notna(), pd.NA)


def _skip_totals(
    rows: Rows, notes: Notes, people: np.ndarray, known: np.ndarray, used: np.ndarray
) -> None:
    """Rows without an area whose people are the sum of all others: the city's own row."""
    for position in np.flatnonzero(used & ~known).tolist():
        others = used.copy()
        others[position] = False
        if others.sum() > 1 and abs(people[others].sum() - people[position]) <= 1:
            used[position] = False
            notes.about_row(
                position,
                "census_total_row",
                "note",
                name=_name(rows, position),
                value=_cell(rows, "code", position),
            )


def _cell(rows: Rows, role: str, position: int) -> str:
    cells = rows.column(role)
    return "" if cells is None else str(cells.iloc[position])


def _name(rows: Rows, position: int) -> str:
    for role in ("name", "district", "street", "village", "code"):
        text = _cell(rows, role, position)
        if text and not is_empty(pd.Series([text]))[0]:
            return text
    return ""
