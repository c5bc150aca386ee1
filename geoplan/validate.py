"""Checks of the options that callers give: numbers, positive numbers, known keywords."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from geoplan.errors import UsageError
from geoplan.words.message import Message, Messages, called


def number(value: Any) -> float:
    """`value` as a float; NaN where it is no single number (text, lists and bools are none).

    Examples
    --------
    >>> number(3), number("3"), number([3]), number(True)
    (3.0, nan, nan, nan)
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return math.nan
    return float(value)


def numbers(values: Any) -> list[float]:
    """A number, or any run of numbers, as floats; NaN for what is no number."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        return [number(values)]
    return [number(v) for v in values]


def raise_faults(subject: str | Message, faults: Sequence[Message]) -> None:
    """Raise one `UsageError` with every fault of `subject`, if there is any.

    subject : a name that `geoplan.words.message.called` has a word for, or a message.

    Examples
    --------
    >>> raise_faults("the rates", [Message("coverage_faults.per_positive", per=0)])
    Traceback (most recent call last):
    geoplan.errors.UsageError: the rates: per must be above 0, not 0.
    """
    if faults:
        about = called(subject)
        raise UsageError.of("call_faults.of_subject", subject=about, faults=Messages(faults))


def positive_number(name: str, value: Any, unit: str) -> float:
    """`value` as a float above zero.

    Raises
    ------
    UsageError
    """
    found = number(value)
    if not (math.isfinite(found) and found > 0):
        raise UsageError.of("call_faults.no_positive", name=name, unit=called(unit), value=value)
    return found


def positive_integer(name: str, value: Any) -> int:
    """`value` as a whole number, 1 or more.

    Raises
    ------
    UsageError
    """
    found = number(value)
    if not (found >= 1 and found.is_integer()):
        raise UsageError.of("call_faults.no_whole_number", name=name, value=value)
    return int(found)


def checked_speeds(speeds: Mapping[str, float] | None) -> Mapping[str, float] | None:
    """Speeds by road class, all of them positive.

    Raises
    ------
    UsageError
        All faults at once.

    Examples
    --------
    >>> checked_speeds({"primary": 0})
    Traceback (most recent call last):
    geoplan.errors.UsageError: speeds_kmh must be positive km/h by road class, not primary=0.
    """
    if speeds is None:
        return None
    if not isinstance(speeds, Mapping):
        raise UsageError.of("call_faults.no_speeds", value=speeds)
    wrong = [f"{name}={v!r}" for name, v in speeds.items() if not 0 < number(v) < math.inf]
    if wrong:
        raise UsageError.of("call_faults.speeds_wrong", names=", ".join(wrong))
    return speeds


def check_keywords(function: str, given: Iterable[str], known: type) -> None:
    """Raise as Python does unless every keyword in `given` is one of the typed dict `known`.

    Raises
    ------
    TypeError
    """
    for name in given:
        if name not in known.__annotations__:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
