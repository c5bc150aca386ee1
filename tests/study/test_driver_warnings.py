"""What GDAL warns of is a finding, and no line of a library on the terminal."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

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
