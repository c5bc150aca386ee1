"""Personal data in the cells of a column, told apart from codes of the same form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

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
#: the same where the heading says that they are numbers of things
_CODES_BY_HEADING = 1
#: numbers of about the length of a telephone number, as new elements of OpenStreetMap have them
_LONG_NUMBER = re.compile(r"[1-9]\d{7,11}")
#: a cell that is a code altogether, as columns of codes hold them
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _./:\-]*")
_AMOUNT = re.compile(
    r"[¥$€£]?\s?-?\d[\d, ']*(?:\.\d+)?\s?(?:[万亿]?[元圆]|rmb|cny)?", re.IGNORECASE
)
#: cells from which on a column of amounts that all look like telephone numbers holds none
_FEW_CELLS = 4


def is_code_heading(heading: object) -> bool:
    """Whether a column holds codes of things by its heading, whatever their digits look like.

    Examples
    --------
    >>> [is_code_heading(h) for h in ("osm_id", "统一社会信用代码", "备注")]
    [True, True, False]
    """
    return heading_key(without_unit(heading)) in pattern_words()["codes"]


def is_amount_heading(heading: object) -> bool:
    """Whether a column holds sums of money by its heading: 13800138000 is one then.

    Examples
    --------
    >>> [is_amount_heading(h) for h in ("总投资额（元）", "investment_cny", "投资人电话", "床位数")]
    [True, True, False, False]
    """
    key, words = heading_key(without_unit(heading)), pattern_words()
    return any(w in key for w in words["amounts"]) and not key.endswith(words["amounts.not_ends"])


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
    may_hold = _cell_test(cells)
    found: dict[int, str] = {}
    bare: dict[int, tuple[str, ...]] = {}
    for position in map(int, np.flatnonzero(likely)):
        text = str(cells.iloc[position])
        plain = folded(text)[0].strip()
        if not may_hold(plain):
            continue
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


def _cell_test(cells: pd.Series) -> Callable[[str], bool]:
    """Which folded cells may hold personal data at all, as the heading of their column says."""
    if is_code_heading(cells.name):
        institutions = (
            heading_key(without_unit(cells.name)) in pattern_words()["codes.institutions"]
        )
        return lambda text: (
            _CODE.fullmatch(text) is None or (institutions and checks.is_mobile(text))
        )
    if is_amount_heading(cells.name):
        filled = cells[cells != ""]
        # whole hundreds are sums of money, whatever their first digits are
        alike = sum(checks.is_mobile(text) and not text.endswith("00") for text in filled)
        if len(filled) < _FEW_CELLS or alike <= len(filled) / 2:
            return lambda text: _AMOUNT.fullmatch(text) is None
    return lambda text: True


def _codes(cells: pd.Series, bare: dict[int, tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The forms of numbers that are codes like their neighbours after all.

    A form is what a code's neighbours share: length and beginning; for an identity number its
    date of birth, since a wrong check digit says that it is none.

    bare : the forms of those that look like numbers of persons, by position.
    """
    alike = np.flatnonzero(holds(cells, _ALIKE))
    plain = [str(cells.iloc[p]).strip() for p in alike if p not in bare]
    others, taken = Counter(map(_form, plain)), Counter(bare.values())
    least = _CODES
    if heading_key(without_unit(cells.name)) in pattern_words()["codes.numbers"]:
        least, long = _CODES_BY_HEADING, sum(_LONG_NUMBER.fullmatch(t) is not None for t in plain)
        others = Counter({f: max(others[f], long if f[0] == "" else 0) for f in taken})
    return {f for f, n in taken.items() if others[f] >= least and others[f] > n / 4}


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
