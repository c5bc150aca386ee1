"""Several cities in one run: each as its own study, and their sums."""

from __future__ import annotations

import json
import math
import pickle
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook

from geoplan.cli import main
from geoplan.errors import StudyFileError, UsageError
from geoplan.outputs.cities.report import spread
from geoplan.study import Study
from geoplan.study.cities.one_city import CityTask, run_city
from geoplan.study.cities.opening import opened_cities
from geoplan.study.cities.sums import services_of_all
from geoplan.words.speaker import Speaker
from tests.study.cities.towns import write_province

PEOPLE = ("total", "served", "full", "beyond", "cut_off", "off_network", "unlocated")
CITIES = ["Alpha", "Bêta", "丙市"]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Three towns, each run alone, then all in one run; finished stages are kept between them."""
    folder = tmp_path_factory.mktemp("province")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPLAN_CACHE", str(folder / "kept"))
        whole = write_province(folder / "whole")
        for name in ("alpha", "beta", "gamma"):
            study = Study.open(whole / name)
            study.run_into(folder / "alone" / name, lang="en")
        told = []
        out = folder / "out"
        plan = Study.open(whole).run_into(out, progress=lambda *step: told.append(step))
        yield SimpleNamespace(
            folder=folder,
            whole=whole,
            out=out,
            plan=plan,
            told=told,
            summary=json.loads((out / "summary.json").read_text("utf-8")),
            facts=json.loads((out / "run.json").read_text("utf-8")),
        )


def command(*arguments: object) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as left:
        main(list(map(str, arguments)))
    return int(left.value.code or 0)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_file_of_a_city_is_that_of_its_study_alone(done):
    for alone, name in zip(("alpha", "beta", "gamma"), CITIES, strict=True):
        own, here = files(done.folder / "alone" / alone), files(done.out / name)
        assert own.keys() == here.keys()
        differing = [one for one in own if own[one] != here[one]]
        assert differing in ([], ["run.json"])  # which tells how long it took


def test_sums_are_those_of_the_cities(done):
    whole, cities = done.summary["services"]["meal_station"], done.summary["cities"]
    parts = {name: one["services"]["meal_station"] for name, one in cities.items()}
    assert list(cities) == CITIES
    for name, one in cities.items():
        assert one == json.loads((done.out / name / "summary.json").read_text("utf-8"))
    for number in PEOPLE:
        assert whole["people"][number] == sum(one["people"][number] for one in parts.values())
    assert whole["people"]["total"] == sum(whole["people"][number] for number in PEOPLE[1:])
    assert whole["covered_share"] == whole["people"]["served"] / whole["people"]["total"]
    assert whole["facilities"] == 3
    assert whole["areas"]["district"]["total"] == 6
    plans = [one["siting"] for one in parts.values() if "siting" in one]
    for number in ("value", "bound"):
        assert whole["siting"][number] == sum(plan[number] for plan in plans)
    assert whole["siting"]["status"] == "optimal"
    # a city that plans nothing stays as it is
    after = sum(plan["people_after"]["served"] for plan in plans)
    after += parts["丙市"]["people"]["served"]
    assert whole["siting"]["people_after"]["served"] == after
    assert len(whole["gaps"]) == sum(len(one["gaps"]) for one in parts.values())
    assert [gap["rank"] for gap in whole["gaps"]] == list(range(1, len(whole["gaps"]) + 1))
    sizes = [gap["people"] for gap in whole["gaps"]]
    assert sizes == sorted(sizes, reverse=True)


def test_sites_of_all_cities_are_ranked_by_what_they_add(done):
    siting = done.summary["services"]["meal_station"]["siting"]
    added = [site["added_people"] for site in siting["sites"]]
    assert added == [700, 80, 40]
    assert [(site["city"], site["rank_in_city"]) for site in siting["sites"]] == [
        ("Bêta", 1),
        ("Alpha", 1),
        ("Bêta", 2),
    ]
    people = done.summary["services"]["meal_station"]["people"]
    reached = people["served"] + sum(added)
    assert siting["sites"][-1]["share_after"] == pytest.approx(reached / people["total"])
    assert siting["people_after"]["served"] == reached


def test_the_record_knows_every_file_of_every_city(done):
    names = {name for name in files(done.out) if name != "run.json"}
    assert set(done.facts["files"]) == names
    assert {"Alpha/run.json", "Bêta/maps/index.html", "丙市/report.docx"} <= names
    assert {"index.html", "report.html", "report.docx", "tables.xlsx", "findings.xlsx"} <= names
    assert done.facts["settings"]["include"][1] == {"name": "Bêta", "path": "beta/study.toml"}
    assert "Alpha/people.csv" in done.facts["inputs"]
    assert set(done.facts["seconds"]) == set(CITIES)


def test_progress_names_the_city_and_never_goes_back(done):
    steps = [step / total for step, total, _ in done.told]
    assert all(0 <= step <= 1 for step in steps)
    assert steps == sorted(steps)
    assert steps[-1] == 1
    texts = [text.partition(" · ")[0] for _, _, text in done.told]
    assert list(dict.fromkeys(texts)) == [*CITIES, "Three towns"]


def test_another_run_takes_its_place_unless_somebody_changed_a_citys_file(
    done, tmp_path, monkeypatch
):
    monkeypatch.setenv("GEOPLAN_CACHE", str(done.folder / "kept"))
    out = tmp_path / "out"
    shutil.copytree(done.out, out)
    assert command("run", done.whole, "--out", out) == 0
    assert (out / "Alpha" / "report.html").exists()
    (out / "Alpha" / "tables" / "services.csv").write_text("my own", encoding="utf-8")
    before = files(out)
    assert command("run", done.whole, "--out", out) == 2
    assert files(out) == before


def test_the_overview_opens_every_city_by_one_click(done):
    page = (done.out / "index.html").read_text(encoding="utf-8")
    assert 'src="http' not in page
    assert "<script" not in page
    links = [part.partition('"')[0] for part in page.split('href="')[1:]]
    local = {unquote(link) for link in links if not link.startswith(("#", "data:"))}
    assert {f"{city}/maps/meal_station.html" for city in CITIES} <= local
    assert all((done.out / link).is_file() for link in local)
    assert page.index(">丙市</a>") < page.index(">Alpha</a>") < page.index(">Bêta</a>")
    assert page.count("<use") == 6 + 1  # six districts and their names
    assert 'class="s0"' in page


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ([0.5171, 0.5172], ", the same in all"),
        ([0.5, 0.6, 0.7], "; A is worst off (50.0%), C best (70.0%)"),
        ([0.5], ""),
    ],
)
def test_cities_that_are_as_well_off_are_not_set_apart(shares, told):
    assert spread(list(zip("ABC", shares, strict=False)), Speaker("en")) == told


def test_the_report_tells_who_is_worst_off_and_what_was_assumed(done):
    page = (done.out / "report.html").read_text(encoding="utf-8")
    for text in ("丙市 is worst off (42.9%)", "Check first", "counted in one city", "55.4%"):
        assert text in page
    with zipfile.ZipFile(done.out / "report.docx") as book:
        assert "worst off (42.9%)" in book.read("word/document.xml").decode("utf-8")
    book = load_workbook(done.out / "tables.xlsx")
    rows = list(book["Cities"].values)
    assert [row[1] for row in rows[1:]] == ["丙市", "Alpha", "Bêta", "All cities"]
    assert rows[-1][3:5] == (2355, 1305)
    budget = list(book["Sites and where"].values)
    assert budget[0][1:3] == ("New sites", "Served with the plan")
    assert [row[1:3] for row in budget[1:]] == [(1, 2005), (2, 2085), (3, 2125)]
    assert budget[1][5] == "Bêta 1"


def test_a_plan_in_python_has_the_plan_of_every_city(done, monkeypatch):
    monkeypatch.setenv("GEOPLAN_CACHE", str(done.folder / "kept"))
    plan = Study.open(done.whole).run()
    assert repr(plan) == "CitiesPlan(Three towns: Alpha, Bêta, 丙市)"
    assert plan.cities["Bêta"].coverage["meal_station"].ledger.served == 1050
    assert plan.summary() == done.plan.summary()
    told, kept = plan.to_dict(), dict(done.summary)
    for one in (told, kept):
        assert one["cities"].keys() == set(CITIES)
    assert (
        json.loads(json.dumps(told["services"]))["meal_station"]["people"]
        == (kept["services"]["meal_station"]["people"])
    )
    with pytest.raises(Exception, match="written one by one"):
        done.plan.save(done.folder / "again")


def test_so_many_sites_are_suggested_in_whichever_city(done, monkeypatch, capsys):
    monkeypatch.setenv("GEOPLAN_CACHE", str(done.folder / "kept"))
    asked = ("suggest", done.whole, "--service", "meal_station", "--sites", 2, "--curve")
    assert command(*asked) == 0
    told = capsys.readouterr().out
    lines = [line.split() for line in told.splitlines()]
    assert ["Bêta", "1", "1,750", "1,750"] in lines
    assert "2,085 people in all, bound 2,085" in told
    assert ["2", "2,085", "2,085"] in lines
    assert command(*asked, "--objective", "p_median") == 2


def test_two_runs_are_compared_city_by_city(done, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GEOPLAN_CACHE", str(done.folder / "kept"))
    farther = {"services.meal_station.standard": {"threshold_m": 1600}}
    Study.open(done.whole).replace(farther).run_into(tmp_path / "farther")
    assert command("compare", done.out, tmp_path / "farther", "--out", tmp_path / "changes") == 0
    told = capsys.readouterr().out
    whole, *cities = told.split("---")
    assert "1,305" in whole
    assert [city.strip() for city in cities[::2]] == CITIES
    assert "150" in cities[1]
    for city in CITIES:
        assert list((tmp_path / "changes" / city).glob("comparison*"))


def test_layers_of_every_city_are_exported(done, tmp_path):
    assert command("export", done.out, "--format", "geojson", "--out", tmp_path / "layers") == 0
    for city in CITIES:
        assert (tmp_path / "layers" / city / "meal_station_gaps.geojson").is_file()
    assert command("export", done.out, "--format", "gpkg", "--out", tmp_path / "a.gpkg") == 2


def test_a_city_that_leads_elsewhere_is_no_run(done, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(done.out, out)
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    summary["cities"]["../../elsewhere"] = summary["cities"].pop("Alpha")
    (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert command("export", out, "--format", "csv", "--out", tmp_path / "x") == 2
    assert command("compare", out, done.out) == 2


def test_a_city_that_cannot_be_run_leaves_nothing_and_all_is_told(done, tmp_path, capsys):
    whole = tmp_path / "whole"
    shutil.copytree(done.whole, whole)
    for name in ("alpha", "gamma"):
        (whole / name / "people.csv").write_text("id,name\n1,2\n", encoding="utf-8")
    assert command("run", whole, "--out", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert "Alpha/people.csv" in told
    assert "丙市/people.csv" in told
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))
    with pytest.raises(StudyFileError):
        Study.open(whole).run()


def test_a_standard_for_all_cities_and_one_that_differs(done, tmp_path):
    whole = tmp_path / "whole"
    shutil.copytree(done.whole, whole)
    path = whole / "beta" / "study.toml"
    path.write_text(path.read_text("utf-8").replace("threshold_m = 800", "threshold_m = 100"))
    study = Study.open(whole)
    unlike = study.run(services=["meal_station"]).to_dict()
    assert "different standards" in unlike["assumed"][0]["what"]
    assert "Bêta" in unlike["assumed"][0]["what"]
    same = study.replace({"services.meal_station.standard": {"threshold_m": 800}}).run()
    assert same.to_dict()["services"]["meal_station"]["people"]["served"] == 1305
    assert "different" not in same.to_dict()["assumed"][0]["what"]


def test_a_city_is_a_task_that_can_be_sent_elsewhere(done, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOPLAN_CACHE", str(done.folder / "kept"))
    (alpha, *_) = opened_cities(Study.open(done.whole)).cities
    task = pickle.loads(pickle.dumps(CityTask(city=alpha, services=("meal_station",))))
    found = pickle.loads(pickle.dumps(run_city(task, folder=tmp_path / "Alpha")))
    assert found.plan is None
    assert found.result.summary == done.plan.whole.cities[0].summary
    assert files(tmp_path / "Alpha").keys() == files(done.out / "Alpha").keys()


def test_what_ifs_are_asked_of_a_city(done, tmp_path):
    overlay = tmp_path / "slower.toml"
    overlay.write_text("[what_if]\nslower_walkers = 0.8\n", encoding="utf-8")
    with pytest.raises(UsageError, match="one city's own study"):
        Study.open(done.whole).overlay(overlay)
    overlay.write_text('[study]\nname = "Other"\n', encoding="utf-8")
    assert Study.open(done.whole).overlay(overlay).name == "Other"


def test_what_one_city_does_not_know_is_not_known_of_all():
    people = dict.fromkeys(PEOPLE, 10)
    city = {"facilities": 1, "people": people, "covered_share": 1.0, "areas": {}}
    unknown = {**city, "people": {**people, "served": None}}
    found = services_of_all({"a": {"services": {"x": city}}, "b": {"services": {"x": unknown}}})
    assert found["x"]["people"]["total"] == 20
    assert found["x"]["people"]["served"] is None
    assert found["x"]["covered_share"] is None
    ranged = {
        **city,
        "people_range": {"least": people, "most": {**people, "served": 15}},
        "covered_share_range": [1.0, 1.5],
    }
    found = services_of_all({"a": {"services": {"x": city}}, "b": {"services": {"x": ranged}}})
    assert found["x"]["people_range"]["most"]["served"] == 25
    assert found["x"]["covered_share_range"] == [1.0, 1.25]


def test_lengths_and_rates_are_worked_out_from_sums():
    lines = {
        "facilities": 2,
        "areas": {},
        "length_m": {"total": 1000.5, "covered": 500.25, "gap": 500.25},
        "required_points": {"total": 3, "marked": 1},
    }
    rate = {"facilities": 0, "areas": {}, "rate": {"per": 1000, "count": 3, "people": 100}}
    other = {"facilities": 0, "areas": {}, "rate": {"per": 1000, "count": 1, "people": 1900}}
    found = services_of_all(
        {
            "a": {"services": {"lines": lines, "cases": rate}},
            "b": {"services": {"lines": lines, "cases": other}},
        }
    )
    assert found["lines"]["length_m"] == {"total": 2001, "covered": 1000.5, "gap": 1000.5}
    assert found["lines"]["covered_share"] == 0.5
    assert math.isclose(found["cases"]["rate"]["rate"], 2.0)  # not the mean of 30 and 0.53
