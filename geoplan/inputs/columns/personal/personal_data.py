"""Personal data: found by heading and by pattern, kept out of every layer and output."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import numpy as np
import pandas as pd

from geoplan.inputs.columns.quick_looks import first_filled
from geoplan.inputs.columns.roles import heading_key, without_unit, word_lists

#: what separates the words of a heading
_PART = re.compile(r"[\s_\-·.,，、/\\()（）\[\]【】<>:：;；]+")
# 18 digits with date of birth, or the old 15; mobile numbers of mainland China
_IDENTITY = re.compile(r"^\d{6}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]$")
_MOBILE = re.compile(r"^(\+?86[- ]?)?1[3-9]\d{9}$")
_SAMPLE_CELLS = 2000
_SMALL_NUMBER = r"\d{1,6}(\.\d+)?|[-—–]"
# the same inside a longer text: a quick look without, then a close one with the digits around
_LIKELY = r"1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]"
_INSIDE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|[1-9]\d{16}[\dXx])(?!\d)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_HIDDEN = "***"


def is_personal_heading(heading: object) -> bool:
    """Whether a heading announces personal data: a person's name, number, telephone, home.

    Chinese words count wherever they stand in the heading, short and English ones only as a word
    of their own or as the whole of it.

    Examples
    --------
    >>> [is_personal_heading(h) for h in ("站長姓名", "聯絡電話", "Contact person", "电话亭数")]
    [True, True, True, False]
    """
    words, text = word_lists(__package__, "personal.toml"), without_unit(heading)
    key = heading_key(text)
    if key in words["never"]:
        return False
    plain = key.rstrip("0123456789")
    parts = {heading_key(p) for p in _PART.split(unicodedata.normalize("NFKC", text))}
    return (
        plain in words["whole"]
        or bool({p.rstrip("0123456789") for p in parts} & words["part"])
        or any(word in key for word in words["anywhere"])
    )


def personal_columns(text: pd.DataFrame, *, keep: Collection[str] = ()) -> list[str]:
    """Headings of columns with personal data.

    A column counts when its heading announces it (and it does not hold small numbers: how many
    persons in charge there are), or when at least a tenth of its filled cells look like identity or
    mobile numbers. Columns in `keep` (coordinates, names of sites,
    people counts) are not judged by heading, but are by pattern.
    """
    found = []
    for heading in map(str, text.columns):
        by_heading = heading not in keep and is_personal_heading(heading)
        if (by_heading and not _is_count(text[heading])) or _looks_personal(text[heading]):
            found.append(heading)
    return found


def _is_count(cells: pd.Series) -> bool:
    """Whether all filled cells are small numbers, no telephone or identity numbers."""
    filled = first_filled(cells, _SAMPLE_CELLS)
    return len(filled) > 0 and bool(filled.str.fullmatch(_SMALL_NUMBER).all())


def _looks_personal(cells: pd.Series) -> bool:
    filled = first_filled(cells, _SAMPLE_CELLS)
    if len(filled) == 0:
        return False
    hits = np.fromiter(
        (bool(_IDENTITY.match(c) or _MOBILE.match(c)) for c in filled.astype(str)), bool
    )
    return bool(hits.mean() >= 0.1)


def is_identity_number(text: str) -> bool:
    """Whether `text` is an identity number: 18 characters, the last one the check digit.

    The check digit follows GB 11643-1999 (ISO 7064, MOD 11-2).

    Examples
    --------
    >>> is_identity_number("11010519491231002X"), is_identity_number("110105194912310021")
    (True, False)
    """
    if not _IDENTITY.match(text):
        return False
    rest = sum(int(c) * w for c, w in zip(text, _WEIGHTS, strict=False)) % 11
    return text[17].upper() == "10X98765432"[rest]


def hide_personal(cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """`cells` with mobile and identity numbers inside longer texts hidden, and where that was.

    Examples
    --------
    >>> hidden, where = hide_personal(pd.Series(["电话13812345678转王", "编号138123456789", "好"]))
    >>> hidden.tolist(), where.tolist()
    (['电话***转王', '编号138123456789', '好'], [0])
    """
    likely = np.flatnonzero(cells.str.contains(_LIKELY).to_numpy(bool))
    found = {}
    for position in likely:
        text = str(cells.iloc[position])
        hidden = _INSIDE.sub(_hide, text)
        if hidden != text:
            found[int(position)] = hidden
    if not found:
        return cells, np.empty(0, np.int64)
    texts = cells.to_numpy(object, copy=True)
    where = np.fromiter(found, np.int64)
    texts[where] = list(found.values())
    return pd.Series(texts, index=cells.index, name=cells.name, dtype=cells.dtype), where


def _hide(match: re.Match[str]) -> str:
    text = match.group()
    return _HIDDEN if len(text) == 11 or is_identity_number(text) else text
