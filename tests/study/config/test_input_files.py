"""Which files a study names: whatever its parts are called."""

from __future__ import annotations

import pytest

from geoplan.study import Study
from geoplan.study.config.input_files import input_files, named_files


@pytest.mark.parametrize("name", ["standard", "columns", "path"])
def test_files_of_a_service_of_any_name_are_inputs(small_folder, name):
    text = (small_folder / "study.toml").read_text().replace("meal_station", name)
    (small_folder / "study.toml").write_text(text)
    study = Study.open(small_folder)
    assert "meals.csv" in [path.name for path in input_files(study.config, study.folder)]


@pytest.mark.parametrize("part", ["areas", "background", "demand", "network", "services"])
@pytest.mark.parametrize("name", ["standard", "columns"])
def test_parts_called_like_a_section_name_their_files(part, name):
    settings = {part: {name: {"path": "a.gpkg", "columns": {"path": "x"}, "standard": {"path": 1}}}}
    assert list(named_files(settings)) == [((part, name, "path"), "a.gpkg")]
