"""A study that was copied or moved finds what it had; what its new place changes is noticed."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from shapely.geometry import LineString, Point

from geoplan.study import Plan, Study
from geoplan.study.example import CRS, X, Y, write_example
from tests.study.cache.test_stages import calls, edit, kept, numbers

__all__ = ["calls", "kept"]

WORKED = ["try_networks", "load_inputs", "assess_service"]

SITES = 'sites = 1, candidates = "network"'
#: a service beside the first, sites at a price, an office's template, a file of the neighbours
MORE = """
[services.elderly_centre]
path = "meals.csv"
datum = "wgs84"
demand = "elderly_60"
standard = { mode = "walk", threshold_m = 1000, capacity_limits = true }

[background.river]
path = "../shared/river.shp"

[report]
template = "../shared/form.docx"
pdf = false
date = 2025-06-30
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures that are quick to draw."""
    monkeypatch.setattr("geoplan.outputs.figures.write_figures.DPI", 40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study in a folder of an office, with files beside it that others use, too."""
    folder = write_example(tmp_path / "office-of-ours" / "study-of-ours")
    (shared := folder.parent / "shared").mkdir()
    river = gpd.GeoDataFrame({"name": ["R"]}, geometry=[LineString([(X, Y), (X, Y + 99)])], crs=CRS)
    river.to_file(shared / "river.shp")
    docx.Document().save(str(shared / "form.docx"))
    places = gpd.GeoDataFrame({"cost": [5.0, 7.0]}, geometry=[Point(X + 1500, Y)] * 2, crs=CRS)
    places.to_file(folder / "places.gpkg")
    edit(folder / "study.toml", SITES, 'budget = 6.0, candidates = "places.gpkg"')
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(MORE)
    return folder


def written(plan: Plan, folder: Path) -> dict[str, Any]:
    """All that a run writes, seconds aside."""
    plan.save(folder)
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert len(found) > 20
    return {name: _content(path) for name, path in found.items()}


def _content(path: Path) -> Any:
    content = path.read_bytes()
    if path.name not in ("run.json", "summary.json"):
        return content
    facts = _without_times(json.loads(content))
    facts.get("files", {}).pop("summary.json", None)
    return facts


def _without_times(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            k: _without_times(v) for k, v in node.items() if k not in ("seconds", "peak_memory_mb")
        }
    return [_without_times(v) for v in node] if isinstance(node, list) else node


def _copied(office: Path, to: Path) -> None:
    shutil.copytree(office, to)


def _moved(office: Path, to: Path) -> None:
    shutil.move(office, to)


def _linked(office: Path, to: Path) -> None:
    _moved(office, to.with_name("behind"))
    to.symlink_to(to.with_name("behind"), target_is_directory=True)


@pytest.mark.parametrize("relocate", [_copied, _moved, _linked])
def test_a_study_elsewhere_finds_what_it_had(
    folder: Path,
    tmp_path: Path,
    kept: Path,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    relocate: Callable[[Path, Path], None],
) -> None:
    """Nothing is worked out or drawn again, and files are those of a run without the cache."""
    Study.open(folder).run().save(tmp_path / "first")
    calls.clear()
    relocate(folder.parent, tmp_path / "variants")
    there = (tmp_path / "variants" / folder.name).rename(tmp_path / "variants" / "b")
    with monkeypatch.context() as patch:
        patch.setattr("geoplan.outputs.write_maps", _refuse)
        found = written(Study.open(there).run(), tmp_path / "found")
    assert calls == []
    assert found == written(Study.open(there).run(cache=False), tmp_path / "anew")
    assert "study-of-ours" not in json.dumps(found["run.json"])


def _refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("drawn again")


@pytest.mark.parametrize(
    "name", ["people.csv", "places.gpkg", "../shared/river.dbf", "../shared/form.docx"]
)
def test_another_file_in_a_copy_is_noticed(
    folder: Path, tmp_path: Path, kept: Path, name: str
) -> None:
    """One with the study or beside it, or one that belongs to another."""
    Study.open(folder).run().save(tmp_path / "first")
    shutil.copytree(folder.parent, tmp_path / "other")
    there = tmp_path / "other" / folder.name
    _change(there / name)
    assert written(Study.open(there).run(), tmp_path / "found") == written(
        Study.open(there).run(cache=False), tmp_path / "anew"
    )


def _change(path: Path) -> None:
    if path.suffix == ".csv":
        edit(path, "100", "101")
    elif path.suffix == ".gpkg":
        gpd.read_file(path).assign(cost=[9.0, 4.0]).to_file(path)
    elif path.suffix == ".docx":
        book = docx.Document(str(path))
        book.sections[0].header.paragraphs[0].text = "Office"
        book.save(str(path))
    else:
        path.write_bytes(path.read_bytes().replace(b"R ", b"S "))


def test_a_path_from_the_root_is_the_same_file_for_a_copy(
    folder: Path, tmp_path: Path, kept: Path, calls: list[str]
) -> None:
    whole = json.dumps(str(folder / "people.csv"))
    edit(folder / "study.toml", '"people.csv"', whole)
    first = numbers(Study.open(folder).run())
    there = shutil.copytree(folder.parent, tmp_path / "other") / folder.name
    edit(there / "people.csv", "100", "101")  # which nobody reads
    calls.clear()
    assert numbers(Study.open(there).run()) == first
    assert calls == []
    edit(folder / "people.csv", "100", "102")
    found = numbers(Study.open(there).run())
    assert first != found == numbers(Study.open(there).run(cache=False))


def test_a_link_is_what_it_leads_to(folder: Path, tmp_path: Path, kept: Path) -> None:
    people = folder / "people.csv"
    other = people.rename(tmp_path / "people of 2024.csv")
    newer = tmp_path / "people of 2025.csv"
    newer.write_text(other.read_text("utf-8").replace("100", "101"), encoding="utf-8")
    seen = []
    for target in (other, newer, other):
        people.unlink(missing_ok=True)
        people.symlink_to(target)
        seen.append(numbers(Study.open(folder).run()))
        assert seen[-1] == numbers(Study.open(folder).run(cache=False))
    assert seen[0] == seen[2] != seen[1]


@pytest.mark.skipif(os.name == "nt", reason="there it is a path from the root")
def test_a_path_of_another_system_is_a_name(
    folder: Path, tmp_path: Path, kept: Path, calls: list[str]
) -> None:
    r"""``D:\people.csv`` of a study from Windows."""
    name = r"D:\data\people.csv"
    (folder / "people.csv").rename(folder / name)
    edit(folder / "study.toml", '"people.csv"', f"'{name}'")
    first = numbers(Study.open(folder).run())
    there = shutil.copytree(folder.parent, tmp_path / "other") / folder.name
    calls.clear()
    assert numbers(Study.open(there).run()) == first
    assert calls == []
    edit(there / name, "100", "101")
    found = numbers(Study.open(there).run())
    assert first != found == numbers(Study.open(there).run(cache=False))


def test_what_is_kept_holds_wherever_the_command_is_given(
    folder: Path, tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Siting reads the study's files, wherever the first run was started from."""
    monkeypatch.chdir(folder.parent)
    first = Study.open(folder.name).run()
    monkeypatch.chdir(tmp_path)
    edit(folder / "study.toml", "threshold_m = 800", "threshold_m = 1600")
    second = Study.open(folder).run()
    assert numbers(second) == numbers(Study.open(folder).run(cache=False)) != numbers(first)


def test_suggestions_and_plans_in_time_of_a_copy(
    folder: Path, tmp_path: Path, kept: Path, calls: list[str]
) -> None:
    given = {
        "services.meal_station.actions": {"open": {"cost": 5}},
        "programme": {"years": [2025, 2026], "budget": [5, 5]},
    }
    first = Study.open(folder).replace(given)
    planned, suggested = numbers(first.run()), first.suggest("meal_station", sites=1)
    there = shutil.copytree(folder.parent, tmp_path / "other") / folder.name
    calls.clear()
    second = Study.open(there).replace(given)
    assert numbers(second.run()) == planned
    assert second.suggest("meal_station", sites=1).sites.equals(suggested.sites)
    assert calls == []


def test_a_copy_of_what_two_processes_have_planned(
    folder: Path, tmp_path: Path, kept: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOPLAN_PROCESSES", "2")
    first = written(Study.open(folder).run(), tmp_path / "first")
    there = shutil.copytree(folder.parent, tmp_path / "other") / folder.name
    calls.clear()
    assert written(Study.open(there).run(), tmp_path / "second") == first
    assert calls == []


def test_nothing_that_is_kept_names_the_folder(folder: Path, kept: Path) -> None:
    """Whatever kinds of files a study reads; what is kept of outputs are these themselves."""
    heights = np.arange(100.0, dtype="float32").reshape(10, 10)
    grid = {"height": 10, "width": 10, "count": 1, "dtype": "float32", "driver": "GTiff"}
    place = Affine(700, 0, X - 500, 0, -700, Y + 6000)
    with rasterio.open(folder / "grid.tif", "w", **grid, crs=CRS, transform=place) as raster:
        raster.write(heights, 1)
    wall = gpd.GeoDataFrame(geometry=[LineString([(X + 900, Y - 9), (X + 900, Y + 9)])], crs=CRS)
    wall.to_file(folder / "walls.geojson")
    people = pd.read_csv(folder / "people.csv", dtype=str).dropna(subset=["lon"])
    stops = people[["lon", "lat"]].iloc[:3].assign(line="1", order=range(1, 4))
    stops.to_csv(folder / "stops.csv", index=False)
    (folder / "lines.csv").write_text("line,span,headway,speed\n1,07:00-21:00,10,30\n")
    pd.DataFrame({"code": ["1", "2"], "pop60": [200, 90]}).to_csv(folder / "census.csv")
    study = Study.open(folder).replace(
        {
            "network.walk": {"elevation": "grid.tif", "barriers": "walls.geojson"},
            "network.transit": {"lines": "lines.csv", "stops": "stops.csv"},
            "network.transit.depart": "08:00-08:20",
            "network.transit.datum": "wgs84",
            "demand.grid": {"path": "grid.tif"},
            "demand.elderly_60.sum_to": {
                "path": "census.csv",
                "level": "district",
                "weight": "pop60",
            },
            "services.elderly_centre.demand": "grid",
            "services.elderly_centre.standard": {
                "mode": "transit",
                "threshold_m": None,
                "threshold_min": 20,
            },
            "services.meal_station.siting.forbidden": "walls.geojson",
        }
    )
    study.run()
    stages = list(kept.iterdir())
    assert len(stages) >= 5  # networks, inputs, two services, figures
    for stage in stages:
        assert folder.name.encode() not in stage.read_bytes()
