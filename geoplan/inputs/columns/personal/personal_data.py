"""Personal data: found by heading and by pattern, kept out of every layer and output."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping

import pandas as pd

from geoplan.inputs.columns.personal.free_text import HIDDEN
from geoplan.inputs.columns.personal.hide_cells import hide_personal, is_code_heading
from geoplan.inputs.columns.quick_looks import first_filled
from geoplan.inputs.columns.roles import heading_key, without_unit, word_lists

#: what separates the words of a heading
_PART = re.compile(r"[\s_\-·.,，、/\\()（）\[\]【】<>:：;；]+")
_SAMPLE_CELLS = 2000
_SMALL_NUMBER = (
    r"(\d{1,6}|\d{1,3}([,，]\d{3})+)(\.\d+)?\s*[人名个位户张台部条间处家所座栋次年岁元米%％]?|[-—–]|[是否有无]"
    r"|\d{1,2}[:：]\d{2}\s*[-–—~至]\s*\d{1,2}[:：]\d{2}"
)


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
    key = re.sub(r"(?:19|20)\d\d年?末?$", "", heading_key(text))
    last = [heading_key(p) for p in _PART.split(text)][-1]
    if key in words["never"] or last in words["never_ends"] or _ends_in_number(key, words):
        return False
    for word in sorted(words["inside"], key=len, reverse=True):
        key = key.replace(word, " ")
    plain = key.rstrip("0123456789")
    parts = {heading_key(p) for p in _PART.split(unicodedata.normalize("NFKC", text))}
    return (
        plain in words["whole"]
        or bool({p.rstrip("0123456789") for p in parts} & words["part"])
        or any(word in key for word in words["anywhere"])
    )


def _ends_in_number(key: str, words: Mapping[str, Collection[str]]) -> bool:
    """Whether a heading in Chinese ends as those of numbers, times and kinds do."""
    return any(not end.isascii() and key.endswith(end) for end in words["never_ends"])


def personal_columns(
    text: pd.DataFrame, *, keep: Collection[str] = (), likely: Collection[str] | None = None
) -> list[str]:
    """Headings of columns with personal data.

    A column counts when its heading announces it (and it does not hold small numbers: how many
    persons in charge there are), or when at least a tenth of its filled cells are nothing but
    personal data. Columns in `keep` (coordinates, names of sites, people counts) are needed: what
    is personal in them is hidden cell by cell. `likely` names the columns whose cells may hold any,
    where that is known already.
    """
    found = []
    for heading in map(str, text.columns):
        if heading in keep:
            continue
        by_heading = is_personal_heading(heading) and not _is_count(text[heading])
        look = not by_heading and (likely is None or heading in likely)
        if by_heading or (look and not is_code_heading(heading) and _looks_personal(text[heading])):
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
    hidden, where = hide_personal(filled)
    return bool((hidden.iloc[where] == HIDDEN).sum() >= 0.1 * len(filled))
