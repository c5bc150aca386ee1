"""Errors of whole files are written in both languages, with the same facts."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from geoplan.inputs import LayerSource, read_facilities
from geoplan.inputs.files.gate.limits import Limits
from geoplan.inputs.location.datum.street_evidence import DATUM_CANDIDATES, DIRECTIONS, READINGS

WORDS = tomllib.loads(
    files("geoplan.words").joinpath("file_faults.toml").read_text(encoding="utf-8")
)
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for room in ("inputs", "crs", "study")
    for path in Path(str(files(f"geoplan.{room}"))).rglob("*.py")
)
#: sentences whose name is put together: what is found by the streets, limits
COMPOSED = (
    {f"is_{reading}" for reading in READINGS if reading not in DATUM_CANDIDATES}
    | {f"towards_{direction}" for direction in DIRECTIONS}
    | {f"limit_{one.name}" for one in dataclasses.fields(Limits)}
    | {f"{verdict}_short" for verdict in ("surely", "perhaps", "unknown")}
)


@pytest.mark.parametrize("code", sorted(WORDS))
def test_both_languages_name_the_same_facts_and_the_sentence_is_used(code):
    names = [
        {name for _, name, _, _ in Formatter().parse(WORDS[code][lang]) if name}
        for lang in ("zh", "en")
    ]
    assert names[0] == names[1]
    assert f'"{code}"' in SOURCE or f"file_faults.{code}" in SOURCE or code in COMPOSED


def test_every_fault_in_the_code_has_words():
    used = set(re.findall(r'"file_faults\.(\w+)"', SOURCE)) | COMPOSED
    assert used
    assert used <= set(WORDS)


@pytest.mark.parametrize(("lang", "words"), [("zh", "文件不存在"), ("en", "not there")])
def test_the_user_reads_it_in_the_language_of_the_study(tmp_path, lang, words):
    source = LayerSource(path=tmp_path / "no.csv", name="no.csv")
    (finding,) = read_facilities(source, key="x", crs="EPSG:4548", lang=lang).findings
    assert words in finding.problem
    assert finding.advice
