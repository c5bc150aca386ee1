"""Two coordinates in one cell: ``117.02, 36.65``, ``(36.65 117.02)``, ``N36°39′ E117°1′``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from geoplan.inputs.columns.places.angles import Angle, Axis, parse_angle

_BRACKETS = "()[]{}（）［］｛｝【】〔〕<>\"' \t"
#: quotes around words (those behind digits are seconds)
_QUOTES = re.compile(r"[\"“”](?=[a-z]{2})|(?<=[a-z]{2})[\"“”]", re.IGNORECASE)
#: separators, surest first; each must cut the text into two (or three: the last is the height)
_SEPARATORS = (
    re.compile(r"\s*[;；|\n\t]\s*"),
    re.compile(r"\s*[，、]\s*"),
    re.compile(r"\s*,\s+|\s+,\s*"),
    re.compile(r"\s*[,/&]\s*"),
    re.compile(r"\s+"),
)
#: no cell with a pair is longer
_LONGEST = 90
#: cells that decide what a column holds
_SAMPLE = 200
#: decimals of degrees that say where something is; metres are larger than this
_MIN_DECIMALS, _MIN_METRES = 2, 1_000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two coordinates in the order in which they stand, as texts of their own.

    axes : "lon", "lat" or "" of each, as a hemisphere or a word says.
    """

    first: str
    second: str
    axes: tuple[Axis, Axis] = ("", "")


@lru_cache(maxsize=65536)
def parse_pair(text: str, *, any_degrees: bool = False) -> Pair | None:
    """The two coordinates in a cell, None where there are none.

    Two numbers without a hemisphere must look like coordinates: metres, or degrees with decimals;
    with `any_degrees`, where the heading speaks of coordinates, degrees without decimals will do.

    Examples
    --------
    >>> parse_pair("(36.65, 117.02)")
    Pair(first='36.65', second='117.02', axes=('', ''))
    >>> parse_pair("历下区泉城路 1 号") is None, parse_pair("3,5") is None
    (True, True)
    """
    plain = str(text).strip().removeprefix("geo:").strip(_BRACKETS)
    if not plain or len(plain) > _LONGEST or sum(c.isdigit() for c in plain) < 2:
        return None
    plain = _QUOTES.sub("", plain)
    for separator in _SEPARATORS:
        parts = separator.split(plain)
        if len(parts) in (2, 3):
            pair = _pair(parts[0], parts[1], any_degrees)
            height = parts[2] if len(parts) == 3 else "0"
            if pair is not None and _is_number(height):
                return pair
    return _pair_without_separator(plain)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?\s*[m米]?", text.strip()) is not None


def _pair(one: str, other: str, any_degrees: bool = False) -> Pair | None:
    one, other = one.strip(), other.strip()
    first, second = parse_angle(one), parse_angle(other)
    if first is None or second is None or (first.axis and first.axis == second.axis):
        return None
    small = min(abs(first.degrees), abs(second.degrees))
    large = max(abs(first.degrees), abs(second.degrees))
    told = first.axis or second.axis or first.parts > 1
    told = told or any_degrees
    degrees = large <= 180 and (told or min(_decimals(one), _decimals(other)) >= _MIN_DECIMALS)
    if not degrees and not (small > _MIN_METRES and not any(_axes(first, second))):
        return None  # 12,5 is a number with a decimal comma, 3/4 a count
    return Pair(first=one, second=other, axes=_axes(first, second))


def _axes(first: Angle, second: Angle) -> tuple[Axis, Axis]:
    return first.axis, second.axis


def _decimals(text: str) -> int:
    return len(re.split(r"[.,。]", text.strip())[1]) if re.search(r"[.,]\d", text) else 0


def _pair_without_separator(text: str) -> Pair | None:
    """Cut where both sides are angles: at their hemispheres, else two with as many parts."""
    best: tuple[int, int] = (0, 0)
    found = None
    for cut in range(1, len(text)):
        one, other = text[:cut].strip(" ,"), text[cut:].strip(" ,")
        pair = _pair(one, other)
        if pair is None:
            continue
        parts = [angle.parts for angle in map(parse_angle, (one, other)) if angle is not None]
        named = sum(axis != "" for axis in pair.axes)
        even = parts[0] == parts[1] > 1 and text[cut] == " "
        if (named == 2 or even) and (named, sum(parts)) > best:
            best, found = (named, sum(parts)), pair
    return found


def pair_share(cells: pd.Series, *, any_degrees: bool = False) -> float:
    """Share of the filled cells that hold two coordinates (of a sample)."""
    filled = cells[cells != ""]
    sample = filled.iloc[:: max(len(filled) // _SAMPLE, 1)]
    if not len(sample):
        return 0.0
    return float(np.mean([parse_pair(c, any_degrees=any_degrees) is not None for c in sample]))
