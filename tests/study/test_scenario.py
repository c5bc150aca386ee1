"""What-ifs on the study that can be checked by hand (see small_study.py)."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString

from geoplan.errors import NetworkError, StudyFileError, UsageError
from geoplan.network import Network, with_links
from geoplan.study import Study, compare_plans, sweep

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
        "base": 290, "far": 290, "more": 580, "closed": 290,
    }  # fmt: skip
    assert table["change"].droplevel("service").to_dict()["far"] == 80
    with pytest.raises(UsageError, match="Nobody"):
        study.replace({f"{MEAL}.closed": ["Nobody's"]}).run()


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
    with pytest.raises(StudyFileError, match="TOML"):
        study.overlay(tmp_path / "bad.toml")
    (tmp_path / "typo.toml").write_text("[network.walk]\nspeed = 1\n")
    with pytest.raises(StudyFileError, match="speed_m_s"):
        study.overlay(tmp_path / "typo.toml")
