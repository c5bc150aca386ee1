"""Places are called after what is near them; a site tells who is within its reach."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point

from geoplan.study import example_study
from geoplan.study.assess.place_names import PlaceNames
from geoplan.words.naming import is_name
from geoplan.words.speaker import Speaker

CRS = "EPSG:4548"


def layer(**named) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": list(named)}, geometry=list(named.values()), crs=CRS)


@pytest.mark.parametrize(
    ("lang", "both", "one"),
    [("zh", "解放路与历山路附近", "书院附近"), ("en", "near 解放路 and 历山路", "near 书院")],
)
def test_two_streets_name_a_place_else_a_named_site(lang, both, one):
    streets = layer(
        解放路=LineString([(0, 0), (900, 0)]),
        历山路=LineString([(300, -400), (300, 400)]),
        n123=LineString([(0, 1), (900, 1)]),
        无名路=LineString([(0, 2), (900, 2)]),
    )
    places = layer(书院=Point(6_000, 0), w45678=Point(6_100, 0))
    names = PlaceNames(streets, places, Speaker(lang))
    points = gpd.GeoSeries([Point(280, 10), Point(6_200, 0), Point(90_000, 0)], crs=CRS)
    assert names.near(points) == [both, one, ""]


@pytest.mark.parametrize("text", ["解放路", "G20", "5th Avenue", "Block 12", "A区", "三里屯"])
def test_names(text):
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["n6904", "0012", "node/7", "12,5", "", "  ", "nan", None, 12, "c00042"]
)
def test_labels_are_no_names(text):
    assert not is_name(text)


def test_people_within_reach_are_counted_at_every_site_by_itself():
    service = example_study().run().results.services["meal_station"]
    people = service.coverage.frame["people"]
    assert service.in_reach is not None
    covers = service.covers
    reached = covers.cover.toarray()
    for k, site in enumerate(covers.sites.index):
        assert service.in_reach[site] == people[covers.rows[reached[:, k]]].sum()
    # whom a site serves is within its reach
    for site, served in service.coverage.people_by_site().items():
        assert service.in_reach[str(site)] >= served
