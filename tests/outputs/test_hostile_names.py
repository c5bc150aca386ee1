"""Hostile names through every output: they stay text, move no other text, and cost no result."""

from __future__ import annotations

import csv
import zipfile
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from geoplan.disclosure.public_edition import edition
from geoplan.outputs import (
    export_run,
    service_map,
    write_figures,
    write_layers,
    write_maps,
    write_report,
    write_tables,
)
from tests.planting.unpack import texts

#: what turns the direction of text, hides in it, or breaks lines of scripts and XML
_UNSAFE = (
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\ufeff\u2028\u2029\x00\x0b"
)


@pytest.fixture(scope="module", params=["internal", "public"])
def written(request, fakes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    results = edition(fakes.fake_run(hostile=True), audience=request.param)
    write_figures(results, folder / "figures")
    write_maps(results, folder / "maps")
    write_layers(results, folder / "layers.gpkg")
    write_tables(results, folder)
    write_report(results, folder)
    page = service_map(results, "meal_station").page
    (folder / "notebook.html").write_text(page, "utf-8")
    return folder


def test_every_output_is_written(written):
    names = {p.name for p in written.rglob("*")}
    assert {"report.html", "report.docx", "tables.xlsx", "layers.gpkg", "index.html"} <= names
    assert any(n.endswith(".png") for n in names)


def test_no_page_holds_a_tag_or_an_invisible_sign_of_a_name(written):
    for path in (*written.rglob("*.html"),):
        raw = path.read_text("utf-8")
        for tag in ("<script>window.pwned", "<img src=x", "<svg onload", "</script><script>window"):
            assert tag not in raw, path.name
        assert not [hex(ord(c)) for c in _UNSAFE if c in raw], path.name


def test_documents_are_valid_and_hold_no_formula(written):
    for name in ("report.docx", "tables.xlsx"):
        with zipfile.ZipFile(written / name) as archive:
            for part in archive.namelist():
                if part.endswith((".xml", ".rels")):
                    ElementTree.fromstring(archive.read(part))
    for sheet in openpyxl.load_workbook(written / "tables.xlsx"):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                assert not str(cell.value or "").startswith(("=", "+", "@", "\t")), cell.value
    for path in (written / "tables").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.reader(stream):
                for cell in row:
                    assert not cell.startswith(("=", "@", "|", "\t", "\r")), (path.name, cell)


@pytest.mark.parametrize("ending", ["geojson", "kml", "shp", "csv", "xlsx", "fgb", "parquet"])
def test_exports_are_read_back(written, tmp_path, ending):
    run = tmp_path / "run"
    run.mkdir()
    (run / "layers.gpkg").write_bytes((written / "layers.gpkg").read_bytes())
    (run / "run.json").write_text("{}", "utf-8")
    out = tmp_path / "out"
    export_run(run, format=ending, out=out)
    files = [p for p in ([out] if out.is_file() else out.rglob("*")) if p.is_file()]
    assert files
    assert all(p.resolve().is_relative_to(tmp_path) for p in files)
    for path in files:
        if path.suffix in (".geojson", ".kml", ".fgb", ".shp"):
            assert len(pyogrio.list_layers(path)) >= 1
        if path.suffix == ".kml":
            ElementTree.parse(path)
        if path.suffix == ".parquet":
            gpd.read_parquet(path)
        if path.suffix in (".geojson", ".kml", ".csv", ".xlsx"):  # others hold numbers in bytes
            said = "\n".join(texts(path))
            assert not {"\u202e", "\u2066"} & set(said), path.name
