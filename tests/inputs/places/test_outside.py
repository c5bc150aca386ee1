"""What lies outside the study is told: people with their number, sites, lines and areas."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from geoplan.inputs import (
    LayerSource,
    Streets,
    SumTo,
    read_areas,
    read_demand,
    read_facilities,
    read_lines,
)
from geoplan.inputs.layers import AreaLayer
from tests.inputs.places.conftest import CRS, X, Y, at, written


@pytest.fixture
def areas():
    shapes = [box(X - 1000, Y - 1000, X, Y + 1000), box(X, Y - 1000, X + 1000, Y + 1000)]
    frame = gpd.GeoDataFrame(
        {"name": ["West", "East"], "parent": None}, geometry=shapes, index=["1", "2"], crs=CRS
    )
    return {"district": AreaLayer(level="district", frame=frame)}


@pytest.fixture
def streets():
    corners = [(X + 500 * k, Y + 500 * m) for k in range(-2, 3) for m in range(-2, 3)]
    lines = [LineString([corner, (corner[0] + 400, corner[1] + 300)]) for corner in corners]
    return Streets(gpd.GeoSeries(lines, crs=CRS))


def files(one):
    return [f for f in one.findings if f.row is None]


def people(tmp_path, shapes, **context):
    count = len(shapes)
    columns = {"name": [f"p{k}" for k in range(count)], "people": [100 + k for k in range(count)]}
    source = written(tmp_path, shapes, **columns)
    return read_demand(source, key="d", crs=CRS, weight="people", lang="en", **context)


def test_people_outside_the_areas_are_told_with_their_number(tmp_path, areas):
    one = people(tmp_path, [at(0), at(1050), at(1500), at(700_000)], areas=areas)
    (told,) = files(one)
    assert told.code == "people_outside_areas"
    # within 100 m of a border nothing is told; the others are 102 and 103 people
    assert "2 rows with 205 people" in told.problem
    assert "row 4, 699.0 km" in told.problem
    assert told.effect
    assert told.count == 2
    assert [(f.row, f.code) for f in one.findings if f.row] == [(4, "outside")]
    assert one.layer.total == 100 + 101 + 102 + 103
    assert one.layer.frame["district"].isna().sum() == 3


def test_people_whom_only_a_census_counts_are_told_without_a_number(tmp_path, areas):
    (tmp_path / "census.csv").write_text("code,people\n1,300\n2,200\n", encoding="utf-8")
    census = SumTo(
        source=LayerSource(path=tmp_path / "census.csv"), level="district", weight="people"
    )
    source = written(tmp_path, [at(-500), at(500), at(9000)], name=["a", "b", "c"])
    for lang, said in (("en", "1 row lies outside"), ("zh", "1 行在研究区域的边界之外")):
        one = read_demand(source, key="d", crs=CRS, areas=areas, sum_to=census, lang=lang)
        (told,) = [f for f in files(one) if f.code == "people_outside_areas"]
        assert said in told.problem
        assert one.layer.total == 500


def test_honest_people_are_left_alone(tmp_path, areas, streets):
    inside = [at(0), at(-900, 900), at(999)]
    for context in ({"areas": areas}, {"streets": streets}, {}):
        assert people(tmp_path, inside, **context).findings == ()
    # a little beyond the last street is no matter without areas
    assert people(tmp_path, [at(0), at(3000)], streets=streets).findings == ()


def test_a_far_site_in_a_study_without_areas(tmp_path, streets):
    source = written(tmp_path, [at(0), at(100), at(-700_000)], file="s", id=["a", "b", "c"])
    one = read_facilities(source, key="s", crs=CRS, streets=streets, lang="en")
    (told,) = files(one)
    assert told.code == "sites_outside_streets"
    assert "row 3" in told.problem
    assert len(one.layer) == 3
    zh = read_facilities(source, key="s", crs=CRS, streets=streets, lang="zh")
    assert "最远的是第 3 行" in files(zh)[0].problem


def test_a_far_row_where_neither_areas_nor_streets_are_known(tmp_path):
    near = [at(1000 * k) for k in range(9)]
    (told,) = files(people(tmp_path, [*near, at(0, 700_000)]))
    assert told.code == "people_outside_rest"
    assert "row 10" in told.problem
    # a whole province is no outlier
    wide = [at(30_000 * k) for k in range(9)]
    assert people(tmp_path, [*wide, at(0, 300_000)]).findings == ()


def test_parts_of_a_row_count_one_by_one(tmp_path, areas):
    shape = Point(X, Y).union(Point(X + 9000, Y))
    one = read_facilities(
        written(tmp_path, [shape], file="s"), key="s", crs=CRS, areas=areas, lang="en"
    )
    assert [f.code for f in files(one)] == ["several_places", "sites_outside_areas"]
    assert "8.0 km" in files(one)[1].problem


def test_rows_of_areas_without_an_outline_may_lie_anywhere(tmp_path, areas):
    frame = areas["district"].frame.copy()
    frame.loc["2", "geometry"] = None
    layer = {"district": AreaLayer(level="district", frame=frame)}
    source = written(tmp_path, [at(5000), at(6000)], district=["East", "West"])
    one = read_facilities(source, key="s", crs=CRS, areas=layer, lang="en")
    (told,) = files(one)
    assert told.code == "sites_outside_areas"
    assert told.count == 1


def test_lines_outside(tmp_path, areas, streets):
    lines = [LineString([at(-5000), at(0)]), LineString([at(50_000), at(60_000)])]
    source = written(tmp_path, lines, file="l", id=["a", "b"])
    for context, code in (
        ({"areas": areas}, "lines_outside_areas"),
        ({"streets": streets}, "lines_outside_streets"),
    ):
        one = read_lines(source, key="l", crs=CRS, lang="en", **context)
        assert [f.code for f in files(one)] == [code]
        assert files(one)[0].count == 1
        assert len(one.layer) == 2
    background = read_lines(source, key="l", crs=CRS, any_geometry=True, areas=areas)
    assert background.findings == ()


def test_areas_outside_their_parents_or_of_another_city(tmp_path, areas, streets):
    shapes = [box(X, Y, X + 500, Y + 500), box(X + 90_000, Y, X + 91_000, Y + 500)]
    source = written(tmp_path, shapes, file="a", code=["11", "12"])
    one = read_areas(
        source, level="street", crs=CRS, parent="district", parents=areas["district"], lang="en"
    )
    assert [f.code for f in files(one)] == ["areas_outside_areas"]
    far = written(tmp_path, [s.buffer(1) for s in shapes[1:]], file="b", code=["12"])
    other = read_areas(far, level="district", crs=CRS, streets=streets, lang="en")
    assert [f.code for f in files(other)] == ["areas_elsewhere"]
    # streets of one district only are no doubt about the others
    assert read_areas(source, level="district", crs=CRS, streets=streets).findings == ()
