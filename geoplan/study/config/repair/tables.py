"""The look-alikes as sets and maps, from ``look_alikes.toml`` beside this module."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("look_alikes.toml").read_text("utf-8"))


SIGNS: dict[str, str] = _table()["signs"]
QUOTES: frozenset[str] = frozenset(_table()["quotes"])
OPENING: frozenset[str] = frozenset(_table()["opening"])
SPACES: frozenset[str] = frozenset(_table()["spaces"])
INVISIBLE: frozenset[str] = frozenset(_table()["invisible"])
COMMENTS: tuple[str, ...] = tuple(_table()["comments"])
YES: frozenset[str] = frozenset(_table()["yes"])
NO: frozenset[str] = frozenset(_table()["no"])
NOTHING: frozenset[str] = frozenset(_table()["nothing"])
TEXT_KEYS: frozenset[str] = frozenset(_table()["text_keys"])
PATH_KEYS: frozenset[str] = frozenset(_table()["path_keys"])
UNITS: dict[str, dict[str, float]] = _table()["units"]
MEANT: dict[str, str] = _table()["meant"]
#: all that is taken for an equals sign or a colon, as a class of a regular expression
EQUALS = "[=" + "".join(typed for typed, sign in SIGNS.items() if sign == "=") + "]"
COLONS = "[:" + "".join(typed for typed, sign in SIGNS.items() if sign == ":") + "]"
