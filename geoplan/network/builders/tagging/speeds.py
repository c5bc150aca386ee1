"""Driving speeds: what a speed limit says, and the speed of a road class where it says nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from geoplan.network.builders.tagging.values import tag_values

#: Free-flow speeds by road class where no ``maxspeed`` is given, km/h: the middle of the design
#: speeds of CJJ 37-2012 (2016), urban roads: expressway 60-100, arterial 40-60, secondary
#: 30-50, branch 20-40; the motorway within towns. Slip roads at two thirds of their road.
SPEEDS_KMH: Mapping[str, float] = {
    "motorway": 90.0,
    "motorway_link": 60.0,
    "trunk": 70.0,
    "trunk_link": 45.0,
    "primary": 50.0,
    "primary_link": 35.0,
    "secondary": 40.0,
    "secondary_link": 30.0,
    "tertiary": 30.0,
    "tertiary_link": 20.0,
    "unclassified": 30.0,
    "residential": 25.0,
    "road": 25.0,
    "service": 15.0,
    "living_street": 15.0,
    "track": 15.0,
}
#: for a road class that the table does not know
OTHER_SPEED_KMH = 25.0
#: of a ferry whose ``duration`` is not given: a small passenger boat
FERRY_KMH = 10.0
#: a ``maxspeed`` outside is taken for a slip of the pen
PLAUSIBLE_KMH = (5.0, 150.0)

_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(.*)")
_ZONE_NUMBER = re.compile(r"(?:[a-z]{2}:)?zone[:\s]?(\d+)|[a-z]{2}:(\d+)")


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("speeds.toml").read_text("utf-8"))


def maxspeed_kmh(value: object) -> float | None:
    """A ``maxspeed`` tag in km/h; None where it is no plausible number.

    Lanes (``"60|50"``) and lists give their mean.

    Examples
    --------
    >>> maxspeed_kmh("50"), maxspeed_kmh("30 mph"), maxspeed_kmh("60|40"), maxspeed_kmh("CN:urban")
    (50.0, 48.28032, 50.0, 50.0)
    """
    return read_maxspeed(value)[0]


def read_maxspeed(value: object) -> tuple[float | None, bool]:
    """A ``maxspeed`` in km/h, and whether it says something that was not understood.

    Examples
    --------
    >>> read_maxspeed("none"), read_maxspeed("fast"), read_maxspeed("0"), read_maxspeed(None)
    ((None, False), (None, True), (None, True), (None, False))
    """
    return _read("|".join(tag_values(value)))


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[float | None, bool]:
    speeds, odd = [], False
    for part in text.split("|"):
        word = part.strip().lower()
        if not word:
            continue
        speed = _single(word)
        if speed is None:
            odd = True
        elif speed > 0:
            speeds.append(speed)
    if not speeds:
        return None, odd
    mean = sum(speeds) / len(speeds)
    if PLAUSIBLE_KMH[0] <= mean <= PLAUSIBLE_KMH[1]:
        return mean, odd
    return None, True


def _single(word: str) -> float | None:
    """One limit in km/h; 0 = known to say no number, None = not understood."""
    words = _words()
    if word in words["words"]:
        return float(words["words"][word])
    if number := _NUMBER.fullmatch(word):
        unit = number[2].strip() or "km/h"
        factor = words["units"].get(unit)
        speed = None if factor is None else float(number[1].replace(",", ".")) * factor
        return speed or None
    if number := _ZONE_NUMBER.fullmatch(word):
        return float(number[1] or number[2])
    country, colon, zone = word.partition(":")
    if not colon:
        return None
    zones = words["zones"]
    own = zones.get(country.upper(), {})
    found = own.get(zone, zones["*"].get(zone))
    return None if found is None else float(found)


def class_speed(highway: object, speeds: Mapping[str, float] | None = None) -> tuple[float, bool]:
    """The speed of a road class in km/h, and whether the class is known."""
    table = SPEEDS_KMH if speeds is None else {**SPEEDS_KMH, **speeds}
    for name in tag_values(highway):
        if name in table:
            return float(table[name]), True
    return OTHER_SPEED_KMH, False


def speed_kmh(
    highway: object, maxspeed: object, speeds: Mapping[str, float] | None = None
) -> float:
    """Driving speed: ``maxspeed`` where given, else the road class's, km/h.

    `speeds` adds to or replaces entries of `SPEEDS_KMH`; a list of classes (OSMnx's merged
    edges) counts by its first that is known.

    Examples
    --------
    >>> speed_kmh("primary", None), speed_kmh("primary", "80")
    (50.0, 80.0)
    >>> speed_kmh("primary", None, {"primary": 45})
    45.0
    """
    limit = maxspeed_kmh(maxspeed)
    return class_speed(highway, speeds)[0] if limit is None else limit
