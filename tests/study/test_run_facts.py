"""A run carries who is served by age, in town and country, places in reach, quotas and referral.

The example study with more columns. Of the six places A (100 people, served),
B (50, served), C (80, beyond), D (30, cut off), E (20, off the network) and F (10, unlocated), A
and C are in town, B, D and E in the country, and F does not say. The old of 80 and more are 20, 10,
40, 0, 5 and 5. The only station stands at A, has 6 places and lies in the district West.
"""

from __future__ import annotations

import json
import sys

import pandas as pd
import pytest

from geoplan.study import Study
from geoplan.study.example import write_example as write_small_study
from geoplan.study.progress import Stages
from geoplan.words.speaker import Speaker


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory):
    folder = write_small_study(tmp_path_factory.mktemp("facts") / "study")
    people = pd.read_csv(folder / "people.csv")
    people["80岁以上"] = [20, 10, 40, 0, 5, 5]
    people["城乡"] = ["城镇", "乡村", "城镇", "乡村", "乡村", ""]
    people.to_csv(folder / "people.csv", index=False)
    meals = pd.read_csv(folder / "meals.csv")
    meals["capacity"] = 6
    meals.to_csv(folder / "meals.csv", index=False)
    study = Study.open(folder).replace(
        {
            "demand.elderly_60.groups": ["80岁以上"],
            "services.meal_station.catchment": {
                "mode": "walk",
                "threshold_m": 1000,
                "method": "2sfca",
            },
        }
    )
    return study.run()


def test_coverage_by_age_now_and_with_the_plan(plan):
    """30 of 80 very old people are served today (A and B); the new site serves C's 40."""
    row = plan.to_dict()["services"]["meal_station"]["groups"]["80岁以上"]
    assert (row["total"], row["served"], row["served_after"]) == (80, 30, 70)
    assert row["covered_share"] == pytest.approx(30 / 80)


def test_town_and_country_and_those_who_do_not_say(plan):
    told = plan.to_dict()["services"]["meal_station"]["town_and_country"]
    assert {k: (v["total"], v["served"], v["served_after"]) for k, v in told.items()} == {
        "urban": (180, 100, 180),
        "rural": (100, 50, 50),
        "unknown": (10, 0, 0),
    }


def test_places_in_reach_are_shared_by_all_who_reach_them(plan):
    """A and B (150 people) share 6 places: 40 per 1,000 each; of all 290 people 140 reach none."""
    told = plan.to_dict()["services"]["meal_station"]["places_in_reach"]
    assert told["mean"] == pytest.approx(6 / 290 * 1000, abs=1e-6)
    assert told["none_share"] == pytest.approx(140 / 290, abs=1e-6)
    assert (told["cutoff"], told["unit"], told["per"], told["method"]) == (1000, "m", 1000, "2sfca")
    rows = plan.services["meal_station"].supply.rows
    assert rows.round(9).tolist() == [40, 40, 0, 0, 0, 0]


def test_who_lacks_the_quota_and_whether_the_target_is_met(plan):
    """One of two districts has a station; all should."""
    told = plan.to_dict()["services"]["meal_station"]["quota"]["district"]
    assert told == {
        "meeting_share": 0.5,
        "target_share": 1,
        "on_target": False,
        "lacking": 1,
        "who": [{"code": "2", "name": "East"}],
    }


def test_the_same_stands_in_tables_and_report_and_public_readers_learn_no_small_number(
    plan, tmp_path
):
    from geoplan.disclosure import edition
    from geoplan.outputs import write_report, write_tables

    results = plan.results
    write_tables(results, tmp_path)
    groups = pd.read_csv(tmp_path / "tables" / "meal_station_groups.csv", encoding="utf-8-sig")
    assert groups.iloc[:, 1].tolist() == ["all", "80 and over", "town", "country", "not known"]
    assert groups.iloc[:, 3].tolist() == [150, 30, 100, 50, 0]
    write_report(results, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "80 and over" in page
    assert "20.7 places per 1,000 people" in page
    public = edition(results, audience="public").services["meal_station"]
    assert public.by_group is not None  # 80, 30, 50, 70 and 10 left over: nothing below 10
    assert public.supply.rows is None
    one_left = results.services["meal_station"].by_group.assign(served_after=[290.0, 75.0])
    from geoplan.disclosure.public_edition import whole_or_withheld

    assert whole_or_withheld(one_left, 10) is None  # 5 people could be found by subtraction


def test_a_system_that_does_not_count_memory_has_none_in_its_json(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    stages = Stages(total=1)
    with stages.stage("maps", "maps"):
        pass
    assert list(stages.seconds) == ["maps"]
    assert json.dumps(stages.peak_mb, allow_nan=False) == "{}"


def test_rates_of_several_things_each_per_the_people_it_is_for(tmp_path):
    """Two districts: West has 200 people (A, B, D, E), East 80 (C); F's 10 are in neither.

    West tells no beds: the city's rate is East's 6 beds over the 80 people of East and the 10
    whose area is not known. Visits are counted per the very old: 20 + 10 + 0 + 5 in West, 40 in
    East and 5 in neither; 7 + 9 visits over all 80.
    """
    folder = write_small_study(tmp_path / "study")
    people = pd.read_csv(folder / "people.csv")
    people["pop80"] = [20, 10, 40, 0, 5, 5]
    people.to_csv(folder / "people.csv", index=False)
    (folder / "care.csv").write_text("code,beds,visits\n1,,7\n2,6,9\n", encoding="utf-8")
    study = Study.open(folder).replace(
        {
            "demand.old": {"path": "people.csv", "weight": "pop80", "datum": "wgs84"},
            "services.home_care": {
                "path": "care.csv",
                "demand": "elderly_60",
                "rate": {"count": ["beds", "visits"], "demand": {"visits": "old"}, "per": 100},
            },
        }
    )
    plan = study.run(services=["home_care"])
    measures = plan.to_dict()["services"]["home_care"]["rate"]["measures"]
    rates = {k: [row["rate"] for row in m["areas"]] for k, m in measures.items()}
    assert rates == {"beds": [None, 7.5, None], "visits": [20, 22.5, None]}
    people = [row["people"] for row in measures["beds"]["areas"]]
    assert people == [200, 80, 10]  # nobody is lost
    from geoplan.outputs.tables.rate_tables import measure_table

    table = measure_table(plan.results, plan.services["home_care"], Speaker("en")).frame
    assert table["rate"].tolist() == pytest.approx([100 * 6 / 90, 100 * 16 / 80])
    assert table["lowest"].tolist() == ["East 7.50", "West 20.00"]


def test_which_counts_are_money_is_said_and_not_guessed_from_their_titles(tmp_path):
    """Grants are money by their own column's name or not; 单元 are no yuan whatever their title."""
    folder = write_small_study(tmp_path / "study")
    text = "code,grants,units\n1,200,200\n2,5000,5000\n"
    (folder / "care.csv").write_text(text.replace("units", "住宅单元"), encoding="utf-8")
    rate = {"count": ["grants", "住宅单元"], "money": ["grants"], "per": 100}
    section = {"path": "care.csv", "demand": "elderly_60", "rate": rate}
    study = Study.open(folder).replace({"services.home_care": section})
    plan = study.run(services=["home_care"])
    from geoplan.outputs.tables.rate_tables import measure_table

    table = measure_table(plan.results, plan.services["home_care"], Speaker("en")).frame
    assert table["rate"].tolist() == pytest.approx([100 * 5200 / 290] * 2)
    grants, units = table["apart"]
    assert pd.isna(grants)
    assert units == 2  # 200 cases on 200 people, 5,000 on 80: neither can be the city's rate
    told = plan.to_dict()["services"]["home_care"]["rate"]["measures"]
    assert [[row["low"] is None for row in m["areas"]][:2] for m in told.values()] == [
        [True, True],
        [False, False],
    ]
