"""One number as people write it: separators, units, factors, signs."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Literal

from geoplan.inputs.columns.roles import simplified

#: which sign stands before the decimals; "" where a number shows neither
Mark = Literal[".", ",", ""]

_SPACES = re.compile(r"[\s\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff_]+")
_NUMBER = re.compile(r"[+-]?(?:\d[\d.,]*|[.,]\d+)")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_APOSTROPHES = re.compile(r"(?<=\d)['’‘´`](?=\d{3})")
_GROUPED = {
    ",": re.compile(r"\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})+,\d{3}"),
    ".": re.compile(r"\d{1,3}(\.\d{3})+"),
}
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_MINUS = {ord(c): "-" for c in "−–—‒﹣－"} | {ord(c): "-" for c in "△▲▽▼"}


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenNumber:
    """The parts of a number in a cell.

    digits : digits and separators, with the sign. factor : 10,000 for 万. about : not exact.
    percent : a share in percent. dressed : anything but digits and separators stands in the cell.
    """

    digits: str
    factor: int = 1
    about: bool = False
    percent: bool = False
    dressed: bool = False

    @property
    def mark(self) -> Mark:
        """The sign before the decimals, where the digits show it."""
        plain = self.digits.lstrip("+-")
        comma, dot = plain.rfind(","), plain.rfind(".")
        if comma >= 0 and dot >= 0:
            return "," if comma > dot else "."
        for sign, other in ((",", "."), (".", ",")):
            if plain.count(sign) > 1:
                return other if _GROUPED[sign].fullmatch(plain) else ""  # type: ignore[return-value]
            if plain.count(sign) == 1 and not _AMBIGUOUS.fullmatch(plain):
                return sign  # type: ignore[return-value]
        return ""

    @property
    def ambiguous(self) -> bool:
        """Whether ``1,234`` or ``1.234`` may mean 1234 or 1.234."""
        return _AMBIGUOUS.fullmatch(self.digits.lstrip("+-")) is not None

    def value(self, decimal: Mark) -> Decimal | None:
        """The number with `decimal` before the decimals; None where the digits do not fit."""
        sign = -1 if self.digits.startswith("-") else 1
        plain = self.digits.lstrip("+-")
        thousands = "," if decimal == "." else "."
        whole, _, rest = plain.partition(decimal or ".")
        if thousands in rest or (decimal or ".") in rest:
            return None
        if thousands in whole and not _GROUPED[thousands].fullmatch(whole):
            return None
        text = whole.replace(thousands, "") + ("." + rest if rest else "")
        return sign * Decimal(text or "0") * self.factor


@cache
def _words() -> dict[str, list[str]]:
    text = files(__package__).joinpath("units.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    named = {kind: entry["words"] for kind, entry in raw.items() if kind != "factors"}
    return {k: sorted(v, key=len, reverse=True) for k, v in named.items()} | {
        "factors": sorted(raw["factors"], key=len, reverse=True)
    }


@cache
def plain_units() -> frozenset[str]:
    """Units that change nothing about a number, in lower case and simplified."""
    return frozenset(simplified(word) for word in _words()["units"])


@cache
def _factors() -> dict[str, int]:
    text = files(__package__).joinpath("units.toml").read_text(encoding="utf-8")
    return {simplified(word): factor for word, factor in tomllib.loads(text)["factors"].items()}


def parse_written(text: str) -> WrittenNumber | None:
    """The number in a cell with its separators; None where the cell holds none, or more than one.

    Examples
    --------
    >>> parse_written("约１，２万人")
    WrittenNumber(digits='1,2', factor=10000, about=True, percent=False, dressed=True)
    >>> parse_written("1 234,5").digits, parse_written("(120)").digits, parse_written("12 bis 15")
    ('1234,5', '-120', None)
    """
    plain = _plain(text)
    if _PLAIN.fullmatch(plain):
        return WrittenNumber(digits=plain, dressed=plain != text.strip())
    negative = len(plain) > 2 and plain[0] == "(" and plain[-1] == ")"
    if negative:
        plain = plain[1:-1]
    elif re.fullmatch(r"\d[\d.,]*-", plain):  # as bookkeepers write it
        plain, negative = plain[:-1], True
    plain, before = _cut_front(plain)
    match = _NUMBER.match(plain)
    if match is None:
        return None
    digits, rest = match.group().rstrip(".,"), plain[match.end() :]
    behind = _behind().fullmatch(simplified(rest.strip("().")))
    if behind is None or (negative and digits[0] in "+-"):
        return None
    return WrittenNumber(
        digits="-" + digits if negative else digits,
        factor=_factors().get(behind["factor"] or "", 1),
        about=before or bool(behind["one"] or behind["two"]),
        percent=bool(behind["percent"]),
        dressed=True,
    )


def _plain(text: str) -> str:
    """A cell after NFKC, in lower case and simplified, without spaces and apostrophes."""
    if text.isascii() and text.isdecimal():
        return text
    norm = unicodedata.normalize("NFKC", str(text).translate(_MINUS)).strip().lower()
    norm = "".join(str(unicodedata.decimal(c, c)) for c in norm)
    norm = _APOSTROPHES.sub("", norm)
    norm = re.sub(r"(?<=\d)\s+(?=\d{3}(?!\d))", "", norm)
    if re.search(r"\d\s+\d", norm):
        return "?"  # two numbers
    return _SPACES.sub("", norm.replace("،", ",").replace("٫", ".").replace("٬", ","))


@cache
def _behind() -> re.Pattern[str]:
    """What may stand behind a number: a factor, a unit, signs that it is not exact."""

    def any_of(kind: str) -> str:
        return "|".join(re.escape(simplified(w)) for w in _words()[kind])

    about = f"(?:{any_of('about')})"
    return re.compile(
        rf"(?P<factor>{any_of('factors')})?(?P<one>{about})?(?:{any_of('units')})?"
        rf"(?P<two>{about})?(?P<percent>%)?"
    )


def _cut_front(plain: str) -> tuple[str, bool]:
    """The text from its number on, and whether a word before it says that it is not exact."""
    for word in _words()["before"]:
        if plain.startswith(word):
            return plain[len(word) :].lstrip(".:"), True
    return plain, False
