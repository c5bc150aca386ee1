"""Which notes of a saved network can be told again: those of the shape that its builder wrote."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_text, value))


def _counts(*keys: str) -> Callable[[Any], bool]:
    """A table of numbers, with these keys among its own."""

    def fits(value: Any) -> bool:
        return (
            isinstance(value, Mapping)
            and set(keys) <= set(value)
            and all(map(_number, value.values()))
        )

    return fits


def _with_text(text: str, *keys: str) -> Callable[[Any], bool]:
    """A table of numbers, but for one text."""

    def fits(value: Any) -> bool:
        if not isinstance(value, Mapping) or not _text(value.get(text)):
            return False
        return _counts(*keys)({k: v for k, v in value.items() if k != text})

    return fits


def _unused(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        _texts(pair) and len(pair) == 2 for pair in value.values()
    )


def _lost(value: Any) -> bool:
    return _number(value) or _counts()(value)


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "rows": _counts("file", "used"),
    "left_out": _counts(),
    "left_out_m": _counts(),
    "of_other_modes": _number,
    "rows_without_line": _lost,
    "parts_with_broken_coordinates": _number,
    "directed_lines": _counts("mirrored", "single"),
    "joined": _with_text("split", "ends", "crossings", "within_m"),
    "slope": _with_text("raster"),
    "squares": _counts("crossed", "edge", "apart"),
    "conditional": _counts("open", "shut"),
    "ferries": _counts("count", "without_duration"),
    "lengths_doubted": _with_text("some", "count", "short", "edges"),
    "times_doubted": _with_text("some", "count", "short", "edges"),
    "odd_classes": _counts(),
    "odd_speeds": _counts(),
    "odd_directions": _counts(),
    "odd_access": _counts(),
    "no_class": _number,
    "streets": _number,
    "no_oneway": _number,
    "driver_says": _texts,
    "features_lost": _with_text("numbers", "count", "total"),
    "unused": _unused,
    "own_crs": _text,
    "crs_chosen": _text,
    "datum_unsaid": lambda value: isinstance(value, bool),
}


def tellable(notes: Mapping[str, Any]) -> dict[str, Any]:
    """The notes that have the shape of geoplan's own, and those that it does not know.

    Examples
    --------
    >>> tellable({"left_out": 3, "no_class": 4, "my own": [1]})
    {'no_class': 4, 'my own': [1]}
    """
    return {key: value for key, value in notes.items() if _SHAPES.get(key, _any)(value)}


def _any(_: Any) -> bool:
    return True
