"""What a reader sees first: whose share it is, what is counted, and the report's first page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from geoplan.disclosure import edition
from geoplan.outputs.maps import service_map
from geoplan.outputs.report.blocks import Heading, Listing, TableBlock
from geoplan.outputs.report.chapters.highlights import highlights
from geoplan.outputs.report.chapters.service_chapter import service_blocks
from geoplan.outputs.report.compose import compose
from geoplan.words.speaker import Speaker

OLD = {"zh": "60岁及以上老年人", "en": "people of 60 and over"}


@pytest.fixture(scope="module")
def results(fakes):
    """The made-up city, with names of its people and two counts of the rate service."""
    run = fakes.fake_run()
    services = dict(run.services)
    services["meal_station"] = replace(services["meal_station"], people_names=OLD)
    home = services["home_care"]
    more = home.rates.assign(count=home.rates["count"] * 2, rate=home.rates["rate"] * 2)
    services["home_care"] = replace(
        home,
        people_names=OLD,
        all_rates={"beds": home.rates, "visits": more},
        rate_names={"beds": "家庭床位", "visits": "上门探访"},
    )
    return replace(run, services=services)


def head_of(results, key, lang):
    page = service_map(results, key, lang=lang).page
    data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return json.loads(data.group(1))


def test_a_map_says_whose_share_it_is(results):
    assert head_of(results, "meal_station", "zh")["headline"]["label"] == "60岁及以上老年人覆盖率"
    assert "people of 60 and over" in head_of(results, "meal_station", "en")["headline"]["label"]
    # a study that does not name its people
    assert head_of(results, "elderly_centre", "zh")["headline"]["label"] == "人口覆盖率"


def test_a_map_of_rates_says_what_it_counts_and_what_else_is_counted(results):
    data = head_of(results, "home_care", "zh")
    head = data["headline"]
    assert head["label"].startswith("家庭床位")
    assert data["meta"]["measure_name"] == "家庭床位"
    assert ["上门探访", "376，每 1,000 人 5.88"] in head["facts"]
    assert ["60岁及以上老年人", "64,000"] in head["facts"]
    assert any("家庭床位" in note for note in data["meta"]["notes"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_opens_with_what_was_found(results, lang):
    blocks = compose(results, Speaker(lang)).blocks
    assert isinstance(blocks[0], Heading)
    assert isinstance(blocks[1], Listing)
    lines = dict(zip(results.services, blocks[1].items, strict=True))
    meal = results.services["meal_station"]
    ledger, after = meal.coverage.ledger, meal.siting.people_after
    for shown in (
        OLD[lang],
        f"{ledger.unserved:,.0f}",
        f"{ledger.covered_share:.1%}",
        f"{after.covered_share:.1%}",
        meal.gaps["area"].iloc[0],
        f"{meal.gaps['people'].iloc[0]:,.0f}",
    ):
        assert shown in lines["meal_station"]
    assert "9.8" in lines["boundary_marker"]
    assert "188" in lines["home_care"]
    standards = next(b for b in blocks if isinstance(b, TableBlock) and len(b.heads) == 5)
    assert standards.rows[0][1] == OLD[lang]


def test_the_first_page_withholds_what_the_edition_withholds(results):
    public = edition(results, audience="public")
    assert public.services["meal_station"].people_names == OLD
    opening = next(b for b in compose(public, Speaker("zh")).blocks if isinstance(b, Listing))
    line = opening.items[0]
    assert f"{results.services['meal_station'].gaps['people'].iloc[0]:,.0f} 人" not in line


FULL = {
    "zh": ("全部达标至少需增设", "全部达标"),
    "en": ("full coverage takes at least 4", "full cov"),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("objective", "answer", "proof"),
    [
        ("min_sites", {}, None),
        ("min_sites", {"status": "feasible", "gap": 0.25}, "25"),
        ("min_sites", {"gap": 0.01}, ""),  # optimal within the gap that was asked
        ("min_sites", {"detail": {"share": 0.9}}, ""),
        ("max_coverage", {}, ""),  # as many as a budget pays
    ],
)
def test_full_coverage_takes_at_least_so_many_only_where_proved(
    results, lang, objective, answer, proof
):
    """`proof` None: proved and asked for; else what is shown of the answer beside the count."""
    siting = results.services["meal_station"].siting
    asked = replace(siting.result, **{"objective": objective} | answer)
    siting = replace(siting, objective=objective, result=asked, curve=None, robustness=None)
    border = replace(results.services["boundary_marker"], siting=siting)
    line = next(highlights(replace(results, services={"boundary_marker": border}), Speaker(lang)))
    chapter = [
        block.text
        for block in service_blocks(results, border, Speaker(lang))
        if hasattr(block, "text")
    ]
    (shown,) = [
        text
        for text in chapter
        if "点位（" in text or "suggested (" in text or "至少需要增设" in text or "At least" in text
    ]
    sure, full = FULL[lang]
    assert (sure in line) == (proof is None)
    if proof is not None:
        status = Speaker(lang).status(asked.status, asked.gap)
        assert proof in status
        for text in (line, shown):
            assert full not in text
            assert status in text
            assert "4" in text


def test_a_chapter_that_is_not_needed_leaves_no_hole(results):
    for run in (results, replace(results, figures=results.figures.iloc[:0])):
        heads = [b for b in compose(run, Speaker("en")).blocks if isinstance(b, Heading)]
        chapters = [head.text for head in heads if head.level == 1 and not head.annex]
        numbers = [int(text.partition(".")[0]) for text in chapters]
        assert numbers == list(range(1, len(numbers) + 1))


def test_files_are_shown_by_what_they_are_for_and_without_the_computers_folders(results):
    record = replace(
        results.inputs[0], path="/srv/office/people.csv", role="demand.a, areas.street"
    )
    other = replace(results.inputs[0], path="C:\\office\\sites.csv", role="services.meal_station")
    same = replace(other, role="network.walk")
    blocks = compose(replace(results, inputs=(record, other, same)), Speaker("en")).blocks
    table = next(b for b in blocks if isinstance(b, TableBlock) and b.heads[1] == "Used for")
    assert [row[:2] for row in table.rows] == [
        ("people.csv", "people, areas: street or town"),
        ("sites.csv", "Meal stations"),
        ("sites.csv", "streets, on foot"),
    ]
    said = [b.text for b in blocks if hasattr(b, "text")]
    assert any("3 layers were read from 2 files" in text for text in said)
