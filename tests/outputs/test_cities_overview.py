"""The page of all cities stays small, and says what it is given and nothing else."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.outputs.cities.ground import ground_of
from geoplan.outputs.cities.overview import share_class, write_overview
from geoplan.outputs.cities.report import compose_cities
from geoplan.outputs.cities.tables import areas_table, budget_table, comparison_table
from geoplan.outputs.report.blocks import Listing
from geoplan.results import StudyInfo
from geoplan.results.cities import CitiesResults, CityResult, CityService
from geoplan.services.catalogue import load_catalogue
from geoplan.study.cities.sums import services_of_all
from geoplan.words.speaker import Speaker

PEOPLE = ("total", "served", "full", "beyond", "cut_off", "off_network", "unlocated")
KEY = "meal_station"
INFO = StudyInfo(name='P & <b>"q"</b>', crs="", lang="en")


def wiggly(x: float, y: float, points: int, rng: np.random.Generator) -> shapely.Geometry:
    """An outline with many points around a place."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = 0.05 + 0.01 * rng.random(points)
    return shapely.Polygon(
        np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
    )


def city(name: str, k: int, *, areas: int, points: int, served: float | None) -> CityResult:
    rng = np.random.default_rng(k)
    codes = [f"{k:02}{n:03}" for n in range(areas)]
    shapes = [
        wiggly(110 + 0.12 * (n % 15) + 2 * k, 30 + 0.12 * (n // 15), points, rng)
        for n in range(areas)
    ]
    names = [f"<i>area</i> {n}" for n in range(areas)]
    table = pd.DataFrame(
        {"name": names, "total": 100.0, "served": 1.0 * (np.arange(areas) % 101)}, codes
    )
    table["covered_share"] = table["served"] / table["total"]
    people = dict.fromkeys(PEOPLE, 0) | {"total": 100 * areas, "served": served}
    share = served / people["total"] if served is not None and areas else None
    service = {"facilities": 3, "people": people, "covered_share": share, "areas": {}, "gaps": []}
    outlines = gpd.GeoDataFrame({"name": names}, geometry=shapes, index=codes, crs=4326)
    standard = load_catalogue()[KEY]
    return CityResult(
        name=name,
        info=INFO,
        summary={"services": {KEY: service}, "inputs": [], "assumed": []},
        services={KEY: CityService(standard=standard, areas=table)},
        level="district",
        outlines=outlines,
    )


def whole_of(*cities: CityResult) -> CitiesResults:
    services = services_of_all({one.name: one.summary for one in cities})
    summary = {"services": services, "inputs": [], "cities": {}}
    return CitiesResults(info=INFO, cities=cities, summary=summary)


def test_a_ministrys_page_is_under_its_size(tmp_path):
    cities = [city(f"C{k}", k, areas=150, points=800, served=10.0 * k) for k in range(20)]
    path = write_overview(whole_of(*cities), tmp_path / "index.html")
    page = path.read_text(encoding="utf-8")
    assert page.count('<path id="a') == 3000
    assert len(page.encode()) < 3_000_000
    ground = ground_of(cities)
    assert ground is not None
    assert sum(len(shape.path) for shape in ground.shapes) < 1_200_000


def test_names_are_texts_and_unknown_is_not_zero(tmp_path):
    cities = (
        city("b & c", 0, areas=4, points=8, served=None),
        city("d", 1, areas=4, points=8, served=40.0),
        city("e", 2, areas=4, points=8, served=20.0),
    )
    whole = whole_of(*cities)
    page = write_overview(whole, tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<i>area" not in page
    assert "<b>&#34;q" not in page
    assert 'href="b%20%26%20c/maps/meal_station.html"' in page
    table = comparison_table(whole, KEY, Speaker("en")).frame
    assert table["city"].tolist() == ["e", "d", "b & c", "All cities"]  # not known comes last
    assert table["unserved"].isna().tolist() == [False, False, True, True]
    assert np.isnan(table["covered_share"].iloc[-1])


def test_areas_are_listed_the_worst_off_first():
    frame = areas_table(whole_of(city("a", 0, areas=5, points=8, served=1.0)), KEY).frame
    assert frame["covered_share"].is_monotonic_increasing
    assert frame["unserved"].tolist() == [100.0, 99.0, 98.0, 97.0, 96.0]


@pytest.mark.parametrize(("share", "kind"), [(0.1999, "s0"), (0.2, "s1"), (0.8, "s4"), (1.5, "s4")])
def test_a_share_has_the_class_of_its_lower_bound(share, kind):
    assert share_class(share) == kind


def test_no_ground_no_drawing(tmp_path):
    one = city("a", 0, areas=0, points=8, served=1.0)
    assert ground_of([one]) is None
    page = write_overview(whole_of(one), tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<figure>" not in page


def test_numbers_that_are_withheld_are_not_in_sentences(tmp_path):
    cities = [city(name, k, areas=4, points=8, served=None) for k, name in enumerate("ab")]
    for one in cities:
        told = one.summary["services"][KEY]
        told["people"]["total"] = None
        people = dict.fromkeys(PEOPLE)
        site = {"rank": 1, "added_people": None, "share_after": None}
        plan = {
            "objective": "max_coverage",
            "status": "feasible",
            "value": None,
            "bound": None,
            "gap": None,
        }
        plan |= {"seconds": 0.0, "sites": [site], "people_after": people}
        told["siting"] = plan
    whole = whole_of(*cities)
    blocks = compose_cities(whole, Speaker("en")).blocks
    (text,) = next(block for block in blocks if isinstance(block, Listing)).items
    assert "—" not in text
    assert "2 cities" in text
    assert "2 new sites are proposed" in text
    page = write_overview(whole, tmp_path / "index.html").read_text(encoding="utf-8")
    assert "people are served" not in page
    assert "new sites" not in page


def test_rounded_curves_prove_nothing_and_add_nobody_less():
    """A public edition's curve at no sites is rounded otherwise than its people served now."""
    cities = []
    for k, name in enumerate("ab"):
        one = city(name, k, areas=4, points=8, served=98.0)
        after = dict(one.summary["services"][KEY]["people"])
        plan = {
            "objective": "max_coverage",
            "status": "optimal",
            "value": 90,
            "bound": 90,
            "gap": 0,
        }
        plan |= {"seconds": 0.0, "sites": [], "people_after": after}
        one.summary["services"][KEY]["siting"] = plan
        curve = pd.DataFrame({"sites": [0, 1], "value": [90.0, 90.0], "bound": [90.0, 90.0]})
        services = {KEY: replace(one.services[KEY], curve=curve)}
        cities.append(replace(one, services=services))
    whole = whole_of(*cities)
    inside = budget_table(whole, KEY, Speaker("en"))
    assert "proof" in inside.frame
    public = replace(whole, info=replace(whole.info, audience="public"))
    table = budget_table(public, KEY, Speaker("en"))
    assert len(table.frame)
    assert "proof" not in table.frame
    assert (table.frame["added"] == 0).all()
