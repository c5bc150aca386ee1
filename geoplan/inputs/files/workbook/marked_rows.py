"""The XML of a sheet without the rows that hold nothing but values: most rows of a long table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

#: bytes that are read at one time
BLOCK = 1 << 20
#: no opening tag's name is longer
_LONGEST_NAME = 64
_ROW = re.compile(rb"<((?:[^\s<>/:!?]+:)?)row[\s/>]")
#: quick to look for, and what must stand there: a hidden row, one without height, an error
_MARKS = (
    (b"hidden", re.compile(rb"hidden\s*=\s*[\"'](?!0[\"']|false)")),
    (b"ht", re.compile(rb"ht\s*=\s*[\"']\s*[+-]?[0.]")),
    (b'"e"', re.compile(rb'"e"')),
    (b"'e'", re.compile(rb"'e'")),
)


class Readable(Protocol):
    """What gives bytes piece by piece."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""


class UnnumberedRowError(ValueError):
    """A row does not say its number, and rows before it may have been left out."""


def marked_rows(stream: Readable) -> Iterator[bytes]:
    """The XML of a sheet, without rows that are not hidden and hold no errors and no formulas
    without a value.

    What is left out is whole rows, so that the rest is well-formed where all of it is. Comments and
    sections of plain characters may hold anything: with those nothing is left out, as in encodings
    in which no row is recognized.

    Examples
    --------
    >>> import io
    >>> xml = b'<s><row r="1"><c><v>2</v></c></row><row r="2" hidden="1"/><row r="3"/></s>'
    >>> b"".join(marked_rows(io.BytesIO(xml)))
    b'<s><row r="2" hidden="1"/><row r="3"/></s>'
    """
    rest, whole = b"", False
    while block := stream.read(BLOCK):
        text = rest + block
        first = _ROW.search(text)
        whole = whole or b"<!" in text
        if first is None or whole:
            at = max(len(text) - _LONGEST_NAME, 0)
            yield text[:at]
        else:
            tag = b"<" + first.group(1)
            at = _last_row(text, tag + b"row", len(text))
            yield text[: first.start()]
            yield from _marked(text, first.start(), at, tag)
        rest = text[at:]
    yield rest


@cache
def _unworked_formula(tag: bytes) -> re.Pattern[bytes]:
    """A formula followed by no value, or by one that begins with 0: perhaps never worked out."""
    one, done = re.escape(tag), re.escape(tag.replace(b"<", b"</"))
    value = rb"(?:\s[^<>]*)?(?:/>|>[^<]*" + done + b"f>)" + one + rb"v>[^<\s0]"
    return re.compile(one + rb"f(?=[\s/>])(?!" + value + rb")")


def _last_row(text: bytes, tag: bytes, end: int) -> int:
    """Where the last row before `end` begins."""
    at = text.rfind(tag, 0, end)
    while at >= 0 and not _ROW.match(text, at):
        at = text.rfind(tag, 0, at)
    return at


def _marked(text: bytes, first: int, end: int, tag: bytes) -> Iterator[bytes]:
    """The rows between two rows' beginnings that hold a mark.

    tag : how elements begin: ``<``, and their namespace's prefix.
    """
    marks = ((tag + b"f", _unworked_formula(tag)), *_MARKS)
    found: set[int] = set()
    for sign, pattern in marks:
        if text.find(sign, first, end) < 0:
            continue
        for mark in pattern.finditer(text, first, end):
            found.add(_last_row(text, tag + b"row", mark.start()))
    for start in sorted(found):
        yield text[start : _next_row(text, start + 1, end, tag + b"row")]


def _next_row(text: bytes, at: int, end: int, tag: bytes) -> int:
    """Where the next row begins, `end` at the latest."""
    found = text.find(tag, at, end)
    while found >= 0 and not _ROW.match(text, found):
        found = text.find(tag, found + 1, end)
    return end if found < 0 else found
