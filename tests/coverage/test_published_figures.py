"""Published beside computed: agreement to the published precision, and a likely cause."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pandas as pd
import pytest

from geoplan.coverage.published_figures import DEFINITIONS, compare_figures, precision
from geoplan.errors import UsageError


def cause(key, published, computed, definition="", lang="en", **more):
    row = {"published": published, "definition": definition, **more}
    table = pd.DataFrame([row], index=[key])
    return compare_figures(table, {key: computed}, lang=lang)["cause"].iloc[0]


def test_numbers_agree_to_the_precision_that_the_published_one_is_written_with():
    assert cause("x.facilities", 41, 41.0) == "agrees"
    assert cause("x.covered_share", 0.43, 0.4287).startswith("agrees")
    assert not cause("x.covered_share", 0.43, 0.4360).startswith("agrees")
    assert cause("x.places", 24_000, 23_960, "rounded").startswith("agrees")
    assert not cause("x.places", 24_000, 23_400, "rounded").startswith("agrees")
    assert not cause("x.facilities", 400, 399).startswith("agrees")
    assert cause("x.places", 1600, 1700, "at_least").startswith("agrees")
    assert cause("x.places", 1600, 1500, "at_least").startswith("below")
    assert precision(9_902_800, rounded=True) == 100


def test_the_likely_cause_goes_by_what_the_figure_is():
    assert "duplicates" in cause("x.facilities", 161, 163)
    assert "set aside" in cause("x.facilities.station", 161, 159)
    assert "under construction" in cause("x.facilities", 11, 13, "built_only")
    assert cause("demand.elderly_60", 1_837_112, 1_800_000).startswith("people of another year")
    assert "numerator" in cause("x.areas.village.with_site_share", 0.43, 0.5)
    assert cause("x.other", 5, 6, note="两处在建", lang="zh") == "两处在建"
    assert cause("x.facilities", 161, float("nan"), lang="zh") == "本研究没有可对照的数据"


def test_the_figures_of_the_demo_city_can_be_compared_in_both_languages():
    text = files("geoplan.demo_city").joinpath("study.toml").read_text(encoding="utf-8")
    figures = pd.DataFrame(tomllib.loads(text)["figures"]).set_index("key").fillna("")
    figures = figures.rename(columns={"label": "label_zh", "note": "note_zh"})
    computed = dict(figures["published"] * 1.01)
    del computed["meal_station.facilities.up_to_standard"]
    zh = compare_figures(figures, computed, lang="zh")
    en = compare_figures(figures, computed, lang="en")
    assert zh["key"].tolist() == figures.index.tolist()
    assert zh["computed"].isna().sum() == 1
    assert (zh["cause"] != "").all()
    assert zh.set_index("key").loc["shelter.facilities.haven", "difference"] == pytest.approx(1.66)
    assert not en["cause"].str.contains("[\u4e00-\u9fff]").any()
    assert not en["label"].str.contains("[\u4e00-\u9fff]").any()
    assert not en["source"].str.contains("[\u4e00-\u9fff]").any()


def test_faults_name_the_valid_definitions():
    with pytest.raises(UsageError, match="rounded, at_least"):
        cause("x", 1, 2, "approximately")
    with pytest.raises(UsageError, match="'published'"):
        compare_figures(pd.DataFrame({"a": [1]}), {})


def test_sentences_exist_in_both_languages_with_the_same_fields():
    import re

    text = files("geoplan.words").joinpath("coverage.toml").read_text(encoding="utf-8")
    for key, entry in tomllib.loads(text).items():
        places = {lang: set(re.findall(r"{(\w+)}", entry[lang])) for lang in ("zh", "en")}
        assert places["zh"] == places["en"], key
    words = tomllib.loads(text)
    assert all(f"figure_{d}" in words for d in DEFINITIONS if d)


def test_no_published_figure_is_an_empty_table():
    empty = pd.DataFrame(columns=["published", "label_zh", "source"])
    assert compare_figures(empty, {"a": 1.0}).empty
