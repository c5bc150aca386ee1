"""What-ifs on the study that can be checked by hand (see `geoplan.study.example`)."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from geoplan.errors import (
    InputError,
    MissingCrsError,
    NetworkError,
    StudyFileError,
    UsageError,
)
from geoplan.network import Network, with_links
from geoplan.study import Study, apply_overlay, compare_plans, sweep, what_if
from geoplan.study.config.cross_checks import standard_of

X, Y = 500_000.0, 4_055_000.0
MEAL = "services.meal_station"


def test_slower_walkers_more_people_a_closed_site(small_folder: Path) -> None:
    study = Study.open(small_folder)
    plans = sweep(
        study,
        {
            "far": {f"{MEAL}.standard.threshold_m": 1600},
            "more": {"demand.elderly_60.scale": 2},
            "closed": {f"{MEAL}.closed": ["First"]},
        },
    )
    table = compare_plans(plans)
    served = table["served"].droplevel("service")
    # 150 within 800 m; C's 80 as well within 1,600 m; everybody twice; nobody without the station
    assert served.to_dict() == {"base": 150, "far": 230, "more": 300, "closed": 0}
    assert table["people"].droplevel("service").to_dict() == {
        "base": 290,
        "far": 290,
        "more": 580,
        "closed": 290,
    }
    assert table["change"].droplevel("service").to_dict()["far"] == 80
    with pytest.raises(UsageError, match="Nobody"):
        study.replace({f"{MEAL}.closed": ["Nobody's"]}).run()


def test_a_closed_site_and_one_being_built_fill_no_quota_and_hold_no_beds(
    small_folder: Path,
) -> None:
    """M1 (10 beds) stands in the West; in the East M2 (30) is being built and M3 (5) is open. So
    each has one, with 15 beds. With M1 closed the West has none, and 5 beds are left."""
    sites = pd.read_csv(small_folder / "meals.csv", dtype=str)
    first = sites.iloc[0].to_dict() | {"district": "1", "capacity": "10", "status": ""}
    built = first | {"id": "M2", "name": "Second", "district": "2", "capacity": "30"}
    built |= {"status": "under_construction", "lon": f"{float(first['lon']) + 0.02:.6f}"}
    third = built | {"id": "M3", "name": "Third", "capacity": "5", "status": ""}
    third |= {"lon": f"{float(first['lon']) + 0.025:.6f}"}
    pd.DataFrame([first, built, third]).to_csv(small_folder / "meals.csv", index=False)
    study = Study.open(small_folder).replace(
        {f"{MEAL}.columns": {"status": "status", "district": "district", "capacity": "capacity"}}
    )
    now = study.run().services["meal_station"]
    closed = study.replace({f"{MEAL}.closed": ["M1"]}).run().services["meal_station"]
    assert now.quota["district"]["sites"].to_dict() == {"1": 1, "2": 1}
    assert now.capacity["places"] == 15
    assert closed.quota["district"]["sites"].to_dict() == {"1": 0, "2": 1}
    assert closed.quota["district"]["meets"].to_dict() == {"1": False, "2": True}
    assert closed.capacity["places"] == 5
    # none of them is lost: what is there and not open is still told
    assert len(closed.facilities) == len(now.facilities) == 3


def test_a_bridge_joins_what_was_cut_off(small_folder: Path) -> None:
    bridge = gpd.GeoDataFrame(
        geometry=[LineString([(X + 2, Y + 3), (X, Y + 1998)])], crs="EPSG:4548"
    )
    bridge.to_file(small_folder / "bridge.gpkg", driver="GPKG")
    (small_folder / "bridge.toml").write_text(
        '[network.walk]\nlinks = "bridge.gpkg"\n\n[services.meal_station.standard]\n'
        "threshold_m = 2300\n",
        encoding="utf-8",
    )
    study = Study.open(small_folder)
    before = study.replace({f"{MEAL}.standard.threshold_m": 2300}).run()
    after = study.overlay(small_folder / "bridge.toml").run()
    # D lives 200 m along the second street: 2,000 m of bridge and 200 m of street from S
    assert before.coverage["meal_station"].ledger.cut_off == 30
    assert after.coverage["meal_station"].ledger.cut_off == 0
    assert (
        after.coverage["meal_station"].ledger.served
        == before.coverage["meal_station"].ledger.served + 30
    )
    cost = after.coverage["meal_station"].frame.loc["D", "cost"]
    assert cost == pytest.approx(2200, abs=1)


def test_a_link_that_reaches_nothing_is_refused(small_folder: Path) -> None:
    streets = gpd.read_file(small_folder / "streets.gpkg")
    network = Network.from_lines(streets, mode="walk")
    line = gpd.GeoDataFrame(geometry=[LineString([(X, Y), (X, Y + 900)])], crs="EPSG:4548")
    with pytest.raises(NetworkError, match="900"):
        with_links(network, line)


def test_an_overlay_that_is_none(small_folder: Path, tmp_path: Path) -> None:
    study = Study.open(small_folder)
    with pytest.raises(StudyFileError, match="not there"):
        study.overlay(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_text("[study\n")
    with pytest.raises(StudyFileError, match=r"Write: \[study\]"):
        study.overlay(tmp_path / "bad.toml")
    (tmp_path / "typo.toml").write_text("[network.walk]\nspeed = 1\n")
    with pytest.raises(StudyFileError, match="speed_m_s"):
        study.overlay(tmp_path / "typo.toml")


def test_slower_walkers_shrink_what_is_on_foot_and_nothing_else(small_folder: Path) -> None:
    """At half the speed 800 m become 400 m: B, at 700 m, is out, A's 100 people are left. The tier
    on foot shrinks too, the one by car stays, and so does a standard that is given outright."""
    tiers = {
        "near": {"name_zh": "近", "name_en": "near", "mode": "walk", "threshold_m": 300},
        "far": {"name_zh": "远", "name_en": "far", "mode": "drive", "threshold_min": 30},
    }
    study = Study.open(small_folder)
    slow = what_if(study, slower_walkers=0.5)
    assert slow.run().coverage["meal_station"].ledger.served == 100
    assert slow.config.network["walk"].speed_m_s == 0.5
    listed = study.replace(
        {
            f"{MEAL}.standard.tiers": [{"key": k, **t} for k, t in tiers.items()],
            f"{MEAL}.siting": None,
        }
    )
    found = standard_of(
        "meal_station", what_if(listed, slower_walkers=0.5).config.services["meal_station"]
    )
    assert [t.threshold_m for t in found.tiers] == [150, None]
    assert [t.threshold_min for t in found.tiers] == [None, 30]
    outright = what_if(study, slower_walkers=0.5, standards={"meal_station": {"threshold_m": 800}})
    assert outright.run().coverage["meal_station"].ledger.served == 150


def test_every_named_what_if_from_one_file(small_folder: Path) -> None:
    """1.5 times the people; M1 closed, so nobody is served by any walk."""
    (small_folder / "what.toml").write_text(
        '[study]\nname = "What if"\n\n[what_if]\npeople = { elderly_60 = 1.5 }\n'
        'closed = { meal_station = ["First"] }\n'
        "standards = { meal_station = { threshold_m = 900 } }\n",
        encoding="utf-8",
    )
    study = Study.open(small_folder).replace({"demand.elderly_60.scale": 2})
    changed = study.overlay(small_folder / "what.toml")
    assert changed.name == "What if"
    assert changed.config.demand["elderly_60"].scale == 3.0  # on top of the study's own
    ledger = changed.run().coverage["meal_station"].ledger
    assert (ledger.total, ledger.served) == (870, 0)
    more = sweep(study, {"more": {"what_if": {"people": {"elderly_60": 1.5}}}})["more"]
    assert more.coverage["meal_station"].ledger.served == 450


def test_what_ifs_that_make_no_sense_are_told_together(small_folder: Path) -> None:
    study = Study.open(small_folder)
    with pytest.raises(
        UsageError, match=r"people names 'elder'.*links names 'drive'.*above 0.*list"
    ):
        what_if(
            study,
            slower_walkers=0,
            people={"elder": 2},
            links={"drive": "x"},
            closed={"meal_station": "First"},
        )
    chinese = study.replace({"study.lang": "zh"})
    with pytest.raises(UsageError, match=r"^\[what_if\] 有误：people 中的“elder”.*大于 0 的倍数"):
        what_if(chinese, slower_walkers=0, people={"elder": 2})
    with pytest.raises(UsageError, match=r"'what_if\.slow'.*slower_walkers"):
        apply_overlay(study, {"what_if": {"slow": 1}})
    with pytest.raises(UsageError, match="section of settings"):
        apply_overlay(study, {"what_if": 1})


def test_overlays_are_told_by_their_own_lines_and_in_the_study_s_language(
    small_folder: Path, tmp_path: Path
) -> None:
    study = Study.open(small_folder).replace({"study.lang": "zh"})
    typo = tmp_path / "what.toml"
    typo.write_text("# one\n[services.meal_station]\nstandrad = {}\n", encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"(?s)what\.toml 有 1 处错误.*第 3 行.*standrad"):
        study.overlay(typo)
    with pytest.raises(StudyFileError, match="找不到叠加文件"):
        study.overlay(tmp_path / "no.toml")
    with pytest.raises(UsageError, match=r"what_if\.slow”的设置项.*slower_walkers"):
        apply_overlay(study, {"what_if": {"slow": 1}})
    with pytest.raises(UsageError, match="不存在的站点：Nobody"):
        what_if(study, closed={"meal_station": ["Nobody"]}).run()


def test_a_network_or_a_link_without_crs_is_told_in_the_study_s_words(small_folder: Path) -> None:
    study = Study.open(small_folder)
    streets = gpd.read_file(small_folder / "streets.gpkg")
    streets.to_file(small_folder / "bare.shp")
    (small_folder / "bare.prj").unlink()
    with pytest.raises(MissingCrsError, match=r"\[network\.walk\].*crs ="):
        study.replace({"network.walk.path": "bare.shp"}).run()
    with pytest.raises(MissingCrsError, match="links says no CRS"):
        study.replace({"network.walk.links": "bare.shp"}).run()
    with pytest.raises(InputError, match="links holds no lines"):
        study.replace({"network.walk.links": "meals.csv"}).run()


def test_what_was_guessed_about_lines_is_a_finding_where_people_drive(small_folder: Path) -> None:
    streets = gpd.read_file(small_folder / "streets.gpkg")
    both = pd.concat([streets, streets.assign(geometry=streets.geometry.reverse())])
    both.to_file(small_folder / "both.gpkg", driver="GPKG")
    study = Study.open(small_folder)
    walking = study.replace({"network.walk.path": "both.gpkg"}).run()
    driving = {"network": {"walk": None, "drive": {"path": "both.gpkg"}}}
    driven = study.replace(
        **driving, services={"meal_station": {"standard": {"mode": "drive"}}}
    ).run()
    codes = [set(plan.results.findings["code"]) for plan in (walking, driven)]
    assert ["network_directed" in found for found in codes] == [False, True]
    # every street has both directions, so nothing changes for those who walk
    assert walking.coverage["meal_station"].ledger.served == 150


def _opened(text: str, folder: Path) -> Study:
    overlay = folder / "what-if.toml"
    overlay.write_text(text, encoding="utf-8")
    return apply_overlay(Study.open(folder), overlay)


@pytest.mark.parametrize("place", [f"x = {X + 1480}\ny = {Y}", "lon = {lon}\nlat = {lat}"])
def test_an_opened_site_serves_people_and_stands_in_its_district(
    small_folder: Path, place: str
) -> None:
    """C (80 people) and B (50) live 20 m and 780 m from it; A (100), at M1, has none then."""
    spot = gpd.GeoSeries(gpd.points_from_xy([X + 1480], [Y]), crs="EPSG:4548").to_crs(4326)[0]
    text = '[what_if]\nclosed = { meal_station = ["M1"] }\n[[what_if.opened.meal_station]]\n'
    study = _opened(
        f'{text}id = "N"\nname = "New"\n{place.format(lon=spot.x, lat=spot.y)}\n', small_folder
    )
    plan = study.run()
    ledger = plan.coverage["meal_station"].ledger
    assert ledger.to_dict() | {"total": 290} == {
        "total": 290,
        "served": 130,
        "full": 0,
        "beyond": 100,
        "cut_off": 30,
        "off_network": 20,
        "unlocated": 10,
    }
    frame = plan.services["meal_station"].facilities.frame
    assert frame.loc["N", ["name", "district"]].tolist() == ["New", "2"]
    quota = plan.services["meal_station"].quota["district"]
    assert quota["sites"].to_dict() == {"1": 0, "2": 1}


def test_an_opened_site_has_no_limit_or_the_capacity_it_is_given(small_folder: Path) -> None:
    limited = Study.open(small_folder).replace({f"{MEAL}.standard.capacity_limits": True})
    there = {"id": "N", "x": X + 1500, "y": Y}
    for capacity, served in (({}, 130.0), ({"capacity": 90}, 90.0), ({"capacity": 0}, 0.0)):
        study = what_if(
            limited, closed={"meal_station": ["M1"]}, opened={"meal_station": [there | capacity]}
        )
        assert study.run().coverage["meal_station"].ledger.served == served, capacity


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ('id = "N"', "N"),
        (f'id = "N"\nx = {X}', "N"),
        (f'id = "N"\nx = {X}\ny = {Y}\nlon = 117\nlat = 36', "N"),
        (f"x = {X}\ny = {Y}", "id"),
        ('id = "N"\nlon = 517\nlat = 36', "lon"),
        ('id = "N"\nx = inf\ny = 1', "x"),
        (f'id = "N"\nx = {X}\ny = {Y}\nbeds = 3', "beds"),
    ],
)
def test_an_opened_site_that_is_none_is_refused(small_folder: Path, site: str, says: str) -> None:
    with pytest.raises(StudyFileError, match=says):
        _opened(f"[[what_if.opened.meal_station]]\n{site}\n", small_folder)


def test_an_id_that_is_taken_and_a_service_that_is_none_are_refused(small_folder: Path) -> None:
    study = Study.open(small_folder)
    site = {"id": "M1", "x": X, "y": Y}
    with pytest.raises(UsageError, match="M1"):
        what_if(study, opened={"meal_station": [site]}).run()
    with pytest.raises(UsageError, match="ids"):
        what_if(study, opened={"meal_station": [site | {"id": "N"}] * 2}).run()
    with pytest.raises(UsageError, match="opened"):
        what_if(study, opened={"cinema": [site]})
    with pytest.raises(UsageError, match="meal_station"):
        what_if(study, opened={"meal_station": site})


def test_an_id_closes_its_own_site_and_not_one_of_that_name(small_folder: Path) -> None:
    sites = pd.read_csv(small_folder / "meals.csv", dtype=str)
    twin = sites.iloc[0].to_dict() | {"id": "M2", "name": "M1"}
    pd.DataFrame([sites.iloc[0].to_dict(), twin]).to_csv(small_folder / "meals.csv", index=False)
    plan = Study.open(small_folder).replace({f"{MEAL}.closed": ["M1"]}).run()
    frame = plan.services["meal_station"].facilities.frame
    assert frame["serving"].to_dict() == {"M1": False, "M2": True}
