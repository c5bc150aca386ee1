"""Sentences that can be written in every language: a key of `geoplan.words` and its values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from geoplan.words import has_word, level_word, say

_NO_WORD = re.compile(r"\W+")


class Message:
    """One sentence, not yet in a language.

    Parameters
    ----------
    key : ``"file.key"`` as `say` takes it.
    values : what the sentence needs; messages among them are written in the same language. A
        value ``level`` also gives ``level_name``, what that area level is called.

    Examples
    --------
    >>> message = Message("file_faults.no_sheet", sheet="表1", sheets="表2, 表3")
    >>> str(message)
    "there is no sheet '表1'; the workbook has: 表2, 表3."
    >>> message.text("zh")
    '没有工作表“表1”；该工作簿有：表2, 表3。'
    """

    def __init__(self, key: str, /, **values: Any) -> None:
        self.key, self.values = key, values

    def text(self, lang: str) -> str:
        """The sentence in `lang`."""
        values = {name: written(value, lang) for name, value in self.values.items()}
        if "level" in values:
            values["level_name"] = level_word(lang, str(values["level"]))
        return say(lang, self.key, **values)

    def __str__(self) -> str:
        return self.text("en")


class Messages:
    """Several sentences as a part of another one.

    Parameters
    ----------
    messages : in their order; plain text stays as it is.
    join : what stands between two of them in English; in Chinese it is "；".

    Examples
    --------
    >>> parts = Messages([Message("network_faults.by_access", count=1), "and so on"])
    >>> str(parts), parts.text("zh")
    ('1 by access; and so on', '通行权限 1 条；and so on')
    """

    def __init__(self, messages: Iterable[Message | str], *, join: str = "; ") -> None:
        self.messages, self.join = list(messages), join

    def text(self, lang: str) -> str:
        """All of them in `lang`."""
        join = "；" if lang == "zh" and "\n" not in self.join else self.join
        return join.join(written(message, lang) for message in self.messages)

    def __str__(self) -> str:
        return self.text("en")


def written(value: Any, lang: str) -> Any:
    """A message as text in `lang`; any other value as it is."""
    return value.text(lang) if isinstance(value, Message | Messages) else value


def called(what: str | Message) -> str | Message:
    """What readers call what an error is about: "the sites"; a name without a word stays.

    Examples
    --------
    >>> str(called("the sites")), called("the sites").text("zh"), called("costs")
    ('the sites', '站点', 'costs')
    """
    if isinstance(what, Message):
        return what
    key = f"call_faults.{_NO_WORD.sub('_', what)}"
    return Message(key) if has_word(key) else what


def named(names: Iterable[Any]) -> Message:
    """Names one after the other, or that there is none.

    Examples
    --------
    >>> str(named(["district", "street"])), str(named([])), named([]).text("zh")
    ('district, street', 'none', '无')
    """
    listed = ", ".join(map(str, names))
    return Message("common.listed", names=listed) if listed else Message("common.no_names")


def first_few(values: Iterable[Any], *, most: int = 5) -> Message:
    """The first values, each once, and how many more there are.

    Examples
    --------
    >>> str(first_few([7, 7, 8])), str(first_few(range(9))), first_few(range(9)).text("zh")
    ('7, 8', '0, 1, 2, 3, 4 and 4 more', '0, 1, 2, 3, 4，另有 4 个')
    """
    listed = list(dict.fromkeys(map(plain_label, values)))
    names = ", ".join(map(repr, listed[:most]))
    if len(listed) <= most:
        return Message("common.listed", names=names)
    return Message("common.listed_more", names=names, more=len(listed) - most)


def plain_label(label: Any) -> Any:
    """A label without numpy's type, whose repr would show it."""
    if isinstance(label, tuple):
        return tuple(plain_label(part) for part in label)
    return label.item() if hasattr(label, "dtype") else label  # NumPy's, without NumPy
