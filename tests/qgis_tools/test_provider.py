"""The Processing tools as `qgis_process` runs them, upon the example village worked out by hand.

See `geoplan.study.example`: of 290 people 150 are within 800 m, and the best new site adds 80.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys

import geopandas as gpd
import pyogrio
import pytest
from shapely import LineString, Point

from geoplan.study.example import CRS, PEOPLE, X, Y
from tests.outputs.system_qgis import absent, plain_environment

pytestmark = pytest.mark.qgis


#: Debian's wrapper hands qgis_process an option of the desktop that it does not know
TOOL = shutil.which("qgis_process.bin") or shutil.which("qgis_process")


class Desk:
    """A desktop user's home with the plugin switched on, and the layers of a project."""

    def __init__(self, checkout, home):
        self.folder = home
        command = ["/usr/bin/env", f"PYTHONPATH={checkout}", sys.executable, "-m", "geoplan"]
        self.env = plain_environment(home) | {
            "QGIS_PLUGINPATH": str(checkout / "qgis"),
            "GEOPLAN_COMMAND": shlex.join(command),
            "LC_ALL": "C.UTF-8",
        }

    def call(self, *arguments, **env):
        return subprocess.run(
            [str(TOOL), *map(str, arguments)],
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=900,  # the first run on a machine compiles the kernels
        )

    def run(self, tool, **parameters):
        """Outputs of a tool by name."""
        given = [f"--{name}={value}" for name, value in parameters.items()]
        done = self.call("--json", "run", f"geoplan:{tool}", *given)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)["results"]

    def layer(self, name, frame):
        path = self.folder / f"{name}.gpkg"
        pyogrio.write_dataframe(frame, path, layer=name)
        return path


@pytest.fixture(scope="module")
def desk(checkout, tmp_path_factory):
    if TOOL is None:
        absent("qgis_process is not installed: apt-get install qgis")
    found = Desk(checkout, tmp_path_factory.mktemp("desk"))
    done = found.call("plugins", "enable", "geoplan_provider")
    assert done.returncode == 0, done.stderr + done.stdout
    return found


@pytest.fixture(scope="module")
def village(desk):
    """Layers as a project may have them: people in degrees, streets in metres."""
    people = gpd.GeoDataFrame(
        {"name": list(PEOPLE), "pop60": [n for n, _ in PEOPLE.values()]},
        geometry=[None if at is None else Point(X + at[0], Y + at[1]) for _, at in PEOPLE.values()],
        crs=CRS,
    )
    streets = gpd.GeoDataFrame(
        geometry=[
            # a new site may stand at a corner, which are 500 m apart
            *(LineString([(X + a, Y), (X + a + 500, Y)]) for a in range(0, 3000, 500)),
            LineString([(X, Y + 2000), (X + 400, Y + 2000)]),
        ],
        crs=CRS,
    )
    sites = gpd.GeoDataFrame({"name": ["Meals"]}, geometry=[Point(X, Y)], crs=CRS)
    return {
        "DEMAND": desk.layer("people", people.to_crs("EPSG:4490")),
        "PEOPLE": "pop60",
        "SITES": desk.layer("sites", sites),
        "ROADS": desk.layer("streets", streets),
        "THRESHOLD": 800,
        "CRS": CRS,
    }


def test_tools_are_listed_in_both_languages(desk):
    told = desk.call("--json", "list", LC_ALL="zh_CN.UTF-8").stdout
    tools = json.loads(told)["providers"]["geoplan"]["algorithms"]
    assert {name: tool["name"] for name, tool in tools.items()} == {
        "geoplan:check": "检查数据",
        "geoplan:coverage": "服务覆盖",
        "geoplan:markers": "沿线布设标志",
        "geoplan:suggest": "建议站点",
    }
    english = json.loads(desk.call("--json", "help", "geoplan:suggest").stdout)
    assert english["algorithm_details"]["name"] == "Suggest sites"


def test_coverage_gives_layers_back(desk, village):
    out = {name: desk.folder / f"{name}.gpkg" for name in ("STATES", "GAPS", "REACH")}
    found = desk.run("coverage", **village, **out, FOLDER=desk.folder / "coverage")
    assert found["SHARE"] == pytest.approx(150 / 290)
    states = pyogrio.read_dataframe(out["STATES"])
    assert states.set_index("name")["served"].to_dict() == {
        **{"A": 100, "B": 50},
        **dict.fromkeys("CDEF", 0),
    }
    assert states.crs == CRS
    assert sorted(pyogrio.read_dataframe(out["GAPS"])["people"]) == [10, 20, 30, 80]
    reach = pyogrio.read_dataframe(out["REACH"])
    assert reach["people_in_reach"].tolist() == [150]
    assert reach.geometry.iloc[0].covers(Point(X + 700, Y))
    # all results stand in the folder, the project too
    assert (desk.folder / "coverage" / "results" / "layers.qgz").exists()


def test_suggested_sites_serve_most(desk, village):
    out = {"NEW_SITES": desk.folder / "new.gpkg", "FOLDER": desk.folder / "suggest"}
    found = desk.run("suggest", **village, **out, COUNT=1)
    assert found["SHARE"] == pytest.approx(230 / 290)
    sites = pyogrio.read_dataframe(out["NEW_SITES"])
    assert sites["added_people"].tolist() == [80]


def test_check_names_the_row_without_a_place(desk, village, monkeypatch):
    monkeypatch.chdir(desk.folder)
    found = desk.run("check", **village, FINDINGS=desk.folder / "doubts.csv")
    assert "FINDINGS" in found
    doubts = pyogrio.read_dataframe(desk.folder / "doubts.csv")
    assert any("people.gpkg" in str(file) for file in doubts["file"])
    assert doubts["advice"].str.len().min() > 0
    assert not (desk.folder / "study").exists()  # no folder was given: nothing is left behind


def test_markers_along_a_line(desk):
    """1,200 m of line and a marker at each end: two more are needed for 500 m."""
    line = gpd.GeoDataFrame(
        {"name": ["Border"]}, geometry=[LineString([(X, Y), (X + 1200, Y)])], crs=CRS
    )
    markers = gpd.GeoDataFrame(
        {"name": ["1", "2"]}, geometry=[Point(X, Y), Point(X + 1200, Y)], crs=CRS
    )
    found = desk.run(
        "markers",
        LINES=desk.layer("border", line),
        MARKERS=desk.layer("markers", markers),
        SPACING=500,
        CRS=CRS,
        STRETCHES=desk.folder / "stretches.gpkg",
        NEW_MARKERS=desk.folder / "new_markers.gpkg",
        FOLDER=desk.folder / "marks",
    )
    assert {"STRETCHES", "NEW_MARKERS"} <= set(found)
    assert len(pyogrio.read_dataframe(desk.folder / "new_markers.gpkg")) == 2
    assert "gap" in set(pyogrio.read_dataframe(desk.folder / "stretches.gpkg")["status"])


def test_a_crs_in_degrees_is_refused_in_plain_words(desk, village):
    given = [f"--{k}={v}" for k, v in {**village, "CRS": "EPSG:4490"}.items()]
    done = desk.call("run", "geoplan:coverage", *given, f"--FOLDER={desk.folder / 'no'}")
    assert done.returncode
    assert "is in degrees" in done.stdout + done.stderr


def test_without_geoplan_the_tool_says_how_to_get_it(desk, village):
    given = [f"--{k}={v}" for k, v in village.items()]
    done = desk.call(
        "run",
        "geoplan:coverage",
        *given,
        f"--FOLDER={desk.folder / 'no2'}",
        GEOPLAN_COMMAND="",
    )
    if shutil.which("geoplan", path=desk.env["PATH"]):
        pytest.skip("geoplan is installed for all")
    assert "pip install geoplan" in done.stdout + done.stderr
