"""A study asked for another year: people, coverage, gaps, what was assumed."""

from __future__ import annotations

import pytest

from geoplan.errors import InputError, StudyFileError
from geoplan.study import example_study


@pytest.fixture(scope="module")
def study():
    return example_study()


def by_table(study, text, **more):
    (study.folder / "years.csv").write_text(text)
    return study.replace(
        {"demand.elderly_60.projection": {"path": "years.csv", "level": "district", **more}}
    )


def test_people_of_a_year_by_hand(study):
    # A, B, D and E lie in the west, C in the east; F has an address only
    west_east = "district,year,people\n1,2025,180\n1,2030,360\n2,2025,80\n2,2030,40\n"
    plan = by_table(study, west_east).run(year=2030)
    coverage = plan.coverage["meal_station"]
    assert coverage.frame["people"][["A", "B", "D", "E", "C"]].tolist() == [180, 90, 54, 36, 40]
    # F belongs to no area: it changes as the others together, 280 to 400
    assert coverage.frame["people"]["F"] == 14
    assert coverage.ledger.served == 270
    assert any(one.code == "projection_made" for one in plan.results.assumed)


def test_without_a_year_nothing_changes(study):
    same = by_table(study, "district,year,people\n1,2025,180\n1,2030,360\n2,2030,40\n").run()
    assert same.coverage["meal_station"].ledger == study.run().coverage["meal_station"].ledger


def test_growth_and_its_variants(study):
    section = {"growth": {"low": 0.0, "middle": 0.1, "high": 0.2}, "base_year": 2025}
    totals = {}
    for variant in ("low", "middle", "high"):
        asked = study.replace({"demand.elderly_60.projection": {**section, "variant": variant}})
        totals[variant] = asked.run(year=2027).coverage["meal_station"].ledger.total
    assert totals == {"low": 290, "middle": round(290 * 1.21), "high": round(290 * 1.44)}


def test_no_projection_is_told(study):
    plan = study.run(year=2030)
    assert plan.coverage["meal_station"].ledger.total == 290
    assert "projection_none" in [one.code for one in plan.results.assumed]


def test_a_year_that_is_not_known_is_an_error_of_the_input(study):
    short = by_table(study, "district,year,people\n1,2025,180\n2,2025,80\n")
    with pytest.raises(InputError, match="2040"):
        short.run(year=2040)


def test_faults_of_the_section_are_told_at_once(study):
    with pytest.raises(StudyFileError) as error:
        study.replace(
            {"demand.elderly_60.projection": {"path": "nowhere.csv", "level": "distrikt"}}
        )
    said = str(error.value)
    assert "nowhere.csv" in said
    assert "district" in said
    with pytest.raises(StudyFileError, match="exactly one"):
        study.replace({"demand.elderly_60.projection": {"level": "district"}})
    with pytest.raises(StudyFileError, match="base_year"):
        study.replace({"demand.elderly_60.projection": {"growth": 0.1}})
