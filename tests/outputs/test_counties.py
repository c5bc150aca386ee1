"""A study too large for one page: an overview, and pages of counties that add up to it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.coverage.ledger import STATES
from geoplan.disclosure import edition
from geoplan.outputs import write_maps
from geoplan.outputs.maps.counties import pages as counties
from geoplan.outputs.maps.counties.pages import counties_of
from geoplan.outputs.maps.counties.results import Divided
from geoplan.words.speaker import Speaker
from geoplan.writing.own_files import is_unfinished_run

KEY = "meal_station"


@pytest.fixture
def large(monkeypatch) -> None:
    """Every page is too large."""
    monkeypatch.setattr(counties, "PAGE_BYTES", 0)


def _content(path: Path) -> dict[str, Any]:
    text = path.read_text("utf-8")
    found = re.search(r'type="application/json" id="[^"]*_data">(.*?)</script>', text, re.S)
    assert found
    return json.loads(found[1])


def test_counties_add_up_to_the_whole(fakes, large) -> None:
    results = fakes.fake_run()
    whole = results.services[KEY]
    divided = Divided(results=results, key=KEY)
    frame = whole.coverage.frame
    assert divided.level == "district"
    sums, after, own_sites, ranks = dict.fromkeys(STATES, 0.0), 0.0, 0, set()
    for one in counties_of(results, KEY, Speaker("zh")):
        county = divided.county(one.code)
        service = county.services[KEY]
        rows = frame[frame["district"] == one.code]
        assert list(service.coverage.frame.index) == list(rows.index)
        head = divided.headline(county, Speaker("zh"))
        for state in STATES:
            assert head["ledger"][state] == pytest.approx(rows[state].sum(), abs=0.06)
            sums[state] += rows[state].sum()
        after += service.siting.people_after.served
        shape = results.areas["district"].frame.geometry[one.code]
        own_sites += int(service.siting.sites.intersects(shape).sum())
        ranks |= set(service.gaps["rank"])
        # sites: all within reach of the county or serving somebody there, and no others
        serving = set(rows["site"].dropna())
        near = {
            label
            for label, place in whole.facilities.frame.geometry.items()
            if place is not None and place.distance(shape) <= 1000
        }
        assert set(service.facilities.frame.index) == near | serving
    known = frame[frame["district"].notna()]
    for state in STATES:
        assert sums[state] == pytest.approx(known[state].sum())
    later = whole.siting.coverage_after.frame.loc[known.index]
    assert after == pytest.approx(later["served"].sum())
    assert own_sites == len(whole.siting.sites)
    assert ranks == set(whole.gaps["rank"])


def test_gaps_of_a_county_are_those_of_its_people(fakes, large) -> None:
    results = fakes.fake_run()
    whole = results.services[KEY]
    frame, known = whole.coverage.frame, whole.gaps["rank"].to_numpy()
    rng = np.random.default_rng(0)
    gap_of = pd.Series(rng.choice([0, *known], len(frame)), frame.index)
    results = replace(results, services={KEY: replace(whole, gap_of=gap_of)})
    divided = Divided(results=results, key=KEY)
    for one in counties_of(results, KEY, Speaker("zh")):
        rows = frame.index[frame["district"] == one.code]
        found = divided.county(one.code).services[KEY].gaps["rank"]
        assert set(found) == {gap_of[row] for row in rows} - {0}


def test_pages_lead_to_one_another_and_show_their_own(fakes, large, tmp_path: Path) -> None:
    results = fakes.fake_run()
    written = write_maps(results, tmp_path)
    pages = [path for path in written if path.parent.name == KEY]
    overview, index = _content(tmp_path / f"{KEY}.html"), (tmp_path / "index.html").read_text()
    hrefs = [one["href"] for one in overview["meta"]["parts"]]
    assert [tmp_path / href for href in hrefs] == pages
    assert len(pages) == len(results.areas["district"]) > 1
    assert all(f'href="{href}"' in index for href in hrefs)
    assert all(f'href="{href}"' in (tmp_path / f"{KEY}.html").read_text() for href in hrefs)
    assert [level["level"] for level in overview["areas"]] == ["district"]
    assert "cell_m" in overview["demand"]
    total = 0.0
    for page in pages:
        county = _content(page)
        assert (page.parent / county["meta"]["parts"][0]["href"]).resolve() == (
            tmp_path / f"{KEY}.html"
        )
        assert "cell_m" not in county["demand"]
        assert len(county["areas"][0]["names"]) == 1
        total += county["headline"]["ledger"]["total"]
    frame = results.services[KEY].coverage.frame
    assert total == pytest.approx(frame["people"][frame["district"].notna()].sum(), abs=1)
    shares = [_content(page)["headline"]["ledger"]["share"] for page in pages]
    assert shares == sorted(shares)


def test_streets_of_a_county_are_those_that_meet_its_box(fakes, large) -> None:
    results = fakes.fake_run()
    divided = Divided(results=results, key=KEY)
    for one in counties_of(results, KEY, Speaker("en")):
        shape = results.areas["district"].frame.geometry[one.code]
        west, south, east, north = shape.bounds
        box = shapely.box(west - 1000, south - 1000, east + 1000, north + 1000)
        for name, frame in results.background.items():
            boxes = shapely.box(*frame.geometry.bounds.to_numpy().T)
            expected = frame[shapely.intersects(boxes, box)]
            found = divided.county(one.code).background.get(name, frame.iloc[:0])
            assert list(found.index) == list(expected.index)


def test_reach_is_cut_at_the_box_and_nothing_is_lost(fakes, large) -> None:
    results = fakes.fake_run()
    key = next(k for k, one in results.services.items() if one.reach is not None)
    divided, whole = Divided(results=results, key=key), results.services[key]
    for one in counties_of(results, key, Speaker("en")):
        shape = results.areas["district"].frame.geometry[one.code]
        found = divided.county(one.code).services[key].reach
        assert not found.geometry.is_empty.any()
        for cutoff, part in whole.reach.groupby("cutoff"):
            expected = shapely.intersection(part.geometry.union_all(), shape).area
            there = found.geometry[found["cutoff"] == cutoff].union_all()
            assert np.isclose(shapely.intersection(there, shape).area, expected)


def test_a_part_of_the_reach_whose_box_alone_meets_a_county_leaves_nothing(fakes, large) -> None:
    results = fakes.fake_run()
    key = next(k for k, one in results.services.items() if one.reach is not None)
    whole = results.services[key]
    code = counties_of(results, key, Speaker("en"))[0].code
    west, south, east, north = results.areas["district"].frame.geometry[code].bounds
    far = 1_000_000.0  # an L around the county, which is in its box
    around = shapely.difference(
        shapely.box(west - far, south - far, east + far, north + far),
        shapely.box(west - far / 2, south - far / 2, east + 2 * far, north + 2 * far),
    )
    reach = gpd.GeoDataFrame({"cutoff": [1000.0]}, geometry=[around], crs=whole.reach.crs)
    results = replace(results, services={key: replace(whole, reach=reach)})
    assert len(Divided(results=results, key=key).county(code).services[key].reach) == 0


def test_small_studies_and_public_editions_have_one_page(fakes, tmp_path: Path) -> None:
    results = fakes.fake_run()
    written = write_maps(results, tmp_path / "small")
    assert {path.parent for path in written} == {tmp_path / "small"}
    for path in written:
        assert "gp-parts" not in path.read_text()
        assert "<details><summary>" not in path.read_text()
    public = edition(fakes.fake_run(), audience="public")
    assert counties_of(public, KEY, Speaker("zh")) == ()


def test_public_editions_are_never_divided(fakes, large) -> None:
    public = edition(fakes.fake_run(), audience="public")
    assert counties_of(public, KEY, Speaker("zh")) == ()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_links_are_followed_there_and_back(browser, fakes, large, tmp_path: Path, width) -> None:
    write_maps(fakes.fake_run(hostile=True), tmp_path)
    context = browser.new_context(viewport={"width": width, "height": 844}, offline=True)
    page, problems = context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((tmp_path / f"{KEY}.html").as_uri())
    page.wait_for_selector("[data-ready=true]", timeout=60_000)
    page.locator(".gp-parts summary").click()
    link = page.locator(".gp-parts a").first
    link.click()
    page.wait_for_selector("[data-ready=true]", timeout=60_000)
    assert f"/{KEY}/" in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".gp-parts a").click()
    page.wait_for_selector("[data-ready=true]", timeout=60_000)
    assert page.url.endswith(f"/{KEY}.html")
    assert problems == []
    context.close()


def test_an_unfinished_run_may_have_pages_of_counties(fakes, large, tmp_path: Path) -> None:
    write_maps(fakes.fake_run(), tmp_path / "maps")
    assert is_unfinished_run(tmp_path)
    (tmp_path / "figures" / KEY).mkdir(parents=True)
    (tmp_path / "figures" / KEY / "001.png").write_bytes(b"")
    assert not is_unfinished_run(tmp_path)
