"""The run end to end on the small study, whose numbers its module explains."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from geoplan.errors import InputError, StudyFileError, UsageError
from geoplan.study import Plan, Study, suggestion_text


def test_the_ledger_is_the_one_worked_out_by_hand(small_plan: Plan) -> None:
    ledger = small_plan.coverage["meal_station"].ledger
    assert ledger.to_dict() == {
        "total": 290,
        "served": 150,
        "full": 0,
        "beyond": 80,
        "cut_off": 30,
        "off_network": 20,
        "unlocated": 10,
    }


def test_the_new_site_serves_community_c(small_plan: Plan) -> None:
    siting = small_plan.services["meal_station"].siting
    assert siting is not None
    assert siting.result.status == "optimal"
    assert siting.result.value == siting.result.bound == 230
    assert siting.people_after.served == 230
    assert siting.sites["added_people"].tolist() == [80]
    assert siting.sites["share_after"].iloc[0] == pytest.approx(230 / 290)
    assert siting.curve is not None
    assert siting.curve["value"].tolist() == [150, 230]


def test_summary_has_the_contract_s_shape(small_plan: Plan) -> None:
    summary = small_plan.to_dict()
    assert summary["study"] == {"name": "Small", "crs": "EPSG:4548", "synthetic": False}
    service = summary["services"]["meal_station"]
    assert service["people"]["served"] == 150
    assert service["covered_share"] == pytest.approx(150 / 290)
    assert service["areas"]["district"] == {"total": 2, "with_site": 1, "meeting_quota": 1}
    assert sum(gap["people"] for gap in service["gaps"]) == 140
    assert {gap["cause"] for gap in service["gaps"]} == {
        "no_site",
        "cut_off",
        "off_network",
        "no_data",
    }
    assert service["siting"]["people_after"]["served"] == 230
    for one in summary["inputs"]:
        assert one["rows"] == one["accepted"] + one["set_aside"]
    assert summary["figures"][0]["computed"] == 1
    json.dumps(summary, allow_nan=False)


def test_a_run_s_folder_is_whole(small_plan: Plan, tmp_path: Path) -> None:
    folder = small_plan.save(tmp_path / "out")
    for name in (
        "summary.json",
        "report.html",
        "report.docx",
        "maps/meal_station.html",
        "maps/index.html",
        "layers.gpkg",
        "layers.qgz",
        "tables.xlsx",
        "findings.xlsx",
        "run.json",
    ):
        assert (folder / name).stat().st_size > 0, name
    assert list(folder.glob("figures/*.png"))
    assert list(folder.glob("tables/*.csv"))
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    again = small_plan.save(folder)  # an earlier run gives way
    assert (again / "summary.json").exists()


def test_nothing_half_written_and_nothing_written_over(
    small_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("keep")
    with pytest.raises(UsageError, match="other files"):
        small_plan.save(mine)

    def broken(*args: object, **options: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("geoplan.outputs.report_begun", broken)
    with pytest.raises(OSError, match=r"the disk is full: about .* MB are needed in .*never"):
        small_plan.save(tmp_path / "never")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine"]


def test_same_study_same_summary(small_folder: Path) -> None:
    first, second = (Study.open(small_folder).run().to_dict() for _ in range(2))
    for summary in (first, second):
        for service in summary["services"].values():
            service["siting"].pop("seconds")
    assert first == second


def test_what_ifs(small_folder: Path) -> None:
    study = Study.open(small_folder)
    far = study.replace({"services.meal_station.standard.threshold_m": 1600}).run()
    assert far.coverage["meal_station"].ledger.served == 230
    assert study.config.services["meal_station"].standard["threshold_m"] == 800
    with pytest.raises(StudyFileError, match="Did you mean"):
        study.replace({"services.meal_station.standard.threshold_n": 1600})
    with pytest.raises(UsageError, match="meal_station"):
        study.run(services=["meals"])


def test_objectives(small_folder: Path) -> None:
    study = Study.open(small_folder)
    fewest = study.replace(
        {"services.meal_station.siting": {"objective": "min_sites", "sites": None, "share": 0.9}}
    ).run()
    siting = fewest.services["meal_station"].siting
    assert siting is not None
    # 261 of 290 need both C's 80 and D's 30: 150 + 80 + 30 = 260 is not enough, and E and F
    # cannot be reached by anybody
    assert siting.result.status == "infeasible"
    assert siting.result.blocking
    enough = study.replace(
        {"services.meal_station.siting": {"objective": "min_sites", "sites": None, "share": 0.89}}
    ).run()
    siting = enough.services["meal_station"].siting
    assert siting is not None
    assert (siting.result.status, siting.people_after.served) == ("optimal", 260)
    for objective in ("p_median", "p_center"):
        outcome = study.suggest("meal_station", sites=1, objective=objective)
        assert outcome.result.status == "optimal"
        assert len(outcome.sites) == 1


def test_a_file_that_cannot_be_used_stops_the_run(small_folder: Path) -> None:
    (small_folder / "meals.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"meals\.csv"):
        Study.open(small_folder).run()


def test_a_file_whose_every_row_is_wrong_stops_the_run(small_folder: Path) -> None:
    """Without it the plan would read as if the city had no station at all."""
    (small_folder / "meals.csv").write_text("name,lon,lat\nm1,0,0\nm2,36.6,117.0\n")
    with pytest.raises(InputError, match=r"meals\.csv.*All 2 rows.*2 of them") as caught:
        Study.open(small_folder).run()
    assert {f.code for f in caught.value.findings} >= {"no_row_left", "swapped_sure"}


def test_rows_that_only_wait_for_a_place_stop_nothing(small_folder: Path) -> None:
    (small_folder / "meals.csv").write_text("name,lon,lat\nm1,,\n")
    summary = Study.open(small_folder).run().to_dict()
    assert summary["services"]["meal_station"]["people"]["total"] == 290


def test_suggestions_say_what_was_asked_and_cannot_be_had(small_folder: Path) -> None:
    """Two sites (for C and for D) serve all whom streets reach. Of A, B and C (D is joined to no
    station) the mean journey is (50 x 700 + 80 x 1,500) / 230 = 674 m, with a site at C 152 m."""
    study = Study.open(small_folder)
    many = study.suggest("meal_station", sites=5, curve=True)
    assert "5 new sites were asked for; 2 serve all" in " ".join(many.notes)
    assert many.curve is not None
    assert many.curve["value"].tolist() == [150, 230, 260]
    median = study.suggest("meal_station", sites=1, objective="p_median", curve=True)
    told = suggestion_text(median, lang="en")
    assert "230 people who are counted go 152 m on average, 674 today" in told
    assert "person-metres" in told
    assert "nan" not in told
    assert "curve for the objective max_coverage only" in told
    asked = {"services.meal_station.siting": {"objective": "min_sites", "share": 0.89}}
    fewest = study.replace(asked).suggest("meal_station", sites=1, objective="min_sites")
    said = " ".join(fewest.notes)
    assert "takes 2 sites at least, more than the 1 asked for" in said
    assert "the first 1 of the list reach 79.3%" in said


def test_the_median_of_some_candidates_is_not_called_proved(small_folder: Path) -> None:
    """All corners weighed: the one at C is best, although that at 1,000 m covers B as well."""
    study = Study.open(small_folder)
    asked = {"objective": "p_median", "sites": 1, "candidates": "network", "max_candidates": 1}
    every = study.suggest("meal_station", sites=1, objective="p_median")
    assert every.result.status == "optimal"
    assert every.result.value == pytest.approx(50 * 700, abs=1)
    some = study.replace({"services.meal_station.siting": asked}).run()
    outcome = some.services["meal_station"].siting
    assert outcome is not None
    assert (outcome.result.status, outcome.result.gap) == ("feasible", None)
    assert "were kept" in " ".join(outcome.notes)
    assert "not proved optimal" in suggestion_text(outcome, lang="en")


def test_one_service_alone_may_use_the_sites_of_another(small_folder: Path) -> None:
    """A library stands 1,500 m east, at C: asked for alone, the new meal station goes there."""
    meals = (small_folder / "meals.csv").read_text(encoding="utf-8")
    place = (small_folder / "people.csv").read_text(encoding="utf-8").splitlines()[3].split(",")
    assert place[0] == "C"
    row = f"L1,Library,{place[2]},{place[3]}"
    text = meals.splitlines()[0] + "\n" + row + "\n"
    (small_folder / "libraries.csv").write_text(text, encoding="utf-8")
    study = Study.open(small_folder).replace(
        {
            "services.library": {
                "path": "libraries.csv",
                "datum": "wgs84",
                "demand": "elderly_60",
                "name": "Library",
                "standard": {"mode": "walk", "threshold_m": 800},
            },
            "services.meal_station.siting.candidates": "facilities:library",
        }
    )
    plan = study.run(services=["meal_station"])
    assert plan.services["meal_station"].siting.people_after.served == 230
    assert list(plan.services) == ["meal_station"]


def test_a_suggestion_asks_for_sites_whatever_years_and_money_the_study_plans_by(
    small_folder: Path,
) -> None:
    planned = {
        "objective": "max_coverage",
        "candidates": "network",
        "sites": 2,
        "site_cost": 10,
        "phases": [1, 2],
        "years": [2025, 2026],
    }
    study = Study.open(small_folder)
    by_years = study.replace({"services.meal_station.siting": planned})
    assert len(by_years.suggest("meal_station", sites=1).sites) == 1
    bought = {**planned, "sites": None, "phases": None, "years": None, "budget": 20}
    by_money = study.replace({"services.meal_station.siting": bought})
    assert len(by_money.suggest("meal_station", sites=1).sites) == 1


def test_places_that_run_out_are_told_alike_everywhere(small_folder: Path) -> None:
    """The station has 120 places: of A's 100 and B's 50 people 30 find it full. New sites take 60.

    Two beside each other reach B's 30 and C's 80: of 290 people 120 + 110 = 230 are served, D's 30
    are cut off, 20 live off every street and 10 have no place. (One of them and one on the second
    street would serve 120 + 60 + 30 = 210.)
    """
    meals = (small_folder / "meals.csv").read_text(encoding="utf-8").splitlines()
    text = f"{meals[0]},capacity\n{meals[1]},120\n"
    (small_folder / "meals.csv").write_text(text, encoding="utf-8")
    limited = {"mode": "walk", "threshold_m": 800, "capacity_limits": True}
    asked = {"sites": 2, "capacity": 60}
    study = Study.open(small_folder).replace(
        {"services.meal_station.standard": limited, "services.meal_station.siting": asked}
    )
    told = study.run().to_dict()["services"]["meal_station"]
    assert (told["people"]["served"], told["people"]["full"]) == (120, 30)
    siting = told["siting"]
    assert siting["value"] == siting["people_after"]["served"] == 230
    assert siting["people_after"]["full"] == 0
    assert [site["added_people"] for site in siting["sites"]] == [60, 50]
    assert siting["sites"][-1]["share_after"] == pytest.approx(230 / 290)
    causes = {gap["cause"]: (gap["people"], gap["remedy"]) for gap in told["gaps"]}
    assert causes["full"] == (30, "add_capacity")
    assert causes["no_site"] == (80, "add_site")
    none = study.replace({"services.meal_station.siting.sites": 0}).run()
    assert none.services["meal_station"].siting.people_after.served == 120


def test_the_median_and_the_centre_heed_places(small_folder: Path) -> None:
    """The station has 120 places, the new site 110: just enough for the 230 of A, B and C.

    Least metres: a site at C takes its 80 and 30 of B (800 m each), 20 of B walk 700 m: 38,000.
    Shortest longest walk: a site at 1,000 m, 20 of B still walk 700 m (300 m, had it more places).
    With 60 places 50 people find none anywhere.
    """
    meals = (small_folder / "meals.csv").read_text(encoding="utf-8").splitlines()
    text = f"{meals[0]},capacity\n{meals[1]},120\n"
    (small_folder / "meals.csv").write_text(text, encoding="utf-8")
    limited = {"mode": "walk", "threshold_m": 900, "capacity_limits": True}
    study = Study.open(small_folder).replace({"services.meal_station.standard": limited})

    def asked(objective: str, places: int | None) -> Study:
        siting = {"objective": objective, "sites": 1, "capacity": places}
        return study.replace({"services.meal_station.siting": siting})

    for objective, value in (("p_median", 38_000), ("p_center", 700)):
        told = asked(objective, 110).run().to_dict()["services"]["meal_station"]["siting"]
        assert (told["status"], told["value"]) == ("optimal", pytest.approx(value, abs=1))
        assert told["people_after"]["served"] == 230
        assert told["people_after"]["full"] == 0
        assert [site["added_people"] for site in told["sites"]] == [110]  # 120 are served today
        free = asked(objective, None).run().services["meal_station"].siting
        with_room = {"p_median": 38_000, "p_center": 500}  # the station's 120 bind as before
        assert free.result.value == pytest.approx(with_room[objective], abs=1)
        assert free.people_after.served == 120 + free.sites["added_people"].sum() == 230
        few = asked(objective, 60).run().services["meal_station"].siting
        assert few.result.status == "infeasible"
        assert any("capacity for 50 more" in line for line in few.result.blocking)
        # three sites have room for all, but those that were weighed are too far from some
        siting = {"objective": objective, "sites": 3, "capacity": 40}
        three = study.replace({"services.meal_station.siting": siting})
        assert three.run().services["meal_station"].siting.result.status == "optimal"
        thinned = three.replace({"services.meal_station.siting.max_candidates": 1})
        found = thinned.run().services["meal_station"].siting.result
        assert found.status == "unknown"
        assert "max_candidates" in found.blocking[0]
        chinese = asked(objective, 60).replace({"study.lang": "zh"})
        [text] = chinese.run().services["meal_station"].siting.result.blocking
        assert "站点容量共增加 50 人" in text
        assert not re.search("[A-Za-z]{2,}", text)
    heeded = asked("p_median", 110).suggest("meal_station", sites=1, objective="p_median")
    assert "goes on to one with room" in " ".join(heeded.notes)
    unlimited = {**limited, "capacity_limits": False}
    for objective in ("p_median", "max_coverage"):
        plain = asked(objective, 60).replace({"services.meal_station.standard": unlimited})
        notes = plain.run().services["meal_station"].siting.notes
        assert "siting.capacity plays no part" in " ".join(notes)


def test_a_service_that_is_not_there_is_told_with_those_that_are(small_plan: Plan) -> None:
    for found in (small_plan.coverage, small_plan.gaps, small_plan.sites, small_plan.services):
        with pytest.raises(UsageError, match="'meals' in this run; there are: meal_station"):
            found["meals"]
        with pytest.raises(KeyError):
            found["meals"]
        assert found.get("meals") is None
        assert list(found) == ["meal_station"]


def test_one_key_alone_is_one_service(small_folder: Path) -> None:
    assert list(Study.open(small_folder).run(services="meal_station").coverage) == ["meal_station"]


def test_tables_to_read_are_those_of_the_edition(small_plan: Plan, small_folder: Path) -> None:
    assert small_plan.table("services").loc[1, "Served"] == "150"
    assert small_plan.table("meal_station_by_district").loc[1, "Served"] == "150"
    with pytest.raises(UsageError, match=r"no table 'x'.*meal_station_gaps"):
        small_plan.table("x")
    with pytest.raises(UsageError, match="'fr'"):
        small_plan.map("meal_station", lang="fr")
    public = Study.open(small_folder).replace({"study.suppress_below": 60}).run(audience="public")
    assert public.table("meal_station_by_district").loc[1, "Cut off"] != "30"


def along_the_street(folder: Path) -> tuple[float, float, str]:
    """Longitude of A, degrees per metre east of it, and the street's latitude as it is written."""
    people = pd.read_csv(folder / "people.csv", index_col="id", dtype=str)
    first, third = (float(people.loc[name, "lon"]) for name in ("A", "C"))
    return first, (third - first) / 1500, people.loc["A", "lat"]


def test_a_place_that_another_outdoes_may_be_wanted_for_its_distance(small_folder: Path) -> None:
    """G (10 people) and H (5) live 2,400 and 3,000 m east; C (80) at 1,500 m.

    Of the candidates, p0 at 1,900 m reaches C and G, p1 at 1,100 m only C, p2 at 2,350 m G and H.
    p0 outdoes p1, but stands 450 m from p2 and new sites are to keep 500 m: the best two are p1 and
    p2 with 95 people more. Where p1 is left out, p0 alone (90) is the best, and the bound says 95.
    """
    people = (small_folder / "people.csv").read_text(encoding="utf-8").splitlines()
    first, step, lat = along_the_street(small_folder)
    for name, metres, count in (("G", 2400, 10), ("H", 3000, 5)):
        people.append(f"{name},{name},{first + step * metres:.9f},{lat},{count},1 Some Road")
    (small_folder / "people.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    rows = [f"p{k},P{k},{first + step * x:.9f},{lat}" for k, x in enumerate((1900, 1100, 2350))]
    text = "\n".join(["id,name,lon,lat", *rows]) + "\n"
    (small_folder / "places.csv").write_text(text, encoding="utf-8")
    study = Study.open(small_folder).replace(
        {
            "services.place": {
                "path": "places.csv",
                "datum": "wgs84",
                "demand": "elderly_60",
                "name": "Place",
                "standard": {"mode": "walk", "threshold_m": 800},
            },
            "services.meal_station.siting": {
                "sites": 2,
                "candidates": "facilities:place",
                "min_distance_m": 500,
            },
        }
    )
    every = study.run(services=["meal_station"]).services["meal_station"].siting
    assert (every.result.status, every.people_after.served) == ("optimal", 245)
    some = study.replace({"services.meal_station.siting.max_candidates": 1})
    few = some.run(services=["meal_station"]).services["meal_station"].siting
    assert (few.result.status, few.people_after.served, few.result.bound) == ("feasible", 240, 245)
    assert "max_candidates" in " ".join(few.notes)


def test_a_full_site_may_hand_its_people_on(small_folder: Path) -> None:
    """The station stands at C with 80 places, which C's own 80 people take: B's 50 find it full.

    A site at 2,000 m reaches C and not B. When C's people go there B's have the station: 130.
    """
    first, step, lat = along_the_street(small_folder)
    head = (small_folder / "meals.csv").read_text(encoding="utf-8").splitlines()[0]
    station = f"{head},capacity\nM1,First,{first + step * 1500:.9f},{lat},80\n"
    (small_folder / "meals.csv").write_text(station, encoding="utf-8")
    place = f"id,name,lon,lat\np0,P0,{first + step * 2000:.9f},{lat}\n"
    (small_folder / "places.csv").write_text(place, encoding="utf-8")
    study = Study.open(small_folder).replace(
        {
            "services.place": {
                "path": "places.csv",
                "datum": "wgs84",
                "demand": "elderly_60",
                "name": "Place",
                "standard": {"mode": "walk", "threshold_m": 810},
            },
            "services.meal_station.standard": {
                "mode": "walk",
                "threshold_m": 810,
                "capacity_limits": True,
            },
            "services.meal_station.siting": {"sites": 1, "candidates": "facilities:place"},
        }
    )
    siting = study.run(services=["meal_station"]).services["meal_station"].siting
    assert (siting.result.status, siting.result.value, siting.result.bound) == ("optimal", 130, 130)
    assert siting.people_after.served == 130
    assert siting.sites["added_people"].tolist() == [50]
    assert "leave their place" in " ".join(siting.notes)
