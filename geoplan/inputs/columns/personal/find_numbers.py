"""Telephone, identity and card numbers inside a text, however their digits are grouped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from geoplan.inputs.columns.personal import number_checks as checks
from geoplan.inputs.columns.personal.pattern_words import (
    alternatives,
    arabic_digits,
    has_word,
)

Span = tuple[int, int]

_BETWEEN = r"[ \t\u00a0\u3000\-‐-―−_·•./()\[\]【】+*|~]"
#: digits with what people write between them; letters and decimals before and behind are none of it
_RUN = re.compile(rf"\d(?:{_BETWEEN}{{0,3}}\d)*[Xx]?")
_GROUP = re.compile(r"\d+")
#: behind digits: a quantity, a decimal or a code and no telephone number
_QUANTITY = re.compile(r"\s?(?:[元人万亿平米㎡户栋%]|m2|km|千米|公里)|\.\d*[1-9]|,\d{3}")
#: and behind a word a running number: 站点13800138000.8, as drivers make ids from files' names
_RUNNING = re.compile(r"\.\d{1,4}(?![\d.])(?!\s?[元人万亿平米㎡户栋%mk])")
#: groups with commas between are a mobile number in the usual groups alone
_COMMAS = re.compile(
    r"(?<![\d.])(?<!\d[,、;])1[3-9]\d([,、;])\s?(\d{4})\1\s?(\d{4})(?![\d.]|[,、;]\s?\d)"
)
#: (41) 99876-5432, as in Brazil and North America, and 41 99876-5432
_BRACKETED = re.compile(
    r"(?<![\w)])\(0?[1-9]\d{1,2}\)[ \-]?\d{3,5}[ \-.]\d{4}(?![\d.])"
    r"|(?<![\d.,])[1-9]\d ?9\d{4}-\d{4}(?!\d)"
)
_OWNER_BEHIND = re.compile(r"(?<![\d.,\-])[2-9]\d{2,3}[ \-]?\d{4}(?=\s?\([办宅家公])")
_ANOTHER = re.compile(r"(?:\s?[/、,;和或]\s?|\s)([2-9]\d{6,7})(?![\d.])")
_MOBILE_BEFORE = re.compile(
    r"(?:^|[^A-Za-z])(?:tel|phone|mobile|mob|cell|ph|wechat|weixin|vx|wx|qq|m|t|p|id)$",
    re.IGNORECASE,
)
#: an element of OpenStreetMap: node/13812345678
_ELEMENT_BEFORE = re.compile(
    r"(?:^|[^A-Za-z])(?:nodes?|ways?|relations?|rel|osm|osmid|osm_id)\s?[/:=#]?\s?$", re.IGNORECASE
)
_EXTENSION = re.compile(r"\s?(?:-|转|分机|ext\.?|x)\s?\d{1,5}(?!\d)", re.IGNORECASE)
_CHINESE = r"[〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两参]"
_CHINESE_RUN = re.compile(rf"{_CHINESE}(?:[ \-·]?{_CHINESE}){{10,17}}[Xx]?")
_TAIWAN = re.compile(r"(?<![A-Za-z0-9])[A-Z][1289]\d{8}(?![A-Za-z0-9])")
_HONG_KONG = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,2})(\d{6})\s?\(([0-9A])\)")
_LETTER_AND_DIGITS = re.compile(r"[A-Z]\d{6}")
_BRAZIL = re.compile(r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)")
_KOREA = re.compile(r"(?<![\d.])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-4]\d{6}(?!\.?\d)")
_FOREIGN = re.compile(
    r"(?<![\w.+])(?<!\d[, ])(?:\+|00)(?!86)[1-9]\d{0,2}[ \-]?(?:\(0?\)[ \-]?)?"
    r"(?:\(?\d+\)?[ \-]?){1,5}(?<=\d)(?![\d.])"
)
_FOREIGN_DIGITS = (9, 15)
#: digits at least behind 00 where nothing stands between them
_PLAIN_DIGITS = 12
_YEAR = re.compile(r"19[89]\d|20[0-4]\d")
_ONE_MORE = re.compile(r"[ _/\-]{1,2}\d\d(?!\d)")
#: groups of digits that are looked at together
_MOST_GROUPS = 12


#: digits at least behind a word that says what they are
_DIGITS_AFTER = {"phones_after": 5, "numbers_after": 5, "cards_after": 15}


def number_spans(text: str) -> Iterator[Span]:
    """Where numbers of persons stand in a folded text.

    Examples
    --------
    >>> text = "甲站 138-0013-8000 或 0531-88888888"
    >>> [text[a:b] for a, b in number_spans(text)]
    ['138-0013-8000', '0531-88888888']
    """
    for run in _RUN.finditer(text):
        yield from _in_run(text, run.start(), run.end())
    if not text.isascii():
        yield from _in_chinese(text)
    yield from _of_elsewhere(text)
    for kind, least in _DIGITS_AFTER.items():
        if has_word(text, kind):
            for found in _after_word(kind, least).finditer(text):
                yield found.span(1)


def _in_chinese(text: str) -> Iterator[Span]:
    """Numbers in Chinese figures."""
    for found in _CHINESE_RUN.finditer(text):
        digits = "".join(c for c in arabic_digits(found.group()) if c.isalnum())
        if checks.is_mobile(digits[:11]) or checks.is_probable_identity(digits):
            yield found.span()


def _of_elsewhere(text: str) -> Iterator[Span]:
    """Numbers of Taiwan, Hong Kong and other countries."""
    yield from _by_check_digit(text)
    if "-" in text:
        for found in _KOREA.finditer(text):
            yield found.span()
    for pattern in (_BRACKETED, _OWNER_BEHIND):
        for found in pattern.finditer(text):
            yield found.span()
    for found in _COMMAS.finditer(text):
        if not all(_YEAR.fullmatch(found.group(k)) for k in (2, 3)):
            yield found.span()
    if "+" in text or "00" in text:
        for found in _FOREIGN.finditer(text):
            if _is_foreign(found.group()):
                yield found.span()


def _is_foreign(text: str) -> bool:
    """Whether a number has as many digits as those of other countries; 0012345678 is a code."""
    digits = sum(map(str.isdigit, text))
    if text.isdigit() and not (digits == 13 if text[2] in "17" else digits >= _PLAIN_DIGITS):
        return False
    return _FOREIGN_DIGITS[0] <= digits <= _FOREIGN_DIGITS[1]


def _by_check_digit(text: str) -> Iterator[Span]:
    """Identity numbers of Taiwan, Hong Kong and Brazil."""
    if _LETTER_AND_DIGITS.search(text):
        for found in _TAIWAN.finditer(text):
            if checks.is_taiwan_identity(found.group()):
                yield found.span()
        for found in _HONG_KONG.finditer(text):
            if checks.is_hong_kong_identity(*found.groups()):
                yield found.span()
    if "-" in text:
        for found in _BRAZIL.finditer(text):
            if checks.is_brazilian_identity(re.sub(r"\D", "", found.group())):
                yield found.span()


@cache
def _after_word(kind: str, least: int) -> re.Pattern[str]:
    """Digits behind a word that says whose they are, and what may stand between."""
    known = alternatives(kind)
    # letters beside the word are none of it, but those of a passport's number
    ends = r"(?<![a-z])" + rf"(?:{known})" + r"(?:(?<![a-z])|(?![a-z]))"
    return re.compile(
        rf"{ends}(?:\d(?=[\s:=(]))?(?:\s?(?:no|num|number)\b)?"
        rf"[\s:=#()\]】是为号码.、,\-]{{0,4}}[字第军南北]{{0,3}}"
        rf"([a-z]{{0,2}}\+?\d(?:[ \-()./]{{0,2}}[\dx*]){{{least - 1},20}})(?![.]\d)",
        re.IGNORECASE,
    )


def _in_run(text: str, start: int, end: int) -> Iterator[Span]:
    """The numbers of persons among the groups of digits of one run, the longest first."""
    groups = [m.span() for m in _GROUP.finditer(text, start, end)]
    tail = end if text[end - 1] in "Xx" else -1
    k = 0
    while k < len(groups):
        for last in range(min(len(groups), k + _MOST_GROUPS), k, -1):
            some = groups[k:last]
            stop = tail if last == len(groups) and tail >= 0 else some[-1][1]
            if _is_personal(text, some, stop):
                more = _EXTENSION.match(text, stop)
                yield _beginning(text, some), more.end() if more else stop
                yield from _further(text, stop, "".join(text[a:b] for a, b in some))
                k = last - 1
                break
        k += 1


def _further(text: str, stop: int, digits: str) -> Iterator[Span]:
    """Numbers of the same exchange behind that of a landline: 0531-88888888/88888889."""
    found = _ANOTHER.match(text, stop) if digits.startswith(("0", "86")) else None
    while found is not None:
        yield found.span(1)
        found = _ANOTHER.match(text, found.end())


def _beginning(text: str, groups: list[Span]) -> int:
    """Where a number of these groups begins: with the signs that belong to it."""
    start, end = groups[0]
    start -= text[start - 1 : start] == "+"
    return start - (text[start - 1 : start] == "(" and ")" in text[end : groups[-1][0]])


def _is_personal(text: str, groups: list[Span], stop: int) -> bool:
    """Whether these groups of digits are together a number of a person."""
    digits = "".join(text[a:b] for a, b in groups)
    if not 9 <= len(digits) <= 19:
        return False
    sizes = tuple(b - a for a, b in groups)
    start = groups[0][0]
    if not _stands_alone(text, start, stop):
        return False
    signs = {c for c in text[start:stop] if not c.isdigit() and c not in " ()"}
    if "." in signs and (len(signs) > 1 or _has_decimals(text, groups)):
        return False
    with_x = digits + "X" if text[stop - 1] in "Xx" else digits
    if len(with_x) == 18 and checks.is_probable_identity(with_x):
        return True
    if with_x is not digits:
        return False
    if sizes in ((15,), (6, 6, 3), (6, 2, 2, 2, 3)) and checks.is_old_identity(digits):
        return True
    if _is_card(digits, sizes, signs):
        return True
    if sizes == (3, 2, 2, 2, 2) and _ONE_MORE.match(text, stop):  # degrees, minutes, seconds twice
        return False
    return _is_mobile(digits, sizes, signs) or _is_landline(text, digits, groups)


def _stands_alone(text: str, start: int, stop: int) -> bool:
    """Whether digits are no part of a longer code, of a decimal or of a quantity."""
    before, behind = text[:start], text[stop : stop + 1]
    if _ELEMENT_BEFORE.search(before[-12:]):
        return False
    named = before[-1:].isalpha() and not before[-1:].isascii() and _RUNNING.match(text, stop)
    if (behind.isascii() and behind.isalpha()) or (_QUANTITY.match(text, stop) and not named):
        return False
    if re.search(r"\d[.,]$", before[-2:]) or before[-1:] in ("#", "&"):
        return False
    letter = before[-1:].isascii() and before[-1:].isalpha()
    return not letter or _MOBILE_BEFORE.search(before[-8:]) is not None


def _is_card(digits: str, sizes: tuple[int, ...], signs: set[str]) -> bool:
    """Whether digits are a bank card's number, in groups as cards have them."""
    if not checks.is_card(digits):
        return False
    fours = set(sizes[:-1]) == {4} and sizes[-1] <= 4
    return len(sizes) == 1 or fours or (signs <= {"-"} and sizes in checks.CARD_GROUPS)


def _has_decimals(text: str, groups: list[Span]) -> bool:
    """Whether a point and spaces stand between digits: 4 012 345.67, or two decimals in a row."""
    between = {text[a[1] : b[0]].strip() for a, b in pairwise(groups)}
    return between == {"", "."}


def _is_mobile(digits: str, sizes: tuple[int, ...], signs: set[str]) -> bool:
    if not checks.is_mobile(digits):
        return False
    own = list(sizes)
    rest = len(digits) - 11
    while rest > 0 and own:  # the country code, in a group of its own or joined to the first
        taken = min(rest, own[0])
        own[0] -= taken
        rest -= taken
        own = own[1:] if own[0] == 0 else own
    if "." in signs and tuple(own) not in ((3, 4, 4), (1,) * 11):
        return False  # 131.12345678 is a longitude
    return tuple(own) in checks.MOBILE_GROUPS and not _are_years(digits, tuple(own), signs)


def _are_years(digits: str, sizes: tuple[int, ...], signs: set[str]) -> bool:
    """Whether groups of digits are years and a number rather than parts of one number."""
    if sizes == (3, 4, 4) and not signs:
        return all(_YEAR.fullmatch(part) for part in (digits[-8:-4], digits[-4:]))
    return len(sizes) == 3 and sizes[0] == 4 and digits.startswith("19")


def _is_year_and_serial(parts: list[str]) -> bool:
    """Whether groups behind the first are years, or a year and a serial number with zeros."""
    year = len(parts) > 1 and len(parts[-1]) == 4 and _YEAR.fullmatch(parts[-2]) is not None
    return year and (parts[-1][0] == "0" or _YEAR.fullmatch(parts[-1]) is not None)


def _is_landline(text: str, digits: str, groups: list[Span]) -> bool:
    if len(groups) == 1:
        return checks.is_landline(digits)
    if len(groups) > 4:
        return False
    first = text[slice(*groups[0])]
    plain = digits
    if first in ("86", "0086") and len(groups) > 1:
        plain = "0" + digits[len(first) :].lstrip("0")
        first = "0" + text[slice(*groups[1])].lstrip("0")
    elif first.startswith("86") and text[groups[0][0] - 1 : groups[0][0]] == "+":
        plain, first = "0" + digits[2:].lstrip("0"), "0" + first[2:].lstrip("0")
    bracket = text[groups[0][1] : groups[0][1] + 1] == ")"
    if _is_year_and_serial([text[a:b] for a, b in groups[1:]]):
        return False
    if checks.is_area_code(first) and checks.is_landline(plain):
        return True
    abroad = bracket and re.fullmatch(r"0[2-8]", first) is not None  # (02) 2345-6789
    return abroad and 9 <= len(digits) <= 10
