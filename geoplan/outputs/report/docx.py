"""The report as a document for Word and WPS."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from geoplan.inputs.findings.fixed_clock import without_clock
from geoplan.outputs.report.blocks import (
    Document,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
    TableBlock,
)

_BODY, _HEADS = "宋体", "黑体"
_LATIN = "Times New Roman"
_WIDTH_CM = 16.0
_INK, _MUTED = RGBColor(0x1D, 0x2B, 0x31), RGBColor(0x5C, 0x6C, 0x73)
#: a document that says when it was made would differ from run to run
_WRITTEN = datetime(2000, 1, 1)
#: tables with more columns are set smaller
_WIDE = 7
#: air beside a cell's text
_PAD_CM = 0.1
#: texts up to this long (half characters) are never broken
_SHORT = 14
#: a heading up to this long stays on one line
_SHORT_HEAD = 6
#: a picture nearly as high as wide is drawn narrower, so that text fits beside it on the page
_TALL, _TALL_CM = 0.7, 13.5


def write_docx(document: Document, path: Path, *, figures: Path) -> Path:
    """Write the report's document; pictures that are not there are left out."""
    book = docx.Document()
    _styles(book)
    _page(book, document.title)
    head = book.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(head, document.title, size=18, bold=True, font=_HEADS)
    for text in (document.subtitle, "　".join(document.stamps)):
        line = book.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(line, text, size=10.5, colour=_MUTED)
    tables = pictures = 0
    for block in document.blocks:
        if isinstance(block, TableBlock):
            tables += 1
            _table(
                book,
                block,
                document.speaker.say("report.table", number=tables, caption=block.caption),
            )
        elif isinstance(block, FigureBlock):
            file = figures / f"{block.name}.png"
            if file.exists():
                pictures += 1
                caption = document.speaker.say(
                    "report.figure", number=pictures, caption=block.caption
                )
                _picture(book, file, caption)
        elif isinstance(block, Heading):
            book.add_heading(block.text, level=block.level)
        elif isinstance(block, Listing):
            for item in block.items:
                book.add_paragraph(item, style="List Bullet")
        elif isinstance(block, Paragraph):
            line = book.add_paragraph()
            if block.kind == "note":
                _run(line, block.text, size=9, colour=_MUTED)
            else:
                _run(line, block.text)
                if document.speaker.lang == "zh":
                    line.paragraph_format.first_line_indent = Pt(21)
    book.core_properties.title = document.title
    book.core_properties.author = "geoplan"
    book.core_properties.comments = ""
    book.core_properties.created = book.core_properties.modified = _WRITTEN
    book.save(str(path))
    return without_clock(Path(path))


def _styles(book: Any) -> None:
    for name, font, size in (
        ("Normal", _BODY, 10.5),
        ("List Bullet", _BODY, 10.5),
        ("Heading 1", _HEADS, 15),
        ("Heading 2", _HEADS, 13),
        ("Heading 3", _HEADS, 11.5),
    ):
        style = book.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size)
        style.font.color.rgb = _INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), font)
        for part in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(part), None)
    book.styles["Normal"].paragraph_format.line_spacing = 1.4
    book.styles["Normal"].paragraph_format.space_after = Pt(4)


def _page(book: Any, title: str) -> None:
    """A4, and the page number at the foot."""
    section = book.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.4)
    _run(section.header.paragraphs[0], title, size=8, colour=_MUTED)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = foot.add_run()
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = text
        run._r.append(mark)


def _run(
    paragraph: Any,
    text: str,
    *,
    size: float | None = None,
    bold: bool = False,
    colour: RGBColor | None = None,
    font: str = _BODY,
) -> None:
    run = paragraph.add_run(text)
    run.bold = bold
    run.font.name = _LATIN
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if size is not None:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour


def _picture(book: Any, file: Path, caption: str) -> None:
    line = book.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.keep_with_next = True
    picture = line.add_run().add_picture(str(file), width=Cm(_WIDTH_CM - 0.5))
    if picture.height > _TALL * picture.width:
        picture.height = round(picture.height * Cm(_TALL_CM) / picture.width)
        picture.width = Cm(_TALL_CM)
    paragraph = book.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(paragraph, caption, size=9, font=_HEADS)


def _table(book: Any, block: TableBlock, caption: str) -> None:
    paragraph = book.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(8)
    _run(paragraph, caption, size=9, font=_HEADS)
    size = 7.5 if len(block.heads) > _WIDE else 8.5
    table = book.add_table(rows=1, cols=len(block.heads))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _borders(table)
    _fill(table.rows[0], block.heads, block.right, size, head=True)
    for row in block.rows:
        _fill(table.add_row(), row, block.right, size, head=False)
    _margins(table)
    _widths(table, block, size)
    book.add_paragraph().paragraph_format.space_after = Pt(2)


def _fill(
    row: Any, cells: tuple[str, ...], right: frozenset[int], size: float, *, head: bool
) -> None:
    properties = row._tr.get_or_add_trPr()
    keep = OxmlElement("w:cantSplit")
    properties.append(keep)
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    for k, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
        line = cell.paragraphs[0]
        line.paragraph_format.line_spacing = 1.1
        line.paragraph_format.space_after = Pt(0)
        if k in right:
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _run(line, text, size=size, bold=head, font=_HEADS if head else _BODY)
        if head:
            shade = OxmlElement("w:shd")
            shade.set(qn("w:val"), "clear")
            shade.set(qn("w:fill"), "EEF2F4")
            cell._tc.get_or_add_tcPr().append(shade)


def _borders(table: Any) -> None:
    """Lines above, below and between rows, none between columns."""
    borders = OxmlElement("w:tblBorders")
    for side, weight in (("top", 8), ("bottom", 8), ("insideH", 4)):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "single")
        line.set(qn("w:sz"), str(weight))
        line.set(qn("w:color"), "8A979D")
        borders.append(line)
    for side in ("left", "right", "insideV"):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "nil")
        borders.append(line)
    table._tbl.tblPr.append(borders)


def _widths(table: Any, block: TableBlock, size: float) -> None:
    """Columns of numbers and short words as wide as they need; long texts share the rest."""
    table.autofit = False
    widths = column_widths_cm(block, size)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)


def column_widths_cm(block: TableBlock, size: float) -> list[float]:
    """Widths that fill the page and break no number.

    A column of numbers, or of texts of at most seven Chinese characters, takes its longest entry
    (a heading may take two lines); the other columns share the rest by their longest entries, of
    which more than thirty characters count as thirty.
    """
    # half a Chinese character, with air: where Times New Roman is missing, digits are a third wider
    letter = size * 0.5 * 2.54 / 72 * 1.32
    longest = [max((_measure(row[k]) for row in block.rows), default=0) for k in _columns(block)]
    heads = [_head_need(block.heads[k]) for k in _columns(block)]
    need = [max(a, b) for a, b in zip(longest, heads, strict=True)]
    firm = [k in block.right or longest[k] <= _SHORT for k in _columns(block)]
    widths = [need[k] * letter + 2 * _PAD_CM if firm[k] else 0.0 for k in _columns(block)]
    left = _WIDTH_CM - sum(widths)
    loose = {k: min(need[k], 60) for k in _columns(block) if not firm[k]}
    if not loose:
        return [width * _WIDTH_CM / sum(widths) for width in widths]
    if left < 1.5 * len(loose):  # more numbers than a page holds: all give way alike
        shrink = (_WIDTH_CM - 1.5 * len(loose)) / sum(widths)
        widths = [w * shrink for w in widths]
        left = 1.5 * len(loose)
    for k, n in loose.items():
        widths[k] = left * n / sum(loose.values())
    return widths


def _head_need(head: str) -> int:
    """What a heading needs: half of it, in two lines, but a short word stays whole."""
    length = _measure(head)
    return length if length <= _SHORT_HEAD else (length + 1) // 2


def _columns(block: TableBlock) -> range:
    return range(len(block.heads))


def _margins(table: Any) -> None:
    """A little air above and below, little at the sides."""
    margins = OxmlElement("w:tblCellMar")
    for side, width_cm in (("top", 0.04), ("left", _PAD_CM), ("bottom", 0.04), ("right", _PAD_CM)):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(round(width_cm / 2.54 * 1440)))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    table._tbl.tblPr.append(margins)


def _measure(text: str) -> int:
    return sum(2 if ord(c) > 0x2E80 else 1 for c in text)
