"""Columns that answer yes or no, in the words of offices of any language, by one table."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from geoplan.coverage.equity import urban_or_rural
from geoplan.coverage.quota import designated_rows
from geoplan.inputs.columns.status.read_status import StatusWords
from geoplan.inputs.columns.yes_no import answer, says_yes
from geoplan.inputs.layers import FacilityLayer
from geoplan.network.builders.tagging.makers import says_no, says_yes as street_says_yes
from geoplan.study import Study
from geoplan.study.example import write_example

YES = ("是", "有", "Y", "true", "√", "✓", "1", "1.0", "Ｙｅｓ", "oui", "да", "예", "Sí", "对")
NO = ("否", "无", "無", "没有", "N", "false", "×", "✗", "0", "NO", "non", "нет", "아니오", "não")


@pytest.mark.parametrize(("words", "meant"), [(YES, True), (NO, False)])
def test_every_column_that_asks_knows_the_same_words(words, meant):
    for word in words:
        assert answer(word) is meant, word
        assert StatusWords().answer(word) is meant, word
        assert street_says_yes(word) is meant, word
        assert says_no(word) is not meant, word
        assert urban_or_rural(pd.Series([word])).tolist() == ["urban" if meant else "rural"], word
    assert says_yes(pd.Series(words)).tolist() == [meant] * len(words)


def test_designated_staff_are_read_by_the_same_table():
    frame = pd.DataFrame(
        {"name": "a", "capacity": 1.0, "tier": "x", "designated": ["√", "×", True, None, "无", 1]}
    )
    layer = FacilityLayer(key="x", frame=gpd.GeoDataFrame(frame, geometry=[None] * 6, crs=4548))
    assert designated_rows(layer).tolist() == [True, False, True, False, False, True]


def test_a_word_that_is_neither_is_told_and_counts_as_no(tmp_path):
    folder = write_example(tmp_path)
    meals = pd.read_csv(folder / "meals.csv", dtype=str)
    meals = pd.concat([meals, meals.assign(id="M9", name="Second")], ignore_index=True)
    meals["designated"] = ["看情况", "是"]
    meals.to_csv(folder / "meals.csv", index=False)
    read = Study.open(folder).check()
    (told,) = [f for f in read.findings if f.code == "flag_unclear"]
    assert "看情况" in told.problem
    assert told.severity == "warning"
    sites = read.facilities["meal_station"].frame
    assert sites["designated"].tolist()[:2] == [False, True]
