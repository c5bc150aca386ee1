"""`geoplan check` compares places with the study's streets, and a run tells the same."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString

from geoplan.crs import from_wgs84
from geoplan.errors import GeoplanError
from geoplan.study import Study
from geoplan.study.check import check_report, check_study

CRS = "EPSG:4548"
X, Y, SIDE = 496_000.0, 4_050_000.0, 8_000.0
STUDY = """\
[study]
name = "Town"
crs = "EPSG:4548"
lang = "en"

[network.walk]
path = "streets.gpkg"

[demand.people]
path = "people.csv"
weight = "pop"
datum = "wgs84"

[services.meal_station]
path = "meals.csv"
datum = "gcj02"
demand = "people"
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    """Streets at random distances; sites beside them in BD-09; people anywhere, in WGS 84."""
    folder = tmp_path_factory.mktemp("town")
    rng = np.random.default_rng(3)
    cuts = [np.cumsum(rng.uniform(150, 400, 18)) for _ in range(2)]
    ends = [np.append(0.0, c) for c in cuts]
    lines = [
        LineString([(X + a, Y + y), (X + b, Y + y)])
        for y in cuts[1]
        for a, b in zip(ends[0], ends[0][1:], strict=False)
    ]
    lines += [
        LineString([(X + x, Y + a), (X + x, Y + b)])
        for x in cuts[0]
        for a, b in zip(ends[1], ends[1][1:], strict=False)
    ]
    gpd.GeoDataFrame(geometry=lines, crs=CRS).to_file(folder / "streets.gpkg")
    on = shapely.line_interpolate_point(
        rng.choice(np.array(lines, object), 60), rng.random(60), normalized=True
    )
    for name, points, datum in (
        ("meals", on, "bd09"),
        ("people", shapely.points(X + rng.uniform(0, 4000, (40, 2)) + [0, Y - X]), "wgs84"),
    ):
        degrees = gpd.GeoSeries(points, crs=CRS).to_crs(4326)
        lon, lat = from_wgs84((degrees.x.to_numpy(), degrees.y.to_numpy()), datum)
        table = pd.DataFrame({"name": [f"{name} {k}" for k in range(len(lon))], "lon": lon})
        table.assign(lat=lat, pop=100).to_csv(folder / f"{name}.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


def test_sites_in_another_datum_are_told_by_check_and_by_run(town):
    report = check_study(town)
    finding, quota = report.findings
    assert (quota.code, quota.severity) == ("quota_uncounted", "note")  # the town has no areas
    assert (finding.file, finding.severity) == ("meals.csv", "warning")
    assert 'datum = "bd09"' in finding.advice
    assert "compared with the streets all" in finding.problem
    assert [r.path for r in report.records] == ["people.csv", "meals.csv", "streets.gpkg"]
    plan = Study.open(town).run()
    assert plan.results.findings["problem"].tolist() == [finding.problem, quota.problem]
    right = Study.open(town).replace({"services.meal_station.datum": "bd09"})
    assert [f.code for f in right.check().findings] == ["quota_uncounted"]


def test_a_network_that_cannot_be_read_stops_no_other_check(town, tmp_path):
    for path in town.iterdir():
        if path.suffix in (".csv", ".toml"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "streets.gpkg").write_text("no streets", encoding="utf-8")
    (tmp_path / "meals.csv").write_text("name,lon,lat\nm,0,0\nn,117.0,36.6\n", encoding="utf-8")
    report = check_study(tmp_path)
    quota = "services.meal_station.standard.quota"
    found = [(f.column, f.row) for f in report.findings]
    assert found == [("lon", 2), (quota, None), ("network", None)]
    assert report.has_errors
    assert "streets.gpkg" in report.findings[2].problem
    book = openpyxl.load_workbook(report.written)
    cells = [c for row in book["Findings"].iter_rows(values_only=True) for c in row]
    assert report.findings[1].problem in cells
    with pytest.raises(GeoplanError, match=r"streets\.gpkg"):
        Study.open(tmp_path).run()


def test_thousands_of_rows_with_one_fault_do_not_hide_the_others(town, tmp_path):
    for path in town.iterdir():
        if path.suffix in (".csv", ".toml", ".gpkg"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = "".join(f"m{k},,\n" for k in range(100)) + "m100,0,0\nm101,x,36.6\nm102,117.0,36.6\n"
    (tmp_path / "meals.csv").write_text(f"name,lon,lat\n{rows}", encoding="utf-8")
    report = check_study(tmp_path)
    told = check_report(report).splitlines()
    bare = [line for line in told if "There are no coordinates" in line]
    assert len(bare) == 3
    assert any("97 more rows alike (row 5, 6, 7," in line for line in told)
    assert any("row 102" in line and "0, 0" in line for line in told)
    assert any("row 103" in line for line in told)
    assert "100 warnings" in told[-1]
