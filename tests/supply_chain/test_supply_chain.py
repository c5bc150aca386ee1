"""Dependencies are listed with their licences, known weaknesses are found without a network."""

from __future__ import annotations

import importlib.util
import json
import re
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.supply_chain.audit import concerns, weaknesses


@pytest.fixture(scope="module")
def script(checkout: Path) -> ModuleType:
    path = checkout / "docs" / "make_licences.py"
    spec = importlib.util.spec_from_file_location("make_licences", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_installed_dependency_is_listed_with_its_licence(script, lang):
    page = script.PAGES[lang].read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+?) \|$", page, flags=re.MULTILINE))
    about = script.project()
    needed = script.closure(about["dependencies"])
    assert len(needed) > len(about["dependencies"])  # theirs too
    for extra in ("test", "postgis", "cluster", "geocode"):
        needed |= script.closure(about["optional-dependencies"][extra])
    assert sorted(set(needed) - set(rows)) == [], "run python docs/make_licences.py"
    assert [name for name, text in rows.items() if text == "?"] == []


def test_what_is_needed_to_run_is_under_licences_that_an_office_may_use(script):
    copyleft = [n for n, text in script.listed()[""].items() if re.search(r"\bA?GPL", text)]
    assert copyleft == []


def test_each_dependency_has_a_lower_bound(script):
    about = script.project()
    groups = [about["dependencies"], *about["optional-dependencies"].values()]
    every = [text for group in groups for text in group]
    assert [text for text in every if ">=" not in text] == []


RANGE = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.2"}, {"fixed": "1.4.1"}]}]}


@pytest.mark.parametrize(
    ("version", "is_weak"), [("1.1.9", False), ("1.2", True), ("1.4.0", True), ("1.4.1", False)]
)
def test_a_range_ends_before_the_version_that_mends_it(version, is_weak):
    assert concerns(RANGE, version) is is_weak


def test_the_last_version_of_a_range_is_weak_and_so_is_a_named_one():
    last = {
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "2"}]}]
    }
    assert concerns(last, "2")
    assert not concerns(last, "2.0.1")
    assert concerns({"versions": ["3.0"]}, "3.0")


def test_a_database_is_searched_as_folder_and_as_zip(tmp_path):
    package = {"ecosystem": "PyPI", "name": "Some_Thing"}
    weak = {"id": "X-1", "summary": "reads too much", "affected": [{"package": package, **RANGE}]}
    gone = {**weak, "id": "X-2", "withdrawn": "2024-01-01T00:00:00Z"}
    for record in (weak, gone):
        (tmp_path / f"{record['id']}.json").write_text(json.dumps(record))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("X-1.json", json.dumps(weak))
    told = ["some-thing 1.3: X-1, reads too much"]
    installed = {"some-thing": "1.3", "other": "1.3"}
    assert weaknesses(tmp_path, installed) == told
    assert weaknesses(tmp_path / "all.zip", installed) == told
    assert weaknesses(tmp_path, {"some-thing": "2.0"}) == []
