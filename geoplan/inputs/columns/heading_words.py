"""Words that tell which rows belong to a heading, and which of its columns holds the total."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geoplan.inputs.columns.personal.personal_data import is_personal_heading
from geoplan.inputs.columns.roles import find_roles, heading_key, is_total_part, word_lists

_YEAR = re.compile(r"(19|20)\d\d(年|年末|年底)?")
_AGE = re.compile(r"\d{1,3}[-~—–至到]\d{1,3}(岁|years|ans|años)?|\d{1,3}\+|[≥>=]+\d{1,3}岁?")
_REMARK = re.compile(r"(单位|單位|制表|填表|填报|填報|日期|时间|units?)\s*[:：]", re.IGNORECASE)
#: columns that a row of numbers 1, 2, 3 … has at least
_NUMBERED = 3
#: letters that number columns, in their order
_STEMS = "甲乙丙丁戊己庚辛壬癸"


def _words() -> dict[str, frozenset[str]]:
    return word_lists(__package__, "heading_words.toml")


def is_child_word(text: str) -> bool:
    """Whether a text is the lower part of a heading, and no cell of data."""
    key = heading_key(text)
    known = is_total_part(text) or key in _words()["parts"] or bool(_AGE.fullmatch(key))
    return known or bool(find_roles([text])) or is_personal_heading(text)


def is_year_or_age(text: str) -> bool:
    """Whether a text is a year or a range of ages, as headings have them.

    Examples
    --------
    >>> [is_year_or_age(t) for t in ("2023", "60-64岁", "80+", "117.02", "12")]
    [True, True, True, False, False]
    """
    plain = "".join(text.split())
    return bool(_YEAR.fullmatch(plain) or _AGE.fullmatch(plain))


def is_remark(text: str) -> bool:
    """Whether a text above a heading is a remark (单位：人), not part of it."""
    return _REMARK.search(text) is not None


def is_unit_row(texts: Sequence[str]) -> bool:
    """Whether a row below a heading says the units of its columns."""
    units = _words()["units"]
    plain = [
        re.sub(r"^[(（\[【]?(单位[:：])?|[)）\]】]$", "", t.strip()) for t in texts if t.strip()
    ]
    return len(plain) > 0 and all((heading_key(t) or t) in units for t in plain)


def is_numbering(texts: Sequence[str]) -> bool:
    """Whether a row below a heading numbers its columns: 甲, 乙, 1, 2, 3.

    Examples
    --------
    >>> is_numbering(["甲", "乙", "丙", "丁", "1"]), is_numbering(["甲", "117", "36", "3"])
    (True, False)
    """
    filled = [t.strip("()（） ") for t in texts if t.strip()]
    letters = [t for t in filled if heading_key(t) in _words()["numbering"]]
    numbers = [t for t in filled if t.isdecimal()]
    counts = [int(t) for t in numbers]
    first = counts[0] if counts else 0
    in_order = counts == list(range(first, first + len(counts))) and first in (1, len(letters) + 1)
    stems = len(letters) > 1 and "".join(letters) in _STEMS  # 甲, 乙, 丙, 丁, 1
    needed = 0 if len(letters) > _NUMBERED and stems else _NUMBERED - 2 * stems
    enough = len(counts) >= (needed if letters else _NUMBERED + 1)
    return in_order and enough and len(letters) + len(numbers) == len(filled)
