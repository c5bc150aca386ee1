"""Angles as people write them: degrees, minutes and seconds, with their hemisphere.

Decimal degrees, degrees with decimal minutes, and degrees with minutes and seconds, divided by
signs, words, colons, hyphens or spaces; the hemisphere as a letter or a word, before or behind the
digits, in the languages of ``angles.toml``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np
import pandas as pd

from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers

Axis = Literal["", "lon", "lat"]
#: no angle is larger, in degrees
MAX_DEGREES = 360

_NUMBER = r"\d+(?:[.,]\d+)?"
#: a sign of minutes or seconds in front of the decimals: 12″.07
_SIGN_BEFORE_DECIMALS = re.compile(r"(\d)([°'\"])[.](\d+)")
#: hemispheres by axis and sign; 0: the word names the axis only
_SIDES: dict[str, tuple[Axis, float]] = {
    "north": ("lat", 1.0),
    "south": ("lat", -1.0),
    "east": ("lon", 1.0),
    "west": ("lon", -1.0),
    "east_or_west": ("lon", np.nan),
    "lat": ("lat", 0.0),
    "lon": ("lon", 0.0),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Angle:
    """An angle in degrees.

    degrees : south and west negative. axis : as a hemisphere or a word says, "" unknown.
    open_side : the letter O, east in some languages and west in others; taken for east.
    parts : 1 decimal degrees, 2 with minutes, 3 with minutes and seconds.
    spaced : its parts are divided by spaces or hyphens only, without any sign.
    """

    degrees: float
    axis: Axis = ""
    open_side: bool = False
    parts: int = 1
    spaced: bool = False


@lru_cache(maxsize=4096)
def parse_angle(text: str) -> Angle | None:
    """The angle that `text` says, None where it says none.

    Examples
    --------
    >>> [round(parse_angle(t).degrees, 6) for t in ("E117°0'12", "东经117°1′0.38″", "S 36:40.201")]
    [117.003333, 117.016772, -36.670017]
    >>> parse_angle("51.2W"), parse_angle("51.2 km")
    (Angle(degrees=-51.2, axis='lon', open_side=False, parts=1, spaced=False), None)
    """
    plain = _plain(text)
    front = _word_at(plain, front=True)
    rest = plain[len(front) :].lstrip(" :=.") if front else plain
    # the s behind 117d0m12 is no south
    behind = "" if _DMS_LETTERS.fullmatch(rest) else _word_at(rest, front=False)
    rest = rest[: len(rest) - len(behind)].rstrip(" ,") if behind else rest
    side = _one_side(front, behind)
    if side is None:
        return None
    found = _degrees(rest, named=bool(front or behind))
    if found is None:
        return None
    value, parts, spaced, negative = found
    axis, sign = side
    if negative and sign == 1.0 and (front or behind):
        return None  # minus and north contradict each other; minus and west say the same
    opened = bool(np.isnan(sign))
    if negative or sign == -1.0:
        value = -value
    return Angle(degrees=value, axis=axis, open_side=opened, parts=parts, spaced=spaced)


def _plain(text: str) -> str:
    """`text` with one kind of each sign, in lower case."""
    text = str(text).translate(_signs())
    text = unicodedata.normalize("NFKC", text).translate(_signs())
    text = text.strip().strip("()[]{}").strip().lower().rstrip(";")
    text = re.sub(r"\s+", " ", text).replace("''", '"').removesuffix(".").strip()
    return _SIGN_BEFORE_DECIMALS.sub(r"\1.\3\2", text)


def _one_side(front: str, behind: str) -> tuple[Axis, float] | None:
    """Axis and sign that both words say, None where they contradict each other."""
    sides = [_words()[w] for w in (front, behind) if w]
    if not sides:
        return "", 0.0
    axis = sides[0][0]
    if any(s[0] != axis for s in sides):
        return None
    signs = {s[1] for s in sides if not np.isnan(s[1]) and s[1] != 0.0}
    if len(signs) > 1:
        return None
    if signs:
        return axis, signs.pop()
    return axis, (np.nan if any(np.isnan(s[1]) for s in sides) else 0.0)


def _degrees(text: str, *, named: bool) -> tuple[float, int, bool, bool] | None:
    """Degrees, parts, whether only spaces divide them, and whether a minus stands in front."""
    negative = text.startswith("-")
    text = text[1:].lstrip() if text[:1] in "+-" else text
    spaced = False
    match = _SPACES.fullmatch(text)
    spaced = match is not None and not named
    for form in (_DMS_LETTERS, _DMS_SIGNS, _COLONS):
        match = match or form.fullmatch(text)
    if match is None:
        return None
    groups = [g.replace(",", ".") if g else None for g in match.groups()]
    whole, minutes, seconds = (float(g) if g else None for g in groups)
    assert whole is not None
    # a finer part stands under a whole number only; 60 is what rounding leaves
    if minutes is not None and ("." in str(groups[0]) or minutes > 60):
        return None
    if seconds is not None and ("." in str(groups[1]) or seconds > 60):
        return None
    value = whole + (minutes or 0.0) / 60 + (seconds or 0.0) / 3600
    return value, 1 + (minutes is not None) + (seconds is not None), spaced, negative


@cache
def _toml() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("angles.toml").read_text(encoding="utf-8"))


@cache
def _signs() -> dict[int, str]:
    return {ord(c): sign for sign, alike in _toml()["signs"].items() for c in alike}


@cache
def _words() -> dict[str, tuple[Axis, float]]:
    """Axis and sign by word."""
    tables = {**_toml()["hemispheres"], **_toml()["axes"]}
    return {word: _SIDES[kind] for kind, words in tables.items() for word in words}


def _word_at(text: str, *, front: bool) -> str:
    """The longest known word at one end of `text`, beside a digit, a sign or a space."""
    for word in sorted(_words(), key=len, reverse=True):
        if front and text.startswith(word):
            after = text[len(word) :].lstrip(" :=.")
            if after[:1].isdigit() or after[:1] in "+-":
                return word
        if not front and text.endswith(word) and text[: -len(word)].rstrip()[-1:].strip():
            before = text[: -len(word)].rstrip(" ,")
            if not before[-1:].isalpha() or _UNIT_BEHIND.search(before):
                return word
    return ""


def _any(kind: str) -> str:
    words = sorted(_toml()["units"][kind], key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, words)) + ")"


_PART = r"(\d{1,2}(?:[.,]\d+)?)"
_DMS_SIGNS = re.compile(
    rf"({_NUMBER}) ?(?:{_any('degrees')})?"
    rf"(?:(?<=[^\d.,]) ?{_PART} ?(?:{_any('minutes')})?"
    rf"(?:(?<=[^\d.,]) ?{_PART} ?(?:{_any('seconds')})?)?)?"
)
_DMS_LETTERS = re.compile(rf"({_NUMBER}) ?[d°] ?({_NUMBER}) ?m ?(?:({_NUMBER}) ?s)?")
_COLONS = re.compile(rf"(\d{{1,3}}) ?: ?{_PART}(?: ?: ?{_PART})?")
_SPACES = re.compile(rf"(\d{{1,3}})[ -]{_PART}(?:[ -]{_PART})?")


_UNIT_BEHIND = re.compile(rf"\d ?(?:{_any('degrees')}|{_any('minutes')}|{_any('seconds')}|[ms])$")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Angles:
    """A column of coordinates.

    values : NaN where there is none. axis : "lon", "lat" or "" per cell, as the cell says.
    cleaned : bool per cell: no plain number. written : with minutes, a degree sign or a hemisphere.
    open_side, spaced : as in `Angle`.
    """

    values: np.ndarray
    axis: np.ndarray
    cleaned: np.ndarray
    written: np.ndarray
    open_side: np.ndarray
    spaced: np.ndarray


def read_angles(cells: pd.Series) -> Angles:
    """The coordinates of a column: plain numbers, or angles as people write them.

    Examples
    --------
    >>> found = read_angles(pd.Series(["117.5", "36°30′N", "?"]))
    >>> found.values.tolist(), found.axis.tolist(), found.written.tolist()
    ([117.5, 36.5, nan], ['', 'lat', ''], [False, True, False])
    """
    count = len(cells)
    numbers, cleaned = read_numbers(cells, decimal_comma=True)
    found = Angles(
        values=numbers,
        axis=np.full(count, "", object),
        cleaned=cleaned,
        written=np.zeros(count, bool),
        open_side=np.zeros(count, bool),
        spaced=np.zeros(count, bool),
    )
    # also what was cleaned: a space inside may divide degrees and minutes
    hard = ~is_empty(cells) & (np.isnan(numbers) | cleaned)
    for position in np.flatnonzero(hard):
        cell = str(cells.iloc[position])
        angle = parse_angle(cell)
        if angle is None or (angle.parts == 1 and not angle.axis and cleaned[position]):
            continue
        found.values[position] = angle.degrees
        found.axis[position] = angle.axis
        found.cleaned[position] = found.written[position] = True
        found.open_side[position] = angle.open_side
        found.spaced[position] = angle.spaced
    return found
