"""Two runs side by side: what differs is told, and nothing else."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from geoplan.errors import UsageError
from geoplan.outputs import compare_runs, write_layers
from geoplan.outputs.summary import write_summary


def save(results, folder):
    folder.mkdir()
    write_summary(results, folder / "summary.json")
    write_layers(results, folder / "layers.gpkg")
    return folder


def with_served(results, key, district, share):
    """The results with `share` of the served people of one district moved to "beyond"."""
    service = results.services[key]
    frame = service.coverage.frame.copy()
    here = (frame["district"] == district).to_numpy()
    moved = np.floor(frame.loc[here, "served"] * share)
    frame.loc[here, "served"] -= moved
    frame.loc[here, "beyond"] += moved
    coverage = dataclasses.replace(service.coverage, frame=frame)
    services = {**results.services, key: dataclasses.replace(service, coverage=coverage)}
    return dataclasses.replace(results, services=services), float(moved.sum())


def test_the_same_run_twice_differs_in_nothing(results, tmp_path):
    a, b = save(results, tmp_path / "a"), save(results, tmp_path / "b")
    told = compare_runs(a, b)
    assert len(told.changed) == 0
    assert len(told.areas) == 0
    assert "完全一致" in told.text(lang="zh")


def test_people_who_are_no_longer_served_are_told_by_service_and_district(results, tmp_path):
    district = results.services["meal_station"].coverage.frame["district"].dropna().iloc[0]
    fewer, moved = with_served(results, "meal_station", district, 0.5)
    assert moved > 0
    told = compare_runs(save(results, tmp_path / "a"), save(fewer, tmp_path / "b"))
    changed = told.changed.set_index(["service", "measure"])["change"]
    assert changed["meal_station", "served"] == -moved
    assert changed["meal_station", "beyond"] == moved
    assert set(changed.index.get_level_values("service")) == {"meal_station"}
    areas = told.areas[told.areas["level"] == "district"]
    assert areas["code"].tolist() == [district]
    assert areas["change"].tolist() == [-moved]
    text = told.text(lang="en")
    assert "served" in text
    assert f"{-moved:,.0f}" in text


def test_services_of_one_run_only_are_named(results, tmp_path):
    few = {k: s for k, s in results.services.items() if k != "meal_station"}
    told = compare_runs(
        save(results, tmp_path / "a"),
        save(dataclasses.replace(results, services=few), tmp_path / "b"),
    )
    assert told.only_a == ("meal_station",)
    assert told.only_b == ()


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({}))
    with pytest.raises(UsageError, match=r"summary\.json"):
        compare_runs(tmp_path, tmp_path)
