"""Broken and hostile files end in one finding about the file: no traceback, no net, no end."""

from __future__ import annotations

import json
import socket
import threading
import time
import zipfile
from contextlib import closing

import pytest

from geoplan.inputs import LayerSource, read_demand
from geoplan.inputs.files.gate import json_features
from geoplan.inputs.files.gate.json_features import features_of
from geoplan.inputs.files.gate.limits import limits_set
from geoplan.inputs.files.workbook.extent import longest_shared_text
from tests.inputs.tables.books import write_ods

from .broken_files import BROKEN, csv_text, features, frame, geopackage, pointers, saved, zipped


def read(path, *, lang="en", **options):
    source = LayerSource(path=path, name=path.name, **{"datum": "wgs84", **options})
    return read_demand(source, key="x", crs="EPSG:4548", lang=lang)


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.filterwarnings("default")
def test_a_broken_file_is_told_as_a_whole(tmp_path, name):
    make, word = BROKEN[name]
    make(tmp_path / name)
    start = time.monotonic()
    with limits_set({"seconds": 2, "document_mb": 10, "unpacked_mb": 20}):
        one = read(tmp_path / name)
    assert time.monotonic() - start < 30
    assert one.layer is None
    finding = one.findings[-1]
    assert (finding.severity, finding.code) == ("error", "unusable")
    assert word in finding.problem


@pytest.fixture
def server():
    """A port on this machine, and who has asked there."""
    asked = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.1)
        running = True

        def listen():
            while running:
                try:
                    link, _ = listener.accept()
                except OSError:
                    continue
                with link:
                    link.settimeout(1)
                    asked.append(link.recv(200))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked
        running = False
        thread.join()


@pytest.mark.filterwarnings("default")
def test_no_file_opens_the_net(tmp_path, server):
    port, asked = server
    for name, text in pointers(port):
        path = tmp_path / name
        path.write_bytes(text.encode("latin-1" if name.endswith(".zip") else "utf-8"))
        one = read(path)
        assert not asked, name
        if name == "link.kml":  # the rest of the file counts
            assert "links_not_followed" in {f.code for f in one.findings}
        else:
            assert one.layer is None, name
            assert one.findings[-1].code == "unusable", name


def test_the_server_of_the_test_would_notice(server):
    port, asked = server
    socket.create_connection(("127.0.0.1", port)).close()
    deadline = time.monotonic() + 60
    while not asked and time.monotonic() < deadline:
        time.sleep(0.05)
    assert asked


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "feature", "properties": {"人数": 10}, "geometry": None},
        {"properties": {"人数": 10}, "geometry": {"type": "Point", "coordinates": [117, 36.6]}},
        None,
        {"type": "Point", "coordinates": [117, 36.6]},
        {"type": "FeatureCollection", "features": []},
        "text, with ] and }",
        7,
        [],
    ],
)
def test_features_that_are_none_are_counted_and_told(tmp_path, odd):
    text = features(odd={"here": 1}).replace('{"here": 1}', json.dumps(odd, ensure_ascii=False))
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")
    one = read(tmp_path / "a.geojson")
    assert one.layer.total == 50
    (told,) = [f for f in one.findings if f.code == "features_lost"]
    assert "1 of its 6 features" in told.problem
    assert "numbers 3" in told.problem
    assert told.assumption.count == 1


@pytest.mark.parametrize("broken", [0, 2, 5])
def test_a_broken_line_of_a_sequence_is_told(tmp_path, broken):
    lines = [json.dumps(one) for one in json.loads(features())["features"]]
    lines[broken] = lines[broken][:40]
    (tmp_path / "a.geojson").write_text("\n".join(lines), encoding="utf-8")
    one = read(tmp_path / "a.geojson")
    assert one.layer.total == 50
    assert f"numbers {broken + 1}" in next(
        f.problem for f in one.findings if f.code == "features_lost"
    )


@pytest.mark.parametrize("sequence", [False, True])
@pytest.mark.parametrize("word", [True, False])
def test_true_among_numbers_of_people_is_no_number(tmp_path, sequence, word):
    found = json.loads(features())
    found["features"][3]["properties"]["人数"] = word
    lines = "\n".join(json.dumps(one) for one in found["features"])
    text = lines if sequence else json.dumps(found)
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")
    one = read(tmp_path / "a.geojson")
    told = [f for f in one.findings if f.row == 4]
    assert str(word).lower() in " ".join(f.problem for f in told)
    assert one.layer.total == 50


def test_rows_behind_a_lost_feature_keep_their_numbers(tmp_path):
    found = json.loads(features())
    found["features"][2]["type"] = "feature"
    found["features"][4]["properties"]["人数"] = -1
    (tmp_path / "a.geojson").write_text(json.dumps(found), encoding="utf-8")
    (told,) = [f for f in read(tmp_path / "a.geojson").findings if f.code == "negative_people"]
    assert told.row == 5


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 22])
def test_features_are_counted_whatever_stands_in_texts(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(json_features, "_CHUNK", chunk)
    odd = ['a,"b{[', "\\", '\\"', "}]", "\\\\", {"features": [1, 2, {"features": []}]}, [], None]
    root = {"features[": odd, "bbox": [1, 2, 3], "name": '"features": [1,2]', "features": odd}
    for k, text in enumerate((json.dumps(root), json.dumps(root, indent=1, ensure_ascii=False))):
        path = tmp_path / f"{k}.json"
        path.write_text(text, encoding="utf-8")
        spans = features_of(path).spans
        assert [json.loads(path.read_bytes()[a:b]) for a, b in spans] == odd


def test_honest_files_of_each_format_bring_no_finding(tmp_path):
    for ending in (".gpkg", ".geojson", ".fgb", ".gml", ".parquet"):
        path = tmp_path / f"people{ending}"
        path.write_bytes(saved(ending))
        one = read(path)
        assert (one.layer.total, one.findings) == (60, ()), ending
        packed = tmp_path / f"{ending[1:]}.zip"
        packed.write_bytes(zipped({f"数据/people{ending}": path.read_bytes(), "readme.md": "x"}))
        one = read(packed)
        assert (one.layer.total, one.findings) == (60, ()), ending
    (tmp_path / "csv.zip").write_bytes(zipped({"people.csv": csv_text()}))
    assert read(tmp_path / "csv.zip").layer.total == 60
    lines = [json.dumps(one) for one in json.loads(frame().to_json())["features"]]
    (tmp_path / "lines.geojson").write_text("\n".join(lines), encoding="utf-8")
    assert (
        read(tmp_path / "lines.geojson").layer.total,
        read(tmp_path / "lines.geojson").findings,
    ) == (
        60,
        (),
    )


def test_an_honest_view_is_read(tmp_path):
    geopackage("CREATE VIEW v AS SELECT fid, geom, 人数 FROM people WHERE fid > 1")(
        tmp_path / "a.gpkg"
    )
    assert read(tmp_path / "a.gpkg").layer.total == 50


@pytest.mark.parametrize(
    "code", ["hex", "zlib", "bz2", "rot13", "idna", "unicode_escape", "x", "a\0"]
)
@pytest.mark.parametrize("ending", [".csv", ".gpkg"])
def test_what_is_no_encoding_of_texts_is_refused(tmp_path, code, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(csv_text().encode() if ending == ".csv" else saved(ending))
    one = read(path, encoding=code)
    assert one.layer is None
    assert "no encoding of texts" in one.findings[-1].problem


def test_commas_of_full_width_separate_too(tmp_path):
    (tmp_path / "a.csv").write_text(csv_text().replace(",", "，"), encoding="utf-8")
    assert read(tmp_path / "a.csv").layer.total == 60


def test_names_in_an_archive_lead_nowhere(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../..\\escaped.csv", csv_text())
    before = sorted(tmp_path.parent.rglob("escaped*"))
    assert read(tmp_path / "a.zip").layer.total == 60
    assert sorted(tmp_path.parent.rglob("escaped*")) == before


def _spread_text(path, *, spaces=0, characters=1, copies=1):
    write_ods(path, [["name", "lon", "lat"], ["x" * characters, 117.0, 36.6]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content = parts["content.xml"].decode()
    content = content.replace("x</text:p>", f'x<text:s text:c="{spaces}"/></text:p>')
    head, row, rest = content.rpartition("<table:table-row>")
    row = f'<table:table-row table:number-rows-repeated="{copies}">'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in parts.items():
            is_content = name == "content.xml"
            archive.writestr(name, (head + row + rest).encode() if is_content else member)


@pytest.mark.parametrize(
    "size", [{"spaces": 2_000_000_000}, {"characters": 100_000, "copies": 20_000}]
)
def test_texts_that_an_ods_sheet_writes_as_numbers_are_counted(tmp_path, size):
    _spread_text(tmp_path / "a.ods", **size)
    assert (tmp_path / "a.ods").stat().st_size < 10_000
    one = read(tmp_path / "a.ods")
    assert one.layer is None
    assert "MB" in one.findings[-1].problem


def test_the_longest_text_that_cells_share(tmp_path):
    path = tmp_path / "a.xlsx"
    texts = "".join(f"<si><t>{'x' * n}</t></si>" for n in (3, 3_000_000, 5))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst>{texts}</sst>")
    assert 3_000_000 < longest_shared_text(path) < 3_000_020
