"""What closings, two sites, tiers, other plans and shared buildings say, in every output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geoplan.disclosure import edition
from geoplan.outputs.maps.headline import facts
from geoplan.outputs.siting_words import siting_sentences
from geoplan.outputs.tables.run_tables import service_tables
from geoplan.words.speaker import Speaker
from tests.study.test_shared_buildings import town
from tests.study.test_whole_service import SITING, street

CLOSES = {
    "objective": "max_coverage",
    "candidates": "places.gpkg",
    "robustness": 0,
    "curve": False,
    "sites": 0,
    "closable": True,
    "backup": False,
    "alternatives": 3,
}


def test_closings_and_other_plans(tmp_path: Path) -> None:
    study = street(tmp_path / "study", {500: 50, 2000: 80}, [400, 500], [1900])
    plan = study.replace({SITING: CLOSES}).run(audience="internal")
    service = plan.services["meal_station"]
    assert service.siting is not None
    said = list(siting_sentences(service.siting, Speaker("en"), ""))
    assert said[0] == "The plan closes 1 site that stands: Hall. Nobody loses the service by it."
    assert said[1].startswith("1 other plan is as good, with up to 1 site changed")
    keys = plan.to_dict()["services"]["meal_station"]["siting"]
    assert [site["people"] for site in keys["closed"]] == [0]
    assert (keys["lost_people"], len(keys["alternatives"]["plans"])) == (0, 1)
    assert keys["alternatives"]["plans"][0]["people"] == 130
    shown = dict(tuple(pair) for pair in facts(service, Speaker("en")))
    assert (shown["Sites to close"], shown["Other plans as good"]) == ("1", "1")
    names = {table.name for table in service_tables(plan.results, service, Speaker("zh"))}
    assert {"meal_station_closed", "meal_station_other_plans"} <= names
    plan.save(tmp_path / "out")
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "The plan closes 1 site" in report
    assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_two_sites_and_distance(tmp_path: Path, lang: str) -> None:
    study = street(tmp_path, {500: 100, 2000: 60}, [400], [600, 2100])
    rule = {**CLOSES, "sites": 1, "closable": False, "backup": True, "alternatives": 0}
    siting = study.replace({SITING: rule}).run().services["meal_station"].siting
    assert siting is not None
    (said,) = siting_sentences(siting, Speaker(lang), "")
    assert "100" in said
    assert "{" not in said


def test_shared_buildings_are_told(tmp_path: Path) -> None:
    plan = town(tmp_path, 16).run(audience="internal")
    siting = plan.services["care"].siting
    assert siting is not None
    (said,) = siting_sentences(siting, Speaker("en"), "")
    assert said.startswith("Planned together, 2 services within")
    assert "1 building serves several of them" in said
    keys = plan.to_dict()["services"]["care"]["siting"]["shared_buildings"]
    assert (keys["value"], keys["bound"], keys["money"], keys["saved"]) == (80, 80, 16, 4)
    assert [one["services"] for one in keys["shared"]] == [["meal_station", "care"]]


def test_the_public_edition_has_them_in_whole_steps(tmp_path: Path) -> None:
    """47 people in reach of two sites become 50; a plan of 83 people becomes 80."""
    study = street(tmp_path, {500: 47, 2000: 36}, [400], [600, 2100])
    rule = {**CLOSES, "sites": 1, "closable": True, "backup": True}
    plan = study.replace({SITING: rule}).run(audience="internal")
    inside = plan.services["meal_station"].siting
    outside = edition(plan.results, audience="public").services["meal_station"].siting
    assert inside is not None
    assert outside is not None
    assert inside.measures["backup_after"] == 47
    assert outside.measures["backup_after"] == 50
    told = [people for name, people in outside.measures.items() if name != "lost_after"]
    for people in (*told, *outside.sites["added_backup"]):
        assert people % 10 == 0
    assert outside.alternatives is not None
    assert all(value % 10 == 0 for value in outside.alternatives.table["value"])
