"""What of Windows can be tried elsewhere: its code page, its locks, its paths, its names."""

from __future__ import annotations

import json
import ntpath
import os
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

from geoplan import writing
from geoplan.cli.typed_path import plain_path
from geoplan.errors import StudyFileError
from geoplan.study import Study, check_study


def module(*arguments, page="cp936"):
    """`py -m geoplan` in a terminal of one code page."""
    environment = {**os.environ, "PYTHONIOENCODING": page, "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "geoplan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env=environment, check=False)


def test_a_terminal_in_code_page_936_is_written_in_it(tmp_path):
    made = module("new", tmp_path / "城市")
    assert made.returncode == 0, made.stderr
    assert made.stdout.decode("cp936").splitlines()[0].endswith("study.toml")
    checked = module("check", tmp_path / "城市")
    assert "还没有启用任何服务" in checked.stdout.decode("cp936")
    assert "读取" in checked.stderr.decode("cp936")


def test_what_a_code_page_lacks_ends_no_command(small_folder):
    people = small_folder / "people.csv"
    text = people.read_text(encoding="utf-8").replace("Community A", "Comunità Ⓐ 😀")
    people.write_text(text, encoding="utf-8")
    done = module("check", small_folder, "--json", page="cp437")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("cp437"))["inputs"]


def test_paths_as_explorer_copies_them_are_taken():
    taken = plain_path('"C:\\数据\\study.toml"')
    assert PureWindowsPath(taken) == PureWindowsPath("C:\\数据\\study.toml")
    assert ntpath.isabs(plain_path("D:\\geoplan\\济南"))


def test_a_path_with_backslashes_in_a_study_is_told_with_the_right_one(small_folder):
    study = small_folder / "study.toml"
    text = study.read_text(encoding="utf-8").replace('"people.csv"', "'data\\people.csv'")
    study.write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"line 15.*That file is at 'people\.csv'"):
        check_study(small_folder)


def test_services_that_are_one_file_on_windows_are_refused(small_folder):
    study = small_folder / "study.toml"
    more = '\n[services.Meal_Station]\npath = "meals.csv"\ndatum = "wgs84"\n'
    study.write_text(study.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(StudyFileError, match="would be one file on Windows"):
        check_study(small_folder)


def test_results_that_excel_holds_open_stay_whole_and_are_told(small_folder, tmp_path, monkeypatch):
    plan = Study.open(small_folder).run()
    out = plan.save(tmp_path / "out")
    before = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}

    def held(source, target, *_, **__):
        raise PermissionError(13, "used by another process", str(target))

    monkeypatch.setattr(os, "replace", held)
    monkeypatch.setattr(os, "rename", held)
    monkeypatch.setattr(Path, "rename", lambda self, target: held(self, target))
    monkeypatch.setattr(Path, "replace", lambda self, target: held(self, target))
    with pytest.raises(Exception, match=r"in use|open in another|占用|打开") as caught:
        plan.save(out)
    assert writing.fault_text(caught.value) is not None or "out" in str(caught.value)
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()} == before

    stems = {PureWindowsPath(p.name).stem.lower() for p in out.rglob("*")}
    assert not stems & {"con", "aux", "nul", "prn", *(f"com{n}" for n in range(10))}
    # 260 characters are all that a path may have where long paths are not switched on
    assert max(len(str(p.relative_to(out))) for p in out.rglob("*")) < 100
