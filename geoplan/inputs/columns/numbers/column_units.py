"""Units of whole columns: 人口（万人）, 单位：千人, population in thousands, 造价（万元）."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from geoplan.inputs.columns.numbers.written import plain_units
from geoplan.inputs.columns.roles import simplified

#: what stands beside the unit in columns of money
_CURRENCY = re.compile(
    r"人民币|[日美欧港]?[元圆]|rmb|cny|yuan|usd|us\$|eur(?:os?)?|gbp|brl|r\$|pesos?|[$¥￥€£]"
)
#: at the end of a heading of money: a unit in brackets, or without them
_OF_MONEY = re.compile(
    r"[(（\[【](?P<inside>[^(（\[【)）\]】]*)[)）\]】]\s*$"
    r"|[\s_\-/,，:：]*(?P<bare>(?:[十百千]?[万萬]|[亿億百千])?[元圆圓])\s*$"
)
_BRACKETS = re.compile(r"[(（\[【]([^)）\]】]{0,200})[)）\]】]")
_SAID = re.compile(r"(?:单位|單位|units?)\s*[:：]\s*([^\s,，;；)）]+)", re.IGNORECASE)
_BEHIND = re.compile(r"[,，_ ](?:in\s+)?(thousands|millions|万人|千人)$", re.IGNORECASE)


@cache
def _factors(table: str) -> dict[str, int]:
    text = files(__package__).joinpath("column_units.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)[table])


def unit_factor(
    heading: str, levels: Sequence[str], above: Sequence[str], *, below: str = ""
) -> int:
    """What the numbers under a heading are to be multiplied by, to be people.

    The heading's own unit counts, else that of a row of units below it, else that of a remark
    above the table. What stands in brackets and is no unit (2020年, 含60岁) says nothing.

    Parameters
    ----------
    levels : texts of a heading that takes several rows.
    above : texts of the rows above the heading.
    below : the column's cell in a row of units between heading and data.

    Examples
    --------
    >>> unit_factor("常住人口（万人）", (), ()), unit_factor("人口", (), ("单位：千人",))
    (10000, 1000)
    >>> unit_factor("人口（人）", (), ("单位：万人",)), unit_factor("60岁以上", (), ("单位：人",))
    (1, 1)
    >>> unit_factor("人口（2020年）", (), ("填报单位：民政局", "单位：万人"))
    10000
    """
    said: list[str] = []
    for text in (heading, *reversed(levels)):
        said += [*_BRACKETS.findall(text), *_BEHIND.findall(text)]
    said.append(below.strip("()（）[]【】 "))
    said += [unit for text in above for unit in _SAID.findall(text)]
    return next((factor for unit in said if (factor := _factor(unit)) is not None), 1)


def money_heading(heading: str) -> tuple[str, int]:
    """A heading of money without its unit, and what the numbers under it are to be multiplied by.

    Examples
    --------
    >>> money_heading("总投资（万元）"), money_heading("造价_万元"), money_heading("费用（元）")
    (('总投资', 10000), ('造价', 10000), ('费用', 1))
    >>> money_heading("cost (€ million)"), money_heading("造价（估算）")
    (('cost ', 1000000), ('造价', 1))
    """
    name, factor, known = heading, 1, _factors("factors") | _factors("money")
    while said := _OF_MONEY.search(name):
        unit = _CURRENCY.sub("", _plain(said["inside"] or said["bare"] or "")).strip("-/,:")
        name = name[: said.start()]
        factor = max(factor, known.get(unit, 1))
    return name, factor


def _factor(unit: str) -> int | None:
    """The factor of a unit; None where the text is none."""
    plain = _plain(unit)
    return _factors("factors").get(plain, 1 if plain in plain_units() else None)


def _plain(unit: str) -> str:
    plain = re.sub(r"[\s.]", "", simplified(unicodedata.normalize("NFKC", unit).lower()))
    return re.sub(r"^(单位|units?):", "", plain)
