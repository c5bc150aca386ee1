"""What readers see, in Chinese and English, kept as data beside this module.

One TOML file per subject: ``key`` with ``zh`` and ``en``, both with the same ``{placeholders}``; a
key that says what another one of the file says has that one's name instead.
Code names a sentence as ``"file.key"``. Who writes it: `say` in a given language; a `Message`
later, in whatever language is asked for then (errors, findings); a `Speaker`, bound to one
language, with amounts and terms besides (tables, maps, report). `geoplan.outputs.wording` and
`geoplan.comparison.describe.Wording` phrase results upon a `Speaker`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@cache
def _file(name: str) -> dict[str, dict[str, str]]:
    source = files(__package__).joinpath(f"{name}.toml")
    words = tomllib.loads(source.read_text(encoding="utf-8"))
    return {key: words[said] if isinstance(said, str) else said for key, said in words.items()}


class _WithNumbers(Formatter):
    """``{count:row is|rows are}`` is the first of both for one, the second for any other number."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        """A word for a number; anything else as ``str.format`` has it."""
        one, bar, many = format_spec.partition("|")
        if not bar:
            return super().format_field(value, format_spec)
        return one if str(value) in ("1", "1.0") else many


_FORMAT = _WithNumbers()


def say(lang: str, key: str, /, **values: object) -> str:
    """The sentence ``file.key`` in `lang`, with `values` put in.

    Examples
    --------
    >>> say("en", "common.people")
    'people'
    >>> say("zh", "common.people")
    '人'

    A word that goes by a number has both forms: ``{count:is one gap area|are {count} gap areas}``.

    >>> say("en", "report.programme_rest", count=1)
    '1 further action is in the workbook.'
    """
    file, _, name = key.partition(".")
    entry = _file(file)[name]
    text = entry.get(lang, entry["en"])
    # a template that others fill in stays as it is; doubled braces are for readers nowhere
    return _FORMAT.vformat(text, (), values) if values or "{{" in text else text


def say_both(key: str, /, **values: object) -> str:
    """The sentence in Chinese and English, for a terminal whose reader's language nobody knows.

    An error is made with `GeoplanError.of` instead: it is told in the language of who asked.

    Examples
    --------
    >>> say_both("common.people")
    '人 / people'
    """
    return " / ".join(say(lang, key, **values) for lang in LANGS)


def has_word(key: str) -> bool:
    """Whether ``file.key`` exists."""
    file, _, name = key.partition(".")
    try:
        return name in _file(file)
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
