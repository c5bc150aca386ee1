"""Checks of the options that callers give: numbers, positive numbers, known keywords."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from os import PathLike
from typing import Any, ParamSpec, TypeVar

import numpy as np

from geoplan.errors import UsageError
from geoplan.words.message import Message, Messages, called

Given = ParamSpec("Given")
Found = TypeVar("Found")

#: what an argument may be, by the word of `call_faults` that names it: classes by their names, so
#: that nothing is loaded for the question
_CLASSES: dict[str, tuple[str, ...]] = {
    "places": ("GeoDataFrame", "GeoSeries"),
    "shapes": ("GeoDataFrame",),
    "frame": ("DataFrame",),
    "problem": ("SitingProblem",),
    "programme": ("ProgrammeProblem",),
    "result": ("SitingResult",),
    "request": ("SolveRequest",),
    "graph": ("Graph",),
    "streets": ("NetworkData",),
    "text": ("str",),
    "flag": ("bool", "bool_"),
    "crs": ("str", "int", "CRS", "dict", "tuple"),
}
#: what the items of a list may be, or the one thing in place of the list
_ITEMS = {
    "budgets": "Budget",
    "targets": "Target",
    "spend_shares": "SpendShare",
    "actions": "ProgrammeAction",
}
#: kinds of which an iterator will do as well
_RUNS = {"list", "labels", "by_label", "pairs", "paths", "values", *_ITEMS}
#: characters of a value that an error repeats
_MOST_SHOWN = 40


def takes(**kinds: str) -> Callable[[Callable[Given, Found]], Callable[Given, Found]]:
    """A function whose arguments are of these kinds, else it says which is not, all at once.

    Parameters
    ----------
    kinds : by argument a word of `_CLASSES`, `_ITEMS` or `_IS`; with ``?`` behind it None will do.

    Examples
    --------
    >>> @takes(name="text", times="number?")
    ... def call(name, times=None):
    ...     return name
    >>> call("x"), call("x", times=2)
    ('x', 'x')
    >>> call(None, times="2")
    Traceback (most recent call last):
    geoplan.errors.UsageError: call(): name must be text, not None; times must be a number, not '2'.
    """

    def decorate(function: Callable[Given, Found]) -> Callable[Given, Found]:
        names = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def checked(*given: Given.args, **named: Given.kwargs) -> Found:
            values: dict[str, Any] = {**dict(zip(names, given, strict=False)), **named}
            for name, kind in kinds.items():  # looking at an iterator's items would use them up
                if kind.removesuffix("?") in _RUNS and isinstance(values.get(name), Iterator):
                    values[name] = tuple(values[name])
            faults = [
                Message("call_faults.of_kind", name=name, kind=_kind(kind), value=_given(value))
                for name, kind in kinds.items()
                if name in values and not _is_kind(value := values[name], kind)
            ]
            if faults:
                raise UsageError.of(
                    "call_faults.wrong_kinds", function=_name(function), faults=Messages(faults)
                )
            placed = [values.get(name, item) for name, item in zip(names, given, strict=False)]
            named_now = {name: values[name] for name in named}
            anything: Callable[..., Found] = function
            return anything(*placed, *given[len(names) :], **named_now)

        return checked

    return decorate


def _kind(kind: str) -> Message:
    return Message(f"call_faults.kind_{kind.removesuffix('?')}")


def _is_kind(value: Any, kind: str) -> bool:
    if kind.endswith("?"):
        return value is None or _is_kind(value, kind.removesuffix("?"))
    if isinstance(value, type):
        return False
    if kind in _CLASSES:
        there = not _names(value).isdisjoint(_CLASSES[kind]) and not (
            kind == "crs" and isinstance(value, bool)
        )
        return there and (kind not in ("places", "shapes") or _has_geometry(value))
    if kind in _ITEMS:
        items = [value] if _ITEMS[kind] in _names(value) else value
        return _is_list(items) and all(_ITEMS[kind] in _names(item) for item in items)
    return _IS[kind](value)


def _names(value: Any) -> set[str]:
    return {one.__name__ for one in type(value).__mro__}


def _has_geometry(value: Any) -> bool:
    """Whether a frame has an active geometry column; anything that is no frame has."""
    try:
        return "GeoDataFrame" not in _names(value) or value.geometry is not None
    except AttributeError:
        return False


def _is_list(value: Any) -> bool:
    """Whether it is a row of things: no text, no table, no dict."""
    return _is_run(value) and getattr(value, "ndim", 1) == 1


def _is_run(value: Any) -> bool:
    """Whether it has items, be they numbers or rows of them."""
    if isinstance(value, str | bytes | Mapping) or "DataFrame" in _names(value):
        return False
    return isinstance(value, Iterable) and getattr(value, "ndim", 1) > 0


def _is_pair_of_labels(value: Any) -> bool:
    if type(value) is tuple:  # as most are
        return len(value) == 2
    return _is_list(value) and len(list(value)) == 2


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _is_path(value: Any) -> bool:
    return isinstance(value, str | PathLike)


#: kinds that are no matter of the class alone
_IS: dict[str, Callable[[Any], bool]] = {
    "number": _is_number,
    "mapping": lambda v: isinstance(v, Mapping),
    "path": _is_path,
    "paths": lambda v: _is_path(v) or (_is_list(v) and all(map(_is_path, v))),
    "list": _is_list,
    "values": lambda v: _is_list(v) or isinstance(v, Mapping) or _is_number(v),
    "labels": lambda v: _is_list(v) or isinstance(v, str),
    "by_label": lambda v: _is_list(v) or isinstance(v, Mapping),
    "pairs": lambda v: _is_run(v) and all(map(_is_pair_of_labels, v)),
    "points": _has_geometry,
    "levels": lambda v: (
        isinstance(v, Mapping)
        and all("AreaLevel" in _names(one) or _is_pair(one) for one in v.values())
    ),
}


def _given(value: Any) -> str | Message:
    """What was given; a frame whose class is the right one lacks its geometry."""
    if not _has_geometry(value):
        return Message("call_faults.without_geometry", kind=type(value).__name__)
    return shown(value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2


def _name(function: Callable[..., Any]) -> str:
    """A function's name as it is called: that of its class before it."""
    return function.__qualname__.rpartition("<locals>.")[2]


def shown(value: Any) -> str:
    """What was given, in a few words: a short value as it is, anything else by its class.

    Examples
    --------
    >>> shown(None), shown("x"), shown([1] * 99), shown(int), shown([np.float64(2.5)])
    ('None', "'x'", 'list', "<class 'int'>", '[2.5]')
    """
    if isinstance(value, type):
        return f"<class '{value.__name__}'>"
    value = _without_numpy(value)
    if value is None or isinstance(value, str | bytes | Real | list | tuple | dict):
        try:
            text = repr(value)
        except ValueError:  # Python writes no whole number of more than 4,300 digits
            return type(value).__name__
        if len(text) <= _MOST_SHOWN:
            return text
    return type(value).__name__


def _without_numpy(value: Any) -> Any:
    """Single numbers of NumPy as Python's own, in a list too: those are written plainly."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple) and len(value) <= _MOST_SHOWN:
        return type(value)(map(_without_numpy, value))
    return value


def number(value: Any) -> float:
    """`value` as a float; NaN where it is no single number (text, lists and bools are none).

    Examples
    --------
    >>> number(3), number("3"), number([3]), number(True)
    (3.0, nan, nan, nan)
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return -math.inf if isinstance(value, int) and value < 0 else math.inf


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
