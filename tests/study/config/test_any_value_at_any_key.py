"""Any value of any kind at any key of a study or overlay: a study, or a sentence with its key."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from geoplan.errors import GeoplanError, StudyFileError, UsageError
from geoplan.study import Study, apply_overlay
from geoplan.study.config.schema import StudyFile
from geoplan.study.example import write_example
from tests.fuzz.schema_places import THERE, places

STANDARD = ("mode", "threshold_m", "threshold_min", "measure", "group", "quota", "quotas", "tiers")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study.open(write_example(tmp_path_factory.mktemp("any") / "small"))


WHAT_IF = [
    ("what_if", *more)
    for name in ("slower_walkers", "people", "closed", "opened", "links", "standards")
    for more in ((name,), *((name, key) for key in THERE.values()))
]
PLACES = [
    *places(StudyFile),
    *(("services", "meal_station", "standard", name) for name in STANDARD),
    *WHAT_IF,
]
SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 2**63, 10**30, 10**400]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", ".", "..", "/dev/null", "a\0b", "长" * 6000, "x", "people.csv", "\ud800"]),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.sampled_from([None, datetime.UTC])),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["x", "", "district", "level", "a\0", "路"]), inner),
    ),
    max_leaves=5,
)


@settings(max_examples=600, deadline=None)
@given(where=st.sampled_from(PLACES), value=VALUES)
def test_it_is_a_study_or_a_sentence(study: Study, where: tuple[str, ...], value: Any) -> None:
    overlay = value
    for key in reversed(where):
        overlay = {key: overlay}
    told = None
    try:
        changed = apply_overlay(study, overlay)
    except (StudyFileError, UsageError) as error:
        told = error
    if told is None:
        assert changed.config.model_dump()
        return
    assert told.exit_code in (1, 2)
    assert len(str(told)) < 20_000
    if isinstance(told, StudyFileError):
        assert all(f.problem and f.column for f in told.findings)


@pytest.mark.parametrize("value", [{}, [], 1, {"x": "x"}])
def test_a_list_of_services_holds_names(study: Study, value: Any) -> None:
    with pytest.raises(StudyFileError) as caught:
        apply_overlay(study, {"shared_buildings": {"services": ["meal_station", value]}})
    assert any(f.column.startswith("shared_buildings.services") for f in caught.value.findings)


OVERLAYS = {
    "people = 3": ("people", 2),
    'closed = "x"': ("closed", 2),
    "links = nan": ("links", 2),
    'standards.meal_station = "/dev/null"': ("standards.meal_station", 2),
    "standards.meal_station = { threshold_m = nan }": ("standards.meal_station", 2),
    "standards.meal_station = { speed = 3 }": ("standards.meal_station", 2),
    "slower_walkers = true": ("slower_walkers", 2),
    "slower_walkers = inf": ("slower_walkers", 2),
    "people = { elderly_60 = -1 }": ("people.elderly_60", 2),
    'people = { elderly_60 = "1.2x" }': ("people.elderly_60", 2),
    "people = { nobody = 1.2 }": ("people.nobody", 2),
    "closed = { meal_station = [1] }": ("closed.meal_station.0", 2),
    'closed = { meal_station = "First" }': ("closed.meal_station", 2),
    'links = { walk = "nowhere.gpkg" }': ("links.walk", 2),
    "links = { walk = [] }": ("links.walk", 2),
    "opened = { meal_station = 3 }": ("opened.meal_station", 2),
    "faster = 2": ("faster", 2),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("line", OVERLAYS)
def test_a_what_if_is_told_by_key_and_line(study: Study, tmp_path: Path, line, lang) -> None:
    key, row = OVERLAYS[line]
    file = tmp_path / "what.toml"
    file.write_text(f"[what_if]\n{line}\n", encoding="utf-8")
    with pytest.raises(StudyFileError) as caught:
        study.replace({"study.lang": lang}).overlay(file)
    (found,) = caught.value.findings
    assert (found.file, found.column, found.row) == ("what.toml", f"what_if.{key}", row)
    assert caught.value.exit_code == 1


TEXTS = {
    "lists in one another": 'name = "Small"\nx = ' + "[" * 9000 + "]" * 9000,
    "tables in one another": 'name = "Small"\nx = ' + "{a=" * 5000 + "1" + "}" * 5000,
    "dotted keys": 'name = "Small"\n' + ".".join("a" * 3000) + " = 1",
    "a number of thousands of digits": 'name = "Small"\nseed = ' + "9" * 5000,
    "a sign that no document shows": 'name = "Sm\\u0000all"',
    "an endless name": 'name = "' + "长" * 500 + '"',
    "no date": 'name = "Small"\ndata_date = 9999-99-99',
}


@pytest.mark.parametrize("what", TEXTS)
def test_odd_texts_end_in_a_sentence(tmp_path: Path, what: str) -> None:
    folder = write_example(tmp_path / "small")
    file = folder / "study.toml"
    written = file.read_text(encoding="utf-8").replace('name = "Small"', TEXTS[what])
    file.write_text(written, encoding="utf-8")
    with pytest.raises(GeoplanError) as caught:
        Study.open(folder)
    assert caught.value.exit_code == 1
    assert "study.toml" in str(caught.value)
