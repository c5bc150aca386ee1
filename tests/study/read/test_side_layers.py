"""Layers and areas that a siting problem names: a wrong one is an error with its section."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, box

from geoplan.errors import InputError
from geoplan.study import Study
from geoplan.study.example import CRS, X, Y
from geoplan.study.read.layers.side_layers import side_layer

SITING = "services.meal_station.siting"
LINE = LineString([(X, Y), (X + 10, Y)])
WORDS = {
    "table.csv": ("没有", "holds no"),
    "broken.gpkg": ("无法读取", "cannot be read"),
    "plain.gpkg": ("没有坐标系", "says no CRS"),
}


@pytest.fixture
def folder(small_folder: Path) -> Path:
    (small_folder / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (small_folder / "broken.gpkg").write_bytes(b"nothing that anybody reads")
    with pytest.warns(UserWarning, match="crs"):
        gpd.GeoDataFrame(geometry=[LINE]).to_file(small_folder / "plain.gpkg")
    return small_folder


@pytest.mark.parametrize("kind", ["lines", "layer"])
def test_what_is_wrong_is_told_in_the_study_s_language(folder: Path, kind) -> None:
    study = Study.open(folder)
    for file, words in WORDS.items():
        for lang, told in zip(("zh", "en"), words, strict=True):
            config = study.replace({"study.lang": lang}).config
            with pytest.raises(InputError, match=told) as caught:
                side_layer(config, folder, "the key", file, kind=kind)
            assert file in str(caught.value)
            assert "the key" in str(caught.value)


def test_a_layer_comes_in_the_study_s_crs(folder: Path) -> None:
    gpd.GeoDataFrame(geometry=[LINE], crs=CRS).to_crs(4326).to_file(folder / "degrees.gpkg")
    layer = side_layer(Study.open(folder).config, folder, "links", "degrees.gpkg", kind="lines")
    assert layer.crs == CRS
    assert layer.geometry.iloc[0].equals_exact(LINE, 1e-3)


@pytest.mark.parametrize("key", ["candidates", "forbidden"])
def test_an_error_names_the_section_of_its_layer(folder: Path, key: str) -> None:
    study = Study.open(folder).replace({f"{SITING}.{key}": "table.csv"})
    with pytest.raises(InputError, match=rf"'table.csv' of {SITING}.{key} holds no geometry"):
        study.run()


def test_areas_that_nobody_knows_are_no_rule(small_folder: Path) -> None:
    rule = {f"{SITING}.min_sites_per_area": {"stret": 1, "district": 1}}
    with pytest.raises(InputError, match=r"'stret' is neither a level \(district"):
        Study.open(small_folder).replace(rule).run()


def test_nothing_is_built_on_forbidden_ground(folder: Path) -> None:
    """C (80 people) is reached from the corners at 1,000, 1,500 and 2,000 m only."""
    zone = box(X + 900, Y - 10, X + 2100, Y + 10)
    gpd.GeoDataFrame(geometry=[zone], crs=CRS).to_file(folder / "park.gpkg")
    study = Study.open(folder).replace({f"{SITING}.forbidden": "park.gpkg"})
    assert study.run().sites["meal_station"]["added_people"].tolist() == [30]
