"""Hostile names in feeds, lines, projects, added sites and cities: text in every output."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest

from geoplan.errors import GeoplanError, StudyFileError
from geoplan.outputs import export_run
from geoplan.study import Study, apply_overlay
from geoplan.study.example import write_example
from tests.cli.test_cli import geoplan
from tests.fake_results import HOSTILE
from tests.outputs.test_browser import Visit
from tests.planting import hostile_study
from tests.planting.unpack import texts

#: what turns the direction of text, hides in it, or breaks lines of scripts and XML
UNSAFE = (
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\ufeff\u2028\u2029\x00\x0b"
)
TAGS = ("<script>window.pwned", "<img src=x", "<svg onload", "</script><script>window")


def saved(folder):
    """Folders of runs: a study with a feed, its public edition and their comparison, cities."""
    path, overlay = hostile_study.write_feed_study(folder / "feed")
    feed = apply_overlay(Study.open(path), overlay).run(audience="internal")
    cities = Study.open(hostile_study.write_cities_study(folder / "cities")).run()
    ridden = [leg for j in feed.services["meal_station"].journeys for leg in j.journey.legs]
    assert {leg.line for leg in ridden} & set(HOSTILE)  # else the lines' names are in no output
    labels = set(feed.services["meal_station"].facilities.frame.index)
    assert len(labels & set(HOSTILE)) > len(HOSTILE) / 2
    public = Study.open(path).run(audience="public").save(folder / "public")
    runs = feed.save(folder / "of_feed"), cities.save(folder / "of_cities"), public
    done = geoplan("compare", public, runs[0], "--out", folder / "compared")
    assert done.returncode == 0, done.stderr
    assert not set(UNSAFE) & set(done.stdout)
    return *runs, folder / "compared"


@pytest.mark.browser
def test_names_are_text_in_every_output(tmp_path, request):
    """One test, so that the runs are worked out once however tests are shared out."""
    runs = saved(tmp_path)
    _pages_hold_no_tag_and_no_unsafe_sign(runs)
    _documents_are_whole_and_books_hold_text(runs)
    _layers_and_what_is_exported_of_them_hold_no_unsafe_sign(runs, tmp_path / "exported")
    _pages_run_nothing(request.getfixturevalue("browser"), runs)


def files(saved, *endings):
    found = [p for run in saved for p in sorted(run.rglob("*")) if p.suffix in endings]
    assert found
    return found


def _pages_hold_no_tag_and_no_unsafe_sign(saved):
    for path in files(saved, ".html"):
        raw = path.read_text("utf-8")
        assert not [tag for tag in TAGS if tag in raw], path
        assert not [hex(ord(c)) for c in UNSAFE if c in raw], path


def _documents_are_whole_and_books_hold_text(saved):
    for path in files(saved, ".docx", ".xlsx", ".qgz"):
        with zipfile.ZipFile(path) as archive:
            for part in archive.namelist():
                if part.endswith((".xml", ".rels", ".qgs")):
                    raw = archive.read(part)
                    ElementTree.fromstring(raw)
                    assert not set(UNSAFE) & set(raw.decode("utf-8-sig")), (path, part)
        if path.suffix == ".xlsx":
            for sheet in openpyxl.load_workbook(path):
                for row in sheet.iter_rows():
                    for cell in row:
                        assert cell.data_type != "f", (path, cell.value)
                        said = str(cell.value or "")
                        plain = not said.startswith(("=", "+", "@", "\t"))
                        assert plain or cell.quotePrefix, (path, said)
    for path in files(saved, ".csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.reader(stream):
                for cell in row:
                    assert not cell.startswith(("=", "+", "@", "|", "\t", "\r")), (path, cell)
                    assert not set(UNSAFE) & set(cell), (path, cell)
    for path in files(saved, ".json"):
        raw = path.read_text("utf-8")
        json.loads(raw)
        assert not set(UNSAFE) & set(raw), path


def _layers_and_what_is_exported_of_them_hold_no_unsafe_sign(saved, folder):
    folder.mkdir()
    for k, path in enumerate(files(saved, ".gpkg")):
        with sqlite3.connect(path) as base:
            base.text_factory = lambda raw: raw.decode("utf-8", "replace")
            said = "\n".join(line for line in base.iterdump() if line.startswith("INSERT"))
        assert not set(UNSAFE) & set(said), path
        for ending in ("geojson", "kml"):
            out = folder / f"{k}_{ending}"
            export_run(path.parent, format=ending, out=out)
            written = [p for p in (out, *out.rglob("*")) if p.suffix == f".{ending}"]
            assert written
            for one in written:
                if ending == "kml":
                    ElementTree.parse(one)
                else:
                    json.loads(one.read_text("utf-8"))
                assert not set(UNSAFE) & set("\n".join(texts(one))), one


def _pages_run_nothing(browser, saved):
    for path in files(saved, ".html"):
        with Visit(browser, path) as visit:
            page = visit.ready() if path.parent.name == "maps" and path.stem != "index" else None
            if page is not None:
                for row in page.locator("tr[data-kind]").all()[:4]:
                    if row.is_visible():
                        row.click()
            assert visit.page.evaluate("window.pwned") is None, path
            assert (visit.problems, visit.outside) == ([], []), path


def test_names_of_cities_that_cannot_be_folders_are_told_as_text(tmp_path):
    folder = tmp_path
    write_example(folder / "city")
    for name in HOSTILE:
        (folder / "study.toml").write_text(hostile_study.include(name), "utf-8")
        faults = refused_as(folder)
        if faults is None:  # what is taken can be shown
            assert not set(UNSAFE) & set(name), name
        else:
            said, columns = faults
            assert columns == {"include.0.name"}, name
            assert not set(UNSAFE) & set(said), name


def test_keys_and_values_of_overlays_are_told_as_text(tmp_path):
    study = Study.open(write_example(tmp_path / "study"))
    overlay, told = tmp_path / "overlay.toml", []
    for name in map(hostile_study.quoted, HOSTILE):
        for text in (
            f"[what_if]\n{name} = 1\n",
            f"[what_if.people]\n{name} = {name}\n",
            f"[what_if.closed]\nmeal_station = [{name}]\n",
            f"[services.{name}]\npath = {name}\n",
        ):
            overlay.write_text(text, "utf-8")
            try:
                apply_overlay(study, overlay)
            except GeoplanError as error:
                told += [error.message(lang) for lang in ("zh", "en")]
    assert len(told) > 2 * len(HOSTILE)
    assert not [said for said in told if set(UNSAFE) & set(said)]


def refused_as(folder):
    """What is said of the study, and of which keys; None where it is taken."""
    try:
        Study.open(folder)
    except StudyFileError as refused:
        return str(refused), {f.column for f in refused.findings}
    return None
