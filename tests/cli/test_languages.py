"""Errors speak the study's language; where nobody knows which that is, both."""

from __future__ import annotations

import pytest

from geoplan.errors import GeoplanError, NetworkError, UsageError, told_in
from geoplan.study import check_study
from tests.cli.test_cli import geoplan


def _in(folder, lang):
    path = folder / "study.toml"
    path.write_text(path.read_text("utf-8").replace('lang = "en"', f'lang = "{lang}"'), "utf-8")
    return folder


@pytest.mark.parametrize(("lang", "told"), [("zh", "无法"), ("en", "cannot")])
def test_streets_that_cannot_be_read(small_folder, lang, told):
    (small_folder / "streets.gpkg").write_bytes(b"no geopackage")
    done = geoplan("run", _in(small_folder, lang))
    assert done.returncode == 1
    assert any("\u4e00" <= c <= "\u9fff" for c in done.stderr.splitlines()[-1]) == (lang == "zh")
    (found,) = [f for f in check_study(small_folder).findings if f.code == "network"]
    assert any("\u4e00" <= c <= "\u9fff" for c in found.problem) == (lang == "zh")


def test_a_command_without_a_study_speaks_both(small_folder, tmp_path):
    run = tmp_path / "run"
    assert geoplan("run", small_folder, "--out", run).returncode == 0
    (tmp_path / "file").write_text("x")
    done = geoplan("export", run, "--format", "csv", "--out", tmp_path / "file")
    assert done.returncode == 2
    assert "是一个文件" in done.stderr
    assert "is a file" in done.stderr
    done = geoplan("suggest", small_folder, "--service", "meal_station", "--sites", "few")
    assert "is not a whole number" in done.stderr  # as all of its usage, by the session
    assert "不是整数" not in done.stderr


def test_who_asked_first_is_told():
    with pytest.raises(GeoplanError) as caught, told_in("en"), told_in("zh"):
        raise UsageError.of("study.study_there", folder="x")
    assert caught.value.told == "zh"
    faults = NetworkError.of("network_faults.several", faults="a")
    assert faults.told is None
