"""What GDAL warns of is a finding, and no line of a library on the terminal."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import warnings

import geopandas as gpd
import pytest
import shapely

from geoplan.inputs.files.driver_warnings import driver_warnings
from geoplan.study import Study


def _doubtful(path):
    """A GeoPackage with an application id that its driver does not know: read, with a warning."""
    link = sqlite3.connect(path)
    link.execute("pragma application_id = 12345")
    link.commit()
    link.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_streets_areas_and_forbidden_zones(small_folder, lang):
    path = small_folder / "study.toml"
    text = path.read_text("utf-8").replace('lang = "en"', f'lang = "{lang}"')
    text = text.replace('candidates = "network"', 'candidates = "network", forbidden = "no.gpkg"')
    path.write_text(text, "utf-8")
    (small_folder / "no.gpkg").write_bytes((small_folder / "districts.gpkg").read_bytes())
    for name in ("streets.gpkg", "districts.gpkg", "no.gpkg"):
        _doubtful(small_folder / name)
    found = [f for f in Study.open(small_folder).check().findings if "driver_says" in f.code]
    assert sorted(f.file for f in found) == ["districts.gpkg", "no.gpkg", "streets.gpkg"]
    assert all("application_id" in f.problem for f in found)
    assert all(str(small_folder) not in f.problem for f in found)


def test_no_folder_is_named(tmp_path):
    """Neither that of the file, nor that of another which belongs to it."""
    path = tmp_path / "a.shp"
    with driver_warnings(path) as said:
        warnings.warn(f"{path} and {path.with_suffix('.dbf')} differ", RuntimeWarning, stacklevel=1)
    assert said == ["a.shp and a.dbf differ"]


@pytest.mark.parametrize("key", ["links", "barriers"])
def test_lines_beside_the_streets(small_folder, key):
    path = small_folder / "study.toml"
    text = path.read_text("utf-8")
    assert "[network.walk]" in text
    path.write_text(text.replace("[network.walk]", f'[network.walk]\n{key} = "new.gpkg"'), "utf-8")
    bridge = shapely.LineString([(500_000, 4_055_000), (500_000, 4_057_000)])
    gpd.GeoDataFrame(geometry=[bridge], crs="EPSG:4548").to_file(small_folder / "new.gpkg")
    _doubtful(small_folder / "new.gpkg")
    found = [f for f in Study.open(small_folder).check().findings if f.code == "driver_says"]
    assert [(f.file, "application_id" in f.problem) for f in found] == [("new.gpkg", True)]


def test_no_library_says_anything_on_the_terminal(small_folder):
    _doubtful(small_folder / "streets.gpkg")
    for command in (["check"], ["run", "--out", str(small_folder / "out")]):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "geoplan", *command, str(small_folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
