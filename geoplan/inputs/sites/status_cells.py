"""Which sites serve people today, by everything that a file says about it.

A site that any column calls closed or not yet open does not serve. What is not understood counts
as open, and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.status.dates import is_without_end, read_days
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Severity
from geoplan.inputs.rows import Rows
from geoplan.inputs.sites.rules import SiteRules, words_text
from geoplan.inputs.sites.status_columns import StatusColumn, date_columns, status_columns


@dataclass(kw_only=True, slots=True, eq=False)
class _Sites:
    """What is found about the rows of one file.

    idle : does not serve. stated : a cell says plainly that it is open.
    blank : a cell that should say something is empty. unread : a cell is not understood.
    partly : only its first words are understood. judged : there is anything to go by.
    """

    collector: FindingCollector
    idle: np.ndarray
    stated: np.ndarray
    blank: np.ndarray
    unread: np.ndarray
    partly: np.ndarray
    judged: bool = False

    @classmethod
    def of(cls, collector: FindingCollector, count: int) -> _Sites:
        """Nothing is known of `count` rows yet."""
        idle, stated, blank, unread, partly = np.zeros((5, count), bool)
        return cls(
            collector=collector,
            idle=idle,
            stated=stated,
            blank=blank,
            unread=unread,
            partly=partly,
        )

    def tell(
        self,
        code: str,
        severity: Severity,
        positions: np.ndarray,
        *,
        assumed: bool = False,
        **values: object,
    ) -> None:
        """One finding about the rows at `positions`; none where there are none."""
        self.collector.about_rows_together(positions, code, severity, assumed=assumed, **values)


def serving_sites(
    rows: Rows, collector: FindingCollector, rules: SiteRules, *, exempt: np.ndarray
) -> np.ndarray | None:
    """Bool per row: it serves people today; None where no column is about that.

    Parameters
    ----------
    rows, collector : of one file.
    rules : known words, and the day that dates are compared with.
    exempt : bool per row: it is no site (it names staff): nothing about it is doubted.
    """
    found = _Sites.of(collector, len(rows))
    for column in status_columns(rows, rules.words):
        _heed(column, rows, found, exempt)
    today = read_days(rules.data_date)
    _closing_dates(rows, found, None if today is None else today[1])
    _opening_dates(rows, found, None if today is None else today[1])
    if not found.judged:
        return None
    idle = found.idle
    conflict = np.flatnonzero(idle & found.stated)
    found.tell("status_conflict", "warning", conflict, assumed=True)
    found.tell("status_unread", "warning", np.flatnonzero(found.unread & ~idle), assumed=True)
    found.tell("status_partly_read", "warning", np.flatnonzero(found.partly), assumed=True)
    blank = found.blank & ~idle & ~found.stated & ~exempt
    # where only closed sites have a status, an empty cell says open
    found.tell("status_blank", "note", np.flatnonzero(blank), assumed=bool(found.stated.any()))
    return np.asarray(~idle)


def _heed(column: StatusColumn, rows: Rows, found: _Sites, exempt: np.ndarray) -> None:
    """Take over what one column says."""
    cells, heading = column.cells, column.heading
    out = column.rows(sure=True, serves=False)
    if column.kind in ("status", "is_open", "is_closed"):
        found.judged = True
    found.judged = found.judged or bool(len(out))
    found.idle[out] = True
    found.stated[column.rows(sure=True, serves=True)] = True
    found.blank |= column.blank
    found.tell("not_serving", "note", out, column=heading, words=words_text(cells.iloc[out]))
    for code, serves, where in (
        ("status_unread_word", True, found.unread),
        ("status_partly_read_word", False, found.partly),
    ):
        doubted = column.rows(sure=False, serves=serves)
        doubted = doubted[~exempt[doubted]]
        where[doubted] = True
        if not serves:
            found.idle[doubted] = True
        found.tell(code, "warning", doubted, column=heading, words=words_text(cells.iloc[doubted]))
        mask = np.zeros(len(rows), bool)
        mask[doubted] = True
        found.collector.about_rows(mask, f"{code}_row", "warning", column=heading, cells=cells)


def _closing_dates(rows: Rows, found: _Sites, today: date | None) -> None:
    """Sites that were closed on or before `today`; on any day where none is given."""
    for heading in date_columns(rows, "closed_on"):
        cells = rows.text[heading]
        filled = np.flatnonzero(~is_empty(cells) & ~cells.map(is_without_end).to_numpy(bool))
        days = [read_days(cells.iloc[k]) for k in filled]
        read = [(k, span) for k, span in zip(filled, days, strict=True) if span is not None]
        found.judged = found.judged or bool(read)
        if today is None:
            past = _at(k for k, _ in read)
            found.tell("closing_dates_taken", "warning", past, assumed=True, column=heading)
        else:
            past = _at(k for k, span in read if span[1] <= today)
            found.tell("closed_by_date", "note", past, column=heading, date=str(today))
            open_end = _at(k for k, span in read if span[0] <= today < span[1])
            found.tell("date_unclear", "warning", open_end, assumed=True, column=heading)
        found.idle[past] = True
        _unread_dates(found, heading, filled, days)


def _opening_dates(rows: Rows, found: _Sites, today: date | None) -> None:
    """Sites that open after `today`; where no day is given all count as opened."""
    for heading in date_columns(rows, "opened_on"):
        cells = rows.text[heading]
        filled = np.flatnonzero(~is_empty(cells))
        days = [read_days(cells.iloc[k]) for k in filled]
        read = [(k, span) for k, span in zip(filled, days, strict=True) if span is not None]
        if today is None:
            silent = _at(k for k, _ in read if not (found.stated[k] or found.idle[k]))
            found.tell("opening_dates_unused", "note", silent, assumed=True, column=heading)
            continue
        future = _at(k for k, span in read if span[0] > today)
        found.judged = found.judged or bool(len(future))
        found.tell("opens_later", "note", future, column=heading, date=str(today))
        found.idle[future] = True
        _unread_dates(found, heading, filled, days)


def _unread_dates(found: _Sites, heading: str, filled: np.ndarray, days: Sequence[object]) -> None:
    unread = _at(k for k, span in zip(filled, days, strict=True) if span is None)
    unread = unread[~(found.idle[unread] | found.stated[unread])]
    found.tell("date_unread", "warning", unread, assumed=True, column=heading)


def _at(positions: Iterable[int | np.integer]) -> np.ndarray:
    return np.array(list(positions), int)
