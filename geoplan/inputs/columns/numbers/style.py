"""Which sign stands before the decimals of a file's numbers, decided once, with its evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from geoplan.inputs.columns.cell_errors import is_error, is_formula
from geoplan.inputs.columns.numbers.written import Mark, WrittenNumber, parse_written
from geoplan.inputs.columns.parse_numbers import is_empty

#: a number as programs write it: nothing to decide, nothing to clean
_PLAIN = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_WHOLE = re.compile(r"[+-]?[0-9]+")
#: so many whole numbers below a thousand beside 1,234 show that it has a separator of thousands
_SMALL_NUMBERS = 2
#: so many numbers like 1.234, and no other ones, are more likely thousands
_ALL_OF_THREE = 3

#: how sure a column's decimal sign is: plain (there is nothing to decide), shown by its own cells,
#: by other columns of the file, by the small whole numbers beside, mixed, or open
Certainty = Literal["plain", "shown", "file", "small", "mixed", "open"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberStyle:
    """How the numbers of one column are written.

    decimal : the sign before the decimals. how : what decided it.
    example : a cell that shows it, or one that does not.
    """

    decimal: Mark
    how: Certainty
    example: str = ""


@dataclass(kw_only=True, slots=True)
class ReadColumn:
    """A column whose numbers are written in one way.

    cells : with every number that could be read in plain digits. style : how they were written.
    undecided : bool per row: 1,234 with nothing to decide it. cleaned, about, percent : bool per
    row: units or foreign separators were taken off; the number is not exact; it is a share.
    examples : cell as written -> as read, a few.
    """

    cells: pd.Series
    style: NumberStyle
    undecided: np.ndarray
    cleaned: np.ndarray
    about: np.ndarray
    percent: np.ndarray
    examples: dict[str, str] = field(default_factory=dict)


def read_columns(
    text: pd.DataFrame, kinds: Mapping[str, str], native: Mapping[str, np.ndarray]
) -> dict[str, ReadColumn]:
    """The columns of `kinds` in plain digits; those that are plain already are left out.

    Parameters
    ----------
    text : all cells. kinds : heading -> ``count`` or ``metres``.
    native : heading -> bool per row: a number of the workbook itself, which needs no reading.

    Examples
    --------
    >>> table = pd.DataFrame({"people": ["1.234,5", "980"], "beds": ["1.200", "30"]})
    >>> found = read_columns(table, {"people": "count", "beds": "count"}, {})
    >>> found["people"].cells.tolist(), found["beds"].cells.tolist(), found["beds"].style.how
    (['1234.5', '980'], ['1200', '30'], 'file')
    """
    written = {h: _written(text[h], native.get(h)) for h in kinds}
    marks = {h: _marks(w) for h, w in written.items()}
    every = [m for found in marks.values() for m in found]
    file_mark = every[0] if every and len(set(every)) == 1 else ""
    read = {}
    for heading, numbers in written.items():
        if not numbers:
            continue
        style = _style(text[heading], numbers, set(marks[heading]), file_mark, kinds[heading])
        column = _read(text[heading], numbers, style, native.get(heading))
        if column.cleaned.any() or column.undecided.any():
            read[heading] = column
    return read


def _written(cells: pd.Series, native: np.ndarray | None) -> dict[str, WrittenNumber]:
    """The distinct texts of a column that need reading, and what each of them says."""
    texts = cells if native is None else cells[~native]
    dotted = texts.str.contains(".", regex=False)
    hard = texts[dotted | ~texts.str.fullmatch(_PLAIN)]
    hard = hard[~is_empty(hard)]
    found = {}
    for one in hard.unique():
        number = parse_written(str(one))
        if number is not None and not is_error(str(one)) and not is_formula(str(one)):
            found[str(one)] = number
    return found


def _marks(numbers: Mapping[str, WrittenNumber]) -> list[Mark]:
    return [n.mark for n in numbers.values() if n.mark]


def _style(
    cells: pd.Series,
    numbers: Mapping[str, WrittenNumber],
    marks: set[Mark],
    file_mark: Mark,
    kind: str,
) -> NumberStyle:
    """The decimal sign of one column."""
    doubted = [t for t, n in numbers.items() if n.ambiguous]
    signs = {"," if "," in t else "." for t in doubted}
    if len(marks) == 1:
        (mark,) = marks
        example = next(t for t, n in numbers.items() if n.mark == mark)
        return NumberStyle(decimal=mark, how="shown", example=example)
    if not doubted:
        return NumberStyle(decimal=".", how="mixed" if marks else "plain")
    if marks or len(signs) > 1:
        return NumberStyle(decimal=file_mark or ".", how="mixed", example=doubted[0])
    sign = next(iter(signs))
    # thousands are set apart where the other sign stands before the decimals
    grouping: Mark = "." if sign == "," else ","
    if _small_beside(cells) or (kind == "metres" and sign == ","):
        return NumberStyle(decimal=grouping, how="small", example=doubted[0])
    if file_mark:
        return NumberStyle(decimal=file_mark, how="file", example=doubted[0])
    if kind == "count" and len(doubted) == len(numbers) >= _ALL_OF_THREE:
        # people are whole: three digits behind every sign are more likely thousands
        return NumberStyle(decimal=grouping, how="open", example=doubted[0])
    return NumberStyle(decimal=".", how="open", example=doubted[0])


def _small_beside(cells: pd.Series) -> bool:
    """Whether all whole numbers without separator are below a thousand, and there are some."""
    whole = cells[cells.str.fullmatch(_WHOLE)]
    return len(whole) >= _SMALL_NUMBERS and bool((whole.str.lstrip("+-").str.len() <= 3).all())


def _read(
    cells: pd.Series,
    numbers: Mapping[str, WrittenNumber],
    style: NumberStyle,
    native: np.ndarray | None,
) -> ReadColumn:
    """The cells in plain digits."""
    plain: dict[str, str] = {}
    for text, number in numbers.items():
        value = number.value(style.decimal if number.ambiguous else number.mark or style.decimal)
        if value is not None and not number.percent:
            plain[text] = format(value.normalize(), "f")
    ours = np.ones(len(cells), bool) if native is None else ~native
    changed = {t for t, p in plain.items() if t != p and not _same(t, p)}
    open_ended = style.how in ("open", "mixed")
    doubted = {t for t in plain if open_ended and numbers[t].ambiguous}

    def where(texts: set[str]) -> np.ndarray:
        return (cells.isin(texts).to_numpy(bool) & ours) if texts else np.zeros(len(cells), bool)

    mapped = cells.where(~where(changed), cells.map(plain))
    return ReadColumn(
        cells=mapped,
        style=style,
        undecided=where(doubted),
        cleaned=where(changed),
        about=where({t for t in plain if numbers[t].about}),
        percent=where({t for t, n in numbers.items() if n.percent}),
        examples={t: plain[t] for t in sorted(changed | doubted)[:3]},
    )


def _same(text: str, plain: str) -> bool:
    """Whether a cell is that number in plain digits already (12.50 and 12.5)."""
    try:
        return text.isascii() and float(text) == float(plain)
    except ValueError:
        return False
