"""Numbers in a table of people that are none: stand-ins for "not known", shares, densities."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.findings.collector import FindingCollector

#: rows from which numbers say something about a column; people that a share never reaches
_ROWS, _WHOLE = 5, 1.0
#: times the next largest number, and least people, from which a single row is doubted
_TIMES, _LEAST = 20.0, 10_000.0


def report_people(
    collector: FindingCollector,
    heading: str,
    cells: pd.Series,
    values: NDArray[np.float64],
    unknown: NDArray[np.bool_],
) -> None:
    """Findings about a column of people as a whole.

    Parameters
    ----------
    heading, cells, values : the column, as text and as numbers.
    unknown : rows whose number is not known or cannot be used.
    """
    collector.about_rows_together(
        unknown, "people_unknown", "warning", assumed=True, column=heading
    )
    kind = kind_of_heading(heading, collector.lang)
    if kind:
        collector.about_file(
            "no_people_column", "warning", assumed=True, column=heading, count=len(cells), kind=kind
        )
    known = np.where(unknown, np.nan, values)
    positive = known[known > 0]
    fractions = positive[positive != np.round(positive)]
    if not kind and len(positive) >= _ROWS and len(fractions) and positive.max() <= _WHOLE:
        collector.about_file(
            "people_are_shares", "warning", assumed=True, column=heading, count=len(positive)
        )
    if len(positive) > _ROWS:
        largest, next_largest = float(positive.max()), float(np.sort(positive)[-2])
        if largest >= _LEAST and largest > _TIMES * next_largest:
            collector.about_rows(
                known == largest,
                "unlikely_people",
                "warning",
                column=heading,
                cells=cells,
                next_largest=f"{next_largest:,.10g}",
            )


def kind_of_heading(heading: str, lang: str) -> str:
    """What a heading says that its column holds in place of people; "" where it says no such thing.

    Examples
    --------
    >>> kind_of_heading("人口密度（人/平方公里）", "en"), kind_of_heading("常住人口", "en")
    ('a density', '')
    """
    plain = normalize(heading)
    for texts, words in _kinds():
        if any(word.search(plain) for word in words):
            return texts[lang]
    return ""


@cache
def _kinds() -> list[tuple[dict[str, str], list[re.Pattern[str]]]]:
    text = files(__package__).joinpath("people_words.toml").read_text(encoding="utf-8")
    kinds = tomllib.loads(text)["kinds"].values()
    return [
        ({"zh": k["zh"], "en": k["en"]}, [re.compile(word) for word in k["words"]]) for k in kinds
    ]
