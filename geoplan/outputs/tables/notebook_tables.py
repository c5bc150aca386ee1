"""A run's tables as people read them at a prompt or in a notebook."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geoplan.errors import UsageError
from geoplan.outputs.tables.run_tables import table_list
from geoplan.outputs.tables.table import Kind
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, is_missing


def formatted_table(
    results: RunResults, name: str, *, lang: str = "zh", numbers: bool = False
) -> pd.DataFrame:
    """One table of a run as people read it: headings in words, numbers as text.

    Parameters
    ----------
    results : a run's results, or an edition of them.
    name : as its file under ``tables/`` is called, without ending.
    lang : ``"zh"`` or ``"en"``.
    numbers : the values as they are, to calculate with, instead of text.

    Returns
    -------
    DataFrame, rows numbered from 1; where it holds text, a missing value is an empty text.

    Raises
    ------
    UsageError
        There is no such table; the message lists those there are.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> results = example_study().run().results
    >>> table = formatted_table(results, "meal_station_by_district", lang="en")
    >>> table[["Area", "People", "Served", "Covered share"]].iloc[0].tolist()
    ['West', '200', '150', '75.0%']
    """
    speaker = Speaker(lang)
    tables = {table.name: table for table in table_list(results, speaker)}
    if name not in tables:
        known = ", ".join(tables)
        raise UsageError(speaker.say("outputs.no_table", name=name, known=known))
    table = tables[name]
    if numbers:
        values = table.with_headings(speaker)
        return values.set_axis(pd.RangeIndex(1, len(values) + 1), axis=0)
    columns = {
        column.heading(speaker): [
            _as_read(value, column.kind) for value in table.frame[column.name]
        ]
        for column in table.columns
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(table.frame) + 1))


def _as_read(value: Any, kind: Kind) -> str:
    """One cell as a reader wants it."""
    if is_missing(value):
        return ""
    if kind == "text" or isinstance(value, str | bool):
        return clean(value)
    pattern = {"count": ",.0f", "share": ".1%", "number": ",.2f", "degrees": ".6f"}[kind]
    return format(float(value), pattern)
