"""The report as a document for Word and WPS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from docx.oxml.ns import qn
from docx.shared import Cm

from geoplan.inputs.findings.fixed_clock import without_clock
from geoplan.outputs.report.blocks import (
    Document,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
    TableBlock,
    report_date,
)
from geoplan.outputs.report.numbering import Label, label_key, labels, pieces
from geoplan.outputs.report.word.cover import Entry, contents, cover
from geoplan.outputs.report.word.form import MARGINS_CM, PAPER_CM, styles, text_width_cm
from geoplan.outputs.report.word.markup import (
    bookmark,
    field,
    paragraph,
    parsed,
    run,
    tab,
)
from geoplan.outputs.report.word.pages import (
    BESIDE_CM,
    Pages,
    keeps_together,
    laid_out,
    picture_size_cm,
)
from geoplan.outputs.report.word.tables import side_by_side, table_markup
from geoplan.outputs.report.word.template import Frame, open_frame, section_of

#: a document that says when it was made would differ from run to run
_WRITTEN = datetime(2000, 1, 1)
#: a header shows so much of a long title, in half characters
_HEADER = 76


def write_docx(document: Document, path: Path, *, figures: Path) -> Path:
    """Write the report's document; pictures that are not there are left out.

    Parameters
    ----------
    document : what to say, and the form that it is asked for in.
    path : the file to write.
    figures : folder of the run's pictures (``NAME.png``).

    Raises
    ------
    UsageError
        The template that the form names is no Word document.
    """
    speaker, form = document.speaker, document.form
    texts = {
        "title": document.title,
        "office": form.office,
        "date": report_date(document),
        "edition": speaker.say("report.name_comma").join(document.stamps),
    }
    frame = open_frame(form.template, speaker.lang, texts)
    names = [block.name for block in document.blocks if isinstance(block, FigureBlock)]
    files = {name: figures / f"{name}.png" for name in names}
    pictures = {name: file for name, file in files.items() if file.exists()}
    writer = _Writer(
        document=document,
        frame=frame,
        pictures=pictures,
        labels=labels(document.blocks, pictures, speaker),
        pages=laid_out(document.blocks, pictures, styles(speaker.lang), speaker),
    )
    _put(frame, [*writer.front(), *writer.text()])
    if not form.template:
        _paper(frame.book, document, writer.ids)
    _properties(frame.book, document)
    frame.book.save(str(path))
    return without_clock(Path(path))


@dataclass(kw_only=True, slots=True, eq=False)
class _Writer:
    """Elements of the document in order; counts bookmarks as it goes."""

    document: Document
    frame: Frame
    pictures: Mapping[str, Path]
    labels: Mapping[str, Label]
    pages: Pages
    bookmarks: int = 0
    annex: bool = False

    @property
    def ids(self) -> Mapping[str, str]:
        return self.frame.style_ids

    def front(self) -> Iterator[Any]:
        """Cover and contents, and the end of their section."""
        document = self.document
        if not self.frame.own_cover:
            for markup in cover(document, self.ids):
                yield parsed(markup)
        for markup in contents(document, list(self._entries()), self.ids):
            yield parsed(markup)
        yield self._section_end()

    def _entries(self) -> Iterator[Entry]:
        for k, block in enumerate(self.document.blocks):
            if isinstance(block, Heading) and block.level <= (1 if block.annex else 2):
                page = None if block.annex else self.pages.starts[k]
                name = f"_Toc{k:08d}"
                yield Entry(level=block.level, text=block.text, bookmark=name, page=page)

    def _section_end(self) -> Any:
        """The paragraph that ends the first section: without header and page number."""
        end = parsed(paragraph("", self.ids["after_table"]))
        section = section_of(self.frame.book)
        if not self.document.form.template:
            for name in ("w:headerReference", "w:footerReference"):
                for element in section.findall(qn(name)):
                    section.remove(element)
        end.get_or_add_pPr().append(section)
        return end

    def text(self) -> Iterator[Any]:
        """Every block; the first one opens the page that is number 1 by its section."""
        blocks = self.document.blocks
        for k, block in enumerate(blocks):
            after = blocks[k + 1] if k + 1 < len(blocks) else None
            if isinstance(block, Heading):
                self.annex = block.annex
                yield self._heading(block, k, first=k == 0)
            elif isinstance(block, TableBlock):
                if k in self.pages.beside:
                    yield self._side_by_side(k)
                else:
                    yield self._caption(block, k)
                    yield parsed(table_markup(block, self.ids))
                if not (isinstance(after, Heading) and after.new_page):
                    yield parsed(paragraph("", self.ids["after_table"]))
            elif isinstance(block, FigureBlock):
                if block.name in self.pictures and k + 1 not in self.pages.beside:
                    yield self._picture(block)
                    yield self._caption(block, k)
            elif isinstance(block, Listing):
                yield from self._listing(block)
            else:
                together = isinstance(after, TableBlock) or (k + 2 in self.pages.beside)
                yield self._paragraph(block, keep=together)

    def _heading(self, block: Heading, position: int, *, first: bool) -> Any:
        kind = f"h{min(block.level, 2)}"
        if block.annex:
            kind = "annex" if block.level == 1 else f"annex_{block.level}"
        text = block.text
        if kind in self.frame.numbered:  # the template counts headings itself
            text = _without_number(text)
        self.bookmarks += 1
        inner = bookmark(f"_Toc{position:08d}", self.bookmarks, run(text))
        page = "<w:pageBreakBefore/>" if block.new_page and not first else ""
        return parsed(paragraph(inner, self.ids[kind], properties=page))

    def _caption(self, block: TableBlock | FigureBlock, position: int) -> Any:
        """Word and number that Word counts itself, within the bookmark that references name."""
        key = label_key(block, position)
        label, speaker = self.labels[key], self.document.speaker
        self.bookmarks += 1
        series = label.word.replace(" ", "")  # one word: an annex's tables are counted apart
        number = field(f"SEQ {series} \\* ARABIC", str(label.number))
        inner = bookmark(_mark(key), self.bookmarks, run(label.word) + number)
        rest = speaker.say("report.caption", label="", caption=block.caption)
        keep = "<w:keepNext/>" if isinstance(block, TableBlock) else ""
        return parsed(paragraph(inner + run(rest), self.ids["caption"], properties=keep))

    def _side_by_side(self, position: int) -> Any:
        """The picture at `position` - 1 and the table at `position`, each under its caption."""
        figure, table = self.document.blocks[position - 1], self.document.blocks[position]
        assert isinstance(figure, FigureBlock)
        assert isinstance(table, TableBlock)
        whole = parsed(side_by_side(BESIDE_CM))
        left, right = whole.iter(qn("w:tc"))
        left.append(self._picture(figure))
        left.append(self._caption(figure, position - 1))
        right.append(self._caption(table, position))
        width = text_width_cm() - BESIDE_CM
        right.append(parsed(table_markup(table, self.ids, width_cm=width)))
        right.append(parsed(paragraph("", self.ids["after_table"])))
        return whole

    def _picture(self, block: FigureBlock) -> Any:
        file = self.pictures[block.name]
        most = self.pages.heights.get(block.name)
        width, height = picture_size_cm(file, most, widest_cm=self.pages.width_cm(block))
        inline = self.frame.book.part.new_pic_inline(str(file), Cm(width), Cm(height))
        inline.docPr.set("descr", block.caption)
        line = parsed(paragraph("<w:r/>", self.ids["picture"]))
        line.r_lst[0].add_drawing(inline)
        return line

    def _listing(self, block: Listing) -> Iterator[Any]:
        zh = self.document.speaker.lang == "zh"
        style = self.ids["note" if block.kind == "note" or self.annex else "list"]
        for k, item in enumerate(block.items, start=1):
            mark = run(f"（{k}）") if zh else run("•") + tab()
            hang = "" if zh else '<w:ind w:left="284" w:hanging="284"/>'
            more = keeps_together(block) and k < len(block.items)
            stay = "<w:keepNext/>" if more else ""  # the schema wants it before the indent
            yield parsed(paragraph(mark + self._words(item), style, properties=stay + hang))

    def _paragraph(self, block: Paragraph, *, keep: bool) -> Any:
        space = run(" ") if self.document.speaker.lang == "en" else ""
        inner = []
        for k, part in enumerate(block.parts):
            lead = run(part.lead, bold=True) + space if part.lead else ""
            inner.append((space if k else "") + lead + self._words(part.text))
        style = self.ids["note" if block.kind == "note" or self.annex else "body"]
        stay = "<w:keepNext/>" if keep else ""
        return parsed(paragraph("".join(inner), style, properties=stay))

    def _words(self, text: str) -> str:
        """A text whose references are fields that follow the numbers."""
        shown = []
        for key, words in pieces(text, self.labels, self.document.speaker):
            shown.append(field(f"REF {_mark(key)} \\h", words) if key else run(words))
        return "".join(shown)


def _mark(key: str) -> str:
    """The bookmark of a caption: letters, digits and lines, at most 40."""
    safe = "".join(c if c.isalnum() and c.isascii() else "_" for c in key)
    return f"_Ref_{safe}"[-40:] if len(safe) < 35 else f"_Ref_{safe[:20]}_{safe[-13:]}"


def _without_number(text: str) -> str:
    for sign in ("、", "）", "　", ". ", "."):
        head, found, rest = text.partition(sign)
        if found and len(head) <= 8:
            return rest
    return text


def _put(frame: Frame, elements: list[Any]) -> None:
    """The elements in the place that the frame keeps for them, else at the end."""
    if frame.place is not None:
        for element in elements:
            frame.place.addprevious(element)
        frame.place.getparent().remove(frame.place)
        return
    end = frame.book.element.body.find(qn("w:sectPr"))
    for element in elements:
        end.addprevious(element)


def _paper(book: Any, document: Document, ids: Mapping[str, str]) -> None:
    """A4 with the margins of a letter, the title above, the page between dashes below."""
    for section in book.sections:
        section.page_width, section.page_height = Cm(PAPER_CM[0]), Cm(PAPER_CM[1])
        section.top_margin, section.right_margin = Cm(MARGINS_CM[0]), Cm(MARGINS_CM[1])
        section.bottom_margin, section.left_margin = Cm(MARGINS_CM[2]), Cm(MARGINS_CM[3])
        section.header_distance, section.footer_distance = Cm(1.7), Cm(1.5)
    last = book.sections[-1]
    start = parsed('<w:pgNumType w:start="1"/>')
    margins = last._sectPr.find(qn("w:pgMar"))
    margins.addnext(start)
    _replace_line(last.header, paragraph(run(_short(document.title)), ids["header"]))
    number = field("PAGE", "1")
    dashes = document.speaker.lang == "zh"
    inner = run("— ") + number + run(" —") if dashes else number
    _replace_line(last.footer, paragraph(inner, ids["footer"]))


def _short(title: str) -> str:
    """A title that fits the header's one line."""
    width = 0
    for k, sign in enumerate(title):
        width += 2 if ord(sign) > 0x2E80 else 1
        if width > _HEADER:
            return title[:k].rstrip() + "…"
    return title


def _replace_line(part: Any, markup: str) -> None:
    part.is_linked_to_previous = False
    part._element.append(parsed(markup))
    first = part.paragraphs[0]._p
    first.getparent().remove(first)


def _properties(book: Any, document: Document) -> None:
    properties = book.core_properties
    properties.title = document.title
    properties.author = document.form.office or "geoplan"
    properties.comments = ""
    properties.language = "zh-CN" if document.speaker.lang == "zh" else "en-GB"
    properties.created = properties.modified = _WRITTEN
