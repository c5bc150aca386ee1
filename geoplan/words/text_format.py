"""Numbers and texts as people read them, whatever the language: counts, shares, columns of text."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Container, Iterable
from typing import Any

import numpy as np
import pandas as pd

#: what stands where nothing is known, or where a small number is withheld
MISSING = "—"

#: invisible characters that turn the direction of text or hide in it (joiners stay: scripts and
#: emoji need them)
_INVISIBLE = "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_HIDDEN_SIGNS = re.compile(f"[{_INVISIBLE}]")
#: characters no XML file may hold, those that move or break a line of text, and invisible ones
_CONTROL = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff{_INVISIBLE}]"
)
#: how a Chinese sentence ends
_CHINESE_ENDS = ("。", "！", "？")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
#: first signs of printable text that `cell_text` may put something before
_ASKED_ABOUT = frozenset({*_FORMULA_STARTS, " "})


def is_missing(value: Any) -> bool:
    """Whether `value` is None, NaN, NaT or <NA>.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(None), is_missing(0), is_missing("")
    (True, True, False, False)
    """
    if value is None:
        return True
    if isinstance(value, str | int | np.bool_ | np.integer):
        return False
    if isinstance(value, float):
        return value != value
    if isinstance(value, list | tuple | dict | np.ndarray | pd.Series):
        return False
    missing = pd.isna(value)
    return bool(missing)


def plain(value: Any, digits: int = 6) -> Any:
    """`value` as JSON holds it: whole numbers as int, missing and infinite ones as None.

    Examples
    --------
    >>> plain(12.0), plain(0.25), plain(float("nan")), plain(np.int64(3)), plain("a")
    (12, 0.25, None, 3, 'a')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if is_missing(value):
        return None
    if isinstance(value, int | float | np.number):
        number = round(float(value), digits)
        if not math.isfinite(number):
            return None
        return int(number) if number.is_integer() else number
    return str(value)


def count_text(value: Any) -> str:
    """A number of people or sites: ``12,345``; the dash where it is missing.

    Examples
    --------
    >>> count_text(12345.4), count_text(float("nan"))
    ('12,345', '—')
    """
    if is_missing(value) or not math.isfinite(float(value)):
        return MISSING
    return f"{float(value):,.0f}"


def number_text(value: Any, digits: int = 2) -> str:
    """A number with at most `digits` decimals.

    Examples
    --------
    >>> number_text(1234.5), number_text(0.125), number_text(-0.001), number_text(None)
    ('1,234.5', '0.12', '0', '—')
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, str):
        return value
    if not math.isfinite(float(value)):
        return MISSING
    text = f"{float(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:  # what rounds to nothing has no sign
        return "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share_text(value: Any, digits: int = 1) -> str:
    """A share as per cent.

    Examples
    --------
    >>> share_text(0.6341), share_text(float("nan"))
    ('63.4%', '—')
    """
    if is_missing(value) or not math.isfinite(float(value)):
        return MISSING
    return f"{float(value):.{digits}%}"


def proof_gap_text(value: Any) -> str:
    """A proof gap as per cent, fine enough not to read as zero when it is not.

    Examples
    --------
    >>> proof_gap_text(0.0), proof_gap_text(0.00004), proof_gap_text(0.0123)
    ('0%', '0.004%', '1.23%')
    """
    if is_missing(value):
        return MISSING
    number = float(value)
    if number == 0:
        return "0%"
    return f"{number:.2%}" if number >= 0.001 else f"{number * 100:.1g}%"


def year_text(year: Any) -> str:
    """A year without separators; nothing where it is not known.

    Examples
    --------
    >>> year_text(2027.0), year_text(None)
    ('2027', '')
    """
    return "" if is_missing(year) else str(int(year))


def without_invisible(text: str) -> str:
    r"""`text` without invisible characters that turn its direction or hide in it.

    Examples
    --------
    >>> without_invisible("a\u202eb\u200b")
    'ab'
    """
    return _HIDDEN_SIGNS.sub("", text)


def sentences(*parts: str) -> str:
    """Sentences as one text; after a Chinese one there is no space.

    Examples
    --------
    >>> sentences("经纬度写反了。", "请对调。"), sentences("No coordinates.", "Add them.")
    ('经纬度写反了。请对调。', 'No coordinates. Add them.')
    """
    text = ""
    for part in filter(None, parts):
        text += part if not text or text.endswith(_CHINESE_ENDS) else f" {part}"
    return text


def clean(value: Any) -> str:
    r"""Text without control characters, invisible ones and those that turn its direction.

    Line breaks that scripts could stumble over become spaces.

    Examples
    --------
    >>> clean("a\x07b\u2028c\u202ed"), clean(None)
    ('ab cd', '')
    """
    if is_missing(value):
        return ""
    text = str(value)
    if text.isprintable():  # most names are: a million cells a run
        return text
    text = text.replace("\u2028", " ").replace("\u2029", " ")
    return _CONTROL.sub("", text)


def json_text(content: Any) -> str:
    r"""Indented JSON that shows safely: signs that hide, turn or break text stand as escapes.

    What is read back is the same.

    Examples
    --------
    >>> print(json_text({"name": "站\u202egpj\u2028"}))
    {
     "name": "站\u202egpj\u2028"
    }
    """
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    return _CONTROL.sub(lambda sign: json.dumps(sign.group())[1:-1], text)


def cell_text(value: Any) -> str:
    r"""Text that no spreadsheet takes for a formula: a leading apostrophe where it might.

    Source: OWASP, "CSV injection".

    Examples
    --------
    >>> cell_text('=HYPERLINK("http://x")'), cell_text("第1社区")
    ('\'=HYPERLINK("http://x")', '第1社区')
    """
    text = clean(value)
    return "'" + text if text.startswith(_FORMULA_STARTS) or text[:1].isspace() else text


def as_list(column: pd.Series | pd.Index) -> list[Any]:
    """The values of a column: as `list` has them, texts of Arrow ten times as fast."""
    return column.to_numpy(object).tolist()


def distinct_texts(column: pd.Series) -> list[Any]:
    """The different values of a column as `as_list` has them, in the order of the first of each."""
    return as_list(column.drop_duplicates())


def clean_texts(values: Iterable[Any]) -> list[str | None]:
    """`clean` of each value, None where it is missing: a million cells a run."""
    return [
        v if type(v) is str and v.isprintable() else None if is_missing(v) else clean(v)
        for v in values
    ]


def cell_texts(values: Iterable[Any]) -> list[Any]:
    """`cell_text` of each value that is no number."""
    return [
        v
        if type(v) is str and v.isprintable() and v[:1] not in _ASKED_ABOUT
        else v
        if isinstance(v, bool | int | float | np.number) and not is_missing(v)
        else cell_text(v)
        for v in values
    ]


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for a Chinese character.

    Examples
    --------
    >>> display_width("助餐"), display_width("meal")
    (4, 4)
    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    joined = sum(unicodedata.combining(c) > 0 for c in text)
    return len(text) + wide - joined


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled with spaces to `width` terminal columns."""
    space = " " * max(width - display_width(text), 0)
    return space + text if right else text + space


def columns_text(rows: list[list[str]], *, right: Container[int]) -> list[str]:
    """Lines of columns as wide as their widest cell; those at the positions `right` end flush."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(pad(cell, widths[k], right=k in right) for k, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def aligned(rows: list[list[str]], *, left: int = 1) -> list[str]:
    """Lines of columns, the first row underlined as their heads; `left` columns of text lead.

    Examples
    --------
    >>> aligned([["name", "n"], ["助餐点", "12"]])
    ['name     n', '──────  ──', '助餐点  12']
    """
    head, *lines = columns_text(rows, right=range(left, len(rows[0])))
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return [head, "  ".join("─" * width for width in widths), *lines]
