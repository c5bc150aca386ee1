"""Capacities of sites: known, unlimited where the file says so, unknown otherwise.

Unknown is neither zero nor unlimited: it stays NaN, is named by row, and is told once for the
file, unless the study gives a default.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.inputs.columns.cell_errors import has_cell_error
from geoplan.inputs.columns.numbers.stand_ins import people_stand_ins
from geoplan.inputs.columns.numbers.written import parse_written
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.columns.status import plain_words, status_table
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Severity
from geoplan.inputs.rows import Rows
from geoplan.inputs.sites.rules import SiteRules
from geoplan.tolerances import MOST_CAPACITY

#: smaller numbers are capacities, however they stand out
_LEAST_STAND_IN = 900.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Capacities:
    """Capacity per row, and whether it was assumed.

    values : NaN = not known, inf = no limit.
    assumed : bool per row: the study's default.
    """

    values: np.ndarray
    assumed: np.ndarray


def read_capacities(
    rows: Rows, collector: FindingCollector, rules: SiteRules, *, asked: np.ndarray
) -> Capacities:
    """The capacity of every site.

    Parameters
    ----------
    rows, collector : of one file.
    rules : the default, and whether who is served depends on capacities.
    asked : bool per row: an open site, whose capacity matters.
    """
    values = number_cells(rows, collector, "capacity", doubt=_doubt(rules), asked=asked)
    unknown = np.isnan(values) & asked
    none = np.zeros(len(values), bool)
    if rules.capacity_default is not None:
        nursing = number_cells(rows, None, "nursing_capacity")
        filled = np.isnan(values)
        # a home has no fewer places than nursing places
        values[filled] = np.fmax(rules.capacity_default, nursing[filled])
        _tell(collector, "capacity_default_used", "note", unknown, rules)
        return Capacities(values=values, assumed=filled)
    if rules.capacity_limits:
        _tell(collector, "capacity_unknown", "warning", unknown, rules)
    elif np.isfinite(values[asked]).any():
        _tell(collector, "capacity_partly_known", "note", unknown, rules)
    return Capacities(values=values, assumed=none)


def number_cells(
    rows: Rows,
    collector: FindingCollector | None,
    role: str,
    *,
    doubt: Severity = "note",
    asked: np.ndarray | None = None,
) -> np.ndarray:
    """Capacities in the column of `role`: NaN where unknown, inf where said to be unlimited.

    Parameters
    ----------
    rows, collector : of one file; None = nothing is told.
    doubt : how grave an empty cell of a row that is `asked` is.
    """
    cells, column = rows.column(role), rows.heading(role)
    if cells is None:
        return np.full(len(rows), np.nan)
    values, cleaned = read_numbers(cells)
    vague = _is_rough(cells, cleaned)
    wrong = has_cell_error(cells)
    endless = _is_unlimited(cells) & np.isnan(values)
    absurd = values > MOST_CAPACITY
    blank = is_empty(cells) & ~wrong & (True if asked is None else asked)
    text = np.isnan(values) & ~is_empty(cells) & ~wrong & ~endless
    negative = values < 0
    stand_in = people_stand_ins(values, least=_LEAST_STAND_IN) & ~absurd
    usable = ~(vague | absurd | negative | stand_in)
    if collector is not None:
        # where hardly any is filled, the file's own finding says so
        rare = int(blank.sum()) <= int(np.isfinite(values).sum())
        by_row = rare or doubt == "warning"
        told: tuple[tuple[str, Severity, np.ndarray], ...] = (
            ("capacity_error", "warning", wrong),
            ("capacity_blank", doubt, blank & by_row),
            ("bad_capacity", "warning", text),
            ("vague_capacity", "warning", vague),
            ("absurd_capacity", "warning", absurd),
            ("stand_in_capacity", "warning", stand_in),
            ("negative_capacity", "error", negative),
            ("capacity_unlimited", "note", endless),
            ("read_as_number", "warning", cleaned & usable),
        )
        for code, severity, mask in told:
            collector.about_rows(mask, code, severity, column=column, cells=cells)
    return np.where(endless, np.inf, np.where(usable, values, np.nan))


def plain_numbers(cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of cells (NaN where there is none), and bool per cell: it is a rough one.

    Examples
    --------
    >>> values, vague = plain_numbers(pd.Series(["40", "约40", "", "#REF!"]))
    >>> values.tolist(), vague.tolist()
    ([40.0, 40.0, nan, nan], [False, True, False, False])
    """
    values, cleaned = read_numbers(cells)
    return values, _is_rough(cells, cleaned)


def _is_rough(cells: pd.Series, cleaned: np.ndarray) -> np.ndarray:
    """Bool per cell: a rough number, as only cells are that were cleaned."""
    vague = np.zeros(len(cells), bool)
    for k in np.flatnonzero(cleaned):
        written = parse_written(str(cells.iloc[k]))
        vague[k] = written is not None and written.about
    return vague


def _doubt(rules: SiteRules) -> Severity:
    return "warning" if rules.capacity_limits and rules.capacity_default is None else "note"


def _tell(
    collector: FindingCollector,
    code: str,
    severity: Severity,
    unknown: np.ndarray,
    rules: SiteRules,
) -> None:
    default = "" if rules.capacity_default is None else f"{rules.capacity_default:g}"
    collector.about_rows_together(unknown, code, severity, assumed=True, default=default)


def _is_unlimited(cells: pd.Series) -> np.ndarray:
    known = {plain_words(word) for word in status_table()["capacity"]["unlimited"]}
    signs = set(status_table()["capacity"]["signs"])
    said = {text: plain_words(text) in known or text.strip() in signs for text in cells.unique()}
    return cells.map(said).to_numpy(bool)
