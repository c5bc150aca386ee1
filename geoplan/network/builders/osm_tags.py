"""Which OpenStreetMap ways are streets for walking and driving, in which direction, how fast.

The street types of each mode are those of OSMnx's ``network_type="walk"`` and ``"drive"``
(Boeing 2025, *Modeling and Analyzing Urban Networks and Amenities with OSMnx*, Geographical
Analysis 57(4); docs of OSMnx 2): everything with a ``highway`` tag but what is listed here.
Beyond OSMnx, what the tags forbid is left out as well (``access=no``, ``foot=private``,
``motorroad=yes`` on foot, ...), unless a more specific tag allows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.words.message import Message, Messages

#: no street at all (planned, gone, or not for moving along)
NOT_A_STREET = frozenset(
    {
        "abandoned",
        "bus_guideway",
        "construction",
        "no",
        "planned",
        "platform",
        "proposed",
        "raceway",
        "razed",
        "rest_area",
        "services",
    }
)
#: values of an access tag that forbid, and those that allow in spite of a broader tag
FORBIDDEN = frozenset({"no", "private"})
ALLOWED = frozenset({"yes", "designated", "permissive", "destination", "customers", "official"})

#: ``oneway=*``: along the way's direction, and against it (OSMnx's lists, "T"/"F" as Geofabrik)
ONEWAY_FORWARD = frozenset({"yes", "true", "1", "F"})
ONEWAY_BACKWARD = frozenset({"-1", "reverse", "T"})
ONEWAY_NO = frozenset({"no", "false", "0"})

#: tags that a network keeps per edge
KEPT_TAGS = (
    "highway",
    "name",
    "ref",
    "service",
    "access",
    "bridge",
    "tunnel",
    "layer",
    "junction",
    "maxspeed",
    "surface",
)

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
#: a ``maxspeed`` outside is taken for a slip of the pen
PLAUSIBLE_KMH = (5.0, 150.0)

TagGetter = Callable[[str], "str | None"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StreetFilter:
    """Which ways a mode may use.

    `access_keys` go from the most specific to the broadest: the first that is tagged decides,
    but ``access=private`` always forbids, as in OSMnx.
    """

    not_highway: frozenset[str]
    not_service: frozenset[str]
    access_keys: tuple[str, ...]
    forbidden_tags: tuple[tuple[str, str], ...]
    oneway_keys: tuple[str, ...]


STREET_FILTERS: Mapping[str, StreetFilter] = {
    "walk": StreetFilter(
        not_highway=NOT_A_STREET | {"cycleway", "motor", "motorway", "motorway_link"},
        not_service=frozenset({"private"}),
        access_keys=("foot", "access"),
        forbidden_tags=(
            ("area", "yes"),
            ("motorroad", "yes"),
            ("sidewalk", "separate"),
            ("sidewalk:both", "separate"),
            ("sidewalk:left", "separate"),
            ("sidewalk:right", "separate"),
        ),
        oneway_keys=(),
    ),
    "drive": StreetFilter(
        not_highway=NOT_A_STREET
        | {
            "bridleway",
            "busway",
            "corridor",
            "cycleway",
            "elevator",
            "escalator",
            "footway",
            "path",
            "pedestrian",
            "service",
            "steps",
            "track",
        },
        not_service=frozenset(
            {"alley", "driveway", "emergency_access", "parking", "parking_aisle", "private"}
        ),
        access_keys=("motorcar", "motor_vehicle", "vehicle", "access"),
        forbidden_tags=(("area", "yes"),),
        oneway_keys=("oneway:motorcar", "oneway:motor_vehicle", "oneway"),
    ),
}


def reason_left_out(mode: str, tag: TagGetter) -> str:
    """Why a way with these tags is left out of the network of `mode`; "" when it is not.

    One of ``"class"``, ``"service"``, ``"access"``, ``"tag"``.

    Examples
    --------
    >>> reason_left_out("walk", {"highway": "steps"}.get)
    ''
    >>> reason_left_out("walk", {"highway": "motorway"}.get)
    'class'
    >>> reason_left_out("walk", {"highway": "residential", "access": "private"}.get)
    'access'
    >>> reason_left_out("drive", {"highway": "residential", "access": "no", "vehicle": "yes"}.get)
    ''
    """
    street = STREET_FILTERS[mode]
    if tag("highway") in street.not_highway:
        return "class"
    if tag("service") in street.not_service:
        return "service"
    if tag("access") == "private" or not _admitted(street.access_keys, tag):
        return "access"
    if any(tag(key) == value for key, value in street.forbidden_tags):
        return "tag"
    return ""


def _admitted(keys: tuple[str, ...], tag: TagGetter) -> bool:
    """The most specific access tag that decides; admitted where none is tagged."""
    for key in keys:
        value = tag(key)
        if value in FORBIDDEN:
            return False
        if value in ALLOWED:
            return True
    return True


def direction(mode: str, tag: TagGetter) -> int:
    """1 = one way along the way, -1 = one way against it, 0 = both ways.

    Always 0 on foot: one-way signs are for vehicles. Roundabouts and motorways are one-way
    without being tagged so; ``oneway=no`` makes them two-way.

    Examples
    --------
    >>> direction("drive", {"highway": "primary", "oneway": "-1"}.get)
    -1
    >>> direction("drive", {"highway": "primary", "junction": "roundabout"}.get)
    1
    >>> direction("walk", {"highway": "primary", "oneway": "yes"}.get)
    0
    """
    keys = STREET_FILTERS[mode].oneway_keys
    for key in keys:
        value = tag(key)
        if value in ONEWAY_FORWARD:
            return 1
        if value in ONEWAY_BACKWARD:
            return -1
        if value in ONEWAY_NO:
            return 0
    if keys and (tag("junction") in {"roundabout", "circular"} or tag("highway") == "motorway"):
        return 1
    return 0


_SPEED = re.compile(r"(\d+(?:[.,]\d+)?)\s*(km/h|kmh|kph|mph|knots)?")
_TO_KMH = {None: 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}


def maxspeed_kmh(value: object) -> float | None:
    """A ``maxspeed`` tag in km/h; None where it is no plausible number.

    Lanes (``"60|50"``) and lists give their mean.

    Examples
    --------
    >>> maxspeed_kmh("50"), maxspeed_kmh("30 mph"), maxspeed_kmh("60|40"), maxspeed_kmh("CN:urban")
    (50.0, 48.28032, 50.0, None)
    """
    if value is None or (isinstance(value, float) and value != value):
        return None
    parts = value if isinstance(value, (list, tuple)) else re.split(r"[|;]", str(value))
    matches = [_SPEED.fullmatch(str(part).strip().lower()) for part in parts]
    speeds = [float(m[1].replace(",", ".")) * _TO_KMH[m[2]] for m in matches if m]
    if not speeds:
        return None
    mean = sum(speeds) / len(speeds)
    return mean if PLAUSIBLE_KMH[0] <= mean <= PLAUSIBLE_KMH[1] else None


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
    if limit is not None:
        return limit
    table = SPEEDS_KMH if speeds is None else {**SPEEDS_KMH, **speeds}
    classes = highway if isinstance(highway, (list, tuple)) else [highway]
    for name in classes:
        if isinstance(name, str) and name in table:
            return float(table[name])
    return OTHER_SPEED_KMH


def driving_minutes(length_m: pd.Series, speed_kmh: pd.Series) -> pd.Series:
    """Minutes = metres x 0.06 / (km/h)."""
    return length_m * 0.06 / speed_kmh


def left_out_by(left_out: Mapping[str, int]) -> Messages:
    """How many lines were left out, by reason (see `reason_left_out`).

    Examples
    --------
    >>> parts = left_out_by({"class": 2, "access": 1})
    >>> str(parts), parts.text("zh")
    ('1 by access, 2 by class', '通行权限 1 条；道路等级 2 条')
    """
    reasons = (Message(f"network_faults.by_{why}", count=n) for why, n in sorted(left_out.items()))
    return Messages(reasons, join=", ")
