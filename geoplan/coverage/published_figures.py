"""Published figures beside computed ones: how far apart, and the likely cause.

A published number is seldom defined as a count in a table is. The likely cause follows from what is
known about the published number (``definition``) and from the kind of figure; it says where to
look, not which number is right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.tolerances import SAME_FIGURE
from geoplan.words import say

FIGURE_COLUMNS = (
    "key",
    "label",
    "published",
    "computed",
    "difference",
    "relative",
    "cause",
    "source",
)

#: what is known to set a published number apart from a count; see the words ``coverage.figure_*``
Definition = Literal["", "rounded", "at_least", "built_only", "up_to_standard", "service_area"]
DEFINITIONS: tuple[Definition, ...] = get_args(Definition)


def compare_figures(
    published: pd.DataFrame, computed: Mapping[str, float], *, lang: str = "zh"
) -> pd.DataFrame:
    """One row per published figure with what the run computed for the same key.

    Parameters
    ----------
    published : index = figure key (or a column ``key``); column ``published``; optional
        ``label_zh``, ``label_en`` (or ``label``), ``source``, ``source_en``, ``note_zh``,
        ``note_en``, ``definition`` (one of `DEFINITIONS`). A note is given as the cause when the
        numbers differ and nothing more is known.
    computed : number per figure key; a key that is missing or NaN is reported as not computed.
    lang : ``"zh"`` or ``"en"``.

    Returns
    -------
    DataFrame with the columns of `FIGURE_COLUMNS`, in the order of `published`: ``difference`` =
    computed - published, ``relative`` = difference / published (NaN where published is 0).

    Raises
    ------
    UsageError
        Without the column ``published``, or with an unknown definition.

    Examples
    --------
    >>> published = pd.DataFrame({"published": [161.0]}, index=["x.facilities"])
    >>> row = compare_figures(published, {"x.facilities": 159}, lang="en").iloc[0]
    >>> float(row["difference"]), row["cause"]
    (-2.0, 'the data hold fewer: missing rows, rows set aside, or another date')
    """
    if "published" not in published.columns:
        raise UsageError.of("call_faults.no_published")
    table = published.set_index("key") if "key" in published.columns else published
    odd = {str(d) for d in _text(table, "definition")} - set(DEFINITIONS)
    if odd:
        raise UsageError.of(
            "call_faults.definitions",
            odd=", ".join(sorted(odd)),
            valid=", ".join(d for d in DEFINITIONS if d),
        )
    value = table["published"].astype(float).to_numpy()
    found = np.array([_number(computed.get(str(key))) for key in table.index], dtype=float)
    rows = zip(
        table.index, value, found, _text(table, "definition"), _note(table, lang), strict=True
    )
    return pd.DataFrame(
        {
            "key": table.index.astype(str),
            "label": _label(table, lang),
            "published": value,
            "computed": found,
            "difference": found - value,
            "relative": np.divide(
                found - value, value, out=np.full(len(value), np.nan), where=value != 0
            ),
            "cause": [
                likely_cause(
                    str(key), float(number), float(other), definition=kind, note=note, lang=lang
                )
                for key, number, other, kind, note in rows
            ],
            "source": _localised(table, "source", lang),
        },
        columns=list(FIGURE_COLUMNS),
    ).reset_index(drop=True)


def likely_cause(
    key: str,
    published: float,
    computed: float,
    *,
    definition: str = "",
    note: str = "",
    lang: str = "zh",
) -> str:
    """Why two numbers differ, in words; whether they agree, when they do.

    Numbers agree when they are equal to the precision that the published one is written with: 0.43
    agrees with 0.4287, and 24,000 with 23,960 when it is said to be rounded.
    """
    if math.isnan(computed):
        return say(lang, "coverage.figure_missing")
    if abs(computed - published) <= SAME_FIGURE * max(1.0, abs(published)):
        return say(lang, "coverage.figure_agrees")
    if definition == "at_least":
        enough = computed >= published
        return say(lang, f"coverage.figure_{'at_least' if enough else 'below_least'}")
    if abs(computed - published) <= precision(published, rounded=definition == "rounded") / 2:
        return say(lang, "coverage.figure_rounded")
    return note or say(lang, f"coverage.figure_{_kind(key, published, computed, definition)}")


def precision(number: float, *, rounded: bool) -> float:
    """The step that `number` is written with: 0.01 for 0.43, 1000 for 24,000 when `rounded`.

    Whole numbers that are not said to be rounded are exact (0).

    Examples
    --------
    >>> precision(0.43, rounded=False), precision(24000.0, rounded=True)
    (0.01, 1000.0)
    """
    if number != int(number):
        digits = len(f"{number:.10f}".rstrip("0").partition(".")[2])
        return 10.0**-digits
    if not rounded or number == 0:
        return 0.0
    text = str(abs(int(number)))
    return 10.0 ** (len(text) - len(text.rstrip("0")))


def _kind(key: str, published: float, computed: float, definition: str) -> str:
    if definition in ("built_only", "up_to_standard", "service_area"):
        return definition
    if key.endswith("_share"):
        return "share"
    if key.startswith("demand."):
        return "people"
    if ".facilities" in key:
        return "more_rows" if computed > published else "fewer_rows"
    return "other"


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _text(table: pd.DataFrame, column: str) -> list[str]:
    if column not in table.columns:
        return [""] * len(table)
    return ["" if pd.isna(v) else str(v) for v in table[column]]


def _localised(table: pd.DataFrame, column: str, lang: str) -> list[str]:
    """`column`, or its English beside it where that is asked for and there."""
    plain = _text(table, column)
    if lang != "en":
        return plain
    return [en or zh for en, zh in zip(_text(table, f"{column}_en"), plain, strict=True)]


def _pair(table: pd.DataFrame, name: str, lang: str) -> list[str]:
    zh, en = _text(table, f"{name}_zh"), _text(table, f"{name}_en")
    first, second = (en, zh) if lang == "en" else (zh, en)
    return [a or b for a, b in zip(first, second, strict=True)]


def _label(table: pd.DataFrame, lang: str) -> list[str]:
    plain = _text(table, "label")
    pairs = _pair(table, "label", lang)
    return [a or b or str(key) for a, b, key in zip(pairs, plain, table.index, strict=True)]


def _note(table: pd.DataFrame, lang: str) -> list[str]:
    return [a or b for a, b in zip(_pair(table, "note", lang), _text(table, "note"), strict=True)]
