"""TOML read so that whatever is wrong with it is one kind of error, however it was made."""

from __future__ import annotations

import tomllib
from typing import Any

#: tables and lists in one another; no study nests deeper than a handful
DEEPEST = 40


def loads(text: str) -> dict[str, Any]:
    """The settings in `text`.

    Raises
    ------
    tomllib.TOMLDecodeError
        It is no TOML, nests deeper than `DEEPEST`, or a number has thousands of digits.

    Examples
    --------
    >>> loads("a.b = 1")
    {'a': {'b': 1}}
    >>> loads("v = " + "[" * 9000 + "]" * 9000)
    Traceback (most recent call last):
    tomllib.TOMLDecodeError: Nested too deep
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("Nested too deep") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise tomllib.TOMLDecodeError("Invalid value") from error
    _check_depth(raw)
    return raw


def _check_depth(raw: dict[str, Any]) -> None:
    """Raise where `raw` is nested too deep; without recursion, which would not survive it."""
    level: list[Any] = [raw]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise tomllib.TOMLDecodeError("Nested too deep")
