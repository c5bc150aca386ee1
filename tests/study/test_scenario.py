"""What-ifs on the study that can be checked by hand (see small_study.py)."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
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
    with pytest.raises(StudyFileError, match="TOML"):
        study.overlay(tmp_path / "bad.toml")
    (tmp_path / "typo.toml").write_text("[network.walk]\nspeed = 1\n")
    with pytest.raises(StudyFileError, match="speed_m_s"):
        study.overlay(tmp_path / "typo.toml")
