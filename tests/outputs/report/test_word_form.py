"""The Word file is one: fields that count, captions that are referred to, language, page, cover."""

from __future__ import annotations

import re
from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Length

from geoplan.outputs.report.blocks import Heading, TableBlock
from geoplan.outputs.report.compose import compose
from geoplan.outputs.report.word.write_docx import write_docx
from geoplan.results import ReportForm
from geoplan.words.speaker import Speaker

FORM = ReportForm(office="示例市民政局", date="2025-06-30")


@pytest.fixture(scope="module", params=["zh", "en"])
def written(request, fakes, whole_run, tmp_path_factory):
    """Language, document and the Word file of the made-up run with its pictures."""
    results, folder = whole_run("internal")
    results = replace(results, info=replace(results.info, report=FORM))
    document = compose(results, Speaker(request.param))
    path = tmp_path_factory.mktemp("word") / "report.docx"
    write_docx(document, path, figures=folder / "figures")
    return request.param, document, docx.Document(str(path))


def codes(book):
    return [element.text.strip() for element in book.element.body.iter(qn("w:instrText"))]


def bookmarks(book):
    return [element.get(qn("w:name")) for element in book.element.body.iter(qn("w:bookmarkStart"))]


def test_captions_count_themselves_and_references_follow_them(written):
    lang, document, book = written
    found = codes(book)
    tables = sum(isinstance(b, TableBlock) and not b.annex for b in document.blocks)
    word = {"zh": "表", "en": "Table"}[lang]
    assert sum(code.startswith(f"SEQ {word} ") for code in found) == tables
    named = bookmarks(book)
    assert len(named) == len(set(named))
    references = [code.split()[1] for code in found if code.startswith(("REF ", "PAGEREF "))]
    assert any(code.startswith("REF ") for code in found)
    assert set(references) <= set(named)
    ids = [e.get(qn("w:id")) for e in book.element.body.iter(qn("w:bookmarkStart"))]
    assert len(ids) == len(set(ids))


def test_numbers_shown_are_those_that_word_would_count(written):
    """The results kept in SEQ fields run 1, 2, 3 in every series."""
    _, _, book = written
    counts = {}
    for paragraph in book.element.body.iter(qn("w:p")):
        text = "".join(t.text or "" for t in paragraph.iter(qn("w:instrText")))
        seq = re.match(r" SEQ (.+?) \\", text)
        if seq is None or " TOC " in text:
            continue
        runs = list(paragraph.iter(qn("w:fldChar")))
        assert [r.get(qn("w:fldCharType")) for r in runs] == ["begin", "separate", "end"]
        shown = "".join(t.text or "" for t in paragraph.iter(qn("w:t")))
        number = int(re.search(r"\d+", shown).group())
        counts[seq.group(1)] = counts.get(seq.group(1), 0) + 1
        assert number == counts[seq.group(1)]
    assert len(counts) >= 2


def test_the_contents_show_before_anybody_updates_them(written):
    _, document, book = written
    starts = [code for code in codes(book) if code.startswith("TOC ")]
    assert len(starts) == 2
    assert '\\o "1-2"' in starts[0]
    lines = [p.text for p in book.paragraphs if p.style.name.lower() in ("toc 1", "toc 2")]
    heads = [b for b in document.blocks if isinstance(b, Heading)]
    wanted = [b.text for b in heads if b.level <= (1 if b.annex else 2)]
    assert [line.partition("\t")[0] for line in lines] == wanted
    pages = [int(line.partition("\t")[2]) for line in lines if "\t" in line]
    assert pages[0] == 1
    assert pages == sorted(pages)


def test_headings_are_numbered_as_offices_do(written):
    lang, document, book = written
    heads = [p.text for p in book.paragraphs if p.style.name.lower() == "heading 1"]
    seconds = [p.text for p in book.paragraphs if p.style.name.lower() == "heading 2"]
    if lang == "zh":
        assert [h[:2] for h in heads] == [f"{n}、" for n in "一二三四五"][: len(heads)]
        assert seconds[0].startswith("（一）")
        assert document.annexes[0].startswith("附件1")
    else:
        assert heads[2].startswith("3. ")
        assert seconds[0].startswith("3.1 ")
        assert document.annexes[0].startswith("Annex 1")


def test_language_is_said_and_latin_words_break_as_latin_words(written):
    lang, _, book = written
    (tongue,) = book.styles.element.iter(qn("w:lang"))
    assert tongue.get(qn("w:eastAsia")) == "zh-CN"
    assert tongue.get(qn("w:val")) == {"zh": "en-US", "en": "en-GB"}[lang]
    assert book.core_properties.language == {"zh": "zh-CN", "en": "en-GB"}[lang]


def test_cover_header_page_numbers_and_paper(written):
    lang, document, book = written
    first = [p.text for p in book.paragraphs[:8]]
    assert document.title in first
    assert FORM.office in first
    assert {"zh": "2025年6月30日", "en": "30 June 2025"}[lang] in first
    assert set(document.stamps) <= set(first)
    cover, text = book.sections
    assert "".join(p.text for p in cover.header.paragraphs) == ""
    assert document.title in text.header.paragraphs[0].text
    foot = "".join(t.text or "" for t in text.footer._element.iter(qn("w:instrText")))
    assert foot.strip() == "PAGE"
    assert text._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    assert text.page_width.cm == pytest.approx(21.0, abs=0.02)
    block = text.page_width - text.left_margin - text.right_margin
    assert Length(block).cm == pytest.approx(15.6, abs=0.02)


def test_tables_repeat_their_head_and_break_no_row(written):
    _, _, book = written
    for table in book.tables:
        properties = table.rows[0]._tr.trPr
        assert properties.find(qn("w:tblHeader")) is not None
        widths = [int(c.get(qn("w:w"))) for c in table._tbl.tblGrid]
        assert sum(widths) == pytest.approx(15.6 / 2.54 * 1440, abs=len(widths) + 1)


def test_pictures_say_what_they_show(written):
    _, _, book = written
    shown = [e.get("descr") for e in book.element.body.iter(qn("wp:docPr"))]
    assert shown
    assert all(shown)
