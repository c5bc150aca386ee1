"""A template that the report cannot be written with is told before the work, by check too."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest

from geoplan.errors import InputError
from geoplan.study import Study
from geoplan.study.example import write_example


def _book() -> bytes:
    buffer = io.BytesIO()
    docx.Document().save(buffer)
    return buffer.getvalue()


def _with(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_book())) as source, zipfile.ZipFile(target, "w") as archive:
        for member in source.namelist():
            archive.writestr(member, content if member == name else source.read(member))
    return target.getvalue()


def _study(folder, content):
    write_example(folder)
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8") + '\n[report]\ntemplate = "form.docx"\n'
    path.write_text(text, encoding="utf-8")
    (folder / "form.docx").write_bytes(content)
    return Study.open(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 nothing",
        _book()[:5000],
        _with("word/document.xml", b"<w:document"),
        _with("[Content_Types].xml", b""),
        _with("docProps/core.xml", b"<a/>"),
    ],
)
def test_a_broken_template_is_an_error_of_check_and_run(tmp_path, content):
    study = _study(tmp_path, content)
    (told,) = [f for f in study.check().findings if f.code == "bad_template"]
    assert (told.file, told.severity) == ("form.docx", "error")
    assert "Word" in told.problem
    with pytest.raises(InputError, match=r"form\.docx"):
        study.run()


def test_a_whole_template_is_no_matter(tmp_path):
    assert not [f for f in _study(tmp_path, _book()).check().findings if f.code == "bad_template"]


def test_a_template_that_breaks_later_is_told_though_inputs_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    folder = tmp_path / "study"
    folder.mkdir()
    assert not [f for f in _study(folder, _book()).check().findings if f.code == "bad_template"]
    (folder / "form.docx").write_bytes(b"broken")
    study = Study.open(folder)
    assert [f.file for f in study.check().findings if f.code == "bad_template"] == ["form.docx"]
    with pytest.raises(InputError, match=r"form\.docx"):
        study.run(cache=True)
