"""The tables of all cities as one workbook and as CSV."""

from __future__ import annotations

from pathlib import Path

from geoplan.outputs.cities.tables import (
    areas_table,
    assumed_table,
    budget_table,
    comparison_table,
    gaps_table,
    inputs_table,
)
from geoplan.outputs.tables.table import Table
from geoplan.outputs.tables.workbook import write_csv_tables, write_sheets
from geoplan.results.cities import CitiesResults
from geoplan.words.speaker import Speaker


def write_tables_of_all(whole: CitiesResults, folder: Path) -> list[Path]:
    """``tables.xlsx`` and ``tables/*.csv`` of the whole.

    Parameters
    ----------
    whole : results of a study of several cities. folder : of its run.
    """
    speaker = Speaker(whole.info.lang)
    tables = [table for table in _tables(whole, speaker) if len(table.frame)]
    names = {key: standard.name(speaker.lang) for key, standard in whole.standards.items()}
    written = write_csv_tables(tables, folder / "tables", speaker)
    book = folder / "tables.xlsx"
    write_sheets(names, tables, book, speaker)
    return [*written, book]


def _tables(whole: CitiesResults, speaker: Speaker) -> list[Table]:
    tables = []
    for key in whole.standards:
        tables += [
            comparison_table(whole, key, speaker),
            budget_table(whole, key, speaker),
            areas_table(whole, key),
            gaps_table(whole, key, speaker),
        ]
    return [*tables, assumed_table(whole), inputs_table(whole)]
