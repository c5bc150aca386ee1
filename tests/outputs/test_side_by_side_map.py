"""Two runs' maps of one service side by side: they need no internet and move together."""

from __future__ import annotations

import html
import json
import re

import pytest

from geoplan.errors import UsageError
from geoplan.outputs import write_comparison_map, write_maps
from geoplan.outputs.maps.side_by_side_map import _setting
from geoplan.words.speaker import Speaker
from tests.outputs.test_browser import Visit
from tests.outputs.test_sheet import pages_of, text_of


def both_maps(fakes, folder):
    results = fakes.fake_run()
    for name, run in (("a", results), ("b", fakes.moved_site(results, "meal_station"))):
        write_maps(run, folder / name / "maps")
    return folder / "a", folder / "b"


def test_the_side_by_side_map_holds_both_and_asks_for_nothing(fakes, tmp_path):
    a, b = both_maps(fakes, tmp_path)
    page = write_comparison_map(a, b, "meal_station", tmp_path / "deep" / "c.html").read_text(
        "utf-8"
    )
    found = re.findall(
        r'<script type="application/json" id="(\w+)_data">(.*?)</script>', page, re.S
    )
    assert [name for name, _ in found] == ["map_a_meal_station", "map_b_meal_station"]
    for run, (_, shown) in zip((a, b), found, strict=True):
        own = re.search(
            r"_data\">(.*?)</script>", (run / "maps/meal_station.html").read_text("utf-8")
        )
        assert json.loads(shown)["suggested"] == json.loads(own.group(1))["suggested"]
        assert json.loads(shown)["headline"] == json.loads(own.group(1))["headline"]
    assert page.count("<script") == 4
    assert "default-src 'none'" in html.unescape(page)
    assert not re.findall(r"(?:src|href)=\"https?:", page.replace("https://leafletjs.com", ""))
    with pytest.raises(UsageError, match=r"maps/nothing\.html"):
        write_comparison_map(a, b, "nothing", tmp_path / "d.html", lang="en")


def test_both_maps_move_and_switch_together(fakes, browser, tmp_path):
    a, b = both_maps(fakes, tmp_path)
    path = write_comparison_map(a, b, "meal_station", tmp_path / "c.html", lang="en")
    page = browser.new_page(viewport={"width": 1300, "height": 800})
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_selector("#map_b_meal_station_app[data-ready]")
    places = (
        "() => ['a', 'b'].map(s => { const c = geoplan.sides[s].getCenter();"
        " return [c.lat, c.lng, geoplan.sides[s].getZoom()]; })"
    )
    first = page.evaluate(places)
    # half a pixel of a map's width is rounded away
    pixel = pytest.approx(first[0], abs=2e-4)
    assert first[1] == pixel
    page.evaluate("() => geoplan.sides.b.setView([36.6, 117.1], 13, {animate: false})")
    second = page.evaluate(places)
    assert second[0] == pytest.approx(second[1], abs=2e-4)
    assert second[0] != pixel
    switched = "() => ['a', 'b'].map(s => geoplan.sides[s].geoplan.model.scenario)"
    page.evaluate("() => geoplan.sides.a.geoplan.scenario('after')")
    assert page.evaluate(switched) == ["after", "after"]
    page.uncheck("#gp_together")
    page.evaluate("() => geoplan.sides.b.geoplan.scenario('now')")
    page.evaluate("() => geoplan.sides.a.setView([36.7, 117.0], 11, {animate: false})")
    assert page.evaluate(switched) == ["after", "now"]
    third = page.evaluate(places)
    assert third[1] == second[1]
    assert third[0] != pytest.approx(third[1], abs=2e-4)
    assert wrong == []
    page.close()


def test_a_phone_opens_it_at_its_head(fakes, browser, tmp_path):
    a, b = both_maps(fakes, tmp_path)
    path = write_comparison_map(a, b, "meal_station", tmp_path / "c.html", lang="en")
    page = browser.new_page(viewport={"width": 390, "height": 700})
    page.goto(path.as_uri())
    page.wait_for_selector("#map_b_meal_station_app[data-ready]")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight")
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_only_the_handle_of_the_line_takes_the_pointer(fakes, browser, tmp_path):
    a, b = both_maps(fakes, tmp_path)
    path = write_comparison_map(a, b, "meal_station", tmp_path / "c.html", lang="en")
    page = browser.new_page(viewport={"width": 1300, "height": 800})
    page.goto(path.as_uri())
    page.wait_for_selector("#map_b_meal_station_app[data-ready]")
    page.locator("[data-mode-of=swipe]").click()
    box = page.locator("#gp_swipe").bounding_box()
    middle, level = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    at = "([x, y]) => !!document.elementFromPoint(x, y).closest('.gp-map')"
    assert page.evaluate(at, [middle - 150, level])
    page.mouse.move(middle, level)
    page.mouse.down()
    page.mouse.move(middle - 120, level, steps=4)
    page.mouse.up()
    pair = page.locator(".gp-pair").bounding_box()
    cut = (middle - 120 - pair["x"]) / pair["width"] * 100
    assert float(page.locator("#gp_swipe").input_value()) == pytest.approx(cut, abs=2)


def test_two_runs_print_on_one_page_with_the_list(fakes, browser, tmp_path):
    a, b = both_maps(fakes, tmp_path)
    path = write_comparison_map(a, b, "meal_station", tmp_path / "c.html", lang="en")
    with Visit(browser, path) as visit:
        page = visit.ready()
        # in B everybody is covered
        page.evaluate("geoplan.sides.b.geoplan.model.demand.now.fill(0); geoplan.retell()")
        groups = page.evaluate("geoplan.deltas.groups.map(group => group.name)")
        page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
        assert pages_of(tmp_path / "a.pdf") == (
            1,
            pytest.approx(297, abs=1),
            pytest.approx(210, abs=1),
        )
        assert visit.problems == []
    said = text_of(tmp_path / "a.pdf")
    assert groups
    for wanted in ("A·", "B·", groups[0].replace(" ", ""), "+", "km", "N"):
        assert wanted in said, wanted


def test_a_long_list_of_opened_sites_is_told_by_its_first_names():
    sites = [{"id": f"n{k}", "name": f"Hall {k}", "x": 1.0, "y": 2.0} for k in range(9)]
    assert _setting(sites, Speaker("en")) == "Hall 0 (n0), Hall 1 (n1), Hall 2 (n2) and 6 more"
    assert _setting(["a", "b"], Speaker("en")) == "a, b"
