"""A comparison of two runs names what differs, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from openpyxl import load_workbook

from geoplan.comparison import compare_runs
from geoplan.comparison.describe import Wording, gap_lines
from geoplan.comparison.locations import shares_ground
from geoplan.comparison.numbers import setting_changes
from geoplan.errors import UsageError
from geoplan.outputs import summary_dict, write_comparison, write_layers
from geoplan.study import Study
from geoplan.study.assess.assess_service import in_service
from geoplan.words.speaker import Speaker


def save(results, folder):
    folder.mkdir()
    text = json.dumps(summary_dict(results), ensure_ascii=False)
    (folder / "summary.json").write_text(text, encoding="utf-8")
    write_layers(results, folder / "layers.gpkg")
    return folder


def with_served(results, key, district, share):
    """The results with `share` of the served people of one district moved to "beyond"."""
    service = results.services[key]
    frame = service.coverage.frame.copy()
    here = (frame["district"] == district).to_numpy()
    moved = np.floor(frame.loc[here, "served"] * share)
    frame.loc[here, "served"] -= moved
    frame.loc[here, "beyond"] += moved
    coverage = dataclasses.replace(service.coverage, frame=frame)
    services = {**results.services, key: dataclasses.replace(service, coverage=coverage)}
    return dataclasses.replace(results, services=services), float(moved.sum())


def test_the_same_run_twice_differs_in_nothing(results, tmp_path):
    a, b = save(results, tmp_path / "a"), save(results, tmp_path / "b")
    found = compare_runs(a, b)
    assert len(found.changed) == 0
    assert len(found.areas) == 0
    assert "完全一致" in found.text(lang="zh")


def test_people_who_are_no_longer_served_are_named_by_service_and_district(results, tmp_path):
    district = results.services["meal_station"].coverage.frame["district"].dropna().iloc[0]
    fewer, moved = with_served(results, "meal_station", district, 0.5)
    assert moved > 0
    found = compare_runs(save(results, tmp_path / "a"), save(fewer, tmp_path / "b"))
    changed = found.changed.set_index(["service", "measure"])["change"]
    assert changed["meal_station", "served"] == -moved
    assert changed["meal_station", "beyond"] == moved
    assert set(changed.index.get_level_values("service")) == {"meal_station"}
    areas = found.areas[found.areas["level"] == "district"]
    assert areas["code"].tolist() == [district]
    assert areas["change"].tolist() == [-moved]
    text = found.text(lang="en")
    assert "served" in text
    assert f"{-moved:,.0f}" in text


@pytest.mark.parametrize(
    ("a", "b", "zh", "en"),
    [
        (12345678.0, 12345699.0, "12,345,678 → 12,345,699", "12,345,678 → 12,345,699"),
        (0.123456781, 0.123456782, "0.123456781 → 0.123456782", "0.123456781 → 0.123456782"),
        (2.5e6, None, "2,500,000 → （未设）", "2,500,000 → (not set)"),
        (True, False, "是 → 否", "yes → no"),
        (1, True, "1 → 是", "1 → yes"),
        ([2026, 2027], [], "2026、2027 → （空）", "2026, 2027 → (empty)"),
    ],
)
def test_a_changed_setting_is_shown_with_all_its_digits(results, tmp_path, a, b, zh, en):
    runs = [save(results, tmp_path / name) for name in ("a", "b")]
    for run, value in zip(runs, (a, b), strict=True):
        facts = {"settings": {"study": {"lang": "zh"}, "fund": {"asked": value, "same": 2.5e6}}}
        (run / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    found = compare_runs(*runs)
    assert found.settings == (("fund.asked", a, b),)
    assert f"  fund.asked: {zh}\n" in found.text("zh")
    assert f"  fund.asked: {en}\n" in found.text("en")


def test_a_whole_number_is_the_same_setting_with_and_without_a_point():
    one, two = {"fund": {"money": 5, "name": ""}}, {"fund": {"money": 5.0, "name": None}}
    assert setting_changes(one, two, []) == ()


def test_services_of_one_run_only_are_named(results, tmp_path):
    few = {k: s for k, s in results.services.items() if k != "meal_station"}
    found = compare_runs(
        save(results, tmp_path / "a"),
        save(dataclasses.replace(results, services=few), tmp_path / "b"),
    )
    assert found.only_a == ("meal_station",)
    assert found.only_b == ()


def test_services_are_called_what_the_runs_call_them(results, tmp_path):
    fewer, _ = with_served(
        results,
        "meal_station",
        results.services["meal_station"].coverage.frame["district"].dropna().iloc[0],
        0.5,
    )
    a, b = save(results, tmp_path / "a"), save(fewer, tmp_path / "b")
    names = {"meal_station": {"zh": "社区食堂", "en": "Canteens"}}
    (a / "run.json").write_text(json.dumps({"names": names}), encoding="utf-8")
    found = compare_runs(a, b)
    assert "Canteens" in found.text(lang="en")
    assert "社区食堂" in found.text(lang="zh")
    assert found.tables(lang="en")["changes"].iloc[0, 0] != "meal_station"


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({}))
    with pytest.raises(UsageError, match=r"summary\.json"):
        compare_runs(tmp_path, tmp_path)


def test_sites_that_came_went_or_closed_and_another_proof(fakes, results, tmp_path):
    first = results.services["meal_station"]
    other = fakes.moved_site(results, "meal_station")
    found = compare_runs(save(results, tmp_path / "a"), save(other, tmp_path / "b"))
    changes = found.sites.set_index(["kind", "change"])
    assert set(changes.index) == {
        ("suggested", "added"),
        ("suggested", "dropped"),
        ("existing", "closed"),
    }
    assert len(found.sites) == 3
    moved = changes.loc[("suggested", "added"), "x"] - changes.loc[("suggested", "dropped"), "x"]
    assert moved == pytest.approx(40, abs=0.11)
    assert changes.loc[("existing", "closed"), "id"] == str(first.facilities.frame.index[0])
    sitings = found.sitings.set_index("service").loc["meal_station"]
    assert sitings["status_a"] == first.siting.result.status
    assert sitings["status_b"] == "feasible"
    assert "2.00%" in found.text("en")
    assert not found.is_same


@pytest.mark.parametrize("status", ["在建", "规划", "停用", "closed"])
def test_a_site_opens_and_closes_where_a_run_begins_or_ends_to_count_it(results, tmp_path, status):
    """The comparison and the run go by the same words: a site that was 在建 has opened."""
    service = results.services["meal_station"]
    frame = service.facilities.frame.copy()
    frame["status"] = ["", *["已建成"] * (len(frame) - 1)]
    open_now = dataclasses.replace(service.facilities, frame=frame)
    idle = frame.assign(status=[status, *frame["status"].iloc[1:]])
    not_open = dataclasses.replace(service.facilities, frame=idle)
    assert len(in_service(open_now)) - len(in_service(not_open)) == 1
    for name, layer in (("a", not_open), ("b", open_now)):
        changed = dataclasses.replace(service, facilities=layer)
        services = {**results.services, "meal_station": changed}
        save(dataclasses.replace(results, services=services), tmp_path / name)
    for one, other, change in (("a", "b", "opened"), ("b", "a", "closed")):
        found = compare_runs(tmp_path / one, tmp_path / other).sites
        assert found[["kind", "change", "id"]].to_numpy().tolist() == [
            ["existing", change, str(frame.index[0])]
        ]


def test_a_gap_is_the_same_when_it_shares_ground():
    """Of four squares of 100 m: one overlaps half of another run's, one only touches it, one lies
    apart, and one has no shape but the area and cause of a row over there."""
    shapes = [shapely.box(x, 0, x + 100, 100) for x in (0, 150, 900)]
    own = gpd.GeoDataFrame(
        {"area": ["p", "q", "r", "s"], "cause": "no_site"},
        geometry=[*shapes, None],
        crs="EPSG:4548",
    )
    other = gpd.GeoDataFrame(
        {"area": ["z", "s"], "cause": "no_site"},
        geometry=[shapely.box(50, 0, 150, 100), None],
        crs="EPSG:4548",
    )
    assert shares_ground(own, other).tolist() == [True, False, False, True]
    assert shares_ground(own, other.iloc[:0]).tolist() == [False] * 4
    lines = own.set_geometry(
        gpd.GeoSeries.from_wkt(
            ["LINESTRING (0 0, 100 0)", "LINESTRING (100 0, 200 0)", "LINESTRING (0 5, 9 5)", None],
            crs="EPSG:4548",
        )
    )
    along = other.set_geometry(
        gpd.GeoSeries.from_wkt(["LINESTRING (50 0, 100 0)", None], crs="EPSG:4548")
    )
    # half of the first; the second meets it in one point only
    assert shares_ground(lines, along).tolist() == [True, False, False, True]


def test_gaps_that_are_gone_are_listed(results, tmp_path):
    service = results.services["meal_station"]
    squares = [shapely.box(1000.0 * k, 0, 1000.0 * k + 500, 500) for k in range(len(service.gaps))]
    apart = service.gaps.set_geometry(gpd.GeoSeries(squares, service.gaps.index, service.gaps.crs))
    service = dataclasses.replace(service, gaps=apart)
    fewer = dataclasses.replace(service, gaps=apart.iloc[1:])
    after = dataclasses.replace(results, services={**results.services, "meal_station": fewer})
    results = dataclasses.replace(results, services={**results.services, "meal_station": service})
    there = compare_runs(save(results, tmp_path / "a"), save(after, tmp_path / "b")).gaps
    back = compare_runs(tmp_path / "b", tmp_path / "a").gaps
    assert there["change"].tolist() == ["closed"]
    assert back["change"].tolist() == ["opened"]
    assert there["people"].tolist() == [service.gaps["people"].iloc[0]]


def test_tables_and_text_are_written(fakes, results, tmp_path):
    found = compare_runs(
        save(results, tmp_path / "a"),
        save(fakes.moved_site(results, "meal_station"), tmp_path / "b"),
    )
    written = {p.name: p for p in write_comparison(found, tmp_path / "out", lang="zh")}
    assert set(written) == {
        "comparison.txt",
        "comparison.xlsx",
        "comparison_changes.csv",
        "comparison_areas.csv",
        "comparison_sites.csv",
        "comparison_gaps.csv",
    }
    sites = pd.read_csv(written["comparison_sites.csv"], encoding="utf-8-sig")
    assert len(sites) == 3
    assert set(sites["变化"]) == {"新增", "取消", "关停"}
    book = pd.read_excel(written["comparison.xlsx"], sheet_name=None, engine="openpyxl")
    assert list(book) == ["指标变化", "分区变化", "站点变化", "缺口变化"]
    assert len(book["站点变化"]) == 3
    stamp = load_workbook(written["comparison.xlsx"]).properties
    assert stamp.created == stamp.modified == datetime(2000, 1, 1)  # the same runs, the same file
    assert written["comparison.txt"].read_text("utf-8").startswith("两次运行对比")


def test_a_street_that_lost_its_site_is_counted(results, tmp_path):
    """One area fewer with a site, and one fewer that meets its quota."""
    key, level = next(
        (k, lv)
        for k, s in results.services.items()
        for lv, t in s.quota.items()
        if t["meets"].any()
    )
    service = results.services[key]
    table = service.quota[level].copy()
    code = table.index[table["meets"].fillna(False).astype(bool) & (table["sites"] > 0)][0]
    table.loc[code, "sites"] = 0
    table.loc[code, "meets"] = False
    changed = dataclasses.replace(service, quota={**service.quota, level: table})
    other = dataclasses.replace(results, services={**results.services, key: changed})
    found = compare_runs(save(results, tmp_path / "a"), save(other, tmp_path / "b"))
    changes = found.changed.set_index(["service", "measure"])["change"].to_dict()
    assert changes == {(key, f"with_site:{level}"): -1, (key, f"meeting_quota:{level}"): -1}
    assert "meeting the quota: " in found.text("en")


def test_what_one_public_edition_suppresses_is_not_told_by_the_other(small_folder, tmp_path):
    """150 of 290 are served within 800 m and 80 are beyond; within 700 m 100 and 130.

    Of numbers below 100 none is published in A, below 60 none in B: with 130 beyond and 100 served
    in B, the 80 in A would be known from the 150 served.
    """
    runs = []
    for metres, below in ((800, 100), (700, 60)):
        standard = {"services.meal_station.standard.threshold_m": metres}
        study = Study.open(small_folder).replace({"study.suppress_below": below, **standard})
        runs.append(study.run(audience="public").save(tmp_path / str(metres)))
    told = [json.loads((run / "summary.json").read_text("utf-8")) for run in runs]
    beyond = [facts["services"]["meal_station"]["people"]["beyond"] for facts in told]
    assert beyond == [None, 130]
    found = compare_runs(*runs)
    people = found.services.set_index("measure")
    assert "sites" in people.index
    assert not {"served", "beyond", "cut_off"} & set(people.index)
    assert "130" not in found.text()


def test_a_gap_whose_people_are_withheld_has_a_dash_and_no_length():
    gaps = pd.DataFrame(
        {
            "service": "meal_station",
            "change": "opened",
            "area": ["Elm", "Oak", "A to B"],
            "cause": "no_site",
            "people": [np.nan, 1200.0, np.nan],
            "length_m": [np.nan, np.nan, 800.0],
        }
    )
    said = list(gap_lines(gaps, Wording(Speaker("en"), {})))
    assert not [line for line in said if "nan" in line]
    assert [line.strip().partition(" · ")[0] for line in said[2:]] == [
        "Elm (— people)",
        "Oak (1,200 people)",
        "A to B (800 m)",
    ]
