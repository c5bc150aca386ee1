"""The example study: small enough to check by hand, for documentation, trials and tests.

One street of 3,000 m runs east from S with a corner every 500 m; a second street of 400 m lies
2 km to the north and is joined to nothing. The meal station stands at S. A walk of 800 m counts.

======  ======  =====================================  ===========
demand  people  where                                  state
======  ======  =====================================  ===========
A          100  at S                                   served, 0 m
B           50  700 m east of S                        served
C           80  1,500 m east                           beyond
D           30  on the second street                   cut_off
E           20  3 km north of every street             off_network
F           10  an address, no coordinates             unlocated
======  ======  =====================================  ===========

Total 290, served 150. One new site: C's 80 people are the most that any junction can add
(the second street has 30), so the best plan serves 230.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString, Point, box

from geoplan.errors import UsageError
from geoplan.study.study import Study

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_055_000.0
PEOPLE = {
    "A": (100, (0, 0)),
    "B": (50, (700, 0)),
    "C": (80, (1500, 0)),
    "D": (30, (200, 2000)),
    "E": (20, (0, 5000)),
    "F": (10, None),
}

STUDY = """\
[study]
name = "Small"
crs = "EPSG:4548"
lang = "en"
data_date = "2024-12-31"

[areas.district]
path = "districts.gpkg"

[network.walk]
path = "streets.gpkg"
speed_m_s = 1.0

[demand.elderly_60]
path = "people.csv"
weight = "pop60"
datum = "wgs84"

[services.meal_station]
path = "meals.csv"
datum = "wgs84"
demand = "elderly_60"
standard = { mode = "walk", threshold_m = 800, quota = { level = "district", minimum = 1 } }
siting = { objective = "max_coverage", sites = 1, candidates = "network" }

[[figures]]
key = "meal_station.facilities"
published = 1
source = "by hand"
"""


def example_study(folder: str | Path | None = None) -> Study:
    """A made-up village of 290 people with one meal station, written as files and opened.

    Its numbers can be worked out by hand (see the head of this module): 150 people are served
    today, 230 with one more site.

    Parameters
    ----------
    folder : where its files go; default a new temporary folder.

    Returns
    -------
    Study

    Raises
    ------
    UsageError
        The folder holds a study already.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> study
    Study('Small', 1 services, EPSG:4548)
    >>> study.run()
    Plan(Small: meal_station 51.7% → 79.3%)
    """
    if folder is not None and (Path(folder) / "study.toml").exists():
        raise UsageError.of("study.study_there", folder=folder)
    if folder is not None:
        return Study.open(write_example(Path(folder)))
    target = Path(tempfile.mkdtemp(prefix="geoplan-example-"))
    atexit.register(shutil.rmtree, target, ignore_errors=True)
    return Study.open(write_example(target))


def write_example(folder: Path) -> Path:
    """Write the example's files into `folder`, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    corners = [LineString([(X + a, Y), (X + a + 500, Y)]) for a in range(0, 3000, 500)]
    streets = [*corners, LineString([(X, Y + 2000), (X + 400, Y + 2000)])]
    gpd.GeoDataFrame({"name": ["street"] * len(streets)}, geometry=streets, crs=CRS).to_file(
        folder / "streets.gpkg", driver="GPKG"
    )
    districts = gpd.GeoDataFrame(
        {"code": ["1", "2"], "name": ["West", "East"]},
        geometry=[
            box(X - 1000, Y - 1000, X + 1000, Y + 6000),
            box(X + 1000, Y - 1000, X + 4000, Y + 6000),
        ],
        crs=CRS,
    )
    districts.to_file(folder / "districts.gpkg", driver="GPKG")
    rows = []
    for name, (people, location) in PEOPLE.items():
        lon = lat = ""
        if location is not None:
            point = gpd.GeoSeries([Point(X + location[0], Y + location[1])], crs=CRS).to_crs(4326)[
                0
            ]
            lon, lat = f"{point.x:.9f}", f"{point.y:.9f}"
        row = {"id": name, "name": f"Community {name}", "lon": lon, "lat": lat, "pop60": people}
        rows.append({**row, "address": "1 Some Road"})
    pd.DataFrame(rows).to_csv(folder / "people.csv", index=False)
    start = gpd.GeoSeries([Point(X, Y)], crs=CRS).to_crs(4326)[0]
    station = {"id": "M1", "name": "First", "lon": f"{start.x:.9f}", "lat": f"{start.y:.9f}"}
    pd.DataFrame([station]).to_csv(folder / "meals.csv", index=False)
    return folder
