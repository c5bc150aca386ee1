"""What no input says: from a finding to the summary, the terminal and the report's first page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geoplan.disclosure import edition
from geoplan.inputs import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Assumption, InputRecord, assumptions
from geoplan.outputs.maps.content import page_meta
from geoplan.outputs.report.blocks import Heading, Listing
from geoplan.outputs.report.compose import compose
from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.outputs.summary.summary_text import summary_text
from geoplan.outputs.wording import assumption_text, assumptions_about
from geoplan.words.speaker import Speaker
from tests.fake_results import fake_run


def _assumption(number: int = 0) -> Assumption:
    return Assumption(
        what=f"Capacity of {number} sites is not known.",
        where="C:\\office\\sites.csv",
        count=number,
        effect="They serve nobody here.",
        code="capacity_unknown",
    )


def _collector(lang: str = "en") -> FindingCollector:
    return FindingCollector(source=LayerSource(path="x/sites.csv", name="sites.csv"), lang=lang)


def test_a_finding_that_assumes_says_what_it_does_to_the_numbers() -> None:
    collector = _collector()
    collector.about_file("assumed_wgs84", "note", assumed=True, count=7)
    (found,) = assumptions(collector.findings)
    assert found.where == "sites.csv"
    assert found.count == 7
    assert "WGS 84" in found.what
    assert "people served" in found.effect


def test_a_finding_that_assumes_nothing_is_no_assumption() -> None:
    collector = _collector()
    collector.about_file("assumed_wgs84", "note", count=7)
    assert assumptions(collector.findings) == ()


def test_the_same_assumption_is_listed_once() -> None:
    collector = _collector()
    for _ in range(2):
        collector.about_file("assumed_wgs84", "note", assumed=True, count=7)
    assert len(assumptions(collector.findings)) == 1


def test_summary_lists_what_where_count_and_effect() -> None:
    results = replace(fake_run(), assumed=(_assumption(3),))
    assert summary_dict(results)["assumed"] == [
        {
            "what": "Capacity of 3 sites is not known.",
            "where": "C:\\office\\sites.csv",
            "count": 3,
            "effect": "They serve nobody here.",
        }
    ]
    assert summary_dict(fake_run())["assumed"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_terminal_prints_each(lang: str) -> None:
    results = replace(fake_run(), assumed=(_assumption(3), _assumption(4)))
    text = summary_text(results, lang)
    assert "Capacity of 3 sites" in text
    assert "Capacity of 4 sites" in text


def test_a_section_of_the_study_is_called_by_its_services_name() -> None:
    results = fake_run()
    one = replace(_assumption(2), where="services.meal_station.siting")
    name = results.services["meal_station"].name("en")
    text = assumption_text(one, Speaker("en"), results.services)
    assert text.startswith(f"{name}: Capacity of 2 sites")


@pytest.mark.parametrize("audience", ["internal", "public"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_reports_first_chapter_lists_them(lang: str, audience: str) -> None:
    results = replace(fake_run(), assumed=tuple(_assumption(k) for k in range(1, 12)))
    blocks = compose(edition(results, audience=audience), Speaker(lang)).blocks
    chapters = [k for k, block in enumerate(blocks) if isinstance(block, Heading)]
    first = blocks[chapters[0] : chapters[1]]
    items = [item for block in first if isinstance(block, Listing) for item in block.items]
    (told,) = [item for item in items if "They serve nobody here." in item]  # of one kind: one item
    assert all(f"Capacity of {k} sites" in told for k in (1, 2, 3))
    assert "11" in told  # how many there are of the kind
    assert "office" not in told  # the file's name, not its folder


def test_a_map_lists_what_bears_on_its_service_alone() -> None:
    results = fake_run()
    mine, other = [*results.services][:2]
    files = {
        "mine.csv": f"services.{mine}",
        "other.csv": f"services.{other}",
        "both.csv": f"services.{other}, services.{mine}",
        "people.csv": "demand.elderly_60",
        "streets.gpkg": "network.walk",
    }
    records = tuple(
        InputRecord(path=path, role=role, sha256="0", rows=1, accepted=1, set_aside=0, warned=0)
        for path, role in files.items()
    )
    places = [*files, f"services.{mine}.siting", f"services.{other}.siting", "study.toml"]
    assumed = tuple(replace(_assumption(3), where=place) for place in places)
    results = replace(results, inputs=records, assumed=assumed)
    assert [one.where for one in assumptions_about(results, mine)] == [
        *("mine.csv", "both.csv", "people.csv", "streets.gpkg"),
        *(f"services.{mine}.siting", "study.toml"),
    ]
    meta = page_meta(results, mine, Speaker("en"))
    assert len(meta["assumed"]) == 6
    assert "6" in meta["assumed_head"]
