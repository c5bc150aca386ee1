"""What a user has in a folder is never replaced or removed, whatever it is called."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from openpyxl import load_workbook

from geoplan.comparison import compare_runs
from geoplan.errors import UsageError
from geoplan.outputs import export_run
from geoplan.study import Study, check_study
from geoplan.writing import OwnFiles, claimed, digests, own_files, write_together
from geoplan.writing.own_files import RUN_RECORD
from tests.cli.test_cli import geoplan
from tests.writing.small_run import whole_text, write_small_run


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; locks come and go."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"(folder)"
        for path in folder.rglob("*")
        if not path.name.endswith(".lock")
    }


def an_old_run(folder: Path) -> None:
    """A run of a version that kept no list of its files."""
    write_small_run(folder, "first")
    facts = json.loads((folder / RUN_RECORD).read_text())
    del facts["files"]
    (folder / RUN_RECORD).write_text(json.dumps(facts))


OWN = {
    "minutes.docx": "my own",
    "mine/deep/notes.txt": "my own",
    "tables/sums.csv": "my own",
    "maps/tiles/1/1/1.png": "my own",
    "figures/photo.png": "my own",
    "study.toml": "[study]",
    ".hidden": "my own",
    "report.html.bak": "my own",
    "RUN.JSON.old": "my own",
    "养老.xlsx": "my own",
    "layers.gpkg-wal": "edits that are not saved yet",
}


@pytest.mark.parametrize("of_old", [False, True], ids=["with a list", "without a list"])
@pytest.mark.parametrize("name", OWN)
def test_files_of_others_beside_a_run(tmp_path: Path, name: str, of_old: bool) -> None:
    out = tmp_path / "out"
    (an_old_run if of_old else lambda folder: write_small_run(folder, "first"))(out)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text(OWN[name])
    before = contents(tmp_path)
    with pytest.raises(UsageError, match="nothing was touched") as told:
        write_small_run(out, "second")
    assert told.value.exit_code == 2
    assert "没有动任何内容" in told.value.message("zh")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["mine", "tables/mine"])
def test_an_empty_folder_and_links_are_somebodys_too(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")
    (out / name).mkdir()
    with pytest.raises(UsageError, match="mine"):
        write_small_run(out, "second")
    (out / name).rmdir()
    (tmp_path / "big").write_text("far away")
    (out / name).symlink_to(tmp_path / "big")
    with pytest.raises(UsageError, match="mine"):
        write_small_run(out, "second")
    (out / name).unlink()
    write_small_run(out, "second")
    assert whole_text(out) == "second"


@pytest.mark.parametrize("name", ["report.html", "summary.json", "tables/meal_1.csv"])
def test_a_result_that_somebody_has_changed(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")
    (out / name).write_text("with my remarks")
    with pytest.raises(UsageError, match=f"{Path(name).name}.* changed after"):
        write_small_run(out, "second")
    assert (out / name).read_text() == "with my remarks"
    (out / name).unlink()  # a result that is gone is no loss to anybody
    write_small_run(out, "second")
    assert whole_text(out) == "second"


def test_what_was_read_before_the_work_is_not_read_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, read = tmp_path / "out", []
    write_small_run(out, "first")

    def noted(path: Path, written: str) -> bool:
        read.append(path.name)
        return digests.is_still(path, written)

    monkeypatch.setattr(own_files, "is_still", noted)
    write_small_run(out, "second")
    assert len(read) > 1
    assert sorted(read) == sorted(p.name for p in out.rglob("*.*") if p.name != RUN_RECORD)


def test_a_result_that_somebody_changes_during_the_work(tmp_path: Path) -> None:
    """Though as long as it was, and dated as it was."""
    out = tmp_path / "out"
    write_small_run(out, "first")
    page = out / "report.html"
    mine, before = page.read_bytes()[::-1], page.stat()

    def changed_meanwhile() -> None:
        with claimed(out) as claim, claim.beside():
            page.write_bytes(mine)
            if os.name != "nt":  # which has no time of the change itself
                os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(UsageError, match=r"report\.html"):
        changed_meanwhile()
    assert page.read_bytes() == mine


def test_what_systems_and_programs_leave_is_nobodys(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "layers.gpkg-shm", "maps/.DS_Store"):
        write_small_run(out, "first")
        (out / name).write_bytes(b"\x00")
        write_small_run(out, "second")
    (out / "layers.gpkg-wal").touch()
    write_small_run(out, "third")
    assert whole_text(out) == "third"


def test_runs_of_earlier_versions_give_way(tmp_path: Path) -> None:
    out = tmp_path / "out"
    an_old_run(out)
    write_small_run(out, "second")
    assert whole_text(out) == "second"


RECORDS = [
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"geoplan": "0"}',
    '{"geoplan": "0", "settings": 3}',
    '{"name": "run of another program", "settings": {"services": {}}}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", RECORDS, ids=range(len(RECORDS)))
def test_a_run_json_of_another_program_opens_nothing(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / RUN_RECORD).write_text(text)
    (out / "people.csv").write_text("my own")
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=r"nothing was touched|nobody knows"):
        write_small_run(out, "first")
    assert contents(tmp_path) == before


def test_a_layer_that_is_looked_at_is_not_changed_and_one_that_is_edited_is(
    small_folder: Path, tmp_path: Path
) -> None:
    from geoplan.study import Study

    plan = Study.open(small_folder).run()
    out = plan.save(tmp_path / "out")
    link = sqlite3.connect(out / "layers.gpkg")
    link.execute("PRAGMA journal_mode = WAL")  # as QGIS does when it opens a file
    link.execute("PRAGMA journal_mode = DELETE")
    link.close()
    plan.save(out)
    link = sqlite3.connect(out / "layers.gpkg")
    link.execute("UPDATE layer_styles SET description = 'my colours'")
    link.commit()
    link.close()
    with pytest.raises(UsageError, match=r"layers\.gpkg changed after"):
        plan.save(out)
    (out / "layers.gpkg").unlink()
    book = load_workbook(out / "findings.xlsx")
    book.save(out / "findings.xlsx")
    with pytest.raises(UsageError, match=r"findings\.xlsx changed after"):
        plan.save(out)


def _geopackage(path: Path, text: object) -> sqlite3.Connection:
    link = sqlite3.connect(path)
    link.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
    link.execute("CREATE TABLE layer_styles (description)")
    link.execute("CREATE TABLE sites (name)")
    link.execute("INSERT INTO gpkg_contents VALUES ('sites')")
    link.execute("INSERT INTO sites VALUES (CAST(? AS TEXT))", [text])
    link.commit()
    return link


@pytest.mark.parametrize("text", ["站", b"\xff no UTF-8"])
def test_a_geopackage_is_known_by_its_bytes_or_else_by_its_rows(
    tmp_path: Path, text: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "layers.gpkg"
    link = _geopackage(path, text)
    written = digests.digest(path)
    of_rows = written.partition("/")[0]
    assert of_rows.startswith("packed:")
    row = repr(("站" if text == "站" else "\ufffd no UTF-8",))
    older = f"rows:{hashlib.sha256(row.encode()).hexdigest()}"  # as older versions recorded it
    with monkeypatch.context() as patch:
        patch.setattr(digests, "_rows_digest", lambda *_: pytest.fail("rows were read"))
        assert digests.is_still(path, written)
    link.execute("PRAGMA journal_mode = WAL")  # other bytes, the same rows
    assert digests.digest(path) != written
    assert digests.is_still(path, written)
    assert digests.is_still(path, of_rows)
    assert digests.is_still(path, older)
    unsettled = digests.digest(path)
    link.execute("PRAGMA wal_autocheckpoint = 0")
    link.execute("INSERT INTO sites VALUES ('mine')")
    link.commit()  # stands beside the file, whose bytes are as they were
    assert not digests.is_still(path, unsettled)
    link.close()
    assert not digests.is_still(path, written)
    assert not digests.is_still(path, of_rows)
    assert not digests.is_still(path, older)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE sites RENAME COLUMN name TO called",
        "CREATE TABLE qgis_projects AS SELECT 'my map' AS name",
        "CREATE TABLE notes (name)",
    ],
)
def test_renamed_fields_and_projects_in_a_geopackage_are_somebodys(
    tmp_path: Path, change: str
) -> None:
    """QGIS saves projects into a GeoPackage, and renames a field without changing any row."""
    path = tmp_path / "layers.gpkg"
    link = _geopackage(path, "站")
    written = digests.digest(path)
    link.execute("CREATE TABLE rtree_sites (id)")  # an index that a program has made
    link.execute("CREATE TABLE gpkg_ogr_contents (feature_count)")
    assert digests.is_still(path, written)
    link.execute(change)
    link.close()
    assert not digests.is_still(path, written)


# -- places ---------------------------------------------------------------------------------


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    big = tmp_path / "big disk" / "results"
    big.mkdir(parents=True)
    link = tmp_path / "out"
    link.symlink_to(big)
    for text in ("first", "second"):
        write_small_run(link, text)
        assert link.is_symlink()
        assert whole_text(big) == text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["big disk", "out"]
    assert [path.name for path in big.parent.iterdir()] == ["results"]


def refused(place: Path, monkeypatch: pytest.MonkeyPatch, here: Path) -> str:
    """What is told before any work; nothing may be made."""
    monkeypatch.chdir(here)
    before = contents(here)
    with pytest.raises(UsageError) as told, claimed(place):
        pytest.fail("claimed a place that cannot be replaced")
    assert contents(here) == before
    assert told.value.exit_code == 2
    return str(told.value)


def test_places_that_cannot_change_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "empty"
    inside.mkdir()
    for given in (Path(), inside, Path("missing") / "..", Path("../empty")):
        assert "where you are" in refused(given, monkeypatch, inside)
    for given in (Path(".."), Path("/")):
        assert refused(given, monkeypatch, inside)
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    assert "leads nowhere" in refused(tmp_path / "dangling", monkeypatch, tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / "loop", monkeypatch, tmp_path)
    (tmp_path / "file").write_text("mine")
    assert refused(tmp_path / "file", monkeypatch, tmp_path)
    assert refused(tmp_path / "file" / "out", monkeypatch, tmp_path)
    assert refused(tmp_path / ("x" * 300), monkeypatch, tmp_path)
    assert refused(tmp_path / "nul\0", monkeypatch, tmp_path)
    assert refused(tmp_path.joinpath(*["deep" * 40] * 26), monkeypatch, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "x" * 255,
        "长" * 85,
        "a b",
        "'quoted' \"name\"",
        "100%",
        "-out",
        "~",
        "a\nb",
        "*",
        "$HOME",
        "é",
    ],
)
def test_odd_names_and_long_ones(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    for text in ("first", "second"):
        write_small_run(out, text)
        assert whole_text(out) == text
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UsageError, match="may not be"), claimed(tmp_path / "out"):
            pytest.fail("claimed")
    finally:
        tmp_path.chmod(0o700)


# -- commands -------------------------------------------------------------------------------


def test_the_study_and_its_inputs_are_no_place_for_results(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_small_run(tmp_path / "old", "first")
    shutil.copy(tmp_path / "old" / "run.json", small_folder / "run.json")
    layers = small_folder / "source"
    an_old_run(layers)
    shutil.move(small_folder / "districts.gpkg", layers / "layers.gpkg")
    study = small_folder / "study.toml"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("districts.gpkg", "source/layers.gpkg"), encoding="utf-8")
    before = contents(tmp_path)
    monkeypatch.chdir(small_folder)
    for out in (".", small_folder, "../small", tmp_path, layers, layers / "new"):
        done = geoplan("run", small_folder, "--out", out, "--lang", "en")
        if out == layers / "new":
            continue  # beside an input is nobody's harm
        assert done.returncode == 2, out
        assert "coverage" not in done.stderr  # told before the work
        assert "nothing was touched" in done.stderr
    now = {k: v for k, v in contents(tmp_path).items() if not k.startswith("small/source/new")}
    assert now == before
    done = geoplan("run", small_folder, "--out", small_folder, "--lang", "zh")
    assert "不能放结果" in done.stderr


def test_findings_with_remarks_stay(small_folder: Path) -> None:
    assert geoplan("check", small_folder).returncode == 0
    path = small_folder / "findings.xlsx"
    first = path.read_bytes()
    geoplan("check", small_folder)
    assert path.read_bytes() == first
    book = load_workbook(path)
    book.active["Z1"] = "asked Mr Wang"
    book.save(path)
    remarks = path.read_bytes()
    done = geoplan("check", small_folder)
    assert path.read_bytes() == remarks
    assert "findings-2.xlsx" in done.stdout
    geoplan("check", small_folder)
    assert sorted(p.name for p in small_folder.glob("findings*")) == [
        "findings-2.xlsx",
        "findings.xlsx",
    ]


def test_network_build_writes_over_networks_alone(small_folder: Path, tmp_path: Path) -> None:
    streets = small_folder / "streets.gpkg"
    before = contents(small_folder)
    link = tmp_path / "link.gpkg"
    link.symlink_to(streets)
    for out in (streets, link, small_folder / "people.csv", small_folder / "districts.gpkg"):
        done = geoplan("network", "build", streets, "--mode", "walk", "--out", out, "--lang", "en")
        assert done.returncode == 2, out
        assert "name another file" in done.stderr.lower()
    assert contents(small_folder) == before
    for _ in range(2):
        out = tmp_path / "walk.geoplan"
        done = geoplan("network", "build", streets, "--mode", "walk", "--out", out)
        assert done.returncode == 0, done.stderr


def test_a_set_of_files_spares_those_of_others(tmp_path: Path) -> None:
    def write(aside: Path) -> list[Path]:
        for name in ("a.csv", "fields.csv"):
            (aside / name).write_text("ours")
        return [aside / "a.csv", aside / "fields.csv"]

    (tmp_path / "fields.csv").write_text("my own")
    with pytest.raises(UsageError, match=r"fields\.csv"):
        write_together(tmp_path, write)
    assert contents(tmp_path) == {"fields.csv": b"my own"}
    (tmp_path / "fields.csv").unlink()
    for _ in range(2):
        assert write_together(tmp_path, write) == [tmp_path / "a.csv", tmp_path / "fields.csv"]
    (tmp_path / "a.csv").write_text("corrected by hand")
    with pytest.raises(UsageError, match=r"a\.csv"):
        write_together(tmp_path, write)
    assert (tmp_path / "a.csv").read_text() == "corrected by hand"


def test_a_set_that_was_cut_off_between_two_files_can_be_written_again(tmp_path: Path) -> None:
    own = OwnFiles(tmp_path)
    (tmp_path / "a.csv").write_text("old")
    own.keep([tmp_path / "a.csv"])
    aside = tmp_path / "aside"
    aside.mkdir()
    (aside / "a.csv").write_text("new")
    own.announce([aside / "a.csv"])
    own.refuse_foreign([tmp_path / "a.csv"])  # before it was moved
    (aside / "a.csv").replace(tmp_path / "a.csv")
    own.refuse_foreign([tmp_path / "a.csv"])  # and after


@pytest.mark.skipif(os.name == "nt", reason="paths with a drive's letter are read as they are")
def test_signs_that_readers_of_maps_split_paths_at_are_told(
    small_folder: Path, tmp_path: Path
) -> None:
    run = Study.open(small_folder).run().save(tmp_path / "run")
    kept = contents(tmp_path)
    for place in (tmp_path / "out!", tmp_path / "out!" / "in"):
        with pytest.raises(UsageError, match="has '!' in its path"), claimed(place):
            pass
        for kind in ("shp", "fgb", "xlsx"):
            with pytest.raises(UsageError, match="has '!' in its path"):
                export_run(run, format=kind, out=place)
    with pytest.raises(UsageError, match="has ';' in its path"):
        export_run(run, format="gpkg", out=tmp_path / "a;b.gpkg")
    assert contents(tmp_path) == kept
    assert not (tmp_path / "out!").exists()
    moved = run.rename(tmp_path / "run!")
    with pytest.raises(UsageError, match="has '!' in its path"):
        export_run(moved, format="shp", out=tmp_path / "shp")
    with pytest.raises(UsageError, match="has '!' in its path"):
        compare_runs(moved, moved)
    (small_folder / "districts.gpkg").rename(small_folder / "a;b.gpkg")
    path = small_folder / "study.toml"
    path.write_text(path.read_text("utf-8").replace("districts.gpkg", "a;b.gpkg"), "utf-8")
    [fault] = [f for f in check_study(small_folder).findings if f.severity == "error"]
    assert fault.file == "a;b.gpkg"
    assert "holds ';'" in fault.problem
