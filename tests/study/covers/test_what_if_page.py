"""What-ifs in a map: what the page counts is what `geoplan run STUDY --overlay FILE` counts."""

from __future__ import annotations

import base64
import itertools
import random
import re
import tomllib
import zlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from geoplan.coverage.gaps import gap_areas
from geoplan.outputs import service_map, write_maps
from geoplan.outputs.maps import write_map
from geoplan.outputs.maps.covers.content import MOST_BYTES, covers_content
from geoplan.study import Plan, Study, apply_overlay
from tests.outputs.waits import settled
from tests.study.covers.town import CRS, X, Y, write_town

SERVICES = ("meal_station", "clinic", "shelter", "day_care")
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
browser_test = pytest.mark.browser


class Town:
    """The town's study, its plan and its maps."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.study = Study.open(write_town(folder / "study", **options))
        self.plan: Plan = self.study.run()
        self.maps = folder / "maps"
        write_maps(self.plan.results, self.maps)

    def people(self, key: str, toml: str, folder: Path) -> dict[str, float]:
        """The six numbers of a run with the overlay `toml`."""
        file = folder / "what-if.toml"
        file.write_text(toml, encoding="utf-8")
        plan = apply_overlay(self.study, file).run(services=[key])
        return plan.to_dict()["services"][key]["people"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def visit(browser: Any) -> Any:
    """`visit(path, viewport)`: a page without a network that logs no error until the test ends."""
    opened, problems = [], []

    def go(path: Path, viewport: dict[str, int] = DESKTOP) -> Any:
        context = browser.new_context(viewport=viewport, offline=True, accept_downloads=True)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.goto(path.as_uri())
        page.wait_for_selector("[data-ready=true]", timeout=60_000)
        return page

    yield go
    for context in opened:
        context.close()
    assert problems == []


def _called(page: Any, name: str, *given: Any) -> Any:
    return page.evaluate("([name, given]) => geoplan.whatIf[name](...given)", [name, list(given)])


@browser_test
@pytest.mark.parametrize("key", SERVICES)
def test_any_sequence_of_changes_is_counted_as_a_run_counts_it(
    town: Town, visit: Any, key: str, tmp_path: Path
) -> None:
    page = visit(town.maps / f"{key}.html")
    covers = town.plan.services[key].covers
    ids = [site["id"] for part in ("sites", "candidates") for site in _called(page, part)]
    assert ids == covers.sites.index.tolist()
    assert _called(page, "ledger") == town.plan.to_dict()["services"][key]["people"]
    rng, now = random.Random(key), set(covers.existing)
    for step in range(60):
        site = rng.choice(ids)
        found = _called(page, "close" if site in now else "open", site)
        now ^= {site}
        want = {name: round(v, 6) for name, v in covers.ledger(now).to_dict().items()}
        assert found == want, step
        if step in (3, 59):
            people = town.people(key, _called(page, "overlay"), tmp_path)
            assert people == found
    assert _called(page, "reset") == town.plan.to_dict()["services"][key]["people"]


@browser_test
def test_the_plan_s_own_sites_can_fall_through(town: Town, visit: Any, tmp_path: Path) -> None:
    """Without site 3: the run with the overlay counts the same; with all, the plan's numbers."""
    page = visit(town.maps / "meal_station.html")
    siting = town.plan.to_dict()["services"]["meal_station"]["siting"]
    assert _called(page, "reset", "plan") == siting["people_after"]
    third = siting["sites"][2]["id"]
    without = _called(page, "close", third)
    assert without["served"] < siting["people_after"]["served"]
    assert town.people("meal_station", _called(page, "overlay"), tmp_path) == without
    assert _called(page, "undo") == siting["people_after"]


@browser_test
def test_trials_by_public_transport_count_as_a_run_does(visit: Any, tmp_path: Path) -> None:
    """Who could walk and has no bus is cut off from some sites and not from others."""
    folder = write_town(tmp_path / "study")
    _add_buses(folder)
    study = Study.open(folder)
    plan = study.run(services=["clinic"])
    write_maps(plan.results, tmp_path / "maps")
    page = visit(tmp_path / "maps" / "clinic.html")
    covers = plan.services["clinic"].covers
    today = plan.to_dict()["services"]["clinic"]["people"]
    assert _called(page, "ledger") == today
    assert min(today[state] for state in ("served", "beyond", "cut_off")) > 0
    ids, rng, now = covers.sites.index.tolist(), random.Random(4), set(covers.existing)
    for _ in range(30):
        site = rng.choice(ids)
        found = _called(page, "close" if site in now else "open", site)
        now ^= {site}
        assert found == {k: round(v, 6) for k, v in covers.ledger(now).to_dict().items()}
    overlay = tmp_path / "what-if.toml"
    overlay.write_text(_called(page, "overlay"), encoding="utf-8")
    run = apply_overlay(study, overlay).run(services=["clinic"])
    assert run.to_dict()["services"]["clinic"]["people"] == found
    gaps = gap_areas(run.services["clinic"].coverage, lang="en")
    told = sorted((g["people"], g["cause"]) for g in _called(page, "gaps"))
    assert told == sorted(gaps[["people", "cause"]].itertuples(index=False, name=None))
    assert {"no_service"} <= set(gaps["cause"])


def _add_buses(folder: Path) -> None:
    """Two lines that do not meet, one of them in the evening; clinics are judged by them."""
    ends = {1: [(0, 800), (1600, 800)], 2: [(0, 2000), (2800, 2000)], 3: [(0, 0), (2400, 0)]}
    rows = [(line, k + 1, x, y) for line, stops in ends.items() for k, (x, y) in enumerate(stops)]
    at = gpd.points_from_xy([X + r[2] for r in rows], [Y + r[3] for r in rows])
    points = gpd.GeoSeries(at, crs=CRS).to_crs(4326)
    stops = {
        "线路": [r[0] for r in rows],
        "站序": [r[1] for r in rows],
        "站名": [f"S{r}" for r in range(len(rows))],
    }
    pd.DataFrame({**stops, "经度": points.x, "纬度": points.y}).to_csv(
        folder / "stops.csv", index=False
    )
    lines = {
        "线路": [1, 2, 3],
        "首末班": ["06:00-21:00", "06:00-21:00", "19:00-21:00"],
        "发车间隔": [10, 12, 15],
    }
    pd.DataFrame(lines).to_csv(folder / "lines.csv", index=False)
    text = (folder / "study.toml").read_text("utf-8")
    said = 'lines = "lines.csv"\nstops = "stops.csv"\ndepart = "08:00-08:20"\nmax_walk_m = 400\n'
    transit = f"[network.transit]\n{said}\n"
    text = text.replace("[demand.everybody]", transit + "[demand.everybody]", 1)
    text = text.replace(
        'mode = "drive", threshold_min = 1.5', 'mode = "transit", threshold_min = 14'
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")


@browser_test
def test_sites_that_the_plan_closes_are_seen_and_tried(visit: Any, tmp_path: Path) -> None:
    """They are crossed out, listed, and closed in a trial of the plan, which counts as the plan."""
    folder = write_town(tmp_path / "study")
    text = (folder / "study.toml").read_text("utf-8")
    plain = "sites = 3, site_cost = 50_000, robustness = 2"
    assert plain in text
    changed = text.replace(plain, "sites = 2, closable = true, robustness = 0")
    (folder / "study.toml").write_text(changed, encoding="utf-8")
    study = Study.open(folder)
    plan = study.run(services=["meal_station"])
    write_maps(plan.results, tmp_path / "maps")
    siting = plan.services["meal_station"].siting
    assert siting is not None
    assert siting.closed is not None
    assert len(siting.closed)
    page = visit(tmp_path / "maps" / "meal_station.html")
    after = plan.to_dict()["services"]["meal_station"]["siting"]["people_after"]
    assert _called(page, "reset", "plan") == after
    closed = [s["id"] for s in _called(page, "sites") if not s["open"]]
    assert sorted(closed) == sorted(map(str, siting.closed.index))
    overlay = tmp_path / "what-if.toml"
    overlay.write_text(_called(page, "overlay"), encoding="utf-8")
    run = apply_overlay(study, overlay).run(services=["meal_station"])
    assert run.to_dict()["services"]["meal_station"]["people"] == after
    page.reload()
    page.wait_for_selector("[data-ready=true]")
    page.click("button[data-preset=plan]")
    page.click("[data-group=closes]")
    rows = page.query_selector_all("tr[data-kind=site]")
    assert [row.inner_text().split()[:3] for row in rows] == [
        ["×", *name.split()] for name in siting.closed["name"]
    ]
    assert page.locator("[data-layer=closes]").is_checked()
    page.click(".gp-whatif-start")
    # a trial has its own crosses
    page.wait_for_selector("[data-layer=closes]", state="detached")


@browser_test
@pytest.mark.parametrize("options", [{"seed": 7, "whole": False, "lang": "zh"}])
def test_people_who_are_no_whole_numbers_are_counted_too(
    visit: Any, tmp_path: Path, options: dict[str, Any]
) -> None:
    town = Town(tmp_path, **options)
    for key in ("meal_station", "day_care"):
        page = visit(town.maps / f"{key}.html")
        _called(page, "close", _called(page, "sites")[2]["id"])
        found = _called(page, "open", _called(page, "candidates")[4]["id"])
        people = town.people(key, _called(page, "overlay"), tmp_path)
        assert found == pytest.approx(people, abs=2e-6)


@browser_test
@pytest.mark.parametrize("key", SERVICES)
def test_gaps_are_those_of_the_run(town: Town, visit: Any, key: str) -> None:
    page = visit(town.maps / f"{key}.html")
    found = [(g["people"], g["cause"], g["members"]) for g in _called(page, "gaps")]
    gaps = gap_areas(town.plan.services[key].coverage, lang="en")
    run = list(gaps[["people", "cause", "members"]].itertuples(index=False, name=None))
    if key == "day_care":  # who of those in reach has no seat is not the same in equal answers
        found, run = ([g for g in part if g[1] != "full"] for part in (found, run))
    assert sorted(found) == sorted(run)
    assert [g[0] for g in found] == sorted((g[0] for g in found), reverse=True)


@browser_test
@pytest.mark.parametrize("keep", [400, 12, 4, 1])
@pytest.mark.parametrize("key", ["meal_station", "clinic"])
def test_after_a_trial_gaps_are_grouped_as_a_run_of_it_groups_them(
    visit: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, keep: int
) -> None:
    """Small gaps beyond the largest are collected by area; names and order are those of the run."""
    for module in ("study.assess.breakdown", "outputs.maps.covers.content"):
        monkeypatch.setattr(f"geoplan.{module}.MOST_GAPS", keep)
    study = Study.open(write_town(tmp_path / "study"))
    plan = study.run(services=[key])
    write_maps(plan.results, tmp_path / "maps")
    page = visit(tmp_path / "maps" / f"{key}.html")

    def run_of(plan: Plan) -> list[tuple[Any, ...]]:
        gaps = plan.services[key].gaps[["people", "cause", "area", "members"]]
        return list(gaps.itertuples(index=False, name=None))

    def shown() -> list[tuple[Any, ...]]:
        return [(g["people"], g["cause"], g["area"], g["members"]) for g in _called(page, "gaps")]

    assert shown() == run_of(plan)
    # today's gaps, by the people left of each: everybody, as nothing is changed
    left = f"map_{key}.geoplan.model.gaps.d"
    page.locator(".gp-whatif-start").click()
    _called(page, "reset")
    assert page.evaluate(f"{left}.after") == page.evaluate(f"{left}.people")
    for site in _called(page, "sites")[1:5]:
        _called(page, "close", site["id"])
    _called(page, "open", _called(page, "candidates")[7]["id"])
    file = tmp_path / "what-if.toml"
    file.write_text(_called(page, "overlay"), encoding="utf-8")
    assert shown() == run_of(apply_overlay(study, file).run(services=[key]))
    panel = page.locator(".gp-whatif-gaps").inner_text()
    rows = [row for row in shown() if row[1] in ("no_site", "full")]
    assert f"{len(rows)} in all, {sum(row[0] for row in rows):,.0f} people" in panel


@browser_test
def test_the_next_best_place_is_the_best_of_all(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    covers = town.plan.services["meal_station"].covers
    best, today = _called(page, "best"), covers.ledger(covers.existing).served
    gains = {
        site: covers.ledger([*covers.existing, site]).served - today
        for site in covers.sites.index[covers.sites["candidate"].to_numpy(bool)]
    }
    assert best["people"] == max(gains.values())
    assert best["ids"] == [site for site, gain in gains.items() if gain == max(gains.values())]


def _numbers(page: Any) -> str:
    return page.locator(".gp-whatif-table .gp-whatif-own").all_inner_texts()


def _click_map(page: Any, right: float = 0, down: float = 0) -> None:
    """A click so many pixels from the map's middle, once no card covers it."""
    page.locator(".gp-popup").first.wait_for(state="detached")
    page.locator(".gp-map").scroll_into_view_if_needed()
    box = page.locator(".gp-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 + down)


@browser_test
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_click_closes_moves_and_opens(town: Town, visit: Any, viewport: Any, tmp_path: Path):
    page = visit(town.maps / "meal_station.html", viewport)
    page.locator(".gp-whatif-start").click()
    page.get_by_role("button", name="Start from today").click()
    site = _called(page, "sites")[4]
    page.evaluate(
        f"map_meal_station.setView([{site['lat']}, {site['lon']}], 15, {{animate: false}})"
    )
    before = _called(page, "ledger")
    _click_map(page)
    page.locator(".gp-popup").last.get_by_role("button", name="Close it").click()
    closed = _called(page, "ledger")
    assert closed["served"] <= before["served"]
    assert f"{closed['served']:,}" in _numbers(page)
    page.get_by_role("button", name="Undo").click()
    assert _called(page, "ledger") == before
    # moved: where the click falls is no candidate; the nearest one is offered, with its distance
    _click_map(page)
    page.locator(".gp-popup").last.get_by_role("button", name="Move it", exact=True).click()
    _click_map(page, 90, 70)
    assert " m from there" in page.locator(".gp-popup").last.inner_text()
    page.locator(".gp-popup").last.get_by_role("button", name="Move it here").click()
    moved = _called(page, "ledger")
    assert [s["id"] for s in _called(page, "sites") if not s["open"]] == [site["id"]]
    assert sum(c["open"] for c in _called(page, "candidates")) == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    saved = Path(download.value.path()).read_text("utf-8")
    assert tomllib.loads(saved)["what_if"]["closed"] == {"meal_station": [site["id"]]}
    assert town.people("meal_station", saved, tmp_path) == moved
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= viewport["width"]


@browser_test
def test_the_keyboard_alone_closes_and_opens_a_site(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    page.locator(".gp-whatif-start").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start from today").focus()
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="Find a site").focus()
    page.keyboard.type("meals 4")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert [s["name"] for s in _called(page, "sites") if not s["open"]] == ["meals 4"]
    page.get_by_role("button", name="Open at the map's centre").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # the card's first button has the focus
    assert sum(c["open"] for c in _called(page, "candidates")) == 1


@browser_test
def test_what_is_offered_follows_a_change(town: Town, visit: Any) -> None:
    """Neither the best place nor what a found site offers is that of the choice before."""
    page = visit(town.maps / "meal_station.html")
    page.locator(".gp-whatif-start").click()
    page.get_by_role("searchbox", name="Find a site").fill("meals 4")
    page.get_by_role("button", name="Next best place").click()
    assert page.locator(".gp-whatif-best").inner_text()
    _called(page, "close", next(s["id"] for s in _called(page, "sites") if s["name"] == "meals 4"))
    assert page.locator(".gp-whatif-best").inner_text() == ""
    assert "Open it again" in page.locator(".gp-whatif-found").inner_text()
    assert "yuan" in page.locator(".gp-whatif-table tr").last.inner_text()


@browser_test
def test_variants_stand_side_by_side_and_come_back(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    page.locator(".gp-whatif-start").click()
    plan = _called(page, "ledger")
    _called(page, "close", _called(page, "sites")[3]["id"])
    kept = _called(page, "ledger")
    page.get_by_role("textbox", name="Name of this variant").fill("<b>A & B</b>")
    page.get_by_role("button", name="Keep to compare").click()
    page.get_by_role("button", name="Start from the plan").click()
    assert _called(page, "ledger") == plan
    head = page.locator(".gp-whatif-table thead").inner_text()
    assert "<b>A & B</b>" in head
    page.get_by_role("button", name="<b>A & B</b>", exact=True).click()
    assert _called(page, "ledger") == kept
    money = page.locator(".gp-whatif-table tr").last.inner_text()
    assert "150,000" in money  # three sites of 50,000


@browser_test
def test_leaving_gives_the_map_back_as_it_was(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    head = page.locator("[data-part=numbers]").inner_text()
    page.locator(".gp-whatif-start").click()
    for site in _called(page, "sites"):
        _called(page, "close", site["id"])
    assert page.locator("[data-part=numbers]").inner_text() != head
    page.locator(".gp-whatif-start").click()
    assert page.locator("[data-part=numbers]").inner_text() == head


@browser_test
def test_areas_follow(town: Town, visit: Any) -> None:
    page = visit(town.maps / "shelter.html")
    page.locator(".gp-whatif-start").click()
    for site in _called(page, "sites")[2:]:
        _called(page, "close", site["id"])
    covers = town.plan.services["shelter"].covers
    left = covers.ledger(covers.existing[:2])
    level = page.evaluate(
        "map_shelter.geoplan.model.levels.map(one => one.level).find(one => one.value_after)"
    )
    assert sum(v or 0 for v in level["unserved_after"]) == pytest.approx(left.unserved)


def test_the_public_edition_carries_none_of_it(town: Town, tmp_path: Path) -> None:
    outside = town.study.run(audience="public").save(tmp_path / "out")
    for key in SERVICES:
        internal = (town.maps / f"{key}.html").read_text("utf-8")
        assert "whatIfMount" in internal
        assert '"whatif":{"z":"' in internal
    for file in outside.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for trace in (b"whatIfApi", b"readCovers", b'"whatif":{', b"gp-whatif", b"classZones"):
                assert trace not in content, (file, trace)


def test_covers_that_are_too_large_are_thinned_and_told(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, service = town.plan.results, town.plan.services["meal_station"]
    whole = covers_content(results, service)
    assert len(whole["z"]) < MOST_BYTES
    monkeypatch.setattr("geoplan.outputs.maps.covers.content.MOST_BYTES", len(whole["z"]) * 9 // 10)
    thinned = covers_content(results, service)
    assert len(thinned["z"]) <= len(whole["z"]) * 9 // 10
    assert len(service.siting.sites) <= thinned["candidates"] < whole["candidates"]
    assert -1 not in thinned["planned"]
    monkeypatch.setattr("geoplan.outputs.maps.covers.content.MOST_BYTES", 100)
    assert covers_content(results, service) is None
    page = service_map(results, "meal_station", lang="en").page
    assert "too many sites and places for what-ifs" in page


def test_identical_results_give_identical_covers(town: Town, tmp_path: Path) -> None:
    results, service = town.plan.results, town.plan.services["clinic"]
    first, again = (covers_content(results, service) for _ in range(2))
    assert first == again
    packed = zlib.decompress(base64.b64decode(first["z"]), -15)
    assert len(packed) > 0
    write_map(service_map(results, "clinic"), tmp_path / "a.html")
    write_map(service_map(results, "clinic"), tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@browser_test
@pytest.mark.parametrize("size", [(960, 540), (760, 700), (390, 844), (1440, 900)], ids=str)
def test_the_button_is_seen_at_once_and_so_is_what_it_opens(
    town: Town, visit: Any, size: tuple[int, int]
) -> None:
    width, height = size
    page = visit(town.maps / "meal_station.html", {"width": width, "height": height})
    button = page.locator(".gp-whatif-start").bounding_box()
    assert button["y"] + button["height"] <= height
    assert button["x"] + button["width"] <= width
    rows = page.locator(".gp-tools").bounding_box()["height"] // 38
    assert rows == (2 if width < 760 else 1)
    page.locator(".gp-whatif-start").click()
    panel, city = (page.locator(of).bounding_box() for of in (".gp-whatif", ".gp-map"))
    assert panel["y"] <= 0.75 * height
    assert city["y"] + city["height"] >= 0.4 * height  # the map is in sight beside or above it
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # the layers can be asked for meanwhile, and do not lie over the panel
    if page.locator("[data-part=layers]").is_hidden():
        page.locator("[data-part=open]").click()
        assert page.locator(".gp-whatif").is_hidden() or size == (1440, 900)
        page.locator("[data-part=open]").click()
    assert page.locator(".gp-whatif").is_visible()


@browser_test
def test_the_view_of_the_plan_is_called_a_trial_while_it_is_one(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    view, pressed = (
        page.locator("[data-preset=plan]"),
        page.locator("[data-preset][aria-pressed=true]"),
    )
    assert (view.inner_text(), pressed.inner_text()) == ("Plan", "Gaps")
    page.locator(".gp-whatif-start").click()
    assert (view.inner_text(), pressed.inner_text()) == ("Trial", "Trial")
    _called(page, "close", _called(page, "sites")[0]["id"])
    page.locator("[data-preset=now]").click()
    view.click()
    served = _called(page, "ledger")["served"]
    assert f"{served:,} / " in page.locator("[data-part=numbers]").inner_text()
    page.locator(".gp-whatif-start").click()
    assert (view.inner_text(), pressed.inner_text()) == ("Plan", "Gaps")


DRAWN = """app => {
    const told = [], pen = CanvasRenderingContext2D.prototype, own = pen.fillText;
    pen.fillText = function (text) { told.push(text); own.apply(this, arguments); };
    try { map_meal_station.geoplan.picture(60); } finally { pen.fillText = own; }
    return told;
}"""


@browser_test
def test_a_sheet_of_a_trial_says_so_and_has_its_numbers(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    plan = town.plan.to_dict()["services"]["meal_station"]["siting"]["people_after"]
    page.evaluate("map_meal_station.geoplan.preset('plan')")
    before = page.evaluate(DRAWN)
    assert not any("trial" in text.lower() for text in before)
    assert any("with the plan" in text for text in before)
    page.locator(".gp-whatif-start").click()
    site = _called(page, "sites")[2]
    _called(page, "close", site["id"])
    ledger = _called(page, "ledger")
    assert ledger["served"] < plan["served"]
    told = page.evaluate(DRAWN)
    share = f"{100 * ledger['served'] / ledger['total']:.1f}%"
    assert "A trial, not the plan" in told
    assert share in told
    assert any(text.endswith(f"this trial {share}") for text in told)
    assert any(text.startswith(f"{ledger['served']:,} / ") for text in told)
    assert not any("with the plan" in text.lower() for text in told)
    assert site["name"] in told
    assert told[told.index("Closed, or not built") + 1] == "1"
    # today again: the trial is not what the map shows
    page.evaluate("map_meal_station.geoplan.preset('now')")
    assert "A trial, not the plan" not in page.evaluate(DRAWN)
    page.evaluate("map_meal_station.geoplan.preset('plan')")
    page.locator(".gp-whatif-start").click()
    assert page.evaluate(DRAWN) == before


@browser_test
def test_a_sheet_of_a_trial_names_the_gaps_that_it_makes(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    page.locator(".gp-whatif-start").click()
    page.get_by_role("button", name="Start from today").click()
    for site in _called(page, "sites"):
        _called(page, "close", site["id"])
    listed = page.evaluate(
        "(() => { const one = geoplan.trialOf(map_meal_station.geoplan).tables[1];"
        " return [...Array(one.n).keys()].map(k => one.cells(k)); })()"
    )
    people = [float(row[2].replace(",", "")) for row in listed]
    assert people == sorted(people, reverse=True)
    letters = set(page.evaluate("map_meal_station.geoplan.model.gaps.letter"))
    # C1 and C2 are the pieces of C
    assert {row[0].rstrip("0123456789") for row in listed} <= letters | {"new", ""}
    signs = page.evaluate(
        "geoplan.trialSigns(map_meal_station.geoplan).map(sign => [sign.text, sign.n])"
    )
    # the trial began from today: nobody took the plan's sites away
    assert dict(signs)["Closed, or not built"] == len(_called(page, "sites"))
    assert dict(signs)["Places that lose service"] > 0


@browser_test
def test_head_legend_and_list_of_a_trial_count_the_same_gaps(town: Town, visit: Any) -> None:
    """Each counts what a run of the trial would have; the list has the trial's own rows."""
    page = visit(town.maps / "meal_station.html")
    page.locator(".gp-whatif-start").click()
    for site in _called(page, "sites")[1:6]:
        _called(page, "close", site["id"])
    rows = [g for g in _called(page, "gaps") if g["cause"] in ("no_site", "full")]
    told = page.locator("label:has([data-layer=gaps]) small")
    page.wait_for_timeout(200)  # legend and lists follow the last of quick changes
    settled(page, lambda: told.inner_text() == str(len(rows)))
    legend = told.inner_text()
    facts = page.locator(".gp-facts").inner_text().replace("\n", " ")
    tab = page.locator("[data-group=gaps] small").inner_text()
    assert {legend, tab} == {str(len(rows))}
    assert f"Gaps{len(rows)}" in facts.replace(" ", "")
    listed = page.locator("[data-key=gaps] tbody tr")
    assert listed.count() == len(rows)
    shown = [float(text.replace(",", "")) for text in listed.locator("td.gp-num").all_inner_texts()]
    assert sorted(shown) == sorted(round(row["people"]) for row in rows)
    listed.first.locator("button").click()  # goes to its people, without an error
    marks = [mark for mark in listed.locator(".gp-rank").all_inner_texts() if mark != "new"]
    assert len(marks) == len(set(marks))


@browser_test
def test_a_suggested_site_that_is_not_built_keeps_its_number(town: Town, visit: Any) -> None:
    page = visit(town.maps / "meal_station.html")
    page.locator(".gp-whatif-start").click()
    third = [site for site in _called(page, "candidates") if site["suggested"]]
    rank = page.evaluate("map_meal_station.geoplan.model.suggested.d.ids").index(third[0]["id"])
    _called(page, "close", third[0]["id"])
    assert page.evaluate("map_meal_station.geoplan.model.dropped").index(True) == rank
    page.locator(".gp-whatif-start").click()
    assert page.evaluate("map_meal_station.geoplan.model.dropped") is None


@browser_test
@pytest.mark.parametrize("named", [True, False], ids=["streets named", "nothing named"])
def test_where_neither_areas_nor_communities_have_names_no_label_of_a_node_is_told(
    visit: Any, tmp_path: Path, named: bool
) -> None:
    """Candidates and gaps are called after streets, else by longitude and latitude."""
    folder = write_town(tmp_path / "study")
    text = (folder / "study.toml").read_text("utf-8")
    start, end = text.index("[areas.district]"), text.index("[network.walk]")
    (folder / "study.toml").write_text(text[:start] + text[end:], "utf-8")
    people = pd.read_csv(folder / "people.csv", dtype=str, keep_default_na=False)
    people.assign(name="").to_csv(folder / "people.csv", index=False)
    if named:
        roads = gpd.read_file(folder / "roads.gpkg")
        roads["name"] = [f"{word} Road" for word in itertools.islice(_words(), len(roads))]
        roads.to_file(folder / "roads.gpkg", driver="GPKG")
    plan = Study.open(folder).run(services=["meal_station"])
    write_maps(plan.results, tmp_path / "maps")
    page = visit(tmp_path / "maps" / "meal_station.html")
    for site in _called(page, "sites")[2:6]:
        _called(page, "close", site["id"])
    _called(page, "open", _called(page, "candidates")[5]["id"])
    told = [one["name"] for one in _called(page, "candidates")]
    gaps = [one["area"] for one in _called(page, "gaps") if one["cause"] == "no_site"]
    places = r"\w+ Road and \w+ Road" if named else r"(meals \d+|36\.\d+, 11)"
    near = rf"(Suggested site \d+ )?near {places}"
    assert all(re.match(near, name) for name in told), told[:5]
    assert [name for name in (*told, *gaps) if re.search(r"\bn\d+\b", name)] == []
    assert sum("near" in name for name in gaps) >= len(gaps) - 1
    assert re.search(r'name = "n\d', _called(page, "overlay")) is None


def _words() -> Any:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ("".join(pair).capitalize() for pair in itertools.product(letters, repeat=3))


@browser_test
def test_where_capacity_ends_nobody_loses_a_seat_without_a_reason(town: Town, visit: Any) -> None:
    """Nothing changed: the people of each place are served as the run serves them."""
    page = visit(town.maps / "day_care.html")
    page.locator(".gp-whatif-start").click()
    page.get_by_role("button", name="Start from today").click()
    signs = "geoplan.trialSigns(map_day_care.geoplan).map(sign => sign.text)"
    assert "Places that lose service" not in page.evaluate(signs)
    model = "map_day_care.geoplan.model.demand"
    assert page.evaluate(f"[...{model}.later]") == page.evaluate(f"[...{model}.now]")
    _called(page, "open", _called(page, "candidates")[9]["id"])  # more seats: nobody loses one
    assert "Places that lose service" not in page.evaluate(signs)
