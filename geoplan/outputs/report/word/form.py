"""The report's form: paper, styles and fonts.

In Chinese by GB/T 9704-2012 as far as a report with tables can follow it: A4 with a text 156 mm
wide between margins of 28 and 26 mm (above and below they are narrower), titles in 小标宋,
headings in 黑体 (三号, 16 pt) and 楷体, text in 仿宋, page numbers in 四号 (14 pt) between dashes.
The text is in 小四 (12 pt), as planning reports have it, where a letter has 三号; tables and
captions are in 小五 and 五号.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from geoplan.outputs.report.word.markup import parsed

#: paper and margins in centimetres: top, right, bottom, left
PAPER_CM = (21.0, 29.7)
MARGINS_CM = (2.9, 2.6, 2.7, 2.8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How one kind of paragraph looks, and by which names an office's own template may know it.

    font : ``head``, ``sub``, ``body`` or ``title``. size, before, after, line : in points; a `line`
    of 0 is single. indent : of the first line, in characters.
    """

    name: str
    known_as: tuple[str, ...] = ()
    font: str = "body"
    size: float = 12
    bold: bool = False
    align: str = "both"
    before: float = 0
    after: float = 0
    line: float = 0
    indent: int = 0
    keep: bool = False
    outline: int | None = None
    extra: str = ""


#: East Asian and Latin font of each kind, by language
FONTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "zh": {
        "title": ("方正小标宋简体", "Times New Roman"),
        "head": ("黑体", "Times New Roman"),
        "sub": ("楷体", "Times New Roman"),
        "body": ("仿宋", "Times New Roman"),
        "number": ("宋体", "Times New Roman"),
    },
    "en": {
        "title": ("黑体", "Arial"),
        "head": ("黑体", "Arial"),
        "sub": ("黑体", "Arial"),
        "body": ("仿宋", "Times New Roman"),
        "number": ("宋体", "Times New Roman"),
    },
}
#: what stands in for a font that Windows does not bring along
STAND_INS = {"方正小标宋简体": "宋体"}

_RULE = '<w:pBdr><w:bottom w:val="single" w:sz="6" w:space="4" w:color="808080"/></w:pBdr>'
_DOTS = '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{}"/></w:tabs>'


def styles(lang: str) -> Mapping[str, Style]:
    """The styles by what they are for."""
    zh = lang == "zh"
    line, indent = (20.0, 2) if zh else (15.0, 0)
    after = 0.0 if zh else 5.0
    body = 12.0 if zh else 11.0
    dots = _DOTS.format(round(text_width_cm() / 2.54 * 1440))
    return {
        "title": Style(
            name="Title",
            known_as=("公文标题", "文件标题", "报告标题"),
            font="title",
            size=26,
            align="center",
            before=150,
            after=12,
            line=40,
        ),
        "cover": Style(
            name="Subtitle", known_as=("副标题",), font="sub", size=16, align="center", line=28
        ),
        "stamp": Style(
            name="Cover Stamp", known_as=("密级",), font="head", size=14, align="left", line=24
        ),
        "contents": Style(
            name="TOC Heading",
            known_as=("目录标题",),
            font="head",
            size=16,
            align="center",
            after=12,
            line=28,
        ),
        "toc_1": Style(
            name="toc 1", font="head", size=body, align="left", line=line + 2, before=2, extra=dots
        ),
        "toc_2": Style(
            name="toc 2",
            font="body",
            size=body,
            align="left",
            line=line,
            extra=dots + '<w:ind w:left="420"/>',
        ),
        "h1": Style(
            name="heading 1",
            known_as=("一级标题",),
            font="head",
            size=16,
            align="left",
            before=10,
            after=6,
            line=28,
            keep=True,
            outline=0,
        ),
        "h2": Style(
            name="heading 2",
            known_as=("二级标题",),
            font="sub",
            size=14,
            align="left",
            bold=True,
            before=6,
            after=3,
            line=24,
            keep=True,
            outline=1,
        ),
        "annex": Style(
            name="Annex Title",
            known_as=("附件标题", "附录标题"),
            font="head",
            size=16,
            align="left",
            after=8,
            line=28,
            keep=True,
            outline=0,
        ),
        "annex_2": Style(
            name="heading 3",
            known_as=("三级标题",),
            font="head",
            size=12,
            align="left",
            before=10,
            after=3,
            line=22,
            keep=True,
            outline=2,
        ),
        "annex_3": Style(
            name="heading 4",
            known_as=("四级标题",),
            font="body",
            size=body,
            bold=True,
            align="left",
            before=4,
            after=2,
            line=20,
            keep=True,
            outline=3,
        ),
        "body": Style(
            name="Body Text",
            known_as=(
                "正文文本",
                "公文正文",
                "报告正文",
                "正文首行缩进",
                "Body Text First Indent",
                "Body Text Indent",
            ),
            size=body,
            line=line,
            indent=indent,
            after=after,
        ),
        "list": Style(
            name="Report List",
            known_as=("报告列项", "列项", "List Paragraph"),
            size=body,
            line=line - 1,
            indent=indent,
            after=after / 2,
            extra="" if zh else '<w:ind w:left="284" w:hanging="284"/>',
        ),
        "note": Style(
            name="Report Note",
            known_as=("报告说明", "注释"),
            size=10.5 if zh else 9.5,
            line=16 if zh else 13,
            indent=indent,
            after=2,
        ),
        "caption": Style(
            name="caption",
            known_as=("题注", "图题", "表题"),
            font="head",
            size=10.5,
            align="center",
            before=5,
            after=3,
            line=15,
        ),
        "picture": Style(
            name="Report Picture", known_as=("图",), align="center", keep=True, before=4
        ),
        "cell": Style(
            name="Table Text",
            known_as=("表格文字", "表格正文", "表文"),
            size=9,
            align="left",
            line=12,
        ),
        "cell_head": Style(
            name="Table Head",
            known_as=("表头", "表格标题"),
            font="head",
            size=9,
            align="left",
            line=12,
            keep=True,
        ),
        "after_table": Style(name="Table End", known_as=("表后",), size=6, line=8),
        "header": Style(name="header", font="body", size=9, align="center", extra=_RULE),
        "footer": Style(name="footer", font="number", size=14 if zh else 10, align="center"),
    }


def text_width_cm() -> float:
    """Width of the text block."""
    return PAPER_CM[0] - MARGINS_CM[1] - MARGINS_CM[3]


def text_height_cm() -> float:
    """Height of the text block."""
    return PAPER_CM[1] - MARGINS_CM[0] - MARGINS_CM[2]


def style_element(style: Style, style_id: str, lang: str) -> Any:
    """The style as Word keeps it."""
    east, latin = FONTS[lang][style.font]
    keep = "<w:keepNext/><w:keepLines/>" if style.keep else ""
    spacing = f'w:before="{round(style.before * 20)}" w:after="{round(style.after * 20)}"'
    if style.line:
        spacing += f' w:line="{round(style.line * 20)}" w:lineRule="exact"'
    else:
        spacing += ' w:line="240" w:lineRule="auto"'
    # the schema wants borders and tabs before spacing, indents behind it
    ahead, _, behind = style.extra.partition("<w:ind")
    behind = f"<w:ind{behind}" if behind else ""
    if style.indent:
        width = round(style.indent * style.size * 20)
        behind = f'<w:ind w:firstLineChars="{style.indent * 100}" w:firstLine="{width}"/>'
    outline = "" if style.outline is None else f'<w:outlineLvl w:val="{style.outline}"/>'
    bold = "<w:b/>" if style.bold else '<w:b w:val="0"/>'
    half = round(style.size * 2)
    return parsed(
        f'<w:style w:type="paragraph" w:styleId={quoteattr(style_id)}>'
        f'<w:name w:val={quoteattr(style.name)}/><w:basedOn w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{keep}{ahead}<w:spacing {spacing}/>{behind}"
        f'<w:jc w:val="{style.align}"/>{outline}</w:pPr>'
        f'<w:rPr><w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:cs="{latin}" '
        f'w:eastAsia="{east}"/>{bold}<w:i w:val="0"/><w:color w:val="000000"/>'
        f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr></w:style>'
    )
