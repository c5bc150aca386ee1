"""The pages in headless Chromium, the network refused: switch, search, click, and stay calm."""

from __future__ import annotations

import math
import re

import pytest

from geoplan.outputs import service_map, summary_dict, write_maps
from geoplan.outputs.maps import write_map
from tests.outputs.waits import settled

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def pages(fakes, whole_run, tmp_path_factory):
    """Maps of a made-up run, plain and with hostile names."""
    folder = tmp_path_factory.mktemp("pages")
    write_maps(fakes.fake_run(hostile=True), folder / "hostile")
    (folder / "plain").symlink_to(whole_run("internal")[1] / "maps", target_is_directory=True)
    return folder


class Visit:
    """One page, offline, with everything it logs and asks for."""

    def __init__(self, browser, path, viewport=DESKTOP):
        self.context = browser.new_context(viewport=viewport, offline=True)
        self.page = self.context.new_page()
        self.problems, self.asked = [], []
        self.page.on("pageerror", lambda e: self.problems.append(str(e)))
        self.page.on(
            "console", lambda m: self.problems.append(m.text) if m.type == "error" else None
        )
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("dialog", lambda d: (self.problems.append("dialog"), d.dismiss()))
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def ready(self):
        self.page.wait_for_selector("[data-ready=true]", timeout=60_000)
        return self.page

    @property
    def outside(self):
        return [u for u in self.asked if not u.startswith(("file:", "data:", "blob:", "about:"))]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_map_opens_without_a_network(browser, pages, fakes, viewport):
    for key in fakes.fake_run().services:
        with Visit(browser, pages / "plain" / f"{key}.html", viewport) as visit:
            page = visit.ready()
            assert visit.problems == []
            assert visit.outside == []
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= viewport["width"], key  # nothing hangs over the edge


def test_the_head_shows_the_ledger_of_the_summary(browser, pages, fakes):
    people = summary_dict(fakes.fake_run())["services"]["meal_station"]["people"]
    with Visit(browser, pages / "plain" / "meal_station.html") as visit:
        shown = visit.ready().locator("[data-part=numbers]").inner_text()
        for state in ("served", "beyond", "unlocated"):
            assert f"{people[state]:,.0f}" in shown, state


def test_layers_switch(browser, pages):
    with Visit(browser, pages / "plain" / "meal_station.html") as visit:
        page = visit.ready()
        if page.locator("[data-part=layers]").is_hidden():
            page.locator("[data-part=open]").click()
        boxes = page.locator("input[data-layer]")
        assert boxes.count() >= 6
        shot = page.screenshot()
        for k in range(boxes.count()):
            if boxes.nth(k).is_checked():
                boxes.nth(k).uncheck()
        assert settled(page, lambda: page.screenshot() != shot)
        assert visit.problems == []


def test_a_row_and_its_location_find_each_other(browser, pages):
    with Visit(browser, pages / "plain" / "meal_station.html") as visit:
        page = visit.ready()
        row = page.locator("tr[data-kind=gap]").first
        row.click()
        popup = page.locator(".gp-popup")
        popup.wait_for()
        people = re.search(r"[\d,]+$", row.inner_text().strip())
        assert people is not None
        assert people.group() in popup.inner_text()
        assert page.locator("tr[aria-current]").count() == 1
        assert visit.problems == []


def test_a_second_choice_stays_chosen(browser, pages):
    with Visit(browser, pages / "plain" / "meal_station.html") as visit:
        page = visit.ready()
        page.locator("tr[data-kind=gap]").first.click()
        page.locator("[data-group=suggested]").click()
        row = page.locator("tr[data-kind=suggested]").nth(1)
        row.click()
        assert row.get_attribute("aria-current") == "true"
        assert page.locator("tr[aria-current]").count() == 1
        assert page.evaluate("map_meal_station.geoplan.model.selected.kind") == "suggested"


def test_the_keyboard_alone_reaches_everything(browser, pages):
    focused = "document.activeElement.getAttribute('{}')"
    with Visit(browser, pages / "plain" / "meal_station.html") as visit:
        page = visit.ready()
        stops = []
        for _ in range(40):
            page.keyboard.press("Tab")
            stops.append(
                page.evaluate(
                    "(e => [e.tagName, e.getAttribute('type') || e.className, e.closest('tbody') ? "
                    "'row' : '', getComputedStyle(e).outlineStyle !== 'none' || !!e.closest('tr') "
                    "&& getComputedStyle(e.closest('tr')).outlineStyle !== 'none'])"
                    "(document.activeElement)"
                )
            )
            if stops[-1][1] == "checkbox":
                break
        assert all(seen for *_, seen in stops), stops  # where the focus is can be seen
        kinds = [kind for _, kind, *_ in stops]
        assert [row for *_, row, _ in stops].count("row") == 1  # a table is one stop
        assert {"radio", "search", "checkbox"} <= set(kinds)
        assert any("gp-map" in kind for kind in kinds)
        # rows by arrows, the card by Enter, away by Escape
        page.locator("tr[data-kind=gap] button").first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.locator(".gp-popup").wait_for()
        row = page.locator("tr[data-kind=gap]").nth(1)
        assert row.get_attribute("aria-current") == "true"
        assert page.evaluate("document.activeElement.closest('tr').dataset.i") == "1"
        page.keyboard.press("Escape")
        page.locator(".gp-popup").wait_for(state="detached")
        page.keyboard.press("End")
        last = page.locator("tr[data-kind=gap] button").last
        assert last.evaluate("e => e === document.activeElement")
        page.keyboard.press("Home")
        assert page.evaluate(focused.format("tabindex")) == "0"
        assert visit.problems == []


def test_with_the_plan_the_areas_show_the_plan(browser, pages, fakes):
    after = fakes.fake_run().services["meal_station"].siting.coverage_after.by_area("district")
    with Visit(browser, pages / "plain" / "meal_station.html") as visit:
        page = visit.ready()
        page.locator("[data-group=areas]").click()
        before = page.locator("tr[data-kind=area]").first.inner_text()
        page.locator("label[for$=scenario_after]").click()
        shown = page.locator("[data-key='areas:0']").inner_text()
        assert before not in shown
        for unserved in after["total"] - after["served"]:
            assert f"{unserved:,.0f}" in shown
        assert visit.problems == []


def test_search_finds_a_facility_by_its_name(browser, pages, fakes):
    name = fakes.fake_run().services["meal_station"].facilities.frame["name"].iloc[3]
    with Visit(browser, pages / "plain" / "meal_station.html") as visit:
        page = visit.ready()
        page.locator("[data-part=search] input").fill(name)
        option = page.locator("[data-part=search] [role=option]").first
        option.wait_for()
        assert name in option.inner_text()
        option.click()
        page.locator(".gp-popup").wait_for()
        assert name in page.locator(".gp-popup").inner_text()
        assert visit.problems == []


def test_hostile_names_run_nothing(browser, pages, fakes):
    for key in fakes.fake_run().services:
        with Visit(browser, pages / "hostile" / f"{key}.html") as visit:
            page = visit.ready()
            for row in page.locator("tr[data-kind]").all()[:6]:
                if row.is_visible():
                    row.click()
                    page.wait_for_timeout(60)
            assert page.evaluate("window.pwned") is None, key
            assert visit.problems == [], key
            assert visit.outside == [], key
    with Visit(browser, pages / "hostile" / "index.html") as visit:
        visit.page.wait_for_timeout(300)
        assert visit.page.evaluate("window.pwned") is None
        assert visit.problems == []


def test_the_index_leads_to_every_map(browser, pages, fakes):
    with Visit(browser, pages / "plain" / "index.html", PHONE) as visit:
        links = [a.get_attribute("href") for a in visit.page.locator("a[href$='.html']").all()]
        assert {f"{key}.html" for key in fakes.fake_run().services} <= set(links)
        assert visit.problems == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_notebook_shows_the_map(browser, fakes, tmp_path):
    shown = service_map(fakes.fake_run(), "meal_station")._repr_html_()
    path = tmp_path / "cell.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{shown}</body>", encoding="utf-8")
    with Visit(browser, path) as visit:
        inside = visit.page.frame_locator("iframe")
        inside.locator("[data-ready=true]").wait_for(timeout=60_000)
        assert visit.problems == []
        assert visit.outside == []


def test_the_report_opens_its_maps_without_a_network(browser, whole_run):
    page_path = whole_run("internal")[1] / "report.html"
    for viewport in (DESKTOP, PHONE):
        with Visit(browser, page_path, viewport) as visit:
            button = visit.page.locator("button.map").first
            button.click()
            inside = visit.page.frame_locator("figure iframe").first
            inside.locator("[data-ready=true]").wait_for(timeout=60_000)
            assert visit.problems == []
            assert visit.outside == []
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_tiles_of_a_folder_are_drawn_and_can_be_switched_off(browser, fakes, tmp_path):
    from PIL import Image

    results = fakes.fake_run()
    south, west, north, east = [v for c in data_bounds(results) for v in c]
    for zoom in range(10, 16):
        n = 2**zoom
        for x in range(int((west + 180) / 360 * n) - 5, int((east + 180) / 360 * n) + 6):
            for y in range(tile_row(north, n) - 5, tile_row(south, n) + 6):
                path = tmp_path / "tiles" / str(zoom) / str(x) / f"{y}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (256, 256), (10, 200, 30)).save(path)
    made = service_map(results, "meal_station", basemap=str(tmp_path / "tiles"))
    with Visit(browser, write_map(made, tmp_path / "map.html")) as visit:
        page = visit.ready()
        page.wait_for_selector("img.leaflet-tile-loaded")
        assert visit.problems == []
        assert visit.outside == []
        page.locator('input[data-layer="basemap"]').uncheck()
        assert page.locator("img.leaflet-tile").count() == 0


def data_bounds(results):
    """South-west and north-east of the map."""
    return service_map(results, "meal_station").content["bounds"]


def tile_row(latitude, n):
    """The row of tiles (of n) in which a latitude lies, Web Mercator."""
    return int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * n)
