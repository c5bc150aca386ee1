"""Dates in cells of text, as the days that they may mean: a year alone is all its days."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta

#: days that stand for "without end"
_NO_END = frozenset({2099, 2199, 2299, 2999, 9999})
_YEAR = r"(1[89]\d\d|20\d\d|21\d\d|2[29]99|9999)"
_PARTS = re.compile(
    rf"(?<!\d){_YEAR}(?:\s*[-/.年]\s*(\d{{1,2}})(?:\s*[-/.月]\s*(\d{{1,2}}))?)?(?!\d)"
)
_COMPACT = re.compile(rf"(?<!\d){_YEAR}(\d\d)(\d\d)?(?!\d)")
_YEAR_LAST = re.compile(rf"(?<!\d)(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ]{_YEAR}(?!\d)")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMED = re.compile(
    rf"(?<!\d)(?:(\d{{1,2}})\.?\s+)?({'|'.join(_MONTHS)})[a-z]*\.?\s+(?:(\d{{1,2}}),?\s+)?{_YEAR}(?!\d)"
)
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
#: day 0 of spreadsheets, and the serial numbers that are taken for days (1982 to 2064)
_EPOCH, _SERIALS = date(1899, 12, 30), range(30_000, 60_000)


def read_days(text: object) -> tuple[date, date] | None:
    """The first and the last day that a text may mean; None where it names no date.

    Examples
    --------
    >>> read_days("2023年5月")
    (datetime.date(2023, 5, 1), datetime.date(2023, 5, 31))
    >>> read_days("03/04/2023")  # the third of April, or the fourth of March
    (datetime.date(2023, 3, 4), datetime.date(2023, 4, 3))
    >>> read_days("about 1998"), read_days("soon")
    ((datetime.date(1998, 1, 1), datetime.date(1998, 12, 31)), None)
    """
    plain = unicodedata.normalize("NFKC", str(text)).strip().lower()
    if serial := _SERIAL.fullmatch(plain):
        number = int(serial[1])
        return (_EPOCH + timedelta(number),) * 2 if number in _SERIALS else None
    for pattern, read in (
        (_YEAR_LAST, _year_last),
        (_NAMED, _named),
        (_COMPACT, _parts),
        (_PARTS, _parts),
    ):
        found = pattern.search(plain)
        if found and (days := read(found)) is not None:
            return days
    return None


def is_without_end(text: object) -> bool:
    """Whether a closing date stands for "no end": 9999-12-31 and its like.

    Examples
    --------
    >>> is_without_end("9999/12/31"), is_without_end("2023-05-01")
    (True, False)
    """
    days = read_days(text)
    return days is not None and days[1].year in _NO_END


def _parts(found: re.Match[str]) -> tuple[date, date] | None:
    return _span(*(int(part) if part else None for part in found.groups()))


def _named(found: re.Match[str]) -> tuple[date, date] | None:
    before, month, after, year = found.groups()
    day = before or after
    return _span(int(year), _MONTHS.index(month) + 1, int(day) if day else None)


def _year_last(found: re.Match[str]) -> tuple[date, date] | None:
    a, b, year = map(int, found.groups())
    spans = [s for s in (_span(year, a, b), _span(year, b, a)) if s is not None]
    return (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None


def _span(
    year: int | None, month: int | None = None, day: int | None = None
) -> tuple[date, date] | None:
    """The days of a year, of a month, or one day; None where there is no such day."""
    assert year is not None
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    if day is None:
        return date(year, month, 1), date(year, month, last)
    return (date(year, month, day),) * 2 if 1 <= day <= last else None
