"""The office's own template: its styles by name, its cover filled in, its paper kept."""

from __future__ import annotations

from dataclasses import replace

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Cm, Pt

from geoplan.errors import UsageError
from geoplan.outputs.report.compose import compose
from geoplan.outputs.report.word.write_docx import write_docx
from geoplan.results import ReportForm
from geoplan.words.speaker import Speaker


@pytest.fixture
def document(results):
    def composed(template):
        form = ReportForm(template=str(template), office="某局", date="2025-01-02")
        return compose(replace(results, info=replace(results.info, report=form)), Speaker("zh"))

    return composed


def template(path, texts=()):
    book = docx.Document()
    book.styles.add_style("公文正文", WD_STYLE_TYPE.PARAGRAPH).font.size = Pt(16)
    book.styles["Heading 1"].font.size = Pt(31)
    book.sections[0].left_margin = Cm(4)
    book.sections[0].header.paragraphs[0].text = "某局文件"
    for text in texts:
        book.add_paragraph(text)
    del_body = [p for p in book.styles if p.name == "Body Text"]
    for style in del_body:
        style.delete()
    book.save(str(path))
    return path


def written(document, path, tmp_path):
    out = write_docx(document(path), tmp_path / "report.docx", figures=tmp_path)
    return docx.Document(str(out))


def test_styles_are_found_by_name_and_keep_the_offices_look(document, tmp_path):
    book = written(document, template(tmp_path / "t.docx"), tmp_path)
    heads = [p for p in book.paragraphs if p.style.name == "Heading 1"]
    assert heads
    assert heads[0].style.font.size == Pt(31)
    names = {p.style.name for p in book.paragraphs}
    assert "公文正文" in names
    assert "Body Text" not in names
    assert book.sections[-1].left_margin.cm == pytest.approx(4, abs=0.01)
    assert book.sections[-1].header.paragraphs[0].text == "某局文件"


def test_a_cover_of_the_office_is_filled_in_and_what_follows_stays(document, tmp_path):
    texts = ["{{标题}}", "编制：{{ 单位 }}　{{日期}}", "{{正文}}", "承办处室：规划处"]
    book = written(document, template(tmp_path / "t.docx", texts), tmp_path)
    shown = [p.text for p in book.paragraphs if p.text]
    assert shown[0] == document("").title
    assert shown[1] == "编制：某局　2025年1月2日"
    assert shown[-1] == "承办处室：规划处"
    assert not any("{{" in text for text in shown)
    assert sum(text == document("").title for text in shown) == 1


def test_headings_that_the_template_numbers_are_not_numbered_twice(document, tmp_path):
    path = template(tmp_path / "t.docx")
    book = docx.Document(str(path))
    numbers = book.styles["List Number"].element.pPr.numPr
    book.styles["Heading 1"].element.get_or_add_pPr().append(numbers)
    book.save(str(path))
    book = written(document, path, tmp_path)
    heads = [p.text for p in book.paragraphs if p.style.name == "Heading 1"]
    assert heads[0] == "主要结论"


def test_a_template_that_is_no_word_file_is_told(document, tmp_path):
    path = tmp_path / "t.docx"
    path.write_text("no", encoding="utf-8")
    with pytest.raises(UsageError, match=r"t\.docx"):
        written(document, path, tmp_path)
