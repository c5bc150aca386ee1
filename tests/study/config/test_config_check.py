"""The study file: all faults at once, each with its line and the valid choices."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from geoplan.errors import StudyFileError, UsageError
from geoplan.study import Study
from geoplan.study.config.study_path import study_path
from geoplan.study.config.validate import checked, read_study_file

GOOD = """\
[study]
name = "test"
crs = "EPSG:4548"
lang = "en"

[network.walk]
path = "roads.gpkg"

[demand.elderly_60]
path = "people.csv"
weight = "pop60"

[services.meal_station]
path = "meals.csv"
demand = "elderly_60"
standard = { mode = "walk", threshold_m = 800 }
siting = { objective = "max_coverage", sites = 3 }
"""


def _study(folder: Path, text: str) -> Path:
    for name in ("roads.gpkg", "people.csv", "meals.csv"):
        (folder / name).write_text("x")
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _faults(folder: Path, text: str) -> StudyFileError:
    path = _study(folder, text)
    with pytest.raises(StudyFileError) as caught:
        checked(tomllib.loads(text), path=path, text=text)
    return caught.value


def test_a_good_study(tmp_path: Path) -> None:
    path = _study(tmp_path, GOOD)
    config = checked(read_study_file(path), path=path, text=GOOD).config
    assert config.study.crs == "EPSG:4548"
    assert config.services["meal_station"].siting is not None
    assert config.services["meal_station"].siting.sites == 3
    assert study_path(tmp_path) == path


def test_all_faults_at_once_with_lines(tmp_path: Path) -> None:
    text = (
        GOOD.replace('crs = "EPSG:4548"', 'crs = "EPSG:4326"')  # line 3: degrees
        .replace('weight = "pop60"', 'wieght = "pop60"')  # line 11: misspelt
        .replace('"meals.csv"', '"none.csv"')  # line 14: no such file
        .replace('demand = "elderly_60"', 'demand = "elderly_06"')  # line 15: no such demand
        .replace("threshold_m = 800", "threshold = 800")  # line 16: no unit
        .replace("sites = 3", "sites = -3")  # line 17: negative
    )
    error = _faults(tmp_path, text)
    lines = {f.row for f in error.findings}
    assert lines == {3, 11, 14, 15, 16, 17}
    told = str(error)
    assert "Did you mean 'weight'?" in told
    assert "Did you mean 'elderly_60'?" in told
    assert "threshold_m" in told
    assert "none.csv" in told
    assert all(f.severity == "error" and f.file == "study.toml" for f in error.findings)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('lang = "en"', 'lang = "fr"'), "可选：en, zh"),
        (("[network.walk]", "[network.bike]"), "Valid"),
        (('name = "test"\n', ""), "'study.name' is missing"),
        (("sites = 3", 'sites = 3, candidates = "parcles.gpkg"'), "neither a keyword nor a file"),
        (('objective = "max_coverage", sites = 3', 'objective = "p_median"'), "needs sites"),
        (("sites = 3", "sites = 3, phases = [2, 1]"), "each larger than the one before"),
        (("sites = 3", "sites = 3, years = [2025]"), "needs phases"),
        (
            ("sites = 3", 'sites = 3, forbidden = "park.gpkg"'),
            "siting.forbidden: The file 'park.gpkg'",
        ),
        (('crs = "EPSG:4548"', 'crs = "EPSG:99999999"'), "is not known"),
        (
            ("siting = {", 'rate = { count = ["a", "b"], money = ["c"] }\nsiting = {'),
            "'services.meal_station.rate.money' names 'c', which is not in count. Valid: a, b.",
        ),
        (('crs = "EPSG:4548"', 'crs = "EPSG:3857"'), "no metre on the ground"),
    ],
)
def test_single_faults(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    assert expected in str(_faults(tmp_path, GOOD.replace(*change)))


def test_chinese_messages(tmp_path: Path) -> None:
    error = _faults(tmp_path, GOOD.replace('lang = "en"', 'lang = "zh"\ncolour = "red"'))
    assert "没有名为“study.colour”的设置项" in str(error)


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    path = _study(tmp_path, GOOD + "\nthis is no toml\n")
    with pytest.raises(StudyFileError) as caught:
        read_study_file(path)
    assert caught.value.findings[0].row == 19


def test_no_study(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"study\.toml"):
        study_path(tmp_path)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("-1", "不能小于 0", "at least 0"),
        ("1.5", "应为整数", "a whole number"),
        ('"many"', "应为整数", "a whole number"),
        ("[1]", "应为整数", "a whole number"),
    ],
)
def test_values_are_told_in_words_of_our_own(small_folder, value, zh, en) -> None:
    text = (small_folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace("sites = 1,", f"sites = {value},")
    for lang, told in (("en", en), ("zh", zh)):
        changed = text.replace('lang = "en"', f'lang = "{lang}"')
        (small_folder / "study.toml").write_text(changed, encoding="utf-8")
        with pytest.raises(StudyFileError, match=told) as caught:
            Study.open(small_folder)
        assert "Input should" not in str(caught.value)


def test_siting_problems_that_make_no_sense_are_refused_in_the_study_s_language(
    small_folder,
) -> None:
    study = Study.open(small_folder).replace({"study.lang": "zh"})
    with pytest.raises(StudyFileError, match="目标 p_median 需要写明 sites"):
        study.replace({"services.meal_station.siting": {"objective": "p_median", "sites": None}})
    with pytest.raises(StudyFileError, match="须一期比一期多"):
        study.replace({"services.meal_station.siting": {"phases": [2, 1]}})


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("meal_station", False),
        ("养老", False),
        ("Café-2", False),
        ("../escaped", True),
        ("a/b", True),
        ("a\\\\b", True),
        (".", True),
        ("..", True),
        ("index", True),
        ("INDEX", True),
        ("nul", True),
        ("a<b", True),
        ("a b", True),
        ("a\\u0000b", True),
        ("", True),
    ],
)
def test_a_service_s_key_is_a_file_s_name(tmp_path: Path, key: str, fault: bool) -> None:
    text = GOOD.replace("[services.meal_station]", f'[services."{key}"]')
    path = _study(tmp_path, text)
    if not fault:
        assert checked(tomllib.loads(text), path=path, text=text)
        return
    assert "letters (of any script)" in str(_faults(tmp_path, text))


@pytest.mark.parametrize("section", ["areas", "demand", "background"])
def test_other_keys_name_layers(tmp_path: Path, section: str) -> None:
    more = f'[{section}."../x"]\npath = "people.csv"\n[{section}."my level"]\npath = "people.csv"\n'
    (fault,) = _faults(tmp_path, GOOD + more).findings
    assert "no dot at its ends" in fault.problem


def test_keys_that_would_be_one_file(tmp_path: Path) -> None:
    again = GOOD[GOOD.index("[services") :].replace("meal_station", "Meal_Station")
    (fault,) = _faults(tmp_path, GOOD + again).findings
    assert "differ by capitals only" in fault.problem


@pytest.mark.parametrize(
    "standard",
    [
        'quota = { level = "strete", minimum = 1 }',
        'quotas = [{ level = "strete" }]',
        'tiers = { a = { quota = { level = "strete" } } }',
        'tiers = [{ key = "a", quota = { level = "strete" } }]',
    ],
)
def test_a_quota_of_a_level_that_is_not_there(tmp_path: Path, standard: str) -> None:
    areas = '\n[areas.street]\npath = "people.csv"\n'
    text = GOOD.replace("threshold_m = 800", f"threshold_m = 800, {standard}")
    (fault,) = _faults(tmp_path, text + areas).findings
    assert "Did you mean 'street'?" in fault.advice
    # without areas nothing is judged by area
    path = _study(tmp_path, text)
    assert checked(tomllib.loads(text), path=path, text=text)
    right = text.replace("strete", "street") + areas
    assert checked(tomllib.loads(right), path=path, text=right)


def test_files_that_are_not_there_are_told_wherever_a_key_names_them(tmp_path: Path) -> None:
    text = GOOD.replace(
        "sites = 3 }", 'sites = 3, forbidden = "none.gpkg" }\nactions = { path = "moves.csv" }'
    ).replace('weight = "pop60"', 'weight = "pop60"\nprojection = { path = "later.csv" }')
    text += '\n[report]\ntemplate = "form.docx"\n'
    told = {finding.value for finding in _faults(tmp_path, text).findings}
    assert {"none.gpkg", "moves.csv", "later.csv", "form.docx"} <= told


def test_words_of_others_are_no_files(tmp_path: Path) -> None:
    text = GOOD.replace('path = "meals.csv"', 'path = "meals.csv"\ncolumns = { id = "path" }')
    path = _study(tmp_path, text)
    assert checked(tomllib.loads(text), path=path, text=text).config.services


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[services.meal_station]", '[services."-rf"]'),
        ("[services.meal_station]", '[services."--debug"]'),
        ("[demand.elderly_60]", '[demand."-60"]'),
        ("[network.walk]", '[background."-x"]\npath = "roads.gpkg"\n[network.walk]'),
    ],
)
def test_a_key_that_a_command_would_take_for_an_option_is_refused(tmp_path, old, new):
    text = GOOD.replace(old, new).replace('demand = "elderly_60"', 'demand = "-60"')
    if "-60" not in new:
        text = text.replace('demand = "-60"', 'demand = "elderly_60"')
    with pytest.raises(StudyFileError, match="no - at its start"):
        Study.open(_study(tmp_path, text))


def test_a_key_with_a_hyphen_inside_is_a_key(tmp_path):
    text = GOOD.replace("[services.meal_station]", '[services."meal-station-2"]')
    assert "meal-station-2" in Study.open(_study(tmp_path, text)).config.services
