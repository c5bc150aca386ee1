"""What readers see, in Chinese and English, kept as data beside this module.

Each room keeps its sentences in one TOML file: ``[key]`` with ``zh`` and ``en``, both
with the same ``{placeholders}``. Code names a sentence as ``"room.key"``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@cache
def _room(name: str) -> dict[str, dict[str, str]]:
    source = files(__package__).joinpath(f"{name}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def say(lang: str, key: str, /, **values: object) -> str:
    """The sentence ``room.key`` in `lang`, with `values` put in.

    Examples
    --------
    >>> say("en", "common.people")
    'people'
    >>> say("zh", "common.people")
    '人'
    """
    room, _, name = key.partition(".")
    entry = _room(room)[name]
    text = entry.get(lang) or entry["en"]
    return text.format(**values) if values else text


def say_both(key: str, /, **values: object) -> str:
    """The sentence in Chinese and English, for where nobody has said which is read.

    Examples
    --------
    >>> say_both("common.people")
    '人 / people'
    """
    return " / ".join(say(lang, key, **values) for lang in LANGS)


def has_word(key: str) -> bool:
    """Whether ``room.key`` exists."""
    room, _, name = key.partition(".")
    try:
        return name in _room(room)
    except FileNotFoundError:
        return False


def level_word(lang: str, level: str) -> str:
    """What an area level is called; its own key where there is no word.

    Examples
    --------
    >>> level_word("zh", "district"), level_word("en", "ward")
    ('区县', 'ward')
    """
    key = f"common.{level}"
    return say(lang, key) if has_word(key) else level
