"""What names something for a reader, and what is only a label of a row or a node."""

from __future__ import annotations

import re

#: numbers, labels of nodes and rows (n6904, p000123), and OpenStreetMap's (way/45)
_LABEL = re.compile(
    r"[\d\s.,/_\-]+|[a-z]{1,3}[_\-]?\d{3,}|(?:node|way|relation|osm|id|row)[\s/_\-]*\d+",
    re.IGNORECASE,
)
_BLANK = frozenset(
    {
        "",
        "-",
        "—",
        "nan",
        "none",
        "null",
        "无",
        "无名",
        "无名路",
        "未命名",
        "unnamed",
        "noname",
        "no name",
    }
)


def is_name(text: object) -> bool:
    """Whether a text names something: not blank, not a number, not a label of a node.

    Examples
    --------
    >>> [is_name(text) for text in ("解放路", "1st Street", "Block 12", "A4", "1号院")]
    [True, True, True, True, True]
    >>> [is_name(text) for text in ("n6904", "00123", "way/45", " ", None, float("nan"))]
    [False, False, False, False, False, False]
    """
    if not isinstance(text, str):
        return False
    said = text.strip()
    return said.casefold() not in _BLANK and _LABEL.fullmatch(said) is None
