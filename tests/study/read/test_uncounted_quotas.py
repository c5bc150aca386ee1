"""A quota of an area level that the study has no areas of is told, since nothing counts it."""

from __future__ import annotations

import re

import pytest

from geoplan.study import Study
from geoplan.study.example import write_example


def _without_areas(folder, lang="en"):
    write_example(folder)
    path = folder / "study.toml"
    text = re.sub(r"\[areas[^\[]*(?=\[)", "", path.read_text(encoding="utf-8"))
    path.write_text(text.replace('lang = "en"', f'lang = "{lang}"'), encoding="utf-8")
    return Study.open(folder)


@pytest.mark.parametrize(("lang", "words"), [("en", "no areas of that level"), ("zh", "未核对")])
def test_a_quota_without_areas_is_told(tmp_path, lang, words):
    read = _without_areas(tmp_path, lang).check()
    (told,) = [f for f in read.findings if f.code == "quota_uncounted"]
    assert told.severity == "warning"
    assert words in told.problem
    assert "district" in told.problem
    assert "district" in told.advice


def test_a_quota_with_areas_is_not_doubted(tmp_path):
    read = Study.open(write_example(tmp_path)).check()
    assert not [f for f in read.findings if f.code == "quota_uncounted"]
