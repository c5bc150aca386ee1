"""Tables of the run as a report shows them: the same values as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from geoplan.outputs.report.blocks import TableBlock
from geoplan.outputs.tables.table import Column, Table
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, is_missing, number_text, share_text


def report_table(
    table: Table,
    caption: str,
    speaker: Speaker,
    *,
    keep: Sequence[str] | None = None,
    most: int | None = None,
) -> TableBlock | None:
    """The first `most` rows and the columns `keep` of a table, as text; None when it is empty.

    A column in which no row says anything is left out, and one that counts nothing but zeros.
    """
    frame = table.frame if most is None else table.frame.head(most)
    by_name = {c.name: c for c in table.columns}
    names = [n for n in (keep or by_name) if n in by_name]
    names = [n for n in names if _says_something(frame[n], by_name[n])]
    if len(frame) == 0 or not names:
        return None
    columns = [by_name[n] for n in names]
    cells = [_cells(frame[column.name], column) for column in columns]
    rows = tuple(zip(*cells, strict=True))
    right = frozenset(k for k, c in enumerate(columns) if c.kind != "text")
    return TableBlock(
        caption=caption, heads=tuple(c.heading(speaker) for c in columns), rows=rows, right=right
    )


#: counts that are told even where they are 0 in every row
_ALWAYS = frozenset({"served", "total", "sites", "added_people"})


def _says_something(values: Iterable[Any], column: Column) -> bool:
    spoken = [value for value in values if not _silent(value)]
    if column.kind != "count" or column.name in _ALWAYS:
        return bool(spoken)
    return any(value != 0 for value in spoken)


def _silent(value: object) -> bool:
    return is_missing(value) or value == ""


def _cells(values: Iterable[Any], column: Column) -> list[str]:
    """A column as text; its numbers have as many decimals as the one that needs most, at most 2."""
    if column.kind == "count":
        return [count_text(value) for value in values]
    if column.kind == "share":
        return [share_text(value) for value in values]
    if column.kind == "mixed":
        return [number_text(value) for value in values]
    if column.kind == "number":
        texts = [number_text(value) for value in values]
        most = max((len(text.partition(".")[2]) for text in texts if _is_number(text)), default=0)
        return [_with_decimals(text, most) if _is_number(text) else text for text in texts]
    if column.kind == "degrees":
        return [number_text(v, 5) if is_missing(v) else f"{v:.5f}" for v in values]
    return [clean(value) for value in values]


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).removeprefix("-").isdecimal()


def _with_decimals(text: str, count: int) -> str:
    """`text` padded with zeros to `count` decimals.

    Examples
    --------
    >>> _with_decimals("1,234.5", 2), _with_decimals("7", 1), _with_decimals("7", 0)
    ('1,234.50', '7.0', '7')
    """
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(count, '0')}" if count else whole
