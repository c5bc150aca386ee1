"""Pieces of WordprocessingML as text: runs, fields, bookmarks, paragraphs.

Text is put together and parsed once: cell by cell through a library's objects a report takes ten
times as long.
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

_SPACE = 'xml:space="preserve"'


def parsed(markup: str) -> Any:
    """The element of a piece of markup, its namespace declared."""
    head, end, rest = markup.partition(">")
    close = "/" if head.endswith("/") else ""
    return parse_xml(f"{head.removesuffix('/')} {nsdecls('w', 'r')}{close}{end}{rest}")


def run(text: str, *, bold: bool = False, half_points: int = 0) -> str:
    """Words in one run; quotation marks and dashes are as wide as Chinese characters are."""
    weight = "<w:b/>" if bold else ""
    size = f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>' if half_points else ""
    wide = '<w:rFonts w:hint="eastAsia"/>' if any(ord(c) > 0x2000 for c in text) else ""
    properties = f"<w:rPr>{wide}{weight}{size}</w:rPr>" if wide or weight or size else ""
    return f"<w:r>{properties}<w:t {_SPACE}>{escape(text)}</w:t></w:r>"


def tab() -> str:
    """A tabulator."""
    return "<w:r><w:tab/></w:r>"


def field(instruction: str, shown: str) -> str:
    """A field of Word with what it shows until it is brought up to date."""

    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = f"<w:r><w:instrText {_SPACE}> {escape(instruction)} </w:instrText></w:r>"
    return mark("begin") + code + mark("separate") + run(shown) + mark("end")


def field_start(instruction: str) -> str:
    """The start of a field whose result goes on over several paragraphs; see `field_end`."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText {_SPACE}> {escape(instruction)} </w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )


def field_end() -> str:
    """The end of a field begun by `field_start`."""
    return '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def bookmark(name: str, number: int, inner: str) -> str:
    """`inner` between the marks that references point to."""
    start = f'<w:bookmarkStart w:id="{number}" w:name={quoteattr(name)}/>'
    return f'{start}{inner}<w:bookmarkEnd w:id="{number}"/>'


def link(name: str, inner: str) -> str:
    """`inner` as a link to a bookmark."""
    return f'<w:hyperlink w:anchor={quoteattr(name)} w:history="1">{inner}</w:hyperlink>'


def paragraph(inner: str, style: str, *, properties: str = "") -> str:
    """A paragraph; `style` is the id of its style."""
    head = f"<w:pPr><w:pStyle w:val={quoteattr(style)}/>{properties}</w:pPr>"
    return f"<w:p>{head}{inner}</w:p>"
