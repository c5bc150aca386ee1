"""What a map opens on: the city, wherever on earth it lies and whenever the map is first seen."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
from shapely.geometry import shape

from geoplan.disclosure import edition
from geoplan.inputs.findings.finding import Assumption
from geoplan.outputs import export_run, service_map, write_comparison_map, write_maps
from geoplan.outputs.maps import write_map
from geoplan.outputs.report.compose import compose
from geoplan.study import example
from geoplan.words.speaker import Speaker
from tests.outputs.waits import settled

#: where the example village is put: grid, first corner
PLACES = {
    "across 180 degrees": ("EPSG:3460", 2_131_500.0, 4_020_000.0),
    "across -180 degrees": ("EPSG:32701", 179_300.0, 8_140_000.0),
    "Greenwich": ("EPSG:27700", 537_500.0, 179_000.0),
    "Svalbard": ("EPSG:32633", 513_000.0, 8_683_000.0),
    "Jinan": ("EPSG:4548", 500_000.0, 4_055_000.0),
}
VIEW = (
    "(() => { const m = map_meal_station, b = m.getBounds(), d = m.geoplan.data.bounds;"
    " return { zoom: m.getZoom(), inside: b.contains(L.latLngBounds(d)),"
    " wide: b.getEast() - b.getWest(), size: [m.getSize().x, m.getSize().y],"
    " demand: Array.from(m.geoplan.model.demand.xy), ratio: (b.getEast() - b.getWest()) /"
    " (d[1][1] - d[0][1]) }; })()"
)


def village(folder, monkeypatch, place):
    """The example study somewhere else on earth."""
    crs, x, y = PLACES[place]
    monkeypatch.setattr(example, "CRS", crs)
    monkeypatch.setattr(example, "X", x)
    monkeypatch.setattr(example, "Y", y)
    monkeypatch.setattr(example, "STUDY", example.STUDY.replace("EPSG:4548", crs))
    return example.example_study(folder)


class Seen:
    """One page with what it complains about."""

    def __init__(self, browser, path, **context):
        self.context = browser.new_context(offline=True, **context)
        self.page = self.context.new_page()
        self.problems = []
        self.page.on("pageerror", lambda e: self.problems.append(str(e)))
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("place", PLACES)
def test_a_map_opens_on_its_city_anywhere_on_earth(browser, tmp_path, monkeypatch, place):
    plan = village(tmp_path / "study", monkeypatch, place).run()
    assert plan.coverage["meal_station"].ledger.served == 150
    path = write_map(plan.map("meal_station"), tmp_path / "map.html")
    with Seen(browser, path) as seen:
        view = seen.page.evaluate(VIEW)
        assert seen.problems == []
    assert view["inside"]
    assert view["zoom"] >= 11  # a village of 5 km, which the map stretches near the poles
    x = view["demand"][::2]
    assert max(x) - min(x) < 256 * 0.2 / 360  # world coordinates: 256 go round the earth


@pytest.mark.parametrize("place", ["across 180 degrees", "across -180 degrees"])
def test_what_is_told_are_usual_longitudes(tmp_path, monkeypatch, place):
    plan = village(tmp_path / "study", monkeypatch, place).run()
    lon = plan.services["meal_station"].siting.sites["lon"]
    assert lon.between(-180, 180).all()
    run = plan.save(tmp_path / "out")
    sides = set()
    for kind in ("geojson", "kml"):
        for path in export_run(run, format=kind, out=tmp_path / kind):
            for geometry in gpd.read_file(path).geometry.dropna():
                for part in getattr(shape(geometry), "geoms", [geometry]):
                    west, _, east, _ = part.bounds
                    assert -180 <= west <= east <= 180, path
                    assert east - west < 1, path
                    sides |= {west < 0}
    assert sides == {True, False}  # the village does lie on both


HIDDEN = {
    "details": ("<details><summary>map</summary>{frame}</details>", "details.open = true"),
    "tab": ("<div id=tab style='display:none'>{frame}</div>", "tab.style.display = 'block'"),
    "no height": (
        "<div id=tab style='height:0;overflow:hidden'>{frame}</div>",
        "tab.style.height = '600px'",
    ),
    "grows": (
        "<div id=tab style='height:0;overflow:hidden;transition:height .3s'>{frame}</div>",
        "tab.style.height = '600px'",
    ),
    "frame": ("{frame}", "frame.style.display = 'block'"),
}


@pytest.fixture(scope="module")
def map_file(fakes, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "meal_station.html"
    return write_map(service_map(fakes.fake_run(), "meal_station", lang="en"), path)


@pytest.mark.browser
@pytest.mark.parametrize("way", HIDDEN)
def test_a_map_that_is_hidden_at_first_is_fitted_when_it_shows(browser, map_file, way):
    outer, show = HIDDEN[way]
    style = "display:none" if way == "frame" else ""
    high = "100%" if way in ("no height", "grows") else "600"
    frame = (
        f"<iframe id=frame src={map_file.name} width=900 height={high} style='{style}'></iframe>"
    )
    page = map_file.with_name("hidden.html")
    names = "const details = document.querySelector('details'),"
    names += " tab = document.getElementById('tab'), frame = document.getElementById('frame');"
    page.write_text("<!doctype html><meta charset=utf-8>" + outer.format(frame=frame), "utf-8")
    with Seen(browser, map_file, viewport={"width": 900, "height": 600}) as seen:
        usual = seen.page.evaluate(VIEW)
    with Seen(browser, page) as seen:
        inner = seen.page.frames[1]
        assert settled(
            seen.page, lambda: inner.evaluate("!!document.querySelector('[data-ready]')")
        )
        seen.page.evaluate(f"(() => {{ {names} {show}; }})()")
        assert settled(seen.page, lambda: inner.evaluate("innerHeight") == 600)
        settled(seen.page, lambda: inner.evaluate(VIEW)["zoom"] == usual["zoom"])
        view = inner.evaluate(VIEW)
        assert seen.problems == []
        assert view["inside"]
        assert view["zoom"] == usual["zoom"]
        # hidden once more and shown again, the view is what the reader left it at
        inner.evaluate("map_meal_station.zoomIn(2, { animate: false })")
        moved = inner.evaluate(VIEW)
        seen.page.evaluate("document.getElementById('frame').style.display = 'none'")
        seen.page.wait_for_timeout(200)
        seen.page.evaluate("document.getElementById('frame').style.display = 'block'")
        seen.page.wait_for_timeout(300)
        again = inner.evaluate(VIEW)
        assert (again["zoom"], again["wide"]) == (moved["zoom"], pytest.approx(moved["wide"]))
        assert seen.problems == []


@pytest.mark.browser
def test_a_map_in_a_hidden_part_of_its_own_page_prints(browser, map_file):
    text = map_file.read_text(encoding="utf-8")
    hidden = (
        "<style>@media screen { .away { display: none } }</style>"
        '<div class="away"><div class="gp-app"'
    )
    text = text.replace('<div class="gp-app"', hidden, 1).replace(
        "<noscript>", "</div><noscript>", 1
    )
    page = map_file.with_name("away.html")
    page.write_text(text, encoding="utf-8")
    with Seen(browser, page, viewport={"width": 1200, "height": 800}) as seen:
        seen.page.wait_for_timeout(300)
        assert seen.page.evaluate(VIEW)["size"] == [0, 0]
        seen.page.emulate_media(media="print")
        settled(seen.page, lambda: seen.page.evaluate(VIEW)["inside"])
        view = seen.page.evaluate(VIEW)
        assert seen.problems == []
        assert view["inside"]
        assert view["ratio"] < 4  # and not the whole earth


@pytest.mark.browser
def test_a_map_follows_its_size_until_it_is_moved(browser, map_file):
    with Seen(browser, map_file, viewport={"width": 500, "height": 500}) as seen:
        small = seen.page.evaluate(VIEW)
        seen.page.set_viewport_size({"width": 1600, "height": 1200})
        settled(seen.page, lambda: seen.page.evaluate(VIEW)["zoom"] > small["zoom"])
        large = seen.page.evaluate(VIEW)
        assert large["zoom"] > small["zoom"]
        assert large["inside"]
        seen.page.evaluate("map_meal_station.setZoom(15, { animate: false })")
        seen.page.set_viewport_size({"width": 1500, "height": 1000})
        seen.page.wait_for_timeout(300)
        assert seen.page.evaluate(VIEW)["zoom"] == 15


ASSUMED = (
    Assumption(
        what="Capacity of 3 sites <b>is not known.",
        where="C:\\office\\sites.csv",
        count=3,
        effect="They serve nobody here.",
        code="capacity_unknown",
    ),
    Assumption(
        what="Degrees are taken as WGS 84.", where="a.csv", count=9, effect="All shift.", code="x"
    ),
)


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("audience", ["internal", "public"])
def test_what_was_assumed_stands_on_the_map_as_in_the_report(
    browser, fakes, tmp_path, lang, audience
):
    results = edition(replace(fakes.fake_run(), assumed=ASSUMED), audience=audience)
    listed = [
        item
        for block in compose(results, Speaker(lang)).blocks
        for item in getattr(block, "items", ())
    ]
    path = write_map(service_map(results, "meal_station", lang=lang), tmp_path / "map.html")
    with Seen(browser, path, viewport={"width": 1300, "height": 800}) as seen:
        assert "2" in seen.page.locator(".gp-assumed summary").inner_text()
        assert not seen.page.locator(".gp-assumed li").first.is_visible()
        seen.page.locator(".gp-assumed summary").click()
        shown = seen.page.locator(".gp-assumed li").all_inner_texts()
        seen.page.locator(".gp-assumed summary").click()
        assert len(shown) == 2
        assert set(shown) <= set(listed)
        assert "sites.csv" in shown[0]
        assert "office" not in shown[0]
        seen.page.emulate_media(media="print")
        seen.page.locator(".gp-assumed li").last.wait_for(state="visible")
        assert seen.page.evaluate(
            "(b => b.scrollHeight <= b.clientHeight + 1)(document.querySelector('.gp-foot'))"
        )  # nothing of it is cut off on paper
        assert seen.problems == []


def test_a_map_without_assumptions_has_no_such_panel(map_file):
    assert 'class="gp-assumed"' not in map_file.read_text(encoding="utf-8")


SIDES = (
    "['a', 'b'].map(k => { const m = geoplan.sides[k]; return [m.getZoom(),"
    " m.getBounds().contains(L.latLngBounds(m.geoplan.data.bounds))]; })"
)


@pytest.mark.browser
def test_two_maps_side_by_side_are_fitted_together(browser, fakes, tmp_path):
    for name in ("a", "b"):
        write_maps(fakes.fake_run(), tmp_path / name / "maps")
    both = write_comparison_map(
        tmp_path / "a", tmp_path / "b", "meal_station", tmp_path / "both.html"
    )
    page = tmp_path / "hidden.html"
    frame = f"<iframe src={both.name} width=1100 height=650></iframe>"
    page.write_text(f"<details><summary>maps</summary>{frame}</details>", "utf-8")
    with Seen(browser, page, viewport={"width": 1200, "height": 760}) as seen:
        seen.page.wait_for_timeout(300)
        seen.page.click("summary")
        inner = seen.page.frames[1]
        settled(seen.page, lambda: all(inside for _, inside in inner.evaluate(SIDES)))
        (zoom_a, in_a), (zoom_b, in_b) = inner.evaluate(SIDES)
        assert (zoom_a, in_a, in_b) == (zoom_b, True, True)
        assert seen.problems == []
    with Seen(browser, both, viewport={"width": 1200, "height": 760}) as seen:
        seen.page.set_viewport_size({"width": 800, "height": 600})
        seen.page.wait_for_timeout(400)
        assert [inside for _, inside in seen.page.evaluate(SIDES)] == [True, True]
        seen.page.evaluate("geoplan.sides.b.setZoom(15, { animate: false })")
        seen.page.set_viewport_size({"width": 1200, "height": 760})
        seen.page.wait_for_timeout(400)
        # moved by hand: both stay where they are
        assert [zoom for zoom, _ in seen.page.evaluate(SIDES)] == [15, 15]


CLEAR = """shape => {
    const map = map_meal_station, app = map.geoplan, box = app.data.bounds;
    const [[south, west], [north, east]] = box;
    box[1] = [south + (north - south) * shape[1], west + (east - west) * shape[0]];
    app.whole();
    const frame = map.getContainer().getBoundingClientRect();
    const bars = [...document.querySelectorAll(".leaflet-bar")];
    const left = Math.min(...bars.map(bar => bar.getBoundingClientRect().left)) - frame.left;
    return [map.latLngToContainerPoint(box[1]).x, left];
}"""
UNDER = """() => {
    const map = map_meal_station, frame = map.getContainer().getBoundingClientRect();
    const origin = map.getPixelOrigin(), shift = map.containerPointToLayerPoint([0, 0]);
    const dx = frame.left - origin.x - shift.x, dy = frame.top - origin.y - shift.y;
    const bars = [...document.querySelectorAll(".leaflet-bar")].map(b => b.getBoundingClientRect());
    const meets = ([west, north, east, south], bar) => west + dx < bar.right
        && east + dx > bar.left && north + dy < bar.bottom && south + dy > bar.top;
    const badges = map.geoplan.model.badges.all;
    return badges.filter(({ box }) => bars.some(bar => meets(box, bar))).length;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 640, 960, 1440])
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 3)], ids=str)
def test_the_whole_city_keeps_clear_of_the_buttons(browser, map_file, width, shape):
    with Seen(browser, map_file, viewport={"width": width, "height": 800}) as seen:
        right, buttons = seen.page.evaluate(CLEAR, list(shape))
        assert right <= buttons
        assert seen.problems == []


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["suggested", "gaps"])
def test_no_number_stands_under_the_buttons(browser, map_file, kind):
    """The map is moved so that a place lies under a button: its number stands beside."""
    places = {
        "suggested": "Array.from({length: m.suggested.xy.length / 2}, (_, i) =>"
        " Array.from(m.suggested.xy.slice(2 * i, 2 * i + 2)))",
        "gaps": "m.gaps.shapes.filter(Boolean).map(shape => geoplan.middle(shape, false))",
    }
    with Seen(browser, map_file, viewport={"width": 390, "height": 844}) as seen:
        assert seen.page.evaluate(UNDER) == 0
        found = seen.page.evaluate(f"(m => {places[kind]})(map_meal_station.geoplan.model)")
        assert found
        for place in found[:3]:
            seen.page.evaluate(
                "([x, y]) => { const map = map_meal_station,"
                " frame = map.getContainer().getBoundingClientRect(),"
                " bar = document.querySelector('.gp-whole').getBoundingClientRect(),"
                " at = map.latLngToContainerPoint(geoplan.toLatLng(x, y));"
                " map.panBy([at.x - (bar.left + bar.width / 2 - frame.left),"
                " at.y - (bar.top + bar.height / 2 - frame.top)], { animate: false }); }",
                place,
            )
            assert settled(seen.page, lambda: seen.page.evaluate(UNDER) == 0)
        assert seen.problems == []
