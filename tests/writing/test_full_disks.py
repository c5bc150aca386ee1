"""A disk without room, at whatever moment: told with path and megabytes, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from geoplan.errors import DiskError
from geoplan.outputs import export_run
from geoplan.study import Plan, check_report, check_study
from geoplan.writing import claimed, fault_text, told_plainly
from tests.cli.test_cli import geoplan
from tests.writing.small_run import whole_text, write_small_run

TOLD = r"the disk is full: about [\d,]+ MB are needed in .*, [\d.,]+ MB are free"

WRITERS = [
    "geoplan.outputs.write_figures",
    "geoplan.outputs.write_maps",
    "geoplan.outputs.write_layers",
    "geoplan.outputs.write_tables",
    "geoplan.outputs.report_begun",
    "geoplan.inputs.write_findings",
    "geoplan.study.run_folder.write_json",
    "geoplan.study.cache.outputs.record_of",
    "geoplan.writing.result_folder.flush_all",
    "geoplan.writing.leftovers.Leftovers.begin",
]


def full(*arguments: object, **options: object) -> None:
    """As a library says it: no file's name."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("writer", WRITERS)
def test_no_room_at_any_writer_of_a_run(
    small_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    out = tmp_path / "out"
    write_small_run(out, "first")
    for other in WRITERS[:6]:  # what is not asked about takes its time
        monkeypatch.setattr(other, lambda *arguments, **options: nullcontext(lambda: None))
    monkeypatch.setattr(writer, full)
    with pytest.raises(DiskError, match=TOLD) as told:
        small_plan.save(out)
    assert told.value.exit_code == 2
    assert "磁盘已满" in told.value.message("zh")
    assert whole_text(out) == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_words_of_libraries() -> None:
    import sqlite3

    class DriverError(RuntimeError):
        """As GDAL's errors come."""

    for error in (
        sqlite3.OperationalError("database or disk is full"),
        DriverError("Write error: No space left on device"),
        OSError("[Errno 28] No space left on device"),
    ):
        told = fault_text(error, Path("out"))
        assert told is not None
        assert told.key == "writing.disk_full"
    outer = ValueError("cannot save")
    outer.__cause__ = OSError(errno.ENOSPC, "full")
    assert fault_text(outer, Path("out")) is not None
    for error in (ValueError("odd"), KeyError("name"), TypeError()):
        assert fault_text(error, Path("out")) is None


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.EROFS, "read only"),
        (errno.EACCES, "open in another program"),
        (errno.EBUSY, "in use"),
        (errno.EFBIG, "of this size"),
        (errno.EIO, "the disk failed"),
        (errno.ENOENT, "cannot be read or written"),
    ],
)
def test_other_faults_of_disks(number: int, word: str) -> None:
    with pytest.raises(DiskError, match=word) as told, told_plainly(Path("folder")):
        raise OSError(number, os.strerror(number), "folder/report.docx")
    assert "report.docx" in str(told.value)
    assert "report.docx" in told.value.message("zh")


def test_no_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = Path(tempfile.gettempdir())
    monkeypatch.setattr(
        "geoplan.writing.plain_faults.free_mb", lambda path: 0.0 if path == temporary else 900.0
    )
    with pytest.raises(DiskError, match=r"temporary files .* TMPDIR"), told_plainly(tmp_path):
        full()


# -- a disk that is really small --------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 kB in memory."""
    if os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_run_onto_a_small_disk(small_plan: Plan, small_disk: Path) -> None:
    write_small_run(small_disk / "out", "first")
    with pytest.raises(DiskError, match=TOLD):
        small_plan.save(small_disk / "out")
    assert whole_text(small_disk / "out") == "first"
    assert [path.name for path in small_disk.iterdir()] == ["out"]


def test_a_full_disk_is_told_before_the_work(small_disk: Path, small_folder: Path) -> None:
    (small_disk / "mine").write_bytes(b"x" * 600_000)
    done = geoplan("run", small_folder, "--out", small_disk / "out", "--lang", "en")
    assert done.returncode == 2
    assert "the disk is full" in done.stderr
    assert "1/4" not in done.stderr
    assert [path.name for path in small_disk.iterdir()] == ["mine"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of openpyxl
def test_exports_onto_a_small_disk(small_plan: Plan, small_disk: Path, tmp_path: Path) -> None:
    run = small_plan.save(tmp_path / "run")
    (small_disk / "mine").write_bytes(b"x" * 710_000)
    for kind in ("gpkg", "shp", "geojson", "kml", "fgb", "parquet", "csv", "xlsx"):
        with pytest.raises(DiskError, match=TOLD):
            export_run(run, format=kind, out=small_disk / "out")
        assert not list((small_disk / "out").glob("*"))
    done = geoplan("compare", run, run, "--out", small_disk / "changes")
    assert (done.returncode, "the disk is full" in done.stderr) == (2, True)
    streets = tmp_path / "study"
    from geoplan.study.example import write_example

    write_example(streets)
    done = geoplan(
        "network",
        "build",
        streets / "streets.gpkg",
        "--mode",
        "walk",
        "--out",
        small_disk / "w.geoplan",
    )
    assert (done.returncode, "the disk is full" in done.stderr) == (2, True)
    done = geoplan("new", small_disk / "new")
    assert (done.returncode, "the disk is full" in done.stderr) == (2, True)
    assert not list((small_disk / "new").glob("*"))


def test_a_mounted_folder_is_refused_before_the_work(small_disk: Path) -> None:
    with pytest.raises(ValueError, match="mount"), claimed(small_disk):
        pytest.fail("claimed a disk")
    with claimed(small_disk / "out"):
        pass


def test_findings_that_find_no_room(small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.inputs.write_findings", full)
    report = check_study(small_folder, lang="en")
    assert "could not be written (No space left" in check_report(report)
    assert not list(small_folder.glob(".*findings*"))
