"""A study by public transport: the ledger, sites, and what its feeds lack."""

import re
import tomllib

import pandas as pd
import pytest
from pyproj import Transformer

from geoplan import Study
from geoplan.disclosure.public_edition import edition
from geoplan.errors import StudyFileError
from geoplan.outputs import write_maps
from geoplan.outputs.gis.layers import layer_list
from geoplan.outputs.gis.titles import column_titles
from geoplan.outputs.maps.content import map_content, ui_words
from geoplan.outputs.tables.coverage_tables import area_table, overview_table
from geoplan.study import new_study
from geoplan.study.config.schema import TransitSection
from geoplan.study.example import X, Y, write_example
from geoplan.words.speaker import Speaker
from tests.outputs.waits import settled

LINES = "线路,首末班,发车间隔,速度\n1,06:00-21:00,10分钟,18\n"


@pytest.fixture
def folder(tmp_path):
    """The example, with a bus every 10 minutes from S to the end of the street."""
    write_example(tmp_path)
    (tmp_path / "lines.csv").write_text(LINES, encoding="utf-8")
    rows = [(1, k + 1, f"Stop {k}", X + x, Y) for k, x in enumerate((0, 1500, 3000))]
    points = pd.DataFrame(rows, columns=["线路", "站序", "站名", "x", "y"])
    lon, lat = Transformer.from_crs(4548, 4326, always_xy=True).transform(points["x"], points["y"])
    points.assign(经度=lon, 纬度=lat).drop(columns=["x", "y"]).to_csv(
        tmp_path / "stops.csv", index=False
    )
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    text = text.replace(
        "[demand.elderly_60]",
        '[network.transit]\nlines = "lines.csv"\nstops = "stops.csv"\ndepart = "08:00-08:30"\n\n'
        "[demand.elderly_60]",
    )
    text = text.replace('mode = "walk", threshold_m = 800', 'mode = "transit", threshold_min = 11')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_ledger_and_sites_by_public_transport(folder):
    plan = Study.open(folder).run()
    people = plan.to_dict()["services"]["meal_station"]["people"]
    # C waits 5 minutes and rides 1,500 m at 18 km/h in 5 more; B walks 700 m in 11.7 minutes;
    # D has no bus, and no street leads to the station
    assert people["served"] == 180
    assert people["beyond"] == 50
    assert people["cut_off"] == 30
    assert people["off_network"] == 20
    assert people["unlocated"] == 10
    after = plan.to_dict()["services"]["meal_station"]["siting"]["people_after"]
    assert after["served"] == 230
    found = set(plan.results.findings["code"])
    assert "network_transit_lines_straight" in found


def test_a_window_and_a_missing_stop_table_are_told_at_once(folder):
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace('"08:00-08:30"', '"10:00-08:00"').replace('"stops.csv"', '"none.csv"')
    text = text.replace("threshold_min = 11", "threshold_m = 800")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as error:
        Study.open(folder)
    said = str(error.value)
    assert re.search("08:00", said)
    assert "none.csv" in said
    assert "threshold_min" in said


def test_without_service_people_are_cut_off_however_long_they_could_walk(folder):
    """B walks 700 m, no farther than to a stop; C would walk 3 km; D has no street to the site."""
    study = Study.open(folder).replace({"network.transit.withdrawn": ["1"]})
    plan = study.run()
    found = plan.to_dict()["services"]["meal_station"]
    assert [found["people"][s] for s in ("served", "beyond", "cut_off")] == [100, 50, 110]
    causes = {(gap["people"], gap["cause"], gap["remedy"]) for gap in found["gaps"]}
    assert (80, "no_service", "add_site") in causes
    assert (30, "cut_off", "mend_link") in causes
    covers = plan.services["meal_station"].covers
    assert covers.ledger(covers.existing) == plan.coverage["meal_station"].ledger
    planned = covers.sites.index[covers.sites["planned"]]
    after = plan.services["meal_station"].siting.people_after
    assert covers.ledger([*covers.existing, *planned]) == after
    assert after.served > 100


def test_journeys_of_gaps_and_sites_take_as_long_as_the_ledger_says(folder):
    plan = Study.open(folder).run()
    service = plan.services["meal_station"]
    frame = service.coverage.frame
    assert {one.about for one in service.journeys} == {"gap", "median", "farthest"}
    after = service.siting.coverage_after.frame
    for one in service.journeys:
        source = frame if one.site in set(frame["site"]) else after
        assert source.at[one.row, "site"] == one.site
        assert one.minutes == source.at[one.row, "cost"]
        assert one.journey.minutes == pytest.approx(one.minutes, abs=2e-4)
    ridden = next(one for one in service.journeys if one.row == "C")
    assert ridden.journey.lines == ("1",)
    # B walks 700 m, beyond the threshold: its gap's way is told
    assert any(one.row == "B" and one.gap and not one.journey.lines for one in service.journeys)
    idle = Study.open(folder).replace({"network.transit.withdrawn": ["1"]}).run()
    cut = [j for j in idle.services["meal_station"].journeys if j.row == "C" and j.gap]
    assert [(j.journey, round(j.minutes)) for j in cut] == [(None, 25)]
    told = map_content(plan.results, "meal_station", Speaker("zh"))["journeys"]
    assert [one["text"] for one in told] == [j.journey.text("zh") for j in service.journeys]
    assert all(shape for one in told for _, shape in one["legs"])
    public = edition(plan.results, audience="public")
    assert public.services["meal_station"].journeys == ()
    assert map_content(public, "meal_station", Speaker("zh"))["journeys"] is None


@pytest.mark.browser
def test_a_click_tells_and_draws_the_journey(folder, tmp_path, browser):
    write_maps(Study.open(folder).run().results, tmp_path / "maps")
    for width in (1440, 390):
        page = browser.new_page(viewport={"width": width, "height": 844})
        problems = []
        page.on("pageerror", lambda e, to=problems: to.append(str(e)))
        page.goto((tmp_path / "maps" / "meal_station.html").as_uri() + "#site=M1")
        page.wait_for_selector("[data-ready=true]")
        told = page.locator(".gp-journeys")
        assert "ride line 1 towards Stop 0" in told.inner_text()
        before = page.locator("canvas").first.screenshot()
        told.locator(".gp-link").last.click()
        drawn = page.locator("canvas").first.screenshot
        assert settled(page, lambda drawn=drawn, before=before: drawn() != before)
        box = told.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert problems == []
        page.close()


def test_outputs_call_people_without_a_bus_so(folder):
    """Nothing says that the streets cut them off."""
    plan = Study.open(folder).replace({"network.transit.withdrawn": ["1"]}).run()
    speaker, service = Speaker("zh"), plan.services["meal_station"]
    tables = [
        area_table(plan.results, service, "district", speaker),
        overview_table(plan.results, speaker),
    ]
    headings = [c.heading(speaker) for t in tables for c in t.columns if c.name == "cut_off"]
    assert headings == ["无公交可到（人）", "路网不连通或无公交可到（人）"]
    layer = next(x for x in layer_list(plan.results, speaker) if x.name == "meal_station_demand")
    said = column_titles(plan.results, layer, speaker)
    assert said["cut_off"].text == "无公交可到（人）"
    assert ui_words(speaker, timed=True)["state_cut_off"] == "无公交可到"


def served(study):
    return study.run().to_dict()["services"]["meal_station"]["people"]["served"]


def test_what_ifs_of_lines_and_of_walks_are_overlays(folder):
    study = Study.open(folder)
    assert served(study) == 180
    # without its bus C is left with a walk of 50 minutes
    withdrawn = study.replace({"network.transit.withdrawn": ["1"]})
    assert served(withdrawn) < 180
    # 5 minutes of waiting and 5 of riding are too long for 9, half the wait is not
    quick = {"services.meal_station.standard": {"mode": "transit", "threshold_min": 9}}
    less = study.replace(quick)
    often = less.replace({"network.transit.headway_factor": {"1": 0.5}})
    assert served(often) > served(less)
    overlay = folder / "what_if.toml"
    overlay.write_text("[network.transit]\nwithdrawn = ['1']\n", encoding="utf-8")
    assert served(study.overlay(overlay)) < 180


def test_lines_that_do_not_run_are_told(folder):
    study = Study.open(folder).replace({"network.transit.withdrawn": ["K9"]})
    with pytest.raises(Exception, match="K9"):
        study.run()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_empty_study_shows_both_kinds_of_public_transport(lang, tmp_path):
    written = new_study(tmp_path / "city", lang=lang)
    text = next(p for p in written if p.name == "study.toml").read_text(encoding="utf-8")
    shown = text[text.index("# [network.transit]") :].split("\n\n")[0]
    lines = [line.removeprefix("# ") for line in shown.splitlines()]
    for gone in (("lines", "stops"), ("path", "date")):
        kept = "\n".join(line for line in lines if not line.startswith(gone))
        section = TransitSection.model_validate(tomllib.loads(kept)["network"]["transit"])
        assert section.options()["percentile"] == 50
