"""Units of whole columns: 人口（万人）, 单位：千人, population in thousands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_FACTORS = {
    "万人": 10_000,
    "萬人": 10_000,
    "千人": 1_000,
    "百人": 100,
    "十万人": 100_000,
    "百万人": 1_000_000,
    "百萬人": 1_000_000,
    "亿人": 100_000_000,
    "万户": 10_000,
    "万床": 10_000,
    "万张": 10_000,
    "万个": 10_000,
    "万": 10_000,
    "萬": 10_000,
    "千": 1_000,
    "inthousands": 1_000,
    "thousands": 1_000,
    "thousand": 1_000,
    "thousandpersons": 1_000,
    "thousandpeople": 1_000,
    "1000persons": 1_000,
    "1000people": 1_000,
    "'000": 1_000,
    "000s": 1_000,
    "x1000": 1_000,
    "×1000": 1_000,
    "inmillions": 1_000_000,
    "millions": 1_000_000,
    "tsd": 1_000,
    "enmiles": 1_000,
    "miles": 1_000,
    "enmilliers": 1_000,
    "milliers": 1_000,
    "тысчел": 1_000,
    "тыс": 1_000,
}
_BRACKETS = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
_SAID = re.compile(r"(?:单位|單位|units?)\s*[:：]\s*([^\s,，;；)）]+)", re.IGNORECASE)


def unit_factor(heading: str, levels: Sequence[str], above: Sequence[str]) -> int:
    """What the numbers under a heading are to be multiplied by, to be people.

    The heading's own unit counts, else that of a remark above the table.

    Parameters
    ----------
    levels : texts of a heading that takes several rows.
    above : texts of the rows above the heading.

    Examples
    --------
    >>> unit_factor("常住人口（万人）", (), ()), unit_factor("人口", (), ("单位：千人",))
    (10000, 1000)
    >>> unit_factor("人口（人）", (), ("单位：万人",)), unit_factor("60岁以上", (), ("单位：人",))
    (1, 1)
    """
    for text in (heading, *reversed(levels)):
        for unit in _BRACKETS.findall(text):
            return _factor(unit)
        said = re.search(r"[,，_ ](?:in\s+)?(thousands|millions|万人|千人)$", text, re.IGNORECASE)
        if said:
            return _factor(said.group(1))
    for text in above:
        said = _SAID.search(text)
        if said:
            return _factor(said.group(1))
    return 1


def _factor(unit: str) -> int:
    plain = re.sub(r"[\s.]|^单位[:：]", "", unicodedata.normalize("NFKC", unit).lower())
    return _FACTORS.get(plain, 1)
