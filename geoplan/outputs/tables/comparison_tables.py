"""A comparison of two runs as files: text, CSV for Excel and one workbook."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from geoplan.comparison import RunComparison
from geoplan.inputs.findings.fixed_clock import without_clock
from geoplan.outputs.tables.office_files import safe_cells, write_csv
from geoplan.outputs.tables.workbook import FORMATS, dress_sheet
from geoplan.words.speaker import Speaker
from geoplan.writing import write_together


def write_comparison(
    comparison: RunComparison, folder: str | Path, *, lang: str | None = None
) -> list[Path]:
    """Write ``comparison.txt``, ``comparison.xlsx`` and one CSV per table into `folder`.

    CSV is UTF-8 with BOM, for Excel; no cell is a formula.

    Parameters
    ----------
    comparison : made by `compare_runs`.
    folder : is made where it is missing.
    lang : ``"zh"`` or ``"en"``; None = that of the first run.

    Returns
    -------
    The files written.

    Raises
    ------
    UsageError
        Files of these names are there that geoplan did not write, or the disk does not let us.

    Examples
    --------
    >>> from geoplan.comparison import compare_runs
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> run = study.run().save(study.folder / "now")
    >>> written = write_comparison(compare_runs(run, run), study.folder / "out")
    >>> written[0].name, written[-1].name
    ('comparison.txt', 'comparison.xlsx')
    """
    speaker = Speaker(lang or comparison.lang)
    return write_together(folder, partial(_written, comparison, speaker))


def _written(comparison: RunComparison, speaker: Speaker, target: Path) -> list[Path]:
    text = target / "comparison.txt"
    text.write_text(comparison.text(speaker.lang) + "\n", encoding="utf-8")
    tables = comparison.tables(speaker.lang)
    written = [text]
    for name, frame in tables.items():
        written.append(write_csv(frame, target / f"comparison_{name}.csv"))
    book = target / "comparison.xlsx"
    shares = {speaker.say(f"compare.col_share_{run}") for run in "ab"}
    with pd.ExcelWriter(book, engine="openpyxl") as writer:
        for name, frame in tables.items():
            sheet = speaker.say(f"compare.sheet_{name}")
            safe_cells(frame).to_excel(writer, sheet_name=sheet, index=False)
            dress_sheet(writer.sheets[sheet], shares=shares)
        changes = writer.sheets[speaker.say("compare.sheet_changes")]
        for row, measure in enumerate(comparison.services["measure"], start=2):
            for cell in changes[row][2:] if measure == "covered_share" else ():
                cell.number_format = FORMATS["share"]
    return [*written, without_clock(book)]
