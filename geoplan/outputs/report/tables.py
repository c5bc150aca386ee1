"""Tables of the run as a report shows them: the same values, told as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geoplan.outputs.report.blocks import TableBlock
from geoplan.outputs.table import Column, Table
from geoplan.outputs.telling import (
    clean,
    count_text,
    is_missing,
    number_text,
    share_text,
)


def told_table(
    table: Table,
    caption: str,
    lang: str,
    *,
    keep: Sequence[str] | None = None,
    most: int | None = None,
) -> TableBlock | None:
    """The first `most` rows and the columns `keep` of a table, as text; None when it is empty.

    A column in which no row says anything is left out.
    """
    frame = table.frame if most is None else table.frame.head(most)
    by_name = {c.name: c for c in table.columns}
    names = [n for n in (keep or by_name) if n in by_name]
    names = [n for n in names if any(not _silent(v) for v in frame[n])]
    if len(frame) == 0 or not names:
        return None
    columns = [by_name[n] for n in names]
    rows = tuple(
        tuple(_cell(value, column) for value, column in zip(row, columns, strict=True))
        for row in frame[names].itertuples(index=False, name=None)
    )
    right = frozenset(k for k, c in enumerate(columns) if c.kind != "text")
    return TableBlock(
        caption=caption, heads=tuple(c.heading(lang) for c in columns), rows=rows, right=right
    )


def _silent(value: object) -> bool:
    return is_missing(value) or value == ""


def _cell(value: Any, column: Column) -> str:
    if column.kind == "count":
        return count_text(value)
    if column.kind == "share":
        return share_text(value)
    if column.kind == "number":
        return number_text(value)
    if column.kind == "degrees":
        return number_text(value, 5) if is_missing(value) else f"{value:.5f}"
    return clean(value)
