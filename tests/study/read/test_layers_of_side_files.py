"""A side file of several layers: one must be named, none is guessed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from geoplan.errors import GeoplanError
from geoplan.study import Study
from geoplan.study.example import CRS, X, Y

WHOLE = box(X - 9000, Y - 9000, X + 9000, Y + 9000)
NOWHERE = box(X - 90_000, Y, X - 89_000, Y + 10)
BRIDGE = LineString([(X, Y), (X, Y + 2000)])
SITING = "services.meal_station.siting"


def write(path: Path, **layers) -> None:
    for name, geometry in layers.items():
        gpd.GeoDataFrame(geometry=[geometry], crs=CRS).to_file(path, layer=name, driver="GPKG")


CASES = {
    f"{SITING}.forbidden": {"nowhere": NOWHERE, "whole": WHOLE},
    f"{SITING}.candidates": {"far": Point(X + 9000, Y), "near": Point(X + 1500, Y)},
    "network.walk.barriers": {"far": BRIDGE, "near": BRIDGE},
    "network.walk.links": {"one": BRIDGE, "other": BRIDGE},
    "services.meal_station.required": {"a": Point(X, Y), "b": Point(X + 9, Y)},
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("key", CASES)
def test_several_layers_without_a_name_are_refused(small_folder: Path, key: str, lang: str) -> None:
    layers = CASES[key]
    write(small_folder / "several.gpkg", **layers)
    study = Study.open(small_folder).replace({key: "several.gpkg", "study.lang": lang})
    inputs = study.check()
    told = [f for f in inputs.findings if f.severity == "error" and "several" in f"{f}"]
    assert told
    assert all(name in told[0].problem for name in layers)
    with pytest.raises(GeoplanError) as caught:
        study.run()
    assert caught.value.exit_code in (1, 2)
    assert "several.gpkg" in str(caught.value)


def test_the_layer_that_is_named_counts(small_folder: Path) -> None:
    write(small_folder / "several.gpkg", nowhere=NOWHERE, whole=WHOLE)
    study = Study.open(small_folder).replace({f"{SITING}.forbidden": "several.gpkg"})
    for layer, added in (("nowhere", 1), ("whole", 0)):
        plan = study.replace({f"{SITING}.forbidden_layer": layer}).run()
        assert len(plan.services["meal_station"].siting.sites) == added
    absent = study.replace({f"{SITING}.forbidden_layer": "cellar"})
    with pytest.raises(GeoplanError, match=r"cellar.*nowhere, whole"):
        absent.run()


def test_links_take_the_only_layer_of_lines(small_folder: Path) -> None:
    write(small_folder / "mixed.gpkg", points=Point(X, Y), bridge=BRIDGE)
    study = Study.open(small_folder).replace({"network.walk.links": "mixed.gpkg"})
    assert study.run().coverage["meal_station"].ledger.cut_off == 0
