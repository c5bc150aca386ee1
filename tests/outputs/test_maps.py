"""Maps without a browser: numbers, bytes, names, geometry, size."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st

from geoplan.coverage.ledger import STATES
from geoplan.coverage.lines.suggest_markers import suggest_markers
from geoplan.disclosure import edition
from geoplan.errors import UsageError
from geoplan.outputs.maps import service_map, write as writing, write_map, write_maps
from geoplan.outputs.maps.areas import boundaries
from geoplan.outputs.maps.assets import web_text
from geoplan.outputs.maps.background import thin_roads
from geoplan.outputs.maps.encode import PRECISION, encode_path
from geoplan.outputs.maps.features import demand_content, suggested_content
from geoplan.outputs.maps.page import json_for_page
from geoplan.outputs.palette import RAMPS
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import MISSING


def data_of(page: str) -> dict[str, Any]:
    """The data that a page carries."""
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def decode(text: str) -> np.ndarray:
    """The polyline encoding, read the slow way."""
    values, at = [], 0
    while at < len(text):
        shift = result = 0
        while True:
            chunk = ord(text[at]) - 63
            at += 1
            result |= (chunk & 31) << shift
            shift += 5
            if chunk < 32:
                break
        values.append(~(result >> 1) if result & 1 else result >> 1)
    return np.cumsum(np.array(values, dtype=np.int64).reshape(-1, 2), axis=0) / PRECISION


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-180, 180, allow_nan=False), st.floats(-85, 85, allow_nan=False)),
        max_size=40,
    )
)
def test_paths_come_back_to_a_metre(points: list[tuple[float, float]]):
    found = decode(encode_path(np.array(points, dtype=float).reshape(-1, 2)))
    np.testing.assert_allclose(
        found, np.array(points, dtype=float).reshape(-1, 2), atol=0.51 / PRECISION
    )


def test_places_without_names_have_no_list_of_names(fakes):
    """A grid's cells have none: a card listed five numbers of people beside nothing."""
    coverage = fakes.fake_run().services["meal_station"].coverage
    assert demand_content(coverage, None, {})["names"]
    bare = replace(coverage, frame=coverage.frame.assign(name=""))
    assert demand_content(bare, None, {})["names"] is None


def test_written_pages_are_those_that_notebooks_show(fakes, tmp_path):
    """Though no folium map is made for a file."""
    results = fakes.fake_run()
    for key, path in zip(results.services, write_maps(results, tmp_path)[:-1], strict=True):
        assert path.read_bytes().decode() == service_map(results, key).page


def test_the_page_shows_the_ledger(fakes):
    results = fakes.fake_run()
    data = data_of(service_map(results, "meal_station").page)
    service = results.services["meal_station"]
    for name, ledger in (
        ("ledger", service.coverage.ledger),
        ("after", service.siting.people_after),
    ):
        shown = data["headline"][name]
        assert {k: shown[k] for k in ledger.to_dict()} == ledger.to_dict()
        assert shown["share"] == pytest.approx(ledger.covered_share, abs=1e-6)
    assert data["gaps"]["people"] == service.gaps["people"].tolist()
    assert data["suggested"]["added"] == service.siting.sites["added_people"].tolist()
    located = service.coverage.frame[service.coverage.frame.geometry.notna()]
    assert sum(data["demand"]["people"]) == located["people"].sum()
    assert (
        data["sites"]["serves"]
        == service.coverage.people_by_site()
        .reindex(service.facilities.frame.index, fill_value=0)
        .tolist()
    )
    district = service.coverage.by_area("district")
    assert data["areas"][0]["total"][:3] == district["total"].tolist()[:3]


def test_points_stand_where_they_are(fakes):
    results = fakes.fake_run()
    data = data_of(service_map(results, "meal_station").page)
    points = results.services["meal_station"].facilities.located.geometry.to_crs(4326)
    np.testing.assert_allclose(
        decode(data["sites"]["at"]), shapely.get_coordinates(points.to_numpy()), atol=1e-5
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_same_input_same_bytes(fakes, tmp_path: Path, lang: str):
    first = write_maps(fakes.fake_run(lang=lang), tmp_path / "a")
    again = write_maps(fakes.fake_run(lang=lang), tmp_path / "b")
    assert [p.name for p in first] == [
        "meal_station.html",
        "elderly_centre.html",
        "boundary_marker.html",
        "home_care.html",
        "index.html",
    ]
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_the_index_says_what_its_dots_are(fakes, tmp_path: Path):
    *_, index = write_maps(fakes.fake_run(lang="en"), tmp_path)
    head = index.read_text("utf-8").split("<main>")[0]
    for word in ("served", "unserved", "suggested"):
        assert f"</i>{Speaker('en').say(f'maps.ui_layer_{word}')}</span>" in head


def test_a_page_names_no_address(fakes):
    results = fakes.fake_run()
    for key in results.services:
        page = service_map(results, key).page
        fetched = re.findall(r'(?:src|href)="([^"#]*)"', page)
        # Leaflet's own link, and the name of SVG's language, are no requests
        assert [f for f in fetched if f != "https://leafletjs.com"] == ["data:,"]
        known = (
            "https://leafletjs.com",
            "http://www.w3.org/",
            "https://github.com/Leaflet",
            "https://bugs.chromium.org",
            "https://bugzilla.mozilla.org",
            "http://dbaron.org",
        )
        for address in re.findall(r"https?://[^\s\"'<>)\\]+", page):
            assert address.startswith(known), address


def test_it_is_a_folium_map_and_takes_folium_objects(fakes):
    made = service_map(fakes.fake_run(), "meal_station")
    assert isinstance(made, folium.Map)
    folium.Marker([36.65, 117.0], popup="here").add_to(made)
    page = made.page
    assert "L.marker(" in page
    assert "cdn.jsdelivr" not in page
    shown = made._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "code.jquery" not in shown.lower()


def test_names_stay_data(fakes):
    results = fakes.fake_run(hostile=True)
    for key in results.services:
        made = service_map(results, key)
        page = made.page
        assert page.count("<script") == 3
        assert "<img" not in page
        assert "onerror=window" not in page.replace("onerror=window.pwned=1\\u003e", "")
        names = data_of(page)["areas"][0]["names"]
        assert names[0] == fakes.HOSTILE[0]


def test_json_cannot_end_its_element():
    text = json_for_page({"a": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--\u2028&"}


def test_stamps_and_approval(fakes):
    results = fakes.fake_run()
    page = service_map(results, "meal_station").page
    for text in ("演示数据", "内部资料", "审图号：鲁S(2024)001号", "民政局业务数据", "2024-12-31"):
        assert text in page
    plain = replace(results.info, synthetic=False, map_approval_no="", audience="public")
    page = service_map(replace(results, info=plain), "meal_station").page
    assert "演示数据" not in page.split('"words"')[0]
    assert "公开版" in page
    assert "示意图" in page


def test_the_script_knows_the_same_states_and_class_colours():
    script = web_text("frame/core.js")
    ramps = re.search(r"classes: \{(.*?)\}", script, re.DOTALL)[1]
    shown = {int(n): tuple(json.loads(row)) for n, row in re.findall(r"(\d): (\[.*?\])", ramps)}
    assert shown == RAMPS
    assert tuple(json.loads(re.search(r"gp.STATES = (\[.*?\]);", script)[1])) == STATES
    assert re.search(r'gp.MISSING = "(.*?)";', script)[1] == MISSING


def test_unknown_service_and_basemap(fakes):
    results = fakes.fake_run()
    with pytest.raises(UsageError, match="meal_station, elderly_centre"):
        service_map(results, "nothing")
    with pytest.raises(UsageError, match="tianditu_key"):
        service_map(results, "meal_station", basemap="tianditu")
    with pytest.raises(UsageError, match="不认识的底图“google”：可为 osm"):
        service_map(results, "meal_station", basemap="google")
    with pytest.raises(UsageError, match=r"unknown basemap 'google': .*\{z\}, \{x\} and \{y\}"):
        service_map(results, "meal_station", basemap="google", lang="en")


@pytest.mark.parametrize(
    ("basemap", "reason"),
    [
        ("tianditu", "your key would stand in the public file"),
        ("https://tiles.example/{z}/{x}/{y}.png?tk=secret", "may be a key: tiles.example/"),
        ("https://me:secret@tiles.example/{z}/{x}/{y}.png", "may be a key: tiles.example/"),
        ("/srv/tiles/{z}/{x}/{y}.png", "path of this computer"),
    ],
)
def test_a_public_map_publishes_no_key_and_no_path(fakes, basemap, reason, tmp_path: Path):
    public = edition(fakes.fake_run(), audience="public")
    with pytest.raises(UsageError, match=reason) as refused:
        write_maps(
            public, tmp_path, basemap=basemap, tianditu_key="secret", lang="en", audience="public"
        )
    assert "secret" not in str(refused.value)
    assert list(tmp_path.rglob("*.html")) == []


def test_a_public_map_may_have_open_tiles(fakes):
    public = edition(fakes.fake_run(), audience="public")
    for basemap in ("osm", "tiles/{z}/{x}/{y}.png", "https://tiles.example/{z}/{x}/{y}.png"):
        assert service_map(public, "meal_station", basemap=basemap).basemap is not None


def test_a_stamp_lies_on_the_map_only_when_there_is_one(fakes):
    results = fakes.fake_run()
    for synthetic, number, shown in ((False, "", False), (True, "", True), (False, "GS 1", True)):
        info = replace(results.info, synthetic=synthetic, map_approval_no=number)
        page = service_map(replace(results, info=info), "meal_station").page
        assert ('<p class="gp-stampline">' in page) is shown


def test_a_key_stands_in_the_page_only_when_given(fakes, monkeypatch):
    monkeypatch.setenv("TIANDITU_KEY", "secret-of-mine")
    results = fakes.fake_run()
    assert "secret-of-mine" not in service_map(results, "meal_station").page
    made = service_map(results, "meal_station", basemap="tianditu", tianditu_key="secret-of-mine")
    assert "secret-of-mine" in made.page
    assert "img-src data: blob: https://t0.tianditu.gov.cn" in made.page


def test_roads_are_thinned_to_their_budget():
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 60_000, (5_000, 2)) + np.array([480_000, 4_030_000])
    turn = rng.normal(0, 150, (5_000, 4, 2)).cumsum(axis=1)
    lines = shapely.linestrings(np.concatenate([start[:, None], start[:, None] + turn], axis=1))
    roads = gpd.GeoDataFrame(
        {"class": rng.choice([1, 2, 3], 5_000, p=[0.05, 0.15, 0.8])}, geometry=lines, crs=4548
    )
    paths, thinned = thin_roads(roads, budget=90_000)
    assert thinned
    assert paths["1"]
    assert sum(len(path) + 4 for group in paths.values() for path in group) <= 90_000
    few, thinned = thin_roads(roads.iloc[:200])
    assert not thinned
    assert set(few) == {"1", "2", "3"}


def test_streets_without_a_class_are_thinned_everywhere_and_not_left_out() -> None:
    """A province of minor streets: a page's budget holds the longest of every part of it."""
    rng = np.random.default_rng(2)
    start = rng.uniform(0, 40_000, (6000, 2)) + np.array([480_000, 4_040_000])
    ends = start + rng.uniform(-300, 300, (6000, 2))
    streets = shapely.linestrings(np.stack([start, ends], axis=1))
    roads = gpd.GeoDataFrame(geometry=streets, crs="EPSG:4548")
    paths, thinned = thin_roads(roads, budget=20_000)
    assert thinned
    assert list(paths) == ["3"]
    assert 19_900 < sum(len(path) + 4 for path in paths["3"]) <= 20_000
    left = [decode(path) for path in paths["3"]]
    middles = gpd.GeoSeries(gpd.points_from_xy(*np.mean(left, axis=1).T), crs=4326).to_crs(4548)
    quarters = {(x > 500_000, y > 4_060_000) for x, y in zip(middles.x, middles.y, strict=True)}
    assert len(quarters) == 4
    every = {(x // 4000, y // 4000) for x, y in zip(middles.x, middles.y, strict=True)}
    assert len(every) >= 95  # of some hundred squares of 4 km


def test_neighbours_keep_their_shared_border(fakes):
    layer = fakes.streets()
    rings = boundaries(layer)
    corners = [set(map(tuple, np.round(decode(r[0]), 5))) for r in rings]
    # each street of the grid shares two corners with the next one in its column
    for k in (0, 1, 2):
        assert len(corners[k] & corners[k + 1]) >= 2


def test_too_many_points_are_summed_and_it_says_so(fakes, monkeypatch):
    monkeypatch.setattr(writing, "MOST_BYTES", 6_000)
    results = fakes.fake_run(n=600)
    data = data_of(service_map(results, "meal_station", lang="zh").page)
    assert data["demand"]["cell_m"] >= 200
    assert any("格网" in note for note in data["meta"]["notes"])
    frame = results.services["meal_station"].coverage.frame
    assert sum(data["demand"]["people"]) == frame[frame.geometry.notna()]["people"].sum()


def test_write_map_writes_one_file(fakes, tmp_path: Path):
    path = write_map(service_map(fakes.fake_run(), "home_care"), tmp_path / "deep" / "a.html")
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert path.stat().st_size < 3_000_000


def test_a_folder_of_tiles_lies_under_the_map(fakes, tmp_path):
    results = fakes.fake_run()
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(UsageError, match="no tiles"):
        service_map(results, "meal_station", basemap=str(empty), lang="en")
    tile = tmp_path / "我的 瓦片" / "11" / "1690" / "800.jpg"
    tile.parent.mkdir(parents=True)
    tile.write_bytes(b"")
    found = data_of(service_map(results, "meal_station", basemap=str(tmp_path / "我的 瓦片")).page)[
        "basemap"
    ]
    assert found["tiles"][0].startswith("file:///")
    assert found["tiles"][0].endswith("/{z}/{x}/{y}.jpg")
    assert "%20" in found["tiles"][0]


def test_a_marker_to_be_set_says_where_on_its_line_and_not_how_many_people() -> None:
    border = gpd.GeoSeries([shapely.LineString([(0, 0), (1600, 0)])], index=["甲线"], crs=4548)
    further = suggest_markers(border, None, max_spacing_m=500)
    told = suggested_content(further.assign(rank=1, added_people=0.0, area="甲线"), {})
    assert told is not None
    assert told["added"] == [None] * len(further)
    assert told["chainage"] == further["chainage_m"].round().tolist()
