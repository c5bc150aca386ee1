"""Personal data in the cells of a column, told apart from codes of the same form."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pandas as pd

from geoplan.inputs.columns.personal import number_checks as checks
from geoplan.inputs.columns.personal.free_text import hide_in_text, quick_look
from geoplan.inputs.columns.personal.pattern_words import folded, pattern_words
from geoplan.inputs.columns.quick_looks import holds
from geoplan.inputs.columns.roles import heading_key, without_unit

#: decimals, which no number of a person is
_DECIMAL = r"^[+-]?[0-9]{1,9}\.[0-9]*[1-9][0-9]*(?:[eE][+-]?[0-9]+)?$"
_BARE = re.compile(r"\+?[A-Z]{0,2}\d{9,19}[Xx]?(?:\.0+)?")
_ALIKE = r"^[A-Z]{0,2}[0-9]{9,19}[Xx]?$"
#: cells of the same form that are no numbers of persons: from so many on they are all codes
_CODES = 3


def is_code_heading(heading: object) -> bool:
    """Whether a column holds codes of things by its heading, whatever their digits look like.

    Examples
    --------
    >>> [is_code_heading(h) for h in ("osm_id", "统一社会信用代码", "备注")]
    [True, True, False]
    """
    return heading_key(without_unit(heading)) in pattern_words()["codes"]


def hide_personal(cells: pd.Series, *, bare_only: bool = False) -> tuple[pd.Series, np.ndarray]:
    """`cells` with personal data inside them hidden, and at which positions that was.

    Numbers that fill their cells are compared with the others of the column: codes of things have
    the same form, and most of them are no number of a person.

    Parameters
    ----------
    bare_only : look only at cells that are a number altogether (coordinates, shapes).

    Examples
    --------
    >>> hidden, where = hide_personal(pd.Series(["电话13812345678转王", "编号138123456789", "好"]))
    >>> hidden.tolist(), where.tolist()
    (['电话***转王', '编号138123456789', '好'], [0])
    """
    likely = holds(cells, quick_look())
    if likely.any():
        likely = likely & ~holds(cells, _DECIMAL)
    found: dict[int, str] = {}
    bare: dict[int, tuple[str, ...]] = {}
    for position in map(int, np.flatnonzero(likely)):
        text = str(cells.iloc[position])
        plain = folded(text)[0].strip()
        alone = _BARE.fullmatch(plain) is not None
        hidden = hide_in_text(text) if alone or not bare_only else text
        if hidden != text:
            found[position] = hidden
            if alone:
                bare[position] = _form(plain)
    if bare:
        codes = _codes(cells, bare)
        found = {p: text for p, text in found.items() if bare.get(p) not in codes}
    if not found:
        return cells, np.empty(0, np.int64)
    texts = cells.to_numpy(object, copy=True)
    where = np.fromiter(found, np.int64)
    texts[where] = list(found.values())
    return pd.Series(texts, index=cells.index, name=cells.name, dtype=cells.dtype), where


def _codes(cells: pd.Series, bare: dict[int, tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The forms of numbers that are codes like their neighbours after all.

    A form is what a code's neighbours share: length and beginning; for an identity number its
    date of birth, since a wrong check digit says that it is none.

    bare : the forms of those that look like numbers of persons, by position.
    """
    alike = np.flatnonzero(holds(cells, _ALIKE))
    others = Counter(_form(str(cells.iloc[p]).strip()) for p in alike if p not in bare)
    taken = Counter(bare.values())
    return {f for f, n in taken.items() if others[f] >= _CODES and others[f] > n / 4}


def _form(text: str) -> tuple[str, ...]:
    """The form of a bare number: neighbours of the same form are judged together."""
    letters = "".join(c for c in text if c.isalpha() and c not in "Xx")
    digits = text.partition(".")[0].lstrip("+")
    if len(digits) == 18:
        return ("18", "date" if checks.has_birth_date(digits) else "none")
    if len(digits) == 15:
        return ("15", digits[:6])
    if len(digits) >= 16:
        return (str(len(digits)), digits[:2])
    return (letters, str(len(digits)), digits[:1])
