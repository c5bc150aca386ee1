"""Columns of people that a study adds up: none of them may hold people of another one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.columns.parse_numbers import read_numbers
from geoplan.inputs.columns.roles import is_total_part

#: ages without an upper end: 60岁以上, 80+, 65 and over
_OPEN_AGE = re.compile(
    r"(\d{2,3})\s*(?:周?岁及?以上|周?岁及其以上|及以上|以上|\+|岁\+|\s*years?\s*and\s*over|"
    r"\s*and\s*(?:over|older|above)|\s*plus)",
    re.IGNORECASE,
)
#: rows from which columns that add up in all of them do so by no chance
_ROWS = 5


def refuse_overlaps(
    text: pd.DataFrame, headings: Sequence[str], levels: Mapping[str, tuple[str, ...]]
) -> None:
    """Refuse columns of which one holds the people of others.

    Parameters
    ----------
    text : the cells. headings : of the columns that are added up.
    levels : texts of headings that take several rows.

    Raises
    ------
    FileError
        A column stands twice, is the sum of others, or is an age group within another one.
    """
    for k, heading in enumerate(headings):
        if heading in headings[:k]:
            raise FileError.of("file_faults.weight_twice", heading=heading)
    names = {heading: _name(heading, levels) for heading in headings}
    for inner, outer in permutations(headings, 2):
        if _within(names[inner], names[outer]):
            raise FileError.of("file_faults.weight_within", inner=inner, outer=outer)
    if len(headings) < 3:
        return
    numbers = np.column_stack([np.nan_to_num(read_numbers(text[h])[0]) for h in headings])
    whole = numbers.sum(axis=1)
    for k, heading in enumerate(headings):
        filled = numbers[:, k] > 0
        if filled.sum() >= _ROWS and np.allclose(2 * numbers[filled, k], whole[filled]):
            others = ", ".join(h for h in headings if h != heading)
            raise FileError.of("file_faults.weight_sum", heading=heading, others=others)


def _name(heading: str, levels: Mapping[str, tuple[str, ...]]) -> str:
    """A heading without the word for a total at its end."""
    parts = levels.get(heading, (heading,))
    kept = parts[:-1] if len(parts) > 1 and is_total_part(parts[-1]) else parts
    return unicodedata.normalize("NFKC", "/".join(kept)).lower()


def _within(inner: str, outer: str) -> bool:
    """Whether one age group without an upper end lies within another: 80岁以上, 60岁以上."""
    ages = [_OPEN_AGE.findall(name) for name in (inner, outer)]
    if len(ages[0]) != 1 or len(ages[1]) != 1 or int(ages[0][0]) <= int(ages[1][0]):
        return False
    return _OPEN_AGE.sub("", inner).split() == _OPEN_AGE.sub("", outer).split()
