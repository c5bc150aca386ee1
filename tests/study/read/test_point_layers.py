"""Layers that two processes have read are those of one, in the same order, with the same faults."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from geoplan.cli.warming import _write_town
from geoplan.study import Study
from geoplan.study.beside.process import OtherProcess, other_process
from geoplan.study.read.layers import point_layers
from geoplan.study.read.load import StudyInputs, load_inputs
from geoplan.study.read.networks import try_networks
from tests.study.beside.jobs import ready


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Five files of sites, one of them broken, one with a row that is left out."""
    study = Study.open(_write_town(tmp_path / "town"))
    folder = study.folder
    sites = gpd.read_file(folder / "sites.gpkg")
    sites.to_file(folder / "money.gpkg", driver="GPKG")
    sites[["id", "name", "capacity"]].to_csv(folder / "nowhere.csv", index=False)
    (folder / "broken.gpkg").write_bytes(b"no layer at all")
    degrees = sites.to_crs(4326).geometry
    table = pd.DataFrame({"name": ["A", "B"], "lon": [degrees.x[0], "?"], "lat": degrees.y[0]})
    table.to_csv(folder / "bus.csv", index=False)
    paths = {"money": "money.gpkg", "fewest": "nowhere.csv", "median": "broken.gpkg"}
    changes = {f"services.{key}.path": path for key, path in paths.items()}
    return study.replace({**changes, "services.bus.path": "bus.csv", "services.bus.datum": "wgs84"})


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that the other process has read; this one takes its time."""
    found: list[str] = []
    ask, read = OtherProcess.ask, point_layers._read

    def noted(other: OtherProcess, work: Any, name: str) -> Any:
        value = ask(other, work, name)
        found.append(name)
        return value

    def slow(*args: Any) -> Any:
        time.sleep(0.5)
        return read(*args)

    monkeypatch.setattr(OtherProcess, "ask", noted)
    monkeypatch.setattr(point_layers, "_read", slow)
    return found


def read(study: Study, other: OtherProcess | None, said: list[str]) -> StudyInputs:
    streets = try_networks(study.config, study.folder).streets
    return load_inputs(
        study.config, study.folder, streets=streets, report=said.append, beside=other
    )


def assert_same(one: StudyInputs, other: StudyInputs) -> None:
    assert one.records == other.records
    assert one.findings == other.findings
    assert [part.record for part in one.loaded] == [part.record for part in other.loaded]
    for mine, its in zip(one.loaded, other.loaded, strict=True):
        assert_frame_equal(mine.set_aside, its.set_aside)
    for kind in ("demand", "base_demand", "facilities"):
        mine, its = getattr(one, kind), getattr(other, kind)
        assert list(mine) == list(its)
        for key, layer in mine.items():
            assert type(layer) is type(its[key])
            assert_geodataframe_equal(layer.frame, its[key].frame)


def test_two_processes_read_what_one_reads(study: Study, there: list[str]) -> None:
    lines: tuple[list[str], list[str]] = [], []
    alone = read(study, None, lines[0])
    assert not there
    assert "median" not in alone.facilities
    assert any(finding.file == "broken.gpkg" for finding in alone.blocking)
    assert any(finding.row for finding in alone.findings)
    with other_process() as other:
        shared = read(study, ready(other), lines[1])
    assert there
    assert_same(alone, shared)
    assert lines[0] == lines[1]
    assert {"demand", "services"} >= {kind for kind, _ in _layers(study)}


def test_one_that_dies_is_done_without(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = read(study, None, [])
    monkeypatch.setattr(point_layers, "_read_there", _dies)
    with other_process() as other:
        shared = read(study, ready(other), [])
        assert other.over
    assert_same(alone, shared)


def test_layers_of_a_file_stay_together(study: Study) -> None:
    reader = point_layers.LayerReader(study.config, study.folder, print, None)
    files = point_layers._by_file(reader, _layers(study))
    assert files["sites.gpkg"] == [("services", k) for k in ("coverage", "centre", "beds")]
    assert sorted(layer for layers in files.values() for layer in layers) == sorted(_layers(study))
    sizes = {f: point_layers._work_of(reader, f, [("services", "a")] * 3) for f in files}
    assert sizes["bus.csv"] == 3 * (study.folder / "bus.csv").stat().st_size
    assert point_layers._work_of(reader, "none.csv", [("services", "a")]) == 0


def _layers(study: Study) -> list[tuple[str, str]]:
    return [("demand", "people"), *(("services", key) for key in study.config.services)]


def _dies(*_: object) -> None:
    os._exit(1)
