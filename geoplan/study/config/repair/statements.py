"""Statements: headings, settings, comments; what is wrong with each and how it was meant."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from geoplan.study.config.repair.cursor import Cursor, Slip, narrow
from geoplan.study.config.repair.tables import COLONS, EQUALS, MEANT, QUOTES, SIGNS
from geoplan.study.config.repair.toml_text import loads
from geoplan.study.config.repair.values import equals, read_key, read_value

#: slips that TOML does not mind in a statement alone
_VALID_BUT_WRONG = frozenset({"backslash", "two_in_line"})
_JUNK = re.compile(r"[\s,，;；。、.：:]+")
_ANOTHER = re.compile(rf"[\s,，;；]*[\w\"'“”.-]+\s*{EQUALS}")
_WITHOUT_EQUALS = re.compile(r"\s*([A-Za-z_][\w.-]*)\s+(?=[\"'“”‘’「\d\[{【｛]|true\b|false\b)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement.

    line : its first line, 1 = first of the file.
    typed : as it stands in the file, with all its lines.
    meant : as TOML has it; "" for nothing.
    slips : what is wrong with it.
    section : for a heading, the section's dotted key as TOML has it.
    key : for a setting, its key.
    """

    line: int
    typed: str
    meant: str
    slips: tuple[Slip, ...] = ()
    section: str | None = None
    many: bool = False
    key: str | None = None


@dataclass(slots=True)
class _Read:
    meant: str = ""
    section: str | None = None
    many: bool = False
    key: str | None = None
    comment: str = field(default="")


def statements(text: str) -> list[Statement]:
    """All statements of a text, in their order."""
    cursor = Cursor(text)
    found: list[Statement] = []
    while not cursor.at_end:
        start, line = cursor.pos, cursor.line
        cursor.slips = []
        read = _statement(cursor)
        typed = text[start : cursor.pos]
        if text[cursor.pos : cursor.pos + 1] == "\n":
            cursor.pos += 1
        meant = f"{read.meant}  {read.comment}".strip() if read.comment else read.meant
        slips = tuple(cursor.slips)
        grave = [slip for slip in slips if slip.code in _VALID_BUT_WRONG]
        if not slips or (not grave and _is_toml(typed)):
            slips, meant = (), typed
        made = Statement(
            line=line,
            typed=typed,
            meant=meant,
            slips=slips,
            section=read.section,
            many=read.many,
            key=read.key,
        )
        found.append(made)
    return found


def _is_toml(text: str) -> bool:
    try:
        loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _statement(cursor: Cursor) -> _Read:
    cursor.skip_spaces()
    if not cursor.here:
        return _Read()
    mark = cursor.comment_mark()
    if mark:
        return _Read(comment=_comment(cursor, mark))
    if cursor.sign in ("[", "("):
        return _heading(cursor)
    return _setting(cursor)


def _comment(cursor: Cursor, mark: str) -> str:
    text = cursor.rest[len(mark) :].rstrip()
    if mark != "#":
        cursor.note("comment", found=mark.strip())
    if mark in ("/*", "<!--"):
        text = re.sub(r"(\*/|-->)\s*$", "", text)
    cursor.pos += len(cursor.rest)
    return f"#{text}" if text[:1] in ("", " ", "#") else f"# {text}"


def _heading(cursor: Cursor) -> _Read:
    opened = _brackets(cursor, "[(")
    key = read_key(cursor, "])=")
    closed = _brackets(cursor, "])")
    if opened != closed:
        cursor.note("bracket")
    many = min(2, max(opened, closed)) == 2
    read = _Read(section=key, many=many, meant=f"[[{key}]]" if many else f"[{key}]")
    _finish(cursor, read)
    return read


def _brackets(cursor: Cursor, signs: str) -> int:
    count = 0
    cursor.skip_spaces()
    while cursor.here and cursor.sign in signs and count < 2:
        if cursor.sign in "()":
            cursor.note("parentheses")
            cursor.pos += 1
        else:
            cursor.take()
        count += 1
        cursor.skip_spaces()
    return count


def _setting(cursor: Cursor) -> _Read:
    rest = cursor.rest
    read = _Read()
    without = _WITHOUT_EQUALS.match(rest)
    if not _has_equals(rest):
        if without is None:
            return _stray(cursor)
        cursor.note("no_equals")
        read.key = without.group(1)
        cursor.pos += without.end()
    else:
        read.key = read_key(cursor, "=:")
        if not read.key.strip('"') or not equals(cursor):
            return _stray(cursor)
    value = read_value(cursor, read.key.rpartition(".")[2].strip('"'))
    if value is not None:
        read.meant = f"{read.key} = {value}"
    _finish(cursor, read)
    return read


def _has_equals(rest: str) -> bool:
    """Whether an equals sign, or a colon in its place, stands before the value's marks."""
    sign = re.search(f"{EQUALS}|{COLONS}", rest)
    if sign is None:
        return False
    before = rest[: sign.start()].strip()
    if sign.group() not in ("=", "＝", "﹦") and not _is_key(before):
        return False  # a remark such as "注：…"
    return bool(before) and not re.search(r"\s\S*[\"“‘「]", before) and "#" not in before


def _is_key(text: str) -> bool:
    plain = narrow(text).strip().strip("\"'“”")
    return plain.casefold() in MEANT or bool(re.fullmatch(r"[A-Za-z0-9_.-]+", plain))


def _stray(cursor: Cursor) -> _Read:
    """A line that is neither a heading nor a setting: a closing bracket left over, a remark."""
    text = cursor.rest.strip()
    if text and text[-1] in "]】］" and SIGNS.get(text[0], text[0]) != "[":
        key = re.sub(r"[\]】］\s]+$", "", text)
        if re.fullmatch(r"[\w.-]+", key):
            cursor.note("bracket")
            cursor.pos += len(cursor.rest)
            many = len(text) - len(text.rstrip("]】］")) > 1
            return _Read(section=key, many=many, meant=f"[[{key}]]" if many else f"[{key}]")
    cursor.note("stray")
    cursor.pos += len(cursor.rest)
    return _Read(comment=f"# {text}")


def _finish(cursor: Cursor, read: _Read) -> None:
    """What stands behind a heading or a value on its line."""
    cursor.skip_spaces()
    rest = cursor.rest
    if not rest.strip():
        cursor.pos += len(rest)
        return
    mark = cursor.comment_mark() or (rest[0] if rest[0] in "#＃" else "")
    if mark:
        read.comment = _comment(cursor, mark)
        return
    junk = _JUNK.match(rest)
    if junk and (junk.end() == len(rest) or rest[junk.end()] in "#＃"):
        cursor.note("trailing", found=junk.group().strip())
        cursor.pos += junk.end()
        if cursor.rest:
            read.comment = _comment(cursor, "#")
        return
    if _ANOTHER.match(rest):
        cursor.note("two_in_line")
        cursor.pos += re.match(r"[\s,，;；]*", rest).end()  # type: ignore[union-attr]
        return
    if rest[0] in QUOTES and not rest[1:].strip():
        cursor.note("quotes", found=rest[0])
    else:
        cursor.note("behind", found=rest.strip())
    cursor.pos += len(rest)
