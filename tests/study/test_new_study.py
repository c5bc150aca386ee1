"""Empty studies in Chinese and English ask for the same."""

from __future__ import annotations

import re
import tomllib

import pytest

from geoplan.study import check_study, new_study
from geoplan.study.config.siting_section import SharedBuildingsSection, SitingSection
from geoplan.study.template import TEMPLATES


def keys(table, before=()):
    for key, value in table.items():
        yield (*before, key)
        if isinstance(value, dict):
            yield from keys(value, (*before, key))


def uncommented(path):
    """The study with every commented setting switched on."""
    lines = path.read_text(encoding="utf-8").splitlines()
    setting = re.compile(r"# (\[+[\w.]+\]+|[a-z_]+ = .*)")
    on = [line[2:] if setting.match(line) else line for line in lines]
    return tomllib.loads("\n".join(on))


def test_both_languages_have_the_same_settings(tmp_path):
    chinese, english = (new_study(tmp_path / lang, lang=lang)[0] for lang in ("zh", "en"))
    found = [uncommented(path) for path in (chinese, english)]
    # the English one names what is read in English
    own = {("services", key, "name") for key in ("shelter", "library")}
    own |= {("services", "shelter", "name_en"), ("services", "library", "name_en")}
    own |= {
        ("services", "shelter", "standard", "tiers", "haven", n) for n in ("name_zh", "name_en")
    }
    assert set(keys(found[0])) - own == set(keys(found[1])) - own
    assert len(set(keys(found[0]))) > 60
    assert list(found[0]["services"]) == list(found[1]["services"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_template_is_named_by_the_study_and_read_without_an_error(tmp_path, lang):
    study, *tables = new_study(tmp_path / lang, lang=lang)
    text = study.read_text(encoding="utf-8")
    assert tomllib.loads(text)["study"]["lang"] == lang
    assert {path.name for path in tables} == set(TEMPLATES[lang])
    assert all(f'"{path.name}"' in text for path in tables)
    report = check_study(study)
    read = {one["path"] for one in report.to_dict()["inputs"]}
    assert len(read) == 3
    files = {f.file for f in report.findings if f.severity == "error"}
    assert files <= {"study.toml"}  # no streets and no service yet


def test_the_english_study_is_in_english(tmp_path):
    for path in new_study(tmp_path / "en", lang="en"):
        assert not re.search("[\u4e00-\u9fff]", path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_study_shows_tiers_shared_buildings_and_capacities_of_candidates(tmp_path, lang):
    study = new_study(tmp_path / lang, lang=lang)[0]
    shared = SharedBuildingsSection(**uncommented(study)["shared_buildings"])
    assert set(shared.services) <= set(uncommented(study)["services"])
    text = study.read_text(encoding="utf-8")
    tiers = tomllib.loads(re.search(r"siting = \{ tiers = .*\} \}", text)[0])["siting"]
    assert SitingSection(**tiers).tiers == {"district_centre": 1, "street_facility": 20}
    candidates = re.search(r"candidates = \"parcels\.gpkg\"", text)[0]
    capacity = re.search(r"capacity = \"seats\"", text)[0]
    own = tomllib.loads(f"{candidates}\n{capacity}")
    assert SitingSection(sites=10, **own).capacity == "seats"
