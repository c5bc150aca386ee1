"""A study of another city says no word of Jinan: every byte of every output is searched."""

from __future__ import annotations

import re
from importlib.resources import files

import pandas as pd
import pytest

from geoplan.outputs import export_run
from geoplan.services import load_catalogue
from geoplan.study import Study, check_study, new_study
from geoplan.study.example import STUDY, write_example
from tests.planting.unpack import everything, texts

#: what only Jinan's studies say: its names, its newspaper, its published counts
WORDS = ("济南", "泉城", "Jinan", "jinan", "Quancheng", "1+166+N", "1 + 166", "1,114", "1114元")

REACH = ("elderly_centre", "child_protection_station", "shelter", "mental_health_home")
MORE_REACH = ("marriage_registry", "funeral_site", "aid_window")
RATES = {
    "home_care": ("home_beds", "visits"),
    "allowances": ("advanced_age", "hardship"),
    "community_funds": ("funds", "money_yuan"),
}
FIGURES = ("demand.elderly_60", "shelter.facilities.haven", "lottery_fund.money_yuan")


def write_city(folder, *, name, lang):
    """Every service of the catalogue by its own words, in the example's streets."""
    write_example(folder)
    meals = pd.read_csv(folder / "meals.csv").assign(tier="haven")
    meals.to_csv(folder / "shelters.csv", index=False)
    numbers = {column: [10, 20] for columns in RATES.values() for column in columns}
    pd.DataFrame({"code": ["1", "2"], **numbers}).to_csv(folder / "rates.csv", index=False)
    text = STUDY.replace('name = "Small"', f'name = "{name}"').replace('"en"', f'"{lang}"')
    text += '\n[network.drive]\npath = "streets.gpkg"\nspeed_m_s = 8.0\n'
    for key in (*REACH, *MORE_REACH):
        path = "shelters.csv" if key == "shelter" else "meals.csv"
        text += f'\n[services.{key}]\npath = "{path}"\ndatum = "wgs84"\ndemand = "elderly_60"\n'
    for key, columns in RATES.items():
        text += f'\n[services.{key}]\npath = "rates.csv"\ndemand = "elderly_60"\n'
        text += f"rate = {{ count = {list(columns)} }}\n".replace("'", '"')
    text += "\n[services.lottery_fund]\nfund = { money = 1_000_000, years = [2025] }\n"
    text += '\n[services.boundary_marker]\npath = "meals.csv"\ndatum = "wgs84"\n'
    text += 'lines = "streets.gpkg"\n'
    for key in FIGURES:
        text += f'\n[[figures]]\nkey = "{key}"\npublished = 300\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def said_of_jinan(text):
    return [text[max(text.find(w) - 60, 0) :][:120] for w in WORDS if w in text]


FEW = ["shelter", "home_care", "lottery_fund"]


@pytest.mark.parametrize(
    ("name", "lang", "services"), [("青岛市", "zh", None), ("Porto Alegre", "en", FEW)]
)
def test_no_output_of_another_city_says_a_word_of_jinan(tmp_path, name, lang, services):
    folder = write_city(tmp_path / "city", name=name, lang=lang)
    report = check_study(folder)
    assert not [f for f in report.to_dict()["findings"] if f["severity"] == "error"]
    plan = Study.open(folder).run(services=services)
    assert set(plan.services) == set(services or load_catalogue())
    out = plan.save(tmp_path / "out")
    for ending in ("geojson", "kml", "xlsx", "csv"):
        export_run(out, format=ending, out=out / f"export_{ending}")
    pictures = "\n".join(t for path in out.rglob("*.png") for t in texts(path))
    said = "\n".join([str(report.to_dict()), plan.summary(), everything(out), pictures])
    assert name in said
    assert len(said) > 100_000
    assert not said_of_jinan(said)


def test_the_demo_city_is_found_by_the_same_search():
    text = files("geoplan.demo_city").joinpath("study.toml").read_text(encoding="utf-8")
    assert len(said_of_jinan(text)) > 4


def test_an_empty_study_and_what_readers_see_name_no_city(tmp_path):
    for path in new_study(tmp_path / "city"):
        assert not said_of_jinan("\n".join(texts(path)))
    for room in ("words", "services"):
        for path in sorted(files(f"geoplan.{room}").iterdir(), key=str):
            if path.name.endswith(".toml"):
                assert not said_of_jinan(path.read_text(encoding="utf-8")), path.name


def test_a_study_gives_its_own_names_targets_figures_and_words(tmp_path):
    folder = write_city(tmp_path / "city", name="青岛市", lang="zh")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    meals = pd.read_csv(folder / "meals.csv").assign(tier="琴岛驿站")
    meals.to_csv(folder / "shelters.csv", index=False)
    text = text.replace(
        "[services.shelter]\n",
        '[services.shelter]\nname = "琴岛驿站网络"\nname_en = "Qindao posts"\n'
        'standard = { source = "本市规划", year = 2024, '
        'quota = { level = "district", target_share = 0.5 }, '
        'tiers = { haven = { name_zh = "驿站", aliases = ["琴岛驿站"] } } }\n',
    )
    text = re.sub(
        r'key = "shelter.facilities.haven"\npublished = 300',
        'key = "shelter.facilities.haven"\npublished = 2\ndefinition = "at_least"\n'
        'source = "本市公报"\nlabel = "驿站数"',
        text,
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    plan = Study.open(folder).run(services=["shelter"])
    standard = plan.services["shelter"].standard
    assert (standard.name("zh"), standard.name("en")) == ("琴岛驿站网络", "Qindao posts")
    assert (standard.source, standard.year) == ("本市规划", 2024)
    assert standard.quotas[0].target_share == 0.5
    assert standard.tier("haven").name_zh == "驿站"
    assert standard.tier("rescue_station").threshold_min == 30
    figure = plan.results.figures.set_index("key").loc["shelter.facilities.haven"]
    assert figure[["label", "source", "computed"]].tolist() == ["驿站数", "本市公报", 1.0]
    assert "不低于" in figure["cause"] or "低于" in figure["cause"]


def test_a_figure_without_a_name_is_called_as_the_catalogue_calls_it(tmp_path):
    plan = Study.open(write_city(tmp_path / "city", name="青岛市", lang="zh")).run(
        services=["shelter"]
    )
    assert plan.results.figures["label"].tolist() == ["60岁及以上人口", "救助服务点"]
