"""What a leader sees at first: areas, ten gaps, numbered sites; then links, presets, counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geoplan.disclosure import edition
from geoplan.outputs import service_map
from geoplan.outputs.maps import write_map
from tests.outputs.test_browser import DESKTOP, PHONE, Visit
from tests.outputs.waits import settled

pytestmark = pytest.mark.browser
APP = "map_meal_station.geoplan"


def with_fault(results):
    """The largest gap is a community off the road, and the second is halved by the plan."""
    service = results.services["meal_station"]
    gaps = service.gaps.copy()
    gaps.loc[gaps["rank"] == 1, ["cause", "remedy"]] = ["off_network", "mend_link"]
    gaps["people_after"] = np.where(gaps["rank"] == 2, 1.0, gaps["people"])
    gaps.loc[gaps["rank"] == 3, "people_after"] = 0.0
    within = pd.Series(7_777.0, index=service.facilities.frame.index.astype(str))
    changed = replace(service, gaps=gaps, in_reach=within)
    return replace(results, services={**results.services, "meal_station": changed})


@pytest.fixture(scope="module")
def page_of(fakes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("glance")
    results = with_fault(fakes.fake_run())
    return {
        lang: write_map(service_map(results, "meal_station", lang=lang), folder / f"{lang}.html")
        for lang in ("zh", "en")
    }


def test_from_afar_areas_ten_gaps_and_every_site_by_number(browser, page_of):
    with Visit(browser, page_of["zh"]) as visit:
        page = visit.ready()
        seen = page.evaluate(
            f"(() => {{ const a = {APP}, m = a.model; return {{"
            " far: a.far(),"
            " areas: Object.keys(m.on).filter(k => k.startsWith('areas:') && m.on[k]),"
            " points: ['served', 'missed'].map(k => geoplan.shown(m, k, a.far())),"
            " gaps: geoplan.drawnGaps(m, a.far()).length,"
            " sites: m.badges.all.filter(b => b.kind === 'suggested').length }; })()"
        )
        assert seen["far"]
        assert len(seen["areas"]) == 1
        assert seen["points"] == [False, False]
        assert 1 <= seen["gaps"] <= 10
        assert seen["sites"] == 4
        # closer, people and existing sites appear by themselves, and the legend says so
        assert page.locator("input[data-layer=served]").evaluate("e => e.indeterminate")
        page.evaluate("map_meal_station.setZoom(15, { animate: false })")
        near = f"geoplan.shown({APP}.model, 'served', {APP}.far())"
        assert settled(page, lambda: page.evaluate(near))
        assert settled(page, page.locator("input[data-layer=served]").is_checked)
        page.locator("[data-part=whole]").click()
        assert settled(page, lambda: page.evaluate(f"{APP}.far()"))
        assert visit.problems == []


@pytest.mark.parametrize("viewport", [DESKTOP, {"width": 960, "height": 540}, PHONE])
def test_legend_and_tools_stand_beside_the_map(browser, page_of, viewport):
    with Visit(browser, page_of["zh"], viewport) as visit:
        page = visit.ready()
        if page.locator("[data-part=layers]").is_hidden():
            page.locator("[data-part=open]").click()
        boxes = page.evaluate(
            "['.gp-map', '.gp-layerbox', '.gp-tools'].map(s => { const r = "
            "document.querySelector(s).getBoundingClientRect();"
            " return [r.left, r.top, r.right, r.bottom]; })"
        )
        (left, top, right, bottom), *others = boxes
        for box in others:
            assert (
                box[0] >= right - 1
                or box[2] <= left + 1
                or box[1] >= bottom - 1
                or box[3] <= top + 1
            )
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        folded = page.locator("[data-part=lists]").is_hidden()
        assert folded == (viewport["width"] <= 1000)
        if folded:
            page.locator("[data-part=fold]").click()
            assert page.locator("tr[data-kind=gap]").first.is_visible()
        assert visit.problems == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_faults_of_data_are_no_gap_of_the_service(browser, page_of, lang):
    with Visit(browser, page_of[lang]) as visit:
        page = visit.ready()
        rows = page.locator("[data-key=gaps] tbody tr")
        assert rows.first.locator(".gp-rank").inner_text() == "A"
        assert (
            rows.first.get_attribute("data-i") == "1"
        )  # rank 2: the fault before it has no letter
        assert rows.count() == 10
        assert page.locator("[data-key=faults] tbody tr").count() == 1
        assert page.locator("[data-layer=faults]").count() == 1


def test_after_the_plan_every_number_is_after_the_plan(browser, page_of):
    count = "[data-group=gaps] small"
    with Visit(browser, page_of["en"]) as visit:
        page = visit.ready()
        today = int(page.locator(count).inner_text())
        page.locator("[data-preset=plan]").click()
        after = int(page.locator(count).inner_text())
        assert (today, after) == (10, 9)
        legend = page.locator("label:has([data-layer=gaps]) small").inner_text()
        facts = page.locator(".gp-facts").inner_text()
        assert int(legend) == after
        assert f"Gaps\n{after}" in facts
        # the gap that keeps one person is no longer first; its letter goes with it
        row = page.locator("[data-key=gaps] tr[data-i='1']")
        assert row.locator(".gp-rank").inner_text() == "A"
        assert row.locator("td.gp-num").inner_text() == "1"
        assert page.locator("[data-key=gaps] tbody tr").first.get_attribute("data-i") != "1"
        assert page.locator("[data-key=gaps] tbody tr").last.get_attribute("data-i") == "2"
        page.evaluate(f"{APP}.select('gap', 1)")
        assert "1 people" in page.locator(".gp-popup .gp-strong").inner_text()
        assert visit.problems == []


def test_a_site_tells_who_is_within_reach_and_for_whom_it_is_nearest(browser, page_of, fakes):
    serves = fakes.fake_run().services["meal_station"].coverage.people_by_site()
    with Visit(browser, page_of["en"]) as visit:
        page = visit.ready()
        first = page.evaluate(f"{APP}.model.sites.d.ids[0]")
        page.evaluate(f"{APP}.select('site', 0)")
        shown = page.locator(".gp-popup").inner_text()
        assert "7,777 people within reach" in shown
        assert f"{serves[first]:,.0f} of them" in shown


def test_the_public_edition_does_not_say_that_sites_serve_nobody(browser, fakes, tmp_path):
    public = edition(with_fault(fakes.fake_run()), audience="public")
    path = write_map(service_map(public, "meal_station", lang="en"), tmp_path / "map.html")
    with Visit(browser, path) as visit:
        page = visit.ready()
        assert page.evaluate(f"{APP}.model.sites.d.within") is None
        page.evaluate(f"{APP}.select('site', 0)")
        shown = page.locator(".gp-popup").inner_text()
        assert "within reach" not in shown
        assert "0 " not in shown
        assert visit.problems == []


def test_a_link_selects_and_a_selection_is_a_link(browser, page_of):
    wanted = {
        "#gap=3": ("gap", 2),
        "#site=n1": ("suggested", 1),
        "#site=meal_station-2": ("site", 1),
    }
    for link, (kind, i) in wanted.items():
        with Visit(browser, page_of["zh"]) as visit:
            visit.page.goto(page_of["zh"].as_uri() + link)
            page = visit.ready()
            page.evaluate("geoplan.ready")
            chosen = page.evaluate(f"{APP}.model.selected")
            assert (chosen["kind"], chosen["i"]) == (kind, i), link
            page.locator(".gp-popup").wait_for()
            page.keyboard.press("Escape")
            assert page.evaluate("location.hash") == ""
            page.evaluate("location.hash = '#gap=2'")
            page.wait_for_function(f"{APP}.model.selected && {APP}.model.selected.i === 1")
            assert visit.problems == []


def test_names_are_found_by_pinyin(browser, page_of):
    with Visit(browser, page_of["zh"]) as visit:
        page = visit.ready()
        name = page.evaluate(f"{APP}.data.areas[0].names[0]")
        assert name == "东城区"
        for typed in ("dongch", "dcq", "DongChengQu"):
            page.locator("[data-part=search] input").fill(typed)
            assert "东城区" in page.locator("[role=option]").first.inner_text(), typed


def test_the_map_alone_leaves_the_wheel_to_the_page(browser, page_of, tmp_path):
    outer = tmp_path / "outer.html"
    frame = f"<iframe id=f src='{page_of['zh'].as_uri()}?view=map' width=900 height=500></iframe>"
    outer.write_text(f"<body style='height:3000px'>{frame}", "utf-8")
    with Visit(browser, outer, {"width": 960, "height": 540}) as visit:
        inside = visit.page.frame_locator("iframe")
        inside.locator("[data-ready=true]").wait_for(timeout=60_000)
        assert inside.locator(".gp-panel").is_hidden()
        zoom = "map_meal_station.getZoom()"
        page, frame = visit.page, visit.page.frames[1]
        before = frame.evaluate(zoom)
        page.mouse.move(300, 250)
        page.mouse.wheel(0, 200)
        page.wait_for_timeout(500)
        assert settled(page, lambda: page.evaluate("scrollY") > 0)
        assert frame.evaluate(zoom) == before
        page.evaluate("scrollTo(0, 0)")
        page.mouse.click(330, 250)
        page.mouse.move(600, 60)  # off the card of what was clicked, which scrolls by itself
        page.mouse.wheel(0, -400)
        assert settled(page, lambda: frame.evaluate(zoom) > before)
        assert visit.problems == []


def test_dark_follows_the_system_and_paper_stays_light(browser, page_of):
    context = browser.new_context(viewport=DESKTOP, offline=True, color_scheme="dark")
    page = context.new_page()
    page.goto(page_of["zh"].as_uri())
    page.wait_for_selector("[data-ready=true]")
    light = (
        "(c => { const n = c.split(/[(),]/).slice(1, 4).map(Number); return n[0] + n[1] + n[2]; })"
    )
    ground = f"{light}(getComputedStyle(document.querySelector('.gp-map')).backgroundColor)"
    assert page.evaluate(ground) < 200
    corner = f"[...{APP}.picture(50).getContext('2d').getImageData(1, 1, 1, 1).data]"
    assert page.evaluate(corner) == [255, 255, 255, 255]
    page.emulate_media(color_scheme="light")
    assert settled(page, lambda: page.evaluate(ground) > 600)
    context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, {"width": 960, "height": 540}, PHONE])
def test_a_name_stands_in_its_own_area(browser, page_of, viewport):
    """Pushed aside by numbers it would name its neighbour; it is left out instead."""
    with Visit(browser, page_of["zh"], viewport) as visit:
        page = visit.ready()
        names = page.evaluate(
            f"(() => {{ const m = {APP}.model, found = [];"
            " const pen = CanvasRenderingContext2D.prototype, own = pen.strokeText;"
            " const paint = geoplan.drawBadges; let view = null;"
            " geoplan.drawBadges = (m2, v) => { view = v; paint(m2, v); };"
            " pen.strokeText = function (text, x, y) { found.push([text, x, y]);"
            " own.apply(this, arguments); };"
            f" try {{ {APP}.scene._update(); }} finally {{ pen.strokeText = own;"
            " geoplan.drawBadges = paint; }"
            " return found.map(([text, x, y]) => { const entry = m.levels.find(e => e.labels);"
            " return [text, geoplan.inside(entry.shapes[entry.level.names.indexOf(text)],"
            " (x + view.left) / view.scale, (y + view.top) / view.scale)]; }); })()"
        )
        assert names
        assert [name for name, within in names if not within] == []
        assert visit.problems == []


def test_a_card_leaves_what_it_tells_of_in_sight(browser, page_of):
    with Visit(browser, page_of["zh"], {"width": 960, "height": 540}) as visit:
        page = visit.ready()
        page.evaluate(f"{APP}.select('gap', 1, {{ go: true }})")
        page.wait_for_timeout(500)
        card = page.locator(".gp-popup").bounding_box()
        ground = page.locator(".gp-map").bounding_box()
        assert card["height"] < 0.75 * ground["height"]
        assert card["y"] >= ground["y"] - 1
        assert card["y"] + card["height"] <= ground["y"] + ground["height"] + 1


def test_the_view_of_today_shows_where_sites_stand(browser, page_of):
    with Visit(browser, page_of["zh"]) as visit:
        page = visit.ready()
        shown = f"geoplan.shown({APP}.model, 'sites:-1', {APP}.far())"
        assert not page.evaluate(shown)
        page.locator("[data-preset=now]").click()
        assert page.evaluate(shown)
        assert page.evaluate(f"{APP}.far()")
        page.locator("[data-preset=gaps]").click()
        assert not page.evaluate(shown)
