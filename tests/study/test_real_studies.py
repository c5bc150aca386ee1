"""Two real cities end to end, one by bus too; skipped where their data is absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geoplan.study import Study

STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")


@pytest.mark.parametrize(
    ("name", "service", "total"),
    [
        # residents in the hexagons
        ("porto_alegre", "health_facility", 812_935),
        # the same by bus and metro, from two feeds
        ("porto_alegre_by_bus", "health_cluster", 812_935),
        # the census of 2020: 高新区's 424,047 people included
        ("jinan", "child_protection_station", 9_202_432),
    ],
)
def test_real_study(
    shared_data: Path, checkout: Path, tmp_path: Path, name: str, service: str, total: int
) -> None:
    study = Study.open(checkout / "tests" / "studies" / name)
    plan = study.run()
    folder = plan.save(tmp_path / name)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    people = summary["services"][service]["people"]
    assert people["total"] == total
    assert sum(people[state] for state in STATES) == total
    after = summary["services"][service]["siting"]["people_after"]
    assert sum(after[state] for state in STATES) == total
    assert after["served"] > people["served"] > 0
    for one in summary["inputs"]:
        assert one["rows"] == one["accepted"] + one["set_aside"]
