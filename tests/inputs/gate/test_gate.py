"""The gate of input files: what it refuses before a reader opens it, and what it says."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point

from geoplan.errors import FileError, UsageError
from geoplan.inputs.files.gate.archive import checked_archive
from geoplan.inputs.files.gate.limits import Limits, current_limits, limits_set, refuse_beyond
from geoplan.inputs.files.gate.offline import OFFLINE, offline_gdal
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.inputs.files.gate.vector_file import opened_vector

FRAME = gpd.GeoDataFrame({"名称": ["甲"]}, geometry=[Point(117, 36.6)], crs=4326)


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    for name in ("pipe.csv", "zero.csv"):
        with pytest.raises(FileError, match="no ordinary file"):
            checked_file(tmp_path / name)
    for name in ("loop.csv", "x" * 400, "nul\0.csv"):
        with pytest.raises(FileError, match="not there"):
            checked_file(tmp_path / name)


def test_a_pipe_inside_a_geodatabase_is_refused(tmp_path):
    (tmp_path / "a.gdb").mkdir()
    os.mkfifo(tmp_path / "a.gdb" / "a00000001.gdbtable")
    with pytest.raises(FileError, match="no ordinary file"):
        checked_file(tmp_path / "a.gdb")


def test_a_limit_says_what_was_found_and_how_to_raise_it(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"x" * 2_100_000)
    with limits_set({"file_mb": 2}), pytest.raises(FileError) as caught:
        checked_file(file)
    assert "2 MB" in str(caught.value)
    assert "file_mb = 3" in str(caught.value)
    assert "[limits]" in caught.value.message("zh")
    with limits_set({"file_mb": 3}):
        assert checked_file(file) == file


def test_what_a_limit_tells_is_enough():
    for found in (16_385, 99_999, 1e9, 2.000001e9):
        with limits_set({"columns": 1}), pytest.raises(FileError) as caught:
            refuse_beyond("columns", found)
        told = int(str(caught.value).split("columns = ")[1].split(" ")[0])
        with limits_set({"columns": told}):
            refuse_beyond("columns", found)


def test_limits_are_named_in_the_environment_too(monkeypatch):
    monkeypatch.setenv("GEOPLAN_LIMIT_COLUMNS", "7")
    assert current_limits() == Limits(columns=7)
    with limits_set({"rows": 5}):
        assert current_limits() == Limits(columns=7, rows=5)
    monkeypatch.setenv("GEOPLAN_LIMIT_COLUMNS", "many")
    with pytest.raises(UsageError, match="GEOPLAN_LIMIT_COLUMNS"):
        current_limits()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("bad\nsecond line"), "ValueError: bad)"),
        (KeyError("crs"), "KeyError: 'crs'"),
        (MemoryError(), "more memory"),
        (RecursionError("maximum"), "nested too deep"),
        (AssertionError(), "(AssertionError)"),
        (type("PanicException", (BaseException,), {})("capacity overflow"), "capacity overflow"),
    ],
)
def test_whatever_a_reader_raises_is_an_error_of_the_file(error, said):
    with pytest.raises(FileError) as caught, reading():
        raise error
    assert said in str(caught.value)
    assert "second line" not in str(caught.value)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(2), FileError("as it is")])
def test_what_is_no_fault_of_a_reader_passes(error):
    with pytest.raises(type(error)) as caught, reading():
        raise error
    assert caught.value is error


def test_settings_of_gdal_are_put_back():
    before = {name: pyogrio.get_gdal_config_option(name) for name in OFFLINE}
    with offline_gdal():
        with offline_gdal():
            pass
        assert pyogrio.get_gdal_config_option("GDAL_HTTP_PROXY") == "127.0.0.1:9"
    assert {name: pyogrio.get_gdal_config_option(name) for name in OFFLINE} == before


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".shp", ".fgb", ".gml", ".geojsonl"])
def test_a_file_is_opened_by_the_driver_of_its_ending_and_by_no_other(tmp_path, ending):
    file = tmp_path / f"数据{ending}"
    FRAME.to_file(file, encoding="utf-8")
    with opened_vector(file) as target:
        assert len(pyogrio.read_dataframe(target)) == 1
    for other in (".gpkg", ".geojson", ".shp", ".fgb", ".gml"):
        if ("json" in ending and "json" in other) or other == ending:
            continue
        wrong = tmp_path / f"wrong{other}"
        wrong.write_bytes(file.read_bytes())
        with pytest.raises(FileError, match="not what"), opened_vector(wrong):
            pass


def packed(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def test_an_archive_is_looked_at_before_it_is_unpacked(tmp_path):
    bomb = packed(tmp_path / "a.zip", {"a.csv": bytes(5_000_000)})
    with (
        limits_set({"unpacked_mb": 4}),
        pytest.raises(FileError, match="unpacked_mb"),
        checked_archive(bomb),
    ):
        pass
    many = packed(tmp_path / "b.zip", {f"{k}.txt": b"" for k in range(12)})
    with (
        limits_set({"members": 10}),
        pytest.raises(FileError, match="12 files"),
        checked_archive(many),
    ):
        pass
    locked = bytearray(packed(tmp_path / "c.zip", {"a.csv": b"x"}).read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "c.zip").write_bytes(locked)
    with pytest.raises(FileError, match="password"), checked_archive(tmp_path / "c.zip"):
        pass


def test_a_damaged_member_is_told(tmp_path):
    file = packed(tmp_path / "a.zip", {"a.csv": os.urandom(500)})
    raw = bytearray(file.read_bytes())
    raw[200] ^= 255
    file.write_bytes(raw)
    with pytest.raises(FileError, match="damaged or cut off"), checked_archive(file) as archive:
        archive.read("a.csv")
