"""Few pages: many services in one table, two on a page, all that was assumed on the first."""

from __future__ import annotations

from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn

from geoplan.coverage.ledger import STATES
from geoplan.inputs.findings.finding import Assumption
from geoplan.outputs.report.blocks import FigureBlock, Heading, Listing, Paragraph, TableBlock
from geoplan.outputs.report.chapters.gap_lists import whole_area_text
from geoplan.outputs.report.chapters.service_pages import _gap_sentence, _halves, _plan_sentence
from geoplan.outputs.report.compose import compose
from geoplan.outputs.report.word.form import styles
from geoplan.outputs.report.word.pages import laid_out
from geoplan.outputs.report.word.write_docx import write_docx
from geoplan.words.speaker import Speaker

EFFECT = {"zh": "各表的人数和站点相加。", "en": "People and sites of all sheets are added up."}


@pytest.fixture(scope="module")
def many(fakes):
    """The made-up city with seven services of places, one along lines and one of rates."""
    run = fakes.fake_run()
    meal, lines = run.services["meal_station"], run.services["boundary_marker"]
    services = {f"meal_{k}": replace(meal, key=f"meal_{k}") for k in range(7)}
    services |= {"boundary_marker": lines, "home_care": run.services["home_care"]}
    assumed = tuple(
        Assumption(
            what=f"第 {k} 件事：细节 {k}。",
            where=f"表{k % 3}.xlsx",
            count=k,
            effect=effect,
            code=f"kind_{k}",
        )
        for k, effect in enumerate([EFFECT["zh"], "缺口是上限。"] * 6)
    )
    return replace(run, services=services, assumed=assumed)


def chapters(document):
    """The blocks of each chapter of the body, by its heading's place."""
    found = []
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            if block.annex:
                break
            found.append([])
        found[-1].append(block)
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_first_page_names_every_assumption(many, lang):
    document = compose(many, Speaker(lang))
    first = chapters(document)[0]
    (listed,) = [b for b in first if isinstance(b, Listing)]
    for k in range(12):
        assert sum(f"第 {k} 件事" in item for item in listed.items) == 1
    assert not any("细节" in item for item in listed.items)
    assert all(item.endswith(("相加。", "上限。")) for item in listed.items)
    annex = [b for b in document.blocks if isinstance(b, Listing) and b.items[0].count("细节")]
    assert [len(b.items) for b in annex] == [12]  # in full, with their figures


def test_assumptions_of_one_kind_are_one_sentence(many):
    same = tuple(replace(one, code="sheets", effect=EFFECT["zh"]) for one in many.assumed)
    first = chapters(compose(replace(many, assumed=same), Speaker("zh")))[0]
    (listed,) = [b for b in first if isinstance(b, Listing)]
    (item,) = listed.items
    assert item.count(EFFECT["zh"]) == 1
    assert "12" in item  # not all twelve are named, and how many there are is said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_many_services_stand_in_one_table(many, lang):
    document = compose(many, Speaker(lang))
    first = chapters(document)[0]
    (table,) = [b for b in first if isinstance(b, TableBlock)]
    assert len(table.rows) == 8  # the service of rates has no places
    meal = many.services["meal_0"]
    row = " ".join(table.rows[0])
    for shown in (
        f"{meal.coverage.ledger.unserved:,.0f}",
        f"{meal.coverage.ledger.covered_share:.1%}",
        f"{meal.siting.people_after.covered_share:.1%}",
        f"{meal.gaps['people'].iloc[0]:,.0f}",
    ):
        assert shown in row


def test_two_short_services_share_a_page():
    assert _halves([9, 6, 6, 6, 7, 6]) == [False, True, True, True, True, False]
    assert _halves([6, 6, 6, 6]) == [False] * 4  # few: a page for each
    assert _halves([20, 20, 20, 6, 6]) == [False, False, False, True, True]


def test_a_table_beside_a_map_fits_the_page(many, whole_run, tmp_path):
    _, folder = whole_run("internal")
    picture = folder / "figures" / "meal_station_map.png"
    figures = tmp_path / "figures"
    figures.mkdir()
    for k in range(7):
        (figures / f"meal_{k}_map.png").write_bytes(picture.read_bytes())
    document = compose(many, Speaker("zh"))
    path = tmp_path / "report.docx"
    write_docx(document, path, figures=figures)
    book = docx.Document(str(path))
    beside = [b for b in document.blocks if isinstance(b, FigureBlock) and b.beside]
    shown = [b for b in beside if b.map_key.startswith("meal")]
    nested = [t for t in book.element.body.iter(qn("w:tbl")) if list(t.iter(qn("w:tbl")))[1:]]
    assert len(nested) == len(shown) > 3
    for outer in nested:
        _, inner = outer.iter(qn("w:tbl"))
        cell = outer.findall(f".//{qn('w:tcW')}")
        width = sum(int(c.get(qn("w:w"))) for c in inner.find(qn("w:tblGrid")))
        assert width <= int(cell[-1].get(qn("w:w"))) or width < 15.6 / 2.54 * 1440 / 2
        assert len(list(outer.iter(qn("w:drawing")))) == 1
        assert outer[-1].findall(qn("w:tc"))[-1][-1].tag == qn("w:p")  # Word wants a last paragraph


def test_the_body_of_nine_services_has_few_pages(many, whole_run):
    _, folder = whole_run("internal")
    picture = folder / "figures" / "meal_station_map.png"
    document = compose(many, Speaker("zh"))
    names = [b.name for b in document.blocks if isinstance(b, FigureBlock) and not b.annex]
    pages = laid_out(document.blocks, dict.fromkeys(names, picture), styles("zh"), Speaker("zh"))
    annex = next(k for k, b in enumerate(document.blocks) if getattr(b, "annex", False))
    assert pages.starts[annex] <= 9
    assert not any(isinstance(b, Paragraph) and not b.text for b in document.blocks)


def test_words_go_by_their_number():
    speaker = Speaker("en")
    one = speaker.say("report.plan_sites", sites="1", services=1, markers="", refs="")
    many = speaker.say("report.plan_sites", sites="1,200", services=3, markers="", refs="")
    assert one == "1 new site is proposed, for 1 service."
    assert many == "1,200 new sites are proposed, for 3 services."


def test_a_short_table_names_the_areas_of_a_gap(many):
    district = str(many.areas["district"].names.iloc[0])
    assert whole_area_text(f"{district} 甲村等5处", many) == district
    assert whole_area_text(f"{district}外 甲村", many) == f"{district}外甲村"
    assert whole_area_text("甲乙线 K9+974至K13+156", many) == "甲乙线"
    assert whole_area_text("Line 4 K9+974 to K13+156", many) == "Line 4"


def test_a_name_of_invisible_characters_alone_is_no_area_of_a_gap(many):
    layer = many.areas["district"]
    frame = layer.frame.copy()
    frame["name"] = ["东区", *["\u200b"] * (len(frame) - 1)]
    nameless = replace(many, areas=many.areas | {"district": replace(layer, frame=frame)})
    assert whole_area_text("东区", nameless) == "东区"
    assert whole_area_text("东区 甲村等5处", nameless) == "东区"
    assert whole_area_text("\u200b", nameless) == ""


def test_what_follows_the_services_takes_no_room_from_the_last_map(many, whole_run):
    """Chapters go on behind the last service, on the next page if need be: its map stays large."""
    _, folder = whole_run("internal")
    picture = folder / "figures" / "meal_station_map.png"

    def height(run):
        document = compose(run, Speaker("zh"))
        names = [b.name for b in document.blocks if isinstance(b, FigureBlock)]
        files = dict.fromkeys(names, picture)
        return laid_out(document.blocks, files, styles("zh"), Speaker("zh")).heights["meal_0_map"]

    one = replace(many, services={"meal_0": many.services["meal_0"]})
    bare = replace(one.services["meal_0"], siting=None)  # less to propose
    assert height(one) == pytest.approx(height(replace(one, services={"meal_0": bare})), abs=2)
    assert height(one) > 7


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ({"cut_off": 60.0, "no_service": 30.0}, "30 cut off (no service), 60 whose"),
        ({"cut_off": 90.0}, "90 whose"),
        ({"no_service": 90.0}, "90 cut off (no service)"),
        ({}, "90 cut off (no service)"),
    ],
)
def test_by_public_transport_the_streets_share_of_the_cut_off_is_to_be_checked(many, people, told):
    service = next(s for s in many.services.values() if s.coverage is not None)
    frame = service.coverage.frame.copy()
    frame["people"], frame[list(STATES)] = 0.0, 0.0
    frame.loc[frame.index[0], ["people", "cut_off"]] = 90.0
    gaps = service.gaps.iloc[: len(people)].copy()
    gaps["cause"], gaps["people"] = list(people), list(people.values())
    standard = replace(service.standard, mode="transit", threshold_m=None, threshold_min=30)
    coverage = replace(service.coverage, frame=frame, standard=standard)
    timed = replace(service, coverage=coverage, standard=standard, gaps=gaps)
    text = _gap_sentence(timed, Speaker("en"))
    assert told in text
    assert ("to be checked" in text or "must be checked" in text) == ("cut_off" in people)
    assert ("no service" in text) == ("no service" in told)


@pytest.mark.parametrize(
    ("change", "told"), [(-30.0, "30 fewer people are served"), (30.0, "would serve 30 more")]
)
def test_fewer_people_served_are_no_gain(many, change, told):
    service = next(s for s in many.services.values() if s.siting is not None)
    before = service.coverage.ledger
    after = replace(before, served=before.served + change, beyond=before.beyond - change)
    siting = replace(service.siting, people_after=after)
    for lang, least in (("en", told), ("zh", "30 人")):
        said = _plan_sentence(many, replace(service, siting=siting), Speaker(lang))
        assert least in said
        assert "-30" not in said
