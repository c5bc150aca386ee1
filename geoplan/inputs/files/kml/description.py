"""Attributes in the description of a placemark: tables as of ArcGIS, lines as of My Maps."""

from __future__ import annotations

import html
import re
from collections import Counter
from html.parser import HTMLParser

#: a name, a colon, a value; no sentence, and no time of day
_LINE = re.compile(r"^\s*([^:：=<>，。；,;]{1,30}?)(?<!\d)\s*[:：]\s*(.*?)\s*$")
_BREAK = re.compile(r"<br\s*/?>|</p>|</div>|</li>|\n", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
#: share of the described placemarks that must have a name before it is an attribute
_COMMON = 0.5


class _Cells(HTMLParser):
    """The rows of all tables in a text, as lists of cells."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.open = True
        if tag == "br" and self.open and self.rows and self.rows[-1]:
            self.rows[-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.open = False

    def handle_data(self, data: str) -> None:
        if self.open and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def plain_text(text: str) -> str:
    """`text` without tags and entities.

    Examples
    --------
    >>> plain_text("<b>床位数</b>&nbsp;")
    '床位数'
    """
    return html.unescape(_TAGS.sub(" ", text)).replace("\xa0", " ").strip()


def read_description(texts: list[str]) -> list[tuple[dict[str, str], str]]:
    """Attributes of every placemark's description, and what is left of the text.

    Tables of two columns are attributes; lines ``name: value`` are where most placemarks have the
    same names.

    Examples
    --------
    >>> read_description(["<table><tr><td>床位数</td><td>12</td></tr></table>"])
    [({'床位数': '12'}, '')]
    >>> read_description(["床位数: 12<br>开放: 是", "床位数: 9<br>见附件"])
    [({'床位数': '12', '开放': '是'}, ''), ({'床位数': '9'}, '见附件')]
    """
    tables = [_table(text) for text in texts]
    lines = [[] if table else _lines(text) for text, table in zip(texts, tables, strict=True)]
    described = sum(bool(text.strip()) for text in texts)
    names = Counter(name for pairs in lines for name in {n for n, _ in pairs if n})
    common = {name for name, count in names.items() if count >= _COMMON * described}
    found = []
    for table, pairs in zip(tables, lines, strict=True):
        if table:
            found.append((table, ""))
            continue
        attributes = {name: value for name, value in pairs if name in common}
        rest = [f"{n}: {v}" if n else v for n, v in pairs if n not in common]
        found.append((attributes, " ".join(filter(None, rest))))
    return found


def _table(text: str) -> dict[str, str]:
    """Name and value of the rows with two cells."""
    if "<t" not in text.lower():
        return {}
    cells = _Cells()
    cells.feed(text)
    pairs = [[c.replace("\xa0", " ").strip() for c in row] for row in cells.rows]
    pairs = [p for p in pairs if len(p) == 2 and p[0]]
    return {name.rstrip(":："): "" if value == "<Null>" else value for name, value in pairs}


def _lines(text: str) -> list[tuple[str, str]]:
    """Name ("" for none) and text of every line."""
    found = []
    for line in _BREAK.split(text):
        plain = plain_text(line)
        if not plain:
            continue
        match = _LINE.match(plain)
        web = plain.lower().startswith(("http:", "https:", "file:"))
        found.append((match.group(1), match.group(2)) if match and not web else ("", plain))
    return found
