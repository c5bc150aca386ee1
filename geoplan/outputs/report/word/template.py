"""The document that the report is written into: a bare one, or the office's own template.

A template's styles are found by name, header, footer and paper are kept, and so is its cover:
what stands around a paragraph ``{{正文}}`` (or ``{{body}}``). There ``{{标题}}``, ``{{单位}}``,
``{{日期}}`` and ``{{版本}}`` (title, office, date, edition) are filled in. Without it the
template's own text goes and the report has geoplan's cover.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn

from geoplan.errors import FileError, UsageError
from geoplan.inputs.files.gate.archive import checked_archive
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.outputs.report.word.form import FONTS, STAND_INS, Style, style_element, styles
from geoplan.outputs.report.word.markup import parsed

_PLACES = {
    "title": ("标题", "title"),
    "office": ("单位", "office"),
    "date": ("日期", "date"),
    "edition": ("版本", "edition"),
}
_BODY = re.compile(r"\s*\{\{\s*(正文|body)\s*\}\}\s*", re.I)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frame:
    """A document ready to be written into.

    book : python-docx's document. style_ids : of every kind of paragraph. place : the paragraph
    that the report takes the place of; None = at the end. own_cover : the template has one.
    """

    book: Any
    style_ids: Mapping[str, str]
    place: Any = None
    own_cover: bool = False
    numbered: frozenset[str] = frozenset()

    @property
    def from_template(self) -> bool:
        """Whether an office's own template is behind it."""
        return self.place is not None or self.own_cover


def open_frame(template: str, lang: str, texts: Mapping[str, str]) -> Frame:
    """The document to write into.

    Parameters
    ----------
    template : path of the office's own ``.docx``; "" = none.
    texts : ``title``, ``office``, ``date``, ``edition``, for a template's cover.

    Raises
    ------
    UsageError
        The template is no Word document, is damaged, or is larger than a limit allows.
    """
    if not template:
        book = docx.Document()
        _defaults(book, lang)
        return Frame(book=book, style_ids=_own_styles(book, lang))
    try:
        with reading():
            checked_file(Path(template))
            with checked_archive(Path(template)):
                return _of_template(template, lang, texts)
    except FileError as error:
        raise UsageError.of("report.bad_template", path=Path(template).name) from error


def _of_template(template: str, lang: str, texts: Mapping[str, str]) -> Frame:
    book = docx.Document(template)
    book.core_properties.title = book.core_properties.title  # damaged ones take no title
    place = next((p._p for p in book.paragraphs if _BODY.fullmatch(p.text)), None)
    if place is not None:
        for paragraph in _all_paragraphs(book):
            _fill(paragraph, texts)
    else:
        for element in list(book.element.body):
            if element.tag != qn("w:sectPr"):
                book.element.body.remove(element)
        place = parsed("<w:p/>")
        book.element.body.insert(0, place)
        return _framed(book, lang, place, own_cover=False)
    return _framed(book, lang, place, own_cover=True)


def _framed(book: Any, lang: str, place: Any, *, own_cover: bool) -> Frame:
    ids = _mapped_styles(book, lang)
    return Frame(
        book=book,
        style_ids=ids,
        place=place,
        own_cover=own_cover,
        numbered=frozenset(kind for kind, name in ids.items() if _counts(book, name)),
    )


def _own_styles(book: Any, lang: str) -> dict[str, str]:
    """Geoplan's own styles, in place of those of the same name."""
    there = _by_name(book)
    ids = {}
    for kind, style in styles(lang).items():
        old = there.get(style.name.lower())
        ids[kind] = _new_id(style) if old is None else old.get(qn("w:styleId"))
        if old is not None:
            book.styles.element.remove(old)
        book.styles.element.append(style_element(style, ids[kind], lang))
    return ids


def _mapped_styles(book: Any, lang: str) -> dict[str, str]:
    """The template's style for each kind, found by name; ours where it has none."""
    there, ids = _by_name(book), {}
    for kind, style in styles(lang).items():
        names = (style.name, *style.known_as)
        known = next((there[n.lower()] for n in names if n.lower() in there), None)
        if known is None:
            taken = {s.get(qn("w:styleId")) for s in book.styles.element}
            known = style_element(style, _new_id(style, taken), lang)
            book.styles.element.append(known)
        ids[kind] = known.get(qn("w:styleId"))
    return ids


def _by_name(book: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for style in book.styles.element.findall(qn("w:style")):
        name = style.find(qn("w:name"))
        if name is not None and style.get(qn("w:type")) == "paragraph":
            found.setdefault(str(name.get(qn("w:val"))).lower(), style)
    return found


def _new_id(style: Style, taken: set[Any] | None = None) -> str:
    base = re.sub(r"\W", "", style.name) or "Report"
    return base if not taken or base not in taken else f"{base}Geoplan"


def _counts(book: Any, style_id: str) -> bool:
    """Whether a style of the template numbers its paragraphs itself."""
    style = next((s for s in book.styles.element if s.get(qn("w:styleId")) == style_id), None)
    return style is not None and style.find(f".//{qn('w:numPr')}") is not None


def _defaults(book: Any, lang: str) -> None:
    """Language and fonts of all text, and what stands in for fonts that are not there."""
    # Latin words in a Chinese text are no Chinese: numbers would break in the middle
    tongue = "en-US" if lang == "zh" else "en-GB"
    east, latin = FONTS[lang]["body"]
    defaults = book.styles.element.find(qn("w:docDefaults"))
    if defaults is not None:
        book.styles.element.remove(defaults)
    book.styles.element.insert(
        0,
        parsed(
            "<w:docDefaults><w:rPrDefault><w:rPr>"
            f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{latin}" w:eastAsia="{east}"/>'
            f'<w:sz w:val="24"/><w:szCs w:val="24"/>'
            f'<w:lang w:val="{tongue}" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
            "</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"
        ),
    )
    normal = book.styles["Normal"].element
    for part in ("w:rPr", "w:pPr"):
        element = normal.find(qn(part))
        if element is not None:
            normal.remove(element)
    settings = book.settings.element
    for element in settings.findall(qn("w:themeFontLang")):
        element.set(qn("w:val"), tongue)
        element.set(qn("w:eastAsia"), "zh-CN")
    for part in book.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = _with_stand_ins(part.blob)


def _with_stand_ins(table: bytes) -> bytes:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>'
        for name, other in STAND_INS.items()
    )
    return table.replace(b"</w:fonts>", fonts.encode() + b"</w:fonts>")


def _all_paragraphs(book: Any) -> list[Any]:
    """Paragraphs of the text and of text in tables: covers are often laid out in one."""
    cells = [c for t in book.tables for row in t.rows for c in row.cells]
    return [*book.paragraphs, *(p for cell in cells for p in cell.paragraphs)]


def _fill(paragraph: Any, texts: Mapping[str, str]) -> None:
    """Put texts in the place of their marks; the mark's own look stays."""
    text = paragraph.text
    if "{{" not in text or _BODY.fullmatch(text):
        return
    for key, names in _PLACES.items():
        for name in names:
            text = re.sub(r"\{\{\s*" + name + r"\s*\}\}", _plain(texts.get(key, "")), text)
    first, *others = paragraph.runs
    first.text = text
    for other in others:
        other._r.getparent().remove(other._r)


def _plain(text: str) -> str:
    """A text as `re.sub` takes it word for word."""
    return text.replace("\\", r"\\")


def section_of(book: Any) -> Any:
    """A copy of the document's last section: paper, margins, header and footer."""
    return copy.deepcopy(book.element.body.find(qn("w:sectPr")))
