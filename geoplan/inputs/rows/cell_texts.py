"""Cells put in order before anything is read from them: numbers, codes, errors of spreadsheets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.inputs.columns.cell_errors import has_cell_error
from geoplan.inputs.columns.numbers.style import ReadColumn, read_columns
from geoplan.inputs.columns.parse_numbers import is_empty, is_scientific_notation, read_numbers
from geoplan.inputs.columns.quick_looks import SPACES, fullmatch_among, holds
from geoplan.inputs.findings.collector import FindingCollector, heading_for
from geoplan.inputs.findings.finding import Severity
from geoplan.inputs.rows.row_table import RowTable

#: roles whose cells name an area or a row
CODES = ("code", "id", "parent", "district", "street", "village")
#: roles whose cells are text
_TEXTS = (*CODES, "name", "address", "tier", "status", "urban")
_TRIMMED = r"\d+\.0+|\d{1,3}(?:,\d{3})+|(?=[\d\s\u00a0]{8,})\d+(?:[\s\u00a0]\d+)+"
#: what each of these holds: quick to look for
_SEPARATED = f"[.,{SPACES}]"


def plain_numbers(
    table: RowTable,
    kinds: Mapping[str, str],
    collector: FindingCollector,
    *,
    exact: Collection[str] = (),
) -> None:
    """Numbers in plain digits, told once per column: how they were written, and what is doubted.

    Parameters
    ----------
    kinds : heading -> ``count`` or ``metres``.
    exact : headings whose rough numbers (约40) stay as they are written: they are no numbers there.
    """
    found = read_columns(table.text, kinds, table.native)
    for heading in exact:
        column = found.get(heading)
        if column is not None and column.about.any():
            as_written = column.cells.where(~column.about, table.text[heading])
            rough = np.zeros_like(column.about)
            found[heading] = replace(
                column, cells=as_written, about=rough, cleaned=column.cleaned & ~column.about
            )
    table.text = table.text.assign(**{h: column.cells for h, column in found.items()})
    for heading, column in found.items():
        _tell_numbers(heading, column, collector)
    for heading in [h for h, kind in kinds.items() if kind == "count"]:
        for sheet, factor in table.factors.get(heading, {}).items():
            _scale(table, heading, factor, table.sheets == sheet, collector)
    table.bind(collector)


def _tell_numbers(heading: str, column: ReadColumn, collector: FindingCollector) -> None:
    """Findings about one column's numbers, one per kind."""
    doubted, exact = column.undecided, column.cleaned & ~column.undecided & ~column.about
    examples = ", ".join(f"{a} → {b}" for a, b in column.examples.items())
    how, decimal = column.style.how, column.style.decimal
    # 1.234 read as 1234 because the numbers beside are small, or as another column has it
    guessed = how == "file" or (how == "small" and decimal == ",")
    told: tuple[tuple[str, np.ndarray, Severity, bool], ...] = (
        ("numbers_undecided", doubted, "warning", True),
        ("numbers_about", column.about, "warning", True),
        (f"numbers_{how}" if guessed else "numbers_written", exact, "note", guessed),
    )
    for code, mask, severity, assumed in told:
        collector.about_rows_together(
            mask,
            code,
            severity,
            assumed=assumed,
            column=heading,
            examples=examples,
            example=column.style.example,
        )


def _scale(
    table: RowTable, heading: str, factor: int, rows: np.ndarray, collector: FindingCollector
) -> None:
    """People counted in ten thousands, in some `rows`: the heading there says so."""
    values, _ = read_numbers(table.text[heading])
    known = np.isfinite(values) & rows
    scaled = [f"{v:.10g}" for v in np.round(values[known] * factor, 6)]
    cells = table.text[heading].to_numpy(object, copy=True)
    cells[known] = scaled
    table.text = table.text.assign(
        **{heading: pd.Series(cells, index=table.text.index, dtype="str")}
    )
    collector.about_file(
        "unit_factor",
        "note",
        assumed=True,
        column=heading,
        count=int(known.sum()),
        factor=f"{factor:,}",
    )


def clean_texts(table: RowTable, roles: Mapping[str, str], collector: FindingCollector) -> None:
    """Codes as digits, without errors of spreadsheets where text is wanted; told."""
    changed: dict[str, pd.Series] = {}
    for role in _TEXTS:
        heading = heading_for(roles, role)
        if heading is None:
            continue
        cells = table.text[heading]
        wrong = has_cell_error(cells)
        if wrong.any():
            collector.about_rows(wrong, "cell_error", "warning", column=heading, cells=cells)
            cells = cells.where(~wrong, "")
            changed[heading] = cells
        if role in CODES:
            trimmed = _trim_codes(cells, heading, collector)
            if trimmed is not None:
                changed[heading] = trimmed
    if changed:
        table.text = table.text.assign(**changed)
        table.bind(collector)


def _trim_codes(cells: pd.Series, heading: str, collector: FindingCollector) -> pd.Series | None:
    """Codes without the decimals and separators that programs give to numbers: 370102.0."""
    odd = fullmatch_among(cells, holds(cells, _SEPARATED), _TRIMMED)
    if not odd.any():
        return None
    plain = cells.str.replace(r"\.0+$", "", regex=True).str.replace(r"[,\s\u00a0]", "", regex=True)
    first = str(cells[odd].iloc[0])
    collector.about_rows_together(odd, "codes_trimmed", "note", column=heading, value=first)
    return cells.where(~odd, plain)


def report_lost_codes(
    text: pd.DataFrame, roles: Mapping[str, str], collector: FindingCollector
) -> None:
    """Codes that a spreadsheet has turned into powers of ten: their last digits are gone."""
    for role in CODES:
        heading = heading_for(roles, role)
        if heading is None:
            continue
        lost = is_scientific_notation(text[heading])
        collector.about_rows(lost, "lost_code", "warning", column=heading, cells=text[heading])


def count_merged_once(table: RowTable, counts: list[str], collector: FindingCollector) -> None:
    """A number in a cell that is merged over several rows counts in its first row only."""
    for heading in counts:
        copies = table.copies.get(heading)
        if copies is None:
            continue
        cells = table.text[heading]
        again = copies & ~is_empty(cells)
        if not again.any():
            continue
        table.text = table.text.assign(**{heading: cells.where(~again, "0")})
        collector.about_rows_together(
            again, "merged_numbers", "warning", assumed=True, column=heading
        )
    table.bind(collector)
