"""Numbers of persons: whether digits are an identity number, a bank card, a telephone number.

Check digits and dates of birth tell them from codes of places, institutions and files.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from geoplan.inputs.columns.personal.pattern_words import pattern_words

_IDENTITY = re.compile(r"\d{17}[\dXx]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
#: a wrong check digit is a slip of the pen where the birth is older than codes with dates are
_NO_CODES_BEFORE = 2000
_OLDEST = 1895
_MOBILE = re.compile(r"1(?:3\d|4[014-9]|5[0-35-9]|6[25-7]|7[0-8]|8\d|9[0-35-9])\d{8}")
_ABROAD = re.compile(r"^(?:(?:\+|00)?86|0)(?=1\d{10}$)")
_AREA_CODES = (
    "31|335|349|35|37|39|41|42[179]|43|45|46[47-9]|47|48[23]|51|52|53|54|55|56|57|58|59|63[1-5]|66[0238]"
    "|69[12]|701|71|72[248]|73|74[3-6]|75|76|77|79|81|82[5-7]|83|85|87|88[13678]|89|90[123689]|91|93"
    "|94[13]|95[1-5]|97|99"
)
_AREA_CODE = re.compile(rf"0(?:10|2\d)|0(?=(?:{_AREA_CODES}))\d{{3}}")
_LANDLINE = re.compile(rf"0(?:10|2\d)[2-9]\d{{7}}|0(?=(?:{_AREA_CODES}))\d{{3}}[2-9]\d{{6,7}}")
#: how mobile numbers are grouped
MOBILE_GROUPS = frozenset(
    {(11,), (3, 4, 4), (4, 4, 3), (3, 3, 5), (3, 8), (7, 4), (4, 3, 4), (5, 6), (6, 5), (4, 7)}
    | {(3, 2, 2, 2, 2), (3, 3, 3, 2), (2, 3, 3, 3), (3, 5, 3), (3, 4, 2, 2), (8, 3), (1,) * 11}
    | {(3, 2, 3, 3), (1, 2, 4, 4), (1, 10), (2, 9), (9, 2), (3, 1, 3, 4), (5, 3, 3), (5, 2, 4)}
    | {(1, 3, 3, 4)}
)
#: how the numbers of cards are grouped, other than by fours
CARD_GROUPS = frozenset({(6, 10), (6, 13), (8, 8), (8, 11), (6, 6, 4), (6, 6, 7), (6, 7, 6)})
#: beginnings of cards' numbers, and how long these are
_CARDS = re.compile(r"62\d{14,17}|9558\d{15}|4\d{15}|5[1-5]\d{14}|35\d{14}|60\d{14,17}")
_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


@cache
def _provinces() -> frozenset[str]:
    return frozenset(pattern_words()["provinces"])


def _is_birth(year: int, month: str, day: str) -> bool:
    """Whether somebody may have been born on that day."""
    try:
        born = date(year, int(month), int(day))
    except ValueError:
        return False
    return born.year >= _OLDEST


def is_identity_number(text: str) -> bool:
    """Whether `text` is an identity number: 18 characters, the last one the check digit.

    The check digit follows GB 11643-1999 (ISO 7064, MOD 11-2).

    Examples
    --------
    >>> is_identity_number("11010519491231002X"), is_identity_number("110105194912310021")
    (True, False)
    """
    return has_birth_date(text) and _check_character(text) == text[17].upper()


def has_birth_date(text: str) -> bool:
    """Whether 18 characters hold a province and a date of birth as identity numbers do.

    Examples
    --------
    >>> has_birth_date("110105194912310021"), has_birth_date("123701024930123456")
    (True, False)
    """
    return (
        _IDENTITY.fullmatch(text) is not None
        and text[:2] in _provinces()
        and text[6:8] in ("18", "19", "20")
        and _is_birth(int(text[6:10]), text[10:12], text[12:14])
    )


def _check_character(text: str) -> str:
    rest = sum(int(c) * w for c, w in zip(text[:17], _WEIGHTS, strict=True)) % 11
    return "10X98765432"[rest]


def is_probable_identity(text: str) -> bool:
    """Whether `text` is an identity number, or one with a slip of the pen.

    Examples
    --------
    >>> [is_probable_identity(t) for t in ("110105194912310021", "370102202310150001")]
    [True, False]
    """
    if not has_birth_date(text):
        return False
    slip = int(text[6:10]) < _NO_CODES_BEFORE or text[17] in "Xx"
    return slip or _check_character(text) == text[17].upper()


def is_old_identity(text: str) -> bool:
    """Whether 15 digits are an identity number as issued before 1999.

    Examples
    --------
    >>> is_old_identity("370102491231002"), is_old_identity("370102228012345")
    (True, False)
    """
    return (
        len(text) == 15
        and text.isdigit()
        and text[:2] in _provinces()
        and text[12:] != "000"
        and _is_birth(1900 + int(text[6:8]), text[8:10], text[10:12])
    )


def is_mobile(digits: str) -> bool:
    """Whether digits are a mobile number of the mainland, with its country code or without.

    Examples
    --------
    >>> [is_mobile(t) for t in ("13800138000", "8613800138000", "17788899866", "12800138000")]
    [True, True, True, False]
    """
    return _MOBILE.fullmatch(_ABROAD.sub("", digits, count=1)) is not None


def is_landline(digits: str) -> bool:
    """Whether digits are a number of a landline with its area code.

    Examples
    --------
    >>> [is_landline(t) for t in ("053188888888", "01062345678", "060371011101")]
    [True, True, False]
    """
    return _LANDLINE.fullmatch(digits) is not None


def is_area_code(digits: str) -> bool:
    """Whether digits are the area code of landlines, with its zero.

    Examples
    --------
    >>> [is_area_code(t) for t in ("010", "0531", "035", "0500")]
    [True, True, False, False]
    """
    return _AREA_CODE.fullmatch(digits) is not None


def is_card(digits: str) -> bool:
    """Whether digits are a bank card's number: its beginning, length and check digit (Luhn).

    Examples
    --------
    >>> is_card("6222021234567890128"), is_card("6222021234567890120")
    (True, False)
    """
    if _CARDS.fullmatch(digits) is None:
        return False
    doubled = (int(c) * (1 + k % 2) for k, c in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def is_taiwan_identity(text: str) -> bool:
    """Whether a letter and nine digits are an identity number of Taiwan, by its check digit.

    Examples
    --------
    >>> is_taiwan_identity("A123456789"), is_taiwan_identity("A123456788")
    (True, False)
    """
    letter = 10 + _TAIWAN.index(text[0])
    digits = [letter // 10, letter % 10, *map(int, text[1:])]
    return (
        sum(d * w for d, w in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0
    )


def is_hong_kong_identity(letters: str, digits: str, check: str) -> bool:
    """Whether letters and six digits fit the check character in brackets behind them.

    Examples
    --------
    >>> is_hong_kong_identity("A", "123456", "3"), is_hong_kong_identity("A", "123456", "4")
    (True, False)
    """
    padded = letters.rjust(2)
    values = [36 if c == " " else ord(c) - 55 for c in padded] + [int(c) for c in digits]
    total = sum(v * w for v, w in zip(values, range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def is_brazilian_identity(digits: str) -> bool:
    """Whether eleven digits are a CPF, by its two check digits.

    Examples
    --------
    >>> is_brazilian_identity("52998224725"), is_brazilian_identity("52998224724")
    (True, False)
    """
    numbers = [int(c) for c in digits]
    for length in (9, 10):
        weighted = sum(
            n * w for n, w in zip(numbers[:length], range(length + 1, 1, -1), strict=True)
        )
        if weighted * 10 % 11 % 10 != numbers[length]:
            return False
    return len(set(digits)) > 1
