"""A name that figures cannot write never costs the result, and is told where it is read."""

from __future__ import annotations

import geopandas as gpd
import pytest

from geoplan.study import Study, check_study, example_study

NAMES = ["甲\u200b区", "\ufeff甲区", "区😀", "مركز", "a\u202eb", "$x$_{y}", "\U00020000区", "नगर"]


@pytest.mark.parametrize("name", NAMES)
def test_the_run_ends_and_a_finding_tells(tmp_path, name):
    folder = example_study(tmp_path / "s").folder
    layer = gpd.read_file(folder / "districts.gpkg")
    layer.loc[0, "name"] = name
    layer.to_file(folder / "districts.gpkg", driver="GPKG")
    plan = Study.open(folder).run()
    figures = plan.save(tmp_path / "out") / "figures"
    assert {p.name for p in figures.iterdir()} >= {"meal_station_areas.png", "meal_station_map.png"}
    told = [f for f in plan.inputs.findings if f.code == "unwritable_names"]
    assert len(told) == (0 if name.isascii() else 1)
    assert told == [f for f in check_study(folder).findings if f.code == "unwritable_names"]
    assert all(f.file == "districts.gpkg" and "U+" in f.problem for f in told)


def test_names_of_the_study_itself_are_told_too(tmp_path):
    folder = example_study(tmp_path / "s").folder
    path = folder / "study.toml"
    path.write_text(path.read_text("utf-8").replace('"Small"', '"Small \u200b城"'), "utf-8")
    (told,) = [f for f in check_study(folder).findings if f.code == "unwritable_names"]
    assert told.file == "study.toml"
    Study.open(folder).run().save(tmp_path / "out")
