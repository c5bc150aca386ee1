"""Paths as people type and paste them: with quotation marks, spaces or slashes around them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import typer

from geoplan.words.message import Message

_MARKS = "\"'“”„‘’「」『』«»＂＇`"
_SPACES = " \t\r\n\u00a0\u3000\u200b\u200e\u202a\u202c\ufeff"


class PathFault(typer.BadParameter):
    """A path that cannot be one; its sentence is put in words when the reader is known."""

    def __init__(self, sentence: Message) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def typed_path(text: str) -> Path:
    """The path that is there, or else the one without what was pasted around it.

    Raises
    ------
    PathFault
        Nothing is left: a variable of a script was empty.
    """
    if not text.strip(_SPACES + _MARKS):
        raise PathFault(Message("cli.no_path"))
    path = Path(text)
    try:
        if path.exists():
            return path
    except (OSError, ValueError):
        pass
    return Path(plain_path(text))


def plain_path(text: str) -> str:
    r"""A path without quotation marks and spaces around it.

    On Windows ``"C:\my study\"`` reaches a program with its last quotation mark.

    Examples
    --------
    >>> plain_path(' "my study/" '), plain_path("“济南”"), plain_path("file:///tmp/my%20study")
    ('my study/', '济南', '/tmp/my study')
    """
    plain = text.strip(_SPACES).strip(_MARKS).strip(_SPACES)
    plain = "".join(c for c in plain if ord(c) >= 32)
    if plain.startswith("file:"):
        plain = unquote(urlsplit(plain).path)
    if plain.startswith("~"):
        plain = os.path.expanduser(plain)  # noqa: PTH111 (Path's own raises for an unknown user)
    if os.sep == "/" and "\\" in plain and not Path(plain).exists():
        plain = plain.replace("\\", "/")
    return plain or text
