"""Which OpenStreetMap ways are streets for walking and driving, and in which direction.

The street types of each mode are those of OSMnx's ``network_type="walk"`` and ``"drive"``
(Boeing 2025, *Modeling and Analyzing Urban Networks and Amenities with OSMnx*, Geographical
Analysis 57(4); docs of OSMnx 2): everything with a ``highway`` tag but what is listed here.
Upon them come OpenStreetMap's access tags (wiki, *Key:access*): the more specific tag wins, so
``foot=*`` decides before the class, ``access=*``, ``service=private`` and ``motorroad=yes``;
``motorcar=*`` and ``motor_vehicle=*`` decide before ``vehicle=*`` and ``access=*``.
A street whose sidewalks are mapped apart stays: people cross it, and walk on it where the
mapped sidewalk is not joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoplan.network.builders.tagging.speeds import (
    OTHER_SPEED_KMH,
    SPEEDS_KMH,
    maxspeed_kmh,
    speed_kmh,
)
from geoplan.network.builders.tagging.values import is_merged, tag_values
from geoplan.words.message import Message, Messages

__all__ = [
    "DECIDING_KEYS",
    "KEPT_TAGS",
    "NOT_A_STREET",
    "OTHER_SPEED_KMH",
    "SPEEDS_KMH",
    "STREET_FILTERS",
    "access_verdict",
    "direction",
    "driving_minutes",
    "is_of_another_mode",
    "left_out_by",
    "maxspeed_kmh",
    "odd_access",
    "reason_left_out",
    "reason_merged",
    "speed_kmh",
]

#: nothing to move along, whatever an access tag says (planned, building, gone, races)
NOT_THERE = frozenset(
    {
        "abandoned",
        "bus_guideway",
        "construction",
        "no",
        "planned",
        "proposed",
        "raceway",
        "razed",
    }
)
#: no street at all (the above, and what is not for moving along)
NOT_A_STREET = NOT_THERE | {"platform", "rest_area", "services"}
#: values of an access tag that forbid, and those that allow in spite of a broader tag
FORBIDDEN = frozenset(
    {"no", "private", "use_sidepath", "restricted", "permit", "military", "emergency"}
)
ALLOWED = frozenset(
    {
        "yes",
        "designated",
        "permissive",
        "destination",
        "customers",
        "official",
        "public",
        "discouraged",
    }
)

#: ``oneway=*``: along the way's direction, and against it (OSMnx's lists, "T"/"F" as Geofabrik)
ONEWAY_FORWARD = frozenset({"yes", "true", "1", "F", "forward"})
ONEWAY_BACKWARD = frozenset({"-1", "reverse", "T", "backward"})
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

#: tags that make a closed way a square instead of a ring
AREA = ("area", "yes")

TagGetter = Callable[[str], "str | None"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StreetFilter:
    """Which ways a mode may use.

    own_keys, access_keys : from the most specific tag to the broadest: the first that is tagged
        decides. The mode's own ones decide before the class does as well.
    impassable : classes that a merged edge must not hold a part of.
    forbidden_tags, forbidden_values : tags, and values of access tags, that forbid.
    oneway_keys : from the most specific tag to the broadest.
    """

    not_highway: frozenset[str]
    impassable: frozenset[str]
    not_service: frozenset[str]
    own_keys: tuple[str, ...]
    access_keys: tuple[str, ...]
    forbidden_tags: tuple[tuple[str, str], ...]
    forbidden_values: frozenset[str] = FORBIDDEN
    oneway_keys: tuple[str, ...] = ()

    @property
    def conditional_keys(self) -> tuple[str, ...]:
        """The tags that say when the way is open, which nothing here reads."""
        return tuple(f"{key}:conditional" for key in self.access_keys)


_PATHS = frozenset(
    {
        "bridleway",
        "busway",
        "corridor",
        "cycleway",
        "elevator",
        "escalator",
        "footway",
        "path",
        "pedestrian",
        "steps",
    }
)
STREET_FILTERS: Mapping[str, StreetFilter] = {
    "walk": StreetFilter(
        not_highway=NOT_A_STREET | {"cycleway", "motor", "motorway", "motorway_link"},
        impassable=NOT_THERE | {"motor", "motorway", "motorway_link"},
        not_service=frozenset({"private"}),
        own_keys=("foot",),
        access_keys=("foot", "access"),
        forbidden_tags=(AREA, ("motorroad", "yes")),
    ),
    "drive": StreetFilter(
        not_highway=NOT_A_STREET | _PATHS | {"service", "track"},
        impassable=NOT_A_STREET | _PATHS,
        not_service=frozenset(
            {"alley", "driveway", "emergency_access", "parking", "parking_aisle", "private"}
        ),
        own_keys=("motorcar", "motor_vehicle"),
        access_keys=("motorcar", "motor_vehicle", "vehicle", "access"),
        forbidden_tags=(AREA,),
        forbidden_values=FORBIDDEN | {"agricultural", "forestry", "delivery", "psv", "bus"},
        oneway_keys=("oneway:motorcar", "oneway:motor_vehicle", "oneway"),
    ),
}
#: all tags that say whether a way is a street of some mode, or a ferry, and in which direction
DECIDING_KEYS = tuple(
    dict.fromkeys(
        key
        for street in STREET_FILTERS.values()
        for key in (
            *("highway", "service", "junction", "route", "duration"),
            *(*street.own_keys, *street.access_keys, *street.conditional_keys),
            *(*(key for key, _ in street.forbidden_tags), *street.oneway_keys),
        )
    )
)
#: classes that are left out of a mode as of no use to it, not as forbidden: an access tag
#: that merely confirms the right does not bring them back
_OF_NO_USE = {"walk": NOT_THERE, "drive": NOT_A_STREET | {"service"}}
#: access words that say something here, for whatever mode
_KNOWN_ACCESS = ALLOWED.union(*(street.forbidden_values for street in STREET_FILTERS.values()))


def reason_left_out(mode: str, tag: TagGetter) -> str:
    """Why a way with these tags is left out of the network of `mode`; "" when it is not.

    One of ``"class"``, ``"service"``, ``"access"``, ``"tag"``.

    Examples
    --------
    >>> reason_left_out("walk", {"highway": "steps"}.get)
    ''
    >>> reason_left_out("walk", {"highway": "motorway"}.get)
    'class'
    >>> reason_left_out("walk", {"highway": "cycleway", "foot": "designated"}.get)
    ''
    >>> reason_left_out("walk", {"highway": "residential", "access": "private"}.get)
    'access'
    >>> reason_left_out("drive", {"highway": "residential", "access": "no", "vehicle": "yes"}.get)
    ''
    """
    street = STREET_FILTERS[mode]
    highway = tag("highway")
    if highway in _OF_NO_USE[mode]:
        return "class"
    own = access_verdict(street, street.own_keys, tag)
    if own is False:
        # a class that is out anyway is told as such
        return "class" if highway in street.not_highway else "access"
    if own is None:
        if highway in street.not_highway:
            return "class"
        if tag("service") in street.not_service:
            return "service"
        if access_verdict(street, street.access_keys, tag) is False:
            return "access"
    for key, value in street.forbidden_tags:
        if tag(key) == value and not (own and key == "motorroad"):
            return "tag"
    return ""


def is_of_another_mode(mode: str, highway: str | None) -> bool:
    """Whether a class is plainly none of the mode's: no one misses it (steps for cars).

    Examples
    --------
    >>> [is_of_another_mode("drive", name) for name in ("steps", "service")]
    [True, False]
    """
    return highway in STREET_FILTERS[mode].impassable


def access_verdict(street: StreetFilter, keys: tuple[str, ...], tag: TagGetter) -> bool | None:
    """What the most specific access tag that decides says; None where none does."""
    for key in keys:
        value = tag(key)
        if value is None:
            continue
        values = tag_values(value) if is_merged(value) else [value]
        if not ALLOWED.isdisjoint(values):
            return True
        if not street.forbidden_values.isdisjoint(values):
            return False
    return None


def odd_access(mode: str, tag: Callable[[str], Any]) -> str:
    """The first access tag of an open street with a word that no table knows; "" where none has.

    What is broader than a tag that decides is not looked at.

    Examples
    --------
    >>> odd_access("walk", {"access": "residents"}.get)
    'access=residents'
    >>> odd_access("walk", {"foot": "yes", "access": "residents"}.get)
    ''
    """
    street = STREET_FILTERS[mode]
    for key in street.access_keys:
        if access_verdict(street, (key,), tag) is not None:
            return ""
        for word in tag_values(tag(key)):
            if word not in _KNOWN_ACCESS:
                return f"{key}={word}"
    return ""


def reason_merged(mode: str, tag: Callable[[str], Any]) -> str:
    """`reason_left_out` of a street whose tags may hold lists.

    One class that the mode may use is enough, unless another part cannot be passed at all (steps
    for cars); a part that is closed closes the street.

    Examples
    --------
    >>> reason_merged("drive", {"highway": "['steps', 'footway']"}.get)
    'class'
    >>> reason_merged("drive", {"highway": ["service", "primary"]}.get)
    ''
    >>> reason_merged("drive", {"highway": ["steps", "primary"]}.get)
    'class'
    """
    street = STREET_FILTERS[mode]
    single: dict[str, str | None] = {}
    for key in ("service", *street.access_keys, *(key for key, _ in street.forbidden_tags)):
        values = tag_values(tag(key))
        if key in street.access_keys:
            shut = [one for one in values if one in street.forbidden_values]
            values = shut or values
        single[key] = values[0] if values else None
    classes = tag_values(tag("highway")) or [None]  # type: ignore[list-item]
    whys = {name: reason_left_out(mode, {**single, "highway": name}.get) for name in classes}
    for name, why in whys.items():
        if why and name in street.impassable:
            return why
    return min(whys.values())


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
