"""What is wrong with including cities, and with the cities, is told at once."""

from __future__ import annotations

import json
import shutil

import pytest

from geoplan.errors import StudyFileError, UsageError
from geoplan.study import Study, check_study
from tests.study.cities.towns import PROVINCE, write_province, write_town

HEAD = '[study]\nname = "P"\nlang = "en"\n'


def include(*entries: tuple[str, str | None]) -> str:
    text = HEAD
    for path, name in entries:
        text += f"[[include]]\npath = {json.dumps(path)}\n"
        text += "" if name is None else f"name = {json.dumps(name)}\n"
    return text


def faults(folder, text):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as refused:
        Study.open(folder)
    return refused.value.findings


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        write_town(tmp_path / name, f"Town {name}")
    return tmp_path


def test_cities_are_called_by_their_study_or_by_the_whole(folder):
    (folder / "study.toml").write_text(include(("a", None), ("b/study.toml", "乙")), "utf-8")
    study = Study.open(folder)
    assert [city.name for city in study.cities] == ["Town a", "乙"]
    assert repr(study) == "Study('P', 2 cities)"


def test_every_fault_of_including_is_told_with_its_line(folder):
    whole = folder / "whole"
    write_province(whole, text=PROVINCE + '[[include]]\npath = "../study.toml"\n')
    text = include(
        ("a", None),
        ("nowhere", None),
        ("./b/../a", None),
        ("study.toml", None),
        ("whole", None),
        ("b", "Town A"),
        ("c", "maps"),
    )
    found = faults(folder, text)
    told = {f.column: f.problem for f in found}
    assert "no study" in told["include.1.path"]
    assert "number 1" in told["include.2.path"]
    assert "cannot include itself" in told["include.3.path"]
    assert "ring" in told["include.4.path"]
    assert "one folder" in told["include.5.name"]
    assert "something else" in told["include.6.name"]
    lines = text.split("\n")
    assert all(f.row and lines[f.row - 1].startswith(f.column.split(".")[2]) for f in found)


def test_an_included_study_of_several_cities_is_refused(folder):
    write_province(folder / "whole")
    (found,) = faults(folder, include(("a", None), ("whole", None)))
    assert "itself a study of several cities" in found.problem


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "nul.txt",
        "a/b",
        "..",
        "x:y",
        "end.",
        "Summary.JSON",
        "tables",
        "",
        "王五 13800138000",
    ],
)
def test_names_that_cannot_be_folders_are_told(folder, name):
    named = include(("a", name))
    if not name:  # an empty name is none: the study's own is taken
        (folder / "study.toml").write_text(named, encoding="utf-8")
        assert Study.open(folder).cities[0].name == "Town a"
        return
    (found,) = faults(folder, named)
    assert found.column == "include.0.name"
    assert found.advice
    assert "13800138000" not in found.problem


def test_names_that_differ_by_capitals_or_by_how_they_are_written(folder):
    found = faults(folder, include(("a", "Café"), ("b", "CAFE\u0301"), ("c", "C")))
    assert [f.column for f in found] == ["include.1.name"]


def test_what_is_no_setting_of_several_cities_is_told(folder):
    text = include(("a", None)) + (
        '[network.walk]\npath = "x.gpkg"\n[services.meal_station]\npath = "m.csv"\n'
        "standard = { threshold_m = -1 }\nsiting = { sites = 3, budget = 5 }\n"
    )
    told = {f.column for f in faults(folder, text)}
    assert {
        "network",
        "services.meal_station.path",
        "services.meal_station.standard",
        "services.meal_station.siting",
    } <= told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sites_and_money_at_once_is_told_in_one_sentence(folder, lang):
    text = include(("a", None)).replace('"en"', f'"{lang}"')
    text += "[services.meal_station]\nsiting = { sites = 3, budget = 5 }\n"
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as refused:
        Study.open(folder)
    assert str(refused.value).count("services.meal_station.siting") == 1
    (found,) = refused.value.findings
    assert found.problem.endswith("。" if lang == "zh" else ".")
    assert found.problem[-2] not in "。."


def test_a_misspelt_include_is_told_with_what_is_meant(folder):
    (folder / "study.toml").write_text(
        include(("a", None)).replace("[[include]]", "[[includes]]"), encoding="utf-8"
    )
    with pytest.raises(StudyFileError, match=r"[Dd]id you mean .include.\?"):
        Study.open(folder)


def test_all_faults_of_all_cities_are_told_with_city_and_file(folder):
    (folder / "study.toml").write_text(
        include(("a", None), ("b", "乙"), ("c", None)), encoding="utf-8"
    )
    study_file = folder / "a" / "study.toml"
    study_file.write_text(study_file.read_text("utf-8").replace("threshold_m", "treshold_m"))
    people = folder / "b" / "people.csv"
    people.write_text(people.read_text("utf-8").replace("pop60", "heads"), encoding="utf-8")
    shutil.copy(folder / "c" / "meals.csv", folder / "c" / "kept.csv")
    (folder / "c" / "meals.csv").write_text("id,name,lon,lat\nM1,First,500,36\n", encoding="utf-8")
    report = check_study(folder)
    errors = {f.file for f in report.findings if f.severity == "error"}
    assert {"Town a/study.toml", "乙/people.csv", "Town c/meals.csv"} <= errors
    assert report.has_errors
    assert {r.path for r in report.records} >= {"乙/districts.gpkg", "Town c/people.csv"}
    assert report.written == folder / "findings.xlsx"
    with pytest.raises(StudyFileError, match=r"Town a/study\.toml") as stopped:
        Study.open(folder).run()
    assert stopped.value.exit_code == 1


def test_what_only_a_city_can_do_is_refused(folder):
    (folder / "study.toml").write_text(include(("a", None)), encoding="utf-8")
    study = Study.open(folder)
    with pytest.raises(UsageError, match="one city's own study"):
        study.suggest("meal_station", sites=1)
    with pytest.raises(UsageError, match="one city's own study"):
        study.robustness("meal_station")
    with pytest.raises(UsageError, match="No city has"):
        study.run(services=["library"])
