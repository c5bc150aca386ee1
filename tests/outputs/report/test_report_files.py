"""Files of the report: small enough to send, a PDF where LibreOffice is, told where it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import replace

import pytest

from geoplan.outputs import write_report
from geoplan.outputs.report import html
from geoplan.outputs.report.word import pdf
from geoplan.study import Study


def test_without_libreoffice_there_is_no_pdf_and_it_is_told(results, tmp_path, monkeypatch):
    monkeypatch.delenv(pdf.PROGRAM)
    monkeypatch.setattr(pdf, "_NAMES", ("no-such-program",))
    monkeypatch.setattr(pdf, "_USUAL", ())
    assert len(write_report(results, tmp_path)) == 2
    assert pdf.why_none() == "report.no_office"
    monkeypatch.setenv(pdf.PROGRAM, "")
    assert pdf.why_none() == ""


def test_a_libreoffice_that_fails_costs_no_result(results, tmp_path, monkeypatch):
    monkeypatch.setenv(pdf.PROGRAM, shutil.which("false") or "no-such-program")
    assert len(write_report(results, tmp_path)) == 2
    assert pdf.why_none() == "report.no_pdf"


def test_libreoffice_works_beside_other_outputs_and_is_not_left_behind(tmp_path, monkeypatch):
    """It is awaited only at the end; where something fails meanwhile it is ended."""
    program = tmp_path / "office"
    program.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid\nwhile [ ! -e {tmp_path}/go ]; do sleep 0.05; done\n"
        'echo made > "$7/report.pdf"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv(pdf.PROGRAM, str(program))
    with pdf.pdf_begun(tmp_path / "report.docx") as finished:
        assert not (tmp_path / "report.pdf").exists()
        (tmp_path / "go").touch()
        assert finished().read_text() == "made\n"
    (tmp_path / "go").unlink()
    (tmp_path / "pid").unlink()

    def full_disk():
        with pdf.pdf_begun(tmp_path / "report.docx"):
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                time.sleep(0.02)
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        full_disk()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_libreoffice_lays_the_report_out_as_the_contents_say(whole_run, tmp_path, monkeypatch):
    """Every service begins on the page that the contents name."""
    tools = [shutil.which(name) for name in ("soffice", "pdftotext")]
    if None in tools:
        pytest.skip("soffice or pdftotext is not installed")
    monkeypatch.setenv(pdf.PROGRAM, str(tools[0]))
    results, folder = whole_run("internal")
    shutil.copytree(folder / "figures", tmp_path / "figures")
    _, _, made = write_report(results, tmp_path)
    assert made.name == "report.pdf"
    content = made.read_bytes()
    assert content.count(b"/Subtype/Image") >= 3
    assert b"/DCTDecode" not in content  # no picture is resampled, and none blurred by JPEG
    text = subprocess.run(
        [str(tools[1]), "-layout", made, "-"], capture_output=True, text=True, check=True
    ).stdout
    pages = text.split("\f")
    listed = [line.split("...") for line in pages[1].splitlines() if "..." in line]
    entries = {parts[0].strip(): int(parts[-1].strip(" .")) for parts in listed}
    assert len(entries) >= 8
    for title, page in entries.items():
        assert title in pages[page + 1], (title, page)  # cover and contents go before


def test_large_maps_stay_beside_the_page(whole_run, tmp_path, monkeypatch):
    results, folder = whole_run("internal")
    for name in ("figures", "maps"):
        shutil.copytree(folder / name, tmp_path / name)
    page = write_report(results, tmp_path)[0].read_text(encoding="utf-8")
    assert "data-beside=" not in page
    monkeypatch.setattr(html, "_MOST_BYTES", 10_000)
    small = write_report(results, tmp_path)[0].read_text(encoding="utf-8")
    assert 'data-beside="maps/meal_station.html"' in small
    assert len(small) < len(page)


def test_the_study_says_template_office_and_date(small_folder):
    file = small_folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    asked = '\n[report]\noffice = "Bureau"\ndate = "2025-06-30"\npdf = false\n'
    file.write_text(text + asked, encoding="utf-8")
    form = Study.open(small_folder).run().results.info.report
    assert (form.office, form.date, form.pdf, form.template) == ("Bureau", "2025-06-30", False, "")


def test_a_template_that_is_missing_is_told_when_the_study_is_opened(small_folder):
    from geoplan.errors import StudyFileError

    study = Study.open(small_folder)
    with pytest.raises(StudyFileError, match=r"nowhere\.docx"):
        study.replace({"report.template": "nowhere.docx"})


def test_the_public_edition_keeps_the_form(results):
    from geoplan.disclosure import edition
    from geoplan.results import ReportForm

    form = ReportForm(office="某局", date="2025-06-30")
    run = replace(results, info=replace(results.info, report=form))
    assert edition(run, audience="public").info.report == form
