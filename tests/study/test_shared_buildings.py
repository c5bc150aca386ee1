"""Two services in shared buildings, from a study file: by hand, and against every pair of plans."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from geoplan.errors import StudyFileError, UsageError
from geoplan.study import Study
from geoplan.study.config.schema import SitingSection
from geoplan.study.example import CRS, STUDY, X, Y, write_example
from geoplan.study.sites.shared_buildings import refuse_unheeded
from geoplan.words.speaker import Speaker

#: metres along the street -> people of 60 and over, children
MEALS, CARE = {500: 50, 2000: 60, 2900: 20}, {550: 30, 2000: 5, 2850: 25}
PLACES = [450, 1950, 2900]
PRICE, SAVING = 10, 4


def town(folder: Path, budget: float, **changes: Any) -> Study:
    """Two services with people of their own along one street, and three parcels for both."""
    write_example(folder)
    area = box(X - 99, Y - 99, X + 9999, Y + 99)
    gpd.GeoDataFrame({"code": ["1"], "name": ["Town"]}, geometry=[area], crs=CRS).to_file(
        folder / "districts.gpkg", driver="GPKG"
    )

    def table(file: str, east: list[int], **more: Any) -> None:
        points = gpd.GeoSeries([Point(X + e, Y) for e in east], crs=CRS).to_crs("EPSG:4326")
        frame = pd.DataFrame({"lon": points.x.round(9), "lat": points.y.round(9), **more})
        frame.to_csv(folder / file, index=False)

    for file, people in (("people.csv", MEALS), ("children.csv", CARE)):
        table(file, list(people), id=[f"{file[0]}{s}" for s in people], pop60=list(people.values()))
    table("meals.csv", [1300], id=["m"], name=["Hall"])
    table("care.csv", [1300], id=["k"], name=["Room"])
    parcels = gpd.GeoDataFrame(
        {"id": [f"c{s}" for s in PLACES]}, geometry=[Point(X + s, Y) for s in PLACES], crs=CRS
    )
    parcels.to_file(folder / "places.gpkg", driver="GPKG")
    siting = (
        f'siting = {{ sites = 3, candidates = "places.gpkg", site_cost = {PRICE}, robustness = 0, '
        "curve = false }"
    )
    text = STUDY[: STUDY.index("[[figures]]")].replace("threshold_m = 800", "threshold_m = 110")
    head, _, _ = text.partition("siting =")
    text = f"""{head}{siting}

[demand.children]
path = "children.csv"
weight = "pop60"
datum = "wgs84"

[services.care]
name = "Care"
path = "care.csv"
datum = "wgs84"
demand = "children"
standard = {{ measure = "reach", mode = "walk", threshold_m = 110 }}
{siting}

[shared_buildings]
services = ["meal_station", "care"]
budget = {budget}
saving = {SAVING}
"""
    (folder / "study.toml").write_text(text, encoding="utf-8")
    study = Study.open(folder)
    return study.replace(changes) if changes else study


def _people(people: dict[int, int], sites: tuple[int, ...]) -> int:
    return sum(n for at, n in people.items() if any(abs(at - s) <= 110 for s in sites))


def _best(budget: float) -> int:
    """Every pair of plans: a building of both costs 16 instead of 20."""
    subsets = list(chain.from_iterable(combinations(PLACES, k) for k in range(4)))
    return max(
        _people(MEALS, one) + _people(CARE, two)
        for one in subsets
        for two in subsets
        if PRICE * (len(one) + len(two)) - SAVING * len(set(one) & set(two)) <= budget
    )


def test_one_building_serves_both(tmp_path: Path) -> None:
    """16 buys one building for both (50 + 30 at 450 m); 20 would buy 60 + 30 apart.

    Alone each service would take its own best: 60 at 1,950 m and 30 at 450 m, for 20.
    """
    plan = town(tmp_path, 16).run(audience="internal")
    meals, care = (plan.services[key].siting for key in ("meal_station", "care"))
    assert meals is not None
    assert care is not None
    joint = meals.joint
    assert joint is not None
    assert (joint.status, joint.value, joint.money, joint.saved) == ("optimal", 80, 16, 4)
    assert joint.shared["services"].tolist() == ["meal_station,care"]
    assert [round(p.x - X) for p in meals.sites.geometry] == [450]
    assert [round(p.x - X) for p in care.sites.geometry] == [450]
    assert (meals.people_after.served, care.people_after.served) == (50, 30)
    assert meals.result.bound is None  # only the sum is proved


@pytest.mark.parametrize("budget", [9, 20, 26, 32, 40, 48])
def test_every_pair_of_plans(tmp_path: Path, budget: float) -> None:
    plan = town(tmp_path, budget).run(audience="internal")
    served = [plan.services[key].siting for key in ("meal_station", "care")]
    assert all(one is not None and one.joint is not None for one in served)
    joint = served[0].joint  # type: ignore[union-attr]
    assert joint is not None
    assert joint.value == joint.bound == _best(budget)
    assert sum(one.people_after.served for one in served if one is not None) == _best(budget)
    assert joint.money <= budget


def test_a_run_of_one_service_plans_it_alone(tmp_path: Path) -> None:
    plan = town(tmp_path, 16).run(services=["meal_station"], audience="internal")
    siting = plan.services["meal_station"].siting
    assert siting is not None
    assert (siting.joint, siting.people_after.served) == (None, 130)


def test_services_that_are_none_are_said(tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match="nurseries"):
        town(tmp_path, 16, **{"shared_buildings.services": ["meal_station", "nurseries"]})


@pytest.mark.parametrize(
    "asked",
    [
        {"budget": 100},
        {"closable": True},
        {"backup": True},
        {"full_within_m": 50},
        {"alternatives": 3},
        {"tiers": {"a": 1, "b": 1}, "sites": None},
        {"min_sites_per_area": {"district": 1}},
        {"min_share_per_area": 0.5},
        {"phases": [1, 2], "years": [2025, 2026]},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_what_planning_together_does_not_heed_is_refused(asked: dict[str, Any]) -> None:
    section = SitingSection.model_validate({"sites": 2, "site_cost": 10} | asked)
    names = ", ".join(name for name in asked if name != "sites")
    with pytest.raises(UsageError, match=f"cannot have {names};"):
        refuse_unheeded(Speaker("en"), "care", section)
    refuse_unheeded(Speaker("en"), "care", SitingSection(sites=2, site_cost=10, robustness=0))
