"""Texts in quotation marks: of any shape, left open, or holding a Windows path."""

from __future__ import annotations

import re

from geoplan.study.config.repair.cursor import Cursor, quoted
from geoplan.study.config.repair.tables import EQUALS, OPENING, PATH_KEYS, QUOTES

_ESCAPE = re.compile(r'\\(?:[btnfr"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})')
_DRIVE = re.compile(r"^(?:[A-Za-z]:|\\)\\")
#: where a text that nobody closed may end: a comment, or what stands behind a value
_BEHIND = re.compile(r"\s+(?:#|//).*$|[\s,，;；。、\]】})）]*$")
_NOTHING_BEHIND = re.compile(r"^[\s,，;；。、\]】})）｝］]*(?:[#＃].*|//.*)?$")

#: what a new text or a new setting on the same line begins with
_ANOTHER = re.compile(rf"\s*(?:[,，;；#]|(?:[\w.-]+\s*)?{EQUALS})")


def read_string(cursor: Cursor, key: str, *, nested: bool) -> str:
    """The text under the cursor as a string of TOML; the cursor goes behind it."""
    opened = cursor.here
    if opened in "\"'" and cursor.rest.startswith(3 * opened):
        return _block(cursor, 3 * opened)
    start = cursor.pos + 1
    rest = cursor.rest[1:]
    length, step = _length(rest, opened, nested)
    content = rest[:length]
    straight = opened in "\"'" and step and rest[length] == opened
    if step == 0:
        cursor.note("unclosed")
    if not straight and (opened not in "\"'" or step):
        marks = opened + (rest[length] if step else "")
        cursor.note("quotes", found=marks)
    cursor.pos = start + length + step
    if opened == "'" and straight:
        return f"'{content}'"
    if straight and "\\" not in content and '"' not in content:
        return f'"{content}"'
    return _basic(cursor, content, key, straight=opened == '"')


def _block(cursor: Cursor, marks: str) -> str:
    end = cursor.text.find(marks, cursor.pos + 3)
    if end < 0:  # left open: it ends with its line, or it would take the rest of the file along
        cursor.note("unclosed")
        content = cursor.rest[3:]
        cursor.pos += len(cursor.rest)
        return quoted(content.rstrip())
    whole = cursor.text[cursor.pos : end + 3]
    cursor.pos = end + 3
    return whole


def _length(rest: str, opened: str, nested: bool) -> tuple[int, int]:
    """How long the content is, and whether a mark closes it (1) or none does (0)."""
    ends = [k for k, sign in enumerate(rest) if sign in QUOTES and sign not in OPENING]
    if opened == '"':
        plain = [k for k in ends if rest[k] == '"' and not _escaped(rest, k)]
        # "C:\data\": the last backslash has escaped the closing mark
        plain = plain or [k for k in ends if rest[k] == '"']
    else:
        plain = [k for k in ends if rest[k] == opened]
    if opened in "\"'" and plain:
        last = plain[-1]
        # a mark inside the text: the one at the end of the line closes it
        if not nested and plain[0] != last and _NOTHING_BEHIND.match(rest[last + 1 :]):
            between = rest[plain[0] + 1 : last]
            return (plain[0] if _ANOTHER.match(between) else last), 1
        return plain[0], 1
    if ends:
        whole = [k for k in ends if _NOTHING_BEHIND.match(rest[k + 1 :])]
        return (whole[0] if whole and not nested else ends[0]), 1
    found = _BEHIND.search(rest)
    if nested:
        stop = re.search(r"[,，、\]】}｝]", rest)
        return (stop.start() if stop else len(rest.rstrip())), 0
    return (found.start() if found else len(rest)), 0


def _escaped(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _basic(cursor: Cursor, content: str, key: str, *, straight: bool) -> str:
    """A string whose content may hold what has a meaning of its own in TOML."""
    if "\\" in content and (not straight or _is_windows_path(content, key)):
        cursor.note("backslash")
        return quoted(forward(content))
    if straight:
        inner = content if not _has_bare_quote(content) else content.replace('"', '\\"')
        if inner != content:
            cursor.note("inner_quotes")
        return f'"{inner}"'
    return quoted(content)


def _has_bare_quote(content: str) -> bool:
    return any(c == '"' and not _escaped(content, k) for k, c in enumerate(content))


def _is_windows_path(content: str, key: str) -> bool:
    """Whether the backslashes are a path's: none of TOML's escapes, a drive, or a file's key."""
    if "\\" in _ESCAPE.sub("", content):
        return True
    return bool(_DRIVE.match(content)) or key in PATH_KEYS


def forward(path: str) -> str:
    r"""A Windows path with slashes, which every system reads.

    Examples
    --------
    >>> forward(r"C:\new\table.csv"), forward(r"\\server\share"), forward(r"data\\people.csv")
    ('C:/new/table.csv', '//server/share', 'data/people.csv')
    """
    head = "//" if path.startswith("\\\\") else ""
    return head + re.sub(r"\\+", "/", path[len(head) :])


def unquoted(cursor: Cursor, text: str) -> str:
    """A text that stands without marks."""
    cursor.note("unquoted", found=text)
    return quoted(forward(text) if "\\" in text else text)
