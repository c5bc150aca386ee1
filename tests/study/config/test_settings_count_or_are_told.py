"""No setting is accepted and ignored: it changes what is read, is told, or is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from pydantic import BaseModel
from rasterio import Affine

import geoplan
from geoplan.errors import GeoplanError, StudyFileError
from geoplan.study import Study
from geoplan.study.config import schema
from geoplan.study.example import CRS, X, Y

PEOPLE = "demand.elderly_60"


def codes(study: Study, word: str = "") -> set[str]:
    return {f.code for f in study.check().findings if word in f.problem}


def book(folder: Path) -> str:
    pd.read_csv(folder / "people.csv").to_excel(folder / "people.xlsx", index=False)
    return "people.xlsx"


def layer(folder: Path) -> str:
    table = pd.read_csv(folder / "people.csv").dropna(subset="lon")
    points = gpd.points_from_xy(table["lon"], table["lat"], crs=4326)
    frame = gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=points)
    frame.to_file(folder / "people.geojson")
    return "people.geojson"


def raster(folder: Path) -> str:
    with rasterio.open(
        folder / "people.tif",
        "w",
        driver="GTiff",
        width=8,
        height=8,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=Affine(100, 0, X, 0, -100, Y + 400),
    ) as target:
        target.write(np.ones((1, 8, 8), "float32"))
    return "people.tif"


USELESS = {
    "sheet of a table of text": (lambda folder: "people.csv", {"sheet": "2024"}),
    "layer of a table of text": (lambda folder: "people.csv", {"layer": "2024"}),
    "layer of a workbook": (book, {"layer": "roads"}),
    "encoding of a workbook": (book, {"encoding": "gbk"}),
    "sheet of a layer": (layer, {"sheet": "1"}),
    "encoding of a layer": (layer, {"encoding": "gbk"}),
    "sheet of a raster": (raster, {"sheet": "1"}),
    "columns of a raster": (raster, {"columns": {"people": "pop"}}),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("what", USELESS)
def test_a_key_that_the_kind_of_file_has_no_use_for_is_told(small_folder, what, lang) -> None:
    make, keys = USELESS[what]
    study = Study.open(small_folder).replace({f"{PEOPLE}.path": make(small_folder)})
    study = study.replace({f"{PEOPLE}.datum": None, "study.lang": lang})
    if what.endswith("raster"):
        study = study.replace({f"{PEOPLE}.weight": None})
    if make is not layer and not what.endswith("raster"):
        study = study.replace({f"{PEOPLE}.datum": "wgs84"})
    assert "key_unused" not in codes(study)
    key = next(iter(keys))
    changed = study.replace({f"{PEOPLE}.{k}": v for k, v in keys.items()})
    assert "key_unused" in codes(changed, key)


@pytest.mark.parametrize("make", [layer, raster])
def test_a_crs_beside_the_file_s_own_is_told_where_it_differs(small_folder: Path, make) -> None:
    keys = {f"{PEOPLE}.path": make(small_folder), f"{PEOPLE}.datum": None}
    if make is raster:
        keys[f"{PEOPLE}.weight"] = None
    study = Study.open(small_folder).replace(keys)
    own, other = ("EPSG:4326", "EPSG:4548") if make is layer else ("EPSG:4548", "EPSG:4326")
    assert "crs_unused" not in codes(study.replace({f"{PEOPLE}.crs": own}))
    assert "crs_unused" in codes(study.replace({f"{PEOPLE}.crs": other}), other)


@pytest.mark.parametrize("section", [PEOPLE, "network.walk", "areas.district"])
def test_a_crs_or_an_encoding_that_is_none_is_refused(small_folder: Path, section: str) -> None:
    study = Study.open(small_folder)
    for key, value in (("crs", "nonsense"), ("encoding", "hex"), ("encoding", "no such")):
        with pytest.raises(StudyFileError, match=rf"{section}\.{key}"):
            study.replace({f"{section}.{key}": value})


def test_where_chooses_streets_or_is_refused(small_folder: Path) -> None:
    streets = gpd.read_file(small_folder / "streets.gpkg")
    streets["kind"] = ["road"] * 6 + ["track"]  # the second street, which nothing joins
    streets.to_file(small_folder / "streets.gpkg", driver="GPKG")
    study = Study.open(small_folder)
    all_of_them = study.run().coverage["meal_station"].ledger
    chosen = study.replace({"network.walk.where": "kind == 'road'"}).run()
    assert all_of_them.cut_off == 30
    ledger = chosen.coverage["meal_station"].ledger
    assert (ledger.cut_off, ledger.off_network, ledger.served) == (0, 50, 150)
    for where, word in (("kind = ", "condition"), ("class == 'road'", "class")):
        with pytest.raises(GeoplanError, match=word):
            study.replace({"network.walk.where": where}).run()
    (small_folder / "streets.osm").write_text("<osm version='0.6'/>", encoding="utf-8")
    osm = study.replace({"network.walk": {"path": "streets.osm", "where": "kind == 'road'"}})
    with pytest.raises(GeoplanError, match="where"):
        osm.run()
    tif = study.replace({f"{PEOPLE}.path": raster(small_folder), f"{PEOPLE}.weight": None})
    with pytest.raises(GeoplanError, match="where"):
        tif.replace({f"{PEOPLE}.where": "n > 1", f"{PEOPLE}.datum": None}).run()


@pytest.mark.parametrize("level", ["street", "区", ""])
def test_a_quota_of_a_level_that_is_not_there_is_refused(small_folder: Path, level: str) -> None:
    study = Study.open(small_folder)
    key = "services.meal_station.standard.quota"
    with pytest.raises(StudyFileError, match=r"quota.level.*\n?.*district"):
        study.replace({key: {"level": level, "minimum": 1}})


def test_area_levels_in_a_ring_are_refused(small_folder: Path) -> None:
    area = {"path": "districts.gpkg"}
    levels = {"a": {**area, "parent": "c"}, "b": {**area, "parent": "a"}}
    with pytest.raises(StudyFileError, match="a → c → b → a"):
        Study.open(small_folder).replace(areas={**levels, "c": {**area, "parent": "b"}})


def sections(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Every key of the study file, with the section that it belongs to."""
    for name, field in model.model_fields.items():
        yield model.__name__, name
        for kind in models(field.annotation):
            yield from sections(kind)


def models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    elif get_origin(kind) is not None:
        for inner in get_args(kind):
            yield from models(inner)


def read_names() -> set[str]:
    """Attributes and texts that the code names outside of the checks of the study file."""
    names: set[str] = set()
    package = Path(geoplan.__file__).parent
    for path in [*(package / "study").rglob("*.py"), package / "inputs/sites/rules.py"]:
        if path.name == "schema.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
    return names


def test_every_key_of_the_study_file_is_read_by_somebody() -> None:
    named = read_names()
    status = {("StatusSection", sense) for sense in schema.StatusSection.model_fields}
    limits = {("LimitsSection", limit) for limit in schema.LimitsSection.model_fields}
    bus = schema.TransitSection(path="bus.zip", date="2025-05-13")
    handed_on = {("TransitSection", name) for name in bus.options()}  # to `TransitOptions`, whole
    unread = {one for one in sections(schema.StudyFile) if one[1] not in named}
    unread -= status | limits | handed_on
    assert not unread
