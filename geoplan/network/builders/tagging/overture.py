"""Overture Maps' nested columns: restrictions, speed limits, flags and levels of a segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.network.builders.tagging.speeds import PLAUSIBLE_KMH
from geoplan.network.builders.tagging.values import parsed

_TO_KMH = {"km/h": 1.0, "kph": 1.0, "mph": 1.609344}
_DRIVE = frozenset({"vehicle", "motor_vehicle", "car"})


def _rules(value: Any) -> list[Mapping[str, Any]]:
    value = parsed(value)
    if value is None or isinstance(value, (str, float, int, Mapping)):
        return []
    return [rule for rule in value if isinstance(rule, Mapping)]


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if not isinstance(value, str) else [value]


def restrictions(value: Any) -> tuple[dict[str, str], int]:
    """Access tags and direction that ``access_restrictions`` say.

    Rules for some hours, some vehicles or some users only are left aside.

    Examples
    --------
    >>> restrictions('[{"access_type": "denied", "when": {"heading": "backward"}}]')
    ({}, 1)
    >>> restrictions([{"access_type": "denied", "when": {"mode": ["foot"]}}])
    ({'foot': 'no'}, 0)
    """
    tags: dict[str, str] = {}
    way = 0
    for rule in _rules(value):
        when = rule.get("when") or {}
        if any(when.get(key) is not None for key in ("during", "recognized", "vehicle", "using")):
            continue
        word = "no" if rule.get("access_type") == "denied" else "yes"
        modes = {str(mode) for mode in _listed(when.get("mode"))}
        heading = when.get("heading")
        if heading in ("forward", "backward"):
            if word == "no" and (not modes or modes & _DRIVE):
                way = 1 if heading == "backward" else -1
            continue
        if not modes:
            tags["access"] = word
        if "foot" in modes:
            tags["foot"] = word
        if modes & _DRIVE:
            tags["motor_vehicle"] = word
    return tags, way


def max_speed_kmh(value: Any) -> str | None:
    """The first limit of ``speed_limits`` that holds always, as a tag.

    Examples
    --------
    >>> max_speed_kmh('[{"max_speed": {"value": 30, "unit": "mph"}}]')
    '48.28032'
    """
    for rule in _rules(value):
        limit = rule.get("max_speed") or {}
        number, unit = limit.get("value"), str(limit.get("unit", "km/h")).lower()
        if isinstance(number, int | float) and unit in _TO_KMH and not rule.get("when"):
            speed = float(number) * _TO_KMH[unit]
            if PLAUSIBLE_KMH[0] <= speed <= PLAUSIBLE_KMH[1]:
                return f"{speed:g}" if speed == int(speed) else str(speed)
    return None


def flags(value: Any) -> set[str]:
    """The flags of a segment (``is_bridge``, ``is_tunnel``, ``is_under_construction``, ...).

    Examples
    --------
    >>> flags([{"values": ["is_bridge"]}])
    {'is_bridge'}
    """
    return {str(flag) for rule in _rules(value) for flag in _listed(rule.get("values"))}


def level(value: Any) -> float | None:
    """The level of a segment, where it has only one.

    Examples
    --------
    >>> level('[{"value": 1}]'), level(None)
    (1.0, None)
    """
    levels = {rule.get("value") for rule in _rules(value)}
    only = levels.pop() if len(levels) == 1 else None
    return float(only) if isinstance(only, int | float) else None
