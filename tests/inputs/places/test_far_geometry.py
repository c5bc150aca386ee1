"""Geometry farther away than any place on Earth is told, whatever file and layer it stands in."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon

from geoplan.study import Study
from geoplan.study.example import write_example

FAR = (1e300, 1e100, 1e9, 3e7)


def _layer(folder, name):
    table = pd.read_csv(folder / f"{name}.csv").dropna(subset=["lon"])
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    return gpd.GeoDataFrame(table, geometry=points, crs=4326).to_crs(4548)


def _study(folder, name):
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    before, after = text.split(f'path = "{name}.csv"')
    after = after.replace('datum = "wgs84"\n', "", 1)
    path.write_text(f'{before}path = "{name}.gpkg"{after}', encoding="utf-8")
    return Study.open(folder)


@pytest.mark.parametrize("x", FAR)
def test_people_beyond_the_earth_stay_people_without_a_place(tmp_path, x):
    folder = write_example(tmp_path / "study")
    layer = _layer(folder, "people")
    layer.geometry = [Point(x, 4_055_000), *layer.geometry[1:]]
    layer.to_file(folder / "people.gpkg")
    study = _study(folder, "people")
    read = study.check()
    (told,) = [f for f in read.findings if f.code == "off_the_map"]
    assert (told.file, told.row, told.severity) == ("people.gpkg", 1, "error")
    assert read.demand["elderly_60"].frame.geometry.isna().tolist()[0]
    people = study.run().services["meal_station"].coverage.ledger
    assert people.unlocated == layer["pop60"].iloc[0]


@pytest.mark.parametrize("x", [1e300, 1e9])
def test_areas_that_reach_beyond_the_earth_are_set_aside(tmp_path, x):
    folder = write_example(tmp_path / "study")
    layer = gpd.read_file(folder / "districts.gpkg")
    west, south, east, north = layer.geometry.iloc[0].bounds
    far = Polygon([(west, south), (east, south), (east, x), (west, north)])
    layer.geometry = [far, *layer.geometry[1:]]
    layer.to_file(folder / "districts.gpkg")
    told = [f for f in Study.open(folder).check().findings if f.code == "off_the_map"]
    assert [(f.file, f.row) for f in told] == [("districts.gpkg", 1)]
