"""Values: lists, inline tables, numbers with units, words for true and false."""

from __future__ import annotations

import re

from geoplan.study.config.repair.cursor import Cursor, narrow, quoted
from geoplan.study.config.repair.strings import read_string, unquoted
from geoplan.study.config.repair.tables import (
    COLONS,
    EQUALS,
    INVISIBLE,
    NO,
    NOTHING,
    PATH_KEYS,
    QUOTES,
    SPACES,
    TEXT_KEYS,
    UNITS,
    YES,
)

_SCALAR = re.compile(
    r"true|false|[+-]?(?:inf|nan)"
    r"|[+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d+)?"
    r"|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d\S*)?|\d\d:\d\d:\d\d(?:\.\d+)?"
)
_NUMBER = re.compile(r"([+-]?)([\d][\d.,'_ ]*|\.\d+)\s*([^\d\s.,'_].*)?")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SETTING = re.compile(rf"\s*(?:[\w.-]+\s*{EQUALS}|[\[【]+[^\d\s\"'“”\[【\]】,，]+[\]】])")
_PAIR = re.compile(rf"[A-Za-z_]\w*\s*{EQUALS}")
_ARROW = re.compile(rf"{COLONS}\s*{EQUALS}|{EQUALS}\s*(?:{EQUALS}|[>＞])+|->|→|⇒")
#: what ends a bare value inside brackets
_ENDS = ",;[]{}()"


def read_value(cursor: Cursor, key: str, *, nested: bool = False) -> str | None:
    """The value under the cursor as TOML; None where there is none."""
    cursor.skip_spaces(lines=nested)
    sign = cursor.sign
    if cursor.here in QUOTES and cursor.here:
        return read_string(cursor, key, nested=nested)
    if sign in ("[", "(") and sign:
        return _list(cursor, key)
    if sign == "{":
        return _table(cursor)
    if not nested and _PAIR.match(cursor.rest):
        return _loose_table(cursor)
    return _bare(cursor, key, nested)


def _close(cursor: Cursor, wanted: str) -> None:
    """The closing bracket, of whatever shape; noted where it is missing."""
    if cursor.sign in ("]", "}", ")") and cursor.sign:
        if cursor.sign != wanted and not (cursor.sign == ")" and wanted == "]"):
            cursor.note("bracket")
        cursor.take()
    else:
        cursor.note("bracket")


def _list(cursor: Cursor, key: str) -> str:
    if cursor.take() == "(":
        cursor.note("parentheses")
    items: list[str] = []
    while True:
        cursor.skip_spaces(lines=True)
        if _starts_setting(cursor):
            cursor.pos = cursor.text.rfind("\n", 0, cursor.pos)
            break
        if cursor.at_end or cursor.sign in ("]", ")", "}"):
            break
        if items and not _comma(cursor):
            cursor.note("separator")
        cursor.skip_spaces(lines=True)
        if cursor.sign in ("]", ")", "}", ""):
            continue
        before = cursor.pos
        item = read_value(cursor, key, nested=True)
        if item is not None:
            items.append(item)
        if cursor.pos == before:
            cursor.pos += 1
    _close(cursor, "]")
    return f"[{', '.join(items)}]"


def _starts_setting(cursor: Cursor) -> bool:
    """Whether a new line begins with what can stand in no list: the bracket was left open."""
    begin = cursor.text.rfind("\n", 0, cursor.pos) + 1
    if cursor.text[begin : cursor.pos].strip() or begin == 0:
        return False
    return bool(_SETTING.match(cursor.rest))


def _comma(cursor: Cursor) -> bool:
    """Pass over the separator; False where there is none."""
    found = False
    while cursor.sign in (",", ";") and cursor.sign:
        if cursor.take() == ";" or found:
            cursor.note("separator")
        found = True
        cursor.skip_spaces(lines=True)
    return found


def _table(cursor: Cursor) -> str:
    first = cursor.line
    cursor.take()
    pairs: list[str] = []
    while True:
        cursor.skip_spaces(lines=True)
        if cursor.at_end or cursor.sign in ("}", "]", ")"):
            break
        if pairs and not _comma(cursor):
            cursor.note("separator")
        if cursor.sign in ("}", "]", ")", ""):
            if cursor.sign:
                cursor.note("trailing", found=",")
            continue
        before = cursor.pos
        _pair(cursor, pairs)
        if cursor.pos == before:
            break
    if cursor.line > first:
        cursor.note("one_line")
    _close(cursor, "}")
    return "{ " + ", ".join(pairs) + " }" if pairs else "{}"


def _loose_table(cursor: Cursor) -> str:
    """Settings after the equals sign that lack their braces, to the end of the line."""
    cursor.note("braces")
    pairs: list[str] = []
    while cursor.here and not cursor.comment_mark() and cursor.sign != "}":
        before = cursor.pos
        _pair(cursor, pairs)
        cursor.skip_spaces()
        while cursor.sign in (",", ";") and cursor.sign:
            cursor.take()
            cursor.skip_spaces()
        if cursor.pos == before:
            break
    if cursor.sign == "}":
        cursor.take()
    return "{ " + ", ".join(pairs) + " }"


def _pair(cursor: Cursor, pairs: list[str]) -> None:
    """One ``key = value`` of an inline table; a lone number is the rest of one with a comma."""
    lone = re.match(r"(\d+)\s*(?=[,，}｝\n]|$)", cursor.rest)
    if lone and pairs and re.fullmatch(r".*= \d+", pairs[-1]):
        cursor.pos += lone.end()
        head, _, whole = pairs[-1].rpartition("= ")
        pairs[-1] = f"{head}= {_number(cursor, f'{whole},{lone.group(1)}', head.strip())}"
        return
    key = read_key(cursor, "=:")
    cursor.skip_spaces(lines=True)
    if not equals(cursor):
        return
    value = read_value(cursor, key.rpartition(".")[2].strip('"'), nested=True)
    if value is not None:
        pairs.append(f"{key} = {value}")


def equals(cursor: Cursor) -> bool:
    """Pass over the equals sign, or what stands for it; False where there is none."""
    rest = cursor.rest
    arrow = _ARROW.match(rest)
    if arrow:
        cursor.note("equals", found=arrow.group())
        cursor.pos += arrow.end()
        return True
    if cursor.sign not in ("=", ":") or not cursor.sign:
        cursor.note("no_equals")
        return False
    if cursor.sign == ":":
        cursor.note("equals", found=cursor.here)
        cursor.pos += 1
    else:
        cursor.take()
    return True


def read_key(cursor: Cursor, stops: str) -> str:
    """A dotted key up to one of `stops`, its parts in quotes where TOML wants them."""
    parts: list[str] = []
    while True:
        cursor.skip_spaces()
        if cursor.here in QUOTES and cursor.here:
            parts.append(read_string(cursor, "", nested=True))
        else:
            parts.append(_bare_key(cursor, stops))
        cursor.skip_spaces()
        if cursor.sign != "." or not cursor.here:
            return ".".join(parts)
        cursor.take()


def _bare_key(cursor: Cursor, stops: str) -> str:
    start = cursor.pos
    while cursor.here and cursor.sign not in stops + ".,;[]{}#":
        cursor.pos += 1
    typed = cursor.text[start : cursor.pos]
    text = narrow(typed).strip()
    for odd in (c for c in typed if c in SPACES or c in INVISIBLE):
        cursor.note("odd_space", code=f"U+{ord(odd):04X}")
    if not _BARE_KEY.fullmatch(text):
        cursor.note("bare_key", found=text)
        return quoted(text)
    if text != typed.strip():
        cursor.note("wide_sign", found=typed.strip(), wanted=text)
    return text


def _bare(cursor: Cursor, key: str, nested: bool) -> str | None:
    """A value without marks: a number, true or false, or a text that lacks its marks."""
    start = cursor.pos
    while cursor.here and not (nested and cursor.sign in _ENDS):
        if cursor.comment_mark():
            break
        if not nested and _next_setting(cursor):
            break
        cursor.pos += 1
    typed = cursor.text[start : cursor.pos].rstrip()
    cursor.pos = start + len(typed)
    tail = re.search(r"[,，;；。、]+$", typed)
    if tail and not nested:
        cursor.pos -= len(tail.group())
        typed = typed[: tail.start()]
    text = narrow(typed).strip()
    if not text:
        cursor.note("no_value")
        return None
    return scalar(cursor, text, typed.strip(), key)


def _next_setting(cursor: Cursor) -> bool:
    """Whether another setting begins here, on the same line."""
    before = cursor.text[cursor.pos - 1 : cursor.pos]
    if before not in (" ", "\t", ",", "，", ";", "；"):
        return False
    return bool(_PAIR.match(cursor.rest))


def scalar(cursor: Cursor, text: str, typed: str, key: str) -> str | None:
    """A bare value as TOML; None for a word that says "nothing"."""
    if _SCALAR.fullmatch(text):
        if text != typed:
            cursor.note("wide_sign", found=typed, wanted=text)
        return text
    word = text.casefold()
    if word in NOTHING:
        cursor.note("no_value")
        return None
    if key in TEXT_KEYS or key in PATH_KEYS:
        return unquoted(cursor, typed)
    if word in YES or word in NO:
        value = "true" if word in YES else "false"
        cursor.note("truth", found=typed, wanted=value)
        return value
    dashes = text.replace("−", "-").replace("–", "-").replace("—", "-")
    number = _NUMBER.fullmatch(dashes)
    if number and (unit := (number.group(3) or "").strip()) is not None and _is_unit(unit):
        plain = _number(cursor, number.group(1) + number.group(2).strip(), key)
        return _with_unit(cursor, plain, unit, key) if unit else plain
    return unquoted(cursor, typed)


def _is_unit(text: str) -> bool:
    """Whether what follows a number reads as a unit: a short word without digits."""
    return len(text) <= 8 and not any(c.isdigit() or c in ":/\\." for c in text.replace("/", "", 1))


def _number(cursor: Cursor, text: str, key: str) -> str:
    """A number with separators of thousands, a decimal comma or zeros in front."""
    body = text.lstrip("+-")
    sign = "-" if text.startswith("-") else ""
    plain = body.replace(" ", "").replace("'", "")
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
        cursor.note("thousands", found=text, wanted=sign + plain)
    elif re.fullmatch(r"\d+(\.\d{3})*,\d+", plain):
        plain = plain.replace(".", "").replace(",", ".")
        cursor.note("decimal_comma", found=text, wanted=sign + plain)
    tidy = _tidy(plain)
    if tidy is None:
        return unquoted(cursor, text)
    if tidy != plain or (plain != body and not re.search("[,']", body)):
        cursor.note("number", found=text, wanted=sign + tidy)
    return sign + tidy


def _tidy(plain: str) -> str | None:
    """``.5``, ``5.`` and ``007`` as TOML writes them; None where it is no number."""
    if _SCALAR.fullmatch(plain):
        return plain
    try:
        value = float(plain)
    except ValueError:
        return None
    return f"{value:.0f}" if value == int(value) and "." not in plain.rstrip(".0") else repr(value)


def _with_unit(cursor: Cursor, number: str, unit: str, key: str) -> str:
    factors = UNITS.get(unit) or UNITS.get(unit.casefold()) or {}
    factor = next((f for end, f in factors.items() if key.endswith(end)), 1.0)
    value = number
    if factor != 1.0 and number[:1] != '"':
        value = f"{float(number) * factor:.12g}"
        value = f"{int(float(value))}" if float(value).is_integer() else repr(float(value))
    cursor.note("unit", found=unit, wanted=value)
    return value
